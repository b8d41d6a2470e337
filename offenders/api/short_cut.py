"""The short cut ahead of Flask: the reads asked most often, answered in one round trip.

It takes only what it knows exactly. Whatever is unusual (no token, a refusal, an error, a filter
that is wrong, a fact that is no longer fresh) goes on to Flask, which does the whole of it.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import psycopg2
from marshmallow import RAISE, Schema, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from offenders import clock
from offenders.api import limits
from offenders.api.answering import JSON, common_headers, note_answer, request_id_of
from offenders.api.auditing import printable_reason
from offenders.api.issuer_keys import IssuerUnavailable
from offenders.api.packing import VARY, pack, stamp, written
from offenders.api.pages import Cursors, read_page
from offenders.api.readings import Asked, Shown, body_of, statement_of, values_of
from offenders.api.tokens import InvalidToken
from offenders.api.versions import etag, is_among
from offenders.db import Work
from offenders.domain.access import has_narrowed_role, may, reader_of
from offenders.errors import DomainError
from offenders.ids import as_uuid, is_reference
from offenders.statements import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from flask import Flask

    from offenders.api.readings import ReadRoute
    from offenders.api.service import Service
    from offenders.domain.actors import Actor
    from offenders.prepared import PreparedStatements

    Environ = dict[str, Any]
    Start = Callable[..., Any]

_CODE = re.compile(r"[A-Za-z0-9_-]{1,60}")
# Whether emergency access has widened what a reader is told of their own area alone.
_OPENED = Statement("""
    SELECT cardinality(opened_to(CAST(:force AS text), CAST(:reader AS text),
                                 CAST(:at AS timestamptz))) > 0
""")
_QUERIES_KEPT = 1000  # as sent and as read; they hold filters, never names of people


@dataclass(frozen=True)
class _Way:
    """One read: where its address ends in an id, `name` is what the id is called."""

    route: ReadRoute
    name: str | None
    schema: Schema


@dataclass(frozen=True)
class _Answered:
    status: HTTPStatus
    tag: str
    body: bytes
    headers: Sequence[tuple[str, str]] = ()


class ShortCut:
    """The WSGI application: the short cut, then Flask."""

    def __init__(self, app: Flask, routes: Sequence[ReadRoute]) -> None:
        """Take the reads that Flask serves, too."""
        self.flask = app.wsgi_app
        self._service: Service = app.extensions["offenders"]
        self._ways: dict[str, _Way] = {}
        self._within: list[tuple[str, str, _Way]] = []
        for route in routes:
            prefix, _, rest = route.rule.partition("<")
            name, _, suffix = rest.partition(">")
            way = _Way(route, name or None, route.query(unknown=RAISE))
            if suffix:
                self._within.append((prefix, suffix, way))
            else:
                self._ways[prefix] = way
        self._queries: dict[tuple[str, str], dict[str, Any]] = {}

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer one request."""
        began = time.perf_counter()
        found = self._find(environ)
        if found is None:
            return self.flask(environ, start)
        way, path = found
        request_id = request_id_of(environ.get("HTTP_X_REQUEST_ID", ""))
        try:
            answered = self._answer(way, path, environ, request_id)
        except (DomainError, InvalidToken, IssuerUnavailable, psycopg2.Error, SQLAlchemyError):
            answered = None
        if answered is None:
            return self.flask(environ, start)
        note_answer("GET", way.route.rule, answered.status, began, request_id)
        return self._send(answered, request_id, start)

    def _find(self, environ: Environ) -> tuple[_Way, dict[str, str]] | None:
        """Give the read an address asks for, with the id in it."""
        if environ["REQUEST_METHOD"] != "GET" or environ.get("CONTENT_LENGTH", "0") != "0":
            return None
        if "HTTP_TRANSFER_ENCODING" in environ:
            return None
        address = environ["PATH_INFO"]
        way = self._ways.get(address)
        if way is not None and way.name is None:
            return way, {}
        cut = address.rfind("/") + 1
        way, written = self._ways.get(address[:cut]), address[cut:]
        if way is None or way.name is None:
            return self._find_within(address)
        if as_uuid(written) is None and not is_reference(written):
            return None
        return way, {way.name: written}

    def _find_within(self, address: str) -> tuple[_Way, dict[str, str]] | None:
        """Give the read of which the address names an area by its code, not at its end."""
        for prefix, suffix, way in self._within:
            if address.startswith(prefix) and address.endswith(suffix) and way.name:
                written = address[len(prefix) : -len(suffix)]
                return (way, {way.name: written}) if _CODE.fullmatch(written) else None
        return None

    def _answer(
        self, way: _Way, path: dict[str, str], environ: Environ, request_id: str
    ) -> _Answered | None:
        service, operation = self._service, way.route.operation
        prepared = service.prepared()
        actor = service.actor_of(environ.get("HTTP_AUTHORIZATION", ""))
        query = self._read_query(way, environ)
        if prepared is None or query is None or not self._may_go_on(actor, query, way, environ):
            return None
        force = actor.force or ""
        page = None
        if way.route.is_paged:
            pairs = parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)
            page = read_page(query, Cursors(service.secret(), environ["PATH_INFO"], pairs))
        asked = Asked(actor, actor, operation, force, query, clock.now(), page)
        reading = way.route.build(asked, **path)
        reason = _reason(environ)
        values = values_of(reading, asked, reason=reason, request_id=request_id)
        most = page.limit if page else 1
        work = Work(force, writes=False, reader=reader_of(actor))
        lease = None if _is_opened(prepared, work) else limits.take_lease(actor, force, most)
        if lease is None:
            return None
        row = prepared.fetch(work, statement_of(reading), values)
        if row is None:
            return None
        shown = Shown(*row)
        limits.give_back(lease, most - shown.fresh)
        body = body_of(shown, page)
        tag = etag(shown.version, body, is_weak=way.route.is_for_device)
        warning = limits.warning_of(actor, force)
        told = [] if warning is None else [(limits.WARNING, warning)]
        if is_among(tag, environ.get("HTTP_IF_NONE_MATCH", "")):
            varies = [VARY] if way.route.is_for_device else []
            return _Answered(HTTPStatus.NOT_MODIFIED, tag, b"", [*told, *varies])
        if not way.route.is_for_device:
            return _Answered(HTTPStatus.OK, tag, body, told)
        stamped = stamp(body, written(asked.now))
        packed, headers = pack(stamped, environ.get("HTTP_ACCEPT_ENCODING", ""))
        return _Answered(HTTPStatus.OK, tag, packed, [*told, *headers])

    def _read_query(self, way: _Way, environ: Environ) -> dict[str, Any] | None:
        """Read the filters as Flask would; None where it must say what is wrong with them."""
        sent = environ.get("QUERY_STRING", "")
        key = (way.route.rule, sent)
        known = self._queries.get(key)
        if known is None:
            pairs = parse_qsl(sent, keep_blank_values=True)
            given = dict(pairs)
            if len(given) != len(pairs) or not _is_plain(sent) or {"as_at", "count"} & given.keys():
                return None
            try:
                known = way.schema.load(given)
            except ValidationError:
                return None
            if "cursor" not in given:
                self._keep_query(key, known)
        return dict(known)

    def _keep_query(self, key: tuple[str, str], query: dict[str, Any]) -> None:
        if len(self._queries) >= _QUERIES_KEPT:
            self._queries.clear()
        self._queries[key] = query

    def _may_go_on(self, actor: Actor, query: dict[str, Any], way: _Way, environ: Environ) -> bool:
        """Decide as Flask would; what can't be decided from fresh facts is left to it."""
        force, operation = actor.force, way.route.operation
        if force is None or not may(actor, operation.permission or ""):
            return False
        if query.get("force", force) != force:
            return False
        if has_narrowed_role(actor):
            return False  # emergency access may have widened it just now
        if operation.asks_reason and _reason(environ) is None:
            is_known, is_asked = self._service.known((force, "access-reason"))
            if is_asked or not is_known:
                return False
        return self._service.known("demonstration")[0]

    def _send(self, answered: _Answered, request_id: str, start: Start) -> Iterable[bytes]:
        is_demonstration = bool(self._service.known("demonstration")[1])
        headers = [("ETag", answered.tag), *answered.headers]
        if answered.status is HTTPStatus.OK:
            headers += [("Content-Type", JSON), ("Content-Length", str(len(answered.body)))]
        headers += common_headers(request_id, is_demonstration=is_demonstration)
        start(f"{answered.status.value} {answered.status.phrase.upper()}", headers)
        return [answered.body]


def _is_opened(prepared: PreparedStatements, work: Work) -> bool:
    """Tell whether emergency access opens more to the reader than the areas of their token."""
    if work.reader is None or not work.reader.is_narrowed:
        return False
    values = {"force": work.force, "reader": work.reader.subject, "at": clock.now()}
    return bool(prepared.fetch(work, _OPENED, values)[0])


def _reason(environ: Environ) -> str | None:
    return printable_reason(environ.get("HTTP_X_ACCESS_REASON", ""))


def _is_plain(sent: str) -> bool:
    """Leave to Flask what is escaped or odd: codes, dates and numbers need no escape."""
    return sent.isascii() and sent.isprintable() and not set(sent) & set("%+;")
