"""Whom a force manages as sexual and violent offenders, and which officer answers for each.

MAPPA and the register of sexual offenders draw from here, so that both mean the same people.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from offenders.seed.rows import in_utc, repeatable
from offenders.seed.traits import YEAR
from offenders.seed.weighted import Weighted, counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from offenders.seed.rows import Scale
    from offenders.seed.wants import PersonKey

# Leicestershire's unit supervises 1,250 to 1,300 people (PEEL 2016); a force of this many people.
MANAGED, PEOPLE = 1_275, 40_000
# How they divide is made up; most of those managed nationally are category 1.
_ARRANGEMENTS: Final = Weighted(
    counted(
        "category_1 71, category_2 24, category_3 0.6, category_4 0.4,"
        " potentially_dangerous 2, serial_domestic_abuser 2"
    )
)
_EACH: Final = 52  # people whom one manager answers for, on average
_FIRST_COLLAR: Final = 7_101
_ADULT: Final = timedelta(days=19 * YEAR)


class ManagedPerson(NamedTuple):
    """A managed person: under which arrangement, and the manager; category 1 is registered."""

    person: PersonKey
    arrangement: str
    manager: str

    @property
    def is_registered(self) -> bool:
        """Say whether the person is a registered sexual offender."""
        return self.arrangement == "category_1"


def managed_people(
    force: str, scale: Scale, seed: int, now: datetime, people: Sequence[PersonKey]
) -> list[ManagedPerson]:
    """Give whom the force manages, the same for the same seed."""
    rnd = repeatable("managed", force, seed)
    latest = in_utc(now).date() - _ADULT
    adults = [who for who in people if who.born is not None and who.born <= latest]
    count = min(round(MANAGED * scale.people / PEOPLE), len(adults))
    managers = [str(_FIRST_COLLAR + number) for number in range(max(1, round(count / _EACH)))]
    return [
        ManagedPerson(who, _ARRANGEMENTS.draw(rnd), managers[_heavier(rnd.random(), len(managers))])
        for who in rnd.sample(adults, count)
    ]


def _heavier(chance: float, count: int) -> int:
    """Give some managers more people than others: the last twice as many as the first."""
    return min(int(((1 + 3 * chance) ** 0.5 - 1) * count), count - 1)


def adult_since(born: date | None, now: datetime) -> date:
    """Give the day from which a managed person may have been managed: grown up, and not before."""
    latest = in_utc(now).date() - timedelta(days=30)
    return min(latest, born + _ADULT) if born else latest
