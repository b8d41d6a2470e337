"""Tables of what PNC holds of the force: its circulations as last received, and full extracts."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import Index, text
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
from offenders.domain.pnc.rules import ReportType
from offenders.domain.wanted import models as wanted  # noqa: F401 - keys refer to its tables


class PncCirculation(Base):
    """One circulation of the force as PNC last told it; `gone_at` once PNC no longer holds it.

    `pnc_id` and `cro_number` are valid or null; what can't be right stands in the raw columns
    and is never matched. `offence_code` and `report_type` are null where the code sent is not
    known. The keys are the name as `names.normalise` makes it comparable. `person_id` is set
    where the sender named the person; whom identifiers name is found when it is asked for.
    """

    __tablename__ = "pnc_circulations"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    source_ref: Mapped[String]
    pnc_reference: Mapped[OptionalString]
    person_id: Mapped[UUID | None]
    family_name: Mapped[OptionalString]
    given_names: Mapped[OptionalString]
    family_key: Mapped[OptionalString]
    given_key: Mapped[OptionalString]
    date_of_birth: Mapped[date | None]
    sex: Mapped[OptionalString]
    pnc_id: Mapped[OptionalString]
    pnc_id_raw: Mapped[OptionalString]
    cro_number: Mapped[OptionalString]
    cro_number_raw: Mapped[OptionalString]
    offence_code: Mapped[OptionalString]
    offence_code_raw: Mapped[OptionalString]
    report_type: Mapped[OptionalString]
    report_type_raw: Mapped[OptionalString]
    is_wanted: Mapped[bool] = mapped_column(server_default=text("true"))
    circulated_at: Mapped[OptionalMoment]
    first_received_at: Mapped[Moment]
    received_at: Mapped[Moment]
    seen_at: Mapped[Moment]
    import_id: Mapped[UUID]
    gone_at: Mapped[OptionalMoment]
    __table_args__ = (
        one_of("report_type", ReportType),
        in_force("person_id", "persons"),
        Index("uq_pnc_circulations_source_ref", "force", "source_ref", unique=True),
        Index("ix_pnc_circulations_pnc_reference", "force", "pnc_reference"),
    )


class PncExtract(Base):
    """A full extract that was received: what it lacked, PNC did not hold at that moment."""

    __tablename__ = "pnc_extracts"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    received_at: Mapped[Moment]
    circulations: Mapped[int]
    __table_args__ = (Index("ix_pnc_extracts_received_at", "force", "received_at"),)
