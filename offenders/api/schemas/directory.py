"""Payloads of officers, teams and populations."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from offenders.api.schemas.fields import Day, PageQuery, Text, Truth, code, name, one_of
from offenders.domain.reference.populations import AREA_TYPES, RESIDENTS

FIRST_YEAR, LAST_YEAR = 1961, 2100
MOST_PEOPLE = 100_000_000


class _EntriesQuery(PageQuery):
    """What both registers take."""

    is_active = Truth(metadata={"description": "Serving today, or left or closed."})
    is_confirmed = Truth(
        metadata={"description": "Named by the force, or on the register by first use only."}
    )


class OfficersQuery(_EntriesQuery):
    """Officers by collar number."""

    team = code()


class TeamsQuery(_EntriesQuery):
    """Teams by code."""

    lpa = code()


def _ends_after(data: dict[str, Any], end: str) -> None:
    if data.get("from_on") and data.get(f"{end}_on") and data[f"{end}_on"] < data["from_on"]:
        raise ValidationError({end: ["Send a day not before `from`."]})


class OfficerBody(Schema):
    """An officer as the force's own system knows them; their name is not held here."""

    rank = name(allow_none=True)
    team = code(allow_none=True)
    from_on = Day(data_key="from", allow_none=True)
    left_on = Day(
        data_key="left", allow_none=True, metadata={"description": "The last day of service."}
    )

    @validates_schema
    def check_days(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Refuse an end before the beginning."""
        _ends_after(data, "left")


class TeamBody(Schema):
    """A team or duty queue as the force names it."""

    name = name(allow_none=True)
    lpa = code(allow_none=True)
    from_on = Day(data_key="from", allow_none=True)
    closed_on = Day(
        data_key="closed", allow_none=True, metadata={"description": "The last day it worked."}
    )

    @validates_schema
    def check_days(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Refuse an end before the beginning."""
        _ends_after(data, "closed")


class _EntryAnswer(Schema):
    """What both registers say of an entry."""

    force = fields.String()
    code = fields.String()
    is_confirmed = fields.Boolean()
    is_active = fields.Boolean()
    wanted_href = fields.String()
    version = fields.Integer()


class OfficerAnswer(_EntryAnswer, OfficerBody):
    """An officer."""


class TeamAnswer(_EntryAnswer, TeamBody):
    """A team."""


class PopulationsQuery(PageQuery):
    """Populations of the force and its areas."""

    area_type = one_of(AREA_TYPES)
    area = code()


class PopulationBody(Schema):
    """A population with its source, e.g. ONS mid-year estimates."""

    population = fields.Integer(required=True, strict=True, validate=validate.Range(1, MOST_PEOPLE))
    source = Text(500, shortest=1, required=True)
    group = Text(
        60,
        shortest=1,
        load_default=RESIDENTS,
        metadata={"description": "Who is counted; rates use `resident`."},
    )
