"""SQL of foreign-conviction checks: requiring them in sets, and one check for a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders.db import recorded_at
from offenders.domain.acro.models import AcroCheck
from offenders.domain.history import keep_history
from offenders.errors import NotFound
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

COLUMNS = ", ".join(column.name for column in AcroCheck.__table__.columns)
DUE = """
    CASE c.state WHEN 'required' THEN c.request_due_at
                 WHEN 'requested' THEN c.reply_due_at END
"""
SHORT = f"""
    json_build_object('id', c.id, 'reference', c.reference, 'detention_id', c.detention_id,
        'country', c.country, 'channel', c.channel, 'state', c.state, 'due_at', {DUE})
"""
# One check for each detention and country; what stands already is given back as it is. What a
# statement inserts it can't yet read, so both are told apart.
_REQUIRE = text(f"""
    WITH needed AS (
        SELECT n.*, d.recorded_by
        FROM unnest(CAST(:ids AS uuid[]), CAST(:references AS text[]),
                    CAST(:detentions AS uuid[]), CAST(:people AS uuid[]), CAST(:lpas AS text[]),
                    CAST(:countries AS text[]), CAST(:channels AS text[]),
                    CAST(:moments AS timestamptz[]))
             n (id, reference, detention_id, person_id, lpa, country, channel, detained_at)
        JOIN detentions d ON d.force = :force AND d.id = n.detention_id),
    made AS (
        INSERT INTO acro_checks (force, id, reference, detention_id, person_id, lpa, country,
                                 channel, detained_at, request_due_at, recorded_by, recorded_at,
                                 updated_at)
        SELECT :force, n.id, n.reference, n.detention_id, n.person_id, n.lpa, n.country, n.channel,
               n.detained_at, n.detained_at + make_interval(hours => 24 * :days), n.recorded_by,
               :at, :at
        FROM needed n
        ON CONFLICT (force, detention_id, country) DO NOTHING
        RETURNING *),
    kept AS (
        INSERT INTO acro_checks_history ({COLUMNS}, recorded_from) SELECT {COLUMNS}, :at FROM made)
    SELECT {SHORT}::text, c.id, c.country, c.detention_id, c.request_due_at, c.is_new
    FROM (SELECT *, true AS is_new FROM made
          UNION ALL
          SELECT *, false FROM acro_checks o
          WHERE o.force = :force AND o.detention_id = ANY (CAST(:detentions AS uuid[]))) c
    ORDER BY c.detention_id, c.country
""")

# A check stays with its detention where that is corrected.
_FOLLOW = text("""
    UPDATE acro_checks c
    SET person_id = n.person_id, lpa = n.lpa, detained_at = n.detained_at,
        request_due_at = n.detained_at + make_interval(hours => 24 * :days),
        version = c.version + 1, updated_at = :at
    FROM (SELECT DISTINCT detention_id, person_id, lpa, detained_at
          FROM unnest(CAST(:detentions AS uuid[]), CAST(:people AS uuid[]), CAST(:lpas AS text[]),
                      CAST(:moments AS timestamptz[]))
               n (detention_id, person_id, lpa, detained_at)) n
    WHERE c.force = :force AND c.detention_id = n.detention_id
      AND (c.person_id, c.lpa, c.detained_at)
          IS DISTINCT FROM (n.person_id, n.lpa, n.detained_at)
    RETURNING c.id
""")
_DAYS = text("""
    SELECT DISTINCT c.channel, CAST(c.requested_at AT TIME ZONE 'Europe/London' AS date),
           c.reply_due_at
    FROM acro_checks c WHERE c.force = :force AND c.state = 'requested'
""")
_MOVE_REQUESTS = text("""
    UPDATE acro_checks c
    SET request_due_at = c.detained_at + make_interval(hours => 24 * :days), updated_at = :at
    WHERE c.force = :force AND c.state = 'required'
      AND c.request_due_at <> c.detained_at + make_interval(hours => 24 * :days)
    RETURNING c.id
""")
_MOVE_REPLIES = text("""
    UPDATE acro_checks c SET reply_due_at = d.due_at, updated_at = :at
    FROM unnest(CAST(:channels AS text[]), CAST(:requested AS date[]),
                CAST(:dues AS timestamptz[])) d (channel, requested_on, due_at)
    WHERE c.force = :force AND c.state = 'requested' AND c.channel = d.channel
      AND CAST(c.requested_at AT TIME ZONE 'Europe/London' AS date) = d.requested_on
      AND c.reply_due_at <> d.due_at
    RETURNING c.id
""")
_IDENTITY = text("""
    SELECT p.family_name, p.given_names, p.date_of_birth, p.sex, p.nationalities, d.custody_number,
           (SELECT array_agg(i.value ORDER BY i.value) FROM person_identifiers i
            WHERE i.force = p.force AND i.person_id = p.id AND i.type = 'pnc_id'
              AND i.state = 'valid') AS pnc_ids
    FROM persons p JOIN detentions d ON d.force = p.force AND d.id = :detention_id
    WHERE p.force = :force AND p.id = :person_id
""")
_HAS_CONVICTIONS = text("""
    SELECT EXISTS (SELECT FROM acro_convictions v WHERE v.force = :force AND v.check_id = :id)
""")
_OPEN_WANTS = text("""
    SELECT w.id, w.risk FROM wants w
    WHERE w.force = :force AND w.person_id = :person_id AND w.state = 'outstanding'
    ORDER BY w.id
""")


def require(session: Session, rows: Sequence[tuple[Any, ...]], days: int) -> list[Row[Any]]:
    """Insert (id, reference, detention, person, lpa, country, channel, detained_at) where missing.

    What stands already follows its detention's person, area and moment. Gives every check of
    these detentions as (json, id, country, detention_id,
    request_due_at, is_new).
    """
    names = ("ids", "references", "detentions", "people", "lpas", "countries", "channels")
    columns = zip(*rows, strict=True)
    values: dict[str, Any] = {
        name: list(column) for name, column in zip((*names, "moments"), columns, strict=True)
    }
    values |= {"force": session.info["force"], "at": recorded_at(session), "days": days}
    followed = list(session.execute(_FOLLOW, values).scalars())
    if followed:
        keep_history(session, AcroCheck.__table__, session.info["force"], followed)
    return list(session.execute(_REQUIRE, values))


def get_new(session: Session, check_id: UUID) -> AcroCheck:
    """Give a check that this transaction has made."""
    key = (session.info["force"], check_id)
    return session.get_one(AcroCheck, key, populate_existing=True)


def get_check(session: Session, scope: Scope, written: str) -> AcroCheck:
    """Give the check for a change, locked until the transaction ends; raise NotFound."""
    check_id = as_uuid(written)
    named = (
        AcroCheck.reference == as_reference(written)
        if check_id is None
        else AcroCheck.id == check_id
    )
    statement = select(AcroCheck).where(AcroCheck.force == scope.force, named).with_for_update()
    check = session.execute(statement).scalar_one_or_none()
    if check is None or not _reaches(scope, check):
        raise NotFound
    return check


def _reaches(scope: Scope, check: AcroCheck) -> bool:
    if scope.sender is not None:
        return check.recorded_by == scope.sender
    return scope.covers(check.lpa, None)


def list_days_of_requests(session: Session) -> list[tuple[str, date, datetime]]:
    """Give channel, London day of request and due moment of open requests, each such row once."""
    return [tuple(row) for row in session.execute(_DAYS, {"force": session.info["force"]})]


def move_requests(session: Session, days: int) -> list[UUID]:
    """Set the due moments of checks not yet requested that differ from so many days."""
    values = {"force": session.info["force"], "days": days, "at": recorded_at(session)}
    return list(session.execute(_MOVE_REQUESTS, values).scalars())


def move_replies(session: Session, replies: Sequence[tuple[Any, ...]]) -> list[UUID]:
    """Set due moments of replies that differ, given (channel, day of request, due moment)."""
    values: dict[str, Any] = {"force": session.info["force"], "at": recorded_at(session)}
    for number, name in enumerate(("channels", "requested", "dues")):
        values[name] = [each[number] for each in replies]
    return list(session.execute(_MOVE_REPLIES, values).scalars())


def identity(session: Session, check: AcroCheck) -> dict[str, Any]:
    """Give by what the other country may know the person."""
    values = {
        "force": check.force,
        "person_id": check.person_id,
        "detention_id": check.detention_id,
    }
    return dict(session.execute(_IDENTITY, values).mappings().one())


def has_convictions(session: Session, check: AcroCheck) -> bool:
    """Say whether any answer to the check has told of a conviction."""
    values = {"force": check.force, "id": check.id}
    return bool(session.execute(_HAS_CONVICTIONS, values).scalar_one())


def open_wants(session: Session, check: AcroCheck) -> list[Row[Any]]:
    """Give the person's outstanding wants as (id, risk)."""
    values = {"force": check.force, "person_id": check.person_id}
    return list(session.execute(_OPEN_WANTS, values))
