"""Everything or nothing: faults at each step, callers who race, and other forces told."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from builders import given_person, given_want
from custody_given import break_at, rows
from sqlalchemy import text

from offenders import clock
from offenders.api import auditing
from offenders.db import Work, transaction
from offenders.domain.custody import acting, flagging, recording, service, store

STEPS = (
    (store, "lock_person"),
    (acting, "judge"),
    (store, "add_detentions"),
    (recording, "register_owners"),
    (recording, "close_wants"),
    (recording, "close_named"),
    (store, "put_forward"),
    (recording, "find_elsewhere"),
    (flagging, "flag_wanted_elsewhere"),
    (recording, "tell_elsewhere"),
    (recording, "tell_forces"),
    (flagging, "tell_managers"),
    (recording, "require_checks"),
    (recording, "require_foreign_checks"),
    (flagging, "flag_unknown_nationality"),
    (acting, "record"),
    (service, "record_detention"),
    (service, "show_detention"),
    (auditing, "record_act"),
)


@pytest.mark.parametrize("kills", [False, True], ids=["fault", "kill"])
@pytest.mark.parametrize(("module", "step"), STEPS, ids=[name for _, name in STEPS])
def test_a_fault_at_any_step_leaves_nothing(monkeypatch, owner, world, module, step, kills):
    forces = (world.here, world.there)
    before = rows(owner, forces)
    with monkeypatch.context() as patched:
        seen = break_at(patched, module, step, kills=kills)
        unstated = {"nationality_stated": None} if step == "flag_unknown_nationality" else {}
        answer = world.arrest(**unstated)
    assert seen
    assert answer.status_code == (503 if kills else 500)
    assert rows(owner, forces) == before
    assert world.arrest().status_code == 201
    after = rows(owner, forces)
    for table in ("detentions", "detentions_history", "acro_checks"):
        assert after[table] == before[table] + 1
    assert after["detention_wants"] == 2


def test_what_is_wanted_elsewhere_shows_in_both_forces_by_three_facts_only(world):
    found = world.arrest()
    assert found.status_code == 201, found.json
    crossed = {
        "force": world.there,
        "reference": world.want_there["reference"],
        "contact": f"DUTY-{world.there}",
    }
    assert found.json["wanted_elsewhere"] == [crossed]
    (here,) = world.flags(world.here)
    assert here["subject"]["reference"] == found.json["reference"]
    assert (here["severity"], here["because"]["wants"]) == ("alert", [crossed])
    (there,) = world.flags(world.there)
    assert there["subject"]["reference"] == world.want_there["reference"]
    said = {key: there["because"][key] for key in ("force", "reference", "contact")}
    assert said == {
        "force": world.here,
        "reference": found.json["reference"],
        "contact": f"DUTY-{world.here}",
    }
    assert set(there["because"]) == {"rule", "what", *said}
    for flag in (here, there):
        assert "Example" not in str(flag["because"])
        assert world.person["id"] not in str(flag["because"])


def test_the_flags_end_with_the_want_in_the_transaction_that_ends_it(world, engine):
    found = world.arrest().json
    world.end_there()
    assert world.flags(world.there) == world.flags(world.here) == []
    (here,) = world.flags(world.here, "cleared")
    assert here["cleared_because"] == "No force wants the person any longer."
    path = f"/v1/detentions/{found['id']}"
    assert world.send("GET", path).json["wanted_elsewhere"] == []
    with transaction(engine, Work(world.here)) as session:
        history = session.execute(
            text(
                "SELECT state, recorded_to IS NULL FROM flags_history WHERE id = :id"
                " ORDER BY recorded_from"
            ),
            {"id": here["id"]},
        ).all()
        told = session.execute(
            text("SELECT details FROM audit_events WHERE action = 'flag.ended-from-elsewhere'")
        ).scalars()
        assert list(told) == [{"from_force": world.there}]
    assert history == [("open", False), ("cleared", True)]


def test_one_of_two_wants_elsewhere_that_ends_leaves_the_other(world):
    client = world.app.test_client()
    person = world._forces[world.there][0]
    second = given_want(
        client, world._headers, person=person, force=world.there, crime_reference="Z"
    )
    world.arrest()
    world.end_there()
    (here,) = world.flags(world.here)
    assert [each["reference"] for each in here["because"]["wants"]] == [second["reference"]]


def test_a_later_detention_is_told_anew(world):
    first = world.arrest().json
    (flag,) = world.flags(world.there)
    path = f"/v1/flags/{flag['id']}/acknowledgements"
    assert world.send(
        "POST", path, "supervisor", force=world.there, version=1, note="Seen."
    ).status_code in {200, 201}
    world.send("POST", f"/v1/detentions/{first['id']}/releases", version=1)
    second = world.arrest(number="CU/2", arrested_at=clock.now().isoformat())
    assert second.status_code == 201, second.json
    (flag,) = world.flags(world.there)
    assert flag["because"]["reference"] == second.json["reference"]
    assert (flag["state"], flag["version"]) == ("open", 3)


def test_nothing_is_told_of_a_detention_that_ended_before_the_want(world):
    answer = world.arrest(
        arrested_at=(clock.now() - timedelta(days=30)).isoformat(), close_wants=[]
    )
    assert answer.json["wanted_elsewhere"] == answer.json["wants_put_forward"] == []
    assert world.flags(world.there) == []


def test_a_past_moment_gives_detention_wants_and_checks_of_then(world):
    first = world.arrest(close_wants=[]).json
    path = f"/v1/detentions/{first['id']}"
    wants = [each["id"] for each in world.wants]
    changed = world.send(
        "PATCH", path, version=1, nationality_evidenced="LTU", close_wants=wants[:1]
    ).json
    assert [each["country"] for each in changed["acro_checks"]] == ["LTU", "ROU"]
    assert [each["id"] for each in changed["wants_put_forward"]] == wants[1:]
    world.end_there()
    assert world.send("GET", path).json["wanted_elsewhere"] == []
    then = world.send("GET", f"{path}?as_at={first['recorded_at'].replace('+', '%2B')}").json
    assert {**then, "updated_at": None} == {**first, "updated_at": None}
    listed = world.send(
        "GET", f"/v1/detentions?as_at={first['recorded_at'].replace('+', '%2B')}"
    ).json["items"]
    assert listed == [then]


def race(world, work, callers=6):
    def one(number):
        return work(world.app.test_client(), number).status_code

    with ThreadPoolExecutor(callers) as pool:
        return Counter(pool.map(one, range(callers)))


def test_the_same_custody_record_sent_at_once_is_recorded_once(world, owner):
    statuses = race(world, lambda client, _: world.arrest(client=client))
    assert statuses == {201: 1, 200: 5}
    found = rows(owner, (world.here, world.there))
    assert found["detentions"] == found["acro_checks"] == 1


def test_of_several_arrests_of_one_person_at_once_one_stands(world, owner):
    statuses = race(world, lambda client, n: world.arrest(client=client, number=f"CU/{n}"))
    assert statuses == {201: 1, 409: 5}
    assert rows(owner, (world.here,))["detentions"] == 1


def test_one_custody_number_for_two_people_at_once_is_refused(world, headers):
    client = world.app.test_client()
    people = [given_person(client, headers, force=world.here) for _ in range(4)]

    def arrest(caller, number):
        person = people[number]["id"]
        return world.arrest(client=caller, person_id=person, close_wants=[])

    assert race(world, arrest, 4) == {201: 1, 409: 3}


def test_an_arrest_and_an_entry_of_a_want_at_once_lose_neither(world, headers):
    """The want is entered before the arrest is recorded, and put forward, or after it."""

    def both(client, number):
        if number % 2:
            return world.arrest(client=client)
        body = {
            "person_id": world.person["id"],
            "reason": "named_suspect",
            "crime_reference": f"R{number}",
        }
        sent = headers("investigator", force=world.here)
        return client.post("/v1/wanted", json=body, headers=sent)

    assert race(world, both) == {201: 4, 200: 2}
