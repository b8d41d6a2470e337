"""Keyset pages: a cursor in, `next` out, and no personal data in either."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import orjson
from flask import current_app, request

from offenders.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence

DEFAULT_LIMIT = 50  # rows
MAX_LIMIT = 200  # rows
_DIGEST = 8  # bytes


@dataclass(frozen=True)
class Page:
    """How many rows are asked for, and after which sort key."""

    limit: int
    after: tuple[Any, ...] | None
    with_total: bool


def read_page(query: dict[str, Any]) -> Page:
    """Take `limit`, `cursor` and `count` out of the query; the rest are filters."""
    cursor = query.pop("cursor", None)
    return Page(
        limit=query.pop("limit", DEFAULT_LIMIT),
        after=_open(cursor) if cursor else None,
        with_total=query.pop("count", False),
    )


def make_page(rows: Sequence[Any], page: Page, *, key: Any, total: int | None = None) -> bytes:
    """Join rows whose first column is JSON text; one row beyond the limit means `next`.

    `key(row)` gives the values after which the next page begins.
    """
    shown = rows[: page.limit]
    more = len(rows) > page.limit
    cursor = _seal(key(shown[-1])) if more else None
    tail = b',"next":' + orjson.dumps(cursor)
    if total is not None:
        tail += b',"total":' + str(total).encode()
    items = ",".join(row[0] for row in shown).encode()
    return b'{"items":[' + items + b"]" + tail + b"}"


def _digest(content: bytes) -> bytes:
    """Bind a cursor to the query it came from, with the installation's secret."""
    pairs = sorted(
        (name, value)
        for name, value in request.args.items(multi=True)
        if name not in {"cursor", "limit", "count"}
    )
    query = orjson.dumps([request.path, pairs])
    secret = current_app.extensions["offenders"].secret()
    return blake2b(query + content, key=secret, digest_size=_DIGEST).digest()


def _seal(values: Sequence[Any]) -> str:
    content = orjson.dumps(list(values))
    return base64.urlsafe_b64encode(_digest(content) + content).decode().rstrip("=")


def _open(cursor: str) -> tuple[Any, ...]:
    refused = Invalid.field("/cursor", "Send `next` of the page before, with the same filters.")
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise refused from error
    content = raw[_DIGEST:]
    if not hmac.compare_digest(raw[:_DIGEST], _digest(content)):
        raise refused
    return tuple(orjson.loads(content))
