"""Routes of command: the view of the force, the supervisor pack, dip samples."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from flask import request

from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import command as schemas
from offenders.api.schemas.fields import ItemPage
from offenders.db import settle, settled_now, settled_until
from offenders.domain.access import sight
from offenders.domain.command import service
from offenders.domain.tasks.service import task_sight
from offenders.domain.wanted.service import Question
from offenders.domain.working_days import london_day
from offenders.errors import Invalid

if TYPE_CHECKING:
    from datetime import date, datetime

routes = Routes("command", __name__, url_prefix="/v1", description="Command")

_READ: Final = "command:read"
_SAMPLE: Final = "command:sample"
_CREATED: Final = 201
_FILTERS: Final = ("force", "lpa", "team", "officer")


def _moment(call: Call) -> datetime:
    """Take `as_at` out of the query: the last settled moment unless told."""
    as_at: datetime | None = call.query.pop("as_at", None)
    if as_at is None:
        return settled_now(call.session)
    settle(call.session, as_at)
    return as_at


@route(
    routes,
    "GET",
    "/reports/command",
    Operation("reports.command", _READ, "area", "consultation"),
    query=schemas.CommandQuery,
    answer=schemas.CommandAnswer,
)
def view_force(call: Call) -> Answer:
    """View the force by LPA or neighbourhood: outstanding, overdue, flags, oldest, trend.

    Crimes, wants and people are counted apart, people of several areas once in the total; every
    figure links to exactly its rows; what the service can't know says `no_data`, never 0.
    """
    as_at, weeks = _moment(call), call.query.pop("weeks")
    group_by = call.query.pop("group_by", None)
    group_by = group_by or ("neighbourhood" if call.query.get("lpa") else "lpa")
    sees = sight(call.actor)
    question = Question(call.query, call.scope, call.now, sees.protected_addresses, as_at)
    asked = service.Asked(_written(("force", "lpa")), group_by, weeks, sees)
    content = service.view_force(call.session, question, asked)
    wants = [row["oldest"]["want"] for row in (content["total"], *content["areas"])]
    shown = {UUID(each["id"]) for each in wants if isinstance(each, dict)}
    return Answer(as_json(content), subject_type="want", subjects=sorted(shown))


def _written(names: tuple[str, ...]) -> dict[str, str]:
    return {name: value for name, value in request.args.items() if name in names}


def _pack(call: Call) -> service.PackAsked:
    as_at = _moment(call)
    from_on, to_on = _period(call.query, as_at)
    filters = _written(_FILTERS)
    sights = (sight(call.actor), task_sight(call.actor))
    paged = {name: call.query[name] for name in ("limit", "officers_after") if name in call.query}
    return service.PackAsked(filters, call.scope, *sights, as_at, from_on, to_on, **paged)


def _period(query: dict[str, Any], as_at: datetime) -> tuple[date, date]:
    last = london_day(as_at)
    to_on: date = query.pop("to_on", None) or last
    from_on: date = query.pop("from_on", None) or to_on - timedelta(days=service.PERIOD_DAYS - 1)
    if to_on > last:
        raise Invalid.field("/to", "Send a day not after that of `as_at`.")
    if to_on < from_on:
        raise Invalid.field("/to", "Send a day not before `from`.")
    return from_on, to_on


@route(
    routes,
    "GET",
    "/reports/supervisor-pack",
    Operation("reports.supervisor-pack", _READ, "area", "consultation"),
    query=schemas.PackQuery,
    answer=schemas.SupervisorPackAnswer,
)
def report_pack(call: Call) -> Answer:
    """Report what each team, or each officer of one, has open, owes and has done.

    Teams and officers stand in the order of their codes: measures are information, not targets.
    """
    return Answer(as_json(service.report_pack(call.session, _pack(call))))


@route(
    routes,
    "GET",
    "/reports/supervisor-pack/records",
    Operation("reports.supervisor-pack-records", _READ, "area", "consultation"),
    query=schemas.PackRecordsQuery,
    answer=ItemPage,
)
def list_records(call: Call) -> Answer:
    """List exactly the records behind a figure of the pack, the earliest first."""
    page = read_page(call.query)
    asked, measure = _pack(call), call.query["measure"]
    rows = service.list_records(call.session, asked, measure, page.after, page.limit + 1)
    total = service.count_records(call.session, asked, measure) if page.with_total else None
    shown = rows[: page.limit]
    return Answer(
        make_page(
            rows, page, key=lambda row: [row.at, str(row.id), str(row.entry_id)], total=total
        ),
        subject_type="record",
        subjects=[row.id for row in shown],
        masked=("lpa", "neighbourhood") if any(row.hides for row in shown) else (),
    )


@route(
    routes,
    "GET",
    "/reports/dip-sample",
    Operation("reports.dip-sample", _READ, "area", "consultation"),
    query=schemas.DrawQuery,
    answer=schemas.DrawAnswer,
)
def draw_sample(call: Call) -> Answer:
    """Draw files without keeping the draw: ten of named suspects, ten circulated on PNC.

    The same seed, moment and area give the same answer, byte for byte.
    """
    content = service.draw_sample(call.session, _draw(call, call.query, _moment(call)))
    wants = [UUID(each["want"]["id"]) for each in content["files"]]
    return Answer(as_json(content), subject_type="want", subjects=wants)


def _draw(call: Call, asked: dict[str, Any], as_at: datetime) -> service.Draw:
    sees = sight(call.actor).protected_addresses
    lpa, seed = asked.get("lpa"), asked.get("seed")
    return service.Draw(call.scope, sees, call.now, as_at, lpa, seed)


@route(
    routes,
    "POST",
    "/reports/dip-samples",
    Operation("reports.keep-dip-sample", _SAMPLE, "area", "collection"),
    body=schemas.DrawBody,
    answer=schemas.SampleAnswer,
    status=_CREATED,
)
def keep_sample(call: Call) -> Answer:
    """Draw and keep a sample of files, to be marked one by one."""
    as_at: datetime | None = call.body.get("as_at")
    if as_at is None:
        as_at = settled_until(call.session)  # two who draw at once don't wait for each other
    else:
        settle(call.session, as_at)
    made = service.keep_sample(call.session, _draw(call, call.body, as_at), call.actor.subject)
    return _shown(call, str(made.id), _CREATED)


def _shown(call: Call, written: str, status: int = 200) -> Answer:
    sees = sight(call.actor).protected_addresses
    content, wants = service.show_sample(call.session, call.scope, written, sees_protected=sees)
    return Answer(
        as_json(content),
        version=content["version"],
        status=status,
        location=f"/v1/reports/dip-samples/{content['id']}" if status == _CREATED else None,
        subject_type="dip_sample",
        subjects=[UUID(content["id"]), *wants],
    )


@route(
    routes,
    "GET",
    "/reports/dip-samples",
    Operation("reports.list-dip-samples", _READ, "area", "consultation"),
    query=schemas.SamplesQuery,
    answer=ItemPage,
)
def list_samples(call: Call) -> Answer:
    """List samples with their results, the latest first: one after another they are the trend."""
    page = read_page(call.query)
    rows = service.list_samples(
        call.session, call.scope, call.query.get("lpa"), page.after, page.limit + 1
    )
    texts = [(as_json(content).decode(), at, each) for content, at, each in rows]
    return Answer(
        make_page(texts, page, key=lambda row: [row[1].isoformat(), str(row[2])]),
        subject_type="dip_sample",
        subjects=[each for _, _, each in rows[: page.limit]],
    )


@route(
    routes,
    "GET",
    "/reports/dip-samples/<sample>",
    Operation("reports.read-dip-sample", _READ, "area", "consultation"),
    answer=schemas.SampleAnswer,
)
def read_sample(call: Call, sample: str) -> Answer:
    """Give a sample: its files as they stood when it was drawn, their marks and its result."""
    return _shown(call, sample)


@route(
    routes,
    "POST",
    "/reports/dip-samples/<sample>/marks",
    Operation("reports.mark-dip-sample", _SAMPLE, "area", "alteration"),
    body=schemas.MarkBody,
    answer=schemas.SampleAnswer,
    status=_CREATED,
    if_match=True,
)
def mark_file(call: Call, sample: str) -> Answer:
    """Mark one file of a sample; nobody marks a file of their own."""
    answers = {str(each): call.body["answers"][each] for each in service.MarkQuestion}
    doing = service.Marking(
        call.actor.subject,
        call.scope,
        call.if_match,
        sample,
        call.body["position"],
        answers,
        call.body.get("notes"),
    )
    service.mark_file(call.session, doing)
    return _shown(call, sample, _CREATED)
