"""SQL of receiving orders: orders and breaches that stand, and the rows that are copied in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import select, text

from offenders.domain.imports.staging import copy_into
from offenders.domain.orders.models import Breach, Order, OrderAction

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_PEOPLE = text("""
    SELECT id, date_of_birth, lpa, neighbourhood FROM persons
    WHERE force = :force AND id = ANY (:people)
""")
_AREAS = text("SELECT code, name FROM lpas WHERE force = :force")
_REFERENCES = text("""
    SELECT id, person_id, type, court_reference FROM orders
    WHERE force = :force AND person_id = ANY (:people) AND court_reference IS NOT NULL
      AND state <> 'entered_in_error'
""")
_COLUMNS: Final = tuple(column.name for column in Order.__table__.columns)
_BREACH_COLUMNS: Final = tuple(column.name for column in Breach.__table__.columns)
_ACTION_COLUMNS: Final = tuple(column.name for column in OrderAction.__table__.columns)
_JSON: Final = ("because", "conditions")


class Home(NamedTuple):
    """When somebody was born, and where they live."""

    date_of_birth: date | None = None
    lpa: str | None = None
    neighbourhood: str | None = None


def people_of(session: Session, force: str, people: Collection[UUID]) -> dict[UUID, Home]:
    """Give what the law looks at in people."""
    rows = session.execute(_PEOPLE, {"force": force, "people": list(people)})
    return {row.id: Home(row.date_of_birth, row.lpa, row.neighbourhood) for row in rows}


def areas_of(session: Session, force: str) -> dict[str, str]:
    """Give the names of the force's LPAs by their codes."""
    return {row.code: row.name for row in session.execute(_AREAS, {"force": force})}


def list_references(session: Session, force: str, people: Collection[UUID]) -> list[Row[Any]]:
    """Give the orders of people that courts have given a reference."""
    return list(session.execute(_REFERENCES, {"force": force, "people": list(people)}))


def breaches_of(
    session: Session, force: str, orders: Collection[UUID]
) -> dict[tuple[UUID, datetime], Breach]:
    """Give the breaches that stand of orders that are locked, by order and moment."""
    if not orders:
        return {}
    statement = (
        select(Breach)
        .where(Breach.force == force, Breach.order_id.in_(sorted(orders)))
        .order_by(Breach.condition_id.desc().nulls_last())
        .execution_options(populate_existing=True)
    )
    found = session.execute(statement).scalars()
    return {(each.order_id, each.occurred_at): each for each in found}


def lock_orders(session: Session, force: str, ids: Collection[UUID]) -> dict[UUID, Order]:
    """Give orders as they stand, so that nobody alters them before this transaction ends."""
    if not ids:
        return {}
    statement = (
        select(Order)
        .where(Order.force == force, Order.id.in_(sorted(ids)))
        .order_by(Order.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {order.id: order for order in session.execute(statement).scalars()}


def add_orders(session: Session, orders: Sequence[Mapping[str, Any]]) -> None:
    """Copy orders in."""
    columns = [column for column in _COLUMNS if any(column in order for order in orders)]
    rows = [
        tuple(
            orjson.dumps(order[column], default=str).decode()
            if column in _JSON
            else order.get(column)
            for column in columns
        )
        for order in orders
    ]
    copy_into(session, "orders", columns, rows)


def add_breaches(session: Session, breaches: Sequence[Mapping[str, Any]]) -> None:
    """Copy breaches in."""
    rows = [tuple(each.get(column) for column in _BREACH_COLUMNS) for each in breaches]
    copy_into(session, "order_breaches", _BREACH_COLUMNS, rows)


def add_actions(session: Session, actions: Sequence[Mapping[str, Any]]) -> None:
    """Write entries of the log of orders."""
    rows = [tuple(each[column] for column in _ACTION_COLUMNS) for each in actions]
    copy_into(session, "order_actions", _ACTION_COLUMNS, rows)
