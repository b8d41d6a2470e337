"""The columns of forensic hits, and what a row says in the words of their register; pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.forensics.rules import Type
from offenders.domain.forensics.service import FACTS, STATED
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
)
from offenders.domain.imports.person_rows import IDENTITY, with_identifiers
from offenders.domain.imports.problems import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

COLUMNS: Final[Columns] = {
    "source_ref": name,
    "person_source_ref": name,
    "person_id": person_id,
    **IDENTITY,
    "type": one_of(Type),
    "laboratory_reference": code,
    "crime_reference": code,
    "offence_code": offence,
    "identified_at": past_moment,
    "received_at": past_moment,
    "lpa": lpa,
    "neighbourhood": neighbourhood,
}
_NEEDED: Final = {
    "type": f"Send one of {', '.join(Type)}.",
    "laboratory_reference": "Send the laboratory's own reference of the hit.",
}


def check_hit(line: int, row: Mapping[str, Any], facts: Facts) -> Checked | list[Finding]:
    """Check the values of a row of hits; give it in its one written form, or what is wrong."""
    values, findings = check_values(row, COLUMNS, facts)
    return findings or with_identifiers(line, values, facts)


def whole_row(checked: Checked, row: dict[str, Any], facts: Facts) -> Checked:
    """Give a row with all that the source has said so far."""
    whole = with_identifiers(checked.line, row | {"source_ref": checked.source_ref}, facts)
    written = {**whole.written, **checked.written}
    return whole._replace(written=written, digest=checked.digest)


def check_whole(row: Mapping[str, Any], facts: Facts) -> list[Finding]:
    """Check that the row says what every hit has, and that its areas fit together."""
    findings = [
        Finding(column, f"The hit has no {column}.", action)
        for column, action in _NEEDED.items()
        if not row.get(column)
    ]
    area, place = row.get("lpa"), row.get("neighbourhood")
    if area and place and facts.neighbourhoods.get(place) not in {None, area}:
        action = "Leave `lpa` out: it follows from the neighbourhood."
        problem = "The neighbourhood lies in another local policing area."
        findings.append(Finding("lpa", problem, action))
    return findings


def facts_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give the facts of a hit as its register takes them."""
    found = {column: row.get(column) for column in FACTS}
    for column in ("identified_at", "received_at"):
        if written := row.get(column):
            found[column] = datetime.fromisoformat(written)
    return found


def stated_of(checked: Checked) -> dict[str, Any]:
    """Give what is stated of the person; an identifier that can't be right stays raw."""
    row = checked.row
    found = {column: row.get(column) for column in STATED}
    for kind in checked.invalid & {"pnc_id", "cro_number"}:
        found[kind], found[f"{kind}_raw"] = None, checked.written[kind]
    return found
