"""Every difference between a made-up PNC file and the register is found, and no false one."""

from __future__ import annotations

import random

import pytest
from pnc_world import CASES, World


@pytest.mark.parametrize("seed", [None, 1, 2])
def test_what_the_cases_say_is_found_and_nothing_else(build, found, seed):
    """Each case once and in order; then many at once, that don't disturb each other."""
    rnd = random.Random(seed or 0)
    world = World(rnd)
    for case in CASES if seed is None else rnd.choices(CASES, k=120):
        world.add(case)
    for rows in (world.people, world.pnc, world.earlier) if seed else ():
        rnd.shuffle(rows)
    build(world)
    assert found(world) == world.said()


def test_a_case_is_about_something():
    quiet, loud = [], []
    for case in CASES:
        world = World(random.Random(0))
        world.add(case)
        (loud if world.expected else quiet).append(case.__name__)
    assert (len(quiet), len(loud)) == (16, 31)
