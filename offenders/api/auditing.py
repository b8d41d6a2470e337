"""What a request leaves in the audit: what it showed or did, showed again, or was denied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app, g, request

from offenders.db import NO_FORCE, Work, transaction
from offenders.domain.audit.service import Act, record_act
from offenders.ids import as_uuid, is_reference

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.api.calls import Answer, Call
    from offenders.api.idempotency import FirstAnswer
    from offenders.api.permissions import Operation
    from offenders.domain.actors import Actor

REASON_LIMIT = 500  # characters


def audit_answer(call: Call, given: Answer) -> None:
    """Record what an answer did or showed, in the transaction that made it."""
    if call.operation.audit_class is None:
        return
    act = _act(
        call.actor,
        call.operation,
        given.audit_class or call.operation.audit_class,
        subject_type=given.subject_type,
        subject_ids=list(dict.fromkeys([*given.subjects, *given.people])),
        masked=list(given.masked),
        details=given.details,
    )
    record_act(call.session, act)


def audit_replay(session: Session, actor: Actor, operation: Operation, first: FirstAnswer) -> None:
    """Record that a first answer was shown again."""
    if operation.audit_class is None:
        return
    shown = {"subject_ids": first.shown, "details": {"replayed": True}}
    record_act(session, _act(actor, operation, operation.audit_class, **shown))


def audit_denial(actor: Actor, operation: Operation, path: dict[str, str]) -> None:
    """Record a denied or vain try; the same for what is missing and what is out of scope."""
    engine = current_app.extensions["offenders"].engine
    with transaction(engine, Work(actor.force or NO_FORCE, writes=False)) as session:
        tried = {name: value for name, value in path.items() if _is_identifier(value)}
        record_act(session, _act(actor, operation, "denial", details=tried))


def _is_identifier(value: str) -> bool:
    """Tell an id or reference from text that somebody typed, which may be a name."""
    return as_uuid(value) is not None or is_reference(value)


def _act(actor: Actor, operation: Operation, audit_class: str, **more: Any) -> Act:
    """Say who does what in this request, and why."""
    return Act(
        actor=actor.subject,
        role=actor.role_text,
        action=operation.name,
        audit_class=audit_class,
        reason=access_reason(),
        request_id=g.request_id,
        **more,
    )


def access_reason() -> str | None:
    """Read X-Access-Reason, printable and cut to a sane length."""
    return printable_reason(request.headers.get("X-Access-Reason", ""))


def printable_reason(written: str) -> str | None:
    """Give a reason as it is kept."""
    printable = "".join(character for character in written if character.isprintable())
    return printable.strip()[:REASON_LIMIT] or None
