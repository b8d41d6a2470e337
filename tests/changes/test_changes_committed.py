"""The change feed over real transactions: late commits, nothing to compare, many at once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import given_neighbourhood, given_person, given_want
from devices_given import Device
from sharing_given import Sharing
from sqlalchemy import text

from offenders.clock import as_if_at
from offenders.db import Reader, Work, transaction
from offenders.domain.actors import Actor
from offenders.domain.changes import feed
from offenders.domain.changes.views import view_of
from offenders.jobs import runner
from offenders.jobs.housekeeping import tidy_up
from offenders.jobs.timetable import find_job

RAISE = text("""
    UPDATE wants SET risk = :risk WHERE force = :force AND id = CAST(:id AS uuid)
""")
AGE = text("""
    UPDATE force_writes SET begun_at = begun_at - interval '2 hours' WHERE of_force = :force
""")
OLD = text("""
    SELECT count(*) FROM force_writes
    WHERE of_force = :force AND begun_at < clock_timestamp() - interval '1 hour'
""")


@pytest.fixture
def client(committing_client):
    return committing_client


@pytest.fixture
def want(client, headers, force):
    """Somebody wanted in a ward."""
    given_neighbourhood(client, "W1", force=force)
    person = given_person(client, headers, force=force)
    return given_want(client, headers, person=person, force=force, neighbourhood="W1")


@pytest.fixture
def officer(client, headers, force, want):
    """A device that holds its ward."""
    made = Device(client, headers("response_officer", force=force), ["W1"])
    made.begin()
    made.pull_ward("W1")
    return made


@pytest.fixture
def compared(monkeypatch):
    """Count how often cards are compared."""
    times, once = [], feed._compare_once

    def counting(*given):
        times.append(1)
        once(*given)

    monkeypatch.setattr(feed, "_compare_once", counting)
    return times


def test_what_commits_late_is_not_lost(client, headers, engine, force, officer, want):
    """An edit begun before a pull and committed after it comes with the next."""
    with transaction(engine, Work(force)) as late:
        late.execute(RAISE, {"force": force, "id": want["id"], "risk": "very_high"})
        given_want(client, headers, force=force, neighbourhood="W1")
        before = len(officer.pull().held)
        assert before == 2
        assert {card["risk"] for card in officer.held.values()} == {"standard"}
    assert len(officer.pull().held) == 2
    assert {card["risk"] for card in officer.held.values()} == {"standard", "very_high"}


def test_without_a_writer_nothing_is_compared(
    client, headers, engine, force, officer, want, compared
):
    officer.pull()
    compared.clear()
    for _ in range(3):
        officer.pull()
        officer.pull_ward("W1")
    assert compared == []
    with transaction(engine, Work("00")):
        pass
    officer.pull()
    assert compared == []
    with transaction(engine, Work(force)) as session:
        session.execute(RAISE, {"force": force, "id": want["id"], "risk": "high"})
    assert [card["risk"] for card in officer.pull().held.values()] == ["high"]
    assert compared == [1]
    with transaction(engine, Work(force)) as session:
        session.execute(RAISE, {"force": force, "id": want["id"], "risk": "medium"})
        session.rollback()
    assert officer.ask(officer.token)["items"] == []


def test_what_time_alone_changes_is_compared_without_a_writer(
    client, headers, force, officer, want, compared
):
    sent = headers("supervisor", force=force, If_Match="*")
    body = {"power": "PACE 1984 s.24"}
    assert client.patch(f"/v1/wanted/{want['id']}", json=body, headers=sent).status_code == 200
    officer.sent = headers("response_officer", force=force, hours=24 * 100)
    due = datetime.fromisoformat(want["validation_due_at"])
    compared.clear()
    for days in (60, 40, 20):
        with as_if_at(due - timedelta(days=days)):
            assert officer.pull().ask(officer.token)["items"] == []
    for seconds, act in ((-2, "yes"), (-1, "yes"), (0, "yes"), (1, "confirm_first")):
        with as_if_at(due + timedelta(seconds=seconds)):
            (card,) = officer.pull().held.values()
            assert card["if_met"]["act"] == act
            assert officer.held == officer.whole()
    assert len(compared) == 5


def test_marks_of_writers_go_once_every_view_has_seen_them(
    client, headers, engine, owner, force, officer
):
    def left_over_after_an_hour():
        with owner.begin() as connection:
            connection.execute(AGE, {"force": force})
        with transaction(engine, Work(force)) as session:
            tidy_up(session, force)
            return session.execute(OLD, {"force": force}).scalar_one()

    officer.pull()
    given_want(client, headers, force=force, neighbourhood="W1")
    assert left_over_after_an_hour() > 0
    assert len(officer.pull().held) == 2
    assert left_over_after_an_hour() == 0


def test_marks_of_another_server_go_though_no_view_can_have_seen_them(
    client, engine, owner, force, officer, compared
):
    """They came with a copy of its database, whose numbers are ahead."""
    beyond = text("""
        INSERT INTO force_writes (of_force, xid, begun_at)
        VALUES (:force, CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)
                        + 1000000, clock_timestamp() - interval '2 hours')
    """)
    with owner.begin() as connection:
        connection.execute(beyond, {"force": force})
    officer.pull()
    compared.clear()
    officer.pull()
    assert len(compared) == 1, "as long as they are there, everybody compares"
    with transaction(engine, Work(force)) as session:
        tidy_up(session, force)
    officer.pull()
    compared.clear()
    officer.pull()
    assert compared == []


def test_many_who_pull_at_once_share_what_one_compares(
    client, headers, engine, force, officer, want, compared, committing_app
):
    officer.pull()
    compared.clear()
    given_want(client, headers, force=force, neighbourhood="W1")
    start = threading.Barrier(6)

    def pull(_number):
        start.wait()
        answer = committing_app.test_client().get(
            "/v1/changes", query_string={"since": officer.token}, headers=officer.sent
        )
        return [each["op"] for each in answer.json["items"]]

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(pull, range(6))) == [["upsert"]] * 6
    assert 1 <= len(compared) <= 2


def test_the_short_cut_notes_what_it_shows_as_flask_does(
    client, headers, engine, force, officer, want, committing_app
):
    path = "/v1/neighbourhoods/W1/offenders"
    officer.pull()
    whole = committing_app.wsgi_app.flask
    short, committing_app.wsgi_app = committing_app.wsgi_app, whole
    try:
        flask = committing_app.test_client().get(path, headers=officer.sent)
    finally:
        committing_app.wsgi_app = short
    quick = client.get(path, headers=officer.sent)
    assert quick.json["items"] == flask.json["items"]
    assert quick.headers["ETag"] == flask.headers["ETag"]
    assert (quick.headers["Vary"], flask.headers["Vary"]) == ("Accept-Encoding",) * 2
    for risk in ("high", "standard"):
        with transaction(engine, Work(force)) as session:
            session.execute(RAISE, {"force": force, "id": want["id"], "risk": risk})
        if risk == "high":
            officer.pull_ward("W1")
    assert [card["risk"] for card in officer.held.values()] == ["high"]
    assert [card["risk"] for card in officer.pull().held.values()] == ["standard"]


def test_jobs_leave_a_mark_only_where_they_wrote(client, engine, force, officer, want, compared):
    """A job of every minute that finds nothing to do makes nobody compare again."""
    quiet = find_job("wanted-reviews")
    runner.run(engine, quiet, forces=[force])
    officer.pull()
    compared.clear()
    runner.run(engine, quiet, slot=datetime.now(UTC), trigger="scheduled", forces=[force])
    officer.pull()
    assert compared == []

    def raise_risk(session, force):
        session.execute(RAISE, {"force": force, "id": want["id"], "risk": "high"})
        return runner.Effect()

    silent = replace(quiet, effect_in=raise_risk)
    runner.run(engine, silent, slot=datetime.now(UTC), trigger="scheduled", forces=[force])
    assert [card["risk"] for card in officer.pull().held.values()] == ["high"]


def test_a_restriction_that_comes_while_one_pulls_leaves_their_token_good(
    client, headers, engine, force, officer, want
):
    """It is committed after the pull's transaction has begun: whom it hides isn't cleared."""
    role = "response_officer"
    reader = Reader(role, (role,))
    actor = Actor(role, "", frozenset({role}), force, *[frozenset()] * 2, *[None] * 3)
    with transaction(engine, Work(force, writes=False, reader=reader)) as session:
        before = view_of(session, actor, force)
        Sharing(client, headers, force).restrict(want["person"])
        during = view_of(session, actor, force)
    assert (before.hidden, during.hidden) == ("{}", "{}")
    assert before.id == during.id
    assert officer.pull().held == {}
