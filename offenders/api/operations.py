"""How a route is declared: what it is (`Operation`), what it takes and what it answers."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from flask_smorest import Blueprint
from marshmallow import Schema

from offenders.api.bodies import BODY_LIMIT, StrictParser
from offenders.api.permissions import UndeclaredRoute
from offenders.api.problems import KINDS
from offenders.api.running import Views, inside, outside

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from offenders.api.calls import Answer
    from offenders.api.permissions import Operation

_TITLES = dict(reversed(list(KINDS.values())))


class NoParameters(Schema):
    """A query that takes no parameter at all."""


class Routes(Blueprint):  # type: ignore[misc]  # flask-smorest ships no types
    """A blueprint whose input is read by our own strict parser."""

    ARGUMENTS_PARSER = StrictParser()


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
        views = Views(view, partner)
        endpoint: Callable[..., Any] = inside(
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
        endpoint = outside(endpoint, operation, body_limit)
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
        status: {"description": _TITLES[int(status)], "content": content}
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
