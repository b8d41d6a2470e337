"""Tables of memberships: the member, the log, the plan and the family at risk."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy import text as sql_text
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
from offenders.domain.iom.panel_models import IomDecision, IomMeeting, IomNomination, List
from offenders.domain.iom.rules import (
    ACTION_STATES,
    ADMITTING,
    LOG_KINDS,
    RELATIONS,
    Cohort,
    ExitReason,
    ManagedBy,
    Rating,
    Risk,
    Theme,
)
from offenders.domain.logs import LogEntry

__all__ = [
    "IomDecision",
    "IomLog",
    "IomMeeting",
    "IomMember",
    "IomNomination",
    "IomPlanAction",
    "IomRelative",
]

Yes = Annotated[bool, mapped_column(server_default=sql_text("false"))]


class IomMember(Base):
    """One membership of one scheme, behind which stands the decision that made it.

    `lpa` and `neighbourhood` are null where the membership follows the person's address.
    """

    __tablename__ = "iom_members"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    person_id: Mapped[UUID]
    decision_id: Mapped[UUID]
    decision_outcome: Mapped[String]
    scheme: Mapped[String]
    stage: Mapped[OptionalString]
    facts: Mapped[Json]
    cohort: Mapped[String]
    theme: Mapped[String]
    further_themes: Mapped[Strings]
    rating: Mapped[String]
    rated_at: Mapped[Moment]
    risk: Mapped[OptionalString]
    risk_rationale: Mapped[OptionalString]
    lead_agency: Mapped[String]
    lead_officer: Mapped[OptionalString]
    lead_team: Mapped[OptionalString]
    managed_by: Mapped[String]
    support_officer: Mapped[OptionalString]
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    catch_and_convict: Mapped[Yes]
    convict_from: Mapped[OptionalMoment]
    convict_until: Mapped[date | None]
    convict_review_on: Mapped[date | None]
    convict_authorised_by: Mapped[OptionalString]
    convict_reason: Mapped[OptionalString]
    pathways: Mapped[List]
    objectives: Mapped[OptionalString]
    expectations_explained_at: Mapped[OptionalMoment]
    joined_on: Mapped[date]
    last_reviewed_at: Mapped[OptionalMoment]
    review_due_at: Mapped[Moment]
    exited_at: Mapped[OptionalMoment]
    exit_reason: Mapped[OptionalString]
    exit_rationale: Mapped[OptionalString]
    what_worked: Mapped[OptionalString]
    recorded_by: Mapped[String]
    version: Mapped[int] = mapped_column()
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("cohort", Cohort),
        one_of("theme", Theme),
        one_of("rating", Rating),
        one_of("risk", Risk),
        one_of("managed_by", ManagedBy),
        one_of("exit_reason", ExitReason),
        one_of("decision_outcome", ADMITTING),
        CheckConstraint("num_nonnulls(lead_officer, lead_team) = 1", name="one_lead"),
        CheckConstraint("(exited_at IS NULL) = (exit_reason IS NULL)", name="exit_reasoned"),
        CheckConstraint(
            "NOT catch_and_convict OR num_nulls(convict_from, convict_until, convict_review_on,"
            " convict_authorised_by, convict_reason) = 0",
            name="convict_governed",
        ),
        CheckConstraint("convict_review_on <= convict_until", name="convict_reviewed_in_time"),
        in_force("person_id", "persons"),
        in_force("lpa", "lpas", "code"),
        in_force("neighbourhood", "neighbourhoods", "code"),
        ForeignKeyConstraint(
            ["force", "decision_id", "person_id", "scheme", "decision_outcome"],
            [
                "iom_decisions.force",
                "iom_decisions.id",
                "iom_decisions.person_id",
                "iom_decisions.scheme",
                "iom_decisions.outcome",
            ],
            name="fk_iom_members_decision",
            onupdate="CASCADE",  # where two records of one person are merged
        ),
        Index("uq_iom_members_reference", "force", "reference", unique=True),
        Index("uq_iom_members_decision_id", "force", "decision_id", unique=True),
        Index(
            "uq_iom_members_open",
            "force",
            "person_id",
            "scheme",
            unique=True,
            postgresql_where=sql_text("exited_at IS NULL"),
        ),
        Index("ix_iom_members_person_id", "force", "person_id"),
        Index(
            "ix_iom_members_neighbourhood",
            "force",
            "neighbourhood",
            postgresql_where=sql_text("neighbourhood IS NOT NULL"),
        ),
    )


class IomLog(LogEntry):
    """One entry of a membership's log: what was done, when it happened and was stored."""

    __tablename__ = "iom_log"
    of = "member_id"
    member_id: Mapped[UUID]
    __table_args__ = (
        one_of("kind", LOG_KINDS),
        in_force("member_id", "iom_members"),
        Index("ix_iom_log_member_id", "force", "member_id", "occurred_at"),
    )


class IomPlanAction(Base):
    """An action of the plan: what, by whom, until when, and what came of it."""

    __tablename__ = "iom_plan_actions"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    member_id: Mapped[UUID]
    text: Mapped[String]
    pathway: Mapped[OptionalString]
    agency: Mapped[String]
    owner: Mapped[String]
    due_on: Mapped[date]
    state: Mapped[String] = mapped_column(server_default="open")
    outcome: Mapped[OptionalString]
    ended_at: Mapped[OptionalMoment]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __table_args__ = (
        one_of("state", ACTION_STATES),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
        in_force("member_id", "iom_members"),
        Index("ix_iom_plan_actions_member_id", "force", "member_id"),
        Index(
            "ix_iom_plan_actions_due_on",
            "force",
            "due_on",
            postgresql_where=sql_text("state = 'open'"),
        ),
    )


class IomRelative(Base):
    """Somebody of a member's family at risk of being drawn in, held for diversion alone.

    Not an offender: kept apart from the register of people, and found by no search.
    """

    __tablename__ = "iom_relatives"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    member_id: Mapped[UUID]
    relation: Mapped[String]
    family_name: Mapped[String]
    given_names: Mapped[OptionalString]
    date_of_birth: Mapped[date | None]
    concern: Mapped[String]
    referred_to: Mapped[OptionalString]
    referred_at: Mapped[OptionalMoment]
    outcome: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("relation", RELATIONS),
        in_force("member_id", "iom_members"),
        Index("ix_iom_relatives_member_id", "force", "member_id"),
    )


MEMBER_HISTORY = history_of(IomMember.__table__)
