"""Loading the demonstration: through the imports themselves, and the same again changes nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from offenders import seed as rows
from offenders.domain.imports.service import run_rows
from offenders.seed import Scale
from offenders.seeding import seed

FORCE = "33"
REQUESTED = "acro_checks WHERE state <> 'required'"
IMPORTED = "import_sources WHERE kind = '{}'"
OF_HITS = "import_sources WHERE kind = 'wanted' AND source_ref LIKE 'FH%-W'"


@pytest.fixture(scope="module")
def demonstration(engine, owner, purge):
    """Load a very small force for this module; give how to load it again, and what was told."""

    def load(number=7):
        told = []
        seed(engine, owner, force=FORCE, scale="small", seed=number, report=told.append)
        return told

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(rows.SCALES, "small", Scale(people=90, wants=25, arrests=40))
        yield load, load(), what_pnc_differs_in(owner)
    purge(FORCE)
    with owner.begin() as connection:
        for table, key in (("installation", "name"), ("policies", "source")):
            names = "('demonstration', 'seeded-33')"
            connection.execute(text(f"DELETE FROM {table} WHERE {key} IN {names}"))


def what_pnc_differs_in(owner):
    """Give the kinds of difference flagged; flags are swept away after each test."""
    kinds = """
        SELECT DISTINCT d ->> 'kind' FROM flags, jsonb_array_elements(because -> 'differences') d
    """
    with owner.connect() as connection:
        return set(connection.execute(text(kinds)).scalars())


@pytest.fixture
def again(demonstration):
    return demonstration[0]


@pytest.fixture
def count(demonstration, owner):
    def count_rows(source):
        with owner.connect() as connection:
            return connection.execute(text(f"SELECT count(*) FROM {source}")).scalar_one()

    return count_rows


def test_a_force_is_loaded_once_and_the_same_seed_changes_nothing(demonstration, count):
    again, first, _ = demonstration
    assert first[:3] == [
        "neighbourhoods: 171 created, 0 unchanged",
        "people: 90 created, 0 unchanged",
        "wanted: 25 created, 0 unchanged",
    ]
    tables = (
        *("persons_history", "wants_history", "bail_records_history", "want_actions"),
        *("orders_history", "order_breaches_history", "order_actions"),
        *("forensic_hits_history", "audit_events", "policies"),
        *("officers_history", "teams", "pnc_circulations", "pnc_extracts", "flags"),
        *("mappa_cases_history", "mappa_entries", "mappa_meetings"),
        *("tasks", "tasks_history", "task_entries", "meetings", "meeting_items"),
    )
    before = [count(table) for table in tables]
    assert again() == [
        "neighbourhoods: 0 created, 171 unchanged",
        "people: 0 created, 90 unchanged",
        "wanted: 0 created, 25 unchanged",
        "teams: 0 created, 13 unchanged",
        f"officers: 0 created, {count(IMPORTED.format('officers'))} unchanged",
        "custody: 0 created, 40 unchanged",
        f"acro-checks: 0 created, {count(REQUESTED)} unchanged",
        f"bail: 0 created, {count(IMPORTED.format('bail'))} unchanged",
        "iom: 0 created, 1 unchanged",
        "orders: 0 created, 245 unchanged",
        "activity: 0 entries",
        f"wanted: 0 created, {count(OF_HITS)} unchanged",
        "forensic-hits: 0 created, 13 unchanged",
        "progress of hits: 0",
        "registrations: 0 created, 3 unchanged",
        "mappa: 0 created, 3 unchanged",
        "cases met about: 0",
        "shares with agencies: 0",
        "briefing items: 0",
        "tasks: 0 asked for, 0 fallen due",
        "meetings: 0",
    ]
    assert before == [count(table) for table in tables]


def test_what_was_done_moves_the_clocks_of_the_wants(count):
    assert count("wants WHERE circulation = 'circulated' AND pnc_reference IS NOT NULL") > 0
    assert count("wants WHERE last_activity_at > entered_at") > 0
    assert (
        count("want_actions a JOIN wants w ON w.id = a.want_id AND a.occurred_at < entered_at") == 0
    )
    open_history = "wants_history WHERE recorded_to IS NULL AND circulation = 'circulated'"
    assert count(open_history) == count("wants WHERE circulation = 'circulated'")


def test_officers_and_teams_are_named_but_for_a_few(count):
    owned = "officers o WHERE EXISTS (SELECT FROM wants w WHERE w.owner_officer = o.code)"
    owners = "(SELECT DISTINCT owner_officer FROM wants WHERE owner_officer IS NOT NULL) o"
    assert count(owned) == count(owners) > 8
    assert count(f"{owned} AND NOT o.is_confirmed") == 1
    assert count("officers WHERE left_on < CURRENT_DATE") == 1
    assert count("teams WHERE is_confirmed AND name IS NOT NULL") == 13


def test_pnc_holds_the_wants_with_a_slip_of_each_kind(demonstration):
    assert demonstration[2] == {
        *("uncirculated", "not_on_pnc", "not_marked_here", "closed_here", "no_want"),
        *("reference_differs", "offence_differs", "report_type_differs", "identity_differs"),
        *("duplicate_on_pnc", "person_possible", "person_unknown"),
    }


def test_what_a_force_has_sent_of_pnc_is_not_ended_by_the_seed(again, count, engine):
    row = {"source_ref": "P1", "pnc_reference": "33Z1", "family_name": "Madeupson"}
    run_rows(engine, force=FORCE, kind="pnc-wanted", rows=[row], complete=True, requested_by="test")
    again()
    assert count("pnc_circulations WHERE gone_at IS NULL") == 1


def test_the_installation_is_marked_and_no_force_asks_for_a_reason(count):
    assert count("installation WHERE name = 'demonstration' AND value = 'true'") == 1
    asks_none = "policies WHERE rule = 'access-reason' AND figure = 0 AND source = 'demonstration'"
    assert count(asks_none) == count("forces")


def test_another_seed_does_not_overwrite_a_force_that_is_loaded(again, count):
    before = count("persons_history")
    assert again(number=8) == [
        "Force 33 holds made-up data of scale small, seed 7 already. Nothing was changed."
    ]
    assert count("persons_history") == before


def test_officers_are_briefed_and_some_have_read_it(count):
    assert count("briefings") > 8
    assert count("briefings WHERE subject_type = 'want'") > 0
    read, all_receipts = count("briefing_receipts WHERE kind = 'read'"), count("briefing_receipts")
    assert 0 < read < all_receipts
