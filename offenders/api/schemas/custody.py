"""Payloads of custody."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from offenders.api.schemas.fields import (
    AsAtQuery,
    Country,
    Day,
    IdOrReference,
    Moment,
    PageQuery,
    Text,
    Truth,
    code,
    name,
    one_of,
)
from offenders.domain.custody.service import Disposal

LONGEST = 50  # offences of one arrest, or wants closed by it


def _several(entry: fields.String) -> Any:
    most = validate.Length(max=LONGEST, error="Send at most {max}.")
    return fields.List(entry, validate=most)


def _country() -> Country:
    return Country(3, shortest=3, allow_none=True, metadata={"description": "ISO 3166 alpha-3."})


class DetentionFacts(Schema):
    """What a custody record says that may be corrected later."""

    arrest_place = name(allow_none=True)
    station = name(allow_none=True)
    offences = _several(code())
    arresting_officer = code(allow_none=True)
    nationality_stated = _country()
    nationality_evidenced = _country()
    pnc_checked = Truth()
    lpa = code(allow_none=True)
    close_wants = _several(code(metadata={"description": "Id or reference of a want."}))


class DetentionBody(DetentionFacts):
    """A detention as the custody record tells it."""

    person_id = code(required=True, metadata={"description": "Id or reference."})
    custody_number = code(required=True)
    arrested_at = Moment(required=True)
    released_at = Moment(allow_none=True)
    disposal = one_of(Disposal, allow_none=True)


class DetentionPatch(DetentionFacts):
    """What changes; a release is recorded by its own address."""

    arrested_at = Moment()

    @validates_schema
    def _says_something(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if not data:
            message = "Send at least one field to change."
            raise ValidationError(message)


class ReleaseBody(Schema):
    """When and how a detention ended; now unless told."""

    released_at = Moment()
    disposal = one_of(Disposal)


class DetentionQuery(AsAtQuery, PageQuery):
    """Filters of the list; days are whole Europe/London days, both included."""

    force = Text(2)
    lpa = code(metadata={"description": "`none` asks for detentions without one."})
    person_id = IdOrReference()
    foreign_national = Truth()
    country = Country(3, shortest=3, metadata={"description": "One of `countries`."})
    nationality_unknown = Truth()
    pnc_checked = Truth()
    held = Truth(metadata={"description": "In custody now, or at `as_at`."})
    from_ = Day(data_key="from", attribute="from")
    to = Day()

    @validates_schema
    def _ends_after_it_begins(self, data: dict[str, Any], **_kwargs: Any) -> None:
        if "from" in data and "to" in data and data["to"] < data["from"]:
            message = "Send a last day not before the first."
            raise ValidationError(message, "to")


class DetainedPerson(Schema):
    """Who is detained."""

    id = fields.UUID()
    reference = fields.String()
    family_name = fields.String()
    given_names = fields.String(allow_none=True)
    date_of_birth = fields.Date(allow_none=True)
    force = fields.String()
    sex = fields.String(allow_none=True)
    is_child = fields.Boolean()
    markers = fields.List(fields.Dict())


class DetentionWantAnswer(Schema):
    """A want of the person, as the custody officer sees it."""

    id = fields.UUID()
    reference = fields.String()
    state = fields.String()
    reason = fields.String()
    offence_code = fields.String(allow_none=True)
    crime_reference = fields.String(allow_none=True)
    risk = fields.String()


class ElsewhereAnswer(Schema):
    """A want of another force: whom to tell, and nothing else of it."""

    force = fields.String()
    reference = fields.String()
    contact = fields.String()


class DetentionAnswer(Schema):
    """One detention with what it set off."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    person_id = fields.UUID()
    person = fields.Nested(DetainedPerson)
    custody_number = fields.String()
    arrested_at = Moment()
    arrest_place = fields.String(allow_none=True)
    station = fields.String(allow_none=True)
    offences = fields.List(fields.String())
    arresting_officer = fields.String(allow_none=True)
    nationality_stated = fields.String(allow_none=True)
    nationality_evidenced = fields.String(allow_none=True)
    countries = fields.List(
        fields.String(), metadata={"description": "Outside the United Kingdom, by any source."}
    )
    foreign_national = fields.Boolean()
    nationality_unknown = fields.Boolean()
    stateless = fields.Boolean(
        metadata={"description": "XXA and no nationality: there is no country to ask."}
    )
    pnc_checked = fields.Boolean()
    lpa = fields.String(allow_none=True)
    released_at = Moment(allow_none=True)
    disposal = one_of(Disposal, allow_none=True)
    held = fields.Boolean()
    wants_closed = fields.List(fields.Nested(DetentionWantAnswer))
    wants_put_forward = fields.List(fields.Nested(DetentionWantAnswer))
    wanted_elsewhere = fields.List(fields.Nested(ElsewhereAnswer))
    acro_checks = fields.List(fields.Dict())
    recorded_at = Moment()
    updated_at = Moment()
    version = fields.Integer()


class DetentionPage(Schema):
    """A page of detentions."""

    items = fields.List(fields.Nested(DetentionAnswer))
    next = fields.String(allow_none=True)
    total = fields.Integer()
