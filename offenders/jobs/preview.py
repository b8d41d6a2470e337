"""What would be open at another moment: the sweeps of every job, run as if then and taken back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.domain.flags import service as flags
from offenders.jobs.timetable import JOBS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Preview:
    """Open flags of a moment: how many by rule, and the soonest due as (json, id, person_id)."""

    by_rule: dict[str, int]
    rows: Sequence[Row[Any]]


def preview_rules(session: Session, question: flags.Question, *, limit: int) -> Preview:
    """Give what would be open at the question's moment; nothing of it stays."""
    rehearsal = session.begin_nested()
    session.info["rehearses"] = True
    try:
        with clock.as_if_at(question.now):
            for job in JOBS:
                if job.raises_flags:
                    job.effect_in(session, question.scope.force)
            rows = flags.list_rehearsed(session, question, limit)
            return Preview(flags.count_by_rule(session, question), rows)
    finally:
        rehearsal.rollback()
        del session.info["rehearses"]
