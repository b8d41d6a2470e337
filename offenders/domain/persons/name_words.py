"""The words of a force's names, and finding those that are like a word asked for.

Each force has words of its own, so that no search tells what another force knows. Every path
that writes words of names keeps them here in the same transaction, by `keep_words`. A word stays
when the last name that had it goes: it then finds nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from offenders.domain.persons.word_keys import keys_of, probes_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sqlalchemy import Connection
    from sqlalchemy.orm import Session

BATCH: Final = 20_000  # words in one statement

_UNKNOWN = text("""
    SELECT DISTINCT w.word FROM unnest(CAST(:words AS text[])) w (word)
    WHERE NOT EXISTS (SELECT FROM name_words n WHERE n.force = :force AND n.word = w.word)
""")
# In the order of words, so that two who add the same ones wait for each other, but not in a ring.
_ADD_WORDS = text("""
    INSERT INTO name_words (force, word)
    SELECT :force, w.word FROM unnest(CAST(:words AS text[])) w (word) ORDER BY w.word
    ON CONFLICT DO NOTHING
""")
_ADD_KEYS = text("""
    INSERT INTO name_word_keys (force, key, word)
    SELECT :force, k.key, k.word
    FROM unnest(CAST(:keys AS text[]), CAST(:words AS text[])) k (key, word)
    ORDER BY k.word, k.key
    ON CONFLICT DO NOTHING
""")
_FIND = text("""
    SELECT DISTINCT word FROM name_word_keys WHERE force = :force AND key = ANY (:keys)
""")


def keep_words(session: Session | Connection, force: str, words: Collection[str]) -> int:
    """Let these words be found with errors; give how many were new to the force."""
    if not words:
        return 0
    new: list[str] = []
    ordered = sorted(set(words))
    for begin in range(0, len(ordered), BATCH):
        values = {"force": force, "words": ordered[begin : begin + BATCH]}
        new += session.execute(_UNKNOWN, values).scalars()
    for begin in range(0, len(new), BATCH):
        _add(session, force, new[begin : begin + BATCH])
    return len(new)


def _add(session: Session | Connection, force: str, words: list[str]) -> None:
    pairs = [(key, word) for word in words for key in keys_of(word)]
    session.execute(_ADD_WORDS, {"force": force, "words": words})
    keys = {"keys": [key for key, _ in pairs], "words": [word for _, word in pairs]}
    session.execute(_ADD_KEYS, {"force": force, **keys})


def find_words(session: Session, asked: Iterable[str]) -> list[str]:
    """Give the words of the force that may be like one asked for; most of them are not."""
    keys = sorted({key for word in asked for key in probes_of(word)})
    values = {"force": session.info["force"], "keys": keys}
    return list(session.execute(_FIND, values).scalars())
