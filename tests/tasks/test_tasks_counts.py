"""Counts of tasks lead to exactly their rows; what is unfinished is put to the next meeting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import given_neighbourhood
from sqlalchemy import text
from tasks_given import ahead

from offenders import clock
from offenders.db import Work, recorded_at, transaction
from offenders.domain.access import Scope
from offenders.domain.tasks.service import TaskSight, carry_over, unfinished_tasks
from offenders.ids import new_id

SIGHT = TaskSight("chair", True, True, (), ())


def counts(tasks, **query):
    answer = tasks.client.get("/v1/tasks/counts", headers=tasks.sent, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json["counts"]


def rows_of(tasks, href):
    answer = tasks.client.get(f"{href}&count=true", headers=tasks.sent)
    assert answer.status_code == 200, answer.json
    return answer.json["total"]


def test_each_count_leads_to_exactly_its_rows(tasks, client, connection):
    given_neighbourhood(client, "TN1", lpa="TL")
    tasks.given(lpa="TL", tactic="early_knock")
    tasks.given(lpa="TL", owner_officer=None, owner_team="NPT")
    done = tasks.given(owner_officer="77", tactic="early_knock")
    tasks.done(done, "completions", result="Arrested at home", arrests=2, hours=3)
    back = tasks.given(owner_officer="77", tactic="early_knock")
    tasks.done(back, "completions", outcome="not_done", reason="abstraction", result="Football")
    for group_by in ("owner", "team", "lpa", "state", "tactic", "source", "lpa,owner", "meeting"):
        found = counts(tasks, group_by=group_by)
        assert sum(each["tasks"] for each in found) == (4 if group_by == "state" else 3)
        for each in found:
            assert (group_by, rows_of(tasks, each["href"])) == (group_by, each["tasks"])
            assert rows_of(tasks, each["overdue_href"]) == each["overdue"] == 0
    assert [(each["state"], each["tasks"]) for each in counts(tasks, group_by="state")] == [
        ("done", 1),
        ("open", 3),
    ]
    assert counts(tasks)[0]["tasks"] == 3
    with transaction(connection, Work("33")) as session:
        for table in ("tasks", "tasks_history"):
            session.execute(text(f"UPDATE {table} SET due_at = recorded_at WHERE lpa = 'TL'"))
    (late,) = counts(tasks, lpa="TL")
    assert (late["tasks"], late["overdue"]) == (2, 2)
    assert rows_of(tasks, late["overdue_href"]) == 2
    refused = client.get("/v1/tasks/counts?group_by=horse", headers=tasks.sent)
    assert refused.status_code == 422


def test_what_came_of_a_tactic_is_counted_beside_its_volume(tasks, client):
    for arrests in (1, 0):
        made = tasks.given(tactic="early_knock")
        told = {"result": "Knocked", "arrests": arrests, "hours": 1.5, "searches": 1}
        tasks.done(made, "completions", **told)
    tasks.given(tactic="covert_watch")
    tasks.given()
    answer = client.get("/v1/tasks/results", headers=tasks.sent).json["counts"]
    by_tactic = {each["tactic"]: each for each in answer}
    knocks = by_tactic["early_knock"]
    assert [knocks[name] for name in ("tasks", "done", "arrests", "with_arrest")] == [2, 2, 1, 1]
    assert (knocks["hours"], knocks["arrests_per_task"], knocks["searches"]) == (3.0, 0.5, 2)
    assert by_tactic["covert_watch"]["arrests_per_task"] is None
    assert by_tactic[None]["tasks"] == 1
    for each in answer:
        assert rows_of(tasks, each["href"]) == each["tasks"]


def test_each_result_leads_to_exactly_the_tasks_of_which_it_came(tasks, client):
    """Sums of hours, arrests and the like lead to the tasks that returned some."""
    told = {"result": "Knocked", "arrests": 2, "hours": 1.25, "searches": 0, "intelligence": 1}
    tasks.done(tasks.given(tactic="knock"), "completions", **told)
    over = {"outcome": "no_longer_needed", "result": "He is in custody", "hours": 0.5}
    tasks.done(tasks.given(tactic="knock"), "completions", **over)
    for reason in ("abstraction", "no_time"):
        undone = {"outcome": "not_done", "reason": reason, "result": "Later", "arrests": 1}
        tasks.done(tasks.given(), "completions", **undone)
    expected = {
        "knock": {"done": 1, "no_longer_needed": 1, "hours": 1.75, "arrests": 2, "intelligence": 1},
        None: {"open": 2, "was_not_done": 2, "abstraction": 1, "arrests": 2},
    }
    summed = ("hours", "arrests", "searches", "intelligence")
    names = ("done", "no_longer_needed", "open", "was_not_done", "abstraction", "with_arrest")
    for query in ("", "?group_by=reason", "?group_by=state", "?was_not_done=true", "?state=done"):
        answer = client.get(f"/v1/tasks/results{query}", headers=tasks.sent).json["counts"]
        for each in answer:
            for name in (*names, *summed):
                if each[f"{name}_href"] is None:
                    assert (query, name, each[name]) == (query, name, 0)
                    continue
                listed = client.get(f"{each[f'{name}_href']}&limit=200", headers=tasks.sent)
                rows = listed.json["items"]
                found = sum(row[name] for row in rows) if name in summed else len(rows)
                assert (query, name, found) == (query, name, each[name])
            if not query:
                some = {name: each[name] for name in (*names[:5], *summed) if each[name]}
                assert some == expected[each["tactic"]]
    for query in ("overdue=false&group_by=owner", "overdue=true"):
        for each in client.get(f"/v1/tasks/counts?{query}", headers=tasks.sent).json["counts"]:
            href = each["overdue_href"]
            assert (rows_of(tasks, href) if href else 0) == each["overdue"]


@pytest.mark.parametrize("path", ["counts", "results"])
def test_many_groups_come_in_parts_that_make_up_the_whole(tasks, client, path):
    for officer in ("1", "2", "3", "4", "5"):
        tasks.given(owner_officer=officer)
    address = f"/v1/tasks/{path}?group_by=owner"
    whole = client.get(address, headers=tasks.sent).json
    assert (whole["more"], whole["more_href"]) == (0, None)
    part = client.get(f"{address}&limit=2", headers=tasks.sent).json
    tasks.given(owner_officer="0")  # later: all parts are of one moment
    found, left = part["counts"], [part["more"]]
    while part["more_href"]:
        part = client.get(part["more_href"], headers=tasks.sent).json
        found += part["counts"]
        left.append(part["more"])
    assert left == [3, 1, 0]
    assert [each["owner"] for each in found] == [each["owner"] for each in whole["counts"]]
    for row in found:
        assert rows_of(tasks, row["href"]) == row["tasks"] == 1
    for asked in ("limit=0", "limit=501", "offset=-1"):
        assert client.get(f"{address}&{asked}", headers=tasks.sent).status_code == 422


def test_an_unfinished_task_is_carried_to_each_meeting_once(tasks, connection):
    made, late = tasks.given(), tasks.given(due_at=ahead(hours=1))
    ended = tasks.given()
    tasks.done(ended, "completions", result="Arrested at home")
    with transaction(connection, Work("33")) as session:
        asked = {"scope": Scope("33"), "sight": SIGHT, "now": clock.now()}
        found = unfinished_tasks(session, **asked, before=recorded_at(session))
        assert [str(each.id) for each in found] == [late["id"], made["id"]]
        assert unfinished_tasks(session, **asked, before=clock.now() - timedelta(days=1)) == []
        first, second = new_id("33"), new_id("33")
        ids = [each.id for each in found]
        for meeting, carried in ((first, 2), (first, 0), (second, 2)):
            done = carry_over(session, actor="chair", meeting_id=meeting, task_ids=ids)
            assert len(done) == carried
        assert [each.carried_over for each in unfinished_tasks(session, **asked)] == [2, 2]
    assert tasks.read(made)["carried_over"] == 2
    assert [each["id"] for each in tasks.list(carried_over="true")] == [late["id"], made["id"]]
    history = tasks.client.get(f"/v1/tasks/{made['id']}/history", headers=tasks.sent).json
    assert [each["kind"] for each in history["items"]] == ["entry", "carried", "carried"]
