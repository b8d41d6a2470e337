"""What is overdue of forensic hits, and bringing their clocks to the figures in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags.service import DueSource, settle
from offenders.domain.forensics.listing import IS_OVERDUE, WANT
from offenders.domain.forensics.models import ForensicHit
from offenders.domain.forensics.rules import Stage
from offenders.domain.forensics.store import RULE, figures_today
from offenders.domain.history import keep_history
from offenders.domain.reference.policies import explained_figures

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

_WHAT: Final = {
    str(Stage.RESEARCH): "Linked offences have not been researched.",
    str(Stage.ALLOCATION): "Nobody has been made responsible for the arrest.",
    str(Stage.ARREST): "The person has not been arrested or interviewed.",
}
_KEY: Final = "CASE WHEN h.offence_class = 'other' THEN 'other_' ELSE 'serious_' END"
_CLOCKS: Final = {
    f"{stage}_due_at": (
        f"h.received_at + make_interval(hours => 24 * CAST("
        f"CAST(:days AS jsonb) ->> ({_KEY} || '{stage}') AS int))"
    )
    for stage in Stage
}
_OPEN: Final = "h.state IN ('received', 'researched', 'allocated')"
_REFRESH = text(f"""
    UPDATE forensic_hits h
    SET {", ".join(f"{column} = {due}" for column, due in _CLOCKS.items())}, updated_at = :at
    WHERE h.force = :force AND {_OPEN}
      AND ({" OR ".join(f"h.{column} <> {due}" for column, due in _CLOCKS.items())})
    RETURNING h.id
""")
# Whom a waiting hit may mean, now that somebody with the identifier stated is on record.
_FOUND_LATER = text("""
    UPDATE forensic_hits h
    SET person_state = 'doubtful', doubt = 'found_later', candidates = f.people,
        version = h.version + 1, updated_at = :at
    FROM (SELECT u.id, array_agg(DISTINCT i.person_id ORDER BY i.person_id) AS people
          FROM forensic_hits u
          CROSS JOIN LATERAL (VALUES ('pnc_id', u.stated ->> 'pnc_id'),
                                     ('cro_number', u.stated ->> 'cro_number')) s (type, value)
          JOIN person_identifiers i ON i.force = u.force AND i.type = s.type
               AND i.value = s.value AND i.state = 'valid'
          WHERE u.force = :force AND u.person_state = 'unknown'
            AND u.person_decided_at IS NULL
            AND u.state IN ('received', 'researched', 'allocated')
          GROUP BY u.id) f
    WHERE h.force = :force AND h.id = f.id
    RETURNING h.id
""")
_STAGES: Final = ", ".join(
    f"({place}, '{stage}', h.{stage}_due_at, {IS_OVERDUE[stage]})"
    for place, stage in enumerate(Stage)
)
_DUE: Final = f"""
    SELECT 'forensic_hit' AS subject_type, h.id AS subject_id,
           h.reference AS subject_reference, h.person_id, h.lpa, h.neighbourhood,
           h.owner_officer, h.owner_team, g.figure ->> 'severity' AS severity,
           jsonb_build_object(
               'rule', CAST(:rule AS text), 'what', CAST(:what AS jsonb) -> d.stages[1],
               'stages', to_jsonb(d.stages), 'counted_from', h.received_at,
               'due_at', d.due_at, 'offence_class', h.offence_class)
           || (g.figure - 'severity') AS because,
           d.due_at
    FROM forensic_hits h {WANT}
    CROSS JOIN LATERAL (
        SELECT array_agg(s.stage ORDER BY s.due_at, s.place) AS stages, min(s.due_at) AS due_at
        FROM (VALUES {_STAGES}) s (place, stage, due_at, is_overdue)
        WHERE s.is_overdue) d
    CROSS JOIN LATERAL (
        SELECT CAST(:figures AS jsonb) -> ({_KEY} || d.stages[1]) AS figure) g
    WHERE h.force = :force AND {_OPEN} AND d.due_at IS NOT NULL
"""


def refresh_hits(session: Session) -> int:
    """Bring due moments to the figures in force, and put to a human whom a hit may mean now."""
    force = session.info["force"]
    values: dict[str, Any] = {"force": force, "at": recorded_at(session)}
    days = {"days": orjson.dumps(figures_today(session)).decode()}
    changed: set[UUID] = set(session.execute(_REFRESH, values | days).scalars())
    changed |= set(session.execute(_FOUND_LATER, values).scalars())
    if changed:
        keep_history(session, ForensicHit.__table__, force, sorted(changed))
    return len(changed)


def due_source(session: Session, hit_id: UUID | None = None) -> DueSource:
    """Give every hit with a stage overdue, the earliest of them named; all of the force, or one."""
    force = session.info["force"]
    figures = explained_figures(session, force, RULE, clock.today())
    values = {
        "rule": RULE,
        "what": orjson.dumps(_WHAT).decode(),
        "figures": orjson.dumps(figures).decode(),
        "force": force,
        "now": clock.now(),
    }
    if hit_id is None:
        return DueSource(_DUE, values)
    return DueSource(f"{_DUE} AND h.id = :hit_id", values | {"hit_id": hit_id})


def settle_hit(session: Session, hit_id: UUID) -> None:
    """Bring the flag of one hit to what is due, in the transaction that changed it."""
    settle(session, rule=RULE, source=due_source(session, hit_id), subject_id=hit_id)
