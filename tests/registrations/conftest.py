"""Registrations through the API, undone after the test."""

from __future__ import annotations

from datetime import timedelta

import pytest
from registrations_given import Register, noon, today

from offenders.jobs import runner
from offenders.jobs.timetable import find_job


@pytest.fixture
def register(client, headers):
    return Register(client, headers, "33")


@pytest.fixture
def sweep(connection):
    """Run a job in force 33 now, or at noon so many days ahead; give what it raised and cleared."""

    def run(name, *, days=0):
        moment = noon(today() + timedelta(days=days)) if days else None
        made = runner.run(connection, find_job(name), at=moment, forces=["33"])
        assert made.state == "succeeded", made.error
        return made.raised, made.cleared

    return run
