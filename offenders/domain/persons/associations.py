"""Associations: how another person stands to this one; a victim's addresses are protected."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.persons import store
from offenders.domain.persons.adding import key_of
from offenders.domain.persons.models import Association, Person
from offenders.domain.persons.rules import VICTIM
from offenders.errors import Invalid, NotFound

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.persons.adding import Entry


def take_both(session: Session, written: str, other: str) -> Person:
    """Give the person for a change; with the other one locked too where there is one."""
    keys = [store.find_key(session, each) for each in (written, other)]
    if keys[0] is None:
        raise NotFound
    return store.lock_people(session, [key.id for key in keys if key])[keys[0].id]


def add_association(session: Session, person: Person, entry: Entry) -> None:
    """Say what the other person is to this one: with `victim_of`, the other is this one's victim.

    A victim's addresses are protected from that moment on.
    """
    other = store.find_key(session, entry.fields["person_id"])
    if other is None:
        message = "There is no such person here. Find or record them first."
        raise Invalid.field("/person_id", message)
    if other.id == person.id:
        raise Invalid.field("/person_id", "Name another person than this one.")
    whose = key_of(session, person, entry) | {"other_person_id": other.id}
    session.add(Association(**(entry.fields | whose)))
    session.flush()
    if entry.fields["type"] == VICTIM:
        _protect_addresses(session, other.id)


def _protect_addresses(session: Session, person_id: UUID) -> None:
    person = store.get_person(session, str(person_id))
    if person.are_addresses_protected:
        return
    person.are_addresses_protected = True
    person.updated_at = recorded_at(session)
    keep_history(session, Person.__table__, person.force, [person.id])
