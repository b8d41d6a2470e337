"""SQL of flags: raising and clearing by whole rules, lists, counts and single flags."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.filters import equalities
from offenders.domain.flags.models import Flag
from offenders.domain.flags.rules import unseen_subjects, unseen_task_subjects
from offenders.errors import NotFound
from offenders.ids import as_reference, as_uuid
from offenders.statements import Statement, ask_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row, TextClause
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope, Sight

# The layout of ids.new_id, one for each row: milliseconds, version 8, force, variant, random.
_NEW_ID = """
    CAST(lpad(to_hex(CAST(floor(extract(epoch FROM clock_timestamp()) * 1000) AS bigint)), 12, '0')
         || '8' || lpad(to_hex(CAST(CAST(:flag_force AS text) AS int)), 3, '0')
         || right(replace(CAST(gen_random_uuid() AS text), '-', ''), 16) AS uuid)
"""
_FACTS = {
    "subject_reference": "text",
    "person_id": "uuid",
    "lpa": "text",
    "neighbourhood": "text",
    "owner_officer": "text",
    "owner_team": "text",
    "severity": "text",
    "because": "jsonb",
    "due_at": "timestamptz",
}
_NAMES = ", ".join(_FACTS)
# In the order of subjects, so that a sweep and a preview never wait for each other in a ring.
_RAISE = f"""
    INSERT INTO flags (force, id, rule, raised_at, subject_type, subject_id, {_NAMES})
    SELECT CAST(:flag_force AS text), {_NEW_ID}, :flag_rule, CAST(:flag_at AS timestamptz),
           d.subject_type, d.subject_id, {", ".join(f"d.{name}" for name in _FACTS)}
    FROM {{due}} d ORDER BY d.subject_id
    ON CONFLICT (force, rule, subject_id) WHERE state <> 'cleared' DO NOTHING
    RETURNING *
"""
# What was just raised has no history to close.
_KEPT = ", ".join(column.name for column in Flag.__table__.columns)
_KEEP = f"""
    INSERT INTO flags_history ({_KEPT}, recorded_from)
    SELECT {_KEPT}, CAST(:flag_at AS timestamptz) FROM raised
"""
# What is due beside what is flagged. A full join can't be a nested loop, into which statistics
# of before thousands of flags were raised at once would otherwise lead.
_BESIDE = f"""
    beside AS MATERIALIZED (
        SELECT f.id, d.subject_id IS NULL AS is_over,
               ({", ".join(f"f.{name}" for name in _FACTS)})
                   IS DISTINCT FROM ({", ".join(f"d.{name}" for name in _FACTS)}) AS differs,
               d.subject_type, d.subject_id, {", ".join(f"d.{name}" for name in _FACTS)}
        FROM (SELECT * FROM flags f
              WHERE f.force = :flag_force AND f.rule = :flag_rule AND f.state <> 'cleared'
              {{whose}}) f
        FULL JOIN due d ON d.subject_id = f.subject_id)
"""
_ENDED = "f.state = 'suppressed' AND (f.suppressed_until <= :flag_now OR d.severity = 'alert')"
_RENEWED = ", ".join(
    f"{name} = CASE WHEN d.is_over THEN f.{name} ELSE d.{name} END" for name in _FACTS
)
_BRING_UP_TO_DATE = f"""
    UPDATE flags f
    SET state = CASE WHEN d.is_over THEN 'cleared' WHEN {_ENDED} THEN 'open' ELSE f.state END,
        cleared_at = CASE WHEN d.is_over
                          THEN greatest(:flag_at, f.raised_at + interval '1 microsecond') END,
        cleared_because = CASE WHEN d.is_over THEN CAST(:flag_because AS text) END,
        {_RENEWED}, version = f.version + 1
    FROM beside d
    WHERE f.force = :flag_force AND f.id = d.id AND f.state <> 'cleared'
      AND (d.is_over OR d.differs OR {_ENDED})
    RETURNING f.id, f.state
"""
_CLEAR = text("""
    UPDATE flags f
    SET state = 'cleared', version = f.version + 1, cleared_because = :because,
        cleared_at = greatest(:at, f.raised_at + interval '1 microsecond')
    WHERE f.force = :force AND f.subject_id = ANY (CAST(:subject_ids AS uuid[]))
      AND f.rule = ANY (:rules) AND f.state <> 'cleared'
    RETURNING f.id
""")
_FOLLOW = text("""
    UPDATE flags f
    SET lpa = :lpa, neighbourhood = :neighbourhood, owner_officer = :owner_officer,
        owner_team = :owner_team, version = f.version + 1
    WHERE f.force = :force AND f.subject_id = :subject_id AND f.state <> 'cleared'
      AND (f.lpa, f.neighbourhood, f.owner_officer, f.owner_team) IS DISTINCT FROM
          (CAST(:lpa AS text), CAST(:neighbourhood AS text), CAST(:owner_officer AS text),
           CAST(:owner_team AS text))
    RETURNING f.id
""")

_MOVE = text("""
    UPDATE flags f SET lpa = d.lpa, neighbourhood = d.neighbourhood, version = f.version + 1
    FROM unnest(CAST(:subjects AS uuid[]), CAST(:lpas AS text[]),
                CAST(:neighbourhoods AS text[])) d (subject_id, lpa, neighbourhood)
    WHERE f.force = :force AND f.subject_id = d.subject_id AND f.state <> 'cleared'
      AND (f.lpa, f.neighbourhood) IS DISTINCT FROM (d.lpa, d.neighbourhood)
    RETURNING f.id
""")

_MOVE_QUEUES = text("""
    UPDATE flags f SET lpa = d.lpa, owner_team = d.team, version = f.version + 1
    FROM unnest(CAST(:subjects AS uuid[]), CAST(:lpas AS text[]), CAST(:teams AS text[]))
         d (subject_id, lpa, team)
    WHERE f.force = :force AND f.subject_id = d.subject_id AND f.state <> 'cleared'
      AND (f.lpa, f.owner_team) IS DISTINCT FROM (d.lpa, d.team)
    RETURNING f.id
""")

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


def raise_due(session: Session, rule: str, sql: str, values: dict[str, Any]) -> int:
    """Raise a flag for each row of the source that has none open, with history; give how many."""
    statement = text(f"""
        WITH {_due(sql)}, raised AS ({_RAISE.format(due="due")}), kept AS ({_KEEP})
        SELECT count(*) FROM raised
    """)
    return int(session.execute(statement, values | _own_values(session, rule, "")).scalar_one())


def settle(  # noqa: PLR0913 - which flags, by what source, and why they clear
    session: Session,
    rule: str,
    sql: str,
    values: dict[str, Any],
    because: str,
    *,
    subject_id: UUID | None = None,
) -> Row[Any]:
    """Raise what is due, clear what no longer is and renew the rest, over one reading of it.

    With `subject_id`, of which the source must then be, only that subject's flag. Gives how
    many were raised, with their history, and cleared; and the ids of those cleared or renewed,
    whose history is still to be kept.
    """
    own = _own_values(session, rule, because) | {"flag_subject": subject_id}
    if subject_id is None:
        return ask_all(session, _sweeping(sql), values | own).one()
    return session.execute(_settling_one(sql), values | own).one()


@lru_cache(maxsize=64)
def _settling_one(sql: str) -> TextClause:
    return text(_settling(sql, "AND f.subject_id = :flag_subject"))


@lru_cache(maxsize=64)
def _sweeping(sql: str) -> Statement:
    """Give what goes over a whole force, to be planned once for all forces."""
    return Statement(_settling(sql, ""))


def _settling(sql: str, whose: str) -> str:
    unflagged = "(SELECT * FROM beside WHERE id IS NULL)"
    return f"""
        WITH {_due(sql)}, {_BESIDE.format(whose=whose)},
             raised AS ({_RAISE.format(due=unflagged)}), kept AS ({_KEEP}),
             dated AS ({_BRING_UP_TO_DATE})
        SELECT (SELECT count(*) FROM raised) AS raised,
               (SELECT count(*) FROM dated WHERE state = 'cleared') AS cleared,
               ARRAY(SELECT id FROM dated) AS changed
    """


def _due(sql: str) -> str:
    facts = ", ".join(f"CAST(d.{name} AS {kind}) AS {name}" for name, kind in _FACTS.items())
    return f"due AS MATERIALIZED (SELECT d.subject_type, d.subject_id, {facts} FROM ({sql}) d)"


def _own_values(session: Session, rule: str, because: str) -> dict[str, Any]:
    return {
        "flag_force": session.info["force"],
        "flag_rule": rule,
        "flag_at": recorded_at(session),
        "flag_now": clock.now(),
        "flag_because": because,
    }


def clear_flags(
    session: Session, subject_ids: Sequence[UUID], rules: Sequence[str], because: str
) -> list[UUID]:
    """Clear the open flags that these rules have raised for subjects; give their ids."""
    values = {
        "force": session.info["force"],
        "at": recorded_at(session),
        "subject_ids": [each.hex for each in subject_ids],
        "rules": list(rules),
        "because": because,
    }
    return list(session.execute(_CLEAR, values).scalars())


def move_flags(
    session: Session, places: Sequence[tuple[UUID, str | None, str | None]]
) -> list[UUID]:
    """Set LPA and neighbourhood of what is not cleared of these subjects; give the changed ids."""
    subjects, lpas, neighbourhoods = zip(*places, strict=True)
    values = {
        "force": session.info["force"],
        "subjects": list(subjects),
        "lpas": list(lpas),
        "neighbourhoods": list(neighbourhoods),
    }
    return list(session.execute(_MOVE, values).scalars())


def move_queues(session: Session, places: Sequence[tuple[UUID, str | None, str]]) -> list[UUID]:
    """Set LPA and team of what is not cleared of these subjects; give the changed ids."""
    subjects, lpas, teams = zip(*places, strict=True)
    values = {
        "force": session.info["force"],
        "subjects": [each.hex for each in subjects],
        "lpas": list(lpas),
        "teams": list(teams),
    }
    return list(session.execute(_MOVE_QUEUES, values).scalars())


def follow_subject(session: Session, subject_id: UUID, facts: dict[str, Any]) -> list[UUID]:
    """Give the open flags of a subject its area and owner; give the ids of those changed."""
    values = facts | {"force": session.info["force"], "subject_id": subject_id}
    return list(session.execute(_FOLLOW, values).scalars())


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
    seen = text(f"SELECT 1 FROM flags f WHERE f.force = :force AND f.id = :id"
                f" AND {seen_subjects(sight)}")  # fmt: skip
    if session.execute(seen, {"force": flag.force, "id": flag.id}).first() is None:
        raise NotFound
    return flag


def seen_subjects(sight: Sight) -> str:
    """Give the condition that leaves out flags of subjects that the reader may not see."""
    parts = []
    if unseen := unseen_subjects(sight):
        parts.append(f"f.subject_type NOT IN ({_listed(unseen)})")
    if "task" not in unseen and (about := unseen_task_subjects(sight)):
        parts.append(f"""
            (f.subject_type <> 'task' OR NOT EXISTS (
                SELECT FROM tasks k WHERE k.force = f.force AND k.id = f.subject_id
                 AND k.subject_type IN ({_listed(about)})))
        """)
    return " AND ".join(parts) or "true"


def _listed(kinds: Sequence[str]) -> str:
    return ", ".join(f"'{each}'" for each in kinds)


def open_flags_of_person(scope: Scope, sight: Sight) -> str:
    """Give the SQL of what is not cleared of an outer `p`, as a JSON array; it takes `:now`."""
    return f"""(
        SELECT coalesce(json_agg({_SHORT_JSON} ORDER BY f.raised_at, f.id), '[]')
        FROM flags f
        WHERE {scope.condition("f", "flag_scope")} AND {seen_subjects(sight)}
          AND f.person_id = p.id
          AND f.state <> 'cleared')"""
