"""How one word that was asked for is like one that is recorded, and what that costs in rank."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from offenders.domain.persons.name_forms import relation_of
from offenders.domain.persons.sounds import apart, sound_of

if TYPE_CHECKING:
    from collections.abc import Iterator

How = Literal[
    "equal", "begins", "initial", "other_spelling", "short_form", "sounds_alike", "typing_error"
]

SHORTEST_MISTYPED: Final = 4  # letters of the recorded word: in shorter ones an error makes another
SHORTEST_TWICE_MISTYPED: Final = 7  # letters of both; two errors in fewer leave too little
SHORTEST_TWICE_BORN_ALIKE: Final = 5  # the same where the date of birth speaks for the person
TWICE: Final = 2  # errors


class Likeness(NamedTuple):
    """How a recorded word meets an asked one, and the cost: 0 equal, at most 12 as it stands."""

    how: How
    cost: int


EQUAL: Final = Likeness("equal", 0)
BEGINS: Final = Likeness("begins", 10)
INITIAL: Final = Likeness("initial", 12)
RECORDED_INITIAL: Final = Likeness("initial", 26)
OTHER_SPELLING: Final = Likeness("other_spelling", 21)
SHORT_FORM: Final = Likeness("short_form", 24)
ONE_ERROR: Final = Likeness("typing_error", 22)
TWO_ERRORS: Final = Likeness("typing_error", 30)
_SOUND_COST: Final = 20  # and one more for each quarter of a vowel that differs


def likeness(asked: str, recorded: str, *, born_alike: bool = False) -> Likeness | None:
    """Tell how a recorded word is like an asked one; None where it is another name."""
    if asked == recorded:
        return EQUAL
    if recorded.startswith(asked):
        return INITIAL if len(asked) == 1 else BEGINS
    return min(_alike(asked, recorded, born_alike=born_alike), key=_cost, default=None)


def _cost(found: Likeness) -> int:
    return found.cost


def _alike(asked: str, recorded: str, *, born_alike: bool) -> Iterator[Likeness]:
    if len(recorded) == 1:
        if asked.startswith(recorded):
            yield RECORDED_INITIAL
        return
    relation = relation_of(asked, recorded)
    if relation is not None:
        yield OTHER_SPELLING if relation == "spelling" else SHORT_FORM
    sound, heard = sound_of(asked), sound_of(recorded)
    if sound is not None and heard is not None:
        far = apart(sound, heard)
        if far is not None:
            yield Likeness("sounds_alike", _SOUND_COST + far)
    if len(recorded) < SHORTEST_MISTYPED or abs(len(asked) - len(recorded)) > TWICE:
        return
    shortest = SHORTEST_TWICE_BORN_ALIKE if born_alike else SHORTEST_TWICE_MISTYPED
    most = TWICE if min(len(asked), len(recorded)) >= shortest else 1
    if len(set(asked).difference(recorded)) > most:
        return  # each of these letters is an error of its own
    errors = typing_errors(asked, recorded, most)
    if errors <= most:
        yield ONE_ERROR if errors == 1 else TWO_ERRORS


def typing_errors(one: str, other: str, most: int = TWICE) -> int:
    """Count insertions, deletions, substitutions and transpositions; one over `most` means more.

    It is the distance of optimal string alignment. What both begin and end with is left out; then
    one of the errors is at the first letter.
    """
    start, longest = 0, min(len(one), len(other))
    while start < longest and one[start] == other[start]:
        start += 1
    end = 0
    while end < longest - start and one[-1 - end] == other[-1 - end]:
        end += 1
    left, right = one[start : len(one) - end], other[start : len(other) - end]
    if not left or not right:
        return min(len(left) + len(right), most + 1)
    if not most or abs(len(left) - len(right)) > most:
        return most + 1
    rests = [(left[1:], right[1:]), (left[1:], right), (left, right[1:])]
    if left[:2] == right[1::-1]:
        rests.append((left[2:], right[2:]))
    return 1 + min(typing_errors(*rest, most - 1) for rest in rests)
