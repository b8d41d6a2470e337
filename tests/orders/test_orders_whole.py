"""Writers who race over orders, and faults at any statement: one effect, or none."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from orders_given import Orders, day, moment
from sqlalchemy import event, text

from offenders.db import Work, transaction
from offenders.domain.imports.service import run_rows

TABLES = (
    *("orders", "orders_history", "order_actions", "order_breaches", "order_breaches_history"),
    *("wants", "wants_history", "flags", "managements", "import_sources"),
)


class Killed(Exception):
    """Stands for whatever ends the work between two statements."""


@contextmanager
def killed_at(engine, number):
    """End the work at its statement of this number."""
    seen = []

    def count(*_arguments):
        seen.append(1)
        if len(seen) == number:
            raise Killed

    event.listen(engine, "before_cursor_execute", count)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", count)


@pytest.fixture
def desk(committing_app, headers, fresh_force):
    return Orders(committing_app.test_client(), headers, fresh_force)


@pytest.fixture
def kept(engine, fresh_force):
    def read():
        with transaction(engine, Work(fresh_force)) as session:
            return {
                table: session.execute(
                    text(f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t")
                ).scalar_one()
                for table in TABLES
            }

    return read


def race(app, desk, path, bodies, **more):
    """Post these at once; give the statuses in order."""

    def work(body):
        sent = desk.sent | {"If-Match": '"1"'} | more
        return app.test_client().post(path.format(**body.pop("path", {})), json=body, headers=sent)

    with ThreadPoolExecutor(len(bodies)) as pool:
        return sorted(answer.status_code for answer in pool.map(work, bodies))


def test_breaches_at_once_of_two_orders_share_one_want(committing_app, desk):
    person = desk.person()["id"]
    made = [desk.given(person_id=person, type=kind) for kind in ("SHPO", "SRO", "CBO")]
    bodies = [
        {"path": {"id": each["id"]}, "open_want": True, "crime_reference": "C1"} for each in made
    ]
    assert race(committing_app, desk, "/v1/orders/{id}/breaches", bodies) == [201] * 3
    breaches = desk.list("/v1/order-breaches")
    assert (len(breaches), len({each["want_id"] for each in breaches})) == (3, 1)


def test_one_breach_told_six_times_at_once_is_one(committing_app, desk):
    made = desk.given()
    bodies = [{"occurred_at": moment(-1)} for _ in range(6)]
    statuses = race(committing_app, desk, f"/v1/orders/{made['id']}/breaches", bodies)
    assert statuses == [201] + [409] * 5
    assert len(desk.list("/v1/order-breaches")) == 1


def test_one_order_told_six_times_at_once_is_one(committing_app, desk):
    body = {
        "person_id": desk.person()["id"],
        "type": "SHPO",
        "made_on": day(-3),
        "court_reference": "T20167001",
    }
    statuses = race(committing_app, desk, "/v1/orders", [dict(body) for _ in range(6)])
    assert statuses == [201] + [409] * 5
    assert len(desk.list()) == 1


def test_of_two_decisions_at_once_one_comes_too_late(committing_app, desk):
    made = desk.given(made_on=None)
    bodies = [{"decision": decision} for decision in ("granted", "refused") * 2]
    statuses = race(committing_app, desk, f"/v1/orders/{made['id']}/decisions", bodies)
    assert statuses == [201] + [412] * 3


def test_a_breach_and_its_want_stand_or_fall_together(engine, desk, kept):
    made = desk.given()
    before, number, done = kept(), 0, False
    while not done:
        number += 3  # every third statement: the want alone takes some thirty
        path = f"/v1/orders/{made['id']}/breaches"
        with killed_at(engine, number) as seen:
            answer = desk.client.post(
                path,
                json={"open_want": True, "occurred_at": moment(-1)},
                headers=desk.sent | {"If-Match": '"1"'},
            )
        done = answer.status_code == 201
        if not done:
            assert answer.status_code == 500
            assert kept() == before, number
    assert number > len(seen) > 15


def test_an_import_that_was_killed_goes_on_where_it_stopped(engine, desk, kept):
    described = {"family_name": "Example", "date_of_birth": "1980-01-01"}
    rows = [
        {
            "source_ref": str(n),
            "type": "SHPO",
            "made_on": day(-40),
            "breaches": [day(-9)],
            **described,
        }
        for n in range(3)
    ]

    def bring():
        return run_rows(engine, force=desk.force, kind="orders", rows=rows, requested_by="test")

    before, number = kept(), 4
    while True:
        number += 7
        with killed_at(engine, number):
            try:
                summary = bring()
                break
            except Killed:
                assert kept() == before, number
    assert (summary.created, number > 25) == (3, True)
    assert len(desk.list("/v1/order-breaches")) == 3
    after = kept()
    assert bring().unchanged == 3
    assert kept() == after
