"""Tables of MAPPA: cases with their levels and log."""

from __future__ import annotations

from datetime import date
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
    Strings,
    in_force,
    one_of,
)
from offenders.domain.history import history_of
from offenders.domain.logs import LogEntry
from offenders.domain.mappa import part_models  # noqa: F401 - what hangs on a case
from offenders.domain.mappa.part_models import among
from offenders.domain.mappa.rules import (
    CATEGORIES,
    LEVELS,
    Disposal,
    Exit,
    Kind,
    Risk,
    Stage,
    State,
    StateReason,
)
from offenders.domain.persons import models as persons  # noqa: F401 - keys refer to its tables

ENTRY_KINDS = (
    "referral",
    "decision",
    "entry",
    "amendment",
    "handover",
    "level",
    "state",
    "return_to_custody",
    "meeting",
    "minutes",
    "risk_plan",
    "sign_off",
    "action",
    "action_end",
    "local_summary",
    "withdrawal",
    "further_offence",
    "case_review",
    "exit",
)


class MappaCase(Base):
    """One person under the arrangements, from referral or entry until their management ends.

    `owner_officer` is the named police lead, whoever leads the case; `attendee` is who goes to
    its meetings. `lpa` and `neighbourhood` are null where the case follows the person's address.
    `unconfirmed` names the facts without which category or level are not shown to be right.
    """

    __tablename__ = "mappa_cases"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    person_id: Mapped[UUID]
    kind: Mapped[String]
    stage: Mapped[String]
    category: Mapped[int | None]
    level: Mapped[int | None]
    level_since: Mapped[OptionalMoment]
    criteria: Mapped[Strings]
    unconfirmed: Mapped[Strings]
    risk: Mapped[OptionalString]
    state: Mapped[String]
    state_since: Mapped[OptionalMoment]
    state_reason: Mapped[OptionalString]
    lead_agency: Mapped[String]
    agencies: Mapped[Strings]
    owner_officer: Mapped[OptionalString]
    owner_team: Mapped[OptionalString]
    attendee: Mapped[OptionalString]
    lpa: Mapped[OptionalString]
    neighbourhood: Mapped[OptionalString]
    disposal: Mapped[OptionalString]
    sentence_months: Mapped[int | None]
    offence_code: Mapped[OptionalString]
    grounds: Mapped[OptionalString]
    authorised_by: Mapped[OptionalString]
    referred_at: Mapped[OptionalMoment]
    referring_agency: Mapped[OptionalString]
    referral_reason: Mapped[OptionalString]
    decided_at: Mapped[OptionalMoment]
    decided_by: Mapped[OptionalString]
    decision_reason: Mapped[OptionalString]
    started_on: Mapped[date | None]
    ended_at: Mapped[OptionalMoment]
    exit_reason: Mapped[OptionalString]
    exit_note: Mapped[OptionalString]
    last_meeting_at: Mapped[OptionalMoment]
    meeting_due_at: Mapped[OptionalMoment]
    recorded_by: Mapped[String]
    version: Mapped[int] = mapped_column()
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("kind", Kind),
        one_of("stage", Stage),
        among("category", CATEGORIES),
        among("level", LEVELS),
        one_of("risk", Risk),
        one_of("state", State),
        one_of("state_reason", StateReason),
        one_of("disposal", Disposal),
        one_of("exit_reason", Exit),
        CheckConstraint("num_nonnulls(owner_officer, owner_team) = 1", name="one_owner"),
        CheckConstraint(
            "stage NOT IN ('open', 'closed')"
            " OR (num_nulls(level, level_since, started_on) = 0"
            " AND (kind = 'mappa') = (category IS NOT NULL))",
            name="case_has_level",
        ),
        CheckConstraint(
            "(stage = 'closed') = (exit_reason IS NOT NULL AND ended_at IS NOT NULL)",
            name="end_has_reason",
        ),
        CheckConstraint(
            "stage <> 'refused' OR (decided_at IS NOT NULL AND decision_reason IS NOT NULL)",
            name="refusal_has_reason",
        ),
        CheckConstraint(
            "stage <> 'referred' OR referral_reason IS NOT NULL", name="referral_has_reason"
        ),
        in_force("person_id", "persons"),
        in_force("lpa", "lpas", "code"),
        in_force("neighbourhood", "neighbourhoods", "code"),
        Index("uq_mappa_cases_reference", "force", "reference", unique=True),
        Index(
            "uq_mappa_cases_open",
            "force",
            "person_id",
            "kind",
            unique=True,
            postgresql_where=text("stage IN ('referred', 'open')"),
        ),
        Index("ix_mappa_cases_person_id", "force", "person_id"),
        Index(
            "ix_mappa_cases_neighbourhood",
            "force",
            "neighbourhood",
            postgresql_where=text("neighbourhood IS NOT NULL"),
        ),
        Index("ix_mappa_cases_stage", "force", "stage", "meeting_due_at"),
        Index(
            "ix_mappa_cases_owner_officer",
            "force",
            "owner_officer",
            postgresql_where=text("stage = 'open'"),
        ),
    )


class MappaLevel(Base):
    """That a case had a category and level from one moment until another, or until now."""

    __tablename__ = "mappa_levels"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    case_id: Mapped[UUID]
    category: Mapped[int | None]
    level: Mapped[int]
    from_at: Mapped[Moment]
    until_at: Mapped[OptionalMoment]
    risk: Mapped[OptionalString]
    criteria: Mapped[Strings]
    reason: Mapped[OptionalString]
    actor: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        among("category", CATEGORIES),
        among("level", LEVELS),
        CheckConstraint("until_at >= from_at", name="ends_after_it_begins"),
        in_force("case_id", "mappa_cases"),
        Index("ix_mappa_levels_case_id", "force", "case_id", "from_at"),
        Index(
            "uq_mappa_levels_current",
            "force",
            "case_id",
            unique=True,
            postgresql_where=text("until_at IS NULL"),
        ),
    )


class MappaEntry(LogEntry):
    """One entry of a case's log, with the category and level that it then had."""

    __tablename__ = "mappa_entries"
    of = "case_id"
    case_id: Mapped[UUID]
    category: Mapped[int | None]
    level: Mapped[int | None]
    __table_args__ = (
        one_of("kind", ENTRY_KINDS),
        in_force("case_id", "mappa_cases"),
        Index("ix_mappa_entries_case_id", "force", "case_id", "occurred_at"),
        Index("ix_mappa_entries_kind", "force", "kind", "occurred_at"),
    )


CASE_HISTORY = history_of(MappaCase.__table__)
