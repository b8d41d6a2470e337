"""Use cases of MAPPA, as routes, jobs and imports call them."""

from __future__ import annotations

from offenders.domain.mappa.acting import Doing
from offenders.domain.mappa.asking import PERIODS, Question
from offenders.domain.mappa.caseload import settle_caseload, show_caseload
from offenders.domain.mappa.due import refresh_cases, settle_cases
from offenders.domain.mappa.duties import follow_actions
from offenders.domain.mappa.entering import decide_referral, enter_case, refer_person
from offenders.domain.mappa.log import list_history
from offenders.domain.mappa.meeting import hold_meeting, record_minutes
from offenders.domain.mappa.moving import (
    amend_case,
    change_level,
    leave,
    record_further_offence,
)
from offenders.domain.mappa.planning import end_action, make_plan, set_action, sign_off_plan
from offenders.domain.mappa.reading import (
    cases_of_person,
    count_cases,
    count_summaries,
    reading_of_case,
    reading_of_cases,
    reading_of_summaries,
)
from offenders.domain.mappa.returns import annual_return, report_mappa
from offenders.domain.mappa.sharing import publish_summary, withdraw_summary

__all__ = [
    "PERIODS",
    "Doing",
    "Question",
    "amend_case",
    "annual_return",
    "cases_of_person",
    "change_level",
    "count_cases",
    "count_summaries",
    "decide_referral",
    "end_action",
    "enter_case",
    "follow_actions",
    "hold_meeting",
    "leave",
    "list_history",
    "make_plan",
    "publish_summary",
    "reading_of_case",
    "reading_of_cases",
    "reading_of_summaries",
    "record_further_offence",
    "record_minutes",
    "refer_person",
    "refresh_cases",
    "report_mappa",
    "set_action",
    "settle_caseload",
    "settle_cases",
    "show_caseload",
    "sign_off_plan",
    "withdraw_summary",
]
