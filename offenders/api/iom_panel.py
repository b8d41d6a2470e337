"""Routes of the panel: multi-agency meetings, nominations, decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from offenders.api import partners
from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.readings import Asked, read_route
from offenders.api.schemas import iom as schemas
from offenders.api.schemas import iom_answers as answers
from offenders.api.schemas import iom_asking as asking
from offenders.api.schemas.fields import AsAtQuery, ItemPage
from offenders.db import settle
from offenders.domain.access import may, sight
from offenders.domain.iom import service
from offenders.domain.iom.service import Doing, NominationQuestion
from offenders.domain.reading import Reading, show
from offenders.errors import Conflict, Forbidden, Invalid, NotFound

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.api.pages import Page
    from offenders.domain.access import Scope
    from offenders.domain.actors import Actor

routes = Routes("iom", __name__, url_prefix="/v1", description="Integrated offender management")

CASE: Final = "iom:read-case"
_NOMINATE, _DECIDE = "iom:nominate", "iom:decide"
_PARTNER: Final = "partner_agency"
CREATED: Final = 201


def _nominations(
    actor: Actor, scope: Scope, filters: dict[str, Any], now: datetime, as_at: datetime | None
) -> NominationQuestion:
    """Who doesn't see cases sees what they put forward themselves."""
    own = None if may(actor, CASE) else actor.subject
    sees = sight(actor).protected_addresses
    return NominationQuestion(filters, scope, now, sees, may(actor, "persons:read"), own, as_at)


def _asked_nominations(asked: Asked) -> NominationQuestion:
    return _nominations(asked.actor, asked.scope(), asked.query, asked.now, asked.as_at)


def doing_of(call: Call, written: str = "") -> Doing:
    """Say who does what to which record, for which agency."""
    return Doing(
        call.actor.subject,
        call.scope,
        written,
        call.body,
        call.if_match,
        call.actor.agency,
    )


def answer_of(reading: Reading, call: Call, path: str, status: int) -> Answer:
    """Show a record that was just written; its audit is that of the act."""
    row = show(call.session, reading)
    return Answer(
        row.body.encode(),
        version=row.version,
        status=status,
        location=f"/v1/iom/{path}/{row.id}" if status == CREATED else None,
        subject_type=reading.subject_type,
        subjects=row.subjects,
        people=row.people,
        masked=row.masked,
    )


def _shown_nomination(call: Call, written: str) -> Answer:
    question = _nominations(call.actor, call.scope, {}, call.now, None)
    reading = service.reading_of_nomination(question, written)
    return answer_of(reading, call, "nominations", CREATED)


@route(
    routes,
    "POST",
    "/iom/meetings",
    Operation("iom.record-meeting", _DECIDE, "area", "collection"),
    body=schemas.IomMeetingBody,
    answer=schemas.IomMeetingAnswer,
    status=CREATED,
)
def record_meeting(call: Call) -> Answer:
    """Record a multi-agency meeting; one without its quorum can't be one that decides."""
    made = service.record_meeting(call.session, doing_of(call))
    return _shown_meeting(call, str(made.id), CREATED)


def _shown_meeting(call: Call, written: str, status: int = 200) -> Answer:
    row = service.show_meeting(call.session, call.scope, written)
    if row is None:
        raise NotFound
    return Answer(
        row.body.encode(),
        version=1,
        status=status,
        location=f"/v1/iom/meetings/{row.id}" if status == CREATED else None,
        subject_type="meeting",
        subjects=[row.id],
    )


@route(
    routes,
    "GET",
    "/iom/meetings",
    partners.shared(Operation("iom.list-meetings", CASE, "area", "consultation")),
    query=asking.IomMeetingsQuery,
    answer=ItemPage,
    partner=partners.list_meetings,
)
def list_meetings(call: Call) -> Answer:
    """List meetings, the latest first."""
    page = read_page(call.query)
    as_at = call.query.pop("as_at", None)
    if as_at is not None:
        settle(call.session, as_at)
    asked = (call.session, call.scope, call.query)
    rows = service.list_meetings(*asked, as_at=as_at, after=page.after, limit=page.limit + 1)
    total = service.count_meetings(*asked, as_at) if page.with_total else None
    return Answer(
        make_page(rows, page, key=lambda row: [row.held_at, str(row.id)], total=total),
        subject_type="meeting",
        subjects=[row.id for row in rows[: page.limit]],
    )


@route(
    routes,
    "GET",
    "/iom/meetings/<meeting>",
    partners.shared(Operation("iom.read-meeting", CASE, "area", "consultation")),
    answer=schemas.IomMeetingAnswer,
    partner=partners.read_meeting,
)
def read_meeting(call: Call, meeting: str) -> Answer:
    """Give one meeting with its attendance by agency and what it lacked."""
    return _shown_meeting(call, meeting)


@route(
    routes,
    "POST",
    "/iom/nominations",
    Operation("iom.nominate", _NOMINATE, "area", "collection"),
    body=schemas.IomNominationBody,
    answer=answers.IomNominationAnswer,
    status=CREATED,
)
def nominate(call: Call) -> Answer:
    """Put somebody forward for a scheme; any agency may, a partner for its own alone."""
    _require_own_agency(call)
    try:
        made = service.nominate(call.session, doing_of(call))
    except Conflict:
        if may(call.actor, "iom:read"):
            raise
        message = "The person can't be put forward for this scheme now. Ask the IOM team."
        raise Conflict(message) from None
    return _shown_nomination(call, str(made.id))


def _require_own_agency(call: Call) -> None:
    """Refuse a partner without an agency of its own, or in the name of another."""
    own, named = call.actor.agency, call.body.get("agency")
    if own is None and call.actor.roles == {_PARTNER}:
        message = "Your token names no agency. Ask its issuer for the claim `agency`."
        raise Forbidden(message)
    if own is not None and named not in {None, own}:
        raise Invalid.field("/agency", f"You nominate for {own}. Leave it out, or send {own}.")


def _count_nominations(session: Session, asked: Asked) -> int:
    return service.count_nominations(session, _asked_nominations(asked))


@read_route(
    routes,
    "/iom/nominations",
    Operation("iom.list-nominations", _NOMINATE, "area", "consultation", asks_reason=True),
    query=asking.IomNominationsQuery,
    answer=ItemPage,
    is_paged=True,
    total=_count_nominations,
)
def list_nominations(asked: Asked) -> Reading:
    """List nominations, what is to be decided first first; an agency sees its own sender's."""
    page = cast("Page", asked.page)
    return service.reading_of_nominations(_asked_nominations(asked), page.after, page.limit)


@read_route(
    routes,
    "/iom/nominations/<nomination>",
    Operation("iom.read-nomination", _NOMINATE, "area", "consultation", asks_reason=True),
    query=AsAtQuery,
    answer=answers.IomNominationAnswer,
)
def read_nomination(asked: Asked, nomination: str) -> Reading:
    """Give one nomination with the decisions about it."""
    return service.reading_of_nomination(_asked_nominations(asked), nomination)


@route(
    routes,
    "POST",
    "/iom/nominations/<nomination>/decisions",
    Operation("iom.decide", _DECIDE, "area", "alteration"),
    body=schemas.IomDecisionBody,
    answer=answers.IomNominationAnswer,
    status=CREATED,
    if_match=True,
)
def decide(call: Call, nomination: str) -> Answer:
    """Record the panel's decision with its rationale; accepted makes the membership."""
    done = service.decide(call.session, doing_of(call, nomination))
    return _shown_nomination(call, str(done.id))


@route(
    routes,
    "POST",
    "/iom/nominations/<nomination>/handovers",
    Operation("iom.hand-over-nomination", "iom:write", "area", "alteration"),
    body=schemas.IomHandoverBody,
    answer=answers.IomNominationAnswer,
    status=CREATED,
    if_match=True,
)
def hand_over_nomination(call: Call, nomination: str) -> Answer:
    """Hand an open nomination over to another officer or team, with a reason."""
    done = service.hand_over_nomination(call.session, doing_of(call, nomination))
    return _shown_nomination(call, str(done.id))
