"""What the report on outstanding suspects counts, and how: pure.

Every figure is one of a moment, the stock of the register as the service knew it then; crimes
are distinct crime references, wants rows, people distinct persons (national.md N003). Medians
and percentiles are PostgreSQL's percentile_cont: between two values it is in proportion.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal

from offenders.domain.working_days import london_day, start_of_london_day

DEFINITIONS: Final = 1  # counted up whenever a figure changes its meaning (national.md N005)
NO_DATA: Final = "no_data"

# Days since entry. 21 days is the one age that HMIC names (Core business, 2014, 4.165–4.167);
# the other edges are the product's own: a week, a quarter and a year.
AGE_EDGES: Final = (7, 21, 91, 365)

Interval = Literal["week", "month"]
PERIODS: Final = 12
PERIODS_LIMIT: Final = 60  # each is a bit of a bigint
PERIOD_DAYS: Final = 365  # of arrests, unless `from` says otherwise
OLDEST: Final = 10


def trend_moments(as_at: datetime, interval: Interval, periods: int) -> list[datetime]:
    """Give the ends of the last whole weeks or months by `as_at`, oldest first.

    A London week ends with Sunday; each moment is the first after its period.
    """
    day = london_day(as_at)
    begins = day - timedelta(days=day.weekday()) if interval == "week" else day.replace(day=1)
    days = [begins]
    while len(days) < periods:
        before = days[-1]
        step = before - timedelta(days=7) if interval == "week" else _month_before(before)
        days.append(step)
    return [start_of_london_day(each) for each in reversed(days[:periods])]


def _month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def age_bands(as_at: datetime) -> list[tuple[int, int | None, datetime | None, datetime | None]]:
    """Give (from day, to day, entered from, entered before) of each band, youngest first.

    A want of exactly so many days still belongs to the younger band.
    """
    edges = [as_at - timedelta(days=days) for days in AGE_EDGES]
    starts, ends = [0, *AGE_EDGES], [*AGE_EDGES, None]
    return list(zip(starts, ends, [*edges, None], [None, *edges], strict=True))


def per_1000(count: int, population: int) -> float:
    """Give the rate per 1,000 of the population (forces.md F010), to two decimals."""
    return _rounded(Decimal(count) * 1000 / population, "0.01")


def days_of(value: float | None) -> float | str:
    """Give days to one decimal; no value is no data, never 0."""
    return NO_DATA if value is None else _rounded(Decimal(value), "0.1")


def _rounded(value: Decimal, step: str) -> float:
    """Round half up, at output only (forces.md F168)."""
    return float(value.quantize(Decimal(step), ROUND_HALF_UP))
