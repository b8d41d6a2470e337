"""Use cases of registrations, as routes, jobs and imports call them."""

from __future__ import annotations

from offenders.domain.registrations.acting import Doing, follow_birth, hand_over
from offenders.domain.registrations.counting import OVERDUE, count_open
from offenders.domain.registrations.due import (
    settle_flag,
    settle_flags,
)
from offenders.domain.registrations.duties import follow_registrations
from offenders.domain.registrations.ending import close, review_indefinite
from offenders.domain.registrations.entering import (
    add_disposal,
    amend,
    register,
    remove_disposal,
)
from offenders.domain.registrations.log import list_actions
from offenders.domain.registrations.managing import (
    assess,
    begin_absence,
    end_absence,
    examine,
    give_notice,
    notify,
    set_management,
    set_risk,
    visit,
)
from offenders.domain.registrations.reporting import COUNTS, Period, list_counted, report_period
from offenders.domain.registrations.store import (
    ARMS,
    GROUPS,
    NOTIFICATIONS,
    VISITS,
    Question,
    count_registrations,
    reading_of_registration,
    reading_of_registrations,
    registered_of_person,
    registrations_of_person,
)

__all__ = [
    "ARMS",
    "COUNTS",
    "GROUPS",
    "NOTIFICATIONS",
    "OVERDUE",
    "VISITS",
    "Doing",
    "Period",
    "Question",
    "add_disposal",
    "amend",
    "assess",
    "begin_absence",
    "close",
    "count_open",
    "count_registrations",
    "end_absence",
    "examine",
    "follow_birth",
    "follow_registrations",
    "give_notice",
    "hand_over",
    "list_actions",
    "list_counted",
    "notify",
    "reading_of_registration",
    "reading_of_registrations",
    "register",
    "registered_of_person",
    "registrations_of_person",
    "remove_disposal",
    "report_period",
    "review_indefinite",
    "set_management",
    "set_risk",
    "settle_flag",
    "settle_flags",
    "visit",
]
