"""Use cases of people, as routes and higher capabilities call them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.persons import store
from offenders.domain.persons.adding import (
    Entry,
    add_alias,
    add_date_of_birth,
    add_identifier,
    add_note,
    add_vehicle,
    put_main_name,
    read_identifier,
)
from offenders.domain.persons.addresses import (
    add_address,
    add_and_follow,
    follow_current_address,
)
from offenders.domain.persons.associations import add_association, take_both
from offenders.domain.persons.entries import (
    EntryQuestion,
    list_entries,
    show_entry,
)
from offenders.domain.persons.markers import add_marker, remove_marker, review_marker
from offenders.domain.persons.models import Person
from offenders.domain.persons.querying import Search
from offenders.domain.persons.rules import FORMER, NAMED_IDENTIFIERS
from offenders.domain.persons.search import count_people, search_people
from offenders.domain.persons.store import PersonKey, find_survivors, reading_of_person
from offenders.domain.reference import service as reference
from offenders.errors import Invalid, NotFound
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.access import Sight
    from offenders.domain.versions import IfMatch

__all__ = [
    "Added",
    "EntryQuestion",
    "PersonKey",
    "Search",
    "add_entry",
    "amend_person",
    "count_people",
    "end_marker",
    "find_survivors",
    "list_entries",
    "reading_of_person",
    "record_person",
    "refuse_merged",
    "require_person",
    "review_marker_of",
    "search_people",
]

_GIVEN = (
    "family_name",
    "given_names",
    "date_of_birth",
    "date_of_birth_precision",
    "sex",
    "nationalities",
    "languages",
    "phones",
    "ethnicity_self_defined",
    "ethnicity_observed",
    "photo_reference",
    "ocg_role",
)
_ADDERS = {
    "aliases": add_alias,
    "dates-of-birth": add_date_of_birth,
    "identifiers": add_identifier,
    "addresses": add_and_follow,
    "vehicles": add_vehicle,
    "markers": add_marker,
    "associations": add_association,
    "notes": add_note,
}
# Key of the body, kind, adder: what may come with a new person.
_NESTED = (
    ("aliases", add_alias),
    ("dates_of_birth", add_date_of_birth),
    ("identifiers", add_identifier),
    ("vehicles", add_vehicle),
    ("addresses", add_address),
)


@dataclass(frozen=True)
class Added:
    """A new or changed entry: whose it is, at which version the person stands, and its JSON."""

    person_id: UUID
    version: int
    json: str
    other_person_id: UUID | None = None


def require_person(session: Session, id_or_reference: str) -> PersonKey:
    """Give the person of this force whom an id or reference names; raise NotFound.

    Raises PersonMerged for a record that was merged. Nobody merges the person before this
    transaction ends, so what is hung on them stays theirs.
    """
    found = store.find_key(session, id_or_reference, keep=True)
    if found is None:
        raise NotFound
    return found


def refuse_merged(session: Session, id_or_reference: str) -> None:
    """Raise PersonMerged where the record named has been merged into another."""
    store.find_key(session, id_or_reference)


def record_person(session: Session, *, actor_subject: str, fields: dict[str, Any]) -> UUID:
    """Record a person with all that the body says of them."""
    force = session.info["force"]
    if fields.get("force") not in {None, force}:
        raise Invalid.field("/force", "Record people of your own force, or leave it out.")
    _check_codes(session, fields)
    moment = recorded_at(session)
    person = Person(
        force=force,
        id=new_id(force),
        reference=new_reference("P", force),
        version=1,
        recorded_at=moment,
        updated_at=moment,
        **{name: fields[name] for name in _GIVEN if name in fields},
    )
    session.add(person)
    session.flush()
    put_main_name(session, person)
    for kind in NAMED_IDENTIFIERS:
        if fields.get(kind) is not None:
            _add_named_identifier(session, person, kind, fields[kind], actor_subject)
    for key, add in _NESTED:
        for entry in _entries(force, key, fields.get(key, ()), actor_subject):
            add(session, person, entry)
    follow_current_address(session, person)
    keep_history(session, Person.__table__, force, [person.id])
    return person.id


def _entries(
    force: str, key: str, bodies: Sequence[dict[str, Any]], actor_subject: str
) -> list[Entry]:
    """Give what one list of the body adds; the first stands first in lists, newest first."""
    ids = sorted((new_id(force) for _ in bodies), reverse=True)
    return [
        Entry(body, actor_subject, ids[number], f"/{key}/{number}")
        for number, body in enumerate(bodies)
    ]


def _add_named_identifier(
    session: Session, person: Person, kind: str, written: str, actor_subject: str
) -> None:
    """Add an identifier that the body names directly; an error points at its own field."""
    read_identifier(kind, written, f"/{kind}")
    fields = {"type": kind, "value": written}
    add_identifier(session, person, Entry(fields, actor_subject, new_id(person.force)))


def _check_codes(session: Session, fields: dict[str, Any]) -> None:
    for name in ("ethnicity_self_defined", "ethnicity_observed"):
        if fields.get(name) is not None:
            reference.require_entry(session, name, fields[name], f"/{name}")
    for number, country in enumerate(fields.get("nationalities", ())):
        reference.require_entry(session, "countries", country, f"/nationalities/{number}")


def amend_person(
    session: Session,
    *,
    actor_subject: str,
    written: str,
    fields: dict[str, Any],
    if_match: IfMatch,
) -> UUID:
    """Change what is recorded of a person; a changed name stays on record as a former one."""
    person = store.get_person(session, written)
    if_match.check(person.version)
    _check_codes(session, fields)
    before = {"family_name": person.family_name, "given_names": person.given_names}
    for name in _GIVEN:
        if name in fields:
            setattr(person, name, fields[name])
    person.version += 1
    person.updated_at = recorded_at(session)
    session.flush()
    if before != {"family_name": person.family_name, "given_names": person.given_names}:
        former = {"type": FORMER, **before}
        add_alias(session, person, Entry(former, actor_subject, new_id(person.force)))
        put_main_name(session, person)
    keep_history(session, Person.__table__, person.force, [person.id])
    return person.id


def add_entry(  # noqa: PLR0913 - who adds what to whom, as read at which version
    session: Session,
    *,
    kind: str,
    written: str,
    fields: dict[str, Any],
    sight: Sight,
    if_match: IfMatch,
) -> Added:
    """Add what hangs on a person; their version stays as it is."""
    if kind == "associations":
        person = take_both(session, written, fields["person_id"])
    else:
        person = store.get_person(session, written)
    if_match.check(person.version)
    entry = Entry(fields, sight.subject, new_id(person.force))
    _ADDERS[kind](session, person, entry)
    other = store.find_key(session, fields["person_id"]) if kind == "associations" else None
    shown = show_entry(session, kind, entry.id, sight)
    return Added(person.id, person.version, shown, other.id if other else None)


def end_marker(  # noqa: PLR0913 - which marker of whom ends, and why
    session: Session, *, written: str, marker: str, reason: str, sight: Sight, if_match: IfMatch
) -> Added:
    """End a marker with a reason."""
    person = store.get_person(session, written)
    if_match.check(person.version)
    marker_id = remove_marker(session, person, marker, reason, sight.subject)
    return Added(person.id, person.version, show_entry(session, "markers", marker_id, sight))


def review_marker_of(  # noqa: PLR0913 - which marker of whom was reviewed, and with what result
    session: Session,
    *,
    written: str,
    marker: str,
    fields: dict[str, Any],
    sight: Sight,
    if_match: IfMatch,
) -> Added:
    """Record a review of a marker; the person's version stays as it is."""
    person = store.get_person(session, written)
    if_match.check(person.version)
    entry = Entry(fields, sight.subject, new_id(person.force))
    marker_id = review_marker(session, person, marker, entry)
    return Added(person.id, person.version, show_entry(session, "markers", marker_id, sight))
