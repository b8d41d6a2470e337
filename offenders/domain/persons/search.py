"""Searching people: which criteria matched and how, and never "certain"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import text

from offenders.domain.persons import store
from offenders.domain.persons.adding import read_identifier
from offenders.domain.persons.asking import read_asking
from offenders.domain.persons.explaining import band, name_reason
from offenders.domain.persons.moves import hung_as_at, owner_as_at
from offenders.domain.persons.name_search import CLASS, MISSING_CLASS, select_people_named
from offenders.domain.persons.names import UnsearchableName
from offenders.domain.persons.querying import Found, Query
from offenders.domain.persons.remembering import find_born_near, meet_words, meet_words_of
from offenders.domain.persons.rules import NAMED_IDENTIFIERS
from offenders.domain.persons.shown import IDENTITY_JSON
from offenders.domain.working_days import london_day
from offenders.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.persons.querying import Search

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


def search_people(
    session: Session, search: Search, *, after: Sequence[Any] | None, limit: int
) -> list[Found]:
    """Give people best first."""
    query = _query(session, search)
    query.values |= {"limit": limit}
    if after is not None:
        query.values |= {"after_rank": after[0], "after_id": after[1]}
    beyond = " AND ({}, {}) > (:after_rank, CAST(:after_id AS uuid))" if after is not None else ""
    source = query.source
    if query.named:
        ranked = f"({query.named})"
        if _names_only(search):
            # Nothing else is asked, so only those who will be shown are looked up.
            ranked = f"""(SELECT * FROM ({query.named}) r
                WHERE true {beyond.format("r.rank", "r.person_id")}
                ORDER BY r.rank, r.person_id LIMIT :limit)"""
        source += f" JOIN {ranked} named ON named.person_id = p.id {_near(query)}"
    heard = "NULL"
    if query.named:
        heard = _HEARD.format("person_id" if search.as_at is None else "holder")
    statement = f"""
        SELECT json_build_object({IDENTITY_JSON},
                   'markers', {_markers(search)}, 'version', p.version)::text AS json,
               {query.rank} AS rank, p.id,
               json_build_array({", ".join(query.reasons)})::text AS why, {heard} AS heard
        {source} WHERE {" AND ".join(query.conditions)} {beyond.format(query.rank, "p.id")}
        ORDER BY rank, p.id LIMIT :limit
    """
    rows = session.execute(text(statement), query.values)
    return [_explained(query, search, row) for row in rows]


def count_people(session: Session, search: Search) -> int:
    """Count the rows that search_people would give."""
    query = _query(session, search)
    source = query.source
    if query.named:
        source += f" JOIN ({query.named}) named ON named.person_id = p.id {_near(query)}"
    statement = f"SELECT count(*) {source} WHERE {' AND '.join(query.conditions)}"
    return int(session.execute(text(statement), query.values).scalar_one())


# The words of the name that was ranked best.
_HEARD = """
    ARRAY(SELECT t.part || ' ' || t.token FROM person_name_tokens t
          WHERE t.force = :force AND t.person_id = named.{} AND t.name_id = named.name_id)
"""
_IDENTIFYING = frozenset({"name", "date_of_birth", *NAMED_IDENTIFIERS})


def _names_only(search: Search) -> bool:
    return {name for name, value in search.filters.items() if value is not None} == {"name"}


def _near(query: Query) -> str:
    if query.born is None:
        return ""
    return """
        JOIN unnest(CAST(:near_people AS uuid[]), CAST(:near_costs AS int[])) near (id, cost)
          ON near.id = p.id"""


def _explained(query: Query, search: Search, row: Row[Any]) -> Found:
    """Put to the JSON of a person why they were found, and how much that says."""
    asked = {name for name, value in search.filters.items() if value is not None}
    why: list[dict[str, Any]] = []
    evidence = {"identifier": "exact"} if asked & set(NAMED_IDENTIFIERS) else {}
    if query.asking is not None:
        born_alike = query.born is not None
        why.append(name_reason(query.asking, row.heard, row.rank, born_alike=born_alike))
    if query.born is not None:
        born = query.born[row.id]
        why.append(born.reason())
        evidence["date_of_birth"] = born.evidence.how
    parts = [orjson.dumps(each).decode() for each in why]
    if row.why != "[]":
        parts.append(row.why[1:-1])
    also = f',"why":[{",".join(parts)}]'
    if asked & _IDENTIFYING:
        also += f',"band":"{band(query.asking, row.rank, evidence)}"'
    return Found(f"{row.json[:-1]}{also}}}", row.rank, row.id)


def _query(session: Session, search: Search) -> Query:
    values = store.sight_values(session, search.sight) | {
        "as_at": search.as_at,
        "today": london_day(search.as_at) if search.as_at else search.today,
    }
    conditions = ["p.force = :force", "p.merged_into IS NULL"]
    if search.as_at is not None:
        conditions.append(_IN_TIME)
    source = _PRESENT if search.as_at is None else _AS_AT
    query = Query(session, source, conditions, [], values)
    for name, value in search.filters.items():
        if value is not None:
            _ADDERS[name](query, search, value)
    return query


def _known(alias: str, search: Search) -> str:
    return "" if search.as_at is None else f" AND {alias}.recorded_at <= :as_at"


def _whose(alias: str, search: Search) -> str:
    return f"{alias}.person_id" if search.as_at is None else owner_as_at(alias)


def _active(search: Search) -> str:
    if search.as_at is None:
        return "r.removed_at IS NULL"
    return "r.recorded_at <= :as_at AND (r.removed_at IS NULL OR r.removed_at > :as_at)"


def _markers(search: Search) -> str:
    whose = "r.person_id = p.id"
    if search.as_at is not None:
        whose = hung_as_at("person_markers", "r", "p.id")
    return f"""(
        SELECT coalesce(json_agg(json_build_object('code', r.code, 'name', k.name)
                                 ORDER BY r.code), '[]')
        FROM person_markers r
        LEFT JOIN code_entries k ON k.list = 'warning_markers' AND k.code = r.code
        WHERE r.force = p.force AND {whose} AND {_active(search)})"""


def _sees_address(search: Search) -> str:
    """Never match by a place the reader may not see."""
    protected = "p.are_addresses_protected" if search.as_at is None else _PROTECTED_AS_AT
    return f"(:sees_protected OR NOT {protected})"


def _by_name(query: Query, search: Search, value: str) -> None:
    try:
        asking = read_asking(value)
    except UnsearchableName as error:
        raise Invalid.field("/name", str(error)) from error
    asked_birth = search.filters.get("date_of_birth")
    query.rank = "named.rank"
    if asked_birth is None:
        met = meet_words(query.session, asking)
    else:
        query.born = find_born_near(query.session, asked_birth, search.as_at)
        met = meet_words_of(asking, query.born.values())
        query.values |= {
            "near_people": list(query.born),
            "near_costs": [born.evidence.cost for born in query.born.values()],
        }
        query.rank = "(named.rank + 3 * near.cost)"
        # Words may be missing only where the date of birth is the very one.
        query.conditions.append(f"(named.rank < {MISSING_CLASS * CLASS} OR near.cost = 0)")
    query.asking = asking
    query.named = select_people_named(
        asking,
        met,
        query.values,
        as_at=search.as_at is not None,
        near=asked_birth is not None,
    )


def _by_date_of_birth(query: Query, search: Search, value: date) -> None:
    if search.filters.get("name") is not None:
        return  # near dates speak for a name, which has them looked up
    query.values["date_of_birth"] = value
    further = f"""
        SELECT {_whose("d", search)} FROM person_dates_of_birth d
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
    def add(query: Query, search: Search, value: str) -> None:
        query.values[kind] = read_identifier(kind, value, f"/{kind}")
        query.conditions.append(f"""p.id IN (
            SELECT {_whose("i", search)} FROM person_identifiers i
            WHERE i.force = :force AND i.type = '{kind}' AND i.state = 'valid'
              AND i.value = :{kind}{_known("i", search)})""")
        query.because(kind)

    return add


def _by_postcode(query: Query, search: Search, value: str) -> None:
    query.values["postcode"] = value
    query.conditions.append(f"""p.id IN (
        SELECT {_whose("r", search)} FROM person_addresses r
        WHERE r.force = :force AND r.postcode = :postcode{_known("r", search)})""")
    query.conditions.append(_sees_address(search))
    query.because("postcode")


def _by_registration_mark(query: Query, search: Search, value: str) -> None:
    query.values["registration_mark"] = value
    query.conditions.append(f"""p.id IN (
        SELECT {_whose("r", search)} FROM person_vehicles r
        WHERE r.force = :force AND r.registration_mark = :registration_mark
        {_known("r", search)})""")
    query.because("registration_mark")


def _by_marker(query: Query, search: Search, value: str) -> None:
    query.values["marker"] = value
    query.conditions.append(f"""p.id IN (
        SELECT {_whose("r", search)} FROM person_markers r
        WHERE r.force = :force AND r.code = :marker AND {_active(search)})""")
    query.because("marker")


def _by_manager(query: Query, search: Search, value: str) -> None:
    """Find whom an officer or team manages; who is in MAPPA or registered not for everyone."""
    sees_all = search.sight.public_protection_flags
    kinds = "" if sees_all else "AND g.kind NOT IN ('mappa_case', 'registration')"
    query.conditions.append(f"""p.id IN (
        SELECT g.person_id FROM managements g
        WHERE g.force = :force AND (g.owner_officer = :managed_by OR g.owner_team = :managed_by)
          {kinds})""")
    query.values["managed_by"] = value
    query.because("managed_by")


def _among(query: Query, _search: Search, value: Sequence[UUID]) -> None:
    query.values["among"] = value
    query.conditions.append("p.id = ANY (CAST(:among AS uuid[]))")


def _in_force(query: Query, _search: Search, value: str) -> None:
    query.values["in_force"] = value
    query.conditions.append("p.force = :in_force")


def _in_area(column: str) -> Any:
    def add(query: Query, search: Search, value: str) -> None:
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
    "among": _among,
    "force": _in_force,
    "lpa": _in_area("lpa"),
    "neighbourhood": _in_area("neighbourhood"),
}
