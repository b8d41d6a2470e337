"""SQL of data quality: rows of each kind, their counts by area, and pairs of people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders import clock
from offenders.domain.filters import equalities
from offenders.domain.quality.kinds import KINDS, Kind
from offenders.domain.wanted.asking import PERSON, TEAM

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

AREAS = ("lpa", "neighbourhood")
_WANTED = """EXISTS (SELECT FROM wants v WHERE v.force = p.force AND v.person_id = p.id
                     AND v.state = 'outstanding')"""
_PROTECTED = "NOT :sees_protected AND p.are_addresses_protected"
# The states of a pair in the words of the decision.
_STATE = "CASE d.state WHEN 'different' THEN 'not_the_same' ELSE d.state END"


@dataclass(frozen=True)
class Question:
    """Whose rows are asked for: area, reach of the reader, and may they see protected areas."""

    filters: Mapping[str, Any]
    scope: Scope
    sees_protected: bool

    def area(self, column: str, of: str, hidden: str) -> str:
        """Give the area as the reader may see it."""
        return f"CASE WHEN NOT ({hidden}) THEN {of}.{column} END"

    def conditions(self, of: str, hidden: str) -> tuple[str, dict[str, Any]]:
        """Give the filters by area as SQL."""
        areas = {name: self.area(name, of, hidden) for name in AREAS}
        parts, values = equalities(self.filters, areas)
        return " AND ".join(["true", *parts]), {
            **values,
            **self.scope.values,
            "sees_protected": self.sees_protected,
            "today": clock.today(),
        }


@dataclass(frozen=True)
class _Source:
    """Where the rows of a subject come from; `of` is the alias that has the area."""

    sql: str
    of: str
    hidden: str
    id: str
    json: str
    people: str
    scope: tuple[str, ...]


_PERSON = "'person', json_build_object('id', p.id, 'reference', p.reference)"
_SOURCES = {
    "want": _Source(
        f"FROM wants w {PERSON} WHERE w.state = 'outstanding'",
        "w",
        f"w.follows_address AND {_PROTECTED}",
        "w.id",
        f"""'subject', json_build_object('type', 'want', 'id', w.id, 'reference', w.reference),
            {_PERSON}, 'owner_officer', w.owner_officer, 'owner_team', {TEAM},
            'reason', w.reason, 'risk', w.risk, 'href', '/v1/wanted/' || w.id""",
        "ARRAY[w.person_id]",
        ("w",),
    ),
    "person": _Source(
        f"FROM persons p WHERE {_WANTED}",
        "p",
        _PROTECTED,
        "p.id",
        f"""'subject', json_build_object('type', 'person', 'id', p.id, 'reference', p.reference),
            {_PERSON}, 'href', '/v1/people/' || p.id""",
        "ARRAY[p.id]",
        ("p",),
    ),
    # One that the person has since been given rightly is no longer in doubt.
    "identifier": _Source(
        """FROM person_identifiers i JOIN persons p ON p.force = i.force AND p.id = i.person_id
           WHERE i.state = 'invalid' AND NOT EXISTS (
               SELECT FROM person_identifiers v
               WHERE v.force = i.force AND v.person_id = i.person_id AND v.type = i.type
                 AND v.state = 'valid' AND v.recorded_at >= i.recorded_at)""",
        "p",
        _PROTECTED,
        "i.id",
        f"""'subject', json_build_object('type', 'identifier', 'id', i.id, 'reference', NULL),
            {_PERSON}, 'type', i.type, 'raw_value', i.raw_value, 'source', i.source,
            'recorded_at', i.recorded_at, 'href', '/v1/people/' || p.id || '/identifiers'""",
        "ARRAY[p.id]",
        ("p",),
    ),
    # A pair lies in the area of its first person, and is there for whoever reaches either.
    "duplicate": _Source(
        """FROM duplicate_candidates d
           JOIN persons p ON p.force = d.force AND p.id = d.person_id
           JOIN persons q ON q.force = d.force AND q.id = d.other_person_id
           WHERE (d.state <> 'open' OR (p.merged_into IS NULL AND q.merged_into IS NULL))""",
        "p",
        _PROTECTED,
        "d.id",
        f"""'id', d.id, 'state', {_STATE}, 'evidence', d.evidence, 'people', json_build_array(
                json_build_object('id', p.id, 'reference', p.reference,
                                  'href', '/v1/people/' || p.id),
                json_build_object('id', q.id, 'reference', q.reference,
                                  'href', '/v1/people/' || q.id)),
            'decisions', (
                SELECT coalesce(json_agg(json_build_object('id', c.id, 'decision', c.decision,
                           'reason', c.reason, 'decided_by', c.decided_by,
                           'recorded_at', c.recorded_at) ORDER BY c.recorded_at, c.id), '[]')
                FROM duplicate_decisions c
                WHERE c.force = d.force AND c.candidate_id = d.id),
            'recorded_at', d.recorded_at, 'version', d.version,
            'href', '/v1/data-quality/duplicates/' || d.id""",
        "ARRAY[p.id, q.id]",
        ("p", "q"),
    ),
}


def _reach(source: _Source, scope: Scope) -> str:
    return "(" + " OR ".join(scope.of_areas.condition(alias) for alias in source.scope) + ")"


def _condition(kind: Kind) -> str:
    return kind.condition or {"duplicate": "d.state = 'open'"}.get(kind.subject, "true")


def count_rows(
    session: Session, question: Question, subject: str, group_by: str
) -> dict[str, dict[str | None, int]]:
    """Count the rows of each kind of this subject by area, in one statement."""
    source = _SOURCES[subject]
    condition, values = question.conditions(source.of, source.hidden)
    kinds = [kind for kind in KINDS.values() if kind.subject == subject]
    counts = ", ".join(
        f"count(*) FILTER (WHERE {_condition(kind)}) AS k{number}"
        for number, kind in enumerate(kinds)
    )
    statement = f"""
        SELECT {question.area(group_by, source.of, source.hidden)} AS area, {counts}
        {source.sql} AND p.force = :force AND {_reach(source, question.scope)} AND {condition}
        GROUP BY 1 ORDER BY 1
    """
    rows = list(session.execute(text(statement), values))
    return {
        kind.name: {row.area: row[number] for row in rows if row[number]}
        for number, kind in enumerate(kinds, start=1)
    }


def _listed(question: Question, kind: Kind, state: str | None) -> tuple[str, dict[str, Any]]:
    """Give FROM and WHERE of the rows of a kind, with their values."""
    source = _SOURCES[kind.subject]
    condition, values = question.conditions(source.of, source.hidden)
    doubt = _condition(kind)
    if kind.subject == "duplicate":
        doubt = f"(CAST(:state AS text) IS NULL OR {_STATE} = :state)"
    sql = f"""{source.sql} AND p.force = :force AND {_reach(source, question.scope)}
              AND {condition} AND {doubt}"""
    return sql, values | {"state": state}


def list_rows(  # noqa: PLR0913 - the parts of one page
    session: Session,
    question: Question,
    kind: Kind,
    *,
    state: str | None = None,
    only: UUID | None = None,
    after: UUID | None = None,
    limit: int = 1,
) -> list[Row[Any]]:
    """Give rows of a kind as (json, id, people, hides, version); pairs of a state, or one pair."""
    source = _SOURCES[kind.subject]
    listed, values = _listed(question, kind, state)
    shown = [f"'{name}', {question.area(name, source.of, source.hidden)}" for name in AREAS]
    version = "d.version" if kind.subject == "duplicate" else "NULL::int"
    statement = f"""
        SELECT json_build_object('kind', :kind, {source.json}, {", ".join(shown)})::text,
               {source.id} AS id, {source.people} AS people, {source.hidden} AS hides,
               {version} AS version
        {listed}
          AND (CAST(:only AS uuid) IS NULL OR {source.id} = :only)
          AND (CAST(:after AS uuid) IS NULL OR {source.id} > :after)
        ORDER BY {source.id} LIMIT :limit
    """
    bound = {"kind": kind.name, "only": only, "after": after, "limit": limit}
    return list(session.execute(text(statement), values | bound))


def count_listed(session: Session, question: Question, kind: Kind, state: str | None) -> int:
    """Count the rows that list_rows would give."""
    listed, values = _listed(question, kind, state)
    return int(session.execute(text(f"SELECT count(*) {listed}"), values).scalar_one())


def list_known(session: Session) -> Row[Any]:
    """Tell whether the force has ever had wants, and people."""
    statement = text("""
        SELECT EXISTS (SELECT FROM wants WHERE force = :force) AS wants,
               EXISTS (SELECT FROM persons WHERE force = :force) AS people
    """)
    return session.execute(statement, {"force": session.info["force"]}).one()
