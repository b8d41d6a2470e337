"""SQL of foreign-conviction checks: requiring them in sets, and one check for a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders.db import recorded_at
from offenders.domain.acro.models import AcroCheck
from offenders.errors import NotFound
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

COLUMNS = ", ".join(column.name for column in AcroCheck.__table__.columns)
_DUE = """
    CASE c.state WHEN 'required' THEN c.request_due_at
                 WHEN 'requested' THEN c.reply_due_at END
"""
SHORT = f"""
    json_build_object('id', c.id, 'reference', c.reference, 'detention_id', c.detention_id,
        'country', c.country, 'channel', c.channel, 'state', c.state, 'due_at', {_DUE})
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
    SELECT {SHORT}::text, c.id, c.country, c.detention_id
    FROM (SELECT * FROM made
          UNION ALL
          SELECT * FROM acro_checks o
          WHERE o.force = :force AND o.detention_id = ANY (CAST(:detentions AS uuid[]))) c
    ORDER BY c.detention_id, c.country
""")


def require(session: Session, rows: Sequence[tuple[Any, ...]], days: int) -> list[Row[Any]]:
    """Insert (id, reference, detention, person, lpa, country, channel, detained_at) where missing.

    Gives every check of these detentions as (json, id, country, detention_id).
    """
    names = ("ids", "references", "detentions", "people", "lpas", "countries", "channels")
    columns = zip(*rows, strict=True)
    values: dict[str, Any] = {
        name: list(column) for name, column in zip((*names, "moments"), columns, strict=True)
    }
    values |= {"force": session.info["force"], "at": recorded_at(session), "days": days}
    return list(session.execute(_REQUIRE, values))


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
