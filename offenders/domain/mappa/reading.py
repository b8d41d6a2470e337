"""Reads of cases and of the local summaries that may be shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.mappa.shown import (
    HIDDEN,
    PLACED,
    PRESENT,
    SUMMARY_HOLDS,
    case_json,
    masked,
    summary_json,
    whole_json,
)
from offenders.domain.persons.shown import person_json
from offenders.domain.reading import Reading, page_of
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from offenders.domain.mappa.asking import Question

_DUE: Final = "coalesce(c.meeting_due_at, 'infinity')"
_MASKED: Final = f"""
    CASE WHEN {HIDDEN} THEN ARRAY['lpa', 'neighbourhood'] ELSE CAST('{{}}' AS text[]) END
"""


def reading_of_cases(question: Question, after: Sequence[Any] | None, limit: int) -> Reading:
    """Give the read of one page, what meets next first; its body lacks the end."""
    condition, values = question.condition()
    if after:
        condition += (
            f" AND ({_DUE}, c.id) > (CAST(:after_0 AS timestamptz), CAST(:after_1 AS uuid))"
        )
        values |= {"after_0": after[0], "after_1": after[1]}
    as_at = question.as_at is not None
    item = f"{case_json(as_at=as_at)} || jsonb_build_object('masked', {masked(with_minutes=False)})"
    rows = f"""
        SELECT k.id, k.key, i.item, i.person_id, i.masked
        FROM (SELECT c.id, {_DUE} AS key {question.source} AND {condition}
              ORDER BY {_DUE}, c.id LIMIT CAST(:limit AS int) + 1) k
        CROSS JOIN LATERAL (
            SELECT CAST({item} AS text) AS item, c.person_id, {_MASKED} AS masked
            {question.source} AND c.force = :force AND c.id = k.id) i
    """
    return Reading(page_of(rows), "mappa_case", values | {"limit": limit})


def count_cases(session: Session, question: Question) -> int:
    """Count the rows of all pages."""
    condition, values = question.condition()
    statement = text(f"SELECT count(*) {question.source} AND {condition}")
    return int(session.execute(statement, values).scalar_one())


def reading_of_case(question: Question, written: str) -> Reading:
    """Give the read of one case with all that hangs on it, by its id or reference."""
    condition, values = question.condition()
    named = "c.id = :id" if as_uuid(written) is not None else "c.reference = :reference"
    as_at = question.as_at is not None
    sql = f"""
        SELECT CAST({whole_json(as_at=as_at)} AS text) AS body, c.version,
               ARRAY[c.id, c.person_id] AS subjects, ARRAY[c.person_id] AS people,
               {masked(with_minutes=True, as_at=as_at)} AS masked,
               CAST('{{}}' AS jsonb) AS details, CAST(NULL AS text) AS after, c.id, c.person_id
        {question.source} AND {condition} AND {named}
    """
    keys = {"id": as_uuid(written), "reference": as_reference(written)}
    return Reading(sql, "mappa_case", values | keys)


_WITH_SUMMARY: Final = PRESENT.format(
    further="JOIN mappa_local_summaries b ON b.force = c.force AND b.case_id = c.id"
)


def count_summaries(session: Session, question: Question) -> int:
    """Count the local summaries of all pages."""
    condition, values = question.condition()
    statement = text(f"SELECT count(*) {_WITH_SUMMARY} AND {condition} AND {SUMMARY_HOLDS}")
    return int(session.execute(statement, values).scalar_one())


def reading_of_summaries(question: Question, after: Sequence[Any] | None, limit: int) -> Reading:
    """Give a page of the local summaries that may be shown: the newest first, and nothing else."""
    condition, values = question.condition()
    if after:
        condition += """
            AND (b.published_at, b.id) < (CAST(:after_0 AS timestamptz), CAST(:after_1 AS uuid))
        """
        values |= {"after_0": after[0], "after_1": after[1]}
    rows = f"""
        SELECT c.id, row_number() OVER (ORDER BY b.published_at DESC, b.id DESC) AS key,
               c.person_id, {_MASKED} AS masked, b.published_at, b.id AS summary_id,
               CAST({summary_json()} || jsonb_build_object(
                   'case_id', c.id, 'reference', c.reference, 'person_id', c.person_id,
                   'person', {person_json()}, 'state', c.state, 'manager', c.owner_officer,
                   'lpa', CASE WHEN NOT {HIDDEN} THEN s.lpa END,
                   'neighbourhood', CASE WHEN NOT {HIDDEN} THEN s.neighbourhood END,
                   'masked', {masked(with_minutes=False)}) AS text) AS item
        {_WITH_SUMMARY} AND {condition} AND {SUMMARY_HOLDS}
        ORDER BY b.published_at DESC, b.id DESC LIMIT CAST(:limit AS int) + 1
    """
    page = page_of(rows, after="r.published_at, r.summary_id")
    return Reading(page, "mappa_case", values | {"limit": limit})


def cases_of_person(question: Question, *, is_whole: bool) -> tuple[str, dict[str, Any]]:
    """Give the SQL of (cases, case_ids) of an outer `p`, open or referred, and its values.

    Without `is_whole` only the local summary of each open case, for who may read no more.
    """
    condition = question.scope.condition("s", "mappa_scope")
    shown = case_json() if is_whole else summary_json()
    join = "" if is_whole else "JOIN mappa_local_summaries b ON b.force = c.force"
    kept = "c.stage IN ('referred', 'open')"
    if not is_whole:
        join += " AND b.case_id = c.id"
        kept = f"c.stage = 'open' AND {SUMMARY_HOLDS}"
    sql = f"""
        SELECT coalesce(json_agg({shown} ORDER BY c.started_on, c.id), '[]') AS cases,
               coalesce(array_agg(c.id ORDER BY c.started_on, c.id), '{{}}') AS case_ids
        FROM mappa_cases c CROSS JOIN LATERAL (SELECT p.are_addresses_protected) g
        {PLACED} {join}
        WHERE {condition} AND c.person_id = p.id AND {kept}
    """
    return sql, question.condition()[1] | question.scope.values_as("mappa_scope")
