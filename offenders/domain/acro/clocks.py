"""The clocks of a check, from the figures in force: when request and reply are due."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.domain.acro import store
from offenders.domain.acro.models import AcroCheck
from offenders.domain.acro.rules import FIGURE_OF, MISSING, REPLIES, Channel, reply_due_at
from offenders.domain.history import keep_history
from offenders.domain.reference.policies import EVERYTHING, explained_figures
from offenders.domain.working_days import start_of_london_day

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

Explained = dict[str, dict[str, Any]]


def figures(session: Session, rule: str | None = None) -> Explained:
    """Give today's figures of one rule or both.

    `request` is of `missing-acro-checks`; one for each channel, `chase` and `assessment` are of
    `overdue-acro-replies`.
    """
    force, today = session.info["force"], clock.today()
    found: Explained = {}
    if rule in {None, MISSING}:
        found["request"] = explained_figures(session, force, MISSING, today)[EVERYTHING]
    if rule in {None, REPLIES}:
        replies = explained_figures(session, force, REPLIES, today)
        found |= replies | {str(channel): replies[FIGURE_OF[channel]] for channel in Channel}
    return found


def due_for_reply(explained: Explained, channel: str, requested_at: datetime) -> datetime:
    """Give the moment by which a request of this channel is to be answered."""
    figure = explained[channel]
    return reply_due_at(requested_at, figure["figure"], figure["unit"])


def refresh_clocks(session: Session, explained: Explained | None = None) -> int:
    """Bring the due moments of the force's open checks to the figures in force, in sets.

    With the figures of one rule, only the clocks that it judges by. Replies are counted in working
    days, so each channel and day of request is worked out once.
    """
    explained = explained or figures(session)
    changed: list[UUID] = []
    if "request" in explained:
        changed += store.move_requests(session, explained["request"]["figure"])
    if str(Channel.EU) in explained:
        strayed = {
            (channel, requested_on, due_at)
            for channel, requested_on, stands in store.list_days_of_requests(session)
            if stands != (due_at := _due_on(explained, channel, requested_on))
        }
        changed += store.move_replies(session, sorted(strayed)) if strayed else []
    if changed:
        keep_history(session, AcroCheck.__table__, session.info["force"], changed)
    return len(changed)


def _due_on(explained: Explained, channel: str, requested_on: date) -> datetime:
    figure = explained[channel]
    return _end_of_reply(requested_on, figure["figure"], figure["unit"])


@lru_cache(maxsize=4096)
def _end_of_reply(requested_on: date, figure: int, unit: str) -> datetime:
    return reply_due_at(start_of_london_day(requested_on), figure, unit)
