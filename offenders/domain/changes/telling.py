"""Telling a device what the log holds: cards as they are now, and whom to drop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import text

from offenders.errors import DomainError
from offenders.statements import Statement, ask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.changes.views import View

# Codes are loaded by the owner, who leaves no mark: what was compared is trusted for so long.
TRUSTED: Final = timedelta(minutes=10)
READINGS_KNOWN: Final = 39  # days; whom somebody has read is kept for a little longer


class TokenExpired(DomainError):
    """A token from which changes are no longer known."""

    kind = "token-expired"

    def __init__(self) -> None:
        """Tell how to begin anew."""
        super().__init__(
            "Changes since this token are no longer kept. Take a new token without `since`, pull"
            " your wards anew and drop who is in none of them."
        )


@dataclass(frozen=True)
class Position:
    """How far a device has been told: the view, which generation of it, and the last number.

    `removed` is the last number of a removal, which may have been told ahead of the rest.
    """

    view: UUID
    generation: UUID
    seq: int
    removed: int
    issued_at: datetime


class Told(NamedTuple):
    """One change: the card as it is now, as JSON, or none for whom a device must drop."""

    seq: int
    person_id: str
    version: int | None
    card: str | None
    subjects: Sequence[str] | None
    masked: Sequence[str] | None
    is_secret: bool = False


def page_of(rows: list[Told], limit: int) -> tuple[list[Told], bool]:
    """Give what is told and whether there is more; raise TokenExpired rather than tell a secret."""
    told = rows[:limit]
    if any(each.is_secret for each in told):
        raise TokenExpired
    return told, len(rows) > limit


def key_of(view: View) -> dict[str, Any]:
    """Bind which view is meant."""
    return {"force": view.area.force, "view": view.id, "trusted": TRUSTED}


# Who is hidden from a reader is named to them only where it is known that they have seen them:
# the log is of the view, and another's device may have been shown somebody in between.
_IS_SECRET: Final = f"""
    (d.subject_id = ANY (CAST(current_setting('app.hidden') AS uuid[])) AND NOT EXISTS (
        SELECT FROM generate_series(0, {READINGS_KNOWN}) ago
        CROSS JOIN LATERAL (
            SELECT 1 FROM people_read r
            WHERE r.force = :force AND r.day = CAST(:today AS date) - ago
              AND r.actor = :viewer AND r.person_id = d.subject_id OFFSET 0) r))
"""
# What is told is noted where it differs from what was compared: it is told anew then.
_TELL: Final = f"""
    WITH due AS MATERIALIZED (
        SELECT e.subject_id, e.seq, e.digest FROM change_entries e
        WHERE e.force = :force AND e.view_id = :view AND e.seq > :since
          AND (e.digest IS NOT NULL OR e.seq > :removed)
        ORDER BY e.seq LIMIT CAST(:limit AS int) + 1),
    cards AS MATERIALIZED ({{cards}}),
    noted AS (
        UPDATE change_entries e SET is_unsettled = true
        FROM due d LEFT JOIN cards c ON c.id = d.subject_id
        WHERE e.force = :force AND e.view_id = :view AND e.subject_id = d.subject_id
          AND NOT e.is_unsettled AND d.digest IS NOT NULL
          AND d.digest IS DISTINCT FROM hashtextextended(CAST(c.item AS text), 0))
    SELECT coalesce(json_agg(json_build_array(
               d.seq, d.subject_id, c.version, CAST(c.item AS text), c.subjects, c.masked,
               c.id IS NULL AND {_IS_SECRET})
               ORDER BY d.seq), '[]')::text AS told
    FROM due d LEFT JOIN cards c ON c.id = d.subject_id
"""
_DUE: Final = "SELECT d.subject_id AS id FROM due d WHERE d.digest IS NOT NULL"
REMOVED: Final = text(f"""
    SELECT d.seq, d.subject_id AS id, {_IS_SECRET} AS is_secret FROM change_entries d
    WHERE d.force = :force AND d.view_id = :view AND d.seq > :removed AND d.digest IS NULL
    ORDER BY d.seq LIMIT CAST(:limit AS int)
""")


def tell(
    session: Session, view: View, since: Position, limit: int, moment: dict[str, Any]
) -> list[Told]:
    """Give what was told after a position, one more than the limit where there is more."""
    cards, values = view.cards(_DUE)
    asked = {"since": since.seq, "removed": since.removed, "limit": limit}
    row = ask(
        session,
        statement(_TELL.replace("{cards}", cards)),
        values | moment | key_of(view) | view.viewer_values | asked,
    )
    return [Told(*each) for each in orjson.loads(row.told)]


# Planning what makes cards takes the server longer than making a few.
statement = lru_cache(maxsize=256)(Statement)
