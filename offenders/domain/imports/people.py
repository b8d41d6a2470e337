"""Receiving people: what a plan decides is written in sets, with its history and its audit."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from offenders.db import recorded_at
from offenders.domain.custody.service import follow_nationalities, follow_pnc_ids
from offenders.domain.history import begin_history, keep_history
from offenders.domain.imports import person_store, store
from offenders.domain.imports.batches import audit_batch
from offenders.domain.imports.duplicates import queue_duplicates
from offenders.domain.imports.person_changes import LISTS, SCALARS
from offenders.domain.imports.person_plan import plan_people
from offenders.domain.imports.person_rows import IDENTIFIERS, NO_RATIONALE
from offenders.domain.imports.staging import copy_into
from offenders.domain.persons.models import Person
from offenders.domain.persons.name_words import keep_words
from offenders.domain.persons.names import tokens
from offenders.domain.reference.policies import figure_in_force
from offenders.domain.wanted.service import Asker, follow_addresses
from offenders.ids import new_ids, new_reference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch, Received
    from offenders.domain.imports.checks import Checked
    from offenders.domain.imports.person_changes import Change, Newcomer
    from offenders.domain.imports.person_plan import Plan

_Key = tuple[str, UUID, UUID]  # force, id, person
SOURCE: Final = "import"  # where an identifier or marker comes from, as the record shows it
_NATIONALITY: Final = "nationalities"
_IDS_AT_ONCE: Final = 1_000
_KEY = ("force", "id", "person_id")
_MADE = ("recorded_by", "recorded_at")
_COLUMNS: Final = {
    "persons": (
        "force",
        "id",
        "reference",
        *SCALARS,
        "version",
        "recorded_at",
        "updated_at",
        "neighbourhood",
        "lpa",
    ),
    "person_names": (*_KEY, "type", "family_name", "given_names", "date_of_birth", *_MADE),
    "person_dates_of_birth": (*_KEY, "date_of_birth", *_MADE),
    "person_name_tokens": ("force", "token", "person_id", "name_id", "part"),
    "person_identifiers": (*_KEY, "type", "value", "state", "raw_value", "source", *_MADE),
    "person_addresses": (
        *_KEY,
        "lines",
        "postcode",
        "latitude",
        "longitude",
        "neighbourhood",
        "type",
        "from_on",
        "to_on",
        *_MADE,
    ),
    "person_vehicles": (*_KEY, "registration_mark", "make", "model", "colour", *_MADE),
    "person_markers": (
        *_KEY,
        "code",
        "rationale",
        "source",
        "from_on",
        "review_on",
        *_MADE,
        "version",
    ),
}

_UNLESS_THERE: Final = {
    # A marker that is active already stays as it is.
    "person_markers": "ON CONFLICT DO NOTHING",
    "person_dates_of_birth": """
        WHERE NOT EXISTS (
                SELECT FROM persons p
                WHERE p.force = w.force AND p.id = w.person_id
                  AND p.date_of_birth = w.date_of_birth)
          AND NOT EXISTS (
                SELECT FROM person_dates_of_birth d
                WHERE d.force = w.force AND d.person_id = w.person_id
                  AND d.date_of_birth = w.date_of_birth)""",
}


def receive_people(
    session: Session, batch: Batch, rows: Sequence[Checked]
) -> tuple[Received, dict[str, UUID]]:
    """Receive a batch of people; give what became of it, and the person of each source_ref."""
    plan = plan_people(session, batch, rows)
    if plan.sources:
        _write(session, batch, plan)
    return plan.received, plan.subjects


def _write(session: Session, batch: Batch, plan: Plan) -> None:
    made, changed = list(plan.newcomers), list(plan.changes)
    writing = _Writing(session, batch)
    for newcomer in plan.newcomers.values():
        writing.make(newcomer)
    for person, change in plan.changes.items():
        writing.change(person, change)
    writing.locate_addresses()
    writing.copy("persons")
    person_store.change_people(
        session, [(person, change.columns) for person, change in plan.changes.items()]
    )
    _correct_identifiers(session, batch, plan, writing)
    _end_addresses(session, batch, plan)
    _rename(session, plan, writing)
    for table in list(_COLUMNS)[1:]:
        writing.copy(table)
    keep_words(session, batch.force, writing.words())
    store.keep_sources(session, batch.force, batch.kind, batch.import_id, plan.sources)
    _settle(session, batch, [p for p in changed if _moves(plan.changes[p])])
    _tell_custody(session, batch, plan)
    begin_history(session, Person.__table__, batch.force, made)
    if changed:
        keep_history(session, Person.__table__, batch.force, changed)
    queue_duplicates(session, plan.newcomers)
    counts = {"created": len(made), "changed": len(changed)}
    audit_batch(session, batch, "person", [*made, *changed], counts)


def _moves(change: Change) -> bool:
    return bool(change.ended_addresses or "addresses" in change.added)


def _settle(session: Session, batch: Batch, moving: Sequence[UUID]) -> None:
    """Put those whose addresses changed in the area of their address, with their wants.

    Whoever is made came with the area of their address.
    """
    moved = person_store.settle_areas(session, moving, batch.facts.today)
    if moved:
        follow_addresses(session, sorted(moved))


def _tell_custody(session: Session, batch: Batch, plan: Plan) -> None:
    """Let detentions follow the nationalities and PNC IDs that changed, and wants the latter."""
    changed = [person for person, change in plan.changes.items() if _NATIONALITY in change.columns]
    if changed:
        follow_nationalities(session, changed)
    named = {person: change for person, change in plan.changes.items() if change.names_pnc_id}
    asker = Asker(batch.actor, "import", str(batch.import_id))
    corrected = [person for person, change in named.items() if change.corrects_pnc_id]
    follow_pnc_ids(session, named, asker, corrected=corrected)


def _correct_identifiers(session: Session, batch: Batch, plan: Plan, writing: _Writing) -> None:
    """Put right those whose earlier value is here, and add those that are not."""
    given = [
        (person, kind, value, raw, before)
        for person, change in plan.changes.items()
        for kind, value, raw, before in change.identifiers
    ]
    corrections = [
        {
            "person_id": person,
            "type": kind,
            "value": value,
            "raw_value": raw,
            "state": _state(value),
            "before": before,
        }
        for person, kind, value, raw, before in given
        if before is not None
    ]
    found = person_store.correct_identifiers(session, corrections, batch.actor)
    for person, kind, value, raw, _before in given:
        if (person, kind) not in found:
            writing.add_identifier(person, kind, value, raw)


def _state(value: str | None) -> str:
    return "valid" if value else "invalid"


def _end_addresses(session: Session, batch: Batch, plan: Plan) -> None:
    gone = [
        {"person_id": person, **address}
        for person, change in plan.changes.items()
        for address in change.ended_addresses
    ]
    person_store.end_addresses(session, gone, batch.facts.today)


def _rename(session: Session, plan: Plan, writing: _Writing) -> None:
    """Let the people whose names changed be found by their names of now."""
    names = {"family_name", "given_names"}
    renamed = [person for person, change in plan.changes.items() if names & set(change.columns)]
    if not renamed:
        return
    for row in person_store.drop_name_tokens(session, renamed):
        writing.add_tokens(row.id, row.id, row.family_name, row.given_names)


class _Writing:
    """Gathers the rows of each table until they are copied in."""

    def __init__(self, session: Session, batch: Batch) -> None:
        self._session, self._batch = session, batch
        self._force, self._at = batch.force, recorded_at(session)
        self._made = (batch.actor, self._at)
        self._rows: dict[str, list[tuple[Any, ...]]] = {table: [] for table in _COLUMNS}
        self._addresses: list[tuple[_Key, dict[str, Any]]] = []
        self._homes: dict[UUID, tuple[bool, str, UUID, str | None]] = {}
        self._born: set[tuple[UUID, str]] = set()
        self._ids: list[UUID] = []
        days = figure_in_force(session, self._force, "marker-reviews", batch.facts.today)
        self._review_on = batch.facts.today + timedelta(days=days or 0)

    def make(self, newcomer: Newcomer) -> None:
        """Gather a person with all that hangs on them."""
        row = newcomer.row
        columns = [row.get(column) for column in SCALARS]
        columns[SCALARS.index("sex")] = row.get("sex") or "not_known"
        columns[SCALARS.index("nationalities")] = row.get("nationalities") or []
        reference = new_reference("P", self._force)
        self._rows["persons"].append(
            (self._force, newcomer.id, reference, *columns, 1, self._at, self._at)
        )
        self.add_tokens(newcomer.id, newcomer.id, row["family_name"], row.get("given_names"))
        for kind in IDENTIFIERS:
            if row.get(kind):
                value = None if kind in newcomer.invalid else row[kind]
                self.add_identifier(newcomer.id, kind, value, newcomer.written[kind])
        for name in LISTS:
            self._add_entries(newcomer.id, name, row.get(name) or ())

    def change(self, person: UUID, change: Change) -> None:
        """Gather what is added to a person."""
        for name, entries in change.added.items():
            self._add_entries(person, name, entries)

    def add_tokens(self, person: UUID, name: UUID, family: str, given: str | None) -> None:
        """Gather the words by which a name is found."""
        self._rows["person_name_tokens"] += [
            (self._force, each.text, person, name, each.part) for each in tokens(family, given)
        ]

    def add_identifier(self, person: UUID, kind: str, value: str | None, raw: str) -> None:
        """Gather an identifier."""
        self._rows["person_identifiers"].append(
            (*self._key(person), kind, value, _state(value), raw, SOURCE, *self._made)
        )

    def locate_addresses(self) -> None:
        """Work out the neighbourhood of each address that gives a point and names none."""
        unplaced = [
            address
            for _, address in self._addresses
            if "longitude" in address and "neighbourhood" not in address
        ]
        points = [(each["longitude"], each["latitude"]) for each in unplaced]
        found = {
            id(unplaced[place]): neighbourhood
            for place, neighbourhood in store.locate(self._session, self._force, points).items()
        }
        for key, address in self._addresses:
            place = address.get("neighbourhood") or found.get(id(address))
            row = self._address(key, address, place)
            self._rows["person_addresses"].append(row)
            self._see_home(row, place)
        self._rows["persons"] = [(*row, *self._area(row[1])) for row in self._rows["persons"]]

    def _see_home(self, row: tuple[Any, ...], neighbourhood: str | None) -> None:
        """Find the current address of someone new, as `person_store.settle_areas` will."""
        address, person = row[1], row[2]
        kind, begins, ends = row[8:11]
        today = self._batch.facts.today.isoformat()
        if kind == "previous" or (begins or today) > today or (ends or today) < today:
            return
        home = (kind == "home", begins or today, address, neighbourhood)
        self._homes[person] = max(home, self._homes.get(person, home))

    def _area(self, person: UUID) -> tuple[str | None, str | None]:
        neighbourhood = self._homes[person][-1] if person in self._homes else None
        lpa = self._batch.facts.neighbourhoods.get(neighbourhood) if neighbourhood else None
        return neighbourhood, lpa

    def words(self) -> set[str]:
        """Give the words of the names that were gathered."""
        return {row[1] for row in self._rows["person_name_tokens"]}

    def copy(self, table: str) -> None:
        """Copy what was gathered for a table."""
        further = _UNLESS_THERE.get(table, "")
        copy_into(self._session, table, _COLUMNS[table], self._rows[table], further=further)

    def _key(self, person: UUID) -> _Key:
        return (self._force, self._new_id(), person)

    def _new_id(self) -> UUID:
        if not self._ids:
            self._ids = new_ids(self._force, _IDS_AT_ONCE)
        return self._ids.pop()

    def _add_entries(self, person: UUID, name: str, entries: Sequence[dict[str, Any]]) -> None:
        """Gather entries of a list; the first of them stands first where newest come first."""
        if not entries:
            return
        ids = sorted((self._new_id() for _ in entries), reverse=True)
        for number, entry in zip(ids, entries, strict=True):
            key = (self._force, number, person)
            if name == "addresses":
                self._addresses.append((key, entry))
            elif name == "aliases":
                self._add_alias(key, entry)
            elif name == "vehicles":
                self._rows["person_vehicles"].append(self._vehicle(key, entry))
            else:
                self._rows["person_markers"].append(self._marker(key, entry))

    def _add_alias(self, key: _Key, entry: dict[str, Any]) -> None:
        _force, number, person = key
        family, given = entry["family_name"], entry.get("given_names")
        kind, born = entry.get("type", "alias"), entry.get("date_of_birth")
        self._rows["person_names"].append((*key, kind, family, given, born, *self._made))
        self.add_tokens(person, number, family, given)
        if born and (person, born) not in self._born:
            self._born.add((person, born))
            self._rows["person_dates_of_birth"].append((*self._key(person), born, *self._made))

    def _vehicle(self, key: _Key, entry: dict[str, Any]) -> tuple[Any, ...]:
        columns = _COLUMNS["person_vehicles"][3:-2]
        return (*key, *(entry.get(column) for column in columns), *self._made)

    def _marker(self, key: _Key, entry: dict[str, Any]) -> tuple[Any, ...]:
        rationale = entry.get("rationale") or NO_RATIONALE
        dates = (self._batch.facts.today, self._review_on)
        return (*key, entry["code"], rationale, SOURCE, *dates, *self._made, 1)

    def _address(
        self, key: _Key, entry: dict[str, Any], neighbourhood: str | None
    ) -> tuple[Any, ...]:
        return (
            *key,
            entry.get("lines") or [],
            entry.get("postcode"),
            entry.get("latitude"),
            entry.get("longitude"),
            neighbourhood,
            entry["type"],
            entry.get("from"),
            entry.get("to"),
            *self._made,
        )
