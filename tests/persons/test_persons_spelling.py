"""How an asked word is like a recorded one, and that the keys lead from one to the other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offenders.domain.persons.name_forms import relation_of
from offenders.domain.persons.spelling import likeness, typing_errors
from offenders.domain.persons.word_keys import keys_of, probes_of

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
WORDS = st.text(LETTERS, min_size=4, max_size=12)


@pytest.mark.parametrize(
    ("asked", "recorded", "how", "cost"),
    [
        ("SMITH", "SMITH", "equal", 0),
        ("SMI", "SMITH", "begins", 10),
        ("S", "SMITH", "initial", 12),
        ("JOHN", "J", "initial", 26),
        ("SMIHT", "SMITH", "sounds_alike", 20),
        ("SMTIH", "SMITH", "typing_error", 22),
        ("SMTH", "SMITH", "typing_error", 22),
        ("SMYTH", "SMITH", "sounds_alike", 21),
        ("SEAN", "SHAUN", "other_spelling", 21),
        ("MOHD", "MUHAMMAD", "other_spelling", 21),
        ("BILL", "WILLIAM", "short_form", 24),
        ("ELIZABETH", "LIZ", "short_form", 24),
        ("PESCU", "POPESCU", "typing_error", 30),
        ("LEWNDOWSKY", "LEWANDOWSKI", "sounds_alike", 21),
        ("ИВАНВО", "ИВАНОВ", "typing_error", 22),
    ],
)
def test_a_recorded_word_is_like_an_asked_one(asked, recorded, how, cost):
    found = likeness(asked, recorded, born_alike=cost == 30)
    assert found is not None
    assert (found.how, found.cost) == (how, cost)


@pytest.mark.parametrize(
    ("asked", "recorded"),
    [
        ("SMITH", "JONES"),
        ("LEE", "LEN"),
        ("ALI", "ALF"),
        ("ANN", "IAN"),
        ("KHAN", "KEAN"[::-1]),
        ("JOHN", "JACOB"),
        ("BILL", "BOB"),
        ("PATEL", "PARKER"),
        ("HARRIS", "HARPERS"[1:]),
        ("MARK", "CLARKE"),
        ("王小", "王大"),
    ],
)
def test_another_name_is_not_like_it(asked, recorded):
    assert likeness(asked, recorded) is None


def test_two_errors_in_a_short_word_count_only_beside_the_date_of_birth():
    assert likeness("JNHOS", "JOHNS") is None
    assert likeness("PARKET", "PATEL") is None
    assert likeness("PARKEL", "PATEL") is None
    assert likeness("PARKEL", "PATEL", born_alike=True) is not None


def reference(one: str, other: str) -> int:
    """Write out optimal string alignment as the textbooks do."""
    grid = [[max(row, column) for column in range(len(other) + 1)] for row in range(len(one) + 1)]
    for row in range(1, len(one) + 1):
        for column in range(1, len(other) + 1):
            changed = one[row - 1] != other[column - 1]
            grid[row][column] = min(
                grid[row - 1][column] + 1,
                grid[row][column - 1] + 1,
                grid[row - 1][column - 1] + changed,
            )
            swapped = (
                row > 1
                and column > 1
                and one[row - 1] == other[column - 2]
                and one[row - 2] == other[column - 1]
            )
            if swapped:
                grid[row][column] = min(grid[row][column], grid[row - 2][column - 2] + 1)
    return grid[-1][-1]


@given(st.text("ABC", max_size=8), st.text("ABC", max_size=8))
def test_errors_are_counted_as_the_textbook_does(one, other):
    assert typing_errors(one, other) == min(reference(one, other), 3)


def single_edits(word: str) -> set[str]:
    splits = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    deleted = {head + tail[1:] for head, tail in splits if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in splits if len(tail) > 1}
    changed = {head + letter + tail[1:] for head, tail in splits if tail for letter in "AEKZ"}
    added = {head + letter + tail for head, tail in splits for letter in "AEKZ"}
    return (deleted | swapped | changed | added) - {word}


@given(WORDS)
def test_every_single_edit_leads_back_to_the_recorded_word(word):
    kept = set(keys_of(word))
    for edited in single_edits(word):
        assert kept & set(probes_of(edited)), edited
        assert likeness(edited, word) is not None, edited


@given(st.text(LETTERS, min_size=9, max_size=14), st.data())
def test_two_edits_in_one_half_of_a_long_word_lead_back(word, data):
    half = len(word) // 2
    edited = data.draw(st.sampled_from(sorted(single_edits(word[:half]))))
    twice = data.draw(st.sampled_from(sorted(single_edits(edited)))) + word[half:]
    assert twice == word or set(keys_of(word)) & set(probes_of(twice))


def test_keys_are_few_and_short_words_have_their_sound_alone():
    assert keys_of("WILLIAMS") == ["8<WILL", "8>IAMS", "wlms"]
    assert keys_of("LEE") == ["l"]
    assert keys_of("J") == []
    assert keys_of("王") == []


def test_forms_hold_both_ways_and_spellings_among_each_other():
    assert relation_of("WILLIAM", "BILL") == relation_of("BILL", "WILLIAM") == "short_form"
    assert relation_of("SHAUN", "SHAWN") == relation_of("SEAN", "SHAUN") == "spelling"
    assert relation_of("BILL", "BOB") is None
    assert relation_of("BILL", "WILL") is None
