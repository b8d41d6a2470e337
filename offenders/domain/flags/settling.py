"""SQL of flags as they change: raised, renewed and cleared by whole rules, and moved."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags.models import Flag
from offenders.statements import Statement, ask_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Row, TextClause
    from sqlalchemy.orm import Session

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
