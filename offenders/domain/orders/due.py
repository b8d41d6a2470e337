"""What is due of orders: monitoring, reviews, checks, action on breaches, and their end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.flags.managed import act_on_arrest
from offenders.domain.flags.service import DueSource, Settled, raise_due, settle
from offenders.domain.history import keep_history
from offenders.domain.orders.asking import LIVE, present_source
from offenders.domain.orders.duties import follow_orders
from offenders.domain.orders.models import Order
from offenders.domain.orders.records import CHECKS, REVIEWS, managed
from offenders.domain.persons.managing import end_management, manage
from offenders.domain.reference.policies import explained_figures, explained_figures_of_rules
from offenders.ids import new_ids
from offenders.statements import Statement, ask_all

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

UNMONITORED: Final = "unmonitored-orders"
BREACHES: Final = "unactioned-breaches"
EXPIRING: Final = "expiring-orders"
_TODAY = "CAST(:today AS date)"
_LATE = "({} + 1)::timestamp AT TIME ZONE 'Europe/London'"


@dataclass(frozen=True)
class _Rule:
    """How one rule finds what is due: stage and due moment over `o`, `s` and further joins.

    `says` is what to do, by stage; `inputs` are pairs of a JSON object.
    """

    stage: str
    due_at: str
    says: Mapping[str, str]
    inputs: str
    further: str = ""
    within: str = ""


_OPEN_BREACHES = """
    CROSS JOIN LATERAL (
        SELECT min(b.occurred_at) FILTER (WHERE b.action IS NULL)
                   + make_interval(hours => 24 * CAST(:action AS int)) AS action_at,
               min(b.action_at) FILTER (WHERE b.action IS NOT NULL)
                   + make_interval(hours => 24 * CAST(:review AS int)) AS review_at,
               jsonb_agg(jsonb_build_object('id', b.id, 'occurred_at', b.occurred_at,
                                            'action', b.action) ORDER BY b.occurred_at, b.id)
                   AS breaches
        FROM order_breaches b
        WHERE b.force = o.force AND b.order_id = o.id AND b.reviewed_at IS NULL) r
"""
_RULES: Final = {
    UNMONITORED: _Rule(
        stage=f"CASE WHEN {LIVE} AND o.monitoring = 'unaccepted' THEN 'all' END",
        due_at=_LATE.format("o.in_force_on + CAST(:all AS int)"),
        says={"all": "Nobody has accepted to monitor this order. It binds all the same."},
        inputs="'monitored_by', o.monitored_by, 'in_force_on', o.in_force_on",
    ),
    REVIEWS: _Rule(
        stage=f"CASE WHEN {LIVE} AND o.review_due_on < {_TODAY} THEN 'all' END",
        due_at=_LATE.format("o.review_due_on"),
        says={"all": "The review of this order is due."},
        inputs="'made_on', o.made_on, 'last_reviewed_on', o.last_reviewed_on,"
        " 'review_due_on', o.review_due_on, 'statutory_review_on', o.statutory_review_on,"
        " 'section', CASE WHEN o.statutory_review_on = o.review_due_on"
        " THEN o.because -> 'review_citation' END",
    ),
    CHECKS: _Rule(
        stage=f"CASE WHEN {LIVE} AND o.check_due_on < {_TODAY} THEN"
        " CASE WHEN jsonb_exists(CAST(:figures AS jsonb), lower(o.type))"
        " THEN lower(o.type) ELSE 'all' END END",
        due_at=_LATE.format("o.check_due_on"),
        says={"": "The compliance check of this order is due."},
        inputs="'made_on', o.made_on, 'last_checked_on', o.last_checked_on,"
        " 'check_due_on', o.check_due_on",
    ),
    BREACHES: _Rule(
        stage="CASE WHEN r.action_at < :now THEN 'action' WHEN r.review_at < :now THEN 'review'"
        " END",
        due_at="CASE e.stage WHEN 'action' THEN r.action_at ELSE r.review_at END",
        says={
            "action": "A breach of this order has had no action.",
            "review": "A breach of this order has had no management review.",
        },
        inputs="'breaches', r.breaches",
        further=_OPEN_BREACHES,
        within="AND o.state <> 'entered_in_error' AND o.id IN (SELECT b.order_id"
        " FROM order_breaches b WHERE b.force = :force AND b.reviewed_at IS NULL)",
    ),
    EXPIRING: _Rule(
        stage=f"CASE WHEN {LIVE} THEN CASE WHEN o.hearing_due_at < :now THEN 'hearing'"
        f" WHEN o.expires_on - {_TODAY} <= CAST(:last_warning AS int) THEN 'last_warning'"
        f" WHEN o.expires_on - {_TODAY} <= CAST(:first_warning AS int) THEN 'first_warning'"
        " END END",
        due_at="CASE e.stage WHEN 'hearing' THEN o.hearing_due_at"
        f" ELSE {_LATE.format('o.expires_on')} END",
        says={
            "hearing": "A court should have heard of this notice. Record what it decided.",
            "": "This order expires soon. Decide whether to ask for another.",
        },
        inputs="'expires_on', o.expires_on, 'served_at', o.served_at,"
        " 'hearing_due_at', o.hearing_due_at",
    ),
}
RULES: Final = tuple(_RULES)
_FIGURE = "(CAST(:figures AS jsonb) -> e.stage)"
_SAID = "coalesce(CAST(:said AS jsonb) -> e.stage, CAST(:said AS jsonb) -> '')"
_DUE = """
    SELECT 'order' AS subject_type, o.id AS subject_id, o.reference AS subject_reference,
           o.person_id, s.lpa, s.neighbourhood, o.owner_officer, o.owner_team,
           {figure} ->> 'severity' AS severity,
           jsonb_build_object('rule', CAST(:rule AS text), 'stage', e.stage, 'type', o.type,
                              'due_at', {due_at}, 'what', {said}, {inputs})
           || ({figure} - 'severity') AS because,
           {due_at} AS due_at
    {source} AND o.force = :force {within} AND e.stage IS NOT NULL {whose}
"""


def due_source(session: Session, rule: str, orders: Sequence[UUID] | None = None) -> DueSource:
    """Give every order of which this rule finds something due; or of these orders only."""
    force = session.info["force"]
    return _source(force, rule, explained_figures(session, force, rule, clock.today()), orders)


def _source(
    force: str, rule: str, figures: Mapping[str, Any], orders: Sequence[UUID] | None = None
) -> DueSource:
    how = _RULES[rule]
    sql = _DUE.format(
        figure=_FIGURE,
        due_at=how.due_at,
        said=_SAID,
        inputs=how.inputs,
        source=present_source(f"{how.further} CROSS JOIN LATERAL (SELECT {how.stage} AS stage) e"),
        within=how.within,
        whose="" if orders is None else "AND o.id = ANY (CAST(:whose AS uuid[]))",
    )
    values = {name: figure["figure"] for name, figure in figures.items()} | {
        "rule": rule,
        "figures": orjson.dumps(figures).decode(),
        "said": orjson.dumps(how.says).decode(),
        "force": force,
        "now": clock.now(),
        "today": clock.today(),
        "whose": [each.hex for each in orders or ()],
    }
    return DueSource(sql, values)


def settle_flags(session: Session, rule: str) -> Settled:
    """Bring the flags of a rule to what is due now in the force."""
    return settle(session, rule=rule, source=due_source(session, rule))


def settle_day(session: Session) -> tuple[int, Settled]:
    """Let orders begin and expire, and flag those that expire soon; give how many have expired."""
    force, rules = session.info["force"], [REVIEWS, CHECKS, EXPIRING]
    figures = explained_figures_of_rules(session, force, rules, clock.today())
    expired = follow_the_day(session, figures)
    source = _source(force, EXPIRING, figures[EXPIRING])
    return expired, settle(session, rule=EXPIRING, source=source)


def settle_order(session: Session, order_id: UUID, because: str) -> None:
    """Bring flags and tasks of one order to what is due, in the transaction that changed it."""
    session.flush()
    for rule in RULES:
        source = due_source(session, rule, [order_id])
        settle(session, rule=rule, source=source, because=because, subject_id=order_id)
    follow_orders(session, [order_id], because)


def flag_unmonitored(session: Session, orders: Sequence[UUID]) -> int:
    """Flag those of these orders that nobody has accepted to monitor, at once."""
    if not orders:
        return 0
    return raise_due(session, rule=UNMONITORED, source=due_source(session, UNMONITORED, orders))


_IS_OVER = "coalesce(expires_on < CAST(:today AS date), false)"
_STATE = f"""
    CASE WHEN {_IS_OVER} THEN 'expired'
         WHEN state = 'granted' AND in_force_on <= CAST(:today AS date) THEN 'in_force'
         ELSE state END
"""
_REVIEW = f"""
    CASE WHEN NOT {_IS_OVER} THEN least(
        coalesce(last_reviewed_on, made_on) + CAST(:review_days AS int), statutory_review_on) END
"""
_CHECK = f"""
    CASE WHEN NOT {_IS_OVER} THEN coalesce(last_checked_on, made_on) + coalesce(
        CAST(CAST(:check_days AS jsonb) ->> lower(type) AS int), CAST(:check_all AS int)) END
"""
_FOLLOW_THE_DAY = Statement(f"""
    UPDATE orders
    SET state = {_STATE}, review_due_on = {_REVIEW}, check_due_on = {_CHECK},
        statutory_review_on = CASE WHEN NOT {_IS_OVER} THEN statutory_review_on END,
        version = version + CASE WHEN state <> {_STATE} THEN 1 ELSE 0 END, updated_at = :at
    WHERE force = :force AND state IN ('granted', 'in_force', 'varied')
      AND (state, review_due_on, check_due_on) IS DISTINCT FROM ({_STATE}, {_REVIEW}, {_CHECK})
    RETURNING id, state
""")
_PLACED = text("""
    SELECT o.*, p.lpa AS home_lpa, p.neighbourhood AS home_neighbourhood
    FROM orders o JOIN persons p ON p.force = o.force AND p.id = o.person_id
    WHERE o.force = :force AND o.id = ANY (CAST(:ids AS uuid[]))
""")
_LOG = text("""
    INSERT INTO order_actions (force, id, order_id, kind, occurred_at, recorded_at, actor, details)
    SELECT :force, n.id, o.id, 'expiry',
           (o.expires_on + 1)::timestamp AT TIME ZONE 'Europe/London', :at, 'service',
           jsonb_build_object('expires_on', o.expires_on)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:orders AS uuid[])) n (id, order_id)
    JOIN orders o ON o.force = :force AND o.id = n.order_id
""")


class _Home:
    """Where the person of a row lives."""

    def __init__(self, row: Any) -> None:
        self.lpa, self.neighbourhood = row.home_lpa, row.home_neighbourhood


def follow_the_day(session: Session, figures: Mapping[str, Any] | None = None) -> int:
    """Let orders begin and expire by the day, and bring their clocks to today's figures.

    Gives how many have expired.
    """
    force = session.info["force"]
    figures = figures or explained_figures_of_rules(
        session, force, [REVIEWS, CHECKS], clock.today()
    )
    reviews, checks = (
        {name: each["figure"] for name, each in figures[rule].items()} for rule in (REVIEWS, CHECKS)
    )
    values: dict[str, Any] = {
        "force": force,
        "at": recorded_at(session),
        "today": clock.today(),
        "review_days": reviews["all"],
        "check_days": orjson.dumps(checks).decode(),
        "check_all": checks["all"],
    }
    changed = ask_all(session, _FOLLOW_THE_DAY, values).all()
    expired = [row.id for row in changed if row.state == "expired"]
    in_force = [row.id for row in changed if row.state == "in_force"]
    if expired:
        session.execute(_LOG, values | {"ids": new_ids(force, len(expired)), "orders": expired})
        end_management(session, expired)
        act_on_arrest(session, expired, "The order has expired.")
    if in_force:
        rows = session.execute(_PLACED, {"force": force, "ids": in_force})
        manage(session, [managed(row, _Home(row)) for row in rows])
    if changed:
        keep_history(session, Order.__table__, force, [row.id for row in changed])
    return len(expired)
