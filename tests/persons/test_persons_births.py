"""Dates of birth that speak for another one, with their boundary days."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offenders.domain.persons.births import evidence_of, near_dates


@pytest.mark.parametrize(
    ("asked", "recorded", "how"),
    [
        ("1990-03-04", "1990-03-04", "exact"),
        ("1990-03-04", "1990-04-03", "day_and_month_swapped"),
        ("1990-03-13", "1990-03-31", "digits_swapped"),
        ("1990-12-04", "1990-03-04", None),
        ("1990-12-04", "1990-11-04", "digit_wrong"),
        ("1980-03-04", "1990-03-04", "digit_wrong"),
        ("1990-03-12", "1990-03-13", "digit_wrong"),
        ("1990-03-09", "1990-03-10", None),
        ("1990-03-04", "1890-03-04", "digit_wrong"),
        ("1985-06-07", "1958-06-07", "digits_swapped"),
        ("1990-03-12", "1990-03-21", "digits_swapped"),
        ("1990-01-04", "1990-10-04", "digits_swapped"),
        ("1990-03-04", "1989-03-04", "year_off_by_one"),
        ("1990-03-04", "1991-03-04", "year_off_by_one"),
        ("1990-03-04", "1992-03-04", "digit_wrong"),
        ("1990-03-04", "1988-03-04", None),
        ("1990-03-04", "1990-03-05", "digit_wrong"),
        ("1990-03-04", "1991-04-03", None),
        ("2000-02-29", "2001-02-28", None),
        ("1990-01-01", "1991-01-01", "year_off_by_one"),
    ],
)
def test_a_usual_slip_speaks_for_a_date(asked, recorded, how):
    days = date.fromisoformat(asked), date.fromisoformat(recorded)
    found = evidence_of(*days, "exact")
    assert (found.how if found else None) == how
    assert (days[1] in near_dates(days[0])) or how is None


@pytest.mark.parametrize(
    ("recorded", "how"),
    [
        ("1990-01-01", "approximate"),
        ("1990-07-01", "approximate"),
        ("1990-03-04", "approximate"),
        ("1989-01-01", None),
        ("1991-03-04", "year_off_by_one"),
    ],
)
def test_an_approximate_date_speaks_for_its_year(recorded, how):
    found = evidence_of(date(1990, 3, 4), date.fromisoformat(recorded), "approximate")
    assert (found.how if found else None) == how


@given(st.dates(date(1900, 1, 1), date(2030, 12, 31)))
def test_a_slip_is_found_from_both_sides_and_costs_more_than_the_date_itself(day):
    assert near_dates(day)[0] == day
    assert len(near_dates(day)) == len(set(near_dates(day))) <= 64
    for near in near_dates(day):
        found = evidence_of(day, near, "exact")
        if found is not None and near != day:
            assert found.cost > 0
            assert evidence_of(near, day, "exact") is not None
