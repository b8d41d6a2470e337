"""Sources of due subjects that a test writes out, in place of a capability's query."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import pytest

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
