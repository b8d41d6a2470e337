"""Attempts and sightings that are sent late, twice, or when the signal was lost."""

from __future__ import annotations

import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import orjson
import pytest
from builders import given_neighbourhood, given_person, given_want
from sqlalchemy import text
from werkzeug.serving import make_server

from offenders.clock import as_if_at
from offenders.db import Work, transaction

LONG = 24 * 365
NOW = datetime.now(UTC)


def attempt(client, headers, want, role="response_officer", **body):
    path = f"/v1/wanted/{want['id']}/attempts"
    return client.post(path, json=body, headers=headers(role, hours=LONG))


def sight(client, headers, person, role="response_officer", **body):
    path = f"/v1/people/{person['id']}/sightings"
    return client.post(path, json=body, headers=headers(role, hours=LONG))


def close(client, headers, want):
    sent = headers("supervisor", hours=LONG, If_Match="*")
    path = f"/v1/wanted/{want['id']}/outcomes"
    assert client.post(path, json={"outcome": "arrested"}, headers=sent).status_code == 201


def test_an_attempt_is_recorded_once_however_late_it_is_repeated(client, headers):
    want, other = given_want(client, headers), given_want(client, headers)
    mine = str(uuid4())
    body = {"client_id": mine, "place": "12 High Street", "result": "no_reply", "officers": ["A1"]}
    first = attempt(client, headers, want, **body)
    assert (first.status_code, first.json["client_id"]) == (201, mine)
    with as_if_at(NOW + timedelta(days=40)):
        repeat = attempt(client, headers, want, **body)
    assert (repeat.status_code, repeat.json) == (200, first.json)
    history = client.get(
        f"/v1/wanted/{want['id']}/history", headers=headers("response_officer")
    ).json["items"]
    assert [each["kind"] for each in history].count("attempt") == 1
    for changed in ({"place": "14 High Street"}, {"occurred_at": "2026-01-01T00:00:00Z"}):
        answer = attempt(client, headers, want, **body | changed)
        assert answer.status_code == 409, answer.json
    assert attempt(client, headers, other, **body).status_code == 409
    assert attempt(client, headers, want, "investigator", **body).status_code == 409
    assert attempt(client, headers, want, **body | {"client_id": "7"}).status_code == 422


def test_an_attempt_on_a_want_that_was_closed_meanwhile_is_kept_and_says_so(client, headers):
    want = given_want(client, headers)
    close(client, headers, want)
    body = {"place": "Home", "result": "no_reply"}
    assert attempt(client, headers, want, **body).status_code == 409
    body["client_id"] = str(uuid4())
    kept = attempt(client, headers, want, **body)
    assert (kept.status_code, kept.json["details"]["want_was"]) == (201, "arrested")
    assert attempt(client, headers, want, **body).json == kept.json
    shown = client.get(f"/v1/wanted/{want['id']}", headers=headers("response_officer")).json
    assert (shown["state"], shown["last_activity_at"]) == ("arrested", None)


def test_a_sighting_counts_as_activity_of_the_wants_that_were_open_then(client, headers):
    given_neighbourhood(client, "W1", lpa="N")
    given_neighbourhood(client, "W2", lpa="S", south_west=(53.0, -1.0))
    home = [{"lines": ["1"], "neighbourhood": "W1", "type": "home"}]
    person = given_person(client, headers, addresses=home)
    ago = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    old = given_want(client, headers, person=person, entered_at=ago)
    new = given_want(client, headers, person=person, crime_reference="C/2")
    away = given_want(
        client, headers, person=person, crime_reference="C/3", entered_at=ago, neighbourhood="W2"
    )
    seen_at = (datetime.now(UTC) - timedelta(days=1)).isoformat(timespec="seconds")
    body = {"client_id": str(uuid4()), "occurred_at": seen_at, "place": "Market", "note": "Ran."}
    body |= {"with_whom": "A tall man", "registration_mark": "AB12CDE"}
    made = sight(client, headers, person, **body)
    assert (made.status_code, set(made.json["wants"])) == (201, {old["id"], away["id"]})
    repeat = sight(client, headers, person, **body)
    assert (repeat.status_code, repeat.json) == (200, made.json)
    assert sight(client, headers, person, **body | {"note": "Walked."}).status_code == 409
    assert sight(client, headers, given_person(client, headers), **body).status_code == 409
    sent = headers("response_officer")
    for want, activity in ((old, True), (away, True), (new, False)):
        shown = client.get(f"/v1/wanted/{want['id']}", headers=sent).json
        assert bool(shown["last_activity_at"]) is activity
    local = client.get(f"/v1/wanted/{old['id']}/history", headers=sent).json["items"]
    told = [each["details"] for each in local if each["kind"] == "sighting"]
    assert told == [{"sighting_id": made.json["id"]}]
    supervisor = sight(client, headers, person, "supervisor", note="Again.")
    assert supervisor.status_code == 201
    listed = client.get(f"/v1/people/{person['id']}/sightings?count=true", headers=sent).json
    assert (listed["total"], [each["note"] for each in listed["items"]]) == (2, ["Again.", "Ran."])
    (card,) = client.get("/v1/neighbourhoods/W1/offenders", headers=sent).json["items"]
    assert card["last_seen"]["at"] == supervisor.json["occurred_at"]
    assert card["last_activity_at"] == supervisor.json["occurred_at"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/place"),
        ({"latitude": 52.0}, "/latitude"),
        ({"latitude": 99.0, "longitude": 0.0}, "/latitude"),
        ({"note": "x", "occurred_at": "2999-01-01T00:00:00Z"}, "/occurred_at"),
        ({"note": "x", "client_id": "mine"}, "/client_id"),
        ({"note": "x", "owner": "me"}, "/owner"),
    ],
)
def test_a_sighting_says_where_or_what_and_nothing_else(client, headers, body, pointer):
    answer = sight(client, headers, given_person(client, headers), **body)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


def test_where_a_protected_person_was_seen_is_kept_from_the_street(client, headers):
    given_neighbourhood(client, "W1")
    person, other = given_person(client, headers), given_person(client, headers)
    given_want(client, headers, person=person, neighbourhood="W1")
    path = f"/v1/people/{other['id']}/associations"
    body = {"person_id": person["id"], "type": "victim_of"}
    assert client.post(path, json=body, headers=headers("supervisor")).status_code == 201
    made = sight(client, headers, person, place="SECRET STREET", note="SECRET STREET")
    assert (made.status_code, made.json["place"]) == (201, None)
    street = headers("response_officer")
    for path in (f"/v1/people/{person['id']}/sightings", "/v1/neighbourhoods/W1/offenders"):
        answer = client.get(path, headers=street)
        assert answer.status_code == 200
        assert b"SECRET" not in answer.data
        assert b"SECRET" in client.get(path, headers=headers("investigator")).data
    assert sight(client, headers, person, "partner_agency", note="x").status_code == 403
    assert sight(client, headers, {"id": str(uuid4())}, note="x").status_code == 404


@pytest.fixture
def server(committing_app):
    """Serve over a real socket."""
    made = make_server("127.0.0.1", 0, committing_app, threaded=True)
    made.daemon_threads = False  # what is still at work is waited for in the end
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made.server_address
    made.shutdown()
    thread.join()
    made.server_close()


def post_and_hang_up(address, path, body, sent, *, waits):
    """Send a whole request and cut the line, before the answer is read; or wait for it."""
    content = orjson.dumps(body)
    lines = [f"POST {path} HTTP/1.1", "Host: x", "Content-Type: application/json"]
    lines += [f"Content-Length: {len(content)}", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in sent.items()]
    with socket.create_connection(address) as line:
        line.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        if not waits:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            return b""
        received = b""
        while part := line.recv(65536):
            received += part
        return received


def test_with_signal_lost_mid_request_a_repeated_attempt_is_recorded_once(
    server, committing_app, headers, engine, fresh_force
):
    client = committing_app.test_client()
    person = given_person(client, headers, force=fresh_force)
    want = given_want(client, headers, person=person, force=fresh_force)
    sent = headers("response_officer", force=fresh_force)
    cases = [
        (f"/v1/wanted/{want['id']}/attempts", "want_actions", {"place": "Home"}),
        (f"/v1/people/{person['id']}/sightings", "sightings", {"note": "Seen."}),
    ]
    for path, table, body in cases:
        body["client_id"] = str(uuid4())
        for _ in range(3):
            post_and_hang_up(server, path, body, sent, waits=False)
        count = text(f"SELECT count(*) FROM {table} WHERE force = :f AND client_id = :id")
        values = {"f": fresh_force, "id": body["client_id"]}
        deadline = time.monotonic() + 60
        found = 0
        while not found and time.monotonic() < deadline:
            with transaction(engine, Work(fresh_force)) as session:
                found = session.execute(count, values).scalar_one()
        assert found == 1
        answer = post_and_hang_up(server, path, body, sent, waits=True)
        assert answer.startswith(b"HTTP/1.1 200"), answer[:200]
        with transaction(engine, Work(fresh_force)) as session:
            assert session.execute(count, values).scalar_one() == 1
