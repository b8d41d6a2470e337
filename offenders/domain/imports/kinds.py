"""The kinds of import: how each is read, checked and received."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from offenders.domain.imports import (
    acro_rows,
    bail_rows,
    custody_rows,
    hit_rows,
    iom_rows,
    mappa_rows,
    neighbourhoods,
    order_rows,
    person_rows,
    pnc_rows,
    registers,
    registration_rows,
    want_rows,
)
from offenders.domain.imports.acro import KIND as ACRO_CHECKS
from offenders.domain.imports.acro import receive_checks
from offenders.domain.imports.bail import receive_bail
from offenders.domain.imports.custody import receive_detentions
from offenders.domain.imports.hits import KIND as FORENSIC_HITS
from offenders.domain.imports.hits import receive_hits
from offenders.domain.imports.iom import KIND as IOM
from offenders.domain.imports.iom import receive_members
from offenders.domain.imports.mappa import KIND as MAPPA
from offenders.domain.imports.mappa import receive_cases
from offenders.domain.imports.neighbourhoods import receive_neighbourhoods
from offenders.domain.imports.orders import KIND as ORDERS
from offenders.domain.imports.orders import receive_orders
from offenders.domain.imports.people import receive_people
from offenders.domain.imports.pnc import KIND as PNC_WANTED
from offenders.domain.imports.pnc import receive_circulations
from offenders.domain.imports.problems import Finding, ImportRefused
from offenders.domain.imports.reading import KEY, Line, read_rows
from offenders.domain.imports.registrations import KIND as REGISTRATIONS
from offenders.domain.imports.registrations import receive_registrations
from offenders.domain.imports.wanted import receive_wants

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch, Received
    from offenders.domain.imports.checks import Checked, Facts


@dataclass(frozen=True)
class Kind:
    """One kind; `key` is the column that says which record a row is about."""

    name: str
    key: str
    columns: tuple[str, ...]
    read: Callable[[BinaryIO], Iterator[Line]]
    key_of: Callable[[Mapping[str, Any]], str | None]
    check: Callable[[int, Mapping[str, Any], Facts], Checked | list[Finding]]
    receive: Callable[[Session, Batch, Sequence[Checked]], tuple[Received, dict[str, UUID]]]


def _source_ref(row: Mapping[str, Any]) -> str | None:
    return _text(row.get(KEY))


def _code(feature: Mapping[str, Any]) -> str | None:
    properties = feature.get("properties")
    return _text(properties.get("code")) if isinstance(properties, dict) else None


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


_PEOPLE = Kind(
    "people",
    KEY,
    tuple(person_rows.COLUMNS),
    partial(read_rows, columns=tuple(person_rows.COLUMNS)),
    _source_ref,
    person_rows.check_person,
    receive_people,
)
_WANTED = Kind(
    "wanted",
    KEY,
    tuple(want_rows.COLUMNS),
    partial(read_rows, columns=tuple(want_rows.COLUMNS), prose=frozenset({"risk_rationale"})),
    _source_ref,
    want_rows.check_want,
    receive_wants,
)
_CUSTODY = Kind(
    "custody",
    KEY,
    tuple(custody_rows.COLUMNS),
    partial(read_rows, columns=tuple(custody_rows.COLUMNS)),
    _source_ref,
    custody_rows.check_detention,
    receive_detentions,
)
_PNC_WANTED = Kind(
    PNC_WANTED,
    KEY,
    tuple(pnc_rows.COLUMNS),
    partial(read_rows, columns=tuple(pnc_rows.COLUMNS)),
    _source_ref,
    pnc_rows.check_circulation,
    receive_circulations,
)
_ACRO_CHECKS = Kind(
    ACRO_CHECKS,
    KEY,
    tuple(acro_rows.COLUMNS),
    partial(read_rows, columns=tuple(acro_rows.COLUMNS), prose=frozenset({"summary", "reason"})),
    _source_ref,
    acro_rows.check_row,
    receive_checks,
)
_BAIL = Kind(
    "bail",
    KEY,
    tuple(bail_rows.COLUMNS),
    partial(read_rows, columns=tuple(bail_rows.COLUMNS)),
    _source_ref,
    bail_rows.check_bail,
    receive_bail,
)
_ORDERS = Kind(
    ORDERS,
    KEY,
    tuple(order_rows.COLUMNS),
    partial(read_rows, columns=tuple(order_rows.COLUMNS)),
    _source_ref,
    order_rows.check_order,
    receive_orders,
)
_FORENSIC_HITS = Kind(
    FORENSIC_HITS,
    KEY,
    tuple(hit_rows.COLUMNS),
    partial(read_rows, columns=tuple(hit_rows.COLUMNS)),
    _source_ref,
    hit_rows.check_hit,
    receive_hits,
)
_REGISTRATIONS = Kind(
    REGISTRATIONS,
    KEY,
    tuple(registration_rows.COLUMNS),
    partial(
        read_rows, columns=tuple(registration_rows.COLUMNS), prose=frozenset({"local_summary"})
    ),
    _source_ref,
    registration_rows.check_registration,
    receive_registrations,
)
_IOM = Kind(
    IOM,
    KEY,
    tuple(iom_rows.COLUMNS),
    partial(read_rows, columns=tuple(iom_rows.COLUMNS)),
    _source_ref,
    iom_rows.check_member,
    receive_members,
)
_MAPPA = Kind(
    MAPPA,
    KEY,
    tuple(mappa_rows.COLUMNS),
    partial(read_rows, columns=tuple(mappa_rows.COLUMNS), prose=frozenset({"grounds"})),
    _source_ref,
    mappa_rows.check_case,
    receive_cases,
)
_NEIGHBOURHOODS = Kind(
    "neighbourhoods",
    "code",
    tuple(neighbourhoods.COLUMNS),
    neighbourhoods.read_features,
    _code,
    neighbourhoods.check_neighbourhood,
    receive_neighbourhoods,
)
_REGISTERS: Final = tuple(
    Kind(
        name,
        KEY,
        tuple(columns),
        partial(read_rows, columns=tuple(columns)),
        _source_ref,
        partial(registers.check_entry, name),
        registers.receive_entries,
    )
    for name, columns in registers.COLUMNS.items()
)
_BY_NAME: Final = {
    kind.name: kind
    for kind in (
        _PEOPLE,
        _WANTED,
        _CUSTODY,
        _ACRO_CHECKS,
        _BAIL,
        _ORDERS,
        _FORENSIC_HITS,
        _REGISTRATIONS,
        _IOM,
        _MAPPA,
        _PNC_WANTED,
        _NEIGHBOURHOODS,
        *_REGISTERS,
    )
}
KINDS: Final = tuple(_BY_NAME)


def kind_of(name: str) -> Kind:
    """Give the kind of this name."""
    if name not in _BY_NAME:
        message = f"Imports of {name} are not offered. Send one of {', '.join(KINDS)}."
        raise ImportRefused(message)
    return _BY_NAME[name]
