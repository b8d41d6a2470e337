"""Tables of custody: detentions with their history, and the wants put to the custody officer."""

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
    Strings,
    in_force,
    one_of,
)
from offenders.domain.custody.rules import Disposal, Put
from offenders.domain.history import history_of
from offenders.domain.wanted import models as wanted  # noqa: F401 - keys refer to its tables


class Detention(Base):
    """One person's detention after one arrest, as the custody record tells it.

    `offences` are CJS codes in the order given. `countries` are those outside the United Kingdom
    that nationality, stated, evidenced or recorded for the person, names: each needs its foreign
    conviction check. `recorded_by` is who sent it; a client sees what it sent.
    """

    __tablename__ = "detentions"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    reference: Mapped[String]
    person_id: Mapped[UUID]
    custody_number: Mapped[String]
    arrested_at: Mapped[Moment]
    arrest_place: Mapped[OptionalString]
    station: Mapped[OptionalString]
    offences: Mapped[Strings]
    arresting_officer: Mapped[OptionalString]
    nationality_stated: Mapped[OptionalString]
    nationality_evidenced: Mapped[OptionalString]
    countries: Mapped[Strings]
    foreign_national: Mapped[bool] = mapped_column(server_default=text("false"))
    nationality_unknown: Mapped[bool] = mapped_column(server_default=text("false"))
    pnc_checked: Mapped[bool] = mapped_column(server_default=text("false"))
    lpa: Mapped[OptionalString]
    released_at: Mapped[OptionalMoment]
    disposal: Mapped[OptionalString]
    recorded_by: Mapped[String]
    version: Mapped[int] = mapped_column()
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __mapper_args__ = {"version_id_col": version, "version_id_generator": False}  # noqa: RUF012
    __table_args__ = (
        one_of("disposal", Disposal),
        CheckConstraint("released_at >= arrested_at", name="released_after_arrest"),
        CheckConstraint("disposal IS NULL OR released_at IS NOT NULL", name="disposal_of_released"),
        CheckConstraint("foreign_national = (countries <> '{}')", name="foreign_by_country"),
        CheckConstraint("NOT (foreign_national AND nationality_unknown)", name="known_or_not"),
        in_force("person_id", "persons"),
        in_force("lpa", "lpas", "code"),
        Index("uq_detentions_reference", "force", "reference", unique=True),
        Index("uq_detentions_custody_number", "force", "custody_number", unique=True),
        Index("ix_detentions_arrested_at", "force", "arrested_at", "id"),
        Index("ix_detentions_person_id", "force", "person_id", "arrested_at"),
        Index(
            "ix_detentions_foreign",
            "force",
            "arrested_at",
            "id",
            postgresql_where=text("foreign_national"),
        ),
        Index(
            "ix_detentions_unknown",
            "force",
            "arrested_at",
            "id",
            postgresql_where=text("nationality_unknown"),
        ),
        Index(
            "ix_detentions_unchecked",
            "force",
            "arrested_at",
            "id",
            postgresql_where=text("NOT pnc_checked"),
        ),
    )


class DetentionWant(Base):
    """A want of the detained person: put to the custody officer, or closed by the detention."""

    __tablename__ = "detention_wants"
    force: Mapped[ForceKey]
    detention_id: Mapped[UUID] = mapped_column(primary_key=True)
    want_id: Mapped[UUID] = mapped_column(primary_key=True)
    put: Mapped[String]
    recorded_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    __table_args__ = (
        one_of("put", Put),
        in_force("detention_id", "detentions"),
        in_force("want_id", "wants"),
        Index("ix_detention_wants_want_id", "force", "want_id"),
    )


DETENTION_HISTORY = history_of(Detention.__table__)
Index(
    "ix_detentions_history_arrested_at",
    DETENTION_HISTORY.c.force,
    DETENTION_HISTORY.c.arrested_at,
    DETENTION_HISTORY.c.id,
)
