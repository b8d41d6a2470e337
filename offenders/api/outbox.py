"""Routes of messages to the outside: what waits, what was delivered, what is dead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import outbox as schemas
from offenders.api.schemas.fields import ItemPage
from offenders.domain.outbox import service

if TYPE_CHECKING:
    from sqlalchemy import Row

routes = Routes("outbox", __name__, url_prefix="/v1", description="Messages to the outside")


@route(
    routes,
    "GET",
    "/outbox-messages",
    Operation("outbox.list", "outbox:read", "force", "operation"),
    query=schemas.MessageQuery,
    answer=ItemPage,
)
def list_messages(call: Call) -> Answer:
    """List messages, the newest first; `state=dead` are those given up."""
    page = read_page(call.query)
    rows = service.list_messages(call.session, call.query, page.after, page.limit + 1)
    total = service.count_messages(call.session, call.query) if page.with_total else None
    return Answer(
        make_page(rows, page, key=lambda row: [row.recorded_at, str(row.id)], total=total),
        subject_type="outbox_message",
        subjects=[row.id for row in rows[: page.limit]],
    )


@route(
    routes,
    "GET",
    "/outbox-messages/<message>",
    Operation("outbox.read", "outbox:read", "force", "operation"),
    answer=schemas.MessageAnswer,
)
def get_message(call: Call, message: str) -> Answer:
    """Give one message with each try to send it."""
    return _shown(service.get_message(call.session, message))


@route(
    routes,
    "POST",
    "/outbox-messages/<message>/resends",
    Operation("outbox.resend", "outbox:resend", "force", "disclosure"),
    body=schemas.ResendBody,
    answer=schemas.MessageAnswer,
    if_match=True,
)
def resend_message(call: Call, message: str) -> Answer:
    """Let a dead message, or one that its receiver has lost, be sent again under the same id."""
    return _shown(service.resend_message(call.session, message, call.if_match))


def _shown(row: Row[Any]) -> Answer:
    return Answer(
        row[0].encode(), version=row.version, subject_type="outbox_message", subjects=[row.id]
    )
