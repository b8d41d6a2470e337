"""Use cases of tasks, as routes, jobs and other capabilities call them."""

from __future__ import annotations

from offenders.domain.tasks.acting import (
    Doing,
    complete_task,
    extend_task,
    hand_over_task,
    update_task,
)
from offenders.domain.tasks.asking import RETURNED, Question, TaskSight, task_sight
from offenders.domain.tasks.counting import GROUPS, count_groups, results_of
from offenders.domain.tasks.following import (
    LEADS,
    Brought,
    Followed,
    end_followed,
    follow,
    lead_days,
)
from offenders.domain.tasks.making import Made, NewTask, make_task
from offenders.domain.tasks.overdue import due_source, settle_flags, settle_task
from offenders.domain.tasks.reading import (
    count_tasks,
    get_task,
    list_entries,
    reading_of_task,
    reading_of_tasks,
    show_entry,
)
from offenders.domain.tasks.subjects import SUBJECTS
from offenders.domain.tasks.unfinished import carry_over, hold_tasks, unfinished_tasks

__all__ = [
    "GROUPS",
    "LEADS",
    "RETURNED",
    "SUBJECTS",
    "Brought",
    "Doing",
    "Followed",
    "Made",
    "NewTask",
    "Question",
    "TaskSight",
    "carry_over",
    "complete_task",
    "count_groups",
    "count_tasks",
    "due_source",
    "end_followed",
    "extend_task",
    "follow",
    "get_task",
    "hand_over_task",
    "hold_tasks",
    "lead_days",
    "list_entries",
    "make_task",
    "reading_of_task",
    "reading_of_tasks",
    "results_of",
    "settle_flags",
    "settle_task",
    "show_entry",
    "task_sight",
    "unfinished_tasks",
    "update_task",
]
