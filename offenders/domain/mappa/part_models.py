"""Tables of what hangs on a MAPPA case: meetings, plans, actions and local summaries."""

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
    Moment,
    OptionalMoment,
    OptionalString,
    String,
    Strings,
    in_force,
    one_of,
)
from offenders.domain.mappa.rules import LEVELS, Meeting

ACTION_STATES = ("open", "done", "not_done")
List = Annotated[list[dict[str, Any]], mapped_column(JSONB, server_default="[]")]


def among(column: str, numbers: tuple[int, ...]) -> CheckConstraint:
    """Let the database refuse a category or level that there is not."""
    listed = ", ".join(map(str, numbers))
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


class MappaMeeting(Base):
    """One meeting or review: who attended for which agency, what was decided, the full minutes."""

    __tablename__ = "mappa_meetings"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    case_id: Mapped[UUID]
    type: Mapped[String]
    level: Mapped[int]
    held_at: Mapped[Moment]
    was_due_at: Mapped[OptionalMoment]
    chair: Mapped[OptionalString]
    attendance: Mapped[List]
    decisions: Mapped[Strings]
    minutes: Mapped[OptionalString]
    minutes_due_at: Mapped[OptionalMoment]
    minutes_at: Mapped[OptionalMoment]
    minutes_by: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("type", Meeting),
        among("level", LEVELS),
        CheckConstraint("(minutes IS NULL) = (minutes_at IS NULL)", name="minutes_have_moment"),
        in_force("case_id", "mappa_cases"),
        Index("ix_mappa_meetings_case_id", "force", "case_id", "held_at"),
        Index("ix_mappa_meetings_held_at", "force", "held_at"),
    )


class RiskPlan(Base):
    """A risk management plan; the newest is in force, once a supervisor has signed it off."""

    __tablename__ = "mappa_risk_plans"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    case_id: Mapped[UUID]
    risks: Mapped[Strings]
    risk_to: Mapped[Strings]
    imminence: Mapped[OptionalString]
    protective_factors: Mapped[Strings]
    contingency: Mapped[OptionalString]
    owner_officer: Mapped[String]
    review_on: Mapped[date | None]
    signed_off_at: Mapped[OptionalMoment]
    signed_off_by: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        CheckConstraint(
            "(signed_off_at IS NULL) = (signed_off_by IS NULL)", name="sign_off_has_moment"
        ),
        in_force("case_id", "mappa_cases"),
        Index("ix_mappa_risk_plans_case_id", "force", "case_id", "recorded_at"),
    )


class MappaAction(Base):
    """An action of a plan: one owner, a due time, and what came of it."""

    __tablename__ = "mappa_actions"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    case_id: Mapped[UUID]
    action: Mapped[String]
    owner_officer: Mapped[OptionalString]
    owner_team: Mapped[OptionalString]
    owner_agency: Mapped[OptionalString]
    due_at: Mapped[Moment]
    state: Mapped[String] = mapped_column(server_default="open")
    ended_at: Mapped[OptionalMoment]
    ended_recorded_at: Mapped[OptionalMoment]
    ended_by: Mapped[OptionalString]
    result: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("state", ACTION_STATES),
        CheckConstraint(
            "num_nonnulls(owner_officer, owner_team, owner_agency) = 1", name="one_owner"
        ),
        CheckConstraint(
            "(state = 'open') = (ended_at IS NULL)"
            " AND (state = 'open' OR num_nulls(ended_by, result) = 0)",
            name="end_has_result",
        ),
        in_force("case_id", "mappa_cases"),
        Index("ix_mappa_actions_case_id", "force", "case_id", "due_at"),
        Index("ix_mappa_actions_open", "force", "due_at", postgresql_where=text("state = 'open'")),
    )


class LocalSummary(Base):
    """What neighbourhood officers may know of a case: set fields, none of them for a victim."""

    __tablename__ = "mappa_local_summaries"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    case_id: Mapped[UUID]
    risk_to: Mapped[Strings]
    triggers: Mapped[Strings]
    what_to_look_for: Mapped[Strings]
    what_to_do_if_met: Mapped[String]
    licence_conditions: Mapped[Strings]
    contact: Mapped[OptionalString]
    published_at: Mapped[Moment]
    published_by: Mapped[String]
    withdrawn_at: Mapped[OptionalMoment]
    withdrawn_because: Mapped[OptionalString]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawn_because IS NULL)", name="withdrawal_has_reason"
        ),
        in_force("case_id", "mappa_cases"),
        Index(
            "uq_mappa_local_summaries_current",
            "force",
            "case_id",
            unique=True,
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
        Index("ix_mappa_local_summaries_case_id", "force", "case_id", "recorded_at"),
    )
