"""Payloads of flags."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields

from offenders.api.schemas.fields import (
    AsAtQuery,
    Moment,
    PageQuery,
    Text,
    code,
    one_of,
    prose,
)
from offenders.api.schemas.jobs import RuleMoment
from offenders.domain.flags.models import STATES
from offenders.domain.flags.service import GROUPS

SEVERITIES = ("information", "warning", "alert")
SUBJECT_TYPES = (
    "person",
    "want",
    "detention",
    "acro_check",
    "bail_record",
    "forensic_hit",
    "iom_member",
    "iom_nomination",
    "mappa_case",
    "registration",
    "order",
    "task",
    "subscription",
    "meeting",
    "pnc_circulation",
    "officer",
    "emergency_access",
    "reader",
)


class FlagFilters(AsAtQuery):
    """Filters of lists and counts; `none` asks for flags without an LPA or neighbourhood."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    rule = code(metadata={"description": "A job's name or an event rule."})
    severity = one_of(SEVERITIES)


class FlagQuery(FlagFilters, PageQuery):
    """Filters of the list."""

    subject_type = one_of(SUBJECT_TYPES)
    subject_id = code(metadata={"description": "Id or reference of the subject."})
    state = one_of(STATES, metadata={"description": "All that are not cleared unless told."})
    due_before = Moment()


class Groups(Text):
    """What counts are grouped by: one name or several, each once, with commas between."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        names = super()._deserialize(value, attr, data, **kwargs).split(",")
        if not set(names) <= set(GROUPS) or len(names) > len(set(names)):
            message = f"Send one of {', '.join(GROUPS)}, or several with commas between."
            raise ValidationError(message)
        return names


class FlagCountsQuery(FlagFilters):
    """How flags are counted."""

    subject_type = one_of(SUBJECT_TYPES)
    state = one_of(STATES, metadata={"description": "All that are not cleared unless told."})
    group_by = Groups(
        200, metadata={"description": f"One or several, with commas: {', '.join(GROUPS)}."}
    )


class AcknowledgementBody(Schema):
    """That the owner's side has seen a flag."""

    note = prose(metadata={"description": "What is being done about it."})


class SuppressionBody(Schema):
    """Why a flag is switched off, and until when."""

    reason = prose(required=True)
    until = Moment(
        required=True,
        metadata={"description": "In the future, at most as far ahead as the force's figure."},
    )


class PreviewBody(Schema):
    """The moment for which to work out what would be open."""

    at = RuleMoment(required=True)
    force = Text(2, metadata={"description": "Your own force."})


class FlagSubject(Schema):
    """What a flag is about."""

    type = fields.String()
    id = fields.String()
    reference = fields.String(allow_none=True)


class FlagOwner(Schema):
    """Who must act: an officer or a team."""

    officer = fields.String(allow_none=True)
    team = fields.String(allow_none=True)


class FlagAnswer(Schema):
    """A flag: what it rests on, whose it is, and what became of it."""

    id = fields.String(allow_none=True)
    rule = fields.String()
    severity = fields.String()
    subject = fields.Nested(FlagSubject)
    person = fields.String(allow_none=True)
    force = fields.String()
    lpa = fields.String(allow_none=True)
    neighbourhood = fields.String(allow_none=True)
    masked = fields.List(
        fields.String(), metadata={"description": "Fields kept from you: null, though known."}
    )
    because = fields.Dict(metadata={"description": "Inputs, figure and source."})
    due_at = fields.String(allow_none=True)
    raised_at = fields.String(allow_none=True)
    state = fields.String()
    owner = fields.Nested(FlagOwner)
    acknowledged_at = fields.String(allow_none=True)
    acknowledged_by = fields.String(allow_none=True)
    acknowledged_note = fields.String(allow_none=True)
    suppressed_at = fields.String(allow_none=True)
    suppressed_until = fields.String(allow_none=True)
    suppressed_by = fields.String(allow_none=True)
    suppressed_because = fields.String(allow_none=True)
    cleared_at = fields.String(allow_none=True)
    cleared_because = fields.String(allow_none=True)
    version = fields.Integer(allow_none=True)


class FlagPage(Schema):
    """A page of flags."""

    items = fields.List(fields.Nested(FlagAnswer))
    next = fields.String(allow_none=True)
    total = fields.Integer()


class FlagCountsAnswer(Schema):
    """Counts of flags at a moment, each with the link that returns exactly its rows."""

    as_at = fields.String()
    counts = fields.List(fields.Dict())


class RuleCount(Schema):
    """How many flags a rule would have open."""

    rule = fields.String()
    flags = fields.Integer()


class PreviewAnswer(Schema):
    """What would be open at a moment; a flag not yet raised has no id."""

    at = fields.String()
    force = fields.String()
    counts = fields.List(fields.Nested(RuleCount))
    items = fields.List(fields.Nested(FlagAnswer))
    is_complete = fields.Boolean(
        metadata={"description": "False where more flags would be open than are listed."}
    )
