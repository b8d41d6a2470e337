"""Searching people: which criteria matched, by equality and range only, and never "certain".

A name matches where every word of the search equals or begins a word of one name of the
person. Trigram and LIKE operators lose their index under row-level security, so words are
compared by range; `~>=~` and `~<~` compare bytes, which in UTF-8 is the order of characters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.domain.persons import names, store
from offenders.domain.persons.adding import read_identifier
from offenders.domain.persons.names import UnsearchableName
from offenders.domain.persons.rules import NAMED_IDENTIFIERS
from offenders.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Sight
    from offenders.domain.persons.names import QueryWord

CRITERIA = (
    "name",
    "date_of_birth",
    *NAMED_IDENTIFIERS,
    "postcode",
    "registration_mark",
    "marker",
    "managed_by",
)

# All words equal comes before any beginning; the main name before an alias, that before a former.
_RANKS_OF_EQUAL = 3

_PRESENT = "FROM persons p"
_AS_AT = "FROM persons_history p"
_IN_TIME = """
    p.recorded_from <= :as_at AND (p.recorded_to IS NULL OR p.recorded_to > :as_at)
"""
# Protection that began later covers what was known before, too.
_PROTECTED_AS_AT = """
    EXISTS (SELECT 1 FROM persons c
            WHERE c.force = p.force AND c.id = p.id AND c.are_addresses_protected)
"""
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


@dataclass(frozen=True)
class Search:
    """What is searched for, by whom, and if so as at which past moment."""

    filters: dict[str, Any]
    sight: Sight
    today: date
    as_at: datetime | None = None


@dataclass
class _Query:
    """The parts of the statement as the criteria add them."""

    source: str
    conditions: list[str]
    reasons: list[str]
    values: dict[str, Any]
    rank: str = "0"

    def because(self, field: str, how: str = "'exact'", place: str | None = None) -> None:
        """Say why a row matched."""
        where = f", 'in', {place}" if place else ""
        self.reasons.append(f"json_build_object('field', '{field}', 'how', {how}{where})")


def search_people(
    session: Session, search: Search, *, after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give people best first, as (json, rank, id)."""
    query = _query(session, search)
    if after is not None:
        query.conditions.append(f"({query.rank}, p.id) > (:after_rank, CAST(:after_id AS uuid))")
        query.values |= {"after_rank": after[0], "after_id": after[1]}
    statement = f"""
        SELECT json_build_object({store.IDENTITY_JSON},
                   'markers', {_markers(search)}, 'why', json_build_array({_why(query)}),
                   'version', p.version)::text, {query.rank} AS rank, p.id
        {query.source} WHERE {" AND ".join(query.conditions)}
        ORDER BY rank, p.id LIMIT :limit
    """
    return list(session.execute(text(statement), query.values | {"limit": limit}))


def count_people(session: Session, search: Search) -> int:
    """Count the rows that search_people would give."""
    query = _query(session, search)
    statement = f"SELECT count(*) {query.source} WHERE {' AND '.join(query.conditions)}"
    return int(session.execute(text(statement), query.values).scalar_one())


def _why(query: _Query) -> str:
    return ", ".join(query.reasons)


def _query(session: Session, search: Search) -> _Query:
    if not any(search.filters.get(name) is not None for name in CRITERIA):
        message = f"Send at least one of {', '.join(CRITERIA)}."
        raise Invalid(message)
    values = store.sight_values(session, search.sight) | {
        "as_at": search.as_at,
        "today": search.today,
    }
    conditions = ["p.force = :force"]
    if search.as_at is not None:
        conditions.append(_IN_TIME)
    query = _Query(_PRESENT if search.as_at is None else _AS_AT, conditions, [], values)
    for name, value in search.filters.items():
        if value is not None:
            _ADDERS[name](query, search, value)
    return query


def _known(alias: str, search: Search) -> str:
    return "" if search.as_at is None else f" AND {alias}.recorded_at <= :as_at"


def _active(search: Search) -> str:
    if search.as_at is None:
        return "r.removed_at IS NULL"
    return "r.recorded_at <= :as_at AND (r.removed_at IS NULL OR r.removed_at > :as_at)"


def _markers(search: Search) -> str:
    return f"""(
        SELECT coalesce(json_agg(r.code ORDER BY r.code), '[]') FROM person_markers r
        WHERE r.force = p.force AND r.person_id = p.id AND {_active(search)})"""


def _sees_address(search: Search) -> str:
    """Never match by a place the reader may not see."""
    protected = "p.are_addresses_protected" if search.as_at is None else _PROTECTED_AS_AT
    return f"(:sees_protected OR NOT {protected})"


def _by_name(query: _Query, search: Search, value: str) -> None:
    try:
        words = names.query_words(value)
    except UnsearchableName as error:
        raise Invalid.field("/name", str(error)) from error
    bound = _bind(words, query.values)

    def begins(spelling: str) -> str:
        name = bound[spelling]
        return f"(t.token ~>=~ :{name} AND t.token ~<~ :{name}_end)"

    def equals(spelling: str) -> str:
        return f"t.token = :{bound[spelling]}"

    place, then = (_PLACE, "") if search.as_at is None else (_PLACE_AS_AT, _THEN)
    query.source += f"""
        JOIN (
            SELECT x.person_id, min(x.place + x.begins) AS rank FROM (
                SELECT m.person_id, {place} AS place, m.begins
                FROM (
                    SELECT t.person_id, t.name_id,
                           CASE WHEN {_met(words, equals)} THEN 0
                                ELSE {_RANKS_OF_EQUAL} END AS begins
                    FROM (
                        SELECT DISTINCT person_id, name_id FROM person_name_tokens t
                        WHERE t.force = :force AND ({" OR ".join(map(begins, _rarest(words)))})) n
                    JOIN person_name_tokens t ON t.force = :force
                     AND t.person_id = n.person_id AND t.name_id = n.name_id
                    GROUP BY t.person_id, t.name_id HAVING {_met(words, begins)}) m
                LEFT JOIN person_names a ON a.force = :force AND a.id = m.name_id {then}) x
            WHERE x.place IS NOT NULL GROUP BY x.person_id) named ON named.person_id = p.id
    """
    query.rank = "named.rank"
    query.because(
        "name",
        f"CASE WHEN named.rank < {_RANKS_OF_EQUAL} THEN 'exact' ELSE 'beginning' END",
        f"(ARRAY['main', 'alias', 'former'])[named.rank % {_RANKS_OF_EQUAL} + 1]",
    )


def _bind(words: Sequence[QueryWord], values: dict[str, Any]) -> dict[str, str]:
    """Bind every spelling and the end of its range; give the names they are bound to."""
    spellings = dict.fromkeys(each for word in words for each in _spellings(word))
    bound = {spelling: f"word_{number}" for number, spelling in enumerate(spellings)}
    for spelling, name in bound.items():
        # A word ends in a letter, digit or mark, and after each of those comes a character.
        end = spelling[:-1] + chr(ord(spelling[-1]) + 1)
        values |= {name: spelling, f"{name}_end": end}
    return bound


def _spellings(word: QueryWord) -> list[str]:
    return [*word.parts, *([word.joined] if word.joined else [])]


def _met(words: Sequence[QueryWord], test: Callable[[str], str]) -> str:
    """Say in SQL that a name meets every word, by all its parts or by their joined form."""
    met = []
    for word in words:
        parts = " AND ".join(f"bool_or({test(part)})" for part in word.parts)
        joined = f" OR bool_or({test(word.joined)})" if word.joined else ""
        met.append(f"({parts}{joined})")
    return " AND ".join(met)


def _rarest(words: Sequence[QueryWord]) -> list[str]:
    """Give the spellings to look up through the index; the other words are then checked."""
    word = max(words, key=lambda each: max(map(len, each.parts)))
    return [max(word.parts, key=len), *([word.joined] if word.joined else [])]


def _by_date_of_birth(query: _Query, search: Search, value: date) -> None:
    query.values["date_of_birth"] = value
    further = f"""
        SELECT d.person_id FROM person_dates_of_birth d
        WHERE d.force = :force AND d.date_of_birth = :date_of_birth{_known("d", search)}
    """
    if search.as_at is None:
        main = "SELECT b.id FROM persons b WHERE b.force = :force AND b.date_of_birth = "
        query.conditions.append(f"p.id IN ({main}:date_of_birth UNION {further})")
    else:
        query.conditions.append(f"(p.date_of_birth = :date_of_birth OR p.id IN ({further}))")
    query.because(
        "date_of_birth",
        place="CASE WHEN p.date_of_birth = :date_of_birth THEN 'main' ELSE 'further' END",
    )


def _by_identifier(kind: str) -> Any:
    def add(query: _Query, search: Search, value: str) -> None:
        query.values[kind] = read_identifier(kind, value, f"/{kind}")
        query.conditions.append(f"""p.id IN (
            SELECT i.person_id FROM person_identifiers i
            WHERE i.force = :force AND i.type = '{kind}' AND i.state = 'valid'
              AND i.value = :{kind}{_known("i", search)})""")
        query.because(kind)

    return add


def _by_postcode(query: _Query, search: Search, value: str) -> None:
    query.values["postcode"] = value
    query.conditions.append(f"""p.id IN (
        SELECT r.person_id FROM person_addresses r
        WHERE r.force = :force AND r.postcode = :postcode{_known("r", search)})""")
    query.conditions.append(_sees_address(search))
    query.because("postcode")


def _by_registration_mark(query: _Query, search: Search, value: str) -> None:
    query.values["registration_mark"] = value
    query.conditions.append(f"""p.id IN (
        SELECT r.person_id FROM person_vehicles r
        WHERE r.force = :force AND r.registration_mark = :registration_mark
        {_known("r", search)})""")
    query.because("registration_mark")


def _by_marker(query: _Query, search: Search, value: str) -> None:
    query.values["marker"] = value
    query.conditions.append(f"""p.id IN (
        SELECT r.person_id FROM person_markers r
        WHERE r.force = :force AND r.code = :marker AND {_active(search)})""")
    query.because("marker")


def _by_manager(query: _Query, _search: Search, _value: str) -> None:
    """No capability has put anybody under management, so nobody matches."""
    query.conditions.append("false")
    query.because("managed_by")


def _in_force(query: _Query, _search: Search, value: str) -> None:
    query.values["in_force"] = value
    query.conditions.append("p.force = :in_force")


def _in_area(column: str) -> Any:
    def add(query: _Query, search: Search, value: str) -> None:
        query.values[column] = value
        query.conditions += [f"p.{column} = :{column}", _sees_address(search)]

    return add


_ADDERS = {
    "name": _by_name,
    "date_of_birth": _by_date_of_birth,
    **{kind: _by_identifier(kind) for kind in NAMED_IDENTIFIERS},
    "postcode": _by_postcode,
    "registration_mark": _by_registration_mark,
    "marker": _by_marker,
    "managed_by": _by_manager,
    "force": _in_force,
    "lpa": _in_area("lpa"),
    "neighbourhood": _in_area("neighbourhood"),
}
