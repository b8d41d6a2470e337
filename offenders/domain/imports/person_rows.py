"""The columns of people, and what must be right within one row; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.domain.imports.checks import (
    Checked,
    Columns,
    Facts,
    check_values,
    code,
    day,
    degrees,
    entries,
    identifier,
    listed,
    many,
    name,
    neighbourhood,
    one_of,
    own_force,
    past_day,
    person_id,
    postcode,
    prose,
    registration_mark,
)
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.persons.models import NAME_TYPES, SEXES
from offenders.domain.persons.rules import ADDRESS_TYPES

if TYPE_CHECKING:
    from collections.abc import Mapping

IDENTIFIERS: Final = ("pnc_id", "cro_number", "prison_number")
NO_RATIONALE: Final = "Sent by the source system without a rationale."

# Who a person is, as any kind of row may say it.
IDENTITY: Final[Columns] = {
    "family_name": name,
    "given_names": name,
    "date_of_birth": past_day,
    "sex": one_of(SEXES),
    "nationalities": many(listed("countries", where="GET /v1/countries")),
    "pnc_id": code,
    "cro_number": code,
}
_ADDRESS: Final[Columns] = {
    "lines": many(name),
    "postcode": postcode,
    "latitude": degrees(90),
    "longitude": degrees(180),
    "neighbourhood": neighbourhood,
    "type": one_of(ADDRESS_TYPES),
    "from": day,
    "to": day,
}
_ALIAS: Final[Columns] = {
    "family_name": name,
    "given_names": name,
    "type": one_of(NAME_TYPES),
    "date_of_birth": past_day,
}
_VEHICLE: Final[Columns] = {
    "registration_mark": registration_mark,
    "make": name,
    "model": name,
    "colour": name,
}
_MARKER: Final[Columns] = {
    "code": listed("warning_markers", where="GET /v1/warning-markers"),
    "rationale": prose,
}
# In a table the one address of a row has columns of its own.
_FLAT_ADDRESS: Final = {
    "address_lines": "lines",
    "postcode": "postcode",
    "latitude": "latitude",
    "longitude": "longitude",
    "address_type": "type",
    "neighbourhood": "neighbourhood",
}


def _aliases(cell: str) -> list[dict[str, Any]]:
    """Read `Family, Given; Family, Given`."""
    pairs = [entry.partition(",") for entry in cell.split(";") if entry.strip()]
    return [{"family_name": family, "given_names": given} for family, _, given in pairs]


def _entries_of(key: str, cell: str) -> list[dict[str, Any]]:
    return [{key: entry} for entry in cell.split(";") if entry.strip()]


def _no_cell(_cell: str) -> list[dict[str, Any]]:
    action = f"Send it in {', '.join(_FLAT_ADDRESS)}, or as NDJSON."
    raise Refusal(problem="An address can't be one cell.", action=action)


COLUMNS: Final[Columns] = {
    "source_ref": name,
    "person_id": person_id,
    "force": own_force,
    **IDENTITY,
    "prison_number": code,
    "ethnicity_self_defined": listed(
        "ethnicity_self_defined", where="GET /v1/ethnicities/self-defined"
    ),
    "ethnicity_observed": listed("ethnicity_observed", where="GET /v1/ethnicities/observed"),
    **{flat: _ADDRESS[key] for flat, key in _FLAT_ADDRESS.items()},
    "addresses": entries(_ADDRESS, needed=("lines", "postcode"), from_text=_no_cell),
    "aliases": entries(_ALIAS, needed=("family_name",), from_text=_aliases),
    "vehicles": entries(
        _VEHICLE,
        needed=("registration_mark",),
        from_text=lambda cell: _entries_of("registration_mark", cell),
    ),
    "markers": entries(_MARKER, needed=("code",), from_text=lambda cell: _entries_of("code", cell)),
}


def check_person(line: int, row: Mapping[str, Any], facts: Facts) -> Checked | list[Finding]:
    """Check a row of people; give it in its one written form, or all that is wrong with it."""
    values, findings = check_values(row, COLUMNS, facts)
    values.pop("force", None)
    findings += _fold_address(values)
    for address in values.get("addresses") or ():
        findings += _check_address(address)
    if findings:
        return findings
    return with_identifiers(line, values, facts)


def with_identifiers(line: int, values: dict[str, Any], facts: Facts) -> Checked:
    """Put identifiers in their one written form; one that can't be right stays as written."""
    warnings, written, invalid = [], {}, set()
    for kind in IDENTIFIERS:
        given = values.get(kind)
        if not given:
            continue
        written[kind] = given
        found = identifier(kind, given, facts)
        if found is None:
            invalid.add(kind)
            warnings.append(_invalid(kind))
        else:
            values[kind] = found
    source_ref = values.pop("source_ref")
    return Checked(line, source_ref, values, tuple(warnings), written, frozenset(invalid))


def _invalid(kind: str) -> Finding:
    return Finding(
        kind,
        "The identifier can't be right; it was kept as written, marked invalid, and never matched.",
        "Correct it at the source, compare its check letter, and send the record again.",
    )


def _fold_address(values: dict[str, Any]) -> list[Finding]:
    """Turn the columns of a table's one address into the list of addresses."""
    sent = {key: values.pop(flat) for flat, key in _FLAT_ADDRESS.items() if flat in values}
    address = {key: value for key, value in sent.items() if value is not None}
    if not sent or (not address and values.get("addresses")):
        return []
    if values.get("addresses"):
        action = "Send `addresses`, or the columns of the one address, not both."
        return [Finding("addresses", "The address stands in the row twice.", action)]
    if address and not (address.get("lines") or address.get("postcode")):
        action = "Send `address_lines` or `postcode` with it, or leave it out."
        return [Finding("address_lines", "The address has neither lines nor postcode.", action)]
    values["addresses"] = [address] if address else None
    return []


def _check_address(address: dict[str, Any]) -> list[Finding]:
    address.setdefault("type", "home")
    if ("latitude" in address) != ("longitude" in address):
        action = "Send latitude and longitude, or neither."
        return [Finding("latitude", "Half a point can't be found on a map.", action)]
    if address.get("from", "") > address.get("to", "9999"):
        action = "Send `to` not before `from`."
        return [Finding("addresses", "The address ends before it begins.", action)]
    return []
