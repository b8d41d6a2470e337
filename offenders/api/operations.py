"""The way of every request: token, permission, body, transaction, audit, answer.

A route says what it is (`Operation`) and what it takes; all the rest is the same for all.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import orjson
from flask import Response, current_app, g, request
from flask_smorest import Blueprint
from marshmallow import Schema
from sqlalchemy.exc import OperationalError

from offenders import clock
from offenders.api import idempotency, limits
from offenders.api.answering import JSON
from offenders.api.bodies import BODY_LIMIT, StrictParser, read_body
from offenders.api.packing import ENCODING, VARY, pack, stamp, written
from offenders.api.permissions import UndeclaredRoute
from offenders.api.problems import KINDS
from offenders.api.receipts import as_receipt
from offenders.api.versions import etag, is_unchanged, read_if_match
from offenders.db import Work, transaction
from offenders.domain.access import Scope, is_sender, may, reader_of, scope, widened
from offenders.domain.audit.service import Act, record_act
from offenders.domain.sharing import service as sharing
from offenders.errors import DomainError, Forbidden, LimitReached, NotFound
from offenders.ids import as_uuid, is_reference

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.api.permissions import Operation
    from offenders.domain.actors import Actor
    from offenders.domain.versions import IfMatch

NATIONAL = "00"  # stands for no force: no row has it, so no row can be seen with it
PROBLEM_TITLES = dict(reversed(list(KINDS.values())))
REASON_LIMIT = 500  # characters
_READING = frozenset({"GET", "HEAD"})
_OF_304 = ("ETag", limits.WARNING)
_ROLLED_BACK = frozenset({"40001", "40P01"})  # PostgreSQL, appendix A: nothing was done
PATH_LIMIT = 200  # characters of one part of an address


class ReasonNeeded(DomainError):
    """The force asks for a reason before personal data is read."""

    kind = "reason-needed"


class NoParameters(Schema):
    """A query that takes no parameter at all."""


class Routes(Blueprint):  # type: ignore[misc]  # flask-smorest ships no types
    """A blueprint whose input is read by our own strict parser."""

    ARGUMENTS_PARSER = StrictParser()


@dataclass(frozen=True)
class Call:
    """What a route gets to work with, inside its transaction."""

    actor: Actor
    session: Session
    operation: Operation
    query: dict[str, Any]
    body: dict[str, Any]
    if_match: IfMatch
    now: datetime

    @property
    def scope(self) -> Scope:
        """The part of the force that this actor may reach with this operation."""
        return scope(self.actor, self.operation.permission or "", self.force)

    @property
    def force(self) -> str:
        """The force that this transaction works for."""
        force: str = self.session.info["force"]
        return force

    @property
    def request_id(self) -> str:
        """The id by which the caller, the log and the audit name this request."""
        request_id: str = g.request_id
        return request_id


@dataclass(frozen=True)
class Answer:
    """What a route gives back: ready JSON, and what of whom it shows (for the audit).

    `media_type` and `filename` are those of a file to keep; `audit_class` that of an answer which
    is told apart from the operation's others.
    """

    body: bytes
    version: int | None = None
    status: int = 200
    location: str | None = None
    subject_type: str | None = None
    subjects: Sequence[UUID] = ()
    people: Sequence[UUID] = ()
    masked: Sequence[str] = ()
    details: dict[str, Any] = field(default_factory=dict)
    audit_class: str | None = None  # where it isn't that of the operation
    kept: bytes | None = None  # what a replay gives instead of a body with a secret
    is_audited: bool = False  # by the statement that read it, which also counted the people
    is_for_device: bool = False  # stamped with the moment as of which it holds, and packed
    stamped_as: str = "as_of"
    media_type: str = JSON
    filename: str | None = None


def as_json(value: Any) -> bytes:
    """Dump what SQL has not made ready; moments in UTC with Z."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS, default=str)


def route(  # noqa: PLR0913 - a route's declaration is read as a list of its properties
    routes: Routes,
    method: str,
    rule: str,
    operation: Operation,
    *,
    query: type[Schema] = NoParameters,
    body: type[Schema] | None = None,
    answer: type[Schema] | None = None,
    status: int = 200,
    if_match: bool = False,
    body_limit: int = BODY_LIMIT,
    raw_body: str | dict[str, Any] | None = None,
    partner: Callable[..., Answer] | None = None,
    before: Callable[[dict[str, Any]], None] | None = None,
    files: Sequence[str] = (),
) -> Callable[[Callable[..., Answer]], Callable[..., Any]]:
    """Declare a route.

    `raw_body` is the media type of a body that is no JSON, or several; `files` are those of answers
    that are no JSON. `partner` answers those who have the operation's `shared` permission alone;
    `before` looks at the body while no transaction is open, for what takes long.
    """
    if (operation.shared is None) != (partner is None):
        message = f"{rule}: what partners may ask needs a view of its own, and the reverse."
        raise UndeclaredRoute(message)

    def declare(view: Callable[..., Answer]) -> Callable[..., Any]:
        views = _Views(view, partner)
        endpoint: Callable[..., Any] = _inside(
            views, operation, if_match=if_match, has_body=bool(body), before=before
        )
        endpoint = routes.response(status, answer and _shared(answer))(endpoint)
        if body is not None:
            endpoint = routes.arguments(_shared(body))(endpoint)
        endpoint = routes.arguments(_shared(query), location="query")(endpoint)
        if raw_body is not None:
            binary = {"schema": {"type": "string", "format": "binary"}}
            bodies = {raw_body: binary} if isinstance(raw_body, str) else raw_body
            endpoint = routes.doc(requestBody={"content": bodies})(endpoint)
        if files:
            given: dict[str, Any] = {"application/json": {"schema": answer}} if answer else {}
            given |= {media: {"schema": {"type": "string", "format": "binary"}} for media in files}
            told = {"description": "OK", "content": given}
            endpoint = routes.doc(responses={str(status): told})(endpoint)
        described = _described(operation, method, query, if_match=if_match)
        endpoint = routes.doc(**described)(endpoint)
        endpoint = _outside(endpoint, operation, body_limit)
        endpoint.query_schema = query()  # type: ignore[attr-defined]  # for who walks the routes
        routes.route(rule, methods=[method])(endpoint)
        return endpoint

    return declare


@functools.cache
def _shared(schema: type[Schema]) -> Schema:
    """Make the one instance of a schema.

    flask-smorest copies the documentation of a route at every step of its declaration; what
    was copied most were the schemas in it, a third of the time that a start took.
    """
    made = schema()
    made.__deepcopy__ = lambda _memo: made  # type: ignore[attr-defined]  # read by copy
    return made


def _described(
    operation: Operation, method: str, query: type[Schema], *, if_match: bool
) -> dict[str, Any]:
    # What is said here of parameters takes the place of what `arguments` says.
    parameters: list[dict[str, Any]] = [{"in": "query", "schema": _shared(query)}]
    if if_match:
        parameters.append(_header("If-Match", "The ETag of the record you read.", required=True))
    if method == "POST":
        parameters.append(_header("Idempotency-Key", "Makes a repeated request safe."))
    if operation.asks_reason:
        parameters.append(_header("X-Access-Reason", "Why you read this, as your force asks."))
    return {
        "operationId": operation.name,
        "parameters": parameters,
        "x-permission": operation.permission,
        **({"x-shared-permission": operation.shared} if operation.shared else {}),
        "x-scope": operation.scope,
        "x-audit-class": operation.audit_class,
        "security": [{"bearer": []}],
        "responses": _refusals(method, if_match=if_match),
    }


def _refusals(method: str, *, if_match: bool) -> dict[str, Any]:
    """Name the problems that an operation may answer with."""
    statuses = ["401", "403", "404", "422", "429", "503"]
    if method != "GET":
        statuses += ["409", "413", "415"]
    if if_match:
        statuses += ["412", "428"]
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        status: {"description": PROBLEM_TITLES[int(status)], "content": content}
        for status in sorted(statuses)
    }


def _header(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    return {
        "in": "header",
        "name": name,
        "description": description,
        "required": required,
        "schema": {"type": "string"},
    }


def _outside(endpoint: Callable[..., Any], operation: Operation, body_limit: int) -> Any:
    """Before any content is looked at: who asks, and may anyone of that role."""

    @functools.wraps(endpoint)
    def outside(**path: str) -> Any:
        actor = current_app.extensions["offenders"].authenticate()
        g.actor = actor
        read_body(body_limit)
        if not all(value.isprintable() and len(value) <= PATH_LIMIT for value in path.values()):
            raise NotFound
        if not _may_ask(actor, operation):
            _audit_denial(actor, operation, path)
            message = f"This needs the permission {operation.permission}, see docs/access.md."
            raise Forbidden(message)
        try:
            return endpoint(**path)
        except (NotFound, ReasonNeeded, LimitReached):
            if path or operation.asks_reason:
                _audit_denial(actor, operation, path)
            raise

    outside.operation = operation  # type: ignore[attr-defined]  # read by declared_operations
    return outside


@dataclass(frozen=True)
class _Views:
    """Who answers: for the force, and for partner agencies where they may ask."""

    own: Callable[..., Answer]
    partner: Callable[..., Answer] | None

    def of(self, actor: Actor, operation: Operation) -> Callable[..., Answer]:
        if self.partner is None or may(actor, operation.permission or ""):
            return self.own
        return self.partner


def _may_ask(actor: Actor, operation: Operation) -> bool:
    return any(may(actor, each or "") for each in (operation.permission, operation.shared))


def _inside(
    views: _Views,
    operation: Operation,
    *,
    if_match: bool,
    has_body: bool,
    before: Callable[[dict[str, Any]], None] | None = None,
) -> Callable[..., Any]:
    """With content read: one transaction in which the act and its audit stand or fall together."""

    @functools.wraps(views.own)
    def inside(*parsed: dict[str, Any], **path: str) -> Response:
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

    return inside


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
                _audit_replay(session, actor, operation, first)
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
            fresh = limits.note_people_read(session, actor, given.people)
            limits.require_budget(session, actor, fresh)
            _audit(call, given)
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
    own = actor.force or NATIONAL
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


def _audit(call: Call, given: Answer) -> None:
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


def _require_reason(call: Call) -> None:
    """Refuse before anything is looked up, so that the refusal tells nothing."""
    if not call.operation.asks_reason or access_reason() or call.query.get("purpose"):
        return
    if current_app.extensions["offenders"].figure(call.session, "access-reason"):
        message = "Your force asks for a reason: send X-Access-Reason, e.g. `tracing, W33-…`."
        raise ReasonNeeded(message)


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
    elif operation.shared is not None and not may(actor, operation.permission or ""):
        shared = {each.id for each in sharing.list_shared(session, actor.agency)}
        if shared.isdisjoint(first.shown):
            raise NotFound


def _audit_replay(
    session: Session, actor: Actor, operation: Operation, first: idempotency.FirstAnswer
) -> None:
    """Record that a first answer was shown again."""
    if operation.audit_class is None:
        return
    shown = {"subject_ids": first.shown, "details": {"replayed": True}}
    record_act(session, _act(actor, operation, operation.audit_class, **shown))


def _is_identifier(value: str) -> bool:
    """Tell an id or reference from text that somebody typed, which may be a name."""
    return as_uuid(value) is not None or is_reference(value)


def _audit_denial(actor: Actor, operation: Operation, path: dict[str, str]) -> None:
    """Record a denied or vain try; the same for what is missing and what is out of scope."""
    engine = current_app.extensions["offenders"].engine
    with transaction(engine, Work(actor.force or NATIONAL, writes=False)) as session:
        tried = {name: value for name, value in path.items() if _is_identifier(value)}
        record_act(session, _act(actor, operation, "denial", details=tried))
