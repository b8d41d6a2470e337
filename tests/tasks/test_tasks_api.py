"""Making tasks and reading them: what is refused, who sees which, and in which order."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import given_entry, given_neighbourhood, given_want
from sqlalchemy import text
from tasks_given import ahead

from offenders import clock
from offenders.domain.access import Scope
from offenders.domain.tasks.asking import Question, TaskSight
from offenders.domain.tasks.service import reading_of_tasks


def ids(items):
    return [each["id"] for each in items]


def test_a_task_says_who_does_what_until_when(tasks, client, headers):
    given_neighbourhood(client, "TN1", lpa="TL")
    want = given_want(client, headers, neighbourhood="TN1", domestic_abuse=True)
    made = tasks.given(
        subject={"type": "want", "id": want["reference"].lower()},
        place="12 High Street",
        expected_result="Arrested, or known to have left",
        rationale="Seen there on Tuesday",
        tactic="early_knock",
    )
    assert made["reference"].startswith("T33-")
    assert made["state"] == "open"
    assert made["is_overdue"] is False
    assert (made["owner_officer"], made["owner_team"]) == ("1234", None)
    assert made["subject"] == {
        "type": "want",
        "id": want["id"],
        "reference": want["reference"],
        "href": f"/v1/wanted/{want['id']}",
    }
    assert made["person"]["id"] == made["person_id"] == want["person"]["id"]
    assert (made["lpa"], made["neighbourhood"]) == ("TL", "TN1")
    assert made["source"] == {"type": "decision", "id": None}
    assert made["recorded_through"] == f"/v1/tasks/{made['id']}/completions"
    assert made["masked"] == []
    assert tasks.get({"id": made["reference"]}).json == made
    assert ids(tasks.list(subject=want["id"])) == [made["id"]]
    assert ids(tasks.list(subject=want["reference"])) == [made["id"]]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"owner_officer": None}, "/owner_officer"),
        ({"owner_team": "NPT"}, "/owner_team"),
        ({"due_at": "2020-01-01T10:00:00Z"}, "/due_at"),
        ({"due_at": "tomorrow"}, "/due_at"),
        ({"action": ""}, "/action"),
        ({"action": "Arrest"}, "/action"),
        ({"action": "Monitor the situation"}, "/action"),
        ({"subject": {"type": "want", "id": "W33-7K3M-Q2XD"}}, "/subject/id"),
        ({"subject": {"type": "horse", "id": "W33-7K3M-Q2XD"}}, "/subject/type"),
        ({"subject": {"type": "want"}}, "/subject/id"),
        ({"lpa": "NOWHERE"}, "/lpa"),
        ({"source": "order_check"}, "/source"),
        ({"state": "done"}, "/state"),
    ],
)
def test_what_is_unowned_late_or_vague_is_refused(tasks, fields, pointer):
    answer = tasks.post(**fields)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


def test_a_due_time_is_required(tasks):
    body = {"action": "Knock at the address", "owner_team": "NPT"}
    answer = tasks.client.post("/v1/tasks", json=body, headers=tasks.sent)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/due_at"


def test_what_is_due_first_stands_first_and_is_found_by_filters(tasks):
    now = clock.now()
    late = tasks.given(due_at=ahead(days=3), owner_officer=None, owner_team="NPT")
    soon = tasks.given(due_at=ahead(hours=1))
    assert ids(tasks.list()) == [soon["id"], late["id"]]
    assert ids(tasks.list(owner="1234")) == [soon["id"]]
    assert ids(tasks.list(team="NPT")) == [late["id"]]
    assert ids(tasks.list(due_before=(now + timedelta(days=2)).isoformat())) == [soon["id"]]
    assert ids(tasks.list(source="decision", overdue="false")) == [soon["id"], late["id"]]
    assert tasks.list(overdue="true") == tasks.list(state="done") == []
    first = tasks.client.get("/v1/tasks?limit=1&count=true", headers=tasks.sent).json
    assert (ids(first["items"]), first["total"]) == ([soon["id"]], 2)
    then = tasks.client.get(f"/v1/tasks?limit=1&cursor={first['next']}", headers=tasks.sent).json
    assert (ids(then["items"]), then["next"]) == ([late["id"]], None)


def test_an_area_role_sees_its_area_and_an_owner_their_own(tasks, client, headers):
    given_neighbourhood(client, "TN1", lpa="TL")
    given_neighbourhood(client, "TN2", lpa="TM", south_west=(52.1, -1.0))
    here, there = tasks.given(lpa="TL"), tasks.given(neighbourhood="TN2")
    chair = tasks.caller("meeting_chair", lpas=["TL"])
    assert ids(tasks.list(sent=chair)) == [here["id"]]
    assert tasks.get(there, sent=chair).status_code == 404
    own = tasks.given(lpa="TM", owner_officer="dev-1234")
    owner = tasks.caller("meeting_chair", lpas=["TL"], name="1234")
    assert ids(tasks.list(sent=owner)) == [here["id"], own["id"]]
    assert tasks.get(own, sent=owner).status_code == 200
    officer = tasks.caller("response_officer", lpas=["TL"])
    assert ids(tasks.list(sent=officer, lpa="TM")) == [there["id"], own["id"]]
    assert tasks.post(sent=chair, lpa="TM").json["errors"][0]["pointer"] == "/lpa"
    assert tasks.post(sent=chair).json["lpa"] == "TL"
    other = headers("supervisor", force="31")
    assert client.get(f"/v1/tasks/{here['id']}", headers=other).status_code == 404


def test_a_protected_address_is_not_told_by_a_task(tasks, client, headers):
    given_neighbourhood(client, "TN1", lpa="TL")
    person, offender = tasks.person(), tasks.person(family_name="Other")
    made = tasks.given(
        subject={"type": "person", "id": person["id"]}, neighbourhood="TN1", place="12 High Street"
    )
    given_entry(client, headers, offender, "associations", type="victim_of", person_id=person["id"])
    officer = tasks.caller("response_officer")
    seen = tasks.read(made, sent=officer)
    assert [seen[name] for name in ("lpa", "neighbourhood", "place")] == [None] * 3
    assert seen["masked"] == ["lpa", "neighbourhood", "place"]
    assert "12 High Street" not in str(tasks.list(sent=officer))
    assert tasks.list(sent=officer, neighbourhood="TN1") == []
    assert tasks.read(made)["place"] == "12 High Street"
    tasks.done(made, "handovers", to_team="DUTY-TL", reason="Nobody on duty")
    for sent, told in ((officer, False), (tasks.sent, True)):
        log = tasks.client.get(f"/v1/tasks/{made['id']}/history", headers=sent).json["items"]
        assert [("DUTY-TL" in str(each)) for each in log] == [False, told]


def test_the_same_request_twice_makes_one_task(tasks):
    sent = tasks.sent | {"Idempotency-Key": "meeting-1-decision-4"}
    due = ahead()
    first, second = (tasks.post(sent=sent, due_at=due) for _ in range(2))
    assert first.json["id"] == second.json["id"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert len(tasks.list()) == 1


def test_a_task_about_somebody_merged_is_about_the_record_that_stands_for_them(tasks):
    gone, survivor = tasks.person(), tasks.person()
    made = tasks.given(subject={"type": "person", "id": gone["id"]})
    sent = tasks.sent | {"If-Match": f'"{survivor["version"]}"'}
    body = {"other_person_id": gone["id"], "other_version": 1, "reason": "Recorded twice"}
    address = f"/v1/people/{survivor['id']}/merges"
    assert tasks.client.post(address, json=body, headers=sent).status_code == 201
    seen = tasks.read(made)
    assert seen["subject"]["reference"] == survivor["reference"]
    assert seen["subject"]["href"] == f"/v1/people/{survivor['id']}"
    for named in (survivor["id"], survivor["reference"], gone["id"]):
        assert ids(tasks.list(subject=named)) == [made["id"]]
    late = tasks.post(subject={"type": "person", "id": gone["id"]})
    assert (late.status_code, late.json["rule"]) == (409, "merged-people")


def test_a_partner_with_another_role_still_sees_its_own_tasks_alone(tasks):
    own = tasks.given(owner_officer=None, owner_team="probation")
    other = tasks.given(action="Search the lock-up at dawn")
    for roles in (("partner_agency",), ("partner_agency", "national_analyst")):
        sent = tasks.caller(*roles, agency="probation")
        assert [each["id"] for each in tasks.list(sent=sent)] == [own["id"]]
        assert tasks.get(other, sent=sent).status_code == 404


def test_a_page_of_the_past_looks_up_each_row_by_its_key(session):
    """Planned as a join, it would go through the whole history once for each row of the page."""
    now = clock.now()
    seen = TaskSight(
        "x", protected_addresses=True, people=True, unseen_subjects=[], unseen_sources=[]
    )
    asked = reading_of_tasks(Question({}, Scope("33"), now, seen, now), None, 200)
    plan = session.execute(text(f"EXPLAIN {asked.sql}"), asked.values).scalars().all()
    assert not any("Join Filter: (t.id" in line for line in plan)
    assert any("(id = t.id)" in line for line in plan)
