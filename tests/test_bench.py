"""The scorecard's own generator: repeatable, honest about ties, and wrong in one way at a time."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest

from bench import slips
from bench.queries import KINDS, make_queries
from bench.report import Score, as_data, as_page
from bench.scorecard import Marks
from bench.targets import Bearers, Target, plain_words

PEOPLE = [
    Target("1", "33", "Smith", "John", date(1985, 3, 4), births={date(1985, 3, 4)}),
    Target("2", "33", "Smith", "John Paul", date(1990, 1, 2), births={date(1990, 1, 2)}),
    Target("3", "33", "O'Brien-Jones", "Kathryn", None),
    Target("4", "33", "Wiśniewski", "Łukasz", date(1970, 5, 6), [("Nowak", "Adam")]),
    Target("5", "33", "McDonald", "William", date(1960, 7, 8)),
]


def test_the_same_people_and_seed_make_the_same_queries():
    first = list(make_queries(PEOPLE, 60, "1"))
    assert first == list(make_queries(PEOPLE, 60, "1"))
    assert first != list(make_queries(PEOPLE, 60, "2"))
    assert {query.kind for query in first} <= set(KINDS)


def test_others_are_counted_who_bear_exactly_what_was_meant():
    bearers = Bearers(PEOPLE)
    assert bearers.count(["john", "smith"], None) == 2
    assert bearers.count(["john", "paul", "smith"], None) == 1
    assert bearers.count(["j", "smith"], None) == 2
    assert bearers.count(["john", "smith"], date(1985, 3, 4)) == 1
    assert bearers.count(["nowak"], None) == 1
    assert bearers.count(["adam", "wisniewski"], None) == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("O'Brien-Jones", ["obrien", "jones"]),
        ("Łukasz Wiśniewski", ["lukasz", "wisniewski"]),
        ("van der Berg", ["van", "der", "berg"]),
    ],
)
def test_plain_words_are_what_is_on_a_keyboard(name, words):
    assert plain_words(name) == words


@pytest.mark.parametrize(
    ("slip", "longer"),
    [(slips.insertion, 1), (slips.deletion, -1), (slips.substitution, 0), (slips.transposition, 0)],
)
def test_a_slip_is_one_error(slip, longer):
    for seed in range(200):
        wrong = slip(Random(seed), "Robinson")
        assert len(wrong) == len("Robinson") + longer
        assert wrong.lower() != "robinson"


def test_a_wrong_date_is_a_real_other_date():
    for seed in range(100):
        wrong = slips.wrong_date(Random(seed), date(1985, 3, 4))
        assert wrong is not None
        assert wrong != date(1985, 3, 4)


def test_the_card_counts_what_is_ambiguous_apart_and_fails_below_a_mark():
    queries = list(make_queries(PEOPLE, 50, "1"))
    score = Score(people=5, forces=1)
    score.conditions = {"date": "d", "machine": "m", "clients": 8, "load_average": 1, "seed": "1"}
    for number, query in enumerate(queries):
        score.add(query, 0.01, found=number > 0)
    assert as_data(score)["kinds"]["all"]["recall_percent"] == 98.0
    assert score.passes(Marks())
    assert not score.passes(Marks(recall=98.5))
    assert not score.passes(Marks(median=9))
    assert "98.0 %" in as_page(score, Marks())
