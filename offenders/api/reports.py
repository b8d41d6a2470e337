"""Routes of reports."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flask import request

from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.permissions import Operation
from offenders.api.schemas import reports as schemas
from offenders.db import settle, settled_now
from offenders.domain.access import sight
from offenders.domain.reports import service
from offenders.domain.reports.service import PERIOD_DAYS, Asked
from offenders.domain.wanted.service import Question
from offenders.domain.working_days import london_day
from offenders.errors import Invalid

if TYPE_CHECKING:
    from datetime import datetime

routes = Routes("reports", __name__, url_prefix="/v1", description="Reports")


@route(
    routes,
    "GET",
    "/reports/outstanding",
    Operation("reports.outstanding", "reports:read", "area", "consultation"),
    query=schemas.OutstandingQuery,
    answer=schemas.OutstandingAnswer,
)
def report_outstanding(call: Call) -> Answer:
    """Report what is outstanding in an area at a moment: how much, how old, how overdue.

    Crimes, wants and people are counted apart; every figure links to exactly its rows; what the
    service can't know says `no_data`, never 0.
    """
    as_at: datetime | None = call.query.pop("as_at", None)
    if as_at is None:
        as_at = settled_now(call.session)
    else:
        settle(call.session, as_at)
    taken = {name: call.query.pop(name, None) for name in ("interval", "periods")}
    from_on, to_on = _period(call.query, as_at)
    written = {name: value for name, value in request.args.items() if name in call.query}
    sees = sight(call.actor).protected_addresses
    filters = {**call.query, "state": "outstanding"}
    content = service.report_outstanding(
        call.session,
        Question(filters, call.scope, call.now, sees, as_at),
        Asked(written, taken["interval"], taken["periods"], from_on, to_on),
    )
    oldest = content["oldest"] if isinstance(content["oldest"], list) else []
    return Answer(
        as_json(content),
        subject_type="want",
        subjects=[UUID(each["id"]) for each in oldest],
    )


def _period(query: dict[str, Any], as_at: datetime) -> tuple[Any, Any]:
    """Take the period of arrests out of the query: the year to the day of `as_at` unless told."""
    last = london_day(as_at)
    to_on = query.pop("to_on", None) or last
    from_on = query.pop("from_on", None) or to_on - timedelta(days=PERIOD_DAYS - 1)
    if to_on > last:
        raise Invalid.field("/to", "Send a day not after that of `as_at`.")
    if to_on < from_on:
        raise Invalid.field("/to", "Send a day not before `from`.")
    return from_on, to_on
