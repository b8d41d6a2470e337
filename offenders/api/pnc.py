"""Routes of the differences between PNC and the wanted register."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import pnc as schemas
from offenders.domain.access import sight
from offenders.domain.pnc import service
from offenders.domain.pnc.service import Asked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from sqlalchemy import Row

routes = Routes("pnc", __name__, url_prefix="/v1", description="PNC and the register compared")

_READ = "pnc:read"
_AREAS = ("lpa", "neighbourhood")


def _asked(call: Call) -> Asked:
    sees = sight(call.actor).protected_addresses
    return Asked(call.query, call.scope, call.now, sees)


@route(
    routes,
    "GET",
    "/pnc-differences",
    Operation("pnc.differences", _READ, "area", "consultation", asks_reason=True),
    query=schemas.DifferencesQuery,
    answer=schemas.DifferencePage,
)
def list_differences(call: Call) -> Answer:
    """List where PNC and register differ, what to do and whose it is, the soonest due first."""
    page = read_page(call.query)
    question = service.question_of(call.session, _asked(call))
    rows = service.list_differences(call.session, question, page.after, page.limit + 1)
    total = service.count_differences(call.session, question) if page.with_total else None
    shown = rows[: page.limit]
    listed = make_page(rows, page, key=lambda row: [row.due, str(row.id)], total=total)
    extract = as_json({"full_extract_received_at": question.values["complete_at"]})
    return Answer(
        listed[:-1] + b"," + extract[1:],
        subject_type="pnc_difference",
        subjects=list(_subjects(shown)),
        people=list(_people(shown)),
        masked=_AREAS if any(row.hides for row in shown) else (),
    )


def _subjects(rows: Sequence[Row[Any]]) -> Iterator[UUID]:
    for row in rows:
        yield from (each for each in (row.want_id, row.row_id) if each is not None)


def _people(rows: Sequence[Row[Any]]) -> Iterator[UUID]:
    for row in rows:
        if row.person_id is not None:
            yield row.person_id
        yield from row.people


@route(
    routes,
    "GET",
    "/pnc-differences/counts",
    Operation("pnc.difference-counts", _READ, "area", "operation"),
    query=schemas.DifferenceCountsQuery,
    answer=schemas.DifferenceCountsAnswer,
)
def count_differences(call: Call) -> Answer:
    """Count differences by kind unless told, with a link to each count's rows."""
    group_by = call.query.pop("group_by", "kind")
    question = service.question_of(call.session, _asked(call))
    asked = {name: value for name, value in request.args.items() if name in call.query}
    content = service.count_by_group(call.session, question, group_by=group_by, asked=asked)
    return Answer(as_json(content))
