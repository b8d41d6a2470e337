"""Tables of bail: each release with or without bail, and its log."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.bail.cases import Outcome, Paused, State
from offenders.domain.bail.law import Agency, CaseType, Kind, Regime
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
from offenders.domain.wanted import models as wanted  # noqa: F401 - keys refer to its tables

ACTION_KINDS = (
    "entry",
    "amendment",
    "extension",
    "suspension",
    "conditions",
    "surrender",
    "failure",
    "breach",
    "lapse",
    "review",
    "handover",
    "closure",
)
List = Annotated[list[dict[str, Any]], mapped_column(JSONB, server_default="[]")]


class BailRecord(Base):
    """One release of one person after an arrest, with its limit and what became of it.

    `ends_on` is the last day of the applicable bail period, null while it is suspended and where
    the law sets none. `lpa` and `neighbourhood` are null where the record follows the person's
    address. `released_at` is since when the person is without bail. `extensions`, `suspensions`
    and `conditions` are kept whole, so that the history answers for them, too.
    """

    __tablename__ = "bail_records"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    person_id: Mapped[UUID]
    state: Mapped[String]
    kind: Mapped[String] = mapped_column(server_default=Kind.STATION)
    regime: Mapped[String]
    case_type: Mapped[String] = mapped_column(server_default=CaseType.STANDARD)
    agency: Mapped[OptionalString]
    arrested_at: Mapped[Moment]
    bailed_at: Mapped[Moment]
    offence_code: Mapped[OptionalString]
    crime_reference: Mapped[OptionalString]
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    owner_officer: Mapped[OptionalString]
    owner_team: Mapped[OptionalString]
    ends_on: Mapped[date | None]
    suspended_for: Mapped[OptionalString]
    return_at: Mapped[OptionalMoment]
    return_follows: Mapped[bool] = mapped_column(server_default=text("true"))
    because: Mapped[Json]
    conditions: Mapped[List]
    extensions: Mapped[List]
    suspensions: Mapped[List]
    want_id: Mapped[UUID | None]
    failed_at: Mapped[OptionalMoment]
    answered_at: Mapped[OptionalMoment]
    released_at: Mapped[OptionalMoment]
    has_lapsed: Mapped[bool] = mapped_column(server_default=text("false"))
    last_reviewed_at: Mapped[OptionalMoment]
    last_inspector_review_at: Mapped[OptionalMoment]
    review_due_at: Mapped[OptionalMoment]
    inspector_review_due_at: Mapped[OptionalMoment]
    outcome: Mapped[OptionalString]
    outcome_at: Mapped[OptionalMoment]
    outcome_reason: Mapped[OptionalString]
    recorded_by: Mapped[String]
    version: Mapped[int] = mapped_column()
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("state", State),
        one_of("kind", Kind),
        one_of("regime", Regime),
        one_of("case_type", CaseType),
        one_of("agency", Agency),
        one_of("suspended_for", Paused),
        one_of("outcome", Outcome),
        CheckConstraint("num_nonnulls(owner_officer, owner_team) = 1", name="one_owner"),
        CheckConstraint("bailed_at >= arrested_at", name="released_after_arrest"),
        CheckConstraint("(state = 'closed') = (outcome IS NOT NULL)", name="end_has_outcome"),
        CheckConstraint(
            "(state = 'released_without_bail') <= (released_at IS NOT NULL)",
            name="release_has_moment",
        ),
        CheckConstraint(
            "state <> 'failed_to_answer' OR (want_id IS NOT NULL AND failed_at IS NOT NULL)",
            name="failure_has_want",
        ),
        in_force("person_id", "persons"),
        in_force("neighbourhood", "neighbourhoods", "code"),
        in_force("lpa", "lpas", "code"),
        in_force("want_id", "wants"),
        Index("uq_bail_records_reference", "force", "reference", unique=True),
        Index(
            "uq_bail_records_arrest",
            "force",
            "person_id",
            "arrested_at",
            "crime_reference",
            "offence_code",
            unique=True,
            postgresql_where=text("outcome IS DISTINCT FROM 'entered_in_error'"),
            postgresql_nulls_not_distinct=True,
        ),
        Index("ix_bail_records_state", "force", "state", "ends_on"),
        Index(
            "ix_bail_records_want_id",
            "force",
            "want_id",
            postgresql_where=text("want_id IS NOT NULL"),
        ),
    )


class BailAction(LogEntry):
    """One entry of a record's log: what was done, when it happened and when it was stored."""

    __tablename__ = "bail_actions"
    of = "bail_id"
    bail_id: Mapped[UUID]
    __table_args__ = (
        one_of("kind", ACTION_KINDS),
        in_force("bail_id", "bail_records"),
        Index("ix_bail_actions_bail_id", "force", "bail_id", "occurred_at"),
    )


BAIL_HISTORY = history_of(BailRecord.__table__)
