"""Subscriptions that have failed for days: paused, and flagged until somebody has seen to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags.service import DueSource, Settled, settle
from offenders.domain.reference.policies import explained_figures
from offenders.domain.subscriptions.rules import OWNER_PAUSED

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

RULE: Final = "failing-subscriptions"
FAILED_FOR_DAYS: Final = "failed_for_days"

_PAUSE = text("""
    UPDATE subscriptions SET state = 'paused', because = :because, version = version + 1,
           updated_at = :at
    WHERE force = :force AND state = 'active'
      AND failing_since <= :now - make_interval(days => :days)
""")
_DUE = """
    SELECT 'subscription' AS subject_type, s.id AS subject_id, NULL AS subject_reference,
           NULL::uuid AS person_id, NULL AS lpa, NULL AS neighbourhood,
           s.owner AS owner_officer, NULL AS owner_team, CAST(:severity AS text) AS severity,
           jsonb_build_object('because', s.because, 'fault', s.fault,
               'failing_since', s.failing_since, 'figure', CAST(:figure AS int), 'unit', 'days',
               'source', CAST(:source AS text), 'confidence', CAST(:confidence AS text)) AS because,
           s.failing_since + make_interval(days => CAST(:figure AS int)) AS due_at
    FROM subscriptions s
    WHERE s.force = :force AND s.state = 'paused' AND s.because <> :by_owner
"""


def settle_failing(session: Session) -> Settled:
    """Pause what has failed for as many days as the policy says, and flag what is paused so."""
    force, now = session.info["force"], clock.now()
    figure = explained_figures(session, force, RULE, clock.today())["all"]
    values = {
        "force": force,
        "days": figure["figure"],
        "because": FAILED_FOR_DAYS,
        "now": now,
        "at": recorded_at(session),
    }
    session.execute(_PAUSE, values)
    named = {name: figure[name] for name in ("severity", "figure", "source", "confidence")}
    source = DueSource(_DUE, {"force": force, "by_owner": OWNER_PAUSED, **named})
    because = "The subscription goes on, or has ended."
    return settle(session, rule=RULE, source=source, because=because)
