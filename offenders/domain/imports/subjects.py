"""Who is meant by rows about something else: found by ref, id or identifier, or described."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.imports import store
from offenders.domain.imports.people import receive_people
from offenders.domain.imports.person_plan import People
from offenders.domain.imports.person_rows import with_identifiers
from offenders.domain.imports.problems import REFUSED, Finding, Refusal
from offenders.domain.imports.want_rows import has_inline_person, identity_of
from offenders.domain.persons.service import find_survivors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.batches import Batch, Received
    from offenders.domain.imports.checks import Checked, Facts


_MERGED: Final = Finding(
    "person_id",
    "This record was merged into that of another person, for whom the row was taken.",
    "Send the id of the person as it now stands.",
)
_NAMING: Final = ("person_id", "pnc_id", "cro_number")


class Subjects:
    """Who is meant by each row, as far as they are known here."""

    def __init__(self, session: Session, force: str, rows: Sequence[Checked], kind: str) -> None:
        """Look up whom these rows name; `kind` is that of those described."""
        self._people = People(session, force, rows)
        refs = {each.row["person_source_ref"] for each in rows if each.row.get("person_source_ref")}
        self._by_ref = store.find_subjects(session, force, "people", refs)
        own = [each.source_ref for each in rows if has_inline_person(each.row)]
        self._own = store.find_subjects(session, force, kind, own)

    def find(self, checked: Checked) -> UUID | None:
        """Give the person; None where the row describes somebody not yet here."""
        named: UUID | None = None
        if ref := checked.row.get("person_source_ref"):
            if ref not in self._by_ref:
                problem = "No person was imported under this person_source_ref."
                action = "Import the people first, or describe the person in the row."
                raise Refusal(problem=problem, action=action, field="person_source_ref")
            named = self._by_ref[ref]
        elif checked.source_ref in self._own:
            return self._own[checked.source_ref]
        names = any(checked.row.get(each) for each in _NAMING)
        found = self._people.find(checked) if names else None
        if named is not None and found not in {None, named}:
            problem = "person_source_ref and the identifiers name two people."
            action = "Find out which is right, and correct the source."
            raise Refusal(problem=problem, action=action, field="person_source_ref")
        if named is None and found is None and not has_inline_person(checked.row):
            problem = "Nobody here has this identifier, and the row gives no name."
            raise Refusal(
                problem=problem,
                action="Send family_name, or import the person first.",
                field="pnc_id",
            )
        return named or found


def warn_of_merged(session: Session, rows: Sequence[Checked], received: Received) -> None:
    """Warn of each row that names a record which was merged; it was taken for the survivor."""
    named = {written for each in rows if (written := each.row.get("person_id"))}
    merged = find_survivors(session, named)
    refused = {each.line for each in received.problems if each.severity == REFUSED}
    for each in rows:
        if each.row.get("person_id") in merged and each.line not in refused:
            received.warn(each, [_MERGED])


def described(checked: Checked) -> Any:
    """Tell apart people who are not yet here: by PNC ID or CRO number, else by the row."""
    for kind in ("pnc_id", "cro_number"):
        if checked.row.get(kind) and kind not in checked.invalid:
            return kind, checked.row[kind]
    return checked.source_ref


def whole_row(checked: Checked, row: dict[str, Any], facts: Facts) -> Checked:
    """Give a row with all that the source has said so far, by `merged`."""
    if row.keys() <= checked.row.keys():
        # Nothing is left of what was said before, so the identifiers are those just checked.
        return checked._replace(row=row)
    whole = with_identifiers(checked.line, row | {"source_ref": checked.source_ref}, facts)
    written = {**whole.written, **checked.written}
    return whole._replace(written=written, digest=checked.digest)


def receive_described(
    session: Session, batch: Batch, persons: str, rows: Sequence[Checked], received: Received
) -> tuple[dict[str, UUID], set[str]]:
    """Receive the people whom these rows describe.

    Gives the person of each row's source_ref, and the refs whose person was refused.
    """
    found = [identity_of(each) for each in rows if has_inline_person(each.row)]
    if not found:
        return {}, set()
    people, subjects = receive_people(session, replace(batch, kind=persons), found)
    received.problems += people.problems
    refused = {
        each.source_ref
        for each in people.problems
        if each.severity == REFUSED and each.source_ref is not None
    }
    return subjects, refused
