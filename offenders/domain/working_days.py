"""Legal days in Europe/London, working days of England, and periods of months."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

LONDON: Final = ZoneInfo("Europe/London")
_ONE_DAY: Final = timedelta(days=1)


def london_day(moment: datetime) -> date:
    """Give the legal day on which a moment falls."""
    if moment.utcoffset() is None:
        message = "The moment has no zone. Give it with an offset, such as Z."
        raise ValueError(message)
    try:
        return moment.astimezone(LONDON).date()
    except OverflowError:
        message = "The moment is out of range. Give one between the years 1 and 9999."
        raise ValueError(message) from None


def start_of_london_day(day: date) -> datetime:
    """Give the first moment of a legal day, in UTC."""
    return datetime.combine(day, time.min, LONDON).astimezone(UTC)


def end_of_london_day(day: date) -> datetime:
    """Give the first moment after a legal day, in UTC."""
    if day == date.max:
        message = "The day is out of range. Give one before 9999-12-31."
        raise ValueError(message)
    return start_of_london_day(day + _ONE_DAY)


def day_bounds(from_on: date, to_on: date) -> tuple[datetime, datetime]:
    """Give the first moment of `from_on` and the first moment after `to_on`, in UTC."""
    if to_on < from_on:
        message = "The period ends before it begins. Give a last day not before the first."
        raise ValueError(message)
    return start_of_london_day(from_on), end_of_london_day(to_on)


def is_working_day(day: date) -> bool:
    """Say whether a day is neither at the weekend nor a bank holiday in England."""
    return day.weekday() < calendar.SATURDAY and day not in _bank_holidays(day.year)


def add_working_days(day: date, n: int) -> date:
    """Give the n-th working day after `day`; `day` itself never counts."""
    if n < 0:
        message = "Working days are counted forward. Give 0 or more."
        raise ValueError(message)
    for _ in range(n):
        day = _next_working_day(day)
    return day


def end_of_period_of_months(starts_on: date, months: int) -> date:
    """Give the last day of the period of so many months beginning with `starts_on`.

    The period ends the day before the corresponding day, and where that month has no
    corresponding day, on its last day. The month ends are general knowledge still to be
    confirmed, not read in a text.
    """
    if months < 1:
        message = "A period has at least one month. Give 1 or more."
        raise ValueError(message)
    years, month = divmod(starts_on.month - 1 + months, 12)
    year, month = starts_on.year + years, month + 1
    last = calendar.monthrange(year, month)[1]
    if starts_on.day > last:
        return date(year, month, last)
    return date(year, month, starts_on.day) - _ONE_DAY


def _next_working_day(day: date) -> date:
    day += _ONE_DAY
    while not is_working_day(day):
        day += _ONE_DAY
    return day


@cache
def _bank_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))
