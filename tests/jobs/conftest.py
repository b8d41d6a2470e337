"""Jobs that a test writes out, and looks at what they left."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.flags.service import DueSource, raise_due
from offenders.jobs.effects import Effect
from offenders.jobs.runner import Job

SQL = """
    SELECT 'want' AS subject_type, CAST(x AS uuid) AS subject_id, NULL AS subject_reference,
           NULL AS person_id, NULL AS lpa, NULL AS neighbourhood, NULL AS owner_officer,
           'DUTY' AS owner_team, 'warning' AS severity, '{}' AS because, NULL AS due_at
    FROM jsonb_array_elements_text(CAST(:rows AS jsonb)) x
"""


def raise_one(session, name):
    """Raise one flag, so that every effect of a job can be counted."""
    source = DueSource(SQL, {"rows": json.dumps([str(uuid4())])})
    return Effect(raised=raise_due(session, rule=name, source=source))


@pytest.fixture
def job():
    """Make a job of a name of its own, whose every run raises one flag in each force."""

    def make(effect=None, *, cron="* * * * *", catch_up="once"):
        name = f"job-{uuid4().hex[:8]}"
        return Job(
            name=name,
            does="Is a test.",
            cron=cron,
            catch_up=catch_up,
            effect_in=effect or (lambda session, _force: raise_one(session, name)),
        )

    return make


@pytest.fixture
def look(engine):
    """Read what was committed in a force."""

    def run(force, statement, **values):
        with transaction(engine, Work(force, writes=False)) as session:
            return session.execute(text(statement), values).all()

    return run


@pytest.fixture
def flags_of(look):
    def count(job, force):
        return look(force, "SELECT count(*) FROM flags WHERE rule = :rule", rule=job.name)[0][0]

    return count


@pytest.fixture
def runs_of(look):
    def listed(job):
        return look(
            "00", "SELECT * FROM job_runs WHERE job = :job ORDER BY started_at", job=job.name
        )

    return listed
