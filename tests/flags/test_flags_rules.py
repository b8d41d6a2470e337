"""When a flag may be acknowledged or suppressed, and when suppression ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from offenders.domain.flags import rules

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("state", "wanted", "allowed"),
    [
        ("open", "acknowledged", True),
        ("open", "suppressed", True),
        ("open", "cleared", False),
        ("acknowledged", "acknowledged", False),
        ("acknowledged", "suppressed", True),
        ("acknowledged", "cleared", False),
        ("suppressed", "acknowledged", False),
        ("suppressed", "suppressed", True),
        ("suppressed", "cleared", False),
        ("cleared", "acknowledged", False),
        ("cleared", "suppressed", False),
    ],
)
def test_a_person_brings_a_flag_only_to_its_next_states(state, wanted, allowed):
    assert rules.may_become(state, wanted) is allowed


@pytest.mark.parametrize(
    ("severity", "allowed"), [("information", True), ("warning", True), ("alert", False)]
)
def test_an_alert_can_not_be_switched_off(severity, allowed):
    assert rules.may_be_suppressed(severity) is allowed


@pytest.mark.parametrize(
    ("until", "allowed"),
    [
        (NOW - MOMENT, False),
        (NOW, False),
        (NOW + MOMENT, True),
        (NOW + timedelta(days=365), True),
        (NOW + timedelta(days=365) + MOMENT, False),
    ],
)
def test_a_suppression_ends_in_the_future_within_the_days_set(until, allowed):
    assert rules.is_suppression_end(until, NOW, 365) is allowed


@pytest.mark.parametrize(
    ("state", "until", "shown"),
    [
        ("suppressed", NOW + MOMENT, "suppressed"),
        ("suppressed", NOW, "open"),
        ("suppressed", NOW - MOMENT, "open"),
        ("acknowledged", NOW - MOMENT, "acknowledged"),
        ("cleared", NOW - MOMENT, "cleared"),
        ("open", None, "open"),
    ],
)
def test_a_suppression_whose_end_has_come_is_open_again(state, until, shown):
    assert rules.state_at(state, until, NOW) == shown
