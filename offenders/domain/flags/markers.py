"""Flags of warning markers whose review is due: one for each person, naming the markers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags.service import DueSource, Settled, settle
from offenders.domain.reference.policies import EVERYTHING, explained_figures

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

RULE = "marker-reviews"

# The day of review is the last one in time: a marker is due from the end of it, Europe/London.
# The queue of an LPA would tell where a person lives whose addresses are protected.
_DUE = """
    SELECT 'person' AS subject_type, p.id AS subject_id, p.reference AS subject_reference,
           p.id AS person_id, p.lpa, p.neighbourhood, NULL AS owner_officer,
           'DUTY-' || CASE WHEN p.are_addresses_protected THEN p.force
                           ELSE coalesce(p.lpa, p.force) END AS owner_team,
           CAST(:figure AS jsonb) ->> 'severity' AS severity,
           jsonb_build_object('rule', CAST(:rule AS text), 'what', CAST(:problem AS text),
                              'due_at', m.due_at, 'markers', m.markers)
               || (CAST(:figure AS jsonb) - 'severity') AS because,
           m.due_at
    FROM (SELECT r.person_id,
                 (min(r.review_on) + 1)::timestamp AT TIME ZONE 'Europe/London' AS due_at,
                 jsonb_agg(jsonb_build_object('id', r.id, 'code', r.code, 'from', r.from_on,
                                              'review_on', r.review_on)
                           ORDER BY r.review_on, r.code) AS markers
          FROM person_markers r
          WHERE r.force = :force AND r.removed_at IS NULL AND r.review_on < :today {whose}
          GROUP BY r.person_id) m
    JOIN persons p ON p.force = :force AND p.id = m.person_id
"""
_REGISTER_QUEUES = text("""
    INSERT INTO teams (force, code, recorded_at)
    SELECT DISTINCT f.force, f.owner_team, CAST(:at AS timestamptz) FROM flags f
    WHERE f.force = :force AND f.rule = :rule AND f.state <> 'cleared' AND f.raised_at = :at
      AND f.owner_team IS NOT NULL
    ON CONFLICT DO NOTHING
""")


def due_source(session: Session, person_id: UUID | None = None) -> DueSource:
    """Give everybody with an active marker whose day of review has ended; or this person only."""
    force, today = session.info["force"], clock.today()
    figure = explained_figures(session, force, RULE, today)[EVERYTHING]
    whose = "AND r.person_id = :whose" if person_id else ""
    values = {
        "rule": RULE,
        "problem": "Nobody has looked at these warning markers by their day of review.",
        "figure": orjson.dumps(figure).decode(),
        "force": force,
        "today": today,
        "whose": person_id,
    }
    return DueSource(_DUE.format(whose=whose), values)


def settle_marker_reviews(session: Session, person_id: UUID | None = None) -> Settled:
    """Bring the flags of the force, or of one person, to what is due now."""
    session.flush()
    settled = settle(
        session,
        rule=RULE,
        source=due_source(session, person_id),
        because="Reviewed or removed.",
        subject_id=person_id,
    )
    if settled.raised:
        values = {"force": session.info["force"], "rule": RULE, "at": recorded_at(session)}
        session.execute(_REGISTER_QUEUES, values)
    return settled
