"""Dividing a batch into lanes: rows that have to do with each other stay in one, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

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
    rows: Sequence[_Row], ties: Sequence[Ties], before: Sequence[Ties] = ()
) -> list[list[_Row]]:
    """Divide rows into lanes of about the same length; into one, where they can't be parted.

    Rows that came `before` and are still being received may tie two of these to each other.
    """
    namings = {each.naming for each in ties}
    if len(rows) < FEWEST_ROWS or len(namings) > 1 or None in namings:
        return [list(rows)]
    leads = _leads([*before, *ties])[len(before) :]
    lanes: list[list[_Row]] = [[] for _ in range(LANES)]
    lane_of: dict[int, list[_Row]] = {}
    for lead, row in zip(leads, rows, strict=True):
        if lead not in lane_of:
            lane_of[lead] = min(lanes, key=len)
        lane_of[lead].append(row)
    return [lane for lane in lanes if lane]


def _leads(ties: Iterable[Ties]) -> list[int]:
    """Give for each row the first of all rows that have to do with it."""
    first_of: dict[Hashable, int] = {}
    leads: list[int] = []
    for place, (_, keys) in enumerate(ties):
        leads.append(place)
        for key in keys:
            one, other = _lead(leads, first_of.setdefault(key, place)), _lead(leads, place)
            leads[max(one, other)] = min(one, other)
    return [_lead(leads, place) for place in range(len(leads))]


def _lead(leads: list[int], place: int) -> int:
    """Give the first of all rows that have to do with this one, and shorten the way to it."""
    while leads[place] != place:
        leads[place] = leads[leads[place]]
        place = leads[place]
    return place
