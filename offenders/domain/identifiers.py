"""PNC ID, CRO number, ASN and prison number as values that can't be made wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

# The letter at index number mod 23; I, O and S are never used.
LETTERS: Final = "ZABCDEFGHJKLMNPQRTUVWXY"

PNC_ID_FORM: Final = (
    "YYYY/NNNNNNND (year from 1900, slash, up to seven digits, check letter) or YY/NNNNNNND"
)
CRO_NUMBER_FORM: Final = (
    "NNNNNN/YYD (up to six digits, slash, year, check letter), "
    "or SFYY/NNNNNND for a fingerprint-only file"
)
ASN_FORM: Final = (
    "YY/FFUU/SS/NNNNNNNNNNND (year, force and unit, system, up to eleven digits, check letter)"
)
PRISON_NUMBER_FORM: Final = "ANNNNAA (letter, four digits, two letters)"

# Without a slash only the long form, eleven digits, has a year of four.
_PNC_WRITTEN = re.compile(
    r"([0-9]{4}(?=/|[0-9]{7}[A-Z])|[0-9]{2})/?([0-9]{1,7})([A-Z])",
)
_PNC_CANONICAL = re.compile(r"((?:19|2[0-9])[0-9]{2})/([0-9]{7})([A-Z])")
_CRO_WRITTEN = re.compile(r"([0-9]{1,6})/([0-9]{2})([A-Z])")
_CRO_CANONICAL = re.compile(r"([0-9]{6})/([0-9]{2})([A-Z])")
_CRO_FILE_WRITTEN = re.compile(r"SF([0-9]{2})/([0-9]{1,6})([A-Z])")
_CRO_FILE_CANONICAL = re.compile(r"SF([0-9]{2})/(0|[1-9][0-9]{0,5})([A-Z])")
_ASN_WRITTEN = re.compile(
    r"([0-9]{2})/?([A-Z0-9]{2})([A-Z0-9]{2})/?([A-Z0-9]{2})/?([0-9]{1,11})([A-Z])",
)
_ASN_CANONICAL = re.compile(
    r"([0-9]{2})/([A-Z0-9]{2})([A-Z0-9]{2})/([A-Z0-9]{2})/([0-9]{11})([A-Z])",
)
_PRISON_NUMBER = re.compile(r"[A-Z][0-9]{4}[A-Z]{2}")


class InvalidIdentifier(ValueError):
    """An identifier that can't be right; its message never repeats the identifier."""


@dataclass(frozen=True, slots=True)
class PncId:
    """A PNC ID as `YYYY/NNNNNNND`."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse all but the canonical form with its right letter."""
        year, serial, letter = _parts(_PNC_CANONICAL, self.value, "PNC ID", PNC_ID_FORM)
        _check_letter(year[2:] + serial, serial, letter, PNC_ID_FORM)

    @classmethod
    def parse(cls, text: str, today: date) -> PncId:
        """Read any written form; a two-digit year is the latest one up to `today`."""
        year, serial, letter = _parts(_PNC_WRITTEN, _squeezed(text), "PNC ID", PNC_ID_FORM)
        full_year = _full_year(year, today)
        if full_year > today.year:
            message = f"The year of a PNC ID can't be in the future. Send {PNC_ID_FORM}."
            raise InvalidIdentifier(message)
        return cls(f"{full_year:04}/{serial:0>7}{letter}")


@dataclass(frozen=True, slots=True)
class CroNumber:
    """A CRO number as `NNNNNN/YYD`, or `SFYY/N…D` for a fingerprint-only file."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse all but a canonical form with its right letter."""
        if on_file := _CRO_FILE_CANONICAL.fullmatch(self.value):
            year, serial, letter = on_file.groups()
        else:
            serial, year, letter = _parts(_CRO_CANONICAL, self.value, "CRO number", CRO_NUMBER_FORM)
        _check_letter(year + serial, serial, letter, CRO_NUMBER_FORM)

    @classmethod
    def parse(cls, text: str) -> CroNumber:
        """Read either form; the serial is padded in the standard form and never in the other."""
        squeezed = _squeezed(text)
        if on_file := _CRO_FILE_WRITTEN.fullmatch(squeezed):
            year, serial, letter = on_file.groups()
            return cls(f"SF{year}/{int(serial)}{letter}")
        serial, year, letter = _parts(_CRO_WRITTEN, squeezed, "CRO number", CRO_NUMBER_FORM)
        return cls(f"{serial:0>6}/{year}{letter}")


@dataclass(frozen=True, slots=True)
class Asn:
    """An arrest summons number as `YY/FFUU/SS/NNNNNNNNNNND`."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse all but the canonical form with its right letter."""
        parts = _parts(_ASN_CANONICAL, self.value, "ASN", ASN_FORM)
        year, force, _unit, system, sequence, letter = parts
        # The unit never counts; force and system count only where they are digits.
        counted = "".join(part for part in (force, system) if part.isdigit())
        _check_letter(f"{counted}{year}{sequence}", sequence, letter, ASN_FORM)

    @classmethod
    def parse(cls, text: str) -> Asn:
        """Read the form with or without slashes; the sequence is padded to eleven digits."""
        parts = _parts(_ASN_WRITTEN, _squeezed(text), "ASN", ASN_FORM)
        year, force, unit, system, sequence, letter = parts
        return cls(f"{year}/{force}{unit}/{system}/{sequence:0>11}{letter}")


@dataclass(frozen=True, slots=True)
class PrisonNumber:
    """A prison (NOMIS) number, which has no check letter."""

    value: str = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse all but the one form."""
        _parts(_PRISON_NUMBER, self.value, "prison number", PRISON_NUMBER_FORM)

    @classmethod
    def parse(cls, text: str) -> PrisonNumber:
        """Read it in either case and with spaces."""
        return cls(_squeezed(text))


_PARSERS: Final[Mapping[str, Callable[[str, date], str]]] = {
    "pnc_id": lambda text, today: PncId.parse(text, today).value,
    "cro_number": lambda text, _today: CroNumber.parse(text).value,
    "asn": lambda text, _today: Asn.parse(text).value,
    "prison_number": lambda text, _today: PrisonNumber.parse(text).value,
}


def parse(kind: str, text: str, today: date) -> str:
    """Give the canonical value; a kind without rules of its own is only stripped and capitalised.

    Raises InvalidIdentifier.
    """
    if parser := _PARSERS.get(kind):
        return parser(text, today)
    value = text.strip().upper()
    if not value:
        message = "The identifier is empty. Send its value or leave it out."
        raise InvalidIdentifier(message)
    return value


def _squeezed(text: str) -> str:
    return "".join(text.split()).upper()


def _parts(form: re.Pattern[str], text: str, name: str, wanted_form: str) -> tuple[str, ...]:
    if (written := form.fullmatch(text)) is None:
        message = f"This is not the form of a {name}. Send {wanted_form}."
        raise InvalidIdentifier(message)
    return written.groups()


def _full_year(year: str, today: date) -> int:
    if len(year) > len("YY"):
        return int(year)
    this_century = today.year - today.year % 100 + int(year)
    return this_century if this_century <= today.year else this_century - 100


def _check_letter(number: str, serial: str, letter: str, wanted_form: str) -> None:
    # All zeros carry the right letter, Z, and are what systems write for "none".
    if not serial.strip("0"):
        message = f"A serial of zeros names nobody. Leave it out, or send {wanted_form}."
        raise InvalidIdentifier(message)
    if LETTERS[int(number) % 23] != letter:
        message = (
            "The check letter does not fit the number. "
            f"Compare each character with the source and send {wanted_form}."
        )
        raise InvalidIdentifier(message)
