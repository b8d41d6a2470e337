"""Payloads of what hangs on a person: names, identifiers, addresses, markers, notes."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from offenders import clock
from offenders.api.schemas.fields import (
    AsAtQuery,
    Day,
    Moment,
    PageQuery,
    PastDay,
    PastMoment,
    Text,
    code,
    name,
    one_of,
    prose,
)
from offenders.domain.grading import parse_grade
from offenders.domain.persons.models import (
    ASSOCIATION_TYPES,
    HANDLINGS,
    IDENTIFIER_STATES,
    NAME_TYPES,
    PRECISIONS,
)
from offenders.domain.persons.rules import (
    ADDRESS_TYPES,
    IDENTIFIER_TYPES,
    is_possible_birth,
    normalise_mark,
    normalise_postcode,
)

if TYPE_CHECKING:
    from datetime import date

MAX_ENTRIES = 50  # of one list in a body
MAX_LINES = 10  # of an address

# Marks that turn the direction of writing make one name look like another.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNPRINTED = frozenset({"Cc", "Zl", "Zp", "Co"})


class PersonName(Text):
    """A name in any script: printable, and something to be seen in it."""

    def __init__(self, **kwargs: Any) -> None:
        """Bound it as every other name."""
        super().__init__(200, shortest=1, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if any(unicodedata.category(each) in _UNPRINTED or each in _TURNING for each in text):
            message = "Leave out control characters, also those that turn the direction."
            raise ValidationError(message)
        if text and not any(each.isprintable() and not each.isspace() for each in text):
            message = "Nothing of this can be seen. Send the name in letters."
            raise ValidationError(message)
        return text


class BirthDay(PastDay):
    """A day on which somebody alive can have been born."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        day = super()._deserialize(value, attr, data, **kwargs)
        if not is_possible_birth(day, clock.today()):
            message = "Nobody alive was born so long ago. Correct the year."
            raise ValidationError(message)
        return day


class Postcode(Text):
    """A postcode in capitals with its one space."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return normalise_postcode(super()._deserialize(value, attr, data, **kwargs))


class RegistrationMark(Text):
    """A registration mark in capitals without spaces."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return normalise_mark(text)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Grade(Text):
    """A 3x5x2 grade of intelligence."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return parse_grade(text)
        except ValueError as error:
            raise ValidationError(str(error)) from error


class Degrees(fields.Float):
    """Degrees as a JSON number."""

    def __init__(self, limit: float, **kwargs: Any) -> None:
        """Bound it to `-limit` … `limit`."""
        told = f"Send degrees from -{limit} to {limit}."
        super().__init__(validate=validate.Range(-limit, limit, error=told), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> float:
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
            message = "Send a number."
            raise ValidationError(message)
        degrees: float = super()._deserialize(value, attr, data, **kwargs)
        return degrees


def several(field: Any, most: int = MAX_ENTRIES, **kwargs: Any) -> fields.List[Any]:
    """Take a list of bounded length."""
    told = f"Send at most {most} entries."
    return fields.List(field, validate=validate.Length(max=most, error=told), **kwargs)


class _FromTo(Schema):
    """A period of whole days, both included."""

    from_on = Day(data_key="from", allow_none=True)
    to_on = Day(data_key="to", allow_none=True)

    @validates_schema
    def refuse_an_end_before_the_beginning(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Compare the two where both are given."""
        begins, ends = data.get("from_on"), data.get("to_on")
        if begins is not None and ends is not None and ends < begins:
            message = "Send a day not before `from`."
            raise ValidationError({"to": [message]})


class AliasBody(Schema):
    """An alias or a former name."""

    family_name = PersonName(required=True)
    given_names = PersonName(allow_none=True)
    date_of_birth = BirthDay(
        allow_none=True, metadata={"description": "The date of birth given with this name."}
    )
    type = one_of(NAME_TYPES, load_default="alias")


class DateOfBirthBody(Schema):
    """A further date of birth."""

    date_of_birth = BirthDay(required=True)
    precision = one_of(PRECISIONS, load_default="exact")


class IdentifierBody(Schema):
    """An identifier in any of its written forms; one that can't be right is refused."""

    type = one_of(IDENTIFIER_TYPES, required=True)
    value = code(required=True)
    source = name(allow_none=True, metadata={"description": "Where it comes from."})


class VehicleBody(Schema):
    """A vehicle that the person uses."""

    registration_mark = RegistrationMark(20, shortest=1, required=True)
    make = code(allow_none=True)
    model = code(allow_none=True)
    colour = code(allow_none=True)


class AddressBody(_FromTo):
    """An address; its point finds the neighbourhood where none is named."""

    lines = several(name(), MAX_LINES)
    postcode = Postcode(12, shortest=2, allow_none=True)
    latitude = Degrees(90, allow_none=True)
    longitude = Degrees(180, allow_none=True)
    neighbourhood = code(allow_none=True)
    type = one_of(ADDRESS_TYPES, load_default="home")

    @validates_schema
    def refuse_half_a_point(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Take latitude and longitude together or not at all."""
        given = {each for each in ("latitude", "longitude") if data.get(each) is not None}
        if len(given) == 1:
            missing = ({"latitude", "longitude"} - given).pop()
            message = "Send latitude and longitude together, or neither."
            raise ValidationError({missing: [message]})

    @validates_schema
    def refuse_nowhere(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Ask for a place unless the person has none."""
        places = ("lines", "postcode", "latitude", "neighbourhood")
        if data.get("type") != "no_fixed_abode" and not any(map(data.get, places)):
            message = "Send lines, a postcode, a point or a neighbourhood."
            raise ValidationError({"lines": [message]})


class MarkerBody(Schema):
    """A warning marker, with the reason for it."""

    code = code(required=True)
    rationale = prose(required=True)
    source = name(allow_none=True)
    from_on = PastDay(data_key="from", metadata={"description": "Today unless told."})
    review_on = Day(metadata={"description": "By the force's figure for marker-reviews."})


class MarkerRemovalBody(Schema):
    """Why a marker ends."""

    reason = prose(required=True)


class MarkerReviewBody(Schema):
    """That a marker was looked at again and stays; one that doesn't is removed."""

    rationale = prose(required=True, metadata={"description": "Why it stays."})
    review_on = Day(metadata={"description": "After today; by the force's figure unless told."})
    occurred_at = PastMoment(metadata={"description": "Now unless told."})


class AssociationBody(_FromTo):
    """What another person is to this one: with `victim_of`, the other is this one's victim."""

    person_id = code(required=True, metadata={"description": "Id or reference of the other."})
    type = one_of(ASSOCIATION_TYPES, required=True)
    notes = prose(allow_none=True)


class PersonNoteBody(Schema):
    """A note or piece of intelligence on a person."""

    text = prose(required=True)
    grade = Grade(10, allow_none=True, metadata={"description": "3x5x2, e.g. 1BP."})
    handling = one_of(HANDLINGS, load_default="normal")
    occurred_at = PastMoment()


class EntryQuery(PageQuery, AsAtQuery):
    """A page of what hangs on a person, newest first."""


class MarkerQuery(EntryQuery):
    """Markers of a person."""

    state = one_of(["active", "removed", "all"], metadata={"description": "Active unless told."})


class _EntryAnswer(Schema):
    id = fields.UUID()
    recorded_at = Moment()
    recorded_by = fields.String()


class AliasAnswer(_EntryAnswer, AliasBody):
    """An alias or former name on record."""


class DateOfBirthAnswer(_EntryAnswer, DateOfBirthBody):
    """A further date of birth on record."""


class IdentifierAnswer(_EntryAnswer, IdentifierBody):
    """An identifier on record; an invalid one is kept raw and never matched."""

    value = code(allow_none=True)
    state = one_of(IDENTIFIER_STATES)
    raw_value = fields.String()


class VehicleAnswer(_EntryAnswer, VehicleBody):
    """A vehicle on record."""


class AddressAnswer(_EntryAnswer, AddressBody):
    """An address on record."""


class MarkerReviewAnswer(_EntryAnswer, MarkerReviewBody):
    """A review of a marker."""


class MarkerAnswer(_EntryAnswer, MarkerBody):
    """A marker on record; `verified` false means that the code list is to be checked."""

    name = fields.String(allow_none=True)
    verified = fields.Boolean()
    is_review_overdue = fields.Boolean(metadata={"description": "Its day of review has ended."})
    reviews = fields.List(fields.Nested(MarkerReviewAnswer))
    state = one_of(["active", "removed"])
    removed_at = Moment(allow_none=True)
    removed_by = fields.String(allow_none=True)
    removal_reason = fields.String(allow_none=True)


class AssociationAnswer(_EntryAnswer, AssociationBody):
    """An association on record."""

    person = fields.Dict()


class PersonNoteAnswer(_EntryAnswer, PersonNoteBody):
    """A note on record; `agency` is the partner whose note it is."""

    agency = fields.String(allow_none=True)
