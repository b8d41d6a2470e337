"""Deciding what each row of MAPPA means: a case to make, to change, or to leave."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import select, text

from offenders.domain.imports.batches import Received
from offenders.domain.imports.mappa_rows import check_whole, judge, said_of, stage_of
from offenders.domain.imports.planning import set_aside
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.imports.subjects import Subjects, described
from offenders.domain.mappa.acting import limits_today
from offenders.domain.mappa.models import MappaCase
from offenders.domain.mappa.rules import Kind, Stage

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.imports import store
    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.checks import Checked
    from offenders.domain.mappa.rules import Broken

PERSONS_OF_MAPPA: Final = "mappa-person"  # whom rows describe, by the case's ref
_HERE_WINS: Final = frozenset({"risk", "owner_officer", "exit_reason", "ended_at"})
_PEOPLE = text("""
    SELECT p.id, p.date_of_birth,
           EXISTS (SELECT FROM managements m WHERE m.force = p.force AND m.person_id = p.id
                     AND m.kind = 'registration') AS is_registered,
           ARRAY(SELECT c.kind FROM mappa_cases c WHERE c.force = p.force AND c.person_id = p.id
                   AND c.stage IN ('referred', 'open')) AS kinds
    FROM persons p WHERE p.force = :force AND p.id = ANY (:people)
""")


class Entry(NamedTuple):
    """A case to make, of the person known so far; None: whom the row itself describes."""

    checked: Checked
    said: dict[str, Any]
    missing: list[Broken]
    person: UUID | None


class Amendment(NamedTuple):
    """What a row changes of a case that stands; `columns` may be empty."""

    checked: Checked
    case: MappaCase
    columns: dict[str, Any]
    missing: list[Broken]
    is_changed: bool


@dataclass
class MappaPlan:
    """What is to be written for a batch."""

    entries: list[Entry] = field(default_factory=list)
    amendments: list[Amendment] = field(default_factory=list)
    received: Received = field(default_factory=Received)


def plan_cases(session: Session, batch: Batch, rows: Sequence[Checked]) -> MappaPlan:
    """Decide for each row, in the order of the file."""
    plan = MappaPlan()
    sources, todo = set_aside(session, batch, rows, plan.received, check_whole)
    if todo:
        planner = _Planner(session, batch, sources, todo, plan)
        for each in todo:
            planner.decide(each)
    return plan


def lock_cases(session: Session, force: str, ids: Collection[UUID]) -> dict[UUID, MappaCase]:
    """Give cases as they stand, so that nobody alters them before this transaction ends."""
    if not ids:
        return {}
    statement = (
        select(MappaCase)
        .where(MappaCase.force == force, MappaCase.id.in_(sorted(ids)))
        .order_by(MappaCase.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {case.id: case for case in session.execute(statement).scalars()}


class _Planner:
    """Takes the rows one after another; two rows of one batch may be of one person."""

    def __init__(
        self,
        session: Session,
        batch: Batch,
        sources: Mapping[str, store.Source],
        rows: Sequence[Checked],
        plan: MappaPlan,
    ) -> None:
        self._batch, self._sources, self._plan = batch, sources, plan
        self._limits = limits_today(session)
        subjects = Subjects(session, batch.force, rows, PERSONS_OF_MAPPA)
        self._found = {each.source_ref: self._find(subjects, each) for each in rows}
        people = [each for each in self._found.values() if isinstance(each, UUID)]
        values = {"force": batch.force, "people": people}
        self._people = {row.id: row for row in session.execute(_PEOPLE, values)}
        ids = {s.subject_id for each in rows if (s := sources.get(each.source_ref))}
        self._standing = lock_cases(session, batch.force, ids)
        self._held = {row.id: set(row.kinds) for row in self._people.values()}

    def decide(self, checked: Checked) -> None:
        """Plan what becomes of one row, which has all that the source has said so far."""
        source = self._sources.get(checked.source_ref)
        try:
            found = self._found[checked.source_ref]
            if isinstance(found, Refusal):
                raise found
            if source is None:
                missing = self._enter(checked, found)
            else:
                missing = self._amend(checked, source, found)
        except Refusal as refusal:
            self._plan.received.refuse(checked, [refusal.finding()])
            return
        self._plan.received.warn(checked, [*checked.warnings, *_as_findings(missing)])

    def _find(self, subjects: Subjects, checked: Checked) -> UUID | Refusal | None:
        try:
            return subjects.find(checked)
        except Refusal as refusal:
            return refusal

    def _enter(self, checked: Checked, person: UUID | None) -> list[Broken]:
        said = said_of(checked.row, self._batch.facts)
        missing = judge(said, self._limits, self._born_on(checked, person), self._batch.facts)
        if stage_of(said) == Stage.OPEN:
            self._hold(said, person or described(checked), person)
        self._plan.entries.append(Entry(checked, said, missing, person))
        return missing

    def _hold(self, said: Mapping[str, Any], whose: Any, person: UUID | None) -> None:
        """Raise Refusal where the person is held so already, or eligible for MAPPA instead."""
        held = self._held.setdefault(whose, set())
        if said["kind"] in held:
            problem = "This person is held so already."
            action = "Send each case once, and amend by hand the one that stands here."
            raise Refusal(problem=problem, action=action, field="kind")
        registered = person is not None and self._people[person].is_registered
        if said["kind"] == Kind.POTENTIALLY_DANGEROUS and (registered or Kind.MAPPA in held):
            problem = "A potentially dangerous person is one who is not eligible for MAPPA."
            action = "This one is. Correct the kind at the source."
            raise Refusal(problem=problem, action=action, field="kind")
        held.add(said["kind"])

    def _amend(self, checked: Checked, source: store.Source, person: UUID | None) -> list[Broken]:
        case = self._standing[source.subject_id]
        if person != case.person_id:
            problem = "The row is about another person than before."
            action = "Correct the source, and send the other under a new source_ref."
            raise Refusal(problem=problem, action=action, field="person_source_ref")
        said = said_of(checked.row, self._batch.facts)
        last = said_of(source.row, self._batch.facts)
        if not checked.row.get("started_on"):
            said["started_on"] = last["started_on"] = case.started_on
        if said["kind"] != last["kind"]:
            problem = "The row says another kind than before."
            action = "End this case at the source, and send the other under a new source_ref."
            raise Refusal(problem=problem, action=action, field="kind")
        columns = self._columns(checked, case, said, last)
        missing: list[Broken] = []
        if columns:
            whole = {name: columns.get(name, getattr(case, name)) for name in said}
            born_on = self._born_on(checked, person)
            missing = judge(whole, self._limits, born_on, self._batch.facts)
        self._plan.amendments.append(Amendment(checked, case, columns, missing, bool(columns)))
        return missing

    def _columns(
        self,
        checked: Checked,
        case: MappaCase,
        said: Mapping[str, Any],
        last: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Give what changed at the source and not here; what was set here wins, with a warning."""
        changed = {name: value for name, value in said.items() if value != last[name]}
        if case.stage not in {Stage.OPEN, Stage.REFERRED} and changed:
            problem = "The case has ended here." if case.exit_reason else "It was refused here."
            self._warn(checked, "exit_reason", problem)
            return {}
        columns = {}
        for name, value in changed.items():
            here = getattr(case, name)
            if here == value:
                continue
            if name in _HERE_WINS and here != last[name]:
                column = "manager" if name == "owner_officer" else name
                self._warn(checked, column, "What was set here differs, and stands.")
                continue
            if name == "owner_officer" and value is None:
                continue
            columns[name] = value
        return columns

    def _warn(self, checked: Checked, column: str, problem: str) -> None:
        finding = Finding(column, problem, "Look into it here; the row was not taken over.")
        self._plan.received.warn(checked, [finding])

    def _born_on(self, checked: Checked, person: UUID | None) -> date | None:
        if person is not None:
            born: date | None = self._people[person].date_of_birth
            return born
        written = checked.row.get("date_of_birth")
        return date.fromisoformat(written) if written else None


def _as_findings(missing: Sequence[Broken]) -> list[Finding]:
    return [
        Finding(each.field, f"{each.problem} Rule: {each.rule}.", each.action) for each in missing
    ]
