"""How a recorded date of birth speaks for the asked one: the same, or a usual slip of it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

How = Literal[
    "exact",
    "approximate",
    "day_and_month_swapped",
    "digits_swapped",
    "year_off_by_one",
    "digit_wrong",
]


class BirthEvidence(NamedTuple):
    """How a date of birth meets the asked one, and its cost in rank: 0 is the same date."""

    how: How
    cost: int


EXACT: Final = BirthEvidence("exact", 0)
APPROXIMATE: Final = BirthEvidence("approximate", 10)
_SLIPS: Final = (
    BirthEvidence("day_and_month_swapped", 15),
    BirthEvidence("digits_swapped", 16),
    BirthEvidence("year_off_by_one", 18),
    BirthEvidence("digit_wrong", 20),
)
_FIRST_YEAR: Final = 1890  # nobody born before can be sought
_LAST_YEAR: Final = 2099
_MONTHS_OF_APPROXIMATE: Final = (1, 7)  # 1 January and 1 July stand for a year known alone


def near_dates(asked: date) -> list[date]:
    """Give every date that can speak for the asked one, each once."""
    return list(dict.fromkeys([asked, *_slips(asked), *_of_the_year(asked)]))


def evidence_of(asked: date, recorded: date, precision: str) -> BirthEvidence | None:
    """Tell how a recorded date, `exact` or `approximate`, meets the asked one, if it does."""
    if recorded == asked:
        return EXACT if precision == "exact" else APPROXIMATE
    if precision == "approximate" and recorded.year == asked.year:
        return APPROXIMATE
    return _slips(asked).get(recorded)


def _of_the_year(asked: date) -> list[date]:
    months = (*_MONTHS_OF_APPROXIMATE, asked.month)
    return [date(asked.year, month, 1) for month in months]


@lru_cache(maxsize=64)
def _slips(asked: date) -> Mapping[date, BirthEvidence]:
    """Give the dates that are a usual slip of the asked one, with the likeliest slip of each."""
    swapped = [_date(asked.year, asked.day, asked.month)]
    written = f"{asked:%d%m%Y}"
    digits = [
        _read(written[:at] + written[at + 1] + written[at] + written[at + 2 :])
        for at in range(len(written) - 1)
    ]
    years = [_date(asked.year + off, asked.month, asked.day) for off in (-1, 1)]
    wrong = [
        _read(written[:at] + digit + written[at + 1 :])
        for at in range(len(written))
        for digit in "0123456789"
    ]
    found: dict[date, BirthEvidence] = {}
    for slip, days in zip(_SLIPS, (swapped, digits, years, wrong), strict=True):
        for day in days:
            if day and day != asked:
                found.setdefault(day, slip)
    return found


def _read(written: str) -> date | None:
    return _date(int(written[4:]), int(written[2:4]), int(written[:2]))


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if _FIRST_YEAR <= year <= _LAST_YEAR else None
    except ValueError:
        return None
