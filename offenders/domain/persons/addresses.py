"""Addresses: the neighbourhood each lies in, and where the person's current one lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.persons import store
from offenders.domain.persons.adding import key_of
from offenders.domain.persons.models import Address, Person
from offenders.domain.reference import service as reference
from offenders.errors import Invalid

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.persons.adding import Entry


def add_address(session: Session, person: Person, entry: Entry) -> None:
    """Add an address in the neighbourhood that is named or in which its point lies."""
    located = {"neighbourhood": _locate(session, person.force, entry)}
    session.add(Address(**key_of(session, person, entry), **(entry.fields | located)))
    session.flush()


def _locate(session: Session, force: str, entry: Entry) -> str | None:
    """Give the neighbourhood named, else that of the point; the two must not differ."""
    named: str | None = entry.fields.get("neighbourhood")
    at_point = None
    if entry.fields.get("latitude") is not None:
        latitude, longitude = entry.fields["latitude"], entry.fields["longitude"]
        at_point = reference.find_neighbourhood_at(session, force, latitude, longitude)
    if named is None:
        return at_point
    if reference.lpa_of(session, force, named) is None:
        message = "This force has no such neighbourhood. GET /v1/neighbourhoods lists them."
        raise Invalid.field(f"{entry.at}/neighbourhood", message)
    if at_point not in {None, named}:
        message = "The point lies in another neighbourhood. Correct one of them, or leave it out."
        raise Invalid.field(f"{entry.at}/neighbourhood", message)
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


def add_and_follow(session: Session, person: Person, entry: Entry) -> None:
    """Add an address to a person who is already on record, and keep where they were before."""
    add_address(session, person, entry)
    if follow_current_address(session, person):
        keep_history(session, Person.__table__, person.force, [person.id])
