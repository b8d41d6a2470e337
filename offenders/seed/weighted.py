"""Values drawn in proportion to how common they are."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

T = TypeVar("T")
EVEN = 0.5  # either way is as likely


class Weighted(Generic[T]):
    """Values that are drawn in proportion to their weights, in well under a microsecond."""

    def __init__(self, pairs: Iterable[tuple[T, float]]) -> None:
        """Add the weights up once."""
        self.values, weights = zip(*pairs, strict=True)
        self.sums = tuple(accumulate(weights))
        self._last = len(self.values) - 1

    def draw(self, rnd: Random) -> T:
        """Draw one value."""
        value: T = self.values[bisect_right(self.sums, rnd.random() * self.sums[-1], 0, self._last)]
        return value


def words(text: str) -> list[str]:
    """Read words with blanks between them."""
    return text.split()


def counted(text: str) -> list[tuple[str, float]]:
    """Read `Smith 127, Da Silva 3`: names with how many of ten thousand people bear them."""
    pairs = (entry.rsplit(maxsplit=1) for entry in text.split(","))
    return [(name.strip(), float(count)) for name, count in pairs]


def ranked(text: str) -> Weighted[str]:
    """Read names in order of frequency; the weight falls with the rank as it does in births."""
    names = [name.strip() for name in text.split(",")]
    return Weighted((name, 1 / (rank + 6)) for rank, name in enumerate(names))


def one_of(rnd: Random, things: Sequence[str]) -> str:
    """Draw one of these, each as likely as another."""
    return things[int(rnd.random() * len(things))]
