"""Foreign-conviction checks over HTTP: every step, every refusal, and what each writes."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from acro_given import act, given_check, given_checks
from builders import given_want
from sqlalchemy import text

from offenders.db import Work, recorded_at, transaction
from offenders.domain.outbox import store as outbox

RESPONSES = ["trace", "no_trace", "partial", "refused", "not_available"]


def problem(answer):
    return answer.json["type"].rpartition(":")[2]


def test_a_check_goes_from_required_over_requested_and_responded_to_assessed(
    client, headers, session
):
    check = given_check(session)
    asked = act(
        client, headers, check, "requests", requested_at="2026-03-02T10:00:00Z", urgency="routine"
    )
    assert asked.status_code == 201, asked.json
    assert asked.json["state"] == "requested"
    # 20 working days after Monday 2 March.
    assert asked.json["due_at"] == "2026-03-30T23:00:00+00:00"
    assert asked.json["because"] == {
        "figure": 20,
        "unit": "working days",
        "source": "product default",
        "citation": "UK-EU Trade and Cooperation Agreement Title IX; the article is not confirmed",
        "confidence": "M",
        "figure_from": "2021-01-01",
        "is_force_policy": False,
    }
    assert asked.json["message"]["state"] == "waiting"
    convictions = [
        {"offence": "Furt calificat", "convicted_on": "2019-05-04", "sentence": "2 years"},
        {"offence": "Tâlhărie", "court": "Judecătoria Cluj"},
    ]
    answered = act(
        client,
        headers,
        check,
        "responses",
        "acro_client",
        response="trace",
        responded_at="2026-03-12T10:00:00Z",
        convictions=convictions,
    )
    assert answered.status_code == 201, answered.json
    assert answered.json["state"] == "responded"
    assert [each["offence"] for each in answered.json["convictions"]] == [
        "Furt calificat",
        "Tâlhărie",
    ]
    assert answered.json["due_at"] is None
    assessed = act(client, headers, check, "assessments", rationale="Violence abroad.")
    assert assessed.status_code == 201, assessed.json
    assert assessed.json["state"] == "assessed"
    assert assessed.json["assessment"]["rationale"] == "Violence abroad."
    states = session.execute(
        text("SELECT state FROM acro_checks_history WHERE id = :id ORDER BY recorded_from"),
        {"id": check["id"]},
    ).scalars()
    assert list(states) == ["required", "requested", "responded", "assessed"]


def test_the_message_is_written_with_the_request_and_says_who_is_asked_about(
    client, headers, session
):
    check = given_check(session)
    asked = act(client, headers, check, "requests", urgency="in_custody", place_of_birth="Cluj")
    row = session.execute(text("SELECT * FROM outbox_messages")).one()
    assert str(row.id) == asked.json["message"]["id"]
    assert (row.type, row.subject_reference) == ("acro.request", check["reference"])
    body = json.loads(row.body)
    assert body["id"] == str(row.id)
    assert body["subject"] == {
        "type": "acro_check",
        "id": check["id"],
        "reference": check["reference"],
    }
    assert body["data"]["country"] == "ROU"
    assert body["data"]["person"]["family_name"] == "Example"
    assert (body["data"]["urgency"], body["data"]["place_of_birth"]) == ("in_custody", "Cluj")


def test_a_request_that_is_refused_leaves_no_message(client, headers, session):
    check = given_check(session)
    early = act(client, headers, check, "requests", requested_at="2026-03-02T08:59:59Z")
    assert early.status_code == 422
    assert early.json["errors"][0]["pointer"] == "/requested_at"
    assert session.execute(text("SELECT count(*) FROM outbox_messages")).scalar_one() == 0


def test_a_request_made_elsewhere_is_not_sent(client, headers, session):
    check = given_check(session)
    asked = act(client, headers, check, "requests", "acro_client", made_elsewhere=True)
    assert (asked.json["state"], asked.json["message"]) == ("requested", None)
    assert session.execute(text("SELECT count(*) FROM outbox_messages")).scalar_one() == 0


def test_a_reply_without_a_request_is_refused_and_names_the_rule(client, headers, session):
    check = given_check(session)
    answer = act(client, headers, check, "responses", response="no_trace")
    assert (answer.status_code, problem(answer)) == (422, "invalid")
    assert answer.json["errors"][0]["pointer"] == "/response"
    assert answer.json["errors"][0]["rule"] == "reply-after-request"
    assert "reply-after-request" in answer.json["errors"][0]["detail"]
    early = act(client, headers, check, "requests", requested_at="2026-03-02T08:59:59Z")
    (error,) = early.json["errors"]
    assert (error["pointer"], error["rule"]) == ("/requested_at", "request-after-arrest")
    # By the wall the reply comes after the request; by the zone it is an hour too early.
    asked = {"requested_at": "2026-03-29T00:59:00+00:00"}
    assert act(client, headers, check, "requests", **asked).status_code == 201
    reply = {"response": "no_trace", "responded_at": "2026-03-29T01:30:00+01:00"}
    early = act(client, headers, check, "responses", **reply)
    (error,) = early.json["errors"]
    assert (error["pointer"], error["rule"]) == ("/responded_at", "reply-after-request")
    reply["responded_at"] = "2026-03-29T02:00:00+01:00"
    assert act(client, headers, check, "responses", **reply).status_code == 201


@pytest.mark.parametrize("response", RESPONSES)
def test_only_what_was_found_can_be_assessed(client, headers, session, response):
    check = given_check(session)
    act(client, headers, check, "requests")
    act(client, headers, check, "responses", response=response)
    answer = act(client, headers, check, "assessments", rationale="Nothing to add.")
    if response in {"trace", "partial"}:
        assert answer.status_code == 201
        return
    assert (answer.status_code, problem(answer)) == (409, "conflict")
    assert answer.json["state"] == "responded"


def test_an_assessment_before_any_answer_says_what_is_possible(client, headers, session):
    check = given_check(session)
    answer = act(client, headers, check, "assessments", rationale="Too early.")
    assert answer.status_code == 409
    assert (answer.json["state"], answer.json["possible"]) == ("required", ["give_up", "request"])


def test_a_check_that_is_not_possible_says_why_and_may_still_be_requested(client, headers, session):
    check = given_check(session, "RUS")
    without = act(client, headers, check, "not-possible")
    assert without.status_code == 422
    given_up = act(client, headers, check, "not-possible", reason="No exchange at present.")
    assert given_up.json["state"] == "not_possible"
    assert given_up.json["not_possible_because"] == "No exchange at present."
    asked = act(client, headers, check, "requests")
    assert (asked.json["state"], asked.json["not_possible_because"]) == ("requested", None)
    # 66 days for a country outside the Union.
    assert asked.json["because"]["figure"] == 66


def claimed(session):
    """Take the message as its sender does, in a transaction that began before it was written."""
    session.execute(
        text("UPDATE outbox_messages SET next_try_at = :at WHERE state = 'waiting'"),
        {"at": recorded_at(session)},
    )
    return outbox.claim(session)


def test_a_check_given_up_withdraws_what_is_not_delivered(client, headers, session):
    """What is under way can't be called back: it is delivered, or tried no more."""
    check = given_check(session, "RUS")
    asked = act(client, headers, check, "requests").json["message"]
    given_up = act(client, headers, check, "not-possible", reason="No exchange.").json
    assert (given_up["message"]["id"], given_up["message"]["state"]) == (asked["id"], "withdrawn")
    left = session.execute(
        text("SELECT body, (SELECT count(*) FROM waiting_messages) FROM outbox_messages")
    ).all()
    assert left == [(None, 0)]
    path = f"/v1/outbox-messages/{asked['id']}"
    sent = headers("force_admin") | {"If-Match": "*"}
    refused = client.post(f"{path}/resends", json={}, headers=sent)
    assert (refused.status_code, refused.json["state"]) == (409, "withdrawn"), refused.json
    act(client, headers, check, "requests")
    parcel = claimed(session)
    act(client, headers, check, "not-possible", reason="No exchange.")
    outbox.put_back(
        session, parcel.id, 1, outcome="refused", fault="busy", next_try_at=recorded_at(session)
    )
    assert claimed(session) is None
    outbox.mark_delivered(session, parcel.id, 1, had_it=False)
    read = client.get(f"/v1/acro-checks/{check['id']}", headers=headers("investigator")).json
    assert read["message"]["state"] == "delivered"


def test_a_delivered_request_stays_when_a_chase_of_it_is_withdrawn(client, headers, session):
    check = given_check(session)
    asked = act(client, headers, check, "requests").json["message"]
    parcel = claimed(session)
    outbox.mark_delivered(session, parcel.id, parcel.number, had_it=False)
    act(client, headers, check, "chases")
    given_up = act(client, headers, check, "not-possible", reason="No exchange.").json["message"]
    assert (given_up["id"], given_up["state"]) == (asked["id"], "delivered")
    states = session.execute(text("SELECT type, state FROM outbox_messages ORDER BY 1")).all()
    assert states == [("acro.chase", "withdrawn"), ("acro.request", "delivered")]


def test_a_chase_is_sent_and_counted(client, headers, session):
    check = given_check(session)
    early = act(client, headers, check, "chases")
    assert early.status_code == 409
    act(client, headers, check, "requests")
    chased = [act(client, headers, check, "chases").json for _ in range(2)]
    assert [each["chases"] for each in chased] == [1, 2]
    types = session.execute(text("SELECT type FROM outbox_messages ORDER BY type")).scalars()
    assert list(types) == ["acro.chase", "acro.chase", "acro.request"]


def test_what_was_refused_may_be_asked_and_answered_again(client, headers, session):
    check = given_check(session)
    act(client, headers, check, "requests")
    act(client, headers, check, "responses", response="refused", summary="Not now.")
    again = act(client, headers, check, "requests")
    assert (again.json["response"], again.json["summary"]) == (None, None)
    answered = act(client, headers, check, "responses", response="no_trace")
    assert answered.json["response"] == "no_trace"


def test_convictions_once_told_are_assessed_whatever_is_answered_later(client, headers, session):
    check = given_check(session)
    act(client, headers, check, "requests")
    act(client, headers, check, "responses", response="partial", convictions=[{"offence": "Furt"}])
    act(client, headers, check, "requests")
    refused = act(client, headers, check, "responses", response="no_trace")
    assert [each["pointer"] for each in refused.json["errors"]] == ["/response"]
    assert act(client, headers, check, "responses", response="partial").status_code == 201
    assert act(client, headers, check, "assessments", rationale="Theft.").status_code == 201


def test_an_assessment_raises_lower_wants_and_gives_markers(client, headers, session):
    detention, checks = given_checks(session, "ROU")
    check, person = checks["ROU"], {"id": str(detention.person_id)}
    low = given_want(client, headers, person=person, risk="standard", crime_reference="A")
    high = given_want(client, headers, person=person, risk="very_high", crime_reference="B")
    act(client, headers, check, "requests")
    act(client, headers, check, "responses", response="trace")
    markers = [{"code": "VI"}, {"code": "WE", "rationale": "Armed robbery."}]
    codes = session.execute(
        text("SELECT code FROM code_entries WHERE list = 'warning_markers' ORDER BY code LIMIT 2")
    ).scalars()
    for marker, code in zip(markers, codes, strict=True):
        marker["code"] = code
    body = {"rationale": "Robbery in Cluj.", "risk": "high", "markers": markers}
    assessed = act(client, headers, check, "assessments", **body)
    assert assessed.status_code == 201, assessed.json
    assert assessed.json["assessment"]["wants_raised"] == [low["id"]]
    assert assessed.json["assessment"]["markers_given"] == [each["code"] for each in markers]
    found = {
        each["id"]: (each["risk"], each["risk_rationale"])
        for each in (
            client.get(f"/v1/wanted/{want['id']}", headers=headers("investigator")).json
            for want in (low, high)
        )
    }
    assert found == {
        low["id"]: ("high", "Robbery in Cluj."),
        high["id"]: ("very_high", None),
    }
    shown = client.get(f"/v1/people/{person['id']}/markers", headers=headers("investigator")).json
    reasons = {each["code"]: each["rationale"] for each in shown["items"]}
    assert reasons == {
        markers[0]["code"]: "Robbery in Cluj.",
        markers[1]["code"]: "Armed robbery.",
    }


def test_a_marker_that_is_active_already_stays_as_it_is(client, headers, session):
    code = session.execute(
        text("SELECT code FROM code_entries WHERE list = 'warning_markers' ORDER BY code LIMIT 1")
    ).scalar_one()
    _, checks = given_checks(session, "ROU", "POL")
    for check in checks.values():
        act(client, headers, check, "requests")
        act(client, headers, check, "responses", response="trace")
    given = [
        act(client, headers, check, "assessments", rationale="Knives.", markers=[{"code": code}])
        for check in checks.values()
    ]
    assert [each.json["assessment"]["markers_given"] for each in given] == [[code], []]
    assert given[1].json["assessment"]["markers_active_before"] == [code]


def test_an_assessment_that_fails_leaves_nothing_behind(client, headers, session):
    detention, checks = given_checks(session, "ROU")
    check = checks["ROU"]
    want = given_want(client, headers, person={"id": str(detention.person_id)}, risk="standard")
    act(client, headers, check, "requests")
    act(client, headers, check, "responses", response="trace")
    body = {"rationale": "x", "risk": "high", "markers": [{"code": "no such code"}]}
    refused = act(client, headers, check, "assessments", **body)
    assert refused.status_code == 422
    assert refused.json["errors"][0]["pointer"] == "/markers/0/code"
    kept = client.get(f"/v1/wanted/{want['id']}", headers=headers("investigator")).json
    assert kept["risk"] == "standard"
    again = client.get(f"/v1/acro-checks/{check['id']}", headers=headers("investigator")).json
    assert again["state"] == "responded"


@pytest.mark.parametrize(
    ("step", "body", "pointer"),
    [
        ("responses", {"response": "maybe"}, "/response"),
        ("responses", {}, "/response"),
        ("responses", {"response": "no_trace", "convictions": [{"offence": "x"}]}, "/convictions"),
        (
            "responses",
            {"response": "trace", "responded_at": "2999-01-01T00:00:00Z"},
            "/responded_at",
        ),
        (
            "responses",
            {"response": "trace", "responded_at": "2026-03-01T00:00:00Z"},
            "/responded_at",
        ),
        (
            "responses",
            {"response": "trace", "convictions": [{"offence": "x", "offence_code": "ZZ"}]},
            "/convictions/0/offence_code",
        ),
        ("requests", {"colour": "blue"}, "/colour"),
        ("requests", {"urgency": "yesterday"}, "/urgency"),
    ],
)
def test_a_bad_field_is_named(client, headers, session, step, body, pointer):
    check = given_check(session)
    act(client, headers, check, "requests", requested_at="2026-03-02T10:00:00Z")
    answer = act(client, headers, check, step, **body)
    assert answer.status_code == 422, answer.json
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


def test_every_step_needs_the_version_that_was_read(client, headers, session):
    check = given_check(session)
    path = f"/v1/acro-checks/{check['id']}/requests"
    assert client.post(path, json={}, headers=headers("investigator")).status_code == 428
    assert act(client, headers, check, "requests", version=7).status_code == 412
    assert act(client, headers, check, "requests", version=1).status_code == 201


def test_a_repeated_request_with_one_key_asks_once(client, headers, session):
    check = given_check(session)
    path = f"/v1/acro-checks/{check['reference']}/requests"
    sent = headers("custody_client", "investigator", **{"Idempotency-Key": "k", "If-Match": '"1"'})
    answers = [client.post(path, json={}, headers=sent) for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 201]
    assert session.execute(text("SELECT count(*) FROM outbox_messages")).scalar_one() == 1


# Who may see a check that `custody` sent, who may request it, answer it, assess it.
@pytest.mark.parametrize(
    ("role", "name", "statuses"),
    [
        ("investigator", "x", (200, 201, 201, 201)),
        ("supervisor", "x", (200, 201, 201, 201)),
        ("acro_client", "unit", (200, 201, 201, 403)),
        ("custody_client", "custody", (200, 201, 403, 403)),
        ("custody_client", "another", (404, 404, 403, 403)),
        ("chief_officer", "x", (200, 403, 403, 403)),
        ("offender_manager", "x", (200, 403, 403, 403)),
        ("response_officer", "x", (403, 403, 403, 403)),
        ("forensic_client", "x", (403, 403, 403, 403)),
        ("auditor", "x", (403, 403, 403, 403)),
    ],
)
def test_each_role_reaches_what_is_its_own(client, headers, session, role, name, statuses):
    sent = headers(role, name=name)
    subject = client.application.extensions["offenders"].actor_of(sent["Authorization"]).subject
    custody = headers("custody_client", name="custody")
    by = client.application.extensions["offenders"].actor_of(custody["Authorization"]).subject
    check = given_check(session, by=by)
    assert (subject == by) == (name == "custody")
    path = f"/v1/acro-checks/{check['id']}"
    found = [client.get(path, headers=sent).status_code]
    steps = [("requests", {}), ("responses", {"response": "trace"})]
    for step, body in [*steps, ("assessments", {"rationale": "x"})]:
        answer = client.post(f"{path}/{step}", json=body, headers=sent | {"If-Match": "*"})
        found.append(answer.status_code)
        if answer.status_code != 201:
            act(client, headers, check, step, **body)
    assert tuple(found) == statuses


def test_another_forces_check_is_not_found(client, headers, session):
    check = given_check(session)
    other = headers("investigator", force="31")
    path = f"/v1/acro-checks/{check['id']}"
    assert client.get(path, headers=other).status_code == 404
    assert (
        client.post(f"{path}/requests", json={}, headers=other | {"If-Match": "*"}).status_code
        == 404
    )
    assert client.get("/v1/acro-checks", headers=other).json["items"] == []


def test_an_area_claim_narrows_the_supervisor(client, headers, session):
    north = given_check(session, lpa="NORTH")
    given_check(session, lpa="SOUTH")
    sent = headers("supervisor", lpas=["NORTH"])
    listed = client.get("/v1/acro-checks", headers=sent).json
    assert [each["id"] for each in listed["items"]] == [north["id"]]


def test_the_list_filters_pages_and_counts(client, headers, session):
    arrested = [datetime(2026, 3, day, 9, tzinfo=UTC) for day in (1, 2, 3)]
    ids = [given_check(session, "ROU", arrested_at=each)["id"] for each in arrested]
    usa = given_check(session, "USA", arrested_at=arrested[1])
    act(client, headers, usa, "requests")
    sent = headers("investigator")

    def listed(query):
        answer = client.get(f"/v1/acro-checks?{query}", headers=sent)
        assert answer.status_code == 200, answer.json
        return [each["id"] for each in answer.json["items"]]

    assert listed("country=ROU") == ids[::-1]
    assert listed("state=requested") == [usa["id"]]
    assert listed("channel=non_eu") == [usa["id"]]
    assert listed("overdue=true&country=ROU") == ids[::-1]
    assert listed("overdue=false") == [usa["id"]]
    assert listed("country=ROU&arrested_from=2026-03-02&arrested_to=2026-03-02") == [ids[1]]
    assert listed(f"detention_id={usa['detention_id']}") == [usa["id"]]
    assert listed("lpa=none&country=USA") == [usa["id"]]
    first = client.get("/v1/acro-checks?limit=2&count=true", headers=sent).json
    rest = client.get(f"/v1/acro-checks?limit=2&cursor={first['next']}", headers=sent).json
    assert first["total"] == 4
    assert len({each["id"] for each in first["items"] + rest["items"]}) == 4
    assert rest["next"] is None


def test_a_past_moment_gives_what_was_known_then(committing_app, headers, engine, fresh_force):
    client = committing_app.test_client()
    with transaction(engine, Work(fresh_force)) as session:
        check = given_check(session)
        before = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    act(client, headers, check, "requests", force=fresh_force)
    sent = headers("investigator", force=fresh_force)
    for path, reads in (
        (f"/v1/acro-checks/{check['id']}", lambda body: body["state"]),
        ("/v1/acro-checks", lambda body: body["items"][0]["state"]),
    ):
        past = client.get(path, query_string={"as_at": before.isoformat()}, headers=sent)
        assert reads(past.json) == "required"
        assert reads(client.get(path, headers=sent).json) == "requested"


def test_each_step_is_audited_by_its_own_class(client, headers, session):
    check = given_check(session)
    act(client, headers, check, "requests")
    act(client, headers, check, "responses", response="trace")
    act(client, headers, check, "assessments", rationale="x")
    rows = session.execute(
        text("""
            SELECT action, audit_class FROM audit_events
            WHERE action LIKE 'acro.%' AND audit_class <> 'consultation' ORDER BY at
        """)
    )
    assert [tuple(row) for row in rows] == [
        ("acro.request", "disclosure"),
        ("acro.respond", "collection"),
        ("acro.assess", "alteration"),
    ]


def test_people_and_detentions_may_be_named_by_reference_and_countries_in_any_case(
    client, headers, session
):
    detention, _ = given_checks(session, "ROU", "POL")
    given_check(session)
    sent = headers("investigator")
    found = client.get(f"/v1/people/{detention.person_id}", headers=sent)
    person = found.json["reference"]
    for query, count in (
        (f"person_id={detention.person_id}", 2),
        (f"person_id={person}", 2),
        (f"person_id={person.lower().replace('-', '')}", 2),
        (f"detention_id={detention.id}", 2),
        (f"detention_id={detention.reference}&country=rou", 1),
        ("country=Rou", 2),
        ("person_id=P33-0000-0000", 0),
    ):
        answer = client.get(f"/v1/acro-checks?{query}", headers=sent)
        assert (answer.status_code, len(answer.json["items"])) == (200, count), query
    answer = client.get("/v1/acro-checks?detention_id=nowhere", headers=sent)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/detention_id")
