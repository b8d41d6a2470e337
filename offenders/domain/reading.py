"""A read that shows personal data, as SQL that says itself what of whom it shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.errors import NotFound

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
    row = session.execute(text(reading.sql), reading.values).one_or_none()
    if row is None:
        raise NotFound
    return row
