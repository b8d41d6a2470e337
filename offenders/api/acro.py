"""Routes of foreign-conviction checks."""

from __future__ import annotations

from datetime import timedelta

from offenders.api.acts import Act, declare_act
from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import acro as schemas
from offenders.api.schemas.fields import AsAtQuery, ItemPage
from offenders.db import settle
from offenders.domain.access import sight
from offenders.domain.acro import service
from offenders.domain.acro.service import Doing, Period, Question
from offenders.domain.working_days import london_day
from offenders.errors import Invalid

routes = Routes("acro", __name__, url_prefix="/v1", description="Foreign-conviction checks")

_READ = "acro:read"
PERIOD_DAYS = 365


def _question(call: Call) -> Question:
    as_at = call.query.pop("as_at", None)
    if as_at is not None:
        settle(call.session, as_at)
    call.query.pop("force", None)
    return Question(call.query, call.scope, call.now, as_at)


@route(
    routes,
    "GET",
    "/acro-checks",
    Operation("acro.list", _READ, "area", "consultation", asks_reason=True),
    query=schemas.AcroQuery,
    answer=ItemPage,
)
def list_checks(call: Call) -> Answer:
    """List foreign-conviction checks, the newest arrest first."""
    page = read_page(call.query)
    question = _question(call)
    rows = service.list_checks(call.session, question, page.after, page.limit + 1)
    total = service.count_checks(call.session, question) if page.with_total else None
    shown = rows[: page.limit]
    return Answer(
        make_page(rows, page, key=lambda row: [row.detained_at, str(row.id)], total=total),
        subject_type="acro_check",
        subjects=[row.id for row in shown],
        people=[row.person_id for row in shown],
    )


@route(
    routes,
    "GET",
    "/acro-checks/coverage",
    Operation("acro.coverage", "acro:coverage", "area", "operation"),
    query=schemas.CoverageQuery,
    answer=schemas.CoverageAnswer,
)
def show_coverage(call: Call) -> Answer:
    """Count the foreign nationals arrested in a period and how many of them were checked.

    A group or period that sent no arrests says `no_data`. `href` gives the rows of
    `foreign_nationals`.
    """
    content = service.coverage(
        call.session,
        scope=call.scope,
        period=_period(call),
        lpa=call.query.get("lpa"),
        group_by=call.query.get("group_by"),
    )
    return Answer(as_json(content))


def _period(call: Call) -> Period:
    to_on = call.query.get("to_on") or london_day(call.now)
    from_on = call.query.get("from_on") or to_on - timedelta(days=PERIOD_DAYS - 1)
    if to_on < from_on:
        raise Invalid.field("/to", "Send a day not before `from`.")
    return Period(from_on, to_on)


@route(
    routes,
    "GET",
    "/acro-checks/<check>",
    Operation("acro.read", _READ, "area", "consultation", asks_reason=True),
    query=AsAtQuery,
    answer=schemas.AcroAnswer,
)
def get_check(call: Call, check: str) -> Answer:
    """Give one check: how far it is, what is due by which figure, and what it found."""
    return _shown(call, _question(call), check)


def _shown(call: Call, question: Question, written: str, status: int = 200) -> Answer:
    row = service.get_check(call.session, question, written)
    return Answer(
        row[0].encode(),
        version=row.version,
        status=status,
        subject_type="acro_check",
        subjects=[row.id],
        people=[row.person_id],
    )


_ACTS = (
    Act(
        "requests",
        "acro.request",
        "acro:request",
        schemas.RequestBody,
        service.request_check,
        "Ask the country; the message is kept with the request and sent right after it.",
        audit_class="disclosure",
    ),
    Act(
        "chases",
        "acro.chase",
        "acro:request",
        schemas.ChaseBody,
        service.chase_check,
        "Remind the country of a request that it has not answered.",
        audit_class="disclosure",
    ),
    Act(
        "responses",
        "acro.respond",
        "acro:respond",
        schemas.ResponseBody,
        service.respond_to_check,
        "Record what the country answered; a reply without a request is refused.",
        audit_class="collection",
    ),
    Act(
        "assessments",
        "acro.assess",
        "acro:assess",
        schemas.AssessmentBody,
        service.assess_check,
        "Assess a trace: raise the risk of the person's wants, give warning markers.",
    ),
    Act(
        "not-possible",
        "acro.give-up",
        "acro:respond",
        schemas.NotPossibleBody,
        service.give_up_check,
        "Record that the check can't be made, and why.",
    ),
)


def _declare(act: Act) -> None:
    def view(call: Call, check: str) -> Answer:
        doing = Doing(
            actor=call.actor.subject,
            scope=call.scope,
            written=check,
            fields=call.body,
            if_match=call.if_match,
            sight=sight(call.actor),
            now=call.now,
        )
        changed = act.work(call.session, doing)
        return _shown(call, Question({}, call.scope, call.now), str(changed.id), 201)

    declare_act(routes, act, "/acro-checks/<check>", view, schemas.AcroAnswer)


for _each in _ACTS:
    _declare(_each)
