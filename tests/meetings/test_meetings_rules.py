"""How far a pack looks back and ahead, by the rhythm of its meeting."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from offenders.domain.meetings.rules import SECTIONS, Kind, window
from offenders.domain.permissions import PERMISSIONS


def utc(*parts):
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "figure", "cut_off", "since", "until"),
    [
        (Kind.DAILY, 24, utc(2026, 3, 2, 8), utc(2026, 3, 1, 8), utc(2026, 3, 3, 8)),
        # A day of 24 hours also where the clocks change: 29 March has 23 of them.
        (Kind.DAILY, 24, utc(2026, 3, 29, 7), utc(2026, 3, 28, 7), utc(2026, 3, 30, 7)),
        (Kind.FORTNIGHTLY, 14, utc(2026, 3, 15, 8), utc(2026, 3, 1, 8), utc(2026, 3, 29, 8)),
        (Kind.MONTHLY, 1, utc(2026, 1, 31, 8), utc(2025, 12, 31, 8), utc(2026, 2, 28, 8)),
        (Kind.MONTHLY, 1, utc(2024, 3, 31, 7), utc(2024, 2, 29, 8), utc(2024, 4, 30, 7)),
        # The same hour in London, before and after the clocks change.
        (Kind.MONTHLY, 1, utc(2026, 4, 15, 7), utc(2026, 3, 15, 8), utc(2026, 5, 15, 7)),
        # A policy of nothing, or of ages, is taken for the shortest and the longest there is.
        (Kind.DAILY, 0, utc(2026, 3, 2, 8), utc(2026, 3, 2, 7), utc(2026, 3, 2, 9)),
        (Kind.DAILY, 10**9, utc(2026, 3, 2, 8), utc(2025, 3, 1, 8), utc(2027, 3, 3, 8)),
        (Kind.MONTHLY, 2, utc(2026, 12, 10, 8), utc(2026, 10, 10, 7), utc(2027, 2, 10, 8)),
    ],
)
def test_a_pack_looks_as_far_back_as_ahead(kind, figure, cut_off, since, until):
    assert window(kind, figure, cut_off) == (since, until)


def test_every_section_names_a_permission_that_somebody_holds():
    held = set().union(*PERMISSIONS.values())
    assert {each.needs for each in SECTIONS.values()} <= held


def test_members_read_and_those_who_run_it_decide():
    by_role = {
        role: {each for each in PERMISSIONS[role] if each.startswith("meetings:")}
        for role in PERMISSIONS
    }
    members = {"meetings:read", "meetings:export"}
    runs = members | {"meetings:write", "meetings:decide"}
    assert {role: held for role, held in by_role.items() if held} == {
        "supervisor": runs,
        "duty_inspector": runs,
        "meeting_chair": runs,
        "iom_manager": members,
        "force_manager": members,
        "chief_officer": members,
    }
