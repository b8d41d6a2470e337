"""Adding what hangs on a person: names, dates of birth, identifiers, vehicles and notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.db import recorded_at
from offenders.domain import identifiers
from offenders.domain.identifiers import InvalidIdentifier
from offenders.domain.persons import names, store
from offenders.domain.persons.models import DateOfBirth, Identifier, Note, PersonName, Vehicle
from offenders.domain.persons.name_words import keep_words
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.persons.models import Person

DIRECT_ENTRY = "direct entry"


@dataclass(frozen=True)
class Entry:
    """What is to be added: its fields as the schema gave them, who records it, and its id.

    `at` is where the fields stand in the body, for errors that point at one.
    """

    fields: dict[str, Any]
    actor_subject: str
    id: UUID
    at: str = ""


def key_of(session: Session, person: Person, entry: Entry) -> dict[str, Any]:
    """Give the columns that every entry has: whose it is, who recorded it and when."""
    return {
        "force": person.force,
        "id": entry.id,
        "person_id": person.id,
        "recorded_by": entry.actor_subject,
        "recorded_at": recorded_at(session),
    }


def put_main_name(session: Session, person: Person) -> None:
    """Let the person be found by their name as it stands."""
    _put_tokens(session, person, person.id, person.family_name, person.given_names)


def add_alias(session: Session, person: Person, entry: Entry) -> None:
    """Add an alias or former name; a date of birth given with it is one more of the person."""
    name = PersonName(
        **key_of(session, person, entry),
        type=entry.fields["type"],
        family_name=entry.fields["family_name"],
        given_names=entry.fields.get("given_names"),
        date_of_birth=entry.fields.get("date_of_birth"),
    )
    session.add(name)
    session.flush()
    _put_tokens(session, person, name.id, name.family_name, name.given_names)
    born = name.date_of_birth
    if born is not None and not store.has_date_of_birth(session, person, born):
        further = {"date_of_birth": born, "precision": "exact"}
        add_date_of_birth(
            session, person, Entry(further, entry.actor_subject, new_id(person.force))
        )


def _put_tokens(
    session: Session, person: Person, name_id: UUID, family_name: str, given_names: str | None
) -> None:
    found = {(token.text, token.part): None for token in names.tokens(family_name, given_names)}
    store.put_tokens(session, person, name_id, list(found))
    keep_words(session, person.force, {word for word, _ in found})


def add_date_of_birth(session: Session, person: Person, entry: Entry) -> None:
    """Add a further date of birth."""
    session.add(DateOfBirth(**key_of(session, person, entry), **entry.fields))
    session.flush()


def add_identifier(session: Session, person: Person, entry: Entry) -> None:
    """Add an identifier; one that can't be right, or a PNC ID of somebody else, is refused."""
    kind, written = entry.fields["type"], entry.fields["value"]
    value = read_identifier(kind, written, f"{entry.at}/value")
    if kind == "pnc_id":
        _refuse_known_pnc_id(session, person, value, entry)
    session.add(
        Identifier(
            **key_of(session, person, entry),
            type=kind,
            value=value,
            state="valid",
            raw_value=written,
            source=entry.fields.get("source") or DIRECT_ENTRY,
        )
    )
    session.flush()


def read_identifier(kind: str, written: str, pointer: str) -> str:
    """Give the one written form of an identifier; raise Invalid where it can't be right."""
    try:
        return identifiers.parse(kind, written, clock.today())
    except InvalidIdentifier as error:
        raise Invalid.field(pointer, str(error)) from error


def _refuse_known_pnc_id(session: Session, person: Person, value: str, entry: Entry) -> None:
    holder = store.find_pnc_id_holder(session, value)
    if holder is None:
        return
    if holder == person.id and entry.at:
        raise Invalid.field(f"{entry.at}/value", "The body names this PNC ID twice. Do so once.")
    message = "Another person of this force has this PNC ID. Use that record, or correct it."
    if holder == person.id:
        message = "This person already has this PNC ID. There is nothing to add."
    raise Conflict(message, existing=f"/v1/people/{holder}")


def add_vehicle(session: Session, person: Person, entry: Entry) -> None:
    """Add a vehicle that the person uses."""
    session.add(Vehicle(**key_of(session, person, entry), **entry.fields))
    session.flush()


def add_note(session: Session, person: Person, entry: Entry) -> None:
    """Add a note with its grade and handling; it happened now unless told."""
    moment = {"occurred_at": recorded_at(session)}
    session.add(Note(**key_of(session, person, entry), **(moment | entry.fields)))
    session.flush()
