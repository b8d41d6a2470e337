"""Keys by which a recorded word is found again when it is asked for with an error.

One error leaves one half of a word as it was, or it swaps the two letters between which the
halves meet. So a recorded word is kept under each half with its length, and under the code of
its sound; what an asked word might have been is looked up by equality. Halves begin with a
digit and sounds are lower case, so they never meet.
"""

from __future__ import annotations

from offenders.domain.persons.sounds import sound_of
from offenders.domain.persons.spelling import (
    SHORTEST_MISTYPED,
    SHORTEST_TWICE_MISTYPED,
    TWICE,
)


def keys_of(word: str) -> list[str]:
    """Give the keys under which a recorded word is kept; none for single letters."""
    keys = []
    if len(word) >= SHORTEST_MISTYPED:
        keys += [_first_half(len(word), word), _second_half(len(word), word)]
    sound = sound_of(word)
    if sound is not None:
        keys.append(sound.code)
    return keys


def probes_of(word: str) -> list[str]:
    """Give the keys under which recorded words like an asked one may be kept."""
    errors = TWICE if len(word) >= SHORTEST_TWICE_MISTYPED else 1
    shortest = max(SHORTEST_MISTYPED, len(word) - errors)
    probes = {
        key
        for length in range(shortest, len(word) + errors + 1)
        for key in (_first_half(length, word), _second_half(length, word))
    }
    middle = len(word) // 2
    if len(word) >= SHORTEST_MISTYPED:
        probes.add(f"{len(word)}<{word[: middle - 1]}{word[middle]}")
    sound = sound_of(word)
    if sound is not None:
        probes.add(sound.code)
    return sorted(probes)


def _first_half(length: int, word: str) -> str:
    return f"{length}<{word[: length // 2]}"


def _second_half(length: int, word: str) -> str:
    return f"{length}>{word[length // 2 - length :]}"
