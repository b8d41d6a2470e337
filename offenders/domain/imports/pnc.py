"""Receiving what PNC holds of the force; neither people nor wants are made or changed by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.db import recorded_at
from offenders.domain.audit.service import Act, record_act
from offenders.domain.imports import pnc_store, store
from offenders.domain.imports.batches import Received, audit_batch, merged
from offenders.domain.imports.pnc_rows import check_whole, circulation_of, whole_row
from offenders.domain.imports.problems import WARNING, Problem, Refusal
from offenders.domain.pnc.rules import reference_key
from offenders.domain.pnc.service import settle_flags
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.checks import Checked

KIND: Final = "pnc-wanted"


def receive_circulations(
    session: Session, batch: Batch, rows: Sequence[Checked]
) -> tuple[Received, dict[str, UUID]]:
    """Receive a batch of circulations; give what became of it, and each new source_ref's record."""
    receiving = _Receiving(session, batch, rows)
    for each in rows:
        receiving.take(each)
    made = receiving.write()
    settle_flags(session)
    return receiving.received, made


def settle_extract(session: Session, seen: Collection[str], unreadable: int) -> list[Problem]:
    """End what a full extract lacks; give what is to be said of the file."""
    if unreadable:
        problem = f"{unreadable} rows could not be told apart, so nothing was taken as cancelled."
        action = "Correct the refused rows without a key, and send the full extract again."
        return [Problem(0, None, WARNING, "", problem, action)]
    gone = pnc_store.end_lacked(session, seen)
    extract, held = pnc_store.add_extract(session)
    if gone:
        _audit_gone(session, extract, gone)
    settle_flags(session)
    if lost := len(seen) - held:
        problem = f"{lost} rows were refused: their wants may be listed as not on PNC."
        action = "Correct the refused rows, and send the full extract again."
        return [Problem(0, None, WARNING, "", problem, action)]
    return []


def _audit_gone(session: Session, extract: UUID, gone: Sequence[UUID]) -> None:
    act = Act(
        actor="import",
        role="import",
        action="pnc.circulations-gone",
        audit_class="alteration",
        request_id=str(extract),
        subject_type="pnc_circulation",
        subject_ids=list(gone),
        details={"kind": KIND, "gone": len(gone)},
    )
    record_act(session, act)


class _Receiving:
    """Takes the rows of a batch one after another, and writes them in sets."""

    def __init__(self, session: Session, batch: Batch, rows: Sequence[Checked]) -> None:
        self._session, self._batch, self._at = session, batch, recorded_at(session)
        refs = [each.source_ref for each in rows]
        self._sources = store.find_sources(session, batch.force, batch.kind, refs)
        self._whole = {each.source_ref: self._completed(each) for each in rows}
        known = [source.subject_id for source in self._sources.values()]
        self._gone = pnc_store.list_gone(session, known)
        keys = {key for each in self._whole.values() if (key := _key_of(each))}
        self._taken = pnc_store.list_seen_references(session, batch.import_id, keys)
        self._find_people()
        self._unchanged: list[UUID] = []
        self._puts: list[dict[str, Any]] = []
        self._kept: list[tuple[str, UUID, dict[str, Any]]] = []
        self.received = Received()

    def take(self, checked: Checked) -> None:
        """Decide what becomes of one row."""
        whole, source = self._whole[checked.source_ref], self._sources.get(checked.source_ref)
        try:
            self._refuse_double(whole)
            if findings := check_whole(whole.row):
                self.received.refuse(checked, findings)
                return
            is_known = source is not None and source.subject_id not in self._gone
            if source is not None and is_known and whole.row == source.row:
                self._unchanged.append(source.subject_id)
                self.received.unchanged += 1
            else:
                self._put(whole, source)
        except Refusal as refusal:
            self.received.refuse(checked, [refusal.finding()])
        else:
            self.received.warn(checked, whole.warnings)

    def write(self) -> dict[str, UUID]:
        """Write what was taken, with sources and audit; give the new records."""
        batch, session = self._batch, self._session
        pnc_store.put_circulations(session, self._puts)
        pnc_store.stamp(session, batch.import_id, self._unchanged)
        keys = {key for row in self._puts if (key := reference_key(row["pnc_reference"]))}
        ended = pnc_store.supersede(session, batch.import_id, keys)
        store.keep_sources(session, batch.force, batch.kind, batch.import_id, self._kept)
        subjects = [*(subject for _, subject, _ in self._kept), *ended]
        counts = {"created": self.received.created, "changed": self.received.updated}
        audit_batch(session, batch, "pnc_circulation", subjects, counts)
        return {ref: subject for ref, subject, _ in self._kept if ref not in self._sources}

    def _completed(self, checked: Checked) -> Checked:
        source = self._sources.get(checked.source_ref)
        row = merged(source.row if source else {}, checked.row)
        return whole_row(checked, row, self._batch.facts)

    def _find_people(self) -> None:
        rows = [each.row for each in self._whole.values()]
        written = {row["person_id"] for row in rows if row.get("person_id")}
        refs = {row["person_source_ref"] for row in rows if row.get("person_source_ref")}
        self._ids = store.find_people(self._session, self._batch.force, written)
        self._by_ref = store.find_sources(self._session, self._batch.force, "people", refs)

    def _refuse_double(self, whole: Checked) -> None:
        key = _key_of(whole)
        if key and self._taken.setdefault(key, whole.source_ref) != whole.source_ref:
            problem = "This pnc_reference stands already in another row of the file."
            action = "Send each circulation once."
            raise Refusal(problem=problem, action=action, field="pnc_reference")

    def _person(self, whole: Checked) -> UUID | None:
        """Give whom the sender names; identifiers are looked up when it is asked for."""
        if written := whole.row.get("person_id"):
            if written not in self._ids:
                problem = "There is no such person in this force."
                action = "Check the id, or leave it out."
                raise Refusal(problem=problem, action=action, field="person_id")
            return self._ids[written]
        if ref := whole.row.get("person_source_ref"):
            if ref not in self._by_ref:
                problem = "No person was imported under this person_source_ref."
                action = "Import the people first, or describe the person in the row."
                raise Refusal(problem=problem, action=action, field="person_source_ref")
            return self._by_ref[ref].subject_id
        return None

    def _put(self, whole: Checked, source: store.Source | None) -> None:
        subject = source.subject_id if source else new_id(self._batch.force)
        circulation = {
            "force": self._batch.force,
            "id": subject,
            "source_ref": whole.source_ref,
            "person_id": self._person(whole),
            **circulation_of(whole, self._batch.facts),
            "first_received_at": self._at,
            "received_at": self._at,
            "seen_at": self._at,
            "import_id": self._batch.import_id,
        }
        self._puts.append(circulation)
        self._kept.append((whole.source_ref, subject, whole.row))
        self.received.created += source is None
        self.received.updated += source is not None


def _key_of(checked: Checked) -> str | None:
    return reference_key(checked.row.get("pnc_reference"))
