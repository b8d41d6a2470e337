"""The columns of detentions, and what must be right within one row; pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.custody.rules import Disposal
from offenders.domain.imports.checks import (
    Checked,
    Columns,
    Facts,
    check_values,
    code,
    listed,
    lpa,
    many,
    moment,
    name,
    offence,
    one_of,
    person_id,
    truth,
)
from offenders.domain.imports.lanes import Ties
from offenders.domain.imports.person_rows import IDENTIFIERS, IDENTITY, with_identifiers
from offenders.domain.imports.problems import Finding
from offenders.domain.imports.want_rows import WHO, has_inline_person

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from datetime import date
    from uuid import UUID

_COUNTRY: Final = listed("countries", where="GET /v1/countries")
# What a detention says of itself, in the words of its table.
GIVEN: Final[Columns] = {
    "custody_number": code,
    "arrested_at": moment,
    "arrest_place": name,
    "station": name,
    "offences": many(offence, repeats=True),
    "arresting_officer": code,
    "nationality_stated": _COUNTRY,
    "nationality_evidenced": _COUNTRY,
    "pnc_checked": truth,
    "lpa": lpa,
    "released_at": moment,
    "disposal": one_of(Disposal),
}
COLUMNS: Final[Columns] = {
    "source_ref": name,
    "person_source_ref": name,
    "person_id": person_id,
    **IDENTITY,
    **GIVEN,
}
_MOMENTS: Final = ("arrested_at", "released_at")
_NEEDED: Final = ("custody_number", "arrested_at")
_NOTHING: Final[dict[str, Any]] = dict.fromkeys(GIVEN)


def check_detention(line: int, row: Mapping[str, Any], facts: Facts) -> Checked | list[Finding]:
    """Check the values of a row; give it in its one written form, or what is wrong."""
    values, findings = check_values(row, COLUMNS, facts)
    return findings or with_identifiers(line, values, facts)


def check_whole(row: Mapping[str, Any]) -> Iterator[Finding]:
    """Check that a row has what every detention must have."""
    for column in _NEEDED:
        if not row.get(column):
            yield Finding(column, f"The row has no {column}.", f"Send {column}.")
    if not any(row.get(each) for each in WHO):
        action = "Send person_source_ref, person_id, pnc_id or family_name."
        yield Finding("person_source_ref", "The row names nobody.", action)


def given_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give what a row says of its detention, in the values of the table."""
    given = _NOTHING | {column: value for column, value in row.items() if column in GIVEN}
    for column in _MOMENTS:
        if given[column] is not None:
            given[column] = datetime.fromisoformat(given[column])
    given["offences"] = given["offences"] or []
    given["pnc_checked"] = bool(given["pnc_checked"])
    return given


def ties_of_row(row: Mapping[str, Any], person: UUID | None, born_on: date | None = None) -> Ties:
    """Say how a row names its person, and what ties it to other rows.

    These are the person, as far as they are known here, else by whatever names them, the custody
    number and, for one whom the row describes, the birthday, or that on record where the row
    doesn't say it: people of one birthday are compared with each other.
    """
    kinds = ("custody_number", "person_source_ref", "person_id", *IDENTIFIERS)
    keys: list[Hashable] = [(kind, value) for kind in kinds if (value := row.get(kind))]
    if person is not None:
        keys.append(person)
    if row.get("person_source_ref"):
        return Ties("person_source_ref", keys)
    if row.get("person_id"):
        return Ties("person_id", keys)
    if has_inline_person(row):
        if born := row.get("date_of_birth") or born_on:
            keys.append(("date_of_birth", str(born)))
        return Ties("family_name", keys)
    return Ties(None, keys)
