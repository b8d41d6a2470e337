"""The supervisor pack: what each team and officer has open, owes and has done.

Teams and officers are codes in the order of their codes: there is no rank. Volume stands beside
what says how well it was done. An owner who has no team, or whom the directory doesn't know,
stands under no team.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from offenders.domain.command import pack_store as store
from offenders.domain.command.measures import MEASURES, SOURCES
from offenders.domain.command.pack_store import PackQuestion
from offenders.domain.command.rules import DEFINITIONS, PAIRS
from offenders.domain.reference.policies import explained_figures
from offenders.domain.reports.areas import find_area, shown
from offenders.domain.reports.links import written
from offenders.domain.reports.rules import NO_DATA
from offenders.domain.working_days import day_bounds, london_day
from offenders.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope, Sight
    from offenders.domain.tasks.asking import TaskSight

RULE: Final = "supervisor-pack"
OFFICERS: Final = 50  # of a team in one answer, unless told
MOST_OFFICERS: Final = 200
PERIOD_DAYS: Final = 30  # unless `from` says otherwise; packs are made monthly
_REGISTERS: Final = {"team": "teams", "officer": "officers"}


@dataclass(frozen=True)
class PackAsked:
    """Who asks for which part of the pack, for which days, at which moment.

    Of each team so many officers are given, those after a code.
    """

    filters: Mapping[str, str]
    scope: Scope
    sight: Sight
    tasks: TaskSight
    as_at: datetime
    from_on: date
    to_on: date
    limit: int = OFFICERS
    officers_after: str | None = None


def report_pack(session: Session, asked: PackAsked) -> dict[str, Any]:
    """Give the pack; raise NotFound for an area out of scope, or a code that means nobody."""
    area = find_area(session, asked.scope, _area_of(asked))
    figures = _figures(session, asked)
    question = _question(asked, figures)
    drills = any(asked.filters.get(name) is not None for name in _REGISTERS)
    rows = store.count(session, question, by_officer=drills)
    if not rows:
        _require_known(session, asked)
    known = store.tables_with_data(session, asked.as_at)
    without = {m for m in MEASURES if not any(m in s.measures for s in SOURCES if s.table in known)}
    made = _Maker(asked, frozenset(without))
    names = store.list_teams(session)
    return {
        "as_at": written(asked.as_at),
        "from": asked.from_on,
        "to": asked.to_on,
        "force": asked.scope.force,
        "area": shown(area),
        "definitions": DEFINITIONS,
        "figures": figures,
        "order": "by code: measures are information, not targets",
        "pairs": PAIRS,
        "total": made.measures({row.measure: row for row in rows if row.is_whole}),
        "teams": made.teams(rows, names, drills=drills),
    }


def _area_of(asked: PackAsked) -> dict[str, str | None]:
    return {name: asked.filters.get(name) for name in ("force", "lpa")}


def _figures(session: Session, asked: PackAsked) -> dict[str, dict[str, Any]]:
    day = london_day(asked.as_at)
    found = explained_figures(session, asked.scope.force, RULE, day)
    told = ("figure", "unit", "source", "citation", "confidence", "is_force_policy")
    return {key: {name: value[name] for name in told} for key, value in found.items()}


def _question(asked: PackAsked, figures: Mapping[str, Mapping[str, Any]]) -> PackQuestion:
    since, before = day_bounds(asked.from_on, asked.to_on)
    return PackQuestion(
        asked.scope,
        asked.sight,
        asked.tasks,
        asked.as_at,
        since,
        before,
        asked.as_at - timedelta(days=figures["old_investigation"]["figure"]),
        asked.as_at + timedelta(days=figures["review_ahead"]["figure"]),
        asked.filters,
    )


def _require_known(session: Session, asked: PackAsked) -> None:
    for name, register in _REGISTERS.items():
        code = asked.filters.get(name)
        if code not in {None, "none"} and not store.is_registered(session, register, str(code)):
            raise NotFound


@dataclass(frozen=True)
class _Maker:
    """Makes the figures of a team or officer, each with the address of its rows."""

    asked: PackAsked
    without: frozenset[str]

    def teams(
        self, rows: list[Row[Any]], names: Mapping[str, str | None], *, drills: bool
    ) -> list[dict[str, Any]]:
        """Give the teams by code, the one of no team last."""
        found: dict[str, dict[str, Row[Any]]] = defaultdict(dict)
        officers: dict[str, dict[str, dict[str, Row[Any]]]] = defaultdict(lambda: defaultdict(dict))
        for row in rows:
            if row.is_team:
                found[row.team][row.measure] = row
            elif not row.is_whole:
                officers[row.team][row.officer][row.measure] = row
        teams = []
        for code in sorted(found, key=lambda each: (each == "", each)):
            narrowed = {"team": code or "none"}
            team: dict[str, Any] = {
                "team": code or None,
                "name": names.get(code),
                "measures": self.measures(found[code], **narrowed),
            }
            if drills:
                team |= self._officers(officers[code], narrowed)
            else:
                team["drill_down"] = self._href("", **narrowed)
            teams.append(team)
        return teams

    def _officers(
        self, found: Mapping[str, Mapping[str, Row[Any]]], narrowed: Mapping[str, str]
    ) -> dict[str, Any]:
        """Give a page of a team's officers by code, what it owns itself last, and the next."""
        after, limit = self.asked.officers_after, self.asked.limit
        codes = sorted(found, key=lambda each: (each == "", each))
        rest = [each for each in codes if after is None or each == "" or each > after]
        shown, more = rest[:limit], len(rest[limit:])
        further = {"limit": str(limit), "officers_after": shown[-1]} if more else {}
        return {
            "officers": [
                {
                    "officer": each or None,
                    "measures": self.measures(found[each], **narrowed, officer=each or "none"),
                }
                for each in shown
            ],
            "officer_count": len(codes),
            "more": more,
            "more_href": self._href("", **narrowed, **further) if more else None,
        }

    def measures(self, found: Mapping[str, Row[Any]], **narrowed: str) -> dict[str, Any]:
        """Give every measure: records, the people in them, and the list."""
        return {
            measure: self._measure(measure, found.get(measure), narrowed) for measure in MEASURES
        }

    def _measure(
        self, measure: str, row: Row[Any] | None, narrowed: Mapping[str, str]
    ) -> dict[str, Any]:
        if measure in self.without:
            return {"records": NO_DATA, "people": NO_DATA, "href": None}
        return {
            "records": row.records if row else 0,
            "people": row.people if row else 0,
            "href": self._href("/records", measure=measure, **narrowed),
        }

    def _href(self, path: str, **more: str) -> str:
        period = {"from": str(self.asked.from_on), "to": str(self.asked.to_on)}
        query = {**self.asked.filters, **more, **period, "as_at": written(self.asked.as_at)}
        return f"/v1/reports/supervisor-pack{path}?{urlencode(query)}"


def list_records(
    session: Session, asked: PackAsked, measure: str, after: Any, limit: int
) -> list[Row[Any]]:
    """Give the records behind a figure of the pack, as (json, at, id, entry_id, hides)."""
    find_area(session, asked.scope, _area_of(asked))
    question = _question(asked, _figures(session, asked))
    return store.list_records(session, question, measure, after, limit)


def count_records(session: Session, asked: PackAsked, measure: str) -> int:
    """Count the records of all pages."""
    return store.count_records(session, _question(asked, _figures(session, asked)), measure)
