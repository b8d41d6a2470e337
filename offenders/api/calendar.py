"""The route of the calendar: due dates for a calendar program that sends the bearer token."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.permissions import Operation
from offenders.api.schemas import calendar as schemas
from offenders.domain.calendar import service
from offenders.domain.calendar.service import Asked
from offenders.domain.working_days import london_day

routes = Routes("calendar", __name__, url_prefix="/v1", description="Due dates as iCalendar")

CALENDAR: Final = "text/calendar; charset=utf-8"
BACK: Final = timedelta(days=7)
AHEAD: Final = timedelta(days=91)


@route(
    routes,
    "GET",
    "/calendar.ics",
    Operation("calendar.read", "calendar:read", "area", "consultation"),
    query=schemas.CalendarQuery,
    files=["text/calendar"],
)
def read_calendar(call: Call) -> Answer:
    """Give what falls due as iCalendar: references, no names; a whole day where a day is meant.

    Without `to` it goes 91 days ahead, or as many whole days as 2,000 entries allow; the
    calendar's description then says until when.
    """
    today = london_day(call.now)
    first = call.query.get("from_on") or today - BACK
    asked = Asked(
        call.actor,
        call.force,
        first,
        call.query.get("to_on") or max(first, today) + AHEAD,
        call.now,
        call.query.get("kinds") or (),
        call.query.get("owner"),
        call.query.get("team"),
        is_open="to_on" not in call.query,
    )
    body, records = service.calendar_of(call.session, asked)
    return Answer(
        body,
        media_type=CALENDAR,
        subject_type="calendar",
        subjects=records,
    )
