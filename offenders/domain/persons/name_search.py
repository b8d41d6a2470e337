"""Searching names: which people have a name that meets every word, and how well it does.

Every word of the search must equal or begin a word of one and the same name. Trigram and LIKE
operators lose their index under row-level security, so words are compared by range; `~>=~` and
`~<~` compare bytes, which in UTF-8 is the order of characters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from offenders.domain.persons.names import QueryWord

# All words equal comes before any beginning; the main name before an alias, that before a former.
RANKS_OF_EQUAL = 3

_PLACE = """
    CASE WHEN m.name_id = m.person_id THEN 0 WHEN a.type = 'alias' THEN 1 ELSE 2 END
"""
# A name that has since become a former one was the main name then.
_PLACE_AS_AT = """
    CASE WHEN m.name_id = m.person_id
              THEN CASE WHEN (c.family_name, c.given_names)
                             IS NOT DISTINCT FROM (h.family_name, h.given_names) THEN 0 END
         WHEN a.type = 'former' AND (a.family_name, a.given_names)
                             IS NOT DISTINCT FROM (h.family_name, h.given_names) THEN 0
         WHEN a.recorded_at <= :as_at THEN CASE WHEN a.type = 'alias' THEN 1 ELSE 2 END END
"""
_THEN = """
    JOIN persons c ON c.force = :force AND c.id = m.person_id
    JOIN persons_history h ON h.force = :force AND h.id = m.person_id
     AND h.recorded_from <= :as_at AND (h.recorded_to IS NULL OR h.recorded_to > :as_at)
"""


def select_people_named(words: Sequence[QueryWord], values: dict[str, Any], *, as_at: bool) -> str:
    """Select people by (person_id, rank), 0 the best; put what is bound into `values`."""
    bound = _bind(words, values)
    place, then = (_PLACE_AS_AT, _THEN) if as_at else (_PLACE, "")
    return f"""
        SELECT x.person_id, min(x.place + x.begins) AS rank FROM (
            SELECT m.person_id, {place} AS place,
                   CASE WHEN m.is_equal THEN 0 ELSE {RANKS_OF_EQUAL} END AS begins
            FROM ({_all_of([_names_with(word, bound) for word in words])}) m
            LEFT JOIN person_names a ON a.force = :force AND a.id = m.name_id
             AND m.name_id <> m.person_id {then}) x
        WHERE x.place IS NOT NULL GROUP BY x.person_id
    """


def _bind(words: Sequence[QueryWord], values: dict[str, Any]) -> dict[str, str]:
    """Bind every spelling and the end of its range; give the names they are bound to."""
    spellings = dict.fromkeys(
        each for word in words for each in (*word.parts, word.joined) if each is not None
    )
    bound = {spelling: f"word_{number}" for number, spelling in enumerate(spellings)}
    for spelling, name in bound.items():
        # A word ends in a letter, digit or mark, and after each of those comes a character.
        end = spelling[:-1] + chr(ord(spelling[-1]) + 1)
        values |= {name: spelling, f"{name}_end": end}
    return bound


def _names_with(word: QueryWord, bound: dict[str, str]) -> str:
    """Select the names that meet a word, by all its parts or by their joined form."""
    parts = _all_of([_names_beginning(bound[part]) for part in word.parts])
    if word.joined is None:
        return parts
    return f"""
        SELECT s.person_id, s.name_id, bool_or(s.is_equal) AS is_equal
        FROM ({parts} UNION ALL {_names_beginning(bound[word.joined])}) s
        GROUP BY s.person_id, s.name_id
    """


def _names_beginning(name: str) -> str:
    """Select the names with a word that equals or begins with the one bound to `name`."""
    return f"""
        SELECT t.person_id, t.name_id, bool_or(t.token = :{name}) AS is_equal
        FROM person_name_tokens t
        WHERE t.force = :force AND t.token ~>=~ :{name} AND t.token ~<~ :{name}_end
        GROUP BY t.person_id, t.name_id
    """


def _all_of(selections: Sequence[str]) -> str:
    """Select the names that are in every selection, equal where they are equal in each."""
    if len(selections) == 1:
        return selections[0]
    aliases = [f"s{number}" for number in range(len(selections))]
    joined = f"({selections[0]}) s0" + "".join(
        f" JOIN ({selection}) {alias} USING (person_id, name_id)"
        for selection, alias in zip(selections[1:], aliases[1:], strict=True)
    )
    equal = " AND ".join(f"{alias}.is_equal" for alias in aliases)
    return f"SELECT person_id, name_id, {equal} AS is_equal FROM {joined}"
