"""Sources of due subjects that a test writes out, in place of a capability's query."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest
from flags_given import RULE
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.flags import service
from offenders.domain.flags.service import DueSource

SQL = """
    SELECT 'want' AS subject_type, CAST(x ->> 'id' AS uuid) AS subject_id,
           x ->> 'reference' AS subject_reference, CAST(x ->> 'person' AS uuid) AS person_id,
           x ->> 'lpa' AS lpa, x ->> 'neighbourhood' AS neighbourhood,
           x ->> 'officer' AS owner_officer, x ->> 'team' AS owner_team,
           x ->> 'severity' AS severity, x -> 'because' AS because,
           CAST(x ->> 'due_at' AS timestamptz) AS due_at
    FROM jsonb_array_elements(CAST(:rows AS jsonb)) x
"""
ORDINARY = {
    "team": "CENTRAL-DUTY",
    "severity": "warning",
    "because": {"rule": "overdue-arrests", "figure": 28},
    "due_at": "2027-02-01T09:00:00Z",
}


class Subject(dict):
    """What a source says of one subject."""

    @property
    def id(self):
        return UUID(self["id"])

    def but(self, **changes):
        return Subject(self | changes)


@pytest.fixture
def subject():
    """Make a subject that is due: `subject(lpa="CN")`."""

    def make(**facts):
        reference = f"W33-{uuid4().hex[:4].upper()}-TEST"
        return Subject(ORDINARY | {"id": str(uuid4()), "reference": reference} | facts)

    return make


@pytest.fixture
def source():
    """Make the source that finds exactly these subjects due."""

    def make(*subjects):
        return DueSource(SQL, {"rows": json.dumps(subjects)})

    return make


@pytest.fixture
def sql(connection):
    """Run a statement in a transaction of its own, between requests."""

    def execute(statement, **values):
        with transaction(connection, Work("33")) as session:
            result = session.execute(text(statement), values)
            return result.all() if result.returns_rows else []

    return execute


@pytest.fixture
def raised(connection, source, subject, sql):
    """Raise a flag of each of these subjects: `raised({"lpa": "CN"}, rule=...)`."""

    def make(*facts, rule=RULE):
        subjects = [subject(**each) for each in facts or [{}]]
        with transaction(connection, Work("33")) as session:
            service.raise_due(session, rule=rule, source=source(*subjects))
        find = "SELECT id FROM flags WHERE subject_id = :id AND rule = :rule"
        return [str(sql(find, id=each.id, rule=rule)[0].id) for each in subjects]

    return make


@pytest.fixture
def clear(connection, source):
    """Let the cause of every flag be gone."""

    def settle():
        with transaction(connection, Work("33")) as session:
            for rule in (RULE, "wanted-reviews"):
                service.settle(session, rule=rule, source=source())

    return settle


@pytest.fixture
def read(client, headers):
    def get(path, *, role="investigator", **more):
        return client.get(path, headers=headers(role, **more))

    return get


@pytest.fixture
def change(client, headers):
    def post(path, body, *, version=None, role="supervisor", **more):
        sent = headers(role, **more)
        if version is not None:
            sent["If-Match"] = f'"{version}"'
        return client.post(path, json=body, headers=sent)

    return post
