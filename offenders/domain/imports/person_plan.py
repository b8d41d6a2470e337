"""Deciding what each row of people means: a person to make, to change, or to leave as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.imports import store
from offenders.domain.imports.batches import Received, merged
from offenders.domain.imports.person_changes import (
    NAME_AND_BIRTH,
    Change,
    Newcomer,
    differences,
    filling,
    is_alike,
    keep_former_name,
    leave_identity,
    pnc_ids_of,
    sound,
)
from offenders.domain.imports.problems import Finding, Refusal
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.checks import Checked

_TWO_PEOPLE: Final = "Find out which is right and correct the source, or merge the two people here."


@dataclass
class Plan:
    """What is to be written for a batch of people; `shared` are people whom several rows name."""

    newcomers: dict[UUID, Newcomer] = field(default_factory=dict)
    changes: dict[UUID, Change] = field(default_factory=dict)
    sources: list[store.Kept] = field(default_factory=list)
    subjects: dict[str, UUID] = field(default_factory=dict)
    received: Received = field(default_factory=Received)
    shared: set[UUID] = field(default_factory=set)


class People:
    """The people of a force whom rows name, and those the rows before have made."""

    def __init__(self, session: Session, force: str, rows: Iterable[Checked]) -> None:
        """Look up every identifier and id of these rows at once."""
        kept = list(rows)
        self._pnc_ids: dict[str, UUID] = {}
        self._cro_numbers: dict[str, set[UUID]] = {}
        found = store.find_identified(
            session, force, _valid(kept, "pnc_id"), _valid(kept, "cro_number")
        )
        for row in found:
            self._know(row.person_id, row.type, row.value)
        written = {each.row["person_id"] for each in kept if each.row.get("person_id")}
        self._ids = store.find_people(session, force, written)

    def add(self, newcomer: Newcomer) -> None:
        """Let later rows find someone whom an earlier row makes."""
        for kind in ("pnc_id", "cro_number"):
            if newcomer.row.get(kind) and kind not in newcomer.invalid:
                self._know(newcomer.id, kind, newcomer.row[kind])

    def add_pnc_ids(self, person: UUID, pnc_ids: Iterable[str]) -> None:
        """Let later rows find whom an earlier row gives a PNC ID."""
        for value in pnc_ids:
            self._know(person, "pnc_id", value)

    def holder(self, checked: Checked) -> UUID | None:
        """Give who has the valid PNC ID of a row."""
        return self._pnc_ids.get(sound(checked, "pnc_id"))

    def find(self, checked: Checked) -> UUID | None:
        """Give the one person a row names; none where it names nobody known."""
        if written := checked.row.get("person_id"):
            if written not in self._ids:
                problem = "There is no such person in this force."
                raise Refusal(
                    problem=problem, action="Check the id, or leave it out.", field="person_id"
                )
            named = {self._ids[written]}
        else:
            named = set()
        if (holder := self.holder(checked)) is not None:
            named.add(holder)
        with_cro = self._cro_numbers.get(sound(checked, "cro_number"), set())
        if len(with_cro) == 1:
            named |= with_cro
        if len(named) > 1:
            raise Refusal(
                problem="The identifiers of the row name two people.",
                action=_TWO_PEOPLE,
                field="pnc_id",
            )
        return next(iter(named), None)

    def _know(self, person: UUID, kind: str, value: str) -> None:
        if kind == "pnc_id":
            self._pnc_ids.setdefault(value, person)
        else:
            self._cro_numbers.setdefault(value, set()).add(person)


def _valid(rows: Iterable[Checked], kind: str) -> set[str]:
    return {sound(each, kind) for each in rows} - {""}


def plan_people(session: Session, batch: Batch, rows: Sequence[Checked]) -> Plan:
    """Decide for each row, in the order of the file."""
    sources = store.find_sources(session, batch.force, batch.kind, [r.source_ref for r in rows])
    plan, telling, restated = Plan(), [], []
    for each in rows:
        source = sources.get(each.source_ref)
        if source is not None and merged(source.row, each.row) == source.row:
            plan.received.unchanged += 1
            plan.received.warn(each, each.warnings)
            plan.subjects[each.source_ref] = source.subject_id
            restated.append((each.source_ref, each.digest))
        else:
            telling.append(each)
    store.keep_digests(session, batch.force, batch.kind, restated)
    if not telling:
        return plan
    people = People(session, batch.force, telling)
    touched = {_subject(people, sources.get(each.source_ref), each) for each in telling}
    standing = store.lock_people(session, batch.force, touched)
    again = [source for each in telling if (source := sources.get(each.source_ref))]
    plan.shared = store.find_shared(session, batch.force, _unlike(again, standing))
    planner = _Planner(batch, sources, people, standing, plan)
    for each in telling:
        planner.decide(each)
    return plan


def _unlike(sources: Iterable[store.Source], standing: Mapping[UUID, Any]) -> set[UUID]:
    """Give the people whom a source describes otherwise than they stand here."""
    known = {person: row._mapping for person, row in standing.items()}  # noqa: SLF001 - a row's public mapping
    return {each.subject_id for each in sources if not is_alike(each.row, known[each.subject_id])}


def _subject(people: People, source: store.Source | None, checked: Checked) -> UUID | None:
    """Give whom a row will touch, if it touches anyone who is there already."""
    if source is not None:
        return source.subject_id
    try:
        return people.find(checked)
    except Refusal:
        return None


class _Planner:
    """Takes the rows one after another; a row may name a person whom an earlier one makes."""

    def __init__(
        self,
        batch: Batch,
        sources: Mapping[str, store.Source],
        people: People,
        standing: Mapping[UUID, Any],
        plan: Plan,
    ) -> None:
        self._batch, self._sources, self._people = batch, sources, people
        self._standing, self._plan = standing, plan

    def decide(self, checked: Checked) -> None:
        """Plan what becomes of one row."""
        source = self._sources.get(checked.source_ref)
        try:
            if source is None:
                self._receive(checked)
            else:
                self._receive_again(checked, source)
        except Refusal as refusal:
            self._plan.received.refuse(checked, [refusal.finding()])
        else:
            self._plan.received.warn(checked, checked.warnings)

    def _receive(self, checked: Checked) -> None:
        person = self._people.find(checked)
        if person is None:
            self._make(checked)
        else:
            self._link(checked, person)

    def _make(self, checked: Checked) -> None:
        if not checked.row.get("family_name"):
            problem = "The row names nobody known here, and gives no family name."
            raise Refusal(problem=problem, action="Send family_name.", field="family_name")
        row = merged({}, checked.row)
        person = new_id(self._batch.force)
        newcomer = Newcomer(person, dict(row), dict(checked.written), set(checked.invalid))
        self._plan.newcomers[person] = newcomer
        self._people.add(newcomer)
        self._keep(checked, person, row)
        self._plan.received.created += 1

    def _link(self, checked: Checked, person: UUID) -> None:
        """Take the row as another account of someone known: it fills only what is empty."""
        newcomer = self._plan.newcomers.get(person)
        if newcomer is not None:
            _refuse_other_pnc_id(checked, newcomer.pnc_ids)
            has_filled = newcomer.fill(self._without_doubt(checked, newcomer.row))
            self._people.add(newcomer)
        else:
            standing = self._standing[person]._mapping  # noqa: SLF001 - a row's public mapping
            planned = self._plan.changes.get(person, Change())
            _refuse_other_pnc_id(checked, [*pnc_ids_of(standing), *planned.pnc_ids])
            change = filling(self._without_doubt(checked, standing), standing, planned)
            has_filled = bool(change)
            self._change(person, change)
        self._plan.received.updated += has_filled
        self._plan.received.unchanged += not has_filled
        self._keep(checked, person, merged({}, checked.row))

    def _receive_again(self, checked: Checked, source: store.Source) -> None:
        row = merged(source.row, checked.row)
        if not row.get("family_name") and source.row.get("family_name"):
            problem = "The family name can't be taken away."
            raise Refusal(problem=problem, action="Send family_name.", field="family_name")
        if self._people.holder(checked) not in {None, source.subject_id}:
            raise Refusal(
                problem="This PNC ID stands at another person.", action=_TWO_PEOPLE, field="pnc_id"
            )
        standing = self._standing[source.subject_id]._mapping  # noqa: SLF001 - a row's public mapping
        change, kept = differences(checked, source.row, row)
        if source.subject_id in self._plan.shared and not is_alike(row, standing):
            kept += leave_identity(change)
        keep_former_name(change, standing)
        self._change(source.subject_id, change)
        self._plan.received.warn(checked, kept)
        self._keep(checked, source.subject_id, row)
        self._plan.received.updated += bool(change)
        self._plan.received.unchanged += not change

    def _change(self, person: UUID, change: Change) -> None:
        if change:
            self._plan.changes.setdefault(person, Change()).absorb(change)
            self._people.add_pnc_ids(person, change.pnc_ids)

    def _keep(self, checked: Checked, person: UUID, row: dict[str, Any]) -> None:
        kept = store.Kept(checked.source_ref, person, row, checked.digest)
        self._plan.sources.append(kept)
        self._plan.subjects[checked.source_ref] = person

    def _without_doubt(self, checked: Checked, known: Mapping[str, Any]) -> Checked:
        """Leave out names and date of birth that may be somebody else's, and warn of them."""
        if checked.row.get("person_id") or is_alike(checked.row, known):
            return checked
        problem = "The identifier is that of a person with another name or date of birth."
        action = "Compare the two: the row was joined to that person and changed no name or date."
        self._plan.received.warn(checked, [Finding("pnc_id", problem, action)])
        row = {key: value for key, value in checked.row.items() if key not in NAME_AND_BIRTH}
        return checked._replace(row=row)


def _refuse_other_pnc_id(checked: Checked, known: Sequence[str]) -> None:
    own = sound(checked, "pnc_id")
    if own and known and own not in known:
        raise Refusal(
            problem="The person named has another PNC ID.", action=_TWO_PEOPLE, field="pnc_id"
        )
