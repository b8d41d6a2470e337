"""How a name sounds: a respelling that one name's usual spellings share.

Made for names met in England and Wales: English, Welsh, Scottish, Irish, South Asian, Arabic,
Turkish, Slavic and Romanian ones in Latin letters. The rules are our own, tried on the tables of
`tests/persons/test_persons_sounds.py`; other scripts have no sound here.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

# In order; each is applied to what the ones before have left. Lower case is the respelling.
_RULES: Final = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"^MA?C(?=[^AEIOUHY])", "MAK"),
        (r"^(?:KN|GN|PN)", "N"),
        (r"^WR", "R"),
        (r"^(?:PS)", "S"),
        (r"^X", "S"),
        (r"^RH", "R"),
        (r"MB$", "M"),
        (r"(?<=M)P(?=[ST])", ""),
        (r"(?<=[AEIOU])UGH(?=T)|(?<=[IEAO])GH(?=T|$|S)", ""),
        (r"NGH", "NG"),
        (r"SCH|SHCH|SZCZ|SZ|SH|STH(?=$)", "x"),
        (r"TCH|CZ|TSCH|CS(?=[AEIOUY])", "c"),
        (r"CH(?=[RL]|AEL|EAL|AL$)", "K"),
        (r"CH", "c"),
        (r"D?GE(?=$)|DG(?=[EIY])", "j"),
        (r"DJ|ZH|JH", "j"),
        (r"G(?=[EI])", "j"),
        (r"PH|FF|V", "f"),
        (r"TH|DT$", "T"),
        (r"X|CKS|KS", "KS"),
        (r"CK|Q[UW]?|KH", "K"),
        (r"SC(?=[EIY])|C(?=[EIY])|Z|TZ", "S"),
        (r"C", "K"),
        (r"J", "j"),
        (r"([BDGKRW])H", r"\1"),
        (r"(?<=[A-Za-z])H", ""),
        (r"([A-Za-z])\1+", r"\1"),
    )
]
_LATIN: Final = re.compile("[A-Z]{2,}")
_VOWELS: Final = "AEIOUYW"
_PIECES: Final = re.compile(f"([{_VOWELS}]*)([^{_VOWELS}]?)")
_FINAL_I: Final = re.compile("(?:EY|IE|EE|EA|AY|Y|I)$")
_FRONT: Final = frozenset("EIY")
_HIGH_BACK: Final = frozenset("UW")
_SAME_GAP, _NEAR_GAP, _HALF_GAP, _FAR_GAP, _NO_GAP = 0, 1, 2, 3, 4  # quarters
# How far two names of one code may lie apart, by the length of their code, in quarters.
_BOUNDS: Final = (0, 1, 1, 5)


class Sound(NamedTuple):
    """The consonants of a name, lower case, and the vowels before each and after the last."""

    code: str
    vowels: tuple[str, ...]


@lru_cache(maxsize=20_000)
def sound_of(word: str) -> Sound | None:
    """Give the sound of a normalised word; None for other scripts, digits and single letters."""
    if not _LATIN.fullmatch(word):
        return None
    for pattern, sound in _RULES:
        word = pattern.sub(sound, word)
    word = _FINAL_I.sub("I", word)
    if word.endswith("E") and len(word) > 2:  # noqa: PLR2004 - a silent e follows something
        word = word[:-1]
    first = word[:1] if word[:1] in "YW" and word[1:2] in "AEIOU" else ""
    pieces = [piece for piece in _PIECES.findall(word[len(first) :]) if any(piece)]
    consonants = first.lower() + "".join(consonant for _, consonant in pieces)
    vowels = tuple(vowels for vowels, _ in pieces)
    if not pieces or pieces[-1][1]:
        vowels += ("",)
    begins_open = not first and bool(vowels[0])
    code = ("a" if begins_open else "") + consonants.lower()
    return Sound(code, (("", *vowels) if first else vowels))


def apart(one: Sound, other: Sound) -> int | None:
    """Tell how far two sounds lie apart, 0 for none; None where they are not alike."""
    if one.code != other.code or len(one.vowels) != len(other.vowels):
        return None
    gaps = list(map(_gap, one.vowels, other.vowels))
    if _FAR_GAP in gaps and gaps.index(_FAR_GAP) == _first_vowel(one):
        return None  # the first vowel is the one that people hear
    far = sum(gaps)
    return far if far <= _BOUNDS[min(len(one.code), len(_BOUNDS) - 1)] else None


def _first_vowel(sound: Sound) -> int:
    return next((at for at, vowels in enumerate(sound.vowels) if vowels), 0)


def _gap(one: str, other: str) -> int:
    if one == other:
        return _SAME_GAP
    if not one or not other:
        return _NO_GAP
    ours, theirs = _place(one), _place(other)
    if ours == theirs:
        return _NEAR_GAP
    return _FAR_GAP if "front" in {ours, theirs} and "open" not in {ours, theirs} else _HALF_GAP


def _place(vowels: str) -> str:
    """Tell where in the mouth vowels are spoken: as in `see`, `soon`, `cot`, or as in `car`."""
    marked = vowels.replace("A", "") or "A"
    if marked[0] in _FRONT:
        return "front"
    if marked[0] in _HIGH_BACK:
        return "high back"
    return "back" if marked[0] == "O" else "open"
