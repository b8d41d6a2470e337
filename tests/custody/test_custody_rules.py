"""The rules of custody as tables: boundary moments, clock changes, and whose country is foreign."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from offenders.domain.custody.rules import (
    Facts,
    Stay,
    arrested_again,
    broken_rules,
    end_of,
    foreign_countries,
    is_nationality_unknown,
    overlap,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOURS = 96


def at(written):
    return datetime.fromisoformat(written)


def stay(arrested, released=None, number="A", disposal=None):
    return Stay(number, at(arrested), at(released) if released else None, disposal)


def broken(one, *others, born="1990-01-01", now=NOW):
    facts = Facts(now, HOURS, date.fromisoformat(born) if born else None, others)
    return [each.rule for each in broken_rules(one, facts)]


@pytest.mark.parametrize(
    ("arrested", "released", "born", "rules"),
    [
        ("2026-03-01T12:00:00+00:00", None, None, []),
        ("2026-03-01T12:00:01+00:00", None, None, ["arrest-in-the-future"]),
        ("2026-03-01T13:00:00+01:00", None, None, []),
        # Born on the day: the arrest is not before it, however early; London's day counts.
        ("2020-06-01T00:00:00+01:00", None, "2020-06-01", []),
        ("2020-05-31T23:00:00+00:00", None, "2020-06-01", []),
        ("2020-05-31T22:59:59+00:00", None, "2020-06-01", ["arrest-before-birth"]),
        ("2020-12-31T23:59:59+00:00", None, "2021-01-01", ["arrest-before-birth"]),
        ("2020-02-29T10:00:00+00:00", None, "2020-03-01", ["arrest-before-birth"]),
        # The release may be the very moment of the arrest, and never before.
        ("2026-02-01T10:00:00+00:00", "2026-02-01T10:00:00+00:00", None, []),
        (
            "2026-02-01T10:00:00+00:00",
            "2026-02-01T09:59:59+00:00",
            None,
            ["release-before-arrest"],
        ),
        ("2026-03-01T11:00:00+00:00", "2026-03-01T12:00:00+00:00", None, []),
        (
            "2026-03-01T11:00:00+00:00",
            "2026-03-01T12:00:01+00:00",
            None,
            ["release-in-the-future"],
        ),
        # 26 October 2025, 01:00 to 02:00 comes twice: first in summer time, then in winter time.
        ("2025-10-26T01:30:00+01:00", "2025-10-26T01:10:00+00:00", None, []),
        (
            "2025-10-26T01:10:00+00:00",
            "2025-10-26T01:30:00+01:00",
            None,
            ["release-before-arrest"],
        ),
        # 30 March 2025, 01:00 to 02:00 never comes: a moment before and one after it.
        ("2025-03-30T00:59:00+00:00", "2025-03-30T02:01:00+01:00", None, []),
        (
            "2025-03-30T02:01:00+01:00",
            "2025-03-30T00:59:00+00:00",
            None,
            ["release-before-arrest"],
        ),
        (
            "2026-03-02T12:00:00+00:00",
            "2026-03-02T11:00:00+00:00",
            "2026-03-03",
            [
                "arrest-in-the-future",
                "arrest-before-birth",
                "release-before-arrest",
                "release-in-the-future",
            ],
        ),
    ],
)
def test_when_somebody_was_held(arrested, released, born, rules):
    assert broken(stay(arrested, released), born=born) == rules


def test_a_disposal_ends_a_detention():
    held = stay("2026-02-01T10:00:00+00:00", disposal="charged")
    assert broken(held) == ["disposal-without-release"]
    ended = stay("2026-02-01T10:00:00+00:00", "2026-02-01T11:00:00+00:00", disposal="charged")
    assert broken(ended) == []


@pytest.mark.parametrize(
    ("arrested", "released", "is_twice"),
    [
        # The other detention: 1 February 10:00 until 12:00.
        ("2026-02-01T12:00:00+00:00", None, False),
        ("2026-02-01T11:59:59+00:00", None, True),
        ("2026-02-01T10:00:00+00:00", "2026-02-01T10:30:00+00:00", True),
        ("2026-02-01T09:00:00+00:00", "2026-02-01T10:00:00+00:00", False),
        ("2026-02-01T09:00:00+00:00", "2026-02-01T10:00:01+00:00", True),
        ("2026-02-01T09:00:00+00:00", None, True),
        # Without a release nobody is held longer than 96 hours.
        ("2026-01-28T10:00:00+00:00", None, False),
        ("2026-01-28T10:00:01+00:00", None, True),
    ],
)
def test_nobody_is_held_twice_at_once(arrested, released, is_twice):
    other = stay("2026-02-01T10:00:00+00:00", "2026-02-01T12:00:00+00:00", "B")
    one = stay(arrested, released)
    assert overlap(one, other, HOURS) is overlap(other, one, HOURS) is is_twice
    assert broken(one, other) == ["two-detentions-at-once"] * is_twice


@pytest.mark.parametrize(
    ("hours", "is_twice"), [(0, True), (95, True), (96, False), (97, False), (-96, False)]
)
def test_two_without_release_are_apart_by_the_longest_detention(hours, is_twice):
    first = stay("2026-02-01T10:00:00+00:00")
    second = Stay("B", first.arrested_at + timedelta(hours=hours), None)
    assert overlap(first, second, HOURS) is is_twice


@pytest.mark.parametrize(
    ("released", "arrested", "again_released", "is_twice", "is_told"),
    [
        # The first: 1 February 10:00, released at `released` or nobody said.
        (None, "2026-02-02T09:00:00+00:00", None, False, True),
        (None, "2026-02-02T09:00:00+00:00", "2026-02-02T10:00:00+00:00", False, True),
        (None, "2026-02-01T10:00:00+00:00", None, True, True),
        (None, "2026-02-05T10:00:00+00:00", None, False, False),
        ("2026-02-01T12:00:00+00:00", "2026-02-01T11:59:00+00:00", None, True, True),
        ("2026-02-01T12:00:00+00:00", "2026-02-01T12:00:00+00:00", None, False, False),
    ],
)
def test_an_arrest_ends_what_has_no_release_on_record(
    released, arrested, again_released, is_twice, is_told
):
    first = stay("2026-02-01T10:00:00+00:00", released)
    second = stay(arrested, again_released, "B")
    for one, other in ((first, second), (second, first)):
        lenient = Facts(NOW, HOURS, None, [other], [other.custody_number])
        found = [each.rule for each in broken_rules(one, lenient)]
        assert found == ["two-detentions-at-once"] * is_twice
        assert list(arrested_again(one, lenient)) == [(first, second)] * is_told or is_twice
        assert broken(one, other) == ["two-detentions-at-once"] * is_told


def test_a_third_arrest_is_after_what_the_second_has_ended():
    first = stay("2026-02-01T10:00:00+00:00", number="B")
    second = stay("2026-02-02T10:00:00+00:00", "2026-02-02T11:00:00+00:00", "C")
    third = stay("2026-02-02T12:00:00+00:00")
    assert end_of(first, [first, second], HOURS) == second.arrested_at
    assert broken(third, first) == ["two-detentions-at-once"]
    assert broken(third, first, second) == []
    assert broken(stay("2026-02-02T10:30:00+00:00"), first, second) != []


def test_the_longest_detention_counts_hours_not_days_over_a_clock_change():
    # From Friday 00:30 to Tuesday 00:30 by the wall there are 97 hours: the clocks go back.
    first = stay("2025-10-24T00:30:00+01:00")
    assert not overlap(first, stay("2025-10-28T00:30:00+00:00", number="B"), HOURS)
    assert not overlap(first, stay("2025-10-27T23:30:00+00:00", number="B"), HOURS)
    assert overlap(first, stay("2025-10-27T23:29:59+00:00", number="B"), HOURS)


def test_a_detention_is_never_at_once_with_itself():
    held = stay("2026-02-01T10:00:00+00:00")
    assert broken(held, held) == []


def test_the_problem_names_the_other_detention_and_the_section():
    other = stay("2025-10-26T01:30:00+00:00", number="CU/7")
    (found,) = broken_rules(stay("2025-10-26T03:00:00+00:00"), Facts(NOW, HOURS, None, [other]))
    assert found.other == other
    assert "CU/7" in found.problem
    assert "26 October 2025 01:30 GMT" in found.problem
    assert "PACE 1984 s.44(3)" in found.problem


@pytest.mark.parametrize(
    ("stated", "evidenced", "recorded", "countries", "is_unknown"),
    [
        (None, None, [], [], True),
        ("GBR", None, [], [], False),
        (None, None, ["GBR"], [], False),
        ("ROU", None, [], ["ROU"], False),
        (None, "ROU", [], ["ROU"], False),
        (None, None, ["ROU"], ["ROU"], False),
        ("ROU", "ROU", ["ROU"], ["ROU"], False),
        ("GBR", "ROU", [], ["ROU"], False),
        ("GBR", "GBR", ["GBR", "POL"], ["POL"], False),
        ("ROU", "MDA", ["GBR", "POL"], ["MDA", "POL", "ROU"], False),
        # Overseas territories have criminal records of their own.
        ("GIB", None, ["BMU"], ["BMU", "GIB"], False),
        ("IRL", None, [], ["IRL"], False),
        # Stateless: nobody to ask, and known all the same; unspecified: not known.
        ("XXA", None, [], [], False),
        (None, None, ["XXA"], [], False),
        ("XXA", "ROU", [], ["ROU"], False),
        ("XXX", None, [], [], True),
        ("XXX", None, ["XXX", "ROU"], ["ROU"], False),
        ("XXX", "XXA", [], [], False),
    ],
)
def test_every_country_outside_the_united_kingdom_counts_once(
    stated, evidenced, recorded, countries, is_unknown
):
    assert foreign_countries(stated, evidenced, recorded) == countries
    assert is_nationality_unknown(stated, evidenced, recorded) is is_unknown
