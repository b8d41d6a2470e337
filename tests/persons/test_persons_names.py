"""Names made comparable: normal form, words to be found by, words to search for."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offenders.domain.persons.names import (
    Token,
    UnsearchableName,
    normalise,
    query_words,
    tokens,
)


def searched_for(text: str) -> list[str]:
    """Give every spelling that a search asks for, each once."""
    words = query_words(text)
    spellings = [each for word in words for each in (*word.parts, word.joined) if each]
    return list(dict.fromkeys(spellings))


def found_by(family_name: str, given_names: str | None = None) -> list[str]:
    return [token.text for token in tokens(family_name, given_names)]


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Smith", "SMITH"),
        ("  smith   JONES ", "SMITH JONES"),
        ("Smith-Jones", "SMITH JONES"),
        ("Smith\u2013Jones", "SMITH JONES"),
        ("Smith \u2011 Jones", "SMITH JONES"),
        ("O'Brien", "OBRIEN"),
        ("O\u2019Brien", "OBRIEN"),
        ("O\u2018Brien", "OBRIEN"),
        ("O`Brien", "OBRIEN"),
        ("O\u00b4Brien", "OBRIEN"),
        ("O\uff07Brien", "OBRIEN"),
        ("O\u02bcBrien", "OBRIEN"),
        ("Ka\u02bbahumanu", "KAAHUMANU"),
        ("St. John", "ST JOHN"),
        ("Smith, John (Jack)", "SMITH JOHN JACK"),
        ("Smith/Jones\\Brown_Green", "SMITH JONES BROWN GREEN"),
        ("Mc Donald", "MCDONALD"),
        ("MAC DONALD", "MACDONALD"),
        ("Mc-Donald", "MCDONALD"),
        ("John Mc Donald Smith", "JOHN MCDONALD SMITH"),
        ("Mackie", "MACKIE"),
        ("Mac", "MAC"),
        ("Mc", "MC"),
        ("Tomac Smith", "TOMAC SMITH"),
        ("José Núñez", "JOSE NUNEZ"),
        ("Jose\u0301", "JOSE"),
        ("Müller", "MULLER"),
        ("Groß", "GROSS"),
        ("GRO\u1e9e", "GROSS"),
        ("Sørensen", "SORENSEN"),
        ("Łukasz", "LUKASZ"),
        ("Đorđević", "DORDEVIC"),
        ("Æthelred Œuvre", "AETHELRED OEUVRE"),
        ("Þórður Guðmundsson", "THORDUR GUDMUNDSSON"),
        ("I\u015f\u0131k \u0130nönü", "ISIK INONU"),
        ("Əliyev", "ELIYEV"),
        ("Nguyễn Thị Hương", "NGUYEN THI HUONG"),
        ("Ŋata Ħaż", "NATA HAZ"),
        ("\ufb01nch", "FINCH"),
        ("\uff33\uff4d\uff49\uff54\uff48", "SMITH"),
        ("Sm\u00adith", "SMITH"),
        ("Sm\u200bith", "SMITH"),
        ("Smith\x00Jones", "SMITH JONES"),
        ("Smith\tJones\n", "SMITH JONES"),
        ("John 2nd", "JOHN 2ND"),
        ("MIG_ERROR_Smith", "SMITH"),
        ("duplicate_Smith", "SMITH"),
        ("NO_SHOW_Smith", "SMITH"),
        ("Not entered", ""),
        ("", ""),
        (" -'- ", ""),
    ],
)
def test_a_name_has_one_normal_form(text: str, normal: str) -> None:
    assert normalise(text) == normal


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("Иванов", "ИВАНОВ"),
        ("Йовкова", "ЙОВКОВА"),
        ("Παπαδόπουλος", "ΠΑΠΑΔΌΠΟΥΛΟΣ"),
        ("محمد", "محمد"),
        ("דוד", "דוד"),
        ("王小明", "王小明"),
        ("김민준", "김민준"),
        ("ガンダム", "ガンダム"),
        ("राहुल शर्मा", "राहुल शर्मा"),
        ("สมชาย ใจดี", "สมชาย ใจดี"),
    ],
)
def test_other_scripts_are_kept_in_capitals_where_they_have_them(text: str, normal: str) -> None:
    assert normalise(text) == normal


@given(st.text())
def test_a_normal_form_stays_as_it_is(text: str) -> None:
    normal = normalise(text)
    assert normalise(normal) == normal
    assert normal == " ".join(normal.split())


@given(st.text(st.characters(max_codepoint=0x24F)))
def test_latin_names_become_plain_capitals_and_digits(text: str) -> None:
    words = normalise(text).replace(" ", "")
    accents = [letter for letter in words if unicodedata.normalize("NFKD", letter) != letter]
    assert accents == []
    assert words == words.upper()
    assert "-" not in words
    assert "'" not in words


def test_each_word_says_its_part_and_place() -> None:
    assert tokens("Smith-Jones", "Mary Ann") == [
        Token("SMITH", "family", 0),
        Token("JONES", "family", 1),
        Token("SMITHJONES", "family", 0),
        Token("MARY", "given", 0),
        Token("ANN", "given", 1),
    ]


@pytest.mark.parametrize(
    ("family_name", "given_names", "words"),
    [
        ("Smith", None, {"SMITH"}),
        ("Smith", "", {"SMITH"}),
        ("Smith-Jones", None, {"SMITH", "JONES", "SMITHJONES"}),
        ("Smith Jones", None, {"SMITH", "JONES", "SMITHJONES"}),
        ("O'Brien", "Seán", {"OBRIEN", "SEAN"}),
        ("O Brien", None, {"O", "BRIEN", "OBRIEN"}),
        ("van der Berg", None, {"VAN", "DER", "BERG", "VANDERBERG"}),
        ("de Souza", None, {"DE", "SOUZA", "DESOUZA"}),
        ("Mc Donald", None, {"MCDONALD"}),
        ("Mac Donald-Smith", None, {"MACDONALD", "SMITH", "MACDONALDSMITH"}),
        ("Al-Hassan Khan", None, {"AL", "HASSAN", "ALHASSAN", "KHAN", "ALHASSANKHAN"}),
        ("Smith", "Jean-Paul Luc", {"SMITH", "JEAN", "PAUL", "JEANPAUL", "LUC"}),
        ("王", "小明", {"王", "小明"}),
        ("Not Entered", "John", {"JOHN"}),
        ("", "Madonna", {"MADONNA"}),
        ("", None, set()),
    ],
)
def test_a_name_is_found_by_its_words_and_joined_forms(
    family_name: str, given_names: str | None, words: set[str]
) -> None:
    assert set(found_by(family_name, given_names)) == words


@pytest.mark.parametrize(
    ("family_name", "given_names", "search"),
    [
        ("Jones", "Mac", "Mac Jones"),
        ("Jones", "Mac", "Jones Mac"),
        ("Smith", "Mac John", "John Smith"),
        ("Smith", "Mac John", "Mac John Smith"),
        ("MacDonald", "Ian", "ian mac donald"),
        ("Mac Donald", "Ian", "ian macdonald"),
        ("Smith-Jones", "Ann", "smithjones"),
        ("Smith Jones", "Ann", "smith-jones"),
        ("Smith-Jones", "Ann", "jones ann"),
        ("O'Brien", "Ann", "obrien"),
        ("O Brien", "Ann", "o'brien"),
        ("van der Berg", "Jan", "Vanderberg"),
        ("Sørensen", "Łukasz", "lukasz sorensen"),
        ("Iwanow-Ø", "Zoë", "IWANOW-O ZOE"),
    ],
)
def test_a_search_meets_the_name_it_means(family_name: str, given_names: str, search: str) -> None:
    assert set(searched_for(search)) <= set(found_by(family_name, given_names))


def test_the_same_word_counts_once_in_each_part() -> None:
    assert tokens("James James", "James") == [
        Token("JAMES", "family", 0),
        Token("JAMESJAMES", "family", 0),
        Token("JAMES", "given", 0),
    ]


def test_a_long_word_is_cut_alike_in_names_and_searches() -> None:
    assert found_by("A" * 70) == ["A" * 64]
    assert searched_for("A" * 70) == ["A" * 64]


@given(st.text(max_size=300), st.none() | st.text(max_size=300))
def test_the_words_of_a_name_are_bounded_and_differ(
    family_name: str, given_names: str | None
) -> None:
    found = tokens(family_name, given_names)
    assert len(found) <= 24
    assert len({(token.text, token.part) for token in found}) == len(found)
    assert all(1 <= len(token.text) <= 64 for token in found)


def test_a_name_of_very_many_words_has_24() -> None:
    assert len(tokens(" ".join(f"N{place}" for place in range(40)), "Ann")) == 24


@given(st.text(st.characters(codec="ascii"), max_size=60), st.text(max_size=60))
def test_a_name_that_can_be_searched_for_is_found(family_name: str, given_names: str) -> None:
    try:
        words = searched_for(family_name)
    except UnsearchableName:
        return
    assert set(words) <= set(found_by(family_name, given_names))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("john smith", ["JOHN", "SMITH"]),
        ("Smith, John", ["SMITH", "JOHN"]),
        ("smith smith", ["SMITH"]),
        ("smith jones", ["SMITH", "JONES"]),
        ("ann smith-jones", ["ANN", "SMITH", "JONES", "SMITHJONES"]),
        ("o'brien", ["OBRIEN"]),
        ("o brien", ["O", "BRIEN"]),
        ("van der berg", ["VAN", "DER", "BERG"]),
        ("mc donald", ["MCDONALD"]),
        ("J Smith", ["J", "SMITH"]),
        ("Li", ["LI"]),
        ("王", ["王"]),
        ("John Smith 2", ["JOHN", "SMITH", "2"]),
        ("a b c d e f g hi", ["A", "B", "C", "D", "E", "F", "G", "HI"]),
    ],
)
def test_a_search_keeps_its_order_and_joins_only_what_was_hyphenated(
    text: str, words: list[str]
) -> None:
    assert searched_for(text) == words


@pytest.mark.parametrize(
    ("text", "help_given"),
    [
        ("smi%", "Leave out"),
        ("sm_th", "Leave out"),
        ("smi*", "Leave out"),
        ("smi?h", "Leave out"),
        ("", "no letter"),
        ("  ", "no letter"),
        ("12345", "no letter"),
        ("-'.", "no letter"),
        ("\N{COMBINING ACUTE ACCENT}", "no letter"),
        ("Not entered", "no letter"),
        ("s", "in full"),
        ("j s", "in full"),
        ("j 12", "in full"),
        ("É", "in full"),
        ("a b c d e f g h ij", "at most 8"),
        ("one-two-three-four-five-six-seven-eight-nine", "at most 8"),
        ("a" * 201, "at most 200"),
    ],
)
def test_a_search_for_everybody_or_nobody_is_refused_with_help(text: str, help_given: str) -> None:
    with pytest.raises(UnsearchableName, match=help_given):
        searched_for(text)


def test_the_longest_search_is_taken() -> None:
    assert searched_for("ab" + " " * 198) == ["AB"]


@given(st.text(max_size=250))
def test_any_search_gives_words_or_is_refused(text: str) -> None:
    try:
        words = searched_for(text)
    except UnsearchableName:
        return
    assert words
    assert all(1 <= len(word) <= 64 and not word.isspace() for word in words)
