"""What may cross forces goes through narrow functions and leaves its mark where it went."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from builders import given_person, given_want
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from offenders.db import Work, transaction
from offenders.ids import new_id

PNC_ID = "1981/0000034U"
NOW = datetime(2100, 1, 1, tzinfo=UTC)
AS_TOLD = {"actor": "custody", "role": "custody_client", "request": "r-1"}


@pytest.fixture
def two_forces(committing_app, headers, fresh_force, other_force):
    """One person known to two forces by PNC ID, wanted in the other one only."""
    client, other = committing_app.test_client(), other_force
    for force in (fresh_force, other):
        given_person(client, headers, force=force, pnc_id=PNC_ID)
    there = client.get(f"/v1/people?pnc_id={PNC_ID}", headers=headers("investigator", force=other))
    want = given_want(client, headers, person=there.json["items"][0], force=other)
    return fresh_force, other, want


def wanted_elsewhere(session, force, pnc_ids, until=NOW):
    statement = text("""
        SELECT place, force, reference, contact
        FROM wanted_elsewhere(:force, :pnc_ids, :untils, :actor, :role, :request)
    """)
    values = {"force": force, "pnc_ids": pnc_ids, "untils": [until] * len(pnc_ids), **AS_TOLD}
    return session.execute(statement, values).all()


def events(engine, force, action):
    with transaction(engine, Work(force, writes=False)) as session:
        return session.execute(
            text("SELECT actor, details FROM audit_events WHERE force = :f AND action = :a"),
            {"f": force, "a": action},
        ).all()


def test_a_want_of_another_force_shows_force_reference_and_contact_only(engine, two_forces):
    force, other, want = two_forces
    with transaction(engine, Work(force)) as session:
        found = wanted_elsewhere(session, force, [PNC_ID])
    mine = [tuple(row) for row in found if row.force == other]
    assert mine == [(1, other, want["reference"], f"DUTY-{other}")]
    assert [tuple(row) for row in events(engine, other, "wanted.elsewhere")] == [
        ("custody", {"to_force": force})
    ]


def test_a_want_entered_after_the_moment_asked_for_is_not_told(engine, two_forces):
    force, other, want = two_forces
    with transaction(engine, Work(force)) as session:
        entered_at = datetime.fromisoformat(want["entered_at"])
        for until, found in ((entered_at, 1), (entered_at - timedelta(seconds=1), 0)):
            rows = wanted_elsewhere(session, force, [PNC_ID], until)
            assert len([row for row in rows if row.force == other]) == found


def test_a_flag_in_another_force_is_of_one_kind_only(engine, two_forces):
    force, other, want = two_forces
    raising = text("""
        SELECT raise_flag_in(:other, :id, :rule, 'alert', :reference, '{"force": "x"}',
                             :actor, :role, :request)
    """)
    values = {
        "other": other,
        "id": new_id(other),
        "rule": "wanted-elsewhere",
        "reference": want["reference"],
        **AS_TOLD,
    }
    with transaction(engine, Work(force)) as session:
        assert session.execute(raising, values).scalar() is True
    with transaction(engine, Work(other, writes=False)) as session:
        flags = session.execute(
            text("SELECT rule, subject_reference, owner_team FROM flags WHERE force = :f"),
            {"f": other},
        ).all()
    assert [tuple(row) for row in flags] == [
        ("wanted-elsewhere", want["reference"], f"DUTY-{other}")
    ]
    with pytest.raises(DBAPIError), transaction(engine, Work(force)) as session:
        session.execute(raising, values | {"rule": "overdue-arrests"})


def test_without_them_the_serving_role_sees_its_own_force_only(engine, two_forces):
    force, other, _want = two_forces
    with transaction(engine, Work(force)) as session:
        seen = session.execute(text("SELECT DISTINCT force FROM persons")).scalars().all()
        assert seen == [force]
        wrong = text("INSERT INTO teams (force, code, recorded_at) VALUES (:f, 'X', now())")
        with pytest.raises(DBAPIError):
            session.execute(wrong, {"f": other})
        session.rollback()
