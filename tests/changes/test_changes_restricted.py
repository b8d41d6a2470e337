"""The change feed where somebody is restricted: devices drop them, those cleared keep them."""

from __future__ import annotations

from datetime import timedelta

from builders import given_neighbourhood, given_person, given_want
from devices_given import Device
from sharing_given import Sharing

from offenders import clock
from offenders.clock import as_if_at

LONG = 24 * 365


def test_a_restriction_removes_from_devices_and_its_end_gives_back(client, headers):
    given_neighbourhood(client, "W1", lpa="N", south_west=(52.0, -1.0))
    home = {"lines": ["1"], "neighbourhood": "W1", "type": "home"}
    witness, other = (given_person(client, headers, addresses=[home]) for _ in range(2))
    for person in (witness, other):
        given_want(client, headers, person=person)
    sharing = Sharing(client, headers)
    patrol = Device(client, headers("response_officer", hours=LONG), ["W1"])
    cleared = Device(client, headers("iom_manager", hours=LONG), ["W1"])
    for device in (patrol, cleared):
        device.begin()
        device.pull_ward("W1")
    both, one = {witness["id"], other["id"]}, {other["id"]}
    made = sharing.restrict(witness, roles=["iom_manager", "investigator"], hours=2)
    assert set(patrol.pull().held) == one
    answer = client.get(f"/v1/changes?since={cleared.token}", headers=cleared.sent)
    assert answer.status_code == 422, "what is held under another clearance is pulled anew"
    cleared.begin()
    cleared.pull_ward("W1")
    given_want(client, headers, person=witness, reason="prison_recall")
    assert set(patrol.pull().held) == one, "a cleared reader's pull tells nobody else"
    assert cleared.pull().held == cleared.whole()
    assert set(cleared.held) == both
    assert set(patrol.pull().held) == one
    with as_if_at(clock.now() + timedelta(hours=3)):
        assert patrol.pull().held == patrol.whole()
        assert set(patrol.held) == both, "it has run out, though nobody wrote"
    assert set(patrol.pull().held) == one
    path = f"people/{witness['id']}/restrictions/{made['id']}/ends"
    ended = sharing.post(path, {"reason": "The trial is over."}, match=made["version"])
    assert ended.status_code == 201, ended.json
    assert set(patrol.pull().held) == both
