"""Areas and streets of a force: real wards where they are at hand, else areas marked as made up."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

from offenders.seed.homes import Street, lay_streets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from offenders.seed.homes import Ward

PEOPLE_IN_AN_LPA = 4_000
FEWEST_LPAS, MOST_LPAS = 3, 32
NEIGHBOURHOODS_IN_AN_LPA = 10
PEOPLE_IN_A_STREET = 10  # who share a postcode, so that a search by one finds neighbours


class Place(NamedTuple):
    """A neighbourhood and the LPA that it lies in."""

    code: str
    name: str
    lpa: str
    lpa_name: str


def made_up_places(force: str, people: int) -> list[Place]:
    """Give areas that nobody can take for real ones, in number as the force has people."""
    lpas = min(MOST_LPAS, max(FEWEST_LPAS, people // PEOPLE_IN_AN_LPA))
    return [
        Place(
            f"DEMO-{force}-{lpa:02}-{number:02}",
            f"Demonstration neighbourhood {lpa}.{number} (made up)",
            f"DEMO-{force}-{lpa:02}",
            f"Demonstration area {lpa} (made up)",
        )
        for lpa in range(1, lpas + 1)
        for number in range(1, NEIGHBOURHOODS_IN_AN_LPA + 1)
    ]


def streets(
    force: str, seed: int, people: int, lpas: Mapping[str, str], wards: Sequence[Ward]
) -> list[tuple[object, ...]]:
    """Lay streets in every neighbourhood, as rows of the table `stage_streets` in `people`."""
    rnd = Random(f"streets {force} {seed}")  # noqa: S311 - repeatable, not secret
    boundaries = {ward.code: ward for ward in wards}
    count = people // (PEOPLE_IN_A_STREET * len(lpas)) + 2
    laid = [
        (place, street)
        for place in sorted(lpas)
        for street in lay_streets(rnd, force, boundaries.get(place), count)
    ]
    return [(slot, place, lpas[place], *_row(street)) for slot, (place, street) in enumerate(laid)]


def _row(street: Street) -> tuple[object, ...]:
    ends = (*street.middle, *street.half) if street.ward else (None,) * 4
    return (street.name, street.town, street.postcode, *ends)
