"""Whatever is done to tasks, in any order: each has one end, one history and the flag it earns."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.access import Scope
from offenders.domain.actors import Actor
from offenders.domain.reading import show
from offenders.domain.tasks import service as tasks
from offenders.domain.versions import IfMatch
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id

CHAIR = Actor(
    "chair", "", frozenset({"supervisor"}), "33", frozenset(), frozenset(), None, None, None
)
ACTS = {
    "update": (tasks.update_task, {"text": "Nobody in"}),
    "done": (tasks.complete_task, {"outcome": "done", "result": "Arrested", "arrests": 1}),
    "not_done": (
        tasks.complete_task,
        {"outcome": "not_done", "reason": "no_time", "result": "Busy", "arrests": 1},
    ),
    "to_team": (tasks.hand_over_task, {"to_team": "NPT", "reason": "Leave"}),
    "to_officer": (tasks.hand_over_task, {"to_officer": "7", "reason": "Back"}),
    "extend": (tasks.extend_task, {"reason": "Warrant"}),
}
STEPS = st.lists(
    st.tuples(st.integers(0, 1), st.sampled_from([*ACTS, "carry"]), st.integers(0, 40)),
    min_size=1,
    max_size=8,
)
ROWS = """
    SELECT t.*, (SELECT count(*) FROM tasks_history h
                 WHERE h.force = t.force AND h.id = t.id AND h.recorded_to IS NULL
                   AND (h.version, h.state, h.due_at, h.carried_over, h.owner_team)
                       IS NOT DISTINCT FROM
                       (t.version, t.state, t.due_at, t.carried_over, t.owner_team)) AS kept,
           EXISTS (SELECT FROM flags f WHERE f.force = t.force AND f.subject_id = t.id
                   AND f.rule = 'overdue-tasks' AND f.state <> 'cleared') AS flagged
    FROM tasks t WHERE t.force = '33' ORDER BY t.first_due_at
"""


def question(as_at=None):
    return tasks.Question({}, Scope("33"), clock.now(), tasks.task_sight(CHAIR), as_at)


def act(session, task, name, hours):
    """Do one thing; give whether it was taken."""
    if name == "carry":
        meeting = new_id("33")
        return tasks.carry_over(session, actor="chair", meeting_id=meeting, task_ids=[task.id])
    work, fields = ACTS[name]
    fields = dict(fields)
    if name == "extend":
        fields["due_at"] = clock.now() + timedelta(hours=hours)
    doing = tasks.Doing("chair", question(), str(task.id), fields, IfMatch(any_version=True))
    try:
        with session.begin_nested():
            work(session, doing)
    except (Conflict, Invalid):
        session.expire_all()
        return []
    return [task.id]


@given(steps=STEPS)
@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_every_task_keeps_its_promises(connection, steps):
    outer = connection.begin_nested()
    made, then, seen = [], clock.now(), []
    with transaction(connection, Work("33")) as session:
        for hours in (5, 30):
            new = tasks.NewTask("Knock at the address", then + timedelta(hours=hours), "1234")
            made.append(tasks.make_task(session, CHAIR, "33", new))
    for which, name, hours in steps:
        then += timedelta(hours=hours)
        with clock.as_if_at(then), transaction(connection, Work("33")) as session:
            before = session.execute(text(ROWS)).all()
            taken = act(session, made[which], name, hours)
            tasks.settle_flags(session)
            session.flush()
            after = session.execute(text(ROWS)).all()
            check(before, after, taken, name)
            seen.append((session.info["recorded_at"], [row.state for row in after]))
    with transaction(connection, Work("33")) as session:
        for moment, states in seen:
            asked = [tasks.reading_of_task(question(moment), str(each.id)) for each in made]
            bodies = [show(session, each).body for each in asked]
            found = [
                f'"state" : "{state}"' in body for body, state in zip(bodies, states, strict=True)
            ]
            assert all(found)
    outer.rollback()


def check(before, after, taken, name):
    for was, row in zip(before, after, strict=True):
        assert row.kept == 1
        assert (row.state == "open") == (row.ended_at is None)
        assert row.flagged == (row.state == "open" and row.due_at < clock.now())
        assert row.arrests is None or row.arrests == row.not_done + (row.state == "done")
        changed = row.id in taken and name != "update"
        assert row.version == was.version + changed
        assert not (changed and was.state != "open")
        assert row.due_at >= was.due_at >= row.first_due_at
