"""Payloads of people: record, amend, search, and the summary."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from offenders.api.schemas.fields import (
    AsAtQuery,
    Day,
    Moment,
    PageQuery,
    Text,
    code,
    name,
    one_of,
)
from offenders.api.schemas.persons_entries import (
    AddressAnswer,
    AddressBody,
    AliasAnswer,
    AliasBody,
    AssociationAnswer,
    BirthDay,
    DateOfBirthAnswer,
    DateOfBirthBody,
    IdentifierAnswer,
    IdentifierBody,
    PersonName,
    Postcode,
    RegistrationMark,
    VehicleAnswer,
    VehicleBody,
    several,
)
from offenders.domain.persons.models import (
    PRECISIONS,
    SEXES,
)


class _PersonFields(Schema):
    """What may be said of a person on entry and later."""

    family_name = PersonName()
    given_names = PersonName(allow_none=True)
    date_of_birth = BirthDay(allow_none=True)
    date_of_birth_precision = one_of(PRECISIONS)
    sex = one_of(SEXES)
    nationalities = several(code(), metadata={"description": "ISO 3166 alpha-3 codes."})
    languages = several(code())
    phones = several(code())
    ethnicity_self_defined = code(allow_none=True)
    ethnicity_observed = code(allow_none=True)
    photo_reference = name(allow_none=True)
    ocg_role = code(allow_none=True)


class PersonBody(_PersonFields):
    """A new person of the caller's force."""

    force = Text(2, metadata={"description": "The caller's own force, if given."})
    family_name = PersonName(required=True)
    pnc_id = code(allow_none=True, metadata={"description": "Any written form."})
    cro_number = code(allow_none=True)
    prison_number = code(allow_none=True)
    identifiers = several(fields.Nested(IdentifierBody))
    aliases = several(fields.Nested(AliasBody))
    dates_of_birth = several(fields.Nested(DateOfBirthBody))
    addresses = several(fields.Nested(AddressBody))
    vehicles = several(fields.Nested(VehicleBody))


_ADDED_ELSEWHERE = {
    "pnc_id": "identifiers",
    "cro_number": "identifiers",
    "prison_number": "identifiers",
    "identifiers": "identifiers",
    "aliases": "aliases",
    "dates_of_birth": "dates-of-birth",
    "addresses": "addresses",
    "vehicles": "vehicles",
    "markers": "markers",
    "associations": "associations",
    "notes": "notes",
}


class PersonPatch(_PersonFields):
    """Changes to a person; null takes a value away where there need not be one."""

    @validates_schema(pass_original=True, skip_on_field_errors=False)
    def refuse_what_is_added(self, _data: Any, original: Any, **_kwargs: Any) -> None:
        """Say where the entries of a person are added."""
        for field in _ADDED_ELSEWHERE.keys() & set(original):
            message = f"Add it by POST …/{_ADDED_ELSEWHERE[field]}."
            raise ValidationError({field: [message]})


class PeopleQuery(PageQuery, AsAtQuery):
    """Criteria of a search; all that are sent must match, and one at least is needed."""

    name = Text(1000, shortest=1, metadata={"description": "Words of one name, in any order."})
    date_of_birth = Day()
    pnc_id = code()
    cro_number = code()
    prison_number = code()
    postcode = Postcode(12, shortest=2)
    registration_mark = RegistrationMark(20, shortest=1)
    marker = code()
    managed_by = code()
    force = Text(2)
    lpa = code()
    neighbourhood = code()


def _part(description: str) -> fields.List[Any]:
    """Describe what is open in a capability; null where the reader may see nothing of it."""
    return fields.List(fields.Dict(), allow_none=True, metadata={"description": description})


class PersonAnswer(_PersonFields):
    """A person with all that is open on them, as the reader may see it."""

    id = fields.UUID()
    reference = fields.String()
    force = fields.String()
    is_child = fields.Boolean()
    lpa = fields.String(allow_none=True)
    neighbourhood = fields.String(allow_none=True)
    are_addresses_protected = fields.Boolean()
    pnc_id = fields.String(allow_none=True)
    cro_number = fields.String(allow_none=True)
    prison_number = fields.String(allow_none=True)
    identifiers = fields.List(fields.Nested(IdentifierAnswer))
    aliases = fields.List(fields.Nested(AliasAnswer))
    dates_of_birth = fields.List(fields.Nested(DateOfBirthAnswer))
    addresses = fields.List(fields.Nested(AddressAnswer))
    vehicles = fields.List(fields.Nested(VehicleAnswer))
    markers = fields.List(fields.Dict())
    associations = fields.List(fields.Nested(AssociationAnswer))
    notes = fields.Integer(metadata={"description": "How many notes the reader may see."})
    masked = fields.List(fields.String(), metadata={"description": "Fields not shown."})
    wanted = fields.List(fields.Dict(), metadata={"description": "Outstanding wants."})
    flags = fields.List(fields.Dict(), metadata={"description": "Flags not cleared."})
    custody = _part("Where the person is held now.")
    bail_records = _part("Bail not ended.")
    acro_checks = _part("Checks to be made.")
    forensic_hits = _part("Hits not dealt with.")
    iom_members = _part("Open memberships of integrated offender management.")
    mappa_cases = _part("MAPPA cases; the local summary alone for those who read no more.")
    registrations = _part("Registrations not closed.")
    orders = _part("Orders that bind.")
    recorded_at = Moment()
    updated_at = Moment()
    version = fields.Integer()
