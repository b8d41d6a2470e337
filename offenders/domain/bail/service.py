"""Use cases of bail, as routes, jobs and imports call them."""

from __future__ import annotations

from offenders.domain.bail.acting import Doing, end_suspension, extend_bail, suspend
from offenders.domain.bail.answering import (
    breach,
    close,
    fail,
    hand_over,
    review,
    surrender,
    vary_conditions,
)
from offenders.domain.bail.breaches import POWER_ENDED, why_power_ended
from offenders.domain.bail.due import lapse_what_is_over, settle_flag, settle_flags
from offenders.domain.bail.entering import amend_record, record_release
from offenders.domain.bail.log import list_history
from offenders.domain.bail.store import (
    Question,
    count_records,
    live_bail_of_person,
    reading_of_record,
    reading_of_records,
)
from offenders.domain.bail.unanswered import fail_unanswered

__all__ = [
    "POWER_ENDED",
    "Doing",
    "Question",
    "amend_record",
    "breach",
    "close",
    "count_records",
    "end_suspension",
    "extend_bail",
    "fail",
    "fail_unanswered",
    "hand_over",
    "lapse_what_is_over",
    "list_history",
    "live_bail_of_person",
    "reading_of_record",
    "reading_of_records",
    "record_release",
    "review",
    "settle_flag",
    "settle_flags",
    "surrender",
    "suspend",
    "vary_conditions",
    "why_power_ended",
]
