"""Names made comparable: the words that search by name reads, and the words it is asked for."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Part = Literal["family", "given"]

MAX_TOKENS: Final = 24  # of one name
MAX_TOKEN_LENGTH: Final = 64  # characters
MAX_QUERY_WORDS: Final = 8
MAX_QUERY_LENGTH: Final = 200  # characters

_APOSTROPHES = (
    "'`\u00b4\u02b9\u02bb\u02bc\u02bd\u02be\u02bf\u02c8\u02ca\u02cb\u0374\u055a\u05f3\u07f4"
    "\u07f5\u1fbd\u1fbf\u1fef\u1ffd\u1ffe\u2018\u2019\u201a\u201b\u2032\u2035\ua78c\uff07"
)
_HYPHENS = "\u058a\u05be\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
_MARKS = str.maketrans(_HYPHENS, "-" * len(_HYPHENS), _APOSTROPHES)

# Capital letters that Unicode does not decompose, as they are written in plain Latin letters.
_PLAIN_LETTERS = str.maketrans(
    {
        "\N{LATIN CAPITAL LETTER AE}": "AE",
        "\N{LATIN CAPITAL LETTER B WITH HOOK}": "B",
        "\N{LATIN CAPITAL LETTER D WITH HOOK}": "D",
        "\N{LATIN CAPITAL LETTER D WITH STROKE}": "D",
        "\N{LATIN CAPITAL LETTER AFRICAN D}": "D",
        "\N{LATIN CAPITAL LETTER ETH}": "D",
        "\N{LATIN CAPITAL LETTER OPEN E}": "E",
        "\N{LATIN CAPITAL LETTER REVERSED E}": "E",
        "\N{LATIN CAPITAL LETTER SCHWA}": "E",
        "\N{LATIN CAPITAL LETTER G WITH STROKE}": "G",
        "\N{LATIN CAPITAL LETTER H WITH STROKE}": "H",
        "\N{LATIN CAPITAL LETTER K WITH HOOK}": "K",
        "\N{LATIN CAPITAL LETTER L WITH STROKE}": "L",
        "\N{LATIN CAPITAL LETTER ENG}": "N",
        "\N{LATIN CAPITAL LETTER O WITH STROKE}": "O",
        "\N{LATIN CAPITAL LETTER OPEN O}": "O",
        "\N{LATIN CAPITAL LIGATURE OE}": "OE",
        "\N{LATIN CAPITAL LETTER SHARP S}": "SS",
        "\N{LATIN CAPITAL LETTER T WITH STROKE}": "T",
        "\N{LATIN CAPITAL LETTER THORN}": "TH",
        "\N{LATIN CAPITAL LETTER Y WITH HOOK}": "Y",
        "\N{LATIN CAPITAL LETTER Z WITH STROKE}": "Z",
    },
)

# Accents go from Latin letters only: in other scripts a mark can be a vowel or another letter.
_ACCENTS = re.compile(
    "(?<![\u0300-\u1dff\u1f00-\U0010ffff])"
    "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+",
)
_SYSTEM_PREFIXES = re.compile("(?:MIG_ERROR|NO_SHOW|DUPLICATE)_", re.IGNORECASE)
_NO_NAME = "NOT ENTERED"
_NEITHER_WORD_NOR_HYPHEN = re.compile("[^A-Z0-9-]+")
_SPACED_HYPHEN = re.compile(" *-[ -]*")
_MC_PREFIX = re.compile("(?<![^ -])(MA?C)[ -](?=[^ -])")
_WILDCARD = re.compile(r"[%_*?]")


class UnsearchableName(ValueError):
    """A search text that would match everybody or nobody."""


class Token(NamedTuple):
    """One word of a name, or the joined form of several; `position` is that of its first word."""

    text: str
    part: Part
    position: int


class QueryWord(NamedTuple):
    """One written word of a search: met by all its parts, or by the form that joins them."""

    parts: tuple[str, ...]
    joined: str | None


def normalise(text: str) -> str:
    """Give the words of a name in plain capitals with one space between them."""
    return " ".join(_words(_joined_prefixes(_plain(text))))


def tokens(family_name: str, given_names: str | None) -> list[Token]:
    """Give what a name can be found by: each word, and hyphenated and family names joined."""
    family, given = _plain(family_name), _plain(given_names or "")
    found: dict[tuple[str, Part], Token] = {}
    for part, position, text in _findable(_joined_prefixes(family), given):
        token = Token(text[:MAX_TOKEN_LENGTH], part, position)
        found.setdefault((token.text, part), token)
    return list(found.values())[:MAX_TOKENS]


def query_words(text: str) -> list[QueryWord]:
    """Give the words to search for, each once; only a hyphenated one has several parts.

    Raises UnsearchableName.
    """
    if len(text) > MAX_QUERY_LENGTH:
        message = f"The name is too long. Write at most {MAX_QUERY_LENGTH} characters."
        raise UnsearchableName(message)
    if _WILDCARD.search(text):
        message = "Leave out % _ * and ?. Write the name in letters."
        raise UnsearchableName(message)
    plain = _joined_prefixes(_plain(text))
    _refuse_too_little_or_too_much(_words(plain))
    return list(dict.fromkeys(map(_query_word, plain.split())))


def _query_word(written: str) -> QueryWord:
    parts = _words(written)
    joined = "".join(parts)[:MAX_TOKEN_LENGTH] if len(parts) > 1 else None
    return QueryWord(tuple(part[:MAX_TOKEN_LENGTH] for part in parts), joined)


def _refuse_too_little_or_too_much(words: list[str]) -> None:
    lettered = [word for word in words if any(map(str.isalpha, word))]
    if not lettered:
        message = "The name has no letter. Write at least one name in letters."
        raise UnsearchableName(message)
    # Scripts without capitals, such as Chinese, have names of one character.
    if all(len(word) == 1 and word.isupper() for word in lettered):
        message = "Single letters match too many people. Write at least one name in full."
        raise UnsearchableName(message)
    if len(words) > MAX_QUERY_WORDS:
        message = f"The name has too many words. Write at most {MAX_QUERY_WORDS}."
        raise UnsearchableName(message)


def _findable(family: str, given: str) -> Iterator[tuple[Part, int, str]]:
    for position, text in _pieces(family):
        yield "family", position, text
    family_words, given_words = _words(family), _words(given)
    if family_words:
        yield "family", 0, "".join(family_words)
    # Mac is also a forename, and a search for "Mac Jones" is read as MACJONES.
    for spelling in dict.fromkeys((given, _joined_prefixes(given))):
        for position, text in _pieces(spelling):
            yield "given", position, text
    if family_words and given_words and given_words[-1] in {"MC", "MAC"}:
        yield "family", 0, given_words[-1] + family_words[0]


def _pieces(plain: str) -> Iterator[tuple[int, str]]:
    position = 0
    for written in plain.split():
        parts = _words(written)
        yield from enumerate(parts, position)
        if len(parts) > 1:
            yield position, "".join(parts)
        position += len(parts)


def _words(plain: str) -> list[str]:
    return plain.replace("-", " ").split()


def _joined_prefixes(plain: str) -> str:
    return _MC_PREFIX.sub(r"\1", plain)


def _plain(text: str) -> str:
    """Give plain capitals with spaces and hyphens as the only marks between words."""
    text = _SYSTEM_PREFIXES.sub(" ", text).translate(_MARKS)
    if text.isascii():
        text = _NEITHER_WORD_NOR_HYPHEN.sub(" ", text.upper())
    else:
        text = _without_accents(text)
    text = _SPACED_HYPHEN.sub("-", text).strip(" -")
    return "" if text.replace("-", " ") == _NO_NAME else text


def _without_accents(text: str) -> str:
    capitals = unicodedata.normalize("NFKD", text).upper().translate(_PLAIN_LETTERS)
    kept = "".join(map(_kept, capitals.translate(_MARKS)))
    composed = unicodedata.normalize("NFC", _ACCENTS.sub("", kept))
    return " ".join(word for word in composed.split() if any(map(str.isalnum, word)))


def _kept(character: str) -> str:
    if character.isalnum() or character == "-":
        return character
    category = unicodedata.category(character)
    if category == "Cf":
        return ""
    return character if category.startswith("M") else " "
