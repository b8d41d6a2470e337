"""What tests of the PNC share: files brought in and differences looked at, all undone after."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from contextlib import nullcontext

import pytest
from pnc_world import Kept
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.imports import running
from offenders.domain.imports.kinds import kind_of
from offenders.domain.imports.reading import Line
from offenders.domain.imports.running import Order, run_lines
from offenders.ids import new_id

SET = """
    UPDATE wants w SET {columns} FROM import_sources s
    WHERE s.force = '33' AND s.kind = 'wanted' AND s.source_ref = :ref AND w.force = s.force
      AND w.id = s.subject_id
"""
ALSO_CRO = """
    INSERT INTO person_identifiers (force, id, person_id, type, value, state, raw_value, source,
                                    recorded_by, recorded_at)
    SELECT force, gen_random_uuid(), subject_id, 'cro_number', :number, 'valid', :number, 'test',
           'test', now()
    FROM import_sources WHERE force = '33' AND kind = 'people' AND source_ref = :ref
"""
MOMENTS = ("circulated_at", "circulation_cancelled_at")


class InTurn(Executor):
    """Runs at once what another thread would: two threads can't share the test's connection."""

    def submit(self, fn, /, *args, **kwargs):
        done = Future()
        done.set_result(fn(*args, **kwargs))
        return done


@pytest.fixture
def bring(connection, monkeypatch):
    """Bring rows of a kind into force 33; give the summary and the problems.

    An import takes connections of its own; here they are the test's, so that all is undone.
    """
    monkeypatch.setattr(running, "ThreadPoolExecutor", lambda *_: InTurn())
    connection.connect = lambda: nullcontext(connection)

    def bring_in(kind, *rows, complete=False, dry_run=False, force="33", import_id=None):
        order = Order(force, kind_of(kind), "test", import_id or new_id(force), dry_run, complete)
        kept = Kept()
        lines = (Line(number, dict(row), None, 0) for number, row in enumerate(rows, start=1))
        summary = run_lines(connection, order, lines, kept)
        assert summary.read == sum(summary[1:5])
        return summary, kept

    return bring_in


@pytest.fixture
def pnc(bring):
    """Bring in PNC's list, the whole of it unless told."""

    def bring_in(*rows, complete=True, **more):
        return bring("pnc-wanted", *rows, complete=complete, **more)

    return bring_in


@pytest.fixture
def look(connection):
    """Ask the database in a force; a change is kept until the test ends."""

    def look_up(statement, force="33", **values):
        with transaction(connection, Work(force)) as session:
            found = session.execute(text(statement), values)
            return found.all() if found.returns_rows else None

    return look_up


@pytest.fixture
def listed(client, headers):
    """List differences as a caller sees them; every one unless filtered."""

    def ask(role="supervisor", *, force="33", lpas=(), **query):
        sent = headers(role, force=force, lpas=lpas)
        answer = client.get("/v1/pnc-differences", query_string=query, headers=sent)
        assert answer.status_code == 200, answer.json
        return answer.json["items"]

    return ask


@pytest.fixture
def build(bring, pnc, look):
    """Bring a world in, in the order in which it happened."""

    def set_columns(changes):
        for ref, columns in changes:
            now = {name for name, value in columns.items() if value == "now"}
            casts = {name: f"CAST(:{name} AS timestamptz)" for name in MOMENTS}
            parts = ", ".join(
                f"{name} = {'clock_timestamp()' if name in now else casts.get(name, ':' + name)}"
                for name in columns
            )
            values = {name: value for name, value in columns.items() if name not in now}
            look(SET.format(columns=parts), ref=ref, **values)

    def make(world):
        assert bring("people", *world.people)[0].refused == 0
        assert bring("wanted", *world.wants)[0].refused == 0
        set_columns(world.before)
        for person, number in world.also_cro:
            look(ALSO_CRO, ref=person, number=number)
        if world.earlier:
            assert pnc(*world.earlier)[0].refused == 0
        assert pnc(*world.pnc)[0].refused == 0
        set_columns(world.after)

    return make


@pytest.fixture
def found(listed, look):
    """Give (kind, want, row) of what is listed, in the senders' own keys."""

    def read(world):
        refs = {
            str(row.subject_id): row.source_ref
            for row in look("SELECT subject_id, source_ref FROM import_sources WHERE force = '33'")
        }
        items = listed(limit=200)
        assert len(items) < 200
        differences = (
            (
                each["kind"],
                each["want"] and refs[each["want"]["id"]],
                each["pnc"] and each["pnc"]["source_ref"],
            )
            for each in items
        )
        return sorted(map(world.named, differences), key=str)

    return read
