"""The statistics of evaluation: rates with their intervals, and whether numbers suffice; pure.

A share has Wilson's interval (Wilson 1927). A rate per day at liberty is a ratio of two sums over
people, whose variance is linearised person by person (Cochran, Sampling Techniques, 1977, 6.4), so
that a few people with many offences widen it as they must; its interval is taken on the log scale.
The quantile of the normal distribution is that of the standard library.
"""

from __future__ import annotations

from math import exp, log, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

CONFIDENCE: Final = 0.95
PER_DAYS: Final = 1000
_Z: Final = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)


class Limits(NamedTuple):
    """The least numbers from which a figure is given."""

    people: int
    offences: int


class Count(NamedTuple):
    """Of one person in one window: days at liberty, offences, days of harm."""

    days: float
    offences: int
    harm: float


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """Give Wilson's interval of a share of trials."""
    share, square = successes / trials, _Z * _Z
    middle = share + square / (2 * trials)
    spread = _Z * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    whole = 1 + square / trials
    return max((middle - spread) / whole, 0.0), min((middle + spread) / whole, 1.0)


def influences(values: Sequence[float], days: Sequence[float]) -> tuple[float, list[float]]:
    """Give the log of the rate, and how far each person moves it."""
    total, time = sum(values), sum(days)
    rate = total / time
    return log(rate), [
        (value - rate * day) / total for value, day in zip(values, days, strict=True)
    ]


def spread_of(moves: Sequence[float]) -> float:
    """Give the standard error of a sum over independent people."""
    people = len(moves)
    return sqrt(people / max(people - 1, 1) * sum(each * each for each in moves))


def around(middle: float, error: float) -> dict[str, float]:
    """Give a figure estimated on the log scale with its interval."""
    return {
        "estimate": _rounded(exp(middle)),
        "low": _rounded(exp(middle - _Z * error)),
        "high": _rounded(exp(middle + _Z * error)),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def too_few(counts: Sequence[Count], limits: Limits) -> str | None:
    """Say why no rate is given, if none is: too few people or too few offences."""
    if len(counts) < limits.people:
        return (
            f"{len(counts)} people have the whole window; at least {limits.people} are needed"
            " (policy iom-evaluation, least_people)."
        )
    offences = sum(each.offences for each in counts)
    if offences < limits.offences:
        return (
            f"Fewer offences are on record in the window than the {limits.offences} that are"
            " needed (policy iom-evaluation, least_offences)."
        )
    if sum(each.days for each in counts) <= 0:
        return "Nobody was at liberty in the window."
    return None


def rates(counts: Sequence[Count], limits: Limits) -> dict[str, Any]:
    """Give the binary and frequency rates of people in a window; or why none is given.

    Where none is, neither are the counts behind them: so few may be known by name.
    """
    people, offences = len(counts), sum(each.offences for each in counts)
    offenders = sum(each.offences > 0 for each in counts)
    refused = too_few(counts, limits)
    found: dict[str, Any] = {
        "people": people,
        "offences": None if refused else offences,
        "offenders": None if refused else offenders,
        "free_days": None if refused else round(sum(each.days for each in counts)),
        "harm_days": None if refused else round(sum(each.harm for each in counts), 2),
        "binary": None,
        "offences_per_offender": None,
        "offences_per_1000_free_days": None,
        "harm_per_1000_free_days": None,
        "refused": refused,
    }
    if refused is None:
        low, high = wilson(offenders, people)
        found["binary"] = {
            "estimate": _rounded(offenders / people),
            "low": _rounded(low),
            "high": _rounded(high),
        }
        found["offences_per_offender"] = _rounded(offences / offenders)
        days = [each.days for each in counts]
        for name, values in (
            ("offences_per_1000_free_days", [float(each.offences) for each in counts]),
            ("harm_per_1000_free_days", [each.harm for each in counts]),
        ):
            if sum(values) > 0:
                middle, moves = influences(values, days)
                found[name] = around(middle + log(PER_DAYS), spread_of(moves))
    return found


def change(before: Sequence[Count], later: Sequence[Count], limits: Limits) -> dict[str, Any]:
    """Give later rate over earlier rate of the same people; below 1 they offend less."""
    return _compare([(1, later), (-1, before)], limits)


def difference(
    members: tuple[Sequence[Count], Sequence[Count]],
    others: tuple[Sequence[Count], Sequence[Count]],
    limits: Limits,
) -> dict[str, Any]:
    """Give the members' change over that of their matches; each pair counts as one."""
    return _compare([(1, members[1]), (-1, members[0]), (-1, others[1]), (1, others[0])], limits)


def _compare(parts: Sequence[tuple[int, Sequence[Count]]], limits: Limits) -> dict[str, Any]:
    refused = next((why for _, part in parts if (why := too_few(part, limits))), None)
    if refused is not None:
        return {"ratio": None, "refused": refused}
    middle, moves = 0.0, [0.0] * len(parts[0][1])
    for sign, part in parts:
        rate, each = influences(
            [float(count.offences) for count in part], [count.days for count in part]
        )
        middle += sign * rate
        moves = [move + sign * more for move, more in zip(moves, each, strict=True)]
    return {"ratio": around(middle, spread_of(moves)), "refused": None}
