"""Rules of hits: states, outcomes, whom a hit means; and the whole machine against a model."""

from __future__ import annotations

from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from offenders.domain.forensics.classes import class_of
from offenders.domain.forensics.rules import (
    DEALT_WITH,
    STATES,
    Named,
    Outcome,
    PersonState,
    days_of,
    due_moments,
    possible_outcomes,
    state_of,
    who_is_meant,
)
from offenders.domain.wanted.rules import Outcome as WantOutcome

ANN = Named(UUID(int=1), ("Example", "Former"), ("Ann",), (date(1990, 1, 1),))
BEN = Named(UUID(int=2), ("Other",), ("Ben",), ())


@pytest.mark.parametrize(
    ("code", "offence_class"),
    [
        ("COML025", "homicide"),
        ("COML025A", "homicide"),
        ("SX03001", "sexual"),
        ("SX03156", "sexual"),
        ("SX03224", "sexual"),
        ("SX03204", "other"),  # failing to notify is not the offence itself
        ("SX03244", "other"),
        ("TH68023", "robbery"),
        ("TH68036", "burglary_dwelling"),
        ("TH68045C", "burglary_dwelling"),
        ("TH68037", "other"),
        ("TH68010", "other"),
        (None, "other"),
    ],
)
def test_the_class_of_an_offence(code, offence_class):
    assert class_of(code) == offence_class


def test_every_code_of_a_class_is_an_offence():
    from offenders.domain.reference.codes import read_csv

    codes = [row["code"] for row in read_csv("offences.csv")]
    for row in read_csv("offence_classes.csv"):
        assert any(code.startswith(row["stem"]) for code in codes), row


@pytest.mark.parametrize("own", ["received", "researched", "allocated"])
@pytest.mark.parametrize("want", [None, "outstanding", *WantOutcome])
def test_a_hit_follows_the_end_of_its_want(own, want):
    assert state_of(own, want) == (own if want in {None, "outstanding"} else want)


@pytest.mark.parametrize("own", ["outcome_returned", "eliminated"])
@pytest.mark.parametrize("want", [None, "outstanding", *WantOutcome])
def test_what_has_ended_follows_nothing(own, want):
    assert state_of(own, want) == own


def test_every_state_has_its_line_once():
    assert len(STATES) == len(set(STATES)) == 13


@pytest.mark.parametrize("state", STATES)
def test_a_charge_follows_only_what_deals_with_the_person(state):
    possible = possible_outcomes(state, "outstanding" if state == "allocated" else state)
    assert (Outcome.CHARGED in possible) is (state in DEALT_WITH)
    assert (Outcome.ARRESTED in possible) is (state == "allocated")
    assert bool(possible) is (
        state not in {"received", "researched", "outcome_returned", "eliminated"}
    )


@pytest.mark.parametrize(
    ("stated", "identified", "alike", "expected"),
    [
        ({}, [], [], (PersonState.UNKNOWN, None, None)),
        ({"pnc_id": "x"}, [ANN], [], (PersonState.KNOWN, ANN.id, None)),
        ({"pnc_id": "x", "cro_number": "y"}, [ANN, ANN], [], (PersonState.KNOWN, ANN.id, None)),
        ({"pnc_id": "x"}, [ANN, BEN], [], (PersonState.DOUBTFUL, None, "several_people")),
        ({"family_name": "FORMER"}, [ANN], [], (PersonState.KNOWN, ANN.id, None)),
        ({"family_name": "Wrong"}, [ANN], [], (PersonState.DOUBTFUL, None, "unlike")),
        ({"date_of_birth": "1990-01-02"}, [ANN], [], (PersonState.DOUBTFUL, None, "unlike")),
        ({"date_of_birth": "1990-01-02"}, [BEN], [], (PersonState.KNOWN, BEN.id, None)),
        (
            {"family_name": "Wrong", "date_of_birth": "1990-01-01"},
            [ANN],
            [],
            (PersonState.KNOWN, ANN.id, None),
        ),
        ({"person_id": "1", "family_name": "Wrong"}, [ANN], [], (PersonState.KNOWN, ANN.id, None)),
        ({"family_name": "Example"}, [], [ANN], (PersonState.DOUBTFUL, None, "name_only")),
    ],
)
def test_whom_a_hit_means(stated, identified, alike, expected):
    meant = who_is_meant(stated, identified, alike)
    assert (meant.state, meant.person_id, meant.doubt) == expected


def test_clocks_count_days_of_24_hours_also_over_the_change_of_clocks():
    figures = {
        "serious_research": 1,
        "serious_allocation": 2,
        "serious_arrest": 7,
        "other_research": 2,
        "other_allocation": 5,
        "other_arrest": 14,
    }
    received = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)
    due = due_moments(figures, "robbery", received)
    assert due["research_due_at"] == datetime(2026, 3, 29, 23, 30, tzinfo=UTC)
    assert due["arrest_due_at"] == datetime(2026, 4, 4, 23, 30, tzinfo=UTC)
    assert due_moments(figures, "other", received)["arrest_due_at"].day == 11


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "no_data"), (0, 0.0), (1.25, 1.3), (2.34, 2.3)]
)
def test_days_are_rounded_and_missing_is_not_zero(value, shown):
    assert days_of(value) == shown
