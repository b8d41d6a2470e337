"""Tables of the panel: multi-agency meetings, nominations and the decisions about them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
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
from offenders.domain.history import history_of
from offenders.domain.iom.rules import CHAIRS, QUORUM, Cohort, Decision, NominationState, Theme
from offenders.domain.persons import models as persons  # noqa: F401 - keys refer to its tables

List = Annotated[list[dict[str, Any]], mapped_column(JSONB, server_default="[]")]


class IomMeeting(Base):
    """A multi-agency meeting; one that decides has its quorum and a chair who may chair it."""

    __tablename__ = "iom_meetings"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    held_at: Mapped[Moment]
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    chair: Mapped[String]
    chair_agency: Mapped[String]
    attendance: Mapped[List]
    agencies: Mapped[Strings]
    decides: Mapped[bool]
    notes: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        CheckConstraint(
            f"NOT decides OR agencies @> ARRAY[{', '.join(map(repr, QUORUM))}]", name="has_quorum"
        ),
        CheckConstraint(
            f"NOT decides OR chair_agency IN ({', '.join(map(repr, CHAIRS))})", name="may_chair"
        ),
        in_force("lpa", "lpas", "code"),
        in_force("neighbourhood", "neighbourhoods", "code"),
        UniqueConstraint("force", "id", "decides", name="uq_iom_meetings_decides"),
        Index("uq_iom_meetings_reference", "force", "reference", unique=True),
        Index("ix_iom_meetings_held_at", "force", "held_at", "id"),
    )


class IomAttendance(Base):
    """Who came to a meeting for an agency, or that nobody did, as told after it was recorded."""

    __tablename__ = "iom_attendances"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    meeting_id: Mapped[UUID]
    agency: Mapped[String]
    name: Mapped[OptionalString]
    attended: Mapped[bool]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        in_force("meeting_id", "iom_meetings"),
        Index("ix_iom_attendances_meeting_id", "force", "meeting_id", "recorded_at"),
    )


class IomNomination(Base):
    """That an agency puts somebody forward for a scheme; a panel decides."""

    __tablename__ = "iom_nominations"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    person_id: Mapped[UUID]
    scheme: Mapped[String]
    cohort: Mapped[String]
    theme: Mapped[String]
    agency: Mapped[String]
    reason: Mapped[String]
    arrested_at: Mapped[OptionalMoment]
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    owner_officer: Mapped[OptionalString]
    owner_team: Mapped[OptionalString]
    handovers: Mapped[List]
    state: Mapped[String] = mapped_column(server_default="pending")
    nominated_at: Mapped[Moment]
    decide_by: Mapped[Moment]
    decided_at: Mapped[OptionalMoment]
    recorded_by: Mapped[String]
    version: Mapped[int] = mapped_column()
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("cohort", Cohort),
        one_of("theme", Theme),
        one_of("state", NominationState),
        CheckConstraint("num_nonnulls(owner_officer, owner_team) = 1", name="one_owner"),
        CheckConstraint(
            "(state IN ('accepted', 'refused')) = (decided_at IS NOT NULL)", name="decided"
        ),
        in_force("person_id", "persons"),
        in_force("lpa", "lpas", "code"),
        in_force("neighbourhood", "neighbourhoods", "code"),
        Index("uq_iom_nominations_reference", "force", "reference", unique=True),
        Index(
            "uq_iom_nominations_open",
            "force",
            "person_id",
            "scheme",
            unique=True,
            postgresql_where=text("state IN ('pending', 'deferred')"),
        ),
        Index("ix_iom_nominations_nominated_at", "force", "nominated_at", "id"),
    )


class IomDecision(Base):
    """What a multi-agency panel decided about a nomination and why; never altered."""

    __tablename__ = "iom_decisions"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    nomination_id: Mapped[UUID | None]
    person_id: Mapped[UUID]
    scheme: Mapped[String]
    outcome: Mapped[String]
    rationale: Mapped[String]
    panel: Mapped[List]
    meeting_id: Mapped[UUID | None]
    in_deciding_meeting: Mapped[bool] = mapped_column(server_default=text("true"))
    score: Mapped[Json]
    source: Mapped[OptionalString]
    decided_at: Mapped[Moment]
    deferred_until: Mapped[date | None]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("outcome", Decision),
        CheckConstraint("in_deciding_meeting", name="meeting_decides"),
        CheckConstraint(
            "(outcome = 'recorded_from_import') = (nomination_id IS NULL)", name="of_nomination"
        ),
        CheckConstraint(
            "(outcome = 'recorded_from_import') = (source IS NOT NULL)", name="import_has_source"
        ),
        CheckConstraint("(outcome = 'deferred') = (deferred_until IS NOT NULL)", name="deferred"),
        in_force("nomination_id", "iom_nominations"),
        in_force("person_id", "persons"),
        ForeignKeyConstraint(
            ["force", "meeting_id", "in_deciding_meeting"],
            ["iom_meetings.force", "iom_meetings.id", "iom_meetings.decides"],
            name="fk_iom_decisions_meeting",
        ),
        UniqueConstraint(
            "force", "id", "person_id", "scheme", "outcome", name="uq_iom_decisions_admitting"
        ),
        Index(
            "uq_iom_decisions_final",
            "force",
            "nomination_id",
            unique=True,
            postgresql_where=text("outcome IN ('accepted', 'refused')"),
        ),
        Index("ix_iom_decisions_nomination_id", "force", "nomination_id"),
        Index("ix_iom_decisions_person_id", "force", "person_id"),
    )


NOMINATION_HISTORY = history_of(IomNomination.__table__)
