"""The sweeps over the wanted register, with the wants and figures as they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from builders import given_want
from sqlalchemy import text

from offenders.db import NO_FORCE, Work, transaction
from offenders.domain.reference.codes import read_csv
from offenders.jobs import runner
from offenders.jobs.timetable import JOBS, find_job


@pytest.fixture
def run(connection):
    """Run a job of the timetable in force 33, so many days ahead."""

    def make(name, *, days=0, dry_run=False):
        at = datetime.now(UTC) + timedelta(days=days) if days else None
        return runner.run(connection, find_job(name), at=at, dry_run=dry_run, forces=["33"])

    return make


@pytest.fixture
def flags(connection):
    def listed(rule):
        with transaction(connection, Work("33")) as session:
            statement = text("SELECT * FROM flags WHERE rule = :rule ORDER BY raised_at")
            return session.execute(statement, {"rule": rule}).all()

    return listed


@pytest.mark.parametrize(
    ("name", "risk", "days"),
    [
        ("overdue-arrests", "very_high", 1),
        ("overdue-arrests", "high", 3),
        ("overdue-arrests", "medium", 14),
        ("overdue-arrests", "standard", 28),
        ("wanted-reviews", "very_high", 7),
        ("wanted-reviews", "high", 14),
        ("wanted-reviews", "medium", 28),
        ("wanted-reviews", "standard", 28),
    ],
)
def test_a_want_is_flagged_after_the_days_of_its_risk(
    client, headers, run, flags, name, risk, days
):
    want = given_want(client, headers, risk=risk)
    assert run(name, days=days - 0.01).raised == 0
    made = run(name, days=days + 0.01)
    assert (made.state, made.raised, made.cleared) == ("succeeded", 1, 0)
    (flag,) = flags(name)
    assert str(flag.subject_id) == want["id"]
    assert (flag.subject_reference, flag.because["figure"]) == (want["reference"], days)
    assert str(flag.person_id) == want["person_id"]


def test_a_repeated_run_raises_nothing_and_a_dry_run_leaves_nothing(client, headers, run, flags):
    given_want(client, headers, risk="standard")
    dry = run("overdue-arrests", days=29, dry_run=True)
    assert (dry.raised, dry.dry_run, flags("overdue-arrests")) == (1, True, [])
    assert [run("overdue-arrests", days=29).raised for _ in range(2)] == [1, 0]
    assert len(flags("overdue-arrests")) == 1


def test_a_flag_clears_when_it_is_no_longer_due_and_comes_again(client, headers, run, flags):
    given_want(client, headers, risk="standard")
    for days, raised, cleared in ((29, 1, 0), (0, 0, 1), (29, 1, 0)):
        made = run("overdue-arrests", days=days)
        assert (days, made.raised, made.cleared) == (days, raised, cleared)
    assert [row.state for row in flags("overdue-arrests")] == ["cleared", "open"]


def test_every_job_of_the_timetable_runs_through_forces(engine):
    """The first through all of them; the others through every eighth, so that each has some."""
    codes = sorted(row["code"] for row in read_csv("forces.csv"))
    for place, job in enumerate(JOBS):
        forces = [NO_FORCE, *codes[place % 8 :: 8]] if place else None
        made = runner.run(engine, job, dry_run=True, forces=forces)
        assert (job.name, made.state, made.error) == (job.name, "succeeded", None)
