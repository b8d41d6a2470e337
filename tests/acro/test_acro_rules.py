"""Rules of foreign-conviction checks: channels, reply clocks over bank holidays, and steps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offenders.domain.acro.rules import (
    CHECKED,
    EU,
    Channel,
    Response,
    State,
    Step,
    channel_of,
    possible_steps,
    reply_due_at,
)
from offenders.domain.reference.codes import read_csv

FIRST = datetime(2021, 1, 1, tzinfo=UTC)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("country", "channel"),
    [
        ("ROU", Channel.EU),
        ("POL", Channel.EU),
        ("IRL", Channel.EU),
        ("CYP", Channel.EU),
        ("NOR", Channel.NON_EU),
        ("CHE", Channel.NON_EU),
        ("ISL", Channel.NON_EU),
        ("ALB", Channel.NON_EU),
        ("USA", Channel.NON_EU),
        ("BMU", Channel.NON_EU),
    ],
)
def test_member_states_are_asked_by_the_agreement_and_others_otherwise(country, channel):
    assert channel_of(country) == channel


def test_the_union_has_27_members_all_known_by_their_codes():
    assert len(EU) == 27
    assert {row["code"] for row in read_csv("countries.csv")} >= EU


# Requested at; figure, unit; the first moment after the last day for a reply.
@pytest.mark.parametrize(
    ("requested_at", "figure", "unit", "due_at"),
    [
        # 20 working days, no holiday: Monday 2 March to Monday 30 March, by then in summer time.
        ("2026-03-02T09:00", 20, "working days", "2026-03-30T23:00"),
        # The last moment of a day in London, and the first of the next.
        ("2026-03-02T23:59", 20, "working days", "2026-03-30T23:00"),
        ("2026-03-03T00:00", 20, "working days", "2026-03-31T23:00"),
        # Good Friday 3 and Easter Monday 6 April 2026 don't count.
        ("2026-04-02T09:00", 1, "working days", "2026-04-07T23:00"),
        ("2026-04-02T09:00", 2, "working days", "2026-04-08T23:00"),
        ("2026-03-16T09:00", 20, "working days", "2026-04-15T23:00"),
        # On a Saturday, a Sunday and a bank holiday counting begins with the next working day.
        ("2026-03-07T12:00", 1, "working days", "2026-03-10T00:00"),
        ("2026-03-08T12:00", 1, "working days", "2026-03-10T00:00"),
        ("2026-05-04T12:00", 1, "working days", "2026-05-05T23:00"),
        # Early May and spring bank holidays: 4 and 25 May 2026.
        ("2026-04-30T12:00", 20, "working days", "2026-06-01T23:00"),
        # Summer bank holiday, 31 August 2026.
        ("2026-08-28T12:00", 1, "working days", "2026-09-01T23:00"),
        # Christmas Day a Friday; Boxing Day 2026 a Saturday, so Monday 28 December stands for it.
        ("2026-12-24T12:00", 1, "working days", "2026-12-30T00:00"),
        ("2026-12-24T12:00", 3, "working days", "2027-01-01T00:00"),
        ("2026-12-24T12:00", 4, "working days", "2027-01-05T00:00"),
        # 66 days are calendar days.
        ("2026-01-01T12:00", 66, "days", "2026-03-09T00:00"),
        ("2026-02-01T12:00", 66, "days", "2026-04-08T23:00"),
        # The nights the clock changes: 29 March and 25 October 2026.
        ("2026-03-28T23:30", 1, "days", "2026-03-29T23:00"),
        ("2026-03-29T00:30", 1, "days", "2026-03-30T23:00"),
        ("2026-10-24T23:30", 1, "days", "2026-10-27T00:00"),
        ("2026-10-24T22:30", 1, "days", "2026-10-26T00:00"),
        # A leap day counts.
        ("2028-02-28T12:00", 1, "working days", "2028-03-01T00:00"),
        ("2028-02-28T12:00", 66, "days", "2028-05-04T23:00"),
        # A figure of nothing ends with the day itself.
        ("2026-03-02T09:00", 0, "working days", "2026-03-03T00:00"),
    ],
)
def test_a_reply_is_due_by_the_end_of_its_last_day(requested_at, figure, unit, due_at):
    assert reply_due_at(at(requested_at), figure, unit) == at(due_at)


@given(
    st.integers(0, 9 * 366 * 24).map(lambda hours: FIRST + timedelta(hours=hours)),
    st.integers(0, 70),
)
def test_a_reply_in_working_days_is_never_due_before_one_in_as_many_days(requested_at, figure):
    by_days = reply_due_at(requested_at, figure, "days")
    by_working_days = reply_due_at(requested_at, figure, "working days")
    assert requested_at < by_days <= by_working_days
    assert by_working_days <= reply_due_at(requested_at, figure + 1, "working days")


# State and answer; every step that may follow.
STEPS = [
    ("required", None, {"request", "give_up"}),
    ("requested", None, {"chase", "respond", "give_up"}),
    ("responded", "trace", {"assess"}),
    ("responded", "no_trace", set()),
    ("responded", "partial", {"assess", "request", "respond"}),
    ("responded", "refused", {"request", "respond", "give_up"}),
    ("responded", "not_available", {"request", "respond", "give_up"}),
    ("assessed", "trace", set()),
    ("assessed", "partial", set()),
    ("not_possible", None, {"request"}),
]


@pytest.mark.parametrize(("state", "response", "steps"), STEPS)
def test_only_these_steps_may_follow(state, response, steps):
    found = possible_steps(State(state), Response(response) if response else None)
    assert found == {Step(each) for each in steps}


def test_what_was_refused_or_is_not_available_is_no_check():
    assert {"trace", "no_trace", "partial"} == CHECKED
