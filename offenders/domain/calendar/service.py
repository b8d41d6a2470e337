"""The calendar of what falls due for a reader, as iCalendar (RFC 5545): references alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from icalendar import Calendar, Event
from sqlalchemy import text

from offenders.domain.access import may, sight
from offenders.domain.calendar.sources import ENTRIES, source_sql
from offenders.domain.working_days import (
    end_of_london_day,
    london_day,
    start_of_london_day,
)
from offenders.errors import Forbidden, Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor

__all__ = ["KINDS", "MOST_ENTRIES", "Asked", "calendar_of"]

KINDS: Final = tuple(ENTRIES)
MOST_ENTRIES: Final = 2000
PRODUCT: Final = "-//offenders//due dates//EN"


@dataclass(frozen=True)
class Asked:
    """Who asks for which days and kinds, and for whose.

    What `is_open` ends as many days ahead as its entries allow, `last` at the latest.
    """

    actor: Actor
    force: str
    first: date
    last: date
    now: datetime
    kinds: Sequence[str] = ()
    owner: str | None = None
    team: str | None = None
    is_open: bool = False


def calendar_of(session: Session, asked: Asked) -> tuple[bytes, list[UUID]]:
    """Give the calendar and the records that it names.

    The same records give the same bytes. Raises Forbidden for a kind that the reader may not
    know, Invalid where there are too many entries.
    """
    rows, until = _list_due(session, asked), None
    if len(rows) > MOST_ENTRIES and asked.is_open:
        until = _day(rows[MOST_ENTRIES])
        rows = [row for row in rows if _day(row) < until] or rows
    if len(rows) > MOST_ENTRIES:
        message = (
            f"There are more than {MOST_ENTRIES} entries. Ask for fewer days, kinds or owners."
        )
        raise Invalid(message, [{"pointer": "/from", "detail": message}])
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    if until is not None:
        calendar.add("x-wr-caldesc", f"What falls due before {until}. Ask for later days by from.")
    for row in rows:
        calendar.add_component(_event(asked.force, row))
    return calendar.to_ical(), list(dict.fromkeys(row.id for row in rows))


def _day(row: Row[Any]) -> date:
    day: date = row.day or london_day(row.moment)
    return day


def _list_due(session: Session, asked: Asked) -> list[Row[Any]]:
    unseen = [kind for kind in asked.kinds if not may(asked.actor, ENTRIES[kind].permission)]
    if unseen:
        needed = ", ".join(sorted({ENTRIES[kind].permission for kind in unseen}))
        message = f"This calendar needs the permission {needed}."
        raise Forbidden(message)
    today = london_day(asked.now)
    sources = source_sql(asked.actor, asked.force, asked.kinds or KINDS, asked.now)
    values: dict[str, Any] = {
        "force": asked.force,
        "today": today,
        "first": asked.first,
        "last": asked.last,
        "begins": start_of_london_day(asked.first),
        "ends": end_of_london_day(asked.last),
        "sees_protected": sight(asked.actor).protected_addresses,
        "limit": MOST_ENTRIES + 1,
    }
    for _, more in sources:
        values |= more
    parts = []
    for name, column in (("owner", "owner_officer"), ("team", "owner_team")):
        if (value := getattr(asked, name)) is not None:
            parts.append(f"e.{column} = :f_{name}")
            values[f"f_{name}"] = value
    if not sources:
        return []
    statement = text(f"""
        SELECT e.* FROM ({" UNION ALL ".join(sql for sql, _ in sources)}) e
        WHERE {" AND ".join(parts) or "true"}
        ORDER BY coalesce(e.moment, e.day::timestamp AT TIME ZONE 'Europe/London'), e.kind, e.id
        LIMIT :limit
    """)
    return list(session.execute(statement, values))


def _event(force: str, row: Row[Any]) -> Event:
    """Make an event whose UID stays the same however often it moves."""
    entry = ENTRIES[row.kind]
    event = Event()
    event.add("uid", f"{row.kind}-{row.id}@{force}.offenders")
    event.add("dtstamp", row.updated_at)
    event.add("sequence", row.version)
    event.add("dtstart", row.day or row.moment)
    event.add("summary", f"{entry.title}: {row.reference}")
    event.add("description", f"/v1/{row.path}/{row.id}")
    event.add("categories", [row.kind])
    event.add("class", "CONFIDENTIAL")
    event.add("transp", "TRANSPARENT")
    return event
