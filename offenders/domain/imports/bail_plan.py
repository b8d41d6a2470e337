"""Deciding what each row of bail means; what was recorded here of state and time stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from offenders.domain.imports import bail_store, store
from offenders.domain.imports.bail_rows import Described, check_whole
from offenders.domain.imports.batches import Received
from offenders.domain.imports.planning import set_aside
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.imports.subjects import Subjects
from offenders.domain.imports.want_rows import identity_of
from offenders.domain.working_days import london_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.bail.models import BailRecord
    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.checks import Checked

PERSONS_OF_BAIL: Final = "bail-person"  # people whom rows of bail describe, by the row's ref
# Columns that the source and this register both say; a change here wins over one there.
PLAIN: Final = ("offence_code", "crime_reference", "lpa", "neighbourhood")
_PERIOD: Final = ("kind", "case_type", "agency", "arrested_at", "bailed_at", "regime")
_TIMES: Final = ("return_at", "return_follows", "extensions", "ends_on", "because")
_STATE: Final = (
    "state",
    "failed_at",
    "answered_at",
    "released_at",
    "has_lapsed",
    "outcome",
    "outcome_at",
    "outcome_reason",
)


class Entry(NamedTuple):
    """A record to make, on the person known so far; None: whom the row itself describes."""

    checked: Checked
    described: Described
    person: UUID | None


class Amendment(NamedTuple):
    """What a row changes of a record that stands."""

    checked: Checked
    record: BailRecord
    columns: dict[str, Any]


@dataclass
class BailPlan:
    """What is to be written for a batch of bail."""

    entries: list[Entry] = field(default_factory=list)
    amendments: list[Amendment] = field(default_factory=list)
    received: Received = field(default_factory=Received)


def plan_bail(session: Session, batch: Batch, rows: Sequence[Checked]) -> BailPlan:
    """Decide for each row, in the order of the file."""
    plan = BailPlan()
    sources, todo = set_aside(session, batch, rows, plan.received)
    if todo:
        planner = _Planner(session, batch, sources, todo, plan)
        for each in todo:
            planner.decide(each)
    return plan


class _Planner:
    """Takes the rows one after another; two rows of one batch may be about the same arrest."""

    def __init__(
        self,
        session: Session,
        batch: Batch,
        sources: Mapping[str, store.Source],
        rows: Sequence[Checked],
        plan: BailPlan,
    ) -> None:
        self._batch, self._sources, self._plan = batch, sources, plan
        self._subjects = Subjects(session, batch.force, rows, PERSONS_OF_BAIL)
        self._found = {each.source_ref: self._look_for(each) for each in rows}
        ids = {s.subject_id for each in rows if (s := sources.get(each.source_ref))}
        self._records = bail_store.lock_records(session, batch.force, ids)
        people = {person for person in self._found.values() if isinstance(person, UUID)}
        self._born = bail_store.births(session, batch.force, people)
        self._standing = {
            (row.person_id, row.arrested_at, row.crime_reference, row.offence_code): row.id
            for row in bail_store.list_arrests(session, batch.force, people)
        }

    def decide(self, checked: Checked) -> None:
        """Plan what becomes of one row, which has all that the source has said so far."""
        source = self._sources.get(checked.source_ref)
        findings = check_whole(checked.row, self._batch.facts)
        try:
            if not findings and source is None:
                self._enter(checked)
            elif not findings and source is not None:
                self._amend(checked, source)
        except Refusal as refusal:
            findings = [refusal.finding()]
        if findings:
            self._plan.received.refuse(checked, findings)
        else:
            self._plan.received.warn(checked, checked.warnings)

    def _look_for(self, checked: Checked) -> UUID | Refusal | None:
        try:
            return self._subjects.find(checked)
        except Refusal as refusal:
            return refusal

    def _person(self, checked: Checked) -> UUID | None:
        found = self._found[checked.source_ref]
        if isinstance(found, Refusal):
            raise found
        return found

    def _enter(self, checked: Checked) -> None:
        person = self._person(checked)
        described = Described(checked.row, self._batch.facts)
        self._refuse_before_birth(checked, described, person)
        self._refuse_double(checked, described, person)
        if described.has_lapsed:
            self._plan.received.warn(checked, [_lapsed(described)])
        self._plan.entries.append(Entry(checked, described, person))

    def _amend(self, checked: Checked, source: store.Source) -> None:
        record = self._records[source.subject_id]
        person = self._person(checked)
        if person != record.person_id:
            problem = "The row is about another person than before."
            action = "Close this record at the source, and send the other under a new source_ref."
            raise Refusal(problem=problem, action=action, field="person_source_ref")
        new = Described(checked.row, self._batch.facts)
        old = Described(source.row, self._batch.facts)
        self._refuse_before_birth(checked, new, person)
        self._refuse_double(checked, new, person, record.id)
        columns, kept = _changes(old, new, record)
        self._plan.received.warn(checked, kept)
        self._plan.amendments.append(Amendment(checked, record, columns))

    def _refuse_before_birth(
        self, checked: Checked, described: Described, person: UUID | None
    ) -> None:
        written = checked.row.get("date_of_birth")
        born = self._born.get(person) if person is not None else None
        born = born or (date.fromisoformat(written) if written else None)
        if born is not None and london_day(described.arrested_at) < born:
            problem = "The arrest lies before the person was born."
            action = "Correct the moment of arrest or the date of birth."
            raise Refusal(problem=problem, action=action, field="arrested_at")

    def _refuse_double(
        self,
        checked: Checked,
        described: Described,
        person: UUID | None,
        record: UUID | None = None,
    ) -> None:
        key = (
            person or _described(checked),
            described.arrested_at,
            described.crime_reference,
            described.offence_code,
        )
        standing = self._standing.setdefault(key, record or checked.source_ref)
        if standing not in {record, checked.source_ref}:
            problem = "A release after the same arrest, for the same crime, is recorded already."
            action = "Send each release once, under the source_ref it came with first."
            raise Refusal(problem=problem, action=action, field="arrested_at")


def _described(checked: Checked) -> Any:
    """Tell apart people who are not yet here: by PNC ID or CRO number, else by the row."""
    for kind in ("pnc_id", "cro_number"):
        if checked.row.get(kind) and kind not in checked.invalid:
            return kind, checked.row[kind]
    return checked.source_ref


def person_differs(checked: Checked, last: Mapping[str, Any]) -> bool:
    """Say whether a row describes its person otherwise than the last."""
    return identity_of(checked).row != identity_of(checked._replace(row=dict(last))).row


def _lapsed(described: Described) -> Finding:
    problem = f"The bail period ended on {described.ends_on} with nothing recorded."
    action = "It was taken as released without bail. Send its state if it ended otherwise."
    return Finding("state", problem, action)


def _changes(
    old: Described, new: Described, record: BailRecord
) -> tuple[dict[str, Any], list[Finding]]:
    """Give what changed at the source, less what was decided here; and what was kept so."""
    columns: dict[str, Any] = {}
    kept: list[Finding] = []
    for group, named in (
        *(((name,), name) for name in PLAIN),
        ((*_PERIOD, *_TIMES), "return_at"),
        (_STATE, "state"),
    ):
        if _facts(old, group) == _facts(new, group):
            continue
        if _is_as(record, old, group):
            columns |= {name: getattr(new, name) for name in group}
        elif not _is_as(record, new, group):
            kept.append(_kept(named))
    if _texts(old) != _texts(new):
        if _texts(record) == _texts(old):
            columns["conditions"] = new.conditions
        elif _texts(record) != _texts(new):
            kept.append(_kept("conditions"))
    return columns, kept


def _facts(described: Any, group: Sequence[str]) -> list[Any]:
    return [_comparable(name, getattr(described, name)) for name in group]


def _is_as(record: BailRecord, described: Described, group: Sequence[str]) -> bool:
    """Say whether a record still stands as the source last said."""
    # How long a lapse has been seen differs by the moment of looking.
    ignored = {"because", "outcome_at", "answered_at", "released_at", "outcome_reason"}
    names = [name for name in group if name not in ignored]
    return _facts(record, names) == _facts(described, names)


def _comparable(name: str, value: Any) -> Any:
    if name == "extensions":
        return [(each["section"], each["authorised_at"]) for each in value]
    return str(value) if isinstance(value, str) else value


def _texts(described: Any) -> list[str]:
    return [each["text"] for each in described.conditions if each["until"] is None]


def _kept(column: str) -> Finding:
    return Finding(
        column,
        "The source changed this, but it was decided here: what was decided here was kept.",
        "Change it here if the source is right, or correct the source.",
    )
