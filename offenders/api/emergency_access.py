"""Routes of emergency access: taken for a reason, ended, and reviewed by a second person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.pages import page_of_list
from offenders.api.permissions import Operation
from offenders.api.schemas import sharing as schemas
from offenders.api.schemas.fields import ItemPage
from offenders.domain.access import may
from offenders.domain.sharing import service
from offenders.domain.sharing.service import Taker

if TYPE_CHECKING:
    from sqlalchemy import Row

routes = Routes(
    "emergency-access",
    __name__,
    url_prefix="/v1/emergency-access",
    description="Reading beyond one's own reach, for a reason and a time",
)

_TAKE, _READ, _REVIEW = "emergency:take", "emergency:read", "emergency:review"
_CREATED = 201


def _taker(call: Call) -> Taker:
    return Taker(call.actor.subject, call.actor.role_text, may(call.actor, _REVIEW))


def _shown(row: Row[Any], status: int = 200) -> Answer:
    return Answer(
        row[0].encode(),
        version=row.version,
        status=status,
        location=f"/v1/emergency-access/{row.id}" if status == _CREATED else None,
        subject_type="emergency_access",
        subjects=[row.id],
    )


@route(
    routes,
    "POST",
    "",
    Operation("emergency.take", _TAKE, "force", "consultation"),
    body=schemas.EmergencyBody,
    answer=schemas.EmergencyAnswer,
    status=_CREATED,
)
def take_access(call: Call) -> Answer:
    """Open one person or one area to yourself for a short time; somebody else will review it."""
    return _shown(service.take_access(call.session, _taker(call), call.body), _CREATED)


@route(
    routes,
    "GET",
    "",
    Operation("emergency.list", _READ, "force", "consultation"),
    query=schemas.EmergencyQuery,
    answer=ItemPage,
)
def list_accesses(call: Call) -> Answer:
    """List emergency access, newest first; one's own unless one reviews others'."""
    filters = dict(call.query)
    for each in ("limit", "cursor", "count"):
        filters.pop(each, None)
    return Answer(
        page_of_list(
            call.query,
            lambda after, limit: service.list_accesses(
                call.session, _taker(call), filters, after=after, limit=limit
            ),
        )
    )


@route(
    routes,
    "GET",
    "/<access>",
    Operation("emergency.read", _READ, "force", "consultation"),
    answer=schemas.EmergencyAnswer,
)
def read_access(call: Call, access: str) -> Answer:
    """Give one emergency access."""
    return _shown(service.show_access(call.session, _taker(call), access))


@route(
    routes,
    "POST",
    "/<access>/ends",
    Operation("emergency.end", _READ, "force", "alteration"),
    answer=schemas.EmergencyAnswer,
    status=_CREATED,
    if_match=True,
)
def end_access(call: Call, access: str) -> Answer:
    """End an emergency access before its time."""
    row = service.end_access(call.session, _taker(call), access, call.if_match)
    return _shown(row, _CREATED)


@route(
    routes,
    "POST",
    "/<access>/reviews",
    Operation("emergency.review", _REVIEW, "force", "alteration"),
    body=schemas.EmergencyReviewBody,
    answer=schemas.EmergencyAnswer,
    status=_CREATED,
)
def review_access(call: Call, access: str) -> Answer:
    """Say whether an emergency access was justified; nobody reviews their own."""
    row = service.review_access(
        call.session, _taker(call), access, call.body["outcome"], call.body["note"]
    )
    return _shown(row, _CREATED)
