"""Putting down what was done about made-up hits: in sets, and eliminations as by hand."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.access import Scope
from offenders.domain.forensics import service as forensics
from offenders.domain.forensics.models import ForensicHit
from offenders.domain.history import keep_history
from offenders.domain.versions import IfMatch

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy.orm import Session

_TEAMS = text("""
    INSERT INTO teams (force, code, recorded_at)
    SELECT DISTINCT :force, d ->> 'owner_team', CAST(:at AS timestamptz)
    FROM jsonb_array_elements(CAST(:deeds AS jsonb)) d WHERE d ->> 'owner_team' IS NOT NULL
    ON CONFLICT DO NOTHING
""")
# A hit that was touched already is left alone, so that running again changes nothing.
_DO = text("""
    UPDATE forensic_hits h
    SET researched_at = d.researched_at, researched_by = CASE WHEN d.researched_at IS NOT NULL
                                                              THEN :by END,
        linked_crimes = coalesce(d.linked_crimes, '{}'),
        allocated_at = d.allocated_at, allocated_by = CASE WHEN d.allocated_at IS NOT NULL
                                                           THEN :by END,
        owner_team = CASE WHEN d.allocated_at IS NOT NULL THEN d.owner_team
                          ELSE h.owner_team END,
        outcome = d.outcome, outcome_at = d.outcome_at,
        outcome_by = CASE WHEN d.outcome IS NOT NULL THEN :by END,
        state = CASE WHEN d.outcome IS NOT NULL THEN 'outcome_returned'
                     WHEN d.allocated_at IS NOT NULL THEN 'allocated'
                     WHEN d.researched_at IS NOT NULL THEN 'researched' ELSE 'received' END,
        version = h.version + 1, updated_at = :at
    FROM jsonb_to_recordset(CAST(:deeds AS jsonb)) d (
             source_ref text, researched_at timestamptz, linked_crimes text[],
             allocated_at timestamptz, owner_team text, outcome text, outcome_at timestamptz)
    JOIN import_sources s ON s.force = :force AND s.kind = 'forensic-hits'
                         AND s.source_ref = d.source_ref
    WHERE h.force = s.force AND h.id = s.subject_id AND h.version = 1
    RETURNING h.id, s.source_ref
""")


def add_made_up_progress(session: Session, deeds: Iterable[dict[str, Any]], by: str) -> int:
    """Research, allocate, end and eliminate hits as their deeds say; give how many were."""
    force = session.info["force"]
    told = list(deeds)
    values = {
        "force": force,
        "by": by,
        "at": recorded_at(session),
        "deeds": orjson.dumps(told).decode(),
    }
    session.execute(_TEAMS, values)
    done: dict[str, UUID] = {row.source_ref: row.id for row in session.execute(_DO, values)}
    if done:
        keep_history(session, ForensicHit.__table__, force, list(done.values()))
    for deed in told:
        if deed.get("eliminated_at") and deed["source_ref"] in done:
            _eliminate(session, done[deed["source_ref"]], deed, by)
    return len(done)


def _eliminate(session: Session, hit: UUID, deed: dict[str, Any], by: str) -> None:
    fields = {
        "reason": deed["elimination"],
        "occurred_at": datetime.fromisoformat(deed["eliminated_at"]),
    }
    force = Scope(session.info["force"])
    doing = forensics.Doing(by, force, str(hit), fields, IfMatch(any_version=True), clock.now())
    forensics.eliminate_hit(session, doing)
