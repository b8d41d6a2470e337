"""PNC ID, CRO number, ASN and prison number: written forms, check letters, refusals."""

from __future__ import annotations

import dataclasses
from datetime import date
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offenders.domain.identifiers import (
    LETTERS,
    Asn,
    CroNumber,
    InvalidIdentifier,
    PncId,
    PrisonNumber,
    parse,
)

if TYPE_CHECKING:
    from collections.abc import Callable

TODAY = date(2026, 11, 21)

years = st.integers(1900, 2026)
two_digits = st.integers(0, 99)
wrong_step = st.integers(1, 22)


def letter_of(number: int, step: int = 0) -> str:
    return LETTERS[(number + step) % 23]


# --- PNC ID -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("1979/0163001B", "1979/0163001B"),
        ("2002/0073319Z", "2002/0073319Z"),
        ("81/34U", "1981/0000034U"),
        ("00/223R", "2000/0000223R"),
        ("033Y", "2003/0000003Y"),
        ("67/9893091D", "1967/9893091D"),
        ("679893091D", "1967/9893091D"),
        ("99/123456X", "1999/0123456X"),
        ("1999/123456X", "1999/0123456X"),
        ("20/9N", "2020/0000009N"),
        ("20020073319Z", "2002/0073319Z"),
        ("19790163001B", "1979/0163001B"),
        ("02/73319Z", "2002/0073319Z"),
        ("0273319Z", "2002/0073319Z"),
        ("79163001B", "1979/0163001B"),
        ("20030011985X", "2003/0011985X"),
        ("2001/0171310W", "2001/0171310W"),
        ("20230583843L", "2023/0583843L"),
        ("20120052494Q", "2012/0052494Q"),
        ("  2002/0073319z\n", "2002/0073319Z"),
        ("2002 / 007 3319 Z", "2002/0073319Z"),
        ("2002\N{NO-BREAK SPACE}0073319Z", "2002/0073319Z"),
    ],
)
def test_every_written_form_of_a_pnc_id_has_one_canonical_form(
    written: str, canonical: str
) -> None:
    assert PncId.parse(written, TODAY).value == canonical


@pytest.mark.parametrize(
    "written",
    [
        "20030011985Z",
        "2001/0171310S",
        "20230583843N",
        "20120052494O",
        "",
        "   ",
        "01",
        "0123567",
        "01234567890",
        "TOTALLYINVALID",
        "1X23/1234567A",
        "1923[1234567A",
        "1923/1Z34567A",
        "1923/1234567AA",
        "199/123456X",
        "1999123456X",
        "1999/12345678X",
        "0079/0163001B",
        "2002/0073319",
        "2002//0073319Z",
        "2002/0073319Z\x00",
        "\N{FULLWIDTH DIGIT TWO}002/0073319Z",
        "\N{ARABIC-INDIC DIGIT TWO}002/0073319Z",
    ],
)
def test_what_is_not_a_pnc_id_is_refused(written: str) -> None:
    with pytest.raises(InvalidIdentifier):
        PncId.parse(written, TODAY)


@pytest.mark.parametrize(
    ("today", "canonical"),
    [
        (date(2019, 12, 31), "1920/0000009N"),
        (date(2020, 1, 1), "2020/0000009N"),
        (date(2119, 12, 31), "2020/0000009N"),
        (date(2120, 1, 1), "2120/0000009N"),
    ],
)
def test_a_year_of_two_digits_is_the_latest_up_to_today(today: date, canonical: str) -> None:
    assert PncId.parse("20/9N", today).value == canonical


def test_a_pnc_id_of_a_year_to_come_is_refused() -> None:
    with pytest.raises(InvalidIdentifier, match="future"):
        PncId.parse("2027/0000009W", TODAY)


@pytest.mark.parametrize("written", ["00/0Z", "2000/0000000Z", "23/0000Z"])
def test_a_pnc_id_of_zeros_is_refused_though_its_letter_may_be_right(written: str) -> None:
    with pytest.raises(InvalidIdentifier, match="zeros"):
        PncId.parse(written, TODAY)


@pytest.mark.parametrize(
    "value", ["79/163001B", "1979/163001B", "1979/0163001b", "1979/0163001C", "1979/0163001B\n"]
)
def test_a_pnc_id_cannot_be_made_in_any_but_its_canonical_form(value: str) -> None:
    with pytest.raises(InvalidIdentifier):
        PncId(value)


def test_an_identifier_can_neither_be_changed_nor_read_from_its_representation() -> None:
    pnc_id = PncId.parse("79/163001B", TODAY)
    with pytest.raises(dataclasses.FrozenInstanceError):
        pnc_id.value = "1979/0163001C"  # type: ignore[misc]  # what the test is about
    assert repr(pnc_id) == "PncId()"
    assert pnc_id == PncId("1979/0163001B")


@given(year=years, serial=st.integers(1, 9_999_999))
def test_the_canonical_pnc_id_parses_to_itself(year: int, serial: int) -> None:
    letter = letter_of(int(f"{year % 100}{serial:07}"))
    canonical = f"{year}/{serial:07}{letter}"
    assert PncId.parse(canonical, TODAY).value == canonical
    assert PncId.parse(f"{year}/{serial}{letter}".lower(), TODAY).value == canonical
    assert PncId.parse(canonical.replace("/", ""), TODAY).value == canonical


@given(year=st.integers(1927, 2026), serial=st.integers(1, 9_999_999))
def test_the_short_pnc_id_is_that_of_the_last_hundred_years(year: int, serial: int) -> None:
    letter = letter_of(int(f"{year % 100}{serial:07}"))
    short = f"{year % 100:02}/{serial}{letter}"
    assert PncId.parse(short, TODAY).value == f"{year}/{serial:07}{letter}"
    assert PncId.parse(short.replace("/", ""), TODAY).value == f"{year}/{serial:07}{letter}"


@given(year=years, serial=st.integers(1, 9_999_999), step=wrong_step)
def test_every_wrong_letter_of_a_pnc_id_is_refused(year: int, serial: int, step: int) -> None:
    letter = letter_of(int(f"{year % 100}{serial:07}"), step)
    with pytest.raises(InvalidIdentifier, match="check letter"):
        PncId.parse(f"{year}/{serial:07}{letter}", TODAY)


@given(
    serial=st.integers(1, 9_999_999),
    place=st.integers(0, 6),
    digit=st.integers(1, 9),
)
def test_one_mistyped_digit_of_a_serial_is_refused(serial: int, place: int, digit: int) -> None:
    letter = letter_of(int(f"79{serial:07}"))
    digits = list(f"{serial:07}")
    digits[place] = str((int(digits[place]) + digit) % 10)
    with pytest.raises(InvalidIdentifier):
        PncId.parse(f"1979/{''.join(digits)}{letter}", TODAY)


@given(st.text(max_size=20))
def test_any_text_is_either_canonical_or_refused(text: str) -> None:
    try:
        value = PncId.parse(text, TODAY).value
    except InvalidIdentifier:
        return
    assert PncId(value).value == value


# --- CRO number -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("065656/91H", "065656/91H"),
        ("65656/91H", "065656/91H"),
        ("265416/21G", "265416/21G"),
        ("85227/65L", "085227/65L"),
        ("SF05/482703J", "SF05/482703J"),
        ("SF83/50058Z", "SF83/50058Z"),
        ("SF83/050058Z", "SF83/50058Z"),
        (" sf 05/482703 j ", "SF05/482703J"),
        ("65656/91h", "065656/91H"),
    ],
)
def test_every_written_form_of_a_cro_number_has_one_canonical_form(
    written: str, canonical: str
) -> None:
    assert CroNumber.parse(written).value == canonical


@pytest.mark.parametrize(
    "written",
    [
        "85227/65G",
        "SF83/50058B",
        "000000/00Z",
        "0/00Z",
        "SF00/0Z",
        "06565691H",
        "1065656/91H",
        "065656/1991H",
        "065656/91",
        "SF05482703J",
        "SF5/482703J",
        "SF05/4827031J",
        "SG05/482703J",
        "",
    ],
)
def test_what_is_not_a_cro_number_is_refused(written: str) -> None:
    with pytest.raises(InvalidIdentifier):
        CroNumber.parse(written)


@pytest.mark.parametrize("value", ["65656/91H", "SF83/050058Z", "065656/91J", "sf05/482703J"])
def test_a_cro_number_cannot_be_made_in_any_but_its_canonical_form(value: str) -> None:
    with pytest.raises(InvalidIdentifier):
        CroNumber(value)


@given(year=two_digits, serial=st.integers(1, 999_999), step=st.integers(0, 22))
def test_a_cro_number_parses_to_itself_and_with_a_wrong_letter_not_at_all(
    year: int, serial: int, step: int
) -> None:
    standard = f"{serial:06}/{year:02}{letter_of(int(f'{year}{serial:06}'), step)}"
    on_file = f"SF{year:02}/{serial}{letter_of(int(f'{year}{serial}'), step)}"
    for written in (standard, on_file):
        if step:
            with pytest.raises(InvalidIdentifier, match="check letter"):
                CroNumber.parse(written)
        else:
            assert CroNumber.parse(written).value == written


# --- ASN --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("0807NRPR00000038482H", "08/07NR/PR/00000038482H"),
        ("1101ZD0100000448754K", "11/01ZD/01/00000448754K"),
        ("1101ZD0100000410769X", "11/01ZD/01/00000410769X"),
        ("2202XC0200000000021R", "22/02XC/02/00000000021R"),
        ("2005FF0500000000555P", "20/05FF/05/00000000555P"),
        ("9700000000000123456K", "97/0000/00/00000123456K"),
        ("22FD112200001234560X", "22/FD11/22/00001234560X"),
        ("97/0000/00/123456K", "97/0000/00/00000123456K"),
        ("11/01ZD/01/448754k", "11/01ZD/01/00000448754K"),
        ("11 01zd 01 00000448754 k", "11/01ZD/01/00000448754K"),
    ],
)
def test_every_written_form_of_an_asn_has_one_canonical_form(written: str, canonical: str) -> None:
    assert Asn.parse(written).value == canonical


@pytest.mark.parametrize(
    "written",
    [
        "0807NRPR00000038482J",
        "2202XC0200000000021D",
        "1101ZD010000044875K4",
        "1101ZD01000000448754K",
        "1101ZD01K",
        "A101ZD0100000448754K",
        "1101Z-0100000448754K",
        "1101ZD0100000000000L",
        "",
    ],
)
def test_what_is_not_an_asn_is_refused(written: str) -> None:
    with pytest.raises(InvalidIdentifier):
        Asn.parse(written)


def test_an_asn_cannot_be_made_without_its_slashes() -> None:
    with pytest.raises(InvalidIdentifier):
        Asn("1101ZD0100000448754K")


@given(
    year=two_digits,
    force=two_digits,
    unit=st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=2, max_size=2),
    system=st.one_of(two_digits.map("{:02}".format), st.sampled_from(["PR", "NP", "A1"])),
    sequence=st.integers(1, 99_999_999_999),
    step=st.integers(0, 22),
)
def test_an_asn_parses_to_itself_and_with_a_wrong_letter_not_at_all(
    *, year: int, force: int, unit: str, system: str, sequence: int, step: int
) -> None:
    counted = system if system.isdigit() else ""
    letter = letter_of(int(f"{force:02}{counted}{year:02}{sequence:011}"), step)
    written = f"{year:02}/{force:02}{unit}/{system}/{sequence:011}{letter}"
    if step:
        with pytest.raises(InvalidIdentifier, match="check letter"):
            Asn.parse(written)
    else:
        assert Asn.parse(written).value == written
        assert Asn.parse(written.replace("/", "")).value == written


# --- prison number and the rest ---------------------------------------------------------------


@pytest.mark.parametrize("written", ["A1234BC", "a1234bc", " A1234 BC "])
def test_a_prison_number_is_given_in_capitals(written: str) -> None:
    assert PrisonNumber.parse(written).value == "A1234BC"


@pytest.mark.parametrize("written", ["A123BC", "A1234B", "11234BC", "A1234BCD", "A1234B\xc7", ""])
def test_what_is_not_a_prison_number_is_refused(written: str) -> None:
    with pytest.raises(InvalidIdentifier):
        PrisonNumber.parse(written)


@pytest.mark.parametrize(
    ("kind", "written", "canonical"),
    [
        ("pnc_id", "79/163001b", "1979/0163001B"),
        ("cro_number", "65656/91h", "065656/91H"),
        ("asn", "11/01zd/01/448754k", "11/01ZD/01/00000448754K"),
        ("prison_number", "a1234bc", "A1234BC"),
        ("force_nominal_number", "  nom 12/a ", "NOM 12/A"),
    ],
)
def test_parse_gives_the_canonical_value_of_each_kind(
    kind: str, written: str, canonical: str
) -> None:
    assert parse(kind, written, TODAY) == canonical


@pytest.mark.parametrize(
    "kind", ["pnc_id", "cro_number", "asn", "prison_number", "force_nominal_number"]
)
def test_an_empty_identifier_is_refused_for_each_kind(kind: str) -> None:
    with pytest.raises(InvalidIdentifier):
        parse(kind, " \t", TODAY)


@pytest.mark.parametrize(
    ("make", "form"),
    [
        (lambda: PncId.parse("1979/0163001C", TODAY), "YYYY/NNNNNNND"),
        (lambda: PncId.parse("79-0163001-B", TODAY), "YYYY/NNNNNNND"),
        (lambda: CroNumber.parse("85227/65G"), "NNNNNN/YYD"),
        (lambda: CroNumber.parse("85227-65G"), "NNNNNN/YYD"),
        (lambda: Asn.parse("0807NRPR00000038482J"), "YY/FFUU/SS/NNNNNNNNNNND"),
        (lambda: PrisonNumber.parse("A163001BC"), "ANNNNAA"),
    ],
)
def test_a_refusal_names_the_form_and_never_repeats_the_identifier(
    make: Callable[[], object], form: str
) -> None:
    with pytest.raises(InvalidIdentifier) as refused:
        make()
    message = str(refused.value)
    assert form in message
    assert "Send" in message or "send" in message
    assert not any(digits in message for digits in ("163001", "85227", "38482"))
