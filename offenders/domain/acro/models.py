"""Tables of foreign-conviction checks, their history, and the convictions that they found."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from offenders.db import Base
from offenders.domain.acro.rules import Channel, Response, State
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


class AcroCheck(Base):
    """The check of one detained person's convictions in one country.

    `request_due_at` counts from `detained_at`, `reply_due_at` from `requested_at`, both by the
    figures in force. `recorded_by` is who required it; `message_id` is the last message sent.
    """

    __tablename__ = "acro_checks"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    detention_id: Mapped[UUID]
    person_id: Mapped[UUID]
    lpa: Mapped[OptionalString]
    country: Mapped[String]
    channel: Mapped[String]
    state: Mapped[String] = mapped_column(server_default="required")
    detained_at: Mapped[Moment]
    request_due_at: Mapped[Moment]
    requested_at: Mapped[OptionalMoment]
    requested_by: Mapped[OptionalString]
    reply_due_at: Mapped[OptionalMoment]
    chased_at: Mapped[OptionalMoment]
    chases: Mapped[int] = mapped_column(server_default="0")
    message_id: Mapped[UUID | None]
    response: Mapped[OptionalString]
    responded_at: Mapped[OptionalMoment]
    response_summary: Mapped[OptionalString]
    assessed_at: Mapped[OptionalMoment]
    assessed_by: Mapped[OptionalString]
    assessment: Mapped[Json]
    not_possible_because: Mapped[OptionalString]
    recorded_by: Mapped[String]
    version: Mapped[int] = mapped_column(server_default="1")
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("channel", Channel),
        one_of("state", State),
        one_of("response", Response),
        CheckConstraint(
            "state NOT IN ('requested', 'responded', 'assessed')"
            " OR (requested_at IS NOT NULL AND reply_due_at IS NOT NULL)",
            name="requested_has_moment",
        ),
        CheckConstraint(
            "state NOT IN ('responded', 'assessed')"
            " OR (response IS NOT NULL AND responded_at IS NOT NULL)",
            name="answered_has_response",
        ),
        CheckConstraint("responded_at >= requested_at", name="answered_after_request"),
        CheckConstraint("(state = 'assessed') = (assessed_at IS NOT NULL)", name="assessed_at"),
        CheckConstraint(
            "(state = 'not_possible') = (not_possible_because IS NOT NULL)",
            name="not_possible_has_reason",
        ),
        in_force("detention_id", "detentions"),
        in_force("person_id", "persons"),
        in_force("lpa", "lpas", "code"),
        Index("uq_acro_checks_reference", "force", "reference", unique=True),
        Index("uq_acro_checks_country", "force", "detention_id", "country", unique=True),
        Index("ix_acro_checks_detained_at", "force", "detained_at", "id"),
        Index("ix_acro_checks_person_id", "force", "person_id"),
        Index(
            "ix_acro_checks_required",
            "force",
            "request_due_at",
            "id",
            postgresql_where=text("state = 'required'"),
        ),
        Index(
            "ix_acro_checks_requested",
            "force",
            "reply_due_at",
            "id",
            postgresql_where=text("state = 'requested'"),
        ),
        Index(
            "ix_acro_checks_to_assess",
            "force",
            "responded_at",
            "id",
            postgresql_where=text("state = 'responded' AND response IN ('trace', 'partial')"),
        ),
    )


class AcroConviction(Base):
    """One foreign conviction that a check has found, as the other country tells it."""

    __tablename__ = "acro_convictions"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    check_id: Mapped[UUID]
    person_id: Mapped[UUID]
    offence: Mapped[String]
    offence_code: Mapped[OptionalString]
    convicted_on: Mapped[date | None]
    court: Mapped[OptionalString]
    sentence: Mapped[OptionalString]
    recorded_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        in_force("check_id", "acro_checks"),
        in_force("person_id", "persons"),
        Index("ix_acro_convictions_check_id", "force", "check_id"),
        Index("ix_acro_convictions_person_id", "force", "person_id"),
    )


ACRO_CHECK_HISTORY = history_of(AcroCheck.__table__)
Index(
    "ix_acro_checks_history_detained_at",
    ACRO_CHECK_HISTORY.c.force,
    ACRO_CHECK_HISTORY.c.detained_at,
    ACRO_CHECK_HISTORY.c.id,
)
