"""How every request runs: token, permission, body, transaction, audit, answer."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flask import Response, current_app, g, request
from sqlalchemy.exc import OperationalError

from offenders import clock
from offenders.api import idempotency, limits
from offenders.api.auditing import access_reason, audit_answer, audit_denial, audit_replay
from offenders.api.bodies import read_body
from offenders.api.calls import Answer, Call
from offenders.api.packing import ENCODING, VARY, pack, stamp, written
from offenders.api.receipts import as_receipt
from offenders.api.versions import etag, is_unchanged, read_if_match
from offenders.db import NO_FORCE, Work, transaction
from offenders.domain.access import is_sender, may, reader_of, widened
from offenders.domain.sharing import service as sharing
from offenders.errors import DomainError, Forbidden, LimitReached, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.api.permissions import Operation
    from offenders.domain.actors import Actor

_READING = frozenset({"GET", "HEAD"})
_OF_304 = ("ETag", limits.WARNING)
_ROLLED_BACK = frozenset({"40001", "40P01"})  # PostgreSQL, appendix A: nothing was done
_PATH_LIMIT = 200  # characters of one part of an address


class ReasonNeeded(DomainError):
    """The force asks for a reason before personal data is read."""

    kind = "reason-needed"


def outside(endpoint: Callable[..., Any], operation: Operation, body_limit: int) -> Any:
    """Before any content is looked at: who asks, and may anyone of that role."""

    @functools.wraps(endpoint)
    def checked(**path: str) -> Any:
        actor = current_app.extensions["offenders"].authenticate()
        g.actor = actor
        read_body(body_limit)
        if not all(value.isprintable() and len(value) <= _PATH_LIMIT for value in path.values()):
            raise NotFound
        if not _may_ask(actor, operation):
            audit_denial(actor, operation, path)
            message = f"This needs the permission {operation.permission}, see docs/access.md."
            raise Forbidden(message)
        try:
            return endpoint(**path)
        except (NotFound, ReasonNeeded, LimitReached):
            if path or operation.asks_reason:
                audit_denial(actor, operation, path)
            raise

    checked.operation = operation  # type: ignore[attr-defined]  # read by declared_operations
    return checked


@dataclass(frozen=True)
class Views:
    """Who answers: for the force, and for partner agencies where they may ask."""

    own: Callable[..., Answer]
    partner: Callable[..., Answer] | None

    def of(self, actor: Actor, operation: Operation) -> Callable[..., Answer]:
        """Give the view that answers this actor."""
        if self.partner is None or may(actor, operation.permission or ""):
            return self.own
        return self.partner


def _may_ask(actor: Actor, operation: Operation) -> bool:
    return any(may(actor, each or "") for each in (operation.permission, operation.shared))


def inside(
    views: Views,
    operation: Operation,
    *,
    if_match: bool,
    has_body: bool,
    before: Callable[[dict[str, Any]], None] | None = None,
) -> Callable[..., Any]:
    """With content read: one transaction in which the act and its audit stand or fall together."""

    @functools.wraps(views.own)
    def ran(*parsed: dict[str, Any], **path: str) -> Response:
        query = dict(parsed[0])
        body = dict(parsed[1]) if has_body else {}
        view = views.of(g.actor, operation)
        if before is not None:
            before(body)
        try:
            return _run(view, operation, query, body, path, if_match=if_match)
        except OperationalError as error:
            if not _may_repeat(error):
                raise
            return _run(view, operation, query, body, path, if_match=if_match)

    return ran


def _may_repeat(error: OperationalError) -> bool:
    """Tell whether a lost connection or a deadlock is tried once more: where it does no harm."""
    if getattr(error.orig, "pgcode", None) in _ROLLED_BACK:
        return True
    is_harmless = request.method in _READING or "Idempotency-Key" in request.headers
    return error.connection_invalidated and is_harmless


def _run(  # noqa: PLR0913 - the parts of one request
    view: Callable[..., Answer],
    operation: Operation,
    query: dict[str, Any],
    body: dict[str, Any],
    path: dict[str, str],
    *,
    if_match: bool,
) -> Response:
    actor: Actor = g.actor
    writes = request.method not in _READING
    key = idempotency.read_key() if request.method == "POST" else None
    service = current_app.extensions["offenders"]
    service.secret()
    # What a system sends of a restricted person is taken, and told of in a receipt alone.
    is_sent = writes and is_sender(actor)
    reader = None if is_sent else reader_of(actor)
    work = Work(_force_of(operation, actor, query, path), writes, reader=reader)
    with transaction(service.engine, work) as session:
        if key is not None:
            first = idempotency.find_first_answer(session, actor, key)
            if first is not None:
                _hide_in_replay(session, actor, operation, first, is_sent=is_sent)
                audit_replay(session, actor, operation, first)
                return first.answer
        call = Call(
            actor=widened(actor, session.info["opened"]),
            session=session,
            operation=operation,
            query=query,
            body=body,
            if_match=read_if_match(needed=if_match),
            now=clock.now(),
        )
        _require_reason(call)
        is_new = work.force == actor.force and not service.knows_reader(actor)
        if is_new:  # before the view, so that locks are always taken in the same order
            sharing.note_reader(session, actor, service.secret(), call.now)
        given = view(call, **path)
        if is_sent:
            given = as_receipt(session, actor, given)
        if not given.is_audited:
            given = _spend_budget(session, actor, given)
            audit_answer(call, given)
        answer = _answer(given)
        if key is not None:
            shown = list(dict.fromkeys([*given.subjects, *given.people]))
            kept = answer if given.kept is None else _answer(replace(given, body=given.kept))
            idempotency.keep_first_answer(session, actor, key, kept, shown)
    if is_new:
        service.keep_reader(actor)
    warning = limits.warning_of(actor, work.force)
    if warning is not None:
        answer.headers[limits.WARNING] = warning
    if request.method in _READING and is_unchanged(answer.headers.get("ETag", "")):
        told = [(name, answer.headers[name]) for name in _OF_304 if name in answer.headers]
        return Response(status=304, headers=[*told, *([VARY] if given.is_for_device else [])])
    return _for_device(answer, call.now, given.stamped_as) if given.is_for_device else answer


def _for_device(answer: Response, now: datetime, name: str) -> Response:
    """Stamp and pack an answer."""
    stamped = stamp(answer.get_data(), written(now), name)
    body, headers = pack(stamped, request.headers.get(ENCODING, ""))
    answer.set_data(body)
    answer.headers.extend(headers)
    return answer


def _force_of(
    operation: Operation, actor: Actor, query: dict[str, Any], path: dict[str, str]
) -> str:
    """Codes and areas may be read of any force; everything else is the actor's own force.

    Raises NotFound where a list of another force is asked for.
    """
    own = actor.force or NO_FORCE
    if operation.scope == "reference":
        return path.get("force_code") or query.get("force") or own
    if actor.force is not None and query.get("force", own) != own:
        raise NotFound
    return own


def _answer(given: Answer) -> Response:
    answer = Response(given.body, given.status, content_type=given.media_type)
    if given.filename is not None:
        answer.headers["Content-Disposition"] = f'attachment; filename="{given.filename}"'
    if given.status < 300:  # noqa: PLR2004 - a success
        answer.headers["ETag"] = etag(given.version, given.body, is_weak=given.is_for_device)
    if given.location is not None:
        answer.headers["Location"] = given.location
    return answer


def _require_reason(call: Call) -> None:
    """Refuse before anything is looked up, so that the refusal tells nothing."""
    if not call.operation.asks_reason or access_reason() or call.query.get("purpose"):
        return
    if current_app.extensions["offenders"].figure(call.session, "access-reason"):
        message = "Your force asks for a reason: send X-Access-Reason, e.g. `tracing, W33-…`."
        raise ReasonNeeded(message)


def _spend_budget(session: Session, actor: Actor, given: Answer) -> Answer:
    """Count the people shown; give what shows nobody where there is such and they are too many."""
    if given.past_budget is None or not given.people:
        fresh = limits.note_people_read(session, actor, given.people)
        limits.require_budget(session, actor, fresh)
        return given
    try:
        with session.begin_nested():
            return _spend_budget(session, actor, replace(given, past_budget=None))
    except LimitReached:
        instead = given.past_budget()
        if instead is None:
            raise
        return instead


def _hide_in_replay(
    session: Session,
    actor: Actor,
    operation: Operation,
    first: idempotency.FirstAnswer,
    *,
    is_sent: bool,
) -> None:
    """Show again no more than may be shown now: a receipt to a system, to a partner what is shared.

    From all others people restricted since are hidden anyway.
    """
    if is_sent:
        given = Answer(first.answer.get_data(), people=first.shown)
        first.answer.set_data(as_receipt(session, actor, given).body)
    elif (
        operation.shared is not None
        and not may(actor, operation.permission or "")
        and not sharing.may_see_again(session, actor.agency, first.shown)
    ):
        raise NotFound
