"""The kinds of import: how each is read, checked and received.

Each loads what it needs when it is asked for: a start with all of them takes twice as long.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache, partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from offenders.domain.imports.problems import Finding, ImportRefused
from offenders.domain.imports.reading import KEY, Line, read_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch, Received
    from offenders.domain.imports.checks import Checked, Facts
    from offenders.domain.imports.lanes import Ties
    from offenders.domain.imports.problems import Problem

    Check = Callable[[int, Mapping[str, Any], Facts], Checked | list[Finding]]
    Receive = Callable[[Session, Batch, Sequence[Checked]], tuple[Received, dict[str, UUID]]]
    TiesOf = Callable[[Session, str, Sequence[Checked]], Sequence[Ties]]


@dataclass(frozen=True)
class Kind:
    """One kind; `key` is the column that says which record a row is about.

    Rows of a kind that can tell what ties them to each other are received in lanes. One whose
    full extracts say more than what is missing has `settle_extract`, which takes the keys named
    and how many rows could not be read.
    """

    name: str
    key: str
    columns: tuple[str, ...]
    read: Callable[[BinaryIO], Iterator[Line]]
    key_of: Callable[[Mapping[str, Any]], str | None]
    check: Check
    receive: Receive
    ties_of: TiesOf | None = None
    settle_extract: Callable[[Session, Sequence[str], int], list[Problem]] | None = None


def _of_rows(
    name: str,
    columns: Collection[str],
    check: Check,
    receive: Receive,
    prose: frozenset[str] = frozenset(),
) -> Kind:
    """Give a kind of rows with a source_ref; `prose` are the columns that may hold lines."""
    read = partial(read_rows, columns=tuple(columns), prose=prose)
    return Kind(name, KEY, tuple(columns), read, _source_ref, check, receive)


def _source_ref(row: Mapping[str, Any]) -> str | None:
    return _text(row.get(KEY))


def _code(feature: Mapping[str, Any]) -> str | None:
    properties = feature.get("properties")
    return _text(properties.get("code")) if isinstance(properties, dict) else None


def _text(value: Any) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _people() -> Kind:
    from offenders.domain.imports.people import receive_people
    from offenders.domain.imports.person_rows import COLUMNS, check_person

    return _of_rows("people", COLUMNS, check_person, receive_people)


def _wanted() -> Kind:
    from offenders.domain.imports.want_rows import COLUMNS, check_want
    from offenders.domain.imports.wanted import receive_wants

    prose = frozenset({"risk_rationale"})
    return _of_rows("wanted", COLUMNS, check_want, receive_wants, prose)


def _custody() -> Kind:
    from offenders.domain.imports.custody import receive_detentions
    from offenders.domain.imports.custody_plan import ties_of
    from offenders.domain.imports.custody_rows import COLUMNS, check_detention

    kind = _of_rows("custody", COLUMNS, check_detention, receive_detentions)
    return replace(kind, ties_of=ties_of)


def _acro_checks() -> Kind:
    from offenders.domain.imports.acro import receive_checks
    from offenders.domain.imports.acro_rows import COLUMNS, check_row

    prose = frozenset({"summary", "reason"})
    return _of_rows("acro-checks", COLUMNS, check_row, receive_checks, prose)


def _bail() -> Kind:
    from offenders.domain.imports.bail import receive_bail
    from offenders.domain.imports.bail_rows import COLUMNS, check_bail

    return _of_rows("bail", COLUMNS, check_bail, receive_bail)


def _orders() -> Kind:
    from offenders.domain.imports.order_rows import COLUMNS, check_order
    from offenders.domain.imports.orders import receive_orders

    return _of_rows("orders", COLUMNS, check_order, receive_orders)


def _forensic_hits() -> Kind:
    from offenders.domain.imports.hit_rows import COLUMNS, check_hit
    from offenders.domain.imports.hits import receive_hits

    return _of_rows("forensic-hits", COLUMNS, check_hit, receive_hits)


def _registrations() -> Kind:
    from offenders.domain.imports.registration_rows import COLUMNS, check_registration
    from offenders.domain.imports.registrations import receive_registrations

    prose = frozenset({"local_summary"})
    return _of_rows("registrations", COLUMNS, check_registration, receive_registrations, prose)


def _iom() -> Kind:
    from offenders.domain.imports.iom import receive_members
    from offenders.domain.imports.iom_rows import COLUMNS, check_member

    return _of_rows("iom", COLUMNS, check_member, receive_members)


def _mappa() -> Kind:
    from offenders.domain.imports.mappa import receive_cases
    from offenders.domain.imports.mappa_rows import COLUMNS, check_case

    prose = frozenset({"grounds"})
    return _of_rows("mappa", COLUMNS, check_case, receive_cases, prose)


def _pnc_wanted() -> Kind:
    from offenders.domain.imports.pnc import receive_circulations, settle_extract
    from offenders.domain.imports.pnc_rows import COLUMNS, check_circulation

    kind = _of_rows("pnc-wanted", COLUMNS, check_circulation, receive_circulations)
    return replace(kind, settle_extract=settle_extract)


def _neighbourhoods() -> Kind:
    from offenders.domain.imports import neighbourhoods as them

    return Kind(
        "neighbourhoods",
        "code",
        tuple(them.COLUMNS),
        them.read_features,
        _code,
        them.check_neighbourhood,
        them.receive_neighbourhoods,
    )


def _register(name: str) -> Kind:
    from offenders.domain.imports import registers

    check = partial(registers.check_entry, name)
    return _of_rows(name, registers.COLUMNS[name], check, registers.receive_entries)


_BY_NAME: Final[Mapping[str, Callable[[], Kind]]] = {
    "people": _people,
    "wanted": _wanted,
    "custody": _custody,
    "acro-checks": _acro_checks,
    "bail": _bail,
    "orders": _orders,
    "forensic-hits": _forensic_hits,
    "registrations": _registrations,
    "iom": _iom,
    "mappa": _mappa,
    "pnc-wanted": _pnc_wanted,
    "neighbourhoods": _neighbourhoods,
    "officers": partial(_register, "officers"),
    "teams": partial(_register, "teams"),
    "populations": partial(_register, "populations"),
}
KINDS: Final = tuple(_BY_NAME)


@cache
def kind_of(name: str) -> Kind:
    """Give the kind of this name."""
    if name not in _BY_NAME:
        message = f"Imports of {name} are not offered. Send one of {', '.join(KINDS)}."
        raise ImportRefused(message)
    return _BY_NAME[name]()
