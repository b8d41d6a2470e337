"""Dividing a batch into lanes: rows that have to do with each other stay in one, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

LANES: Final = 2  # one lane's statements run while the other's rows are thought about
FEWEST_ROWS: Final = 200  # of a batch that is worth two transactions

_Row = TypeVar("_Row")


class Ties(NamedTuple):
    """How a row names its person, and the keys it shares with rows it has to do with.

    Nobody can tell whether two people who are named in different ways, or not at all, are one.
    """

    naming: str | None
    keys: Iterable[Hashable]


def in_lanes(
    rows: Sequence[_Row], ties_of: Callable[[Sequence[_Row]], Sequence[Ties]]
) -> list[list[_Row]]:
    """Divide rows into lanes of about the same length; into one, where they can't be parted."""
    if len(rows) < FEWEST_ROWS:
        return [list(rows)]
    first_of: dict[Hashable, int] = {}
    leads = list(range(len(rows)))
    namings = set()
    for place, (naming, keys) in enumerate(ties_of(rows)):
        namings.add(naming)
        for key in keys:
            one, other = _lead(leads, first_of.setdefault(key, place)), _lead(leads, place)
            leads[max(one, other)] = min(one, other)
    if len(namings) > 1 or None in namings:
        return [list(rows)]
    lanes: list[list[_Row]] = [[] for _ in range(LANES)]
    lane_of: dict[int, list[_Row]] = {}
    for place, row in enumerate(rows):
        lead = _lead(leads, place)
        if lead not in lane_of:
            lane_of[lead] = min(lanes, key=len)
        lane_of[lead].append(row)
    return [lane for lane in lanes if lane]


def _lead(leads: list[int], place: int) -> int:
    """Give the first of all rows that have to do with this one, and shorten the way to it."""
    while leads[place] != place:
        leads[place] = leads[leads[place]]
        place = leads[place]
    return place
