"""Moving every row that names one person to another, and back; set by set, each move logged.

Which columns name a person is read from the tables themselves: every foreign key to `persons`.
A table that comes later is moved without a word here; where it can't be, a test asks for one.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Table, text
from sqlalchemy.exc import IntegrityError

from offenders.db import Base, recorded_at
from offenders.domain.history import keep_history
from offenders.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import MetaData
    from sqlalchemy.orm import Session

# Columns that name a person without a foreign key, and are moved.
WITHOUT_KEY: Final = frozenset({("flags", "person_id")})
# Columns that name a person and are not moved as they stand, each with the reason.
NOT_MOVED: Final = {
    ("duplicate_candidates", "person_id"): "pairs are ordered: linking.py moves them whole",
    ("duplicate_candidates", "other_person_id"): "pairs are ordered: linking.py moves them whole",
    ("merges", "merged_id"): "says which records a merge joined",
    ("merges", "survivor_id"): "says which records a merge joined",
    ("people_read", "person_id"): "says which records an actor read on a day",
    ("person_moves", "from_person"): "the log of moves itself",
    ("person_moves", "to_person"): "the log of moves itself",
    ("person_name_tokens", "person_id"): "words have no id: linking.py moves them",
}
# Rows that stay: nobody is associated with themselves, and what is over keeps whom it was about.
_ONLY: Final = {
    ("flags", "person_id"): "AND r.state <> 'cleared' AND r.subject_id <> CAST(:from AS uuid)",
    ("person_associations", "person_id"): "AND r.other_person_id <> CAST(:to AS uuid)",
    ("person_associations", "other_person_id"): "AND r.person_id <> CAST(:to AS uuid)",
}
_NAMES: Final = {"persons": "merged records"}


class Reference(NamedTuple):
    """A column by which rows of a table name a person."""

    table: Table
    column: str

    @property
    def key(self) -> tuple[str, str]:
        """Give it as names."""
        return self.table.name, self.column

    @property
    def has_history(self) -> bool:
        """Tell whether the table's past is kept."""
        return f"{self.table.name}_history" in self.table.metadata.tables


def find_references(metadata: MetaData) -> Iterator[Reference]:
    """Give every column that names a person and is moved, in the order of tables."""
    for table in metadata.sorted_tables:
        for column in sorted(_naming(table)):
            if (table.name, column) not in NOT_MOVED:
                yield Reference(table, column)


def _naming(table: Table) -> set[str]:
    """Give the columns of a table that name a person, by foreign key or as known here."""
    found = {name for where, name in WITHOUT_KEY if where == table.name}
    for key in table.foreign_key_constraints:
        if key.referred_table.name == "persons":
            found |= {name for name in key.column_keys if name != "force"}
    return found


@cache
def references() -> tuple[Reference, ...]:
    """Give those of the service."""
    return tuple(find_references(Base.metadata))


class Move(NamedTuple):
    """A merge or its reversal: from whom to whom."""

    merge_id: UUID
    from_person: UUID
    to_person: UUID


_LOG: Final = """
    INSERT INTO person_moves (force, row_id, column_name, recorded_at, table_name, merge_id,
                              from_person, to_person)
    SELECT :force, id, :column, :at, :table, :merge_id, :from, :to FROM moved
    RETURNING row_id
"""
_LOGGED: Final = """
    AND r.id IN (SELECT v.row_id FROM person_moves v
                 WHERE v.force = :force AND v.merge_id = :merge_id AND v.table_name = :table
                   AND v.column_name = :column AND v.to_person = :from)
"""


def move_rows(session: Session, move: Move) -> dict[str, int]:
    """Move all that names one person to the other; give how many rows of each table."""
    return _move(session, move, {each.key: _ONLY.get(each.key, "") for each in references()})


def put_back(session: Session, move: Move) -> dict[str, int]:
    """Move back what the merge moved and is still there; give how many rows of each table."""
    return _move(session, move, {each.key: _LOGGED for each in references()})


def _move(session: Session, move: Move, only: dict[tuple[str, str], str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    changed: dict[str, tuple[Table, set[UUID]]] = {}
    for reference in references():
        ids = _move_column(session, reference, move, only[reference.key])
        if ids:
            counts[reference.table.name] = counts.get(reference.table.name, 0) + len(ids)
        if ids and reference.has_history:
            changed.setdefault(reference.table.name, (reference.table, set()))[1].update(ids)
    for table, moved in changed.values():
        keep_history(session, table, session.info["force"], sorted(moved))
    return counts


def _move_column(session: Session, reference: Reference, move: Move, only: str) -> list[UUID]:
    table, column = reference
    sets = [f"{column} = CAST(:to AS uuid)"]
    sets += ["version = r.version + 1"] * ("version" in table.columns)
    sets += ["updated_at = :at"] * ("updated_at" in table.columns)
    statement = f"""
        WITH moved AS (
            UPDATE {table.name} r SET {", ".join(sets)}
            WHERE r.force = :force AND r.{column} = CAST(:from AS uuid) {only} RETURNING r.id)
        {_LOG}
    """
    values: dict[str, Any] = {
        "force": session.info["force"],
        "column": column,
        "table": table.name,
        "at": recorded_at(session),
        "merge_id": move.merge_id,
        "from": move.from_person,
        "to": move.to_person,
    }
    try:
        return list(session.execute(text(statement), values).scalars())
    except IntegrityError as error:
        what = _NAMES.get(table.name, table.name.replace("_", " "))
        message = (
            f"Both records have {what} that can't stand side by side at one person. End or correct"
            " one of them, then merge."
        )
        raise Conflict(message, rule="one-of-a-kind", records=table.name) from error
