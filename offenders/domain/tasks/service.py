"""Use cases of tasks, as routes, jobs and other capabilities call them."""

from __future__ import annotations

from offenders.domain.tasks.asking import Question, TaskSight, task_sight
from offenders.domain.tasks.making import Made, NewTask, make_task
from offenders.domain.tasks.reading import (
    count_tasks,
    get_task,
    list_entries,
    reading_of_task,
    reading_of_tasks,
    show_entry,
)
from offenders.domain.tasks.subjects import SUBJECTS
from offenders.domain.tasks.unfinished import carry_over, unfinished_tasks

__all__ = [
    "SUBJECTS",
    "Made",
    "NewTask",
    "Question",
    "TaskSight",
    "carry_over",
    "count_tasks",
    "get_task",
    "list_entries",
    "make_task",
    "reading_of_task",
    "reading_of_tasks",
    "show_entry",
    "task_sight",
    "unfinished_tasks",
]
