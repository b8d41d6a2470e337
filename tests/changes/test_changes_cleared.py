"""The change feed and clearance: no device learns of whom it was never shown, none keeps them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import given_neighbourhood, given_person, given_want
from devices_given import Device
from sharing_given import Sharing

from offenders import clock
from offenders.clock import as_if_at

LONG = 24 * 365


class Ward:
    """Two officers of one role, and a witness who is wanted in their ward."""

    def __init__(self, client, headers):
        self.client, self.headers = client, headers
        given_neighbourhood(client, "W1", lpa="N", south_west=(52.0, -1.0))
        self.sharing = Sharing(client, headers)
        self.cleared, self.other = self.device("pc1"), self.device("pc2")
        home = {"lines": ["1"], "neighbourhood": "W1", "type": "home"}
        self.witness = given_person(client, headers, addresses=[home])

    def device(self, name):
        return Device(self.client, self.headers("response_officer", hours=LONG, name=name), ["W1"])

    def want(self, **fields):
        return given_want(self.client, self.headers, person=self.witness, **fields)

    def restrict(self, *officers, hours=2):
        subjects = [f"dev-{each}" for each in officers]
        body = {"officers": subjects, "roles": ["investigator"]}
        return self.sharing.restrict(self.witness, hours=hours, **body)

    def lift(self, made):
        path = f"people/{self.witness['id']}/restrictions/{made['id']}/ends"
        ended = self.sharing.post(path, {"reason": "The trial is over."}, match=made["version"])
        assert ended.status_code == 201, ended.json

    def asked(self, device, status):
        answer = self.client.get(f"/v1/changes?since={device.token}", headers=device.sent)
        assert answer.status_code == status, answer.json
        assert self.witness["id"] not in answer.text
        return answer.json


@pytest.fixture
def ward(client, headers):
    return Ward(client, headers)


def test_who_came_and_was_restricted_between_two_pulls_is_not_named(ward):
    """Another device of the role was told of them, and the log is of the role."""
    for device in (ward.cleared, ward.other):
        device.begin()
    ward.want()
    assert set(ward.cleared.pull().held) == {ward.witness["id"]}
    ward.restrict("pc1")
    ward.asked(ward.other, 410)
    ward.other.begin()
    ward.other.pull_ward("W1")
    assert ward.other.pull().held == {}
    ward.asked(ward.cleared, 422)
    ward.cleared.begin()
    ward.cleared.pull_ward("W1")
    assert set(ward.cleared.pull().held) == {ward.witness["id"]}


def test_who_was_shown_by_a_ward_list_is_dropped_by_name(ward):
    ward.want()
    ward.other.begin()
    ward.cleared.begin()
    ward.other.pull_ward("W1")
    ward.restrict("pc1")
    told = ward.other.ask(ward.other.token)["items"]
    assert [(each["op"], each["id"]) for each in told] == [("remove", ward.witness["id"])]


def test_a_clearance_given_and_taken_between_two_pulls_leaves_nobody_on_the_device(ward):
    made = ward.restrict("pc1")
    ward.cleared.begin()
    ward.want()
    ward.cleared.pull_ward("W1")
    assert set(ward.cleared.held) == {ward.witness["id"]}
    ward.restrict()
    ward.lift(made)
    ward.asked(ward.cleared, 422)
    ward.other.begin()
    assert ward.other.pull().held == {}
    ward.cleared.begin()
    ward.cleared.pull_ward("W1")
    assert ward.cleared.pull().held == {}


def test_a_token_from_before_a_clearance_is_no_good_after_it(ward):
    ward.cleared.begin()
    token = ward.cleared.token
    made = ward.restrict("pc1")
    ward.want()
    ward.cleared.pull_ward("W1")
    assert set(ward.cleared.held) == {ward.witness["id"]}
    ward.restrict()
    ward.lift(made)
    ward.asked(ward.cleared, 410)
    ward.cleared.begin()
    ward.cleared.pull_ward("W1")
    assert ward.cleared.pull().held == {}
    ward.cleared.token = token
    ward.asked(ward.cleared, 410)


def test_a_clearance_that_showed_nothing_leaves_tokens_good(ward):
    ward.cleared.begin()
    ward.other.begin()
    made = ward.restrict("pc1")
    ward.want()
    ward.lift(made)
    assert set(ward.cleared.pull().held) == {ward.witness["id"]} == set(ward.other.pull().held)


def test_a_card_that_was_otherwise_for_a_while_is_told_anew_after_a_clearance(
    ward, client, headers
):
    want = ward.want(risk="standard")
    ward.cleared.begin()
    ward.cleared.pull_ward("W1")
    made = ward.restrict("pc1")
    sent = headers("duty_inspector", hours=LONG, name="supervisor", If_Match="*")
    path = f"/v1/wanted/{want['id']}"
    for risk in ("high", "standard"):
        answer = client.patch(path, json={"risk": risk}, headers=sent)
        assert answer.status_code == 200, answer.json
        if risk == "high":
            ward.cleared.pull_ward("W1")
    ward.lift(made)
    ward.asked(ward.cleared, 410)
    ward.cleared.begin()
    ward.cleared.pull_ward("W1")
    assert ward.cleared.pull().held == ward.cleared.whole()


def test_a_token_is_of_its_reader_and_an_end_by_time_counts_as_well(ward):
    ward.cleared.begin()
    ward.restrict("pc1", hours=1)
    ward.want()
    ward.cleared.pull_ward("W1")
    ward.other.token = ward.cleared.token
    assert ward.asked(ward.other, 422)["errors"][0]["pointer"] == "/since"
    with as_if_at(clock.now() + timedelta(hours=3)):
        answer = ward.client.get(
            f"/v1/changes?since={ward.cleared.token}", headers=ward.cleared.sent
        )
        assert answer.status_code == 410
