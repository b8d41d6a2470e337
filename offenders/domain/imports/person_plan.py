"""Deciding what each row of people means: a person to make, to change, or to leave as they are."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.imports import store
from offenders.domain.imports.batches import Received, merged
from offenders.domain.imports.person_rows import IDENTIFIERS
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.persons.names import tokens
from offenders.domain.persons.rules import FORMER
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.checks import Checked

SCALARS: Final = (
    "family_name",
    "given_names",
    "date_of_birth",
    "sex",
    "nationalities",
    "ethnicity_self_defined",
    "ethnicity_observed",
)
LISTS: Final = ("aliases", "addresses", "vehicles", "markers")
_EMPTY: Final[tuple[Any, ...]] = (None, [], "not_known")
_TWO_PEOPLE: Final = "Find out which is right and correct the source, or merge the two people here."


@dataclass
class Newcomer:
    """A person to make."""

    id: UUID
    row: dict[str, Any]
    written: dict[str, str]
    invalid: set[str]

    @property
    def pnc_ids(self) -> list[str]:
        """Give the valid PNC ID, if there is one."""
        own = self.row.get("pnc_id")
        return [own] if own and "pnc_id" not in self.invalid else []

    def fill(self, checked: Checked) -> bool:
        """Take from another source what is still empty; tell whether anything was."""
        fills = {
            key: value
            for key, value in checked.row.items()
            if value not in _EMPTY and self.row.get(key) in _EMPTY
        }
        self.row |= fills
        self.written |= {key: value for key, value in checked.written.items() if key in fills}
        self.invalid |= checked.invalid & set(fills)
        return bool(fills)


@dataclass
class Change:
    """What changes of a person: columns, identifiers (type, value, as written, what it was)."""

    columns: dict[str, Any] = field(default_factory=dict)
    identifiers: list[tuple[str, str | None, str, str | None]] = field(default_factory=list)
    added: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    ended_addresses: list[dict[str, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether anything changes."""
        return bool(self.columns or self.identifiers or self.added or self.ended_addresses)

    @property
    def pnc_ids(self) -> list[str]:
        """Give the valid PNC IDs that are added."""
        return [value for kind, value, *_ in self.identifiers if kind == "pnc_id" and value]

    def absorb(self, later: Change) -> None:
        """Add what a later row changes of the same person."""
        self.columns |= later.columns
        self.identifiers += later.identifiers
        self.ended_addresses += later.ended_addresses
        for name, entries in later.added.items():
            self.added.setdefault(name, []).extend(entries)


@dataclass
class Plan:
    """What is to be written for a batch of people."""

    newcomers: dict[UUID, Newcomer] = field(default_factory=dict)
    changes: dict[UUID, Change] = field(default_factory=dict)
    sources: list[tuple[str, UUID, dict[str, Any]]] = field(default_factory=list)
    subjects: dict[str, UUID] = field(default_factory=dict)
    received: Received = field(default_factory=Received)


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
        return self._pnc_ids.get(_sound(checked, "pnc_id"))

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
        with_cro = self._cro_numbers.get(_sound(checked, "cro_number"), set())
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


def _sound(checked: Checked, kind: str) -> str:
    value = checked.row.get(kind)
    return value if value and kind not in checked.invalid else ""


def _valid(rows: Iterable[Checked], kind: str) -> set[str]:
    return {_sound(each, kind) for each in rows} - {""}


def plan_people(session: Session, batch: Batch, rows: Sequence[Checked]) -> Plan:
    """Decide for each row, in the order of the file."""
    sources = store.find_sources(session, batch.force, batch.kind, [r.source_ref for r in rows])
    plan, telling = Plan(), []
    for each in rows:
        source = sources.get(each.source_ref)
        if source is not None and merged(source.row, each.row) == source.row:
            plan.received.unchanged += 1
            plan.received.warn(each, each.warnings)
            plan.subjects[each.source_ref] = source.subject_id
        else:
            telling.append(each)
    if not telling:
        return plan
    people = People(session, batch.force, telling)
    touched = {_subject(people, sources.get(each.source_ref), each) for each in telling}
    standing = store.lock_people(session, batch.force, touched)
    planner = _Planner(batch, sources, people, standing, plan)
    for each in telling:
        planner.decide(each)
    return plan


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
            self._warn_of_unlike(checked, newcomer.row)
            has_filled = newcomer.fill(checked)
            self._people.add(newcomer)
        else:
            standing = self._standing[person]._mapping  # noqa: SLF001 - a row's public mapping
            planned = self._plan.changes.get(person, Change())
            _refuse_other_pnc_id(checked, [*_pnc_ids(standing), *planned.pnc_ids])
            self._warn_of_unlike(checked, standing)
            filling = _filling(checked, standing, planned)
            has_filled = bool(filling)
            self._change(person, filling)
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
        change, kept = _differences(checked, source.row, row)
        _keep_former_name(change, standing)
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
        self._plan.sources.append((checked.source_ref, person, row))
        self._plan.subjects[checked.source_ref] = person

    def _warn_of_unlike(self, checked: Checked, known: Mapping[str, Any]) -> None:
        if checked.row.get("person_id") or _is_alike(checked.row, known):
            return
        problem = "The identifier is that of a person with another name or date of birth."
        action = "Compare the two: the row was joined to that person and changed no name or date."
        self._plan.received.warn(checked, [Finding("pnc_id", problem, action)])


def _is_alike(row: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    born, known_born = row.get("date_of_birth"), known.get("date_of_birth")
    if born and known_born and born != str(known_born):
        return False
    if not row.get("family_name"):
        return True
    words = {each.text for each in tokens(row["family_name"], row.get("given_names"))}
    known_words = {each.text for each in tokens(known["family_name"], known.get("given_names"))}
    return bool(words & known_words)


def _pnc_ids(standing: Mapping[str, Any]) -> list[str]:
    known = (each.split(" ", 1) for each in standing["identifiers"])
    return [value for kind, value in known if kind == "pnc_id"]


def _refuse_other_pnc_id(checked: Checked, known: Sequence[str]) -> None:
    own = _sound(checked, "pnc_id")
    if own and known and own not in known:
        raise Refusal(
            problem="The person named has another PNC ID.", action=_TWO_PEOPLE, field="pnc_id"
        )


def _filling(checked: Checked, standing: Mapping[str, Any], planned: Change) -> Change:
    """Give what a row can add to someone without altering anything."""
    change = Change()
    for column in SCALARS:
        is_open = standing[column] in _EMPTY and column not in planned.columns
        if is_open and checked.row.get(column) not in _EMPTY:
            change.columns[column] = checked.row[column]
    for name in LISTS:
        if checked.row.get(name) and not standing[name] and name not in planned.added:
            change.added[name] = list(checked.row[name])
    known = {each.split(" ", 1)[0] for each in standing["identifiers"]}
    known |= {kind for kind, *_ in planned.identifiers}
    for kind in IDENTIFIERS:
        if checked.row.get(kind) and kind not in known:
            change.identifiers.append(_identifier(checked, kind, None))
    return change


def _identifier(
    checked: Checked, kind: str, before: str | None
) -> tuple[str, str | None, str, str | None]:
    value = None if kind in checked.invalid else checked.row[kind]
    return kind, value, checked.written[kind], before


def _differences(
    checked: Checked, last: Mapping[str, Any], row: Mapping[str, Any]
) -> tuple[Change, list[Finding]]:
    """Give what changed at the source, and what is kept although the source dropped it."""
    change, kept = Change(), []
    for column in SCALARS:
        if row.get(column) != last.get(column):
            change.columns[column] = row.get(column)
    for kind in IDENTIFIERS:
        if row.get(kind) == last.get(kind):
            continue
        if row.get(kind):
            change.identifiers.append(_identifier(checked, kind, last.get(kind)))
        else:
            kept.append(_still_here(kind))
    for name in LISTS:
        before, after = last.get(name) or [], row.get(name) or []
        if added := [each for each in after if each not in before]:
            change.added.setdefault(name, []).extend(added)
        gone = [each for each in before if each not in after]
        if name == "addresses":
            change.ended_addresses += gone
        elif name == "markers" and {m["code"] for m in gone} - {m["code"] for m in after}:
            kept.append(_still_here(name))
    return change, kept


def _keep_former_name(change: Change, standing: Mapping[str, Any]) -> None:
    """Leave out what stands here so already; let a changed name stay as a former one."""
    change.columns = {
        column: value
        for column, value in change.columns.items()
        if (value or None) != _as_sent(column, standing[column])
    }
    if "family_name" in change.columns or "given_names" in change.columns:
        former = {name: standing[name] for name in ("family_name", "given_names")}
        change.added.setdefault("aliases", []).append({"type": FORMER, **former})


def _as_sent(column: str, standing: Any) -> Any:
    if column == "date_of_birth":
        return standing and standing.isoformat()
    return None if standing in _EMPTY else standing


def _still_here(field_name: str) -> Finding:
    problem = "The source no longer gives this; it was kept here."
    return Finding(field_name, problem, "Take it away here, with a reason, if it is wrong.")
