"""Assessing a trace: what was done abroad changes the risk here and the warning markers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.db import recorded_at
from offenders.domain.access import Scope
from offenders.domain.acro import store
from offenders.domain.acro.acting import Doing, keep, take
from offenders.domain.acro.rules import State, Step
from offenders.domain.flags.markers import settle_marker_reviews
from offenders.domain.persons import service as persons
from offenders.domain.reference import service as reference
from offenders.domain.versions import IfMatch
from offenders.domain.wanted import service as wanted
from offenders.domain.wanted.rules import RISK_ORDER, Risk
from offenders.errors import Conflict

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.acro.models import AcroCheck

_ANY_VERSION = IfMatch(any_version=True)


def assess_check(session: Session, doing: Doing) -> AcroCheck:
    """Record what a trace means here.

    `risk` raises every outstanding want of the person that stands lower, never lowers one;
    `markers` are given to the person, unless they are active already.
    """
    check = take(session, doing, Step.ASSESS)
    risk = doing.fields.get("risk")
    check.state = State.ASSESSED
    check.assessed_at, check.assessed_by = recorded_at(session), doing.actor
    check.assessment = {
        "rationale": doing.fields["rationale"],
        "risk": risk,
        "wants_raised": _raise_wants(session, doing, check, Risk(risk)) if risk else [],
        **_give_markers(session, doing, check),
    }
    return keep(session, check)


def _raise_wants(session: Session, doing: Doing, check: AcroCheck, risk: Risk) -> list[str]:
    lower = [
        want
        for want in store.open_wants(session, check)
        if RISK_ORDER[Risk(want.risk)] > RISK_ORDER[risk]
    ]
    for want in lower:
        wanted.amend_want(
            session,
            actor=doing.actor,
            scope=Scope(check.force),
            written=str(want.id),
            fields={"risk": risk, "risk_rationale": doing.fields["rationale"]},
            if_match=_ANY_VERSION,
            now=doing.now,
        )
    return [str(want.id) for want in lower]


def _give_markers(session: Session, doing: Doing, check: AcroCheck) -> dict[str, Any]:
    given, active = [], []
    for number, fields in enumerate(doing.fields.get("markers") or []):
        pointer = f"/markers/{number}/code"
        reference.require_entry(session, "warning_markers", fields["code"], pointer)
        entry = {"rationale": doing.fields["rationale"], "source": check.reference, **fields}
        try:
            persons.add_entry(
                session,
                kind="markers",
                written=str(check.person_id),
                fields=entry,
                sight=doing.sight,
                if_match=_ANY_VERSION,
            )
        except Conflict:
            active.append(fields["code"])
        else:
            given.append(fields["code"])
    if given:
        settle_marker_reviews(session, check.person_id)
    return {"markers_given": given, "markers_active_before": active}
