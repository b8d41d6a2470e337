"""The job `bail-due`: warnings ahead, alerts after, a lapse that is never hidden."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bail_given import NOW, ago
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from offenders.clock import as_if_at
from offenders.db import Work, transaction
from offenders.domain.bail import due, rules
from offenders.domain.working_days import start_of_london_day
from offenders.jobs import runner
from offenders.jobs.timetable import find_job


@pytest.fixture
def run(connection):
    """Run the job in force 33, now or at a moment."""

    def make(at=None):
        return runner.run(connection, find_job("bail-due"), at=at, forces=["33"])

    return make


def last_day(record):
    return datetime.fromisoformat(f"{record['ends_on']}T00:00:00").date()


def on(record, *, days_left, hour=12):
    """Give a moment of the London day on which so many days are left."""
    day = last_day(record) - timedelta(days=days_left)
    return start_of_london_day(day) + timedelta(hours=hour)


@pytest.mark.parametrize(
    ("days_left", "stage", "severity"),
    [
        (29, None, None),
        (28, "first_warning", "information"),
        (15, "first_warning", "information"),
        (14, "second_warning", "warning"),
        (8, "second_warning", "warning"),
        (7, "third_warning", "warning"),
        (2, "third_warning", "warning"),
        (1, "last_warning", "alert"),
        (0, "last_warning", "alert"),
        (-1, "lapsed", "alert"),
    ],
)
def test_it_warns_28_14_7_and_1_days_ahead_and_after_the_end(bail, run, days_left, stage, severity):
    made = bail.given()
    run(on(made, days_left=days_left))
    flags = bail.flags()
    found = [(each["because"]["stage"], each["severity"]) for each in flags]
    assert found == ([(stage, severity)] if stage else [])
    for flag in flags:
        assert flag["subject"] == {
            "type": "bail_record",
            "id": made["id"],
            "reference": made["reference"],
        }
        assert flag["person"] == made["person_id"]
        assert flag["because"]["limit_section"] == "PACE 1984 s.47ZB(1)(b)"
        assert flag["because"]["section"] == "PACE 1984 s.47ZA" + "(2)" * (stage == "lapsed")
        assert flag["owner"]["team"] == "DUTY-33"


def test_one_flag_goes_through_the_stages_and_clears_by_itself(bail, run):
    made = bail.given()
    for days_left, counts in ((20, (1, 0)), (10, (0, 0)), (1, (0, 0)), (40, (0, 1))):
        ran = run(on(made, days_left=days_left))
        assert (days_left, ran.raised, ran.cleared) == (days_left, *counts)
    run(on(made, days_left=1))
    body = {"authorised_rank": "inspector", "authorised_at": ago(0)}
    bail.done(made, "extensions", **body, representations="None.", reason="Phone.")
    assert bail.flags() == []
    assert len(bail.flags(state="cleared")) == 2


def test_the_lapse_is_kept_logged_and_counted_once(bail, run, connection):
    made = bail.given()
    before = on(made, days_left=0, hour=23)
    assert run(before).state == "succeeded"
    assert bail.read(made)["state"] == "on_bail"
    after = on(made, days_left=-1, hour=0)
    for _ in range(2):
        assert run(after).state == "succeeded"
    shown = bail.read(made)
    assert (shown["state"], shown["has_lapsed"], shown["version"]) == (
        "released_without_bail",
        True,
        2,
    )
    assert datetime.fromisoformat(shown["released_at"]) == after
    with transaction(connection, Work("33")) as session:
        logged = session.execute(
            text("SELECT count(*), min(details ->> 'ends_on') FROM bail_actions WHERE kind='lapse'")
        ).one()
        kept = session.execute(
            text("""SELECT state, recorded_to IS NULL FROM bail_records_history
                    ORDER BY recorded_from""")
        ).all()
    assert tuple(logged) == (1, made["ends_on"])
    assert [tuple(row) for row in kept] == [("on_bail", False), ("released_without_bail", True)]


def test_a_lapse_is_shown_before_the_job_has_run_and_after_it_alike(bail, run, client, headers):
    made = bail.given(arrested_at=ago(80), bailed_at=ago(79))
    lapsed, review = on(made, days_left=-1), on(made, days_left=-32)
    inspector = on(made, days_left=-94)
    asked = ("released_without_bail", "on_bail")

    def seen():
        """Say all that is shown of the record when it lapses and when its reviews are due."""
        found = []
        for moment in (lapsed, review, inspector):
            with as_if_at(moment):
                shown = bail.read(made)
                listed = {
                    f"{name}={value}": [each["id"] for each in bail.list(**{name: value})]
                    for name, value in (
                        *(("state", each) for each in asked),
                        ("overdue", "true"),
                        ("overdue", "false"),
                        ("due_to", moment.isoformat()),
                    )
                }
                counted = client.get(
                    "/v1/bail-records",
                    headers=bail.sent,
                    query_string={"overdue": "true", "count": "true"},
                ).json
                same = ("state", "has_lapsed", "released_at", "ends_on", "due_at", "overdue")
                clocks = ("review_due_at", "inspector_review_due_at")
                found.append(([shown[n] for n in (*same, *clocks)], listed, counted["total"]))
        return found

    early = seen()
    assert [each[0][5] for each in early] == [[], ["review"], ["review", "inspector_review"]]
    assert [each[2] for each in early] == [0, 1, 1]
    assert early[1][1] == {
        "state=released_without_bail": [made["id"]],
        "state=on_bail": [],
        "overdue=true": [made["id"]],
        "overdue=false": [],
        "due_to=" + review.isoformat(): [made["id"]],
    }
    run(lapsed)
    assert seen() == early


def test_the_clock_of_a_lapse_goes_by_what_was_known_then(bail, client, headers, connection):
    made = bail.given(arrested_at=ago(130), bailed_at=ago(129))
    assert made["has_lapsed"]
    with transaction(connection, Work("33")) as session:
        for table in ("bail_records", "bail_records_history"):
            session.execute(
                text(f"""
                UPDATE {table} SET state = 'on_bail', released_at = NULL, has_lapsed = false,
                       review_due_at = NULL, inspector_review_due_at = NULL""")
            )
    then = datetime.now(UTC)
    assert bail.read(made)["overdue"] == ["review"]
    policy = {"figure": {"rui_review": 300}, "source": "Force order 3"}
    policy["from"] = (NOW - timedelta(days=60)).date().isoformat()
    sent = headers("force_admin")
    answer = client.put("/v1/forces/33/policies/bail-due", json=policy, headers=sent)
    assert answer.status_code < 300, answer.json
    assert bail.read(made)["overdue"] == []
    asked = {"as_at": then.isoformat()}
    assert bail.read(made, **asked)["overdue"] == ["review"]
    assert len(bail.list(overdue="true", **asked)) == 1
    assert bail.list(overdue="true") == []


def test_a_lapse_stays_flagged_until_somebody_reviews_it(bail, run):
    made = bail.given(arrested_at=ago(120), bailed_at=ago(119))
    (flag,) = bail.flags()
    assert (flag["because"]["stage"], flag["severity"]) == ("lapsed", "alert")
    run()
    assert [each["id"] for each in bail.flags()] == [flag["id"]]
    bail.done(made, "reviews", decision="Investigation goes on.")
    assert bail.flags() == []


def test_an_unanswered_return_is_flagged_until_it_is_recorded(bail, run):
    due_at = NOW + timedelta(days=2)
    made = bail.given(return_at=due_at.isoformat())
    run(due_at)
    assert bail.flags() == []
    run(due_at + timedelta(minutes=30))
    (flag,) = bail.flags()
    assert (flag["because"]["stage"], flag["severity"]) == ("unanswered", "alert")
    assert datetime.fromisoformat(flag["due_at"]) == due_at
    with as_if_at(due_at + timedelta(hours=1)):
        bail.done(made, "failures", occurred_at=due_at.isoformat())
        assert bail.flags() == []


def test_who_surrendered_and_is_not_decided_on_is_flagged(bail, run):
    made = bail.given(return_at=ago(1))
    bail.done(made, "surrenders", occurred_at=ago(0.5))
    assert bail.flags() == []
    run(on(made, days_left=-1))
    assert [each["because"]["stage"] for each in bail.flags()] == ["undecided"]
    assert bail.read(made)["state"] == "surrendered"


def test_a_suspended_period_neither_warns_nor_lapses(bail, run):
    made = bail.given()
    bail.done(made, "suspensions", reason="with_prosecutor")
    run(on(made, days_left=-5))
    assert bail.flags() == []
    assert bail.read(made)["state"] == "on_bail"


def test_release_without_bail_is_reviewed_by_the_figures_in_force(bail, run, client, headers):
    made = bail.given(release="without_bail", bailed_at=ago(9))
    start = datetime.fromisoformat(made["bailed_at"])
    run(start + timedelta(days=29))
    assert bail.flags() == []
    run(start + timedelta(days=30, minutes=1))
    assert [each["because"]["stage"] for each in bail.flags()] == ["rui_review"]
    run(start + timedelta(days=94))
    assert [each["because"]["stage"] for each in bail.flags()] == ["rui_inspector_review"]
    policy = {"figure": {"rui_review": 5, "rui_inspector_review": 6}, "source": "Force order 1"}
    policy["from"] = NOW.date().isoformat()
    answer = client.put(
        "/v1/forces/33/policies/bail-due", json=policy, headers=headers("force_admin")
    )
    assert answer.status_code < 300, answer.json
    run(start + timedelta(days=94))
    (flag,) = bail.flags()
    assert flag["because"]["stage"] == "rui_review"
    assert (flag["because"]["figure"], flag["because"]["is_force_policy"]) == (5, True)
    shown = bail.read(made)
    gap = datetime.fromisoformat(shown["review_due_at"]) - start
    assert gap == timedelta(days=5)


@settings(max_examples=40, deadline=None)
@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_database_reckons_an_inspectors_review_as_the_rule_does(engine, since):
    sql = text(f"""
        SELECT {due.CLOCKS["inspector_review_due_at"]} FROM (
            SELECT CAST(:since AS timestamptz) AS released_at,
                   CAST(NULL AS timestamptz) AS last_inspector_review_at) r
    """)
    with engine.connect() as connection:
        found = connection.execute(sql, {"since": since, "months": 3}).scalar_one()
    assert found == rules.inspector_review_due(since, 3)


def test_a_force_may_let_an_unanswered_time_become_a_want_by_itself(bail, run, client, headers):
    due_at = NOW + timedelta(days=2)
    made = bail.given(return_at=due_at.isoformat())
    unnamed = bail.given(crime_reference="C2")
    run(due_at + timedelta(minutes=30))
    assert bail.read(made)["state"] == "on_bail"
    policy = {"figure": {"unanswered_want": 1}, "source": "Force order 2"}
    policy["from"] = NOW.date().isoformat()
    sent = headers("force_admin")
    answer = client.put("/v1/forces/33/policies/bail-due", json=policy, headers=sent)
    assert answer.status_code < 300, answer.json
    run(due_at - timedelta(minutes=1))
    assert bail.read(made)["state"] == "on_bail"
    for _ in range(2):
        assert run(due_at + timedelta(minutes=30)).state == "succeeded"
    failed = bail.read(made)
    assert (failed["state"], failed["version"]) == ("failed_to_answer", 2)
    assert datetime.fromisoformat(failed["failed_at"]) == due_at
    assert bail.headline()["people"] == 1
    run(on(unnamed, days_left=-1))
    assert bail.read(unnamed)["state"] == "released_without_bail"
    with as_if_at(due_at + timedelta(hours=1)):
        bail.done(made, "surrenders", occurred_at=(due_at + timedelta(minutes=50)).isoformat())
        assert bail.headline()["people"] == 0
