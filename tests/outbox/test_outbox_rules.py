"""Rules of the outbox: pauses that grow, an end to trying, and a receiver that asks for patience."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offenders.domain.outbox.rules import CLAIM, LONGEST_ASKED, TRIES, next_try_at
from offenders.outgoing.webhooks import ANSWER_SECONDS, CONNECT_SECONDS

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tries", "asked_seconds", "seconds"),
    [
        (1, 0, 10),
        (2, 0, 30),
        (3, 0, 120),
        (11, 0, 7 * 3600),
        (12, 0, None),
        (13, 0, None),
        (1, 9, 10),
        (1, 600, 600),
        (1, 99_999, 3600),
        (12, 600, None),
    ],
)
def test_a_message_is_tried_again_ever_later_and_then_no_more(tries, asked_seconds, seconds):
    found = next_try_at(tries, NOW, timedelta(seconds=asked_seconds))
    assert found == (None if seconds is None else NOW + timedelta(seconds=seconds))


@given(st.integers(1, TRIES - 2))
def test_pauses_never_shorten(tries):
    assert next_try_at(tries, NOW) <= next_try_at(tries + 1, NOW)


def test_a_claim_outlasts_the_longest_try():
    assert timedelta(seconds=2 * CONNECT_SECONDS + ANSWER_SECONDS) < CLAIM
    assert timedelta(hours=1) == LONGEST_ASKED
