"""Answers of MAPPA."""

from __future__ import annotations

from marshmallow import Schema, fields

from offenders.api.schemas.fields import Day, Moment, one_of
from offenders.domain.mappa.rules import Exit, Kind, Risk, Stage, State, StateReason


class MappaReferralAnswer(Schema):
    """The case that a referral began, or that stood; who may read it reads there which."""

    id = fields.UUID()
    reference = fields.String()
    stage = one_of([Stage.REFERRED])


class MappaCaseAnswer(Schema):
    """A case as it stands."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    person_id = fields.UUID()
    person = fields.Dict()
    kind = one_of(Kind)
    stage = one_of(Stage)
    category = fields.Integer(allow_none=True)
    level = fields.Integer(allow_none=True)
    level_since = Moment(allow_none=True)
    criteria = fields.List(fields.String())
    unconfirmed = fields.List(fields.String())
    risk = one_of(Risk, allow_none=True)
    state = one_of(State)
    state_since = Moment(allow_none=True)
    state_reason = one_of(StateReason, allow_none=True)
    lead_agency = fields.String()
    agencies = fields.List(fields.String())
    manager = fields.String(allow_none=True)
    owner_officer = fields.String(allow_none=True)
    owner_team = fields.String(allow_none=True)
    attendee = fields.String(allow_none=True)
    lpa = fields.String(allow_none=True)
    neighbourhood = fields.String(allow_none=True)
    started_on = Day(allow_none=True)
    ended_at = Moment(allow_none=True)
    exit_reason = one_of(Exit, allow_none=True)
    last_meeting_at = Moment(allow_none=True)
    meeting_due_at = Moment(allow_none=True)
    is_meeting_overdue = fields.Boolean()
    levels = fields.List(fields.Dict())
    meetings = fields.List(fields.Dict())
    risk_plans = fields.List(fields.Dict())
    actions = fields.List(fields.Dict())
    local_summary = fields.Dict(allow_none=True)
    masked = fields.List(fields.String())
    version = fields.Integer()


class MappaCaseloadAnswer(Schema):
    """What each manager answers for."""

    limit = fields.Integer()
    managers = fields.Integer()
    average_community = fields.Float(allow_none=True)
    average_counts = fields.String()
    items = fields.List(fields.Dict())


class MappaReturnAnswer(Schema):
    """The annual return."""

    year = fields.Integer()
    from_on = fields.Date(data_key="from")
    to_on = fields.Date(data_key="to")
    snapshot_on = fields.Date()
    categories = fields.Raw(metadata={"description": "Or `no_data`."})
    period = fields.Raw(metadata={"description": "Or `no_data`."})
    elsewhere = fields.Dict()


class MappaReportAnswer(Schema):
    """What stands, and what was done."""

    as_at = Moment()
    from_on = fields.Date(data_key="from")
    to_on = fields.Date(data_key="to")
    standing = fields.Raw(metadata={"description": "Or `no_data`."})
    meetings = fields.Raw(metadata={"description": "Or `no_data`."})
    attendance = fields.Raw(metadata={"description": "Or `no_data`."})
    actions = fields.Raw(metadata={"description": "Or `no_data`."})
    local_summaries = fields.Raw(metadata={"description": "Or `no_data`."})
