"""Receiving forensic hits: whom each means, what it says otherwise than before, and its want."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from offenders.domain.access import Scope
from offenders.domain.forensics import service as forensics
from offenders.domain.forensics.rules import Meant, PersonState, words
from offenders.domain.forensics.service import Correction, Sender, Sent
from offenders.domain.imports import store
from offenders.domain.imports.batches import Received, audit_batch, merged
from offenders.domain.imports.hit_rows import check_whole, facts_of, stated_of, whole_row
from offenders.domain.imports.people import receive_people
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.imports.want_rows import identity_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.forensics.service import Told
    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.checks import Checked

KIND: Final = "forensic-hits"
PERSONS_OF_HITS: Final = "forensic-hits-person"  # whom rows of hits describe, by the hit's ref


def receive_hits(
    session: Session, batch: Batch, rows: Sequence[Checked]
) -> tuple[Received, dict[str, UUID]]:
    """Receive a batch of hits; give what became of it, and the hit of each new source_ref."""
    forensics.lock_intake(session)
    receiving = _Receiving(session, batch)
    todo = receiving.set_aside(rows)
    if todo:
        receiving.find_people(todo)
        for each in todo:
            receiving.take(each)
        receiving.write()
        forensics.tell_planner(session)
    return receiving.received, receiving.made


class _Row(NamedTuple):
    checked: Checked
    sent: Sent


@dataclass
class _Receiving:
    """One batch: what is new, what is said otherwise than before, and what is refused."""

    session: Session
    batch: Batch
    received: Received = field(default_factory=Received)
    made: dict[str, UUID] = field(default_factory=dict)
    new: list[_Row] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)
    kept: list[store.Kept] = field(default_factory=list)

    def set_aside(self, rows: Sequence[Checked]) -> list[Checked]:
        """Leave what says nothing new; give the rest with all that was said before."""
        batch = self.batch
        refs = [each.source_ref for each in rows]
        self.sources = store.find_sources(self.session, batch.force, batch.kind, refs)
        ids = {source.subject_id for source in self.sources.values()}
        self.hits = forensics.find_hits(self.session, ids)
        todo, restated = [], []
        for each in rows:
            source = self.sources.get(each.source_ref)
            whole = merged(source.row if source else {}, each.row)
            if source is not None and whole == source.row:
                self.received.unchanged += 1
                self.received.warn(each, each.warnings)
                restated.append((each.source_ref, each.digest))
            else:
                todo.append(whole_row(each, whole, batch.facts))
        store.keep_digests(self.session, batch.force, batch.kind, restated)
        return todo

    def find_people(self, rows: Sequence[Checked]) -> None:
        """Say whom each row means; somebody described whom nobody resembles is recorded."""
        force = self.batch.force
        refs = {each.row["person_source_ref"] for each in rows if each.row.get("person_source_ref")}
        self.by_ref = store.find_sources(self.session, force, "people", refs)
        own = [each.source_ref for each in rows]
        self.described = {
            ref: source.subject_id
            for ref, source in store.find_sources(self.session, force, PERSONS_OF_HITS, own).items()
        }
        self.meant = self._mean(rows)
        unknown = [each for each in rows if self._is_to_be_recorded(each)]
        firsts = {_likeness(each): each for each in reversed(unknown)}
        if not firsts:
            return
        newcomers = [identity_of(each) for each in reversed(firsts.values())]
        people, subjects = receive_people(
            self.session, replace(self.batch, kind=PERSONS_OF_HITS), newcomers
        )
        self.received.problems += people.problems
        self.described |= subjects
        again = [each for each in unknown if each.source_ref not in subjects]
        self.meant |= self._mean(again)

    def _mean(self, rows: Sequence[Checked]) -> dict[str, Meant | None]:
        found = forensics.find_meant(self.session, [stated_of(each) for each in rows])
        return {each.source_ref: meant for each, meant in zip(rows, found, strict=True)}

    def _is_to_be_recorded(self, checked: Checked) -> bool:
        meant = self.meant[checked.source_ref]
        return (
            checked.source_ref not in self.sources
            and checked.source_ref not in self.described
            and not checked.row.get("person_source_ref")
            and bool(checked.row.get("family_name"))
            and meant is not None
            and meant.state == PersonState.UNKNOWN
            and not check_whole(checked.row, self.batch.facts)
        )

    def take(self, checked: Checked) -> None:
        """Decide what becomes of one row."""
        findings = check_whole(checked.row, self.batch.facts)
        try:
            if not findings:
                self._sort(checked)
        except Refusal as refusal:
            findings = [refusal.finding()]
        if findings:
            self.received.refuse(checked, findings)

    def _sort(self, checked: Checked) -> None:
        meant = self._meant(checked)
        facts, stated = facts_of(checked.row), stated_of(checked)
        source = self.sources.get(checked.source_ref)
        if source is None:
            self.new.append(_Row(checked, Sent(facts, stated, meant)))
            return
        hit = self.hits[source.subject_id]
        correction = self._correction(checked, hit, facts, meant)
        self.kept.append(store.Kept(checked.source_ref, hit.id, checked.row, checked.digest))
        self.received.warn(checked, checked.warnings)
        self.received.updated += correction is not None
        self.received.unchanged += correction is None
        if correction is not None:
            self.corrections.append(correction)

    def _meant(self, checked: Checked) -> Meant:
        """Give whom the sender names, or whom the identifiers mean."""
        if ref := checked.row.get("person_source_ref"):
            if ref not in self.by_ref:
                problem = "No person was imported under this person_source_ref."
                action = "Import the people first, or describe the person in the row."
                raise Refusal(problem=problem, action=action, field="person_source_ref")
            return Meant(PersonState.KNOWN, self.by_ref[ref].subject_id)
        if checked.source_ref in self.described:
            return Meant(PersonState.KNOWN, self.described[checked.source_ref])
        meant = self.meant[checked.source_ref]
        if meant is None:
            problem = "There is no such person in this force."
            action = "Check the id, or leave it out."
            raise Refusal(problem=problem, action=action, field="person_id")
        return meant

    def _correction(
        self, checked: Checked, hit: Row[Any], facts: dict[str, Any], meant: Meant
    ) -> Correction | None:
        """Give what the source says otherwise of a hit; who is meant is decided only once."""
        facts = {
            name: value
            for name, value in facts.items()
            if value is not None and value != getattr(hit, name)
        }
        if place := facts.get("neighbourhood"):
            facts["lpa"] = self.batch.facts.neighbourhoods.get(place)
        _refuse_disorder(hit, facts)
        stated = {n: value for n, value in stated_of(checked).items() if value is not None}
        says_more = stated != hit.stated
        if hit.person_state == PersonState.KNOWN:
            if meant.person_id not in {None, hit.person_id}:
                problem = "The row names another person than before."
                action = "Eliminate this hit here, and send the other under a new reference."
                raise Refusal(problem=problem, action=action, field="person_id")
            decided = True
        else:
            named = meant.person_id is not None or says_more
            decided = hit.person_decided_at is not None or not named
        if not facts and not says_more and decided:
            return None
        return Correction(hit.id, facts, stated, None if decided else meant)

    def write(self) -> None:
        """Write new hits and corrections, with sources and audit."""
        batch = self.batch
        sender = Sender(batch.actor, Scope(batch.force))
        told = forensics.receive_hits(self.session, sender, [each.sent for each in self.new])
        for row, result in zip(self.new, told, strict=True):
            self._note(row.checked, result)
        forensics.correct_hits(self.session, batch.actor, self.corrections)
        store.keep_sources(self.session, batch.force, batch.kind, batch.import_id, self.kept)
        changed = [each.hit_id for each in self.corrections]
        counts = {"created": len(self.made), "changed": len(changed)}
        audit_batch(self.session, batch, "forensic_hit", [*self.made.values(), *changed], counts)

    def _note(self, checked: Checked, told: Told) -> None:
        if told.id is None or told.status not in {forensics.CREATED, forensics.KNOWN}:
            self.received.refuse(checked, _findings(told))
            return
        self.received.warn(checked, checked.warnings)
        self.kept.append(store.Kept(checked.source_ref, told.id, checked.row, checked.digest))
        if told.status == forensics.CREATED:
            self.made[checked.source_ref] = told.id
            self.received.created += 1
        else:
            self.received.unchanged += 1


def _refuse_disorder(hit: Row[Any], facts: Mapping[str, Any]) -> None:
    identified = facts.get("identified_at", hit.identified_at)
    if identified is not None and identified > facts.get("received_at", hit.received_at):
        problem = "The hit was received before it was identified."
        action = "Send received_at not before identified_at."
        raise Refusal(problem=problem, action=action, field="received_at")


def _findings(told: Told) -> list[Finding]:
    action = told.detail or "Correct it, and send the row again."
    return [
        Finding(error["pointer"].lstrip("/"), error["detail"], action) for error in told.errors
    ] or [Finding("laboratory_reference", "This reference is taken.", action)]


def _likeness(checked: Checked) -> Any:
    """Tell apart people who are not yet here: by identifier, else by name and birth date."""
    row = checked.row
    for kind in ("pnc_id", "cro_number"):
        if row.get(kind) and kind not in checked.invalid:
            return kind, row[kind]
    if row.get("date_of_birth") is None:
        return checked.source_ref
    names = (frozenset(words(row.get(each))) for each in ("family_name", "given_names"))
    return row["date_of_birth"], *names
