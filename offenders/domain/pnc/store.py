"""SQL of the differences between PNC and register: lists, counts and flags."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.filters import equalities, named_by
from offenders.domain.pnc.finding import FINDING
from offenders.domain.working_days import london_day
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

# Before PostgreSQL 18 a loop that can't be avoided then counts as dear enough to compile the plan.
_JOIN_BY_HASH = text("""
    SELECT current_setting('jit') AS jit,
           set_config('enable_nestloop', 'off', true), set_config('jit', 'off', true)
""")
_JOIN_AS_BEFORE = text("""
    SELECT set_config('enable_nestloop', 'on', true), set_config('jit', :jit, true)
""")
_LAST_EXTRACT = text("""
    SELECT max(received_at) FROM pnc_extracts WHERE force = :force
""")
_SEVERITIES = text("""
    SELECT DISTINCT ON (rule, applies_to) rule, applies_to, severity FROM default_figures
    WHERE rule = ANY (:rules) AND from_on <= :on ORDER BY rule, applies_to, from_on DESC
""")
_HIDES = """
    (coalesce(p.are_addresses_protected AND coalesce(w.follows_address, true), false)
     AND NOT CAST(:sees_protected AS boolean))
"""
# The team of somebody's area would tell where they live, so protected people go to the force's.
_SHOWN = f"""{FINDING}, shown AS MATERIALIZED (
    SELECT CAST(md5(concat_ws(' ', d.kind, d.want_id, d.row_id)) AS uuid) AS id,
           d.kind, d.want_id, d.row_id, d.person_id, d.people, d.since,
           CAST(:force AS text) AS force,
           d.since + make_interval(hours => 24 * CAST(
               CAST(:days AS jsonb) -> d.kind ->> coalesce(w.risk, 'standard') AS int)) AS due_at,
           CAST(:severities AS jsonb) -> d.kind ->> coalesce(w.risk, 'standard') AS severity,
           CASE WHEN w.id IS NULL THEN p.lpa ELSE w.lpa END AS lpa,
           CASE WHEN w.id IS NULL THEN p.neighbourhood ELSE w.neighbourhood END AS neighbourhood,
           w.owner_officer,
           CASE WHEN w.id IS NULL
                THEN 'DUTY-' || coalesce(CASE WHEN NOT p.are_addresses_protected THEN p.lpa END,
                                         CAST(:force AS text))
                WHEN {_HIDES} AND left(w.owner_team, 5) = 'DUTY-' THEN 'DUTY-' || w.force
                ELSE w.owner_team END AS owner_team,
           {_HIDES} AS hides
    FROM difference d
    LEFT JOIN wants w ON w.force = :force AND w.id = d.want_id
    LEFT JOIN persons p ON p.force = :force AND p.id = d.person_id)
"""
_AREAS = {
    "lpa": "CASE WHEN NOT d.hides THEN d.lpa END",
    "neighbourhood": "CASE WHEN NOT d.hides THEN d.neighbourhood END",
}
COLUMNS = {"kind": "d.kind", "severity": "d.severity", **_AREAS}
_EQUAL = {
    **COLUMNS,
    "force": "d.force",
    "owner": "d.owner_officer",
    "team": "d.owner_team",
}
_PERSON_JSON = """
    json_build_object('id', {p}.id, 'reference', {p}.reference, 'family_name', {p}.family_name,
                      'given_names', {p}.given_names, 'date_of_birth', {p}.date_of_birth,
                      'is_child', coalesce({p}.date_of_birth
                                           > CAST(:today AS date) - interval '18 years', false))
"""
_JSON = f"""
    json_build_object('id', d.id, 'kind', d.kind,
        'what', CAST(:meanings AS jsonb) -> d.kind ->> 'what',
        'action', CAST(:meanings AS jsonb) -> d.kind ->> 'action',
        'severity', d.severity, 'force', d.force,
        'lpa', {_AREAS["lpa"]}, 'neighbourhood', {_AREAS["neighbourhood"]},
        'masked', CASE WHEN d.hides THEN CAST('["lpa", "neighbourhood"]' AS json)
                       ELSE CAST('[]' AS json) END,
        'owner', json_build_object('officer', d.owner_officer, 'team', d.owner_team),
        'since', d.since, 'due_at', d.due_at, 'is_overdue', d.due_at < :now,
        'person', CASE WHEN p.id IS NOT NULL THEN {_PERSON_JSON.format(p="p")} END,
        'compare_with', (
            SELECT coalesce(json_agg({_PERSON_JSON.format(p="o")} ORDER BY o.id), '[]')
            FROM persons o WHERE o.force = :force AND o.id = ANY (d.people)),
        'want', CASE WHEN w.id IS NOT NULL THEN json_build_object(
            'id', w.id, 'reference', w.reference, 'state', w.state, 'reason', w.reason,
            'risk', w.risk, 'offence_code', w.offence_code, 'crime_reference', w.crime_reference,
            'circulation', w.circulation, 'pnc_reference', w.pnc_reference,
            'circulated_at', w.circulated_at,
            'circulation_cancelled_at', w.circulation_cancelled_at,
            'entered_at', w.entered_at, 'outcome_at', w.outcome_at, 'version', w.version) END,
        'pnc', CASE WHEN c.id IS NOT NULL THEN json_build_object(
            'id', c.id, 'source_ref', c.source_ref, 'pnc_reference', c.pnc_reference,
            'offence_code', coalesce(c.offence_code, c.offence_code_raw),
            'report_type', coalesce(c.report_type, c.report_type_raw),
            'circulated_at', c.circulated_at, 'family_name', c.family_name,
            'given_names', c.given_names, 'date_of_birth', c.date_of_birth, 'sex', c.sex,
            'pnc_id', coalesce(c.pnc_id, c.pnc_id_raw),
            'cro_number', coalesce(c.cro_number, c.cro_number_raw),
            'invalid', array_remove(ARRAY[
                CASE WHEN c.pnc_id_raw IS NOT NULL THEN 'pnc_id' END,
                CASE WHEN c.cro_number_raw IS NOT NULL THEN 'cro_number' END,
                CASE WHEN c.offence_code_raw IS NOT NULL THEN 'offence_code' END,
                CASE WHEN c.report_type_raw IS NOT NULL THEN 'report_type' END], NULL),
            'first_received_at', c.first_received_at, 'last_seen_at', c.seen_at) END)
"""
_OF = """
    LEFT JOIN wants w ON w.force = :force AND w.id = d.want_id
    LEFT JOIN persons p ON p.force = :force AND p.id = d.person_id
    LEFT JOIN pnc_circulations c ON c.force = :force AND c.id = d.row_id
"""
# One flag for each want, or circulation without one, whatever number of differences it has.
FLAGS = f"""{_SHOWN}
    SELECT CASE WHEN d.want_id IS NULL THEN 'pnc_circulation' ELSE 'want' END AS subject_type,
           coalesce(d.want_id, d.row_id) AS subject_id,
           min(coalesce(w.reference, c.pnc_reference)) AS subject_reference,
           (array_agg(d.person_id ORDER BY d.person_id))[1] AS person_id,
           min(d.lpa) AS lpa, min(d.neighbourhood) AS neighbourhood,
           min(d.owner_officer) AS owner_officer, min(d.owner_team) AS owner_team,
           (array_agg(d.severity ORDER BY array_position(
               ARRAY['alert', 'warning', 'information'], d.severity)))[1] AS severity,
           jsonb_build_object(
               'rule', CAST(:rule AS text),
               'what', 'PNC and the wanted register differ.',
               'differences', jsonb_agg(jsonb_build_object(
                   'kind', d.kind, 'what', CAST(:meanings AS jsonb) -> d.kind ->> 'what',
                   'action', CAST(:meanings AS jsonb) -> d.kind ->> 'action',
                   'pnc_reference', c.pnc_reference, 'since', d.since, 'due_at', d.due_at,
                   'figure', CAST(:days AS jsonb) -> d.kind -> coalesce(w.risk, 'standard'),
                   'unit', 'days', 'source',
                   'GET /v1/rules, ' || (CAST(:meanings AS jsonb) -> d.kind ->> 'figure_of'))
                   ORDER BY d.kind, d.row_id)) AS because,
           min(d.due_at) AS due_at
    FROM shown d {_OF}
    GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Question:
    """What a list or count is asked: filters and scope, the present, and what fits every row.

    `values` are those of the whole search for differences, as `service.finding_values` gives.
    """

    filters: dict[str, Any]
    scope: Scope
    now: datetime
    sees_protected: bool
    values: dict[str, Any]

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give scope and filters as SQL with their values."""
        parts, values = equalities(self.filters, _EQUAL)
        parts.append(self.scope.condition("d"))
        values |= self.values | self.scope.values
        values |= {
            "now": self.now,
            "today": london_day(self.now),
            "sees_protected": self.sees_protected,
        }
        if (written := self.filters.get("person_id")) is not None:
            named, found = named_by("d.person_id", "persons", written)
            parts.append(named)
            values |= found
        if (written := self.filters.get("want")) is not None:
            parts.append(
                "d.want_id IN (SELECT o.id FROM wants o WHERE o.force = :force"
                " AND (o.id = :f_want OR o.reference = :f_reference))"
            )
            values |= {"f_want": as_uuid(written), "f_reference": as_reference(written)}
        if self.filters.get("due_before") is not None:
            parts.append("d.due_at < :f_due_before")
            values["f_due_before"] = self.filters["due_before"]
        if self.filters.get("overdue") is not None:
            parts.append("(d.due_at < :now) = :f_overdue")
            values["f_overdue"] = self.filters["overdue"]
        return " AND ".join(parts), values


@contextmanager
def joined_by_hash(session: Session) -> Iterator[None]:
    """Keep the planner from nested loops: it can't know how many rows a step before gives.

    Between two lists of thousands it would compare each with each.
    """
    jit = session.execute(_JOIN_BY_HASH).one().jit
    yield
    session.execute(_JOIN_AS_BEFORE, {"jit": jit})


def last_extract(session: Session) -> datetime | None:
    """Give when the last full extract of the force was received."""
    found: datetime | None = session.execute(
        _LAST_EXTRACT, {"force": session.info["force"]}
    ).scalar()
    return found


def list_severities(session: Session, rules: Sequence[str], on: Any) -> list[Row[Any]]:
    """Give (rule, applies_to, severity)."""
    return list(session.execute(_SEVERITIES, {"rules": list(rules), "on": on}))


def list_differences(
    session: Session, question: Question, after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give differences, the soonest due first.

    Columns: json, due_at as text, id, want_id, row_id, person_id, people, hides.
    """
    condition, values = question.condition()
    if after is not None:
        condition += (
            " AND (d.due_at, d.id) > (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        )
        values |= {"after_at": after[0], "after_id": after[1]}
    statement = f"""{_SHOWN}
        SELECT {_JSON}::text, d.due_at::text AS due, d.id, d.want_id, d.row_id, d.person_id,
               coalesce(d.people, '{{}}') AS people, d.hides
        FROM (SELECT * FROM shown d WHERE {condition} ORDER BY d.due_at, d.id LIMIT :limit) d
        {_OF} ORDER BY d.due_at, d.id
    """
    with joined_by_hash(session):
        return list(session.execute(text(statement), values | {"limit": limit}))


def count_differences(session: Session, question: Question) -> int:
    """Count the rows that list_differences would give."""
    condition, values = question.condition()
    statement = text(f"{_SHOWN} SELECT count(*) FROM shown d WHERE {condition}")
    with joined_by_hash(session):
        return int(session.execute(statement, values).scalar_one())


def count_groups(session: Session, question: Question, group_by: str) -> list[Row[Any]]:
    """Give (value, differences, overdue) of each group."""
    condition, values = question.condition()
    statement = f"""{_SHOWN}
        SELECT {COLUMNS[group_by]} AS value, count(*) AS differences,
               count(*) FILTER (WHERE d.due_at < :now) AS overdue
        FROM shown d WHERE {condition} GROUP BY 1 ORDER BY 1
    """
    with joined_by_hash(session):
        return list(session.execute(text(statement), values))


def register_teams(session: Session, rule: str) -> None:
    """Put the teams that own open flags of a rule on the register at their first use."""
    statement = text("""
        INSERT INTO teams (force, code, recorded_at)
        SELECT DISTINCT f.force, f.owner_team, CAST(:at AS timestamptz) FROM flags f
        WHERE f.force = :force AND f.rule = :rule AND f.state <> 'cleared'
          AND f.owner_team IS NOT NULL
        ON CONFLICT DO NOTHING
    """)
    values = {"force": session.info["force"], "rule": rule, "at": recorded_at(session)}
    session.execute(statement, values)
