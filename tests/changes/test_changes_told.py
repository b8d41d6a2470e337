"""The change feed tells of nobody who was never shown to the readers of a view."""

from __future__ import annotations

from datetime import timedelta

from builders import given_neighbourhood, given_person, given_want
from devices_given import Device
from sharing_given import Sharing

from offenders import clock
from offenders.clock import as_if_at


def test_what_a_cleared_reader_is_shown_is_not_told_to_others(client, headers):
    given_neighbourhood(client, "W1", lpa="N", south_west=(52.0, -1.0))
    home = {"lines": ["1"], "neighbourhood": "W1", "type": "home"}
    patrol = Device(client, headers("iom_officer"), ["W1"])
    cleared = Device(client, headers("iom_manager"), ["W1"])
    patrol.begin()
    witness = given_person(client, headers, addresses=[home])
    Sharing(client, headers).restrict(witness, roles=["iom_manager", "investigator"])
    given_want(client, headers, person=witness)
    assert set(cleared.whole()) == {witness["id"]}
    told = patrol.ask(patrol.token)["items"]
    assert witness["id"] not in str(told)


def test_what_emergency_access_has_shown_is_dropped_once_it_is_over(client, headers):
    given_neighbourhood(client, "W1", lpa="N", south_west=(52.0, -1.0))
    home = {"lines": ["1"], "neighbourhood": "W1", "type": "home"}
    sharing = Sharing(client, headers)
    officer = Device(client, sharing.headers("response_officer", hours=48), ["W1"])
    witness = given_person(client, headers, addresses=[home])
    given_want(client, headers, person=witness)
    sharing.restrict(witness, roles=["investigator"])
    officer.begin()
    sharing.take("response_officer", person_id=witness["id"], minutes=30)
    officer.pull_ward("W1")
    assert set(officer.held) == {witness["id"]}
    with as_if_at(clock.now() + timedelta(hours=1)):
        answer = client.get(f"/v1/changes?since={officer.token}", headers=officer.sent)
        assert answer.status_code == 410, answer.json
        officer.begin()
        officer.pull_ward("W1")
        assert officer.pull().held == {}
