"""Failures that nobody recorded, where the force's policy lets them be taken as such."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from offenders import clock
from offenders.domain.access import Scope
from offenders.domain.bail.acting import Doing
from offenders.domain.bail.answering import fail
from offenders.domain.bail.records import RULE
from offenders.domain.reference.policies import figures_in_force
from offenders.domain.versions import IfMatch

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

REASON: Final = "Not recorded as answered by the time appointed; taken as failed by force policy."
# Only a time that somebody appointed can be missed, and only while bail lasted.
_UNANSWERED = text("""
    SELECT id, return_at FROM bail_records
    WHERE force = :force AND state = 'on_bail' AND NOT return_follows
      AND return_at + make_interval(hours => 24 * CAST(:days AS int)) < :now
      AND (ends_on IS NULL OR (return_at AT TIME ZONE 'Europe/London')::date <= ends_on)
    ORDER BY id FOR UPDATE
""")


def fail_unanswered(session: Session) -> int:
    """Record as failed whose appointed time has passed; give how many. Off unless a force says so.

    A surrender that was made and not recorded would make a want of it, so a force must be sure
    of its records before it switches this on.
    """
    force, now = session.info["force"], clock.now()
    figures = figures_in_force(session, force, RULE, clock.today())
    if not figures["unanswered_want"]:
        return 0
    values = {"force": force, "now": now, "days": figures["unanswered"]}
    rows = session.execute(_UNANSWERED, values).all()
    for row in rows:
        fields = {"occurred_at": row.return_at, "reason": REASON}
        scope, match = Scope(force), IfMatch(any_version=True)
        fail(session, Doing("service", scope, str(row.id), fields, match, now))
    return len(rows)
