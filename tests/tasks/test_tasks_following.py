"""Checks, reviews, visits, actions and differences are tasks: each once, and gone when done."""

from __future__ import annotations

import pytest
from orders_given import Orders, day

from offenders.db import Work, transaction
from offenders.jobs.timetable import find_job


@pytest.fixture
def sweep(connection):
    def run():
        with transaction(connection, Work("33")) as session:
            return find_job("followed-tasks").effect_in(session, "33").details

    return run


@pytest.fixture
def orders(client, headers):
    return Orders(client, headers, "33")


def about(tasks, record, **query):
    return tasks.list(subject=record["id"], sent=tasks.caller("supervisor"), **query)


def sources(items):
    return sorted(each["source"]["type"] for each in items)


def test_a_check_of_an_order_is_one_task_until_it_is_recorded(tasks, orders, sweep):
    order = orders.given(type="SHPO", made_on=day(-85), owner_officer="55")
    quiet = orders.given(made_on=day(-1))
    assert sources(about(tasks, order)) == ["order_check"]
    assert about(tasks, quiet) == []
    assert sweep() == {"made": 0, "ended": 0}
    (task,) = about(tasks, order)
    assert task["follows_source"] is True
    assert (task["owner_officer"], task["person_id"]) == ("55", order["person"]["id"])
    assert task["reference"].startswith("T33-")
    assert tasks.get({"id": task["reference"]}).json == task
    refused = tasks.act(task, "completions", result="Complied with")
    assert refused.status_code == 409
    told = refused.json
    assert (told["method"], told["href"]) == ("POST", f"/v1/orders/{order['id']}/checks")
    assert told["href"] == task["recorded_through"]
    later = {"due_at": day(90) + "T10:00:00Z", "reason": "later"}
    assert tasks.act(task, "extensions", **later).status_code == 409
    moved = tasks.done(task, "handovers", to_officer="66", reason="Works that ward")
    assert sweep() == {"made": 0, "ended": 0}
    assert tasks.read(task) == moved
    answer = tasks.client.post(told["href"], json=told["body"], headers=orders.sent)
    assert answer.status_code == 201
    assert about(tasks, order) == []
    done = tasks.read(task)
    assert (done["state"], done["owner_officer"], done["version"]) == ("done", "66", 3)
    assert done["ended_by"] == tasks_actor(orders)
    assert sweep() == {"made": 0, "ended": 0}


def tasks_actor(orders):
    me = orders.client.get("/v1/orders?limit=1", headers=orders.sent)
    assert me.status_code == 200
    return "dev-supervisor"
