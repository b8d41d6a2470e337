"""The columns of MAPPA cases, and the case that a row describes; pure."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.imports.checks import (
    Checked,
    Column,
    Columns,
    Facts,
    check_values,
    code,
    lpa,
    many,
    name,
    neighbourhood,
    one_of,
    past_day,
    past_moment,
    person_id,
    prose,
)
from offenders.domain.imports.person_rows import IDENTITY, with_identifiers
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.imports.want_rows import WHO
from offenders.domain.mappa.rules import (
    CATEGORIES,
    LEVELS,
    Broken,
    Criterion,
    Disposal,
    Exit,
    Kind,
    Limits,
    Risk,
    Stage,
    State,
    broken_rules,
    possible_exits,
)
from offenders.domain.mappa.rules import Facts as CaseFacts
from offenders.domain.working_days import start_of_london_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST_SENTENCE: Final = 1_200  # months


def agency(value: Any, facts: Facts) -> str | None:
    """Take the code of an agency."""
    found = code(value, facts)
    found = found and found.lower()
    if found is not None and found not in facts.codes["agencies"]:
        listed = ", ".join(sorted(facts.codes["agencies"]))  # type: ignore[call-overload]
        raise Refusal(problem="This agency is not known.", action=f"Send one of {listed}.")
    return found


def months(value: Any, _facts: Facts) -> int:
    """Take a length in months."""
    written = str(value).strip()
    if not written.isascii() or not written.isdigit():
        raise Refusal(problem="This is no whole number.", action="Send months, e.g. 18.")
    if not 0 < int(written) <= LONGEST_SENTENCE:
        action = f"Send 1 to {LONGEST_SENTENCE} months."
        raise Refusal(problem="A sentence can't be so long.", action=action)
    return int(written)


def _number(among: tuple[int, ...]) -> Column:
    written = one_of(map(str, among))
    return lambda value, facts: int(written(value, facts))


COLUMNS: Final[Columns] = {
    "source_ref": name,
    "person_source_ref": name,
    "person_id": person_id,
    **IDENTITY,
    "category": _number(CATEGORIES),
    "level": _number(LEVELS),
    "state": one_of(State),
    "lead_agency": agency,
    "manager": code,
    "started_on": past_day,
    "kind": one_of(Kind),
    "risk": one_of(Risk),
    "criteria": many(one_of(Criterion)),
    "disposal": one_of(Disposal),
    "sentence_months": months,
    "grounds": prose,
    "authorised_by": code,
    "attendee": code,
    "agencies": many(agency),
    "last_meeting_at": past_moment,
    "lpa": lpa,
    "neighbourhood": neighbourhood,
    "exit_reason": one_of(Exit),
    "ended_at": past_moment,
}
# What of a case a row says; the rest follows from it.
SAID: Final = (
    "category",
    "level",
    "state",
    "lead_agency",
    "owner_officer",
    "started_on",
    "kind",
    "risk",
    "criteria",
    "disposal",
    "sentence_months",
    "grounds",
    "authorised_by",
    "attendee",
    "agencies",
    "last_meeting_at",
    "lpa",
    "neighbourhood",
    "exit_reason",
    "ended_at",
)

_JUDGED: Final = (
    "kind",
    "category",
    "level",
    "risk",
    "criteria",
    "disposal",
    "sentence_months",
    "grounds",
    "authorised_by",
    "agencies",
)


def check_case(line: int, row: Mapping[str, Any], facts: Facts) -> Checked | list[Finding]:
    """Check the values of a row; give it in its one written form, or what is wrong."""
    values, findings = check_values(row, COLUMNS, facts)
    return findings or with_identifiers(line, values, facts)


def check_whole(row: Mapping[str, Any], facts: Facts) -> Iterator[Finding]:
    """Check that a row has what every case must have and fits together."""
    for column in (
        ("level",) if row.get("kind") not in {None, Kind.MAPPA} else ("category", "level")
    ):
        if not row.get(column):
            yield Finding(column, f"The row has no {column}.", f"Send {column}.")
    if not any(row.get(each) for each in WHO):
        action = "Send person_source_ref, person_id, pnc_id or family_name."
        yield Finding("person_source_ref", "The row names nobody.", action)
    area, place = row.get("lpa"), row.get("neighbourhood")
    if area and place and facts.neighbourhoods.get(place) not in {None, area}:
        action = "Leave `lpa` out: it follows from the neighbourhood."
        yield Finding("lpa", "The neighbourhood lies in another local policing area.", action)


def said_of(row: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    """Give what a row says of its case, in the values of the table."""
    said: dict[str, Any] = {column: row.get(column) for column in SAID}
    place = row.get("neighbourhood")
    lead = row.get("lead_agency") or "police"
    return said | {
        "kind": row.get("kind") or str(Kind.MAPPA),
        "state": row.get("state") or str(State.COMMUNITY),
        "lead_agency": lead,
        "owner_officer": row.get("manager"),
        "agencies": sorted({lead, "police", *(row.get("agencies") or ())}),
        "criteria": sorted(row.get("criteria") or ()),
        "started_on": _day(row.get("started_on")) or facts.today,
        "last_meeting_at": _moment(row.get("last_meeting_at")),
        "ended_at": _moment(row.get("ended_at")) or (facts.now if row.get("exit_reason") else None),
        "lpa": facts.neighbourhoods.get(place, row.get("lpa")) if place else row.get("lpa"),
    }


def judge(
    said: Mapping[str, Any], limits: Limits, born_on: date | None, facts: Facts
) -> list[Broken]:
    """Give the facts that a case lacks; raise Refusal for what is against a rule.

    What a register leaves out of a case that stands there is asked for here, not refused.
    """
    _check_end(said)
    is_child = born_on is not None and _eighteenth(born_on) > facts.today
    given = {name: said[name] for name in _JUDGED}
    case = CaseFacts(**given, began_on=said["started_on"], is_child=is_child, was_at_level_3=True)
    missing = []
    for broken in broken_rules(case, limits):
        if not broken.is_missing:
            problem = f"{broken.problem} Rule: {broken.rule}."
            raise Refusal(problem=problem, action=broken.action, field=broken.field)
        missing.append(broken)
    return missing


def _check_end(said: Mapping[str, Any]) -> None:
    if said["ended_at"] is None:
        return
    if said["exit_reason"] is None:
        problem, action = "The row says when it ended and not how.", "Send exit_reason, too."
        raise Refusal(problem=problem, action=action, field="exit_reason")
    possible = possible_exits(said["kind"], said["category"])
    if said["exit_reason"] not in possible:
        problem = "Management of this kind and category doesn't end so."
        action = f"Send one of {', '.join(possible)}."
        raise Refusal(problem=problem, action=action, field="exit_reason")
    if said["ended_at"] < start_of_london_day(said["started_on"]):
        action = "Send the moment at which it ended."
        raise Refusal(problem="It ended before it began.", action=action, field="ended_at")
    if said["last_meeting_at"] is not None and said["ended_at"] < said["last_meeting_at"]:
        action = "Correct one of the moments: a case is managed until its last meeting."
        raise Refusal(problem="It ended before its last meeting.", action=action, field="ended_at")


def stage_of(said: Mapping[str, Any]) -> Stage:
    """Give whether the row's case still stands."""
    return Stage.CLOSED if said["exit_reason"] else Stage.OPEN


def _eighteenth(born_on: date) -> date:
    year = born_on.year + 18
    leap_day = (born_on.month, born_on.day) == (2, 29)
    return date(year, 3, 1) if leap_day else born_on.replace(year=year)


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def _moment(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
