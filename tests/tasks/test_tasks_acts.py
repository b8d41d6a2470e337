"""What is done with a task: updates, results, hand-overs, more time; and by whom."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from builders import given_neighbourhood
from tasks_given import Tasks, ahead

from offenders import clock


def test_anyone_who_sees_a_task_adds_how_it_stands_and_changes_nothing_else(tasks):
    made = tasks.given()
    other = tasks.caller("neighbourhood_officer", name="other")
    for _ in range(2):
        sent = other | {"Idempotency-Key": "late-update-1"}
        answer = tasks.client.post(
            f"/v1/tasks/{made['reference']}/updates",
            json={"text": "Nobody at home"},
            headers=sent,
        )
        assert answer.status_code == 201
    assert answer.headers["Idempotency-Replayed"] == "true"
    assert answer.json["actor"] == "dev-other"
    assert tasks.read(made) == made
    assert tasks.act(made, "handovers", sent=other, to_team="X", reason="?").status_code == 403
    more = {"due_at": ahead(days=9), "reason": "?"}
    assert tasks.act(made, "extensions", sent=other, **more).status_code == 403
    log = tasks.client.get(f"/v1/tasks/{made['id']}/history", headers=tasks.sent).json["items"]
    assert [each["kind"] for each in log] == ["entry", "update"]
    assert log[1]["details"] == {"text": "Nobody at home"}


def test_a_result_ends_a_task_once(tasks):
    made = tasks.given()
    officer = tasks.caller("response_officer", name="1234")
    told = {"result": "Arrested at his mother's", "hours": 1.5, "arrests": 1, "searches": 2}
    done = tasks.act(made, "completions", sent=officer, **told)
    assert done.status_code == 201
    seen = done.json
    assert (seen["state"], seen["result"]) == ("done", "Arrested at his mother's")
    assert (seen["hours"], seen["arrests"], seen["searches"]) == (1.5, 1, 2)
    assert seen["intelligence"] is None
    assert (seen["ended_by"], seen["version"]) == ("dev-1234", 2)
    assert tasks.list() == []
    assert [each["id"] for each in tasks.list(state="done", owner="1234")] == [made["id"]]
    again = tasks.act(made, "completions", sent=officer, **told)
    assert (again.status_code, again.json["state"], again.json["possible"]) == (409, "done", [])
    for kind, body in (
        ("handovers", {"to_team": "X", "reason": "late"}),
        ("extensions", {"due_at": ahead(days=3), "reason": "late"}),
    ):
        assert tasks.act(made, kind, **body).status_code == 409


def test_what_is_not_done_stays_open_with_its_reason(tasks):
    made = tasks.given()
    told = {"outcome": "not_done", "result": "Taken for a football match", "hours": 0.5}
    assert tasks.act(made, "completions", **told).json["errors"][0]["pointer"] == "/reason"
    back = tasks.done(made, "completions", reason="abstraction", **told)
    assert (back["state"], back["reason"], back["not_done"]) == ("open", "abstraction", 1)
    assert [each["id"] for each in tasks.list(was_not_done="true", reason="abstraction")] == [
        made["id"]
    ]
    wrong = tasks.act(made, "completions", result="Done", reason="no_time")
    assert wrong.json["errors"][0]["pointer"] == "/reason"
    done = tasks.done(made, "completions", result="Arrested", hours=1)
    assert (done["state"], done["not_done"], done["hours"]) == ("done", 1, 1.5)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({}, "/result"),
        ({"result": ""}, "/result"),
        ({"result": "Gone", "outcome": "vanished"}, "/outcome"),
        ({"result": "Gone", "arrests": -1}, "/arrests"),
        ({"result": "Gone", "searches": "many"}, "/searches"),
        ({"result": "Gone", "hours": 100000}, "/hours"),
        ({"result": "Gone", "occurred_at": "2020-01-01T00:00:00Z"}, "/occurred_at"),
        ({"result": "Gone", "occurred_at": "2999-01-01T00:00:00Z"}, "/occurred_at"),
    ],
)
def test_a_result_that_tells_nothing_or_the_impossible_is_refused(tasks, fields, pointer):
    made = tasks.given()
    answer = tasks.act(made, "completions", **fields)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_task_moves_by_a_hand_over_with_a_reason(tasks):
    made = tasks.given()
    moved = tasks.done(made, "handovers", to_team="NPT-2", reason="Officer on leave")
    assert (moved["owner_officer"], moved["owner_team"]) == (None, "NPT-2")
    assert tasks.act(made, "handovers", to_team="NPT-2", reason="again").status_code == 409
    both = tasks.act(made, "handovers", to_team="A", to_officer="B", reason="both")
    assert both.json["errors"][0]["pointer"] == "/to_officer"
    assert tasks.act(made, "handovers", to_team="A").json["errors"][0]["pointer"] == "/reason"
    stale = tasks.act(made, "handovers", if_match='"1"', to_team="A", reason="stale")
    assert stale.status_code == 412
    address = f"/v1/tasks/{made['id']}/handovers"
    bare = tasks.client.post(address, json={"to_team": "A", "reason": "x"}, headers=tasks.sent)
    assert bare.status_code == 428


def test_more_time_is_given_forwards_and_with_a_reason(tasks):
    made = tasks.given(due_at=ahead(days=2))
    sooner = tasks.act(made, "extensions", due_at=ahead(days=1), reason="sooner")
    assert sooner.json["errors"][0]["pointer"] == "/due_at"
    later = tasks.done(made, "extensions", due_at=ahead(days=5), reason="Warrant not yet granted")
    assert later["due_at"] > made["due_at"] == later["first_due_at"]
    assert later["extended"] == 1


def test_a_past_moment_gives_the_task_as_it_was(tasks):
    made = tasks.given()
    before = datetime.fromisoformat(made["recorded_at"]).astimezone(UTC).isoformat()
    tasks.done(made, "completions", result="Arrested at home")
    # Within one transaction nothing is later: the last history row is a microsecond after.
    then = tasks.read(made, as_at=before)
    assert (then["state"], then["version"]) == ("open", 1)
    assert tasks.list(as_at=before)[0]["id"] == made["id"]


def test_a_partner_sees_and_does_its_own_tasks_alone(tasks):
    made = tasks.given(owner_officer=None, owner_team="probation")
    other = tasks.given()
    partner = tasks.caller("partner_agency", agency="probation")
    seen = tasks.list(sent=partner)
    assert [each["id"] for each in seen] == [made["id"]]
    assert tasks.get(other, sent=partner).status_code == 404
    person = tasks.person()
    about = tasks.given(
        owner_officer=None, owner_team="probation", subject={"type": "person", "id": person["id"]}
    )
    shown = tasks.get(about, sent=partner).json
    assert (shown["person"], shown["person_id"]) == (None, None)
    assert "person" in shown["masked"]
    assert person["family_name"] not in str(shown)
    done = tasks.act(made, "completions", sent=partner, result="Told at the appointment")
    assert done.status_code == 201


def test_of_two_who_complete_at_once_one_is_told_so(committing_app, fresh_force, headers):
    tasks = Tasks(committing_app.test_client(), headers, fresh_force)
    made = tasks.given()
    gate, answers = threading.Barrier(2), []

    def complete():
        client = committing_app.test_client()
        gate.wait()
        sent = tasks.sent | {"If-Match": '"1"'}
        told = {"result": "Arrested at home", "arrests": 1}
        answer = client.post(f"/v1/tasks/{made['id']}/completions", json=told, headers=sent)
        answers.append(answer.status_code)

    threads = [threading.Thread(target=complete) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(answers) == [201, 412]
    assert tasks.read(made)["arrests"] == 1
    assert clock.now() > datetime.fromisoformat(made["recorded_at"])


def test_whoever_hands_over_their_own_task_elsewhere_is_shown_what_they_did(tasks, client):
    """One's own are seen wherever they stand: so they can be handed over there, too."""
    for number, lpa in enumerate(("N", "S")):
        given_neighbourhood(client, f"{lpa}1", lpa=lpa, south_west=(52 + number, -1))
    north = tasks.caller("supervisor", lpas=["N"], name="North")
    made = tasks.given(lpa="S", owner_officer="dev-north")
    assert tasks.get(made, sent=north).status_code == 200
    body = {"to_officer": "77", "reason": "It is in the south"}
    moved = tasks.act(made, "handovers", sent=north, **body)
    assert (moved.status_code, moved.json["owner_officer"]) == (201, "77")
    # It is no longer theirs, nor of their area.
    assert tasks.get(made, sent=north).status_code == 404
