"""The table of forensic hits."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.columns import (
    ForceKey,
    IdKey,
    Ids,
    Json,
    Moment,
    OptionalMoment,
    OptionalString,
    String,
    Strings,
    in_force,
    one_of,
)
from offenders.domain.forensics.rules import (
    CLASSES,
    Doubt,
    Elimination,
    Outcome,
    Own,
    PersonState,
    Type,
)
from offenders.domain.history import history_of
from offenders.domain.wanted import models as wanted  # noqa: F401 - keys refer to its tables


class ForensicHit(Base):
    """What a laboratory found to name a person for a crime, and how far it has been dealt with.

    `stated` is what the sender said of the person; `candidates` are the people among whom a
    human must choose. `state` is the hit's own: from its want it takes the rest.
    """

    __tablename__ = "forensic_hits"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    type: Mapped[String]
    laboratory_reference: Mapped[String]
    crime_reference: Mapped[OptionalString]
    offence_code: Mapped[OptionalString]
    offence_class: Mapped[String]
    identified_at: Mapped[OptionalMoment]
    received_at: Mapped[Moment]
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    owner_officer: Mapped[OptionalString]
    owner_team: Mapped[OptionalString]
    person_state: Mapped[String]
    person_id: Mapped[UUID | None]
    doubt: Mapped[OptionalString]
    candidates: Mapped[Ids]
    stated: Mapped[Json]
    want_id: Mapped[UUID | None]
    state: Mapped[String] = mapped_column(server_default="received")
    person_decided_at: Mapped[OptionalMoment]
    person_decided_by: Mapped[OptionalString]
    person_reason: Mapped[OptionalString]
    researched_at: Mapped[OptionalMoment]
    researched_by: Mapped[OptionalString]
    linked_crimes: Mapped[Strings]
    research_notes: Mapped[OptionalString]
    allocated_at: Mapped[OptionalMoment]
    allocated_by: Mapped[OptionalString]
    allocation_reason: Mapped[OptionalString]
    outcome: Mapped[OptionalString]
    outcome_at: Mapped[OptionalMoment]
    outcome_by: Mapped[OptionalString]
    outcome_reason: Mapped[OptionalString]
    elimination: Mapped[OptionalString]
    eliminated_at: Mapped[OptionalMoment]
    eliminated_by: Mapped[OptionalString]
    elimination_rationale: Mapped[OptionalString]
    research_due_at: Mapped[Moment]
    allocation_due_at: Mapped[Moment]
    arrest_due_at: Mapped[Moment]
    recorded_by: Mapped[String]
    version: Mapped[int] = mapped_column(server_default="1")
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("type", Type),
        one_of("offence_class", CLASSES),
        one_of("person_state", PersonState),
        one_of("doubt", Doubt),
        one_of("state", Own),
        one_of("outcome", Outcome),
        one_of("elimination", Elimination),
        CheckConstraint("num_nonnulls(owner_officer, owner_team) = 1", name="one_owner"),
        CheckConstraint("(person_state = 'known') = (person_id IS NOT NULL)", name="known_person"),
        CheckConstraint("(person_id IS NULL) = (want_id IS NULL)", name="person_has_want"),
        CheckConstraint("(person_state = 'doubtful') = (doubt IS NOT NULL)", name="doubt_said"),
        CheckConstraint("(state = 'eliminated') = (elimination IS NOT NULL)", name="eliminated"),
        CheckConstraint(
            "state <> 'outcome_returned' OR (outcome IS NOT NULL AND outcome_at IS NOT NULL)",
            name="outcome_said",
        ),
        CheckConstraint("identified_at <= received_at", name="received_after_identified"),
        in_force("person_id", "persons"),
        in_force("want_id", "wants"),
        in_force("lpa", "lpas", "code"),
        in_force("neighbourhood", "neighbourhoods", "code"),
        Index("uq_forensic_hits_reference", "force", "reference", unique=True),
        Index(
            "uq_forensic_hits_laboratory_reference",
            "force",
            "laboratory_reference",
            unique=True,
        ),
        Index("ix_forensic_hits_received_at", "force", "received_at", "id"),
        Index("ix_forensic_hits_want_id", "force", "want_id"),
        Index("ix_forensic_hits_person_id", "force", "person_id"),
        Index(
            "ix_forensic_hits_open",
            "force",
            "id",
            postgresql_where=text("state IN ('received', 'researched', 'allocated')"),
        ),
        Index(
            "ix_forensic_hits_unknown",
            "force",
            "id",
            postgresql_where=text("person_state = 'unknown'"),
        ),
    )


HIT_HISTORY = history_of(ForensicHit.__table__)
Index(
    "ix_forensic_hits_history_received_at",
    HIT_HISTORY.c.force,
    HIT_HISTORY.c.received_at,
)
