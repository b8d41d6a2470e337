"""When notifications, visits and assessments are due: Sexual Offences Act 2003, ss.83-86, 91A-F.

Pure. A period "beginning with" a day counts that day; one "after" an event ends on the
corresponding day. Time in custody, hospital or abroad is disregarded as ss.83(6) and 85(3)-(4) say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from offenders.domain.registrations.law import ACT, COMMENCED, Unlawful, add_months
from offenders.domain.working_days import end_of_period_of_months, london_day

if TYPE_CHECKING:
    from collections.abc import Sequence

INITIAL_DAYS: Final = 3  # s.83(1), beginning with the relevant date
CHANGE_DAYS: Final = 3  # s.84(1), beginning with the event
AFTER_ABSENCE_DAYS: Final = 3  # s.85(3), beginning with the day on which it stops
WEEK: Final = timedelta(days=7)  # s.85(5)(a)
WEEKLY_FROM: Final = date(2012, 8, 13)  # S.I. 2012/1876, as of which also all travel is notified
TRAVEL_NOTICE: Final = timedelta(days=7)
LATE_NOTICE: Final = timedelta(hours=12)  # S.I. 2012/1876; 24 hours before it
LATE_NOTICE_BEFORE: Final = timedelta(hours=24)
TRAVEL_DAYS_BEFORE: Final = 3  # shorter travel needed no notice before 13 August 2012
REVIEW_FROM: Final = date(2012, 7, 30)  # S.I. 2012/1883
REVIEW_YEARS, YOUNG_REVIEW_YEARS = 15, 8  # s.91B(2)
REACTIVE_YEARS: Final = 3  # of low risk, before an offender manager may stop visiting
_DAY: Final = timedelta(days=1)


class Kind(StrEnum):
    """What is notified. Only the first three begin the next year or week (s.85(2))."""

    INITIAL = "initial"
    CHANGE = "change"
    PERIODIC = "periodic"
    OTHER_DETAILS = "other_details"  # S.I. 2012/1876: bank, passport, household with a child
    RETURN_FROM_ABROAD = "return_from_abroad"


ROLLING: Final = frozenset({Kind.INITIAL, Kind.CHANGE, Kind.PERIODIC})


class Why(StrEnum):
    """Why the time of somebody away doesn't count."""

    CUSTODY = "custody"
    HOSPITAL = "hospital"
    ABROAD = "abroad"


INSIDE: Final = frozenset({Why.CUSTODY, Why.HOSPITAL})


class Absence(NamedTuple):
    """Days away; `until` is the day of release or return, None while it lasts."""

    why: Why
    from_on: date
    until: date | None

    def covers(self, day: date) -> bool:
        """Say whether a day is one of them; that of the return is none."""
        return self.from_on <= day and (self.until is None or day < self.until)


@dataclass(frozen=True)
class Notifying:
    """What decides the next notification: `last_on` is the last that began a new period."""

    relevant_date: date
    last_on: date | None
    has_no_fixed_abode: bool = False
    absences: tuple[Absence, ...] = ()


class Due(NamedTuple):
    """What is due by the end of which day; None while the person is away without an end."""

    stage: str  # initial, annual or weekly
    due_on: date | None
    section: str


def notification_due(told: Notifying) -> Due:
    """Give the next notification that the law asks for."""
    if told.last_on is None:
        return _initial(told)
    is_weekly = told.has_no_fixed_abode and told.last_on >= WEEKLY_FROM
    stage, section = ("weekly", "s.85(5)(a)") if is_weekly else ("annual", "s.85(1)")
    nominal = told.last_on + WEEK if is_weekly else add_months(told.last_on, 12)
    due_on = _after_absence(nominal, told.absences)
    if due_on != nominal:
        section += ", s.85(3)"
    return Due(stage, due_on, f"{ACT} {section}")


def _initial(told: Notifying) -> Due:
    """Count three days at liberty, the relevant date among them."""
    day, left = max(told.relevant_date, COMMENCED), INITIAL_DAYS
    is_extended = False
    while True:
        away = next((each for each in told.absences if each.covers(day)), None)
        if away is None:
            left -= 1
            if not left:
                section = "s.83(1), s.83(6)" if is_extended else "s.83(1)"
                return Due("initial", day, f"{ACT} {section}")
            day += _DAY
            continue
        is_extended = True
        if away.until is None:
            return Due("initial", None, f"{ACT} s.83(1), s.83(6)")
        day = away.until


def _after_absence(due_on: date, absences: Sequence[Absence]) -> date | None:
    """Put off what ends while away to the third day after, beginning with that of the return."""
    for each in sorted(absences, key=lambda one: one.from_on):
        if each.covers(due_on):
            if each.until is None:
                return None
            due_on = each.until + timedelta(days=AFTER_ABSENCE_DAYS - 1)
    return due_on


def change_due(event_on: date) -> date:
    """Give the last day on which a change may be notified (s.84(1))."""
    return event_on + timedelta(days=CHANGE_DAYS - 1)


def is_in_time(notified_on: date, due_on: date | None) -> bool:
    """Say whether a notification came by its day."""
    return due_on is None or notified_on <= due_on


def check_notification(notified_on: date, relevant_date: date) -> None:
    """Raise Unlawful for a notification dated before the conviction, finding or caution."""
    if notified_on < relevant_date:
        message = f"Nobody notifies before the conviction: send {relevant_date} or later."
        raise Unlawful("occurred_at", message, f"{ACT} s.83(1)")


def travel_notice(
    notified_at: datetime, departs_at: datetime, returns_on: date | None, *, is_excused: bool
) -> dict[str, Any]:
    """Say whether notice of travel was in time (s.86), by what was in force at the departure.

    Gives was_needed, is_in_time, latest (the last day of a notice of seven days, the last moment
    of one that is excused) and section.
    """
    departs_on = london_day(departs_at)
    is_all = departs_on >= WEEKLY_FROM
    section = f"{ACT} s.86, S.I. 2004/1220" + (", S.I. 2012/1876" if is_all else "")
    is_short = returns_on is not None and (returns_on - departs_on).days < TRAVEL_DAYS_BEFORE
    was_needed = is_all or not is_short
    if is_excused:
        latest_at = departs_at - (LATE_NOTICE if is_all else LATE_NOTICE_BEFORE)
        latest, is_met = latest_at.isoformat(), notified_at <= latest_at
    else:
        latest_on = departs_on - TRAVEL_NOTICE
        latest, is_met = latest_on.isoformat(), london_day(notified_at) <= latest_on
    return {
        "was_needed": was_needed,
        "is_in_time": is_met or not was_needed,
        "latest": latest,
        "section": section,
        "confidence": "M",
    }


def return_due(returned_on: date) -> date:
    """Give the last day on which a return to the United Kingdom may be notified (s.86)."""
    return returned_on + timedelta(days=CHANGE_DAYS - 1)


def visit_from(starts_on: date, seen_on: date | None, absences: Sequence[Absence]) -> date | None:
    """Give the day from which the next visit is counted; None for somebody who is inside.

    That of the last visit at which the person was seen, of the registration or of the release.
    """
    inside = [each for each in absences if each.why in INSIDE]
    if any(each.until is None for each in inside):
        return None
    return max([starts_on, seen_on or starts_on, *(each.until for each in inside if each.until)])


def arms_from(
    starts_on: date,
    notified_on: date | None,
    assessed_on: date | None,
    absences: Sequence[Absence],
) -> tuple[str, date | None]:
    """Give which ARMS assessment is next, first or later, and the day from which it is counted."""
    inside = [each for each in absences if each.why in INSIDE]
    if any(each.until is None for each in inside):
        return ("first" if assessed_on is None else "later"), None
    if assessed_on is not None:
        return "later", assessed_on
    released = [each.until for each in inside if each.until]
    return "first", max([starts_on, notified_on or starts_on, *released])


def review_from(first_notified_on: date | None, *, was_under_18: bool) -> date | None:
    """Give the day on which a review of indefinite notification may first be asked (s.91B(2))."""
    if first_notified_on is None:
        return None
    years = YOUNG_REVIEW_YEARS if was_under_18 else REVIEW_YEARS
    return max(end_of_period_of_months(first_notified_on, 12 * years) + _DAY, REVIEW_FROM)


def next_review_from(determined_on: date, years: int = YOUNG_REVIEW_YEARS) -> date:
    """Give the day of the next review after one that kept notification up (s.91B(3))."""
    return end_of_period_of_months(determined_on, 12 * years) + _DAY


def may_be_reactive(risk: str | None, low_since: date | None, on: date) -> bool:
    """Say whether a person may be managed reactively: low risk for three years."""
    return (
        risk == "low" and low_since is not None and add_months(low_since, 12 * REACTIVE_YEARS) <= on
    )
