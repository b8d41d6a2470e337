"""Searching people: which criteria matched, and never "certain"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.domain.persons import names, store
from offenders.domain.persons.adding import read_identifier
from offenders.domain.persons.name_search import RANKS_OF_EQUAL, select_people_named
from offenders.domain.persons.names import UnsearchableName
from offenders.domain.persons.rules import NAMED_IDENTIFIERS
from offenders.domain.working_days import london_day
from offenders.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Sight

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
    why = ", ".join(query.reasons)
    statement = f"""
        SELECT json_build_object({store.IDENTITY_JSON},
                   'markers', {_markers(search)}, 'why', json_build_array({why}),
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


def _query(session: Session, search: Search) -> _Query:
    values = store.sight_values(session, search.sight) | {
        "as_at": search.as_at,
        "today": london_day(search.as_at) if search.as_at else search.today,
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
        SELECT coalesce(json_agg(json_build_object('code', r.code, 'name', k.name)
                                 ORDER BY r.code), '[]')
        FROM person_markers r
        LEFT JOIN code_entries k ON k.list = 'warning_markers' AND k.code = r.code
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
    ranked = select_people_named(words, query.values, as_at=search.as_at is not None)
    query.source += f" JOIN ({ranked}) named ON named.person_id = p.id"
    query.rank = "named.rank"
    query.because(
        "name",
        f"CASE WHEN named.rank < {RANKS_OF_EQUAL} THEN 'exact' ELSE 'beginning' END",
        f"(ARRAY['main', 'alias', 'former'])[named.rank % {RANKS_OF_EQUAL} + 1]",
    )


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
