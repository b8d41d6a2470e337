"""The library of clauses: wordings of conditions that courts have taken, to be used again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.filters import equalities
from offenders.domain.orders.models import Clause
from offenders.errors import Conflict, Invalid, PersonMerged
from offenders.ids import as_reference, as_uuid, new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row, TextClause
    from sqlalchemy.orm import Session

_FIND = text("""
    SELECT CAST(id AS text) AS id, code, kind, category, text FROM order_clauses
    WHERE force = :force AND (code = ANY (:named) OR id = ANY (CAST(:ids AS uuid[])))
""")
_PEOPLE = text("""
    SELECT CAST(id AS text) AS id, reference, given_names || ' ' || family_name AS name,
           merged_into
    FROM persons
    WHERE force = :force AND (reference = ANY (:named) OR id = ANY (CAST(:ids AS uuid[])))
""")
_COLUMNS = {"type": "c.type", "kind": "c.kind", "category": "c.category", "code": "c.code"}
# How often a court took or refused it, by the orders in which it stands.
_LIST = """
    WITH used AS (
        SELECT u.v ->> 'clause_id' AS clause_id,
               count(DISTINCT o.id) FILTER (WHERE o.made_on IS NOT NULL) AS granted,
               count(DISTINCT o.id) FILTER (WHERE o.state = 'refused') AS refused
        FROM orders o, jsonb_array_elements(o.conditions) u (v)
        WHERE o.force = :force AND o.state <> 'entered_in_error' AND u.v ->> 'clause_id' <> ''
        GROUP BY 1)
    SELECT json_build_object('id', c.id, 'code', c.code, 'type', c.type, 'kind', c.kind,
               'category', c.category, 'text', c.text, 'guidance', c.guidance,
               'granted', coalesce(u.granted, 0), 'refused', coalesce(u.refused, 0),
               'recorded_by', c.recorded_by, 'recorded_at', c.recorded_at)::text, c.code
    FROM order_clauses c LEFT JOIN used u ON u.clause_id = CAST(c.id AS text)
    WHERE c.force = :force AND {where} ORDER BY c.code LIMIT :limit
"""


def list_clauses(
    session: Session, filters: Mapping[str, Any], after: str, limit: int
) -> list[Row[Any]]:
    """Give clauses by code, as (json, code)."""
    parts, values = equalities(filters, _COLUMNS)
    parts.append("c.code > :after")
    values |= {"force": session.info["force"], "after": after, "limit": limit}
    return list(session.execute(text(_LIST.format(where=" AND ".join(parts))), values))


def add_clause(session: Session, actor: str, fields: Mapping[str, Any]) -> Row[Any]:
    """Put a clause into the library; give it as (json, code). Raises Conflict."""
    force = session.info["force"]
    values = {"force": force, "named": [fields["code"]], "ids": []}
    if session.execute(_FIND, values).first() is not None:
        message = "There is a clause of this code. Choose another: what stands is never changed."
        raise Conflict(message)
    session.add(
        Clause(
            force=force,
            id=new_id(force),
            **fields,
            recorded_by=actor,
            recorded_at=recorded_at(session),
        )
    )
    session.flush()
    return list_clauses(session, {"code": fields["code"]}, "", 1)[0]


def with_clauses(session: Session, given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give conditions with what their clauses say and with whom they protect. Raises Invalid."""
    known = _find(session, _FIND, "code", [each.get("clause") for each in given])
    people = _find(session, _PEOPLE, "reference", [each.get("person_id") for each in given])
    for person in people.values():
        PersonMerged.check(person.reference, person.merged_into)
    return [
        _whole(each, f"/conditions/{number}", known, people) for number, each in enumerate(given)
    ]


def _find(
    session: Session, statement: TextClause, other: str, written: Sequence[Any]
) -> dict[str, Any]:
    """Give rows by their id and their other name, each also as it was written."""
    named = {str(each) for each in written if each}
    if not named:
        return {}
    values = {
        "force": session.info["force"],
        "named": [*named, *(as_reference(each) for each in named)],
        "ids": [key.hex for each in named if (key := as_uuid(each)) is not None],
    }
    found: dict[str, Any] = {}
    for row in session.execute(statement, values):
        found[row.id] = found[getattr(row, other)] = row
    rows = {each: found.get(each) or found.get(as_reference(each)) for each in named}
    return {each: row for each, row in rows.items() if row is not None}


def _whole(
    given: Mapping[str, Any], pointer: str, clauses: Mapping[str, Any], people: Mapping[str, Any]
) -> dict[str, Any]:
    found = dict(given)
    if (clause := found.pop("clause", None)) is not None:
        row = clauses.get(str(clause))
        if row is None:
            message = "There is no such clause. GET /v1/order-clauses lists them."
            raise Invalid.field(f"{pointer}/clause", message)
        found = {"kind": row.kind, "category": row.category, "text": row.text} | found
        found["clause_id"] = row.id
    if not found.get("text"):
        raise Invalid.field(f"{pointer}/text", "Say what is forbidden or asked, or name a clause.")
    if (person := found.get("person_id")) is not None:
        row = people.get(str(person))
        if row is None:
            raise Invalid.field(f"{pointer}/person_id", "There is no such person here.")
        found["person_id"], found["known_as"] = row.id, row.name
    return found
