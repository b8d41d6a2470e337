"""The change feed past the daily budget: whom to drop is still told, once; the rest on the morrow."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from itertools import count

import pytest
from builders import given_neighbourhood, given_person, given_want
from devices_given import Device
from sqlalchemy import text

from offenders import clock
from offenders.api import limits
from offenders.clock import as_if_at
from offenders.db import Work, begin

BUDGET = text("""
    INSERT INTO policies (force, id, rule, applies_to, figure, from_on, source, set_by, recorded_at)
    VALUES ('33', gen_random_uuid(), 'read-budget', 'all', :figure,
            CAST('2020-01-01' AS date) + CAST(:nth AS int), 't', 't', now())
""")
MUCH = 10_000


@pytest.fixture
def reading_at_most(app, session):
    """Let whoever reads in the block read so many people a day."""

    numbers = count()

    def put(figure):
        begin(session, Work("33"))
        session.execute(BUDGET, {"figure": figure, "nth": next(numbers)})
        app.extensions["offenders"].forget()
        limits.forget()

    @contextmanager
    def at_most(figure):
        put(figure)
        yield
        put(MUCH)

    return at_most


@pytest.fixture
def ward(client, headers):
    """Make somebody who is wanted in the one ward there is."""
    given_neighbourhood(client, "W1", lpa="N", south_west=(52.0, -1.0))

    def want():
        home = {"lines": ["1"], "neighbourhood": "W1", "type": "home"}
        return given_want(client, headers, person=given_person(client, headers, addresses=[home]))

    return want


def close(client, headers, want):
    sent = headers("supervisor", If_Match="*")
    answer = client.post(
        f"/v1/wanted/{want['id']}/outcomes", json={"outcome": "arrested"}, headers=sent
    )
    assert answer.status_code == 201, answer.json


def test_removals_come_past_the_budget_and_nothing_is_told_twice(
    client, headers, ward, reading_at_most
):
    held = [ward() for _ in range(3)]
    device = Device(client, headers("response_officer", hours=96, name="Reader"), ["W1"])
    device.begin()
    device.pull_ward("W1")
    fresh = [ward()]
    close(client, headers, held[0])
    fresh.append(ward())
    close(client, headers, held[1])
    people = [each["person"]["id"] for each in held]
    with reading_at_most(3):
        given = [device.ask(device.token, limit=limit) for limit in (1, 200)]
        for each in given:
            assert each["more"] is True
            assert {item["op"] for item in each["items"]} == {"remove"}
        assert [len(each["items"]) for each in given] == [1, 2]
        first = device.token
        device.take(given[1])
        assert set(device.held) == {people[2]}
        read = client.get(f"/v1/wanted/{held[2]['id']}", headers=device.sent)
        assert read.headers[limits.WARNING] == "3/3"
        again = client.get(f"/v1/changes?since={first}", headers=device.sent)
        assert (again.status_code, again.headers[limits.WARNING]) == (200, "3/3")
        answer = client.get(f"/v1/changes?since={device.token}", headers=device.sent)
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) > 0
    close(client, headers, held[2])
    with reading_at_most(3):
        given = device.ask(device.token)
        assert [(each["op"], each["id"]) for each in given["items"]] == [("remove", people[2])]
        device.take(given)
    with as_if_at(clock.now() + timedelta(days=1)), reading_at_most(3):
        told = device.ask(device.token)
        assert {(each["op"], each["id"]) for each in told["items"]} == {
            ("upsert", each["person"]["id"]) for each in fresh
        }
        device.take(told)
        assert told["more"] is False
        assert device.held == device.whole()
    close(client, headers, fresh[0])
    assert [each["op"] for each in device.ask(device.token)["items"]] == ["remove"]
