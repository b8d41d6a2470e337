"""Tables of codes (no force) and of a force's own areas, officers, teams and policies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import UserDefinedType

from offenders.db import Base
from offenders.domain.columns import (
    ForceKey,
    IdKey,
    Moment,
    OptionalString,
    String,
    Strings,
    in_force,
    one_of,
)
from offenders.domain.history import history_of


class Polygon(UserDefinedType[str]):
    """PostgreSQL's own polygon type, written as ((x,y),…)."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        """Name the type in DDL."""
        return "polygon"


class Force(Base):
    """A police force or other body that holds a PNC/CJS force code."""

    __tablename__ = "forces"
    code: Mapped[String] = mapped_column(primary_key=True)
    name: Mapped[String]
    short_name: Mapped[String]
    kind: Mapped[String]
    region: Mapped[OptionalString]
    __table_args__ = (
        CheckConstraint("code ~ '^[0-9]{2}$'", name="code_two_digits"),
        one_of("kind", ["territorial", "non_territorial"]),
    )


class Offence(Base):
    """A CJS offence code with its category and whether it is recordable on PNC."""

    __tablename__ = "offences"
    code: Mapped[String] = mapped_column(primary_key=True)
    category: Mapped[String]
    title: Mapped[String]
    recordable: Mapped[bool]


class CodeEntry(Base):
    """A code of a small list: countries, ethnicity, sex, warning markers, order types, agencies."""

    __tablename__ = "code_entries"
    list: Mapped[String] = mapped_column(primary_key=True)
    code: Mapped[String] = mapped_column(primary_key=True)
    name: Mapped[String]
    verified: Mapped[bool] = mapped_column(server_default=text("true"))
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    source: Mapped[OptionalString]


class DefaultFigure(Base):
    """A figure of the law or a product default, for every force that has set none."""

    __tablename__ = "default_figures"
    rule: Mapped[String] = mapped_column(primary_key=True)
    applies_to: Mapped[String] = mapped_column(primary_key=True)
    from_on: Mapped[date] = mapped_column(primary_key=True)
    to_on: Mapped[date | None]
    figure: Mapped[Decimal]
    unit: Mapped[String]
    watches: Mapped[String]
    severity: Mapped[String]
    source: Mapped[String]
    citation: Mapped[OptionalString]
    confidence: Mapped[String]
    __table_args__ = (one_of("confidence", ["H", "M", "L"]),)


class OrderType(Base):
    """What the law says of one type of order, for orders made from a day until another.

    `variant` tells rows of one type apart by age (`adult`, `under_18`) or sentence
    (`with_custody`, `without_custody`). `areas` are the force codes of a pilot, or
    `force:area` where it covers a part of a force only; empty everywhere. `minimum` and
    `maximum` count in `unit` (`days`, `months`) from the day on which the order is made.
    """

    __tablename__ = "order_types"
    code: Mapped[String] = mapped_column(primary_key=True)
    variant: Mapped[String] = mapped_column(primary_key=True)
    from_on: Mapped[date] = mapped_column(primary_key=True)
    to_on: Mapped[date | None]
    areas: Mapped[Strings]
    applicant: Mapped[String]
    authority: Mapped[String]
    least_age: Mapped[int | None]
    least_rank: Mapped[OptionalString]
    minimum: Mapped[int | None]
    maximum: Mapped[int | None]
    unit: Mapped[String]
    open_ended: Mapped[bool]
    has_interim: Mapped[bool]
    travel_months: Mapped[int | None]
    monitoring_months: Mapped[int | None]
    hearing_hours: Mapped[int | None]
    review: Mapped[OptionalString]
    review_months: Mapped[int | None]
    review_citation: Mapped[OptionalString]
    breach_offence_code: Mapped[OptionalString]
    breach_maximum: Mapped[OptionalString]
    citation: Mapped[String]
    length_citation: Mapped[String]
    area_citation: Mapped[String]
    confidence: Mapped[String]
    source: Mapped[String]
    __table_args__ = (
        one_of("confidence", ["H", "M", "L"]),
        one_of("unit", ["days", "months"]),
        one_of("variant", ["all", "adult", "under_18", "with_custody", "without_custody"]),
        one_of("review", ["every", "first_year"]),
        CheckConstraint("maximum >= minimum", name="maximum_not_below_minimum"),
        CheckConstraint("to_on >= from_on", name="to_not_before_from"),
    )


class Policy(Base):
    """A force's own figure for a rule, in force from a day until another follows."""

    __tablename__ = "policies"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    rule: Mapped[String]
    applies_to: Mapped[String]
    figure: Mapped[Decimal]
    from_on: Mapped[date]
    to_on: Mapped[date | None]
    source: Mapped[String]
    set_by: Mapped[String]
    recorded_at: Mapped[Moment]
    __table_args__ = (
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="to_not_before_from"),
        Index("ix_policies_rule", "force", "rule", "applies_to", "from_on"),
    )


class LocalPolicingArea(Base):
    """A local policing area (LPA) of a force."""

    __tablename__ = "lpas"
    force: Mapped[ForceKey]
    code: Mapped[String] = mapped_column(primary_key=True)
    name: Mapped[String]


class Neighbourhood(Base):
    """A neighbourhood: in the demonstration force a ward, inside one LPA."""

    __tablename__ = "neighbourhoods"
    force: Mapped[ForceKey]
    code: Mapped[String] = mapped_column(primary_key=True)
    name: Mapped[String]
    lpa: Mapped[String]
    geometry: Mapped[dict[str, object] | None] = mapped_column(JSONB)
    __table_args__ = (in_force("lpa", "lpas", "code"),)


class NeighbourhoodRing(Base):
    """One ring of a neighbourhood's boundary; a hole takes its inside out again."""

    __tablename__ = "neighbourhood_rings"
    force: Mapped[ForceKey]
    id: Mapped[IdKey]
    neighbourhood: Mapped[String]
    is_hole: Mapped[bool]
    ring: Mapped[str] = mapped_column(Polygon())
    __table_args__ = (
        in_force("neighbourhood", "neighbourhoods", "code"),
        Index("ix_neighbourhood_rings_neighbourhood", "force", "neighbourhood"),
    )


class Team(Base):
    """A team or duty queue by code, registered on first use; confirmed once the force names it."""

    __tablename__ = "teams"
    force: Mapped[ForceKey]
    code: Mapped[String] = mapped_column(primary_key=True)
    recorded_at: Mapped[Moment]
    name: Mapped[OptionalString]
    lpa: Mapped[OptionalString]
    from_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    is_confirmed: Mapped[bool] = mapped_column(server_default=text("false"))
    version: Mapped[int] = mapped_column(server_default="1")
    __table_args__ = (
        CheckConstraint("closed_on >= from_on", name="ends_after_it_begins"),
        in_force("lpa", "lpas", "code"),
    )


class Officer(Base):
    """An officer by collar number, registered on first use; confirmed once the force names them.

    `left_on` is the last day of service.
    """

    __tablename__ = "officers"
    force: Mapped[ForceKey]
    code: Mapped[String] = mapped_column(primary_key=True)
    recorded_at: Mapped[Moment]
    rank: Mapped[OptionalString]
    team: Mapped[OptionalString]
    from_on: Mapped[date | None]
    left_on: Mapped[date | None]
    is_confirmed: Mapped[bool] = mapped_column(server_default=text("false"))
    version: Mapped[int] = mapped_column(server_default="1")
    __table_args__ = (
        CheckConstraint("left_on >= from_on", name="ends_after_it_begins"),
        in_force("team", "teams", "code"),
    )


OFFICER_HISTORY = history_of(Officer.__table__, key="code")


class Population(Base):
    """How many people live in an area, as an official source puts it for a year.

    Rows are only added: a correction is a later row, so a rate once given can be given again.
    """

    __tablename__ = "populations"
    force: Mapped[ForceKey]
    area_type: Mapped[String] = mapped_column(primary_key=True)
    area: Mapped[String] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    group: Mapped[String] = mapped_column(primary_key=True)
    recorded_at: Mapped[Moment] = mapped_column(primary_key=True)
    population: Mapped[int]
    source: Mapped[String]
    recorded_by: Mapped[String]
    __table_args__ = (
        one_of("area_type", ["force", "lpa", "neighbourhood"]),
        CheckConstraint("population > 0", name="somebody"),
    )


class Installation(Base):
    """Facts about this installation, e.g. that its data is made up."""

    __tablename__ = "installation"
    name: Mapped[String] = mapped_column(primary_key=True)
    value: Mapped[String]
