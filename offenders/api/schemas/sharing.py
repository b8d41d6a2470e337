"""Payloads of restrictions, agreements, shares and emergency access."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from offenders.api.schemas.fields import (
    Day,
    IdOrReference,
    Moment,
    PageQuery,
    Text,
    Truth,
    code,
    name,
    one_of,
    prose,
)
from offenders.domain.actors import ROLES
from offenders.domain.sharing.rules import GROUPS, OUTCOMES, SHORTEST_REASON

_MANY = 100  # readers named one by one; more are a team or a role


def _reason() -> Text:
    return Text(
        1000,
        shortest=SHORTEST_REASON,
        required=True,
        metadata={"description": f"A sentence of at least {SHORTEST_REASON} characters."},
    )


def _codes(description: str) -> fields.List[Any]:
    return fields.List(
        code(),
        load_default=list,
        validate=validate.Length(max=_MANY, error=f"Send {_MANY} at most."),
        metadata={"description": description},
    )


class RestrictionBody(Schema):
    """Who may still read of a person, why and until when; the maker always may."""

    reason = _reason()
    until = Moment(required=True)
    officers = _codes("By the subject of their token.")
    teams = _codes("Officers who the directory says serve in them.")
    roles = fields.List(one_of(sorted(ROLES)), load_default=list)


class EndBody(Schema):
    """Why something ends before its time."""

    reason = prose(required=True)


class RestrictionAnswer(Schema):
    """A restriction."""

    id = fields.UUID()
    force = fields.String()
    person_id = fields.UUID()
    reason = fields.String()
    officers = fields.List(fields.String())
    teams = fields.List(fields.String())
    roles = fields.List(fields.String())
    until = Moment()
    state = one_of(["standing", "expired", "ended"])
    ended_at = Moment(allow_none=True)
    ended_by = fields.String(allow_none=True)
    end_reason = fields.String(allow_none=True)
    recorded_by = fields.String()
    recorded_at = Moment()
    version = fields.Integer()


class AgreementBody(Schema):
    """What an agency may see of people shared with it under a name, from a day on."""

    agency = code(required=True)
    name = name(required=True)
    fields_ = fields.List(
        one_of(GROUPS),
        required=True,
        data_key="fields",
        attribute="fields",
        metadata={"description": "Groups of fields; who the person is comes always."},
    )
    purpose = prose(required=True)
    citation = prose(allow_none=True)
    from_on = Day(required=True, data_key="from")
    until = Day(allow_none=True, metadata={"description": "The last day."})


class AgreementAnswer(Schema):
    """An agreement."""

    id = fields.UUID()
    force = fields.String()
    agency = fields.String()
    name = fields.String()
    fields_ = fields.List(fields.String(), data_key="fields")
    purpose = fields.String()
    citation = fields.String(allow_none=True)
    from_ = Day(data_key="from")
    until = Day(allow_none=True)
    recorded_by = fields.String()
    recorded_at = Moment()


class AgreementQuery(PageQuery):
    """Filters of agreements."""

    agency = code()
    name = name()
    in_force = Truth(metadata={"description": "Those that hold today alone."})


class ShareBody(Schema):
    """With which agency, under which agreement, why and how long."""

    agency = code(required=True)
    fields_ = name(
        required=True,
        data_key="fields",
        attribute="fields",
        metadata={"description": "The name of the agreement."},
    )
    reason = _reason()
    from_at = Moment(data_key="from", metadata={"description": "Now unless told."})
    until = Moment(required=True)


class ShareAnswer(Schema):
    """A share."""

    id = fields.UUID()
    force = fields.String()
    person_id = fields.UUID()
    agency = fields.String()
    fields_ = fields.String(data_key="fields")
    reason = fields.String()
    from_ = Moment(data_key="from")
    until = Moment()
    state = one_of(["to_come", "standing", "expired", "ended"])
    ended_at = Moment(allow_none=True)
    ended_by = fields.String(allow_none=True)
    end_reason = fields.String(allow_none=True)
    recorded_by = fields.String()
    recorded_at = Moment()
    version = fields.Integer()


class EmergencyBody(Schema):
    """Of whom or of which area, why, and for how many minutes."""

    person_id = IdOrReference(allow_none=True)
    lpa = code(allow_none=True)
    neighbourhood = code(allow_none=True)
    reason = _reason()
    minutes = fields.Integer(
        strict=True,
        validate=validate.Range(min=1, error="Send {min} or more."),
        metadata={"description": "As long as the force lets it last, unless told."},
    )


class EmergencyReviewBody(Schema):
    """What the second person found."""

    outcome = one_of(OUTCOMES, required=True)
    note = prose(required=True)


class EmergencyQuery(PageQuery):
    """Filters of emergency access."""

    state = one_of(["open", "ended"])
    reviewed = Truth()
    review_overdue = Truth()
    taken_by = code()


class EmergencyAnswer(Schema):
    """An emergency access; it holds no name."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    person_id = fields.UUID(allow_none=True)
    lpa = fields.String(allow_none=True)
    neighbourhood = fields.String(allow_none=True)
    reason = fields.String()
    taken_by = fields.String()
    taken_role = fields.String()
    taken_at = Moment()
    until = Moment()
    state = one_of(["open", "ended"])
    ended_at = Moment(allow_none=True)
    review_due_at = Moment()
    is_review_overdue = fields.Boolean()
    reviewed_at = Moment(allow_none=True)
    reviewed_by = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)
    review_note = fields.String(allow_none=True)
    recorded_at = Moment()
    version = fields.Integer()
