"""Payloads of jobs and their runs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields

from offenders.api.schemas.fields import Moment, Truth

FIRST_FIGURES = datetime(2014, 1, 1, tzinfo=UTC)  # no rule has a figure for an earlier day


class RuleMoment(Moment):
    """A moment for which rules have figures; it may lie in the future."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        moment = super()._deserialize(value, attr, data, **kwargs)
        if moment < FIRST_FIGURES:
            message = "Send a moment from the year 2014 on: no rule has figures before."
            raise ValidationError(message)
        return moment


class RunBody(Schema):
    """How a job is run by hand."""

    at = RuleMoment(metadata={"description": "Run as if at this moment; a past one only dry."})
    dry_run = Truth(metadata={"description": "Count what would change, but change nothing."})


class RunAnswer(Schema):
    """One run of a job, as it concerns your own force."""

    id = fields.String()
    job = fields.String()
    slot = fields.String(metadata={"description": "The moment for which it ran."})
    trigger = fields.String(metadata={"description": "scheduled or manual"})
    state = fields.String(metadata={"description": "succeeded or failed"})
    started_at = fields.String()
    ended_at = fields.String(allow_none=True)
    raised = fields.Integer()
    cleared = fields.Integer()
    error = fields.String(allow_none=True)
    dry_run = fields.Boolean()


class RunPage(Schema):
    """A page of runs."""

    items = fields.List(fields.Nested(RunAnswer))
    next = fields.String(allow_none=True)
    total = fields.Integer()


class JobAnswer(Schema):
    """A line of the timetable."""

    name = fields.String()
    does = fields.String()
    cron = fields.String()
    timezone = fields.String()
    next_slot = fields.String()
    last_run = fields.Nested(RunAnswer, allow_none=True)


class JobList(Schema):
    """The timetable."""

    items = fields.List(fields.Nested(JobAnswer))
    next = fields.String(allow_none=True)
