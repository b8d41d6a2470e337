"""A request is whole or not at all: faults at each step of it, and several at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from acro_given import given_check
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.acro import acting, overdue
from offenders.domain.outbox import service as outbox

LEFT = """
    SELECT (SELECT string_agg(state || ' ' || version, ', ') FROM acro_checks),
           (SELECT count(*) FROM acro_checks_history),
           (SELECT count(*) FROM outbox_messages),
           (SELECT count(*) FROM waiting_messages),
           (SELECT count(*) FROM flags WHERE state <> 'cleared'),
           (SELECT count(*) FROM acro_convictions)
"""


@pytest.fixture
def check(engine, fresh_force):
    with transaction(engine, Work(fresh_force)) as session:
        made = given_check(session)
        overdue.settle_rule(session, "missing-acro-checks")
        return made


@pytest.fixture
def left(engine, fresh_force):
    def look():
        with transaction(engine, Work(fresh_force)) as session:
            return tuple(session.execute(text(LEFT)).one())

    return look


@pytest.fixture
def step(committing_app, headers, fresh_force, check):
    def do(name, version="*", **body):
        sent = headers("investigator", force=fresh_force, **{"If-Match": version})
        path = f"/v1/acro-checks/{check['id']}/{name}"
        return committing_app.test_client().post(path, json=body, headers=sent).status_code

    return do


class Fault(Exception):
    """Something that goes wrong in the middle."""


def after(monkeypatch, module, name):
    """Let the first call of a function do its work and then fail."""
    work = getattr(module, name)

    def fail(*args, **more):
        work(*args, **more)
        raise Fault

    monkeypatch.setattr(module, name, fail)


STEPS = [
    (acting.store, "get_check"),
    (acting.store, "identity"),
    (acting, "due_for_reply"),
    (outbox.store, "add_messages"),
    (acting, "post"),
    (acting, "keep_history"),
    (acting, "settle_check"),
]


@pytest.mark.parametrize(("module", "name"), STEPS, ids=[name for _, name in STEPS])
def test_a_fault_at_any_step_of_a_request_leaves_nothing(monkeypatch, step, left, module, name):
    before = left()
    assert before == ("required 1", 1, 0, 0, 1, 0)
    with monkeypatch.context() as patched:
        after(patched, module, name)
        assert step("requests") == 500
    assert left() == before
    assert step("requests") == 201
    assert left() == ("requested 2", 2, 1, 1, 0, 0)


@pytest.mark.parametrize("name", ["_add_convictions", "keep_history", "settle_check"])
def test_a_fault_at_any_step_of_an_answer_leaves_nothing(monkeypatch, step, left, name):
    step("requests")
    before = left()
    body = {"response": "trace", "convictions": [{"offence": "Furt"}]}
    with monkeypatch.context() as patched:
        after(patched, acting, name)
        assert step("responses", **body) == 500
    assert left() == before
    assert step("responses", **body) == 201
    assert left() == ("responded 3", 3, 1, 1, 0, 1)


def test_of_several_requests_at_once_one_is_made_and_sent(step, left):
    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(pool.map(lambda _: step("requests", '"1"'), range(6)))
    assert statuses == [201, 412, 412, 412, 412, 412]
    assert left() == ("requested 2", 2, 1, 1, 0, 0)
