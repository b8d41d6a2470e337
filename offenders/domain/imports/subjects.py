"""Who is meant by rows that are about something else than the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from offenders.domain.imports import store
from offenders.domain.imports.person_plan import People
from offenders.domain.imports.problems import Refusal
from offenders.domain.imports.want_rows import has_inline_person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.checks import Checked


class Subjects:
    """The people of rows, as far as they are known here; `kind` is that of those described."""

    def __init__(self, session: Session, force: str, rows: Sequence[Checked], kind: str) -> None:
        """Look up everybody whom the rows name."""
        self._people = People(session, force, rows)
        refs = {each.row["person_source_ref"] for each in rows if each.row.get("person_source_ref")}
        self._by_ref = store.find_sources(session, force, "people", refs)
        own = [each.source_ref for each in rows if has_inline_person(each.row)]
        self._own = store.find_sources(session, force, kind, own)

    def find(self, checked: Checked) -> UUID | None:
        """Give the person; None where the row describes somebody not yet here."""
        named: UUID | None = None
        if ref := checked.row.get("person_source_ref"):
            if ref not in self._by_ref:
                problem = "No person was imported under this person_source_ref."
                action = "Import the people first, or describe the person in the row."
                raise Refusal(problem=problem, action=action, field="person_source_ref")
            named = self._by_ref[ref].subject_id
        elif checked.source_ref in self._own:
            return self._own[checked.source_ref].subject_id
        found = self._people.find(checked)
        if named is not None and found not in {None, named}:
            problem = "person_source_ref and the identifiers name two people."
            action = "Find out which is right, and correct the source."
            raise Refusal(problem=problem, action=action, field="person_source_ref")
        if named is None and found is None and not has_inline_person(checked.row):
            problem = "Nobody here has this identifier, and the row gives no name."
            action = "Send family_name, or import the person first."
            raise Refusal(problem=problem, action=action, field="pnc_id")
        return named or found
