"""Reads that show personal data, in one statement: what is shown, its audit, the budget it spends.

The statement is the same whether a Flask view runs it in its transaction or the short cut ahead
of Flask sends it prepared: nothing can be shown without its audit row, nor audited unshown.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from flask import g

from offenders import clock
from offenders.api import limits
from offenders.api.auditing import access_reason
from offenders.api.calls import Answer, Call
from offenders.api.operations import NoParameters, route
from offenders.api.pages import read_page
from offenders.db import settle
from offenders.domain.access import scope
from offenders.domain.audit.service import EVENT_OF_SHOWN
from offenders.errors import NotFound
from offenders.ids import new_id
from offenders.statements import Statement, ask

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from marshmallow import Schema

    from offenders.api.operations import Routes
    from offenders.api.pages import Page
    from offenders.api.permissions import Operation
    from offenders.domain.access import Scope
    from offenders.domain.actors import Actor
    from offenders.domain.reading import Reading

_WHOLE = """
    WITH {first} shown AS MATERIALIZED ({sql}),
    counted AS (
        INSERT INTO people_read (force, day, actor, person_id)
        SELECT CAST(:force AS text), CAST(:audit_day AS date), CAST(:audit_actor AS text), person
        FROM shown, unnest(shown.people) person
        GROUP BY person ORDER BY person
        ON CONFLICT DO NOTHING RETURNING 1),
    audited AS ({event})
    SELECT s.body, s.version, s.after, s.subjects[1] AS id,
           (SELECT count(*) FROM counted) AS fresh
    FROM shown s
"""
_KNOWN_LIMIT = 1000  # shapes of statements; each set of filters makes one
_statements: dict[str, Statement] = {}


class Shown(NamedTuple):
    """The row of the whole statement, in its order; `fresh` are the people new to the budget."""

    body: str
    version: int | None
    after: str | None
    id: UUID
    fresh: int


@dataclass(frozen=True)
class Asked:
    """What a read is asked: by whom, in which force, with which filters, of which moment.

    `bearer` is the actor as the token says, without what is opened to them for a time.
    """

    actor: Actor
    bearer: Actor
    operation: Operation
    force: str
    query: dict[str, Any]
    now: datetime
    page: Page | None = None
    as_at: datetime | None = None

    def scope(self, permission: str | None = None) -> Scope:
        """Give the part of the force that the actor may reach with this or another permission."""
        return scope(self.actor, permission or self.operation.permission or "", self.force)


@dataclass(frozen=True)
class ReadRoute:
    """A read that Flask serves and the short cut ahead of it, too."""

    rule: str
    operation: Operation
    query: type[Schema]
    build: Callable[..., Reading]
    is_paged: bool
    is_for_device: bool = False


READ_ROUTES: list[ReadRoute] = []


def read_route(  # noqa: PLR0913 - a route's declaration is read as a list of its properties
    routes: Routes,
    rule: str,
    operation: Operation,
    *,
    answer: type[Schema],
    query: type[Schema] = NoParameters,
    is_paged: bool = False,
    total: Callable[..., int] | None = None,
    missing: Callable[..., None] | None = None,
    partner: Callable[..., Answer] | None = None,
    is_for_device: bool = False,
) -> Callable[[Callable[..., Reading]], Callable[..., Reading]]:
    """Declare a GET whose answer is one Reading.

    `total` counts the rows of all pages, from the session, the question and what its address
    names. `missing` may say more than that there is no such record. What `is_for_device` is
    stamped with the moment as of which it holds, and packed. `partner` is
    that of `route`.
    """

    def declare(build: Callable[..., Reading]) -> Callable[..., Reading]:
        def view(call: Call, **path: str) -> Answer:
            try:
                given = _answer(call, build, path, is_paged=is_paged, total=total)
                return replace(given, is_for_device=is_for_device)
            except NotFound:
                if missing is not None:
                    missing(call.session, *path.values())
                raise

        view.__doc__, view.__name__ = build.__doc__, build.__name__
        declared = route(
            routes, "GET", rule, operation, query=query, answer=answer, partner=partner
        )
        declared(view)
        whole = f"{routes.url_prefix}{rule}"
        READ_ROUTES.append(ReadRoute(whole, operation, query, build, is_paged, is_for_device))
        return build

    return declare


def _answer(
    call: Call,
    build: Callable[..., Reading],
    path: dict[str, str],
    *,
    is_paged: bool,
    total: Callable[..., int] | None,
) -> Answer:
    page = read_page(call.query) if is_paged else None
    as_at = call.query.pop("as_at", None)
    if as_at is not None:
        settle(call.session, as_at)
    asked = Asked(
        call.actor, g.actor, call.operation, call.force, call.query, call.now, page, as_at
    )
    row = show_audited(call, asked, build(asked, **path))
    counted = (
        total(call.session, asked, *path.values()) if total and page and page.with_total else None
    )
    return Answer(body_of(row, page, counted), version=row.version, is_audited=True)


def show_audited(call: Call, asked: Asked, reading: Reading) -> Shown:
    """Give what is shown, in the call's transaction; raise NotFound."""
    values = values_of(reading, asked, reason=access_reason(), request_id=call.request_id)
    row = ask(call.session, statement_of(reading), values)
    if row is None:
        raise NotFound
    shown = Shown(*row)
    limits.require_budget(call.session, call.actor, shown.fresh)
    return shown


def whole(reading: Reading) -> str:
    """Give the statement that writes if it must, shows, audits and counts."""
    first = f"{reading.first}," if reading.first else ""
    return _WHOLE.format(first=first, sql=reading.sql, event=EVENT_OF_SHOWN)


def statement_of(reading: Reading) -> Statement:
    """Give the whole statement to be prepared, made once for each shape."""
    shape = reading.first + reading.sql
    known = _statements.get(shape)
    if known is None:
        if len(_statements) >= _KNOWN_LIMIT:
            _statements.clear()
        known = _statements[shape] = Statement(whole(reading))
    return known


def values_of(
    reading: Reading, asked: Asked, *, reason: str | None, request_id: str
) -> dict[str, Any]:
    """Bind what the whole statement takes."""
    return {
        **reading.values,
        "force": asked.force,
        "audit_day": clock.today(),
        "audit_id": new_id(asked.force),
        "audit_actor": asked.actor.subject,
        "audit_role": asked.actor.role_text,
        "audit_action": asked.operation.name,
        "audit_class": asked.operation.audit_class,
        "audit_subject_type": reading.subject_type,
        "audit_reason": reason,
        "audit_request_id": request_id,
    }


def body_of(shown: Shown, page: Page | None, total: int | None = None) -> bytes:
    """Give the JSON of the answer, with the cursor of the next page."""
    if page is None:
        return shown.body.encode()
    return page.close(shown.body, orjson.loads(shown.after) if shown.after else None, total)
