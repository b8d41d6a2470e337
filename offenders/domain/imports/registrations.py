"""Receiving registrations: each row is a disposal; those of one person make one registration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from offenders import clock
from offenders.domain.imports import registration_store
from offenders.domain.imports.bail_plan import person_differs
from offenders.domain.imports.batches import Received, audit_batch
from offenders.domain.imports.planning import set_aside
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.imports.registration_rows import LAST, SHARED, check_whole, fields_of
from offenders.domain.imports.registration_store import Writing
from offenders.domain.imports.subjects import Subjects, receive_described
from offenders.domain.imports.want_rows import has_inline_person
from offenders.domain.registrations.cases import State
from offenders.domain.registrations.entering import corrected_disposal, is_same, plan
from offenders.domain.registrations.law import Unlawful, period_of
from offenders.domain.registrations.managing import later, manage_by_risk
from offenders.domain.registrations.records import (
    FACTS,
    disposal_entry,
    plain,
    sentence_of,
    settle_law,
)
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.checks import Checked
    from offenders.domain.registrations.models import Registration

KIND: Final = "registrations"
PERSONS_OF_REGISTRATIONS: Final = "registrations-person"  # whom rows describe, by the row's ref
_DISPOSAL: Final = tuple(each for each in FACTS if each != "terms")


class _Row(NamedTuple):
    """A row with all that the source has said so far, and whom it means."""

    checked: Checked
    fields: dict[str, Any]
    last: Mapping[str, Any] | None
    person: UUID | None


def receive_registrations(
    session: Session, batch: Batch, rows: Sequence[Checked]
) -> tuple[Received, dict[str, UUID]]:
    """Receive a batch; give what became of it, and the registration of each new source_ref."""
    receiving = _Receiving(session, batch, rows)
    for row in receiving.rows:
        receiving.take(row)
    return receiving.received, receiving.write()


class _Receiving:
    """Takes the rows of a batch one after another, and writes them in sets."""

    def __init__(self, session: Session, batch: Batch, rows: Sequence[Checked]) -> None:
        self._session, self._batch = session, batch
        self.received = Received()
        self._sources, todo = set_aside(session, batch, rows, self.received, check_whole)
        self.rows = self._meant(todo) if todo else []
        people = {each.person for each in self.rows if each.person is not None}
        self._homes = registration_store.find_people(session, batch.force, people)
        ids = {source.subject_id for source in self._sources.values()}
        locked = registration_store.lock(session, batch.force, ids, people)
        self._by_id = {each.id: each for each in locked}
        self._open = {each.person_id: each for each in locked if each.state != State.CLOSED}
        self._writing = Writing(session, batch, self._homes)

    def _meant(self, todo: Sequence[Checked]) -> list[_Row]:
        """Find whom each row means; receive those whom the rows describe."""
        batch, found = self._batch, []
        subjects = Subjects(self._session, batch.force, todo, PERSONS_OF_REGISTRATIONS)
        for each in todo:
            try:
                found.append((each, subjects.find(each)))
            except Refusal as refusal:
                self.received.refuse(each, [refusal.finding()])
        unmet = [each for each, person in found if person is None or has_inline_person(each.row)]
        made, refused = receive_described(
            self._session, batch, PERSONS_OF_REGISTRATIONS, unmet, self.received
        )
        rows = []
        for each, person in found:
            if each.source_ref in refused:
                continue
            source = self._sources.get(each.source_ref)
            fields = fields_of(each.row, batch.facts)
            whom = person or made[each.source_ref]
            rows.append(_Row(each, fields, source.row if source else None, whom))
        return rows

    def take(self, row: _Row) -> None:
        """Decide what becomes of one row."""
        try:
            self._check(row)
            if row.last is None:
                self._enter(row)
            else:
                self._amend(row, row.last)
        except Refusal as refusal:
            self.received.refuse(row.checked, [refusal.finding()])
        else:
            self.received.warn(row.checked, row.checked.warnings)

    def _check(self, row: _Row) -> None:
        """Raise Refusal for what the law doesn't know."""
        try:
            period_of(sentence_of(row.fields, self._home(row).date_of_birth))
        except Unlawful as unlawful:
            raise Refusal(
                problem=f"{unlawful.detail} ({unlawful.section})",
                action="Correct the disposal, and send the row again.",
                field=unlawful.field,
            ) from unlawful

    def _home(self, row: _Row) -> Any:
        return self._homes[row.person] if row.person is not None else None

    def _enter(self, row: _Row) -> None:
        """Register the person, or add the disposal to how they are registered."""
        standing = self._open.get(row.person) if row.person is not None else None
        ref = row.checked.source_ref
        if standing is None:
            person, moment = self._home(row), self._writing.at
            force, actor = self._batch.force, self._batch.actor
            record = plan(force, actor, row.fields, person, moment, source_ref=ref)
            self._open[record.person_id] = self._by_id[record.id] = record
            _take_days(record, row.fields, {})
            settle_law(record, person.date_of_birth)
            self._writing.made.append(record)
            if record.ends_on is not None and record.ends_on < self._batch.facts.today:
                self.received.warn(row.checked, [_over(record)])
        else:
            record = standing
            entry = disposal_entry(self._batch.force, row.fields, source_ref=ref)
            same = next((e for e in record.disposals if is_same(e, entry)), None)
            if same is None:
                record.disposals = [*record.disposals, entry]
            elif "source_ref" not in same:
                noted = {**same, "source_ref": ref}
                record.disposals = [noted if e is same else e for e in record.disposals]
            self._take_shared(row, record, {})
            _take_days(record, row.fields, {})
            self._settle(row, record, {"disposal": entry})
        self._writing.keep(row.checked, record.id, is_new=True)
        self.received.created += 1

    def _amend(self, row: _Row, last: Mapping[str, Any]) -> None:
        """Change what changed at the source; what was set here since wins."""
        record = self._by_id[self._sources[row.checked.source_ref].subject_id]
        if row.person != record.person_id:
            problem = "The row is about another person than before."
            action = "Correct the source, and send the other under a new source_ref."
            raise Refusal(problem=problem, action=action, field="person_source_ref")
        self._writing.keep(row.checked, record.id, is_new=False)
        if record.state == State.CLOSED:
            problem = "The registration is closed here; the change was not taken over."
            self.received.warn(row.checked, [Finding("source_ref", problem, "Look into it here.")])
            self.received.unchanged += 1
            return
        before = _said(record)
        said = fields_of(last, self._batch.facts)
        facts = {name: row.fields[name] for name in _DISPOSAL if row.fields[name] != said[name]}
        if facts:
            self._correct(row, record, facts)
        self._take_shared(row, record, said)
        _take_days(record, row.fields, said)
        if _said(record) == before:
            is_changed = has_inline_person(row.checked.row) and person_differs(row.checked, last)
            self.received.updated += is_changed
            self.received.unchanged += not is_changed
            return
        self._settle(row, record, {"changes": facts, "row": dict(row.checked.row)})
        self.received.updated += 1

    def _correct(self, row: _Row, record: Registration, facts: Mapping[str, Any]) -> None:
        ref = row.checked.source_ref
        found = next((e for e in record.disposals if e.get("source_ref") == ref), None)
        if found is None:
            entry = disposal_entry(self._batch.force, row.fields, source_ref=ref)
            record.disposals = [*record.disposals, entry]
            return
        corrected = corrected_disposal(found, facts, self._batch.force)
        record.disposals = [corrected if e is found else e for e in record.disposals]

    def _take_shared(self, row: _Row, record: Registration, said: Mapping[str, Any]) -> None:
        """Take what both sides say where nobody has set it here; say where somebody has."""
        for name, column in SHARED.items():
            value, stands = row.fields[name], getattr(record, column)
            if value is None or value in {stands, said.get(name)}:
                continue
            if said and stands == said.get(name):
                setattr(record, column, value)
                if name == "risk":
                    record.risk_since = row.fields["risk_since"] or self._batch.facts.today
                    manage_by_risk(record)
                if name in {"offender_manager", "owner_team"}:
                    record.owner_officer = value if name == "offender_manager" else None
                    record.owner_team = value if name == "owner_team" else None
                self._writing.note_owner(record)
            elif name in {"risk", "offender_manager", "owner_team"}:
                problem = f"It is {stands or 'another'} here, which stands."
                self.received.warn(row.checked, [Finding(name, problem, "Look into it here.")])

    def _settle(self, row: _Row, record: Registration, details: dict[str, Any]) -> None:
        settle_law(record, self._home(row).date_of_birth)
        self._writing.change(record, plain(details))

    def write(self) -> dict[str, UUID]:
        """Write what was taken; give the registration of each new source_ref."""
        made, changed = self._writing.write()
        counts = {"created": len(made), "changed": len(changed)}
        ids = {*(self._writing.new.values()), *changed}
        audit_batch(self._session, self._batch, "registration", sorted(ids), counts)
        return self._writing.new


def _take_days(record: Registration, fields: Mapping[str, Any], said: Mapping[str, Any]) -> None:
    """Take the days on which something was done last, and the time inside."""
    for name in LAST:
        if (day := fields[name]) is not None and day != said.get(name):
            stands = getattr(record, name)
            setattr(record, name, day if name == "first_notified_on" else later(stands, day))
    since, before = fields["in_custody_since"], said.get("in_custody_since")
    if since == before:
        return
    rest = [each for each in record.absences if each.get("source") != KIND or each["until"]]
    if since is not None:
        entry = {
            "id": str(new_id(record.force)),
            "reason": "custody",
            "from": since.isoformat(),
            "until": None,
            "source": KIND,
        }
        record.absences = [*rest, entry]
        return
    ended = [
        {**each, "until": max(each["from"], clock.today().isoformat())}
        for each in record.absences
        if each not in rest
    ]
    record.absences = [*rest, *ended]


def _said(record: Registration) -> tuple[Any, ...]:
    """Give what an import may change of a record."""
    return (
        record.disposals,
        record.absences,
        *(getattr(record, name) for name in (*LAST, *SHARED.values())),
    )


def _over(record: Registration) -> Finding:
    problem = f"The notification period ended on {record.ends_on}."
    return Finding("relevant_date", problem, "Close the registration, or correct the disposal.")
