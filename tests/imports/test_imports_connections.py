"""The connection of an import goes back to the pool as it came, or not at all."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from offenders.db import serving_engine
from offenders.domain.imports.service import run_rows

TEMPORARY = r"""
    SELECT relname FROM pg_class WHERE relpersistence = 't' AND relname ~ '^(import_seen|stage_)'
"""
PERSON = {"source_ref": "P1", "family_name": "Example", "date_of_birth": "1990-01-01"}
OTHERS_END = text("""
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE application_name = 'offenders' AND usename = session_user AND pid <> pg_backend_pid()
      AND backend_start > :since
""")


class Doing(list):
    """A sink that does something when it is told of the first batch."""

    def __init__(self, act):
        self.act = act

    def add(self, _problems):
        self.act()


def test_nothing_stays_on_it_when_the_import_ends_or_breaks_off(engine, fresh_force, bring, look):
    def fail():
        raise InterruptedError

    order = {"force": fresh_force, "kind": "people", "requested_by": "test"}
    with pytest.raises(InterruptedError):
        run_rows(engine, **order, rows=[PERSON], sink=Doing(fail))
    assert look(TEMPORARY) == []
    assert bring("people", PERSON).counts == (0, 0, 1, 0)
    assert look(TEMPORARY) == []


def test_one_that_is_lost_after_the_last_batch_does_no_harm(engine, database, fresh_force, look):
    ((since,),) = look("SELECT clock_timestamp()")
    own = serving_engine(database.app)

    def end_it():
        with engine.connect() as connection:
            assert len(connection.execute(OTHERS_END, {"since": since}).all()) > 0

    order = {"force": fresh_force, "kind": "people", "requested_by": "test"}
    summary = run_rows(own, **order, rows=[PERSON], sink=Doing(end_it))
    own.dispose()
    assert summary[:5] == (1, 1, 0, 0, 0)
    assert look("SELECT count(*) FROM persons WHERE force = :force", force=fresh_force) == [(1,)]
