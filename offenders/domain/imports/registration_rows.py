"""The columns of registrations, and what must be right within one row; pure."""

from __future__ import annotations

from datetime import date
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
    one_of,
    past_day,
    person_id,
    prose,
    truth,
)
from offenders.domain.imports.person_rows import IDENTITY, with_identifiers
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.imports.want_rows import WHO
from offenders.domain.registrations.cases import Risk
from offenders.domain.registrations.law import LONGEST_DISCHARGE, Disposal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LONGEST: Final = 37_200  # days of a sentence


def _whole(most: int) -> Any:
    """Take a whole number from 0."""
    action = f"Send a whole number from 0 to {most}."

    def check(value: Any, _facts: Facts) -> int:
        try:
            found = int(value) if isinstance(value, str) else value
        except ValueError as error:
            raise Refusal(problem="This is not a whole number.", action=action) from error
        if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= most:
            raise Refusal(problem="This is not a whole number there may be.", action=action)
        return found

    return check


DISPOSAL: Final[Columns] = {
    "relevant_date": past_day,
    "disposal": one_of(Disposal),
    "disposed_on": past_day,
    "sentence_months": _whole(1200),
    "sentence_days": _whole(LONGEST),
    "discharge_months": _whole(LONGEST_DISCHARGE),
}
# Days on which something was done last: the later one stands, whoever told it.
LAST: Final = ("first_notified_on", "last_notified_on", "last_seen_on", "last_arms_on")
# What both sides say; what was set here wins.
SHARED: Final = {
    "risk": "risk",
    "offender_manager": "owner_officer",
    "owner_team": "owner_team",
    "arms_priority": "arms_priority",
    "has_no_fixed_abode": "has_no_fixed_abode",
    "local_summary": "local_summary",
    "lpa": "lpa",
    "neighbourhood": "neighbourhood",
}
COLUMNS: Final[Columns] = {
    "source_ref": name,
    "person_source_ref": name,
    "person_id": person_id,
    **IDENTITY,
    **DISPOSAL,
    "risk": one_of(Risk),
    "risk_since": past_day,
    "offender_manager": code,
    "owner_team": code,
    **dict.fromkeys(LAST, past_day),
    "arms_priority": one_of(Risk),
    "has_no_fixed_abode": truth,
    "in_custody_since": past_day,
    "local_summary": prose,
    "lpa": lpa,
    "neighbourhood": neighbourhood,
}


def check_registration(line: int, row: Mapping[str, Any], facts: Facts) -> Checked | list[Finding]:
    """Check the values of a row; give it in its one written form, or what is wrong."""
    values, findings = check_values(row, COLUMNS, facts)
    return findings or with_identifiers(line, values, facts)


def check_whole(row: Mapping[str, Any], facts: Facts) -> list[Finding]:
    """Check that a row has what every registration has, and that it fits together."""
    return [*_needed(row), *_days(row), *_ownership(row, facts)]


def _needed(row: Mapping[str, Any]) -> Iterator[Finding]:
    for column in ("relevant_date", "disposal"):
        if not row.get(column):
            yield Finding(column, f"The row has no {column}.", f"Send {column}.")
    if not any(row.get(each) for each in WHO):
        action = "Send person_source_ref, person_id, pnc_id or family_name."
        yield Finding("person_source_ref", "The row names nobody.", action)


def _days(row: Mapping[str, Any]) -> Iterator[Finding]:
    since = row.get("relevant_date") or ""
    for column in (*LAST, "in_custody_since"):
        if column != "in_custody_since" and row.get(column) and row[column] < since:
            problem = f"Nobody is managed before the relevant date, {since}."
            if column.endswith("notified_on"):
                problem = f"Nobody notifies before the conviction, {since} (s.83(1))."
            yield Finding(column, problem, "Correct the day or the relevant date.")
    first, last = row.get("first_notified_on"), row.get("last_notified_on")
    if first and last and last < first:
        action = "Send last_notified_on not before first_notified_on."
        yield Finding("last_notified_on", "The last notification lies before the first.", action)


def _ownership(row: Mapping[str, Any], facts: Facts) -> Iterator[Finding]:
    if row.get("offender_manager") and row.get("owner_team"):
        action = "Send offender_manager or owner_team, not both."
        yield Finding("owner_team", "The registration has two owners.", action)
    area, place = row.get("lpa"), row.get("neighbourhood")
    if area and place and facts.neighbourhoods.get(place) not in {None, area}:
        action = "Leave `lpa` out: it follows from the neighbourhood."
        yield Finding("lpa", "The neighbourhood lies in another local policing area.", action)


def fields_of(row: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    """Give what a row says in the values of the register, with the LPA of its neighbourhood."""
    fields = {column: row.get(column) for column in (*DISPOSAL, *SHARED)}
    for column in (*LAST, "risk_since", "in_custody_since"):
        fields[column] = date.fromisoformat(row[column]) if row.get(column) else None
    # A source without a column of its own tells the length of a discharge as that of the sentence.
    if fields["disposal"] == "conditional_discharge" and fields["discharge_months"] is None:
        fields["discharge_months"] = fields.pop("sentence_months", None)
    if row.get("neighbourhood"):
        fields["lpa"] = facts.neighbourhoods.get(row["neighbourhood"])
    return fields
