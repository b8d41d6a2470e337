"""A want closed by a detention leaves exactly what one closed by hand leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from builders import given_detention, given_person, given_want

from offenders import clock
from offenders.domain.custody.recording import CLOSED_BY_ARREST

SWEEPS = ("overdue-arrests", "wanted-reviews", "wanted-without-activity", "uncirculated-wants")
OWN = {"id", "reference", "person_id"}


@pytest.fixture
def wanted(client, headers, sweep, sql):
    """Enter a want that has stood long enough to be flagged."""

    def make(**columns):
        person = given_person(client, headers)
        entered_at = datetime.now(UTC) - timedelta(days=60)
        want = given_want(client, headers, person=person, entered_at=entered_at.isoformat())
        if columns:
            parts = ", ".join(f"{name} = :{name}" for name in columns)
            sql(f"UPDATE wants SET {parts} WHERE id = :id", id=want["id"], **columns)
        for name in SWEEPS:
            sweep(name)
        sql(
            """
            INSERT INTO flags (force, id, rule, severity, subject_type, subject_id, person_id,
                               owner_team, because, raised_at)
            SELECT force, gen_random_uuid(), unnest(ARRAY['pnc-difference', 'not-in-source']),
                   'warning', 'want', id, person_id, owner_team, '{}', now() FROM wants
            WHERE id = :id
            """,
            id=want["id"],
        )
        return person, want

    return make


@pytest.fixture
def left(sql):
    """Give all that stands of a want, less what every want has of its own."""

    def read(want):
        (row,) = sql("SELECT * FROM wants WHERE id = :id", id=want["id"])
        found = {name: value for name, value in row._mapping.items() if name not in OWN}
        times = ("outcome_at", "entered_at", "updated_at", "recorded_at")
        clocks = {name for name in found if name.endswith("_due_at") or name in times}
        actions = sql(
            """SELECT kind, occurred_at = :at AS at_outcome, details, handling, actor <> ''
               FROM want_actions WHERE want_id = :id AND kind = 'outcome'""",
            id=want["id"],
            at=row.outcome_at,
        )
        flags = sql(
            """SELECT rule, state, severity, cleared_because, version,
                      (SELECT array_agg(h.state ORDER BY h.recorded_from) FROM flags_history h
                       WHERE h.id = f.id) AS history
               FROM flags f WHERE subject_id = :id ORDER BY rule""",
            id=want["id"],
        )
        history = sql(
            "SELECT state, version, recorded_to IS NULL FROM wants_history WHERE id = :id"
            " ORDER BY recorded_from",
            id=want["id"],
        )
        same = {n: v for n, v in found.items() if n not in clocks | {"target_arrest_by"}}
        return same, row.outcome_at, actions, flags, history

    return read


@pytest.mark.parametrize("columns", [{}, {"circulation": "circulated", "pnc_reference": "33/W1"}])
def test_by_detention_as_by_hand(client, headers, wanted, left, columns):
    moment = (clock.now() - timedelta(hours=2)).isoformat()
    _, by_hand = wanted(**columns)
    person, by_arrest = wanted(**columns)
    body = {
        "outcome": "arrested",
        "occurred_at": moment,
        "reason": CLOSED_BY_ARREST,
        "custody_number": "CU/7",
    }
    sent = headers("investigator") | {"If-Match": "*"}
    path = f"/v1/wanted/{by_hand['id']}/outcomes"
    assert client.post(path, json=body, headers=sent).status_code == 201
    given_detention(
        client,
        headers,
        person=person,
        custody_number="CU/7",
        arrested_at=moment,
        close_wants=[by_arrest["id"]],
    )
    one, other = left(by_hand), left(by_arrest)
    assert one[:3] == other[:3]
    assert one[3] == other[3]
    assert one[4] == other[4]
    assert one[2]
    rules = [(flag.rule, flag.state) for flag in one[3]]
    assert ("overdue-arrests", "cleared") in rules
    assert ("pnc-difference", "cleared") in rules
    assert (("uncancelled-circulations", "open") in rules) is bool(columns)


def test_a_want_entered_after_the_arrest_ends_when_it_was_entered(client, headers):
    person = given_person(client, headers)
    want = given_want(client, headers, person=person)
    found = given_detention(client, headers, person=person, close_wants=[want["id"]])
    sent = headers("investigator")
    closed = client.get(f"/v1/wanted/{want['id']}", headers=sent).json
    assert found["arrested_at"] < closed["outcome_at"] == want["entered_at"]
