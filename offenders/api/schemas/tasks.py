"""Payloads of tasks."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

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
from offenders.api.schemas.wanted import ActionBody, DayOrMoment
from offenders.domain.tasks.rules import MADE, OPEN, STATES, NotDone, Outcome, Source
from offenders.domain.tasks.service import GROUPS, RETURNED, SUBJECTS

MOST_GROUPS = 500


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


class TaskUpdateBody(ActionBody):
    """How a task stands; it may be sent late and twice with one Idempotency-Key."""

    text = prose(required=True)


class Groups(Text):
    """One or several things to group by, with commas."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        written = super()._deserialize(value, attr, data, **kwargs)
        groups = tuple(dict.fromkeys(each.strip() for each in written.split(",")))
        if not set(groups) <= set(GROUPS):
            raise ValidationError([f"Send some of {', '.join(GROUPS)}."])
        return groups


def _number(longest: int, **kwargs: Any) -> fields.Integer:
    error = f"Send a whole number from 0 to {longest}."
    return fields.Integer(strict=True, validate=validate.Range(0, longest, error=error), **kwargs)


class TaskCompletionBody(ActionBody):
    """What came of a task. `not_done` leaves it open, to be carried over, and has a reason."""

    outcome = one_of(Outcome, load_default=Outcome.DONE)
    reason = one_of(NotDone, metadata={"description": "Why it was not done."})
    result = prose(required=True)
    hours = fields.Float(
        validate=validate.Range(0, 9999, error="Send 0 to 9999 hours."),
        metadata={"description": "Hours spent."},
    )
    arrests = _number(999)
    searches = _number(9999)
    intelligence = _number(999, metadata={"description": "Reports submitted."})


class TaskExtensionBody(Schema):
    """A later due time, and why."""

    due_at = Moment(required=True)
    reason = prose(required=True)


class TaskHistoryQuery(Schema):
    """The log of a task."""

    limit = PageQuery().fields["limit"]
    cursor = PageQuery().fields["cursor"]


class TaskEntryAnswer(Schema):
    """One entry of a task's log."""

    id = fields.UUID()
    task_id = fields.UUID()
    kind = fields.String()
    occurred_at = Moment()
    recorded_at = Moment()
    actor = fields.String()
    meeting_id = fields.UUID(allow_none=True)
    details = fields.Dict()


class IdOrNone(fields.UUID):
    """An id, or `none` for what has none."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return value if value == "none" else super()._deserialize(value, attr, data, **kwargs)


class _TaskFilters(AsAtQuery):
    """What tasks are looked for by; `none` asks for those without."""

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
    reason = one_of([*NotDone, "none"], metadata={"description": "Why it was last not done."})
    source = one_of(Source)
    subject = IdOrReference()
    subject_type = one_of([*SUBJECTS, "pnc_circulation", "none"])
    person_id = fields.UUID(error_messages={"invalid_uuid": "Send the person's id."})
    meeting = IdOrNone()
    tactic = code()


class TaskQuery(PageQuery, _TaskFilters):
    """Filters of the list of tasks; without `state` those that are open."""

    returned = one_of(RETURNED, metadata={"description": "Some of it came of the task."})

    @post_load
    def give_defaults(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Show what is open unless told."""
        state = data.get("state", OPEN)
        return {**data, "state": None if state == "all" else state}


class _CountsFilters(_TaskFilters):
    """The same for counts, and which of the groups."""

    limit = fields.Integer(
        strict=False,
        load_default=MOST_GROUPS,
        validate=validate.Range(1, MOST_GROUPS, error=f"Send 1 to {MOST_GROUPS}."),
        metadata={"description": f"Groups of one answer, {MOST_GROUPS} unless told."},
    )
    offset = fields.Integer(
        strict=False,
        load_default=0,
        validate=validate.Range(0, 10**6, error="Send what `more_href` says."),
        metadata={"description": "Groups before these, with the same `as_at`."},
    )


class TaskCountsQuery(_CountsFilters):
    """Counts of tasks by one thing or several; without `state` of those that are open."""

    group_by = Groups(200, metadata={"description": f"With commas: {', '.join(GROUPS)}."})

    @post_load
    def give_defaults(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Count what is open unless told, or unless they are counted by state."""
        default = "all" if "state" in data.get("group_by", ()) else OPEN
        return {"state": default, **data}


class TaskResultsQuery(_CountsFilters):
    """What came of tasks, by one thing; of every state unless told."""

    group_by = one_of(GROUPS, load_default="tactic")

    @post_load
    def give_defaults(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Take tasks of every state unless told."""
        return {"state": "all", **data}


class TaskCountsAnswer(Schema):
    """Counts of a moment."""

    as_at = fields.String()
    counts = fields.List(fields.Dict())
    more = fields.Integer(metadata={"description": "Groups after these."})
    more_href = fields.String(allow_none=True, metadata={"description": "Where they are."})


class TaskSubject(Schema):
    """What a task is about, and where it is read."""

    type = fields.String()
    id = fields.UUID()
    reference = fields.String(allow_none=True)
    href = fields.String(allow_none=True)


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
