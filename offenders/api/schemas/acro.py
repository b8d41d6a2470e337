"""Payloads of foreign-conviction checks."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, post_load, validate

from offenders.api.schemas.fields import (
    AsAtQuery,
    Country,
    Day,
    Days,
    IdOrReference,
    Moment,
    PageQuery,
    PastDay,
    PastMoment,
    Text,
    Truth,
    code,
    name,
    one_of,
    prose,
)
from offenders.api.schemas.persons_entries import MarkerBody
from offenders.api.schemas.wanted import DayOrMoment
from offenders.domain.acro.service import GROUPS, Channel, Response, State
from offenders.domain.wanted.rules import Risk

URGENCIES = ("in_custody", "before_court", "routine")
_COUNTRY = {"description": "ISO 3166-1 alpha-3."}


class AcroQuery(PageQuery, AsAtQuery):
    """Filters of the list; without `state` checks of every state."""

    force = Text(2)
    lpa = code(metadata={"description": "`none` asks for checks without an LPA."})
    state = one_of(State)
    response = one_of(Response)
    channel = one_of(Channel)
    country = Country(3, shortest=3, metadata=_COUNTRY)
    overdue = Truth(metadata={"description": "Not requested, or not answered, in time."})
    person_id = IdOrReference()
    detention_id = IdOrReference()
    arrested_from = DayOrMoment()
    arrested_to = DayOrMoment(ends=True)

    @post_load
    def name_bounds(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
        """Let a last day end the period before the next one begins."""
        if "arrested_to" in data:
            data["arrested_before"] = data.pop("arrested_to")
        return data


class RequestBody(Schema):
    """A request to the country; what the message says beside who the person is."""

    requested_at = PastMoment(metadata={"description": "Now unless told."})
    urgency = one_of(URGENCIES)
    purpose = prose()
    place_of_birth = name()
    parents = name(metadata={"description": "Names of the parents, where the country asks."})
    note = prose()
    made_elsewhere = Truth(
        metadata={"description": "The request was made another way: nothing is sent."}
    )


class ChaseBody(Schema):
    """A reminder of a request."""

    note = prose()
    made_elsewhere = Truth(
        metadata={"description": "The country was reminded another way: nothing is sent."}
    )


class ConvictionBody(Schema):
    """One foreign conviction, as the other country tells it."""

    offence = prose(required=True)
    offence_code = code(metadata={"description": "The CJS offence it amounts to here."})
    convicted_on = PastDay()
    court = name()
    sentence = prose()


class ResponseBody(Schema):
    """What the country answered."""

    response = one_of(Response, required=True)
    responded_at = PastMoment(metadata={"description": "Now unless told."})
    summary = prose()
    convictions = fields.List(
        fields.Nested(ConvictionBody),
        validate=validate.Length(max=100, error="Send at most {max} convictions."),
    )


class AssessmentMarker(MarkerBody):
    """A warning marker that follows from a trace; its reason is the assessment's unless told."""

    rationale = prose()


class AssessmentBody(Schema):
    """What a trace means here."""

    rationale = prose(required=True)
    risk = one_of(Risk, metadata={"description": "Outstanding wants that stand lower get it."})
    markers = fields.List(
        fields.Nested(AssessmentMarker),
        validate=validate.Length(max=20, error="Send at most {max} markers."),
    )


class NotPossibleBody(Schema):
    """Why a check can't be made."""

    reason = prose(required=True)


class AcroAnswer(Schema):
    """One check: of whom, in which country, how far it is, and what it found."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    detention_id = fields.UUID()
    person_id = fields.UUID()
    person = fields.Dict()
    lpa = fields.String(allow_none=True)
    country = fields.String(metadata=_COUNTRY)
    channel = one_of(Channel)
    state = one_of(State)
    due_at = Moment(
        allow_none=True, metadata={"description": "For the request, then for the reply."}
    )
    overdue = fields.Boolean()
    because = fields.Dict(
        allow_none=True, metadata={"description": "The figure that gave due_at, with its source."}
    )
    detained_at = Moment()
    request_due_at = Moment()
    requested_at = Moment(allow_none=True)
    requested_by = fields.String(allow_none=True)
    reply_due_at = Moment(allow_none=True)
    chased_at = Moment(allow_none=True)
    chases = fields.Integer()
    response = one_of(Response, allow_none=True)
    responded_at = Moment(allow_none=True)
    summary = fields.String(allow_none=True)
    convictions = fields.List(fields.Dict())
    assessed_at = Moment(allow_none=True)
    assessed_by = fields.String(allow_none=True)
    assessment = fields.Dict(allow_none=True)
    not_possible_because = fields.String(allow_none=True)
    message = fields.Dict(
        allow_none=True, metadata={"description": "How far the last message to the country is."}
    )
    recorded_by = fields.String()
    recorded_at = Moment()
    updated_at = Moment()
    version = fields.Integer()


class CoverageQuery(Days):
    """A period of whole London days, and how it is counted."""

    force = Text(2)
    lpa = code()
    from_on = Day(data_key="from", metadata={"description": "A year before `to` unless told."})
    to_on = Day(data_key="to", metadata={"description": "Today unless told."})
    group_by = one_of(GROUPS)


class CoverageAnswer(Schema):
    """How many foreign nationals were checked; what was not sent says `no_data`, never 0."""

    from_on = Day(data_key="from")
    to_on = Day(data_key="to")
    arrests = fields.Raw()
    foreign_nationals = fields.Raw()
    nationality_unknown = fields.Raw()
    requested = fields.Raw(metadata={"description": "Every check of the detention was requested."})
    checked = fields.Raw(
        metadata={"description": "Every one was answered trace, no trace or partial."}
    )
    percent = fields.Raw(metadata={"description": "Checked of foreign nationals."})
    hours_to_request = fields.Dict(metadata={"description": "From arrest: median and p90."})
    href = fields.String()
    groups = fields.List(fields.Dict())
