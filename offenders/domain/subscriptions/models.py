"""Tables of subscriptions: who is told of what, where, and up to which moment they were told."""

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
    Strings,
    one_of,
)

STATES = ("active", "paused", "ended")


class Subscription(Base):
    """One receiver of events: what a subject with these roles and areas may read, and no more.

    Events were told up to (`told_until`, `told_key`). No secret is kept: each is worked out from
    the installation's key and `secret_number`; until `old_secret_until` the one before signs, too.
    """

    __tablename__ = "subscriptions"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    url: Mapped[String]
    description: Mapped[OptionalString]
    events: Mapped[Strings]
    state: Mapped[String] = mapped_column(server_default="active")
    because: Mapped[OptionalString]
    owner: Mapped[String]
    roles: Mapped[Strings]
    lpas: Mapped[Strings]
    neighbourhoods: Mapped[Strings]
    agency: Mapped[OptionalString]
    told_until: Mapped[Moment]
    told_key: Mapped[String] = mapped_column(server_default="")
    secret_number: Mapped[int] = mapped_column(server_default="1")
    old_secret_until: Mapped[OptionalMoment]
    failing_since: Mapped[OptionalMoment]
    retry_at: Mapped[OptionalMoment]
    fault: Mapped[OptionalString]
    last_delivered_at: Mapped[OptionalMoment]
    ended_at: Mapped[OptionalMoment]
    token_id: Mapped[OptionalString]
    authorised_at: Mapped[Moment]
    version: Mapped[int] = mapped_column()
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("state", STATES),
        CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="end_has_moment"),
        CheckConstraint("(state = 'active') = (because IS NULL)", name="stop_has_cause"),
        CheckConstraint("cardinality(events) > 0", name="some_event"),
        Index("ix_subscriptions_live", "force", postgresql_where=text("state <> 'ended'")),
    )


class LiveSubscription(Base):
    """That a force has a live subscription: what the teller looks at, without any force's rows."""

    __tablename__ = "live_subscriptions"
    subscription_id: Mapped[UUID] = mapped_column(primary_key=True)
    force_code: Mapped[String]
