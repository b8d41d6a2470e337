"""Every difference between a made-up PNC file and the register is found, and no false one."""

from __future__ import annotations

import random

import pnc_world
import pytest
from pnc_world import CASES, World

SET = """
    UPDATE wants w SET {columns} FROM import_sources s
    WHERE s.force = '33' AND s.kind = 'wanted' AND s.source_ref = :ref AND w.force = s.force
      AND w.id = s.subject_id
"""
MOMENTS = ("circulated_at", "circulation_cancelled_at")


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
        if world.earlier:
            assert pnc(*world.earlier)[0].refused == 0
        assert pnc(*world.pnc)[0].refused == 0
        set_columns(world.after)

    return make


@pytest.fixture
def found(listed, look):
    """Give (kind, want, row) of what is listed, in the senders' own keys."""

    def read():
        refs = {
            str(row.subject_id): row.source_ref
            for row in look("SELECT subject_id, source_ref FROM import_sources WHERE force = '33'")
        }
        items, page = [], {"limit": 200}
        items = listed(**page)
        assert len(items) < 200
        return sorted(
            (
                each["kind"],
                each["want"] and refs[each["want"]["id"]],
                each["pnc"] and each["pnc"]["source_ref"],
            )
            for each in items
        )

    return read


def wanted_of(world):
    return sorted(world.expected, key=lambda each: tuple(part or "" for part in each))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_what_a_case_says_is_found_and_nothing_else(build, found, case):
    world = World(random.Random(case.__name__))
    case(world)
    world.row(pnc_world.World(world.rnd).person(), report_type="missing")
    build(world)
    assert found() == wanted_of(world)


@pytest.mark.parametrize("seed", [1, 2])
def test_many_cases_at_once_do_not_disturb_each_other(build, found, seed):
    rnd = random.Random(seed)
    world = World(rnd)
    for case in rnd.choices(CASES, k=120):
        case(world)
    for rows in (world.people, world.pnc, world.earlier):
        rnd.shuffle(rows)
    build(world)
    assert sorted(found(), key=str) == sorted(world.expected, key=str)
