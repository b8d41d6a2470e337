"""Lanes: what has to do with each other stays together, and two lanes give what one gives."""

from __future__ import annotations

import random
from threading import Event

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lanes_given import PEOPLE, bring, described, detention, faulty, known, on_record
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from offenders.db import Work, transaction
from offenders.domain.imports import (
    custody,
    kinds,
    lanes,
    receiving,
    running,
    statistics,
    store,
)
from offenders.domain.imports.custody_rows import ties_of_row
from offenders.domain.imports.lanes import Ties, in_lanes


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(lanes, "FEWEST_ROWS", 2)
    yield
    kinds.kind_of.cache_clear()


def keys_of(rows):
    return [Ties("ref", row[1]) for row in rows]


def divide(rows, before=()):
    return in_lanes(rows, keys_of(rows), keys_of(before))


some_keys = st.lists(st.frozensets(st.integers(0, 12), max_size=3), max_size=40)


@given(some_keys, some_keys)
def test_rows_that_share_a_key_are_in_one_lane_in_their_order(keys, before):
    rows = list(enumerate(keys))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lanes, "FEWEST_ROWS", 2)
        found = divide(rows, list(enumerate(before)))
    assert sorted(row for lane in found for row in lane) == rows
    assert all(lane == sorted(lane) for lane in found)
    assert len(found) <= lanes.LANES
    seen = [{key for _, some in lane for key in some} for lane in found]
    assert len(seen) < 2 or not seen[0] & seen[1]
    # Nor does a row that is still being received have to do with both.
    assert not [row for row in before if all(keys & row for keys in seen) and len(seen) > 1]


def test_lanes_are_about_as_long_as_each_other():
    pairs = [(number, frozenset({number // 2})) for number in range(1_000)]
    assert [len(lane) for lane in divide(pairs)] == [500, 500]


@pytest.mark.parametrize(
    ("namings", "count"),
    [(("a", "a"), 2), (("a", "b"), 1), ((None, None), 1), ((None, "a"), 1)],
)
def test_nobody_named_in_two_ways_or_not_at_all_is_taken_for_two(namings, count):
    rows = list(enumerate(namings))
    assert len(in_lanes(rows, [Ties(naming, [number]) for number, naming in rows])) == count


@pytest.fixture
def divided(monkeypatch):
    """Give the lanes of each batch."""
    made = []

    def dividing(*given):
        made.append(in_lanes(*given))
        return made[-1]

    monkeypatch.setattr(receiving, "in_lanes", dividing)
    return made


@pytest.mark.parametrize("make", [known, lambda number, _: described(number)])
def test_two_lanes_leave_what_one_lane_leaves(
    engine, fresh_force, other_force, monkeypatch, divided, make
):
    monkeypatch.setattr(running, "BATCH_ROWS", 50)
    rnd = random.Random(4)
    people = [{"source_ref": f"P{n}", "family_name": f"Known{n}"} for n in range(PEOPLE)]
    rows = faulty([make(number, rnd) for number in range(180)])
    bring(engine, fresh_force, people, "people")
    two = bring(engine, fresh_force, rows)
    assert any(len(parts) == 2 for parts in divided)
    monkeypatch.setattr(receiving, "in_lanes", lambda rows, *_ties: [rows])
    bring(engine, other_force, people, "people")
    assert two == bring(engine, other_force, rows)
    assert on_record(engine, fresh_force) == on_record(engine, other_force)
    again, _ = bring(engine, fresh_force, rows)
    assert (again.created, again.updated) == (0, 0)


PNC_ID, CRO_NUMBER = "2016/1000001A", "001234/16V"


def test_one_person_of_two_refs_or_identifiers_is_in_one_lane(engine, fresh_force, divided):
    people = [{"source_ref": f"P{n}", "family_name": f"Known{n}"} for n in range(4)]
    people[0] |= {"pnc_id": PNC_ID, "cro_number": CRO_NUMBER}
    people[1] |= {"pnc_id": PNC_ID}
    bring(engine, fresh_force, people, "people")
    by_ref = [detention(n, person_source_ref=f"P{n % 4}") for n in range(12)]
    identifiers = {"pnc_id": PNC_ID}, {"cro_number": CRO_NUMBER}
    by_identifier = [
        detention(n, family_name="Known0", **identifiers[n % 2]) for n in range(20, 24)
    ]
    for rows in (by_ref, by_identifier):
        summary, _ = bring(engine, fresh_force, rows)
        assert summary.created == len(rows)
    refs = [{each.row["person_source_ref"] for each in lane} for lane in divided[-2]]
    assert sorted(map(sorted, refs)) == [["P0", "P1"], ["P2", "P3"]]
    assert len(divided[-1]) == 1


def test_one_without_a_birthday_is_compared_by_that_on_record(engine, fresh_force, divided):
    said = {"given_names": "Ann", "date_of_birth": "1990-01-01"}
    bring(engine, fresh_force, [detention(n, family_name=f"Then{n}", **said) for n in range(2)])
    renamed = detention(0, family_name="Now")
    other = detention(20, family_name="Now", **said)
    summary, _ = bring(engine, fresh_force, [renamed, other])
    assert (summary.created, summary.updated) == (1, 1)
    assert [len(parts) for parts in divided] == [1, 1]
    assert len(on_record(engine, fresh_force)["pairs"]) == 1


def test_rows_still_being_received_tie_later_ones(engine, fresh_force, monkeypatch):
    monkeypatch.setattr(running, "BATCH_ROWS", 1)
    next_is_divided, divided, receive = Event(), [], custody.receive_detentions

    def dividing(*given):
        divided.append(in_lanes(*given))
        if len(divided) == 2:
            next_is_divided.set()
        return divided[-1]

    def receiving_late(*given):
        assert next_is_divided.wait(30)
        return receive(*given)

    monkeypatch.setattr(receiving, "in_lanes", dividing)
    monkeypatch.setattr(custody, "receive_detentions", receiving_late)
    kinds.kind_of.cache_clear()
    both = {"pnc_id": PNC_ID, "cro_number": CRO_NUMBER}
    rows = [
        detention(1, family_name="Both", **both),
        detention(2, family_name="Other"),
        detention(3, family_name="Both", pnc_id=PNC_ID),
        detention(4, family_name="Both", cro_number=CRO_NUMBER),
    ]
    summary, _ = bring(engine, fresh_force, rows)
    assert summary.created == len(rows)
    assert [len(lanes_of_batch) for lanes_of_batch in divided] == [2, 1]


def test_a_lane_that_fails_loses_nothing_of_the_other_and_the_import_goes_on(
    engine, fresh_force, monkeypatch
):
    rows = [described(number) for number in range(60)]
    first, second = ({row["source_ref"] for row in lane} for lane in lanes_of(rows))
    receive = custody.receive_detentions

    def failing(session, batch, some):
        if some[0].source_ref in second:
            raise OperationalError("lost", None, Exception())
        return receive(session, batch, some)

    monkeypatch.setattr(custody, "receive_detentions", failing)
    kinds.kind_of.cache_clear()
    with pytest.raises(OperationalError):
        bring(engine, fresh_force, rows)
    monkeypatch.undo()
    kinds.kind_of.cache_clear()
    monkeypatch.setattr(lanes, "FEWEST_ROWS", 2)
    kept = {each.split("'")[3] for each in on_record(engine, fresh_force)["sources"]}
    assert kept == first
    summary, _ = bring(engine, fresh_force, rows)
    assert (summary.created, summary.unchanged) == (len(second), len(first))


def test_the_planner_is_told_of_custody_once_when_all_of_it_is_there(
    engine, fresh_force, monkeypatch
):
    monkeypatch.setattr(statistics, "MANY_ROWS", 100)
    monkeypatch.setattr(running, "BATCH_ROWS", 30)
    told, tell = [], receiving.ask_for_statistics

    def telling(*asked):
        told.append(len(on_record(engine, fresh_force)["detentions"]))
        tell(*asked)

    monkeypatch.setattr(receiving, "ask_for_statistics", telling)
    bring(engine, fresh_force, [described(number) for number in range(150)])
    assert told == [150]
    with transaction(engine, Work(fresh_force, writes=False)) as session:
        assert not store.is_unknown_to_planner(session, "custody")


def test_a_lane_waits_for_an_officers_entry_as_long_as_a_batch_does(
    engine, fresh_force, monkeypatch
):
    waits, receive = [], custody.receive_detentions

    def asking(session, batch, some):
        waits.append(session.execute(text("SHOW lock_timeout")).scalar_one())
        return receive(session, batch, some)

    monkeypatch.setattr(custody, "receive_detentions", asking)
    kinds.kind_of.cache_clear()
    bring(engine, fresh_force, [described(number) for number in range(20)])
    assert waits == ["1min", "1min"]


def lanes_of(rows):
    return in_lanes(rows, [ties_of_row(each, None) for each in rows])


def test_a_dry_run_keeps_nothing_and_counts_alike(engine, fresh_force):
    rows = [described(number) for number in range(40)]
    before = on_record(engine, fresh_force)
    rehearsed, _ = bring(engine, fresh_force, rows, dry_run=True)
    assert on_record(engine, fresh_force) == before
    assert rehearsed == bring(engine, fresh_force, rows)[0]
