"""Acting on a check: requesting, chasing, answering, giving up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders.db import recorded_at
from offenders.domain.acro import store
from offenders.domain.acro.clocks import due_for_reply, figures
from offenders.domain.acro.models import AcroCheck, AcroConviction
from offenders.domain.acro.overdue import settle_check
from offenders.domain.acro.rules import (
    REPLY_AFTER_REQUEST,
    REQUEST_AFTER_ARREST,
    TO_ASSESS,
    Response,
    State,
    Step,
    possible_steps,
)
from offenders.domain.history import keep_history
from offenders.domain.outbox.service import Message, post, withdraw
from offenders.domain.reference import service as reference
from offenders.errors import Conflict, Invalid
from offenders.ids import new_ids

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope, Sight
    from offenders.domain.versions import IfMatch

_NO_REQUEST = (
    "Rule reply-after-request (rules catalogue, section 10): a reply answers a request, and this"
    " check has none. Record it with POST …/requests first."
)


@dataclass(frozen=True)
class Doing:
    """Who does something to which check, as read at which version, and what."""

    actor: str
    scope: Scope
    written: str
    fields: dict[str, Any]
    if_match: IfMatch
    sight: Sight
    now: datetime


def request_check(session: Session, doing: Doing) -> AcroCheck:
    """Ask the country: the message is written in this transaction and leaves after it.

    With `made_elsewhere` the request was made by another way, and nothing is sent.
    """
    check = take(session, doing, Step.REQUEST)
    requested_at = doing.fields.get("requested_at") or recorded_at(session)
    if requested_at < check.detained_at:
        message = "The request lies before the arrest. Send both moments with their zone."
        raise Invalid.field("/requested_at", message, REQUEST_AFTER_ARREST)
    return ask(session, check, requested_at, doing.actor, doing.fields)


def ask(
    session: Session,
    check: AcroCheck,
    requested_at: datetime,
    actor: str,
    fields: Mapping[str, Any],
) -> AcroCheck:
    """Turn a check into a request, and send it unless it was `made_elsewhere`."""
    check.state = State.REQUESTED
    check.requested_at, check.requested_by = requested_at, actor
    check.reply_due_at = due_for_reply(figures(session), check.channel, requested_at)
    check.chased_at, check.chases = None, 0
    check.response = check.responded_at = check.response_summary = None
    check.not_possible_because = check.message_id = None
    if not fields.get("made_elsewhere"):
        check.message_id = _send(session, check, "acro.request", actor, fields)
    return keep(session, check)


def chase_check(session: Session, doing: Doing) -> AcroCheck:
    """Ask again for an answer; the next time to chase counts from this one."""
    check = take(session, doing, Step.CHASE)
    check.chased_at = recorded_at(session)
    check.chases += 1
    if not doing.fields.get("made_elsewhere"):
        check.message_id = _send(session, check, "acro.chase", doing.actor, doing.fields)
    return keep(session, check)


def respond_to_check(session: Session, doing: Doing) -> AcroCheck:
    """Record what the country answered, with the convictions of a trace."""
    check = take(session, doing, Step.RESPOND)
    response = Response(doing.fields["response"])
    responded_at = doing.fields.get("responded_at") or recorded_at(session)
    if check.requested_at is not None and responded_at < check.requested_at:
        message = "The reply lies before the request. Send both moments with their zone."
        raise Invalid.field("/responded_at", message, REPLY_AFTER_REQUEST)
    convictions = doing.fields.get("convictions") or []
    if convictions and response not in TO_ASSESS:
        raise Invalid.field("/convictions", "Only a trace or a partial answer has convictions.")
    if response not in TO_ASSESS and store.has_convictions(session, check):
        message = "Convictions are on record, which must be assessed. Answer trace or partial."
        raise Invalid.field("/response", message)
    check.state = State.RESPONDED
    check.response, check.responded_at = response, responded_at
    check.response_summary = doing.fields.get("summary")
    _add_convictions(session, doing, check, convictions)
    return keep(session, check)


def give_up_check(session: Session, doing: Doing) -> AcroCheck:
    """Record that the check can't be made, and why; it may still be requested later.

    What is not delivered is withdrawn; what was delivered stays so, as `message` then says.
    """
    check = take(session, doing, Step.GIVE_UP)
    session.flush()
    check.message_id = withdraw(session, check.id) or check.message_id
    check.state = State.NOT_POSSIBLE
    check.not_possible_because = doing.fields["reason"]
    return keep(session, check)


def take(session: Session, doing: Doing, step: Step) -> AcroCheck:
    """Lock the check and make sure that this may be done with it."""
    check = store.get_check(session, doing.scope, doing.written)
    doing.if_match.check(check.version)
    state, response = State(check.state), check.response
    possible = possible_steps(state, Response(response) if response else None)
    if step in possible:
        return check
    if step == Step.RESPOND and state in {State.REQUIRED, State.NOT_POSSIBLE}:
        raise Invalid.field("/response", _NO_REQUEST, REPLY_AFTER_REQUEST)
    said = f"{state}, {response}" if response else str(state)
    message = f"This check is {said.replace('_', ' ')}, so this can't be done. Read it again."
    raise Conflict(message, state=state, possible=sorted(possible))


def keep(session: Session, check: AcroCheck) -> AcroCheck:
    """Write row, history and flags."""
    check.version += 1
    check.updated_at = recorded_at(session)
    session.flush()
    keep_history(session, AcroCheck.__table__, check.force, [check.id])
    settle_check(session, check.id)
    return check


def _send(
    session: Session, check: AcroCheck, kind: str, actor: str, fields: Mapping[str, Any]
) -> UUID:
    asked = ("urgency", "purpose", "place_of_birth", "parents", "note")
    data = {
        "reference": check.reference,
        "country": check.country,
        "channel": check.channel,
        "requested_at": check.requested_at,
        "reply_due_at": check.reply_due_at,
        "person": store.identity(session, check),
        **{name: fields[name] for name in asked if fields.get(name) is not None},
    }
    message = Message(kind, "acro_check", check.id, check.reference, data)
    return post(session, [message], by=actor)[0]


def _add_convictions(
    session: Session, doing: Doing, check: AcroCheck, convictions: list[dict[str, Any]]
) -> None:
    for number, fields in enumerate(convictions):
        if fields.get("offence_code") is not None:
            pointer = f"/convictions/{number}/offence_code"
            reference.require_offence(session, fields["offence_code"], pointer)
    ids = new_ids(check.force, len(convictions)) if convictions else []
    session.add_all(
        AcroConviction(
            force=check.force,
            id=conviction_id,
            check_id=check.id,
            person_id=check.person_id,
            recorded_by=doing.actor,
            recorded_at=recorded_at(session),
            **fields,
        )
        for conviction_id, fields in zip(ids, convictions, strict=True)
    )
