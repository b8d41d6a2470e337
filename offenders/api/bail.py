"""Routes of bail: releases on bail and without, and what is done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from offenders.api.acts import Act, declare_act
from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.readings import Asked, read_route
from offenders.api.schemas import bail as schemas
from offenders.api.schemas.fields import AsAtQuery, ItemPage, LogQuery
from offenders.db import settle
from offenders.domain.access import sight
from offenders.domain.bail import service
from offenders.domain.bail.service import Doing, Question
from offenders.domain.reading import Reading, show

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.api.pages import Page

routes = Routes(
    "bail", __name__, url_prefix="/v1", description="Pre-charge bail and release without bail"
)

_READ, _WRITE = "bail:read", "bail:write"
_CREATED = 201


_ACTS = (
    Act(
        "extensions",
        "bail.extend",
        _WRITE,
        schemas.BailExtensionBody,
        service.extend_bail,
        "Extend the period; rank and time are judged at `authorised_at`.",
    ),
    Act(
        "suspensions",
        "bail.suspend",
        _WRITE,
        schemas.BailSuspensionBody,
        service.suspend,
        "Suspend the period while with the prosecutor or in hospital.",
    ),
    Act(
        "conditions",
        "bail.vary-conditions",
        _WRITE,
        schemas.BailConditionsBody,
        service.vary_conditions,
        "Put these conditions in place of those that held.",
    ),
    Act(
        "surrenders",
        "bail.surrender",
        _WRITE,
        schemas.BailSurrenderBody,
        service.surrender,
        "Record that the person answered; closes the want of a failure.",
    ),
    Act(
        "failures",
        "bail.fail",
        _WRITE,
        schemas.BailFailureBody,
        service.fail,
        "Record that the person did not answer; opens the want in the same transaction.",
    ),
    Act(
        "breaches",
        "bail.breach",
        _WRITE,
        schemas.BailBreachBody,
        service.breach,
        "Record the breach of a condition.",
    ),
    Act(
        "reviews",
        "bail.review",
        "bail:review",
        schemas.BailReviewBody,
        service.review,
        "Record the review of somebody released without bail.",
        if_match=False,
    ),
    Act(
        "handovers",
        "bail.handover",
        "bail:handover",
        schemas.BailHandoverBody,
        service.hand_over,
        "Hand the record over to another officer or team, with a reason.",
    ),
    Act(
        "closures",
        "bail.close",
        _WRITE,
        schemas.BailClosureBody,
        service.close,
        "Close the record by a coded outcome.",
    ),
)


def _question(call: Call) -> Question:
    return Question({}, call.scope, call.now, sight(call.actor).protected_addresses)


def _asked_question(asked: Asked) -> Question:
    sees = sight(asked.actor).protected_addresses
    return Question(asked.query, asked.scope(), asked.now, sees, asked.as_at)


def _doing(call: Call, record: str) -> Doing:
    return Doing(call.actor.subject, call.scope, record, call.body, call.if_match, call.now)


def _shown(call: Call, record_id: Any, *, status: int = 200) -> Answer:
    row = show(call.session, service.reading_of_record(_question(call), str(record_id)))
    return Answer(
        row.body.encode(),
        version=row.version,
        status=status,
        location=f"/v1/bail-records/{row.id}" if status == _CREATED else None,
        subject_type="bail_record",
        subjects=row.subjects,
        people=row.people,
        masked=row.masked,
    )


def _count_all(session: Session, asked: Asked) -> int:
    return service.count_records(session, _asked_question(asked))


@read_route(
    routes,
    "/bail-records",
    Operation("bail.list", _READ, "area", "consultation", asks_reason=True),
    query=schemas.BailQuery,
    answer=ItemPage,
    is_paged=True,
    total=_count_all,
)
def list_records(asked: Asked) -> Reading:
    """List releases, what is due first first."""
    page = cast("Page", asked.page)
    return service.reading_of_records(_asked_question(asked), page.after, page.limit)


@route(
    routes,
    "POST",
    "/bail-records",
    Operation("bail.record", _WRITE, "area", "collection"),
    body=schemas.BailBody,
    answer=schemas.BailAnswer,
    status=_CREATED,
)
def record_release(call: Call) -> Answer:
    """Record a release on bail or without; says until when bail lasts, and by which section."""
    record = service.record_release(
        call.session,
        actor=call.actor.subject,
        scope=call.scope,
        fields=call.body,
        now=call.now,
    )
    return _shown(call, record.id, status=_CREATED)


@read_route(
    routes,
    "/bail-records/<record>",
    Operation("bail.read", _READ, "area", "consultation", asks_reason=True),
    query=AsAtQuery,
    answer=schemas.BailAnswer,
)
def read_record(asked: Asked, record: str) -> Reading:
    """Give one release with its conditions, extensions and the rule that gave its last day."""
    return service.reading_of_record(_asked_question(asked), record)


@route(
    routes,
    "PATCH",
    "/bail-records/<record>",
    Operation("bail.amend", _WRITE, "area", "alteration"),
    body=schemas.BailPatch,
    answer=schemas.BailAnswer,
    if_match=True,
)
def amend_record(call: Call, record: str) -> Answer:
    """Change what a record says; a new time to answer puts who surrendered on bail again."""
    return _shown(call, service.amend_record(call.session, _doing(call, record)).id)


@route(
    routes,
    "GET",
    "/bail-records/<record>/history",
    Operation("bail.history", _READ, "area", "consultation", asks_reason=True),
    query=LogQuery,
    answer=ItemPage,
)
def list_history(call: Call, record: str) -> Answer:
    """Give the log of a record in the order in which things happened."""
    page = read_page(call.query)
    as_at = call.query.pop("as_at", None)
    if as_at is not None:
        settle(call.session, as_at)
    row = show(call.session, service.reading_of_record(_question(call), record))
    rows = service.list_history(
        call.session, record_id=row.id, as_at=as_at, after=page.after, limit=page.limit + 1
    )
    return Answer(
        make_page(rows, page, key=lambda entry: [entry[1], str(entry[2])]),
        subject_type="bail_record",
        subjects=[row.id],
        people=[row.person_id],
    )


@route(
    routes,
    "POST",
    "/bail-records/<record>/suspensions/<suspension>/ends",
    Operation("bail.end-suspension", _WRITE, "area", "alteration"),
    body=schemas.BailSuspensionEndBody,
    answer=schemas.BailAnswer,
    status=_CREATED,
    if_match=True,
)
def end_suspension(call: Call, record: str, suspension: str) -> Answer:
    """End a suspension: the period runs on."""
    done = service.end_suspension(call.session, _doing(call, record), suspension)
    return _shown(call, done.id, status=_CREATED)


def _declare(act: Act) -> None:
    def view(call: Call, record: str) -> Answer:
        done = act.work(call.session, _doing(call, record))
        return _shown(call, done.id, status=_CREATED)

    declare_act(routes, act, "/bail-records/<record>", view, schemas.BailAnswer)


for _each in _ACTS:
    _declare(_each)
