"""Routes of forensic hits: intake, lists, progress."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from flask import g, request
from werkzeug.exceptions import RequestEntityTooLarge

from offenders.api import forensics_actions
from offenders.api.bodies import BODY_LIMIT, UPLOAD_LIMIT, StrictParser
from offenders.api.calls import Answer, Call, as_json
from offenders.api.forensics_lines import NDJSON, answer_lines, as_sent
from offenders.api.operations import Routes, route
from offenders.api.permissions import Operation
from offenders.api.readings import Asked, read_route
from offenders.api.schemas import forensics as schemas
from offenders.api.schemas.fields import AsAtQuery, ItemPage
from offenders.db import settle, settled_now
from offenders.domain.forensics import service
from offenders.domain.forensics.service import Question, Sender
from offenders.domain.persons import service as persons
from offenders.domain.reading import Reading, show
from offenders.domain.working_days import london_day
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.api.pages import Page
    from offenders.domain.forensics.service import Told

routes = Routes("forensics", __name__, url_prefix="/v1", description="Forensic hits")

_READ, _ENTER = "forensics:read", "forensics:enter"
_BODIES = {
    "application/json": {"schema": schemas.HitBody},
    **{each: {"schema": {"type": "string", "format": "binary"}} for each in NDJSON[:1]},
}


def _question(call: Call, filters: dict[str, Any], as_at: datetime | None = None) -> Question:
    return Question(filters, call.scope, call.now, as_at)


def _asked_question(asked: Asked) -> Question:
    return Question(asked.query, asked.scope(), asked.now, asked.as_at)


def _count_all(session: Session, asked: Asked) -> int:
    return service.count_hits(session, _asked_question(asked))


@route(
    routes,
    "POST",
    "/forensic-hits",
    Operation("forensics.enter", _ENTER, "area", "collection"),
    answer=schemas.HitAnswer,
    status=201,
    body_limit=UPLOAD_LIMIT,
    raw_body=_BODIES,
)
def enter_hits(call: Call) -> Answer:
    """Take a hit (JSON), or many (NDJSON, 207 with what became of each line).

    The same laboratory reference again is 200 with the same facts and 409 with others.
    """
    is_client = call.scope.sender is not None
    sender = Sender(call.actor.subject, call.scope, is_client)
    if request.mimetype in NDJSON:
        return answer_lines(call, sender)
    if len(g.body) > BODY_LIMIT:
        raise RequestEntityTooLarge
    body = StrictParser().parse(schemas.HitBody(), request, location="json")
    sent, errors = as_sent(body, call.force)
    if errors:
        raise Invalid("Correct the fields named in errors.", list(errors))
    if sent.stated["person_id"] is not None:
        persons.refuse_merged(call.session, sent.stated["person_id"])
    (told,) = service.receive_hits(call.session, sender, [sent])
    _refuse(told)
    return _shown(call, str(told.id), status=told.status)


def _refuse(told: Told) -> None:
    if told.status == service.REFUSED:
        raise Invalid("Correct the fields named in errors.", list(told.errors))
    if told.status == service.CONFLICT:
        extra: dict[str, Any] = {"errors": list(told.errors)} if told.errors else {}
        if told.id is not None:
            extra |= {"existing": f"/v1/forensic-hits/{told.id}", "reference": told.reference}
        raise Conflict(told.detail or "", **extra)


@read_route(
    routes,
    "/forensic-hits",
    Operation("forensics.list", _READ, "area", "consultation", asks_reason=True),
    query=schemas.HitsQuery,
    answer=ItemPage,
    is_paged=True,
    total=_count_all,
)
def list_hits(asked: Asked) -> Reading:
    """List hits, the newest received first."""
    page = cast("Page", asked.page)
    return service.reading_of_hits(_asked_question(asked), page.after, page.limit)


@route(
    routes,
    "GET",
    "/forensic-hits/progress",
    Operation("forensics.progress", _READ, "area", "operation"),
    query=schemas.ProgressQuery,
    answer=schemas.ProgressAnswer,
)
def show_progress(call: Call) -> Answer:
    """Tell what became of each hit received in a period, and how long arrests took."""
    as_at: datetime | None = call.query.pop("as_at", None)
    if as_at is None:
        as_at = settled_now(call.session)
    else:
        settle(call.session, as_at)
    group_by = call.query.pop("group_by", None)
    to_on = call.query.pop("to_on", None)
    from_on = call.query.pop("from_on", None)
    to_on = to_on or max(london_day(as_at), from_on or london_day(as_at))
    from_on = from_on or to_on - timedelta(days=service.PERIOD_DAYS - 1)
    written = {name: value for name, value in request.args.items() if name in call.query}
    period = service.Asked(from_on, to_on, group_by, written)
    question = _question(call, call.query, as_at)
    return Answer(as_json(service.measure_progress(call.session, question, period)))


@read_route(
    routes,
    "/forensic-hits/<hit>",
    Operation("forensics.read", _READ, "area", "consultation", asks_reason=True),
    query=AsAtQuery,
    answer=schemas.HitAnswer,
)
def read_hit(asked: Asked, hit: str) -> Reading:
    """Give one hit with its person, its want and its clocks."""
    return service.reading_of_hit(_asked_question(asked), hit)


def _shown(call: Call, written: str, *, status: int = 200) -> Answer:
    row = show(call.session, service.reading_of_hit(_question(call, {}), written))
    return Answer(
        row.body.encode(),
        version=row.version,
        status=status,
        location=f"/v1/forensic-hits/{row.subjects[0]}" if status == service.CREATED else None,
        subject_type="forensic_hit",
        subjects=row.subjects,
        people=row.people,
        masked=row.masked,
    )


forensics_actions.declare(routes, lambda call, hit: _shown(call, hit, status=201))
