"""Routes of tasks: what one officer or team is to do until when, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode

from flask import request

from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.readings import Asked, read_route
from offenders.api.schemas import tasks as schemas
from offenders.api.schemas.fields import AsAtQuery, ItemPage
from offenders.api.schemas.wanted import HandoverBody
from offenders.db import settle, settled_now
from offenders.domain.access import Scope
from offenders.domain.reading import Reading, show
from offenders.domain.tasks import service
from offenders.domain.tasks.service import Doing, NewTask, Question, task_sight

if TYPE_CHECKING:
    from collections.abc import Callable

    from marshmallow import Schema
    from sqlalchemy.orm import Session

    from offenders.api.pages import Page

routes = Routes("tasks", __name__, url_prefix="/v1", description="Tasks: who does what until when")

_READ, _MAKE = "tasks:read", "tasks:make"
_CREATED = 201


@dataclass(frozen=True)
class _Act:
    """One kind of act that changes a task."""

    rule: str
    verb: str
    permission: str
    body: type[Schema]
    work: Callable[[Session, Doing], Any]
    says: str


_ACTS = (
    _Act(
        "completions",
        "tasks.complete",
        "tasks:complete",
        schemas.TaskCompletionBody,
        service.complete_task,
        "Record what came of a task; what follows a record is recorded there (409 says where).",
    ),
    _Act(
        "handovers",
        "tasks.handover",
        "tasks:handover",
        HandoverBody,
        service.hand_over_task,
        "Hand a task over to another officer or team, with a reason.",
    ),
    _Act(
        "extensions",
        "tasks.extend",
        "tasks:extend",
        schemas.TaskExtensionBody,
        service.extend_task,
        "Give a task more time, with a reason.",
    ),
)


def _question(call: Call) -> Question:
    return Question({}, call.scope, call.now, task_sight(call.actor))


def _asked_question(asked: Asked) -> Question:
    return Question(asked.query, asked.scope(), asked.now, task_sight(asked.actor), asked.as_at)


def _shown(call: Call, task_id: Any, *, status: int = 200) -> Answer:
    """Show what the caller has just made or done, though it may be out of their reach by now."""
    question = replace(_question(call), scope=Scope(call.force))
    row = show(call.session, service.reading_of_task(question, str(task_id)))
    return Answer(
        row.body.encode(),
        version=row.version,
        status=status,
        location=f"/v1/tasks/{row.id}" if status == _CREATED else None,
        subject_type="task",
        subjects=row.subjects,
        people=row.people,
        masked=row.masked,
    )


def _count_all(session: Session, asked: Asked) -> int:
    return service.count_tasks(session, _asked_question(asked))


def new_task(body: dict[str, Any], **more: Any) -> NewTask:
    """Read a task as it is sent; `more` is what the caller doesn't say."""
    told = {name: value for name, value in body.items() if name not in {"subject", "source"}}
    subject = body.get("subject") or {}
    about = {"subject_type": subject.get("type"), "subject_id": subject.get("id")}
    return NewTask(**(told | about | more))


@read_route(
    routes,
    "/tasks",
    Operation("tasks.list", _READ, "area", "consultation", asks_reason=True),
    query=schemas.TaskQuery,
    answer=schemas.TaskPage,
    is_paged=True,
    total=_count_all,
)
def list_tasks(asked: Asked) -> Reading:
    """List tasks, what is due first first: open ones unless told; one's own wherever they are."""
    page = cast("Page", asked.page)
    return service.reading_of_tasks(_asked_question(asked), page.after, page.limit)


@route(
    routes,
    "POST",
    "/tasks",
    Operation("tasks.make", _MAKE, "area", "collection"),
    body=schemas.TaskBody,
    answer=schemas.TaskAnswer,
    status=_CREATED,
)
def make_task(call: Call) -> Answer:
    """Make a task: one specific action, one owner, a due time."""
    new = new_task(call.body, source_type=call.body["source"])
    made = service.make_task(call.session, call.actor, call.force, new)
    return _shown(call, made.id, status=_CREATED)


@route(
    routes,
    "GET",
    "/tasks/counts",
    Operation("tasks.counts", "tasks:counts", "area", "consultation"),
    query=schemas.TaskCountsQuery,
    answer=schemas.TaskCountsAnswer,
)
def count_tasks(call: Call) -> Answer:
    """Count tasks at a moment, and those overdue, each with a link to exactly its rows."""
    group_by = call.query.pop("group_by", ())
    part = _Part(call.query.pop("limit"), call.query.pop("offset"))
    question, asked = _counting(call)
    return part.of(service.count_groups(call.session, question, group_by, asked), asked)


@route(
    routes,
    "GET",
    "/tasks/results",
    Operation("tasks.results", "tasks:counts", "area", "consultation"),
    query=schemas.TaskResultsQuery,
    answer=schemas.TaskCountsAnswer,
)
def count_results(call: Call) -> Answer:
    """Give what came of tasks by tactic unless told: how they ended, hours, arrests, searches."""
    group_by = call.query.pop("group_by")
    part = _Part(call.query.pop("limit"), call.query.pop("offset"))
    question, asked = _counting(call)
    return part.of(service.results_of(call.session, question, group_by, asked), asked)


@dataclass(frozen=True)
class _Part:
    """How many of the groups of a count are given, and how many go before.

    At one moment they are always the same, in the same order, so that parts make up the whole.
    """

    limit: int
    offset: int

    def of(self, counts: list[dict[str, Any]], asked: dict[str, str]) -> Answer:
        """Answer with these groups, and where the others are."""
        shown = counts[self.offset : self.offset + self.limit]
        more = max(len(counts) - self.offset - len(shown), 0)
        further = dict(request.args) | asked | {"offset": str(self.offset + len(shown))}
        return Answer(
            as_json(
                {
                    "as_at": asked["as_at"],
                    "counts": shown,
                    "more": more,
                    "more_href": f"{request.path}?{urlencode(further)}" if more else None,
                }
            )
        )


def _counting(call: Call) -> tuple[Question, dict[str, str]]:
    """Give the question of a moment, and the filters as they were sent, for the links."""
    as_at = call.query.pop("as_at", None)
    if as_at is not None:
        settle(call.session, as_at)
    else:
        as_at = settled_now(call.session)
    state = call.query.pop("state")
    sent = {name: value for name, value in request.args.items() if name in call.query}
    written = as_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    filters = {**call.query, "state": None if state == "all" else state}
    question = Question(filters, call.scope, call.now, task_sight(call.actor), as_at)
    return question, {**sent, "state": state, "as_at": written}


@read_route(
    routes,
    "/tasks/<task>",
    Operation("tasks.read", _READ, "area", "consultation", asks_reason=True),
    query=AsAtQuery,
    answer=schemas.TaskAnswer,
)
def read_task(asked: Asked, task: str) -> Reading:
    """Give one task with its owner, due time, subject and result."""
    return service.reading_of_task(_asked_question(asked), task)


@route(
    routes,
    "GET",
    "/tasks/<task>/history",
    Operation("tasks.history", _READ, "area", "consultation", asks_reason=True),
    query=schemas.TaskHistoryQuery,
    answer=ItemPage,
)
def list_history(call: Call, task: str) -> Answer:
    """Give the log of a task in the order in which things happened."""
    page = read_page(call.query)
    shown = show(call.session, service.reading_of_task(_question(call), task))
    hides = "lpa" in shown.masked
    rows = service.list_entries(call.session, shown.id, page.after, page.limit + 1, hides=hides)
    return Answer(
        make_page(rows, page, key=lambda entry: [entry[1], str(entry[2])]),
        subject_type="task",
        subjects=[shown.id],
        people=shown.people,
    )


@route(
    routes,
    "POST",
    "/tasks/<task>/updates",
    Operation("tasks.update", "tasks:update", "area", "alteration"),
    body=schemas.TaskUpdateBody,
    answer=schemas.TaskEntryAnswer,
    status=_CREATED,
)
def update_task(call: Call, task: str) -> Answer:
    """Add how a task stands, whoever owns it."""
    on, entry = service.update_task(call.session, _doing(call, task))
    return Answer(
        service.show_entry(call.session, entry.id).encode(),
        status=_CREATED,
        location=f"/v1/tasks/{on.id}/history",
        subject_type="task",
        subjects=[on.id],
    )


def _doing(call: Call, task: str) -> Doing:
    return Doing(call.actor.subject, _question(call), task, call.body, call.if_match)


def _declare(act: _Act) -> None:
    def view(call: Call, task: str) -> Answer:
        done = act.work(call.session, _doing(call, task))
        return _shown(call, done.id, status=_CREATED)

    view.__name__, view.__doc__ = act.verb.replace(".", "_"), act.says
    route(
        routes,
        "POST",
        f"/tasks/<task>/{act.rule}",
        Operation(act.verb, act.permission, "area", "alteration"),
        body=act.body,
        answer=schemas.TaskAnswer,
        status=_CREATED,
        if_match=True,
    )(view)


for _each in _ACTS:
    _declare(_each)
