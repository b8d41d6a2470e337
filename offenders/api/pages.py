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
    from collections.abc import Callable, Sequence

DEFAULT_LIMIT = 50  # rows
MAX_LIMIT = 200  # rows
_WHOLE_LIST = 100_000  # rows; the longest, the officers of the largest force, has some 35,000
_DIGEST = 8  # bytes
_NO_FILTERS = frozenset({"cursor", "limit", "count"})


@dataclass(frozen=True)
class Cursors:
    """Seals what the next page begins after, bound to the query with the installation's secret."""

    secret: bytes
    path: str
    pairs: Sequence[tuple[str, str]]

    def seal(self, values: Sequence[Any]) -> str:
        """Give the cursor that begins after these values."""
        content = orjson.dumps(list(values))
        return base64.urlsafe_b64encode(self._digest(content) + content).decode().rstrip("=")

    def open(self, cursor: str) -> tuple[Any, ...]:
        """Give the values back; refuse what was altered or belongs to another query."""
        refused = Invalid.field("/cursor", "Send `next` of the page before, with the same filters.")
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError) as error:
            raise refused from error
        content = raw[_DIGEST:]
        if not hmac.compare_digest(raw[:_DIGEST], self._digest(content)):
            raise refused
        return tuple(orjson.loads(content))

    def _digest(self, content: bytes) -> bytes:
        kept = sorted(pair for pair in self.pairs if pair[0] not in _NO_FILTERS)
        query = orjson.dumps([self.path, kept])
        return blake2b(query + content, key=self.secret, digest_size=_DIGEST).digest()


@dataclass(frozen=True)
class Page:
    """How many rows are asked for, and after which sort key."""

    limit: int
    after: tuple[Any, ...] | None
    with_total: bool
    cursors: Cursors

    def close(self, items: str, after: Sequence[Any] | None, total: int | None = None) -> bytes:
        """Finish a body that lacks `next` and the closing brace."""
        cursor = self.cursors.seal(after) if after is not None else None
        tail = b',"next":' + orjson.dumps(cursor)
        if total is not None:
            tail += b',"total":' + str(total).encode()
        return items.encode() + tail + b"}"


def read_page(query: dict[str, Any], cursors: Cursors | None = None) -> Page:
    """Take `limit`, `cursor` and `count` out of the query; the rest are filters."""
    cursors = cursors or _cursors()
    cursor = query.pop("cursor", None)
    return Page(
        limit=query.pop("limit", DEFAULT_LIMIT),
        after=cursors.open(cursor) if cursor else None,
        with_total=query.pop("count", False),
        cursors=cursors,
    )


def _cursors() -> Cursors:
    secret = current_app.extensions["offenders"].secret()
    return Cursors(secret, request.path, list(request.args.items(multi=True)))


def make_page(rows: Sequence[Any], page: Page, *, key: Any, total: int | None = None) -> bytes:
    """Join rows whose first column is JSON text; one row beyond the limit means `next`.

    `key(row)` gives the values after which the next page begins.
    """
    shown = rows[: page.limit]
    after = key(shown[-1]) if len(rows) > page.limit else None
    return page.close(f'{{"items":[{",".join(row[0] for row in shown)}]', after, total)


def page_of_list(query: dict[str, Any], lister: Callable[..., Sequence[Any]]) -> bytes:
    """Give a page of a list that is short enough to be counted by reading it whole.

    `lister(after=, limit=)` gives rows of JSON text and then the values of the sort key.
    """
    page = read_page(query)
    rows = lister(after=page.after, limit=page.limit + 1)
    total = len(lister(after=None, limit=_WHOLE_LIST)) if page.with_total else None
    return make_page(rows, page, key=lambda row: list(row[1:]), total=total)


def page_by_code(query: dict[str, Any], lister: Callable[..., Sequence[Any]]) -> bytes:
    """Give such a page of rows of JSON text and their code."""
    return page_of_list(
        query, lambda after, limit: lister(after=str(after[0]) if after else "", limit=limit)
    )
