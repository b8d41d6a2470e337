"""Use cases of flags: a flag explains itself, ends itself, and is switched off only for a time.

A capability says which subjects a rule finds due (`DueSource`); all of them are raised, renewed
and cleared by one statement, so a force of any size costs one pass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags import rules, settling, store
from offenders.domain.flags.models import Flag
from offenders.domain.flags.store import (
    Question,
    count_flags,
    list_flags,
    list_rehearsed,
    open_flags_of_person,
)
from offenders.domain.history import keep_history
from offenders.domain.reference.policies import figure_in_force
from offenders.errors import Conflict, Invalid, NotFound
from offenders.ids import as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope, Sight
    from offenders.domain.versions import IfMatch

__all__ = [
    "GROUPS",
    "Doing",
    "DueSource",
    "Question",
    "Settled",
    "acknowledge_flag",
    "clear_all",
    "clear_for",
    "count_by_rule",
    "count_flags",
    "count_open",
    "follow_subject",
    "get_flag",
    "list_flags",
    "list_rehearsed",
    "move_flags",
    "move_queues",
    "open_flags_of_person",
    "raise_due",
    "settle",
    "suppress_flag",
]

GROUPS = ("force", "lpa", "neighbourhood", "rule", "severity", "state")
SUPPRESSION = "flag-suppressions"  # the rule whose figure says how long one may last, in days


@dataclass(frozen=True)
class DueSource:
    """A SELECT of every subject that a rule finds due, with its bound values.

    Its columns are subject_type, subject_id (each once), subject_reference, person_id, lpa,
    neighbourhood, owner_officer or owner_team, severity, because and due_at. `because` says
    what stays the same from run to run, such as the due moment, never days gone by since.
    """

    sql: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Settled:
    """How many flags a sweep raised and cleared."""

    raised: int
    cleared: int


@dataclass(frozen=True)
class Doing:
    """Who changes a flag, in which area, which version they read, and what they may see."""

    actor: str
    scope: Scope
    if_match: IfMatch
    sight: Sight


def settle(
    session: Session,
    *,
    rule: str,
    source: DueSource,
    because: str = "Its cause is gone.",
    subject_id: UUID | None = None,
) -> Settled:
    """Bring the flags of a rule to what its source finds due; of one subject, if it is named."""
    row = settling.settle(session, rule, source.sql, source.values, because, subject_id=subject_id)
    _keep_history(session, row.changed)
    return Settled(row.raised, row.cleared)


def raise_due(session: Session, *, rule: str, source: DueSource) -> int:
    """Raise what the source finds and clear nothing; for rules that an event sets off."""
    return settling.raise_due(session, rule, source.sql, source.values)


def clear_for(session: Session, *, subject_id: UUID, rules: Sequence[str], because: str) -> int:
    """Clear a subject's flags in the transaction that takes their cause away."""
    return clear_all(session, subject_ids=[subject_id], rules=rules, because=because)


def clear_all(
    session: Session, *, subject_ids: Sequence[UUID], rules: Sequence[str], because: str
) -> int:
    """Clear the flags of many subjects in the transaction that takes their cause away."""
    return _keep_history(session, settling.clear_flags(session, subject_ids, rules, because))


def follow_subject(  # noqa: PLR0913 - the facts of a place and an owner
    session: Session,
    *,
    subject_id: UUID,
    lpa: str | None,
    neighbourhood: str | None,
    owner_officer: str | None,
    owner_team: str | None,
) -> int:
    """Move a subject's open flags with it to its area and owner."""
    facts = {
        "lpa": lpa,
        "neighbourhood": neighbourhood,
        "owner_officer": owner_officer,
        "owner_team": owner_team,
    }
    return _keep_history(session, settling.follow_subject(session, subject_id, facts))


def move_flags(session: Session, places: Sequence[tuple[UUID, str | None, str | None]]) -> None:
    """Move the open flags of many subjects, each given with its LPA and neighbourhood."""
    _keep_history(session, settling.move_flags(session, places))


def move_queues(session: Session, places: Sequence[tuple[UUID, str | None, str]]) -> None:
    """Move the open flags of many subjects, each given with its LPA and the team that owns it."""
    if places:
        _keep_history(session, settling.move_queues(session, places))


def _keep_history(session: Session, ids: Sequence[UUID]) -> int:
    """Keep these flags as they now stand; give how many they are."""
    if ids:
        keep_history(session, Flag.__table__, session.info["force"], ids)
    return len(ids)


def get_flag(session: Session, *, question: Question, written: str) -> Row[Any]:
    """Give one flag as (json, id, person_id, version, hides); raise NotFound out of scope."""
    row = store.show_flag(session, question, _read_id(written))
    if row is None:
        raise NotFound
    return row


def acknowledge_flag(session: Session, *, written: str, doing: Doing, note: str | None) -> Row[Any]:
    """Say that the owner's side has seen the flag; it stays until its cause is gone."""
    flag = _take(session, written, doing, rules.ACKNOWLEDGED)
    flag.state = rules.ACKNOWLEDGED
    flag.acknowledged_at = recorded_at(session)
    flag.acknowledged_by = doing.actor
    flag.acknowledged_note = note
    return _keep(session, flag, doing)


def suppress_flag(
    session: Session, *, written: str, doing: Doing, reason: str, until: datetime
) -> Row[Any]:
    """Switch a flag off until a moment, for a reason; it opens again by itself."""
    flag = _take(session, written, doing, rules.SUPPRESSED)
    if not rules.may_be_suppressed(flag.severity):
        message = (
            "An alert can't be switched off. Acknowledge it, and deal with its cause:"
            " it clears by itself then."
        )
        raise Conflict(message)
    longest = figure_in_force(session, flag.force, SUPPRESSION, clock.today()) or 0
    if not rules.is_suppression_end(until, clock.now(), longest):
        message = f"Send a moment in the future, at most {longest} days ahead."
        raise Invalid.field("/until", message)
    flag.state = rules.SUPPRESSED
    flag.suppressed_at = recorded_at(session)
    flag.suppressed_until = until
    flag.suppressed_by = doing.actor
    flag.suppressed_because = reason
    return _keep(session, flag, doing)


def _take(session: Session, written: str, doing: Doing, wanted: str) -> Flag:
    flag = store.get_flag(session, doing.scope, doing.sight, _read_id(written))
    doing.if_match.check(flag.version)
    state = rules.state_at(flag.state, flag.suppressed_until, clock.now())
    if not rules.may_become(state, wanted):
        message = f"This flag is {state}, so it can't be {wanted}. Read it again."
        raise Conflict(message)
    return flag


def _keep(session: Session, flag: Flag, doing: Doing) -> Row[Any]:
    flag.version += 1
    _keep_history(session, [flag.id])
    question = Question({}, doing.scope, clock.now(), doing.sight)
    return get_flag(session, question=question, written=str(flag.id))


def _read_id(written: str) -> UUID:
    flag_id = as_uuid(written)
    if flag_id is None:
        raise NotFound
    return flag_id


def count_open(
    session: Session, question: Question, *, group_by: Sequence[str], as_at: datetime
) -> dict[str, Any]:
    """Give the counts of a moment by all that they are grouped by; each href returns its rows."""
    written = as_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    counts = []
    for row in store.count_groups(session, question, group_by):
        group = {name: row[number] for number, name in enumerate(group_by)}
        of_group = {name: value or "none" for name, value in group.items()}
        asked = {**question.filters, **of_group, "as_at": written}
        counts.append({**group, "flags": row.flags, "href": f"/v1/flags?{urlencode(asked)}"})
    return {"as_at": written, "counts": counts}


def count_by_rule(session: Session, question: Question) -> dict[str, int]:
    """Give how many flags each rule has open."""
    return {row.rule: row.flags for row in store.count_groups(session, question, ["rule"])}
