"""Moments of the trend, bands of age and rounding, at their boundaries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from offenders.domain.reports.rules import age_bands, days_of, per_1000, trend_moments


def moment(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("as_at", "interval", "expected"),
    [
        ("2026-02-10T12:00", "month", ["2025-12-01T00:00", "2026-01-01T00:00", "2026-02-01T00:00"]),
        ("2026-02-01T00:00", "month", ["2025-12-01T00:00", "2026-01-01T00:00", "2026-02-01T00:00"]),
        ("2026-01-31T23:59", "month", ["2025-11-01T00:00", "2025-12-01T00:00", "2026-01-01T00:00"]),
        # From April to October a London day begins an hour before that of UTC.
        ("2026-04-30T23:00", "month", ["2026-03-01T00:00", "2026-03-31T23:00", "2026-04-30T23:00"]),
        ("2026-04-30T22:59", "month", ["2026-02-01T00:00", "2026-03-01T00:00", "2026-03-31T23:00"]),
        # 29 March 2026 is the Sunday on which the clocks go forward.
        ("2026-03-30T12:00", "week", ["2026-03-16T00:00", "2026-03-23T00:00", "2026-03-29T23:00"]),
        ("2026-03-29T22:59", "week", ["2026-03-09T00:00", "2026-03-16T00:00", "2026-03-23T00:00"]),
    ],
)
def test_a_trend_goes_by_whole_london_weeks_and_months(as_at, interval, expected):
    assert trend_moments(moment(as_at), interval, 3) == [moment(each) for each in expected]


def test_no_periods_are_no_moments():
    assert trend_moments(moment("2026-02-10T12:00"), "week", 0) == []
    assert len(trend_moments(moment("2026-02-10T12:00"), "month", 60)) == 60


def test_bands_of_age_meet_without_gap_or_overlap():
    as_at = moment("2026-02-10T12:00")
    bands = age_bands(as_at)
    assert [(first, last) for first, last, _, _ in bands] == [
        (0, 7),
        (7, 21),
        (21, 91),
        (91, 365),
        (365, None),
    ]
    assert bands[0][2:] == (as_at - timedelta(days=7), None)
    assert [each[3] for each in bands[1:]] == [each[2] for each in bands[:-1]]


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "no_data"), (0.0, 0.0), (0.25, 0.3), (2.25, 2.3), (1.24, 1.2)]
)
def test_days_are_rounded_half_up_and_none_is_no_data(value, shown):
    assert days_of(value) == shown


@pytest.mark.parametrize(
    ("count", "population", "rate"), [(0, 1000, 0.0), (1, 8000, 0.13), (1, 3, 333.33)]
)
def test_a_rate_is_per_1000_to_two_decimals(count, population, rate):
    assert per_1000(count, population) == rate
