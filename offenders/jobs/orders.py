"""What is due of orders, as flags; and what has begun or expired by the day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.orders import service as orders
from offenders.jobs.effects import Effect

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def flag_unreviewed(session: Session, _force: str) -> Effect:
    """Flag orders whose review is due."""
    return _settled(session, "unreviewed-orders")


def flag_unchecked(session: Session, _force: str) -> Effect:
    """Flag orders whose compliance check is due."""
    return _settled(session, "order-checks")


def flag_breaches(session: Session, _force: str) -> Effect:
    """Flag orders with a breach without action, or without management review."""
    return _settled(session, "unactioned-breaches")


def flag_unmonitored(session: Session, _force: str) -> Effect:
    """Flag orders in force whose monitoring nobody has accepted."""
    return _settled(session, "unmonitored-orders")


def flag_expiring(session: Session, _force: str) -> Effect:
    """Let orders begin and expire by the day, and flag those that expire soon."""
    expired, settled = orders.settle_day(session)
    return Effect(settled.raised, settled.cleared, {"expired": expired})


def _settled(session: Session, rule: str) -> Effect:
    settled = orders.settle_flags(session, rule)
    return Effect(settled.raised, settled.cleared)
