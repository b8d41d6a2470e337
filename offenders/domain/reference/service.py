"""Use cases over codes, areas, officers and teams."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.reference import store
from offenders.errors import Invalid

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

list_forces = store.list_forces
force_exists = store.force_exists
list_lpas = store.list_lpas
list_neighbourhoods = store.list_neighbourhoods
find_neighbourhood = store.find_neighbourhood
find_neighbourhood_at = store.find_neighbourhood_at
list_offences = store.list_offences
list_entries = store.list_entries
list_order_types = store.list_order_types
find_order_rules = store.find_order_rules
list_rules = store.list_rules
lpa_of = store.lpa_of


def register_officer(session: Session, code: str) -> None:
    """Register an officer by collar number at first use."""
    store.register(session, "officers", code)


def register_team(session: Session, code: str) -> None:
    """Register a team by code at first use."""
    store.register(session, "teams", code)


def require_entry(session: Session, name: str, code: str, pointer: str) -> None:
    """Raise Invalid unless the small list `name` holds the code."""
    if store.unknown_codes(session, name, [code]):
        listed = name.replace("_", " ")
        raise Invalid.field(pointer, f"This code is not in the list of {listed}.")


def require_offence(session: Session, code: str, pointer: str) -> None:
    """Raise Invalid unless this is a CJS offence code."""
    if not store.offence_exists(session, code):
        raise unknown_offence(pointer)


def unknown_offence(pointer: str) -> Invalid:
    """Say that a code is none of the CJS offences."""
    return Invalid.field(pointer, "This is no CJS offence code. GET /v1/offences?q= finds it.")


def require_area(session: Session, lpa: str | None, neighbourhood: str | None) -> str | None:
    """Give the LPA that the two name together; raise Invalid where they don't fit."""
    force = session.info["force"]
    return area_of(
        lpa,
        neighbourhood,
        is_lpa_known=lpa is not None and store.lpa_exists(session, force, lpa),
        lpa_of_neighbourhood=store.lpa_of(session, force, neighbourhood) if neighbourhood else None,
    )


def area_of(
    lpa: str | None,
    neighbourhood: str | None,
    *,
    is_lpa_known: bool,
    lpa_of_neighbourhood: str | None,
) -> str | None:
    """Give the LPA that the two name together; raise Invalid where they don't fit."""
    if neighbourhood is None:
        if lpa is not None and not is_lpa_known:
            raise Invalid.field("/lpa", "This force has no such LPA. GET /v1/forces/…/lpas.")
        return lpa
    if lpa_of_neighbourhood is None:
        message = "This force has no such neighbourhood. GET /v1/neighbourhoods lists them."
        raise Invalid.field("/neighbourhood", message)
    if lpa is not None and lpa != lpa_of_neighbourhood:
        raise Invalid.field("/lpa", "The neighbourhood lies in another LPA. Leave `lpa` out.")
    return lpa_of_neighbourhood
