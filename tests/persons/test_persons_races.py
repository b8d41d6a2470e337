"""Writers who race: nothing is lost, nothing is done twice, and nobody waits in a ring."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from builders import given_person


def race(app, work, writers=8):
    """Let so many callers do the same at once; give the statuses."""

    def one(number):
        return work(app.test_client(), number).status_code

    with ThreadPoolExecutor(writers) as pool:
        return Counter(pool.map(one, range(writers)))


def test_eight_amendments_with_one_etag_give_one(committing_app, headers, fresh_force):
    client = committing_app.test_client()
    person = given_person(client, headers, force=fresh_force)
    sent = headers("investigator", force=fresh_force) | {"If-Match": '"1"'}

    def patch(caller, number):
        body = {"family_name": f"Writer {number}"}
        return caller.patch(f"/v1/people/{person['id']}", json=body, headers=sent)

    assert race(committing_app, patch) == {200: 1, 412: 7}
    found = client.get(f"/v1/people/{person['id']}", headers=sent).json
    assert (found["version"], len(found["aliases"])) == (2, 1)


def test_eight_markers_of_one_code_give_one(committing_app, headers, fresh_force):
    client = committing_app.test_client()
    person = given_person(client, headers, force=fresh_force)
    sent = headers("investigator", force=fresh_force)

    def mark(caller, _number):
        body = {"code": "WE", "rationale": "Carries a knife"}
        return caller.post(f"/v1/people/{person['id']}/markers", json=body, headers=sent)

    assert race(committing_app, mark) == {201: 1, 409: 7}


def test_eight_people_with_one_pnc_id_give_one(committing_app, headers, fresh_force):
    sent = headers("investigator", force=fresh_force)
    body = {"family_name": "Racer", "pnc_id": "1998/1234567L"}

    def record(caller, _number):
        return caller.post("/v1/people", json=body, headers=sent)

    assert race(committing_app, record) == {201: 1, 409: 7}


def test_two_people_who_are_victims_of_each_other_do_not_wait_in_a_ring(
    committing_app, headers, fresh_force
):
    client = committing_app.test_client()
    people = [given_person(client, headers, force=fresh_force)["id"] for _ in range(2)]
    sent = headers("investigator", force=fresh_force)

    def associate(caller, number):
        person, other = people if number % 2 else reversed(people)
        body = {"person_id": other, "type": "victim_of"}
        return caller.post(f"/v1/people/{person}/associations", json=body, headers=sent)

    assert race(committing_app, associate) == {201: 8}
