"""What is overdue in the wanted register, as sources of flags."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

from offenders import clock
from offenders.domain.flags.service import DueSource, clear_for, follow_subject, raise_due
from offenders.domain.reference.policies import explained_figures
from offenders.domain.wanted.circulating import UNCIRCULATED, uncancelled_source
from offenders.domain.wanted.clocks import ACTIVITY, ARREST, CANCELLATION, REVIEW, VALIDATION
from offenders.domain.wanted.elsewhere import ELSEWHERE, end_elsewhere
from offenders.domain.wanted.rules import OUTSTANDING, is_overdue

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.domain.wanted.models import Want

_FIRST_OR_LATER = "CASE WHEN w.last_validated_at IS NULL THEN 'first' ELSE 'later' END"
# rule: (due column, the moment its clock runs from, what its figure goes by, what is said when
# it is over)
_RULES = {
    ARREST: (
        "target_arrest_by",
        "w.entered_at",
        "w.risk",
        "The want was not ended by its target to arrest.",
    ),
    REVIEW: (
        "review_due_at",
        "coalesce(w.last_reviewed_at, w.entered_at)",
        "w.risk",
        "No supervisor has reviewed the want within the time set.",
    ),
    VALIDATION: (
        "validation_due_at",
        "coalesce(w.last_validated_at, w.entered_at)",
        _FIRST_OR_LATER,
        "Its owner has not confirmed that the want is still right.",
    ),
    ACTIVITY: (
        "activity_due_at",
        "coalesce(w.last_activity_at, w.entered_at)",
        "w.risk",
        "No tracing action within the time set.",
    ),
}
OVERDUE_RULES = tuple(_RULES)
ENDED_WITH_THE_WANT = (*OVERDUE_RULES, UNCIRCULATED, "not-in-source")


def due_source(session: Session, rule: str) -> DueSource:
    """Give every outstanding want of the force that is overdue by this rule, as flags."""
    column, start, key, problem = _RULES[rule]
    force = session.info["force"]
    figures = explained_figures(session, force, rule, clock.today())
    figure = f"(CAST(:figures AS jsonb) -> ({key}))"
    sql = f"""
        SELECT 'want' AS subject_type, w.id AS subject_id, w.reference AS subject_reference,
               w.person_id, w.lpa, w.neighbourhood, w.owner_officer, w.owner_team,
               {figure} ->> 'severity' AS severity,
               jsonb_build_object(
                   'rule', CAST(:rule AS text), 'what', CAST(:problem AS text),
                   'counted_from', {start}, 'due_at', w.{column}, 'risk', w.risk)
               || ({figure} - 'severity') AS because,
               w.{column} AS due_at
        FROM wants w
        WHERE w.force = :force AND w.state = 'outstanding' AND w.{column} < :now
    """
    return DueSource(
        sql,
        {
            "rule": rule,
            "problem": problem,
            "figures": orjson.dumps(figures).decode(),
            "force": force,
            "now": clock.now(),
        },
    )


def clear_what_ended(session: Session, want: Want, now: datetime) -> None:
    """Clear, in this transaction, the flags whose cause this change has taken away."""
    session.flush()
    if want.state != OUTSTANDING:
        because = f"The want was closed as {want.state.replace('_', ' ')}."
        clear_for(session, subject_id=want.id, rules=ENDED_WITH_THE_WANT, because=because)
        if clear_for(session, subject_id=want.id, rules=[ELSEWHERE], because=because):
            end_elsewhere(session, [want.reference])
        return
    ended = [
        rule
        for rule, (column, *_rest) in _RULES.items()
        if not is_overdue(getattr(want, column), now)
    ]
    if want.circulation == "circulated":
        ended.append(UNCIRCULATED)
    clear_for(session, subject_id=want.id, rules=ended, because="No longer overdue.")
    follow_subject(
        session,
        subject_id=want.id,
        lpa=want.lpa,
        neighbourhood=want.neighbourhood,
        owner_officer=want.owner_officer,
        owner_team=want.owner_team,
    )


def flag_uncancelled_circulation(session: Session, want: Want) -> None:
    """Flag a closed want that PNC may still show, until the cancellation is confirmed."""
    session.flush()
    raise_due(session, rule=CANCELLATION, source=uncancelled_source(session, [want.id]))
