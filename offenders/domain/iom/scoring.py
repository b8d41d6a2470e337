"""The score: four factors, each with its value, its weight and how its points follow; pure.

Harm is the sum of the Crime Harm Index days of each offence's group (rules catalogue, section
13), frequency counts offences, recency looks at the last one, risk at the assessed level. Points
are `weight × min(value ÷ full_at, 1)`; weights and full values are dated policy figures.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from offenders.domain.reference.codes import read_csv

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CODE = re.compile(r"([A-Z0-9]{4}[0-9]{3})[A-Z]?")
_CENT: Final = Decimal("0.01")
_HUNDRED: Final = Decimal(100)
SOURCES: Final = {
    "detention": "Each offence named by each detention recorded here, on the day of arrest.",
    "want": "The offence of each want recorded here, on the day it was entered, unless it was"
    " withdrawn, entered in error or closed by a detention that is counted.",
    "forensic_hit": "The offence of each forensic hit that names the person and is of another"
    " crime than its want, on the day it was received, unless it was eliminated.",
    "conviction": "Convictions are not recorded by this service: none is counted.",
}
_FACTORS: Final = ("harm", "frequency", "recency", "risk")


class Offence(NamedTuple):
    """An offence of somebody as this service knows it, and the record that says so."""

    source: str
    record_id: str
    reference: str
    offence_code: str | None
    on: date


@cache
def _groups() -> dict[str, str]:
    return {row["stem"]: row["group"] for row in read_csv("harm_groups.csv")}


def group_of(offence_code: str | None) -> str | None:
    """Give the group of the Crime Harm Index; None for a code that has none."""
    found = _CODE.fullmatch(offence_code or "")
    return _groups().get(found[1]) if found else None


def harm_of(offence_code: str | None, harm: Mapping[str, Decimal]) -> Decimal:
    """Give the days of harm of an offence; 0 where it has no group."""
    return harm.get(group_of(offence_code) or "", Decimal(0))


def score(
    offences: Sequence[Offence],
    risk: str | None,
    figures: Mapping[str, Decimal],
    harm: Mapping[str, Decimal],
    on: date,
) -> dict[str, Any]:
    """Give the score on a day with all from which it can be worked out again by hand."""
    begins = on - timedelta(days=int(figures["window_days"]))
    counted = [each for each in offences if begins < each.on <= on]
    shown = [
        {
            "source": each.source,
            "record_id": each.record_id,
            "reference": each.reference,
            "offence_code": each.offence_code,
            "on": each.on,
            "group": group_of(each.offence_code),
            "harm_days": float(harm_of(each.offence_code, harm)),
        }
        for each in counted
    ]
    factors = [
        _factor(
            "harm",
            sum((harm_of(each.offence_code, harm) for each in counted), Decimal(0)),
            figures["harm_full"],
            figures["harm_weight"],
            "days of the Crime Harm Index",
        ),
        _factor(
            "frequency",
            Decimal(len(counted)),
            figures["frequency_full"],
            figures["frequency_weight"],
            "offences",
        ),
        _factor(
            "recency",
            _recency(counted, figures["recency_days"], on),
            figures["recency_days"],
            figures["recency_weight"],
            "days left until the last offence no longer counts",
        ),
        _factor(
            "risk",
            figures.get(f"risk_{risk}", Decimal(0)),
            _HUNDRED,
            figures["risk_weight"],
            f"percent for risk {risk}" if risk else "percent; no risk is recorded",
        ),
    ]
    total = sum((Decimal(str(each["points"])) for each in factors), Decimal(0))
    return {
        "score": float(total),
        "out_of": float(sum((figures[f"{name}_weight"] for name in _FACTORS), Decimal(0))),
        "scored_on": on,
        "counted_from": begins + timedelta(days=1),
        "formula": "The score is the sum of the points; points are weight × min(value ÷ full_at,"
        " 1), rounded to two places.",
        "factors": factors,
        "offences": shown,
    }


def _recency(counted: Sequence[Offence], days: Decimal, on: date) -> Decimal:
    """Give how many days are left of those in which the last offence counts."""
    last = max((each.on for each in counted), default=None)
    return max(days - (on - last).days, Decimal(0)) if last is not None else Decimal(0)


def _factor(
    name: str, value: Decimal, full_at: Decimal, weight: Decimal, unit: str
) -> dict[str, Any]:
    share = min(value / full_at, Decimal(1)) if full_at else Decimal(0)
    return {
        "factor": name,
        "value": float(value),
        "unit": unit,
        "full_at": float(full_at),
        "weight": float(weight),
        "points": float((weight * share).quantize(_CENT, ROUND_HALF_UP)),
    }
