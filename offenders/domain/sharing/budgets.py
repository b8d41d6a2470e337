"""The daily budget of people read, as supervision sees it: who is near it and who is past it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson

from offenders import clock
from offenders.domain.flags import service as flags
from offenders.domain.flags.service import DueSource, Settled
from offenders.domain.reference import service as reference
from offenders.domain.reference.policies import EVERYTHING, explained_figures
from offenders.domain.sharing.emergencies import QUEUE
from offenders.domain.working_days import end_of_london_day

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

RULE: Final = "read-budgets"
BUDGET: Final = "read-budget"
WARNING: Final = "read-budget-warnings"

# A reader is no record: the key of their flag is made from their code.
_DUE: Final = """
    SELECT 'reader' AS subject_type, CAST(md5(:force || ':' || r.actor) AS uuid) AS subject_id,
           r.actor AS subject_reference, CAST(NULL AS uuid) AS person_id,
           CAST(NULL AS text) AS lpa, CAST(NULL AS text) AS neighbourhood,
           CAST(NULL AS text) AS owner_officer, :queue AS owner_team,
           CASE WHEN r.people >= :most THEN 'alert' ELSE 'warning' END AS severity,
           jsonb_build_object('what', CASE WHEN r.people >= :most
                   THEN 'The daily budget of people read is used up.'
                   ELSE 'The daily budget of people read is nearly used up.' END,
               'reader', r.actor, 'day', CAST(:day AS date)) || CAST(:figures AS jsonb) AS because,
           CAST(:ends AS timestamptz) AS due_at
    FROM (SELECT p.actor, count(*) AS people FROM people_read p
          WHERE p.force = :force AND p.day = CAST(:day AS date) GROUP BY p.actor) r
    WHERE r.people >= :least
"""


def settle_budgets(session: Session) -> Settled:
    """Tell supervision who has read much of the budget today; the next day clears it."""
    force, today = session.info["force"], clock.today()
    budget = explained_figures(session, force, BUDGET, today).get(EVERYTHING)
    warning = explained_figures(session, force, WARNING, today).get(EVERYTHING)
    if budget is None:
        return Settled(0, 0)
    most = budget["figure"]
    values = {
        "force": force,
        "queue": QUEUE,
        "day": today,
        "ends": end_of_london_day(today),
        "most": most,
        "least": most * (warning["figure"] if warning else 100) / 100,
        "figures": orjson.dumps(budget, default=str).decode(),
    }
    source = DueSource(_DUE, values)
    settled = flags.settle(session, rule=RULE, source=source, because="The day is over.")
    if settled.raised:
        reference.register_team(session, QUEUE)
    return settled
