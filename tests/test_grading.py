"""Grades of intelligence."""

from __future__ import annotations

import itertools

import pytest

from offenders.domain.grading import parse_grade


@pytest.mark.parametrize("grade", [*map("".join, itertools.product("123", "ABCDE", "PC"))])
def test_every_3x5x2_grade_is_taken(grade: str) -> None:
    assert parse_grade(grade) == grade


@pytest.mark.parametrize("grade", [*map("".join, itertools.product("ABCDE", "12345", "12345"))])
def test_every_5x5x5_grade_is_kept_unconverted(grade: str) -> None:
    assert parse_grade(grade) == grade


@pytest.mark.parametrize(("written", "grade"), [(" 1bp ", "1BP"), ("e41", "E41")])
def test_a_grade_is_given_in_capitals(written: str, grade: str) -> None:
    assert parse_grade(written) == grade


@pytest.mark.parametrize(
    "written",
    ["", "4AP", "0AP", "1FP", "1AX", "1A", "1APP", "F11", "A61", "A06", "1 A P", "1A\u0420"],
)
def test_what_is_no_grade_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValueError, match="1BP"):
        parse_grade(written)
