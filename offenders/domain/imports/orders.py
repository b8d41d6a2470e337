"""Receiving orders: what a plan decides is written in sets, with log, history, flags and audit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.db import recorded_at
from offenders.domain.flags.managed import act_on_arrest
from offenders.domain.history import begin_history, keep_history
from offenders.domain.imports import order_store, store, want_store
from offenders.domain.imports.batches import audit_batch
from offenders.domain.imports.order_plan import PERSONS_OF_ORDERS, plan_orders
from offenders.domain.imports.order_rows import IN_SOURCE
from offenders.domain.imports.subjects import receive_described
from offenders.domain.imports.want_rows import has_inline_person, identity_of
from offenders.domain.orders.cases import LIVE
from offenders.domain.orders.models import Breach, Order
from offenders.domain.orders.records import managed, plain
from offenders.domain.orders.service import flag_unmonitored, settle_order
from offenders.domain.persons.managing import end_management, manage
from offenders.domain.wanted.service import duty_team
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch, Received
    from offenders.domain.imports.checks import Checked
    from offenders.domain.imports.order_plan import Amendment, Entry, OrderPlan
    from offenders.domain.imports.order_store import Home

KIND: Final = "orders"
_DESCRIBED: Final = (
    "type",
    "state",
    "applied_on",
    "decided_on",
    "made_on",
    "in_force_on",
    "expires_on",
    "ended_on",
    "ending",
    "end_reason",
    "interim",
    "with_custody",
    "court",
    "court_reference",
    "authorised_rank",
    "conditions",
    "monitored_by",
    "monitoring",
    "accepted_by",
    "accepted_on",
    "lpa",
    "neighbourhood",
    "because",
    "statutory_review_on",
    "review_due_on",
    "check_due_on",
)


def receive_orders(
    session: Session, batch: Batch, rows: Sequence[Checked]
) -> tuple[Received, dict[str, UUID]]:
    """Receive a batch of orders; give what became of it, and the order of each new source_ref."""
    plan = plan_orders(session, batch, rows)
    taken = [each.checked for each in plan.entries]
    taken += [each.checked for each in plan.amendments]
    people, refused = receive_described(session, batch, PERSONS_OF_ORDERS, taken, plan.received)
    plan.entries = [each for each in plan.entries if each.checked.source_ref not in refused]
    plan.amendments = [each for each in plan.amendments if each.checked.source_ref not in refused]
    plan.received.created += len(plan.entries)
    if not plan.entries and not plan.amendments:
        return plan.received, {}
    on = {e.checked.source_ref: e.person or people[e.checked.source_ref] for e in plan.entries}
    whom = {*on.values(), *(each.order.person_id for each in plan.amendments)}
    writing = _Writing(session, batch, order_store.people_of(session, batch.force, whom))
    for entry in plan.entries:
        writing.enter(entry, on[entry.checked.source_ref])
    writing.write()
    changed = _amend(session, batch, plan, writing)
    writing.finish()
    store.keep_sources(session, batch.force, batch.kind, batch.import_id, writing.sources)
    counts = {"created": len(on), "changed": len(changed)}
    made = {e.source_ref: e.subject_id for e in writing.sources if e.source_ref in on}
    audit_batch(session, batch, "order", [*made.values(), *changed], counts)
    return plan.received, made


class _Row:
    """An order to be made, by the names of its columns."""

    def __init__(self, columns: Mapping[str, Any]) -> None:
        self.__dict__.update(columns)


class _Writing:
    """Gathers orders, breaches and log entries until they are written in sets."""

    def __init__(self, session: Session, batch: Batch, homes: Mapping[UUID, Home]) -> None:
        self._session, self._batch, self._homes = session, batch, homes
        self._at = recorded_at(session)
        self._orders: list[dict[str, Any]] = []
        self._breaches: list[dict[str, Any]] = []
        self._actions: list[dict[str, Any]] = []
        self._officers: set[str] = set()
        self._teams: set[str] = set()
        self.sources: list[store.Kept] = []

    def enter(self, entry: Entry, person: UUID) -> None:
        """Gather an order to make."""
        described, force = entry.described, self._batch.force
        home = self._homes[person]
        order = {name: getattr(described, name) for name in _DESCRIBED} | {
            "force": force,
            "id": new_id(force),
            "reference": new_reference("R", force),
            "person_id": person,
            **self._owner(entry.checked.row, described.lpa or home.lpa),
            "recorded_by": self._batch.actor,
            "version": 1,
            "recorded_at": self._at,
            "updated_at": self._at,
        }
        self._orders.append(order)
        self.log(order["id"], "entry", {"version": 1, "state": str(described.state)})
        self.add_breaches(order["id"], described.because, described.breaches)
        self.keep(entry.checked, order["id"])

    def _owner(self, row: Mapping[str, Any], lpa: str | None) -> dict[str, Any]:
        officer, team = row.get("owner_officer"), row.get("owner_team")
        if officer is None and team is None:
            team = duty_team(self._batch.force, lpa)
        self._officers |= {officer} if officer else set()
        self._teams |= {team} if team else set()
        return {"owner_officer": officer, "owner_team": team}

    def add_breaches(
        self, order: UUID, because: Mapping[str, Any], breaches: Sequence[tuple[Any, Any, Any]]
    ) -> None:
        """Gather breaches with what the source says was done about each."""
        for at, action, reviewed_at in breaches:
            breach = {
                "force": self._batch.force,
                "id": new_id(self._batch.force),
                "order_id": order,
                "occurred_at": at,
                "found_how": IN_SOURCE,
                "offence_code": because.get("breach_offence_code"),
                "action": action,
                "action_at": at if action else None,
                "action_by": self._batch.actor if action else None,
                "action_reason": IN_SOURCE if action else None,
                "reviewed_at": reviewed_at,
                "reviewed_by": self._batch.actor if reviewed_at else None,
                "learning": IN_SOURCE if reviewed_at else None,
                "recorded_by": self._batch.actor,
                "recorded_at": self._at,
                "updated_at": self._at,
            }
            self._breaches.append(breach)
            self.log(order, "breach", {"breach_id": str(breach["id"])}, at)

    def act(self, breach: Breach, action: str | None, reviewed_at: datetime | None) -> None:
        """Say of a breach that stands what was done about it, and when that was reviewed."""
        told = {"breach_id": str(breach.id)}
        if action is not None:
            breach.action, breach.action_at = action, breach.occurred_at
            breach.action_by, breach.action_reason = self._batch.actor, IN_SOURCE
            self.log(breach.order_id, "breach_action", {**told, "action": action})
        if reviewed_at is not None:
            breach.reviewed_at, breach.reviewed_by = reviewed_at, self._batch.actor
            breach.learning = IN_SOURCE
            self.log(breach.order_id, "breach_review", told, reviewed_at)
        breach.updated_at = self._at

    def log(self, order: UUID, kind: str, details: dict[str, Any], at: Any = None) -> None:
        """Gather an entry of the log."""
        batch = self._batch
        self._actions.append(
            {
                "force": batch.force,
                "id": new_id(batch.force),
                "order_id": order,
                "kind": kind,
                "occurred_at": at or self._at,
                "recorded_at": self._at,
                "actor": batch.actor,
                "details": {**details, "import_id": str(batch.import_id)},
            }
        )

    def keep(self, checked: Checked, order: UUID) -> None:
        """Gather a row as the last received."""
        self.sources.append(store.Kept(checked.source_ref, order, checked.row, checked.digest))

    def write(self) -> None:
        """Write the orders that were gathered, with their history and their managements."""
        session, force = self._session, self._batch.force
        want_store.register_owners(session, force, self._officers, self._teams)
        order_store.add_orders(session, self._orders)
        begin_history(session, Order.__table__, force, [each["id"] for each in self._orders])
        live = [_Row(each) for each in self._orders if each["state"] in LIVE]
        self.manage(live)

    def manage(self, orders: Sequence[Any]) -> None:
        """Say who answers for the people of these orders, which bind."""
        manage(self._session, [managed(each, self._homes[each.person_id]) for each in orders])

    def finish(self) -> None:
        """Write breaches and log, and flag what nobody monitors."""
        session, force = self._session, self._batch.force
        order_store.add_breaches(session, self._breaches)
        begin_history(session, Breach.__table__, force, [each["id"] for each in self._breaches])
        order_store.add_actions(session, self._actions)
        flag_unmonitored(session, [each["id"] for each in self._orders])


def _amend(session: Session, batch: Batch, plan: OrderPlan, writing: _Writing) -> list[UUID]:
    """Change what the rows change; give the orders that did."""
    refs = [each.checked.source_ref for each in plan.amendments]
    last = store.find_sources(session, batch.force, batch.kind, refs)
    changed: list[Order] = []
    for each in plan.amendments:
        writing.keep(each.checked, each.order.id)
        before = last[each.checked.source_ref].row
        is_told = bool(each.columns or each.breaches or each.acted)
        is_changed = is_told or _person_differs(each, before)
        plan.received.updated += is_changed
        plan.received.unchanged += not is_changed
        writing.add_breaches(each.order.id, each.described.because, each.breaches)
        for breach, action, reviewed_at in each.acted:
            writing.act(breach, action, reviewed_at)
        if each.columns:
            _change(session, writing, each)
            changed.append(each.order)
    session.flush()
    if changed:
        ids = [order.id for order in changed]
        keep_history(session, Order.__table__, batch.force, ids)
        writing.manage([order for order in changed if order.state in LIVE])
        over = [order.id for order in changed if order.state not in LIVE]
        end_management(session, over)
        act_on_arrest(session, over, "The order has ended at the source.")
    acted = [each for each in plan.amendments if each.acted]
    keep_history(session, Breach.__table__, batch.force, [b.id for a in acted for b, *_ in a.acted])
    told = {each.id for each in changed} | {each.order.id for each in acted}
    for order_id in sorted(told):
        settle_order(session, order_id, "The source has changed it.")
    return sorted(told | {each.order.id for each in plan.amendments if each.breaches})


def _person_differs(amendment: Amendment, last: Mapping[str, Any]) -> bool:
    checked = amendment.checked
    before = identity_of(checked._replace(row=dict(last))).row
    return has_inline_person(checked.row) and identity_of(checked).row != before


def _change(session: Session, writing: _Writing, amendment: Amendment) -> None:
    order, columns = amendment.order, amendment.columns
    changes = {n: {"from": getattr(order, n), "to": value} for n, value in columns.items()}
    for name, value in columns.items():
        setattr(order, name, value)
    if "state" in columns:
        order.because = amendment.described.because
        amendment.described.set_clocks(order)
    order.version += 1
    order.updated_at = recorded_at(session)
    writing.log(order.id, "amendment", {"changes": plain(changes)})
