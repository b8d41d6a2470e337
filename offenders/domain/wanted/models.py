"""Tables of the wanted register."""

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
from offenders.domain.history import history_of
from offenders.domain.logs import LogEntry
from offenders.domain.persons import models as persons  # noqa: F401 - keys refer to its tables
from offenders.domain.wanted.rules import (
    OUTSTANDING,
    Basis,
    Circulation,
    Outcome,
    Reason,
    Risk,
)

ACTION_KINDS = (
    "entry",
    "amendment",
    "attempt",
    "enquiry",
    "review",
    "validation",
    "handover",
    "circulation",
    "circulation_cancellation",
    "outcome",
    "note",
    "sighting",
)


class Want(Base):
    """One reason for which one person is wanted, with its owner and its clocks."""

    __tablename__ = "wants"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    person_id: Mapped[UUID]
    state: Mapped[String] = mapped_column(server_default=OUTSTANDING)
    reason: Mapped[String]
    basis: Mapped[OptionalString]
    offence_code: Mapped[OptionalString]
    crime_reference: Mapped[OptionalString]
    power: Mapped[OptionalString]
    warrant_number: Mapped[OptionalString]
    court: Mapped[OptionalString]
    warrant_category: Mapped[OptionalString]
    backed_for_bail: Mapped[bool | None]
    risk: Mapped[String]
    risk_rationale: Mapped[OptionalString]
    domestic_abuse: Mapped[bool] = mapped_column(server_default=text("false"))
    priority_crime: Mapped[bool] = mapped_column(server_default=text("false"))
    priority: Mapped[String]
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    follows_address: Mapped[bool] = mapped_column(server_default=text("false"))
    owner_officer: Mapped[OptionalString]
    owner_team: Mapped[OptionalString]
    circulation: Mapped[String] = mapped_column(server_default="not_circulated")
    circulated_at: Mapped[OptionalMoment]
    circulation_cancelled_at: Mapped[OptionalMoment]
    pnc_reference: Mapped[OptionalString]
    entered_at: Mapped[Moment]
    entered_by: Mapped[String]
    target_arrest_by: Mapped[Moment]
    review_due_at: Mapped[Moment]
    validation_due_at: Mapped[Moment]
    activity_due_at: Mapped[Moment]
    last_activity_at: Mapped[OptionalMoment]
    last_reviewed_at: Mapped[OptionalMoment]
    last_validated_at: Mapped[OptionalMoment]
    doubted_at: Mapped[OptionalMoment]
    outcome_at: Mapped[OptionalMoment]
    outcome_reason: Mapped[OptionalString]
    custody_number: Mapped[OptionalString]
    version: Mapped[int] = mapped_column()
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("state", [OUTSTANDING, *Outcome]),
        one_of("reason", Reason),
        one_of("basis", Basis),
        one_of("risk", Risk),
        one_of("priority", ["high", "standard"]),
        one_of("circulation", Circulation),
        CheckConstraint("num_nonnulls(owner_officer, owner_team) = 1", name="one_owner"),
        CheckConstraint("(state = 'outstanding') = (outcome_at IS NULL)", name="end_has_outcome"),
        CheckConstraint("state <> 'interviewed' OR reason = 'named_suspect'", name="interviewed"),
        in_force("person_id", "persons"),
        in_force("neighbourhood", "neighbourhoods", "code"),
        in_force("lpa", "lpas", "code"),
        Index("uq_wants_reference", "force", "reference", unique=True),
        Index(
            "uq_wants_open",
            "force",
            "person_id",
            "reason",
            "crime_reference",
            "warrant_number",
            unique=True,
            postgresql_where=text("state = 'outstanding'"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_wants_person_id", "force", "person_id"),
        Index(
            "ix_wants_lpa",
            "force",
            "lpa",
            postgresql_where=text("state = 'outstanding'"),
        ),
        Index(
            "ix_wants_neighbourhood",
            "force",
            "neighbourhood",
            postgresql_where=text("state = 'outstanding'"),
        ),
        Index(
            "ix_wants_target",
            "force",
            "target_arrest_by",
            postgresql_where=text("state = 'outstanding'"),
        ),
        Index(
            "ix_wants_review",
            "force",
            "review_due_at",
            postgresql_where=text("state = 'outstanding'"),
        ),
        Index("ix_wants_entered_at", "force", "entered_at"),
        Index(
            "ix_wants_uncancelled",
            "force",
            "outcome_at",
            postgresql_where=text("state <> 'outstanding' AND circulation = 'circulated'"),
        ),
    )


class WantAction(LogEntry):
    """One entry of a want's log: what was done, when it happened and when it was stored."""

    __tablename__ = "want_actions"
    of = "want_id"
    want_id: Mapped[UUID]
    handling: Mapped[String] = mapped_column(server_default="normal")
    client_id: Mapped[UUID | None]
    __table_args__ = (
        one_of("kind", ACTION_KINDS),
        one_of("handling", ["normal", "restricted", "covert"]),
        in_force("want_id", "wants"),
        Index("ix_want_actions_want_id", "force", "want_id", "occurred_at"),
        Index(
            "uq_want_actions_client_id",
            "force",
            "client_id",
            unique=True,
            postgresql_where=text("client_id IS NOT NULL"),
        ),
    )


class Sighting(Base):
    """That a person was seen: when, where, with whom, in what; `client_id` is the device's own."""

    __tablename__ = "sightings"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    person_id: Mapped[UUID]
    client_id: Mapped[UUID | None]
    occurred_at: Mapped[Moment]
    place: Mapped[OptionalString]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    with_whom: Mapped[OptionalString]
    registration_mark: Mapped[OptionalString]
    note: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        CheckConstraint("latitude BETWEEN -90 AND 90", name="latitude_on_earth"),
        CheckConstraint("longitude BETWEEN -180 AND 180", name="longitude_on_earth"),
        in_force("person_id", "persons"),
        Index("ix_sightings_person_id", "force", "person_id", "occurred_at"),
        Index(
            "uq_sightings_client_id",
            "force",
            "client_id",
            unique=True,
            postgresql_where=text("client_id IS NOT NULL"),
        ),
    )


WANT_HISTORY = history_of(Want.__table__)
Index("ix_wants_history_recorded_from", WANT_HISTORY.c.force, WANT_HISTORY.c.recorded_from)
Index(
    "ix_wants_history_counts",
    WANT_HISTORY.c.force,
    WANT_HISTORY.c.recorded_to,
    WANT_HISTORY.c.recorded_from,
    postgresql_where=text("state = 'outstanding'"),
    postgresql_include=["person_id", "crime_reference", "reason", "risk", "circulation"],
)
Index(
    "ix_wants_history_ended",
    WANT_HISTORY.c.force,
    WANT_HISTORY.c.outcome_at,
    postgresql_where=text("state <> 'outstanding'"),
)
