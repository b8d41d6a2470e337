"""The clocks of a check, from the figures in force: when request and reply are due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.acro import store
from offenders.domain.acro.models import AcroCheck
from offenders.domain.acro.rules import FIGURE_OF, MISSING, REPLIES, Channel, reply_due_at
from offenders.domain.history import keep_history
from offenders.domain.reference.policies import EVERYTHING, explained_figures
from offenders.domain.working_days import start_of_london_day

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

Explained = dict[str, dict[str, Any]]


def figures(session: Session) -> Explained:
    """Give today's figures: `request`, one for each channel, `chase` and `assessment`."""
    force, today = session.info["force"], clock.today()
    replies = explained_figures(session, force, REPLIES, today)
    named = {str(channel): replies[FIGURE_OF[channel]] for channel in Channel}
    requests = explained_figures(session, force, MISSING, today)
    return {"request": requests[EVERYTHING], **replies, **named}


def due_for_reply(explained: Explained, channel: str, requested_at: datetime) -> datetime:
    """Give the moment by which a request of this channel is to be answered."""
    figure = explained[channel]
    return reply_due_at(requested_at, figure["figure"], figure["unit"])


def refresh_clocks(session: Session) -> int:
    """Bring the due moments of the force's open checks to the figures in force, in sets.

    Replies are counted in working days, so each channel and day of request is worked out once.
    """
    explained = figures(session)
    days = [
        (row.channel, row.requested_on, _due_on(explained, row.channel, row.requested_on))
        for row in store.list_days_of_requests(session)
    ]
    changed = store.move_clocks(session, explained["request"]["figure"], days, recorded_at(session))
    if changed:
        keep_history(session, AcroCheck.__table__, session.info["force"], changed)
    return len(changed)


def _due_on(explained: Explained, channel: str, requested_on: Any) -> datetime:
    return due_for_reply(explained, channel, start_of_london_day(requested_on))
