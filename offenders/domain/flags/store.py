"""SQL of flags as they are read: lists, counts and single flags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders.db import recorded_at
from offenders.domain.filters import equalities
from offenders.domain.flags.models import Flag
from offenders.domain.flags.rules import unseen_subjects
from offenders.errors import NotFound
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope, Sight

# A suppression ends by itself, so what is kept is read at the moment asked for.
_STATE = """
    CASE WHEN f.state = 'suppressed' AND f.suppressed_until <= :now THEN 'open' ELSE f.state END
"""
# The area of a flag would tell where a person lives whose addresses are protected; protection
# begun later covers the past, too.
_SHOWN = f"""
    SELECT f.*, {_STATE} AS shown_state,
           NOT :sees_protected AND coalesce(p.are_addresses_protected, false) AS hides
"""
_PRESENT = f"""{_SHOWN}
    FROM flags f LEFT JOIN persons p ON p.force = f.force AND p.id = f.person_id
    WHERE true
"""
_AS_AT = f"""{_SHOWN}
    FROM flags_history f
    LEFT JOIN persons p ON p.force = f.force AND p.id = f.person_id
    WHERE f.recorded_from <= :as_at AND (f.recorded_to IS NULL OR f.recorded_to > :as_at)
"""
_LPA = "CASE WHEN NOT f.hides THEN f.lpa END"
_NEIGHBOURHOOD = "CASE WHEN NOT f.hides THEN f.neighbourhood END"
_SUBJECT = """
    json_build_object('type', f.subject_type, 'id', f.subject_id, 'reference', f.subject_reference)
"""
_JSON = f"""
    json_build_object('id', f.id, 'rule', f.rule, 'severity', f.severity, 'subject', {_SUBJECT},
        'person', f.person_id, 'force', f.force, 'lpa', {_LPA}, 'neighbourhood', {_NEIGHBOURHOOD},
        'masked', CASE WHEN f.hides THEN CAST('["lpa", "neighbourhood"]' AS json)
                       ELSE CAST('[]' AS json) END,
        'because', f.because, 'due_at', f.due_at, 'raised_at', f.raised_at,
        'state', f.shown_state,
        'owner', json_build_object(
            'officer', f.owner_officer,
            'team', CASE WHEN f.hides AND left(f.owner_team, 5) = 'DUTY-'
                         THEN 'DUTY-' || f.force ELSE f.owner_team END),
        'acknowledged_at', f.acknowledged_at, 'acknowledged_by', f.acknowledged_by,
        'acknowledged_note', f.acknowledged_note,
        'suppressed_at', f.suppressed_at, 'suppressed_until', f.suppressed_until,
        'suppressed_by', f.suppressed_by, 'suppressed_because', f.suppressed_because,
        'cleared_at', f.cleared_at, 'cleared_because', f.cleared_because, 'version', f.version)
"""
_SHORT_JSON = f"""
    json_build_object('id', f.id, 'rule', f.rule, 'severity', f.severity, 'subject', {_SUBJECT},
        'due_at', f.due_at, 'raised_at', f.raised_at, 'state', {_STATE})
"""

COLUMNS = {
    "rule": "f.rule",
    "severity": "f.severity",
    "subject_type": "f.subject_type",
    "force": "f.force",
    "lpa": _LPA,
    "neighbourhood": _NEIGHBOURHOOD,
    "state": "f.shown_state",
}


@dataclass(frozen=True)
class Question:
    """What a list or count is asked: filters and scope, the present and, if any, a past moment."""

    filters: dict[str, Any]
    scope: Scope
    now: datetime
    sight: Sight
    as_at: datetime | None = None

    @property
    def every_state(self) -> str:
        """Give what is read, cleared or not."""
        return f"({self._shown}) f"

    @property
    def source(self) -> str:
        """Give what is read; without `state`, all that is not cleared."""
        is_live = "f.state = 'cleared'" if self._asks_cleared else "f.state <> 'cleared'"
        return f"({self._shown} AND {is_live}) f"

    @property
    def values(self) -> dict[str, Any]:
        """Give the values of the scope and of what is read."""
        return {
            **self.scope.values,
            "now": self.as_at or self.now,
            "as_at": self.as_at,
            "sees_protected": self.sight.protected_addresses,
        }

    @property
    def _shown(self) -> str:
        return _PRESENT if self.as_at is None else _AS_AT

    @property
    def _asks_cleared(self) -> bool:
        return bool(self.filters.get("state") == "cleared")

    def condition(self) -> tuple[str, dict[str, Any]]:
        """Give scope and filters as SQL with their values."""
        parts, values = equalities(self.filters, COLUMNS)
        parts += [self.scope.condition("f"), seen_subjects(self.sight)]
        values |= self.values
        if not self._asks_cleared:
            parts.append("f.shown_state <> 'cleared'")
        if self.filters.get("subject_id") is not None:
            written = self.filters["subject_id"]
            parts.append("(f.subject_id = :f_subject OR f.subject_reference = :f_reference)")
            values |= {"f_subject": as_uuid(written), "f_reference": as_reference(written)}
        if self.filters.get("due_before") is not None:
            parts.append("f.due_at < :f_due_before")
            values["f_due_before"] = self.filters["due_before"]
        return " AND ".join(parts), values


def list_flags(
    session: Session, question: Question, after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give flags, the newest first, as (json, raised_at, id, person_id, hides)."""
    condition, values = question.condition()
    if after is not None:
        condition += (
            " AND (f.raised_at, f.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        )
        values |= {"after_at": after[0], "after_id": after[1]}
    statement = f"""
        SELECT {_JSON}::text, f.raised_at::text, f.id, f.person_id, f.hides
        FROM {question.source} WHERE {condition}
        ORDER BY f.raised_at DESC, f.id DESC LIMIT :limit
    """
    return list(session.execute(text(statement), values | {"limit": limit}))


def list_rehearsed(session: Session, question: Question, limit: int) -> list[Row[Any]]:
    """Give flags, the soonest due first; one raised in this transaction has no id to keep."""
    condition, values = question.condition()
    not_yet = "json_build_object('id', NULL, 'raised_at', NULL, 'version', NULL)::jsonb"
    statement = f"""
        SELECT CASE WHEN f.raised_at >= :began THEN ({_JSON}::jsonb || {not_yet})::text
                    ELSE {_JSON}::text END,
               CASE WHEN f.raised_at < :began THEN f.id END AS id, f.person_id, f.hides
        FROM {question.source} WHERE {condition}
        ORDER BY f.due_at NULLS LAST, f.rule, f.subject_id LIMIT :limit
    """
    values |= {"limit": limit, "began": recorded_at(session)}
    return list(session.execute(text(statement), values))


def count_flags(session: Session, question: Question) -> int:
    """Count the rows that list_flags would give."""
    condition, values = question.condition()
    statement = text(f"SELECT count(*) FROM {question.source} WHERE {condition}")
    return int(session.execute(statement, values).scalar_one())


def count_groups(session: Session, question: Question, group_by: Sequence[str]) -> list[Row[Any]]:
    """Give a row of each group: its values in the order asked, then `flags`, how many they are."""
    condition, values = question.condition()
    columns = "".join(f"{COLUMNS[name]} AS {name}, " for name in group_by)
    places = ", ".join(str(number) for number in range(1, len(group_by) + 1))
    grouping = f"GROUP BY {places} ORDER BY {places}" if group_by else ""
    statement = f"""
        SELECT {columns} count(*) AS flags
        FROM {question.source} WHERE {condition} {grouping}
    """
    return list(session.execute(text(statement), values))


def show_flag(session: Session, question: Question, flag_id: UUID) -> Row[Any] | None:
    """Give one flag as (json, id, person_id, version, hides)."""
    statement = f"""
        SELECT {_JSON}::text, f.id, f.person_id, f.version, f.hides FROM {question.every_state}
        WHERE {question.scope.condition("f")} AND {seen_subjects(question.sight)} AND f.id = :id
    """
    return session.execute(text(statement), question.values | {"id": flag_id}).one_or_none()


def get_flag(session: Session, scope: Scope, sight: Sight, flag_id: UUID | None) -> Flag:
    """Give the flag for a change, locked until the transaction ends."""
    statement = select(Flag).where(Flag.force == scope.force, Flag.id == flag_id)
    flag = session.execute(statement.with_for_update()).scalar_one_or_none()
    if flag is None or not scope.covers(flag.lpa, flag.neighbourhood):
        raise NotFound
    if flag.subject_type in unseen_subjects(sight):
        raise NotFound
    return flag


def seen_subjects(sight: Sight) -> str:
    """Give the condition that leaves out flags of subjects that the reader may not see."""
    unseen = ", ".join(f"'{each}'" for each in unseen_subjects(sight))
    return f"f.subject_type NOT IN ({unseen})" if unseen else "true"


def open_flags_of_person(scope: Scope, sight: Sight) -> str:
    """Give the SQL of what is not cleared of an outer `p`, as a JSON array; it takes `:now`."""
    return f"""(
        SELECT coalesce(json_agg({_SHORT_JSON} ORDER BY f.raised_at, f.id), '[]')
        FROM flags f
        WHERE {scope.condition("f", "flag_scope")} AND {seen_subjects(sight)}
          AND f.person_id = p.id
          AND f.state <> 'cleared')"""
