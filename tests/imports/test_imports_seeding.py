"""Loading the demonstration: through the imports themselves, and the same again changes nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from offenders import seed as rows
from offenders.seed import Scale
from offenders.seeding import seed

FORCE = "33"


@pytest.fixture
def told(engine, owner, purge, monkeypatch):
    """Seed a very small force; give what was reported."""
    monkeypatch.setitem(rows.SCALES, "small", Scale(people=60, wants=25, arrests=40))

    def run(number=7, scale="small"):
        told = []
        seed(engine, owner, force=FORCE, scale=scale, seed=number, report=told.append)
        return told

    yield run
    purge(FORCE)
    with owner.begin() as connection:
        for table, key in (("installation", "name"), ("policies", "source")):
            names = "('demonstration', 'seeded-33')"
            connection.execute(text(f"DELETE FROM {table} WHERE {key} IN {names}"))


@pytest.fixture
def count(owner):
    def count_rows(source):
        with owner.connect() as connection:
            return connection.execute(text(f"SELECT count(*) FROM {source}")).scalar_one()

    return count_rows


def test_a_force_is_loaded_once_and_the_same_seed_changes_nothing(told, count):
    assert told()[:3] == [
        "neighbourhoods: 171 created, 0 unchanged",
        "people: 60 created, 0 unchanged",
        "wanted: 25 created, 0 unchanged",
    ]
    tables = ("persons_history", "wants_history", "want_actions", "audit_events", "policies")
    before = [count(table) for table in tables]
    assert told() == [
        "neighbourhoods: 0 created, 171 unchanged",
        "people: 0 created, 60 unchanged",
        "wanted: 0 created, 25 unchanged",
        "custody: 0 created, 40 unchanged",
        "activity: 0 entries",
    ]
    assert before == [count(table) for table in tables]


def test_what_was_done_moves_the_clocks_of_the_wants(told, count):
    told()
    assert count("wants WHERE circulation = 'circulated' AND pnc_reference IS NOT NULL") > 0
    assert count("wants WHERE last_activity_at > entered_at") > 0
    assert (
        count("want_actions a JOIN wants w ON w.id = a.want_id AND a.occurred_at < entered_at") == 0
    )
    open_history = "wants_history WHERE recorded_to IS NULL AND circulation = 'circulated'"
    assert count(open_history) == count("wants WHERE circulation = 'circulated'")


def test_the_installation_is_marked_and_no_force_asks_for_a_reason(told, count):
    told()
    assert count("installation WHERE name = 'demonstration' AND value = 'true'") == 1
    asks_none = "policies WHERE rule = 'access-reason' AND figure = 0 AND source = 'demonstration'"
    assert count(asks_none) == count("forces")


def test_another_seed_does_not_overwrite_a_force_that_is_loaded(told, count):
    told()
    before = count("persons_history")
    assert told(number=8) == [
        "Force 33 holds made-up data of scale small, seed 7 already. Nothing was changed."
    ]
    assert count("persons_history") == before
