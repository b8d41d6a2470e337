"""What tests of custody share."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest
from builders import given_person, given_want
from custody_given import PNC_ID, World
from pnc_world import Kept
from sqlalchemy import text

from offenders.domain.imports.kinds import kind_of
from offenders.domain.imports.reading import Line
from offenders.domain.imports.running import Order, run_lines
from offenders.ids import new_id
from offenders.jobs import runner
from offenders.jobs.timetable import find_job


@pytest.fixture
def sql(connection):
    """Ask the test's own connection; one that changes rows gives none."""

    def run(statement, **values):
        found = connection.execute(text(statement), values)
        return found.all() if found.returns_rows else []

    return run


@pytest.fixture
def sweep(connection):
    """Run a job in force 33 at a moment, or so many days ahead; give what it raised and cleared."""

    def run(name, *, at=None, days=0.0, dry_run=False):
        at = at or (datetime.now(UTC) + timedelta(days=days) if days else None)
        made = runner.run(connection, find_job(name), at=at, forces=["33"], dry_run=dry_run)
        assert made.state == "succeeded", made.error
        return made.raised, made.cleared

    return run


@pytest.fixture
def bring(connection):
    """Import rows into force 33 on the test's connection; give the summary and the problems."""
    connection.connect = lambda: nullcontext(connection)

    def bring_in(*rows, kind="custody", complete=False, dry_run=False):
        order = Order("33", kind_of(kind), "test", new_id("33"), dry_run, complete)
        kept = Kept()
        lines = (Line(number, dict(row), None, 0) for number, row in enumerate(rows, start=1))
        summary = run_lines(connection, order, lines, kept)
        assert summary.read == sum(summary[1:5])
        return summary, list(kept)

    return bring_in


@pytest.fixture
def world(committing_app, headers, fresh_force, other_force):
    """One person known to two forces, wanted twice here and once there."""
    client = committing_app.test_client()
    forces = {}
    for force in (fresh_force, other_force):
        person = given_person(client, headers, force=force, pnc_id=PNC_ID)
        wants = [
            given_want(client, headers, person=person, force=force, crime_reference=each)
            for each in ("A", "B")[: 2 if force == fresh_force else 1]
        ]
        forces[force] = (person, wants)
    return World(committing_app, headers, fresh_force, other_force, forces)
