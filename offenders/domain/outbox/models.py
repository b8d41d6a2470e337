"""The tables of the outbox: what is to be sent out, each try to send it, and who waits."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.columns import (
    ForceKey,
    IdKey,
    Moment,
    OptionalMoment,
    OptionalString,
    String,
    in_force,
    one_of,
)

STATES = ("waiting", "sending", "delivered", "dead", "withdrawn")
OUTCOMES = ("begun", "delivered", "refused", "unknown")


class OutboxMessage(Base):
    """One message to the outside, written in the transaction of what it tells.

    `id` stays the same over every try, and `body` is sent byte for byte as it was written. The
    body of what was delivered long ago, or withdrawn, is taken away. `tries_before` are those
    before the last order to send it again. `recipient` is the subscription that it is for; null
    for what goes to the one receiver of the settings.
    """

    __tablename__ = "outbox_messages"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    type: Mapped[String]
    recipient: Mapped[UUID | None]
    subject_type: Mapped[String]
    subject_id: Mapped[UUID]
    subject_reference: Mapped[OptionalString]
    body: Mapped[OptionalString]
    state: Mapped[String] = mapped_column(server_default="waiting")
    tries: Mapped[int] = mapped_column(server_default="0")
    tries_before: Mapped[int] = mapped_column(server_default="0")
    next_try_at: Mapped[OptionalMoment]
    claimed_until: Mapped[OptionalMoment]
    delivered_at: Mapped[OptionalMoment]
    duplicates: Mapped[int] = mapped_column(server_default="0")
    fault: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    version: Mapped[int] = mapped_column(server_default="1")
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("state", STATES),
        CheckConstraint(
            "(state = 'waiting') = (next_try_at IS NOT NULL)", name="waiting_has_next_try"
        ),
        CheckConstraint(
            "(state = 'sending') = (claimed_until IS NOT NULL)", name="sending_has_claim"
        ),
        CheckConstraint(
            "state IN ('delivered', 'dead', 'withdrawn') OR body IS NOT NULL", name="has_body"
        ),
        Index(
            "ix_outbox_messages_waiting",
            "force",
            "next_try_at",
            "id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_outbox_messages_sending",
            "force",
            "claimed_until",
            postgresql_where=text("state = 'sending'"),
        ),
        Index(
            "ix_outbox_messages_recipient",
            "force",
            "recipient",
            postgresql_where=text(
                "recipient IS NOT NULL AND state IN ('waiting', 'sending', 'dead')"
            ),
        ),
        Index("ix_outbox_messages_subject", "force", "subject_id"),
        Index("ix_outbox_messages_recorded_at", "force", "recorded_at", "id"),
        Index(
            "ix_outbox_messages_body",
            "force",
            "recorded_at",
            postgresql_where=text("body IS NOT NULL AND state IN ('delivered', 'dead')"),
        ),
    )


class OutboxTry(Base):
    """One try to send a message; `unknown` where it may have arrived or not.

    `is_repeat` marks a try after which the receiver may hold the message twice.
    """

    __tablename__ = "outbox_tries"
    force: Mapped[ForceKey]
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    is_repeat: Mapped[bool]
    outcome: Mapped[String] = mapped_column(server_default="begun")
    fault: Mapped[OptionalString]
    began_at: Mapped[Moment]
    ended_at: Mapped[OptionalMoment]
    __table_args__ = (one_of("outcome", OUTCOMES), in_force("message_id", "outbox_messages"))


class WaitingMessage(Base):
    """That a force has a message to send: what the sender looks at, without any force's rows."""

    __tablename__ = "waiting_messages"
    message_id: Mapped[UUID] = mapped_column(primary_key=True)
    force_code: Mapped[String]
