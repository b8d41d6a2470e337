"""Payloads of command: the view of the force, the supervisor pack, dip samples."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from offenders.api.schemas.fields import AsAtQuery, Day, Moment, PageQuery, Text, code, one_of
from offenders.domain.command.service import GROUPS, MEASURES, PERIOD_DAYS, WEEKS
from offenders.domain.reports.service import PERIODS_LIMIT


class CommandQuery(AsAtQuery):
    """An area, a moment, what rows are by, and how many weeks of trend."""

    force = Text(2)
    lpa = code()
    group_by = one_of(
        GROUPS,
        metadata={"description": "LPAs, or the neighbourhoods of the LPA asked, unless told."},
    )
    weeks = fields.Integer(
        strict=False,
        load_default=WEEKS,
        validate=validate.Range(0, PERIODS_LIMIT, error=f"Send 0 to {PERIODS_LIMIT}."),
        metadata={"description": f"Whole weeks of trend, {WEEKS} unless told."},
    )


class CommandAnswer(Schema):
    """The view of a moment; what can't be known says `no_data`."""

    as_at = Moment()
    force = fields.String()
    area = fields.Dict()
    group_by = fields.String()
    definitions = fields.Integer(metadata={"description": "Counted up when a meaning changes."})
    first_recorded_at = Moment(allow_none=True)
    total = fields.Dict(metadata={"description": "People and crimes of several areas once."})
    areas = fields.List(fields.Dict())


class PackQuery(AsAtQuery):
    """An area, a team or an officer; the period, and the moment of what is open."""

    force = Text(2)
    lpa = code()
    team = code(metadata={"description": "`none`: owners who are in no team."})
    officer = code(metadata={"description": "`none`: what a team owns itself."})
    from_on = Day(
        data_key="from", metadata={"description": f"{PERIOD_DAYS} days by `to` unless told."}
    )
    to_on = Day(data_key="to", metadata={"description": "The day of `as_at` unless told."})

    @validates_schema
    def check_days(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Refuse an end before the beginning."""
        if "from_on" in data and "to_on" in data and data["to_on"] < data["from_on"]:
            raise ValidationError({"to": ["Send a day not before `from`."]})


class PackRecordsQuery(PackQuery, PageQuery):
    """Which figure's records."""

    measure = one_of(MEASURES, required=True)


class PackAnswer(Schema):
    """The pack: all measures of the whole, of each team, and of officers where asked."""

    as_at = Moment()
    from_on = Day(data_key="from")
    to_on = Day(data_key="to")
    force = fields.String()
    area = fields.Dict()
    definitions = fields.Integer(metadata={"description": "Counted up when a meaning changes."})
    figures = fields.Dict(metadata={"description": "The figures in force, with their source."})
    order = fields.String()
    pairs = fields.Dict(metadata={"description": "Each volume, and what says how well."})
    total = fields.Dict()
    teams = fields.List(fields.Dict())
