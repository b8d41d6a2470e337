"""A fault at any statement leaves everything or nothing, and what is run again ends alike."""

from __future__ import annotations

from contextlib import contextmanager

import pytest
from bail_given import Bail, ago
from sqlalchemy import event, text

from offenders.db import Work, transaction
from offenders.domain.imports import running
from offenders.domain.imports.service import run_rows

TABLES = (
    "bail_records",
    "bail_records_history",
    "bail_actions",
    "wants",
    "wants_history",
    "want_actions",
    "flags",
    "import_sources",
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
    return Bail(committing_app.test_client(), headers, fresh_force)


@pytest.fixture
def kept(engine):
    def read(force):
        with transaction(engine, Work(force)) as session:
            return {
                table: session.execute(
                    text(f"SELECT md5(string_agg(t::text, ',' ORDER BY t::text)) FROM {table} t")
                ).scalar_one()
                for table in TABLES
            }

    return read


def test_a_failure_and_its_want_stand_or_fall_together(engine, desk, kept):
    record = desk.given(return_at=ago(1))
    before, number, done = kept(desk.force), 0, False
    while not done:
        number += 1
        sent = desk.sent | {"If-Match": '"1"'}
        path = f"/v1/bail-records/{record['id']}/failures"
        with killed_at(engine, number) as seen:
            answer = desk.client.post(path, json={}, headers=sent)
        done = answer.status_code == 201
        if not done:
            assert answer.status_code == 500
            assert kept(desk.force) == before, number
    assert number == len(seen) + 1 > 10
    assert desk.headline()["people"] == 1


def rows():
    shared = {"bailed_at": ago(9), "return_at": ago(2), "date_of_birth": "1990-01-01"}
    states = ("failed_to_answer", "surrendered", "on_bail")
    return [
        {
            **shared,
            "source_ref": f"B{number}",
            "family_name": f"Family{number}",
            "arrested_at": ago(10 + number),
            "crime_reference": f"C{number}",
            "state": states[number % 3],
        }
        for number in range(6)
    ]


SUMMARY = text("""
    SELECT s.source_ref, b.state, b.ends_on, b.version, w.state,
           (SELECT count(*) FROM bail_actions a WHERE a.bail_id = b.id),
           (SELECT count(*) FROM bail_records_history h WHERE h.id = b.id),
           (SELECT count(*) FROM want_actions a WHERE a.want_id = w.id)
    FROM import_sources s JOIN bail_records b ON b.force = s.force AND b.id = s.subject_id
    LEFT JOIN wants w ON w.force = b.force AND w.id = b.want_id
    WHERE s.kind = 'bail' ORDER BY 1
""")


def test_an_import_that_is_stopped_anywhere_ends_alike_when_run_again(
    engine, fresh_force, other_force, purge, monkeypatch
):
    monkeypatch.setattr(running, "BATCH_ROWS", 2)

    def bring(force):
        return run_rows(engine, force=force, kind="bail", rows=rows(), requested_by="test")

    def summary(force):
        with transaction(engine, Work(force)) as session:
            return [tuple(row) for row in session.execute(SUMMARY)]

    with killed_at(engine, 10_000) as seen:
        bring(other_force)
    whole = summary(other_force)
    assert len(whole) == 6
    steps = range(5, len(seen), max(1, len(seen) // 5))
    for number in steps:
        with killed_at(engine, number), pytest.raises(Killed):
            bring(fresh_force)
        part = summary(fresh_force)
        assert [row for row in whole if row[0] in {each[0] for each in part}] == part
        assert len(part) % 2 == 0
        again = bring(fresh_force)
        assert (again.created, again.unchanged) == (6 - len(part), len(part))
        assert summary(fresh_force) == whole
        purge(fresh_force)
