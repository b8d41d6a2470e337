"""The columns of PNC's circulations, and what a row says in the words of their table; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.domain.imports.checks import (
    Checked,
    Columns,
    Facts,
    check_values,
    code,
    name,
    past_moment,
    person_id,
)
from offenders.domain.imports.person_rows import IDENTITY, with_identifiers
from offenders.domain.imports.problems import Finding
from offenders.domain.persons.names import MAX_TOKEN_LENGTH, normalise
from offenders.domain.pnc.rules import ReportType, means_wanted, read_report_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COLUMNS: Final[Columns] = {
    "source_ref": name,
    "person_source_ref": name,
    "person_id": person_id,
    **IDENTITY,
    "pnc_reference": code,
    "offence_code": code,
    "circulated_at": past_moment,
    "report_type": code,
}
_WHO: Final = ("person_id", "person_source_ref", "pnc_id", "cro_number", "family_name")
_KEPT: Final = ("pnc_reference", "family_name", "given_names", "date_of_birth", "sex")


def check_circulation(line: int, row: Mapping[str, Any], facts: Facts) -> Checked | list[Finding]:
    """Check the values of a row of circulations; give it in its one written form, or the faults."""
    values, findings = check_values(row, COLUMNS, facts)
    return findings or _with_doubts(line, values, facts)


def whole_row(checked: Checked, row: dict[str, Any], facts: Facts) -> Checked:
    """Give a row with all that the source has said so far."""
    values = row | {"source_ref": checked.source_ref}
    whole = _with_doubts(checked.line, values, facts)
    return whole._replace(written={**whole.written, **checked.written})


def check_whole(row: Mapping[str, Any]) -> list[Finding]:
    """Check that a row can be brought together with anything at all."""
    if row.get("pnc_reference") or any(row.get(each) for each in _WHO):
        return []
    action = "Send pnc_reference, and pnc_id or family_name."
    return [Finding("pnc_reference", "The row names neither a circulation nor a person.", action)]


def _with_doubts(line: int, values: dict[str, Any], facts: Facts) -> Checked:
    checked = with_identifiers(line, values, facts)
    return checked._replace(warnings=(*checked.warnings, *_doubts(checked.row, facts)))


def _doubts(row: Mapping[str, Any], facts: Facts) -> Iterator[Finding]:
    if (offence := row.get("offence_code")) and offence not in facts.offences:
        action = "Find the CJS code by GET /v1/offences?q=, and correct it at the source."
        problem = "This is no CJS offence code; it was kept as sent and is not compared."
        yield Finding("offence_code", problem, action)
    if (written := row.get("report_type")) and read_report_type(written) is None:
        problem = "This type of report is not known; it was kept as sent and taken as wanted."
        yield Finding("report_type", problem, f"Send one of {', '.join(ReportType)}.")


def circulation_of(checked: Checked, facts: Facts) -> dict[str, Any]:
    """Give what a row says as columns of the circulation; what can't be right stays raw."""
    row = checked.row
    columns = {column: row.get(column) for column in _KEPT}
    for kind in ("pnc_id", "cro_number"):
        is_sound = kind not in checked.invalid
        columns[kind] = row.get(kind) if is_sound else None
        columns[f"{kind}_raw"] = None if is_sound else checked.written[kind]
    offence, written = row.get("offence_code"), row.get("report_type")
    is_known = offence in facts.offences if offence else True
    report_type = read_report_type(written) if written else None
    return columns | {
        "family_key": _key(row.get("family_name"), is_first_word=False),
        "given_key": _key(row.get("given_names"), is_first_word=True),
        "offence_code": offence if is_known else None,
        "offence_code_raw": None if is_known else offence,
        "report_type": report_type,
        "report_type_raw": written if written and report_type is None else None,
        "is_wanted": means_wanted(report_type),
        "circulated_at": row.get("circulated_at"),
    }


def _key(written: str | None, *, is_first_word: bool) -> str | None:
    """Give the word by which a name is compared: family names joined, of given ones the first."""
    words = normalise(written or "").split()
    text = "".join(words[:1] if is_first_word else words)
    return text[:MAX_TOKEN_LENGTH] or None
