"""Receiving detentions: what a plan decides is recorded in sets, as one by hand is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.domain.custody import service as custody
from offenders.domain.custody.service import Arrival, end_of, nationality_columns, stay_of
from offenders.domain.imports import store
from offenders.domain.imports.batches import audit_batch
from offenders.domain.imports.custody_plan import PERSONS_OF_DETENTIONS, plan_detentions
from offenders.domain.imports.subjects import receive_described
from offenders.domain.wanted.service import Asker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch, Received
    from offenders.domain.imports.checks import Checked
    from offenders.domain.imports.custody_plan import CustodyPlan


def receive_detentions(
    session: Session, batch: Batch, rows: Sequence[Checked]
) -> tuple[Received, dict[str, UUID]]:
    """Receive a batch of detentions; give what became of it, and each new ref's detention."""
    plan = plan_detentions(session, batch, rows)
    subjects = _receive_people(session, batch, plan)
    made = _record(session, batch, plan, subjects)
    changed = _change(session, plan)
    _keep_sources(session, batch, plan, made)
    plan.received.created += len(made)
    plan.received.updated += sum(each.is_changed for each in plan.amendments)
    plan.received.unchanged += sum(not each.is_changed for each in plan.amendments)
    plan.received.unchanged += len(plan.same)
    counts = {"created": len(made), "changed": len(changed)}
    audit_batch(session, batch, "detention", [*made.values(), *changed], counts)
    return plan.received, made


def _receive_people(session: Session, batch: Batch, plan: CustodyPlan) -> dict[str, UUID]:
    """Receive whom accepted rows describe; one whose person is refused is refused."""
    taken = [each.checked for each in plan.entries] + [each.checked for each in plan.amendments]
    subjects, refused = receive_described(
        session, batch, PERSONS_OF_DETENTIONS, taken, plan.received
    )
    plan.described = set(subjects.values())
    if refused:
        plan.entries = [each for each in plan.entries if each.checked.source_ref not in refused]
        plan.amendments = [
            each for each in plan.amendments if each.checked.source_ref not in refused
        ]
        plan.same = [each for each in plan.same if each[1] not in refused]
    return subjects


def _record(
    session: Session, batch: Batch, plan: CustodyPlan, subjects: Mapping[str, UUID]
) -> dict[str, UUID]:
    """Record the new detentions; give each by its source_ref."""
    whose = [each.person or subjects[each.checked.source_ref] for each in plan.entries]
    people = _people(session, plan, whose)
    given = [
        {**entry.given, "person_id": person}
        for entry, person in zip(plan.entries, whose, strict=True)
    ]
    rows = custody.new_rows(session, batch.actor, given)
    arrivals = []
    for row, entry in zip(rows, plan.entries, strict=True):
        known = people[row["person_id"]]
        row |= nationality_columns(row, known.nationalities)  # noqa: PLW2901 - altered in place
        until = end_of(stay_of(row), entry.stays, plan.hours)
        arrivals.append(Arrival(row, known.pnc_ids, until))
    custody.record(session, arrivals, Asker(batch.actor, "import", str(batch.import_id)))
    return {e.checked.source_ref: row["id"] for e, row in zip(plan.entries, rows, strict=True)}


def _change(session: Session, plan: CustodyPlan) -> list[UUID]:
    """Change the detentions of which the source says more than before; give their ids."""
    changing = [each for each in plan.amendments if each.columns]
    people = _people(session, plan, [each.standing.person_id for each in changing])
    rows: list[dict[str, Any]] = []
    for each in changing:
        row = {name: getattr(each.standing, name) for name in custody.COLUMNS} | each.columns
        row |= nationality_columns(row, people[each.standing.person_id].nationalities)
        rows.append(custody.next_row(session, row))
    moved = {each.standing.id for each in changing if "lpa" in each.columns}
    custody.change(session, rows, moved=moved)
    return [row["id"] for row in rows]


def _people(session: Session, plan: CustodyPlan, ids: Sequence[UUID]) -> Mapping[UUID, Any]:
    """Give people as they stand; those whom a row has described or changed are read anew."""
    fresh = {each for each in ids if each not in plan.people or each in plan.described}
    return {**plan.people, **custody.lock_people(session, fresh)}


def _keep_sources(
    session: Session, batch: Batch, plan: CustodyPlan, made: Mapping[str, UUID]
) -> None:
    told = [(each.checked, made[each.checked.source_ref]) for each in plan.entries]
    told += [(each.checked, each.standing.id) for each in plan.amendments]
    told += [(checked, made[ref]) for checked, ref in plan.same]
    kept = [store.Kept(each.source_ref, found, each.row, each.digest) for each, found in told]
    store.keep_sources(session, batch.force, batch.kind, batch.import_id, kept)
