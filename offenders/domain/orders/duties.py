"""Tasks of orders: checks and reviews that fall due, and breaches that somebody must see to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from offenders import clock
from offenders.domain.orders.asking import LIVE, present_source
from offenders.domain.reference.policies import figures_of_rules
from offenders.domain.tasks.rules import Source
from offenders.domain.tasks.service import LEADS, Brought, Followed, follow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

BREACHES: Final = "unactioned-breaches"
_MIDNIGHT: Final = "({} + 1)::timestamp AT TIME ZONE 'Europe/London'"
_TASK: Final = """
    SELECT {source_id} AS source_id, {occasion} AS occasion, 'order' AS subject_type,
           o.id AS subject_id, o.reference AS subject_reference, o.person_id, s.lpa,
           s.neighbourhood, o.owner_officer, o.owner_team, {action} AS action, {due_at} AS due_at
    {source} AND o.force = :force AND {due} {whose}
"""
_ACT: Final = """
    SELECT a.actor FROM order_actions a
    WHERE a.force = t.force AND a.order_id = t.subject_id AND a.kind = '{}'
      AND a.details ->> 'result' IS DISTINCT FROM 'not_seen' AND a.recorded_at > t.recorded_at
    ORDER BY a.recorded_at DESC LIMIT 1
"""
_BREACH: Final = "SELECT b.{} FROM order_breaches b WHERE b.force = t.force AND b.id = t.source_id"
_CLOCK: Final = f"{LIVE} AND o.{{0}} <= CAST(:today AS date) + CAST(:{{0}}_lead AS int)"
_JOINED: Final = "JOIN order_breaches b ON b.force = o.force AND b.order_id = o.id"
_UNREVIEWED: Final = "o.state <> 'entered_in_error' AND b.reviewed_at IS NULL AND b.force = :force"
_DAYS: Final = "{} + make_interval(hours => 24 * CAST(:{}_days AS int))"
_PARTS: Final[dict[str, dict[str, str]]] = {
    Source.ORDER_CHECK: {
        "source_id": "o.id",
        "occasion": "coalesce(o.last_checked_on, o.made_on)",
        "action": "'Check that the ' || o.type || ' is complied with and record the result'",
        "due_at": _MIDNIGHT.format("o.check_due_on"),
        "due": _CLOCK.format("check_due_on"),
        "done_by": _ACT.format("check"),
    },
    Source.ORDER_REVIEW: {
        "source_id": "o.id",
        "occasion": "coalesce(o.last_reviewed_on, o.made_on)",
        "action": "'Review the ' || o.type || ' and record the decision'",
        "due_at": _MIDNIGHT.format("o.review_due_on"),
        "due": _CLOCK.format("review_due_on"),
        "done_by": _ACT.format("review"),
    },
    Source.BREACH_ACTION: {
        "source_id": "b.id",
        "occasion": "''",
        "action": "'Act on the breach of the ' || o.type || ' and record what was done'",
        "due_at": _DAYS.format("b.occurred_at", "action"),
        "due": f"{_UNREVIEWED} AND b.action IS NULL",
        "done_by": _BREACH.format("action_by"),
    },
    Source.BREACH_REVIEW: {
        "source_id": "b.id",
        "occasion": "''",
        "action": "'Hold the management review of the breach of the ' || o.type",
        "due_at": _DAYS.format("b.action_at", "review"),
        "due": f"{_UNREVIEWED} AND b.action IS NOT NULL",
        "done_by": _BREACH.format("reviewed_by"),
    },
}
_OF_BREACHES: Final = (Source.BREACH_ACTION, Source.BREACH_REVIEW)


def _followed(*, is_some: bool) -> tuple[Followed, ...]:
    """Give every kind of task of orders; of those in `:whose`, if only some are asked for."""
    whose = "AND o.id = ANY (CAST(:whose AS uuid[]))" if is_some else ""
    found = []
    for kind, parts in _PARTS.items():
        source = present_source(_JOINED if kind in _OF_BREACHES else "")
        told = {name: value for name, value in parts.items() if name != "done_by"}
        found.append(
            Followed(kind, _TASK.format(source=source, whose=whose, **told), parts["done_by"])
        )
    return tuple(found)


_EVERY: Final = _followed(is_some=False)
_SOME: Final = _followed(is_some=True)


def follow_orders(
    session: Session, orders: Sequence[UUID] | None = None, because: str = "Nothing is due now."
) -> Brought:
    """Bring the tasks of the force's orders to what is due; or of these orders only."""
    force, today = session.info["force"], clock.today()
    figures = figures_of_rules(session, force, [BREACHES, LEADS], today)
    values = {
        "force": force,
        "today": today,
        "check_due_on_lead": figures[LEADS][Source.ORDER_CHECK],
        "review_due_on_lead": figures[LEADS][Source.ORDER_REVIEW],
        "action_days": figures[BREACHES]["action"],
        "review_days": figures[BREACHES]["review"],
        "whose": list(orders or ()),
    }
    sources = _EVERY if orders is None else _SOME
    return follow(session, sources, values, subjects=orders, because=because)
