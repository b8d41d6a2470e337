"""Routes of flags, and of what the rules would flag at another moment."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import flags as schemas
from offenders.api.schemas.fields import AsAtQuery
from offenders.db import settle, settled_now
from offenders.domain.access import sight
from offenders.domain.flags import service
from offenders.domain.flags.service import Doing, Question
from offenders.errors import Invalid, NotFound
from offenders.jobs.preview import preview_rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row

routes = Routes("flags", __name__, url_prefix="/v1", description="Flags: what is overdue and why")

_READ, _ACKNOWLEDGE, _MANAGE = "flags:read", "flags:acknowledge", "flags:manage"
AREAS = ("lpa", "neighbourhood")
JUST_NOW = timedelta(minutes=5)  # how far a caller's clock may be behind
PREVIEW_LIMIT = 1000  # flags listed; the counts are of all


def _as_at(call: Call) -> datetime | None:
    """Take `as_at` out of the query; wait until that moment is settled."""
    as_at: datetime | None = call.query.pop("as_at", None)
    if as_at is not None:
        settle(call.session, as_at)
    return as_at


def _question(call: Call, filters: dict[str, Any], as_at: datetime | None) -> Question:
    return Question(filters, call.scope, call.now, sight(call.actor), as_at)


@route(
    routes,
    "GET",
    "/flags",
    Operation("flags.list", _READ, "area", "consultation"),
    query=schemas.FlagQuery,
    answer=schemas.FlagPage,
)
def list_flags(call: Call) -> Answer:
    """List flags, the newest first; without `state` all that are not cleared."""
    page = read_page(call.query)
    question = _question(call, call.query, _as_at(call))
    rows = service.list_flags(call.session, question, page.after, page.limit + 1)
    total = service.count_flags(call.session, question) if page.with_total else None
    shown = rows[: page.limit]
    return Answer(
        make_page(rows, page, key=lambda row: [row.raised_at, str(row.id)], total=total),
        subject_type="flag",
        subjects=[row.id for row in shown],
        people=_people(shown),
        masked=_masked(shown),
    )


def _masked(rows: Sequence[Row[Any]]) -> tuple[str, ...]:
    return AREAS if any(row.hides for row in rows) else ()


def _people(rows: Sequence[Row[Any]]) -> list[UUID]:
    return [row.person_id for row in rows if row.person_id is not None]


@route(
    routes,
    "GET",
    "/flags/counts",
    Operation("flags.counts", _READ, "area", "consultation"),
    query=schemas.FlagCountsQuery,
    answer=schemas.FlagCountsAnswer,
)
def count_flags(call: Call) -> Answer:
    """Count what is not cleared at a moment, by one thing or several, with a link to the rows."""
    group_by = call.query.pop("group_by", ())
    as_at = _as_at(call) or settled_now(call.session)
    question = _question(call, call.query, as_at)
    content = service.count_open(call.session, question, group_by=group_by, as_at=as_at)
    return Answer(as_json(content))


@route(
    routes,
    "GET",
    "/flags/<flag>",
    Operation("flags.read", _READ, "area", "consultation"),
    query=AsAtQuery,
    answer=schemas.FlagAnswer,
)
def get_flag(call: Call, flag: str) -> Answer:
    """Give one flag: its rule, what it rests on, its due moment and whose it is."""
    question = _question(call, {}, _as_at(call))
    return _shown(service.get_flag(call.session, question=question, written=flag))


def _shown(row: Row[Any]) -> Answer:
    return Answer(
        row[0].encode(),
        version=row.version,
        subject_type="flag",
        subjects=[row.id],
        people=_people([row]),
        masked=_masked([row]),
    )


def _doing(call: Call) -> Doing:
    return Doing(call.actor.subject, call.scope, call.if_match, sight(call.actor))


@route(
    routes,
    "POST",
    "/flags/<flag>/acknowledgements",
    Operation("flags.acknowledge", _ACKNOWLEDGE, "area", "alteration"),
    body=schemas.AcknowledgementBody,
    answer=schemas.FlagAnswer,
    if_match=True,
)
def acknowledge_flag(call: Call, flag: str) -> Answer:
    """Say that a flag has been seen; it stays until its cause is gone."""
    row = service.acknowledge_flag(
        call.session, written=flag, doing=_doing(call), note=call.body.get("note")
    )
    return _shown(row)


@route(
    routes,
    "POST",
    "/flags/<flag>/suppressions",
    Operation("flags.suppress", _MANAGE, "area", "alteration"),
    body=schemas.SuppressionBody,
    answer=schemas.FlagAnswer,
    if_match=True,
)
def suppress_flag(call: Call, flag: str) -> Answer:
    """Switch a flag off for a reason and until a moment; alerts can't be switched off."""
    row = service.suppress_flag(
        call.session,
        written=flag,
        doing=_doing(call),
        reason=call.body["reason"],
        until=call.body["until"],
    )
    return _shown(row)


@route(
    routes,
    "POST",
    "/rules/preview",
    Operation("rules.preview", _READ, "area", "consultation"),
    body=schemas.PreviewBody,
    answer=schemas.PreviewAnswer,
)
def preview(call: Call) -> Answer:
    """Work out what would be open at a future moment, the soonest due first; nothing is kept."""
    at: datetime = call.body["at"]
    if at < call.now - JUST_NOW:
        message = "This has passed. GET /v1/flags?as_at=<moment> says what was open then."
        raise Invalid.field("/at", message)
    if call.body.get("force", call.force) != call.force:
        raise NotFound
    question = Question({}, call.scope, at, sight(call.actor))
    found = preview_rules(call.session, question, limit=PREVIEW_LIMIT + 1)
    shown = found.rows[:PREVIEW_LIMIT]
    counts = [{"rule": rule, "flags": flags} for rule, flags in found.by_rule.items()]
    head = as_json({"at": at, "force": call.force, "counts": counts})
    items = ",".join(row[0] for row in shown).encode()
    is_complete = b"true" if len(found.rows) == len(shown) else b"false"
    return Answer(
        head[:-1] + b',"items":[' + items + b'],"is_complete":' + is_complete + b"}",
        subject_type="flag",
        subjects=[row.id for row in shown if row.id is not None],
        people=_people(shown),
        masked=_masked(shown),
    )
