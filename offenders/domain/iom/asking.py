"""What a list or count of members is asked: the areas shown, filters and moments, as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.filters import equalities
from offenders.domain.working_days import london_day
from offenders.errors import Forbidden

if TYPE_CHECKING:
    from datetime import datetime

    from offenders.domain.access import Scope

_THEN: Final = (
    "{0}.recorded_from <= :as_at AND ({0}.recorded_to IS NULL OR {0}.recorded_to > :as_at)"
)
HIDDEN: Final = "(NOT :sees_protected AND s.follows AND g.are_addresses_protected)"
AREAS: Final = ("lpa", "neighbourhood")
MASKS: Final = ("lpa", "neighbourhood")
# What only those who manage offenders see of a case.
CASE: Final = (
    "facts",
    "risk_rationale",
    "catch_and_convict_governance",
    "pathways",
    "objectives",
    "exit_rationale",
    "what_worked",
    "decision",
    "log",
    "actions",
)


def _shown(alias: str) -> str:
    follows = f"({alias}.lpa IS NULL AND {alias}.neighbourhood IS NULL)"
    return f"""
        CROSS JOIN LATERAL (
            SELECT {alias}.force, {alias}.recorded_by, {alias}.person_id, {follows} AS follows,
                   CASE WHEN {follows} THEN p.lpa ELSE {alias}.lpa END AS lpa,
                   CASE WHEN {follows} THEN p.neighbourhood ELSE {alias}.neighbourhood END
                       AS neighbourhood) s
    """


def source_of(table: str, alias: str, *, as_at: bool) -> str:
    """Give FROM and WHERE of records with their people, now or as known at a moment.

    Protection of an address begun later covers the past, too.
    """
    if not as_at:
        return f"""
            FROM {table} {alias}
            JOIN persons p ON p.force = {alias}.force AND p.id = {alias}.person_id
            CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g {_shown(alias)} WHERE true
        """
    return f"""
        FROM {table}_history {alias}
        JOIN persons_history p ON p.force = {alias}.force AND p.id = {alias}.person_id
         AND {_THEN.format("p")}
        JOIN persons g ON g.force = {alias}.force AND g.id = {alias}.person_id {_shown(alias)}
        WHERE {_THEN.format(alias)}
    """


IS_OVERDUE: Final = "(m.exited_at IS NULL AND m.review_due_at < :now)"
_EQUAL: Final = {
    "force": "m.force",
    "scheme": "m.scheme",
    "stage": "m.stage",
    "cohort": "m.cohort",
    "rating": "m.rating",
    "risk": "m.risk",
    "lead_agency": "m.lead_agency",
    "lead_officer": "m.lead_officer",
    "lead_team": "m.lead_team",
    "managed_by": "m.managed_by",
    "support_officer": "m.support_officer",
    "catch_and_convict": "m.catch_and_convict",
    "person_id": "m.person_id",
    "exit_reason": "m.exit_reason",
}
_BOUNDS: Final = {
    "joined_from": "m.joined_on >=",
    "joined_to": "m.joined_on <=",
    "exited_from": "m.exited_at >=",
    "exited_before": "m.exited_at <",
}


@dataclass(frozen=True)
class Question:
    """Filters and scope, the present and, if any, a past moment; and what the reader may see."""

    filters: dict[str, Any]
    scope: Scope
    now: datetime
    sees_protected: bool
    sees_case: bool
    as_at: datetime | None = None

    @property
    def source(self) -> str:
        """Give FROM and WHERE of members `m` with their people, without the filters."""
        return source_of("iom_members", "m", as_at=self.as_at is not None)

    def values(self) -> dict[str, Any]:
        """Bind what every read of this question takes."""
        now = self.as_at or self.now
        return self.scope.values | {
            "now": now,
            "today": london_day(now),
            "as_at": self.as_at,
            "sees_protected": self.sees_protected,
            "sees_case": self.sees_case,
        }

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give the filters as SQL with their values; `none` asks for rows without a value."""
        filters = self.filters
        given, bound = equalities(filters, _EQUAL)
        parts = [self.scope.condition("s"), *given, *area_conditions(filters)]
        values = self.values() | bound
        values |= {f"f_{name}": filters[name] for name in AREAS if filters.get(name)}
        if (state := filters.get("state", "active")) != "all":
            parts.append(f"m.exited_at IS {'NULL' if state == 'active' else 'NOT NULL'}")
        if filters.get("theme") is not None:
            parts.append("(m.theme = :f_theme OR :f_theme = ANY (m.further_themes))")
            values["f_theme"] = filters["theme"]
        if (people := filters.get("people")) is not None:
            parts.append("m.person_id = ANY (CAST(:f_people AS uuid[]))")
            values["f_people"] = people
        if (overdue := filters.get("review_overdue")) is not None:
            parts.append(IS_OVERDUE if overdue else f"NOT {IS_OVERDUE}")
        if filters.get("intervention") is not None:
            if not self.sees_case:
                message = "Looking for interventions needs the permission iom:read-case."
                raise Forbidden(message)
            parts.append(_INTERVENED)
            values["f_intervention"] = filters["intervention"]
        for name, compared in _BOUNDS.items():
            if filters.get(name) is not None:
                parts.append(f"{compared} :f_{name}")
                values[f"f_{name}"] = filters[name]
        return " AND ".join(parts), values


_INTERVENED: Final = """
    EXISTS (SELECT FROM iom_log i WHERE i.force = m.force AND i.member_id = m.id
            AND i.kind = 'intervention' AND i.details ->> 'type' = :f_intervention
            AND i.recorded_at <= coalesce(CAST(:as_at AS timestamptz), 'infinity'))
"""


def area_conditions(filters: dict[str, Any]) -> list[str]:
    """Give the filters by area as SQL; one that the reader may not see is as none."""
    parts = []
    for name in AREAS:
        if (value := filters.get(name)) is not None:
            is_none = f"(s.{name} IS NULL OR {HIDDEN})"
            parts.append(is_none if value == "none" else f"(s.{name} = :f_{name} AND NOT {HIDDEN})")
    return parts
