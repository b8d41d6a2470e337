"""Routes of the wanted register."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from flask import g, request

from offenders.api import wanted_actions
from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.readings import Asked, read_route, show_audited
from offenders.api.schemas import wanted as schemas
from offenders.api.schemas.fields import AsAtQuery, ItemPage, LogQuery
from offenders.db import settle, settled_now
from offenders.domain.access import sight
from offenders.domain.bail import service as bail
from offenders.domain.reading import Reading, show
from offenders.domain.wanted import service
from offenders.domain.wanted.service import Asker, Question
from offenders.errors import Invalid

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.api.pages import Page

routes = Routes("wanted", __name__, url_prefix="/v1", description="The wanted register")

_READ = "wanted:read"


def _question(call: Call, filters: dict[str, Any], as_at: datetime | None) -> Question:
    sees = sight(call.actor).protected_addresses
    return Question(filters, call.scope, call.now, sees, as_at)


def _asker(call: Call) -> Asker:
    return Asker(call.actor.subject, call.actor.role_text, call.request_id)


def _as_at(call: Call) -> datetime | None:
    """Take `as_at` out of the query; wait until that moment is settled."""
    as_at: datetime | None = call.query.pop("as_at", None)
    if as_at is not None:
        settle(call.session, as_at)
    return as_at


def _asked_question(asked: Asked) -> Question:
    sees = sight(asked.actor).protected_addresses
    filters = {name: value for name, value in asked.query.items() if name != "sort"}
    return Question(filters, asked.scope(), asked.now, sees, asked.as_at)


def _count_all(session: Session, asked: Asked) -> int:
    return service.count_wants(session, _asked_question(asked))


@read_route(
    routes,
    "/wanted",
    Operation("wanted.list", _READ, "area", "consultation", asks_reason=True),
    query=schemas.WantedQuery,
    answer=ItemPage,
    is_paged=True,
    total=_count_all,
)
def list_wanted(asked: Asked) -> Reading:
    """List who is wanted, gravest risk first and then oldest first unless told."""
    page = cast("Page", asked.page)
    sort = service.SORTS[asked.query.get("sort", "risk")]
    return service.reading_of_wants(_asked_question(asked), sort, page.after, page.limit)


@route(
    routes,
    "GET",
    "/wanted/counts",
    Operation("wanted.counts", "wanted:counts", "area", "operation"),
    query=schemas.CountsQuery,
    answer=schemas.CountsAnswer,
)
def count_wanted(call: Call) -> Answer:
    """Count crimes, wants and people apart, at a moment, with a link to each count's rows."""
    group_by = call.query.pop("group_by", None)
    as_at = _as_at(call) or settled_now(call.session)
    if call.actor.force is None:
        content = service.count_nationally(
            call.session,
            as_at=as_at,
            group_by=_national_group(group_by, call.query),
            actor=call.actor.subject,
            role="national_analyst",
            request_id=g.request_id,
        )
        return Answer(as_json(content))
    question = _question(call, {**call.query, "state": "outstanding"}, as_at)
    asked = {name: value for name, value in request.args.items() if name in call.query}
    content = service.count_outstanding(call.session, question, group_by=group_by, asked=asked)
    return Answer(as_json(content))


def _national_group(group_by: str | None, filters: dict[str, Any]) -> str:
    if group_by in {"lpa", "neighbourhood"} or filters:
        message = "Over all forces, group by force, reason, risk or circulation."
        raise Invalid.field("/group_by", message)
    return group_by or "force"


@route(
    routes,
    "POST",
    "/wanted",
    Operation("wanted.enter", "wanted:write", "area", "collection"),
    body=schemas.WantBody,
    answer=schemas.WantAnswer,
    status=201,
)
def enter_want(call: Call) -> Answer:
    """Enter a want on a person; without an owner it goes to the area's duty queue."""
    question = _question(call, {}, None)
    entry = service.open_want(
        call.session, actor=call.actor.subject, question=question, fields=call.body
    )
    asked = Asked(call.actor, g.actor, call.operation, call.force, {}, call.now)
    row = show_audited(call, asked, entry)
    service.tell_holders(call.session, [row.id], _asker(call))
    return Answer(
        row.body.encode(),
        version=row.version,
        status=201,
        location=f"/v1/wanted/{row.id}",
        subjects=[row.id],
        is_audited=True,
    )


def _shown(call: Call, written: str, *, status: int = 200) -> Answer:
    row = show(call.session, service.reading_of_want(_question(call, {}, None), written))
    return Answer(
        row.body.encode(),
        version=row.version,
        status=status,
        location=f"/v1/wanted/{row.id}" if status == 201 else None,  # noqa: PLR2004 - Created
        subject_type="want",
        subjects=row.subjects,
        people=row.people,
        masked=row.masked,
    )


@read_route(
    routes,
    "/wanted/<want>",
    Operation("wanted.read", _READ, "area", "consultation", asks_reason=True),
    query=AsAtQuery,
    answer=schemas.WantAnswer,
)
def read_want(asked: Asked, want: str) -> Reading:
    """Give one want with its person, markers, owner and clocks."""
    return service.reading_of_want(_asked_question(asked), want)


@route(
    routes,
    "PATCH",
    "/wanted/<want>",
    Operation("wanted.amend", "wanted:write", "area", "alteration"),
    body=schemas.WantPatch,
    answer=schemas.WantAnswer,
    if_match=True,
)
def amend_want(call: Call, want: str) -> Answer:
    """Change what a want says; the owner moves only by a hand-over."""
    changed = service.amend_want(
        call.session,
        actor=call.actor.subject,
        scope=call.scope,
        written=want,
        fields=call.body,
        if_match=call.if_match,
        now=call.now,
    )
    return _shown(call, str(changed.id))


@route(
    routes,
    "GET",
    "/wanted/<want>/history",
    Operation("wanted.history", _READ, "area", "consultation", asks_reason=True),
    query=LogQuery,
    answer=ItemPage,
)
def list_history(call: Call, want: str) -> Answer:
    """Give the log of a want in the order in which things happened."""
    page = read_page(call.query)
    as_at = _as_at(call)
    row = show(call.session, service.reading_of_want(_question(call, {}, as_at), want))
    rows = service.list_history(
        call.session,
        want_id=row.id,
        sight=sight(call.actor),
        as_at=as_at,
        after=page.after,
        limit=page.limit + 1,
    )
    return Answer(
        make_page(rows, page, key=lambda entry: [entry[1], str(entry[2])]),
        subject_type="want",
        subjects=[row.id],
        people=[row.person_id],
    )


@route(
    routes,
    "GET",
    "/wanted/<want>/safe-to-act",
    Operation("wanted.safe-to-act", _READ, "area", "consultation", asks_reason=True),
    answer=schemas.SafeToActAnswer,
)
def get_safe_to_act(call: Call, want: str) -> Answer:
    """Tell a patrol officer first of all whether to act, and why."""
    row, judged = service.judge_safe_to_act(
        call.session,
        scope=call.scope,
        written=want,
        now=call.now,
        why_power_ended=bail.why_power_ended,
    )
    content = {
        "want_id": row.id,
        "reference": row.reference,
        "act": judged.act,
        "reasons": [{"code": each.code, "detail": each.detail} for each in judged.reasons],
        "markers": row.markers,
        "last_confirmed_at": row.last_validated_at,
    }
    return Answer(
        as_json(content),
        version=row.version,
        subject_type="want",
        subjects=[row.id],
        people=[row.person_id],
    )


wanted_actions.declare(routes, lambda call, want: _shown(call, want, status=201))
