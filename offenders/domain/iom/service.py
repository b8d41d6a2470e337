"""Use cases of integrated offender management, as routes, jobs and imports call them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.domain.iom import nominations
from offenders.domain.iom.acting import (
    amend_member,
    convict,
    exit_member,
    move_stage,
    rate,
    review,
)
from offenders.domain.iom.asking import Question
from offenders.domain.iom.convening import record_meeting
from offenders.domain.iom.counting import GROUPS, count_groups
from offenders.domain.iom.due import refresh_members, settle_flags
from offenders.domain.iom.duties import follow_members
from offenders.domain.iom.evaluating import evaluate
from offenders.domain.iom.helping import (
    add_action,
    add_relative,
    end_action,
    intervene,
    record_drug_test,
    tag,
)
from offenders.domain.iom.meetings import (
    count_meetings,
    list_meetings,
    list_relatives,
    show_meeting,
)
from offenders.domain.iom.nominations import (
    count_nominations,
    reading_of_nomination,
    reading_of_nominations,
)
from offenders.domain.iom.panel import decide, hand_over_nomination, nominate
from offenders.domain.iom.reading import (
    count_members,
    open_memberships_of_person,
    reading_of_member,
    reading_of_members,
)
from offenders.domain.iom.receiving import (
    Told,
    admit_many,
    change_many,
    lock_members,
    open_memberships,
)
from offenders.domain.iom.records import Doing
from offenders.domain.iom.reporting import report_cohort
from offenders.domain.iom.scores import score_of
from offenders.domain.iom.store import last_dealt_with

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

NominationQuestion = nominations.Question
_MEMBER = text("""
    SELECT id, reference, person_id, risk FROM iom_members WHERE force = :force AND id = :id
""")

__all__ = [
    "GROUPS",
    "Doing",
    "NominationQuestion",
    "Question",
    "Told",
    "add_action",
    "add_relative",
    "admit_many",
    "amend_member",
    "change_many",
    "convict",
    "count_groups",
    "count_meetings",
    "count_members",
    "count_nominations",
    "decide",
    "end_action",
    "evaluate",
    "exit_member",
    "follow_members",
    "hand_over_nomination",
    "intervene",
    "last_dealt_with",
    "list_meetings",
    "list_relatives",
    "lock_members",
    "move_stage",
    "nominate",
    "open_memberships",
    "open_memberships_of_person",
    "rate",
    "reading_of_member",
    "reading_of_members",
    "reading_of_nomination",
    "reading_of_nominations",
    "record_drug_test",
    "record_meeting",
    "refresh_members",
    "report_cohort",
    "review",
    "score_member",
    "settle_flags",
    "show_meeting",
    "tag",
]


def score_member(session: Session, member_id: Any, on: date) -> dict[str, Any]:
    """Give the score of a member on a day, with all from which it follows."""
    values = {"force": session.info["force"], "id": member_id}
    member = session.execute(_MEMBER, values).one()
    found = score_of(session, member.person_id, member.risk, on)
    return {"member_id": member.id, "reference": member.reference, **found}
