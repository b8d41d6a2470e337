"""The columns of orders, and the order that a row describes; pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from offenders.domain.imports.checks import (
    Checked,
    Columns,
    Facts,
    check_values,
    code,
    day,
    lpa,
    many,
    name,
    neighbourhood,
    one_of,
    past_day,
    past_moment,
    person_id,
    text,
    truth,
)
from offenders.domain.imports.person_rows import IDENTITY, with_identifiers
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.imports.want_rows import WHO
from offenders.domain.orders.cases import (
    LIVE,
    RANKS,
    TYPES,
    Action,
    Ending,
    Monitoring,
    State,
    Unlawful,
)
from offenders.domain.orders.conditions import imposed
from offenders.domain.orders.entering import settle_days
from offenders.domain.orders.records import apply_clocks, because_of, case_of
from offenders.domain.orders.rules import breach_is_in_life, check, state_on
from offenders.domain.working_days import london_day, start_of_london_day
from offenders.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from offenders.domain.orders.cases import TypeRule

IN_SOURCE: Final = "As recorded by the source system."
_type = one_of(TYPES)
_action = one_of(Action)


def order_type(value: Any, facts: Facts) -> Any:
    """Take the code of a type, in whatever case."""
    folded = {each.lower(): each for each in TYPES}
    return _type(folded.get(str(value).strip().lower(), value), facts)


def breach(value: Any, facts: Facts) -> str | None:
    """Take a breach: its day or moment, what was done, and the day of the review.

    E.g. `2016-03-01`, `2016-03-01T21:30:00Z charged`, `2016-03-01 charged 2016-04-01`.
    """
    parts = str(value).split()
    if not parts:
        return None
    if len(parts) > 3:  # noqa: PLR2004 - the parts named above
        raise Refusal(
            problem="This is no breach.",
            action="Send day or moment, action and day of review, e.g. 2016-03-01 charged.",
        )
    taken = past_day if len(parts[0]) == len("2016-03-01") else past_moment
    found = [taken(parts[0], facts)]
    if len(parts) > 1:
        found.append(_action(parts[1], facts))
    found += [past_day(each, facts) for each in parts[2:]]
    return " ".join(str(each) for each in found)


COLUMNS: Final[Columns] = {
    "source_ref": name,
    "person_source_ref": name,
    "person_id": person_id,
    **IDENTITY,
    "type": order_type,
    "state": one_of([each for each in State if each != State.ENTERED_IN_ERROR]),
    "applied_on": past_day,
    "decided_on": past_day,
    "made_on": past_day,
    "in_force_on": day,
    "expires_on": day,
    "ended_on": past_day,
    "court": name,
    "court_reference": code,
    "interim": truth,
    "with_custody": truth,
    "authorised_rank": one_of(RANKS),
    "conditions": many(text(2000)),
    "monitored_by": code,
    "accepted_by": code,
    "accepted_on": past_day,
    "breaches": many(breach, repeats=True),
    "lpa": lpa,
    "neighbourhood": neighbourhood,
    "owner_officer": code,
    "owner_team": code,
}
_DAYS: Final = (
    "applied_on",
    "decided_on",
    "made_on",
    "in_force_on",
    "expires_on",
    "ended_on",
    "accepted_on",
)


def check_order(line: int, row: Mapping[str, Any], facts: Facts) -> Checked | list[Finding]:
    """Check the values of a row; give it in its one written form, or what is wrong."""
    values, findings = check_values(row, COLUMNS, facts)
    return findings or with_identifiers(line, values, facts)


def check_whole(row: Mapping[str, Any], facts: Facts) -> list[Finding]:
    """Check that a row has what an order needs and fits together."""
    return list(_missing(row, facts))


def _missing(row: Mapping[str, Any], facts: Facts) -> Iterator[Finding]:
    if not row.get("type"):
        yield Finding("type", "The row has no type.", f"Send one of {', '.join(TYPES)}.")
    if not any(row.get(each) for each in WHO):
        action = "Send person_source_ref, person_id, pnc_id or family_name."
        yield Finding("person_source_ref", "The row names nobody.", action)
    if row.get("owner_officer") and row.get("owner_team"):
        action = "Send owner_officer or owner_team, not both."
        yield Finding("owner_team", "The record has two owners.", action)
    area, place = row.get("lpa"), row.get("neighbourhood")
    if area and place and facts.neighbourhoods.get(place) not in {None, area}:
        action = "Leave `lpa` out: it follows from the neighbourhood."
        yield Finding("lpa", "The neighbourhood lies in another local policing area.", action)


class World(NamedTuple):
    """What must be known beside a row: the law, the person's birth and area, the figures."""

    law: Sequence[TypeRule]
    born: date | None
    areas: frozenset[str]
    figures: Mapping[str, Mapping[str, int]]


class Described:
    """The order that a row describes, with the columns that the law and the state give it."""

    def __init__(self, row: Mapping[str, Any], facts: Facts, world: World) -> None:
        """Work it out; raise Refusal where the law or the row itself doesn't allow it."""
        days = {each: date.fromisoformat(row[each]) for each in _DAYS if row.get(each)}
        self.type = row["type"]
        self.court, self.court_reference = row.get("court"), row.get("court_reference")
        self.interim, self.with_custody = bool(row.get("interim")), bool(row.get("with_custody"))
        self.authorised_rank = row.get("authorised_rank")
        self.lpa, self.neighbourhood = row.get("lpa"), row.get("neighbourhood")
        if self.neighbourhood is not None:
            self.lpa = facts.neighbourhoods.get(self.neighbourhood, self.lpa)
        self.expires_on = days.get("expires_on")
        self.varied_on: date | None = None
        self.last_reviewed_on: date | None = None
        self.last_checked_on: date | None = None
        self.statutory_review_on: date | None = None
        self.review_due_on: date | None = None
        self.check_due_on: date | None = None
        self.ended_on: date | None = None
        self.ending: str | None = None
        self.end_reason: str | None = None
        self._settle(row, days, facts)
        given = [{"text": each} for each in row.get("conditions") or ()]
        self.conditions = imposed(given, self.in_force_on or facts.today)
        self._accept(row, days, facts)
        try:
            case = case_of(self, facts.force, world.born, world.areas, facts.today)
            rule = check(world.law, case)
        except Unlawful as unlawful:
            where = f": {unlawful.section}" if unlawful.section else ""
            problem = f"The law doesn't allow this{where}."
            column = unlawful.field.partition("/")[0]
            raise Refusal(problem=problem, action=unlawful.detail, field=column) from unlawful
        self.because = because_of(rule)
        self._clocks = (rule, world.born, world.figures, facts.today)
        self.set_clocks(self)
        self.breaches = [self._breach(each) for each in row.get("breaches") or ()]
        if len({each[0] for each in self.breaches}) < len(self.breaches):
            raise Refusal(
                problem="Two breaches have the same moment.",
                action="Send the moment of each, or each once.",
                field="breaches",
            )

    def _settle(self, row: Mapping[str, Any], days: Mapping[str, date], facts: Facts) -> None:
        state = row.get("state")
        further = {State.EXPIRED, State.VARIED, State.DISCHARGED}
        told = {**days, "state": None if state in further else state}
        if state in further and "made_on" not in days:
            action = "Send made_on, the day on which it was made."
            raise Refusal(problem="The order has no day.", action=action, field="made_on")
        try:
            found = settle_days(told, self.type, facts.today)
        except Invalid as invalid:
            (error,) = invalid.extra["errors"]
            raise Refusal(
                problem="State and days don't fit together.",
                action=error["detail"],
                field=error["pointer"].lstrip("/"),
            ) from invalid
        self.applied_on: date | None = found.get("applied_on", days.get("applied_on"))
        self.made_on: date | None = days.get("made_on")
        self.decided_on: date | None = found["decided_on"]
        self.in_force_on: date | None = found["in_force_on"]
        self.state: str = State(state) if state == State.VARIED else State(found["state"])
        if state == State.DISCHARGED:
            self._end(days, facts)
        elif state == State.EXPIRED and (self.expires_on is None or self.expires_on >= facts.today):
            raise Refusal(
                problem="The order is said to have expired, but its last day is not over.",
                action="Send the last day as expires_on, or its state.",
                field="expires_on",
            )
        self.state = state_on(self.state, self.in_force_on, self.expires_on, facts.today)

    def _end(self, days: Mapping[str, date], facts: Facts) -> None:
        first = self.in_force_on or facts.today
        ended_on = days.get("ended_on") or min(self.expires_on or facts.today, facts.today)
        if ended_on < first:
            action = "Send the day on which it was discharged."
            raise Refusal(problem="It ended before it bound.", action=action, field="ended_on")
        self.state, self.ending = State.DISCHARGED, Ending.DISCHARGED
        self.ended_on, self.end_reason = ended_on, IN_SOURCE

    def _accept(self, row: Mapping[str, Any], days: Mapping[str, date], facts: Facts) -> None:
        self.monitored_by = row.get("monitored_by") or row.get("accepted_by")
        is_accepted = bool(row.get("accepted_by")) or (
            "accepted_on" in days and self.monitored_by is not None
        )
        self.monitoring = str(Monitoring.ACCEPTED if is_accepted else Monitoring.UNACCEPTED)
        self.accepted_by = (row.get("accepted_by") or self.monitored_by) if is_accepted else None
        self.accepted_on = days.get("accepted_on", facts.today) if is_accepted else None
        first = self.applied_on or self.made_on
        if self.accepted_on is not None and first is not None and self.accepted_on < first:
            raise Refusal(
                problem="Its monitoring was accepted before it was applied for or made.",
                action=f"Send a day not before {first}.",
                field="accepted_on",
            )

    def _breach(self, written: str) -> tuple[datetime, str | None, datetime | None]:
        when, *more = written.split(" ")
        is_day = len(when) == len("2016-03-01")
        at = start_of_london_day(date.fromisoformat(when)) if is_day else None
        at = at or datetime.fromisoformat(when)
        first = self.in_force_on
        on = london_day(at)
        if first is None or not breach_is_in_life(on, first, self.expires_on, self.ended_on):
            raise Refusal(
                problem="A breach lies outside the life of the order.",
                action=f"Send a day from {first} on which the order bound.",
                field="breaches",
            )
        reviewed_on = date.fromisoformat(more[1]) if len(more) > 1 else None
        if reviewed_on is not None and reviewed_on < on:
            action = "Send a day of review not before the breach."
            problem = "A breach was reviewed before it happened."
            raise Refusal(problem=problem, action=action, field="breaches")
        reviewed_at = max(start_of_london_day(reviewed_on), at) if reviewed_on else None
        return at, more[0] if more else None, reviewed_at

    def set_clocks(self, order: Any) -> None:
        """Set the days of the next review and check of this order, or of that which it amends."""
        apply_clocks(order, *self._clocks)

    @property
    def is_unaccepted(self) -> bool:
        """Say whether it binds, and nobody has accepted to monitor it."""
        return self.state in LIVE and self.monitoring == Monitoring.UNACCEPTED
