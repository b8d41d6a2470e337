"""Reading what a caller sends: size, encoding, depth and characters, before any schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from flask import Request, g, request
from marshmallow import RAISE
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge, UnsupportedMediaType

from offenders.errors import Invalid

if TYPE_CHECKING:
    from marshmallow import Schema

BODY_LIMIT = 64 * 1024  # bytes; api.md, HTTP conventions
UPLOAD_LIMIT = 32 * 1024 * 1024  # bytes; NDJSON and import uploads
MAX_DEPTH = 20  # levels of nesting
_DRAIN_LIMIT = 128 * 1024 * 1024
_CHUNK = 256 * 1024


class StrictParser(FlaskParser):
    """webargs' parser with our JSON reader; unknown fields and parameters are refused."""

    DEFAULT_UNKNOWN_BY_LOCATION = {"query": RAISE, "json": RAISE}  # noqa: RUF012

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """Read the query; a parameter given twice is refused, for one of the two would be lost."""
        for name, values in req.args.lists():
            if len(values) > 1:
                raise Invalid.field(f"/{name[:80]}", "Send this parameter once.")
        return super().load_querystring(req, schema)

    def load_json(self, req: Request, schema: Schema) -> Any:  # noqa: ARG002 - webargs' signature
        """Read the body that `read_body` has taken off the wire."""
        return read_json(req)


def read_body(limit: int) -> bytes:
    """Take the body off the wire; past `limit` drain it, so that the caller hears our answer."""
    if (request.content_length or 0) > limit:
        _drain()
        raise RequestEntityTooLarge
    # A chunked body is cut at this length without a word, so one byte more tells it was longer.
    request.max_content_length = limit + 1
    body: bytes = request.get_data(cache=True)
    if len(body) > limit:
        _drain()
        raise RequestEntityTooLarge
    g.body = body
    return body


def _drain() -> None:
    stream = request.environ["wsgi.input"]
    left = min(request.content_length or _DRAIN_LIMIT, _DRAIN_LIMIT)
    while left > 0:
        taken = len(stream.read(min(_CHUNK, left)))
        if taken == 0:
            return
        left -= taken


def read_json(req: Request) -> Any:
    """Read the body as JSON; what isn't JSON, UTF-8, shallow and printable is refused."""
    if req.mimetype != "application/json" and not req.mimetype.endswith("+json"):
        raise UnsupportedMediaType
    try:
        value = orjson.loads(g.body)
    except orjson.JSONDecodeError as error:
        message = "The body is not JSON in UTF-8. Send one JSON object."
        raise Invalid(message) from error
    if not isinstance(value, dict):
        message = "Send one JSON object."
        raise Invalid(message)
    check_content(value)
    return value


def check_content(value: Any, pointer: str = "", depth: int = 0) -> None:
    """Refuse deep nesting, NUL and lone surrogates wherever they stand."""
    if depth > MAX_DEPTH:
        raise Invalid.field(pointer[:80], f"Nest at most {MAX_DEPTH} levels.")
    if isinstance(value, str):
        if "\x00" in value:
            raise Invalid.field(pointer or "/", "Leave out NUL characters.")
    elif isinstance(value, dict):
        for key, each in value.items():
            check_content(key, pointer, depth + 1)
            check_content(each, f"{pointer}/{key[:40]}", depth + 1)
    elif isinstance(value, list):
        for number, each in enumerate(value):
            check_content(each, f"{pointer}/{number}", depth + 1)
