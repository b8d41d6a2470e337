"""What the law allows of an order: when, where and for whom it is made, and how long it lasts."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.orders.cases import LIVE, MADE, RANKS, State, Unlawful
from offenders.domain.working_days import (
    LONDON,
    end_of_period_of_months,
    is_working_day,
    start_of_london_day,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from offenders.domain.orders.cases import Case, TypeRule

ONE_DAY: Final = timedelta(days=1)
ADULT: Final = 18
REVIEW_WINDOW: Final = timedelta(days=28)  # the last four weeks of the first year
CHRISTMAS: Final = (12, 25)
TRAVEL, MONITORING = "foreign_travel", "electronic_monitoring"


def age_on(born: date, day: date) -> int:
    """Give the age on a day; who was born on 29 February is a year older on 1 March."""
    had_birthday = (day.month, day.day) >= (born.month, born.day)
    return day.year - born.year - (not had_birthday)


def last_day(starts_on: date, length: int, unit: str) -> date:
    """Give the last day of a length that counts its first day."""
    if unit == "days":
        return starts_on + timedelta(days=length - 1)
    return end_of_period_of_months(starts_on, length)


def rule_for(rules: Iterable[TypeRule], case: Case) -> TypeRule:
    """Give the row of the law that holds for this order; raise Unlawful where none does."""
    variants = _variants(case)
    ours = [each for each in rules if each.code == case.type and each.variant in variants]
    if not ours:
        message = "There is no such order for this person. GET /v1/order-types lists them."
        raise Unlawful("type", message, "")
    dated = [
        each
        for each in ours
        if each.from_on <= case.day and (each.to_on is None or case.day <= each.to_on)
    ]
    field = "made_on" if case.is_made else "applied_on"
    if not dated:
        raise Unlawful(field, _undated(ours, case), _nearest(ours, case.day).area_citation)
    for each in dated:
        if _covers(each, case):
            return each
    sections = "; ".join(dict.fromkeys(each.area_citation for each in dated))
    where = ", ".join(sorted({area for each in dated for area in each.areas}))
    message = f"This order is made only in pilot areas ({where}), and this is none of them."
    raise Unlawful("type", message, sections)


def _variants(case: Case) -> set[str]:
    is_child = case.born is not None and age_on(case.born, case.day) < ADULT
    custody = "with_custody" if case.with_custody else "without_custody"
    return {"all", "under_18" if is_child else "adult", custody}


def _nearest(rules: Sequence[TypeRule], day: date) -> TypeRule:
    return max(rules, key=lambda each: (each.from_on <= day, each.from_on))


def _undated(rules: Sequence[TypeRule], case: Case) -> str:
    first = min(each.from_on for each in rules)
    if case.day < first:
        return f"No {case.type} could be made before {first}."
    last = max(each.to_on for each in rules if each.to_on is not None)
    return f"No {case.type} could be made after {last}."


def _covers(rule: TypeRule, case: Case) -> bool:
    if not rule.areas:
        return True
    for area in rule.areas:
        force, _, part = area.partition(":")
        if force == case.force and (not part or part.casefold() in _folded(case.areas)):
            return True
    return False


def _folded(names: Iterable[str]) -> set[str]:
    return {each.casefold() for each in names}


def check(rules: Iterable[TypeRule], case: Case) -> TypeRule:
    """Give the row of the law that holds; raise Unlawful where it doesn't allow this order."""
    rule = rule_for(rules, case)
    if rule.least_age is not None and case.born is not None:
        age = age_on(case.born, case.day)
        if age < rule.least_age:
            message = f"The person was {age} then: such an order needs an age of {rule.least_age}."
            raise Unlawful("person_id", message, rule.citation)
    _check_rank(rule, case)
    if case.is_interim and not rule.has_interim:
        raise Unlawful("interim", f"There is no interim {case.type}.", rule.citation)
    if case.is_made:
        _check_length(rule, case)
        for number, each in enumerate(case.conditions):
            _check_condition(rule, case, number, each)
    return rule


def _check_rank(rule: TypeRule, case: Case) -> None:
    if rule.least_rank is None or case.rank is None:
        return
    if RANKS.index(case.rank) < RANKS.index(rule.least_rank):
        message = f"Such a notice is given by a {rule.least_rank} or above."
        raise Unlawful("authorised_rank", message, rule.citation)


def _check_length(rule: TypeRule, case: Case) -> None:
    end = case.expires_on
    if end is None:
        if case.is_interim or not rule.open_ended:
            message = f"Send expires_on: this {case.type} is made for a fixed period."
            raise Unlawful("expires_on", message, rule.length_citation)
        return
    if end < case.day:
        raise Unlawful("expires_on", "The order ends before it is made.", rule.length_citation)
    if case.is_interim:
        return
    if rule.minimum is not None and end < (least := last_day(case.day, rule.minimum, rule.unit)):
        message = f"It lasts at least {_length(rule.minimum, rule.unit)}: until {least} or later."
        raise Unlawful("expires_on", message, rule.length_citation)
    if rule.maximum is not None and end > (most := last_day(case.day, rule.maximum, rule.unit)):
        message = f"It lasts at most {_length(rule.maximum, rule.unit)}: until {most}."
        raise Unlawful("expires_on", message, rule.length_citation)


def _length(figure: int, unit: str) -> str:
    if unit == "months" and figure % 12 == 0:
        figure, unit = figure // 12, "years"
    return f"{figure} {unit[:-1] if figure == 1 else unit}"


def _check_condition(rule: TypeRule, case: Case, number: int, condition: Any) -> None:
    end, category = condition.get("until"), condition.get("category")
    if end is None:
        end = case.expires_on
    limits = {TRAVEL: rule.travel_months, MONITORING: rule.monitoring_months}
    months = limits.get(category)
    field = f"conditions/{number}/until"
    if months is not None:
        most = end_of_period_of_months(condition.get("from") or case.day, months)
        if end is None or end > most:
            what = "A ban on foreign travel" if category == TRAVEL else "Electronic monitoring"
            message = f"{what} lasts at most {_length(months, 'months')}: until {most}."
            raise Unlawful(field, message, rule.length_citation)
    elif (
        condition.get("until") is not None and case.expires_on is not None and end > case.expires_on
    ):
        raise Unlawful(field, "No condition outlasts its order.", rule.length_citation)


def breach_is_in_life(
    day: date, begins_on: date, expires_on: date | None, ended_on: date | None
) -> bool:
    """Say whether an order bound on a day; its last day still counts."""
    ends = [each for each in (expires_on, ended_on) if each is not None]
    return begins_on <= day and (not ends or day <= min(ends))


def state_on(state: str, in_force_on: date | None, expires_on: date | None, today: date) -> State:
    """Give the state on a day, whatever job has run: what has lapsed has expired."""
    kept = State(state)
    if kept in MADE and expires_on is not None and expires_on < today:
        return State.EXPIRED
    if kept == State.GRANTED and in_force_on is not None and in_force_on <= today:
        return State.IN_FORCE
    return kept


def is_live(state: str) -> bool:
    """Say whether an order in this state binds."""
    return state in LIVE


def statutory_review(  # noqa: PLR0913 - the days that the law looks at
    rule: TypeRule,
    *,
    made_on: date,
    expires_on: date | None,
    reviewed_on: date | None,
    varied_on: date | None,
    born: date | None,
) -> date | None:
    """Give the last day for the next review that the law itself asks for; None where it asks none.

    `every`: within each period of months, which begins anew with a review or variation, while
    the person is under 18. `first_year`: within the last four weeks of the first year, of an
    order that lasts longer.
    """
    if rule.review is None or rule.review_months is None:
        return None
    if rule.review == "every":
        starts = [made_on]
        if reviewed_on is not None:
            starts.append(reviewed_on + ONE_DAY)
        if varied_on is not None:
            starts.append(varied_on)
        due = end_of_period_of_months(max(starts), rule.review_months)
        is_over = expires_on is not None and due >= expires_on
        is_grown = born is not None and age_on(born, due) >= ADULT
        return None if is_over or is_grown else due
    due = end_of_period_of_months(made_on, rule.review_months)
    is_longer = expires_on is None or expires_on > due
    was_held = reviewed_on is not None and reviewed_on > due - REVIEW_WINDOW
    return due if is_longer and not was_held else None


def hearing_due(given_at: datetime, hours: int) -> datetime:
    """Give the moment by which a court must hear of a notice given at `given_at`.

    Sundays, Christmas Day, Good Friday and bank holidays don't count.
    """
    moment, left = given_at.astimezone(LONDON), timedelta(hours=hours)
    while True:
        midnight = start_of_london_day(moment.date() + ONE_DAY)
        rest = midnight - moment
        if not _is_closed(moment.date()):
            if left <= rest:
                return (moment.astimezone(UTC) + left).astimezone(UTC)
            left -= rest
        moment = midnight.astimezone(LONDON)


def _is_closed(day: date) -> bool:
    is_weekday = day.weekday() < calendar.SATURDAY
    is_holiday = is_weekday and not is_working_day(day)
    return day.weekday() == calendar.SUNDAY or is_holiday or (day.month, day.day) == CHRISTMAS
