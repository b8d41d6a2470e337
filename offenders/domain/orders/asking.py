"""What a list or count of orders is asked, as SQL: source, scope and filters.

An order whose last day is over is shown as expired also before the job has said so: what is shown
is worked out at the moment asked for. Without an area of its own it stands where its person lives.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.working_days import end_of_london_day, london_day, start_of_london_day
from offenders.errors import Forbidden

if TYPE_CHECKING:
    from datetime import datetime

    from offenders.domain.access import Scope

_FOLLOWS: Final = "(o.lpa IS NULL AND o.neighbourhood IS NULL)"
HIDDEN: Final = "(NOT :sees_protected AND s.follows AND g.are_addresses_protected)"
LIVE: Final = "s.state IN ('in_force', 'varied')"
_THEN = "{0}.recorded_from <= :as_at AND ({0}.recorded_to IS NULL OR {0}.recorded_to > :as_at)"
_STATE = """
    CASE WHEN o.state IN ('granted', 'in_force', 'varied')
              AND o.expires_on < CAST(:today AS date) THEN 'expired'
         WHEN o.state = 'granted' AND o.in_force_on <= CAST(:today AS date) THEN 'in_force'
         ELSE o.state END
"""
_SHOWN = f"""
    CROSS JOIN LATERAL (
        SELECT o.force, o.recorded_by, o.person_id, {_FOLLOWS} AS follows,
               CASE WHEN {_FOLLOWS} THEN p.lpa ELSE o.lpa END AS lpa,
               CASE WHEN {_FOLLOWS} THEN p.neighbourhood ELSE o.neighbourhood END AS neighbourhood,
               {_STATE} AS state) s
"""
# Over an outer `p`: the orders of one person.
OF_PERSON: Final = f"""
    FROM orders o CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g {_SHOWN}
    WHERE o.force = :force AND o.person_id = p.id
"""


def present_source(further: str = "") -> str:
    """Give FROM and WHERE of orders as they are shown now; `further` are more joins."""
    return f"""
        FROM orders o
        JOIN persons p ON p.force = o.force AND p.id = o.person_id
        CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g {_SHOWN} {further}
        WHERE true
    """


def _source_as_at(further: str = "") -> str:
    """Give the same as at a moment; protection begun later covers the past, too."""
    return f"""
        FROM orders_history o
        JOIN persons_history p ON p.force = o.force AND p.id = o.person_id
         AND {_THEN.format("p")}
        JOIN persons g ON g.force = o.force AND g.id = o.person_id {_SHOWN} {further}
        WHERE {_THEN.format("o")}
    """


TEAM: Final = f"""
    CASE WHEN {HIDDEN} AND left(o.owner_team, 5) = 'DUTY-'
         THEN 'DUTY-' || o.force ELSE o.owner_team END
"""
AREAS: Final = ("lpa", "neighbourhood")


def may_name_somebody(order: str) -> str:
    """Give the condition that free text on an order may name whom it protects, or once did.

    Names in such text can't be told from its words, so it is kept whole from who may not know.
    """
    return f"""(NOT :sees_people AND EXISTS (
        SELECT FROM orders_history y WHERE y.force = :force AND y.id = {order}
           AND jsonb_path_exists(
               y.conditions, '$[*] ? (@.person != null || @.person_id != null)')))"""


_EQUAL = {
    "type": "o.type",
    "state": "s.state",
    "monitoring": "o.monitoring",
    "monitored_by": "o.monitored_by",
    "person_id": "o.person_id",
    "owner": "o.owner_officer",
    "team": TEAM,
    "force": "o.force",
}
_UNSET = frozenset({"monitored_by"})  # `none` asks for orders without it
_ERROR = "o.state <> 'entered_in_error'"
# On which day what is counted happened; None where it did not. An order made without an
# application of its own, on conviction or as a notice, counts as applied for when it was made.
DAYS: Final = {
    "applied": f"CASE WHEN {_ERROR} THEN coalesce(o.applied_on, o.made_on) END",
    "granted": f"CASE WHEN {_ERROR} THEN o.made_on END",
    "refused": "CASE WHEN o.state = 'refused' THEN o.decided_on END",
}
# The day of a discharge is the last on which the order bound, but no longer one of those in force.
LIVE_ON: Final = f"""
    ({_ERROR} AND o.made_on IS NOT NULL AND o.in_force_on <= CAST(:{{day}} AS date)
     AND coalesce(o.expires_on >= CAST(:{{day}} AS date), true)
     AND coalesce(o.ended_on > CAST(:{{day}} AS date), true))
"""
# What the street doesn't see it can't look for either.
_OF_THE_WHOLE = frozenset(
    {
        "monitoring",
        "monitored_by",
        "owner",
        "team",
        "review_overdue",
        "check_overdue",
        *(f"{name}_{end}" for name in ("applied", "refused", "breached") for end in ("from", "to")),
    }
)
_KEPT_AS = {
    "in_force": ("in_force", "granted"),
    "expired": ("expired", "granted", "in_force", "varied"),
}


@dataclass(frozen=True)
class OrderSight:
    """What the reader may see: protected addresses, the whole record, whom an order protects."""

    protected_addresses: bool
    whole: bool
    protected_people: bool


@dataclass(frozen=True)
class Question:
    """Filters and scope, the present and, if any, a past moment, and what the reader may see."""

    filters: dict[str, Any]
    scope: Scope
    now: datetime
    sight: OrderSight
    as_at: datetime | None = None

    def source(self, further: str = "") -> str:
        """Give FROM and WHERE without the filters; `further` are more joins."""
        return present_source(further) if self.as_at is None else _source_as_at(further)

    @property
    def breaches(self) -> str:
        """Give the table of breaches `b` to read."""
        return "order_breaches b" if self.as_at is None else "order_breaches_history b"

    @property
    def breach_then(self) -> str:
        """Give the condition under which a breach `b` was so at the moment asked for."""
        return "true" if self.as_at is None else _THEN.format("b")

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give the filters as SQL with their values; `none` asks for rows without an area."""
        now = self.as_at or self.now
        parts = [self.scope.condition("s")]
        values: dict[str, Any] = self.scope.values | {
            "now": now,
            "today": london_day(now),
            "as_at": self.as_at,
            "sees_protected": self.sight.protected_addresses,
            "sees_people": self.sight.protected_people,
        }
        if not self.sight.whole:
            self._refuse_unseen()
            parts.append(LIVE)
        for name, column in _EQUAL.items():
            value = self.filters.get(name)
            if value == "none" and name in _UNSET:
                parts.append(f"{column} IS NULL")
            elif value is not None:
                parts.append(f"{column} = :f_{name}")
                values[f"f_{name}"] = value
        if (state := self.filters.get("state")) is not None:
            kept = ", ".join(repr(str(each)) for each in _KEPT_AS.get(state, (state,)))
            parts.append(f"o.state IN ({kept})")
        for name in AREAS:
            if (value := self.filters.get(name)) is not None:
                is_none = f"(s.{name} IS NULL OR {HIDDEN})"
                own = f"(s.{name} = :f_{name} AND NOT {HIDDEN})"
                parts.append(is_none if value == "none" else own)
                values |= {} if value == "none" else {f"f_{name}": value}
        self._add_days(parts, values)
        self._add_truths(parts)
        return " AND ".join(parts), values

    def _refuse_unseen(self) -> None:
        asked = sorted(each for each in _OF_THE_WHOLE if self.filters.get(each) is not None)
        if asked:
            message = f"Looking for {', '.join(asked)} needs the permission orders:read-whole."
            raise Forbidden(message)

    def _add_days(self, parts: list[str], values: dict[str, Any]) -> None:
        for name, column in DAYS.items():
            for end, operator in (("from", ">="), ("to", "<=")):
                if (day := self.filters.get(f"{name}_{end}")) is not None:
                    parts.append(f"{column} {operator} CAST(:f_{name}_{end} AS date)")
                    values[f"f_{name}_{end}"] = day
        if (day := self.filters.get("expires_before")) is not None:
            parts.append(f"o.expires_on < CAST(:f_expires AS date) AND {LIVE}")
            values["f_expires"] = day
        if (day := self.filters.get("in_force_on")) is not None:
            parts.append(LIVE_ON.format(day="f_live"))
            values["f_live"] = day
        first, last = self.filters.get("breached_from"), self.filters.get("breached_to")
        if first is not None or last is not None:
            bounds, more = breach_bounds(first, last)
            own = f"{self.breach_then} AND b.force = :force AND b.order_id = o.id"
            parts.append(f"{_ERROR} AND EXISTS (SELECT FROM {self.breaches} WHERE {own}{bounds})")
            values |= more

    def _add_truths(self, parts: list[str]) -> None:
        for name, true in (
            ("enforceable", LIVE),
            ("review_overdue", f"({LIVE} AND o.review_due_on < CAST(:today AS date))"),
            ("check_overdue", f"({LIVE} AND o.check_due_on < CAST(:today AS date))"),
        ):
            value = self.filters.get(name)
            if value is not None:
                parts.append(true if value else f"{true} IS NOT TRUE")


def breach_bounds(first: Any, last: Any) -> tuple[str, dict[str, Any]]:
    """Give the condition that a breach `b` occurred on these days, and its values."""
    sql, values = "", {}
    if first is not None:
        sql += " AND b.occurred_at >= :f_breached_from"
        values["f_breached_from"] = start_of_london_day(first)
    if last is not None:
        sql += " AND b.occurred_at < :f_breached_to"
        values["f_breached_to"] = end_of_london_day(last)
    return sql, values
