"""SQL of receiving registrations: who stands registered, and the rows that are copied in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import or_, select, text

from offenders.db import recorded_at
from offenders.domain.history import begin_history, keep_history
from offenders.domain.imports import store, want_store
from offenders.domain.imports.staging import copy_into
from offenders.domain.persons.managing import manage
from offenders.domain.registrations.models import Registration
from offenders.domain.registrations.records import managed
from offenders.domain.registrations.service import settle_flag
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.checks import Checked

_PEOPLE = text("""
    SELECT id, date_of_birth, lpa, neighbourhood FROM persons
    WHERE force = :force AND id = ANY (:people)
""")
_COLUMNS: Final = tuple(column.name for column in Registration.__table__.columns)
_JSON: Final = ("disposals", "because", "absences", "travel", "outcome_details")
_ACTION_COLUMNS: Final = (
    "force",
    "id",
    "registration_id",
    "kind",
    "occurred_at",
    "recorded_at",
    "actor",
    "details",
)


def find_people(session: Session, force: str, people: Collection[UUID]) -> dict[UUID, Row[Any]]:
    """Give birth and area of people."""
    rows = session.execute(_PEOPLE, {"force": force, "people": list(people)})
    return {row.id: row for row in rows}


def lock(
    session: Session, force: str, ids: Collection[UUID], people: Collection[UUID]
) -> Sequence[Registration]:
    """Give these registrations and all of these people, locked until the transaction ends."""
    if not ids and not people:
        return []
    statement = (
        select(Registration)
        .where(
            Registration.force == force,
            or_(Registration.id.in_(sorted(ids)), Registration.person_id.in_(sorted(people))),
        )
        .order_by(Registration.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return session.execute(statement).scalars().all()


class Writing:
    """Gathers registrations, changes and log entries until they are written in sets."""

    def __init__(self, session: Session, batch: Batch, homes: Mapping[UUID, Row[Any]]) -> None:
        self._session, self._batch, self._homes = session, batch, homes
        self.at = recorded_at(session)
        self.made: list[Registration] = []
        self.new: dict[str, UUID] = {}
        self._changed: dict[UUID, Registration] = {}
        self._actions: list[tuple[Any, ...]] = []
        self._sources: list[store.Kept] = []
        self._owners: list[Registration] = []

    def keep(self, checked: Checked, record: UUID, *, is_new: bool) -> None:
        """Gather a row as the last received."""
        kept = store.Kept(checked.source_ref, record, checked.row, checked.digest)
        self._sources.append(kept)
        if is_new:
            self.new[checked.source_ref] = record

    def change(self, record: Registration, details: dict[str, Any]) -> None:
        """Gather a change of a registration that stands, or of one just made."""
        is_made = any(each is record for each in self.made)
        if not is_made and record.id not in self._changed:
            record.version += 1
            record.updated_at = self.at
            self._changed[record.id] = record
        self._log(record.id, "disposal" if "disposal" in details else "amendment", details)

    def note_owner(self, record: Registration) -> None:
        """Gather an owner who may be new."""
        self._owners.append(record)

    def _log(self, record: UUID, kind: str, details: dict[str, Any]) -> None:
        batch = self._batch
        details = {**details, "import_id": str(batch.import_id)}
        entry = (batch.force, new_id(batch.force), record, kind, self.at, self.at, batch.actor)
        self._actions.append((*entry, details))

    def write(self) -> tuple[list[UUID], list[UUID]]:
        """Write all; give the ids of those made and of those changed."""
        session, force = self._session, self._batch.force
        owners = [*self.made, *self._owners]
        want_store.register_owners(
            session,
            force,
            {each.owner_officer for each in owners if each.owner_officer},
            {each.owner_team for each in owners if each.owner_team},
        )
        made = [each.id for each in self.made]
        columns = [c for c in _COLUMNS if any(getattr(each, c) is not None for each in self.made)]
        rows = [tuple(_value(each, column) for column in columns) for each in self.made]
        copy_into(session, "registrations", columns, rows)
        begin_history(session, Registration.__table__, force, made)
        for each in self.made:
            self._log(each.id, "entry", {"version": 1, "because": each.because})
        session.flush()
        copy_into(session, "registration_actions", _ACTION_COLUMNS, self._actions)
        changed = list(self._changed)
        if changed:
            keep_history(session, Registration.__table__, force, changed)
        self._manage()
        for record in changed:
            settle_flag(session, record)
        batch = self._batch
        store.keep_sources(session, force, batch.kind, batch.import_id, self._sources)
        return made, changed

    def _manage(self) -> None:
        managements = []
        for record in [*self.made, *self._changed.values()]:
            home = self._homes[record.person_id]
            follows = record.lpa is None and record.neighbourhood is None
            place = home if follows else record
            managements.append(managed(record, place.lpa, place.neighbourhood))
        manage(self._session, managements)


def _value(record: Registration, column: str) -> Any:
    value = getattr(record, column)
    return orjson.dumps(value, default=str).decode() if column in _JSON else value
