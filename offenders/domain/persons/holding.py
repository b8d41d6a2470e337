"""Orders that keep their subject under notification for as long as they last.

Whoever records orders writes here, in the same transaction, each sexual harm prevention order or
like order in force (Sexual Offences Act 2003 s.103G, Sentencing Act 2020 s.352); a registration
reads it and never ends before it. Each change closes a row and begins the next, so that the past
can be told.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING
from uuid import UUID

import orjson
from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base, recorded_at
from offenders.domain.columns import ForceKey, Moment, OptionalMoment, String, in_force

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session


class NotificationHold(Base):
    """That an order keeps a person under notification; `ends_on` null is until further order."""

    __tablename__ = "notification_holds"
    force: Mapped[ForceKey]
    order_id: Mapped[UUID] = mapped_column(primary_key=True)
    recorded_from: Mapped[Moment] = mapped_column(primary_key=True)
    recorded_to: Mapped[OptionalMoment]
    reference: Mapped[String]
    type: Mapped[String]
    person_id: Mapped[UUID]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    __table_args__ = (
        in_force("person_id", "persons"),
        Index("ix_notification_holds_person_id", "force", "person_id"),
    )


@dataclass(frozen=True)
class Hold:
    """An order as it now stands, with both its days."""

    order_id: UUID
    reference: str
    type: str
    person_id: UUID
    starts_on: date
    ends_on: date | None


_CLOSE = text("""
    UPDATE notification_holds
    SET recorded_to = greatest(:at, recorded_from + interval '1 microsecond')
    WHERE force = :force AND order_id = ANY (CAST(:ids AS uuid[])) AND recorded_to IS NULL
    RETURNING order_id, recorded_to
""")
_BEGIN = text("""
    INSERT INTO notification_holds (force, order_id, recorded_from, reference, type, person_id,
                                    starts_on, ends_on)
    SELECT :force, h.order_id, coalesce(c.at, :at), h.reference, h.type, h.person_id,
           h.starts_on, h.ends_on
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS h (
        order_id uuid, reference text, type text, person_id uuid, starts_on date, ends_on date)
    LEFT JOIN jsonb_to_recordset(CAST(:closed AS jsonb)) AS c (order_id uuid, at timestamptz)
           ON c.order_id = h.order_id
""")


def hold_notification(session: Session, holds: Sequence[Hold]) -> None:
    """Record that these orders keep their subjects under notification, new or changed."""
    if not holds:
        return
    closed = _close(session, [each.order_id for each in holds])
    values = {
        "force": session.info["force"],
        "rows": orjson.dumps([asdict(each) for each in holds]).decode(),
        "closed": orjson.dumps(closed, default=str).decode(),
        "at": recorded_at(session),
    }
    session.execute(_BEGIN, values)


def release_hold(session: Session, orders: Sequence[UUID]) -> None:
    """Say that these orders keep nobody under notification any longer."""
    if orders:
        _close(session, orders)


def _close(session: Session, orders: Sequence[UUID]) -> list[dict[str, object]]:
    values = {
        "force": session.info["force"],
        "ids": [each.hex for each in orders],
        "at": recorded_at(session),
    }
    rows = session.execute(_CLOSE, values)
    return [{"order_id": row.order_id, "at": row.recorded_to} for row in rows]
