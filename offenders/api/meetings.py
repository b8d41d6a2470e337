"""Routes of meetings: made with their packs, read, minuted, and taken along as files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from offenders import clock
from offenders.api import packs
from offenders.api.auditing import access_reason
from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.packs_pdf import as_pdf
from offenders.api.packs_xlsx import as_xlsx
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import meetings as schemas
from offenders.api.schemas.fields import ItemPage
from offenders.api.schemas.tasks import TaskAnswer, TaskFields
from offenders.api.tasks import new_task
from offenders.domain.access import may
from offenders.domain.meetings import service
from offenders.domain.meetings.service import NewMeeting
from offenders.domain.reference.policies import figures_in_force
from offenders.errors import Forbidden, Invalid

if TYPE_CHECKING:
    from offenders.domain.meetings.service import Pack

routes = Routes("meetings", __name__, url_prefix="/v1", description="Daily management meetings")

_READ, _WRITE, _EXPORT = "meetings:read", "meetings:write", "meetings:export"
_CREATED = 201
_RENDER = {"csv": packs.as_csv, "xlsx": as_xlsx, "pdf": as_pdf}


@route(
    routes,
    "POST",
    "/meetings",
    Operation("meetings.convene", _WRITE, "area", "collection"),
    body=schemas.MeetingBody,
    answer=schemas.MeetingAnswer,
    status=_CREATED,
)
def convene(call: Call) -> Answer:
    """Make a meeting; its pack is frozen as at the cut-off, in the same transaction."""
    told = call.body
    new = NewMeeting(
        tier=service.Tier(told["tier"]),
        kind=service.Kind(told["kind"]),
        lpa=told.get("lpa"),
        held_at=told.get("held_at"),
        cut_off=told.get("cut_off"),
        chair=told.get("chair"),
        attendance=tuple(told.get("attendance", ())),
    )
    made = service.convene(call.session, call.scope, call.actor.subject, new)
    return _shown(call, str(made.id), _CREATED)


def _shown(call: Call, written: str, status: int = 200) -> Answer:
    row = service.show_meeting(call.session, call.scope, written)
    minutes = service.read_minutes(call.session, call.scope, row)
    decided = service.read_decisions(call.session, call.actor, row, call.now)
    decisions = orjson.loads(decided.body + "}")["items"] if decided is not None else None
    content = orjson.loads(row.body) | {"minutes": minutes, "decisions": decisions}
    return Answer(
        as_json(content | {"masked": [] if decided is not None else ["decisions"]}),
        version=row.version,
        status=status,
        location=f"/v1/meetings/{row.id}" if status == _CREATED else None,
        subject_type="meeting",
        subjects=[row.id, *(decided.subjects if decided is not None else ())],
        people=decided.people if decided is not None else (),
        masked=decided.masked if decided is not None else ["decisions"],
    )


@route(
    routes,
    "GET",
    "/meetings",
    Operation("meetings.list", _READ, "area", "consultation"),
    query=schemas.MeetingQuery,
    answer=ItemPage,
)
def list_meetings(call: Call) -> Answer:
    """List meetings, the latest first."""
    page = read_page(call.query)
    asked = (call.session, call.scope, call.query)
    rows = service.list_meetings(*asked, after=page.after, limit=page.limit + 1)
    total = service.count_meetings(*asked) if page.with_total else None
    return Answer(
        make_page(rows, page, key=lambda row: [row.held_at, str(row.id)], total=total),
        subject_type="meeting",
        subjects=[row.id for row in rows[: page.limit]],
    )


@route(
    routes,
    "GET",
    "/meetings/<meeting>",
    Operation("meetings.read", _READ, "area", "consultation", asks_reason=True),
    answer=schemas.MeetingAnswer,
)
def read_meeting(call: Call, meeting: str) -> Answer:
    """Give a meeting with its minutes and decisions."""
    return _shown(call, meeting)


@route(
    routes,
    "PATCH",
    "/meetings/<meeting>",
    Operation("meetings.amend", _WRITE, "area", "alteration"),
    body=schemas.MeetingAmendment,
    answer=schemas.MeetingAnswer,
    if_match=True,
)
def amend_meeting(call: Call, meeting: str) -> Answer:
    """Say who held it, who was there, and why its pack is held; that stays as it was drawn."""
    service.amend_meeting(call.session, call.scope, meeting, call.body, call.if_match)
    return _shown(call, meeting)


@route(
    routes,
    "POST",
    "/meetings/<meeting>/minutes",
    Operation("meetings.minute", "meetings:decide", "area", "alteration"),
    body=schemas.MinuteBody,
    answer=schemas.MeetingAnswer,
    status=_CREATED,
)
def record_minute(call: Call, meeting: str) -> Answer:
    """Add a note to the minutes."""
    service.record_minute(call.session, call.scope, call.actor.subject, meeting, call.body)
    return _shown(call, meeting, _CREATED)


@route(
    routes,
    "POST",
    "/meetings/<meeting>/decisions",
    Operation("meetings.decide", "meetings:decide", "area", "collection"),
    body=TaskFields,
    answer=TaskAnswer,
    status=_CREATED,
)
def decide(call: Call, meeting: str) -> Answer:
    """Decide at a meeting that somebody does something: makes a task."""
    asked = (call.session, call.scope, call.actor, meeting)
    row = service.decide(*asked, new=new_task(call.body), now=call.now)
    return Answer(
        row.body.encode(),
        version=row.version,
        status=_CREATED,
        location=f"/v1/tasks/{row.id}",
        subject_type="task",
        subjects=row.subjects,
        people=row.people,
        masked=row.masked,
    )


@route(
    routes,
    "GET",
    "/meetings/<meeting>/pack",
    Operation("meetings.read-pack", _READ, "area", "consultation", asks_reason=True),
    query=schemas.PackQuery,
    answer=schemas.PackAnswer,
    files=tuple(packs.MEDIA_TYPES.values()),
)
def read_pack(call: Call, meeting: str) -> Answer:
    """Give the pack as it was drawn; as CSV, XLSX or PDF with a purpose, which is audited.

    After its time it is 410; the meeting with its minutes and decisions stays.
    """
    form: str = call.query["format"]
    section = call.query.get("section")
    purpose = call.query.get("purpose") or access_reason()
    if form != "json":
        _check_export(call, purpose)
    row, pack = service.read_pack(call.session, call.scope, call.actor, meeting, section=section)
    shown: dict[str, Any] = {
        "subject_type": "meeting",
        "subjects": [row.id, *pack.subjects],
        "people": pack.people,
        "masked": pack.masked,
    }
    if form == "json":
        return Answer(as_json(pack.content), **shown)
    _check_length(call, pack)
    mark = packs.Mark(call.actor.subject, clock.now(), purpose or "")
    return Answer(
        _RENDER[form](pack.content, mark),
        media_type=packs.MEDIA_TYPES[form],
        filename=packs.file_name(pack.content, form),
        audit_class="disclosure",
        details={"format": form, "purpose": purpose, "rows": pack.rows},
        **shown,
    )


def _check_export(call: Call, purpose: str | None) -> None:
    if not may(call.actor, _EXPORT):
        message = f"To take a pack along needs the permission {_EXPORT}, see docs/access.md."
        raise Forbidden(message)
    if purpose is None:
        message = "Say why it is taken along: send `purpose`, or X-Access-Reason."
        raise Invalid.field("/purpose", message)


def _check_length(call: Call, pack: Pack) -> None:
    figures = figures_in_force(call.session, call.force, service.RULE, clock.today())
    most = figures["rows_of_export"]
    if pack.rows > most:
        message = f"This has {pack.rows} rows, more than the {most} of an export. Send `section`."
        raise Invalid.field("/format", message, service.RULE)
