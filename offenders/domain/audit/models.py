"""The tables of the audit: append-only events and the checkpoints that seal them."""

from __future__ import annotations

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.columns import (
    ForceKey,
    IdKey,
    Ids,
    Json,
    Moment,
    OptionalString,
    String,
    Strings,
    one_of,
)

# DPA 2018 s.62(1), and two of our own: what was refused, and what the service itself did.
CLASSES = (
    "collection",
    "alteration",
    "consultation",
    "disclosure",
    "combination",
    "erasure",
    "denial",
    "operation",
)


class AuditEvent(Base):
    """One act on the data: who, when, what, on whom and why; no name and no value."""

    __tablename__ = "audit_events"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    at: Mapped[Moment] = mapped_column(server_default=text("clock_timestamp()"))
    actor: Mapped[String]
    role: Mapped[String]
    action: Mapped[String]
    audit_class: Mapped[String]
    subject_type: Mapped[OptionalString]
    subject_ids: Mapped[Ids]
    masked: Mapped[Strings]
    reason: Mapped[OptionalString]
    request_id: Mapped[String]
    details: Mapped[Json]
    __table_args__ = (
        one_of("audit_class", CLASSES),
        Index("ix_audit_events_at", "force", "at"),
        Index("ix_audit_events_actor", "force", "actor", "at"),
    )


class AuditCheckpoint(Base):
    """A sealed stretch of the audit: a digest of each event, chained to the stretch before."""

    __tablename__ = "audit_checkpoints"
    force: Mapped[ForceKey]
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed_from: Mapped[Moment]
    sealed_to: Mapped[Moment]
    events: Mapped[int]
    digests: Mapped[bytes] = mapped_column(LargeBinary)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed_at: Mapped[Moment]
