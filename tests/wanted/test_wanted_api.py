"""The wanted register as investigators, supervisors and patrol officers use it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from builders import given_entry, given_neighbourhood, given_person, given_want
from sqlalchemy import text


def moment(**ago):
    return (datetime.now(UTC) - timedelta(**ago)).isoformat()


def acting(headers, *roles, etag=None, **more):
    sent = headers(*roles, **more)
    return sent | ({"If-Match": etag} if etag else {})


def test_a_want_has_an_owner_a_reference_and_its_clocks(client, headers):
    person = given_person(client, headers)
    answer = client.post(
        "/v1/wanted",
        json={
            "person_id": person["id"],
            "reason": "named_suspect",
            "risk": "high",
            "crime_reference": "33/1/26",
            "entered_at": "2026-03-01T09:00:00Z",
        },
        headers=headers("investigator"),
    )
    assert answer.status_code == 201
    want = answer.json
    assert want["state"] == "outstanding"
    assert want["reference"].startswith("W33-")
    assert (want["owner_officer"], want["owner_team"]) == (None, "DUTY-33")
    assert want["priority"] == "high"
    assert want["target_arrest_by"] == "2026-03-04T09:00:00+00:00"
    assert want["review_due_at"] == "2026-03-15T09:00:00+00:00"
    assert want["validation_due_at"] == "2026-05-15T09:00:00+00:00"
    assert want["circulation"] == "not_circulated"
    assert want["person"]["family_name"] == person["family_name"]
    assert answer.headers["Location"] == f"/v1/wanted/{want['id']}"


def test_a_want_is_read_by_its_spoken_reference(client, headers):
    want = given_want(client, headers)
    spoken = want["reference"].lower().replace("-", " ")
    answer = client.get(f"/v1/wanted/{spoken}", headers=headers("response_officer"))
    assert answer.json["id"] == want["id"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"reason": "wanted"}, "/reason"),
        ({"risk": "extreme"}, "/risk"),
        ({"risk": 3}, "/risk"),
        ({"basis": "hunch"}, "/basis"),
        ({"offence_code": "XX99999"}, "/offence_code"),
        ({"neighbourhood": "E0"}, "/neighbourhood"),
        ({"lpa": "nowhere"}, "/lpa"),
        ({"entered_at": "2099-01-01T00:00:00Z"}, "/entered_at"),
        ({"entered_at": "2026-03-01T00:00:00"}, "/entered_at"),
        ({"entered_at": "2026-02-30T00:00:00Z"}, "/entered_at"),
        ({"owner_officer": "1", "owner_team": "A"}, "/owner_team"),
        ({"crime_reference": "a\x00b"}, "/crime_reference"),
        ({"risk_rationale": "x" * 20_000}, "/risk_rationale"),
        ({"colour": "blue"}, "/colour"),
        ({"state": "arrested"}, "/state"),
        ({"domestic_abuse": "perhaps"}, "/domestic_abuse"),
        ({"person_id": "P33-0000-0000"}, "/person_id"),
        ({"person_id": None}, "/person_id"),
    ],
)
def test_bad_content_is_refused_with_its_field(client, headers, change, pointer):
    person = given_person(client, headers)
    body = {"person_id": person["id"], "reason": "named_suspect", **change}
    answer = client.post("/v1/wanted", json=body, headers=headers("investigator"))
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


def test_sql_looking_text_is_only_text(client, headers):
    want = given_want(client, headers, crime_reference="'; DROP TABLE wants; --")
    assert want["crime_reference"] == "'; DROP TABLE wants; --"


def test_the_same_open_want_twice_is_a_conflict_with_a_link(client, headers):
    want = given_want(client, headers, crime_reference="33/7/26")
    answer = client.post(
        "/v1/wanted",
        json={
            "person_id": want["person_id"],
            "reason": "named_suspect",
            "crime_reference": "33/7/26",
        },
        headers=headers("investigator"),
    )
    assert answer.status_code == 409
    assert answer.json["existing"] == f"/v1/wanted/{want['id']}"


def test_a_change_needs_the_version_that_was_read(client, headers):
    want = given_want(client, headers)
    path, change = f"/v1/wanted/{want['id']}", {"risk": "very_high"}
    missing = client.patch(path, json=change, headers=headers("investigator"))
    stale = client.patch(path, json=change, headers=acting(headers, "investigator", etag='"7"'))
    first = client.patch(path, json=change, headers=acting(headers, "investigator", etag='"1"'))
    again = client.patch(path, json=change, headers=acting(headers, "investigator", etag='"1"'))
    statuses = [answer.status_code for answer in (missing, stale, first, again)]
    assert statuses == [428, 412, 200, 412]
    assert first.json["version"] == 2
    assert first.json["risk"] == "very_high"


def test_the_owner_moves_only_by_a_hand_over_with_a_reason(client, headers):
    want = given_want(client, headers)
    path = f"/v1/wanted/{want['id']}"
    patched = client.patch(
        path, json={"owner_officer": "99"}, headers=acting(headers, "investigator", etag='"1"')
    )
    assert patched.status_code == 422
    sent = acting(headers, "supervisor", etag='"1"')
    unreasoned = client.post(f"{path}/handovers", json={"to_officer": "99"}, headers=sent)
    both = client.post(
        f"{path}/handovers", json={"to_officer": "9", "to_team": "A", "reason": "x"}, headers=sent
    )
    done = client.post(
        f"{path}/handovers", json={"to_officer": "99", "reason": "maternity leave"}, headers=sent
    )
    assert [a.status_code for a in (unreasoned, both, done)] == [422, 422, 201]
    assert (done.json["owner_officer"], done.json["owner_team"]) == ("99", None)
    assert done.json["target_arrest_by"] == want["target_arrest_by"]


@pytest.mark.parametrize(
    ("reason", "outcome", "status"),
    [
        ("named_suspect", "interviewed", 201),
        ("named_suspect", "charged_elsewhere", 201),
        ("failed_to_answer_bail", "interviewed", 409),
        ("court_warrant", "no_longer_wanted", 409),
        ("court_warrant", "withdrawn", 201),
        ("prison_recall", "charged_elsewhere", 409),
        ("unlawfully_at_large", "surrendered", 201),
    ],
)
def test_not_every_end_is_open_to_every_want(client, headers, reason, outcome, status):
    want = given_want(client, headers, reason=reason)
    answer = client.post(
        f"/v1/wanted/{want['id']}/outcomes",
        json={"outcome": outcome, "reason": "as told"},
        headers=acting(headers, "investigator", etag='"1"'),
    )
    assert answer.status_code == status
    if status == 201:
        assert answer.json["state"] == outcome
    else:
        assert outcome not in answer.json["possible"]
        assert "arrested" in answer.json["possible"]


def test_a_closed_want_stays_closed(client, headers):
    want = given_want(client, headers, entered_at=moment(days=2))
    path = f"/v1/wanted/{want['id']}"
    closing = {"outcome": "arrested", "occurred_at": moment(days=1), "custody_number": "C1"}
    closed = client.post(
        f"{path}/outcomes", json=closing, headers=acting(headers, "investigator", etag='"1"')
    )
    assert closed.json["state"] == "arrested"
    sent = acting(headers, "supervisor", etag='"2"')
    for rule, body in (
        ("outcomes", {"outcome": "arrested"}),
        ("reviews", {"text": "x"}),
        ("validations", {}),
        ("handovers", {"to_team": "A", "reason": "x"}),
        ("circulations", {"state": "circulated"}),
        ("attempts", {}),
    ):
        answer = client.post(f"{path}/{rule}", json=body, headers=sent)
        assert (rule, answer.status_code) == (rule, 409)
        assert answer.json["possible"] == []


def test_an_attempt_sent_late_is_taken_if_it_came_before_the_end(client, headers):
    want = given_want(client, headers, entered_at=moment(days=3))
    path = f"/v1/wanted/{want['id']}"
    client.post(
        f"{path}/outcomes",
        json={"outcome": "arrested", "occurred_at": moment(days=1)},
        headers=acting(headers, "investigator", etag='"1"'),
    )
    late = client.post(
        f"{path}/attempts",
        json={"occurred_at": moment(days=2), "place": "Home", "result": "no_reply"},
        headers=headers("response_officer"),
    )
    assert late.status_code == 201


def test_an_attempt_repeated_after_a_lost_signal_is_recorded_once(client, headers):
    want = given_want(client, headers)
    path = f"/v1/wanted/{want['id']}/attempts"
    body = {"place": "12 Made Up Road", "result": "not_at_address", "officers": ["4821"]}
    sent = headers("response_officer", **{"Idempotency-Key": "attempt-1"})
    first = client.post(path, json=body, headers=sent)
    second = client.post(path, json=body, headers=sent)
    other = client.post(path, json={**body, "result": "made_off"}, headers=sent)
    assert first.status_code == second.status_code == 201
    assert second.json == first.json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert other.status_code == 409
    assert other.json["type"] == "urn:offenders:problem:idempotency-conflict"
    history = client.get(f"/v1/wanted/{want['id']}/history", headers=headers("supervisor")).json
    assert [each["kind"] for each in history["items"]] == ["entry", "attempt"]


@pytest.mark.parametrize(("days_ago", "status"), [(10, 422), (-1, 422), (1, 201)])
def test_an_action_lies_between_entry_and_now(client, headers, days_ago, status):
    want = given_want(client, headers, entered_at=moment(days=5))
    answer = client.post(
        f"/v1/wanted/{want['id']}/attempts",
        json={"occurred_at": moment(days=days_ago)},
        headers=headers("response_officer"),
    )
    assert answer.status_code == status


def test_tracing_review_and_validation_move_their_own_clock_only(client, headers):
    want = given_want(client, headers, risk="standard", entered_at="2026-01-01T00:00:00Z")
    path = f"/v1/wanted/{want['id']}"
    sent = acting(headers, "supervisor", etag='"1"')
    client.post(f"{path}/enquiries", json={"occurred_at": "2026-02-01T00:00:00Z"}, headers=sent)
    client.post(f"{path}/reviews", json={"occurred_at": "2026-03-01T00:00:00Z"}, headers=sent)
    client.post(f"{path}/validations", json={"occurred_at": "2026-04-01T00:00:00Z"}, headers=sent)
    after = client.get(path, headers=sent).json
    assert after["last_activity_at"] == "2026-02-01T00:00:00+00:00"
    assert after["activity_due_at"] == "2026-03-01T00:00:00+00:00"
    assert after["review_due_at"] == "2026-03-29T00:00:00+00:00"
    assert after["validation_due_at"] == "2027-04-01T00:00:00+00:00"
    assert after["target_arrest_by"] == want["target_arrest_by"]
    assert after["version"] == 2


def test_closing_a_circulated_want_asks_for_the_cancellation_on_pnc(client, headers):
    want = given_want(client, headers, entered_at=moment(days=5))
    path = f"/v1/wanted/{want['id']}"

    def post(rule, body, version):
        return client.post(
            f"{path}/{rule}", json=body, headers=acting(headers, "supervisor", etag=f'"{version}"')
        )

    def flags():
        answer = client.get(
            f"/v1/flags?rule=uncancelled-circulations&subject_id={want['id']}",
            headers=headers("supervisor"),
        )
        return answer.json["items"]

    made = post("circulations", {"state": "circulated", "pnc_reference": "26/1234"}, 1)
    assert (made.json["circulation"], made.json["pnc_reference"]) == ("circulated", "26/1234")
    assert post("circulations", {"state": "requested"}, 2).status_code == 409
    assert post("outcomes", {"outcome": "arrested"}, 2).status_code == 201
    assert [each["state"] for each in flags()] == ["open"]
    cancelled = post("circulation-cancellations", {}, 3)
    assert cancelled.json["circulation"] == "cancelled"
    assert flags() == []


def test_a_patrol_officer_sees_first_whether_to_act(client, headers):
    unsure = given_want(client, headers, power=None)
    sure = given_want(client, headers, power="PACE 1984 s.24", crime_reference="33/2/26")
    officer = headers("response_officer")
    answers = [
        client.get(f"/v1/wanted/{each['id']}/safe-to-act", headers=officer).json
        for each in (unsure, sure)
    ]
    assert [answer["act"] for answer in answers] == ["confirm_first", "yes"]
    assert "power_missing" in [reason["code"] for reason in answers[0]["reasons"]]


def test_lists_are_by_risk_and_then_by_age(client, headers):
    for number, (risk, days) in enumerate(
        [("standard", 9), ("high", 1), ("very_high", 1), ("high", 5)]
    ):
        given_want(
            client,
            headers,
            risk=risk,
            entered_at=moment(days=days),
            crime_reference=f"33/{number}/26",
        )
    listed = client.get("/v1/wanted", headers=headers("response_officer")).json["items"]
    assert [each["crime_reference"] for each in listed] == [
        "33/2/26",
        "33/3/26",
        "33/1/26",
        "33/0/26",
    ]


def test_pages_show_each_row_once_while_others_are_written(client, headers):
    for number in range(5):
        given_want(client, headers, crime_reference=f"A{number}", entered_at=moment(days=number))
    seen, path = [], "/v1/wanted?limit=2&sort=entered&count=true"
    while path:
        page = client.get(path, headers=headers("response_officer")).json
        seen += [each["crime_reference"] for each in page["items"]]
        if len(seen) == 2:
            assert page["total"] == 5
            given_want(client, headers, crime_reference="late")
        cursor = page["next"]
        path = cursor and f"/v1/wanted?limit=2&sort=entered&count=true&cursor={cursor}"
    assert seen == ["A0", "A1", "A2", "A3", "A4"]


@pytest.mark.parametrize("change", [lambda c: c[:-2] + "xx", lambda _c: "!!", lambda c: c * 9])
def test_an_altered_cursor_is_refused(client, headers, change):
    for number in range(3):
        given_want(client, headers, crime_reference=f"A{number}")
    officer = headers("response_officer")
    cursor = client.get("/v1/wanted?limit=1", headers=officer).json["next"]
    answer = client.get(f"/v1/wanted?limit=1&cursor={change(cursor)}", headers=officer)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("reason=named_suspect", {"A", "B"}),
        ("risk=very_high", {"B"}),
        ("domestic_abuse=true", {"C"}),
        ("overdue=arrest", {"A"}),
        ("owner=4821", {"B"}),
        ("team=DUTY-33", {"A", "C"}),
        ("priority=high", {"B", "C"}),
        ("entered_from=2026-01-01&entered_to=2026-01-01", {"A"}),
        ("lpa=none", {"A", "B", "C"}),
    ],
)
def test_the_list_is_filtered(client, headers, query, expected):
    given_want(client, headers, crime_reference="A", entered_at="2026-01-01T23:30:00Z")
    given_want(client, headers, crime_reference="B", risk="very_high", owner_officer="4821")
    given_want(client, headers, crime_reference="C", reason="breach_of_bail", domestic_abuse=True)
    listed = client.get(f"/v1/wanted?{query}", headers=headers("response_officer")).json["items"]
    assert {each["crime_reference"] for each in listed} == expected


def test_another_force_can_not_tell_a_want_from_nothing(client, headers):
    want = given_want(client, headers)
    stranger = headers("investigator", force="31")
    theirs = client.get(f"/v1/wanted/{want['id']}", headers=stranger)
    nothing = client.get("/v1/wanted/0192f0c1-2b3c-8021-8000-000000000000", headers=stranger)
    assert theirs.status_code == nothing.status_code == 404
    for answer in (theirs.json, nothing.json):
        del answer["request_id"], answer["instance"]
    assert {**theirs.json, "request_id": 0, "instance": 0} == {
        **nothing.json,
        "request_id": 0,
        "instance": 0,
    }
    assert client.get("/v1/wanted", headers=stranger).json["items"] == []
    assert (
        client.patch(
            f"/v1/wanted/{want['id']}",
            json={"risk": "high"},
            headers=acting(headers, "investigator", etag='"1"', force="31"),
        ).status_code
        == 404
    )


@pytest.mark.parametrize(
    ("role", "method", "rule", "status"),
    [
        ("response_officer", "post", "", 403),
        ("response_officer", "post", "/reviews", 403),
        ("investigator", "post", "/reviews", 403),
        ("investigator", "post", "/handovers", 403),
        ("partner_agency", "get", "", 403),
        ("auditor", "get", "", 403),
        ("national_analyst", "get", "", 403),
        ("chief_officer", "get", "", 200),
        ("chief_officer", "post", "/attempts", 403),
    ],
)
def test_each_role_does_its_own(client, headers, role, method, rule, status):
    want = given_want(client, headers)
    path = f"/v1/wanted/{want['id']}{rule}" if rule or method == "get" else "/v1/wanted"
    sent = acting(headers, role, etag='"1"')
    answer = getattr(client, method)(
        path, headers=sent, **({"json": {}} if method == "post" else {})
    )
    assert answer.status_code == status


def test_a_supervisor_with_an_area_sees_and_does_only_there(client, headers, session):
    session.execute(
        text(
            "INSERT INTO lpas (force, code, name) VALUES ('33', 'N', 'North'), ('33', 'S', 'South')"
        )
    )
    session.commit()
    here = given_want(client, headers, lpa="N", crime_reference="here")
    there = given_want(client, headers, lpa="S", crime_reference="there")
    sent = acting(headers, "supervisor", etag='"1"', lpas=["N"])
    listed = client.get("/v1/wanted", headers=sent).json["items"]
    assert [each["crime_reference"] for each in listed] == ["here"]
    assert client.get(f"/v1/wanted/{there['id']}", headers=sent).status_code == 404
    for want, status in ((here, 201), (there, 404)):
        answer = client.post(f"/v1/wanted/{want['id']}/reviews", json={}, headers=sent)
        assert answer.status_code == status
    officer = headers("response_officer", lpas=["N"])
    assert len(client.get("/v1/wanted", headers=officer).json["items"]) == 2


def test_a_covert_note_is_seen_by_few_and_by_its_author(client, headers):
    want = given_want(client, headers)
    path = f"/v1/wanted/{want['id']}"
    author = headers("investigator", name="Author")
    note = {"text": "From a source", "grade": "1ap", "handling": "covert"}
    assert client.post(f"{path}/notes", json=note, headers=author).json["details"]["grade"] == "1AP"
    seen = {
        who: len(client.get(f"{path}/history", headers=sent).json["items"])
        for who, sent in {
            "author": author,
            "officer": headers("response_officer"),
            "supervisor": headers("supervisor"),
        }.items()
    }
    assert seen == {"author": 2, "officer": 1, "supervisor": 2}


def test_a_read_is_audited_with_what_it_showed(client, headers, session):
    want = given_want(client, headers)
    client.get("/v1/wanted", headers=headers("response_officer", name="PC Reader"))
    row = session.execute(
        text(
            "SELECT action, audit_class, subject_ids, reason FROM audit_events "
            "WHERE force = '33' ORDER BY at DESC LIMIT 1"
        )
    ).one()
    assert (row.action, row.audit_class, row.reason) == ("wanted.list", "consultation", "testing")
    assert [str(each) for each in row.subject_ids] == [want["id"], want["person_id"]]


def test_unchanged_is_told_without_sending_it_again(client, headers):
    want = given_want(client, headers)
    officer = headers("response_officer")
    first = client.get(f"/v1/wanted/{want['id']}", headers=officer)
    sent = officer | {"If-None-Match": first.headers["ETag"]}
    assert client.get(f"/v1/wanted/{want['id']}", headers=sent).status_code == 304
    client.post(f"/v1/wanted/{want['id']}/attempts", json={}, headers=officer)
    assert client.get(f"/v1/wanted/{want['id']}", headers=sent).status_code == 200


def test_a_want_does_not_tell_where_a_protected_person_lives(client, headers):
    given_neighbourhood(client, "E1", lpa="N")
    victim, other = given_person(client, headers), given_person(client, headers)
    given_entry(client, headers, victim, "addresses", type="home", lines=["1"], neighbourhood="E1")
    want = given_want(client, headers, person=victim)
    assert (want["lpa"], want["neighbourhood"]) == ("N", "E1")
    given_entry(client, headers, other, "associations", type="victim_of", person_id=victim["id"])
    officer, investigator = headers("response_officer"), headers("investigator")
    path = f"/v1/wanted/{want['id']}"
    seen = [client.get(path, headers=who).json["neighbourhood"] for who in (officer, investigator)]
    assert seen == [None, "E1"]
    owners = [client.get(path, headers=who).json["owner_team"] for who in (officer, investigator)]
    assert owners == ["DUTY-33", "DUTY-N"]
    for query, found in (
        ("neighbourhood=E1", 0),
        ("lpa=N", 0),
        ("neighbourhood=none", 1),
        ("team=DUTY-N", 0),
        ("team=DUTY-33", 1),
    ):
        listed = client.get(f"/v1/wanted?{query}", headers=officer).json["items"]
        assert (query, len(listed)) == (query, found)
    before = want["recorded_at"].replace("+", "%2B")
    assert client.get(f"{path}?as_at={before}", headers=officer).json["neighbourhood"] is None
    assert client.get(f"{path}?as_at={before}", headers=investigator).json["neighbourhood"] == "E1"
    counted = client.get("/v1/wanted/counts?group_by=neighbourhood", headers=officer).json["counts"]
    assert [each["neighbourhood"] for each in counted] == [None]
    # A queue of before the last move would tell as much; a team, and the want's own area, do not.
    for team, shown, further in (
        ("DUTY-S", "DUTY-33", {}),
        ("BURGLARY", "BURGLARY", {}),
        ("DUTY-N", "DUTY-N", {"lpa": "N"}),
        ("DUTY-S", "DUTY-33", {"lpa": "N"}),
    ):
        one = given_want(
            client, headers, person=victim, owner_team=team, crime_reference=f"{team}{further}",
            **further,
        )  # fmt: skip
        path = f"/v1/wanted/{one['id']}"
        teams = [
            client.get(path, headers=who).json["owner_team"] for who in (officer, investigator)
        ]
        assert teams == [shown, team]


def test_wants_and_differences_may_be_asked_for_by_the_reference_of_a_person(client, headers):
    want = given_want(client, headers)
    given_want(client, headers)
    sent = headers("investigator")
    person = client.get(f"/v1/people/{want['person_id']}", headers=sent).json["reference"]
    for named, count in ((person, 1), (want["person_id"], 1), ("P33-0000-0000", 0)):
        found = client.get(f"/v1/wanted?person_id={named}&count=true", headers=sent).json
        assert [each["id"] for each in found["items"]] == [want["id"]] * count
        assert found["total"] == count
        path = f"/v1/pnc-differences?person_id={named}"
        assert client.get(path, headers=sent).status_code == 200


def test_a_want_follows_its_person_to_another_neighbourhood(client, headers):
    given_neighbourhood(client, "E1", lpa="N")
    given_neighbourhood(client, "E2", lpa="S", south_west=(53.0, -1.0))
    person = given_person(client, headers)
    want = given_want(client, headers, person=person)
    given_entry(
        client,
        headers,
        person,
        "addresses",
        type="home",
        lines=["2"],
        latitude=53.005,
        longitude=-0.995,
    )
    moved = client.get(f"/v1/wanted/{want['id']}", headers=headers("response_officer")).json
    assert (moved["lpa"], moved["neighbourhood"]) == ("S", "E2")


def test_naming_the_lpa_again_keeps_the_neighbourhood(client, headers):
    given_neighbourhood(client, "E1", lpa="N")
    given_neighbourhood(client, "E2", lpa="S", south_west=(53.0, -1.0))
    want = given_want(client, headers, neighbourhood="E1")
    path = f"/v1/wanted/{want['id']}"
    same = client.patch(
        path, json={"lpa": "N"}, headers=acting(headers, "investigator", etag='"1"')
    )
    assert (same.json["neighbourhood"], same.json["version"]) == ("E1", 1)
    other = client.patch(
        path, json={"lpa": "S"}, headers=acting(headers, "investigator", etag='"1"')
    )
    assert (other.json["lpa"], other.json["neighbourhood"]) == ("S", None)
    log = client.get(f"{path}/history", headers=headers("supervisor")).json["items"]
    assert log[-1]["details"]["changes"]["neighbourhood"] == {"from": "E1", "to": None}


def test_a_supervisor_can_not_move_a_want_out_of_sight(client, headers):
    given_neighbourhood(client, "E1", lpa="N")
    given_neighbourhood(client, "E2", lpa="S", south_west=(53.0, -1.0))
    want = given_want(client, headers, neighbourhood="E1")
    sent = acting(headers, "supervisor", etag='"1"', lpas=["N"])
    path = f"/v1/wanted/{want['id']}"
    answer = client.patch(path, json={"neighbourhood": "E2"}, headers=sent)
    assert answer.status_code == 422
    assert client.get(path, headers=sent).json["neighbourhood"] == "E1"


def test_a_conflict_does_not_tell_of_a_want_out_of_scope(client, headers):
    given_neighbourhood(client, "E1", lpa="N")
    given_neighbourhood(client, "E2", lpa="S", south_west=(53.0, -1.0))
    there = given_want(client, headers, neighbourhood="E2", crime_reference="X")
    body = {
        "person_id": there["person_id"],
        "reason": "named_suspect",
        "crime_reference": "X",
        "neighbourhood": "E1",
    }
    answer = client.post("/v1/wanted", json=body, headers=headers("supervisor", lpas=["N"]))
    assert answer.status_code == 409
    assert "existing" not in answer.json


def test_a_warrant_number_belongs_to_a_court_warrant(client, headers):
    person = given_person(client, headers)
    body = {"person_id": person["id"], "reason": "named_suspect", "warrant_number": "1"}
    answer = client.post("/v1/wanted", json=body, headers=headers("investigator"))
    assert answer.status_code == 422


def test_nothing_changed_is_no_new_version(client, headers):
    want = given_want(client, headers, risk="high")
    answer = client.patch(
        f"/v1/wanted/{want['id']}",
        json={"risk": "high"},
        headers=acting(headers, "investigator", etag='"1"'),
    )
    assert (answer.status_code, answer.json["version"]) == (200, 1)
