"""Routes of MAPPA: cases and referrals, lists, local summaries, caseload, return and report."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from offenders.api import mappa_actions
from offenders.api.annual_return import told_elsewhere
from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.readings import Asked, read_route
from offenders.api.schemas import mappa as schemas
from offenders.api.schemas import mappa_answers as answers
from offenders.api.schemas.fields import AsAtQuery, ItemPage, LogQuery
from offenders.db import settle
from offenders.domain.access import may, sight
from offenders.domain.mappa import service
from offenders.domain.mappa.rules import Stage
from offenders.domain.mappa.service import Question
from offenders.domain.reading import Reading, show
from offenders.domain.working_days import london_day

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.api.pages import Page
    from offenders.domain.actors import Actor

routes = Routes(
    "mappa", __name__, url_prefix="/v1", description="Multi-agency public protection arrangements"
)

_READ, _WRITE, _COUNTS = "mappa:read", "mappa:write", "mappa:counts"
_MINUTES = "mappa:read-minutes"
_CREATED = 201
_YEAR = timedelta(days=364)  # with the last day itself a year


def _sees(actor: Actor) -> tuple[bool, bool]:
    return sight(actor).protected_addresses, may(actor, _MINUTES)


def _question(call: Call, filters: dict[str, Any], as_at: datetime | None = None) -> Question:
    return Question(filters, call.scope, call.now, *_sees(call.actor), as_at)


def _asked_question(asked: Asked) -> Question:
    filters = {"stage": "open", **asked.query}
    if "stage" not in asked.query and {"on", "event"} & set(asked.query):
        del filters["stage"]
    if filters.get("stage") == "all":
        del filters["stage"]
    return Question(filters, asked.scope(), asked.now, *_sees(asked.actor), asked.as_at)


def _shown(call: Call, case_id: Any, *, status: int = 200) -> Answer:
    row = show(call.session, service.reading_of_case(_question(call, {}), str(case_id)))
    return Answer(
        row.body.encode(),
        version=row.version,
        status=status,
        location=f"/v1/mappa/cases/{row.id}" if status == _CREATED else None,
        subject_type="mappa_case",
        subjects=row.subjects,
        people=row.people,
        masked=row.masked,
    )


def _count_all(session: Session, asked: Asked) -> int:
    return service.count_cases(session, _asked_question(asked))


def _summaries_question(asked: Asked) -> Question:
    filters = {**asked.query, "stage": "open"}
    return Question(filters, asked.scope(), asked.now, *_sees(asked.actor))


def _count_summaries(session: Session, asked: Asked) -> int:
    return service.count_summaries(session, _summaries_question(asked))


@read_route(
    routes,
    "/mappa/cases",
    Operation("mappa.list", _READ, "area", "consultation", asks_reason=True),
    query=schemas.MappaCaseQuery,
    answer=ItemPage,
    is_paged=True,
    total=_count_all,
)
def list_cases(asked: Asked) -> Reading:
    """List cases, what meets next first; open ones unless told."""
    page = cast("Page", asked.page)
    return service.reading_of_cases(_asked_question(asked), page.after, page.limit)


@route(
    routes,
    "POST",
    "/mappa/cases",
    Operation("mappa.enter", _WRITE, "area", "collection"),
    body=schemas.MappaCaseBody,
    answer=answers.MappaCaseAnswer,
    status=_CREATED,
)
def enter_case(call: Call) -> Answer:
    """Enter a case; a category or level without its criteria is refused with the rule."""
    case = service.enter_case(
        call.session,
        actor=call.actor.subject,
        scope=call.scope,
        fields=call.body,
        now=call.now,
    )
    return _shown(call, case.id, status=_CREATED)


@route(
    routes,
    "POST",
    "/mappa/referrals",
    Operation("mappa.refer", "mappa:refer", "area", "collection"),
    body=schemas.MappaReferralBody,
    answer=answers.MappaReferralAnswer,
    status=_CREATED,
)
def refer_person(call: Call) -> Answer:
    """Refer a person with a reason; the co-ordinator accepts or refuses."""
    case = service.refer_person(
        call.session, actor=call.actor.subject, scope=call.scope, fields=call.body
    )
    shown = {"id": case.id, "reference": case.reference, "stage": Stage.REFERRED}
    return Answer(
        as_json(shown),
        status=_CREATED,
        location=f"/v1/mappa/cases/{case.id}",
        subject_type="mappa_case",
        subjects=[case.id, case.person_id],
    )


@read_route(
    routes,
    "/mappa/cases/<case>",
    Operation("mappa.read", _READ, "area", "consultation", asks_reason=True),
    query=AsAtQuery,
    answer=answers.MappaCaseAnswer,
)
def read_case(asked: Asked, case: str) -> Reading:
    """Give one case with its levels, meetings, plans, actions and local summary."""
    question = Question({}, asked.scope(), asked.now, *_sees(asked.actor), asked.as_at)
    return service.reading_of_case(question, case)


@route(
    routes,
    "PATCH",
    "/mappa/cases/<case>",
    Operation("mappa.amend", _WRITE, "area", "alteration"),
    body=schemas.MappaCasePatch,
    answer=answers.MappaCaseAnswer,
    if_match=True,
)
def amend_case(call: Call, case: str) -> Answer:
    """Change what a case says, where the person is, or with a reason who leads."""
    doing = mappa_actions.doing(call, case)
    return _shown(call, service.amend_case(call.session, doing).id)


@route(
    routes,
    "GET",
    "/mappa/cases/<case>/history",
    Operation("mappa.history", _READ, "area", "consultation", asks_reason=True),
    query=LogQuery,
    answer=ItemPage,
)
def list_history(call: Call, case: str) -> Answer:
    """Give the log of a case in the order in which things happened."""
    page = read_page(call.query)
    as_at = call.query.pop("as_at", None)
    if as_at is not None:
        settle(call.session, as_at)
    row = show(call.session, service.reading_of_case(_question(call, {}, as_at), case))
    rows = service.list_history(
        call.session, case_id=row.id, as_at=as_at, after=page.after, limit=page.limit + 1
    )
    return Answer(
        make_page(rows, page, key=lambda entry: [entry[1], str(entry[2])]),
        subject_type="mappa_case",
        subjects=[row.id],
        people=[row.person_id],
    )


@read_route(
    routes,
    "/mappa/local-summaries",
    Operation("mappa.summaries", "mappa:summaries", "area", "consultation", asks_reason=True),
    query=schemas.MappaSummariesQuery,
    answer=ItemPage,
    is_paged=True,
    total=_count_summaries,
)
def list_summaries(asked: Asked) -> Reading:
    """List the local summaries that neighbourhood officers may know, the newest first."""
    page = cast("Page", asked.page)
    return service.reading_of_summaries(_summaries_question(asked), page.after, page.limit)


@route(
    routes,
    "GET",
    "/mappa/caseload",
    Operation("mappa.caseload", _COUNTS, "area", "operation"),
    query=schemas.MappaCaseloadQuery,
    answer=answers.MappaCaseloadAnswer,
)
def show_caseload(call: Call) -> Answer:
    """Tell how many people each manager answers for, in the community and in custody."""
    shown = service.show_caseload(call.session, call.scope, call.query.get("manager"))
    return Answer(as_json(shown))


@route(
    routes,
    "GET",
    "/mappa/annual-return",
    Operation("mappa.return", _COUNTS, "area", "operation"),
    query=schemas.MappaReturnQuery,
    answer=answers.MappaReturnAnswer,
)
def show_return(call: Call) -> Answer:
    """Give the annual return: categories on 31 March, the rest for the year to that day."""
    year = call.query.pop("year", None)
    question = _question(call, call.query)
    told = service.annual_return(call.session, question, year)
    told["elsewhere"] |= told_elsewhere(call, told["from"], told["to"])
    return Answer(as_json(told))


@route(
    routes,
    "GET",
    "/reports/mappa",
    Operation("reports.mappa", _COUNTS, "area", "operation"),
    query=schemas.MappaReportQuery,
    answer=answers.MappaReportAnswer,
)
def report_mappa(call: Call) -> Answer:
    """Report what stands, meetings held in time, attendance by agency, actions and summaries."""
    as_at = call.query.pop("as_at", None)
    if as_at is not None:
        settle(call.session, as_at)
    to_on = call.query.pop("to_on", None) or london_day(as_at or call.now)
    from_on = call.query.pop("from_on", None) or to_on - _YEAR
    question = _question(call, call.query, as_at)
    return Answer(as_json(service.report_mappa(call.session, question, from_on, to_on)))


mappa_actions.declare(routes, lambda call, case: _shown(call, case, status=_CREATED))
