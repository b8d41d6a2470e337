"""What a search text asks for: its words, what may stand for several, and what may be missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from offenders.domain.persons import names
from offenders.domain.persons.name_forms import forms_of
from offenders.domain.persons.spelling import INITIAL, Likeness, likeness

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Words before a name that are as often left out, or joined to what follows.
PARTICLES: Final = frozenset(
    {
        *("AL", "AP", "BIN", "BINT", "DA", "DE", "DEN", "DER", "DI", "DOS", "DU", "EL", "IBN"),
        *("LA", "LE", "MAC", "MC", "O", "ST", "TEN", "TER", "UD", "UL", "UR", "VAN", "VON"),
    }
)
# Words that are joined to what follows but are names of their own, too.
_JOINING: Final = PARTICLES | {"ABD", "ABDUL", "ABU", "BEN", "DEL"}
SHORTEST_DRIVER: Final = 3  # letters; what shorter words begin is too many to gather
_MIDDLE_MISSING, _END_MISSING, _PARTICLE_MISSING = 40, 60, 24
WORDS_WITH_ONE_TO_SPARE: Final = 3  # of so many words one may be missing


@dataclass(frozen=True)
class Asking:
    """The words asked for, in order; `joined` are forms that stand for several of them.

    A set of words is a mask: bit n is word n. `closely` marks joined forms that are one word by
    their writing, which may be met as any word may; others are met only as they stand. A comma
    says that the family name comes first.
    """

    words: tuple[str, ...]
    joined: tuple[Joined, ...]
    is_family_first: bool = False

    @property
    def optional(self) -> int:
        """Give the mask of the words that may be left out of a name."""
        mask = sum(1 << n for n, word in enumerate(self.words) if word in PARTICLES)
        return 0 if mask == self.everything else mask

    @property
    def everything(self) -> int:
        """Give the mask of all words."""
        return (1 << len(self.words)) - 1

    @property
    def required(self) -> int:
        """Count the words that are more than particles."""
        return len(self.words) - self.optional.bit_count()

    @property
    def drivers(self) -> list[int]:
        """Give the words by which names are gathered; the rest is looked for in those names."""
        needed = [n for n in range(len(self.words)) if not self.optional >> n & 1]
        longest = max(len(self.words[n]) for n in needed)
        return [n for n in needed if len(self.words[n]) >= min(SHORTEST_DRIVER, longest)]

    def missing_cost(self, number: int) -> int:
        """Give what it costs in rank when a name hasn't this word."""
        if self.optional >> number & 1:
            return _PARTICLE_MISSING
        is_end = number in {0, len(self.words) - 1}
        return _END_MISSING if is_end else _MIDDLE_MISSING


class Joined(NamedTuple):
    """A form that stands for several words."""

    text: str
    mask: int
    closely: bool


class Meeting(NamedTuple):
    """A recorded word that meets the words of a mask, and how."""

    word: str
    mask: int
    asked: str
    likeness: Likeness


def read_asking(text: str) -> Asking:
    """Read a search text; raise names.UnsearchableName."""
    numbers: dict[str, int] = {}
    joined: dict[str, Joined] = {}
    for written in names.query_words(text):
        for part in written.parts:
            numbers.setdefault(part, len(numbers))
        if written.joined is not None:
            mask = _mask(written.parts, numbers)
            joined[written.joined] = Joined(written.joined, mask, closely=True)
    words = tuple(numbers)
    for one in _neighbours(words, numbers):
        joined.setdefault(one.text, one)
    return Asking(words, tuple(joined.values()), "," in text)


def _neighbours(words: tuple[str, ...], numbers: dict[str, int]) -> Iterator[Joined]:
    """Join words that stand side by side, three where the first two are particles."""
    for at in range(len(words) - 1):
        pair = words[at : at + 2]
        closely = pair[0] in _JOINING
        yield Joined("".join(pair)[: names.MAX_TOKEN_LENGTH], _mask(pair, numbers), closely)
        triple = words[at : at + 3]
        if len(triple) > len(pair) and _JOINING.issuperset(pair):
            text = "".join(triple)[: names.MAX_TOKEN_LENGTH]
            yield Joined(text, _mask(triple, numbers), closely=True)


def _mask(words: Iterable[str], numbers: dict[str, int]) -> int:
    return sum({1 << numbers[word] for word in words})


def forms_to_probe(asking: Asking) -> list[str]:
    """Give the words for which similar recorded ones are looked up."""
    return [*asking.words, *(each.text for each in asking.joined if each.closely)]


def sure_words(asking: Asking) -> set[str]:
    """Give the words that are looked for whether or not the force has them in its dictionary."""
    asked = [*asking.words, *(each.text for each in asking.joined)]
    initials = {word[0] for word in asking.words}
    return {*asked, *initials, *(form for word in asked for form in forms_of(word))}


def meetings(asking: Asking, recorded: str, *, born_alike: bool = False) -> Iterator[Meeting]:
    """Give each way in which a recorded word meets words that are asked for."""
    for number, word in enumerate(asking.words):
        found = likeness(word, recorded, born_alike=born_alike)
        if found is not None:
            yield Meeting(recorded, 1 << number, word, found)
    for text, mask, closely in asking.joined:
        found = likeness(text, recorded, born_alike=born_alike)
        if found is not None and (closely or found.cost < INITIAL.cost):
            yield Meeting(recorded, mask, text, found)
