"""Receiving wants: what a plan decides is written in sets, with log, history, flags and audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.history import begin_history, keep_history
from offenders.domain.imports import store, want_store
from offenders.domain.imports.batches import audit_batch
from offenders.domain.imports.subjects import receive_described
from offenders.domain.imports.want_plan import (
    CLOSED_AT_SOURCE,
    PERSONS_OF_WANTS,
    plan_wants,
)
from offenders.domain.imports.want_rows import GIVEN
from offenders.domain.wanted.models import Want
from offenders.domain.wanted.overdue import clear_what_ended, flag_uncancelled_circulation
from offenders.domain.wanted.rules import OUTSTANDING, Basis, Risk, priority
from offenders.domain.wanted.service import Asker, duty_team, tell_holders
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch, Received
    from offenders.domain.imports.checks import Checked
    from offenders.domain.imports.want_plan import Amendment, Entry, WantPlan

_Area = tuple[str | None, str | None]


def receive_wants(
    session: Session, batch: Batch, rows: Sequence[Checked]
) -> tuple[Received, dict[str, UUID]]:
    """Receive a batch of wants; give what became of it, and the want of each new source_ref."""
    plan = plan_wants(session, batch, rows)
    people = _receive_described(session, batch, plan)
    plan.received.created += len(plan.entries)
    plan.received.updated += sum(each.is_changed for each in plan.amendments)
    plan.received.unchanged += sum(not each.is_changed for each in plan.amendments)
    made = _write(session, batch, plan, people) if plan.entries or plan.amendments else {}
    return plan.received, made


def _receive_described(session: Session, batch: Batch, plan: WantPlan) -> dict[str, UUID]:
    """Receive the people whom accepted rows describe; a want whose person is refused is refused."""
    taken = [each.checked for each in plan.entries] + [each.checked for each in plan.amendments]
    subjects, refused = receive_described(session, batch, PERSONS_OF_WANTS, taken, plan.received)
    plan.entries = [each for each in plan.entries if each.checked.source_ref not in refused]
    plan.amendments = [each for each in plan.amendments if each.checked.source_ref not in refused]
    return subjects


def _write(
    session: Session, batch: Batch, plan: WantPlan, people: Mapping[str, UUID]
) -> dict[str, UUID]:
    writing = _Writing(session, batch)
    on = {e.checked.source_ref: e.person or people[e.checked.source_ref] for e in plan.entries}
    moved = {each.want.person_id for each in plan.amendments if each.moves}
    areas = store.areas_of(session, batch.force, {*on.values(), *moved})
    for entry in plan.entries:
        person = on[entry.checked.source_ref]
        writing.enter(entry, person, areas[person])
    for amendment in plan.amendments:
        writing.amend(amendment, areas.get(amendment.want.person_id, (None, None)))
    writing.write()
    made = {e.source_ref: e.subject_id for e in writing.sources if e.source_ref in on}
    store.keep_sources(session, batch.force, batch.kind, batch.import_id, writing.sources)
    changed = [want for want, _ in writing.changes]
    begin_history(session, Want.__table__, batch.force, list(made.values()))
    if changed:
        keep_history(session, Want.__table__, batch.force, changed)
    _settle_flags(session, batch, changed)
    asker = Asker(batch.actor, "import", str(batch.import_id))
    tell_holders(session, list(made.values()), asker)
    counts = {"created": len(made), "changed": len(changed)}
    audit_batch(session, batch, "want", [*made.values(), *changed], counts)
    return made


def _settle_flags(session: Session, batch: Batch, changed: Sequence[UUID]) -> None:
    """Let the flags of changed wants follow them, as when they are changed by hand."""
    if not changed:
        return
    for want in want_store.read_wants_with_flags(session, batch.force, changed):
        if want.state != OUTSTANDING and want.circulation == "circulated":
            flag_uncancelled_circulation(session, want)
        clear_what_ended(session, want, clock.now())


class _Writing:
    """Gathers wants, changes and log entries until they are written in sets."""

    def __init__(self, session: Session, batch: Batch) -> None:
        self._session, self._batch = session, batch
        self._force, self._at = batch.force, recorded_at(session)
        self._wants: list[dict[str, Any]] = []
        self._actions: list[tuple[Any, ...]] = []
        self._officers: set[str] = set()
        self._teams: set[str] = set()
        self.changes: list[tuple[UUID, dict[str, Any]]] = []
        self.sources: list[store.Kept] = []

    def enter(self, entry: Entry, person: UUID, home: _Area) -> None:
        """Gather a want to enter."""
        row, want = entry.row, new_id(self._force)
        given = {column: row.get(column) for column in GIVEN}
        given["risk"] = row.get("risk") or str(Risk.STANDARD)
        given["domestic_abuse"] = bool(row.get("domestic_abuse"))
        given["priority_crime"] = bool(row.get("priority_crime"))
        given["entered_at"] = row.get("entered_at") or self._at
        area = self._area(row, home)
        self._wants.append(
            {
                "force": self._force,
                "id": want,
                "reference": new_reference("W", self._force),
                "person_id": person,
                "state": row.get("outcome") or OUTSTANDING,
                "circulation": "not_circulated",
                **given,
                "priority": _priority(given),
                **area,
                **self._owner(row, area["lpa"]),
                "entered_by": self._batch.actor,
                "outcome_at": row.get("outcome_at"),
                "outcome_reason": CLOSED_AT_SOURCE if row.get("outcome") else None,
                "version": 1,
                "recorded_at": self._at,
                "updated_at": self._at,
            }
        )
        self._log(want, "entry", self._at, {"version": 1})
        if row.get("outcome"):
            self._log_outcome(want, row)
        self._keep(entry.checked, want, row)

    def amend(self, amendment: Amendment, home: _Area) -> None:
        """Gather what changes of a want."""
        want, columns = amendment.want, dict(amendment.columns)
        if amendment.moves:
            columns |= self._area(amendment.row, home)
        standing = {**want._mapping, **columns}  # noqa: SLF001 - a row's public mapping
        if (judged := _priority(standing)) != want.priority:
            columns["priority"] = judged
        self._keep(amendment.checked, want.id, amendment.row)
        if not columns:
            return
        self._register(columns)
        self.changes.append((want.id, columns))
        if "state" in columns:
            self._log_outcome(want.id, amendment.row)
        ended = {"state", "outcome_at", "outcome_reason"}
        amended = {
            name: {"from": getattr(want, name), "to": value}
            for name, value in columns.items()
            if name not in ended
        }
        if amended:
            details = {"changes": amended, "version": want.version + 1}
            self._log(want.id, "amendment", self._at, details)

    def write(self) -> None:
        """Write all that was gathered, but the sources."""
        want_store.register_owners(self._session, self._force, self._officers, self._teams)
        # First the changes: what ends makes room for what is entered in its place.
        want_store.change_wants(self._session, self.changes)
        want_store.add_wants(self._session, self._wants)
        want_store.add_actions(self._session, self._actions)

    def _area(self, row: Mapping[str, Any], home: _Area) -> dict[str, Any]:
        """Put a want where the row says, else where the person lives, with whom it then moves."""
        lpa, neighbourhood = row.get("lpa"), row.get("neighbourhood")
        follows = lpa is None and neighbourhood is None
        if follows:
            lpa, neighbourhood = home
        elif neighbourhood is not None:
            lpa = self._batch.facts.neighbourhoods.get(neighbourhood, lpa)
        return {"lpa": lpa, "neighbourhood": neighbourhood, "follows_address": follows}

    def _owner(self, row: Mapping[str, Any], lpa: str | None) -> dict[str, Any]:
        officer, team = row.get("owner_officer"), row.get("owner_team")
        if officer is None and team is None:
            team = duty_team(self._force, lpa)
        owner = {"owner_officer": officer, "owner_team": team}
        self._register(owner)
        return owner

    def _register(self, owner: Mapping[str, Any]) -> None:
        self._officers |= {owner["owner_officer"]} if owner.get("owner_officer") else set()
        self._teams |= {owner["owner_team"]} if owner.get("owner_team") else set()

    def _log(self, want: UUID, kind: str, occurred_at: Any, details: dict[str, Any]) -> None:
        details = {**details, "import_id": str(self._batch.import_id)}
        self._actions.append(
            (
                self._force,
                new_id(self._force),
                want,
                kind,
                occurred_at,
                self._at,
                self._batch.actor,
                details,
            )
        )

    def _log_outcome(self, want: UUID, row: Mapping[str, Any]) -> None:
        details = {"outcome": row["outcome"], "reason": CLOSED_AT_SOURCE}
        self._log(want, "outcome", row["outcome_at"], details)

    def _keep(self, checked: Checked, want: UUID, row: dict[str, Any]) -> None:
        self.sources.append(store.Kept(checked.source_ref, want, row, checked.digest))


def _priority(want: Mapping[str, Any]) -> str:
    return priority(
        Risk(want["risk"]),
        domestic_abuse=want["domestic_abuse"],
        priority_crime=want["priority_crime"],
        basis=Basis(want["basis"]) if want["basis"] else None,
    )
