"""Payloads of command: the view of the force, the supervisor pack, dip samples."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from offenders.api.schemas.fields import (
    AsAt,
    AsAtQuery,
    Day,
    Moment,
    PageQuery,
    Text,
    code,
    one_of,
    prose,
)
from offenders.domain.command.service import (
    GROUPS,
    MEASURES,
    MOST_OFFICERS,
    OFFICERS,
    PERIOD_DAYS,
    WEEKS,
    Mark,
    MarkQuestion,
)
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


class _PackFilters(AsAtQuery):
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


class PackQuery(_PackFilters):
    """The same, and which officers of a team that has more than fit into one answer."""

    limit = fields.Integer(
        strict=False,
        validate=validate.Range(1, MOST_OFFICERS, error=f"Send 1 to {MOST_OFFICERS}."),
        metadata={"description": f"Officers of a team, {OFFICERS} unless told."},
    )
    officers_after = code(metadata={"description": "The code of the last one given before."})


class PackRecordsQuery(_PackFilters, PageQuery):
    """Which figure's records."""

    measure = one_of(MEASURES, required=True)


class SupervisorPackAnswer(Schema):
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


_SEED = {"description": "What the draw goes by; one that nobody has chosen unless told."}


class DrawQuery(AsAtQuery):
    """Of which LPA and moment to draw, and by which seed."""

    force = Text(2)
    lpa = code(metadata={"description": "The whole force unless told."})
    seed = code(metadata=_SEED)


class DrawBody(Schema):
    """The same, of a sample to be kept and marked."""

    lpa = code(metadata={"description": "The whole force unless told."})
    seed = code(metadata=_SEED)
    as_at = AsAt(metadata={"description": "The last settled moment unless told."})


class SamplesQuery(PageQuery):
    """Filters of the list of samples."""

    force = Text(2)
    lpa = code(metadata={"description": "`none`: of the whole force."})


class MarkBody(Schema):
    """How one file is marked: each question, and why."""

    position = fields.Integer(strict=True, required=True, validate=validate.Range(1))
    answers = fields.Dict(
        keys=one_of(MarkQuestion),
        values=one_of(Mark),
        required=True,
        metadata={"description": f"All of {', '.join(MarkQuestion)}."},
    )
    notes = prose(allow_none=True)

    @validates_schema
    def check_answers(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Refuse a file of which a question is left open."""
        if missing := [each for each in MarkQuestion if each not in data.get("answers", {})]:
            raise ValidationError({"answers": [f"Answer {', '.join(missing)}, too."]})


class DrawAnswer(Schema):
    """The files drawn, with what the record of each answers by itself."""

    as_at = Moment()
    force = fields.String()
    lpa = fields.String(allow_none=True)
    seed = fields.String()
    label = fields.String(metadata={"description": "What so small a sample can say."})
    definitions = fields.Integer()
    figures = fields.Dict(metadata={"description": "Files of each list; from how many it fails."})
    populations = fields.Dict(metadata={"description": "How many files each list held."})
    files = fields.List(fields.Dict())


class SampleAnswer(Schema):
    """A kept sample, its result so far, and those of the same area before it."""

    id = fields.String()
    reference = fields.String()
    lpa = fields.String(allow_none=True)
    seed = fields.String()
    label = fields.String()
    figures = fields.Dict()
    populations = fields.Dict()
    drawn_by = fields.String()
    drawn_at = Moment()
    as_at = Moment()
    file_count = fields.Integer()
    marked = fields.Integer()
    unsatisfactory = fields.Integer()
    fails_from = fields.Integer()
    result = fields.String()
    unsatisfactory_by_question = fields.Dict()
    version = fields.Integer()
    files = fields.List(fields.Dict())
    trend = fields.List(fields.Dict())
