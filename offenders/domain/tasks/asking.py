"""What a list or count of tasks is asked, as SQL: source, scope, sight and filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.access import may, sight
from offenders.domain.permissions import PERMISSIONS
from offenders.domain.tasks import rules
from offenders.domain.working_days import london_day
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from offenders.domain.access import Scope
    from offenders.domain.actors import Actor

# The area and place of a task would tell where a person lives whose addresses are protected.
HIDDEN: Final = "(NOT :sees_protected AND coalesce(g.are_addresses_protected, false))"
_PARTNERS: Final = frozenset({"partner_agency"})
OVERDUE: Final = "(t.state = 'open' AND t.due_at < :now)"
AREAS: Final = ("lpa", "neighbourhood")
_THEN = "{0}.recorded_from <= :as_at AND ({0}.recorded_to IS NULL OR {0}.recorded_to > :as_at)"
_PRESENT: Final = """
    FROM tasks t
    LEFT JOIN persons p ON p.force = t.force AND p.id = t.person_id
    CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
    WHERE true
"""
# Protection begun later covers the past, too.
_AS_AT: Final = f"""
    FROM tasks_history t
    LEFT JOIN persons_history p ON p.force = t.force AND p.id = t.person_id AND {_THEN.format("p")}
    LEFT JOIN persons g ON g.force = t.force AND g.id = t.person_id
    WHERE {_THEN.format("t")}
"""
TEAM: Final = f"""
    CASE WHEN {HIDDEN} AND left(t.owner_team, 5) = 'DUTY-'
         THEN 'DUTY-' || t.force ELSE t.owner_team END
"""
_EQUAL: Final = {
    "state": "t.state",
    "owner": "t.owner_officer",
    "team": "t.owner_team",
    "source": "t.source_type",
    "subject_type": "t.subject_type",
    "meeting": "t.meeting_id",
    "person_id": "t.person_id",
    "tactic": "t.tactic",
    "reason": "t.reason",
    "force": "t.force",
}
_MOMENTS: Final = {
    "due_before": "t.due_at < :f_due_before",
    "due_from": "t.due_at >= :f_due_from",
    "ended_from": "t.ended_at >= :f_ended_from",
    "ended_before": "t.ended_at < :f_ended_before",
}
_TRUTHS: Final = {
    "overdue": OVERDUE,
    "carried_over": "t.carried_over > 0",
    "was_not_done": "t.not_done > 0",
}


RETURNED: Final = ("hours", "arrests", "searches", "intelligence")


@dataclass(frozen=True)
class TaskSight:
    """What the reader may see, and whose tasks are the reader's own, wherever they stand.

    With `agency`, a partner's own tasks alone.
    """

    reader: str
    protected_addresses: bool
    people: bool
    unseen_subjects: Sequence[str]
    unseen_sources: Sequence[str]
    is_partner: bool = False
    agency: str | None = None


def task_sight(actor: Actor) -> TaskSight:
    """Give what this actor may see of tasks."""
    held = frozenset().union(*(PERMISSIONS[role] for role in actor.roles))
    return TaskSight(
        reader=actor.subject,
        protected_addresses=sight(actor).protected_addresses,
        people=may(actor, "persons:read"),
        unseen_subjects=rules.unseen_subjects(held),
        unseen_sources=rules.unseen_sources(held),
        is_partner={r for r in actor.roles if "tasks:read" in PERMISSIONS[r]} <= _PARTNERS,
        agency=actor.agency,
    )


@dataclass(frozen=True)
class Question:
    """Filters and scope, the present and, if any, a past moment, and what the reader may see."""

    filters: dict[str, Any]
    scope: Scope
    now: datetime
    sight: TaskSight
    as_at: datetime | None = None

    @property
    def source(self) -> str:
        """Give FROM and WHERE without scope and filters."""
        return _PRESENT if self.as_at is None else _AS_AT

    @property
    def values(self) -> dict[str, Any]:
        """Give the values of scope and sight."""
        now = self.as_at or self.now
        return {
            **self.scope.values,
            "now": now,
            "today": london_day(now),
            "as_at": self.as_at,
            "sees_protected": self.sight.protected_addresses,
            "sees_people": self.sight.people,
            "reader": self.sight.reader,
            "agency": self.sight.agency,
            "unseen_subjects": list(self.sight.unseen_subjects),
            "unseen_sources": list(self.sight.unseen_sources),
        }

    @property
    def in_sight(self) -> str:
        """Give scope and sight as SQL: one's own tasks are seen wherever they stand."""
        if self.sight.is_partner:
            reach = "t.force = :force AND (t.owner_officer = :reader OR t.owner_team = :agency)"
        elif self.scope.is_whole_force:
            reach = "t.force = :force"
        else:
            reach = f"t.force = :force AND (({self.scope.condition('t')})"
            reach += " OR t.owner_officer = :reader)"
        parts = [reach]
        if self.sight.unseen_subjects:
            parts.append(
                "(t.subject_type IS NULL"
                " OR t.subject_type <> ALL (CAST(:unseen_subjects AS text[])))"
            )
        if self.sight.unseen_sources:
            parts.append("t.source_type <> ALL (CAST(:unseen_sources AS text[]))")
        return " AND ".join(parts)

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give sight and filters as SQL with their values; `none` asks for rows without."""
        parts, values = [self.in_sight], self.values
        for name, kept in _EQUAL.items():
            value = self.filters.get(name)
            # Only the queue of an area is shown otherwise, and an index finds what is kept.
            is_queue = name == "team" and str(value).startswith("DUTY-")
            column = TEAM if is_queue and not self.sight.protected_addresses else kept
            if value == "none":
                parts.append(f"{column} IS NULL")
            elif value is not None:
                parts.append(f"{column} = :f_{name}")
                values[f"f_{name}"] = value
        self._add_areas(parts, values)
        for name, sql in _MOMENTS.items():
            if (value := self.filters.get(name)) is not None:
                parts.append(sql)
                values[f"f_{name}"] = value
        for name, sql in _TRUTHS.items():
            if (value := self.filters.get(name)) is not None:
                parts.append(sql if value else f"NOT {sql}")
        if (returned := self.filters.get("returned")) is not None:
            parts.append(f"t.{RETURNED[RETURNED.index(returned)]} > 0")
        self._add_subject(parts, values)
        return " AND ".join(parts), values

    def _add_areas(self, parts: list[str], values: dict[str, Any]) -> None:
        for name in AREAS:
            if (value := self.filters.get(name)) is None:
                continue
            if value == "none":
                parts.append(f"(t.{name} IS NULL OR {HIDDEN})")
                continue
            parts.append(f"t.{name} = :f_{name} AND NOT {HIDDEN}")
            values[f"f_{name}"] = value

    def _add_subject(self, parts: list[str], values: dict[str, Any]) -> None:
        written: UUID | str | None = self.filters.get("subject")
        if written is None:
            return
        found = as_uuid(str(written))
        if found is not None:
            parts.append(
                "(t.subject_id = :f_subject"
                " OR (t.subject_type = 'person' AND t.person_id = :f_subject))"
            )
            values["f_subject"] = found
            return
        parts.append(
            "(t.subject_reference = :f_subject"
            " OR (t.subject_type = 'person' AND p.reference = :f_subject))"
        )
        values["f_subject"] = as_reference(str(written))
