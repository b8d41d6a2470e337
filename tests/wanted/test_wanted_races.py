"""Writers who race: nothing is lost and nothing is done twice."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from builders import given_person, given_want


def race(app, work, writers=8):
    """Let so many callers do the same at once; give the statuses."""

    def one(number):
        return work(app.test_client(), number).status_code

    with ThreadPoolExecutor(writers) as pool:
        return Counter(pool.map(one, range(writers)))


def test_eight_writers_with_one_etag_give_one_success(committing_app, headers, fresh_force):
    client = committing_app.test_client()
    want = given_want(
        client, headers, person=given_person(client, headers, force=fresh_force), force=fresh_force
    )
    sent = headers("investigator", force=fresh_force) | {"If-Match": '"1"'}

    def patch(caller, number):
        body = {"risk_rationale": f"writer {number}"}
        return caller.patch(f"/v1/wanted/{want['id']}", json=body, headers=sent)

    assert race(committing_app, patch) == {200: 1, 412: 7}


def test_eight_entries_of_the_same_want_give_one(committing_app, headers, fresh_force):
    client = committing_app.test_client()
    person = given_person(client, headers, force=fresh_force)
    body = {"person_id": person["id"], "reason": "named_suspect", "crime_reference": "R"}
    sent = headers("investigator", force=fresh_force)

    def enter(caller, _number):
        return caller.post("/v1/wanted", json=body, headers=sent)

    assert race(committing_app, enter) == {201: 1, 409: 7}


def test_one_idempotency_key_at_the_same_time_has_one_effect(committing_app, headers, fresh_force):
    client = committing_app.test_client()
    want = given_want(
        client, headers, person=given_person(client, headers, force=fresh_force), force=fresh_force
    )
    sent = headers("response_officer", force=fresh_force) | {"Idempotency-Key": "one"}
    path = f"/v1/wanted/{want['id']}"

    def attempt(caller, _number):
        return caller.post(f"{path}/attempts", json={"result": "no_reply"}, headers=sent)

    statuses = race(committing_app, attempt)
    assert set(statuses) <= {201, 409}
    history = client.get(f"{path}/history", headers=headers("supervisor", force=fresh_force)).json
    assert [each["kind"] for each in history["items"]].count("attempt") == 1
