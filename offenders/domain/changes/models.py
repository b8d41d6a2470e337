"""Tables of the change feed: what the devices of one view were told last of each person."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.columns import (
    ForceKey,
    IdKey,
    Moment,
    OptionalMoment,
    OptionalString,
    Strings,
)


class ForceWrite(Base):
    """That a transaction writes in a force; seen, like what it writes, from its commit on."""

    __tablename__ = "force_writes"
    of_force: Mapped[str] = mapped_column(Text, primary_key=True)
    xid: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    begun_at: Mapped[Moment] = mapped_column(server_default=text("clock_timestamp()"))


class ChangeView(Base):
    """What readers with the same area and the same sight are shown: one feed for all of them.

    `id` is made of all that decides the answer, `base` of that without who is restricted; `hidden`
    is who was hidden when it was last compared. `generation` is new whenever the view is. `seq` is
    the last number given; `snapshot` is what was seen when it was last compared, beginning at
    `compared_from`; after `holds_after` and until `holds_until` time alone changes no card.
    """

    __tablename__ = "change_views"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    base: Mapped[UUID]
    generation: Mapped[UUID]
    is_whole_force: Mapped[bool]
    lpas: Mapped[Strings]
    neighbourhoods: Mapped[Strings]
    seq: Mapped[int] = mapped_column(BigInteger)
    snapshot: Mapped[OptionalString]
    hidden: Mapped[OptionalString]
    compared_from: Mapped[OptionalMoment]
    holds_after: Mapped[OptionalMoment]
    holds_until: Mapped[OptionalMoment]
    used_at: Mapped[Moment]


class ChangeReader(Base):
    """Which view a reader of a base has seen last, once it was another than that base.

    `epoch` is new whenever the view becomes another: tokens from before are good no more.
    """

    __tablename__ = "change_readers"
    force: Mapped[ForceKey]
    reader: Mapped[str] = mapped_column(Text, primary_key=True)
    base: Mapped[UUID] = mapped_column(primary_key=True)
    view_id: Mapped[UUID]
    epoch: Mapped[UUID]
    turned_at: Mapped[Moment]


class ChangeEntry(Base):
    """The last that was told of a person: their card's digest, null once they were removed.

    `subject_id` names them for ever, whatever becomes of their record and of who may see it.
    `is_unsettled` where somebody may have been shown another card since.
    """

    __tablename__ = "change_entries"
    force: Mapped[ForceKey]
    view_id: Mapped[UUID] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[int | None] = mapped_column(BigInteger)
    is_unsettled: Mapped[bool] = mapped_column(server_default=text("false"))
    changed_at: Mapped[Moment]
    __table_args__ = (
        ForeignKeyConstraint(
            ["force", "view_id"], ["change_views.force", "change_views.id"], ondelete="CASCADE"
        ),
        Index("ix_change_entries_seq", "force", "view_id", "seq"),
        Index(
            "ix_change_entries_unsettled",
            "force",
            "view_id",
            postgresql_where=text("is_unsettled"),
        ),
    )
