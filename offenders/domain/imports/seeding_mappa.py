"""Putting down what was done about made-up MAPPA cases: as by hand, once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders import clock
from offenders.domain.access import Scope
from offenders.domain.mappa import service as mappa
from offenders.domain.versions import IfMatch
from offenders.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from sqlalchemy.orm import Session

_SUPERVISOR = "demonstration supervisor"
# A case that was touched already is left alone, so that running again changes nothing.
_UNTOUCHED = text("""
    SELECT s.source_ref, c.id FROM import_sources s
    JOIN mappa_cases c ON c.force = s.force AND c.id = s.subject_id
    WHERE s.force = :force AND s.kind = 'mappa' AND c.version = 1 AND c.stage = 'open'
""")


def add_made_up_meetings(session: Session, deeds: Iterable[dict[str, Any]], by: str) -> int:
    """Hold the meetings, make the plans and publish the summaries of cases; give how many cases."""
    force = session.info["force"]
    rows = session.execute(_UNTOUCHED, {"force": force})
    untouched: dict[str, UUID] = {row.source_ref: row.id for row in rows}
    done = 0
    for deed in deeds:
        case = untouched.get(deed["source_ref"])
        if case is not None:
            _do(session, case, deed, by)
            done += 1
    return done


def _do(session: Session, case: UUID, deed: dict[str, Any], by: str) -> None:
    for meeting in deed["meetings"]:
        mappa.hold_meeting(session, _doing(session, case, meeting, by))
    planned = mappa.make_plan(session, _doing(session, case, deed["plan"], by))
    if deed["is_signed_off"]:
        plan = session.execute(_PLAN, {"force": planned.force, "id": planned.id}).scalar_one()
        mappa.sign_off_plan(session, _doing(session, case, {}, _SUPERVISOR), str(plan))
    if "summary" in deed:
        # A made-up victim may bear a name that the words of the summary hold, such as Day.
        with suppress(Invalid):
            mappa.publish_summary(session, _doing(session, case, deed["summary"], by))


_PLAN = text("SELECT id FROM mappa_risk_plans WHERE force = :force AND case_id = :id")


def _doing(session: Session, case: UUID, fields: dict[str, Any], actor: str) -> mappa.Doing:
    scope = Scope(session.info["force"])
    given = {name: value for name, value in fields.items() if value is not None}
    return mappa.Doing(actor, scope, str(case), given, IfMatch(any_version=True), clock.now())
