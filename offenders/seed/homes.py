"""Streets laid inside the wards, and the homes along them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import cos, hypot, pi, radians, sin
from typing import TYPE_CHECKING, Any, NamedTuple

from offenders.seed import places
from offenders.seed.rows import day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from random import Random

    from offenders.seed.rows import Row

EAST_WEST = cos(radians(52.6))  # a degree of longitude in degrees of latitude at Leicester
LONGEST_HALF_STREET = 0.0012  # degrees of latitude, about 130 metres
SHORTEST_HALF_STREET = 0.0002  # long enough that rounded coordinates stay inside the ward
HOUSES = 120
# The inward part of a real postcode never has C, I, K, M, O or V: these pass for postcodes in
# form, and no real household can have one.
NEVER_INWARD = "CIKMOV"
FLAT_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Ward:
    """A neighbourhood with its boundary as (longitude, latitude) points."""

    code: str
    district: str
    ring: tuple[tuple[float, float], ...]

    @classmethod
    def from_feature(cls, feature: Mapping[str, Any]) -> Ward:
        """Read one GeoJSON feature of the ward boundaries, a polygon without holes."""
        about = feature["properties"]
        ring = tuple((point[0], point[1]) for point in feature["geometry"]["coordinates"][0])
        return cls(about["code"], about["district_name"], ring)


class Street(NamedTuple):
    """A street with its middle and the way to its end, in degrees east and north."""

    name: str
    town: str
    postcode: str
    ward: Ward | None
    middle: tuple[float, float]
    half: tuple[float, float]


class Homes:
    """Finds homes in one force, each ward as likely as another."""

    def __init__(
        self, force: str, people: int, rnd: Random, today: date, wards: Sequence[Ward]
    ) -> None:
        """Lay the streets that this many people need."""
        self._rnd, self._now = rnd, today.toordinal()
        parts: Sequence[Ward | None] = wards or [None]
        # About ten people share a postcode, so that a search by one finds neighbours.
        count = people // (10 * len(parts)) + 3
        self._wards = [lay_streets(rnd, force, ward, count) for ward in parts]

    def home(self, kind: str, born: int) -> Row:
        """Choose a house for somebody born on this day."""
        rnd = self._rnd.random
        streets = self._wards[int(rnd() * len(self._wards))]
        street = streets[int(rnd() * len(streets))]
        house = 1 + int(rnd() * HOUSES)
        first = f"{house} {street.name}"
        lines = [first if rnd() >= FLAT_SHARE else f"Flat {1 + int(rnd() * 12)}, {first}"]
        home: Row = {"lines": [*lines, street.town], "postcode": street.postcode, "type": kind}
        if street.ward:
            along = 2 * house / HOUSES - 1
            home["longitude"] = round(street.middle[0] + along * street.half[0], 5)
            home["latitude"] = round(street.middle[1] + along * street.half[1], 5)
            home["neighbourhood"] = street.ward.code
        home["from"] = day(max(born, self._now - int(rnd() ** 2 * 3650)))
        return home


def moved_in(home: Row | None, born: int) -> Row | None:
    """Give this home to somebody else, from birth at the earliest."""
    return home and {**home, "from": max(home["from"], day(born))}


def lay_streets(rnd: Random, force: str, ward: Ward | None, count: int) -> list[Street]:
    """Lay so many streets in a ward, or anywhere in the force."""
    town, area = places.TOWNS[force]
    outward = tuple(f"{area}{district}" for district in range(1, 21))
    if ward is not None:
        town, outward = places.DISTRICTS.get(ward.district, (town, outward))
    return [_street(rnd, ward, town, rnd.choice(outward)) for _ in range(count)]


def _street(rnd: Random, ward: Ward | None, town: str, outward: str) -> Street:
    name = f"{rnd.choice(places.STREET_NAMES)} {places.STREET_TYPES.draw(rnd)}"
    inward = f"{rnd.randrange(10)}{rnd.choice(NEVER_INWARD)}{rnd.choice(NEVER_INWARD)}"
    middle, half = _line(rnd, ward.ring) if ward else ((0.0, 0.0), (0.0, 0.0))
    return Street(name, town, f"{outward} {inward}", ward, middle, half)


def _line(
    rnd: Random, ring: Sequence[tuple[float, float]]
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Lay a street at a random place of the ward, short enough to stay inside it."""
    west, east = min(x for x, _ in ring), max(x for x, _ in ring)
    south, north = min(y for _, y in ring), max(y for _, y in ring)
    while True:
        x, y = rnd.uniform(west, east), rnd.uniform(south, north)
        if _holds(ring, x, y) and (clear := _clearance(ring, x, y)) > SHORTEST_HALF_STREET:
            break
    reach, bearing = 0.9 * min(clear, LONGEST_HALF_STREET), rnd.uniform(0, pi)
    return (x, y), (reach * cos(bearing) / EAST_WEST, reach * sin(bearing))


def _holds(ring: Sequence[tuple[float, float]], x: float, y: float) -> bool:
    inside = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < x1 + (y - y1) * (x2 - x1) / (y2 - y1):
            inside = not inside
    return inside


def _clearance(ring: Sequence[tuple[float, float]], x: float, y: float) -> float:
    """Measure how far the boundary is, in degrees of latitude."""
    nearest = LONGEST_HALF_STREET
    for (x1, y1), (x2, y2) in pairwise(ring):
        if min(y1, y2) - y > nearest or y - max(y1, y2) > nearest:
            continue
        ax, ay = (x1 - x) * EAST_WEST, y1 - y
        dx, dy = (x2 - x1) * EAST_WEST, y2 - y1
        square = dx * dx + dy * dy
        along = min(1.0, max(0.0, -(ax * dx + ay * dy) / square)) if square else 0.0
        nearest = min(nearest, hypot(ax + along * dx, ay + along * dy))
    return nearest
