"""Every difference between a made-up PNC file and the register is found, and no false one."""

from __future__ import annotations

import random

import pnc_world
import pytest
from pnc_world import CASES, World


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
