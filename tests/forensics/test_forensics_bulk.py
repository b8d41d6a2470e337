"""Many hits in one go: each line judged by itself, nothing lost, nothing created twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import count

import orjson
import pytest
from builders import given_person
from forensics_given import Register, hit_body
from sqlalchemy import text

from offenders.api import forensics_lines
from offenders.db import Work, transaction
from offenders.domain.forensics import bulk, store


@pytest.fixture
def ann(client, headers):
    return given_person(client, headers, pnc_id="81/34U")


@pytest.fixture
def look(client, connection):
    """Look at the tables after what was sent."""

    def look_up(statement):
        with transaction(connection, Work("33")) as session:
            return list(session.execute(text(statement)).scalars())

    return look_up


def statuses(answer):
    return [(each["line"], each["status"]) for each in answer.json["items"]]


def test_each_line_is_told_what_became_of_it(register, ann):
    good = hit_body(pnc_id="81/34U")
    answer = register.send(
        good,
        b"{not json",
        hit_body(offence_code="XX99999"),
        hit_body(pnc_id="81/34A"),
        b"",
        {**good, "type": "palm"},
        good,
        b'["a list"]',
        hit_body(laboratory_reference="A\x00B"),
        hit_body(force="31"),
        hit_body(),
    )
    assert answer.status_code == 207
    assert statuses(answer) == [
        (1, 201),
        (2, 422),
        (3, 422),
        (4, 422),
        (6, 409),
        (7, 200),
        (8, 422),
        (9, 422),
        (10, 422),
        (11, 201),
    ]
    counts = {name: answer.json[name] for name in ("read", "created", "known", "conflicts")}
    assert counts == {"read": 10, "created": 2, "known": 1, "conflicts": 1}
    items = {each["line"]: each for each in answer.json["items"]}
    assert items[1]["id"] == items[6]["id"] == items[7]["id"]
    assert items[3]["errors"][0]["pointer"] == "/offence_code"
    assert items[4]["errors"][0]["pointer"] == "/pnc_id"
    assert items[6]["errors"] == [{"pointer": "/type", "detail": "This differs from what stands."}]
    assert register.read(items[1])["person_id"] == ann["id"]


def test_the_same_file_again_creates_nothing_new(register, ann, look):
    same = {"person_id": ann["id"], "crime_reference": "33/6/26"}
    bodies = [hit_body(**same) for _ in range(30)]
    first, again = register.send(*bodies), register.send(*bodies)
    assert {status for _, status in statuses(first)} == {201}
    assert {status for _, status in statuses(again)} == {200}
    assert [e["id"] for e in first.json["items"]] == [e["id"] for e in again.json["items"]]
    assert look("SELECT count(*) FROM forensic_hits") == [30]
    assert look("SELECT count(*) FROM wants") == [1]


def test_a_first_answer_is_replayed_with_its_key(register):
    register.sent |= {"Idempotency-Key": "file-1"}
    body = hit_body()
    first, again = register.send(body), register.send(body)
    assert (statuses(first), statuses(again)) == ([(1, 201)], [(1, 201)])
    assert again.headers["Idempotency-Replayed"] == "true"


def test_chunks_are_kept_one_by_one_and_audited(register, monkeypatch, look):
    monkeypatch.setattr(bulk, "CHUNK_ROWS", 7)
    answer = register.send(*[hit_body() for _ in range(20)])
    assert answer.json["created"] == 20
    found = look("""
        SELECT cardinality(subject_ids) FROM audit_events
        WHERE action = 'forensics.enter' AND subject_type = 'forensic_hit' ORDER BY at
    """)
    assert found == [7, 7, 6]


def test_too_many_lines_or_too_long_ones_are_refused(register, monkeypatch):
    monkeypatch.setattr(forensics_lines, "MOST_LINES", 3)
    assert register.send(*[hit_body() for _ in range(5)]).status_code == 413
    long = hit_body(crime_reference="x" * 70_000)
    assert statuses(register.send(long)) == [(1, 422)]
    assert register.post(crime_reference="x" * 70_000).status_code == 413


def test_what_the_database_refuses_costs_only_its_own_row(register, monkeypatch):
    bodies = [hit_body() for _ in range(9)]
    bad = bodies[4]["laboratory_reference"]
    add_hits = store.add_hits

    def refuse(session, hits):
        add_hits(
            session,
            [
                {**each, "type": "tea"} if each["laboratory_reference"] == bad else each
                for each in hits
            ],
        )

    monkeypatch.setattr(store, "add_hits", refuse)
    found = dict(statuses(register.send(*bodies)))
    assert found == {line: 422 if line == 5 else 201 for line in range(1, 10)}


def test_the_same_hit_twice_at_once_is_one(committing_app, headers, fresh_force, engine):
    person = given_person(committing_app.test_client(), headers, force=fresh_force)
    same = {"person_id": person["id"], "crime_reference": "33/6/26"}
    bodies = [hit_body(**same) for _ in range(6)]

    def send(body):
        client = committing_app.test_client()
        return Register(client, headers, force=fresh_force).post(**body)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(send, [body for body in bodies for _ in range(3)]))
    assert sorted(each.status_code for each in answers) == [200] * 12 + [201] * 6
    with transaction(engine, Work(fresh_force)) as session:
        counted = session.execute(
            text("""SELECT (SELECT count(*) FROM forensic_hits WHERE force = :f),
                           (SELECT count(*) FROM wants WHERE force = :f)"""),
            {"f": fresh_force},
        ).one()
    assert tuple(counted) == (6, 1)


def test_the_last_two_hits_eliminated_at_once_close_their_want(
    committing_app, headers, fresh_force
):
    client = committing_app.test_client()
    person = given_person(client, headers, force=fresh_force)
    register = Register(client, headers, force=fresh_force)
    same = {"person_id": person["id"], "crime_reference": "33/6/26"}
    hits = [register.enter(**same) for _ in range(4)]

    def eliminate(hit):
        own = Register(committing_app.test_client(), headers, force=fresh_force)
        return own.do(hit, "eliminations", reason="error").status_code

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(eliminate, hits)) == [201] * 4
    assert register.want_of(hits[0])["state"] == "no_longer_wanted"


def test_a_file_and_single_hits_at_once_make_one_want(committing_app, headers, fresh_force, engine):
    person = given_person(committing_app.test_client(), headers, force=fresh_force)

    def send(number):
        register = Register(committing_app.test_client(), headers, force=fresh_force)
        same = {"person_id": person["id"], "crime_reference": "33/6/26"}
        bodies = [hit_body(**same) for _ in range(40)]
        answer = register.send(*bodies) if number % 2 else register.post(**bodies[0])
        return answer.status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == [201, 201, 207, 207]
    with transaction(engine, Work(fresh_force)) as session:
        wants = session.execute(
            text("SELECT count(*) FROM wants WHERE force = :f"), {"f": fresh_force}
        )
        assert wants.scalar_one() == 1


def test_a_line_cut_off_in_the_middle_is_told_and_the_rest_kept(register):
    whole = orjson.dumps(hit_body())
    answer = register.send(whole, orjson.dumps(hit_body())[:40])
    assert statuses(answer) == [(1, 201), (2, 422)]


def test_reads_in_one_round_trip_say_the_same(committing_app, headers, fresh_force, monkeypatch):
    client = committing_app.test_client()
    person = given_person(client, headers, force=fresh_force)
    register = Register(client, headers, force=fresh_force)
    hits = [register.enter(person_id=person["id"]) for _ in range(3)]
    paths = (
        f"/v1/forensic-hits/{hits[0]['reference']}",
        "/v1/forensic-hits?limit=2&state=received&overdue=arrest&received_from=2026-03-01",
    )
    slow = [register.get(path) for path in paths]

    def never(_environ, _start):
        pytest.fail("Flask was asked.")

    monkeypatch.setattr(committing_app.wsgi_app, "flask", never)
    assert [register.get(path) for path in paths] == slow
    assert [len(page["items"]) for page in slow[1:]] == [2]


def test_a_file_that_broke_off_is_kept_so_far_and_goes_on_when_sent_again(
    committing_app, headers, fresh_force, engine, monkeypatch
):
    monkeypatch.setattr(bulk, "CHUNK_ROWS", 5)
    register = Register(committing_app.test_client(), headers, force=fresh_force)
    bodies = [hit_body() for _ in range(20)]
    receive, chunks = bulk.receive_hits, count(1)

    def receive_some(session, sender, rows):
        results = receive(session, sender, rows)
        if next(chunks) == 3:
            raise ConnectionResetError
        return results

    with monkeypatch.context() as broken:
        broken.setattr(bulk, "receive_hits", receive_some)
        assert register.send(*bodies).status_code == 500
    answer = register.send(*bodies)
    assert [status for _, status in statuses(answer)] == [200] * 10 + [201] * 10
    with transaction(engine, Work(fresh_force)) as session:
        audited = session.execute(
            text("""SELECT sum(cardinality(subject_ids)) FROM audit_events
                    WHERE force = :f AND subject_type = 'forensic_hit'"""),
            {"f": fresh_force},
        )
        assert audited.scalar_one() == 20
