"""Lanes: what has to do with each other stays together, and two lanes give what one gives."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from offenders.db import Work, transaction
from offenders.domain.imports import (
    custody,
    kinds,
    lanes,
    receiving,
    running,
    service,
    statistics,
    store,
)
from offenders.domain.imports.custody_rows import ties_of
from offenders.domain.imports.lanes import Ties, in_lanes

START = datetime(2025, 1, 1, tzinfo=UTC)
PEOPLE = 60


@pytest.fixture(autouse=True)
def few(monkeypatch):
    monkeypatch.setattr(lanes, "FEWEST_ROWS", 2)
    yield
    kinds.kind_of.cache_clear()


def keys_of(row):
    return Ties("ref", row[1])


@given(st.lists(st.frozensets(st.integers(0, 12), max_size=3), max_size=40))
def test_rows_that_share_a_key_are_in_one_lane_in_their_order(keys):
    rows = list(enumerate(keys))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lanes, "FEWEST_ROWS", 2)
        found = in_lanes(rows, keys_of)
    assert sorted(row for lane in found for row in lane) == rows
    assert all(lane == sorted(lane) for lane in found)
    assert len(found) <= lanes.LANES
    seen = [{key for _, some in lane for key in some} for lane in found]
    assert len(seen) < 2 or not seen[0] & seen[1]


def test_lanes_are_about_as_long_as_each_other():
    pairs = [(number, frozenset({number // 2})) for number in range(1_000)]
    assert [len(lane) for lane in in_lanes(pairs, keys_of)] == [500, 500]


@pytest.mark.parametrize(
    ("namings", "count"),
    [(("a", "a"), 2), (("a", "b"), 1), ((None, None), 1), ((None, "a"), 1)],
)
def test_nobody_named_in_two_ways_or_not_at_all_is_taken_for_two(namings, count):
    rows = list(enumerate(namings))
    assert len(in_lanes(rows, lambda row: Ties(row[1], [row[0]]))) == count


def detention(number, **columns):
    return {
        "source_ref": f"D{number}",
        "custody_number": f"CU/{number}",
        "arrested_at": (START + timedelta(hours=7 * number)).isoformat(),
        "nationality_stated": ("GBR", "POL", None)[number % 3],
    } | columns


def described(number):
    return detention(
        number,
        family_name=f"Surname{number % 7}",
        given_names="Ann",
        date_of_birth=f"1990-01-{1 + number % 25:02}",
        pnc_checked=True,
    )


def known(number, rnd):
    return detention(number, person_source_ref=f"P{rnd.randrange(PEOPLE)}")


def faulty(rows):
    """Send some custody numbers twice, with the same facts and with others, and a bad date."""
    rows[11] |= {"custody_number": "CU/3"}
    rows[30] = rows[29] | {"source_ref": "again"}
    rows[40] |= {"arrested_at": "2199-01-01T00:00:00Z"}
    return rows


class Kept(list):
    def add(self, problems):
        self.extend((each.line, each.severity, each.field, each.problem) for each in problems)


def bring(engine, force, rows, kind="custody", **more):
    kept = Kept()
    summary = service.run_rows(
        engine, force=force, kind=kind, rows=rows, requested_by="test", sink=kept, **more
    )
    return summary, list(kept)


ON_RECORD = {
    "detentions": """
        SELECT d.custody_number, d.arrested_at, d.countries, d.version, p.family_name,
               p.date_of_birth, s.source_ref
        FROM detentions d JOIN persons p ON p.force = d.force AND p.id = d.person_id
        LEFT JOIN import_sources s
          ON s.force = p.force AND s.subject_id = p.id AND s.kind = 'people'
        WHERE d.force = :force""",
    "checks": """
        SELECT d.custody_number, c.country, c.state FROM acro_checks c
        JOIN detentions d ON d.force = c.force AND d.id = c.detention_id
        WHERE c.force = :force""",
    "flags": "SELECT rule, state, count(*) FROM flags WHERE force = :force GROUP BY 1, 2",
    "pairs": """
        SELECT o.family_name, t.family_name, o.date_of_birth, count(*)
        FROM duplicate_candidates c
        JOIN persons o ON o.force = c.force AND o.id = c.person_id
        JOIN persons t ON t.force = c.force AND t.id = c.other_person_id
        WHERE c.force = :force GROUP BY 1, 2, 3""",
    "sources": "SELECT kind, source_ref FROM import_sources WHERE force = :force",
}


def on_record(engine, force):
    with transaction(engine, Work(force, writes=False)) as session:
        return {
            name: sorted(map(str, session.execute(text(sql), {"force": force})))
            for name, sql in ON_RECORD.items()
        }


@pytest.mark.parametrize("make", [known, lambda number, _: described(number)])
def test_two_lanes_leave_what_one_lane_leaves(engine, fresh_force, other_force, monkeypatch, make):
    monkeypatch.setattr(running, "BATCH_ROWS", 50)
    rnd = random.Random(4)
    people = [{"source_ref": f"P{n}", "family_name": f"Known{n}"} for n in range(PEOPLE)]
    rows = faulty([make(number, rnd) for number in range(180)])
    divided = []

    def dividing(*given):
        divided.append(in_lanes(*given))
        return divided[-1]

    monkeypatch.setattr(receiving, "in_lanes", dividing)
    bring(engine, fresh_force, people, "people")
    two = bring(engine, fresh_force, rows)
    assert any(len(parts) == 2 for parts in divided)
    monkeypatch.setattr(receiving, "in_lanes", lambda rows, _ties: [rows])
    bring(engine, other_force, people, "people")
    assert two == bring(engine, other_force, rows)
    assert on_record(engine, fresh_force) == on_record(engine, other_force)
    again, _ = bring(engine, fresh_force, rows)
    assert (again.created, again.updated) == (0, 0)


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
    class Row:
        def __init__(self, row):
            self.row, self.source_ref = row, row["source_ref"]

        def __getitem__(self, name):
            return self.row[name]

    return in_lanes([Row(each) for each in rows], ties_of)


def test_a_dry_run_keeps_nothing_and_counts_alike(engine, fresh_force):
    rows = [described(number) for number in range(40)]
    before = on_record(engine, fresh_force)
    rehearsed, _ = bring(engine, fresh_force, rows, dry_run=True)
    assert on_record(engine, fresh_force) == before
    assert rehearsed == bring(engine, fresh_force, rows)[0]
