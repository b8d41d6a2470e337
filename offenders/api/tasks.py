"""Routes of tasks: what one officer or team is to do until when, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from offenders.api.operations import Answer, Call, Routes, route
from offenders.api.permissions import Operation
from offenders.api.readings import Asked, read_route
from offenders.api.schemas import tasks as schemas
from offenders.api.schemas.fields import AsAtQuery
from offenders.domain.reading import Reading, show
from offenders.domain.tasks import service
from offenders.domain.tasks.service import NewTask, Question, task_sight

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.api.pages import Page

routes = Routes("tasks", __name__, url_prefix="/v1", description="Tasks: who does what until when")

_READ, _MAKE = "tasks:read", "tasks:make"
_CREATED = 201


def _question(call: Call) -> Question:
    return Question({}, call.scope, call.now, task_sight(call.actor))


def _asked_question(asked: Asked) -> Question:
    return Question(asked.query, asked.scope(), asked.now, task_sight(asked.actor), asked.as_at)


def _shown(call: Call, task_id: Any, *, status: int = 200) -> Answer:
    row = show(call.session, service.reading_of_task(_question(call), str(task_id)))
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
