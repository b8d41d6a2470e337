"""Payloads of tasks."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load

from offenders.api.schemas.fields import (
    AsAtQuery,
    IdOrReference,
    Moment,
    PageQuery,
    Text,
    Truth,
    code,
    one_of,
    prose,
)
from offenders.api.schemas.wanted import DayOrMoment
from offenders.domain.tasks.rules import MADE, OPEN, STATES, NotDone, Source
from offenders.domain.tasks.service import SUBJECTS


class SubjectBody(Schema):
    """What a task is about."""

    type = one_of(SUBJECTS, required=True)
    id = IdOrReference(required=True)


class TaskFields(Schema):
    """What is decided of a task: by whom, what, until when, and about what."""

    action = Text(
        500,
        shortest=1,
        required=True,
        metadata={"description": "One specific action: what, where, with whom."},
    )
    owner_officer = code(allow_none=True)
    owner_team = code(allow_none=True)
    due_at = Moment(required=True)
    subject = fields.Nested(SubjectBody, allow_none=True)
    place = Text(500, shortest=1, allow_none=True)
    expected_result = prose(allow_none=True)
    rationale = prose(allow_none=True)
    tactic = code(
        allow_none=True,
        metadata={"description": "A code of the force, by which results are compared."},
    )
    lpa = code(allow_none=True)
    neighbourhood = code(allow_none=True)


class TaskBody(TaskFields):
    """A new task. `source` is a decision unless told."""

    source = one_of(MADE, load_default=Source.DECISION)


class TaskQuery(PageQuery, AsAtQuery):
    """Filters of the list of tasks; without `state` those that are open."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    state = one_of([*STATES, "all"], metadata={"description": "Open unless told."})
    owner = code()
    team = code()
    due_before = DayOrMoment()
    due_from = DayOrMoment()
    ended_from = DayOrMoment()
    ended_before = DayOrMoment()
    overdue = Truth(metadata={"description": "Open, and due before now."})
    carried_over = Truth(metadata={"description": "Put to more than one meeting."})
    was_not_done = Truth(metadata={"description": "Returned undone at least once."})
    reason = one_of(NotDone, metadata={"description": "Why it was last not done."})
    source = one_of(Source)
    subject = IdOrReference()
    subject_type = one_of([*SUBJECTS, "none"])
    person_id = fields.UUID(error_messages={"invalid_uuid": "Send the person's id."})
    meeting = fields.UUID(error_messages={"invalid_uuid": "Send the meeting's id."})
    tactic = code()

    @post_load
    def give_defaults(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Show what is open unless told."""
        state = data.get("state", OPEN)
        return {**data, "state": None if state == "all" else state}


class TaskSubject(Schema):
    """What a task is about, and where it is read."""

    type = fields.String()
    id = fields.UUID()
    reference = fields.String(allow_none=True)
    href = fields.String()


class TaskSource(Schema):
    """Where a task comes from."""

    type = one_of(Source)
    id = fields.UUID(allow_none=True)


class TaskAnswer(Schema):
    """A task."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    state = one_of(STATES)
    is_overdue = fields.Boolean()
    action = fields.String()
    place = fields.String(allow_none=True)
    expected_result = fields.String(allow_none=True)
    rationale = fields.String(allow_none=True)
    tactic = fields.String(allow_none=True)
    due_at = Moment()
    first_due_at = Moment()
    owner_officer = fields.String(allow_none=True)
    owner_team = fields.String(allow_none=True)
    subject = fields.Nested(TaskSubject, allow_none=True)
    person_id = fields.UUID(allow_none=True)
    person = fields.Dict(allow_none=True)
    lpa = fields.String(allow_none=True)
    neighbourhood = fields.String(allow_none=True)
    masked = fields.List(fields.String())
    meeting_id = fields.UUID(allow_none=True)
    source = fields.Nested(TaskSource)
    follows_source = fields.Boolean(
        metadata={"description": "Made, moved and ended by the record it comes from."}
    )
    recorded_through = fields.String(
        metadata={"description": "Where it is recorded that it was done."}
    )
    carried_over = fields.Integer(metadata={"description": "To how many further meetings."})
    not_done = fields.Integer(metadata={"description": "How often it was returned undone."})
    extended = fields.Integer()
    reason = fields.String(allow_none=True)
    result = fields.String(allow_none=True)
    hours = fields.Float(allow_none=True)
    arrests = fields.Integer(allow_none=True)
    searches = fields.Integer(allow_none=True)
    intelligence = fields.Integer(allow_none=True)
    ended_at = Moment(allow_none=True)
    ended_by = fields.String(allow_none=True)
    recorded_by = fields.String()
    recorded_at = Moment()
    updated_at = Moment()
    version = fields.Integer()


class TaskPage(Schema):
    """A page of tasks."""

    items = fields.List(fields.Nested(TaskAnswer))
    next = fields.String(allow_none=True)
    total = fields.Integer()
