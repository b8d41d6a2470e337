"""Checking the values of a row: pure functions, each refusal saying what to send instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from offenders.domain import identifiers
from offenders.domain.identifiers import InvalidIdentifier
from offenders.domain.imports.problems import Finding, Refusal, shown
from offenders.domain.persons.rules import normalise_mark, normalise_postcode
from offenders.ids import as_reference, as_uuid

NAME_LENGTH, PROSE_LENGTH, CODE_LENGTH = 200, 4000, 60  # characters, as the API takes them
LIST_LENGTH = 50  # entries of one list of one row
EARLIEST = 1900  # the year before which no date of ours lies
LATEST = 9000  # leaves room for due dates

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_CONTROL_IN_PROSE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_REFERENCE = re.compile(r"[A-Z]\d\d-[0-9A-Z]{4}-[0-9A-Z]{4}", re.ASCII)
_TRUTHS = {"true": True, "false": False}


class Facts(NamedTuple):
    """What the checks must know of the moment and of the force."""

    force: str
    now: datetime
    today: date
    offences: Container[str]
    codes: Mapping[str, Container[str]]
    neighbourhoods: Mapping[str, str]
    lpas: Container[str]


# Takes a value that is there and gives it in its one written form; None for spaces alone.
Column = Callable[[Any, Facts], Any]
Columns = Mapping[str, Column]


class Checked(NamedTuple):
    """A row whose values are in their one written form; None says that the sender emptied it.

    `written` keeps identifiers as the sender wrote them, `invalid` names those that can't be right,
    `digest` is kept with the row: one of the same digest says the same.
    """

    line: int
    source_ref: str
    row: dict[str, Any]
    warnings: tuple[Finding, ...] = ()
    written: Mapping[str, str] = {}
    invalid: frozenset[str] = frozenset()
    digest: bytes | None = None


def check_values(
    row: Mapping[str, Any], columns: Columns, facts: Facts
) -> tuple[dict[str, Any], list[Finding]]:
    """Check each value by its column; empty is None."""
    values: dict[str, Any] = {}
    findings: list[Finding] = []
    for name, value in row.items():
        column = columns.get(name)
        if column is None:
            findings.append(_unknown(name, columns))
        elif value is None or value == "":
            values[name] = None
        else:
            try:
                values[name] = column(value, facts)
            except Refusal as refusal:
                findings.append(refusal.finding(name))
    return values, findings


def _unknown(name: str, columns: Iterable[str]) -> Finding:
    return Finding(
        shown(name) or "(no name)",
        "This is no column of this kind.",
        f"Leave it out. The columns are {', '.join(columns)}.",
    )


def text(longest: int, *, lines: bool = False) -> Callable[[Any, Facts], str | None]:
    """Take text of bounded length without control characters; `lines` allows line breaks."""
    control = _CONTROL_IN_PROSE if lines else _CONTROL

    def check(value: Any, _facts: Facts) -> str | None:
        if not isinstance(value, str):
            raise Refusal(
                problem="This is not text.", action="Send it as text, in quotation marks in NDJSON."
            )
        value = value.strip()
        if len(value) > longest:
            raise Refusal(problem="This is too long.", action=f"Send at most {longest} characters.")
        # What is printable holds none of them; the search is only for the rest.
        if not value.isprintable() and control.search(value):
            raise Refusal(
                problem="It holds control characters.", action="Leave control characters out."
            )
        return value or None

    return check


def can_be_key(written: str) -> bool:
    """Tell whether any record can have this as its source_ref."""
    return len(written) <= NAME_LENGTH and not _CONTROL.search(written)


name = text(NAME_LENGTH)
code = text(CODE_LENGTH)
prose = text(PROSE_LENGTH, lines=True)


def one_of(values: Iterable[str]) -> Column:
    """Take one of a closed list of codes."""
    known = {str(value): str(value) for value in values}
    listed = f"Send one of {', '.join(known)}."

    def check(value: Any, _facts: Facts) -> str:
        found = known.get(value) if isinstance(value, str) else None
        found = found or known.get(str(value).strip().lower())
        if found is None:
            raise Refusal(problem="This code is not known.", action=listed)
        return found

    return check


def listed(which: str, *, where: str) -> Column:
    """Take a code of one of the small lists; `where` says where the list is read."""

    def check(value: Any, facts: Facts) -> str | None:
        given = code(value, facts)
        found = given and given.upper()
        if found is not None and found not in facts.codes[which]:
            raise Refusal(
                problem="This code is not in the list.", action=f"Send a code of {where}."
            )
        return found

    return check


def many(entry: Column, *, repeats: bool = False) -> Column:
    """Take several, in CSV split by `;`; unless it `repeats`, what comes twice counts once."""

    def check(value: Any, facts: Facts) -> list[str] | None:
        entries = value.split(";") if isinstance(value, str) else value
        if not isinstance(entries, list):
            raise Refusal(
                problem="This is not a list.", action="Send a list, in CSV split by semicolons."
            )
        if len(entries) > LIST_LENGTH:
            raise Refusal(
                problem="The list is too long.", action=f"Send at most {LIST_LENGTH} entries."
            )
        found = [entry(each, facts) for each in entries if each is not None]
        told = [each for each in found if each]
        return (told if repeats else list(dict.fromkeys(told))) or None

    return check


def day(value: Any, _facts: Facts) -> str | None:
    """Take an ISO date."""
    action = "Send the date as YYYY-MM-DD."
    if not isinstance(value, str):
        raise Refusal(problem="This is not a date.", action=action)
    written: str = value.strip()
    if not written:
        return None
    if not _is_day(written):
        raise Refusal(problem="This is not a date from the year 1900 on.", action=action)
    return written


@lru_cache(maxsize=50_000)
def _is_day(written: str) -> bool:
    """Tell whether this is a date of ours; the same days come again and again."""
    try:
        found = date.fromisoformat(written) if _DAY.fullmatch(written) else None
    except ValueError:
        return False
    return found is not None and EARLIEST <= found.year <= LATEST


def past_day(value: Any, facts: Facts) -> str | None:
    """Take an ISO date that is not in the future."""
    found = day(value, facts)
    if found is not None and found > facts.today.isoformat():
        raise Refusal(
            problem="This date lies in the future.", action="Send the date on which it happened."
        )
    return found


def moment(value: Any, _facts: Facts) -> str | None:
    """Take a moment with its zone and give it in UTC."""
    action = "Send a moment with its zone, e.g. 2026-03-01T09:30:00Z."
    if not isinstance(value, str):
        raise Refusal(problem="This is not a moment.", action=action)
    value = value.strip()
    if not value:
        return None
    try:
        found = datetime.fromisoformat(value) if len(value) > len("2026-03-01T00") else None
        found = found.astimezone(UTC) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        found = None
    if found is None or not EARLIEST <= found.year <= LATEST:
        raise Refusal(
            problem="This is not a moment with its zone, from the year 1900 on.", action=action
        )
    return found.isoformat()


def past_moment(value: Any, facts: Facts) -> str | None:
    """Take a moment that is not in the future."""
    found = moment(value, facts)
    if found is not None and datetime.fromisoformat(found) > facts.now:
        raise Refusal(
            problem="This moment lies in the future.",
            action="Send the moment at which it happened.",
        )
    return found


def truth(value: Any, _facts: Facts) -> bool:
    """Take true or false."""
    found = value if isinstance(value, bool) else None
    if isinstance(value, str):
        found = _TRUTHS.get(value.strip().lower())
    if found is None:
        raise Refusal(problem="This is neither true nor false.", action="Send true or false.")
    return found


def degrees(limit: float) -> Column:
    """Take a latitude or longitude."""
    action = f"Send degrees from -{limit:g} to {limit:g} with a decimal point, e.g. 52.63."

    def check(value: Any, _facts: Facts) -> float | None:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise Refusal(problem="This is not a number.", action=action)
        try:
            found = float(value)
        except (ValueError, OverflowError) as error:
            raise Refusal(problem="This is not a number.", action=action) from error
        # Also false for "not a number", which compares with nothing.
        if not -limit <= found <= limit:
            raise Refusal(problem="This lies outside the degrees there are.", action=action)
        return found

    return check


def postcode(value: Any, facts: Facts) -> str | None:
    """Take a postcode in its one written form."""
    given = code(value, facts)
    return normalise_postcode(given) if given is not None else None


def registration_mark(value: Any, facts: Facts) -> str | None:
    """Take a registration mark in its one written form."""
    given = code(value, facts)
    if given is None:
        return None
    try:
        return normalise_mark(given)
    except ValueError as error:
        raise Refusal(
            problem="This is no registration mark.", action="Send letters and digits, at most 10."
        ) from error


def person_id(value: Any, facts: Facts) -> str | None:
    """Take the id of a person, or their reference as spoken."""
    given = code(value, facts)
    if given is None:
        return None
    if (found := as_uuid(given)) is not None:
        return str(found)
    reference = as_reference(given)
    if not _REFERENCE.fullmatch(reference):
        raise Refusal(
            problem="This is neither an id nor a reference.", action="Send one, e.g. P33-7K3M-Q2XD."
        )
    return reference


def neighbourhood(value: Any, facts: Facts) -> str | None:
    """Take the code of a neighbourhood of the force."""
    given = code(value, facts)
    if given is not None and given not in facts.neighbourhoods:
        action = "Import the neighbourhoods first, or leave it out: a point finds its own."
        raise Refusal(problem="This force has no such neighbourhood.", action=action)
    return given


def lpa(value: Any, facts: Facts) -> str | None:
    """Take the code of a local policing area of the force."""
    given = code(value, facts)
    if given is not None and given not in facts.lpas:
        action = "Import the neighbourhoods with their districts first, or leave it out."
        raise Refusal(problem="This force has no such local policing area.", action=action)
    return given


def offence(value: Any, facts: Facts) -> str | None:
    """Take a CJS offence code."""
    given = code(value, facts)
    if given is not None and given not in facts.offences:
        raise Refusal(
            problem="This is no CJS offence code.", action="Find it by GET /v1/offences?q=."
        )
    return given


def own_force(value: Any, facts: Facts) -> None:
    """Take the force's own code, which says nothing new."""
    if value != facts.force:
        action = "Send one force's records at a time, and name that force for the import."
        raise Refusal(problem="The row is of another force than the import.", action=action)


def entries(
    columns: Columns, *, needed: tuple[str, ...], from_text: Callable[[str], list[dict[str, Any]]]
) -> Column:
    """Take a list of records, in CSV as `from_text` reads a cell; one of `needed` must be there."""

    def check(value: Any, facts: Facts) -> list[dict[str, Any]] | None:
        rows = from_text(value) if isinstance(value, str) else value
        if not isinstance(rows, list) or not all(isinstance(each, dict) for each in rows):
            raise Refusal(
                problem="This is not a list of records.", action="Send a list of JSON objects."
            )
        if len(rows) > LIST_LENGTH:
            raise Refusal(
                problem="The list is too long.", action=f"Send at most {LIST_LENGTH} entries."
            )
        return [_entry(row, columns, needed, facts) for row in rows] or None

    return check


def _entry(
    row: Mapping[str, Any], columns: Columns, needed: tuple[str, ...], facts: Facts
) -> dict[str, Any]:
    values, findings = check_values(row, columns, facts)
    for finding in findings:
        problem = f"In an entry, {finding.field}: {finding.problem}"
        raise Refusal(problem=problem, action=finding.action)
    if not any(values.get(each) for each in needed):
        wanted = " or ".join(needed)
        raise Refusal(problem=f"An entry has no {wanted}.", action=f"Send {wanted} in each entry.")
    return {key: value for key, value in values.items() if value is not None}


def identifier(kind: str, given: str, facts: Facts) -> str | None:
    """Give the one written form of an identifier; None where it can't be right."""
    try:
        return identifiers.parse(kind, given, facts.today)
    except InvalidIdentifier:
        return None
