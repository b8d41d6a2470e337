"""What is specific enough to be asked of somebody, and who may see which task."""

from __future__ import annotations

from datetime import timedelta

import pytest

from offenders import clock
from offenders.domain.tasks.rules import (
    Source,
    is_in_time,
    is_too_short,
    is_vague,
    unseen_sources,
    unseen_subjects,
)


@pytest.mark.parametrize(
    ("action", "vague"),
    [
        ("Monitor", True),
        ("monitor the situation", True),
        ("Update.", True),
        ("Keep under review!", True),
        ("Liaise and follow up as necessary", True),
        ("Ensure ongoing updates", True),
        ("?!", True),
        ("Monitor the curfew nightly until Friday", False),
        ("Review CCTV of the shop", False),
        ("Arrest him", False),
        ("Knock at 12 High Street", False),
        ("Speak to the landlord", False),
    ],
)
def test_an_action_says_what_to_do(action, vague):
    assert is_vague(action) is vague


@pytest.mark.parametrize(
    ("action", "fewest", "short"),
    [("Arrest", 2, True), ("Arrest him", 2, False), ("don't", 2, True), ("", 1, True)],
)
def test_words_are_counted(action, fewest, short):
    assert is_too_short(action, fewest) is short


def test_a_task_falls_due_in_the_future():
    now = clock.now()
    assert [is_in_time(now + timedelta(seconds=each), now) for each in (-1, 0, 1)] == [
        False,
        False,
        True,
    ]


def test_what_needs_a_permission_is_left_out_without_it():
    assert unseen_subjects([]) == ["mappa_case", "registration"]
    assert unseen_subjects(["mappa:read"]) == ["registration"]
    assert Source.MAPPA_ACTION in unseen_sources([])
    assert Source.ORDER_CHECK not in unseen_sources([])
    assert (
        unseen_sources(
            [
                "mappa:read",
                "registrations:read-full",
                "iom:read-case",
                "orders:read-whole",
                "pnc:read",
            ]
        )
        == []
    )
