"""Slots of the timetable: Europe/London, distinct in UTC, also when the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from offenders.jobs import timetable
from offenders.jobs.timetable import JOBS, find_job, latest_slot, next_slot


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


def test_the_jobs_have_the_names_of_the_contract():
    assert [(each.name, each.cron) for each in JOBS] == [
        ("overdue-arrests", "* * * * *"),
        ("wanted-reviews", "* * * * *"),
        ("wanted-validations", "* * * * *"),
        ("wanted-without-activity", "* * * * *"),
        ("marker-reviews", "*/10 * * * *"),
        ("bail-due", "*/10 * * * *"),
        ("uncirculated-wants", "* * * * *"),
        ("uncancelled-circulations", "* * * * *"),
        ("missing-pnc-checks", "* * * * *"),
        ("pnc-differences", "*/5 * * * *"),
        ("missing-acro-checks", "* * * * *"),
        ("overdue-acro-replies", "*/10 * * * *"),
        ("overdue-forensic-hits", "* * * * *"),
        ("registration-visits", "*/10 * * * *"),
        ("registration-notifications", "*/10 * * * *"),
        ("arms-assessments", "*/10 * * * *"),
        ("iom-reviews", "*/10 * * * *"),
        ("mappa-meetings", "*/10 * * * *"),
        ("caseload", "*/10 * * * *"),
        ("expiring-orders", "*/10 * * * *"),
        ("unmonitored-orders", "*/10 * * * *"),
        ("unreviewed-orders", "*/10 * * * *"),
        ("order-checks", "*/10 * * * *"),
        ("unactioned-breaches", "*/10 * * * *"),
        ("emergency-access-reviews", "*/10 * * * *"),
        ("read-budgets", "* * * * *"),
        ("audit-seal", "* * * * *"),
        ("housekeeping", "10 4 * * *"),
    ]
    assert find_job("audit-seal") is JOBS[-2]
    assert find_job("nothing") is None


@pytest.mark.parametrize(
    ("cron", "now", "latest", "following"),
    [
        (
            "* * * * *",
            utc(2027, 3, 1, 12, 0, 30),
            utc(2027, 3, 1, 12, 0),
            utc(2027, 3, 1, 12, 1),
        ),
        ("* * * * *", utc(2027, 3, 1, 12, 0), utc(2027, 3, 1, 12, 0), utc(2027, 3, 1, 12, 1)),
        # In winter London is UTC, in summer an hour ahead.
        ("10 4 * * *", utc(2027, 1, 5, 12), utc(2027, 1, 5, 4, 10), utc(2027, 1, 6, 4, 10)),
        ("10 4 * * *", utc(2027, 7, 5, 12), utc(2027, 7, 5, 3, 10), utc(2027, 7, 6, 3, 10)),
        ("10 4 * * *", utc(2027, 7, 5, 3, 9), utc(2027, 7, 4, 3, 10), utc(2027, 7, 5, 3, 10)),
        ("10 4 * * *", utc(2027, 7, 5, 3, 10), utc(2027, 7, 5, 3, 10), utc(2027, 7, 6, 3, 10)),
        ("10 4 * * *", utc(2027, 3, 28, 12), utc(2027, 3, 28, 3, 10), utc(2027, 3, 29, 3, 10)),
        ("10 4 * * *", utc(2027, 10, 31, 12), utc(2027, 10, 31, 4, 10), utc(2027, 11, 1, 4, 10)),
        ("0 6 1 * *", utc(2027, 2, 20), utc(2027, 2, 1, 6), utc(2027, 3, 1, 6)),
        ("0 6 1 4 *", utc(2027, 2, 20), utc(2026, 4, 1, 5), utc(2027, 4, 1, 5)),
    ],
)
def test_latest_and_next_slot(job, cron, now, latest, following):
    one = job(cron=cron)
    assert latest_slot(one, now) == latest
    assert next_slot(one, now) == following


@pytest.mark.parametrize("night", [utc(2027, 3, 27, 23), utc(2027, 10, 30, 23)])
def test_a_job_of_every_minute_has_every_minute_when_the_clocks_change(job, night):
    one = job()
    minutes = [night + timedelta(minutes=number) for number in range(240)]
    assert [latest_slot(one, minute + timedelta(seconds=1)) for minute in minutes] == minutes


@pytest.mark.parametrize(
    ("day", "slots"),
    [
        # 01:30 does not exist on this day; the slot comes as an hour later by the wall clock.
        (utc(2027, 3, 28), [utc(2027, 3, 28, 1, 30)]),
        # 01:30 comes twice on this day, which are two slots.
        (utc(2027, 10, 31), [utc(2027, 10, 31, 0, 30), utc(2027, 10, 31, 1, 30)]),
    ],
)
def test_a_slot_in_the_missing_or_doubled_hour(job, day, slots):
    one = job(cron="30 1 * * *")
    looked_at = [day + timedelta(minutes=5 * number) for number in range(12 * 12)]
    seen = {latest_slot(one, moment) for moment in looked_at}
    assert sorted(slot for slot in seen if slot >= day) == slots


def test_looking_for_a_slot_is_quick_enough_for_every_second(job):
    for cron in ("* * * * *", "10 4 * * *"):
        one = job(cron=cron)
        began = datetime.now(UTC)
        for _ in range(100):
            latest_slot(one, utc(2027, 3, 1, 12))
        assert datetime.now(UTC) - began < timedelta(seconds=1)
    assert timetable.TIMEZONE == "Europe/London"
