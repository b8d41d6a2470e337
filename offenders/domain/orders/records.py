"""An order and the law: its row of the law, its days for review and check, and its log."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders import clock
from offenders.domain import logs
from offenders.domain.history import keep_history
from offenders.domain.orders import rules
from offenders.domain.orders.cases import MADE, Case, State, TypeRule, Unlawful
from offenders.domain.orders.conditions import limits
from offenders.domain.orders.models import Order, OrderAction
from offenders.domain.persons.managing import Managed, end_management, manage
from offenders.domain.placed import area_of, take_placed
from offenders.domain.reference import service as reference
from offenders.domain.reference.policies import figures_of_rules
from offenders.domain.working_days import london_day
from offenders.errors import Invalid, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime, timedelta

    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope
    from offenders.domain.versions import IfMatch

REVIEWS: Final = "unreviewed-orders"
CHECKS: Final = "order-checks"
_RULE_FIELDS: Final = tuple(TypeRule.__dataclass_fields__)
_HOME = text("""
    SELECT p.lpa, p.neighbourhood, p.date_of_birth FROM persons p
    WHERE p.force = :force AND p.id = :person_id
""")
_BREACHES = text("SELECT occurred_at FROM order_breaches WHERE force = :force AND order_id = :id")
_AREA_NAMES = text("SELECT name FROM lpas WHERE force = :force AND code = :lpa")
add_action = partial(logs.add_entry, OrderAction)
plain = logs.plain


@dataclass(frozen=True)
class Doing:
    """Who does something to which order, as read at which version, and what."""

    actor: str
    scope: Scope
    written: str
    fields: dict[str, Any]
    if_match: IfMatch
    now: datetime
    agency: str | None = None


def law_of(session: Session, codes: Iterable[str]) -> list[TypeRule]:
    """Give the rows of the law of these types."""
    found = []
    for row in reference.find_order_rules(session, codes):
        facts: dict[str, Any] = {name: getattr(row, name) for name in _RULE_FIELDS}
        found.append(TypeRule(**facts | {"areas": tuple(row.areas)}))
    return found


def case_of(order: Any, force: str, born: date | None, areas: frozenset[str], today: date) -> Case:
    """Give the facts of an order by which the law decides."""
    return Case(
        order.type,
        force,
        order.made_on or order.applied_on or today,
        born,
        areas,
        is_made=order.made_on is not None,
        expires_on=order.expires_on,
        is_interim=bool(order.interim),
        with_custody=bool(order.with_custody),
        rank=order.authorised_rank,
        conditions=limits(order.conditions),
    )


def because_of(rule: TypeRule) -> dict[str, Any]:
    """Say which row of the law holds for an order."""
    told = {name: value for name, value in asdict(rule).items() if value is not None}
    return dict(plain(told))


def apply_law(session: Session, order: Order) -> TypeRule:
    """Check an order against the law, and set what follows from it. Raises Invalid."""
    home = home_of(session, order)
    lpa = order.lpa or home.lpa
    names = session.execute(_AREA_NAMES, {"force": order.force, "lpa": lpa}).scalars().all()
    areas = frozenset(each for each in (lpa, *names) if each)
    case = case_of(order, order.force, home.date_of_birth, areas, clock.today())
    try:
        rule = rules.check(law_of(session, [order.type]), case)
    except Unlawful as unlawful:
        raise as_invalid(unlawful) from unlawful
    order.because = because_of(rule)
    set_hearing(order, rule)
    set_clocks(session, order, rule, home.date_of_birth)
    return rule


def set_hearing(order: Order, rule: TypeRule) -> None:
    """Set by when a court must hear of a notice that was given. Raises Invalid."""
    served_at, made_on = order.served_at, order.made_on
    if served_at is not None and made_on is not None and london_day(served_at) < made_on:
        raise Invalid.field("/served_at", f"This lies before {made_on}, when it was made.")
    order.hearing_due_at = (
        rules.hearing_due(served_at, rule.hearing_hours)
        if rule.hearing_hours and served_at is not None
        else None
    )


def home_of(session: Session, order: Order) -> Any:
    """Give where the person lives, and when they were born."""
    values = {"force": order.force, "person_id": order.person_id}
    return session.execute(_HOME, values).one()


def as_invalid(unlawful: Unlawful) -> Invalid:
    """Say what the law doesn't allow, naming the section."""
    section = f" ({unlawful.section})" if unlawful.section else ""
    error = Invalid.field(f"/{unlawful.field}", f"{unlawful.detail}{section}")
    if unlawful.section:
        error.extra["section"] = unlawful.section
    return error


def set_clocks(session: Session, order: Order, rule: TypeRule, born: date | None) -> None:
    """Set the days of the next review and check by the figures in force; none once it is over."""
    figures = figures_of_rules(session, order.force, [REVIEWS, CHECKS], clock.today())
    apply_clocks(order, rule, born, figures, clock.today())


def apply_clocks(
    order: Any,
    rule: TypeRule,
    born: date | None,
    figures: Mapping[str, Mapping[str, int]],
    today: date,
) -> None:
    """Set the days of the next review and check of an order or of a row to be made."""
    order.statutory_review_on = order.review_due_on = order.check_due_on = None
    if rules.state_on(order.state, order.in_force_on, order.expires_on, today) not in MADE:
        return
    order.statutory_review_on = rules.statutory_review(
        rule,
        made_on=order.made_on,
        expires_on=order.expires_on,
        reviewed_on=order.last_reviewed_on,
        varied_on=order.varied_on,
        born=born,
    )
    policy = (order.last_reviewed_on or order.made_on) + _days(figures[REVIEWS]["all"])
    due = (policy, order.statutory_review_on)
    order.review_due_on = min(each for each in due if each is not None)
    checks = figures[CHECKS]
    days = checks.get(order.type.lower(), checks["all"])
    order.check_due_on = (order.last_checked_on or order.made_on) + _days(days)


def _days(figure: int) -> timedelta:
    return figure * rules.ONE_DAY


def take(session: Session, doing: Doing) -> Order:
    """Give the order for a change, locked until the transaction ends. Raises NotFound."""
    scope = doing.scope
    order, _home = take_placed(session, Order, scope, doing.written)
    if scope.sender is not None and order.recorded_by != scope.sender:
        raise NotFound
    doing.if_match.check(order.version)
    return order


def state_of(order: Order) -> State:
    """Give the state of today, whatever job has run."""
    return rules.state_on(order.state, order.in_force_on, order.expires_on, clock.today())


def restate(order: Order) -> None:
    """Let the state follow days that were corrected, where only days have brought it about."""
    if order.state not in {*MADE, State.EXPIRED}:
        return
    today = clock.today()
    state = State.VARIED if order.varied_on is not None else State.IN_FORCE
    if order.in_force_on is not None and order.in_force_on > today:
        state = State.GRANTED
    order.state = rules.state_on(state, order.in_force_on, order.expires_on, today)


def check_life(session: Session, order: Order, field: str = "expires_on") -> None:
    """Raise Invalid where the days of an order contradict each other or a breach of it."""
    if order.made_on is None or order.in_force_on is None:
        return
    if order.in_force_on < order.made_on:
        raise Invalid.field("/in_force_on", "An order doesn't bind before it is made.")
    if order.expires_on is not None and order.in_force_on > order.expires_on:
        raise Invalid.field("/in_force_on", "An order doesn't begin to bind after its last day.")
    if order.applied_on is not None and order.applied_on > order.made_on:
        raise Invalid.field("/applied_on", "This lies after the day on which it was made.")
    for moment in session.execute(_BREACHES, {"force": order.force, "id": order.id}).scalars():
        day = london_day(moment)
        if not rules.breach_is_in_life(day, order.in_force_on, order.expires_on, order.ended_on):
            message = f"A breach is recorded on {day}, on which the order would not have bound."
            raise Invalid.field(f"/{field}", message)


def keep(session: Session, order: Order, *, is_new: bool = False) -> None:
    """Write the row with its history, and the management that stands or has ended with it."""
    session.flush()
    if not is_new:
        keep_history(session, Order.__table__, order.force, [order.id])
    if rules.is_live(state_of(order)):
        manage(session, [managed(order, home_of(session, order))])
    else:
        end_management(session, [order.id])


def managed(order: Any, home: Any) -> Managed:
    """Give the management of a person by an order."""
    return Managed(
        order.id,
        "order",
        order.reference,
        order.person_id,
        order.owner_officer,
        order.owner_team,
        *area_of(order, home),
    )
