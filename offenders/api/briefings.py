"""Routes of briefings: items, receipts, and what was held against what was read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import briefings as schemas
from offenders.api.schemas.fields import ItemPage
from offenders.domain.briefings import service
from offenders.domain.briefings.service import Asked, Doing, Question
from offenders.domain.working_days import london_day

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row

routes = Routes("briefings", __name__, url_prefix="/v1", description="What officers are told")

_READ, _WRITE, _COUNT = "briefings:read", "briefings:write", "briefings:read-receipts"
_CREATED: Final = 201
_WEEK: Final = timedelta(days=6)  # before the last day


def _doing(call: Call, item: str = "") -> Doing:
    return Doing(call.actor, call.force, item, call.body, call.if_match, call.now)


def _question(call: Call, **filters: Any) -> Question:
    return Question(call.actor, call.force, call.now, filters)


def _shown(row: Row[Any], *, status: int = 200) -> Answer:
    return Answer(
        row[0].encode(),
        version=row.version,
        status=status,
        location=f"/v1/briefings/{row.id}" if status == _CREATED else None,
        subject_type="briefing",
        subjects=[row.id],
        people=[row.person_id] if row.person_id else [],
        masked=["about", "person"] if row.is_masked else [],
    )


def _answer(call: Call, item: UUID, *, status: int = 200) -> Answer:
    question = _question(call)
    return _shown(service.get_item(call.session, question, str(item)), status=status)


@route(
    routes,
    "GET",
    "/briefings",
    Operation("briefings.list", _READ, "area", "consultation", asks_reason=True),
    query=schemas.BriefingQuery,
    answer=ItemPage,
)
def list_briefings(call: Call) -> Answer:
    """List items, the most urgent first, then the newest; only what is current unless told."""
    page = read_page(call.query)
    question = _question(call, **call.query)
    rows = service.list_items(call.session, question, page.after, page.limit + 1)
    total = service.count_items(call.session, question) if page.with_total else None
    shown = rows[: page.limit]
    key = _item_key
    return Answer(
        make_page(rows, page, key=key, total=total),
        subject_type="briefing",
        subjects=[row.id for row in shown],
        people=[row.person_id for row in shown if row.person_id],
        masked=["about", "person"] if any(row.is_masked for row in shown) else [],
    )


def _item_key(row: Row[Any]) -> list[Any]:
    return [row.weight, row.valid_from.isoformat(), str(row.id)]


@route(
    routes,
    "POST",
    "/briefings",
    Operation("briefings.publish", _WRITE, "area", "collection"),
    body=schemas.BriefingBody,
    answer=schemas.BriefingAnswer,
    status=_CREATED,
)
def publish(call: Call) -> Answer:
    """Publish an item for officers of areas, teams or the force, until it ends by itself."""
    return _answer(call, service.publish_item(call.session, _doing(call)), status=_CREATED)


@route(
    routes,
    "GET",
    "/briefings/daily",
    Operation("briefings.daily", _READ, "area", "consultation", asks_reason=True),
    query=schemas.BriefingDailyQuery,
    answer=schemas.BriefingDailyAnswer,
)
def read_daily(call: Call) -> Answer:
    """Give the local briefing of a ward, put together now: people by risk, orders to check, items.

    Whoever was arrested and whatever has ended or expired is not in it any more.
    """
    daily = service.daily_briefing(call.session, call.actor, call.query["neighbourhood"], call.now)
    return Answer(
        daily.body.encode() + b"}",
        subject_type="person",
        subjects=daily.subjects,
        people=daily.people,
        masked=daily.masked,
        details={"ward": call.query["neighbourhood"]},
        is_for_device=True,
        stamped_as="generated_at",
    )


@route(
    routes,
    "GET",
    "/briefings/<briefing>",
    Operation("briefings.read", _READ, "area", "consultation", asks_reason=True),
    answer=schemas.BriefingAnswer,
)
def read_briefing(call: Call, briefing: str) -> Answer:
    """Give one item; once it has dropped out, only to those who write."""
    return _shown(service.get_item(call.session, _question(call), briefing))


@route(
    routes,
    "PATCH",
    "/briefings/<briefing>",
    Operation("briefings.amend", _WRITE, "area", "alteration"),
    body=schemas.BriefingPatch,
    answer=schemas.BriefingAnswer,
    if_match=True,
)
def amend(call: Call, briefing: str) -> Answer:
    """Change an item that stands; another wording is another edition, to be read anew."""
    return _answer(call, service.amend_item(call.session, _doing(call, briefing)))


@route(
    routes,
    "POST",
    "/briefings/<briefing>/withdrawals",
    Operation("briefings.withdraw", _WRITE, "area", "alteration"),
    body=schemas.BriefingWithdrawalBody,
    answer=schemas.BriefingAnswer,
    status=_CREATED,
    if_match=True,
)
def withdraw(call: Call, briefing: str) -> Answer:
    """Withdraw an item: it drops out at once."""
    shown = _answer(call, service.withdraw_item(call.session, _doing(call, briefing)))
    return Answer(
        shown.body,
        version=shown.version,
        status=_CREATED,
        subject_type="briefing",
        subjects=shown.subjects,
        people=shown.people,
    )


@route(
    routes,
    "GET",
    "/briefings/<briefing>/history",
    Operation("briefings.history", _WRITE, "area", "consultation", asks_reason=True),
    query=schemas.BriefingVersionQuery,
    answer=ItemPage,
)
def list_history(call: Call, briefing: str) -> Answer:
    """List the versions of an item, the first first."""
    page = read_page(call.query)
    question = _question(call)
    item = service.get_item(call.session, question, briefing)
    rows = service.list_versions(call.session, question, item, page.after, page.limit + 1)
    return Answer(
        make_page(rows, page, key=lambda row: [row.version]),
        subject_type="briefing",
        subjects=[item.id],
        people=[item.person_id] if item.person_id else [],
        masked=["about", "person"] if item.is_masked else [],
    )


@route(
    routes,
    "POST",
    "/briefings/<briefing>/receipts",
    Operation("briefings.receive", _READ, "area", "operation"),
    body=schemas.BriefingReceiptBody,
    answer=schemas.BriefingReceiptAnswer,
    status=_CREATED,
)
def receive(call: Call, briefing: str) -> Answer:
    """Say that one's device held an item, or that one has read it; also late, also twice."""
    row, is_new = service.add_receipt(call.session, _doing(call, briefing))
    return Answer(
        row[0].encode(),
        status=_CREATED if is_new else 200,
        subject_type="briefing",
        subjects=[row.briefing_id],
    )


def _pairs(call: Call, asked: Asked) -> Answer:
    page = read_page(call.query)
    rows = service.list_pairs(call.session, asked, page.after, page.limit + 1)
    total = service.count_pairs(call.session, asked) if page.with_total else None
    return Answer(
        make_page(rows, page, key=lambda row: [row.officer, str(row.briefing_id)], total=total),
        subject_type="briefing",
        subjects=sorted({row.briefing_id for row in rows[: page.limit]}),
    )


@route(
    routes,
    "GET",
    "/briefings/<briefing>/receipts",
    Operation("briefings.list-receipts", _COUNT, "area", "operation"),
    query=schemas.BriefingReceiptQuery,
    answer=ItemPage,
)
def list_receipts(call: Call, briefing: str) -> Answer:
    """List the officers whom an item is for, each with when they held and read its edition."""
    item = service.get_item(call.session, _question(call), briefing)
    return _pairs(call, Asked(call.scope, item.id, filters=call.query))


@route(
    routes,
    "GET",
    "/briefings/<briefing>/receipts/counts",
    Operation("briefings.count-receipts", _COUNT, "area", "operation"),
    answer=schemas.BriefingReadingAnswer,
)
def count_receipts(call: Call, briefing: str) -> Answer:
    """Count held against read by team, of the edition that stands."""
    item = service.get_item(call.session, _question(call), briefing)
    asked = Asked(call.scope, item.id)
    teams = service.count_teams(call.session, asked)
    unlisted = service.count_unlisted(call.session, asked)
    counts = service.counts_of(teams, unlisted, f"/v1/briefings/{item.id}/receipts")
    return Answer(
        as_json({"briefing_id": item.id, "edition": item.edition, **counts}),
        subject_type="briefing",
        subjects=[item.id],
    )


@route(
    routes,
    "GET",
    "/briefings/reading",
    Operation("briefings.count-reading", _COUNT, "area", "operation"),
    query=schemas.BriefingReadingQuery,
    answer=schemas.BriefingReadingAnswer,
)
def count_reading(call: Call) -> Answer:
    """Count held against read by team over a period: officers times the items that stood in it."""
    first, last = _period(call)
    known = _question(call)
    asked = Asked(call.scope, first=first, last=last, filters=call.query, known=known)
    teams = service.count_teams(call.session, asked)
    days = {"from": first.isoformat(), "to": last.isoformat()}
    filters = {name: value for name, value in call.query.items() if name in {"lpa", "team"}}
    unlisted = service.count_unlisted(call.session, asked)
    counts = service.counts_of(teams, unlisted, "/v1/briefings/reading/entries", **days, **filters)
    return Answer(as_json({**days, "data": "complete" if teams else "no_data", **counts}))


@route(
    routes,
    "GET",
    "/briefings/reading/entries",
    Operation("briefings.list-reading", _COUNT, "area", "operation"),
    query=schemas.BriefingReadingEntryQuery,
    answer=ItemPage,
)
def list_reading(call: Call) -> Answer:
    """List the officers and items behind a count of a period."""
    first, last = _period(call)
    known = _question(call)
    return _pairs(call, Asked(call.scope, first=first, last=last, filters=call.query, known=known))


def _period(call: Call) -> tuple[date, date]:
    last = call.query.pop("to_on", None) or london_day(call.now)
    return call.query.pop("from_on", None) or last - _WEEK, last
