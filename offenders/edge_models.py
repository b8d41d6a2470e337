"""Tables of the edge: first answers kept for replay, limits, reading budgets, revoked tokens.

They stand beside the package of the edge: whoever migrates need not load every route.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.columns import ForceKey, IdKey, Ids, Moment, OptionalString, String


class IdempotencyKey(Base):
    """The first answer given to a key, written in the transaction of its effect."""

    __tablename__ = "idempotency_keys"
    force: Mapped[ForceKey]
    client: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    route: Mapped[String]
    body_hash: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int]
    headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    shown: Mapped[Ids]
    recorded_at: Mapped[Moment]
    __table_args__ = (Index("ix_idempotency_keys_recorded_at", "force", "recorded_at"),)


class RequestCounter(Base):
    """How often something happened in a window, counted across all workers."""

    __tablename__ = "request_counters"
    bucket: Mapped[String] = mapped_column(primary_key=True)
    window_at: Mapped[Moment] = mapped_column(primary_key=True)
    count: Mapped[int]


class PersonRead(Base):
    """That an actor read a person on a day, for the daily budget of distinct people."""

    __tablename__ = "people_read"
    force: Mapped[ForceKey]
    day: Mapped[date] = mapped_column(primary_key=True)
    actor: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)


class Revocation(Base):
    """That tokens of a force are no longer taken: one of them, or all that a subject had."""

    __tablename__ = "revocations"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    subject: Mapped[OptionalString]
    token_id: Mapped[OptionalString]
    reason: Mapped[String]
    until: Mapped[Moment]
    revoked_by: Mapped[String]
    revoked_at: Mapped[Moment]
    __table_args__ = (
        CheckConstraint("num_nonnulls(subject, token_id) = 1", name="one_named"),
        Index("ix_revocations_until", "force", "until"),
    )
