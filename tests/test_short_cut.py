"""The short cut ahead of Flask: the same answers, the same audit, and nothing it isn't sure of."""

from __future__ import annotations

import os
import socket

import psycopg2
import pytest
from builders import given_person, given_want
from sqlalchemy import text
from structlog.testing import capture_logs

from offenders.api import limits
from offenders.db import Work, transaction
from offenders.prepared import PreparedStatements
from offenders.statements import PREPARED_LIMIT, Statement, ask


@pytest.fixture
def force(committing_app, fresh_force, owner):
    """A force that may record, with its short cut warm."""
    with owner.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO forces (code, name, short_name, kind) VALUES (:f, 'X', 'X', 'territorial')"
            ),
            {"f": fresh_force},
        )
    yield fresh_force
    with owner.begin() as connection:
        connection.execute(text("DELETE FROM forces WHERE code = :f"), {"f": fresh_force})


@pytest.fixture
def client(committing_app):
    return committing_app.test_client()


@pytest.fixture
def through_flask(committing_app):
    """Ask Flask alone."""

    def ask(path, sent):
        short_cut, committing_app.wsgi_app = committing_app.wsgi_app, committing_app.wsgi_app.flask
        try:
            return committing_app.test_client().get(path, headers=sent)
        finally:
            committing_app.wsgi_app = short_cut

    return ask


@pytest.fixture
def round_trips(committing_app, monkeypatch):
    """Count what the short cut sent, by whether it had a row."""
    sent = []
    fetch = PreparedStatements.fetch

    def counting(self, work, statement, values):
        row = fetch(self, work, statement, values)
        sent.append(row is not None)
        return row

    monkeypatch.setattr(PreparedStatements, "fetch", counting)
    return sent


def events(engine, force):
    with transaction(engine, Work(force)) as session:
        rows = session.execute(
            text("""SELECT actor, role, action, audit_class, subject_type, subject_ids, masked, reason,
                           details FROM audit_events WHERE force = :force
                    AND audit_class IN ('consultation', 'denial') ORDER BY at"""),
            {"force": force},
        )
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("shape", ["/v1/people/{person}", "/v1/people/{spoken}", "/v1/wanted/{want}",
                                   "/v1/wanted", "/v1/wanted?risk=high", "/v1/wanted?limit=1"])  # fmt: skip
def test_both_ways_give_the_same_answer_and_the_same_audit(
    client, through_flask, round_trips, engine, headers, force, shape
):
    person = given_person(client, headers, force=force)
    want = given_want(client, headers, person=person, force=force, crime_reference="C/1")
    given_want(client, headers, person=person, force=force, crime_reference="C/2", risk="high")
    path = shape.format(person=person["id"], spoken=person["reference"], want=want["id"])
    sent = headers("investigator", force=force)
    whole = through_flask(path, sent)
    short = client.get(path, headers=sent)
    assert round_trips == [True]
    assert (short.status_code, short.data) == (200, whole.data)
    differing = {"X-Request-Id", "Date"}
    assert {k: v for k, v in short.headers if k not in differing} == {
        k: v for k, v in whole.headers if k not in differing
    }
    first, second = events(engine, force)
    assert first == second
    assert first[7] == "testing"


def test_the_next_page_follows_whichever_way_made_the_cursor(
    client, through_flask, round_trips, headers, force
):
    person = given_person(client, headers, force=force)
    made = [
        given_want(client, headers, person=person, force=force, crime_reference=f"C/{n}")["id"]
        for n in range(3)
    ]
    sent = headers("investigator", force=force)
    through_flask("/v1/wanted?limit=1", sent)
    seen, path = [], "/v1/wanted?limit=1"
    for is_short in (True, False, True):
        page = (client.get(path, headers=sent) if is_short else through_flask(path, sent)).json
        seen += [each["id"] for each in page["items"]]
        path = f"/v1/wanted?limit=1&cursor={page['next']}"
    assert seen == made
    assert page["next"] is None
    assert round_trips == [True, True]


def test_what_is_unchanged_is_told_without_sending_it(client, round_trips, engine, headers, force):
    person = given_person(client, headers, force=force)
    sent = headers("investigator", force=force)
    tag = client.get(f"/v1/people/{person['id']}", headers=sent).headers["ETag"]
    again = client.get(f"/v1/people/{person['id']}", headers=sent | {"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert round_trips == [True, True]
    assert len(events(engine, force)) == 2


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/v1/people/00000000-0000-8000-8000-000000000000", 404),
        ("/v1/wanted/W33-7K3M-Q2XD", 404),
        ("/v1/wanted?force=31", 404),
        ("/v1/wanted?risk=none", 422),
        ("/v1/wanted?riskk=high", 422),
        ("/v1/wanted?limit=201", 422),
        ("/v1/wanted?risk=high&risk=high", 422),
        ("/v1/wanted?cursor=abc", 422),
        ("/v1/people/x", 404),
    ],
)
def test_refusals_are_left_to_flask(client, through_flask, headers, force, path, status):
    sent = headers("investigator", force=force)
    client.get("/v1/wanted", headers=sent)
    answer, whole = client.get(path, headers=sent), through_flask(path, sent)
    assert answer.status_code == whole.status_code == status
    differing = {"request_id": None}
    assert answer.json | differing == whole.json | differing


@pytest.mark.parametrize(
    "sent", [{}, {"Authorization": "Bearer x.y.z"}, {"Authorization": "Basic x"}]
)
def test_who_bears_no_token_is_refused(client, round_trips, force, sent):
    assert client.get("/v1/wanted", headers=sent).status_code == 401
    assert round_trips == []


def test_a_role_without_the_permission_is_refused_and_that_is_audited(
    client, round_trips, engine, headers, force
):
    assert client.get("/v1/wanted", headers=headers("auditor", force=force)).status_code == 403
    assert round_trips == []
    assert [each[3] for each in events(engine, force)] == ["denial"]


def test_another_force_sees_nothing(client, round_trips, headers, force, other_force):
    own = headers("investigator", force=force)
    person = given_person(client, headers, force=force)
    foreign = headers("investigator", force=other_force)
    for sent in (own, foreign):
        client.get("/v1/wanted", headers=sent)
    assert client.get(f"/v1/people/{person['id']}", headers=own).status_code == 200
    assert client.get(f"/v1/people/{person['id']}", headers=foreign).status_code == 404
    assert round_trips == [True, True, False]


def test_the_area_of_a_token_narrows_the_list(client, round_trips, headers, force, owner):
    with owner.begin() as connection:
        for lpa in ("N", "S"):
            connection.execute(text("INSERT INTO lpas VALUES (:f, :l, :l)"), {"f": force, "l": lpa})
    person = given_person(client, headers, force=force)
    for number, lpa in enumerate("NS"):
        given_want(
            client, headers, person=person, force=force, lpa=lpa, crime_reference=str(number)
        )
    sent = headers("supervisor", force=force, lpas=["N"])
    client.get("/v1/wanted", headers=sent)
    page = client.get("/v1/wanted", headers=sent).json
    assert round_trips == []  # Flask asks first what an emergency has opened
    assert [each["lpa"] for each in page["items"]] == ["N"]


def test_the_daily_budget_holds_on_both_ways(client, headers, force, owner, committing_app):
    people = [given_person(client, headers, force=force, family_name=f"N{n}") for n in range(4)]
    with owner.begin() as connection:
        connection.execute(
            text("""INSERT INTO policies (force, id, rule, applies_to, figure, from_on, source, set_by,
                                          recorded_at)
                    VALUES (:f, gen_random_uuid(), 'read-budget', 'all', 3, '2020-01-01', 't', 't', now())"""),
            {"f": force},
        )
    committing_app.extensions["offenders"].forget()
    limits.forget()
    sent = headers("neighbourhood_officer", force=force)
    answers = [
        client.get(f"/v1/people/{each['id']}", headers=sent) for each in [*people, people[0]]
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 200]
    assert "Retry-After" in answers[3].headers


def test_a_page_does_not_overrun_what_is_left_of_the_budget(
    client, headers, force, owner, committing_app
):
    people = [given_person(client, headers, force=force, family_name=f"N{n}") for n in range(20)]
    for person in people:
        given_want(client, headers, person=person, force=force)
    with owner.begin() as connection:
        connection.execute(
            text("""INSERT INTO policies (force, id, rule, applies_to, figure, from_on, source, set_by,
                                          recorded_at)
                    VALUES (:f, gen_random_uuid(), 'read-budget', 'all', 17, '2020-01-01', 't', 't', now())"""),
            {"f": force},
        )
    committing_app.extensions["offenders"].forget()
    limits.forget()
    sent = headers("neighbourhood_officer", force=force)
    assert client.get(f"/v1/people/{people[0]['id']}", headers=sent).status_code == 200
    assert client.get("/v1/wanted", headers=sent).status_code == 429


def test_people_read_by_the_short_cut_are_counted(client, round_trips, headers, force, engine):
    people = [given_person(client, headers, force=force, family_name=f"N{n}") for n in range(3)]
    sent = headers("neighbourhood_officer", force=force)
    for each in [*people, *people]:
        client.get(f"/v1/people/{each['id']}", headers=sent)
    assert round_trips == [True] * 5
    with transaction(engine, Work(force)) as session:
        count = text(
            "SELECT count(*) FROM people_read WHERE force = :f AND actor LIKE '%neighbourhood%'"
        )
        assert session.execute(count, {"f": force}).scalar_one() == 3


def test_a_lost_connection_costs_the_caller_nothing(
    client, round_trips, headers, force, committing_app
):
    sent = headers("investigator", force=force)
    for _ in range(2):
        client.get("/v1/wanted", headers=sent)
    held = committing_app.extensions["offenders"].prepared()._held.connection
    with socket.socket(fileno=os.dup(held.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
    before = len(round_trips)
    assert [client.get("/v1/wanted", headers=sent).status_code for _ in range(3)] == [200] * 3
    assert round_trips[before:] == [True, True]


def test_a_plan_that_the_server_forgot_is_prepared_again(engine):
    statements, ask = PreparedStatements(engine), Statement("SELECT CAST(:x AS int) AS x")
    assert statements.fetch(Work("33"), ask, {"x": 1}) == (1,)
    statements._held.connection.cursor().execute("DEALLOCATE ALL")
    assert statements.fetch(Work("33"), ask, {"x": 2}) == (2,)
    statements.forget()


def test_a_connection_keeps_few_statements_whatever_is_asked(engine):
    shapes = [Statement(f"SELECT CAST(:x AS int) + {n} AS x") for n in range(PREPARED_LIMIT + 20)]
    kept = "SELECT count(*) FROM pg_prepared_statements"
    statements = PreparedStatements(engine)
    for number, shape in [*enumerate(shapes), *enumerate(shapes)]:
        assert statements.fetch(Work("33"), shape, {"x": 1}) == (1 + number,)
    cursor = statements._held.connection.cursor()
    cursor.execute(kept)
    assert cursor.fetchone()[0] <= PREPARED_LIMIT
    statements.forget()
    with transaction(engine, Work("33")) as session:
        for number, shape in [*enumerate(shapes), *enumerate(shapes)]:
            assert ask(session, shape, {"x": 1}).x == 1 + number
        assert session.execute(text(kept)).scalar_one() <= PREPARED_LIMIT


def test_an_error_leaves_nothing_behind(engine, fresh_force):
    statements = PreparedStatements(engine)
    event = """INSERT INTO audit_events (force, id, actor, role, action, audit_class, request_id)
               VALUES (CAST(:force AS text), gen_random_uuid(), 'a', 'r', 'x', 'operation', 'q')"""
    broken = Statement(f"WITH e AS ({event} RETURNING 1) SELECT 1 / CAST(:zero AS int) FROM e")
    with pytest.raises(psycopg2.errors.DivisionByZero):
        statements.fetch(Work(fresh_force), broken, {"force": fresh_force, "zero": 0})
    statements.forget()
    with transaction(engine, Work(fresh_force)) as session:
        count = text("SELECT count(*) FROM audit_events WHERE force = :f")
        assert session.execute(count, {"f": fresh_force}).scalar_one() == 0


def test_names_are_numbered_and_casts_left_alone():
    statement = Statement("SELECT :a::text, x[1:2], ':' || :b, :a, '12:30'")
    assert statement.prepare.endswith(" AS SELECT $1::text, x[1:2], ':' || $2, $1, '12:30'")
    assert statement.call.endswith("(%(a)s, %(b)s)")


def test_the_log_line_shows_no_query(client, headers, force):
    sent = headers("investigator", force=force)
    with capture_logs() as lines:
        for _ in range(2):
            client.get("/v1/wanted?owner=PC1234", headers=sent)
    assert [line["route"] for line in lines] == ["/v1/wanted"] * 2
    assert "PC1234" not in str(lines)


def test_officers_read_of_their_own_area_by_it_unless_an_emergency_has_widened_that(
    client, headers, force, round_trips
):
    sent = headers("response_officer", force=force, lpas=["N"])
    person = given_person(client, headers, force=force)
    path = f"/v1/people/{person['id']}"
    assert client.get(path, headers=sent).status_code == 200
    round_trips.clear()
    assert client.get(path, headers=sent).status_code == 200
    assert round_trips == [True, True], "whether it is opened, then the read"
    body = {"person_id": person["id"], "reason": "He was seen with a knife just now."}
    assert client.post("/v1/emergency-access", json=body, headers=sent).status_code == 201
    round_trips.clear()
    assert client.get(path, headers=sent).status_code == 200
    assert round_trips == [True], "whether it is opened; then Flask"
