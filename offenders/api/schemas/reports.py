"""Payloads of reports."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from offenders.api.schemas.fields import AsAtQuery, Day, Days, Moment, Text, Truth, code, one_of
from offenders.domain.reports.service import PERIODS, PERIODS_LIMIT
from offenders.domain.wanted.rules import Basis, Circulation, Reason, Risk


class OutstandingQuery(AsAtQuery, Days):
    """An area, a moment, and which wants; the trend and the period of arrests."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    reason = one_of(Reason)
    basis = one_of([*Basis, "none"])
    risk = one_of(Risk)
    circulation = one_of(Circulation)
    domestic_abuse = Truth()
    owner = code()
    team = code()
    interval = one_of(
        ["week", "month"],
        load_default="month",
        metadata={"description": "What the trend goes by: ends of London weeks or months."},
    )
    periods = fields.Integer(
        strict=False,
        load_default=PERIODS,
        validate=validate.Range(0, PERIODS_LIMIT, error=f"Send 0 to {PERIODS_LIMIT}."),
        metadata={"description": f"How many whole weeks or months, {PERIODS} unless told."},
    )
    from_on = Day(
        data_key="from",
        metadata={"description": "First day of the period of arrests; a year unless told."},
    )
    to_on = Day(data_key="to", metadata={"description": "Its last day; that of as_at unless told."})


class OutstandingAnswer(Schema):
    """The report of a moment; a part that can't be known says `no_data`."""

    as_at = Moment()
    force = fields.String()
    area = fields.Dict()
    definitions = fields.Integer(metadata={"description": "Counted up when a meaning changes."})
    first_recorded_at = Moment(allow_none=True)
    outstanding = fields.Raw()
    headline = fields.Raw()
    rates = fields.Raw()
    by_reason = fields.Raw()
    by_risk = fields.Raw()
    by_circulation = fields.Raw()
    by_area = fields.Raw()
    domestic_abuse = fields.Raw()
    owner_left = fields.Raw()
    overdue = fields.Raw()
    age = fields.Raw()
    oldest = fields.Raw()
    trend = fields.Dict()
    time_to_arrest = fields.Dict()
    ended = fields.Dict()
