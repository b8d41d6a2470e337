"""Routes of data quality: what makes figures unreliable, and decisions on duplicates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request

from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import quality as schemas
from offenders.api.schemas.fields import ItemPage
from offenders.domain.access import may, sight
from offenders.domain.quality import service
from offenders.domain.quality.service import AREAS, DUPLICATES, OPEN, Question

if TYPE_CHECKING:
    from sqlalchemy import Row

    from offenders.domain.quality.kinds import Kind

routes = Routes("data-quality", __name__, url_prefix="/v1", description="Data quality")

_COUNTS, _READ, _DECIDE = "quality:counts", "quality:read", "quality:decide"


def _question(call: Call) -> Question:
    call.query.pop("force", None)
    return Question(call.query, call.scope, sight(call.actor).protected_addresses)


@route(
    routes,
    "GET",
    "/data-quality",
    Operation("data-quality.counts", _COUNTS, "area", "operation"),
    query=schemas.DoubtsQuery,
    answer=schemas.DoubtsAnswer,
)
def count_doubts(call: Call) -> Answer:
    """Count what makes figures unreliable, by kind and area, with what to do and who."""
    asked = {name: value for name, value in request.args.items() if name in AREAS}
    kinds = service.count_doubts(call.session, _question(call), asked, links=may(call.actor, _READ))
    return Answer(as_json({"force": call.force, "kinds": kinds}))


@route(
    routes,
    "GET",
    "/data-quality/<kind>",
    Operation("data-quality.list", _READ, "area", "consultation"),
    query=schemas.DoubtRowsQuery,
    answer=ItemPage,
)
def list_doubts(call: Call, kind: str) -> Answer:
    """List the rows of one kind; a row leaves the list when its cause is gone."""
    return _listed(call, service.find_kind(kind), OPEN)


@route(
    routes,
    "GET",
    "/data-quality/duplicates",
    Operation("data-quality.duplicates", _READ, "area", "consultation"),
    query=schemas.DuplicatesQuery,
    answer=ItemPage,
)
def list_duplicates(call: Call) -> Answer:
    """List pairs of people who may be one, undecided unless told."""
    state = call.query.pop("state")
    return _listed(call, DUPLICATES, None if state == "all" else state)


def _listed(call: Call, kind: Kind, state: str | None) -> Answer:
    page = read_page(call.query)
    question = _question(call)
    rows = service.list_doubts(
        call.session,
        question,
        kind,
        state=state,
        after=str(page.after[0]) if page.after else None,
        limit=page.limit + 1,
    )
    total = None
    if page.with_total:
        total = service.count_listed(call.session, question, kind, state)
    shown = rows[: page.limit]
    return Answer(
        make_page(rows, page, key=lambda row: [str(row.id)], total=total),
        subject_type="person",
        people=[person for row in shown for person in row.people],
        masked=AREAS if any(row.hides for row in shown) else (),
        details={"kind": kind.name},
    )


@route(
    routes,
    "GET",
    "/data-quality/duplicates/<duplicate>",
    Operation("data-quality.duplicate", _READ, "area", "consultation"),
    answer=schemas.DuplicateAnswer,
)
def get_duplicate(call: Call, duplicate: str) -> Answer:
    """Give one pair of people with the evidence and every decision."""
    return _shown(service.get_duplicate(call.session, _question(call), duplicate))


def _shown(row: Row[Any], status: int = 200) -> Answer:
    return Answer(
        row[0].encode(),
        version=row.version,
        status=status,
        subject_type="person",
        people=row.people,
        masked=AREAS if row.hides else (),
    )


@route(
    routes,
    "POST",
    "/data-quality/duplicates/<duplicate>/decisions",
    Operation("data-quality.decide", _DECIDE, "area", "alteration"),
    body=schemas.DecisionBody,
    answer=schemas.DuplicateAnswer,
    status=201,
    if_match=True,
)
def decide_duplicate(call: Call, duplicate: str) -> Answer:
    """Record that two people are one or are not, and why; nothing is merged by it."""
    row = service.decide_duplicate(
        call.session,
        _question(call),
        written=duplicate,
        decision=call.body["decision"],
        reason=call.body["reason"],
        actor=call.actor.subject,
        if_match=call.if_match,
    )
    return _shown(row, 201)
