"""Deciding what each row of wants means; what was decided here of risk, owner and end stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from offenders.db import recorded_at
from offenders.domain.imports import store, want_store
from offenders.domain.imports.batches import Received
from offenders.domain.imports.planning import set_aside
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.imports.subjects import Subjects, described
from offenders.domain.imports.want_rows import (
    GIVEN,
    WHO,
    check_whole,
    has_inline_person,
    identity_of,
)
from offenders.domain.wanted.rules import OUTSTANDING, Reason, Risk, allowed_outcomes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.checks import Checked

PERSONS_OF_WANTS: Final = "wanted-person"  # people whom rows of wants describe, by the want's ref
CLOSED_AT_SOURCE: Final = "As recorded by the source system."
_IDENTITY_OF_WANT: Final = ("reason", "crime_reference", "warrant_number")
_NEVER_NULL: Final = {"domestic_abuse": False, "priority_crime": False}


class Entry(NamedTuple):
    """A want to enter, on the person known so far; None: whom the row itself describes."""

    checked: Checked
    row: dict[str, Any]
    person: UUID | None


class Amendment(NamedTuple):
    """What a row changes of a want that stands."""

    checked: Checked
    row: dict[str, Any]
    want: Any
    columns: dict[str, Any]
    moves: bool
    is_changed: bool


@dataclass
class WantPlan:
    """What is to be written for a batch of wants."""

    entries: list[Entry] = field(default_factory=list)
    amendments: list[Amendment] = field(default_factory=list)
    received: Received = field(default_factory=Received)


def plan_wants(session: Session, batch: Batch, rows: Sequence[Checked]) -> WantPlan:
    """Decide for each row, in the order of the file."""
    plan = WantPlan()
    sources, todo = set_aside(session, batch, rows, plan.received)
    if not todo:
        return plan
    planner = _Planner(session, batch, sources, todo, plan)
    # What stands first: a want that ends tonight makes room for the one that takes its place.
    for each in sorted(todo, key=lambda row: row.source_ref not in sources):
        planner.decide(each)
    return plan


class _Planner:
    """Takes the rows one after another; two rows of one batch may be about the same want."""

    def __init__(
        self,
        session: Session,
        batch: Batch,
        sources: Mapping[str, store.Source],
        rows: Sequence[Checked],
        plan: WantPlan,
    ) -> None:
        self._batch, self._sources, self._plan = batch, sources, plan
        self._now = recorded_at(session)
        self._subjects = Subjects(session, batch.force, rows, PERSONS_OF_WANTS)
        self._freed: set[Any] = set()
        ids = {s.subject_id for each in rows if (s := sources.get(each.source_ref))}
        self._wants = want_store.lock_wants(session, batch.force, ids)
        people = {person for each in rows if (person := self._known(each)) is not None}
        people |= {want.person_id for want in self._wants.values()}
        self._open = {
            (row.person_id, row.reason, row.crime_reference, row.warrant_number): row.id
            for row in want_store.list_open_wants(session, batch.force, people)
        }

    def decide(self, checked: Checked) -> None:
        """Plan what becomes of one row, which has all that the source has said so far."""
        source = self._sources.get(checked.source_ref)
        want = self._wants[source.subject_id] if source else None
        entered_at = want.entered_at if want is not None else self._now
        findings = check_whole(checked.row, entered_at, self._batch.facts)
        try:
            if not findings and source is None:
                self._enter(checked)
            elif not findings and source is not None:
                self._amend(checked, source.row, want)
        except Refusal as refusal:
            findings = [refusal.finding()]
        if findings:
            self._plan.received.refuse(checked, findings)
        else:
            self._plan.received.warn(checked, checked.warnings)

    def _known(self, checked: Checked) -> UUID | None:
        try:
            return self._subjects.find(checked)
        except Refusal:
            return None

    def _enter(self, checked: Checked) -> None:
        person = self._subjects.find(checked)
        while self._freed:
            del self._open[self._freed.pop()]
        if not checked.row.get("outcome"):
            self._refuse_double(checked, person or described(checked), None)
        self._plan.entries.append(Entry(checked, checked.row, person))

    def _amend(self, checked: Checked, last: Mapping[str, Any], want: Any) -> None:
        if (
            not _names_as_before(checked.row, last)
            and self._subjects.find(checked) != want.person_id
        ):
            problem = "The row is about another person than before."
            action = "End this want at the source, and send the other under a new source_ref."
            raise Refusal(problem=problem, action=action, field="person_source_ref")
        columns, kept = _changes(checked.row, last, want)
        self._make_room(want, columns)
        state = columns.get("state", want.state)
        if state == OUTSTANDING and set(_IDENTITY_OF_WANT) & set(columns):
            self._refuse_double(checked, want.person_id, want.id)
        self._plan.received.warn(checked, kept)
        moves = _place(checked.row) != _place(last) and state == OUTSTANDING
        is_changed = bool(columns) or moves or _person_differs(checked, last)
        amendment = Amendment(checked, checked.row, want, columns, moves, is_changed)
        self._plan.amendments.append(amendment)

    def _make_room(self, want: Any, columns: Mapping[str, Any]) -> None:
        """Let a new want be entered for what this one has ended for or no longer names."""
        if {"state", *_IDENTITY_OF_WANT} & set(columns):
            key = (want.person_id, *(getattr(want, column) for column in _IDENTITY_OF_WANT))
            self._freed |= {key} if self._open.get(key) == want.id else set()

    def _refuse_double(self, checked: Checked, person: Any, want: UUID | None) -> None:
        key = (person, *(checked.row.get(column) for column in _IDENTITY_OF_WANT))
        standing = self._open.setdefault(key, want or checked.source_ref)
        if standing not in {want, checked.source_ref}:
            problem = "The person is already wanted for this reason, crime and warrant."
            action = "Send each want once, under the source_ref it came with first."
            raise Refusal(problem=problem, action=action, field="crime_reference")


def _names_as_before(row: Mapping[str, Any], last: Mapping[str, Any]) -> bool:
    """Tell whether a row names the person in the words of the last; it then is about them still."""
    return all(row.get(each) == last.get(each) for each in WHO)


def _place(row: Mapping[str, Any]) -> tuple[Any, Any]:
    return row.get("lpa"), row.get("neighbourhood")


def _person_differs(checked: Checked, last: Mapping[str, Any]) -> bool:
    now, before = identity_of(checked).row, identity_of(checked._replace(row=dict(last))).row
    return has_inline_person(checked.row) and now != before


def _changes(
    row: Mapping[str, Any], last: Mapping[str, Any], want: Any
) -> tuple[dict[str, Any], list[Finding]]:
    """Give what changed at the source, less what was decided here; and what was kept so."""
    columns: dict[str, Any] = {}
    kept: list[Finding] = []
    for column in GIVEN:
        if row.get(column) == last.get(column) or column == "risk":
            continue
        value = row.get(column, _NEVER_NULL.get(column))
        if value is not None or column not in {"entered_at", "reason"}:
            columns[column] = value
    for change, finding in (
        _risk(row, last, want),
        _owner(row, last, want),
        _ending(row, last, want),
    ):
        columns |= change
        kept += [finding] if finding else []
    _refuse_lost_outcome(columns, want)
    return {name: value for name, value in columns.items() if _differs(value, want, name)}, kept


def _differs(value: Any, want: Any, column: str) -> bool:
    standing = getattr(want, column)
    if isinstance(standing, datetime):
        return value is None or datetime.fromisoformat(value) != standing
    return bool(value != standing)


_Decision = tuple[dict[str, Any], Finding | None]


def _risk(row: Mapping[str, Any], last: Mapping[str, Any], want: Any) -> _Decision:
    before, now = last.get("risk") or Risk.STANDARD, row.get("risk") or Risk.STANDARD
    if now == before:
        return {}, None
    if want.risk not in {before, now}:
        return {}, _kept("risk")
    return {"risk": str(now)}, None


def _owner(row: Mapping[str, Any], last: Mapping[str, Any], want: Any) -> _Decision:
    names = ("owner_officer", "owner_team")
    before, now = ([each.get(name) for name in names] for each in (last, row))
    standing = [want.owner_officer, want.owner_team]
    if now in (before, [None, None]):
        return {}, None
    was_decided_here = standing != before if any(before) else want.was_handed_over
    if was_decided_here and standing != now:
        return {}, _kept(names[now[0] is None])
    return dict(zip(names, now, strict=True)), None


def _ending(row: Mapping[str, Any], last: Mapping[str, Any], want: Any) -> _Decision:
    """Close what is outstanding; a closed want is never opened again nor ended otherwise."""
    outcome = row.get("outcome")
    if (outcome, row.get("outcome_at")) == (last.get("outcome"), last.get("outcome_at")):
        return {}, None
    if want.state == OUTSTANDING:
        ended = {"state": outcome, "outcome_at": row.get("outcome_at")}
        return (ended | {"outcome_reason": CLOSED_AT_SOURCE} if outcome else {}), None
    return {}, None if outcome == want.state else _kept("outcome")


def _refuse_lost_outcome(columns: Mapping[str, Any], want: Any) -> None:
    reason, state = columns.get("reason", want.reason), columns.get("state", want.state)
    if state != OUTSTANDING and state not in allowed_outcomes(Reason(reason)):
        problem = "The want was closed in a way that this reason doesn't allow."
        raise Refusal(
            problem=problem, action="Leave the reason, or send a new want.", field="reason"
        )


def _kept(column: str) -> Finding:
    return Finding(
        column,
        "The source changed this, but it was decided here: the decision made here was kept.",
        "Change it here if the source is right, or correct the source.",
    )
