"""The wants of imported failures to answer bail: joined where they stand, entered in a set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.db import recorded_at
from offenders.domain.bail.wants import power_of
from offenders.domain.history import begin_history
from offenders.domain.imports import bail_store, want_store
from offenders.domain.imports.batches import audit_batch
from offenders.domain.wanted.models import Want
from offenders.domain.wanted.rules import OUTSTANDING, Reason, Risk, priority
from offenders.domain.wanted.service import duty_team
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch

_Area = tuple[str | None, str | None]


class Failures:
    """Gathers the wants of failures; two failures of one person in one crime share a want."""

    def __init__(
        self, session: Session, batch: Batch, people: Sequence[UUID], homes: Mapping[UUID, _Area]
    ) -> None:
        """Look up the wants that stand."""
        self._session, self._batch, self._homes = session, batch, homes
        self._at = recorded_at(session)
        self._wants: list[dict[str, Any]] = []
        self._standing: dict[tuple[UUID, str | None], UUID] = {
            (row.person_id, row.crime_reference): row.id
            for row in bail_store.list_standing_wants(session, batch.force, people)
        }

    def want_of(self, record: Any, person: UUID) -> UUID:
        """Give the want of a failure, gathered where none stands."""
        key = (person, record.crime_reference)
        if key not in self._standing:
            self._standing[key] = self._gather(record, person)
        return self._standing[key]

    def _gather(self, record: Any, person: UUID) -> UUID:
        force, want = self._batch.force, new_id(self._batch.force)
        lpa, neighbourhood = record.lpa, record.neighbourhood
        follows = lpa is None and neighbourhood is None
        if follows:
            lpa, neighbourhood = self._homes[person]
        self._wants.append(
            {
                "force": force,
                "id": want,
                "reference": new_reference("W", force),
                "person_id": person,
                "state": OUTSTANDING,
                "circulation": "not_circulated",
                "reason": str(Reason.FAILED_TO_ANSWER_BAIL),
                "offence_code": record.offence_code,
                "crime_reference": record.crime_reference,
                "power": power_of(record.kind, Reason.FAILED_TO_ANSWER_BAIL),
                "risk": str(Risk.STANDARD),
                "domestic_abuse": False,
                "priority_crime": False,
                "priority": priority(
                    Risk.STANDARD, domestic_abuse=False, priority_crime=False, basis=None
                ),
                "lpa": lpa,
                "neighbourhood": neighbourhood,
                "follows_address": follows,
                "owner_team": duty_team(force, lpa),
                "entered_at": record.failed_at,
                "entered_by": self._batch.actor,
                "version": 1,
                "recorded_at": self._at,
                "updated_at": self._at,
            }
        )
        return want

    def _entry(self, want: UUID, details: dict[str, Any]) -> tuple[Any, ...]:
        force, at = self._batch.force, self._at
        return (force, new_id(force), want, "entry", at, at, self._batch.actor, details)

    def write(self) -> None:
        """Enter what was gathered, with log, history and audit."""
        if not self._wants:
            return
        session, batch = self._session, self._batch
        teams = {each["owner_team"] for each in self._wants}
        want_store.register_owners(session, batch.force, [], teams)
        want_store.add_wants(session, self._wants)
        details = {"version": 1, "import_id": str(batch.import_id)}
        want_store.add_actions(
            session,
            [self._entry(each["id"], details) for each in self._wants],
        )
        made = [each["id"] for each in self._wants]
        begin_history(session, Want.__table__, batch.force, made)
        audit_batch(session, batch, "want", made, {"created": len(made)})
