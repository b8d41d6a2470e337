"""Routes of custody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import custody as schemas
from offenders.api.schemas.fields import AsAtQuery
from offenders.db import settle
from offenders.domain.custody import service
from offenders.domain.custody.service import Doing, Question
from offenders.domain.wanted.service import Asker

if TYPE_CHECKING:
    from uuid import UUID

routes = Routes("custody", __name__, url_prefix="/v1", description="Custody: who was arrested")

_READ, _WRITE = "custody:read", "custody:write"
CREATED = 201


def _question(call: Call, filters: dict[str, Any]) -> Question:
    """Take `as_at` out of the filters; wait until that moment is settled."""
    as_at = filters.pop("as_at", None)
    if as_at is not None:
        settle(call.session, as_at)
    return Question(filters, call.scope, as_at)


def _doing(call: Call) -> Doing:
    return Doing(Asker(call.actor.subject, call.actor.role_text, call.request_id), call.scope)


def _shown(call: Call, question: Question, written: str, status: int = 200) -> Answer:
    row = service.show_detention(call.session, question, written)
    return Answer(
        row[0].encode(),
        version=row.version,
        status=status,
        location=f"/v1/detentions/{row.id}" if status == CREATED else None,
        subject_type="detention",
        subjects=[row.id, *row.wants],
        people=[row.person_id],
    )


def _changed(call: Call, detention: UUID, status: int = 200) -> Answer:
    return _shown(call, Question({}, call.scope), str(detention), status)


@route(
    routes,
    "GET",
    "/detentions",
    Operation("custody.list", _READ, "area", "consultation", asks_reason=True),
    query=schemas.DetentionQuery,
    answer=schemas.DetentionPage,
)
def list_detentions(call: Call) -> Answer:
    """List who was arrested, the last first."""
    page = read_page(call.query)
    question = _question(call, call.query)
    rows = service.list_detentions(call.session, question, page.after, page.limit + 1)
    total = service.count_detentions(call.session, question) if page.with_total else None
    shown = rows[: page.limit]
    return Answer(
        make_page(rows, page, key=lambda row: [row.arrested_at, str(row.id)], total=total),
        subject_type="detention",
        subjects=[each for row in shown for each in (row.id, *row.wants)],
        people=[row.person_id for row in shown],
    )


@route(
    routes,
    "POST",
    "/detentions",
    Operation("custody.record", _WRITE, "area", "collection"),
    body=schemas.DetentionBody,
    answer=schemas.DetentionAnswer,
    status=201,
)
def record_detention(call: Call) -> Answer:
    """Record an arrest and all that follows; 200 where the same is on record already."""
    detention, is_new = service.record_detention(call.session, _doing(call), fields=call.body)
    return _changed(call, detention, CREATED if is_new else 200)


@route(
    routes,
    "GET",
    "/detentions/<detention>",
    Operation("custody.read", _READ, "area", "consultation", asks_reason=True),
    query=AsAtQuery,
    answer=schemas.DetentionAnswer,
)
def get_detention(call: Call, detention: str) -> Answer:
    """Give one detention with the wants closed and put forward, and its foreign checks."""
    return _shown(call, _question(call, call.query), detention)


@route(
    routes,
    "PATCH",
    "/detentions/<detention>",
    Operation("custody.amend", _WRITE, "area", "alteration"),
    body=schemas.DetentionPatch,
    answer=schemas.DetentionAnswer,
    if_match=True,
)
def amend_detention(call: Call, detention: str) -> Answer:
    """Correct a detention, record its PNC check, or close wants that were put forward."""
    changed = service.amend_detention(
        call.session, _doing(call), written=detention, fields=call.body, if_match=call.if_match
    )
    return _changed(call, changed)


@route(
    routes,
    "POST",
    "/detentions/<detention>/releases",
    Operation("custody.release", _WRITE, "area", "alteration"),
    body=schemas.ReleaseBody,
    answer=schemas.DetentionAnswer,
    status=201,
    if_match=True,
)
def release_detention(call: Call, detention: str) -> Answer:
    """Record when and how a detention ended."""
    released = service.release_detention(
        call.session, _doing(call), written=detention, fields=call.body, if_match=call.if_match
    )
    return _changed(call, released, CREATED)
