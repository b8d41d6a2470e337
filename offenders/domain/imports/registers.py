"""Receiving what a force's own systems know: officers, teams and populations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.domain.imports import store
from offenders.domain.imports.batches import Received, merged
from offenders.domain.imports.checks import (
    Checked,
    Columns,
    Facts,
    check_values,
    code,
    day,
    lpa,
    name,
    one_of,
    text,
)
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.reference import populations
from offenders.domain.reference.directory import REGISTERS, put_entries
from offenders.domain.reference.populations import AREA_TYPES, RESIDENTS
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch

FIRST_YEAR, LAST_YEAR, MOST_PEOPLE = 1961, 2100, 100_000_000
POPULATIONS: Final = "populations"


def whole(least: int, most: int) -> Callable[[Any, Facts], int | None]:
    """Take a whole number within bounds."""

    def check(value: Any, _facts: Facts) -> int | None:
        written = str(value).strip()
        if not written:
            return None
        is_number = written.isascii() and written.isdecimal() and not isinstance(value, bool)
        if not is_number or len(written) > len(str(most)) or not least <= int(written) <= most:
            raise Refusal(
                problem="This is not such a number.",
                action=f"Send a whole number from {least} to {most}.",
            )
        return int(written)

    return check


COLUMNS: Final[Mapping[str, Columns]] = {
    "officers": {
        "source_ref": name,
        "code": code,
        "rank": name,
        "team": code,
        "from": day,
        "left": day,
    },
    "teams": {
        "source_ref": name,
        "code": code,
        "name": name,
        "lpa": lpa,
        "from": day,
        "closed": day,
    },
    POPULATIONS: {
        "source_ref": name,
        "area_type": one_of(AREA_TYPES),
        "area": code,
        "year": whole(FIRST_YEAR, LAST_YEAR),
        "group": text(60),
        "population": whole(1, MOST_PEOPLE),
        "source": text(500),
    },
}
_NEEDED: Final = {
    "officers": ("code",),
    "teams": ("code",),
    POPULATIONS: ("area_type", "area", "year", "population", "source"),
}
_ENDS: Final = {"officers": "left", "teams": "closed"}


def check_entry(
    kind: str, line: int, row: Mapping[str, Any], facts: Facts
) -> Checked | list[Finding]:
    """Check a row of one of these kinds."""
    values, findings = check_values(row, COLUMNS[kind], facts)
    bad = {finding.field for finding in findings}
    findings += [
        Finding(each, f"The row has no {each}.", f"Send {each}.")
        for each in _NEEDED[kind]
        if not values.get(each) and each not in bad
    ]
    end = _ENDS.get(kind)
    if end and values.get("from") and values.get(end) and values[end] < values["from"]:
        findings.append(
            Finding(end, "It ends before it begins.", f"Send `{end}` not before `from`.")
        )
    if kind == POPULATIONS and not findings:
        findings += _unknown_area(values, facts)
    return findings or Checked(line, values["source_ref"], values)


def _unknown_area(values: Mapping[str, Any], facts: Facts) -> list[Finding]:
    known = {"force": {facts.force}, "lpa": facts.lpas, "neighbourhood": facts.neighbourhoods}
    if values["area"] in known[values["area_type"]]:
        return []
    action = "Load neighbourhoods first, or send a code of GET /v1/neighbourhoods or …/lpas."
    return [Finding("area", "This force has no such area.", action)]


def receive_entries(
    session: Session, batch: Batch, rows: Sequence[Checked]
) -> tuple[Received, dict[str, UUID]]:
    """Receive a batch; a row equal to the last received changes nothing, whatever was put here.

    A column that was not sent stays as it was last.
    """
    sources = store.find_sources(session, batch.force, batch.kind, [r.source_ref for r in rows])
    received, changed, kept = Received(), [], []
    for each in rows:
        source = sources.get(each.source_ref)
        whole = merged(source.row if source else {}, each.row)
        if source is not None and merged(source.row, {}) == whole:
            received.unchanged += 1
            continue
        received.created += source is None
        received.updated += source is not None
        changed.append(whole)
        subject = source.subject_id if source else new_id(batch.force)
        kept.append((each.source_ref, subject, whole))
    if changed:
        _write(session, batch, changed)
        store.keep_sources(session, batch.force, batch.kind, batch.import_id, kept)
    return received, {}


def _write(session: Session, batch: Batch, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put the rows; of two with the same key the later one counts."""
    if batch.kind == POPULATIONS:
        whom = [{**row, "group": row.get("group") or RESIDENTS} for row in rows]
        last = {(r["area_type"], r["area"], r["year"], r["group"]): r for r in whom}
        populations.put_populations(session, list(last.values()), batch.actor)
        return
    end = _ENDS[batch.kind]
    entries = {
        row["code"]: {**row, "from_on": row.get("from"), f"{end}_on": row.get(end)} for row in rows
    }
    put_entries(session, REGISTERS[batch.kind], list(entries.values()))
