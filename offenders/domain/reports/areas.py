"""The area that a report covers, its parts, and their rates per 1,000 of the population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders.domain.reference import populations
from offenders.domain.reference import service as reference
from offenders.domain.reports import rules, store
from offenders.domain.reports.links import units
from offenders.domain.reports.rules import NO_DATA
from offenders.domain.working_days import london_day
from offenders.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.reports.links import Links
    from offenders.domain.wanted.asking import Question


@dataclass(frozen=True)
class Area:
    """What the figures cover: type and code of one whole area, or a part of several."""

    type: str | None
    code: str | None


def find_area(session: Session, scope: Scope, filters: Mapping[str, Any]) -> Area:
    """Give the area asked for, which must be there and lie in scope."""
    if filters.get("force") not in {None, scope.force}:
        raise NotFound
    lpa, neighbourhood = filters.get("lpa"), filters.get("neighbourhood")
    if "none" in {lpa, neighbourhood}:
        return Area(None, None)
    if neighbourhood is not None:
        found = reference.lpa_of(session, scope.force, neighbourhood)
        if found is None or lpa not in {None, found} or not scope.covers(found, neighbourhood):
            raise NotFound
        return Area("neighbourhood", neighbourhood)
    if lpa is not None:
        return _find_lpa(session, scope, lpa)
    if scope.is_whole_force:
        return Area("force", scope.force)
    is_one = len(scope.lpas) == 1 and not scope.neighbourhoods
    return Area("lpa", scope.lpas[0]) if is_one else Area(None, None)


def _find_lpa(session: Session, scope: Scope, lpa: str) -> Area:
    inside = store.list_areas(session, lpa)
    is_known = inside or any(row.code == lpa for row in store.list_areas(session, None))
    if is_known and scope.covers(lpa, None):
        return Area("lpa", lpa)
    if {row.code for row in inside} & set(scope.neighbourhoods):
        return Area(None, None)
    raise NotFound


def shown(area: Area) -> dict[str, Any]:
    """Give the area as the answer names it; `part` is what is no whole area."""
    return {"type": area.type or "part", "code": area.code}


def _denominators(session: Session, area_type: str, question: Question) -> dict[str, Any]:
    as_at = question.as_at or question.now
    return populations.denominators(session, area_type, as_at, london_day(as_at).year)


def _rate(counts: Mapping[str, Any], population: Any) -> dict[str, Any] | str:
    """Give people and crimes per 1,000, and the population that they were divided by."""
    if population is None:
        return NO_DATA
    return {
        "people_per_1000": rules.per_1000(counts["people"], population.population),
        "crimes_per_1000": rules.per_1000(counts["crimes"], population.population),
        "population": population.population,
        "year": population.year,
        "group": population.group,
        "source": population.source,
    }


def rates(
    session: Session, question: Question, area: Area, counts: Mapping[str, Any]
) -> dict[str, Any] | str:
    """Give the rates of the whole area asked; NO_DATA for a part, and without a population."""
    if area.type is None or area.code is None:
        return NO_DATA
    return _rate(counts, _denominators(session, area.type, question).get(area.code))


def by_area(
    session: Session, question: Question, column: str, found: Mapping[Any, Any], links: Links
) -> list[dict[str, Any]]:
    """Give every LPA, or neighbourhood of the LPA asked, that the reader has whole or in part."""
    scope, lpa = question.scope, question.filters.get("lpa")
    if question.filters.get("neighbourhood") is not None:
        return []
    people = _denominators(session, column, question)
    known = {row.code: row for row in store.list_areas(session, lpa)}
    whole = {code for code, row in known.items() if scope.covers(row.lpa, code if lpa else None)}
    counted = {value for dimension, value in found if dimension == "area"}
    shown = []
    for code in sorted(whole | counted, key=lambda each: (each == "", each)):
        counts = units(found.get(("area", code)))
        shown.append(
            {
                column: code or None,
                "name": known[code].name if code in known else None,
                **counts,
                "rate": _rate(counts, people.get(code) if code in whole else None),
                "href": links.to(**{column: code or "none"}),
            }
        )
    return shown
