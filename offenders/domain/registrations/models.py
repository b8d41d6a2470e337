"""Tables of registrations: each person subject to notification, and the log of their management."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
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
    in_force,
    one_of,
)
from offenders.domain.history import history_of
from offenders.domain.logs import LogEntry
from offenders.domain.persons import models as persons  # noqa: F401 - keys refer to its tables
from offenders.domain.registrations.cases import (
    ACTION_KINDS,
    Determination,
    Management,
    Outcome,
    Risk,
    State,
)
from offenders.domain.registrations.law import Disposal

List = Annotated[list[dict[str, Any]], mapped_column(JSONB, server_default="[]")]


class Registration(Base):
    """One person's time under notification, over all their disposals.

    `relevant_date`, `disposal`, `is_indefinite`, `ends_on` and `because` are those of the disposal
    that ends last; `starts_on` is the first relevant date. `visit_from_on` and `arms_from_on` are
    the days from which the next visit and assessment are counted by policy, null while none is
    due; `notification_due_on` is the law's. `risk` is null until somebody has assessed it.
    `disposals`, `absences` and `travel` are kept whole, so that the history answers for them, too.
    """

    __tablename__ = "registrations"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    person_id: Mapped[UUID]
    state: Mapped[String]
    disposals: Mapped[List]
    starts_on: Mapped[date]
    relevant_date: Mapped[date]
    disposal: Mapped[String]
    is_indefinite: Mapped[bool]
    ends_on: Mapped[date | None]
    because: Mapped[Json]
    risk: Mapped[OptionalString]
    risk_since: Mapped[date | None]
    management: Mapped[String] = mapped_column(server_default=Management.ACTIVE)
    reactive_review_due_on: Mapped[date | None]
    absences: Mapped[List]
    travel: Mapped[List]
    has_no_fixed_abode: Mapped[bool] = mapped_column(server_default=text("false"))
    first_notified_on: Mapped[date | None]
    last_notified_on: Mapped[date | None]
    notification_stage: Mapped[String]
    notification_due_on: Mapped[date | None]
    notification_section: Mapped[String]
    last_seen_on: Mapped[date | None]
    failed_visits: Mapped[int] = mapped_column(server_default=text("0"))
    visit_planned_for: Mapped[date | None]
    visit_months: Mapped[int | None]
    visit_from_on: Mapped[date | None]
    last_arms_on: Mapped[date | None]
    arms_priority: Mapped[OptionalString]
    arms_stage: Mapped[String]
    arms_from_on: Mapped[date | None]
    review_applied_on: Mapped[date | None]
    review_determined_on: Mapped[date | None]
    review_determination: Mapped[OptionalString]
    next_review_on: Mapped[date | None]
    local_summary: Mapped[OptionalString]
    is_withheld_locally: Mapped[bool] = mapped_column(server_default=text("false"))
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    owner_officer: Mapped[OptionalString]
    owner_team: Mapped[OptionalString]
    outcome: Mapped[OptionalString]
    outcome_at: Mapped[OptionalMoment]
    outcome_reason: Mapped[OptionalString]
    outcome_details: Mapped[Json]
    recorded_by: Mapped[String]
    version: Mapped[int] = mapped_column()
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("state", (State.REGISTERED, State.CLOSED)),
        one_of("disposal", Disposal),
        one_of("risk", Risk),
        one_of("arms_priority", Risk),
        one_of("management", Management),
        one_of("review_determination", Determination),
        one_of("outcome", Outcome),
        CheckConstraint("num_nonnulls(owner_officer, owner_team) = 1", name="one_owner"),
        CheckConstraint("NOT is_indefinite OR ends_on IS NULL", name="indefinite_has_no_end"),
        CheckConstraint("ends_on >= starts_on", name="ends_after_start"),
        CheckConstraint("(state = 'closed') = (outcome IS NOT NULL)", name="end_has_outcome"),
        CheckConstraint("last_notified_on >= starts_on", name="notified_after_conviction"),
        CheckConstraint(
            "management = 'active' OR (risk = 'low' AND reactive_review_due_on IS NOT NULL)",
            name="reactive_is_low",
        ),
        CheckConstraint("visit_months BETWEEN 1 AND 24", name="visit_months_sane"),
        in_force("person_id", "persons"),
        in_force("neighbourhood", "neighbourhoods", "code"),
        in_force("lpa", "lpas", "code"),
        Index("uq_registrations_reference", "force", "reference", unique=True),
        Index(
            "uq_registrations_person",
            "force",
            "person_id",
            unique=True,
            postgresql_where=text("state <> 'closed'"),
        ),
        Index("ix_registrations_person_id", "force", "person_id"),
        Index(
            "ix_registrations_neighbourhood",
            "force",
            "neighbourhood",
            postgresql_where=text("neighbourhood IS NOT NULL"),
        ),
        Index("ix_registrations_state", "force", "state", "notification_due_on"),
    )


class RegistrationAction(LogEntry):
    """One entry of a registration's log: what was done, when it happened and was stored."""

    __tablename__ = "registration_actions"
    of = "registration_id"
    registration_id: Mapped[UUID]
    __table_args__ = (
        one_of("kind", ACTION_KINDS),
        in_force("registration_id", "registrations"),
        Index("ix_registration_actions_registration", "force", "registration_id", "occurred_at"),
    )


REGISTRATION_HISTORY = history_of(Registration.__table__)
