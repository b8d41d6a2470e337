"""Routes of the audit: who did what on whom and why, and the seals; their reading is audited."""

from __future__ import annotations

from offenders.api.operations import Answer, Call, Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import audit as schemas
from offenders.api.schemas.fields import PageQuery
from offenders.domain.audit import service

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
