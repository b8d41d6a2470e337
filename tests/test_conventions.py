"""HTTP as the contract has it, on every route: each fault gets its own clear answer."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from uuid import UUID

import pytest
from builders import given_person, given_want
from sqlalchemy import text

from offenders import clock
from offenders.api import create_app
from offenders.api.bodies import BODY_LIMIT, MAX_DEPTH
from offenders.db import Work, serving_engine, transaction


def post_wanted(client, headers, data, content_type="application/json", **more):
    return client.post(
        "/v1/wanted", data=data, content_type=content_type, headers=headers("investigator", **more)
    )


def nested(depth):
    return b'{"a":' * depth + b"1" + b"}" * depth


@pytest.mark.parametrize(
    ("data", "content_type", "status"),
    [
        (b"{not json", "application/json", 422),
        (b'{"a": NaN}', "application/json", 422),
        (b"", "application/json", 422),
        (b"[]", "application/json", 422),
        (b'"text"', "application/json", 422),
        (b'{"reason": "\xff\xfe"}', "application/json", 422),
        (b'{"reason": "\\ud800"}', "application/json", 422),
        (b'{"reason": "a\\u0000b"}', "application/json", 422),
        (nested(MAX_DEPTH + 2), "application/json", 422),
        (nested(5000), "application/json", 422),
        (b"{}", "text/plain", 415),
        (b"{}", "", 415),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"x" * (BODY_LIMIT + 1), "application/json", 413),
    ],
)
def test_a_body_that_can_not_be_read_is_refused_clearly(
    client, headers, data, content_type, status
):
    answer = post_wanted(client, headers, data, content_type)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["type"].startswith("urn:offenders:problem:")
    assert answer.json["detail"]


def test_a_body_at_the_limit_is_read(client, headers):
    person = given_person(client, headers)
    body = json.dumps({"person_id": person["id"], "reason": "named_suspect"}).encode()
    answer = post_wanted(client, headers, body + b" " * (BODY_LIMIT - len(body)))
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=201", "/limit"),
        ("limit=0", "/limit"),
        ("limit=many", "/limit"),
        ("cursor=a", "/cursor"),
        ("sort=name", "/sort"),
        ("as_at=yesterday", "/as_at"),
        ("as_at=2026-01-01", "/as_at"),
        ("count=maybe", "/count"),
        ("domestic_abuse=1", "/domestic_abuse"),
        ("owner=a%00b", "/owner"),
        ("colour=blue", "/colour"),
        ("entered_from=2026-13-01", "/entered_from"),
    ],
)
def test_a_bad_parameter_is_named(client, headers, query, pointer):
    answer = client.get(f"/v1/wanted?{query}", headers=headers("response_officer"))
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    "path",
    ["/v2/wanted", "/v1/nothing", "/v1/wanted/%00", "/v1/wanted/a%ffb", "/v1/wanted/" + "x" * 999],
)
def test_an_address_that_leads_nowhere_is_not_found(client, headers, path):
    answer = client.get(path, headers=headers("response_officer"))
    assert answer.status_code == 404
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize("method", ["DELETE", "PUT", "TRACE"])
def test_a_method_that_is_not_offered_says_which_are(client, headers, method):
    answer = client.open("/v1/wanted", method=method, headers=headers("response_officer"))
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(re.split(r",\s*", answer.headers["Allow"]))


def test_a_request_id_is_taken_over_or_made(client, headers):
    sent = headers("response_officer", **{"X-Request-Id": "device-7.42"})
    assert client.get("/v1/forces", headers=sent).headers["X-Request-Id"] == "device-7.42"
    odd = headers("response_officer", **{"X-Request-Id": "a b<script>"})
    assert UUID(client.get("/v1/forces", headers=odd).headers["X-Request-Id"])


@pytest.mark.parametrize("path", ["/v1/wanted", "/v1/nothing", "/healthz", "/v1/forces"])
def test_every_answer_is_closed_against_sniffing_and_storing(client, path):
    answer = client.get(path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"


def test_made_up_data_is_marked_in_every_answer(client, headers, app, owner, session):
    assert "X-Demonstration-Data" not in client.get("/v1/forces").headers
    with owner.begin() as connection:
        connection.execute(text("INSERT INTO installation VALUES ('demonstration', 'true')"))
    try:
        app.extensions["offenders"].forget()
        for path in ("/v1/forces", "/healthz", "/v1/nothing"):
            assert client.get(path).headers["X-Demonstration-Data"] == "made up"
    finally:
        with owner.begin() as connection:
            connection.execute(text("DELETE FROM installation WHERE name = 'demonstration'"))


def test_a_key_used_for_another_address_is_a_conflict(client, headers):
    want, other = given_want(client, headers), given_want(client, headers)
    sent = headers("response_officer", **{"Idempotency-Key": "k"})
    statuses = [
        client.post(f"/v1/wanted/{each['id']}/attempts", json={}, headers=sent).status_code
        for each in (want, other)
    ]
    assert statuses == [201, 409]


def test_a_refusal_is_not_kept_for_a_key(client, headers):
    person = given_person(client, headers)
    sent = headers("investigator", **{"Idempotency-Key": "again"})
    refused = client.post("/v1/wanted", json={"person_id": person["id"]}, headers=sent)
    good = {"person_id": person["id"], "reason": "named_suspect"}
    assert refused.status_code == 422
    assert client.post("/v1/wanted", json=good, headers=sent).status_code == 201


def test_a_replay_is_answered_before_if_match_is_read(client, headers):
    want = given_want(client, headers)
    path = f"/v1/wanted/{want['id']}/validations"
    sent = headers("investigator", **{"Idempotency-Key": "v", "If-Match": '"1"'})
    first, again = (client.post(path, json={}, headers=sent) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["ETag"] == first.headers["ETag"]


def test_two_clients_may_use_the_same_key(client, headers):
    want = given_want(client, headers)
    path = f"/v1/wanted/{want['id']}/attempts"
    answers = [
        client.post(
            path,
            json={"result": who},
            headers=headers("response_officer", name=who, **{"Idempotency-Key": "same"}),
        )
        for who in ("ann", "ben")
    ]
    assert [answer.json["details"]["result"] for answer in answers] == ["ann", "ben"]


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_an_unusable_key_is_refused(client, headers, key):
    sent = headers("investigator", **{"Idempotency-Key": key})
    assert client.post("/v1/wanted", json={}, headers=sent).status_code == 422


def test_a_reason_is_asked_for_where_the_force_asks(client, headers):
    want = given_want(client, headers)
    without = {
        name: value
        for name, value in headers("response_officer").items()
        if name != "X-Access-Reason"
    }
    answer = client.get(f"/v1/wanted/{want['id']}", headers=without)
    assert answer.status_code == 422
    assert answer.json["type"] == "urn:offenders:problem:reason-needed"
    other = client.get("/v1/wanted/0192f0c1-2b3c-8021-8000-000000000000", headers=without)
    assert other.status_code == 422


def test_a_daily_budget_of_people_brakes_bulk_reading(client, headers):
    wants = [given_want(client, headers) for _ in range(3)]
    admin = headers("force_admin")
    policy = client.put("/v1/forces/33/policies/read-budget", json={"figure": 2}, headers=admin)
    assert policy.status_code == 200
    client.application.extensions["offenders"].forget()
    reader = headers("response_officer", name="curious")
    statuses = [
        client.get(f"/v1/wanted/{want['id']}", headers=reader).status_code
        for want in (wants[0], wants[1], wants[0], wants[2])
    ]
    assert statuses == [200, 200, 200, 429]
    braked = client.get(f"/v1/wanted/{wants[2]['id']}", headers=reader)
    assert 0 < int(braked.headers["Retry-After"]) <= 25 * 3600
    other = headers("response_officer", name="another")
    assert client.get(f"/v1/wanted/{wants[2]['id']}", headers=other).status_code == 200


def test_a_database_that_is_down_is_said_plainly(settings, headers, tmp_path):
    engine = serving_engine(f"postgresql://offenders_app@/none?host={tmp_path}")
    client = create_app(settings, engine).test_client()
    answer = client.get("/v1/wanted", headers=headers("response_officer"))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"
    assert str(tmp_path) not in answer.get_data(as_text=True)
    assert client.get("/healthz").status_code == 200
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json["faults"]) == (503, ["The database does not answer."])


def test_a_record_locked_by_another_is_given_up_after_a_while(
    impatient_app, engine, headers, fresh_force
):
    client = impatient_app.test_client()
    person = given_person(client, headers, force=fresh_force)
    want = given_want(client, headers, person=person, force=fresh_force)
    sent = headers("investigator", force=fresh_force, **{"If-Match": '"1"'})
    with transaction(engine, Work(fresh_force)) as session:
        session.execute(text("SELECT 1 FROM wants WHERE force = :f FOR UPDATE"), {"f": fresh_force})
        answer = client.patch(f"/v1/wanted/{want['id']}", json={"risk": "high"}, headers=sent)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "2"


def test_the_specification_and_its_page_work_without_a_token_or_the_internet(client):
    specification = client.get("/openapi.json").json
    assert specification["openapi"] == "3.1.0"
    page = client.get("/docs").get_data(as_text=True)
    assert "http://" not in page
    assert "https://" not in page
    for asset in re.findall(r'(?:src|href)="(/docs/[^"]+)"', page):
        assert client.get(asset, buffered=True).status_code == 200


def test_a_replay_is_audited_like_the_first_answer(client, headers, session):
    want = given_want(client, headers)
    sent = headers("response_officer", **{"Idempotency-Key": "twice"})
    for _ in range(2):
        client.post(f"/v1/wanted/{want['id']}/attempts", json={}, headers=sent)
    rows = session.execute(
        text(
            "SELECT details, subject_ids FROM audit_events"
            " WHERE action = 'wanted.attempt' ORDER BY at"
        )
    ).all()
    assert [row.details for row in rows] == [{}, {"replayed": True}]
    assert rows[0].subject_ids == rows[1].subject_ids


def test_a_parameter_given_twice_is_refused(client, headers):
    answer = client.get("/v1/wanted?risk=high&risk=medium", headers=headers("response_officer"))
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/risk"


@pytest.mark.parametrize("day", ["9999-12-31", "1899-12-31", "2026-W01-1", "2026-02-29"])
def test_a_day_out_of_range_is_refused(client, headers, day):
    answer = client.get(f"/v1/wanted?entered_to={day}", headers=headers("response_officer"))
    assert answer.status_code == 422


def test_what_was_typed_into_an_address_stays_out_of_the_audit(client, headers, session):
    client.get("/v1/people/John%20Smith", headers=headers("response_officer"))
    unknown = "0192f0c1-2b3c-8021-8000-000000000000"
    client.get(f"/v1/people/{unknown}", headers=headers("response_officer"))
    rows = session.execute(
        text("SELECT details FROM audit_events WHERE audit_class = 'denial' ORDER BY at")
    )
    assert [row.details for row in rows] == [{}, {"person": unknown}]


@pytest.mark.parametrize(
    ("rule", "figure", "status"),
    [
        ("overdue-arrests", {"high": 2}, 200),
        ("overdue-arrests", {"high": 2.5}, 422),
        ("overdue-arrests", {"extreme": 2}, 422),
        ("overdue-arrests", {}, 422),
        ("overdue-arrests", True, 422),
        ("read-budget", 100, 200),
        ("no-such-rule", 1, 404),
        ("registration-notifications", {"initial": 300}, 409),
    ],
)
def test_a_force_sets_policy_and_not_law(client, headers, rule, figure, status):
    answer = client.put(
        f"/v1/forces/33/policies/{rule}", json={"figure": figure}, headers=headers("force_admin")
    )
    assert answer.status_code == status


def test_a_changed_policy_acts_on_wants_entered_before(client, headers):
    want = given_want(client, headers, risk="high", entered_at="2026-03-01T00:00:00Z")
    assert want["target_arrest_by"] == "2026-03-04T00:00:00+00:00"
    admin = headers("force_admin")
    client.put(
        "/v1/forces/33/policies/overdue-arrests", json={"figure": {"high": 9}}, headers=admin
    )
    sent = headers("investigator", **{"If-Match": '"1"'})
    changed = client.patch(f"/v1/wanted/{want['id']}", json={"court": "Leicester"}, headers=sent)
    assert changed.json["target_arrest_by"] == "2026-03-10T00:00:00+00:00"


def test_forged_tokens_are_braked_and_valid_ones_are_not(client, headers):
    valid = headers("response_officer")
    forged = valid | {"Authorization": valid["Authorization"][:-4] + "AAAA"}
    expired = headers("response_officer", hours=0)
    with clock.as_if_at(datetime.now(UTC)):
        statuses = [client.get("/v1/forces", headers=forged).status_code for _ in range(201)]
        assert statuses == [401] * 200 + [429]
        braked = client.get("/v1/forces", headers=forged)
        assert 0 < int(braked.headers["Retry-After"]) <= 60
        assert braked.json["type"] == "urn:offenders:problem:too-many-failures"
        assert client.get("/v1/forces", headers=expired).status_code == 401
        assert client.get("/v1/forces").status_code == 401
        assert client.get("/v1/forces", headers=valid).status_code == 200
