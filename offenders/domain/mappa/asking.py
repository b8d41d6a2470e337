"""What a list of cases is asked: filters and scope as SQL."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.filters import equalities
from offenders.domain.mappa.shown import AS_AT, HIDDEN, PRESENT, TEAM
from offenders.domain.working_days import end_of_london_day, london_day, start_of_london_day

if TYPE_CHECKING:
    from datetime import datetime

    from offenders.domain.access import Scope

EVENTS: Final = {
    "returned_to_custody": "return_to_custody",
    "further_offence": "further_offence",
    "case_review": "case_review",
    "met": "meeting",
}
PERIODS: Final = ("managed", "started", "ended", *EVENTS)
_EQUAL: Final = {
    "kind": "c.kind",
    "stage": "c.stage",
    "state": "c.state",
    "risk": "c.risk",
    "lead_agency": "c.lead_agency",
    "manager": "c.owner_officer",
    "team": TEAM,
    "person_id": "c.person_id",
    "exit_reason": "c.exit_reason",
    "force": "c.force",
}
_NO_ERROR: Final = "c.exit_reason IS DISTINCT FROM 'entered_in_error'"
_AREAS: Final = ("lpa", "neighbourhood")


@dataclass(frozen=True)
class Question:
    """What a list or count is asked: filters and scope, the present and, if any, a past moment.

    The filter `on` takes category and level as they were at the end of that day; `event` takes
    what happened from `from_on` to `to_on`, at `event_level` where that is given.
    """

    filters: dict[str, Any]
    scope: Scope
    now: datetime
    sees_protected: bool
    sees_minutes: bool = False
    as_at: datetime | None = None

    @property
    def source(self) -> str:
        """Give FROM and WHERE without the filters."""
        further = ""
        if self.filters.get("on") is not None:
            further = """
                JOIN mappa_levels o ON o.force = c.force AND o.case_id = c.id
                     AND o.from_at < :on_end AND (o.until_at IS NULL OR o.until_at >= :on_end)
            """
        return (PRESENT if self.as_at is None else AS_AT).format(further=further)

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give the filters as SQL with their values; `none` asks for rows without a value."""
        now = self.as_at or self.now
        equal, values = equalities(self.filters, _EQUAL)
        parts = [self.scope.condition("s"), *equal]
        values |= self.scope.values | {
            "now": now,
            "today": london_day(now),
            "as_at": self.as_at,
            "sees_protected": self.sees_protected,
            "sees_minutes": self.sees_minutes,
        }
        for ask in (
            self._levels,
            self._areas,
            self._unconfirmed,
            self._overdue,
            self._events,
        ):
            further, bound = ask()
            parts += further
            values |= bound
        return " AND ".join(parts), values

    def _levels(self) -> tuple[list[str], dict[str, Any]]:
        on = self.filters.get("on")
        alias = "c" if on is None else "o"
        columns = {name: f"{alias}.{name}" for name in ("category", "level")}
        parts, values = equalities(self.filters, columns)
        if on is not None:
            parts.append(_NO_ERROR)
            values["on_end"] = end_of_london_day(on)
        return parts, values

    def _areas(self) -> tuple[list[str], dict[str, Any]]:
        parts, values = [], {}
        for name in _AREAS:
            value = self.filters.get(name)
            if value == "none":
                parts.append(f"(s.{name} IS NULL OR {HIDDEN})")
            elif value is not None:
                parts.append(f"(s.{name} = :f_{name} AND NOT {HIDDEN})")
                values[f"f_{name}"] = value
        return parts, values

    def _unconfirmed(self) -> tuple[list[str], dict[str, Any]]:
        asked = self.filters.get("unconfirmed")
        if asked is None:
            return [], {}
        return [f"cardinality(c.unconfirmed) {'>' if asked else '='} 0"], {}

    def _overdue(self) -> tuple[list[str], dict[str, Any]]:
        overdue = self.filters.get("meeting_overdue")
        if overdue is None:
            return [], {}
        late = "c.meeting_due_at < :now"
        return [f"c.stage = 'open' AND {late if overdue else f'NOT coalesce({late}, false)'}"], {}

    def _events(self) -> tuple[list[str], dict[str, Any]]:
        event = self.filters.get("event")
        if event is None:
            return [], {}
        values = {
            "from_on": self.filters["from_on"],
            "to_on": self.filters["to_on"],
            "begins": start_of_london_day(self.filters["from_on"]),
            "ends": end_of_london_day(self.filters["to_on"]),
        }
        level = self.filters.get("event_level")
        at_level = ""
        if level is not None:
            values["event_level"] = level
            at_level = "AND e.level = :event_level"
        return [_NO_ERROR, happened(event, at_level)], values


def happened(event: str, at_level: str = "") -> str:
    """Give the condition that something happened to `c` between `:begins` and `:ends`."""
    if event == "started":
        return "c.started_on BETWEEN :from_on AND :to_on"
    if event == "ended":
        return "c.ended_at >= :begins AND c.ended_at < :ends"
    if event == "managed":
        return f"""EXISTS (SELECT FROM mappa_levels e
            WHERE e.force = c.force AND e.case_id = c.id AND e.from_at < :ends
              AND (e.until_at IS NULL OR e.until_at > :begins) {at_level})"""
    return f"""EXISTS (SELECT FROM mappa_entries e
        WHERE e.force = c.force AND e.case_id = c.id AND e.kind = '{EVENTS[event]}'
          AND e.occurred_at >= :begins AND e.occurred_at < :ends {at_level})"""
