"""Putting made-up activity into the logs of imported wants, in sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.imports.staging import copy_to_stage
from offenders.domain.imports.want_store import renew_clocks
from offenders.domain.wanted.models import Want
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

_STAGE = text("""
    CREATE TEMPORARY TABLE stage_activity
        (id uuid, source_ref text, kind text, occurred_at timestamptz, actor text, details jsonb)
    ON COMMIT DROP
""")
# A want that has a log already is left alone, so that running again changes nothing.
_ADD = text("""
    INSERT INTO want_actions (force, id, want_id, kind, occurred_at, recorded_at, actor, details)
    SELECT w.force, a.id, w.id, a.kind, a.occurred_at, :at, a.actor, a.details
    FROM stage_activity a
    JOIN import_sources s ON s.force = :force AND s.kind = 'wanted' AND s.source_ref = a.source_ref
    JOIN wants w ON w.force = s.force AND w.id = s.subject_id AND a.occurred_at >= w.entered_at
    WHERE NOT EXISTS (SELECT FROM want_actions o WHERE o.force = w.force AND o.want_id = w.id
                        AND o.kind NOT IN ('entry', 'amendment', 'outcome'))
    RETURNING want_id
""")
_FOLLOW = text("""
    UPDATE wants w
    SET last_activity_at = d.active, last_reviewed_at = d.reviewed,
        last_validated_at = d.validated, circulated_at = d.circulated,
        circulation = CASE WHEN d.circulated IS NULL THEN w.circulation ELSE 'circulated' END,
        pnc_reference = d.pnc_reference, updated_at = :at
    FROM (SELECT want_id,
                 max(occurred_at) FILTER (WHERE kind IN ('attempt', 'enquiry')) AS active,
                 max(occurred_at) FILTER (WHERE kind = 'review') AS reviewed,
                 max(occurred_at) FILTER (WHERE kind = 'validation') AS validated,
                 max(occurred_at) FILTER (WHERE kind = 'circulation') AS circulated,
                 max(details ->> 'pnc_reference') AS pnc_reference
          FROM want_actions WHERE force = :force AND want_id = ANY (:wants) GROUP BY want_id) d
    WHERE w.force = :force AND w.id = d.want_id
""")
_NOT_DETAILS = ("want_source_ref", "kind", "occurred_at", "officer")


def add_made_up_activity(session: Session, entries: Iterable[dict[str, Any]]) -> int:
    """Add entries to the logs and bring the wants' clocks along; give how many were added."""
    force = session.info["force"]
    session.execute(_STAGE)
    rows = [
        (
            new_id(force),
            entry["want_source_ref"],
            entry["kind"],
            entry["occurred_at"],
            entry["officer"],
            {name: value for name, value in entry.items() if name not in _NOT_DETAILS},
        )
        for entry in entries
    ]
    copy_to_stage(session, "stage_activity", rows)
    values = {"force": force, "at": recorded_at(session)}
    added = list(session.execute(_ADD, values).scalars())
    wants = list(set(added))
    session.execute(_FOLLOW, values | {"wants": wants})
    renew_clocks(session, wants)
    keep_history(session, Want.__table__, force, wants)
    return len(added)
