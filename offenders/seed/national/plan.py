"""What one force's rows are made from: its size, its moments and the chance of the seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from offenders.domain.working_days import start_of_london_day
from offenders.seed.national.names import mix_of
from offenders.seed.places import TOWNS
from offenders.seed.rows import in_utc

if TYPE_CHECKING:
    from offenders.seed.national.draws import Draws
    from offenders.seed.rows import Scale

DAYS_OF_SERVICE = 400  # a year of history, and some days so that the year's first day has a past
FIRST_WANTS = timedelta(hours=2)  # after the people, whom they are entered on
PEOPLE_AT_THE_START, WANTS_AT_THE_START = 0.86, 0.48  # were brought along
BLOCK = 10_000_000  # keys of one force; a traveller's are below zero
SCATTER = 7919  # a prime: multiplied by it and reduced to their count, numbers come once each
MADE_BY = "demonstration"


@dataclass(frozen=True)
class Plan:
    """One force to be made."""

    force: str
    scale: Scale
    today: date
    draws: Draws
    people_before: int  # in the forces before this one, so that no PNC ID is given twice
    known_elsewhere: int

    @property
    def base(self) -> int:
        """Give the number from which the force's keys are counted."""
        return int(self.force) * BLOCK

    @property
    def scatter_over(self) -> int:
        """Give the count by which numbers are scattered: as many as people, or one more."""
        return self.scale.people + (self.scale.people % SCATTER == 0)

    @property
    def now(self) -> datetime:
        """Give the moment up to which there is history: the day's beginning in London."""
        return in_utc(start_of_london_day(self.today))

    @property
    def began_at(self) -> datetime:
        """Give the moment at which the force began to use the service."""
        return self.now - timedelta(days=DAYS_OF_SERVICE)

    @property
    def mix(self) -> str:
        """Name the mix of communities."""
        return mix_of(self.force)

    @property
    def town(self) -> str:
        """Name the chief town."""
        return TOWNS[self.force][0]

    @property
    def values(self) -> dict[str, object]:
        """Give the values that the statements bind."""
        return {
            "force": self.force,
            "mix": self.mix,
            "people": self.scale.people,
            "wants": self.scale.wants,
            "arrests": self.scale.arrests,
            "people_at_start": ceil(self.scale.people * PEOPLE_AT_THE_START),
            "wants_at_start": ceil(self.scale.wants * WANTS_AT_THE_START),
            "base": self.base,
            "known": self.known_elsewhere,
            "before": self.people_before,
            "today": self.today,
            "now": self.now,
            "began_at": self.began_at,
            "began_on": self.began_at.date(),
            "wants_from": self.began_at + FIRST_WANTS,
            "by": MADE_BY,
        }
