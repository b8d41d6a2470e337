"""Accepting to monitor an order: only who takes it on says so, never anybody else for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from offenders import clock
from offenders.domain.orders.cases import Monitoring
from offenders.errors import Invalid

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.orders.models import Order
    from offenders.domain.orders.records import Doing

_TEAM = text("""
    SELECT team FROM officers
    WHERE force = :force AND code = :code AND coalesce(left_on >= :today, true)
""")


def names_of(session: Session, doing: Doing) -> list[str]:
    """Give in whose name the caller may speak: their own, their team's, agency's and force's."""
    force = session.info["force"]
    team = session.execute(
        _TEAM, {"force": force, "code": doing.actor, "today": clock.today()}
    ).scalar()
    return [each for each in (doing.actor, team, doing.agency, force) if each]


def accept_as(session: Session, order: Order, doing: Doing) -> None:
    """Set that the caller, or a body that they belong to, has taken on to monitor the order.

    Where the monitoring was put to somebody, only they accept it. Raises Invalid.
    """
    names = names_of(session, doing)
    asked, given = order.monitored_by, doing.fields.get("accepted_by")
    if asked is not None and asked not in names:
        message = (
            f"The monitoring was put to {asked}, who alone may accept it. PATCH monitored_by if"
            " somebody else takes it on; the directory of officers says who is in which team."
        )
        raise Invalid.field("/accepted_by", message)
    if given is not None and given not in names:
        message = (
            "Nobody accepts in another's name: send yourself, your own team or force. The"
            " directory of officers says who is in which team."
        )
        raise Invalid.field("/accepted_by", message)
    day = doing.fields.get("accepted_on") or clock.today()
    first = order.applied_on or order.made_on
    if first is not None and day < first:
        raise Invalid.field("/accepted_on", "This lies before the order was applied for or made.")
    order.accepted_by = given or asked or doing.actor
    order.monitored_by = asked or order.accepted_by
    order.accepted_on, order.monitoring = day, Monitoring.ACCEPTED
