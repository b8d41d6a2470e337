"""Moving a case: its level or category, its facts, where the person is, who leads, its end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.mappa import acting
from offenders.domain.mappa.acting import Doing, add_entry, finish, occurred_at, take
from offenders.domain.mappa.entering import end_case
from offenders.domain.mappa.levels import begin_level, end_level, level_at
from offenders.domain.mappa.rules import Exit, Stage, State, StateReason, possible_exits
from offenders.domain.placed import move
from offenders.domain.reference import service as reference
from offenders.domain.working_days import london_day
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.mappa.models import MappaCase

_JUDGED: Final = ("risk", "disposal", "sentence_months", "grounds", "authorised_by", "agencies")
REVIEWED_LEVELS: Final = (2, 3)
_RETURNS: Final = (
    StateReason.BREACH_OF_LICENCE,
    StateReason.BREACH_OF_ORDER,
    StateReason.FURTHER_OFFENCE,
)
_FACTS = text("""
    SELECT coalesce(p.date_of_birth > CAST(:today AS date) - interval '18 years', false)
               AS is_child,
           EXISTS (SELECT FROM managements m WHERE m.force = p.force AND m.person_id = p.id
                     AND m.kind = 'registration') AS is_registered
    FROM persons p WHERE p.force = :force AND p.id = :person_id
""")


def change_level(session: Session, doing: Doing) -> MappaCase:
    """Put the case at another level or in another category from a moment on, with the reason."""
    case, fields = take(session, doing, "level"), doing.fields
    at = occurred_at(session, case, doing)
    before = (case.category, case.level)
    end_level(session, case, at)
    case.level, case.level_since = fields["level"], at
    case.category = fields.get("category", case.category)
    case.risk = fields.get("risk", case.risk)
    case.criteria = sorted(set(fields.get("criteria") or ()))
    for name in {"disposal", "sentence_months", "grounds"} & set(fields):
        setattr(case, name, fields[name])
    if before == (case.category, case.level):
        message = "The case has this category and level already."
        raise Conflict(message, state=f"level {case.level}")
    began_on = london_day(at) if case.category != before[0] else case.started_on
    _judge(session, case, began_on=began_on)
    begin_level(session, case, doing.actor, fields["reason"])
    details = {
        "from": {"category": before[0], "level": before[1]},
        "to": {"category": case.category, "level": case.level},
        "risk": case.risk,
        "criteria": list(case.criteria),
        "reason": fields["reason"],
    }
    said = "The level was decided anew."
    return finish(session, case, doing.actor, "level", details=details, at=at, looked_at=said)


def _judge(session: Session, case: MappaCase, *, began_on: Any = None) -> None:
    person = _facts(session, case)
    facts = acting.facts_of(session, case, is_child=person.is_child)
    if began_on is not None:
        facts = replace(facts, began_on=began_on)
    case.unconfirmed = acting.judge(facts, acting.limits_today(session))


def _facts(session: Session, case: MappaCase) -> Any:
    values = {"force": case.force, "person_id": case.person_id, "today": clock.today()}
    return session.execute(_FACTS, values).one()


def amend_case(session: Session, doing: Doing) -> MappaCase:
    """Change what a case says; a new lead needs a reason, and is logged as a hand-over."""
    case, fields = take(session, doing, "amendment"), dict(doing.fields)
    reason = fields.pop("reason", None)
    occurred = fields.pop("state_since", None) or recorded_at(session)
    state_reason = fields.pop("state_reason", None)
    before = {name: getattr(case, _COLUMN.get(name, name)) for name in fields}
    if {"lpa", "neighbourhood"} & set(fields):
        move(session, case, fields, doing.scope, what="case")
    if fields.get("manager") not in {None, case.owner_officer}:
        _hand_over(session, case, doing, fields["manager"], reason)
    if "state" in fields and fields["state"] != case.state:
        _change_state(session, case, doing, state=fields["state"], reason=state_reason, at=occurred)
    for name in set(fields) - {"lpa", "neighbourhood", "manager", "state"}:
        setattr(case, name, fields[name])
    _settle_agencies(session, case, fields)
    if case.stage == Stage.OPEN and set(_JUDGED) & set(fields):
        _judge(session, case)
    changes = {
        name: {"from": value, "to": getattr(case, _COLUMN.get(name, name))}
        for name, value in before.items()
        if value != getattr(case, _COLUMN.get(name, name))
    }
    if not changes:
        return case
    at = recorded_at(session)
    details = {"changes": changes, "reason": reason, "version": case.version + 1}
    return finish(session, case, doing.actor, "amendment", details=details, at=at)


_COLUMN: Final = {"manager": "owner_officer"}


def _settle_agencies(session: Session, case: MappaCase, fields: dict[str, Any]) -> None:
    if {"agencies", "lead_agency"} & set(fields):
        case.agencies = sorted({*case.agencies, case.lead_agency, "police"})
        acting.require_agencies(session, case.agencies, "/agencies")
    if fields.get("attendee"):
        reference.register_officer(session, fields["attendee"])
    if fields.get("offence_code"):
        reference.require_offence(session, fields["offence_code"], "/offence_code")


def _hand_over(
    session: Session, case: MappaCase, doing: Doing, officer: str, reason: str | None
) -> None:
    if not reason:
        raise Invalid.field("/reason", "Say why the lead changes: a hand-over has a reason.")
    if case.stage != Stage.OPEN:
        message = "A referral has no lead yet: name one with the decision."
        raise Conflict(message, state=case.stage, possible=["decision"])
    reference.register_officer(session, officer)
    details = {
        "from_officer": case.owner_officer,
        "from_team": case.owner_team,
        "to_officer": officer,
        "reason": reason,
    }
    add_entry(
        session, case, "handover", actor=doing.actor, at=recorded_at(session), details=details
    )
    case.owner_officer, case.owner_team = officer, None


def _change_state(  # noqa: PLR0913 - where the person is, since when and why
    session: Session,
    case: MappaCase,
    doing: Doing,
    *,
    state: str,
    reason: str | None,
    at: Any,
) -> None:
    if case.state_since is not None and at < case.state_since:
        raise Invalid.field("/state_since", "This lies before the person was where they are.")
    kind = "state"
    if state == State.CUSTODY and reason in _RETURNS:
        kind = "return_to_custody"
    details = {"from": case.state, "to": state, "reason": reason}
    case.state, case.state_since = state, at
    case.state_reason = reason or StateReason.NOT_STATED
    add_entry(session, case, kind, actor=doing.actor, at=at, details=details)


def record_further_offence(session: Session, doing: Doing) -> MappaCase:
    """Record a serious further offence, and whether a serious case review is called for it."""
    case, fields = take(session, doing, "further_offence"), doing.fields
    at = occurred_at(session, case, doing)
    reference.require_offence(session, fields["offence_code"], "/offence_code")
    if "case_review" not in fields and level_at(session, case, at)[1] in REVIEWED_LEVELS:
        message = (
            "Say whether a serious case review is called for: at level 2 or 3 it is mandatory for"
            " murder, attempted murder and rape. Rule: MAPPA Guidance, serious case reviews."
        )
        raise Invalid.field("/case_review", message)
    details = {name: fields.get(name) for name in ("offence_code", "crime_reference", "note")}
    if fields.get("case_review"):
        add_entry(session, case, "case_review", actor=doing.actor, at=at, details=details)
    return finish(session, case, doing.actor, "further_offence", details=details, at=at)


def leave(session: Session, doing: Doing) -> MappaCase:
    """End management by a coded reason that the category allows."""
    case, fields = take(session, doing, "exit"), doing.fields
    at = occurred_at(session, case, doing)
    if case.last_meeting_at is not None and at < case.last_meeting_at:
        message = (
            f"The last meeting on the case was at {case.last_meeting_at.isoformat()}, so it was"
            " managed until then (rule mappa-meetings). Send a moment not before it."
        )
        raise Invalid.field("/occurred_at", message)
    reason = fields["reason"]
    possible = possible_exits(case.kind, case.category)
    if reason not in possible:
        held = f"category {case.category}" if case.category else case.kind.replace("_", " ")
        message = f"Management as {held} doesn't end so."
        raise Conflict(message, state=case.stage, possible=list(possible))
    registered = case.category == 1 and _facts(session, case).is_registered
    if registered and reason in {Exit.NOTIFICATION_ENDED, Exit.CONVICTION_QUASHED}:
        message = (
            "The person is still registered, so they remain category 1 (CJA 2003 s.327(2))."
            " Close the registration first."
        )
        raise Conflict(message, state=case.stage, possible=list(possible))
    note = fields.get("note")
    return end_case(session, case, actor=doing.actor, at=at, reason=reason, note=note)
