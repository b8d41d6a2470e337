"""Whether a text names a victim: by the people recorded as victims, not by a guess; pure.

A local summary has no field for a victim. What stands in its other fields is compared, word by
word, with the names, addresses, phones and vehicles of everybody recorded as `victim_of` of the
person. Upper and lower case, accents and punctuation make no difference.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])['`\u2019](?=[^\W\d_])")
_PLAIN = str.maketrans({"\u0142": "l", "\u00f8": "o", "\u0111": "d", "\u00f0": "d", "\u0131": "i"})
SHORTEST = 2  # letters of a name; initials alone name nobody


class Victim(NamedTuple):
    """What is on record of a victim: names as (family, given), addresses, phones and marks."""

    names: Sequence[tuple[str, str | None]]
    lines: Sequence[str]
    postcodes: Sequence[str]
    numbers: Sequence[str]


def named_in(
    fields: Mapping[str, Any],
    victims: Iterable[Victim],
    own_names: Iterable[tuple[str, str | None]],
) -> list[str]:
    """Give the fields in which a victim is named; the person's own names name nobody else."""
    own = {word for names in own_names for name in names for both in _both(name) for word in both}
    known = list(victims)
    return [field for field, value in fields.items() if _is_named(_texts(value), known, own)]


def words(text: str | None, *, splits: bool = False) -> list[str]:
    """Give the words of a text as they are compared, e.g. `Zoë O'Neill` as zoe, oneill.

    With `splits` an apostrophe parts them: hart, s for `Hart's`.
    """
    folded = unicodedata.normalize("NFKD", text or "").casefold()
    plain = "".join(each for each in folded if not unicodedata.combining(each)).translate(_PLAIN)
    return _WORD.findall(_APOSTROPHE.sub(" " if splits else "", plain))


def _both(text: str | None) -> Iterator[list[str]]:
    yield words(text)
    yield words(text, splits=True)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from value


def _is_named(texts: Iterable[str], victims: Sequence[Victim], own: set[str]) -> bool:
    said = [each for text in texts for each in _both(text)]
    return any(
        _has(said, pattern) for victim in victims for pattern in _patterns(victim, own)
    ) or any(_runs_in(said, number) for victim in victims for number in _numbers(victim))


def _patterns(victim: Victim, own: set[str]) -> Iterator[list[str]]:
    for names in victim.names:
        for found in (each for name in names for each in _both(name)):
            if found and not set(found) <= own:
                yield found
                yield from ([each] for each in found if len(each) >= SHORTEST and each not in own)
    for line in victim.lines:
        found = words(line)
        if len(found) > 1:  # a house number or a town alone says too little
            yield found


def _numbers(victim: Victim) -> Iterator[str]:
    for number in (*victim.postcodes, *victim.numbers):
        run = "".join(words(number))
        if len(run) > SHORTEST:
            yield run


def _has(said: Iterable[list[str]], pattern: list[str]) -> bool:
    size = len(pattern)
    return any(
        each[start : start + size] == pattern
        for each in said
        for start in range(len(each) - size + 1)
    )


def _runs_in(said: Iterable[list[str]], run: str) -> bool:
    """Find a postcode, phone or mark however its parts are set apart."""
    return any(run in "".join(each) for each in said)
