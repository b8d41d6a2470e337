"""Routes of integrated offender management: members, score, report, evaluation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from flask import request

from offenders.api import iom_actions, partners
from offenders.api.calls import Answer, Call, as_json
from offenders.api.iom_panel import CASE, answer_of, doing_of, routes
from offenders.api.operations import route
from offenders.api.permissions import Operation
from offenders.api.readings import Asked, read_route
from offenders.api.schemas import iom_answers as answers
from offenders.api.schemas import iom_asking as asking
from offenders.api.schemas.fields import AsAtQuery, ItemPage
from offenders.db import settle, settled_now
from offenders.domain.access import may, sight
from offenders.domain.iom import service
from offenders.domain.iom.service import Question
from offenders.domain.reading import Reading, show
from offenders.domain.working_days import london_day
from offenders.errors import Invalid

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.api.pages import Page
    from offenders.domain.access import Scope
    from offenders.domain.actors import Actor

__all__ = ["routes"]

_READ = "iom:read"
_PERIOD_DAYS = 365


def _members(
    actor: Actor, scope: Scope, filters: dict[str, Any], now: datetime, as_at: datetime | None
) -> Question:
    sees = sight(actor).protected_addresses
    return Question(filters, scope, now, sees, may(actor, CASE), as_at)


def _asked_members(asked: Asked) -> Question:
    return _members(asked.actor, asked.scope(), asked.query, asked.now, asked.as_at)


def _shown_member(call: Call, written: str, status: int = 200) -> Answer:
    question = _members(call.actor, call.scope, {"state": "all"}, call.now, None)
    return answer_of(service.reading_of_member(question, written), call, "members", status)


def _count_members(session: Session, asked: Asked) -> int:
    return service.count_members(session, _asked_members(asked))


@read_route(
    routes,
    "/iom/members",
    partners.shared(Operation("iom.list-members", _READ, "area", "consultation", asks_reason=True)),
    query=asking.IomMembersQuery,
    answer=ItemPage,
    is_paged=True,
    total=_count_members,
    partner=partners.list_members,
)
def list_members(asked: Asked) -> Reading:
    """List members, the review that is due first first; active ones unless told."""
    page = cast("Page", asked.page)
    return service.reading_of_members(_asked_members(asked), page.after, page.limit)


@route(
    routes,
    "GET",
    "/iom/members/counts",
    Operation("iom.count-members", _READ, "area", "operation"),
    query=asking.IomMemberCountsQuery,
    answer=answers.IomMemberCountsAnswer,
)
def count_members(call: Call) -> Answer:
    """Count members and people at a moment, with a link to each count's rows."""
    group_by = call.query.pop("group_by", None)
    as_at: datetime | None = call.query.pop("as_at", None)
    if as_at is None:
        as_at = settled_now(call.session)
    else:
        settle(call.session, as_at)
    left = {"group_by", "as_at"}
    written = {name: value for name, value in request.args.items() if name not in left}
    question = _members(call.actor, call.scope, call.query, call.now, as_at)
    return Answer(as_json(service.count_groups(call.session, question, group_by, written)))


@read_route(
    routes,
    "/iom/members/<member>",
    partners.shared(Operation("iom.read-member", _READ, "area", "consultation", asks_reason=True)),
    query=AsAtQuery,
    answer=answers.IomMemberAnswer,
    partner=partners.read_member,
)
def read_member(asked: Asked, member: str) -> Reading:
    """Give one membership; its case only to those who manage offenders."""
    question = _members(asked.actor, asked.scope(), {"state": "all"}, asked.now, asked.as_at)
    return service.reading_of_member(question, member)


@route(
    routes,
    "GET",
    "/iom/members/<member>/score",
    Operation("iom.score", CASE, "area", "consultation", asks_reason=True),
    query=asking.IomScoreQuery,
    answer=answers.IomScoreAnswer,
)
def score_member(call: Call, member: str) -> Answer:
    """Score a member, showing every factor, weight, offence and source."""
    row = _found_member(call, member)
    on = call.query.get("on") or london_day(call.now)
    content = service.score_member(call.session, row.id, on)
    return Answer(
        as_json(content), subject_type="iom_member", subjects=[row.id], people=[row.person_id]
    )


def _found_member(call: Call, member: str) -> Any:
    question = _members(call.actor, call.scope, {"state": "all"}, call.now, None)
    return show(call.session, service.reading_of_member(question, member))


@route(
    routes,
    "GET",
    "/iom/members/<member>/relatives",
    Operation("iom.list-relatives", "iom:read-family", "area", "consultation", asks_reason=True),
    answer=ItemPage,
)
def list_relatives(call: Call, member: str) -> Answer:
    """List the family at risk of a member; held for diversion alone."""
    row = _found_member(call, member)
    found = service.list_relatives(call.session, row.id)
    items = b",".join(each.body.encode() for each in found)
    return Answer(
        b'{"items":[' + items + b'],"next":null}',
        subject_type="iom_member",
        subjects=[row.id, *(each.id for each in found)],
        people=[row.person_id],
    )


@route(
    routes,
    "GET",
    "/reports/iom",
    Operation("reports.iom", "reports:read", "area", "operation"),
    query=asking.IomReportQuery,
    answer=answers.IomCohortReportAnswer,
)
def report_cohort(call: Call) -> Answer:
    """Report the cohort over time and its mix by theme, rating and lead."""
    today = london_day(call.now)
    to_on = call.query.pop("to_on", None) or today
    from_on = call.query.pop("from_on", None) or to_on - timedelta(days=_PERIOD_DAYS - 1)
    if to_on < from_on:
        raise Invalid.field("/to", "Send a day not before `from`.")
    filters = {**call.query, "state": "all"}
    question = _members(call.actor, call.scope, filters, call.now, None)
    return Answer(as_json(service.report_cohort(call.session, question, from_on, to_on)))


@route(
    routes,
    "GET",
    "/iom/evaluation",
    Operation("iom.evaluate", "iom:evaluate", "area", "consultation"),
    query=asking.IomEvaluationQuery,
    answer=answers.IomEvaluationAnswer,
)
def evaluate(call: Call) -> Answer:
    """Evaluate who joined in a period: before, during, after, beside people like them.

    Where numbers are too small no figure is given, and it says why.
    """
    days = call.query.pop("window_days", None)
    with_people = call.query.pop("people", False)
    bounds = {"from_on": "joined_from", "to_on": "joined_to"}
    filters = {bounds.get(name, name): value for name, value in call.query.items()}
    question = _members(call.actor, call.scope, {**filters, "state": "all"}, call.now, None)
    content = service.evaluate(call.session, question, london_day(call.now), days)
    sees_people = with_people and question.sees_case
    people = content["people"] if sees_people else []
    masked = ["people"] if with_people and not sees_people else []
    content |= {"people": people if sees_people else None, "masked": masked}
    return Answer(
        as_json(content),
        subject_type="iom_member",
        subjects=[each["member_id"] for each in people],
        people=[each["person_id"] for each in people],
        masked=masked,
    )


iom_actions.declare(routes, doing_of, _shown_member)
