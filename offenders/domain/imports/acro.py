"""Receiving how far foreign-conviction checks are; which ones there are, detentions decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.acro.models import AcroCheck
from offenders.domain.acro.service import (
    MISSING,
    REPLIES,
    REQUEST_AFTER_ARREST,
    Response,
    State,
    Step,
    due_for_reply,
    figures,
    possible_steps,
    settle_rule,
)
from offenders.domain.history import keep_history
from offenders.domain.imports import store
from offenders.domain.imports.acro_rows import check_whole, moment, state_of
from offenders.domain.imports.batches import Received, audit_batch, merged
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.outbox.service import withdraw

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.checks import Checked

KIND: Final = "acro-checks"
_RANK: Final = {
    State.REQUIRED: 0,
    State.NOT_POSSIBLE: 1,
    State.REQUESTED: 1,
    State.RESPONDED: 2,
    State.ASSESSED: 3,
}
_AT_SOURCE: Final = "Assessed at the source."
_NO_REASON: Final = "Not possible, as the source says."
_CASTS: Final = {
    **dict.fromkeys(("state", "requested_by", "response"), "{t}"),
    **dict.fromkeys(("response_summary", "not_possible_because", "assessed_by"), "{t}"),
    **dict.fromkeys(
        ("requested_at", "reply_due_at", "responded_at", "assessed_at"), "CAST({t} AS timestamptz)"
    ),
    "assessment": "{j}",
    "message_id": "CAST({t} AS uuid)",
}
_LOCKED = text("""
    SELECT d.custody_number, d.person_id AS detained_person_id, c.*
    FROM detentions d LEFT JOIN acro_checks c ON c.force = :force AND c.detention_id = d.id
    WHERE d.force = :force AND d.custody_number = ANY (:numbers)
    ORDER BY c.id
""")
_LOCK = text("""
    SELECT c.id FROM acro_checks c JOIN detentions d ON d.force = :force AND d.id = c.detention_id
    WHERE c.force = :force AND d.custody_number = ANY (:numbers) ORDER BY c.id FOR UPDATE OF c
""")
_HAS_FLAGS = text("""
    SELECT EXISTS (SELECT FROM flags f WHERE f.force = :force AND f.subject_id = ANY (:ids)
                   AND f.rule = :rule AND f.state <> 'cleared')
""")


def receive_checks(
    session: Session, batch: Batch, rows: Sequence[Checked]
) -> tuple[Received, dict[str, UUID]]:
    """Receive a batch: each row brings one check of a detention on record up to date.

    A check that has got further here stays as it is, with a warning.
    """
    receiving = _Receiving(session, batch, rows)
    for each in rows:
        receiving.take(each)
    receiving.write()
    return receiving.received, {}


class _Receiving:
    """Takes the rows of a batch one after another, and writes them in sets."""

    def __init__(self, session: Session, batch: Batch, rows: Sequence[Checked]) -> None:
        self._session, self._batch = session, batch
        refs = [each.source_ref for each in rows]
        self._sources = store.find_sources(session, batch.force, batch.kind, refs)
        self._whole = {each.source_ref: self._merged(each) for each in rows}
        self._find_checks({row.get("custody_number") for row in self._whole.values()} - {None})
        self._find_people()
        self._figures = figures(session)
        self._taken: dict[UUID, str] = {}
        self._changes: dict[UUID, dict[str, Any]] = {}
        self._kept: list[store.Kept] = []
        self.received = Received()

    def take(self, checked: Checked) -> None:
        """Decide what becomes of one row."""
        row, source = self._whole[checked.source_ref], self._sources.get(checked.source_ref)
        if findings := check_whole(row):
            self.received.refuse(checked, findings)
            return
        try:
            check = self._check_of(checked, row)
            said = source.row if source else {}
            change = {} if said == row else self._change(checked, check, row, said)
        except Refusal as refusal:
            self.received.refuse(checked, [refusal.finding()])
            return
        self._kept.append(store.Kept(checked.source_ref, check.id, row, checked.digest))
        self.received.updated += bool(change)
        self.received.unchanged += not change
        if change:
            self._changes[check.id] = change

    def write(self) -> None:
        """Write what was taken, with history, flags, sources and audit."""
        session, force = self._session, self._batch.force
        changed = list(self._changes)
        store.change_records(session, "acro_checks", _CASTS, list(self._changes.items()))
        if changed:
            keep_history(session, AcroCheck.__table__, force, changed)
        self._settle(changed)
        store.keep_sources(session, force, self._batch.kind, self._batch.import_id, self._kept)
        counts = {"changed": len(changed)}
        audit_batch(session, self._batch, "acro_check", changed, counts)

    def _merged(self, checked: Checked) -> dict[str, Any]:
        source = self._sources.get(checked.source_ref)
        return merged(source.row if source else {}, checked.row)

    def _find_checks(self, numbers: Collection[Any]) -> None:
        values = {"force": self._batch.force, "numbers": list(numbers)}
        self._session.execute(_LOCK, values)
        found = list(self._session.execute(_LOCKED, values))
        self._people = {row.custody_number: row.detained_person_id for row in found}
        self._checks = {(row.custody_number, row.country): row for row in found}

    def _find_people(self) -> None:
        force, rows = self._batch.force, self._whole.values()
        written = {row["person_id"] for row in rows if row.get("person_id")}
        refs = {row["person_source_ref"] for row in rows if row.get("person_source_ref")}
        by_ref = store.find_sources(self._session, force, "people", refs)
        self._ids = {ref: source.subject_id for ref, source in by_ref.items()}
        self._ids |= store.find_people(self._session, force, written)

    def _check_of(self, checked: Checked, row: Mapping[str, Any]) -> Row[Any]:
        number, country = row["custody_number"], row["country"]
        if number not in self._people:
            problem = "There is no detention of this number here."
            action = "Import custody first, or correct the number."
            raise Refusal(problem=problem, action=action, field="custody_number")
        for column in ("person_id", "person_source_ref"):
            named = row.get(column)
            if named and self._ids.get(named) != self._people[number]:
                problem = "The detention of this number is another person's."
                action = "Correct the number or the person, or leave the person out."
                raise Refusal(problem=problem, action=action, field=column)
        check = self._checks.get((number, country))
        if check is None:
            problem = "This detention requires no check of this country."
            action = "Correct the nationality in the custody system, import custody, then this."
            raise Refusal(problem=problem, action=action, field="country")
        if self._taken.setdefault(check.id, checked.source_ref) != checked.source_ref:
            problem = "The same check stands in another row of the file."
            raise Refusal(problem=problem, action="Send each check once.", field="country")
        return check

    def _change(
        self, checked: Checked, check: Row[Any], row: Mapping[str, Any], said: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Give the columns that the row changes; none where the check has got further here.

        `said` is what the source said before: only its own answer may it correct.
        """
        state, here = state_of(row), State(check.state)
        requested = row.get("requested_at")
        if requested and moment(requested) < check.detained_at:
            problem = f"The request lies before the arrest. Rule: {REQUEST_AFTER_ARREST}."
            action = "Send requested_at after it."
            raise Refusal(problem=problem, action=action, field="requested_at")
        if state == State.ASSESSED and Response(row["response"]) not in {"trace", "partial"}:
            state = State.RESPONDED
        if _RANK[state] < _RANK[here] or here == State.ASSESSED:
            if state != here:
                problem = f"The check is {here.replace('_', ' ')} here, further than the row says."
                action = "Look into it here; the row was not taken over."
                self.received.warn(checked, [Finding("state", problem, action)])
            return {}
        if state in {State.RESPONDED, State.ASSESSED} and _answers_otherwise(check, row, said):
            problem, action = "The answer on record here is another.", "Look into it here."
            self.received.warn(checked, [Finding("response", problem, action)])
            return {}
        columns = self._columns(state, row, check)
        return {name: value for name, value in columns.items() if getattr(check, name) != value}

    def _columns(self, state: State, row: Mapping[str, Any], check: Row[Any]) -> dict[str, Any]:
        columns: dict[str, Any] = {"state": str(state), "not_possible_because": None}
        if row.get("requested_at") and state != State.REQUIRED:
            requested_at = moment(row["requested_at"])
            columns |= {
                "requested_at": requested_at,
                "requested_by": check.requested_by or self._batch.actor,
                "reply_due_at": due_for_reply(self._figures, check.channel, requested_at),
            }
        if state in {State.RESPONDED, State.ASSESSED}:
            columns |= {
                "response": row["response"],
                "responded_at": moment(row["responded_at"]),
                "response_summary": row.get("summary") or check.response_summary,
            }
        if state == State.ASSESSED:
            columns |= {
                "assessed_at": recorded_at(self._session),
                "assessed_by": self._batch.actor,
                "assessment": {"rationale": _AT_SOURCE},
            }
        if state == State.NOT_POSSIBLE:
            columns["not_possible_because"] = row.get("reason") or _NO_REASON
            if check.message_id is not None:
                columns["message_id"] = withdraw(self._session, check.id) or check.message_id
        return columns

    def _settle(self, changed: Sequence[UUID]) -> None:
        """Clear what is flagged of the changed checks; else the next run of the job is enough."""
        for rule in (MISSING, REPLIES):
            values = {"force": self._batch.force, "ids": list(changed), "rule": rule}
            if changed and self._session.execute(_HAS_FLAGS, values).scalar_one():
                settle_rule(self._session, rule)


def _answers_otherwise(check: Row[Any], row: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """Tell whether a final answer stands here, which is another and not the source's own."""
    if check.response is None or check.response in {row["response"], said.get("response")}:
        return False
    return Step.RESPOND not in possible_steps(State(check.state), Response(check.response))
