"""Routes of registrations: who is subject to notification, and how each is managed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from offenders.api.acts import Act, declare_act
from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.readings import Asked, read_route
from offenders.api.registrations_actions import ACTS
from offenders.api.schemas import registrations as schemas
from offenders.api.schemas.fields import AsAtQuery, ItemPage
from offenders.api.schemas.registrations_reading import (
    RegistrationAnswer,
    RegistrationCounts,
    RegistrationCountsQuery,
    RegistrationHistoryQuery,
    RegistrationQuery,
    RegistrationRecordsQuery,
    RegistrationReport,
    RegistrationReportQuery,
)
from offenders.db import settle, settled_now
from offenders.domain.access import may, sight
from offenders.domain.reading import Reading, show
from offenders.domain.registrations import service
from offenders.domain.registrations.service import Doing, Question
from offenders.domain.working_days import end_of_london_day, london_day
from offenders.errors import Forbidden, Invalid

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from offenders.api.pages import Page
    from offenders.domain.access import Scope
    from offenders.domain.actors import Actor

routes = Routes(
    "registrations", __name__, url_prefix="/v1", description="Registered sexual offenders"
)

_READ, _FULL, _WRITE = "registrations:read", "registrations:read-full", "registrations:write"
_POLYGRAPHS = "registrations:read-polygraphs"
_CREATED = 201
_YEAR = 365  # days
# What only those may ask by who may see it: an answer would tell it otherwise.
_OF_FULL_VIEW = (*service.OVERDUE, "management", "disposal")


def question_of(
    actor: Actor,
    scope: Scope,
    now: datetime,
    *,
    filters: dict[str, Any] | None = None,
    as_at: datetime | None = None,
) -> Question:
    """Give the question of an actor: in full, or what local officers are told."""
    sees = sight(actor).protected_addresses
    return Question(filters or {}, scope, now, sees, may(actor, _FULL), as_at)


def _asked(asked: Asked) -> Question:
    _refuse_masked(asked.actor, asked.query)
    return question_of(
        asked.actor, asked.scope(), asked.now, filters=asked.query, as_at=asked.as_at
    )


def _refuse_masked(actor: Actor, query: dict[str, Any]) -> None:
    for name in _OF_FULL_VIEW:
        if query.get(name) is not None and not may(actor, _FULL):
            message = f"Looking for {name} needs the permission {_FULL}, see docs/access.md."
            raise Forbidden(message)


def _doing(call: Call, registration: str = "") -> Doing:
    return Doing(call.actor.subject, call.scope, registration, call.body, call.if_match, call.now)


def _shown(call: Call, registration_id: Any, *, status: int = 200) -> Answer:
    question = question_of(call.actor, call.scope, call.now)
    row = show(call.session, service.reading_of_registration(question, str(registration_id)))
    return Answer(
        row.body.encode(),
        version=row.version,
        status=status,
        location=f"/v1/registrations/{row.id}" if status == _CREATED else None,
        subject_type="registration",
        subjects=row.subjects,
        people=row.people,
        masked=row.masked,
    )


def _count_all(session: Session, asked: Asked) -> int:
    return service.count_registrations(session, _asked(asked))


@read_route(
    routes,
    "/registrations",
    Operation("registrations.list", _READ, "area", "consultation", asks_reason=True),
    query=RegistrationQuery,
    answer=ItemPage,
    is_paged=True,
    total=_count_all,
)
def list_registrations(asked: Asked) -> Reading:
    """List who is registered, what is due first first."""
    page = cast("Page", asked.page)
    return service.reading_of_registrations(_asked(asked), page.after, page.limit)


@route(
    routes,
    "POST",
    "/registrations",
    Operation("registrations.register", _WRITE, "area", "collection"),
    body=schemas.RegistrationBody,
    answer=RegistrationAnswer,
    status=_CREATED,
)
def register(call: Call) -> Answer:
    """Register a person by a disposal; a further one of somebody registered joins the first."""
    return _shown(call, service.register(call.session, _doing(call)).id, status=_CREATED)


@route(
    routes,
    "GET",
    "/registrations/counts",
    Operation("registrations.count", _FULL, "area", "consultation"),
    query=RegistrationCountsQuery,
    answer=RegistrationCounts,
)
def count_registrations(call: Call) -> Answer:
    """Count who is registered by risk, state or place, and what is overdue of them."""
    as_at = call.query.pop("as_at", None)
    if as_at is None:
        as_at = settled_now(call.session)
    else:
        settle(call.session, as_at)
    group_by = call.query.pop("group_by", None)
    question = question_of(call.actor, call.scope, call.now, filters=dict(call.query), as_at=as_at)
    return Answer(
        as_json(service.count_open(call.session, question, group_by=group_by, as_at=as_at))
    )


@route(
    routes,
    "GET",
    "/reports/registrations",
    Operation("registrations.report", _FULL, "area", "consultation"),
    query=RegistrationReportQuery,
    answer=RegistrationReport,
)
def report_registrations(call: Call) -> Answer:
    """Report what happened to registered people in a period, as known now."""
    now = settled_now(call.session)
    period = _period(call, london_day(now))
    as_at = now if period.to_on >= london_day(now) else end_of_london_day(period.to_on)
    return Answer(as_json(service.report_period(call.session, period, as_at=as_at)))


def _period(call: Call, today: date) -> service.Period:
    to_on: date = call.query.pop("to_on", today)
    from_on: date = call.query.pop("from_on", to_on - timedelta(days=_YEAR - 1))
    if from_on > to_on:
        raise Invalid.field("/from", "Send a day not after `to`.")
    question = question_of(call.actor, call.scope, call.now, filters=dict(call.query))
    return service.Period(question, from_on, to_on)


@route(
    routes,
    "GET",
    "/reports/registrations/records",
    Operation("registrations.report-records", _FULL, "area", "consultation", asks_reason=True),
    query=RegistrationRecordsQuery,
    answer=ItemPage,
)
def list_counted(call: Call) -> Answer:
    """List exactly the rows of a count of the report, the earliest first."""
    page, count_of = read_page(call.query), call.query.pop("count_of")
    period = _period(call, london_day(call.now))
    rows = service.list_counted(call.session, period, count_of, page.after, page.limit + 1)
    shown = rows[: page.limit]
    return Answer(
        make_page(rows, page, key=lambda row: [row.at, str(row.id)]),
        subject_type="registration",
        subjects=sorted({row.registration_id for row in shown}),
        people=sorted({row.person_id for row in shown}),
    )


@read_route(
    routes,
    "/registrations/<registration>",
    Operation("registrations.read", _READ, "area", "consultation", asks_reason=True),
    query=AsAtQuery,
    answer=RegistrationAnswer,
)
def read_registration(asked: Asked, registration: str) -> Reading:
    """Give one registration with the rule that gave its last day, and what is due."""
    return service.reading_of_registration(_asked(asked), registration)


@route(
    routes,
    "PATCH",
    "/registrations/<registration>",
    Operation("registrations.amend", _WRITE, "area", "alteration"),
    body=schemas.RegistrationPatch,
    answer=RegistrationAnswer,
    if_match=True,
)
def amend_registration(call: Call, registration: str) -> Answer:
    """Change what a registration says; manager and visits with a reason."""
    return _shown(call, service.amend(call.session, _doing(call, registration)).id)


@route(
    routes,
    "GET",
    "/registrations/<registration>/history",
    Operation("registrations.history", _FULL, "area", "consultation", asks_reason=True),
    query=RegistrationHistoryQuery,
    answer=ItemPage,
)
def list_history(call: Call, registration: str) -> Answer:
    """Give the log of a registration in the order in which things happened."""
    page = read_page(call.query)
    as_at = call.query.pop("as_at", None)
    if as_at is not None:
        settle(call.session, as_at)
    question = question_of(call.actor, call.scope, call.now)
    row = show(call.session, service.reading_of_registration(question, registration))
    sees_polygraphs = may(call.actor, _POLYGRAPHS)
    rows = service.list_actions(
        call.session,
        row.id,
        kind=call.query.get("kind"),
        as_at=as_at,
        after=page.after,
        limit=page.limit + 1,
        sees_polygraphs=sees_polygraphs,
    )
    is_masked = not sees_polygraphs and any(each.kind == "polygraph" for each in rows)
    return Answer(
        make_page(rows, page, key=lambda entry: [entry[1], str(entry[2])]),
        subject_type="registration",
        subjects=[row.id],
        people=[row.person_id],
        masked=["details"] if is_masked else [],
    )


@route(
    routes,
    "POST",
    "/registrations/<registration>/absences/<absence>/ends",
    Operation("registrations.end-absence", _WRITE, "area", "alteration"),
    body=schemas.AbsenceEndBody,
    answer=RegistrationAnswer,
    status=_CREATED,
    if_match=True,
)
def end_absence(call: Call, registration: str, absence: str) -> Answer:
    """Record the release or return, from which what the law asks for runs."""
    done = service.end_absence(call.session, _doing(call, registration), absence)
    return _shown(call, done.id, status=_CREATED)


@route(
    routes,
    "POST",
    "/registrations/<registration>/disposals/<disposal>/removals",
    Operation("registrations.remove-disposal", _WRITE, "area", "alteration"),
    body=schemas.DisposalRemovalBody,
    answer=RegistrationAnswer,
    status=_CREATED,
    if_match=True,
)
def remove_disposal(call: Call, registration: str, disposal: str) -> Answer:
    """Take away one of several disposals: quashed by a court, or entered in error."""
    done = service.remove_disposal(call.session, _doing(call, registration), disposal)
    return _shown(call, done.id, status=_CREATED)


def _declare(act: Act) -> None:
    def view(call: Call, registration: str) -> Answer:
        done = act.work(call.session, _doing(call, registration))
        return _shown(call, done.id, status=_CREATED)

    declare_act(routes, act, "/registrations/<registration>", view, RegistrationAnswer)


for _each in ACTS:
    _declare(_each)
