"""Checks, reviews, visits, actions and differences are tasks: each once, and gone when done."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from builders import given_want
from iom_given import MEETING, Iom
from mappa_given import NOW, Mappa
from orders_given import Orders, day, moment
from registrations_given import Register, ago
from sharing_given import Sharing

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.flags.service import DueSource, raise_due
from offenders.jobs.timetable import find_job


@pytest.fixture
def sweep(connection):
    def run(days=0):
        later = clock.now() + timedelta(days=days)
        with clock.as_if_at(later), transaction(connection, Work("33")) as session:
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
    assert done["ended_by"] == "dev-supervisor-33"
    assert sweep() == {"made": 0, "ended": 0}


def test_the_next_check_of_an_order_is_another_task(tasks, orders, sweep):
    order = orders.given(type="DVPO", made_on=day(-1), expires_on=day(20))
    (first,) = about(tasks, order)
    for officer, keeper in (("88", "88"), ("99", "66")):
        answer = orders.patch(order, owner_officer=officer, owner_team=None, reason="Moved")
        assert answer.status_code == 200, answer.json
        (moved,) = about(tasks, order)
        assert (moved["id"], moved["owner_officer"]) == (first["id"], keeper)
        if keeper == "88":
            tasks.done(first, "handovers", to_officer="66", reason="Works that ward")
    orders.done(order, "checks", result="compliant")
    (second,) = about(tasks, order)
    assert second["owner_officer"] == "99"
    assert second["id"] != first["id"]
    assert second["due_at"] > first["due_at"]
    assert tasks.read(first)["state"] == "done"
    orders.done(order, "discharges", ending="discharged", reason="By the court")
    assert about(tasks, order) == []
    assert tasks.read(second)["state"] == "no_longer_needed"
    assert tasks.read(second)["ended_by"] == "service"
    assert sweep() == {"made": 0, "ended": 0}


def test_a_breach_is_a_task_and_its_action_makes_the_management_review(tasks, orders, sweep):
    order = orders.given(made_on=day(-10))
    at = moment(-1)
    broken = orders.done(order, "breaches", occurred_at=at, details="Seen at the school")
    (task,) = about(tasks, order)
    breach = broken["breaches"][0]["id"]
    assert task["source"] == {"type": "breach_action", "id": breach}
    street = tasks.caller("response_officer")
    assert tasks.list(sent=street, subject=order["id"]) == []
    assert tasks.get(task, sent=street).status_code == 404
    acted = tasks.client.post(
        task["recorded_through"], json={"action": "arrested"}, headers=orders.sent
    )
    assert acted.status_code == 201
    (review,) = about(tasks, order)
    assert review["source"] == {"type": "breach_review", "id": breach}
    assert tasks.act(review, "completions", result="Held").json["href"].endswith("/reviews")
    held = tasks.client.post(
        review["recorded_through"], json={"learning": "Check weekly"}, headers=orders.sent
    )
    assert held.status_code == 201
    assert about(tasks, order) == []
    assert {tasks.read(each)["state"] for each in (task, review)} == {"done"}
    assert sweep() == {"made": 0, "ended": 0}


def test_a_home_visit_is_a_task_of_those_who_may_know_of_it(tasks, client, headers, sweep):
    register = Register(client, headers, "33")
    record = register.given(relevant_date=ago(400), risk="very_high")
    assert sources(about(tasks, record)) == ["arms_assessment", "registration_visit"]
    (task,) = about(tasks, record, source="registration_visit")
    for role in ("response_officer", "neighbourhood_officer", "meeting_chair", "iom_manager"):
        sent = tasks.caller(role)
        assert tasks.list(sent=sent) == []
        assert tasks.get(task, sent=sent).status_code == 404
    assert tasks.get(task, sent=register.sent).status_code == 200
    register.done(record, "visits", seen=True)
    (assessment,) = about(tasks, record)
    answer = client.post(
        assessment["recorded_through"],
        json={"priority": "medium"},
        headers=register.sent | {"If-Match": "*"},
    )
    assert answer.status_code == 201
    assert about(tasks, record) == []
    assert tasks.read(assessment)["state"] == "done"
    assert tasks.read(task)["ended_by"] == "dev-offender_manager-33"
    assert sweep() == {"made": 0, "ended": 0}


def test_the_review_of_a_want_is_a_task_from_the_day_before(tasks, client, headers, sweep):
    want = given_want(client, headers, risk="very_high")
    due_in = datetime.fromisoformat(want["review_due_at"]) - clock.now()
    assert sweep(days=due_in.days - 1)["made"] == 0
    assert sweep(days=due_in.days)["made"] == 1
    (task,) = about(tasks, want)
    assert task["due_at"] == want["review_due_at"]
    answer = client.post(
        f"/v1/wanted/{want['id']}/reviews", json={"text": "Try again"}, headers=tasks.sent
    )
    assert answer.status_code == 201
    assert about(tasks, want) == []
    assert tasks.read(task)["state"] == "done"
    closing = tasks.sent | {"If-Match": "*"}
    body = {"outcome": "arrested"}
    answer = client.post(f"/v1/wanted/{want['id']}/outcomes", json=body, headers=closing)
    assert answer.status_code == 201
    assert about(tasks, want) == []
    assert sweep() == {"made": 0, "ended": 0}


def test_an_action_about_whom_the_recorder_may_not_see_is_put_to_the_meeting(
    tasks, client, headers
):
    """Shown to who may read of them, and to nobody else."""
    iom = Iom(client, headers)
    member = iom.member()
    text = "Find him a place in the hostel"
    made = iom.done(member, "actions", text=text, agency="housing", owner="Ms Jones", due_on=day(3))
    Sharing(client, headers).restrict(member["person"], roles=["iom_officer"])
    met = iom.post("iom/meetings", **MEETING).json
    assert met["actions_carried_over"] == []
    seen = Iom(client, headers, role="iom_officer").get(f"iom/meetings/{met['id']}").json
    assert [each["id"] for each in seen["actions_carried_over"]] == [made["actions"][0]["id"]]
    assert iom.get(f"iom/meetings/{met['id']}").json["actions_carried_over"] == []


def test_reviews_and_actions_of_iom_are_tasks(tasks, client, headers, sweep):
    iom = Iom(client, headers)
    member = iom.member()
    made = iom.done(
        member,
        "actions",
        text="Find him a place in the hostel",
        agency="housing",
        owner="Ms Jones",
        due_on=day(3),
    )
    manager = tasks.caller("iom_manager")
    found = tasks.list(sent=manager, subject=member["id"], source="iom_action")
    assert [(each["action"], each["owner_team"]) for each in found] == [
        ("Find him a place in the hostel", "housing")
    ]
    action = made["actions"][0]["id"]
    assert found[0]["recorded_through"] == f"/v1/iom/members/{member['id']}/actions/{action}/ends"
    assert tasks.list(sent=tasks.caller("response_officer")) == []
    for number in (1, 2):
        met = iom.post("iom/meetings", **MEETING)
        assert met.status_code == 201, met.json
        assert [each["id"] for each in met.json["actions_carried_over"]] == [action]
        put = tasks.list(sent=manager, source="iom_action", carried_over="true")
        assert [each["carried_over"] for each in put] == [number]
    ended = client.post(
        found[0]["recorded_through"],
        json={"outcome": "He moved in"},
        headers=iom.sent | {"If-Match": "*"},
    )
    assert ended.status_code == 201
    assert tasks.list(sent=manager, source="iom_action") == []
    assert tasks.get(found[0], sent=manager).json["ended_by"] == "dev-iom_manager-33"
    assert sweep() == {"made": 0, "ended": 0}
    assert iom.post("iom/meetings", **MEETING).json["actions_carried_over"] == []
    assert tasks.list(sent=manager, source="iom_review") == []
    assert sweep(days=80)["made"] == 1
    (review,) = tasks.list(sent=manager, source="iom_review")
    assert review["due_at"] == iom.read(member["id"])["review_due_at"]
    told = {"decision": "retain", "rationale": "Still burgling"}
    assert client.post(review["recorded_through"], json=told, headers=iom.sent).status_code == 201
    assert tasks.get(review, sent=manager).json["state"] == "done"


def test_an_action_of_mappa_is_a_task_until_it_has_its_result(tasks, client, headers, sweep):
    mappa = Mappa(client, headers, "33")
    case = mappa.given()
    due = {"due_at": (NOW + timedelta(days=3)).isoformat()}
    mappa.done(case, "actions", action="Check the wardrobe", owner_officer="OM1", **due)
    mappa.done(case, "actions", action="Ring the hostel", owner_agency="probation", **due)
    coordinator = tasks.caller("mappa_coordinator")
    found = tasks.list(sent=coordinator, subject=case["id"])
    assert {(each["owner_officer"], each["owner_team"]) for each in found} == {
        ("OM1", None),
        (None, "probation"),
    }
    assert tasks.list(sent=tasks.caller("investigator")) == []
    for each, state in zip(found, ("done", "not_done"), strict=True):
        ended = client.post(
            each["recorded_through"],
            json={"result": "Seen to", "state": state},
            headers=mappa.sent | {"If-Match": "*"},
        )
        assert ended.status_code == 201
    assert tasks.list(sent=coordinator) == []
    states = [tasks.get(each, sent=coordinator).json["state"] for each in found]
    assert states == ["done", "no_longer_needed"]
    assert sweep() == {"made": 0, "ended": 0}


@pytest.mark.parametrize(
    ("act", "body", "state", "result"),
    [
        ("circulations", {"state": "circulated", "pnc_reference": "12/3"}, "done", "Recorded"),
        ("outcomes", {"outcome": "arrested"}, "no_longer_needed", "The want was closed"),
    ],
)
def test_a_difference_from_pnc_is_a_task_until_the_want_is_put_right_or_closed(
    tasks, client, headers, connection, sweep, act, body, state, result
):
    want = given_want(client, headers)
    flag = """
        SELECT 'want' AS subject_type, w.id AS subject_id, w.reference AS subject_reference,
               w.person_id, w.lpa, w.neighbourhood, w.owner_officer, w.owner_team,
               'warning' AS severity, '{}' AS because, now() AS due_at
        FROM wants w WHERE w.force = :force AND w.id = :id
    """
    values = {"force": "33", "id": want["id"]}
    with transaction(connection, Work("33")) as session:
        raise_due(session, rule="pnc-difference", source=DueSource(flag, values))
    assert sweep()["made"] == 1
    (task,) = tasks.list(source="pnc_difference")
    assert task["recorded_through"] == "/v1/pnc-differences"
    assert tasks.act(task, "completions", result="Put right").json["method"] == "GET"
    answer = client.post(
        f"/v1/wanted/{want['id']}/{act}", json=body, headers=tasks.sent | {"If-Match": "*"}
    )
    assert answer.status_code == 201
    assert tasks.list(source="pnc_difference") == []
    ended = tasks.read(task)
    assert (ended["state"], ended["result"].startswith(result)) == (state, True)
    assert sweep() == {"made": 0, "ended": 0}


def test_what_fell_away_is_not_said_to_be_done(tasks, client, headers, sweep):
    """Who planned a visit or saw nobody has done neither visit nor check."""
    register, orders = Register(client, headers, "33"), Orders(client, headers, "33")
    record = register.given(relevant_date=ago(400), risk="very_high")
    (visit,) = about(tasks, record, source="registration_visit")
    register.done(record, "visits", planned_for=ago(-1))
    register.done(record, "visits", seen=False)
    order = orders.given(type="SHPO", made_on=day(-85))
    (check,) = about(tasks, order)
    orders.done(order, "checks", result="not_seen")
    assert {tasks.read(each)["state"] for each in (visit, check)} == {"open"}
    register.done(record, "closures", outcome="deceased", reason="Certificate seen")
    orders.done(order, "discharges", ending="discharged", reason="By the court")
    for each in (visit, check):
        ended = tasks.read(each)
        assert (ended["state"], ended["ended_by"]) == ("no_longer_needed", "service")
    assert sweep() == {"made": 0, "ended": 0}
