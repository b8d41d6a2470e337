"""What made-up rows start from: how many there are, their chance and their moments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from random import Random
from typing import Any

from offenders.seed.places import TOWNS

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Scale:
    """How many people, wants and arrests of the last year a force gets."""

    people: int
    wants: int
    arrests: int = 0


# A force of this size makes some 18,700 arrests a year (Hertfordshire's published figure). If one
# in three is of a person not met before, the six clear years of most records (MoPI group 3) keep
# about 40,000 people. Nationally 30,000 named suspects in 32 forces, 9,500 failures to answer bail
# in 34 and 26,998 circulated in 43 (2014) give a mean force 940, 280 and 628. Leicestershire is a
# little smaller: of 1,600 wants three in four are outstanding, among them about 800 named suspects
# and 600 circulated. Failures to answer are fewer, for bail fell by 75% after April 2017.
# The nation has the people that a system of 43 forces must carry; of its wants some 62,000 are
# outstanding at any time of its year (30,000 named suspects in 32 forces, 9,500 failures to answer
# bail in 34, and the other reasons in proportion), the others ended during that year.
SCALES = {
    "small": Scale(people=2_000, wants=150, arrests=935),
    "force": Scale(people=40_000, wants=1_600, arrests=18_702),
    "national": Scale(people=1_010_000, wants=134_000, arrests=1_020_000),
}


def repeatable(what: str, force: str, seed: int) -> Random:
    """Give the chance that draws the same rows for the same force and seed."""
    if force not in TOWNS:
        message = f"{force} is not one of the 43 territorial forces. Choose one, e.g. 33."
        raise ValueError(message)
    return Random(f"{what} {force} {seed}")  # noqa: S311 - a secret must not be repeatable, this must


def day(ordinal: int) -> str:
    """Write a day as a row holds it."""
    return date.fromordinal(ordinal).isoformat()


def in_utc(now: datetime) -> datetime:
    """Give this moment in UTC; refuse one without a zone."""
    if now.tzinfo is None:
        message = "Give the moment with its zone, as the clock does."
        raise ValueError(message)
    return now.astimezone(UTC)
