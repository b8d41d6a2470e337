"""What is open on a person in each capability, as the reader may see it: the person's summary."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from offenders.api.orders_counts import order_sight
from offenders.domain.access import may, scope, sight
from offenders.domain.acro import service as acro
from offenders.domain.bail import service as bail
from offenders.domain.custody import service as custody
from offenders.domain.flags import service as flags
from offenders.domain.forensics import service as forensics
from offenders.domain.iom import service as iom
from offenders.domain.mappa import service as mappa
from offenders.domain.orders import service as orders
from offenders.domain.registrations import service as registrations

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from offenders.domain.actors import Actor

    Part = tuple[str, dict[str, Any]]


def parts_of_person(
    actor: Actor, force: str, now: datetime
) -> tuple[dict[str, str | None], dict[str, Any]]:
    """Give the SQL of each part by its name, None where it may not be seen, and their values."""
    parts: dict[str, str | None] = {}
    values: dict[str, Any] = {}
    for name, (permission, make) in _PARTS.items():
        parts[name] = None
        if may(actor, permission):
            parts[name], own = make(actor, force, now)
            values |= own
    return parts, values


def _flags(actor: Actor, force: str, _now: datetime) -> Part:
    seen = scope(actor, "flags:read", force)
    return flags.open_flags_of_person(seen, sight(actor)), seen.values_as("flag_scope")


def _held(actor: Actor, force: str, _now: datetime) -> Part:
    seen = scope(actor, "custody:read", force)
    return custody.held_of_person(seen), seen.values_as("custody_scope")


def _bail(actor: Actor, force: str, now: datetime) -> Part:
    sees_protected = sight(actor).protected_addresses
    question = bail.Question({}, scope(actor, "bail:read", force), now, sees_protected)
    return bail.live_bail_of_person(question)


def _checks(actor: Actor, force: str, _now: datetime) -> Part:
    seen = scope(actor, "acro:read", force)
    return acro.open_checks_of_person(seen), seen.values_as("acro_scope")


def _hits(actor: Actor, force: str, _now: datetime) -> Part:
    seen = scope(actor, "forensics:read", force)
    return forensics.open_hits_of_person(seen), seen.values_as("hit_scope")


def _memberships(actor: Actor, force: str, now: datetime) -> Part:
    seen = scope(actor, "iom:read", force)
    protected = sight(actor).protected_addresses
    question = iom.Question({}, seen, now, protected, may(actor, "iom:read-case"))
    sql, values = iom.open_memberships_of_person(question)
    return f"(SELECT o.members FROM ({sql}) o)", values


def _cases(actor: Actor, force: str, now: datetime) -> Part:
    """Give cases, or to those who may read no more their local summaries."""
    is_whole = may(actor, "mappa:read")
    seen = scope(actor, "mappa:read" if is_whole else "mappa:summaries", force)
    minutes = may(actor, "mappa:read-minutes")
    question = mappa.Question({}, seen, now, sight(actor).protected_addresses, minutes)
    sql, values = mappa.cases_of_person(question, is_whole=is_whole)
    return f"(SELECT o.cases FROM ({sql}) o)", values


def _registrations(actor: Actor, force: str, now: datetime) -> Part:
    seen = scope(actor, "registrations:read", force)
    protected = sight(actor).protected_addresses
    in_full = may(actor, "registrations:read-full")
    return registrations.registrations_of_person(
        registrations.Question({}, seen, now, protected, in_full)
    )


def _orders(actor: Actor, force: str, now: datetime) -> Part:
    seen = scope(actor, "orders:read", force)
    return orders.orders_of_person(orders.Question({}, seen, now, order_sight(actor)))


_PARTS: dict[str, tuple[str, Callable[[Actor, str, datetime], Part]]] = {
    "flags": ("flags:read", _flags),
    "custody": ("custody:read", _held),
    "bail_records": ("bail:read", _bail),
    "acro_checks": ("acro:read", _checks),
    "forensic_hits": ("forensics:read", _hits),
    "iom_members": ("iom:read", _memberships),
    "mappa_cases": ("mappa:summaries", _cases),
    "registrations": ("registrations:read", _registrations),
    "orders": ("orders:read", _orders),
}
