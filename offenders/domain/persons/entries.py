"""Lists of what hangs on a person, newest first, and the JSON of one new entry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.domain.persons import store
from offenders.domain.persons.kinds import KINDS
from offenders.domain.persons.moves import hung_as_at
from offenders.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Sight
    from offenders.domain.persons.store import PersonKey

# What a reader without the permission is told is masked in a list of a kind.
_MASKED = {
    "addresses": text("""
        SELECT 'addresses' FROM persons p
        WHERE p.force = :force AND p.id = :person_id AND p.are_addresses_protected
    """),
    "associations": text("""
        SELECT 'associations.victim_of' FROM person_associations v
        WHERE v.force = :force AND v.person_id = :person_id AND v.type = 'victim_of'
          AND (CAST(:as_at AS timestamptz) IS NULL OR v.recorded_at <= :as_at)
        LIMIT 1
    """),
}


@dataclass(frozen=True)
class EntryQuestion:
    """Which entries of a person are asked for, by whom, and if so as at which past moment."""

    kind: str
    person: str
    sight: Sight
    as_at: datetime | None = None
    state: str = "active"
    agency: str | None = None  # whose notes alone are asked for


@dataclass(frozen=True)
class Entries:
    """A page of entries as (json, recorded_at, id, other person), and what is masked in it."""

    person: PersonKey
    rows: Sequence[Row[Any]]
    masked: list[str]
    total: int | None


def list_entries(
    session: Session,
    question: EntryQuestion,
    *,
    after: Sequence[Any] | None,
    limit: int,
    with_total: bool,
) -> Entries:
    """Give entries newest first; raise NotFound where there is no such person here."""
    person = store.find_key(session, question.person, as_at=question.as_at)
    if person is None:
        raise NotFound
    kind = KINDS[question.kind]
    values = store.sight_values(session, question.sight) | {
        "person_id": person.id,
        "as_at": question.as_at,
        "state": question.state,
        "limit": limit,
    }
    source, whose = kind.source(), "r.person_id = :person_id"
    if question.as_at is not None:
        source = kind.source(as_at=True)
        whose = hung_as_at(kind.table, "r", "CAST(:person_id AS uuid)")
    source += f" AND {whose}"
    if question.agency is not None:
        source += " AND r.agency = :agency"
        values["agency"] = question.agency
    total = None
    if with_total:
        total = session.execute(text(f"SELECT count(*) {source}"), values).scalar_one()
    keyset = ""
    if after is not None:
        keyset = (
            "AND (r.recorded_at, r.id) < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))"
        )
        values |= {"after_at": after[0], "after_id": after[1]}
    other = "o.id" if kind.joins_other else "NULL"
    statement = f"""
        SELECT {kind.json}::text, r.recorded_at::text, r.id, {other} AS other_person_id
        {source} {keyset} ORDER BY r.recorded_at DESC, r.id DESC LIMIT :limit
    """
    rows = list(session.execute(text(statement), values))
    return Entries(person, rows, _masked(session, question, values), total)


def _masked(session: Session, question: EntryQuestion, values: dict[str, Any]) -> list[str]:
    statement = _MASKED.get(question.kind)
    if statement is None or question.sight.protected_addresses:
        return []
    return list(session.execute(statement, values).scalars())


def show_entry(session: Session, kind: str, entry_id: UUID, sight: Sight) -> str:
    """Give one entry as JSON, as its maker sees it."""
    known = KINDS[kind]
    values = store.sight_values(session, sight) | {"id": entry_id, "state": "all"}
    statement = text(f"SELECT {known.json}::text {known.source()} AND r.id = :id")
    found: str = session.execute(statement, values).scalar_one()
    return found
