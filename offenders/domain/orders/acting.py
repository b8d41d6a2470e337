"""What is done with an order: decision, acceptance, conditions, review, check, variation, end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags.managed import act_on_arrest
from offenders.domain.flags.service import clear_for
from offenders.domain.orders.accepting import accept_as
from offenders.domain.orders.breaching import open_breach
from offenders.domain.orders.cases import LIVE, CheckResult, Ending, Monitoring, State
from offenders.domain.orders.clauses import with_clauses
from offenders.domain.orders.conditions import imposed, varied
from offenders.domain.orders.due import settle_order
from offenders.domain.orders.models import Order
from offenders.domain.orders.records import (
    Doing,
    add_action,
    apply_law,
    check_life,
    keep,
    state_of,
    take,
)
from offenders.domain.working_days import london_day
from offenders.errors import Conflict, Invalid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

_BINDING: Final = ("conditions", "variations", "reviews", "checks", "breaches", "discharges")
POSSIBLE: Final = {
    State.APPLIED: ("decisions", "acceptances", "conditions", "discharges"),
    State.GRANTED: ("acceptances", "conditions", "variations", "discharges"),
    State.IN_FORCE: ("acceptances", *_BINDING),
    State.VARIED: ("acceptances", *_BINDING),
    State.EXPIRED: ("reviews", "breaches", "discharges"),
    State.DISCHARGED: ("reviews", "breaches", "discharges"),
    State.REFUSED: ("discharges",),
    State.WITHDRAWN: ("discharges",),
    State.ENTERED_IN_ERROR: (),
}
_NOTICE = text("""
    SELECT id FROM orders
    WHERE force = :force AND id = :id AND expires_on IS NULL
      AND state IN ('granted', 'in_force', 'varied') FOR UPDATE
""")
_WANTS_OF = text("SELECT count(*) FROM order_breaches WHERE force = :force AND order_id = :id")


def begin(session: Session, doing: Doing, act: str) -> Order:
    """Give the order, locked; raise Conflict where as it stands it allows no such act."""
    order = take(session, doing)
    state = state_of(order)
    if act not in POSSIBLE[state]:
        stands = state.replace("_", " ")
        message = f"The order stands at {stands}: this can't be done with it."
        raise Conflict(message, state=state, possible=list(POSSIBLE[state]))
    return order


def finish(  # noqa: PLR0913 - the order, who did what to it, and when
    session: Session,
    order: Order,
    doing: Doing,
    kind: str,
    *,
    details: dict[str, Any],
    at: datetime | None = None,
    changes_version: bool = True,
    because: str = "Recorded: nothing is due now.",
) -> Order:
    """Write log, row, history and flags; what is only added leaves the version as it was."""
    order.version += changes_version
    order.updated_at = recorded_at(session)
    moment = at or recorded_at(session)
    add_action(session, order, kind, actor=doing.actor, occurred_at=moment, details=details)
    keep(session, order)
    settle_order(session, order.id, because)
    return order


def _day(doing: Doing, name: str, order: Order) -> date:
    """Give the day of an act: today unless told, by `name` or `occurred_at`; never before it."""
    occurred_at = doing.fields.get("occurred_at")
    told = london_day(occurred_at) if occurred_at else clock.today()
    day: date = doing.fields.get(name) or told
    first = order.made_on or order.applied_on
    if first is not None and day < first:
        field = name if doing.fields.get(name) else "occurred_at"
        raise Invalid.field(f"/{field}", f"This lies before {first}, when the order began.")
    return day


def decide(session: Session, doing: Doing) -> Order:
    """Record what the court decided upon an application."""
    order, fields = begin(session, doing, "decisions"), doing.fields
    decision = State(fields["decision"])
    decided_on = _day(doing, "decided_on", order)
    order.decided_on = decided_on
    for name in ("court", "court_reference"):
        if fields.get(name) is not None:
            setattr(order, name, fields[name])
    if decision == State.GRANTED:
        _grant(session, order, fields, decided_on)
    else:
        if fields.get("made_on") is not None or fields.get("expires_on") is not None:
            raise Invalid.field("/made_on", "An order that was not granted has no days.")
        order.state = decision
    if order.notice_id is not None:
        _end_notice(session, doing, order.notice_id, decided_on)
    details = {"decision": decision, "reason": fields.get("reason"), "because": order.because}
    return finish(session, order, doing, "decision", details=details)


def _grant(session: Session, order: Order, fields: dict[str, Any], decided_on: date) -> None:
    order.made_on = fields.get("made_on") or decided_on
    order.in_force_on = fields.get("in_force_on") or order.made_on
    order.expires_on = fields.get("expires_on")
    if fields.get("interim") is not None:
        order.interim = fields["interim"]
    if fields.get("with_custody") is not None:
        order.with_custody = fields["with_custody"]
    if "conditions" in fields:
        given = with_clauses(session, fields["conditions"])
        order.conditions = imposed(given, order.in_force_on)
    order.state = State.GRANTED if order.in_force_on > clock.today() else State.IN_FORCE
    check_life(session, order)
    apply_law(session, order)


def _end_notice(session: Session, doing: Doing, notice_id: UUID, day: date) -> None:
    """End the notice that held until the court had decided."""
    values = {"force": session.info["force"], "id": notice_id}
    if session.execute(_NOTICE, values).scalar() is None:
        return
    notice = session.get_one(Order, (session.info["force"], notice_id), populate_existing=True)
    notice.state, notice.ending = State.DISCHARGED, Ending.SUPERSEDED
    notice.ended_on = max(day, notice.made_on or day)
    notice.end_reason = "The court has decided upon the application."
    apply_law(session, notice)
    details = {"ending": notice.ending, "ended_on": notice.ended_on}
    finish(session, notice, doing, "discharge", details=details)
    act_on_arrest(session, [notice.id], "The notice has ended.")


def accept(session: Session, doing: Doing) -> Order:
    """Record that the caller has taken on to monitor the order."""
    order = begin(session, doing, "acceptances")
    if order.monitoring == Monitoring.ACCEPTED and doing.fields.get("accepted_by") in {
        None,
        order.accepted_by,
    }:
        message = f"Its monitoring was accepted on {order.accepted_on} already."
        raise Conflict(message, state=state_of(order), possible=list(POSSIBLE[state_of(order)]))
    accept_as(session, order, doing)
    details = {
        "accepted_by": order.accepted_by,
        "accepted_on": order.accepted_on,
        "monitored_by": order.monitored_by,
        "note": doing.fields.get("note"),
    }
    because = f"Its monitoring was accepted by {order.accepted_by}."
    return finish(session, order, doing, "acceptance", details=details, because=because)


def set_conditions(session: Session, doing: Doing) -> Order:
    """Put these conditions in place of those that held, where the record was not right."""
    order, fields = begin(session, doing, "conditions"), doing.fields
    on = order.in_force_on or clock.today()
    order.conditions = _varied(session, order, fields["conditions"], on)
    if order.made_on is not None:
        apply_law(session, order)
    details = {"conditions": order.conditions, "reason": fields.get("reason")}
    return finish(session, order, doing, "conditions", details=details)


def _varied(
    session: Session, order: Order, given: Sequence[dict[str, Any]], on: date
) -> list[dict[str, Any]]:
    return varied(order.conditions, with_clauses(session, given), on)


def review(session: Session, doing: Doing) -> Order:
    """Record the review of an order: its need, its conditions, how it is monitored."""
    order, fields = begin(session, doing, "reviews"), doing.fields
    day = _day(doing, "reviewed_on", order)
    order.last_reviewed_on = max(day, order.last_reviewed_on or day)
    if order.made_on is not None:
        apply_law(session, order)
    act_on_arrest(session, [order.id], "The order was reviewed.")
    details = {"reviewed_on": day, **{n: fields.get(n) for n in ("decision", "text", "with")}}
    at = fields.get("occurred_at")
    return finish(session, order, doing, "review", details=details, at=at, changes_version=False)


def check(session: Session, doing: Doing) -> Order:
    """Record a compliance check; one that finds a breach opens it in the same transaction.

    Somebody not seen was not checked: the clock runs on.
    """
    order, fields = begin(session, doing, "checks"), doing.fields
    result = CheckResult(fields["result"])
    day = _day(doing, "checked_on", order)
    at: datetime = fields.get("occurred_at") or recorded_at(session)
    if result != CheckResult.NOT_SEEN:
        order.last_checked_on = max(day, order.last_checked_on or day)
        apply_law(session, order)
        act_on_arrest(session, [order.id], "The order was checked.")
    details = {"checked_on": day, "result": result, "text": fields.get("text")}
    if result == CheckResult.NON_COMPLIANT:
        found = fields | {"found_how": "compliance check", "details": fields.get("text")}
        made = open_breach(session, order, doing, found, at)
        details["breach_id"] = made.id
    return finish(session, order, doing, "check", details=details, at=at, changes_version=False)


def breach(session: Session, doing: Doing) -> Order:
    """Record a breach of an order; opens a want in the same transaction where it is asked."""
    order, fields = begin(session, doing, "breaches"), doing.fields
    at: datetime = fields.get("occurred_at") or recorded_at(session)
    made = open_breach(session, order, doing, fields, at)
    details = {"breach_id": made.id, "want_id": made.want_id, "details": made.details}
    return finish(session, order, doing, "breach", details=details, at=at, changes_version=False)


def vary(session: Session, doing: Doing) -> Order:
    """Record that the court varied the order: its conditions, its last day."""
    order, fields = begin(session, doing, "variations"), doing.fields
    day = _day(doing, "varied_on", order)
    if "expires_on" in fields:
        order.expires_on = fields["expires_on"]
    if "conditions" in fields:
        order.conditions = _varied(session, order, fields["conditions"], day)
    if not {"expires_on", "conditions"} & set(fields):
        raise Invalid.field("/conditions", "Say what was varied: conditions or expires_on.")
    if order.varied_on is not None and day < order.varied_on:
        raise Invalid.field("/varied_on", f"It was varied on {order.varied_on}, after this.")
    order.varied_on = day
    if state_of(order) in LIVE:
        order.state = State.VARIED
    check_life(session, order)
    apply_law(session, order)
    details = {
        "varied_on": day,
        "expires_on": order.expires_on,
        "conditions": order.conditions,
        "court": fields.get("court"),
        "reason": fields.get("reason"),
    }
    return finish(session, order, doing, "variation", details=details)


def discharge(session: Session, doing: Doing) -> Order:
    """End an order by a coded outcome; what was entered in error counts nowhere any more."""
    order, fields = begin(session, doing, "discharges"), doing.fields
    ending = Ending(fields.get("ending") or Ending.DISCHARGED)
    state = state_of(order)
    day = _day(doing, "ended_on", order)
    if ending != Ending.ENTERED_IN_ERROR and not _can_end(order, state, day):
        message = "Only an order that was made and stands can end so."
        raise Conflict(message, state=state, possible=list(POSSIBLE[state]))
    if ending == Ending.ENTERED_IN_ERROR:
        _require_no_breaches(session, order)
        order.state = State.ENTERED_IN_ERROR
    else:
        order.state = State.DISCHARGED
    order.ending, order.ended_on, order.end_reason = ending, day, fields.get("reason")
    check_life(session, order, "ended_on")
    order.review_due_on = order.check_due_on = order.statutory_review_on = None
    act_on_arrest(session, [order.id], "The order has ended.")
    clear_for(session, subject_id=order.id, rules=["not-in-source"], because="Ended here.")
    details = {"ending": ending, "ended_on": day, "reason": fields.get("reason")}
    return finish(session, order, doing, "discharge", details=details, because="The order ended.")


def _can_end(order: Order, state: State, day: date) -> bool:
    """Say whether an order can end on a day; one that has expired may have ended before."""
    if state == State.EXPIRED:
        return order.expires_on is not None and day <= order.expires_on
    return order.made_on is not None and state in {*LIVE, State.GRANTED}


def _require_no_breaches(session: Session, order: Order) -> None:
    if session.execute(_WANTS_OF, {"force": order.force, "id": order.id}).scalar_one():
        message = "Breaches of this order are recorded: it can't have been entered in error."
        raise Conflict(message, state=state_of(order), possible=["discharges"])
