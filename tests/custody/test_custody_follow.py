"""What comes after an arrest: a want in another force, and PNC IDs that come or were wrong."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from time import sleep

import pytest
from bail_given import Bail, ago
from builders import given_detention, given_entry, given_person, given_want
from custody_given import PNC_ID, break_at, rows
from forensics_given import Register
from pnc_world import Kept
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.custody import flagging, following, recording
from offenders.domain.imports import people
from offenders.domain.imports.kinds import kind_of
from offenders.domain.imports.reading import Line
from offenders.domain.imports.running import Order, run_lines
from offenders.domain.wanted import detained
from offenders.domain.wanted import service as wanted
from offenders.ids import new_id

OTHER_ID = "1999/0000001G"
CORRECTED = "The PNC ID by which the two forces knew the person was corrected."


@pytest.fixture
def bring_in(engine):
    """Import rows into a force for good; nothing may be refused."""

    def run(force, kind, *rows):
        order = Order(force, kind_of(kind), "test", new_id(force), False, False)
        lines = (Line(number, dict(row), None, 0) for number, row in enumerate(rows, start=1))
        kept = Kept()
        summary = run_lines(engine, order, lines, kept)
        assert summary.refused == 0, list(kept)
        return summary

    return run


@pytest.fixture
def held(world):
    """Hold the person here; nobody wants them there any longer."""
    world.end_there()
    made = world.arrest()
    assert made.status_code == 201, made.json
    assert made.json["wanted_elsewhere"] == []
    return made.json


def wanted_there(world, detention):
    """Give the references that the custody officer is shown; check what else crosses."""
    path = f"/v1/detentions/{detention['id']}"
    shown = world.send("GET", path).json["wanted_elsewhere"]
    assert all(set(each) == {"force", "reference", "contact"} for each in shown)
    flags = world.flags(world.here)
    assert [flag["because"]["wants"] for flag in flags] == ([shown] if shown else [])
    return [each["reference"] for each in shown]


def told_there(world, want):
    """Give the detention that the owner of a want there is told of; None: nothing."""
    told = [f for f in world.flags(world.there) if f["subject"]["reference"] == want]
    for flag in told:
        because = flag["because"]
        assert set(because) == {"rule", "what", "force", "reference", "contact"}
        assert (because["force"], because["contact"]) == (world.here, f"DUTY-{world.here}")
    return [flag["because"]["reference"] for flag in told]


def test_a_want_entered_while_another_force_holds_the_person_is_flagged_in_both(
    world, held, headers, bring_in
):
    """By hand, by an import, by a forensic hit and by a failure to answer bail."""
    client, there = world.app.test_client(), world.there
    person = world._forces[there][0]
    given_want(client, headers, person=person, force=there, crime_reference="HAND")
    bring_in(
        there,
        "wanted",
        {
            "source_ref": "W1",
            "pnc_id": PNC_ID,
            "reason": "named_suspect",
            "crime_reference": "IMPORT",
        },
        {"source_ref": "W2", "family_name": "Nobody", "reason": "named_suspect"},
    )
    Register(client, headers, there).enter(
        person_id=person["id"], crime_reference="HIT", received_at=held["arrested_at"]
    )
    bail = Bail(client, headers, there)
    appointed = ago(2)
    released = bail.given(person_id=person["id"], crime_reference="BAIL", return_at=appointed)
    bail.done(released, "failures")
    with transaction(world.app.extensions["offenders"].engine, Work(there)) as session:
        wants = session.execute(
            text(
                "SELECT reference, crime_reference FROM wants WHERE state = 'outstanding'"
                " AND person_id = :person"
            ),
            {"person": person["id"]},
        ).all()
        audits = session.execute(
            text("SELECT count(*) FROM audit_events WHERE action LIKE '%elsewhere'")
        ).scalar_one()
    assert {want.crime_reference for want in wants} == {"HAND", "IMPORT", "HIT", "BAIL"}
    assert sorted(wanted_there(world, held)) == sorted(want.reference for want in wants)
    for want in wants:
        assert told_there(world, want.reference) == [held["reference"]]
    assert audits == 0
    with transaction(world.app.extensions["offenders"].engine, Work(world.here)) as session:
        events = session.execute(
            text(
                "SELECT action, count(*), min(details ->> 'to_force'),"
                " bool_and(subject_ids = ARRAY[CAST(:id AS uuid)]) FROM audit_events"
                " WHERE action IN ('custody.elsewhere', 'flag.raised-from-elsewhere')"
                " GROUP BY action ORDER BY action"
            ),
            {"id": held["id"]},
        ).all()
    assert [tuple(row) for row in events] == [
        ("custody.elsewhere", 4, there, True),
        ("flag.raised-from-elsewhere", 4, None, True),
    ]
    (flag,) = world.flags(world.here)
    assert flag["version"] == 4
    for want in wants:
        path = f"/v1/wanted/{want.reference}/outcomes"
        sent = headers("investigator", force=there) | {"If-Match": "*"}
        outcome = {"outcome": "no_longer_wanted", "reason": "Tested."}
        answer = client.post(path, json=outcome, headers=sent)
        assert answer.status_code == 201, answer.json
    assert wanted_there(world, held) == []
    assert world.flags(there) == []


@pytest.mark.parametrize(
    "ends", ["released", "arrested again", "past the limit", "another PNC ID", "own force"]
)
def test_nobody_is_told_who_is_not_held_elsewhere_now(world, headers, owner, ends):
    world.end_there()
    client, force = world.app.test_client(), world.there
    ages = {"past the limit": timedelta(hours=96, minutes=1), "arrested again": timedelta(hours=9)}
    arrested_at = clock.now() - ages.get(ends, timedelta(hours=1))
    first = world.arrest(arrested_at=arrested_at.isoformat(), close_wants=[]).json
    if ends in {"released", "arrested again"}:
        given = {"released_at": (arrested_at + timedelta(minutes=1)).isoformat()}
        world.send("POST", f"/v1/detentions/{first['id']}/releases", version=1, **given)
    if ends == "arrested again":
        # As an import leaves it that knows of no release.
        again = given_detention(
            client, headers, force=world.here, person=world.person, custody_number="CU/2"
        )
        world.send("POST", f"/v1/detentions/{again['id']}/releases", version=1)
        with owner.begin() as connection:
            connection.execute(
                text("UPDATE detentions SET released_at = NULL WHERE id = :id"), {"id": first["id"]}
            )
    person = world._forces[force][0]
    if ends == "another PNC ID":
        person = given_person(client, headers, force=force, pnc_id=OTHER_ID)
    if ends == "own force":
        force, person = world.here, world.person
    given_want(client, headers, person=person, force=force, crime_reference="N")
    assert world.flags(world.here) == world.flags(world.there) == []


def test_a_contact_never_names_the_queue_of_a_protected_area(world, held, headers):
    client, there = world.app.test_client(), world.there
    person = world._forces[there][0]
    hunter = given_person(client, headers, force=there, family_name="Hunter")
    given_entry(
        client, headers, hunter, "associations", force=there, type="victim_of",
        person_id=person["id"],
    )  # fmt: skip
    owners = {"A": "DUTY-NORTH", "B": "BURGLARY"}
    for crime, team in owners.items():
        given_want(
            client, headers, person=person, force=there, crime_reference=crime, owner_team=team
        )
    contacts = {f"DUTY-{there}", "BURGLARY"}
    shown = world.send("GET", f"/v1/detentions/{held['id']}").json["wanted_elsewhere"]
    assert {each["contact"] for each in shown} == contacts
    world.send("POST", f"/v1/detentions/{held['id']}/releases", version=1)
    later = world.arrest(number="CU/2", arrested_at=clock.now().isoformat(), close_wants=[])
    assert {each["contact"] for each in later.json["wanted_elsewhere"]} == contacts


def test_a_pnc_id_that_comes_while_the_person_is_held_tells_both_forces(world, headers, bring_in):
    client = world.app.test_client()
    stranger = given_person(client, headers, force=world.here, family_name="Unnamed")
    held = world.arrest(person_id=stranger["id"], close_wants=[]).json
    wanted = given_person(client, headers, force=world.there, pnc_id=OTHER_ID)
    want = given_want(client, headers, person=wanted, force=world.there)["reference"]
    assert wanted_there(world, held) == told_there(world, want) == []
    given_entry(
        client, headers, stranger, "identifiers", force=world.here, type="pnc_id", value=OTHER_ID
    )
    assert wanted_there(world, held) == [want]
    assert told_there(world, want) == [held["reference"]]
    # Further wants of a further PNC ID join those told before, from either side.
    given_entry(
        client, headers, wanted, "identifiers", force=world.there, type="pnc_id",
        value="1988/0000003R",
    )  # fmt: skip
    assert wanted_there(world, held) == [want]


def test_a_pnc_id_that_comes_to_a_wanted_person_tells_who_holds_them(world, headers):
    client = world.app.test_client()
    held = world.arrest(close_wants=[]).json
    assert wanted_there(world, held) == [world.want_there["reference"]]
    other = given_person(client, headers, force=world.there, family_name="Unnamed")
    want = given_want(client, headers, person=other, force=world.there)["reference"]
    for person, force in ((world.person, world.here), (other, world.there)):
        given_entry(
            client, headers, person, "identifiers", force=force, type="pnc_id", value=OTHER_ID
        )
    assert set(wanted_there(world, held)) == {world.want_there["reference"], want}
    assert told_there(world, want) == [held["reference"]]


def person_row(ref, pnc_id):
    return {
        "source_ref": ref,
        "family_name": "Example",
        "given_names": "Ann",
        "date_of_birth": "1990-01-01",
        "pnc_id": pnc_id,
    }


@pytest.mark.parametrize("side", ["here", "there"])
@pytest.mark.parametrize("becomes", [OTHER_ID, "1988/0000003Z"], ids=["other", "invalid"])
def test_an_import_that_corrects_a_pnc_id_ends_and_raises_what_follows(
    world, bring_in, headers, side, becomes
):
    """The wrong PNC ID told of each other; the right one may tell of somebody else."""
    client, force = world.app.test_client(), getattr(world, side)
    bring_in(force, "people", person_row("P1", PNC_ID))
    held = world.arrest(close_wants=[]).json
    want = world.want_there["reference"]
    assert wanted_there(world, held) == [want]
    other = world.there if side == "here" else world.here
    person = given_person(client, headers, force=other, pnc_id=OTHER_ID, family_name="Right")
    if side == "here":
        right = given_want(client, headers, person=person, force=other)["reference"]
    else:
        right = world.arrest(number="CU/2", person_id=person["id"], close_wants=[]).json[
            "reference"
        ]
    bring_in(force, "people", person_row("P1", becomes))
    (cleared,) = world.flags(world.here, "cleared")
    assert cleared["cleared_because"] == CORRECTED
    found = right if becomes == OTHER_ID else None
    flags = [world.flags(each) for each in (world.here, world.there)]
    assert [len(each) for each in flags] == ([1, 1] if found else [0, 0])
    if found and side == "here":
        assert wanted_there(world, held) == [right]
        assert told_there(world, right) == [held["reference"]]
        (ended,) = world.flags(world.there, "cleared")
        assert ended["cleared_because"] == CORRECTED
    elif found:
        assert flags[0][0]["subject"]["reference"] == right
        assert told_there(world, want) == [right]
    bring_in(force, "people", person_row("P1", PNC_ID))
    assert wanted_there(world, held) == [want]
    assert told_there(world, want) == [held["reference"]]


def test_an_arrest_and_a_want_at_once_in_two_forces_never_miss_each_other(monkeypatch, world):
    """The arrest has looked for wants and not yet ended; the want waits for it, and finds it."""
    world.end_there()
    has_looked = Event()
    real = recording.tell_forces

    def lingers(*given):
        found = real(*given)
        has_looked.set()
        sleep(0.3)
        return found

    monkeypatch.setattr(recording, "tell_forces", lingers)
    with ThreadPoolExecutor(1) as pool:
        arrest = pool.submit(world.arrest, close_wants=[])
        assert has_looked.wait(60)
        body = {"person_id": world._forces[world.there][0]["id"], "reason": "named_suspect"}
        want = world.send("POST", "/v1/wanted", force=world.there, **body)
    assert want.status_code == arrest.result().status_code == 201
    assert wanted_there(world, arrest.result().json) == [want.json["reference"]]
    assert told_there(world, want.json["reference"]) == [arrest.result().json["reference"]]


@pytest.mark.parametrize("kills", [False, True], ids=["fault", "kill"])
@pytest.mark.parametrize("step", ["settle", "_flag_here", "tell_holders"])
def test_a_fault_while_a_want_tells_who_holds_leaves_nothing(
    monkeypatch, owner, world, held, step, kills
):
    forces = (world.here, world.there)
    before = rows(owner, forces)
    body = {"person_id": world._forces[world.there][0]["id"], "reason": "named_suspect"}
    with monkeypatch.context() as patched:
        module = wanted if step == "tell_holders" else detained
        seen = break_at(patched, module, step, kills=kills)
        answer = world.send("POST", "/v1/wanted", force=world.there, **body)
    assert (seen, answer.status_code) == ([step], 503 if kills else 500)
    assert rows(owner, forces) == before
    answer = world.send("POST", "/v1/wanted", force=world.there, **body)
    assert answer.status_code == 201
    assert wanted_there(world, held) == [answer.json["reference"]]


@pytest.mark.parametrize("kills", [False, True], ids=["fault", "kill"])
@pytest.mark.parametrize(
    ("module", "step"),
    [
        (following, "clear_all"),
        (following, "end_detained"),
        (following, "_end"),
        (following, "tell_forces"),
        (flagging, "renew_wanted_elsewhere"),
        (following, "tell_holders"),
        (people, "follow_pnc_ids"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_while_a_pnc_id_is_corrected_leaves_nothing(
    monkeypatch, owner, world, bring_in, module, step, kills
):
    forces = (world.here, world.there)
    bring_in(world.here, "people", person_row("P1", PNC_ID))
    held = world.arrest(close_wants=[]).json
    want = world.want_there["reference"]
    before = rows(owner, forces)
    with monkeypatch.context() as patched:
        seen = break_at(patched, module, step, kills=kills)
        with pytest.raises((RuntimeError, DBAPIError)):
            bring_in(world.here, "people", person_row("P1", OTHER_ID))
    assert set(seen) == {step}
    assert rows(owner, forces) == before
    assert wanted_there(world, held) == [want]
    bring_in(world.here, "people", person_row("P1", OTHER_ID))
    assert world.flags(world.here) == world.flags(world.there) == []
