"""Deciding what each row of detentions means: one to record, to change, or to leave."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from offenders.domain.custody import service as custody
from offenders.domain.custody.service import Facts as CustodyFacts
from offenders.domain.custody.service import Stay, arrested_again, broken_rules, stay_of
from offenders.domain.imports import store
from offenders.domain.imports.batches import Received
from offenders.domain.imports.custody_rows import check_whole, given_of, ties_of_row
from offenders.domain.imports.planning import set_aside
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.imports.subjects import Subjects, described
from offenders.domain.imports.want_rows import has_inline_person, identity_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.checks import Checked
    from offenders.domain.imports.lanes import Ties

PERSONS_OF_DETENTIONS: Final = "custody-person"  # whom rows describe, by the detention's ref


class Entry(NamedTuple):
    """A detention to record, of the person known so far; None: whom the row itself describes.

    `stays` are all of that person's, with those that later rows tell of.
    """

    checked: Checked
    given: dict[str, Any]
    person: UUID | None
    stays: list[Stay]


class Amendment(NamedTuple):
    """What a row changes of a detention that stands; `columns` may be empty."""

    checked: Checked
    standing: Any
    columns: dict[str, Any]
    is_changed: bool


@dataclass
class CustodyPlan:
    """What is to be written for a batch; `same` names rows that an earlier one has entered.

    `people` are those known before, as they stand; `described` are whom rows describe.
    """

    hours: int
    entries: list[Entry] = field(default_factory=list)
    amendments: list[Amendment] = field(default_factory=list)
    same: list[tuple[Checked, str]] = field(default_factory=list)
    received: Received = field(default_factory=Received)
    people: dict[UUID, Any] = field(default_factory=dict)
    described: set[UUID] = field(default_factory=set)


def plan_detentions(session: Session, batch: Batch, rows: Sequence[Checked]) -> CustodyPlan:
    """Decide for each row, in the order of the file."""
    plan = CustodyPlan(custody.longest_hours(session, batch.facts.today))
    sources, todo = set_aside(
        session, batch, rows, plan.received, lambda row, _facts: check_whole(row)
    )
    if todo:
        planner = _Planner(session, batch, sources, todo, plan)
        for each in todo:
            planner.decide(each)
    return plan


def ties_of(session: Session, force: str, rows: Sequence[Checked]) -> list[Ties]:
    """Say what ties rows to each other: two refs or identifiers may be those of one person."""
    subjects = Subjects(session, force, rows, PERSONS_OF_DETENTIONS)
    found = [_known(subjects, each) for each in rows]
    # Their names may change: those who are made meanwhile are compared with them all the same.
    unsaid = {
        person
        for each, person in zip(rows, found, strict=True)
        if person and has_inline_person(each.row) and not each.row.get("date_of_birth")
    }
    births = store.births_of(session, force, unsaid) if unsaid else {}
    return [
        ties_of_row(each.row, person, births.get(person) if person else None)
        for each, person in zip(rows, found, strict=True)
    ]


def _known(subjects: Subjects, checked: Checked) -> UUID | None:
    """Give who is meant, if that is known here; a row that names nobody rightly is refused."""
    try:
        return subjects.find(checked)
    except Refusal:
        return None


class _Planner:
    """Takes the rows one after another; two rows of one batch may be of one person."""

    def __init__(
        self,
        session: Session,
        batch: Batch,
        sources: Mapping[str, store.Source],
        rows: Sequence[Checked],
        plan: CustodyPlan,
    ) -> None:
        self._batch, self._sources, self._plan = batch, sources, plan
        self._subjects = Subjects(session, batch.force, rows, PERSONS_OF_DETENTIONS)
        ids = {s.subject_id for each in rows if (s := sources.get(each.source_ref))}
        self._found = {each.source_ref: self._find(each) for each in rows}
        people = {each for each in self._found.values() if isinstance(each, UUID)}
        plan.people = custody.lock_people(session, people)
        self._standing = custody.lock_detentions(session, ids)
        numbers = {each.row["custody_number"] for each in rows}
        self._by_number = custody.find_by_numbers(session, numbers)
        self._entered: dict[str, tuple[Any, dict[str, Any], str]] = {}
        self._stays: dict[Any, list[Stay]] = defaultdict(list)
        for row in custody.list_stays_near(session, self._spans(rows), plan.hours):
            self._stays[row.person_id].append(_stay(row))

    def _spans(self, rows: Sequence[Checked]) -> dict[UUID, tuple[datetime, datetime]]:
        """Give when stays of people may touch those that the rows tell of, or change."""
        longest = timedelta(hours=self._plan.hours)
        spans: dict[UUID, tuple[datetime, datetime]] = {}
        for each in rows:
            if not isinstance(person := self._found[each.source_ref], UUID):
                continue
            source = self._sources.get(each.source_ref)
            stays = [stay_of(given_of(each.row))]
            if source is not None:
                stays.append(_stay(self._standing[source.subject_id]))
            for stay in stays:
                arrested_at = stay.arrested_at
                ended_at = max(arrested_at + longest, stay.released_at or arrested_at)
                since, until = spans.get(person, (arrested_at, ended_at))
                spans[person] = min(since, arrested_at - longest), max(until, ended_at)
        return spans

    def decide(self, checked: Checked) -> None:
        """Plan what becomes of one row, which has all that the source has said so far."""
        source = self._sources.get(checked.source_ref)
        try:
            person = self._person(checked)
            if source is None:
                self._enter(checked, person)
            else:
                self._amend(checked, source, person)
        except Refusal as refusal:
            self._plan.received.refuse(checked, [refusal.finding()])
        else:
            self._plan.received.warn(checked, checked.warnings)

    def _find(self, checked: Checked) -> UUID | Refusal | None:
        try:
            return self._subjects.find(checked)
        except Refusal as refusal:
            return refusal

    def _person(self, checked: Checked) -> UUID | None:
        found = self._found[checked.source_ref]
        if isinstance(found, Refusal):
            raise found
        return found

    def _enter(self, checked: Checked, person: UUID | None) -> None:
        given = given_of(checked.row)
        number = given["custody_number"]
        whose = person or described(checked)
        if number in self._entered:
            first, said, ref = self._entered[number]
            _refuse_unless((whose, given) == (first, said))
            self._plan.same.append((checked, ref))
        elif (standing := self._by_number.get(number)) is not None:
            _refuse_unless(standing.person_id == person and _says(standing, given))
            self._plan.amendments.append(Amendment(checked, standing, {}, is_changed=False))
        else:
            self._judge(checked, given, whose, self._born_on(checked, person))
            self._entered[number] = (whose, given, checked.source_ref)
            self._plan.entries.append(Entry(checked, given, person, self._stays[whose]))

    def _amend(self, checked: Checked, source: store.Source, person: UUID | None) -> None:
        standing = self._standing[source.subject_id]
        if person != standing.person_id:
            problem = "The row is about another person than before."
            action = "Correct the source, and send the other under a new source_ref."
            raise Refusal(problem=problem, action=action, field="person_source_ref")
        given, last = given_of(checked.row), given_of(source.row)
        _refuse_unless(given["custody_number"] == last["custody_number"])
        columns = {
            name: value
            for name, value in given.items()
            if value != last[name] and value != getattr(standing, name)
        }
        if columns:
            row = {**standing._mapping, **columns}  # noqa: SLF001 - a row's public mapping
            self._judge(checked, row, person, self._born_on(checked, person))
        is_changed = bool(columns) or _person_differs(checked, source.row)
        self._plan.amendments.append(Amendment(checked, standing, columns, is_changed))

    def _born_on(self, checked: Checked, person: UUID | None) -> date | None:
        if person is not None:
            found: date | None = self._plan.people[person].born_on
            return found
        written = checked.row.get("date_of_birth")
        return date.fromisoformat(written) if written else None

    def _judge(
        self, checked: Checked, row: Mapping[str, Any], whose: Any, born_on: date | None
    ) -> None:
        """Raise the first rule that a detention breaks; let later rows know of it otherwise.

        A source that tells of no releases is taken at its word where the person is arrested
        again: the earlier detention has ended by then.
        """
        stay, stays = stay_of(row), self._stays[whose]
        now, hours = self._batch.facts.now, self._plan.hours
        rearrests = [each.custody_number for each in stays]
        facts = CustodyFacts(now, hours, born_on, stays, rearrests)
        for broken in broken_rules(stay, facts):
            problem = f"{broken.problem} Rule: {broken.rule}."
            raise Refusal(problem=problem, action=broken.action, field=broken.field)
        self._plan.received.warn(checked, map(_without_release, arrested_again(stay, facts)))
        stays[:] = [each for each in stays if each.custody_number != stay.custody_number]
        stays.append(stay)


def _stay(row: Any) -> Stay:
    return Stay(row.custody_number, row.arrested_at, row.released_at)


def _without_release(pair: tuple[Stay, Stay]) -> Finding:
    first, second = pair
    problem = (
        f"Custody number {first.custody_number} has no release on record: the arrest under"
        f" {second.custody_number} is taken as its end. Rule: two-detentions-at-once."
    )
    return Finding("arrested_at", problem, "Send released_at of the earlier detention.")


def _says(standing: Any, given: Mapping[str, Any]) -> bool:
    """Tell whether a detention says the same, as it stands or as it was first recorded."""
    return all(getattr(standing, name) == value for name, value in given.items()) or all(
        getattr(standing, f"first_{name}") == value for name, value in given.items()
    )


def _refuse_unless(is_same: bool) -> None:  # noqa: FBT001 - the one thing it is asked
    if not is_same:
        problem = "This custody number is on record with other facts."
        action = "Send each custody record once, under the source_ref it came with first."
        raise Refusal(problem=problem, action=action, field="custody_number")


def _person_differs(checked: Checked, last: Mapping[str, Any]) -> bool:
    now, before = identity_of(checked).row, identity_of(checked._replace(row=dict(last))).row
    return has_inline_person(checked.row) and now != before
