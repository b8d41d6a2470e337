"""Associations: how another person stands to this one; a victim's addresses are protected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.persons import store
from offenders.domain.persons.adding import entry_key
from offenders.domain.persons.models import Association, Person
from offenders.domain.persons.rules import VICTIM
from offenders.errors import Invalid

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


def add_association(
    session: Session, person: Person, fields: dict[str, Any], actor_subject: str, at: str = ""
) -> UUID:
    """Say what the other person is to this one: with `victim_of`, the other is this one's victim.

    A victim's addresses are protected from that moment on.
    """
    other = store.find_key(session, fields["person_id"])
    if other is None:
        message = "There is no such person here. Find or record them first."
        raise Invalid.field(f"{at}/person_id", message)
    if other.id == person.id:
        raise Invalid.field(f"{at}/person_id", "Name another person than this one.")
    entry = Association(
        **entry_key(session, person, actor_subject),
        other_person_id=other.id,
        type=fields["type"],
        from_on=fields.get("from_on"),
        to_on=fields.get("to_on"),
        notes=fields.get("notes"),
    )
    session.add(entry)
    session.flush()
    if entry.type == VICTIM:
        _protect_addresses(session, other.id)
    return entry.id


def _protect_addresses(session: Session, person_id: UUID) -> None:
    person = store.get_person(session, str(person_id))
    if person.are_addresses_protected:
        return
    person.are_addresses_protected = True
    person.updated_at = recorded_at(session)
    keep_history(session, Person.__table__, person.force, [person.id])
