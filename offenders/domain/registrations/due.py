"""What is due of registrations: visits, notifications and assessments, as flags that clear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson

from offenders import clock
from offenders.domain.flags.service import DueSource, Settled, settle
from offenders.domain.reference.policies import explained_figures
from offenders.domain.registrations.duties import follow_registrations
from offenders.domain.registrations.law import ACT
from offenders.domain.registrations.store import (
    ARMS,
    NOTIFICATIONS,
    UNASSESSED,
    VISITS,
    figure_values,
    shown_source,
)

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

RULES: Final = (VISITS, NOTIFICATIONS, ARMS)
REACTIVE, EXPIRED, REVIEW = "reactive_review", "expired", "indefinite_review"
# What each rule finds: the stage, whose figure explains it, and the day by which it was due.
_STAGE: Final = {
    VISITS: f"""
        CASE WHEN d.visit_overdue THEN {UNASSESSED}
             WHEN s.state = 'registered' AND r.reactive_review_due_on < CAST(:today AS date)
             THEN '{REACTIVE}' END
    """,
    NOTIFICATIONS: f"""
        CASE WHEN d.notification_overdue THEN r.notification_stage
             WHEN s.state = 'expired' THEN '{EXPIRED}'
             WHEN s.state <> 'closed' AND r.review_applied_on IS NOT NULL
                  AND r.review_applied_on + CAST(:review_days AS int) < CAST(:today AS date)
             THEN '{REVIEW}' END
    """,
    ARMS: "CASE WHEN d.arms_overdue THEN r.arms_stage END",
}
_DUE_ON: Final = {
    VISITS: f"CASE t.stage WHEN '{REACTIVE}' THEN r.reactive_review_due_on ELSE d.visit_due_on END",
    NOTIFICATIONS: f"""
        CASE t.stage WHEN '{EXPIRED}' THEN coalesce(e.ends_on, r.review_determined_on)
             WHEN '{REVIEW}' THEN r.review_applied_on + CAST(:review_days AS int)
             ELSE d.notification_due_on END
    """,
    ARMS: "d.arms_due_on",
}
_INPUTS: Final = {
    VISITS: """'risk', r.risk, 'last_seen_on', r.last_seen_on, 'failed_visits', r.failed_visits,
        'counted_from', r.visit_from_on, 'own_months', r.visit_months""",
    NOTIFICATIONS: f"""'last_notified_on', r.last_notified_on, 'starts_on', r.starts_on,
        'ends_on', e.ends_on, 'section', CASE t.stage
            WHEN '{EXPIRED}' THEN CASE WHEN r.is_indefinite THEN '{ACT} s.91C'
                                      ELSE r.because ->> 'section' END
            WHEN '{REVIEW}' THEN '{ACT} s.91C' ELSE r.notification_section END""",
    ARMS: "'last_arms_on', r.last_arms_on, 'counted_from', r.arms_from_on",
}
_SAID: Final = {
    "initial": "No initial notification within three days is on record.",
    "annual": "The yearly notification was not made.",
    "weekly": "The weekly notification of somebody of no fixed abode was not made.",
    EXPIRED: "The notification period is over: close the registration, or correct it.",
    REVIEW: "A review of indefinite notification was asked for and is not determined.",
    REACTIVE: "The review of reactive management is due.",
    "first": "There is no ARMS assessment yet.",
    "later": "The ARMS assessment is to be made anew.",
    **dict.fromkeys(("very_high", "high", "medium", "low"), "A home visit is overdue."),
}
_FIGURE = "(CAST(:figures AS jsonb) -> t.stage)"
_DUE = """
    SELECT 'registration' AS subject_type, r.id AS subject_id, r.reference AS subject_reference,
           r.person_id, s.lpa, s.neighbourhood, r.owner_officer, r.owner_team,
           {figure} ->> 'severity' AS severity,
           jsonb_build_object('rule', CAST(:rule AS text), 'stage', t.stage,
               'what', CAST(:said AS jsonb) -> t.stage, 'due_on', u.due_on, {inputs})
           || ({figure} - 'severity') AS because,
           (u.due_on + 1)::timestamp AT TIME ZONE 'Europe/London' AS due_at
    {source} AND r.force = :force AND r.state <> 'closed' AND t.stage IS NOT NULL {whose}
"""


def due_source(session: Session, rule: str, record_id: UUID | None = None) -> DueSource:
    """Give every registration of which a rule finds something due; or this one only."""
    force, today = session.info["force"], clock.today()
    figures = explained_figures(session, force, rule, today)
    source = shown_source(f"""
        CROSS JOIN LATERAL (SELECT {_STAGE[rule]} AS stage) t
        CROSS JOIN LATERAL (SELECT {_DUE_ON[rule]} AS due_on) u
    """)
    sql = _DUE.format(
        figure=_FIGURE,
        inputs=_INPUTS[rule],
        source=source,
        whose="AND r.id = :whose" if record_id else "",
    )
    values: dict[str, Any] = figure_values(force, today) | {
        "rule": rule,
        "figures": orjson.dumps(figures).decode(),
        "said": orjson.dumps(_SAID).decode(),
        "whose": record_id,
    }
    if rule == NOTIFICATIONS:
        values["review_days"] = figures[REVIEW]["figure"]
    return DueSource(sql, values)


def settle_flags(session: Session, rule: str) -> Settled:
    """Bring the flags of a rule to what is due now."""
    return settle(session, rule=rule, source=due_source(session, rule))


def settle_flag(session: Session, record_id: UUID) -> None:
    """Bring flags and tasks of one record to what is due, in the transaction that changed it."""
    session.flush()
    for rule in RULES:
        settle(
            session,
            rule=rule,
            source=due_source(session, rule, record_id),
            because="Recorded: nothing is due now.",
            subject_id=record_id,
        )
    follow_registrations(session, [record_id])
