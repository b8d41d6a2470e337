"""The columns of IOM memberships, and what must be right within one row; pure."""

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
    many,
    name,
    neighbourhood,
    one_of,
    past_day,
    person_id,
    truth,
)
from offenders.domain.imports.person_rows import IDENTITY, with_identifiers
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.imports.want_rows import WHO
from offenders.domain.iom.rules import Cohort, ExitReason, ManagedBy, Rating, Risk, Theme
from offenders.domain.iom.schemes import all_schemes
from offenders.domain.working_days import start_of_london_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def _agency(value: Any, facts: Facts) -> str | None:
    """Take a code of the list of agencies."""
    given = code(value, facts)
    found = given.lower() if given else None
    if found is not None and found not in facts.codes["agencies"]:
        action = "Send a code of an agency, such as police, probation or housing."
        raise Refusal(problem="There is no such agency.", action=action)
    return found


GIVEN: Final[Columns] = {
    "cohort": one_of(Cohort),
    "theme": one_of(Theme),
    "rating": one_of(Rating),
    "lead_agency": _agency,
    "lead_officer": code,
    "joined_on": past_day,
    "catch_and_convict": truth,
    "scheme": one_of(tuple(all_schemes())),
    "further_themes": many(one_of(Theme)),
    "risk": one_of(Risk),
    "lead_team": code,
    "managed_by": one_of(ManagedBy),
    "support_officer": code,
    "last_reviewed_on": past_day,
    "exited_on": past_day,
    "exit_reason": one_of(ExitReason),
    "lpa": lpa,
    "neighbourhood": neighbourhood,
}
COLUMNS: Final[Columns] = {
    "source_ref": name,
    "person_source_ref": name,
    "person_id": person_id,
    **IDENTITY,
    **GIVEN,
}
_NEEDED: Final = ("cohort", "theme", "rating", "joined_on")
_PLAIN: Final = (
    "cohort",
    "theme",
    "rating",
    "lead_officer",
    "lead_team",
    "risk",
    "support_officer",
    "exit_reason",
)


def check_member(line: int, row: Mapping[str, Any], facts: Facts) -> Checked | list[Finding]:
    """Check the values of a row; give it in its one written form, or what is wrong."""
    values, findings = check_values(row, COLUMNS, facts)
    return findings or with_identifiers(line, values, facts)


def check_whole(row: Mapping[str, Any], facts: Facts) -> Iterator[Finding]:
    """Check that a row has what a membership needs and fits together."""
    for column in _NEEDED:
        if not row.get(column):
            yield Finding(column, f"The row has no {column}.", f"Send {column}.")
    if not any(row.get(each) for each in WHO):
        action = "Send person_source_ref, person_id, pnc_id or family_name."
        yield Finding("person_source_ref", "The row names nobody.", action)
    if row.get("lead_officer") and row.get("lead_team"):
        action = "Send lead_officer or lead_team, not both."
        yield Finding("lead_team", "The membership has two leads.", action)
    if bool(row.get("exited_on")) != bool(row.get("exit_reason")):
        action = "Send both exited_on and exit_reason, or neither."
        yield Finding("exit_reason", "An exit needs its day and its reason.", action)
    for later in ("exited_on", "last_reviewed_on"):
        if row.get(later) and row.get("joined_on") and row[later] < row["joined_on"]:
            yield Finding(later, f"{later} lies before joined_on.", "Correct one of the days.")
    exited, reviewed = row.get("exited_on"), row.get("last_reviewed_on")
    if exited and reviewed and exited < reviewed:
        action = "Correct one of the days: a membership stands until its last review."
        yield Finding("exited_on", "exited_on lies before last_reviewed_on.", action)
    area, place = row.get("lpa"), row.get("neighbourhood")
    if area and place and facts.neighbourhoods.get(place) not in {None, area}:
        action = "Leave `lpa` out: it follows from the neighbourhood."
        yield Finding("lpa", "The neighbourhood lies in another local policing area.", action)


def given_of(row: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    """Give what a row says of its membership, in the values of the table."""
    place, exited, reviewed = (
        row.get(column) for column in ("neighbourhood", "exited_on", "last_reviewed_on")
    )
    return {
        **{column: row.get(column) for column in _PLAIN},
        "scheme": row.get("scheme") or "iom",
        "further_themes": row.get("further_themes") or [],
        "lead_agency": row.get("lead_agency") or "police",
        "managed_by": row.get("managed_by") or str(ManagedBy.IOM_TEAM),
        "joined_on": date.fromisoformat(row["joined_on"]),
        "catch_and_convict": bool(row.get("catch_and_convict")) and not exited,
        "last_reviewed_at": (
            start_of_london_day(date.fromisoformat(reviewed)) if reviewed else None
        ),
        "exited_at": start_of_london_day(date.fromisoformat(exited)) if exited else None,
        "lpa": facts.neighbourhoods.get(place, row.get("lpa")) if place else row.get("lpa"),
        "neighbourhood": place,
    }
