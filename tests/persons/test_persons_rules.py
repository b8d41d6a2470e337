"""What a birth, a postcode, a registration mark and a review day may be."""

from __future__ import annotations

from datetime import date

import pytest

from offenders.domain.persons.rules import (
    is_possible_birth,
    normalise_mark,
    normalise_postcode,
    review_day,
)


@pytest.mark.parametrize(
    ("born", "possible"),
    [
        (date(2026, 3, 1), True),
        (date(2026, 3, 2), False),
        (date(1896, 3, 1), True),
        (date(1895, 3, 2), True),
        (date(1895, 3, 1), False),
    ],
)
def test_nobody_alive_is_unborn_or_older_than_130(born, possible):
    assert is_possible_birth(born, date(2026, 3, 1)) is possible


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("le11aa", "LE1 1AA"),
        (" LE1  1AA ", "LE1 1AA"),
        ("ec1a1bb", "EC1A 1BB"),
        ("m1 1ae", "M1 1AE"),
        ("d02 x285", "D02 X285"),
        ("75001", "75001"),
        ("1012  js", "1012 JS"),
    ],
)
def test_a_postcode_has_one_written_form(written, normal):
    assert normalise_postcode(written) == normal
    assert normalise_postcode(normal) == normal


@pytest.mark.parametrize("written", ["ab12cde", "AB12 CDE", " a b12-cde "])
def test_a_registration_mark_has_one_written_form(written):
    assert normalise_mark(written) == "AB12CDE"


@pytest.mark.parametrize("written", ["", " ", "AB_1", "A" * 11, "ÄB12"])
def test_what_is_no_registration_mark_is_refused(written):
    with pytest.raises(ValueError, match="letters and digits"):
        normalise_mark(written)


def test_a_marker_is_reviewed_so_many_days_after_it_acts():
    assert review_day(date(2026, 1, 1), 365) == date(2027, 1, 1)
