"""Deciding what each row of orders means; what was recorded here stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from uuid import UUID

from offenders import clock
from offenders.domain.imports import order_store, store
from offenders.domain.imports.batches import Received
from offenders.domain.imports.order_rows import Described, World, check_whole
from offenders.domain.imports.order_store import Home
from offenders.domain.imports.planning import set_aside
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.imports.subjects import Subjects
from offenders.domain.imports.subjects import described as likeness
from offenders.domain.orders.cases import TYPES
from offenders.domain.orders.records import CHECKS, REVIEWS, law_of
from offenders.domain.orders.rules import breach_is_in_life, state_on
from offenders.domain.reference.policies import figures_of_rules
from offenders.domain.working_days import london_day

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch
    from offenders.domain.imports.checks import Checked
    from offenders.domain.orders.models import Breach, Order

PERSONS_OF_ORDERS: Final = "orders-person"  # people whom rows of orders describe
# What a change at the source changes together, and the column that names it in a warning.
_LIFE: Final = (
    "state",
    "applied_on",
    "decided_on",
    "made_on",
    "in_force_on",
    "expires_on",
    "ended_on",
    "ending",
    "interim",
    "with_custody",
)
_ALONE: Final = ("court", "court_reference", "authorised_rank", "lpa", "neighbourhood")
_GROUPS: Final = (
    (_LIFE, "state"),
    (("monitored_by", "monitoring", "accepted_by", "accepted_on"), "accepted_by"),
    *(((each,), each) for each in _ALONE),
)


class Entry(NamedTuple):
    """An order to make, on the person known so far; None: whom the row itself describes."""

    checked: Checked
    described: Described
    person: UUID | None


class Amendment(NamedTuple):
    """What a row changes of an order that stands, the breaches it adds, and what it says of them.

    `acted` are breaches that stand, of which the row tells the action or the review.
    """

    checked: Checked
    order: Order
    described: Described
    columns: dict[str, Any]
    breaches: list[tuple[datetime, str | None, datetime | None]]
    acted: list[tuple[Breach, str | None, datetime | None]]


@dataclass
class OrderPlan:
    """What is to be written for a batch of orders."""

    entries: list[Entry] = field(default_factory=list)
    amendments: list[Amendment] = field(default_factory=list)
    received: Received = field(default_factory=Received)


def plan_orders(session: Session, batch: Batch, rows: Sequence[Checked]) -> OrderPlan:
    """Decide for each row, in the order of the file."""
    plan = OrderPlan()
    sources, todo = set_aside(session, batch, rows, plan.received)
    if todo:
        planner = _Planner(session, batch, sources, todo, plan)
        for each in todo:
            planner.decide(each)
    return plan


class _Planner:
    """Takes the rows one after another; two rows of one batch may be about the same order."""

    def __init__(
        self,
        session: Session,
        batch: Batch,
        sources: Mapping[str, store.Source],
        rows: Sequence[Checked],
        plan: OrderPlan,
    ) -> None:
        self._batch, self._sources, self._plan = batch, sources, plan
        self._subjects = Subjects(session, batch.force, rows, PERSONS_OF_ORDERS)
        self._found = {each.source_ref: self._look_for(each) for each in rows}
        ids = {s.subject_id for each in rows if (s := sources.get(each.source_ref))}
        self._orders = order_store.lock_orders(session, batch.force, ids)
        self._breaches = order_store.breaches_of(session, batch.force, ids)
        people = {person for person in self._found.values() if isinstance(person, UUID)}
        self._people = order_store.people_of(session, batch.force, people)
        self._law = law_of(session, TYPES)
        self._areas = order_store.areas_of(session, batch.force)
        rules = [REVIEWS, CHECKS]
        self._figures = figures_of_rules(session, batch.force, rules, clock.today())
        self._standing: dict[Any, Any] = {
            (row.person_id, row.type, row.court_reference): row.id
            for row in order_store.list_references(session, batch.force, people)
        }

    def decide(self, checked: Checked) -> None:
        """Plan what becomes of one row, which has all that the source has said so far."""
        source = self._sources.get(checked.source_ref)
        findings = check_whole(checked.row, self._batch.facts)
        try:
            if not findings and source is None:
                self._enter(checked)
            elif not findings and source is not None:
                self._amend(checked, source)
        except Refusal as refusal:
            findings = [refusal.finding()]
        if findings:
            self._plan.received.refuse(checked, findings)
        else:
            self._plan.received.warn(checked, checked.warnings)

    def _look_for(self, checked: Checked) -> UUID | Refusal | None:
        try:
            return self._subjects.find(checked)
        except Refusal as refusal:
            return refusal

    def _person(self, checked: Checked) -> UUID | None:
        found = self._found[checked.source_ref]
        if isinstance(found, Refusal):
            raise found
        return found

    def _describe(self, row: Mapping[str, Any], person: UUID | None) -> Described:
        home = self._people.get(person, Home()) if person is not None else Home()
        written = row.get("date_of_birth")
        born = home.date_of_birth or (date.fromisoformat(written) if written else None)
        place = row.get("neighbourhood")
        lpa = self._batch.facts.neighbourhoods.get(place) if place else None
        lpa = lpa or row.get("lpa") or home.lpa
        named = frozenset(each for each in (lpa, self._areas.get(lpa or "")) if each)
        world = World(self._law, born, named, self._figures)
        return Described(row, self._batch.facts, world)

    def _enter(self, checked: Checked) -> None:
        person = self._person(checked)
        described = self._describe(checked.row, person)
        self._refuse_double(checked, described, person)
        if described.is_unaccepted:
            self._plan.received.warn(checked, [_UNACCEPTED])
        self._plan.entries.append(Entry(checked, described, person))

    def _amend(self, checked: Checked, source: store.Source) -> None:
        order = self._orders[source.subject_id]
        person = self._person(checked)
        if person != order.person_id:
            problem = "The row is about another person than before."
            action = "End this order at the source, and send the other under a new source_ref."
            raise Refusal(problem=problem, action=action, field="person_source_ref")
        new = self._describe(checked.row, person)
        if new.type != order.type:
            problem = "The row is about another type of order than before."
            action = "End this order at the source, and send the other under a new source_ref."
            raise Refusal(problem=problem, action=action, field="type")
        self._refuse_double(checked, new, person, order.id)
        old = self._describe(source.row, person)
        columns, kept = _changes(old, new, order)
        if "state" in columns:
            self._refuse_breaches_outside(new, order.id)
        self._plan.received.warn(checked, kept)
        if new.is_unaccepted and order.accepted_by is None:
            self._plan.received.warn(checked, [_UNACCEPTED])
        breaches = [each for each in new.breaches if (order.id, each[0]) not in self._breaches]
        acted = self._acted(order.id, new)
        for name in ("owner_officer", "owner_team"):
            told = checked.row.get(name)
            if told not in {source.row.get(name), getattr(order, name)}:
                self._plan.received.warn(checked, [_kept(name)])
        if {each[0] for each in old.breaches} - {each[0] for each in new.breaches}:
            self._plan.received.warn(checked, [_kept("breaches")])
        self._plan.amendments.append(Amendment(checked, order, new, columns, breaches, acted))

    def _acted(
        self, order: UUID, new: Described
    ) -> list[tuple[Breach, str | None, datetime | None]]:
        """Give the breaches of which the source says what nobody has said here."""
        found = []
        for at, action, reviewed_at in new.breaches:
            breach = self._breaches.get((order, at))
            if breach is None:
                continue
            told = action if breach.action is None else None
            review = reviewed_at if breach.reviewed_at is None else None
            if told or review:
                found.append((breach, told, review))
        return found

    def _refuse_breaches_outside(self, new: Described, order: UUID) -> None:
        days = [london_day(at) for which, at in self._breaches if which == order]
        first = new.in_force_on
        if days and not all(
            first is not None and breach_is_in_life(day, first, new.expires_on, new.ended_on)
            for day in days
        ):
            problem = "A breach is recorded on a day on which the order would not have bound."
            action = "Correct the days at the source, or find out about the breach."
            raise Refusal(problem=problem, action=action, field="expires_on")

    def _refuse_double(
        self,
        checked: Checked,
        described: Described,
        person: UUID | None,
        order: UUID | None = None,
    ) -> None:
        if described.court_reference is None:
            return
        key = (person or likeness(checked), described.type, described.court_reference)
        standing = self._standing.setdefault(key, order or checked.source_ref)
        if standing not in {order, checked.source_ref}:
            problem = "This order is recorded already, by the court's reference."
            action = "Send each order once, under the source_ref it came with first."
            raise Refusal(problem=problem, action=action, field="court_reference")


_UNACCEPTED: Final = Finding(
    "accepted_by",
    "Nobody has accepted to monitor this order, which binds all the same.",
    "It was taken and flagged. Send accepted_by and accepted_on, or accept it here.",
)


def _changes(old: Described, new: Described, order: Order) -> tuple[dict[str, Any], list[Finding]]:
    """Give what changed at the source, less what was decided here; and what was kept so."""
    columns: dict[str, Any] = {}
    kept: list[Finding] = []
    for group, named in _GROUPS:
        if _facts(old, group) == _facts(new, group):
            continue
        if _facts(order, group) == _facts(old, group):
            columns |= {name: getattr(new, name) for name in group}
        elif _facts(order, group) != _facts(new, group):
            kept.append(_kept(named))
    if _texts(old) != _texts(new):
        if _texts(order) == _texts(old):
            columns["conditions"] = new.conditions
        elif _texts(order) != _texts(new):
            kept.append(_kept("conditions"))
    return columns, kept


def _facts(order: Any, group: Sequence[str]) -> list[Any]:
    """Give what is compared; the state is that of today, whatever job has run."""
    found = {name: getattr(order, name) for name in group}
    if "state" in found:
        found["state"] = state_on(order.state, order.in_force_on, order.expires_on, clock.today())
    return [str(value) if isinstance(value, str) else value for value in found.values()]


def _texts(order: Any) -> list[str]:
    return [each["text"] for each in order.conditions if each["until"] is None]


def _kept(column: str) -> Finding:
    return Finding(
        column,
        "The source changed this, but it was decided here: what was decided here was kept.",
        "Change it here if the source is right, or correct the source.",
    )
