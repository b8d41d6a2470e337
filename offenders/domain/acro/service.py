"""Use cases of foreign-conviction checks, as routes, jobs and higher capabilities call them."""

from __future__ import annotations

from offenders.domain.acro.acting import (
    Doing,
    chase_check,
    give_up_check,
    request_check,
    respond_to_check,
)
from offenders.domain.acro.asking import (
    Question,
    count_checks,
    get_check,
    list_checks,
    open_checks_of_person,
)
from offenders.domain.acro.assessing import assess_check
from offenders.domain.acro.clocks import due_for_reply, figures
from offenders.domain.acro.coverage import GROUPS, Period, coverage
from offenders.domain.acro.overdue import settle_rule, sweep
from offenders.domain.acro.requiring import Required, require_checks
from offenders.domain.acro.rules import (
    MISSING,
    REPLIES,
    REPLY_AFTER_REQUEST,
    REQUEST_AFTER_ARREST,
    Channel,
    Response,
    State,
    Step,
    possible_steps,
)

__all__ = [
    "GROUPS",
    "MISSING",
    "REPLIES",
    "REPLY_AFTER_REQUEST",
    "REQUEST_AFTER_ARREST",
    "Channel",
    "Doing",
    "Period",
    "Question",
    "Required",
    "Response",
    "State",
    "Step",
    "assess_check",
    "chase_check",
    "count_checks",
    "coverage",
    "due_for_reply",
    "figures",
    "get_check",
    "give_up_check",
    "list_checks",
    "open_checks_of_person",
    "possible_steps",
    "request_check",
    "require_checks",
    "respond_to_check",
    "settle_rule",
    "sweep",
]
