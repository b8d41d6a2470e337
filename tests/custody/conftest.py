"""What tests of custody share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

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
