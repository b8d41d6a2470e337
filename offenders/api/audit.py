"""Routes of the audit: who did what on whom and why, and the seals; their reading is audited."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app

from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import audit as schemas
from offenders.api.schemas.fields import PageQuery
from offenders.domain.audit import service
from offenders.domain.sharing import service as sharing
from offenders.errors import Invalid

_LONGEST_DAYS, _DAYS = 31, 7  # of one question; unless told
_MOST = 100_000  # rows that are counted

routes = Routes("audit", __name__, url_prefix="/v1/audit", description="The audit and its seals")


@route(
    routes,
    "GET",
    "/events",
    Operation("audit.list", "audit:read", "force", "consultation"),
    query=schemas.EventQuery,
    answer=schemas.EventPage,
)
def list_events(call: Call) -> Answer:
    """List audit events of the force, the newest first."""
    page = read_page(call.query)
    question = service.EventQuestion(
        actor=call.query.get("actor"),
        subject=call.query.get("subject"),
        action=call.query.get("action"),
        since=call.query.get("from_"),
        until=call.query.get("to"),
    )
    rows = service.list_events(call.session, call.force, question, page.after, page.limit + 1)
    total = service.count_events(call.session, call.force, question) if page.with_total else None
    return Answer(
        make_page(rows, page, key=lambda row: [row.at, str(row.id)], total=total),
        subject_type="audit_event",
        subjects=[row.id for row in rows[: page.limit]],
        details={"asked": sorted(call.query)},
    )


@route(
    routes,
    "GET",
    "/checkpoints",
    Operation("audit.checkpoints", "audit:read", "force", "consultation"),
    query=PageQuery,
    answer=schemas.CheckpointPage,
)
def list_checkpoints(call: Call) -> Answer:
    """List the seals of the force's audit, the newest first, to be kept somewhere else as well."""
    page = read_page(call.query)
    after = int(page.after[0]) if page.after else None
    rows = service.list_checkpoints(call.session, call.force, after=after, limit=page.limit + 1)
    total = service.count_checkpoints(call.session, call.force) if page.with_total else None
    return Answer(make_page(rows, page, key=lambda row: [row.sequence], total=total))


@route(
    routes,
    "GET",
    "/look-ups",
    Operation("audit.look-ups", "audit:read", "force", "consultation"),
    query=schemas.LookUpQuery,
    answer=schemas.LookUpPage,
)
def list_look_ups(call: Call) -> Answer:
    """List reads that fit a pattern, the newest first: own name, area, hours, volume."""
    page = read_page(call.query)
    until = call.query.get("to") or call.now
    since = call.query.get("from_") or until - timedelta(days=_DAYS)
    if not since < until <= since + timedelta(days=_LONGEST_DAYS):
        message = f"Send moments in order, at most {_LONGEST_DAYS} days apart."
        raise Invalid.field("/from", message)
    secret = current_app.extensions["offenders"].secret()
    asked = sharing.LookUps(call.query["pattern"], since, until, secret)
    rows = sharing.list_look_ups(call.session, asked, after=page.after, limit=page.limit + 1)
    total = None
    if page.with_total:
        total = len(sharing.list_look_ups(call.session, asked, after=None, limit=_MOST))
    return Answer(
        make_page(rows, page, key=lambda row: [row[1], row[2]], total=total),
        subject_type="audit_event",
        details={"asked": sorted(call.query), "pattern": asked.pattern},
    )
