"""What a list or count of wants is asked: the areas shown, filters, orders and moments, as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders.domain.filters import named_by
from offenders.domain.wanted.rules import OUTSTANDING
from offenders.domain.working_days import london_day

if TYPE_CHECKING:
    from datetime import datetime

    from offenders.domain.access import Scope

RISK_RANK = "array_position(ARRAY['very_high','high','medium','standard'], w.risk)"

AREAS = ("lpa", "neighbourhood")
HIDDEN = "NOT :sees_protected AND w.follows_address AND g.are_addresses_protected"

# What a row shows and what it is read from; `as_at` reads what was known at that moment. Whether
# an address is protected goes by the present: protection begun later covers the past, too.
PERSON = """
    JOIN persons p ON p.force = w.force AND p.id = w.person_id
    CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
"""
_KNOWN_THEN = "w.recorded_from <= :as_at AND (w.recorded_to IS NULL OR w.recorded_to > :as_at)"
_PERSON_THEN = """
    JOIN persons_history p ON p.force = w.force AND p.id = w.person_id
     AND p.recorded_from <= :as_at AND (p.recorded_to IS NULL OR p.recorded_to > :as_at)
    JOIN persons g ON g.force = w.force AND g.id = w.person_id
"""
# Rows are picked and counted without their people: only a few are protected at all.
_PICKED = """
    CROSS JOIN LATERAL (
        SELECT EXISTS (SELECT FROM persons x WHERE x.force = w.force AND x.id = w.person_id
                       AND x.are_addresses_protected) AS are_addresses_protected) g
"""


def area(column: str) -> str:
    """Give the LPA or neighbourhood of a want as the reader may see it.

    A want that follows a protected address would else tell where its person lives.
    """
    return f"CASE WHEN NOT ({HIDDEN}) THEN w.{column} END"


# A duty queue is named after its LPA, so its name would tell the area, too: that of today, or of
# before. One named after the area that the want itself shows tells nothing more.
TEAM = """
    CASE WHEN NOT :sees_protected AND g.are_addresses_protected
              AND left(w.owner_team, 5) = 'DUTY-'
              AND (w.follows_address OR w.owner_team IS DISTINCT FROM 'DUTY-' || w.lpa)
         THEN 'DUTY-' || w.force ELSE w.owner_team END
"""


@dataclass(frozen=True)
class Sort:
    """An order of the list: its SQL key and direction; ties are settled by the id."""

    keys: tuple[str, ...]
    casts: tuple[str, ...]
    descends: bool = False


SORTS = {
    "risk": Sort((RISK_RANK, "w.entered_at"), ("int", "timestamptz")),
    "target": Sort(("w.target_arrest_by",), ("timestamptz",)),
    "entered": Sort(("w.entered_at",), ("timestamptz",), descends=True),
    "activity": Sort(("coalesce(w.last_activity_at, w.entered_at)",), ("timestamptz",)),
}

_OVERDUE = {
    "arrest": "w.target_arrest_by < :now",
    "review": "w.review_due_at < :now",
    "validation": "w.validation_due_at < :now",
    "activity": "w.activity_due_at < :now",
}
# An owner has left once their last day of service is over, as far as was known at the moment.
OWNER_LEFT = """
    EXISTS (SELECT 1 FROM officers_history o
            WHERE o.force = w.force AND o.code = w.owner_officer AND o.left_on < :today
              AND o.recorded_from <= coalesce(CAST(:as_at AS timestamptz), 'infinity')
              AND (o.recorded_to IS NULL OR o.recorded_to > CAST(:as_at AS timestamptz)))
"""
_BOUNDS = {
    "entered_from": "w.entered_at >=",
    "entered_before": "w.entered_at <",
    "outcome_from": "w.outcome_at >=",
    "outcome_before": "w.outcome_at <",
}
_EQUAL = (
    "state",
    "reason",
    "basis",
    "risk",
    "priority",
    "circulation",
    "domestic_abuse",
    "lpa",
    "neighbourhood",
    "force",
    "crime_reference",
)


def conditions(
    filters: dict[str, Any], scope: Scope, *, as_at: bool = False
) -> tuple[str, dict[str, Any]]:
    """Turn filters and scope into SQL over `w`; `none` asks for rows without a value."""
    parts, values = [scope.condition("w")], dict(scope.values)
    for name in _EQUAL:
        value = filters.get(name)
        if value is not None:
            parts.append(_is_equal(name, value))
            values[f"f_{name}"] = value
    if (written := filters.get("person_id")) is not None:
        named, found = named_by("w.person_id", "persons", written, as_at=as_at)
        parts.append(named)
        values |= found
    for name, column in (("owner", "w.owner_officer"), ("team", TEAM)):
        if filters.get(name) is not None:
            parts.append(f"{column} = :f_{name}")
            values[f"f_{name}"] = filters[name]
    if filters.get("overdue") is not None:
        parts.append(f"w.state = 'outstanding' AND {_OVERDUE[filters['overdue']]}")
    for name, bound in _BOUNDS.items():
        if filters.get(name) is not None:
            parts.append(f"{bound} :f_{name}")
            values[f"f_{name}"] = filters[name]
    if filters.get("owner_left") is not None:
        parts.append(OWNER_LEFT if filters["owner_left"] else f"NOT {OWNER_LEFT}")
    return " AND ".join(parts), values


def _is_equal(name: str, value: Any) -> str:
    """Give one filter as SQL; an area that the reader may not see is as none."""
    if value == "none":
        return f"(w.{name} IS NULL OR {HIDDEN})" if name in AREAS else f"w.{name} IS NULL"
    if (name, value) == ("state", OUTSTANDING):
        # Written out: the indexes of what is outstanding are found by this very word.
        return f"w.state = '{OUTSTANDING}'"
    return f"w.{name} = :f_{name}" + (f" AND NOT ({HIDDEN})" if name in AREAS else "")


@dataclass(frozen=True)
class Question:
    """What a list or count is asked: filters and scope, the present and, if any, a past moment."""

    filters: dict[str, Any]
    scope: Scope
    now: datetime
    sees_protected: bool
    as_at: datetime | None = None

    @property
    def source(self) -> str:
        """Give FROM and WHERE of wants with their people, without the filters."""
        if self.as_at is None:
            return f"FROM wants w {PERSON} WHERE true"
        return f"FROM wants_history w {_PERSON_THEN} WHERE {_KNOWN_THEN}"

    @property
    def picking(self) -> str:
        """Give FROM and WHERE for keys and counts."""
        if self.as_at is None:
            return f"FROM wants w {_PICKED} WHERE true"
        return f"FROM wants_history w {_PICKED} WHERE {_KNOWN_THEN}"

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give the filters as SQL with their values."""
        parts, values = conditions(self.filters, self.scope, as_at=self.as_at is not None)
        # What was overdue at a past moment is judged at that moment.
        now = self.as_at or self.now
        return parts, values | {
            "now": now,
            "today": london_day(now),
            "as_at": self.as_at,
            "sees_protected": self.sees_protected,
        }
