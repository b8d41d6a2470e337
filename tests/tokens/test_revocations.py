"""Revoked tokens: which end, in which force, until when, and on every server at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from uuid import uuid4

import jwt
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from offenders import clock
from offenders.api import create_app, revoked
from offenders.api.revoked import Revocations
from offenders.db import Work, transaction
from offenders.domain.actors import Actor
from offenders.issuer import issue_token, load_or_make_key
from offenders.jobs import runner
from offenders.jobs.timetable import find_job

REVOKED = "urn:offenders:problem:token-revoked"


@pytest.fixture
def token(settings):
    """Make a token as an issuer would, so many seconds from now: `token("ann", after=-60)`."""
    key = load_or_make_key(settings.data_dir)

    def make(name, *, role="response_officer", force="33", after=-2.0):
        return issue_token(
            key,
            roles=[role],
            force=force,
            name=name,
            audience=settings.oidc_audience,
            now=datetime.now(UTC) + timedelta(seconds=after),
        )

    return make


@pytest.fixture(autouse=True)
def _read_at_once(monkeypatch):
    monkeypatch.setattr(revoked, "READ_SECONDS", 0.0)


@pytest.fixture
def revoke(client, headers):
    def post(role="force_admin", force="33", **body):
        sent = headers(role, force=force, name="admin")
        return client.post("/v1/revocations", json={"reason": "Radio lost."} | body, headers=sent)

    return post


@pytest.fixture
def status(client):
    """Tell how a token is answered: the status, or the type of the problem."""

    def ask(sent):
        answer = client.get("/v1/flags", headers={"Authorization": f"Bearer {sent}"})
        return answer.json["type"] if answer.status_code == 401 else answer.status_code

    return ask


def ids_of(token):
    claims = jwt.decode(token, options={"verify_signature": False})
    return claims["sub"], claims["jti"]


def test_a_token_ends_by_its_id_and_no_other_does(token, revoke, status):
    one, other = token("ann"), token("ann")
    assert [status(one), status(other)] == [200, 200]
    subject, token_id = ids_of(one)
    answer = revoke(jti=token_id)
    assert answer.status_code == 201
    assert {
        name: answer.json[name]
        for name in ("sub", "jti", "reason", "is_live", "force", "revoked_by")
    } == {
        "sub": None,
        "jti": token_id,
        "reason": "Radio lost.",
        "is_live": True,
        "force": "33",
        "revoked_by": "dev-admin",
    }
    assert [status(one), status(other)] == [REVOKED, 200]
    assert subject == "dev-ann"


def test_a_subject_loses_what_they_had_and_may_sign_in_again(token, revoke, status):
    before = [token("ann"), token("ann", after=-3600), token("ann", role="investigator")]
    bob = token("bob")
    assert revoke(sub="dev-ann").status_code == 201
    assert [status(each) for each in before] == [REVOKED] * 3
    assert [status(token("ann", after=2)), status(bob)] == [200, 200]


def test_the_answer_says_what_to_do_and_is_no_failed_token(client, token, revoke, monkeypatch):
    monkeypatch.setattr("offenders.api.limits.FAILED_TOKENS_A_MINUTE", 0)
    sent = token("ann")
    revoke(sub="dev-ann")
    answer = client.get("/v1/flags", headers={"Authorization": f"Bearer {sent}"})
    assert (answer.status_code, answer.json["type"]) == (401, REVOKED)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "Sign in again" in answer.json["detail"]
    assert "ann" not in answer.json["detail"]


def test_a_revocation_stops_tokens_of_its_own_force_only(token, revoke, status):
    here, there = token("ann"), token("ann", force="31")
    assert revoke(force="31", sub="dev-ann").status_code == 201
    assert [status(here), status(there)] == [200, REVOKED]


def test_an_admin_may_revoke_their_own_tokens(client, headers, revoke):
    assert revoke(sub="dev-admin").status_code == 201
    assert revoke(sub="dev-admin").json["type"] == REVOKED


def test_every_route_refuses_a_revoked_token_before_anything_is_done(client, token, revoke):
    sent = {"Authorization": f"Bearer {token('ann', role='force_admin')}"}
    revoke(sub="dev-ann")
    for (rule, method), operation in client.application.extensions["operations"].items():
        if operation.scope == "public":
            continue
        body = {} if method == "GET" else {"json": {}}
        path = rule.replace("<", "").replace(">", "")
        answer = client.open(path, method=method, headers=sent, **body)
        assert (rule, answer.status_code, answer.json["type"]) == (rule, 401, REVOKED)


def moments(**span):
    return (datetime.now(UTC) + timedelta(**span)).isoformat()


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/sub"),
        ({"sub": "a", "jti": "b"}, "/sub"),
        ({"sub": ""}, "/sub"),
        ({"sub": "x" * 201}, "/sub"),
        ({"sub": "a\0"}, "/sub"),
        ({"sub": 7}, "/sub"),
        ({"jti": "x" * 1001}, "/jti"),
        ({"sub": "a", "reason": " "}, "/reason"),
        ({"sub": "a", "roles": ["supervisor"]}, "/roles"),
        ({"sub": "a", "until": moments(seconds=-1)}, "/until"),
        ({"sub": "a", "until": moments(days=3651)}, "/until"),
        ({"sub": "a", "until": "2030-01-01"}, "/until"),
    ],
)
def test_a_body_that_names_none_or_both_or_a_wrong_end_is_refused(revoke, body, pointer):
    answer = revoke(**body)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_a_reason_is_needed(client, headers):
    answer = client.post("/v1/revocations", json={"sub": "a"}, headers=headers("force_admin"))
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/reason")


def test_a_subject_is_taken_to_the_letter(revoke):
    assert revoke(sub=" auth0|Ann\t").json["sub"] == " auth0|Ann\t"


@pytest.mark.parametrize(
    ("role", "posts", "reads"),
    [
        ("force_admin", 201, 200),
        ("auditor", 403, 200),
        ("chief_officer", 403, 403),
        ("duty_inspector", 403, 403),
        ("investigator", 403, 403),
    ],
)
def test_who_revokes_and_who_looks(client, headers, revoke, role, posts, reads):
    assert revoke(role=role, sub="dev-x").status_code == posts
    assert client.get("/v1/revocations", headers=headers(role)).status_code == reads


def test_revocations_are_listed_newest_first_in_ones_own_force(client, headers, revoke):
    made = [revoke(sub=f"dev-{number}").json for number in range(3)]
    revoke(force="31", sub="dev-elsewhere")
    sent = headers("auditor")
    first = client.get("/v1/revocations?limit=2&count=true", headers=sent).json
    second = client.get(f"/v1/revocations?limit=2&cursor={first['next']}", headers=sent).json
    assert first["total"] == 3
    assert first["items"] + second["items"] == made[::-1]
    found = client.get("/v1/revocations?sub=dev-1", headers=sent).json["items"]
    assert found == [made[1]]
    assert client.get("/v1/revocations?jti=dev-1", headers=sent).json["items"] == []


def test_a_revocation_is_audited_without_the_reason_or_the_subject(connection, revoke):
    made = revoke(sub="dev-ann", reason="Canary reason").json
    with transaction(connection, Work("33")) as session:
        find = text("SELECT * FROM audit_events WHERE action = 'tokens.revoke'")
        (act,) = session.execute(find).all()
    assert (act.audit_class, act.actor) == ("operation", "dev-admin")
    assert [str(each) for each in act.subject_ids] == [made["id"]]
    assert "Canary" not in str(act)


def test_a_repeated_request_revokes_once(client, headers, connection):
    sent = headers("force_admin", Idempotency_Key="revoke-1")
    body = {"sub": "dev-ann", "reason": "x"}
    first, again = (client.post("/v1/revocations", json=body, headers=sent) for _ in range(2))
    assert first.json == again.json
    assert again.headers["Idempotency-Replayed"] == "true"
    with transaction(connection, Work("33")) as session:
        assert session.execute(text("SELECT count(*) FROM revocations")).scalar_one() == 1


# What a worker knows

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def actor(subject="ann", *, force="33", token_id="t1", issued=NOW):
    return Actor(
        subject,
        "",
        frozenset({"response_officer"}),
        force,
        frozenset(),
        frozenset(),
        None,
        token_id,
        issued,
    )


@pytest.fixture
def known(connection):
    return Revocations(lambda: connection)


@pytest.fixture
def insert(connection):
    def put(*, force="33", subject=None, token_id=None, at=NOW, until=NOW + timedelta(days=1)):
        with transaction(connection, Work(force)) as session:
            statement = text("""
                INSERT INTO revocations (force, id, subject, token_id, reason, until, revoked_by,
                                         revoked_at)
                VALUES (:force, :id, :subject, :token_id, 'x', :until, 'admin', :at)
            """)
            values = {"force": force, "id": uuid4(), "subject": subject, "token_id": token_id}
            session.execute(statement, values | {"at": at, "until": until})

    return put


SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("issued", "stopped"),
    [
        (NOW - timedelta(hours=8), True),
        (NOW - SECOND, True),
        (NOW, True),
        (NOW + SECOND, False),
        (NOW + timedelta(hours=1), False),
        (None, True),
    ],
)
def test_a_subjects_tokens_are_stopped_up_to_the_moment_of_revocation(
    known, insert, issued, stopped
):
    insert(subject="ann")
    with clock.as_if_at(NOW + SECOND):
        assert known.is_revoked(actor(issued=issued)) is stopped
        assert not known.is_revoked(actor("bob", issued=issued))


@pytest.mark.parametrize(
    ("now", "stopped"),
    [
        (NOW, True),
        (NOW + timedelta(days=1) - timedelta(microseconds=1), True),
        (NOW + timedelta(days=1), False),
    ],
)
@pytest.mark.parametrize("named", [{"subject": "ann"}, {"token_id": "t1"}])
def test_a_revocation_holds_until_its_end(monkeypatch, known, insert, now, stopped, named):
    monkeypatch.setattr(revoked, "READ_SECONDS", 60.0)
    insert(**named)
    with clock.as_if_at(NOW):
        assert known.is_revoked(actor())
    with clock.as_if_at(now):
        assert known.is_revoked(actor()) is stopped


def test_of_several_revocations_the_furthest_counts(known, insert):
    insert(subject="ann", at=NOW + timedelta(hours=1))
    insert(subject="ann", at=NOW - timedelta(hours=1), until=NOW + timedelta(days=9))
    insert(token_id="t1", until=NOW + timedelta(days=3))
    insert(token_id="t1", until=NOW + timedelta(days=2))
    with clock.as_if_at(NOW):
        assert known.is_revoked(actor(token_id=None))
    with clock.as_if_at(NOW + timedelta(days=2, hours=1)):
        assert known.is_revoked(actor())
        assert not known.is_revoked(actor(token_id=None))


def test_a_token_without_a_force_is_stopped_by_no_force(known, insert):
    insert(subject="ann")
    assert not known.is_revoked(actor(force=None))


def test_the_database_is_asked_once_in_a_while(monkeypatch, known, insert):
    seconds = [1000.0]
    monkeypatch.setattr(revoked, "monotonic", lambda: seconds[0])
    with clock.as_if_at(NOW):
        assert not known.is_revoked(actor())
        insert(token_id="t1")
        seconds[0] += revoked.READ_SECONDS - 0.1
        assert not known.is_revoked(actor())
        seconds[0] += 0.1
        assert known.is_revoked(actor())


def test_what_was_read_serves_while_the_database_is_silent_and_not_for_ever(
    monkeypatch, connection, insert
):
    seconds = [1000.0]
    monkeypatch.setattr(revoked, "monotonic", lambda: seconds[0])
    nobody = create_engine("postgresql+psycopg2://nobody@127.0.0.1:9/none")
    binds = [connection]
    known = Revocations(lambda: binds[0])
    insert(token_id="t1")
    with clock.as_if_at(NOW):
        assert known.is_revoked(actor())
        binds[0] = nobody
        for passed in (revoked.READ_SECONDS, revoked.SILENT_SECONDS - revoked.READ_SECONDS):
            seconds[0] += passed
            assert known.is_revoked(actor())
            assert not known.is_revoked(actor("bob", token_id="t2"))
        seconds[0] += revoked.RETRY_SECONDS
        with pytest.raises(SQLAlchemyError):
            known.is_revoked(actor("bob", token_id="t2"))
        binds[0] = connection
        seconds[0] += revoked.RETRY_SECONDS
        assert known.is_revoked(actor())


def test_after_one_vain_wait_the_others_do_not_queue_for_theirs(monkeypatch):
    monkeypatch.setattr(revoked, "monotonic", lambda: 1000.0)
    asked = []

    def engine():
        asked.append(1)
        return create_engine("postgresql+psycopg2://nobody@127.0.0.1:9/none")

    known = Revocations(engine)
    for _ in range(5):
        with pytest.raises(SQLAlchemyError):
            known.is_revoked(actor())
    assert len(asked) == 1


def test_nobody_waits_for_a_read_under_way(monkeypatch, connection):
    monkeypatch.setattr(revoked, "READ_SECONDS", 0.0)
    reading, go_on = Event(), Event()
    held = []

    def engine():
        if held:
            reading.set()
            go_on.wait(60)
        return connection

    known = Revocations(engine)
    known.is_revoked(actor())
    held.append(True)
    reader = Thread(target=known.is_revoked, args=(actor(),))
    reader.start()
    assert reading.wait(60)
    assert not known.is_revoked(actor())
    assert reader.is_alive()
    go_on.set()
    reader.join()


def test_a_force_has_a_limit_of_live_revocations(monkeypatch, revoke, insert):
    monkeypatch.setattr(revoked, "LIVE_LIMIT", 2)
    insert(subject="old", until=datetime.now(UTC) - SECOND)
    insert(force="31", subject="elsewhere", until=datetime.now(UTC) + timedelta(days=1))
    assert [revoke(sub=f"dev-{number}").status_code for number in range(3)] == [201, 201, 409]


def test_a_revocation_acts_on_every_server_of_the_database(
    settings, engine, fresh_force, token, monkeypatch
):
    seconds = [1000.0]
    monkeypatch.setattr(revoked, "monotonic", lambda: seconds[0])
    servers = [create_app(settings, engine).test_client() for _ in range(3)]
    sent = {"Authorization": f"Bearer {token('ann', force=fresh_force)}"}
    admin = token("admin", role="force_admin", force=fresh_force)
    assert [each.get("/v1/flags", headers=sent).status_code for each in servers] == [200] * 3
    made = servers[0].post(
        "/v1/revocations",
        json={"sub": "dev-ann", "reason": "x"},
        headers={"Authorization": f"Bearer {admin}"},
    )
    assert made.status_code == 201
    seconds[0] += revoked.READ_SECONDS
    assert [each.get("/v1/flags", headers=sent).json["type"] for each in servers] == [REVOKED] * 3


def test_revocations_are_deleted_a_quarter_after_their_end(engine, fresh_force):
    now = datetime.now(UTC)
    with transaction(engine, Work(fresh_force)) as session:
        for days in (-91, -89, 1):
            values = {"force": fresh_force, "id": uuid4(), "sub": f"s{days}", "at": now}
            session.execute(
                text(
                    "INSERT INTO revocations VALUES (:force, :id, :sub, NULL, 'x', :until, 'a', :at)"
                ),
                values | {"until": now + timedelta(days=days)},
            )
    made = runner.run(engine, find_job("housekeeping"), forces=[fresh_force])
    assert made.state == "succeeded"
    with transaction(engine, Work(fresh_force)) as session:
        left = session.execute(text("SELECT subject FROM revocations ORDER BY subject")).scalars()
        assert list(left) == ["s-89", "s1"]
