"""Tables of who may read whom: restrictions, agreements with agencies, shares, emergencies."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.columns import (
    ForceKey,
    IdKey,
    Ids,
    Moment,
    OptionalMoment,
    OptionalString,
    String,
    Strings,
    in_force,
    one_of,
)
from offenders.domain.sharing.rules import OUTCOMES


class Restriction(Base):
    """A person of whom only those named here read anything, until a moment.

    `record_ids` are the person's own record and those merged into it.
    """

    __tablename__ = "restrictions"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    person_id: Mapped[UUID]
    record_ids: Mapped[Ids]
    reason: Mapped[String]
    officers: Mapped[Strings]
    teams: Mapped[Strings]
    roles: Mapped[Strings]
    until_at: Mapped[Moment]
    ended_at: Mapped[OptionalMoment]
    ended_by: Mapped[OptionalString]
    end_reason: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    version: Mapped[int] = mapped_column(server_default="1")
    __table_args__ = (
        CheckConstraint("until_at > recorded_at", name="ends_after_it_begins"),
        CheckConstraint("num_nulls(ended_at, ended_by, end_reason) IN (0, 3)", name="ended_whole"),
        in_force("person_id", "persons"),
        Index(
            "ix_restrictions_standing",
            "force",
            "until_at",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_restrictions_person_id", "force", "person_id"),
    )


class Agreement(Base):
    """What one agency may see of people shared with it under this name, between two days."""

    __tablename__ = "agreements"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    agency: Mapped[String]
    name: Mapped[String]
    fields: Mapped[Strings]
    purpose: Mapped[String]
    citation: Mapped[OptionalString]
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="ends_after_it_begins"),
        Index("ix_agreements_name", "force", "agency", "name", "from_on"),
    )


class Share(Base):
    """One person shared with one agency under an agreement, for a reason and a time."""

    __tablename__ = "shares"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    person_id: Mapped[UUID]
    agency: Mapped[String]
    agreement: Mapped[String]
    reason: Mapped[String]
    from_at: Mapped[Moment]
    until_at: Mapped[Moment]
    ended_at: Mapped[OptionalMoment]
    ended_by: Mapped[OptionalString]
    end_reason: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    version: Mapped[int] = mapped_column(server_default="1")
    __table_args__ = (
        CheckConstraint("until_at > from_at", name="ends_after_it_begins"),
        CheckConstraint("num_nulls(ended_at, ended_by, end_reason) IN (0, 3)", name="ended_whole"),
        in_force("person_id", "persons"),
        Index(
            "ix_shares_agency",
            "force",
            "agency",
            "person_id",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_shares_person_id", "force", "person_id", "recorded_at"),
    )


class EmergencyAccess(Base):
    """Reading beyond one's own reach: of one person, or of one area, for a reason and a time."""

    __tablename__ = "emergency_accesses"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    person_id: Mapped[UUID | None]
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    reason: Mapped[String]
    taken_by: Mapped[String]
    taken_role: Mapped[String]
    taken_at: Mapped[Moment]
    until_at: Mapped[Moment]
    ended_at: Mapped[OptionalMoment]
    review_due_at: Mapped[Moment]
    reviewed_at: Mapped[OptionalMoment]
    reviewed_by: Mapped[OptionalString]
    outcome: Mapped[OptionalString]
    review_note: Mapped[OptionalString]
    recorded_at: Mapped[Moment]
    version: Mapped[int] = mapped_column(server_default="1")
    __table_args__ = (
        one_of("outcome", OUTCOMES),
        CheckConstraint("num_nonnulls(person_id, lpa, neighbourhood) = 1", name="one_subject"),
        CheckConstraint("until_at > taken_at", name="ends_after_it_begins"),
        CheckConstraint("ended_at <= until_at", name="ends_in_time"),
        CheckConstraint("reviewed_by <> taken_by", name="reviewed_by_another"),
        CheckConstraint(
            "num_nulls(reviewed_at, reviewed_by, outcome) IN (0, 3)", name="reviewed_whole"
        ),
        in_force("person_id", "persons"),
        in_force("lpa", "lpas", "code"),
        in_force("neighbourhood", "neighbourhoods", "code"),
        Index("uq_emergency_accesses_reference", "force", "reference", unique=True),
        Index("ix_emergency_accesses_taken_by", "force", "taken_by", "until_at"),
        Index("ix_emergency_accesses_taken_at", "force", "taken_at", "id"),
    )


class Reader(Base):
    """What a reader's last token said, so that an auditor can find look-ups of their own.

    No name: keyed digests of the words of theirs, as `lookups.digests_of` makes them.
    """

    __tablename__ = "readers"
    force: Mapped[ForceKey]
    actor: Mapped[str] = mapped_column(Text, primary_key=True)
    family: Mapped[Strings]
    given: Mapped[Strings]
    lpas: Mapped[Strings]
    neighbourhoods: Mapped[Strings]
    recorded_at: Mapped[Moment]
