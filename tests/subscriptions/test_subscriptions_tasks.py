"""Flags about tasks are told to those subscribers alone who may see the task."""

from __future__ import annotations

from datetime import timedelta

from mappa_given import Mappa

from offenders import clock
from offenders.clock import as_if_at
from offenders.db import Work, transaction
from offenders.domain.subscriptions.telling import tell_due
from offenders.jobs.timetable import find_job


def test_a_flag_about_a_task_on_a_mappa_case_is_told_to_who_reads_cases(
    hooks, receive, client, headers
):
    case = Mappa(client, headers, "33").given(level=2)
    now = clock.now()
    body = {
        "action": "Meet them at the prison gate",
        "owner_team": "T1",
        "due_at": (now + timedelta(hours=1)).isoformat(),
        "subject": {"type": "mappa_case", "id": case["id"]},
    }
    task = client.post("/v1/tasks", json=body, headers=headers("mappa_coordinator"))
    assert task.status_code == 201, task.json
    receiver = receive()
    whose = {
        role: hooks.given(receiver, "flag.raised", role=role, name=role)["id"]
        for role in ("supervisor", "iom_manager")
    }
    with as_if_at(now + timedelta(days=30)):
        with transaction(hooks.engine, Work("33")) as session:
            assert find_job("overdue-tasks").effect_in(session, "33").raised == 1
        tell_due(hooks.engine)
    told = hooks.sql("SELECT recipient FROM outbox_messages WHERE recipient IS NOT NULL")
    assert [str(recipient) for (recipient,) in told] == [whose["supervisor"]]
