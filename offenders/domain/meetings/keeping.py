"""How long packs are kept: for ever, unless a force's policy lets them go after so many days.

Their rows go then; the meeting with its minutes and decisions stays. A pack is a copy of what the
registers hold; `as_at` still reads them as they were. What is under hold, for an inquiry or a
court, stays until the hold is taken away.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.meetings.rules import LEAST_KEPT, MOST_DAYS_KEPT, RULE
from offenders.domain.reference.policies import figures_in_force
from offenders.errors import Gone

if TYPE_CHECKING:
    from typing import Any

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

KEPT: Final = "kept_days"
MOST_DROPPED: Final = 200  # packs of a force in one run; what is more goes the next day
_DROP: Final = text("SELECT drop_packs(CAST(:before AS timestamptz), CAST(:most AS int))")


def drop_old_packs(session: Session) -> int:
    """Let the packs go that are older than the force's policy, if it has one; give how many."""
    days = figures_in_force(session, session.info["force"], RULE, clock.today())[KEPT]
    if not days:
        return 0
    kept = timedelta(days=min(max(days, LEAST_KEPT), MOST_DAYS_KEPT))
    values = {"before": recorded_at(session) - kept, "most": MOST_DROPPED}
    return int(session.execute(_DROP, values).scalar_one())


def require_kept(meeting: Row[Any]) -> None:
    """Raise Gone where the pack of a meeting has been let go."""
    if meeting.pack_dropped_at is None:
        return
    message = (
        "This pack was kept as long as the policy of your force says, and is gone. The meeting"
        " has its minutes and decisions still; lists with `as_at` say what was known at its"
        " cut-off."
    )
    raise Gone(
        message,
        rule=RULE,
        dropped_at=meeting.pack_dropped_at.isoformat(),
        href=f"/v1/meetings/{meeting.id}",
    )
