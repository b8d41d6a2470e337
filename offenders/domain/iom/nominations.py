"""Reading nominations: one with its decisions, and a list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.filters import equalities
from offenders.domain.iom.asking import AREAS, HIDDEN, area_conditions, source_of
from offenders.domain.iom.paging import page_of, record_of
from offenders.domain.persons.shown import person_json
from offenders.domain.working_days import london_day
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.reading import Reading

_EQUAL: Final = {
    "force": "n.force",
    "scheme": "n.scheme",
    "cohort": "n.cohort",
    "theme": "n.theme",
    "agency": "n.agency",
    "state": "n.state",
    "person_id": "n.person_id",
}
_MASKED: Final = f"""
    (CASE WHEN {HIDDEN} THEN ARRAY['lpa', 'neighbourhood'] ELSE CAST('{{}}' AS text[]) END
     || CASE WHEN :sees_person THEN CAST('{{}}' AS text[]) ELSE ARRAY['person'] END)
"""
_PEOPLE: Final = "CASE WHEN :sees_person THEN n.person_id END"
_DECISIONS: Final = """
    (SELECT coalesce(json_agg(json_build_object('id', d.id, 'outcome', d.outcome,
        'rationale', d.rationale, 'panel', d.panel, 'meeting_id', d.meeting_id,
        'deferred_until', d.deferred_until, 'decided_at', d.decided_at,
        'score', CASE WHEN :sees_person THEN d.score -> 'score' END,
        'recorded_by', d.recorded_by, 'recorded_at', d.recorded_at)
        ORDER BY d.recorded_at, d.id), '[]')
     FROM iom_decisions d
     WHERE d.force = n.force AND d.nomination_id = n.id
       AND d.recorded_at <= coalesce(CAST(:as_at AS timestamptz), 'infinity'))
"""
_MEMBER: Final = """
    (SELECT m.id FROM iom_members m JOIN iom_decisions d
         ON d.force = m.force AND d.id = m.decision_id
     WHERE m.force = n.force AND d.nomination_id = n.id
       AND m.recorded_at <= coalesce(CAST(:as_at AS timestamptz), 'infinity'))
"""


def _json(*, as_at: bool) -> str:
    return f"""json_build_object(
        'id', n.id, 'reference', n.reference, 'force', n.force, 'person_id', n.person_id,
        'person', CASE WHEN :sees_person THEN {person_json(as_at=as_at)} END,
        'scheme', n.scheme, 'cohort', n.cohort, 'theme', n.theme, 'agency', n.agency,
        'reason', n.reason, 'arrested_at', n.arrested_at,
        'lpa', CASE WHEN NOT {HIDDEN} THEN s.lpa END,
        'neighbourhood', CASE WHEN NOT {HIDDEN} THEN s.neighbourhood END,
        'owner_officer', n.owner_officer, 'owner_team', n.owner_team,
        'handovers', n.handovers, 'state', n.state,
        'nominated_at', n.nominated_at, 'decide_by', n.decide_by,
        'overdue', n.state IN ('pending', 'deferred') AND n.decide_by < :now,
        'decided_at', n.decided_at, 'decisions', {_DECISIONS}, 'member_id', {_MEMBER},
        'masked', to_json({_MASKED}), 'recorded_by', n.recorded_by,
        'recorded_at', n.recorded_at, 'updated_at', n.updated_at, 'version', n.version)"""


@dataclass(frozen=True)
class Question:
    """Filters and scope; `own` is whose nominations alone may be seen, if any's."""

    filters: dict[str, Any]
    scope: Scope
    now: datetime
    sees_protected: bool
    sees_person: bool
    own: str | None = None
    as_at: datetime | None = None

    @property
    def source(self) -> str:
        """Give FROM and WHERE of nominations `n` with their people, without the filters."""
        return source_of("iom_nominations", "n", as_at=self.as_at is not None)

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give the filters as SQL with their values."""
        now = self.as_at or self.now
        given, bound = equalities(self.filters, _EQUAL)
        parts = [self.scope.condition("s"), *given, *area_conditions(self.filters)]
        values = (
            self.scope.values
            | bound
            | {f"f_{name}": self.filters[name] for name in AREAS if self.filters.get(name)}
            | {
                "now": now,
                "today": london_day(now),
                "as_at": self.as_at,
                "sees_protected": self.sees_protected,
                "sees_person": self.sees_person,
            }
        )
        if self.own is not None:
            parts.append("n.recorded_by = :own")
            values["own"] = self.own
        return " AND ".join(parts), values


def reading_of_nominations(question: Question, after: Sequence[Any] | None, limit: int) -> Reading:
    """Give the read of one page, what is to be decided first first."""
    condition, values = question.condition()
    return page_of(
        question.source,
        condition,
        values,
        alias="n",
        key="n.decide_by",
        cast="timestamptz",
        json=_json(as_at=question.as_at is not None),
        masked=_MASKED,
        subject_type="iom_nomination",
        after=after,
        limit=limit,
        people=_PEOPLE,
    )


def reading_of_nomination(question: Question, written: str) -> Reading:
    """Give the read of one nomination, by its id or reference."""
    condition, values = question.condition()
    named = "n.id = :id" if as_uuid(written) is not None else "n.reference = :reference"
    keys = {"id": as_uuid(written), "reference": as_reference(written)}
    return record_of(
        question.source,
        f"{condition} AND {named}",
        values | keys,
        alias="n",
        json=_json(as_at=question.as_at is not None),
        masked=_MASKED,
        subject_type="iom_nomination",
        people=_PEOPLE,
    )


def count_nominations(session: Session, question: Question) -> int:
    """Count the rows of all pages."""
    condition, values = question.condition()
    statement = text(f"SELECT count(*) {question.source} AND {condition}")
    return int(session.execute(statement, values).scalar_one())
