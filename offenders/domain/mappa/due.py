"""What is due of MAPPA: meetings and reviews, minutes, plans, actions, leads and summaries."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import orjson

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags.service import DueSource, Settled, settle
from offenders.domain.history import keep_history
from offenders.domain.mappa.duties import follow_actions
from offenders.domain.mappa.models import MappaCase
from offenders.domain.mappa.rules import days_by_level
from offenders.domain.mappa.shown import PRESENT, SUMMARY_HOLDS
from offenders.domain.reference.policies import explained_figures
from offenders.statements import Statement, ask_all

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

RULE: Final = "mappa-meetings"
_WHAT: Final = {
    "meeting": "The meeting of level 2 or 3, or the review at level 1, is due.",
    "lead": "No police officer is named as lead.",
    "action": "An action is not done by its due time.",
    "minutes": "The full minutes of a meeting are not on record.",
    "risk_plan": "The risk management plan is missing, not signed off, or due for review.",
    "eligible": "The person is registered, so no longer one who is not eligible for MAPPA.",
    "local_summary": "Neighbourhood officers have no local summary that may be shown to them.",
}
_LEVEL_DAYS: Final = "make_interval(hours => 24 * (CAST(:days AS int[]))[c.level])"
_DUE_AT: Final = f"greatest(c.level_since, c.last_meeting_at) + {_LEVEL_DAYS}"


def _after(figure: str) -> str:
    return f"c.level_since + make_interval(hours => 24 * CAST(:{figure} AS int))"


# Each with its figure, when it was due, and whether it is what the case lacks.
_GAPS: Final = f"""
    (1, 'meeting', 'level_' || c.level, c.meeting_due_at, c.meeting_due_at < :now),
    (2, 'lead', NULL, c.level_since, c.owner_officer IS NULL),
    (3, 'action', 'action', a.due_at, a.due_at IS NOT NULL),
    (4, 'minutes', 'minutes_level_' || m.level, m.minutes_due_at, m.minutes_due_at IS NOT NULL),
    (5, 'risk_plan', 'risk_plan', r.due_at, r.due_at < :now),
    (6, 'local_summary', 'local_summary', {_after("local_summary")},
     c.level >= 2 AND c.state = 'community' AND {_after("local_summary")} < :now AND NOT EXISTS (
         SELECT FROM mappa_local_summaries b WHERE b.force = c.force AND b.case_id = c.id
           AND {SUMMARY_HOLDS})),
    (7, 'eligible', NULL, NULL, c.kind = 'potentially_dangerous' AND EXISTS (
         SELECT FROM managements m WHERE m.force = c.force AND m.person_id = c.person_id
           AND m.kind = 'registration'))
"""
_OLDEST: Final = """
    LEFT JOIN LATERAL (
        SELECT min(a.due_at) AS due_at FROM mappa_actions a
        WHERE a.force = c.force AND a.case_id = c.id AND a.state = 'open'
          AND a.due_at + make_interval(hours => 24 * CAST(:action AS int)) < :now) a ON true
    LEFT JOIN LATERAL (
        SELECT m.level, m.minutes_due_at FROM mappa_meetings m
        WHERE m.force = c.force AND m.case_id = c.id AND m.minutes IS NULL
          AND m.minutes_due_at < :now
        ORDER BY m.minutes_due_at LIMIT 1) m ON true
    LEFT JOIN LATERAL (
        SELECT r.id, r.recorded_at, r.signed_off_at, r.review_on FROM mappa_risk_plans r
        WHERE r.force = c.force AND r.case_id = c.id
        ORDER BY r.recorded_at DESC, r.id DESC LIMIT 1) n ON true
    CROSS JOIN LATERAL (
        SELECT CASE
            WHEN n.id IS NULL THEN CASE WHEN c.level >= 2 THEN c.level_since + {days} END
            WHEN n.signed_off_at IS NULL THEN n.recorded_at + {days}
            ELSE (n.review_on + 1)::timestamp AT TIME ZONE 'Europe/London' END AS due_at) r
""".replace("{days}", "make_interval(hours => 24 * CAST(:risk_plan AS int))")
_FIGURE: Final = "(CAST(:figures AS jsonb) -> e.figure)"
_GAP: Final = f"""
    CROSS JOIN LATERAL (
        SELECT (array_agg(e.gap ORDER BY e.place))[1] AS gap,
               (array_agg(e.figure ORDER BY e.place))[1] AS figure,
               (array_agg(e.due_at ORDER BY e.place))[1] AS due_at,
               jsonb_agg(jsonb_build_object('gap', e.gap, 'due_at', e.due_at,
                                            'what', CAST(:what AS jsonb) -> e.gap)
                                            || coalesce({_FIGURE} - 'severity', '{{}}')
                         ORDER BY e.place) AS gaps
        FROM (VALUES {_GAPS}) e (place, gap, figure, due_at, is_due)
        WHERE e.is_due) e
"""
_DUE: Final = f"""
    SELECT 'mappa_case' AS subject_type, c.id AS subject_id, c.reference AS subject_reference,
           c.person_id, s.lpa, s.neighbourhood, c.owner_officer, c.owner_team,
           coalesce({_FIGURE} ->> 'severity', 'alert') AS severity,
           jsonb_build_object(
               'rule', CAST(:rule AS text), 'what', CAST(:what AS jsonb) -> e.gap,
               'due_at', e.due_at, 'level', c.level, 'counted_from', c.level_since,
               'last_meeting_at', c.last_meeting_at, 'gaps', e.gaps)
           || coalesce({_FIGURE} - 'severity', '{{}}') AS because,
           e.due_at
    {PRESENT.format(further=_OLDEST + _GAP)}
      AND c.force = :force AND c.stage = 'open' AND e.gap IS NOT NULL
"""
_REFRESH = Statement(f"""
    UPDATE mappa_cases c SET meeting_due_at = {_DUE_AT}, updated_at = :at
    WHERE c.force = :force AND c.stage = 'open' AND c.meeting_due_at IS DISTINCT FROM {_DUE_AT}
    RETURNING c.id
""")


def days_today(session: Session) -> dict[int, timedelta]:
    """Give after how long each level meets, by the figures in force."""
    figures = explained_figures(session, session.info["force"], RULE, clock.today())
    days = days_by_level(figures)
    return {level: timedelta(days=days[f"level_{level}"]) for level in (1, 2, 3)}


def refresh_cases(session: Session) -> int:
    """Bring due meetings to the figures in force."""
    force = session.info["force"]
    days = [each.days for each in days_today(session).values()]
    values = {"force": force, "at": recorded_at(session), "days": days}
    changed = list(ask_all(session, _REFRESH, values).scalars())
    if changed:
        keep_history(session, MappaCase.__table__, force, changed)
    return len(changed)


def due_source(session: Session, case_id: UUID | None = None) -> DueSource:
    """Give every open case that lacks something, with all it lacks; or this one only."""
    force = session.info["force"]
    figures = explained_figures(session, force, RULE, clock.today())
    counted = ("action", "risk_plan", "local_summary")
    values: dict[str, Any] = {
        **{name: figures[name]["figure"] for name in counted},
        "rule": RULE,
        "what": orjson.dumps(_WHAT).decode(),
        "figures": orjson.dumps(figures).decode(),
        "force": force,
        "now": clock.now(),
        "whose": case_id,
    }
    return DueSource(f"{_DUE} AND c.id = :whose" if case_id else _DUE, values)


def settle_cases(session: Session) -> Settled:
    """Bring the flags of the force to what is due now."""
    return settle(session, rule=RULE, source=due_source(session))


def settle_case(session: Session, case_id: UUID) -> None:
    """Bring flag and tasks of one case to what is due, in the transaction that changed it."""
    session.flush()
    settle(
        session,
        rule=RULE,
        source=due_source(session, case_id),
        because="Recorded: nothing is due now.",
        subject_id=case_id,
    )
    follow_actions(session, [case_id])
