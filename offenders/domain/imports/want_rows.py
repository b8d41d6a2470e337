"""The columns of the wanted register, and what must be right within one row; pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.imports.checks import (
    Checked,
    Columns,
    Facts,
    check_values,
    code,
    lpa,
    name,
    neighbourhood,
    offence,
    one_of,
    past_moment,
    person_id,
    prose,
    truth,
)
from offenders.domain.imports.person_rows import IDENTITY, with_identifiers
from offenders.domain.imports.problems import Finding
from offenders.domain.wanted.rules import Basis, Outcome, Reason, Risk, allowed_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# What a want says of itself, in the words of its table.
GIVEN: Final = (
    "reason",
    "basis",
    "offence_code",
    "crime_reference",
    "power",
    "warrant_number",
    "court",
    "warrant_category",
    "backed_for_bail",
    "risk",
    "risk_rationale",
    "domestic_abuse",
    "priority_crime",
    "entered_at",
)
WHO: Final = ("person_id", "person_source_ref", "pnc_id", "cro_number", "family_name")

COLUMNS: Final[Columns] = {
    "source_ref": name,
    "person_source_ref": name,
    "person_id": person_id,
    **IDENTITY,
    "reason": one_of(Reason),
    "basis": one_of(Basis),
    "offence_code": offence,
    "crime_reference": code,
    "power": name,
    "warrant_number": code,
    "court": name,
    "warrant_category": code,
    "backed_for_bail": truth,
    "risk": one_of(Risk),
    "risk_rationale": prose,
    "domestic_abuse": truth,
    "priority_crime": truth,
    "lpa": lpa,
    "neighbourhood": neighbourhood,
    "owner_officer": code,
    "owner_team": code,
    "entered_at": past_moment,
    "outcome": one_of(Outcome),
    "outcome_at": past_moment,
}


def check_want(line: int, row: Mapping[str, Any], facts: Facts) -> Checked | list[Finding]:
    """Check the values of a row of wants; give it in its one written form, or what is wrong."""
    values, findings = check_values(row, COLUMNS, facts)
    return findings or with_identifiers(line, values, facts)


def identity_of(checked: Checked) -> Checked:
    """Give the person of a row as a row of people."""
    row = {key: checked.row.get(key) for key in IDENTITY}
    return checked._replace(row=row, warnings=(), digest=None)


def has_inline_person(row: Mapping[str, Any]) -> bool:
    """Tell whether the row itself says who the person is."""
    named = row.get("person_id") or row.get("person_source_ref")
    return bool(row.get("family_name") and not named)


def check_whole(row: Mapping[str, Any], entered_at: datetime, facts: Facts) -> list[Finding]:
    """Check that what a want says fits together; `entered_at` is for a row that doesn't say."""
    return [*_who(row), *_ownership(row), *_area(row, facts), *_ending(row, entered_at)]


def _who(row: Mapping[str, Any]) -> Iterator[Finding]:
    if not row.get("reason"):
        yield Finding("reason", "The want has no reason.", f"Send one of {', '.join(Reason)}.")
    if not any(row.get(each) for each in WHO):
        action = "Send person_source_ref, person_id, pnc_id or family_name."
        yield Finding("person_source_ref", "The row names nobody.", action)


def _ownership(row: Mapping[str, Any]) -> Iterator[Finding]:
    if row.get("owner_officer") and row.get("owner_team"):
        action = "Send owner_officer or owner_team, not both."
        yield Finding("owner_team", "The want has two owners.", action)


def _area(row: Mapping[str, Any], facts: Facts) -> Iterator[Finding]:
    area, place = row.get("lpa"), row.get("neighbourhood")
    if area and place and facts.neighbourhoods.get(place) not in {None, area}:
        action = "Leave `lpa` out: it follows from the neighbourhood."
        yield Finding("lpa", "The neighbourhood lies in another local policing area.", action)


def _ending(row: Mapping[str, Any], entered_at: datetime) -> Iterator[Finding]:
    outcome, outcome_at = row.get("outcome"), row.get("outcome_at")
    if not outcome and not outcome_at:
        return
    if not outcome or not outcome_at:
        missing = "outcome" if not outcome else "outcome_at"
        action = "Send how the want ended and when, or neither."
        yield Finding(missing, "An ended want needs outcome and outcome_at.", action)
        return
    if reason := row.get("reason"):
        possible = allowed_outcomes(Reason(reason))
        if outcome not in possible:
            action = f"Send one of {', '.join(sorted(possible))}."
            yield Finding("outcome", "A want for this reason can't end so.", action)
    if row.get("entered_at"):
        entered_at = datetime.fromisoformat(row["entered_at"])
    if datetime.fromisoformat(outcome_at) < entered_at:
        action = "Send entered_at, and outcome_at not before it."
        yield Finding("outcome_at", "The want ended before it was entered.", action)
