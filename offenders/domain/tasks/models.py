"""Tables of tasks: what somebody is to do until when, and the log of each."""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Numeric, text
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
from offenders.domain.persons import models as persons  # noqa: F401 - keys refer to its tables
from offenders.domain.tasks.rules import OPEN, STATES, NotDone, Source

ENTRY_KINDS = ("entry", "update", "handover", "extension", "not_done", "completion", "carried")
_IS_OPEN = text("state = 'open'")


class Task(Base):
    """One specific action that one officer or team is to take until a moment, and why.

    A task that `follows_source` is made, moved and ended by the record it comes from, as often
    as that falls due: `occasion` says which time it is. `keeps_owner` is set once it was handed
    over. `reason` says why it was last not done; `carried_over`, `not_done` and `extended` count.
    """

    __tablename__ = "tasks"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    state: Mapped[String] = mapped_column(server_default=OPEN)
    action: Mapped[String]
    place: Mapped[OptionalString]
    expected_result: Mapped[OptionalString]
    rationale: Mapped[OptionalString]
    tactic: Mapped[OptionalString]
    due_at: Mapped[Moment]
    first_due_at: Mapped[Moment]
    subject_type: Mapped[OptionalString]
    subject_id: Mapped[UUID | None]
    subject_reference: Mapped[OptionalString]
    person_id: Mapped[UUID | None]
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    owner_officer: Mapped[OptionalString]
    owner_team: Mapped[OptionalString]
    meeting_id: Mapped[UUID | None]
    source_type: Mapped[String]
    source_id: Mapped[UUID | None]
    occasion: Mapped[String] = mapped_column(server_default="")
    follows_source: Mapped[bool] = mapped_column(server_default=text("false"))
    keeps_owner: Mapped[bool] = mapped_column(server_default=text("false"))
    carried_over: Mapped[int] = mapped_column(server_default="0")
    not_done: Mapped[int] = mapped_column(server_default="0")
    extended: Mapped[int] = mapped_column(server_default="0")
    reason: Mapped[OptionalString]
    result: Mapped[OptionalString]
    hours: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    arrests: Mapped[int | None]
    searches: Mapped[int | None]
    intelligence: Mapped[int | None]
    ended_at: Mapped[OptionalMoment]
    ended_by: Mapped[OptionalString]
    recorded_by: Mapped[String]
    version: Mapped[int] = mapped_column(server_default="1")
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("state", STATES),
        one_of("source_type", Source),
        one_of("reason", NotDone),
        CheckConstraint("num_nonnulls(owner_officer, owner_team) = 1", name="one_owner"),
        CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
        CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)", name="ended_by_whom"),
        CheckConstraint("state = 'open' OR result IS NOT NULL", name="end_has_result"),
        CheckConstraint("(subject_type IS NULL) = (subject_id IS NULL)", name="whole_subject"),
        CheckConstraint("NOT follows_source OR source_id IS NOT NULL", name="source_followed"),
        in_force("person_id", "persons"),
        in_force("lpa", "lpas", "code"),
        in_force("neighbourhood", "neighbourhoods", "code"),
        Index("uq_tasks_reference", "force", "reference", unique=True),
        Index(
            "uq_tasks_followed",
            "force",
            "source_type",
            "source_id",
            "occasion",
            unique=True,
            postgresql_where=text("follows_source AND state = 'open'"),
        ),
        Index("ix_tasks_due_at", "force", "due_at", "id", postgresql_where=_IS_OPEN),
        Index("ix_tasks_all_due_at", "force", "due_at", "id"),
        Index("ix_tasks_officer", "force", "owner_officer", "due_at", postgresql_where=_IS_OPEN),
        Index("ix_tasks_team", "force", "owner_team", "due_at", postgresql_where=_IS_OPEN),
        Index("ix_tasks_lpa", "force", "lpa", "due_at", postgresql_where=_IS_OPEN),
        Index("ix_tasks_subject", "force", "subject_id"),
        Index("ix_tasks_person_id", "force", "person_id"),
        Index(
            "ix_tasks_meeting",
            "force",
            "meeting_id",
            postgresql_where=text("meeting_id IS NOT NULL"),
        ),
    )


class TaskEntry(Base):
    """One entry of a task's log: what was done, when it happened and when it was stored."""

    __tablename__ = "task_entries"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    task_id: Mapped[UUID]
    kind: Mapped[String]
    occurred_at: Mapped[Moment]
    recorded_at: Mapped[Moment]
    actor: Mapped[String]
    meeting_id: Mapped[UUID | None]
    details: Mapped[Json]
    __table_args__ = (
        one_of("kind", ENTRY_KINDS),
        CheckConstraint("kind <> 'carried' OR meeting_id IS NOT NULL", name="carried_to_meeting"),
        in_force("task_id", "tasks"),
        Index("ix_task_entries_task_id", "force", "task_id", "occurred_at"),
        Index(
            "uq_task_entries_carried",
            "force",
            "meeting_id",
            "task_id",
            unique=True,
            postgresql_where=text("kind = 'carried'"),
        ),
    )


TASK_HISTORY = history_of(Task.__table__)
Index("ix_tasks_history_recorded_from", TASK_HISTORY.c.force, TASK_HISTORY.c.recorded_from)
