"""Routes of restrictions, agreements and shares: who may read of whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, page_of_list, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import sharing as schemas
from offenders.api.schemas.fields import ItemPage, PageQuery
from offenders.domain.sharing import service

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Row

routes = Routes(
    "sharing", __name__, url_prefix="/v1", description="Who may read of whom: restricted, shared"
)

_RESTRICT, _AGREE = "restrictions:write", "agreements:write"
_READ_SHARES, _SHARE = "shares:read", "shares:write"
_CREATED = 201


def _made(row: Row[Any], name: str) -> Answer:
    return Answer(
        row[0].encode(),
        version=row.version,
        status=_CREATED,
        location=f"/v1/people/{row.person_id}/{name}",
        subject_type="person",
        subjects=[row.person_id, row.id],
        people=[row.person_id],
    )


def _end(call: Call, ender: Callable[..., Row[Any]], person: str, entry: str) -> Row[Any]:
    return ender(
        call.session,
        actor=call.actor.subject,
        written=person,
        entry=entry,
        reason=call.body["reason"],
        if_match=call.if_match,
    )


def _list(call: Call, timed: service.Timed, person: str) -> Answer:
    page = read_page(call.query)
    found, rows = timed.list(call.session, written=person, after=page.after, limit=page.limit + 1)
    total = None
    if page.with_total:
        total = len(timed.list(call.session, written=person, after=None, limit=None)[1])
    body = make_page(rows, page, key=lambda row: [row[1], row[2]], total=total)
    return Answer(body, subject_type="person", subjects=[found], people=[found])


@route(
    routes,
    "POST",
    "/people/<person>/restrictions",
    Operation("persons.restrict", _RESTRICT, "force", "alteration"),
    body=schemas.RestrictionBody,
    answer=schemas.RestrictionAnswer,
    status=_CREATED,
)
def restrict_person(call: Call, person: str) -> Answer:
    """Restrict a person to the readers named; for all others there is no such person from now."""
    row = service.restrict_person(
        call.session, actor=call.actor.subject, written=person, fields=call.body
    )
    return _made(row, "restrictions")


@route(
    routes,
    "GET",
    "/people/<person>/restrictions",
    Operation("persons.list-restrictions", _RESTRICT, "force", "consultation", asks_reason=True),
    query=PageQuery,
    answer=ItemPage,
)
def list_restrictions(call: Call, person: str) -> Answer:
    """List the restrictions of a person, newest first."""
    return _list(call, service.RESTRICTIONS, person)


@route(
    routes,
    "POST",
    "/people/<person>/restrictions/<restriction>/ends",
    Operation("persons.end-restriction", _RESTRICT, "force", "alteration"),
    body=schemas.EndBody,
    answer=schemas.RestrictionAnswer,
    status=_CREATED,
    if_match=True,
)
def end_restriction(call: Call, person: str, restriction: str) -> Answer:
    """End a restriction before its time."""
    return _made(_end(call, service.end_restriction, person, restriction), "restrictions")


@route(
    routes,
    "POST",
    "/agreements",
    Operation("agreements.add", _AGREE, "force", "operation"),
    body=schemas.AgreementBody,
    answer=schemas.AgreementAnswer,
    status=_CREATED,
)
def add_agreement(call: Call) -> Answer:
    """Record what an agency may see of people shared with it, from a day on."""
    row = service.add_agreement(call.session, actor=call.actor.subject, fields=call.body)
    return Answer(row[0].encode(), status=_CREATED, subject_type="agreement", subjects=[row.id])


@route(
    routes,
    "GET",
    "/agreements",
    Operation("agreements.list", _READ_SHARES, "force", "operation"),
    query=schemas.AgreementQuery,
    answer=ItemPage,
)
def list_agreements(call: Call) -> Answer:
    """List agreements by agency, name and day."""
    wanted = ("agency", "name", "in_force")
    filters: dict[str, Any] = {key: call.query[key] for key in wanted if key in call.query}
    return Answer(
        page_of_list(
            call.query,
            lambda after, limit: service.list_agreements(
                call.session, filters, after=after, limit=limit
            ),
        )
    )


@route(
    routes,
    "POST",
    "/people/<person>/shares",
    Operation("persons.share", _SHARE, "force", "disclosure"),
    body=schemas.ShareBody,
    answer=schemas.ShareAnswer,
    status=_CREATED,
)
def share_person(call: Call, person: str) -> Answer:
    """Share a person with a partner agency, under an agreement in force."""
    row = service.share_person(
        call.session, actor=call.actor.subject, written=person, fields=call.body
    )
    shown = _made(row, "shares")
    shown.details["agency"] = call.body["agency"]
    return shown


@route(
    routes,
    "GET",
    "/people/<person>/shares",
    Operation("persons.list-shares", _READ_SHARES, "force", "consultation", asks_reason=True),
    query=PageQuery,
    answer=ItemPage,
)
def list_shares(call: Call, person: str) -> Answer:
    """List the shares of a person, newest first."""
    return _list(call, service.SHARES, person)


@route(
    routes,
    "POST",
    "/people/<person>/shares/<share>/ends",
    Operation("persons.end-share", _SHARE, "force", "alteration"),
    body=schemas.EndBody,
    answer=schemas.ShareAnswer,
    status=_CREATED,
    if_match=True,
)
def end_share(call: Call, person: str, share: str) -> Answer:
    """End a share; the agency sees the person no more."""
    return _made(_end(call, service.end_share, person, share), "shares")
