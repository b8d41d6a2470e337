"""The change feed and emergency access: what was opened for a time is dropped after it."""

from __future__ import annotations

from builders import given_neighbourhood, given_person, given_want
from devices_given import Device
from sharing_given import Sharing

NORTH = {"lpas": ["N"]}


def test_what_a_ward_list_showed_while_emergency_access_lasted_is_dropped(client, headers):
    for at, (code, lpa) in enumerate((("W1", "N"), ("W2", "S"))):
        given_neighbourhood(client, code, lpa=lpa, south_west=(52.0 + at, -1.0))
    home = {"lines": ["1"], "neighbourhood": "W1", "type": "home"}
    person = given_person(client, headers, addresses=[home])
    given_want(client, headers, person=person, lpa="S", neighbourhood="W2")
    sharing = Sharing(client, headers)
    device = Device(client, sharing.headers("supervisor", **NORTH), ["W1"])
    device.begin()
    device.pull_ward("W1")
    assert device.held == {}
    taken = sharing.take("supervisor", person_id=person["id"], **NORTH)
    device.pull_ward("W1")
    assert set(device.held) == {person["id"]}
    ends = f"emergency-access/{taken['id']}/ends"
    ended = sharing.post(ends, None, "supervisor", match=taken["version"], **NORTH)
    assert ended.status_code == 201, ended.json
    old = client.get("/v1/changes", query_string={"since": device.token}, headers=device.sent)
    assert old.status_code == 410, "what was opened may have been kept: the device begins anew"
    device.begin()
    device.pull_ward("W1")
    assert device.pull().held == device.whole() == {}
