"""Tables of orders: each order with its conditions, its breaches, its log; and clauses."""

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
from offenders.domain.orders.cases import RANKS, TYPES, Action, Ending, Monitoring, State
from offenders.domain.orders.conditions import CATEGORIES, KINDS
from offenders.domain.persons import models as persons  # noqa: F401 - keys refer to its tables
from offenders.domain.wanted import models as wanted  # noqa: F401 - keys refer to its tables

ACTION_KINDS = (
    "entry",
    "amendment",
    "decision",
    "acceptance",
    "conditions",
    "review",
    "check",
    "breach",
    "breach_action",
    "breach_review",
    "variation",
    "discharge",
    "expiry",
    "handover",
)
List = Annotated[list[dict[str, Any]], mapped_column(JSONB, server_default="[]")]
_NOT_MADE = "'applied', 'refused', 'withdrawn'"


class Order(Base):
    """One order or notice against one person, as the court has made it.

    `in_force_on` is the first day on which it binds, `expires_on` the last; null until further
    order. `ended_on` is the last day of one that ended otherwise. `lpa` and `neighbourhood` are
    null where the order follows the person's address. `conditions` are kept whole, so that the
    history answers for them, too. `because` says which row of the law holds. The days of
    `review_due_on` and `check_due_on` are the last on which these are in time.
    """

    __tablename__ = "orders"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    person_id: Mapped[UUID]
    type: Mapped[String]
    state: Mapped[String]
    applied_on: Mapped[date | None]
    decided_on: Mapped[date | None]
    made_on: Mapped[date | None]
    in_force_on: Mapped[date | None]
    expires_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    ending: Mapped[OptionalString]
    end_reason: Mapped[OptionalString]
    interim: Mapped[bool] = mapped_column(server_default=text("false"))
    with_custody: Mapped[bool] = mapped_column(server_default=text("false"))
    court: Mapped[OptionalString]
    court_reference: Mapped[OptionalString]
    authorised_rank: Mapped[OptionalString]
    served_at: Mapped[OptionalMoment]
    hearing_due_at: Mapped[OptionalMoment]
    notice_id: Mapped[UUID | None]
    conditions: Mapped[List]
    instruction: Mapped[OptionalString]
    monitored_by: Mapped[OptionalString]
    monitoring: Mapped[String] = mapped_column(server_default=Monitoring.UNACCEPTED)
    accepted_by: Mapped[OptionalString]
    accepted_on: Mapped[date | None]
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    owner_officer: Mapped[OptionalString]
    owner_team: Mapped[OptionalString]
    because: Mapped[Json]
    varied_on: Mapped[date | None]
    last_reviewed_on: Mapped[date | None]
    last_checked_on: Mapped[date | None]
    statutory_review_on: Mapped[date | None]
    review_due_on: Mapped[date | None]
    check_due_on: Mapped[date | None]
    recorded_by: Mapped[String]
    version: Mapped[int] = mapped_column()
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("type", TYPES),
        one_of("state", State),
        one_of("ending", Ending),
        one_of("monitoring", Monitoring),
        one_of("authorised_rank", RANKS),
        CheckConstraint("num_nonnulls(owner_officer, owner_team) = 1", name="one_owner"),
        CheckConstraint(
            f"CASE WHEN state IN ({_NOT_MADE}) THEN made_on IS NULL"
            " WHEN state = 'entered_in_error' THEN true"
            " ELSE made_on IS NOT NULL AND in_force_on IS NOT NULL END",
            name="made_has_day",
        ),
        CheckConstraint("made_on >= applied_on", name="made_after_application"),
        CheckConstraint("in_force_on >= made_on", name="binds_once_made"),
        CheckConstraint("expires_on >= in_force_on", name="expires_once_binding"),
        CheckConstraint(
            "(monitoring = 'accepted') = (accepted_by IS NOT NULL AND accepted_on IS NOT NULL)",
            name="acceptance_has_name_and_day",
        ),
        CheckConstraint(
            "state <> 'discharged' OR (ending IS NOT NULL AND ended_on IS NOT NULL)",
            name="end_has_day",
        ),
        CheckConstraint(
            "state NOT IN ('refused', 'withdrawn') OR decided_on IS NOT NULL",
            name="decision_has_day",
        ),
        in_force("person_id", "persons"),
        in_force("notice_id", "orders"),
        in_force("neighbourhood", "neighbourhoods", "code"),
        in_force("lpa", "lpas", "code"),
        Index("uq_orders_reference", "force", "reference", unique=True),
        Index(
            "uq_orders_court_reference",
            "force",
            "person_id",
            "type",
            "court_reference",
            unique=True,
            postgresql_where=text("court_reference IS NOT NULL AND state <> 'entered_in_error'"),
        ),
        Index("ix_orders_person_id", "force", "person_id"),
        Index(
            "ix_orders_neighbourhood",
            "force",
            "neighbourhood",
            postgresql_where=text("neighbourhood IS NOT NULL"),
        ),
        Index("ix_orders_state", "force", "state", "expires_on"),
        Index(
            "ix_orders_notice_id",
            "force",
            "notice_id",
            postgresql_where=text("notice_id IS NOT NULL"),
        ),
    )


class Breach(Base):
    """One breach of an order, what was done about it and what the management review found."""

    __tablename__ = "order_breaches"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    order_id: Mapped[UUID]
    occurred_at: Mapped[Moment]
    condition_id: Mapped[OptionalString]
    details: Mapped[OptionalString]
    found_how: Mapped[OptionalString]
    offence_code: Mapped[OptionalString]
    crime_reference: Mapped[OptionalString]
    investigated_by: Mapped[OptionalString]
    want_id: Mapped[UUID | None]
    action: Mapped[OptionalString]
    action_at: Mapped[OptionalMoment]
    action_by: Mapped[OptionalString]
    action_reason: Mapped[OptionalString]
    reviewed_at: Mapped[OptionalMoment]
    reviewed_by: Mapped[OptionalString]
    learning: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __table_args__ = (
        one_of("action", Action),
        CheckConstraint(
            "num_nonnulls(action, action_at, action_by) IN (0, 3)", name="action_is_whole"
        ),
        CheckConstraint(
            "num_nonnulls(reviewed_at, reviewed_by, learning) IN (0, 3)", name="review_is_whole"
        ),
        CheckConstraint("reviewed_at IS NULL OR action IS NOT NULL", name="action_before_review"),
        CheckConstraint("action_at >= occurred_at", name="action_after_breach"),
        in_force("order_id", "orders"),
        in_force("want_id", "wants"),
        Index(
            "uq_order_breaches_moment",
            "force",
            "order_id",
            "occurred_at",
            "condition_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index(
            "ix_order_breaches_open",
            "force",
            "order_id",
            postgresql_where=text("reviewed_at IS NULL"),
        ),
    )


class OrderAction(LogEntry):
    """One entry of an order's log: what was done, when it happened and when it was stored."""

    __tablename__ = "order_actions"
    of = "order_id"
    order_id: Mapped[UUID]
    __table_args__ = (
        one_of("kind", ACTION_KINDS),
        in_force("order_id", "orders"),
        Index("ix_order_actions_order_id", "force", "order_id", "occurred_at"),
    )


class Clause(Base):
    """A wording of a condition that courts have taken before, to be used again."""

    __tablename__ = "order_clauses"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    code: Mapped[String]
    type: Mapped[OptionalString]
    kind: Mapped[String]
    category: Mapped[String]
    text: Mapped[String]
    guidance: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        one_of("type", TYPES),
        one_of("kind", KINDS),
        one_of("category", CATEGORIES),
        Index("uq_order_clauses_code", "force", "code", unique=True),
    )


ORDER_HISTORY = history_of(Order.__table__)
BREACH_HISTORY = history_of(Breach.__table__)
