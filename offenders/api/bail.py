"""Routes of bail: releases on bail and without, and what is done with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

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
    from collections.abc import Callable

    from marshmallow import Schema
    from sqlalchemy.orm import Session

    from offenders.api.pages import Page

routes = Routes(
    "bail", __name__, url_prefix="/v1", description="Pre-charge bail and release without bail"
)

_READ, _WRITE = "bail:read", "bail:write"
_CREATED = 201


@dataclass(frozen=True)
class _Act:
    """One kind of act on a record. What is only added needs no If-Match."""

    rule: str
    verb: str
    body: type[Schema]
    work: Callable[[Session, Doing], Any]
    says: str
    permission: str = _WRITE
    if_match: bool = True


_ACTS = (
    _Act(
        "extensions",
        "bail.extend",
        schemas.BailExtensionBody,
        service.extend_bail,
        "Extend the period; rank and time are judged at `authorised_at`.",
    ),
    _Act(
        "suspensions",
        "bail.suspend",
        schemas.BailSuspensionBody,
        service.suspend,
        "Suspend the period while with the prosecutor or in hospital.",
    ),
    _Act(
        "conditions",
        "bail.vary-conditions",
        schemas.BailConditionsBody,
        service.vary_conditions,
        "Put these conditions in place of those that held.",
    ),
    _Act(
        "surrenders",
        "bail.surrender",
        schemas.BailSurrenderBody,
        service.surrender,
        "Record that the person answered; closes the want of a failure.",
    ),
    _Act(
        "failures",
        "bail.fail",
        schemas.BailFailureBody,
        service.fail,
        "Record that the person did not answer; opens the want in the same transaction.",
    ),
    _Act(
        "breaches",
        "bail.breach",
        schemas.BailBreachBody,
        service.breach,
        "Record the breach of a condition.",
    ),
    _Act(
        "reviews",
        "bail.review",
        schemas.BailReviewBody,
        service.review,
        "Record the review of somebody released without bail.",
        permission="bail:review",
        if_match=False,
    ),
    _Act(
        "handovers",
        "bail.handover",
        schemas.BailHandoverBody,
        service.hand_over,
        "Hand the record over to another officer or team, with a reason.",
        permission="bail:handover",
    ),
    _Act(
        "closures",
        "bail.close",
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


def _declare(act: _Act) -> None:
    def view(call: Call, record: str) -> Answer:
        done = act.work(call.session, _doing(call, record))
        return _shown(call, done.id, status=_CREATED)

    view.__name__, view.__doc__ = act.verb.replace(".", "_").replace("-", "_"), act.says
    route(
        routes,
        "POST",
        f"/bail-records/<record>/{act.rule}",
        Operation(act.verb, act.permission, "area", "alteration"),
        body=act.body,
        answer=schemas.BailAnswer,
        status=_CREATED,
        if_match=act.if_match,
    )(view)


for _each in _ACTS:
    _declare(_each)
