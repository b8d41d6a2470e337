"""Lists as values of statements: written as the text of an array, at once.

psycopg2 writes `ARRAY['a', 'b']`, each entry quoted by itself; thousands of keys took it longer
than the statement. As text their type follows from where they stand, as that of an empty list
always has.
"""

from __future__ import annotations

from types import NoneType
from typing import Any
from uuid import UUID

from psycopg2.extensions import ISQLQuote, QuotedString, adapters, register_adapter

_PIECEMEAL: Any = adapters[list, ISQLQuote]  # how psycopg2 writes a list of anything else


class _Array:
    """A list of texts or ids, any of them perhaps null."""

    def __init__(self, written: str) -> None:
        self._quoted = QuotedString(written)

    def prepare(self, connection: Any) -> None:
        self._quoted.prepare(connection)

    def getquoted(self) -> bytes:
        quoted: bytes = self._quoted.getquoted()
        return quoted


def as_array(values: list[Any]) -> str | None:
    """Give a list of texts or ids as the text of an array; None where it holds anything else."""
    kinds = set(map(type, values))
    if kinds == {str}:
        return "{" + ",".join(map(_text, values)) + "}" if _is_special(values) else _plain(values)
    if kinds == {UUID}:
        return "{" + ",".join([value.hex for value in values]) + "}"
    if kinds <= {str, UUID, NoneType}:
        return "{" + ",".join(map(_entry, values)) + "}"
    return None


def _is_special(values: list[str]) -> bool:
    joined = "".join(values)
    return '"' in joined or "\\" in joined


def _plain(values: list[str]) -> str:
    return '{"' + '","'.join(values) + '"}'


def _entry(value: str | UUID | None) -> str:
    if value is None:
        return "NULL"
    return value.hex if isinstance(value, UUID) else _text(value)


def _text(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _adapt(values: list[Any]) -> Any:
    written = as_array(values)
    return _PIECEMEAL(values) if written is None else _Array(written)


def register_arrays() -> None:
    """Let psycopg2 write lists so."""
    register_adapter(list, _adapt)
