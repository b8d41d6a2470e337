"""The view of the force: what is outstanding, overdue, flagged and oldest, by area, and its trend.

Each area, LPA or neighbourhood, is a row with its own drill-down; a person or crime in several
areas is one in the total. What isn't known says `no_data`: an area that never sent a want has
none, and one that sent some and closed them all has 0.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from offenders.domain.acro.service import Question as CheckQuestion
from offenders.domain.command import view_store as store
from offenders.domain.flags import service as flags
from offenders.domain.forensics.service import Question as HitQuestion
from offenders.domain.reports.areas import find_area, shown
from offenders.domain.reports.links import Links, units, written
from offenders.domain.reports.rules import NO_DATA, trend_moments
from offenders.domain.reports.store import CLOCKS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Sight
    from offenders.domain.wanted.asking import Question

DEFINITIONS: Final = 1  # counted up whenever a figure changes its meaning
WEEKS: Final = 8
GROUPS: Final = ("lpa", "neighbourhood")
SEVERITIES: Final = ("alert", "warning", "information")
_ALL: Final = None  # the area of the total


@dataclass(frozen=True)
class Asked:
    """What the view is asked for beside its question: filters as written, rows, trend, sight."""

    filters: Mapping[str, str]
    group_by: str
    weeks: int
    sight: Sight


@dataclass(frozen=True)
class _Found:
    """All that was read, by area: None is the whole, '' what lies in no area."""

    counts: Mapping[tuple[str | None, int], Row[Any]]
    wants: Mapping[str, dict[str, Any]]
    flags: Mapping[str, list[dict[str, Any]]]
    hits: Mapping[str, Row[Any]]
    checks: Mapping[str, Row[Any]]
    trend: Mapping[tuple[str | None, int], Row[Any]]
    moments: list[datetime]
    first: Mapping[str, datetime]


def view_force(session: Session, question: Question, asked: Asked) -> dict[str, Any]:
    """Give the view of a moment, `question.as_at`; raise NotFound for an area out of scope."""
    as_at = question.as_at or question.now
    area = find_area(session, question.scope, question.filters)
    found = _read(session, question, asked)
    total = _Row(found, asked, as_at)
    return {
        "as_at": written(as_at),
        "force": question.scope.force,
        "area": shown(area),
        "group_by": asked.group_by,
        "definitions": DEFINITIONS,
        "first_recorded_at": _moment(min(found.first.values(), default=None)),
        "total": total.content(_ALL),
        "areas": [
            {
                asked.group_by: code or None,
                "name": name,
                "first_recorded_at": _moment(found.first.get(code)),
                **total.content(code),
                "drill_down": _drill(asked, code, as_at),
            }
            for code, name in _places(session, question, asked, found)
        ],
    }


def _read(session: Session, question: Question, asked: Asked) -> _Found:
    as_at, column = question.as_at or question.now, asked.group_by
    areas = {name: question.filters.get(name) for name in GROUPS}
    open_flags = flags.count_open(
        session,
        flags.Question(areas, question.scope, question.now, asked.sight, as_at),
        group_by=[column, "rule", "severity"],
        as_at=as_at,
    )
    hits = HitQuestion(areas, question.scope, question.now, as_at)
    checks = CheckQuestion({"lpa": areas["lpa"]}, question.scope, question.now, as_at)
    rows = store.count_by_area(session, question, column)
    moments = trend_moments(as_at, "week", asked.weeks) if asked.weeks else []
    trend = store.count_at_moments(session, question, column, moments) if moments else []
    by_area: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in open_flags["counts"]:
        by_area[each[column] or ""].append(each)
    return _Found(
        counts={(row.area, row.place): row for row in rows if row.place is not None},
        wants={row.area: row.oldest for row in rows if row.place is None},
        flags=by_area,
        hits={row.area: row for row in store.oldest_hits(session, hits, column)},
        checks={row.area: row for row in store.oldest_checks(session, checks)},
        trend={(row.area, row.place): row for row in trend},
        moments=moments,
        first=store.first_recorded(session, question, column),
    )


def _places(
    session: Session, question: Question, asked: Asked, found: _Found
) -> list[tuple[str, str | None]]:
    """Give (code, name) of each area that the reader has whole, or that has rows for them."""
    column, lpa = asked.group_by, question.filters.get("lpa")
    known = {row.code: row for row in store.list_places(session, column, lpa)}
    whole = {
        code
        for code, row in known.items()
        if question.scope.covers(row.lpa, code if column == "neighbourhood" else None)
    }
    with_rows = {area for area, _ in found.counts if area is not _ALL}
    codes = whole | with_rows | set(found.flags) | set(found.hits)
    codes |= set(found.checks) if column == "lpa" else set()
    return [
        (code, known[code].name if code in known else None)
        for code in sorted(codes, key=lambda each: (each == "", each))
    ]


@dataclass(frozen=True)
class _Row:
    """Makes the figures of one area, or of the whole."""

    found: _Found
    asked: Asked
    as_at: datetime

    def content(self, area: str | None) -> dict[str, Any]:
        """Give the figures of an area, each with the address of exactly its rows."""
        first = self._first(area)
        links = Links(self.asked.filters, self.as_at)
        narrowed = self._narrowed(area)
        figures = {
            name: units(self.found.counts.get((area, place)))
            for place, name in enumerate(store.FIGURES)
        }
        known = first is not None
        return {
            "outstanding": {**figures["outstanding"], "href": links.to(**narrowed)}
            if known
            else NO_DATA,
            "overdue": {
                name: {**figures[name], "href": links.to(**narrowed, overdue=name)}
                for name in CLOCKS
            }
            if known
            else NO_DATA,
            "flags": self._flags(area),
            "oldest": self._oldest(area, is_known=known),
            "trend": [
                self._moment(area, number, moment, first)
                for number, moment in enumerate(self.found.moments)
            ],
        }

    def _first(self, area: str | None) -> datetime | None:
        firsts = self.found.first
        return min(firsts.values(), default=None) if area is _ALL else firsts.get(area)

    def _narrowed(self, area: str | None) -> dict[str, str]:
        return {} if area is _ALL else {self.asked.group_by: area or "none"}

    def _moment(
        self, area: str | None, number: int, moment: datetime, first: datetime | None
    ) -> dict[str, Any]:
        if first is None or first > moment:
            nothing = dict.fromkeys(("crimes", "wants", "people"), NO_DATA)
            return {"as_at": written(moment), **nothing, "href": None}
        counts = units(self.found.trend.get((area, number)))
        href = Links(self.asked.filters, moment).to(**self._narrowed(area))
        return {"as_at": written(moment), **counts, "href": href}

    def _flags(self, area: str | None) -> dict[str, Any]:
        by_area = self.found.flags
        rows = (
            [row for each in by_area.values() for row in each]
            if area is _ALL
            else by_area.get(area, [])
        )
        by_rule: dict[str, int] = defaultdict(int)
        by_severity = dict.fromkeys(SEVERITIES, 0)
        for row in rows:
            by_rule[row["rule"]] += row["flags"]
            by_severity[row["severity"]] += row["flags"]
        return {
            **self._flagged(area, sum(by_severity.values())),
            "by_severity": [
                {"severity": each, **self._flagged(area, count, severity=each)}
                for each, count in by_severity.items()
            ],
            "by_rule": [
                {"rule": each, **self._flagged(area, count, rule=each)}
                for each, count in sorted(by_rule.items())
            ],
        }

    def _flagged(self, area: str | None, count: int, **more: str) -> dict[str, Any]:
        asked = {**self.asked.filters, **self._narrowed(area), **more}
        return {"flags": count, "href": _href("flags", asked, self.as_at)}

    def _oldest(self, area: str | None, *, is_known: bool) -> dict[str, Any]:
        wants = self.found.wants
        want = (
            min(wants.values(), key=lambda each: (each["entered_at"], each["id"]), default=None)
            if area is _ALL
            else wants.get(area)
        )
        return {
            "want": self._linked("wanted", want) if is_known else NO_DATA,
            "hit": self._linked("forensic-hits", _oldest_row(self.found.hits, area)),
            # A check stands under an LPA, never under a neighbourhood of it.
            "acro_check": NO_DATA
            if area is not _ALL and self.asked.group_by != "lpa"
            else self._linked("acro-checks", _oldest_row(self.found.checks, area)),
        }

    def _linked(self, path: str, body: dict[str, Any] | None) -> dict[str, Any] | None:
        if body is None:
            return None
        return {**body, "href": _href(f"{path}/{body['id']}", {}, self.as_at)}


def _oldest_row(rows: Mapping[str, Row[Any]], area: str | None) -> dict[str, Any] | None:
    if area is not _ALL:
        row = rows.get(area)
    else:
        row = min(rows.values(), key=lambda each: (each.since, each.id), default=None)
    body: dict[str, Any] | None = row.body if row is not None else None
    return body


def _drill(asked: Asked, code: str, as_at: datetime) -> str | None:
    """Give what to ask next: an LPA's neighbourhoods, or a neighbourhood's own report."""
    if not code:
        return None
    if asked.group_by == "lpa":
        return _href("reports/command", {"lpa": code, "group_by": "neighbourhood"}, as_at)
    return _href("reports/outstanding", {"neighbourhood": code}, as_at)


def _href(path: str, parameters: Mapping[str, str], as_at: datetime) -> str:
    return f"/v1/{path}?{urlencode({**parameters, 'as_at': written(as_at)})}"


def _moment(value: datetime | None) -> str | None:
    return written(value) if value is not None else None
