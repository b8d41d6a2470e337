"""Adding what hangs on a person: names, dates of birth, identifiers, vehicles and notes.

Each function takes the person locked, the fields as the schema gave them and who records them;
`at` is where the fields stand in the body, for errors that point at one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.db import recorded_at
from offenders.domain import identifiers
from offenders.domain.identifiers import InvalidIdentifier
from offenders.domain.persons import names, store
from offenders.domain.persons.models import DateOfBirth, Identifier, Note, PersonName, Vehicle
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.persons.models import Person

DIRECT_ENTRY = "direct entry"


def entry_key(session: Session, person: Person, actor_subject: str) -> dict[str, Any]:
    """Give the columns that every entry has: whose it is, who recorded it and when."""
    return {
        "force": person.force,
        "id": new_id(person.force),
        "person_id": person.id,
        "recorded_by": actor_subject,
        "recorded_at": recorded_at(session),
    }


def put_main_name(session: Session, person: Person) -> None:
    """Let the person be found by their name as it stands."""
    _put_tokens(session, person, person.id, person.family_name, person.given_names)


def add_alias(
    session: Session, person: Person, fields: dict[str, Any], actor_subject: str, at: str = ""
) -> UUID:
    """Add an alias or former name; a date of birth given with it is one more of the person."""
    name = PersonName(
        **entry_key(session, person, actor_subject),
        type=fields["type"],
        family_name=fields["family_name"],
        given_names=fields.get("given_names"),
        date_of_birth=fields.get("date_of_birth"),
    )
    session.add(name)
    session.flush()
    _put_tokens(session, person, name.id, name.family_name, name.given_names)
    born = name.date_of_birth
    if born is not None and not store.has_date_of_birth(session, person, born):
        add_date_of_birth(
            session, person, {"date_of_birth": born, "precision": "exact"}, actor_subject, at
        )
    return name.id


def _put_tokens(
    session: Session, person: Person, name_id: UUID, family_name: str, given_names: str | None
) -> None:
    found = {(token.text, token.part): None for token in names.tokens(family_name, given_names)}
    store.put_tokens(session, person, name_id, list(found))


def add_date_of_birth(
    session: Session, person: Person, fields: dict[str, Any], actor_subject: str, _at: str = ""
) -> UUID:
    """Add a further date of birth."""
    born: date = fields["date_of_birth"]
    entry = DateOfBirth(
        **entry_key(session, person, actor_subject),
        date_of_birth=born,
        precision=fields["precision"],
    )
    session.add(entry)
    session.flush()
    return entry.id


def add_identifier(
    session: Session, person: Person, fields: dict[str, Any], actor_subject: str, at: str = ""
) -> UUID:
    """Add an identifier; one that can't be right, or a PNC ID of somebody else, is refused."""
    kind, written = fields["type"], fields["value"]
    value = read_identifier(kind, written, f"{at}/value")
    if kind == "pnc_id":
        _refuse_known_pnc_id(session, person, value)
    entry = Identifier(
        **entry_key(session, person, actor_subject),
        type=kind,
        value=value,
        state="valid",
        raw_value=written,
        source=fields.get("source") or DIRECT_ENTRY,
    )
    session.add(entry)
    session.flush()
    return entry.id


def read_identifier(kind: str, written: str, pointer: str) -> str:
    """Give the one written form of an identifier; raise Invalid where it can't be right."""
    try:
        return identifiers.parse(kind, written, clock.today())
    except InvalidIdentifier as error:
        raise Invalid.field(pointer, str(error)) from error


def _refuse_known_pnc_id(session: Session, person: Person, value: str) -> None:
    holder = store.find_pnc_id_holder(session, value)
    if holder == person.id:
        message = "This person already has this PNC ID. There is nothing to add."
        raise Conflict(message, existing=f"/v1/people/{holder}")
    if holder is not None:
        message = "Another person of this force has this PNC ID. Use that record, or correct it."
        raise Conflict(message, existing=f"/v1/people/{holder}")


def add_vehicle(
    session: Session, person: Person, fields: dict[str, Any], actor_subject: str, _at: str = ""
) -> UUID:
    """Add a vehicle that the person uses."""
    entry = Vehicle(**entry_key(session, person, actor_subject), **fields)
    session.add(entry)
    session.flush()
    return entry.id


def add_note(
    session: Session, person: Person, fields: dict[str, Any], actor_subject: str, _at: str = ""
) -> UUID:
    """Add a note with its grade and handling; it happened now unless told."""
    entry = Note(
        **entry_key(session, person, actor_subject),
        text=fields["text"],
        grade=fields.get("grade"),
        handling=fields["handling"],
        occurred_at=fields.get("occurred_at") or recorded_at(session),
    )
    session.add(entry)
    session.flush()
    return entry.id
