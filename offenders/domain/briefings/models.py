"""Tables of briefings: each item, how it was worded and when, and who held and read it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy import text as sql_text
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.briefings.rules import (
    HANDLINGS,
    MARKINGS,
    PRIORITIES,
    RECEIPTS,
    SUBJECTS,
    WITHDRAWALS,
)
from offenders.domain.columns import (
    ForceKey,
    IdKey,
    Json,
    Moment,
    OptionalMoment,
    OptionalString,
    String,
    Strings,
    in_force,
    one_of,
)
from offenders.domain.persons import models as persons  # noqa: F401 - keys refer to its tables


class Briefing(Base):
    """One thing that officers are told, for whom, until when, and how it is to be handled.

    Without areas and teams it is for the whole force; `roles` narrows it further. `subject_id` is
    null where the subject is the person. `edition` counts the wordings: a receipt is of one.
    """

    __tablename__ = "briefings"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    title: Mapped[String]
    text: Mapped[String]
    subject_type: Mapped[OptionalString]
    subject_id: Mapped[UUID | None]
    person_id: Mapped[UUID | None]
    lpas: Mapped[Strings]
    neighbourhoods: Mapped[Strings]
    teams: Mapped[Strings]
    roles: Mapped[Strings]
    valid_from: Mapped[Moment]
    valid_until: Mapped[Moment]
    priority: Mapped[String]
    marking: Mapped[String]
    handling: Mapped[String]
    handling_conditions: Mapped[OptionalString]
    grade: Mapped[OptionalString]
    edition: Mapped[int] = mapped_column(server_default="1")
    author: Mapped[String]
    withdrawn_at: Mapped[OptionalMoment]
    withdrawn_by: Mapped[OptionalString]
    withdrawn_because: Mapped[OptionalString]
    withdrawn_reason: Mapped[OptionalString]
    version: Mapped[int] = mapped_column()
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("subject_type", SUBJECTS),
        one_of("priority", PRIORITIES),
        one_of("marking", MARKINGS),
        one_of("handling", HANDLINGS),
        one_of("withdrawn_because", WITHDRAWALS),
        CheckConstraint("valid_until > valid_from", name="ends_after_it_begins"),
        CheckConstraint("(subject_type IS NULL) = (person_id IS NULL)", name="subject_has_person"),
        CheckConstraint(
            "(subject_id IS NULL) = (subject_type IS NULL OR subject_type = 'person')",
            name="subject_has_id",
        ),
        CheckConstraint(
            "num_nonnulls(withdrawn_at, withdrawn_by, withdrawn_because, withdrawn_reason)"
            " IN (0, 4)",
            name="withdrawal_is_whole",
        ),
        in_force("person_id", "persons"),
        Index("uq_briefings_reference", "force", "reference", unique=True),
        Index(
            "ix_briefings_valid_until",
            "force",
            "valid_until",
            postgresql_where=sql_text("withdrawn_at IS NULL"),
        ),
        Index("ix_briefings_person_id", "force", "person_id"),
    )


class BriefingVersion(Base):
    """An item as it stood from one change on, and who changed it."""

    __tablename__ = "briefing_versions"
    force: Mapped[ForceKey]
    briefing_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[String]
    content: Mapped[Json]
    actor: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("kind", ["publication", "amendment", "withdrawal"]),
        in_force("briefing_id", "briefings"),
        Index("ix_briefing_versions_recorded_at", "force", "recorded_at"),
    )


class BriefingReceipt(Base):
    """That one officer held an edition of an item, or read it; `client_id` names it on a device."""

    __tablename__ = "briefing_receipts"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    briefing_id: Mapped[UUID]
    officer: Mapped[String]
    client_id: Mapped[UUID]
    kind: Mapped[String]
    edition: Mapped[int]
    occurred_at: Mapped[Moment]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("kind", RECEIPTS),
        in_force("briefing_id", "briefings"),
        Index(
            "uq_briefing_receipts_client_id",
            "force",
            "briefing_id",
            "officer",
            "client_id",
            unique=True,
        ),
    )
