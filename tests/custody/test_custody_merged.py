"""A merge, and its reversal, while somebody is held: who is told, and what the custody officer sees."""

from __future__ import annotations

import pytest
from builders import given_detention, given_person, given_want
from merging.test_merging_api import merge, read, reverse


@pytest.fixture
def held(world):
    """Hold the person here; nobody wants them there any longer."""
    world.end_there()
    made = world.arrest()
    assert made.status_code == 201, made.json
    return made.json


@pytest.mark.parametrize("survives", ["known", "stranger"])
def test_a_merge_tells_both_forces_and_its_reversal_ends_it(world, headers, held, survives):
    """The want hung on a record without the PNC ID by which the force that holds knows them."""
    client, there = world.app.test_client(), world.there
    known, stranger = world._forces[there][0], given_person(client, headers, force=there)
    want = given_want(client, headers, person=stranger, force=there, crime_reference="M")
    assert world.flags(there) == []
    two = (known, stranger) if survives == "known" else (stranger, known)
    merged = merge(client, headers, *two, force=there)
    assert merged.status_code == 201, merged.json
    (flag,) = world.flags(there)
    assert flag["subject"]["id"] == want["id"]
    shown = world.send("GET", f"/v1/detentions/{held['id']}").json["wanted_elsewhere"]
    assert [each["reference"] for each in shown] == [want["reference"]]
    undone = reverse(client, headers, merged.json, force=there)
    assert undone.status_code == 201, undone.json
    assert world.flags(there) == []
    assert world.send("GET", f"/v1/detentions/{held['id']}").json["wanted_elsewhere"] == []


def test_a_want_is_put_forward_by_a_merge_and_no_longer_after_its_reversal(client, headers):
    survivor, other = (given_person(client, headers) for _ in range(2))
    want = given_want(client, headers, person=other)
    detention = given_detention(client, headers, person=survivor)
    assert detention["wants_put_forward"] == []
    path = f"/v1/detentions/{detention['id']}"

    def put():
        return [each["id"] for each in read(client, headers, path).json["wants_put_forward"]]

    merged = merge(client, headers, survivor, other).json
    assert put() == [want["id"]]
    assert reverse(client, headers, merged).status_code == 201
    assert put() == []
