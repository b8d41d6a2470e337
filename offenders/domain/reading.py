"""A read that shows personal data, as SQL that says itself what of whom it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from offenders.errors import NotFound
from offenders.statements import Statement, ask

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Reading:
    """A SELECT of one row, or none where nothing may be seen, and its bound values.

    Its columns are body (text), version, subjects and people (uuid[]), masked (text[]), details
    (jsonb), after (text: the JSON array that the next page begins after, or null). `first` are
    the WITH queries that write what is then shown.
    """

    sql: str
    subject_type: str
    values: dict[str, Any] = field(default_factory=dict)
    first: str = ""


def show(session: Session, reading: Reading) -> Row[Any]:
    """Give what was just written; its audit is that of the act. Raises NotFound."""
    sql = f"WITH {reading.first} {reading.sql}" if reading.first else reading.sql
    row: Row[Any] | None = ask(session, _statement(sql), reading.values)
    if row is None:
        raise NotFound
    return row


# Planning what shows a whole record takes the server longer than running it.
_statement = lru_cache(maxsize=256)(Statement)
