"""SQL of what is read of wants: one, a page of them, their count, and those of a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.domain.persons.managing import HIGHEST_RISK
from offenders.domain.persons.shown import person_json
from offenders.domain.reading import Reading
from offenders.domain.wanted.asking import HIDDEN, TEAM, area
from offenders.domain.wanted.rules import OUTSTANDING
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.wanted.asking import Question, Sort

# OFFSET 0 keeps these from being planned as a join of whole tables: one look-up for each row.
_ROWS_PERSON = """
    CROSS JOIN LATERAL (SELECT * FROM persons x
                        WHERE x.force = w.force AND x.id = w.person_id OFFSET 0) p
    CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
"""
_ROWS_PERSON_THEN = """
    CROSS JOIN LATERAL (
        SELECT * FROM persons_history x WHERE x.force = w.force AND x.id = w.person_id
         AND x.recorded_from <= :as_at AND (x.recorded_to IS NULL OR x.recorded_to > :as_at)
        OFFSET 0) p
    CROSS JOIN LATERAL (SELECT x.are_addresses_protected FROM persons x
                        WHERE x.force = w.force AND x.id = w.person_id OFFSET 0) g
"""


def want_json(*, as_at: bool = False) -> str:
    """Give the JSON of a want over `w` and `p`; `:now` is the moment for what is overdue."""
    return f"""json_build_object(
        'id', w.id, 'reference', w.reference, 'force', w.force, 'person_id', w.person_id,
        'person', {person_json(as_at=as_at)},
        'state', w.state, 'reason', w.reason, 'basis', w.basis,
        'offence_code', w.offence_code, 'offence', (
            SELECT o.title FROM offences o WHERE o.code = w.offence_code),
        'crime_reference', w.crime_reference, 'power', w.power,
        'warrant_number', w.warrant_number, 'court', w.court,
        'warrant_category', w.warrant_category, 'backed_for_bail', w.backed_for_bail,
        'risk', w.risk, 'risk_rationale', w.risk_rationale, 'priority', w.priority,
        'managed_risk', {"NULL" if as_at else HIGHEST_RISK},
        'domestic_abuse', w.domestic_abuse, 'priority_crime', w.priority_crime,
        'lpa', {area("lpa")}, 'neighbourhood', {area("neighbourhood")},
        'follows_address', w.follows_address,
        'masked', CASE WHEN {HIDDEN} THEN CAST('["lpa", "neighbourhood"]' AS json)
                       ELSE CAST('[]' AS json) END,
        'owner_officer', w.owner_officer, 'owner_team', {TEAM},
        'circulation', w.circulation, 'circulated_at', w.circulated_at,
        'circulation_cancelled_at', w.circulation_cancelled_at,
        'pnc_reference', w.pnc_reference,
        'entered_at', w.entered_at, 'target_arrest_by', w.target_arrest_by,
        'review_due_at', w.review_due_at, 'validation_due_at', w.validation_due_at,
        'activity_due_at', w.activity_due_at, 'last_activity_at', w.last_activity_at,
        'last_reviewed_at', w.last_reviewed_at, 'last_validated_at', w.last_validated_at,
        'overdue', CASE WHEN w.state = 'outstanding' THEN array_remove(ARRAY[
            CASE WHEN w.target_arrest_by < :now THEN 'arrest' END,
            CASE WHEN w.review_due_at < :now THEN 'review' END,
            CASE WHEN w.validation_due_at < :now THEN 'validation' END,
            CASE WHEN w.activity_due_at < :now THEN 'activity' END], NULL) ELSE '{{}}' END,
        'outcome', CASE WHEN w.state <> 'outstanding' THEN w.state END,
        'outcome_at', w.outcome_at, 'outcome_reason', w.outcome_reason,
        'custody_number', w.custody_number,
        'recorded_at', w.recorded_at, 'updated_at', w.updated_at, 'version', w.version)"""


def reading_of_wants(
    question: Question, sort: Sort, after: Sequence[Any] | None, limit: int
) -> Reading:
    """Give the read of one page of wants; its body lacks `next` and the closing brace."""
    condition, values = question.condition()
    is_past = question.as_at is not None
    keys = [*sort.keys, "w.id"]
    direction = "DESC" if sort.descends else "ASC"
    if after is not None:
        bound = ", ".join(
            f"CAST(:after_{number} AS {cast})" for number, cast in enumerate([*sort.casts, "uuid"])
        )
        condition += f" AND ({', '.join(keys)}) {'<' if sort.descends else '>'} ({bound})"
        values |= {f"after_{number}": value for number, value in enumerate(after)}
    order = ", ".join(f"{key} {direction}" for key in keys)
    ordered = ", ".join(f"w.key_{number} {direction}" for number in range(len(keys)))
    picked = ", ".join(f"{key} AS key_{number}" for number, key in enumerate(keys))
    shown = ", ".join(f"CAST(w.key_{number} AS text)" for number in range(len(keys)))
    sql = f"""
        SELECT '{{"items":[' || array_to_string(s.items[1 : s.most], ',') || ']' AS body,
               CAST(NULL AS int) AS version,
               s.ids[1 : s.most] || ARRAY(SELECT DISTINCT unnest(s.people[1 : s.most]))
                   AS subjects,
               s.people[1 : s.most] AS people,
               CASE WHEN true = ANY (s.hidden[1 : s.most]) THEN ARRAY['lpa', 'neighbourhood']
                    ELSE CAST('{{}}' AS text[]) END AS masked,
               CAST('{{}}' AS jsonb) AS details,
               CASE WHEN cardinality(s.ids) > s.most THEN s.keys[s.most] END AS after
        FROM (
            SELECT CAST(:limit AS int) AS most,
                   coalesce(array_agg(CAST({want_json(as_at=is_past)} AS text)
                                      ORDER BY {ordered}), '{{}}') AS items,
                   coalesce(array_agg(w.id ORDER BY {ordered}), '{{}}') AS ids,
                   coalesce(array_agg(w.person_id ORDER BY {ordered}), '{{}}') AS people,
                   coalesce(array_agg({HIDDEN} ORDER BY {ordered}), '{{}}') AS hidden,
                   coalesce(array_agg(CAST(json_build_array({shown}) AS text)
                                      ORDER BY {ordered}), '{{}}') AS keys
            FROM (SELECT w.*, {picked} {question.picking} AND {condition}
                  ORDER BY {order} LIMIT CAST(:limit AS int) + 1) w
            {_ROWS_PERSON_THEN if is_past else _ROWS_PERSON}) s
    """
    return Reading(sql, "want", values | {"limit": limit})


def count_wants(session: Session, question: Question) -> int:
    """Count the rows of all pages."""
    condition, values = question.condition()
    statement = text(f"SELECT count(*) {question.picking} AND {condition}")
    return int(session.execute(statement, values).scalar_one())


def want_columns(question: Question) -> str:
    """Give the columns of a Reading, and id and person_id, over `w`, `p` and `g`."""
    return f"""
        CAST({want_json(as_at=question.as_at is not None)} AS text) AS body, w.version,
        ARRAY[w.id, w.person_id] AS subjects, ARRAY[w.person_id] AS people,
        CASE WHEN {HIDDEN} THEN ARRAY['lpa', 'neighbourhood']
             ELSE CAST('{{}}' AS text[]) END AS masked,
        CAST('{{}}' AS jsonb) AS details, CAST(NULL AS text) AS after, w.id, w.person_id
    """


def reading_of_want(question: Question, written: str) -> Reading:
    """Give the read of one want, by its id or reference."""
    condition, values = question.condition()
    named = "w.id = :id" if as_uuid(written) is not None else "w.reference = :reference"
    sql = f"SELECT {want_columns(question)} {question.source} AND {condition} AND {named}"
    keys = {"id": as_uuid(written), "reference": as_reference(written)}
    return Reading(sql, "want", values | keys)


def open_wants_of_person(question: Question) -> tuple[str, dict[str, Any]]:
    """Give the SQL of (wants, want_ids) of an outer `p` that the reader may see, and its values."""
    condition = question.scope.condition("w", "want_scope")
    sql = f"""
        SELECT coalesce(json_agg({want_json()} ORDER BY w.entered_at, w.id), '[]') AS wants,
               coalesce(array_agg(w.id ORDER BY w.entered_at, w.id), '{{}}') AS want_ids
        FROM wants w CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
        WHERE {condition} AND w.person_id = p.id AND w.state = '{OUTSTANDING}'
    """
    return sql, question.condition()[1] | question.scope.values_as("want_scope")
