"""Addresses: the neighbourhood each lies in, and where the person's current one lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.persons import store
from offenders.domain.persons.adding import entry_key
from offenders.domain.persons.models import Address, Person
from offenders.domain.reference import service as reference
from offenders.errors import Invalid

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

_GIVEN = ("lines", "postcode", "latitude", "longitude", "type", "from_on", "to_on")


def add_address(
    session: Session, person: Person, fields: dict[str, Any], actor_subject: str, at: str = ""
) -> UUID:
    """Add an address in the neighbourhood that is named or in which its point lies."""
    given = {name: fields[name] for name in _GIVEN if name in fields}
    neighbourhood = _locate(session, person.force, fields, at)
    key = entry_key(session, person, actor_subject)
    entry = Address(**key, **given, neighbourhood=neighbourhood)
    session.add(entry)
    session.flush()
    return entry.id


def _locate(session: Session, force: str, fields: dict[str, Any], at: str) -> str | None:
    """Give the neighbourhood named, else that of the point; the two must not differ."""
    named: str | None = fields.get("neighbourhood")
    at_point = None
    if fields.get("latitude") is not None:
        latitude, longitude = fields["latitude"], fields["longitude"]
        at_point = reference.find_neighbourhood_at(session, force, latitude, longitude)
    if named is None:
        return at_point
    if reference.lpa_of(session, force, named) is None:
        message = "This force has no such neighbourhood. GET /v1/neighbourhoods lists them."
        raise Invalid.field(f"{at}/neighbourhood", message)
    if at_point not in {None, named}:
        message = "The point lies in another neighbourhood. Correct one of them, or leave it out."
        raise Invalid.field(f"{at}/neighbourhood", message)
    return named


def follow_current_address(session: Session, person: Person) -> bool:
    """Put the person where their current address lies; say whether they moved."""
    neighbourhood = store.find_current_neighbourhood(session, person, clock.today())
    lpa = reference.lpa_of(session, person.force, neighbourhood) if neighbourhood else None
    if (neighbourhood, lpa) == (person.neighbourhood, person.lpa):
        return False
    person.neighbourhood, person.lpa = neighbourhood, lpa
    person.updated_at = recorded_at(session)
    return True


def add_and_follow(
    session: Session, person: Person, fields: dict[str, Any], actor_subject: str, at: str = ""
) -> UUID:
    """Add an address to a person who is already on record, and keep where they were before."""
    entry_id = add_address(session, person, fields, actor_subject, at)
    if follow_current_address(session, person):
        keep_history(session, Person.__table__, person.force, [person.id])
    return entry_id
