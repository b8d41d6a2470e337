"""Receiving MAPPA cases: what a plan decides is written in sets, with levels, log and audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.db import recorded_at
from offenders.domain.history import begin_history
from offenders.domain.imports import store, want_store
from offenders.domain.imports.batches import audit_batch
from offenders.domain.imports.mappa_changes import change_cases
from offenders.domain.imports.mappa_plan import PERSONS_OF_MAPPA, lock_cases, plan_cases
from offenders.domain.imports.mappa_rows import stage_of
from offenders.domain.imports.staging import copy_into
from offenders.domain.imports.subjects import receive_described
from offenders.domain.mappa.due import days_today
from offenders.domain.mappa.entering import end_case
from offenders.domain.mappa.models import MappaCase, MappaEntry, MappaLevel
from offenders.domain.mappa.rules import Exit, Kind, Stage
from offenders.domain.persons.managing import Managed, manage
from offenders.domain.wanted.service import duty_team
from offenders.domain.working_days import start_of_london_day
from offenders.ids import new_id, new_ids, new_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch, Received
    from offenders.domain.imports.checks import Checked
    from offenders.domain.imports.mappa_plan import Entry, MappaPlan

KIND: Final = "mappa"
_CASES: Final = tuple(column.name for column in MappaCase.__table__.columns)
_LEVELS: Final = tuple(column.name for column in MappaLevel.__table__.columns)
_ENTRIES: Final = tuple(column.name for column in MappaEntry.__table__.columns)


def receive_cases(
    session: Session, batch: Batch, rows: Sequence[Checked]
) -> tuple[Received, dict[str, UUID]]:
    """Receive a batch of cases; give what became of it, and the case of each new source_ref."""
    plan = plan_cases(session, batch, rows)
    subjects = _receive_people(session, batch, plan)
    made = _make(session, batch, plan, subjects)
    changed = [each for each in plan.amendments if each.columns]
    change_cases(session, batch, changed)
    kept = [_kept(each.checked, made[each.checked.source_ref]) for each in plan.entries]
    kept += [_kept(each.checked, each.case.id) for each in plan.amendments]
    store.keep_sources(session, batch.force, batch.kind, batch.import_id, kept)
    plan.received.created += len(made)
    plan.received.updated += len(changed)
    plan.received.unchanged += len(plan.amendments) - len(changed)
    ids = [*made.values(), *(each.case.id for each in changed)]
    audit_batch(session, batch, "mappa_case", ids, {"created": len(made), "changed": len(changed)})
    return plan.received, made


def _kept(checked: Checked, case: UUID) -> store.Kept:
    return store.Kept(checked.source_ref, case, checked.row, checked.digest)


def _receive_people(session: Session, batch: Batch, plan: MappaPlan) -> dict[str, UUID]:
    """Receive whom accepted rows describe; one whose person is refused is refused."""
    taken = [each.checked for each in plan.entries] + [each.checked for each in plan.amendments]
    subjects, refused = receive_described(session, batch, PERSONS_OF_MAPPA, taken, plan.received)
    if refused:
        plan.entries = [each for each in plan.entries if each.checked.source_ref not in refused]
        plan.amendments = [
            each for each in plan.amendments if each.checked.source_ref not in refused
        ]
    return subjects


def _make(
    session: Session, batch: Batch, plan: MappaPlan, subjects: Mapping[str, UUID]
) -> dict[str, UUID]:
    """Make the new cases in sets; give each by its source_ref."""
    if not plan.entries:
        return {}
    whose = [each.person or subjects[each.checked.source_ref] for each in plan.entries]
    homes = store.areas_of(session, batch.force, set(whose))
    days = days_today(session)
    cases = [
        _case(session, batch, entry, person=person, home=homes[person], days=days)
        for entry, person in zip(plan.entries, whose, strict=True)
    ]
    _end_what_they_replace(session, batch, cases)
    officers = {case[name] for case in cases for name in ("owner_officer", "attendee")} - {None}
    teams = {case["owner_team"] for case in cases} - {None}
    want_store.register_owners(session, batch.force, officers, teams)
    copy_into(session, "mappa_cases", _CASES, [_row(case, _CASES) for case in cases])
    _copy_what_follows(session, batch, cases)
    begin_history(session, MappaCase.__table__, batch.force, [case["id"] for case in cases])
    manage(session, [_managed(case, homes) for case in cases if case["stage"] == Stage.OPEN])
    return {
        entry.checked.source_ref: case["id"]
        for entry, case in zip(plan.entries, cases, strict=True)
    }


def _row(values: Mapping[str, Any], columns: Sequence[str]) -> tuple[Any, ...]:
    return tuple(values.get(column) for column in columns)


def _case(  # noqa: PLR0913 - the row, whose it is and where they live
    session: Session,
    batch: Batch,
    entry: Entry,
    *,
    person: UUID,
    home: tuple[str | None, str | None],
    days: Mapping[int, timedelta],
) -> dict[str, Any]:
    said, force, at = entry.said, batch.force, recorded_at(session)
    since = start_of_london_day(said["started_on"])
    stage = stage_of(said)
    due = max(filter(None, (since, said["last_meeting_at"]))) + days[said["level"]]
    team = None if said["owner_officer"] else duty_team(force, said["lpa"] or home[0])
    return {
        **said,
        "force": force,
        "id": new_id(force),
        "reference": new_reference("M", force),
        "person_id": person,
        "stage": str(stage),
        "level_since": since,
        "state_since": since,
        "unconfirmed": sorted({each.field for each in entry.missing}),
        "owner_team": team,
        "meeting_due_at": due if stage == Stage.OPEN else None,
        "recorded_by": batch.actor,
        "version": 1,
        "recorded_at": at,
        "updated_at": at,
    }


def _copy_what_follows(session: Session, batch: Batch, cases: Sequence[Mapping[str, Any]]) -> None:
    """Write the level that each case began with, and the entry of its log."""
    force, at = batch.force, recorded_at(session)
    ids = iter(new_ids(force, 2 * len(cases)))
    levels, entries = [], []
    for case in cases:
        common = {
            "force": force,
            "case_id": case["id"],
            "category": case["category"],
            "level": case["level"],
            "actor": batch.actor,
            "recorded_at": at,
        }
        level = {"from_at": case["level_since"], "until_at": case["ended_at"]}
        level |= {"risk": case["risk"], "criteria": case["criteria"]}
        levels.append(_row({**common, "id": next(ids), **level}, _LEVELS))
        details = {"import_id": str(batch.import_id), "unconfirmed": case["unconfirmed"]}
        entry = {"kind": "entry", "occurred_at": at, "details": details}
        entries.append(_row({**common, "id": next(ids), **entry}, _ENTRIES))
    copy_into(session, "mappa_levels", _LEVELS, levels)
    copy_into(session, "mappa_entries", _ENTRIES, entries)


def _managed(case: Mapping[str, Any], homes: Mapping[UUID, Any]) -> Managed:
    lpa, neighbourhood = case["lpa"], case["neighbourhood"]
    if lpa is None and neighbourhood is None:
        lpa, neighbourhood = homes[case["person_id"]]
    return Managed(
        id=case["id"],
        kind="mappa_case",
        reference=case["reference"],
        person_id=case["person_id"],
        owner_officer=case["owner_officer"],
        owner_team=case["owner_team"],
        lpa=lpa,
        neighbourhood=neighbourhood,
        risk=case["risk"],
    )


def _end_what_they_replace(
    session: Session, batch: Batch, cases: Sequence[Mapping[str, Any]]
) -> None:
    """End the cases of potentially dangerous persons who have become eligible for MAPPA."""
    new = {
        case["person_id"]: case["reference"]
        for case in cases
        if case["kind"] == Kind.MAPPA and case["stage"] == Stage.OPEN
    }
    for other in _dangerous(session, batch.force, list(new)):
        end_case(
            session,
            other,
            actor=batch.actor,
            at=recorded_at(session),
            reason=Exit.BECAME_ELIGIBLE,
            note=f"Managed as {new[other.person_id]}.",
        )


def _dangerous(session: Session, force: str, people: Sequence[UUID]) -> list[MappaCase]:
    found = session.query(MappaCase.id).filter(
        MappaCase.force == force,
        MappaCase.person_id.in_(people),
        MappaCase.kind == Kind.POTENTIALLY_DANGEROUS,
        MappaCase.stage.in_((Stage.REFERRED, Stage.OPEN)),
    )
    return list(lock_cases(session, force, [row.id for row in found]).values())
