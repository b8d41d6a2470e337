"""Receiving IOM memberships: each row makes one, changes one, or is refused with its reason."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from offenders.domain.imports import store
from offenders.domain.imports.batches import Received, audit_batch
from offenders.domain.imports.iom_rows import check_whole, given_of
from offenders.domain.imports.planning import set_aside
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.imports.subjects import Subjects, described, receive_described
from offenders.domain.imports.want_rows import has_inline_person, identity_of
from offenders.domain.iom.service import (
    Told,
    admit_many,
    change_many,
    last_dealt_with,
    lock_members,
    open_memberships,
)
from offenders.domain.working_days import london_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.checks import Checked
    from offenders.domain.iom.models import IomMember

KIND: Final = "iom"
PERSONS_OF_IOM: Final = "iom-person"  # whom rows describe, by the membership's ref


def receive_members(
    session: Session, batch: Batch, rows: Sequence[Checked]
) -> tuple[Received, dict[str, UUID]]:
    """Receive a batch; give what became of it, and the membership of each new source_ref."""
    receiving = _Receiving(session, batch, rows)
    made = receiving.write()
    return receiving.received, made


class _Receiving:
    """Takes the rows of a batch one after another, and writes them in sets."""

    def __init__(self, session: Session, batch: Batch, rows: Sequence[Checked]) -> None:
        self._session, self._batch = session, batch
        self.received = Received()
        self._sources, todo = set_aside(session, batch, rows, self.received, check_whole)
        self._subjects = Subjects(session, batch.force, todo, PERSONS_OF_IOM)
        self._people = {each.source_ref: self._find(each) for each in todo}
        ids = {s.subject_id for each in todo if (s := self._sources.get(each.source_ref))}
        self._members = lock_members(session, ids)
        known = {each for each in self._people.values() if isinstance(each, UUID)}
        self._open: dict[Any, Any] = {
            (row.person_id, row.scheme): row.id for row in open_memberships(session, known)
        }
        self._entries: list[tuple[Checked, dict[str, Any]]] = []
        self._amendments: list[tuple[Checked, IomMember, dict[str, Any]]] = []
        found = [each for each in self._people.values() if isinstance(each, UUID)]
        self._births = store.births_of(session, batch.force, found)
        for each in todo:
            self._take(each)

    def _find(self, checked: Checked) -> UUID | Refusal | None:
        try:
            return self._subjects.find(checked)
        except Refusal as refusal:
            return refusal

    def _take(self, checked: Checked) -> None:
        source = self._sources.get(checked.source_ref)
        try:
            person = self._people[checked.source_ref]
            if isinstance(person, Refusal):
                raise person
            given = given_of(checked.row, self._batch.facts)
            self._refuse_unborn(checked, person, given)
            if source is None:
                self._refuse_double(checked, person, given, None)
                self._entries.append((checked, given))
            else:
                self._amend(checked, source, person, given)
        except Refusal as refusal:
            self.received.refuse(checked, [refusal.finding()])
        else:
            self.received.warn(checked, checked.warnings)

    def _refuse_unborn(
        self, checked: Checked, person: UUID | None, given: Mapping[str, Any]
    ) -> None:
        told = checked.row.get("date_of_birth")
        born = self._births.get(person) if person else told and date.fromisoformat(told)
        if born and given["joined_on"] < born:
            problem = "joined_on lies before the person was born."
            action = "Correct the day, or the person's date of birth."
            raise Refusal(problem=problem, action=action, field="joined_on")

    def _refuse_double(
        self, checked: Checked, person: UUID | None, given: Mapping[str, Any], member: UUID | None
    ) -> None:
        if given["exited_at"] is not None:
            return
        key = (person or described(checked), given["scheme"])
        standing = self._open.setdefault(key, member or checked.source_ref)
        if standing not in {member, checked.source_ref}:
            problem = "The person is in this scheme already."
            action = "Send each membership once, under the source_ref it came with first."
            raise Refusal(problem=problem, action=action, field="scheme")

    def _amend(
        self, checked: Checked, source: store.Source, person: UUID | None, given: dict[str, Any]
    ) -> None:
        member = self._members[source.subject_id]
        if person != member.person_id:
            problem = "The row is about another person than before."
            action = "Correct the source, and send the other under a new source_ref."
            raise Refusal(problem=problem, action=action, field="person_source_ref")
        last = given_of(source.row, self._batch.facts)
        if given["scheme"] != last["scheme"]:
            problem = "A membership stays in its scheme."
            action = "Send the exit of this one, and the other under a new source_ref."
            raise Refusal(problem=problem, action=action, field="scheme")
        self._refuse_double(checked, person, given, member.id)
        self._refuse_early_exit(member, given)
        columns = self._columns(checked, member, given, last)
        self._amendments.append((checked, member, columns))

    def _refuse_early_exit(self, member: IomMember, given: Mapping[str, Any]) -> None:
        if given["exited_at"] is None or member.exited_at is not None:
            return
        last = last_dealt_with(self._session, member.id, None)
        if last is not None and london_day(given["exited_at"]) < london_day(last.at):
            problem = f"The membership had a {last.what} after that day."
            action = "Correct the day: a membership stands until its last rating, review, meeting."
            raise Refusal(problem=problem, action=action, field="exited_on")

    def _columns(
        self,
        checked: Checked,
        member: IomMember,
        given: Mapping[str, Any],
        last: Mapping[str, Any],
    ) -> dict[str, Any]:
        """Give what changed at the source and was not decided otherwise here since."""
        columns: dict[str, Any] = {}
        for name, value in given.items():
            here = getattr(member, name)
            if value == last[name] or value == here:
                continue
            if member.exit_reason is None and here in {last[name], None} | _queue(name):
                columns[name] = value
            elif name != "exited_at":
                self.received.warn(checked, [_kept(name)])
        return columns

    def write(self) -> dict[str, UUID]:
        """Write what was taken, with sources and audit; give each new membership."""
        session, batch = self._session, self._batch
        taken = [checked for checked, _ in self._entries]
        taken += [checked for checked, _, _ in self._amendments]
        subjects, refused = receive_described(session, batch, PERSONS_OF_IOM, taken, self.received)
        self._entries = [e for e in self._entries if e[0].source_ref not in refused]
        self._amendments = [e for e in self._amendments if e[0].source_ref not in refused]
        whose = {
            checked.source_ref: self._people[checked.source_ref] or subjects[checked.source_ref]
            for checked, _ in self._entries
        }
        people = {each for each in whose.values() if isinstance(each, UUID)}
        people |= {member.person_id for _, member, _ in self._amendments}
        homes = store.areas_of(session, batch.force, people)
        told = [self._told(checked, given, whose, homes) for checked, given in self._entries]
        ids = admit_many(session, batch.actor, told)
        made = {c.source_ref: each for (c, _), each in zip(self._entries, ids, strict=True)}
        changed = [
            (member, columns, homes[member.person_id])
            for _, member, columns in self._amendments
            if columns
        ]
        change_many(session, batch.actor, changed)
        self._count(made)
        self._keep(made)
        counts = {"created": len(made), "changed": len(changed)}
        touched = [*made.values(), *(member.id for member, _, _ in changed)]
        audit_batch(session, batch, "iom_member", touched, counts)
        return made

    def _told(
        self,
        checked: Checked,
        given: Mapping[str, Any],
        whose: Mapping[str, Any],
        homes: Mapping[UUID, tuple[str | None, str | None]],
    ) -> Told:
        person = whose[checked.source_ref]
        source = f"Import {self._batch.import_id}, source_ref {checked.source_ref}"
        return Told(person, homes[person], given, source)

    def _count(self, made: Mapping[str, UUID]) -> None:
        self.received.created += len(made)
        for checked, _, columns in self._amendments:
            is_changed = bool(columns) or self._person_differs(checked)
            self.received.updated += is_changed
            self.received.unchanged += not is_changed

    def _person_differs(self, checked: Checked) -> bool:
        last = self._sources[checked.source_ref].row
        before = identity_of(checked._replace(row=dict(last))).row
        return has_inline_person(checked.row) and identity_of(checked).row != before

    def _keep(self, made: Mapping[str, UUID]) -> None:
        kept = [(checked, made[checked.source_ref]) for checked, _ in self._entries]
        kept += [(checked, member.id) for checked, member, _ in self._amendments]
        sources = [store.Kept(c.source_ref, found, c.row, c.digest) for c, found in kept]
        batch = self._batch
        store.keep_sources(self._session, batch.force, batch.kind, batch.import_id, sources)


def _queue(name: str) -> set[str]:
    """Give what the service puts in a column where the source says nothing."""
    return {"IOM"} if name == "lead_team" else set()


def _kept(column: str) -> Finding:
    return Finding(
        column,
        "The source changed this, but it was decided here: what was decided here was kept.",
        "Change it here if the source is right, or correct the source.",
    )
