"""Until when bail may last, and by which rule: the arithmetic of days and months; pure.

The bail start date is the day after the day of arrest (PACE 1984 s.47ZB(4)). A period ends with
its last day, Europe/London.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.bail.cases import ONE_DAY, Extension, Paused, Period, Suspension
from offenders.domain.bail.law import (
    INITIAL,
    LEAST_DAYS_AFTER_REQUEST,
    STEPS,
    Kind,
    Limit,
    Regime,
    Step,
    Track,
)
from offenders.domain.working_days import (
    end_of_london_day,
    end_of_period_of_months,
    london_day,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from offenders.domain.bail.cases import Case


_SECTIONS: Final = {
    Paused.WITH_PROSECUTOR: "s.47ZL",
    Paused.IN_HOSPITAL: "s.47ZM",
    Paused.BEFORE_COURT: "s.47ZJ(3)",
}
_PAUSED: Final = {
    Paused.WITH_PROSECUTOR: "The period has not run while with the prosecutor",
    Paused.IN_HOSPITAL: "The period has not run while in hospital",
    Paused.BEFORE_COURT: "The period lasts until the court has decided: asked",
}


def period_of(case: Case) -> Period:
    """Give the last day of the applicable bail period, and by which rule; to be read only."""
    if case.extensions or case.suspensions:
        return _worked_out(case)
    return _first_period(case.regime, case.track, case.starts_on, case.source)


@lru_cache(maxsize=10_000)
def _first_period(regime: Regime, track: Track, starts_on: date, source: str) -> Period:
    """Give the period that nothing has changed; the same days of arrest come again and again."""
    if regime == Regime.A:
        rule = "No statutory limit before 3 April 2017; the custody officer bails again."
        return Period(None, {"rule": rule, "section": source, "confidence": "H"})
    limit = INITIAL[regime, track]
    ends_on = _limit_of(starts_on, limit)
    steps = [_said(limit.section, _name(limit), limit.confidence, ends_on)]
    return Period(ends_on, _because(starts_on, steps, source))


def _worked_out(case: Case) -> Period:
    first = _first_period(case.regime, case.track, case.starts_on, case.source)
    if first.ends_on is None:
        return first
    ends_on, steps, added = first.ends_on, list(first.because["steps"]), 0
    for event in _in_order(case):
        if isinstance(event, Extension):
            ends_on, said = _extended(case, event, ends_on, added)
        elif event.until_on is None:
            return _suspended(case, event, steps)
        elif event.reason == Paused.BEFORE_COURT:
            ends_on, said = _determined(ends_on, event.until_on)
        else:
            days = _days_lost(case, event, event.until_on)
            added += days
            ends_on, said = _resumed(ends_on, days, event.until_on)
        steps.append(said)
    return _in_hospital(case, ends_on, steps)


def has_lapsed(ends_on: date | None, at: datetime) -> bool:
    """Say whether the period is over: from the first moment after its last day."""
    return ends_on is not None and at >= end_of(ends_on)


@lru_cache(maxsize=10_000)
def end_of(day: date) -> datetime:
    """Give the first moment after a legal day; the same days come again and again."""
    return end_of_london_day(day)


def section_of(case: Case, reason: Paused) -> str:
    """Give the section by which days don't count."""
    if reason == Paused.IN_HOSPITAL and case.kind == Kind.STREET:
        return "s.30B"
    return _SECTIONS[reason]


def _in_order(case: Case) -> Sequence[Extension | Suspension]:
    """Give what changes the period in the order of its effect; a suspension acts as it ends."""
    acts = [each for each in case.suspensions if each.reason != Paused.IN_HOSPITAL]
    keyed: list[tuple[date, int, Extension | Suspension]] = [
        (each.until_on or date.max, 0, each) for each in acts
    ]
    keyed += [(london_day(each.authorised_at), 1, each) for each in case.extensions]
    return [event for _, _, event in sorted(keyed, key=lambda entry: entry[:2])]


def _limit_of(starts_on: date, limit: Limit) -> date:
    if limit.unit == "days":
        return starts_on + timedelta(days=limit.figure - 1)
    return end_of_period_of_months(starts_on, limit.figure)


def _extended(
    case: Case, extension: Extension, ends_on: date, added: int
) -> tuple[date, dict[str, Any]]:
    step = _step_of(case, extension.section)
    months = step.longer if extension.longer and step.longer is not None else step.months
    if step.adds:
        ends_on = end_of_period_of_months(ends_on + ONE_DAY, months)
        name = f"Extended by {months} months from the end of the period"
    else:
        limit = end_of_period_of_months(case.starts_on, months) + timedelta(days=added)
        ends_on = max(ends_on, limit)
        name = f"Extended to {months} months beginning with the day after arrest"
    return ends_on, _said(_cited(step, longer=extension.longer), name, step.confidence, ends_on)


def _cited(step: Step, *, longer: bool) -> str:
    return step.section.replace("(4)", "(6)") if longer else step.section


def _days_lost(case: Case, pause: Suspension, until_on: date) -> int:
    return max(0, (until_on - max(pause.from_on, case.starts_on)).days)


def _resumed(ends_on: date, days: int, until_on: date) -> tuple[date, dict[str, Any]]:
    """Let the period run again; so many days of it are left at least."""
    least = until_on + timedelta(days=LEAST_DAYS_AFTER_REQUEST - 1)
    moved = ends_on + timedelta(days=days)
    name = f"Suspended for {days} days while with the prosecutor"
    if moved < least:
        name += f"; {LEAST_DAYS_AFTER_REQUEST} days from the request are left at least"
    moved = max(moved, least)
    return moved, _said("s.47ZL", name, "M", moved)


def _determined(ends_on: date, until_on: date) -> tuple[date, dict[str, Any]]:
    """Let the period last until the court has determined an application made in time."""
    moved = max(ends_on, until_on)
    name = "Treated as extended until the court determined the application"
    return moved, _said("s.47ZJ(3)", name, "H", moved)


def _suspended(case: Case, pause: Suspension, steps: list[dict[str, Any]]) -> Period:
    rule = f"{_PAUSED[pause.reason]} since {pause.from_on}."
    steps = [*steps, _said(section_of(case, pause.reason), rule, _confidence(pause), None)]
    return Period(None, _because(case.starts_on, steps, case.source), pause)


def _confidence(pause: Suspension) -> str:
    return "H" if pause.reason == Paused.BEFORE_COURT else "M"


def _in_hospital(case: Case, ends_on: date, steps: list[dict[str, Any]]) -> Period:
    """Take out every day as an in-patient, where the person is one on the day it would end."""
    stays = [each for each in case.suspensions if each.reason == Paused.IN_HOSPITAL]
    if not any(_lies_in(ends_on, [stay]) for stay in stays):
        return Period(ends_on, _because(case.starts_on, steps, case.source))
    lost = sum(_lies_in(day, stays) for day in _days(case.starts_on, ends_on))
    day, left = ends_on, lost
    while left:
        day += ONE_DAY
        if stay := _open_stay(day, stays):
            return _suspended(case, stay, steps)
        left -= not _lies_in(day, stays)
    rule = f"{lost} days in hospital don't count"
    steps = [*steps, _said(section_of(case, Paused.IN_HOSPITAL), rule, "M", day)]
    return Period(day, _because(case.starts_on, steps, case.source))


def _lies_in(day: date, stays: Iterable[Suspension]) -> bool:
    return any(each.from_on <= day <= (each.until_on or date.max) for each in stays)


def _open_stay(day: date, stays: Iterable[Suspension]) -> Suspension | None:
    return next((each for each in stays if each.until_on is None and each.from_on <= day), None)


def _days(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _step_of(case: Case, section: str) -> Step:
    return next(each for each in STEPS[case.regime, case.track] if each.section == section)


def _name(limit: Limit) -> str:
    return f"{limit.figure} {limit.unit} beginning with the day after arrest"


def _said(section: str, rule: str, confidence: str, ends_on: date | None) -> dict[str, Any]:
    return {
        "rule": rule,
        "section": f"PACE 1984 {section}",
        "confidence": confidence,
        "ends_on": ends_on.isoformat() if ends_on is not None else None,
    }


def _because(starts_on: date, steps: list[dict[str, Any]], source: str) -> dict[str, Any]:
    """Give the rule that fixed the date, its section, and every step on the way."""
    last = steps[-1]
    return {
        "rule": last["rule"],
        "section": last["section"],
        "confidence": last["confidence"],
        "regime": source,
        "counted_from": starts_on.isoformat(),
        "steps": steps,
    }
