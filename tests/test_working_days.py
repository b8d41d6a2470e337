"""Legal days of Europe/London, working days of England, periods of months."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offenders.domain.working_days import (
    add_working_days,
    day_bounds,
    end_of_london_day,
    end_of_period_of_months,
    is_working_day,
    london_day,
    start_of_london_day,
)

days = st.dates(date(2000, 1, 1), date(2060, 12, 31))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc,arg-type]  # year, month, day at least


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (utc(2027, 1, 15, 23, 59, 59), date(2027, 1, 15)),
        (utc(2027, 1, 16), date(2027, 1, 16)),
        (utc(2027, 7, 15, 22, 59, 59), date(2027, 7, 15)),
        (utc(2027, 7, 15, 23), date(2027, 7, 16)),
        (utc(2027, 3, 27, 23, 59, 59), date(2027, 3, 27)),
        (utc(2027, 3, 28, 0, 59, 59), date(2027, 3, 28)),
        (utc(2027, 3, 28, 1), date(2027, 3, 28)),
        (utc(2027, 3, 28, 22, 59, 59), date(2027, 3, 28)),
        (utc(2027, 3, 28, 23), date(2027, 3, 29)),
        (utc(2027, 10, 30, 22, 59, 59), date(2027, 10, 30)),
        (utc(2027, 10, 30, 23), date(2027, 10, 31)),
        (utc(2027, 10, 31, 23, 59, 59), date(2027, 10, 31)),
        (utc(2027, 11, 1), date(2027, 11, 1)),
        (datetime(2027, 7, 15, 20, tzinfo=timezone(timedelta(hours=-5))), date(2027, 7, 16)),
    ],
)
def test_the_legal_day_is_that_of_london(moment: datetime, day: date) -> None:
    assert london_day(moment) == day


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        london_day(datetime(2027, 1, 1))  # noqa: DTZ001 - what the test is about


@pytest.mark.parametrize(
    "moment",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
    ],
)
def test_a_moment_at_the_edge_of_the_calendar_is_refused_in_words(moment: datetime) -> None:
    with pytest.raises(ValueError, match="out of range"):
        london_day(moment)


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        (date(2027, 1, 15), utc(2027, 1, 15), utc(2027, 1, 16)),
        (date(2027, 7, 15), utc(2027, 7, 14, 23), utc(2027, 7, 15, 23)),
        (date(2027, 3, 28), utc(2027, 3, 28), utc(2027, 3, 28, 23)),
        (date(2027, 10, 31), utc(2027, 10, 30, 23), utc(2027, 11, 1)),
    ],
)
def test_a_legal_day_has_its_bounds_in_utc(day: date, start: datetime, end: datetime) -> None:
    assert start_of_london_day(day) == start
    assert end_of_london_day(day) == end
    assert day_bounds(day, day) == (start, end)
    assert start_of_london_day(day).tzinfo is UTC


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2027, 3, 27), 24), (date(2027, 3, 28), 23), (date(2027, 10, 31), 25)],
)
def test_the_clocks_change_the_length_of_a_day(day: date, hours: int) -> None:
    start, end = day_bounds(day, day)
    assert end - start == timedelta(hours=hours)


def test_both_days_of_a_period_are_included() -> None:
    assert day_bounds(date(2027, 3, 1), date(2027, 3, 31)) == (
        utc(2027, 3, 1),
        utc(2027, 3, 31, 23),
    )


def test_a_period_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(ValueError, match="ends before it begins"):
        day_bounds(date(2027, 3, 2), date(2027, 3, 1))


def test_the_last_day_of_the_calendar_has_no_end() -> None:
    with pytest.raises(ValueError, match="out of range"):
        end_of_london_day(date.max)


@given(days)
def test_a_day_holds_its_first_moment_and_not_its_end(day: date) -> None:
    start, end = day_bounds(day, day)
    assert london_day(start) == day
    assert london_day(start - timedelta(microseconds=1)) == day - timedelta(days=1)
    assert london_day(end - timedelta(microseconds=1)) == day
    assert london_day(end) == day + timedelta(days=1)


@given(st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)), st.timedeltas(timedelta(0)))  # noqa: DTZ001 - UTC follows
def test_a_later_moment_never_has_an_earlier_day(first: datetime, gap: timedelta) -> None:
    moment = first.replace(tzinfo=UTC)
    later = moment + gap % timedelta(days=400)
    assert london_day(moment) <= london_day(later)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2027, 3, 25), True),
        (date(2027, 3, 26), False),  # Good Friday
        (date(2027, 3, 27), False),  # Saturday
        (date(2027, 3, 29), False),  # Easter Monday
        (date(2027, 3, 30), True),
        (date(2027, 12, 24), True),
        (date(2027, 12, 27), False),  # for Christmas Day, a Saturday
        (date(2027, 12, 28), False),  # for Boxing Day, a Sunday
        (date(2027, 12, 29), True),
        (date(2022, 6, 3), False),  # Platinum Jubilee
        (date(2022, 9, 19), False),  # State Funeral
        (date(2023, 5, 8), False),  # Coronation
        (date(2020, 5, 4), True),  # May Day moved to 8 May
        (date(2020, 5, 8), False),
        (date(2027, 1, 4), True),
        (date(2028, 1, 3), False),  # for New Year's Day, a Saturday
        (date(2027, 3, 17), True),  # St Patrick's Day is not kept in England
        (date(2026, 8, 3), True),  # a bank holiday in Scotland only
        (date(2026, 8, 31), False),
    ],
)
def test_a_working_day_is_neither_weekend_nor_english_bank_holiday(
    day: date, *, works: bool
) -> None:
    assert is_working_day(day) is works


@pytest.mark.parametrize(
    ("day", "n", "result"),
    [
        (date(2027, 3, 25), 0, date(2027, 3, 25)),
        (date(2027, 3, 25), 1, date(2027, 3, 30)),
        (date(2027, 3, 26), 1, date(2027, 3, 30)),
        (date(2027, 3, 27), 0, date(2027, 3, 27)),
        (date(2027, 12, 24), 3, date(2027, 12, 31)),
        (date(2027, 12, 31), 1, date(2028, 1, 4)),
        (date(2026, 11, 2), 20, date(2026, 11, 30)),
    ],
)
def test_working_days_are_counted_from_the_day_after(day: date, n: int, result: date) -> None:
    assert add_working_days(day, n) == result


def test_working_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError, match="forward"):
        add_working_days(date(2027, 3, 25), -1)


@given(days, st.integers(1, 60))
def test_working_days_end_on_one_and_count_exactly(day: date, n: int) -> None:
    end = add_working_days(day, n)
    between = [day + timedelta(days=gap) for gap in range(1, (end - day).days + 1)]
    assert is_working_day(end)
    assert sum(map(is_working_day, between)) == n


@given(days, st.integers(0, 90), st.integers(0, 30))
def test_a_later_start_never_ends_earlier_in_working_days(day: date, gap: int, n: int) -> None:
    later = day + timedelta(days=gap)
    assert add_working_days(day, n) <= add_working_days(later, n)
    assert add_working_days(day, n) < add_working_days(day, n + 1)


# Bail starts the day after arrest and ends with the day before the corresponding day:
# PACE 1984 s.47ZB(4)(a). Month ends are still to be confirmed.
@pytest.mark.parametrize(
    ("starts_on", "months", "ends_on"),
    [
        (date(2023, 3, 1), 3, date(2023, 5, 31)),  # arrest 28 February 2023
        (date(2024, 1, 11), 3, date(2024, 4, 10)),  # arrest 10 January 2024
        (date(2022, 11, 30), 3, date(2023, 2, 28)),
        (date(2022, 11, 29), 3, date(2023, 2, 28)),
        (date(2022, 11, 28), 3, date(2023, 2, 27)),
        (date(2022, 12, 1), 3, date(2023, 2, 28)),
        (date(2023, 11, 28), 3, date(2024, 2, 27)),
        (date(2023, 11, 29), 3, date(2024, 2, 28)),
        (date(2023, 11, 30), 3, date(2024, 2, 29)),
        (date(2023, 12, 1), 3, date(2024, 2, 29)),
        (date(2027, 3, 31), 3, date(2027, 6, 30)),
        (date(2027, 5, 31), 3, date(2027, 8, 30)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2024, 2, 29), 12, date(2025, 2, 28)),
        (date(2024, 2, 29), 48, date(2028, 2, 28)),
        (date(2027, 1, 1), 12, date(2027, 12, 31)),
        (date(2027, 12, 15), 1, date(2028, 1, 14)),
        (date(2027, 4, 1), 9, date(2027, 12, 31)),
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
    ],
)
def test_a_period_of_months_ends_the_day_before_the_corresponding_day(
    starts_on: date, months: int, ends_on: date
) -> None:
    assert end_of_period_of_months(starts_on, months) == ends_on


def test_a_period_of_no_months_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one month"):
        end_of_period_of_months(date(2027, 1, 1), 0)


@given(days, st.integers(0, 60), st.integers(1, 60))
def test_a_later_start_or_a_longer_period_never_ends_earlier(
    starts_on: date, gap: int, months: int
) -> None:
    end = end_of_period_of_months(starts_on, months)
    assert end <= end_of_period_of_months(starts_on + timedelta(days=gap), months)
    assert end < end_of_period_of_months(starts_on, months + 1)
    assert months * 28 <= (end - starts_on).days + 1 <= months * 31
