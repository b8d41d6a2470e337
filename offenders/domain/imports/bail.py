"""Receiving bail: what a plan decides is written in sets, with wants, log, history and audit."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.bail.breaches import settle_breaches
from offenders.domain.bail.cases import State
from offenders.domain.bail.models import BailRecord
from offenders.domain.bail.records import RULE, plain, set_review_clocks
from offenders.domain.bail.rules import inspector_review_due, review_due
from offenders.domain.bail.service import settle_flag
from offenders.domain.bail.wants import close, close_breaches
from offenders.domain.history import begin_history, keep_history
from offenders.domain.imports import bail_store, store, want_store
from offenders.domain.imports.bail_plan import PERSONS_OF_BAIL, person_differs, plan_bail
from offenders.domain.imports.bail_rows import IN_SOURCE
from offenders.domain.imports.bail_wants import Failures
from offenders.domain.imports.batches import audit_batch
from offenders.domain.imports.people import receive_people
from offenders.domain.imports.problems import REFUSED
from offenders.domain.imports.want_rows import has_inline_person, identity_of
from offenders.domain.reference.policies import figures_in_force
from offenders.domain.wanted.rules import Outcome
from offenders.domain.wanted.service import duty_team
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.bail_plan import Amendment, BailPlan, Entry
    from offenders.domain.imports.batches import Batch, Received
    from offenders.domain.imports.checks import Checked

_Area = tuple[str | None, str | None]
_DESCRIBED = (
    "kind",
    "case_type",
    "agency",
    "arrested_at",
    "bailed_at",
    "offence_code",
    "crime_reference",
    "lpa",
    "neighbourhood",
    "state",
    "regime",
    "ends_on",
    "suspended_for",
    "return_at",
    "return_follows",
    "because",
    "conditions",
    "extensions",
    "suspensions",
    "failed_at",
    "answered_at",
    "released_at",
    "has_lapsed",
    "outcome",
    "outcome_at",
    "outcome_reason",
)
_KIND_OF_STATE = {
    State.FAILED_TO_ANSWER: ("failure", "failed_at"),
    State.SURRENDERED: ("surrender", "answered_at"),
    State.CLOSED: ("closure", "outcome_at"),
}


def receive_bail(
    session: Session, batch: Batch, rows: Sequence[Checked]
) -> tuple[Received, dict[str, UUID]]:
    """Receive a batch of bail; give what became of it, and the record of each new source_ref."""
    plan = plan_bail(session, batch, rows)
    people = _receive_described(session, batch, plan)
    plan.received.created += len(plan.entries)
    if not plan.entries and not plan.amendments:
        return plan.received, {}
    on = {e.checked.source_ref: e.person or people[e.checked.source_ref] for e in plan.entries}
    whom = {*on.values(), *(each.record.person_id for each in plan.amendments)}
    homes = store.areas_of(session, batch.force, whom)
    failures = Failures(session, batch, sorted(whom), homes)
    writing = _Writing(session, batch, failures)
    for entry in plan.entries:
        person = on[entry.checked.source_ref]
        writing.enter(entry, person, homes[person])
    writing.find_wants(plan.amendments)
    failures.write()
    writing.write()
    changed = _amend(session, batch, plan, writing)
    store.keep_sources(session, batch.force, batch.kind, batch.import_id, writing.sources)
    counts = {"created": len(on), "changed": len(changed)}
    made = {e.source_ref: e.subject_id for e in writing.sources if e.source_ref in on}
    audit_batch(session, batch, "bail_record", [*made.values(), *changed], counts)
    return plan.received, made


def _receive_described(session: Session, batch: Batch, plan: BailPlan) -> dict[str, UUID]:
    """Receive the people whom accepted rows describe; who is refused takes the row along."""
    taken = [each.checked for each in plan.entries] + [each.checked for each in plan.amendments]
    described = [identity_of(each) for each in taken if has_inline_person(each.row)]
    if not described:
        return {}
    persons, subjects = receive_people(session, replace(batch, kind=PERSONS_OF_BAIL), described)
    refused = {each.source_ref for each in persons.problems if each.severity == REFUSED}
    plan.received.problems += persons.problems
    plan.entries = [each for each in plan.entries if each.checked.source_ref not in refused]
    plan.amendments = [each for each in plan.amendments if each.checked.source_ref not in refused]
    return subjects


class _Writing:
    """Gathers records and log entries until they are written in sets."""

    def __init__(self, session: Session, batch: Batch, failures: Failures) -> None:
        self._session, self._batch, self._failures = session, batch, failures
        self._at = recorded_at(session)
        self._figures = figures_in_force(session, batch.force, RULE, clock.today())
        self._records: list[dict[str, Any]] = []
        self.actions: list[tuple[Any, ...]] = []
        self._officers: set[str] = set()
        self._teams: set[str] = set()
        self.sources: list[store.Kept] = []

    def enter(self, entry: Entry, person: UUID, home: _Area) -> None:
        """Gather a record to make."""
        described, row, force = entry.described, entry.checked.row, self._batch.force
        record = {name: getattr(described, name) for name in _DESCRIBED} | {
            "force": force,
            "id": new_id(force),
            "reference": new_reference("B", force),
            "person_id": person,
            **self._owner(row, described.lpa or home[0]),
            **self._clocks(described),
            "recorded_by": self._batch.actor,
            "version": 1,
            "recorded_at": self._at,
            "updated_at": self._at,
        }
        if described.state == State.FAILED_TO_ANSWER:
            record["want_id"] = self._failures.want_of(described, person)
        self._records.append(record)
        self.log(record["id"], "entry", self._at, {"version": 1})
        self.log_state(record["id"], described)
        self.keep(entry.checked, record["id"])

    def _owner(self, row: Mapping[str, Any], lpa: str | None) -> dict[str, Any]:
        officer, team = row.get("owner_officer"), row.get("owner_team")
        if officer is None and team is None:
            team = duty_team(self._batch.force, lpa)
        self._officers |= {officer} if officer else set()
        self._teams |= {team} if team else set()
        return {"owner_officer": officer, "owner_team": team}

    def _clocks(self, described: Any) -> dict[str, Any]:
        if described.state != State.RELEASED_WITHOUT_BAIL:
            return {}
        since, figures = described.released_at, self._figures
        return {
            "review_due_at": review_due(since, figures["rui_review"]),
            "inspector_review_due_at": inspector_review_due(since, figures["rui_inspector_review"]),
        }

    def find_wants(self, amendments: Sequence[Amendment]) -> None:
        """Gather the wants of records that the source now says were failed."""
        for each in amendments:
            if each.columns.get("state") == State.FAILED_TO_ANSWER:
                record = _After(each)
                each.columns["want_id"] = self._failures.want_of(record, each.record.person_id)

    def log(self, record: UUID, kind: str, at: Any, details: dict[str, Any]) -> None:
        """Gather an entry of the log."""
        batch = self._batch
        details = {**details, "import_id": str(batch.import_id)}
        entry = (batch.force, new_id(batch.force), record, kind, at, self._at, batch.actor, details)
        self.actions.append(entry)

    def log_state(self, record: UUID, described: Any) -> None:
        """Gather what the log says of a state that the source has given."""
        if described.has_lapsed:
            self.log(record, "lapse", described.released_at, {"ends_on": str(described.ends_on)})
        elif described.state in _KIND_OF_STATE:
            kind, moment = _KIND_OF_STATE[State(described.state)]
            details = {"reason": IN_SOURCE, "outcome": described.outcome and str(described.outcome)}
            self.log(record, kind, getattr(described, moment), details)

    def keep(self, checked: Checked, record: UUID) -> None:
        """Gather a row as the last received."""
        kept = store.Kept(checked.source_ref, record, checked.row, checked.digest)
        self.sources.append(kept)

    def write(self) -> None:
        """Write the records that were gathered, with their history."""
        session, force = self._session, self._batch.force
        want_store.register_owners(session, force, self._officers, self._teams)
        bail_store.add_records(session, self._records)
        begin_history(session, BailRecord.__table__, force, [each["id"] for each in self._records])


class _After:
    """A record as it will stand once its columns are changed."""

    def __init__(self, amendment: Amendment) -> None:
        self._amendment = amendment

    def __getattr__(self, name: str) -> Any:
        columns = self._amendment.columns
        return columns[name] if name in columns else getattr(self._amendment.record, name)


def _amend(session: Session, batch: Batch, plan: BailPlan, writing: _Writing) -> list[UUID]:
    """Change what the rows change; give the records that did."""
    last = store.find_sources(
        session, batch.force, batch.kind, [each.checked.source_ref for each in plan.amendments]
    )
    changed: list[BailRecord] = []
    for each in plan.amendments:
        record, columns = each.record, each.columns
        writing.keep(each.checked, record.id)
        is_changed = bool(columns) or (
            has_inline_person(each.checked.row)
            and person_differs(each.checked, last[each.checked.source_ref].row)
        )
        plan.received.updated += is_changed
        plan.received.unchanged += not is_changed
        if columns:
            _change(session, batch, writing, each)
            changed.append(record)
    session.flush()
    bail_store.add_actions(session, writing.actions)
    if changed:
        ids = [record.id for record in changed]
        keep_history(session, BailRecord.__table__, batch.force, ids)
        for record in changed:
            settle_flag(session, record.id)
    return [record.id for record in changed]


def _change(session: Session, batch: Batch, writing: _Writing, amendment: Amendment) -> None:
    record, columns = amendment.record, amendment.columns
    changes = {
        name: {"from": getattr(record, name), "to": value} for name, value in columns.items()
    }
    state = columns.get("state")
    is_back = state == State.SURRENDERED
    how = Outcome.SURRENDERED if is_back else Outcome.NO_LONGER_WANTED
    said: dict[str, Any] = {
        "actor": batch.actor,
        "occurred_at": columns.get("answered_at") or recorded_at(session),
        "now": clock.now(),
        "reason": IN_SOURCE,
    }
    if (state or record.state) != State.FAILED_TO_ANSWER:
        close(session, record, how, **said)
    lapses, was_lapsed = columns.get("has_lapsed", False), record.has_lapsed
    is_over = state in {State.SURRENDERED, State.RELEASED_WITHOUT_BAIL, State.CLOSED}
    if is_over and not lapses:
        close_breaches(session, record, how, **said)
    for name, value in columns.items():
        setattr(record, name, value)
    record.version += 1
    record.updated_at = recorded_at(session)
    settle_breaches(session, record, was_lapsed=was_lapsed, actor=batch.actor, now=clock.now())
    set_review_clocks(session, record)
    writing.log(record.id, "amendment", recorded_at(session), {"changes": plain(changes)})
    if "state" in columns:
        writing.log_state(record.id, record)
