"""Rules of categories, levels, exits and of what names a victim; no database."""

from __future__ import annotations

from datetime import date

import pytest

from offenders.domain.mappa.rules import (
    Exit,
    Facts,
    Kind,
    Limits,
    Meeting,
    broken_rules,
    days_by_level,
    meeting_of,
    possible_exits,
)
from offenders.domain.mappa.victims import Victim, named_in, words
from offenders.domain.reference.codes import read_csv

LIMITS = Limits(12, date(2022, 6, 28))
EACH = {"kind": "mappa", "category": 1, "level": 1, "began_on": date(2024, 1, 1)}


def broken(**fields):
    """Give (field, only missing) of each rule that a case breaks."""
    return [(each.field, each.is_missing) for each in broken_rules(Facts(**EACH | fields), LIMITS)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, []),
        ({"category": None}, [("category", False)]),
        # Category 2: CJA 2003 s.327(3), 12 months or more, or a hospital or guardianship order.
        ({"category": 2}, [("disposal", True)]),
        ({"category": 2, "disposal": "imprisonment"}, [("sentence_months", True)]),
        (
            {"category": 2, "disposal": "imprisonment", "sentence_months": 11},
            [("sentence_months", False)],
        ),
        ({"category": 2, "disposal": "imprisonment", "sentence_months": 12}, []),
        (
            {"category": 2, "disposal": "suspended_sentence", "sentence_months": 11},
            [("sentence_months", False)],
        ),
        ({"category": 2, "disposal": "hospital_order"}, []),
        ({"category": 2, "disposal": "disqualification"}, []),
        # Category 3 is for level 2 or 3 alone, on a past offence that is on record.
        (
            {"category": 3, "grounds": "Arson", "risk": "high"},
            [("level", False)],
        ),
        ({"category": 3, "level": 2, "grounds": "Arson", "risk": "high"}, []),
        ({"category": 3, "level": 2, "risk": "high"}, [("grounds", True)]),
        # Category 4 exists from 28 June 2022 on.
        ({"category": 4, "began_on": date(2022, 6, 27)}, [("category", False)]),
        ({"category": 4, "began_on": date(2022, 6, 28)}, []),
        # Held without a category: on recorded grounds that somebody has authorised.
        (
            {"kind": "potentially_dangerous", "category": None},
            [("grounds", True), ("authorised_by", True)],
        ),
        (
            {"kind": "serial_domestic_abuser", "grounds": "Four partners", "authorised_by": "S1"},
            [("category", False)],
        ),
        (
            {
                "kind": "serial_domestic_abuser",
                "category": None,
                "grounds": "Four partners",
                "authorised_by": "S1",
            },
            [],
        ),
        # Under 18 the youth justice service takes part.
        ({"is_child": True, "agencies": ["police"]}, [("agencies", True)]),
        ({"is_child": True, "agencies": ["police", "youth_justice"]}, []),
    ],
)
def test_categories(fields, expected):
    assert broken(**fields) == expected


@pytest.mark.parametrize(
    ("level", "risk", "criteria", "was_at_3", "expected"),
    [
        (1, None, [], False, []),
        (1, "low", [], False, []),
        (2, None, [], False, [("risk", True)]),
        (2, "low", [], False, [("level", False)]),
        (2, "medium", [], False, [("level", False)]),
        (2, "high", [], False, []),
        (2, "very_high", [], False, []),
        (2, "medium", ["needs_coordination"], False, []),
        (2, None, ["needs_coordination"], False, []),
        (2, "medium", ["stepped_down"], True, []),
        (2, "medium", ["stepped_down"], False, [("criteria", False)]),
        (2, "medium", ["high_public_interest"], False, [("level", False)]),
        (3, "high", [], False, [("criteria", True)]),
        (3, "high", ["needs_coordination"], False, [("criteria", True)]),
        (3, "medium", ["senior_representation"], False, [("level", False)]),
        (3, "high", ["senior_representation"], False, []),
        (3, "high", ["significant_resources"], False, []),
        (3, "very_high", ["high_public_interest"], False, []),
        (3, "medium", ["needs_coordination", "significant_resources"], False, []),
    ],
)
def test_levels(level, risk, criteria, was_at_3, expected):
    fields = {"level": level, "risk": risk, "criteria": criteria, "was_at_level_3": was_at_3}
    assert broken(**fields) == expected


def test_every_rule_says_what_to_do_and_where_it_stands():
    worst = [
        Facts(**EACH | {"category": each, "level": 3, "is_child": True, "risk": "low"})
        for each in (None, 2, 3, 4)
    ]
    found = [each for facts in worst for each in broken_rules(facts, LIMITS)]
    assert {each.field for each in found} == {
        "category",
        "disposal",
        "grounds",
        "level",
        "criteria",
        "agencies",
    }
    assert all(each.problem and each.action and each.rule for each in found)


def test_a_category_ends_only_as_it_can():
    always = {"transferred", "deported", "deceased", "entered_in_error"}
    ends = {
        (Kind.MAPPA, 1): {"notification_ended", "conviction_quashed"},
        (Kind.MAPPA, 2): {"sentence_ended", "conviction_quashed"},
        (Kind.MAPPA, 3): {"risk_reduced", "conviction_quashed"},
        (Kind.POTENTIALLY_DANGEROUS, None): {"risk_reduced", "became_mappa_eligible"},
        (Kind.SERIAL_DOMESTIC_ABUSER, None): {"risk_reduced"},
    }
    for (kind, category), own in ends.items():
        assert set(possible_exits(kind, category)) == own | always
    assert set(possible_exits(Kind.MAPPA, 4)) == set(Exit) - {"became_mappa_eligible"}


def test_levels_meet_by_the_figures_and_level_1_is_reviewed():
    listed = [row for row in read_csv("default_figures.csv") if row["rule"] == "mappa-meetings"]
    figures = {
        row["applies_to"]: {"figure": int(row["figure"]), "unit": row["unit"]} for row in listed
    }
    assert days_by_level(figures) == {"level_1": 365, "level_2": 112, "level_3": 56}
    assert {row["confidence"] for row in listed} == {"L"}
    meets = [meeting_of(level) for level in (1, 2, 3)]
    assert meets == [Meeting.REVIEW, Meeting.LEVEL_MEETING, Meeting.LEVEL_MEETING]


ZOE = Victim(
    names=[("O'Neill", "Zoë Mary"), ("Hart", None)],
    lines=["12 Mill Lane", "Flat 3"],
    postcodes=["LE1 1AA"],
    numbers=["07700 900123", "AB12 CDE"],
)


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("Do not approach alone.", False),
        ("Keep away from Zoe", True),
        ("KEEP AWAY FROM ZOË", True),
        ("lives near oneill", True),
        ("lives near O\u2019Neill", True),
        ("Ms Hart's home", True),
        ("Neill family", True),
        ("hearts and harts", False),
        ("mary", True),
        ("in Mill Lane", False),
        ("at 12, mill lane", True),
        ("at 112 Mill Lane", False),
        ("LE11AA", True),
        ("around le1 1aa.", True),
        ("LE1 1AB", False),
        ("calls 07700-900-123", True),
        ("drives AB12CDE", True),
        ("Example's van", False),
    ],
)
def test_a_text_names_a_victim_or_does_not(text, is_named):
    fields = {"what_to_do_if_met": "Call OM1.", "triggers": ["Drink", text]}
    found = named_in(fields, [ZOE], [("Example", "Sam")])
    assert found == (["triggers"] if is_named else [])


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "\u0418\u0432\u0430\u043d\u043e\u0432\u0430",
            "\u0418\u0412\u0410\u041d\u041e\u0412\u0410 is afraid",
        ),
        ("\u5f20\u4f1f", "tell \u5f20\u4f1f"),
        ("\u0141o\u015b", "Los is afraid"),
        ("Los", "\u0141o\u015b is afraid"),
        ("S\u00f8rby", "the Sorbys' house, Sorby"),
    ],
)
def test_a_name_is_found_in_any_script(name, text):
    victim = Victim(names=[(name, None)], lines=[], postcodes=[], numbers=[])
    assert named_in({"contact": text}, [victim], []) == ["contact"]
    assert named_in({"contact": "Call OM1."}, [victim], []) == []


def test_the_persons_own_names_name_nobody_else():
    wife = Victim(names=[("Example", "Ann")], lines=[], postcodes=[], numbers=[])
    fields = {"contact": "Mr Example", "triggers": ["Sam Example drinks", "shouts at ANN"]}
    assert named_in(fields, [wife], [("Example", "Sam")]) == ["triggers"]
    assert named_in({"contact": "Mr Example"}, [wife], [("Other", "Sam")]) == ["contact"]
    assert words("Jean-Luc D'Arcy 2nd") == ["jean", "luc", "darcy", "2nd"]
