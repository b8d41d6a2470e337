"""Dip samples: reproducible draws, marks by others than the owner, the rule of six of twenty."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import given_entry, given_neighbourhood, given_person, given_want
from history_given import BEGAN
from sharing_given import Sharing

from offenders.domain.command.rules import Mark, Question, mark_of_file, result_of

DRAW, SAMPLES = "/v1/reports/dip-sample", "/v1/reports/dip-samples"
GOOD = {str(each): "satisfactory" for each in Question}
BAD = GOOD | {"supervised": "unsatisfactory"}


@pytest.mark.parametrize(
    ("files", "marked", "unsatisfactory", "result"),
    [
        (20, 0, 0, "marking"),
        (20, 19, 5, "marking"),
        (20, 20, 5, "passed"),
        (20, 20, 6, "failed"),
        (20, 6, 6, "failed"),
        (20, 20, 20, "failed"),
        (19, 19, 5, "too_small"),
        (19, 19, 6, "failed"),
        (0, 0, 0, "too_small"),
    ],
)
def test_six_of_twenty_fail_and_too_few_files_pass_nothing(files, marked, unsatisfactory, result):
    found = result_of(
        files=files, marked=marked, unsatisfactory=unsatisfactory, asked=20, fails_from=6
    )
    assert found == result


def test_one_question_makes_a_file_unsatisfactory():
    assert mark_of_file(GOOD.values()) == Mark.SATISFACTORY
    assert mark_of_file(BAD.values()) == Mark.UNSATISFACTORY


def draw(client, sent, **query):
    answer = client.get(DRAW, headers=sent, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer


def test_the_same_seed_moment_and_area_draw_the_same_whatever_was_entered_since(
    client, headers, world
):
    sent, moment = headers("chief_officer"), BEGAN + timedelta(days=300)
    asked = {"seed": "a", "as_at": moment.isoformat()}
    first = draw(client, sent, **asked)
    given_want(client, headers)
    assert draw(client, headers("supervisor"), **asked).data == first.data
    found, files = first.json, first.json["files"]
    assert found["label"] == "indicative, not statistically robust"
    stood = {str(each["id"]): each for each in world.at(moment, state="outstanding")}
    named = [each for each in stood.values() if each["reason"] == "named_suspect"]
    circulated = [each for each in stood.values() if each["circulation"] == "circulated"]
    assert found["populations"] == {
        "named_suspect": len(named),
        "pnc_circulated": len(circulated),
    }
    assert [each["list"] for each in files].count("named_suspect") == min(10, len(named))
    ids = [each["want"]["id"] for each in files]
    assert (len(set(ids)), [each["position"] for each in files]) == (
        len(ids),
        list(range(1, len(ids) + 1)),
    )
    for each in files:
        want = stood[each["want"]["id"]]
        field = "reason" if each["list"] == "named_suspect" else "circulation"
        assert want[field] == {"reason": "named_suspect"}.get(field, "circulated")
        assert each["evidence"]["supervised"]["met"] == (want["review_due_at"] >= moment)
        assert each["evidence"]["updated"]["met"] == (want["activity_due_at"] >= moment)
        assert each["evidence"]["effort_to_locate"]["met"] is False
    others = {draw(client, sent, **(asked | {"seed": seed})).data for seed in "bcd"}
    assert len(others | {first.data}) == 4
    north = draw(client, headers("supervisor", lpas=["N"]), **asked).json
    assert north["lpa"] == "N"
    assert {stood[each["want"]["id"]]["lpa"] for each in north["files"]} == {"N"}
    assert "Example" not in first.text


def test_a_sample_is_marked_file_by_file_by_others_and_fails_with_the_sixth(client, headers):
    given_neighbourhood(client, "N1", lpa="N")
    for number in range(20):
        given_want(client, headers, neighbourhood="N1", crime_reference=str(number))
    marker = headers("supervisor", lpas=["N"], name="Marker")
    made = client.post(SAMPLES, json={"seed": "s"}, headers=marker)
    assert made.status_code == 201, made.json
    sample = made.json
    assert (sample["lpa"], sample["file_count"], sample["result"]) == ("N", 10, "marking")
    again = draw(client, headers("supervisor"), seed="s", lpa="N", as_at=sample["as_at"]).json
    assert [each["want"] for each in again["files"]] == [each["want"] for each in sample["files"]]
    path, version = f"{SAMPLES}/{sample['reference']}", sample["version"]

    def mark(position, answers, sent=marker, **more):
        nonlocal version
        body = {"position": position, "answers": answers, **more}
        match = sent | {"If-Match": f'"{version}"'}
        answer = client.post(f"{path}/marks", json=body, headers=match)
        version = answer.json.get("version", version)
        return answer

    for position in range(1, 7):
        answer = mark(position, BAD, notes="No supervisor's entry since March.")
        assert (answer.status_code, answer.json["unsatisfactory"]) == (201, position)
        assert answer.json["result"] == ("failed" if position == 6 else "marking")
    assert mark(6, GOOD).json["result"] == "marking"
    for position in range(7, 11):
        answer = mark(position, GOOD)
    found = answer.json
    assert (found["marked"], found["unsatisfactory"], found["result"]) == (10, 5, "too_small")
    assert found["unsatisfactory_by_question"]["supervised"] == 5
    assert found["files"][0]["mark"]["notes"] == "No supervisor's entry since March."
    for body, status in (
        ({"position": 99, "answers": GOOD}, 422),
        ({"position": 1, "answers": {"updated": "satisfactory"}}, 422),
        ({"position": 1, "answers": GOOD | {"colour": "satisfactory"}}, 422),
    ):
        match = marker | {"If-Match": f'"{version}"'}
        assert client.post(f"{path}/marks", json=body, headers=match).status_code == status
    stale = marker | {"If-Match": '"1"'}
    body = {"position": 1, "answers": GOOD}
    assert client.post(f"{path}/marks", json=body, headers=stale).status_code == 412
    assert client.post(f"{path}/marks", json=body, headers=marker).status_code == 428
    # Whoever entered the wants can't mark them, nor can one who has not the area see them.
    investigator = headers("investigator", "supervisor")
    want = sample["files"][0]["want"]["id"]
    attempt = {"occurred_at": sample["as_at"], "result": "not_found", "place": "1 High Street"}
    done = client.post(f"/v1/wanted/{want}/attempts", json=attempt, headers=investigator)
    assert done.status_code == 201, done.json
    refused = mark(1, GOOD, sent=investigator)
    assert (refused.status_code, "of their own" in refused.json["detail"]) == (403, True)
    elsewhere = headers("supervisor", lpas=["S"])
    assert client.get(path, headers=elsewhere).status_code == 404
    assert client.get(SAMPLES, headers=elsewhere).json["items"] == []
    second = client.post(SAMPLES, json={"lpa": "N"}, headers=headers("chief_officer")).json
    assert second["seed"] != "s"
    assert [each["reference"] for each in second["trend"]] == [sample["reference"]]
    listed = client.get(f"{SAMPLES}?limit=1", headers=marker).json
    assert [each["reference"] for each in listed["items"]] == [second["reference"]]
    rest = client.get(f"{SAMPLES}?limit=1&cursor={listed['next']}", headers=marker).json
    assert [each["result"] for each in rest["items"]] == ["too_small"]


def test_a_draw_out_of_scope_or_of_the_future_is_refused(client, headers):
    given_neighbourhood(client, "N1", lpa="N")
    given_neighbourhood(client, "S1", lpa="S", south_west=(53, -1))
    two = headers("supervisor", lpas=["N", "S"])
    assert client.get(DRAW, headers=two).status_code == 422
    one = headers("supervisor", lpas=["N"])
    for query in ("lpa=S", "lpa=nowhere", "force=31"):
        assert client.get(f"{DRAW}?{query}", headers=one).status_code == 404
    sent = headers("chief_officer")
    assert client.get(f"{DRAW}?as_at=2099-01-01T00:00:00Z", headers=sent).status_code == 422
    answer = client.post(SAMPLES, json={"as_at": "2099-01-01T00:00:00Z"}, headers=sent)
    assert answer.status_code == 422
    empty = client.post(SAMPLES, json={}, headers=sent).json
    assert (empty["files"], empty["result"]) == ([], "too_small")
    assert client.post(SAMPLES, json={}, headers=headers("meeting_chair")).status_code == 403


def test_a_file_of_somebody_restricted_since_is_masked_and_not_marked_unseen(client, headers):
    given_want(client, headers, crime_reference="1")
    marker = headers("supervisor")
    sample = client.post(SAMPLES, json={}, headers=marker).json
    path, person = f"{SAMPLES}/{sample['id']}", sample["files"][0]["want"]["id"]
    body = {"position": 1, "answers": BAD, "notes": "Spoke of Sam Example."}
    marked = client.post(f"{path}/marks", json=body, headers=marker | {"If-Match": '"1"'}).json
    assert marked["files"][0]["mark"]["notes"] == "Spoke of Sam Example."
    person = client.get(f"/v1/wanted/{person}", headers=marker).json["person_id"]
    sharing = Sharing(client, headers)
    sharing.restrict({"id": person}, "duty_inspector", roles=["offender_manager"])
    chief = headers("chief_officer")
    (hidden,) = client.get(path, headers=chief).json["files"]
    assert (hidden["want"], hidden["evidence"], hidden["mark"]["notes"]) == (None, None, None)
    assert hidden["masked"] == ["want", "evidence", "mark.notes"]
    again = client.post(f"{path}/marks", json=body, headers=chief | {"If-Match": '"2"'})
    assert again.status_code == 422


def test_the_sample_of_an_area_does_not_tell_where_a_protected_person_lives(client, headers):
    given_neighbourhood(client, "N1", lpa="N")
    home = {"lines": ["1"], "neighbourhood": "N1", "type": "home"}
    person = given_person(client, headers, addresses=[home])
    given_want(client, headers, person=person)
    marker, chief = headers("supervisor"), headers("chief_officer")
    sample = client.post(SAMPLES, json={"lpa": "N"}, headers=marker).json
    path = f"{SAMPLES}/{sample['id']}"
    assert client.get(path, headers=chief).json["files"] == sample["files"]
    suspect = given_person(client, headers)
    given_entry(client, headers, suspect, "associations", person_id=person["id"], type="victim_of")
    (hidden,) = client.get(path, headers=chief).json["files"]
    assert (hidden["want"], hidden["masked"]) == (None, ["want", "evidence", "mark.notes"])
    assert client.get(path, headers=marker).json["files"] == sample["files"]
