"""Moving every row that names one person to another, and back; set by set, each move logged.

Which columns name a person is read from the tables themselves: every foreign key to `persons`.
A table that comes later is moved without a word here; where it can't be, a test asks for one.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Table, Uuid, text
from sqlalchemy.exc import IntegrityError

from offenders.db import Base, recorded_at
from offenders.domain.history import keep_history
from offenders.domain.merging.rules import Inseparable

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


class Reference(NamedTuple):
    """A column by which rows of a table name a person."""

    table: Table
    column: str

    @property
    def name(self) -> tuple[str, str]:
        """Give it as names."""
        return self.table.name, self.column

    @property
    def key(self) -> str:
        """Give the column that names a row within its force; rows of one record may share it."""
        if "id" in self.table.columns:
            return "id"
        keys = (each for each in self.table.primary_key.columns if isinstance(each.type, Uuid))
        return next(each.name for each in keys if each.name != self.column)

    @property
    def has_history(self) -> bool:
        """Tell whether the table's past is kept."""
        return f"{self.table.name}_history" in self.table.metadata.tables

    @property
    def only(self) -> str:
        """Give the condition of rows that are moved; a row that is past stays as it was."""
        past = "AND r.recorded_to IS NULL" if "recorded_to" in self.table.columns else ""
        return _ONLY.get(self.name, past)


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


_LOGGED: Final = """
    AND r.{key} IN (SELECT v.row_id FROM person_moves v
                    WHERE v.force = :force AND v.merge_id = :merge_id AND v.table_name = '{table}'
                      AND v.column_name = '{column}' AND v.to_person = :from)
"""


def move_rows(session: Session, move: Move) -> dict[str, int]:
    """Move all that names one person to the other; give how many rows of each table."""
    return _move(session, move, is_back=False)


def put_back(session: Session, move: Move) -> dict[str, int]:
    """Move back what the merge moved and is still there; give how many rows of each table."""
    return _move(session, move, is_back=True)


class Tie(NamedTuple):
    """A key from one table of people's rows to another; a dependent can't be without its parent."""

    child: Reference
    column: str
    parent: str
    is_dependent: bool


def find_ties(metadata: MetaData) -> Iterator[Tie]:
    """Give every key between two tables whose rows are of people, parents before children."""
    named = {each.table.name: each for each in find_references(metadata)}
    for table in metadata.sorted_tables:
        for key in sorted(table.foreign_key_constraints, key=lambda each: str(each.name)):
            parent = key.referred_table.name
            if table.name in named and parent in named and parent not in {"persons", table.name}:
                column = next(name for name in key.column_keys if name != "force")
                yield Tie(named[table.name], column, parent, not table.columns[column].nullable)


@cache
def ties() -> tuple[Tie, ...]:
    """Give those of the service."""
    return tuple(find_ties(Base.metadata))


def follow_parents(session: Session, move: Move) -> None:
    """Let what came since a merge go with the record that it is of, as a check or flag does."""
    parts = [
        (tie.child, _WITH_PARENT.format(**tie._asdict())) for tie in ties() if tie.is_dependent
    ]
    named = {each.table.name: each for each in references()}
    parts += [(named[table], _WITH_RECORD.format(key=key)) for table, key in _OF_A_RECORD.items()]
    for child, further in parts:
        statement = _statement([child], is_back=False, further=further)
        rows = session.execute(text(statement), _values(session, move)).all()
        if rows and child.has_history:
            ids = sorted(row.row_id for row in rows)
            keep_history(session, child.table, session.info["force"], ids)


_WITH_PARENT: Final = """
    AND EXISTS (SELECT FROM {parent} p WHERE p.force = :force AND p.id = r.{column}
                AND p.person_id = CAST(:to AS uuid))
"""
# Rows of a record that no key ties to it, each with the column that names the record.
_OF_A_RECORD: Final = {"flags": "subject_id", "managements": "id"}
_WITH_RECORD: Final = """
    AND r.{key} IN (SELECT v.row_id FROM person_moves v
                    WHERE v.force = :force AND v.merge_id = :merge_id
                      AND v.from_person = CAST(:from AS uuid) AND v.to_person = CAST(:to AS uuid))
"""


def _values(session: Session, move: Move) -> dict[str, Any]:
    return {
        "force": session.info["force"],
        "at": recorded_at(session),
        "merge_id": move.merge_id,
        "from": move.from_person,
        "to": move.to_person,
    }


def _move(session: Session, move: Move, *, is_back: bool) -> dict[str, int]:
    values = _values(session, move)
    moved: dict[str, set[UUID]] = defaultdict(set)
    for statement in _statements(is_back=is_back):
        try:
            for row in session.execute(text(statement), values):
                moved[row.table_name].add(row.row_id)
        except IntegrityError as error:
            raise _unmovable(error, is_back=is_back) from error
    tracked = {each.table.name: each.table for each in references() if each.has_history}
    for name in sorted(moved.keys() & tracked.keys()):
        keep_history(session, tracked[name], values["force"], sorted(moved[name]))
    return {name: len(rows) for name, rows in sorted(moved.items())}


@cache
def _statements(*, is_back: bool) -> tuple[str, ...]:
    """Give the statements that move everything, each with at most one column of every table.

    All in one: keys between tables that hold the person, too, are only looked at when it ends.
    """
    rounds: list[list[Reference]] = []
    for reference in references():
        free = (each for each in rounds if all(one.table is not reference.table for one in each))
        group = next(free, None)
        if group is None:
            group = []
            rounds.append(group)
        group.append(reference)
    return tuple(_statement(group, is_back=is_back) for group in rounds)


def _statement(group: list[Reference], *, is_back: bool, further: str = "") -> str:
    updates = ", ".join(
        f"m{number} AS ({_update(each, further, is_back=is_back)})"
        for number, each in enumerate(group)
    )
    moved = " UNION ".join(
        f"SELECT '{each.table.name}' AS table_name, '{each.column}' AS column_name, row_id"
        f" FROM m{number}"
        for number, each in enumerate(group)
    )
    return f"""
        WITH {updates}, moved AS ({moved})
        INSERT INTO person_moves (force, row_id, column_name, recorded_at, table_name, merge_id,
                                  from_person, to_person)
        SELECT :force, row_id, column_name, :at, table_name, :merge_id, :from, :to FROM moved
        RETURNING table_name, row_id
    """


def _update(reference: Reference, further: str, *, is_back: bool) -> str:
    table, column = reference
    sets = [f"{column} = CAST(:to AS uuid)"]
    sets += ["version = r.version + 1"] * ("version" in table.columns)
    sets += ["updated_at = :at"] * ("updated_at" in table.columns)
    only = reference.only
    if is_back:
        only = _LOGGED.format(key=reference.key, table=table.name, column=column)
    return f"""
        UPDATE {table.name} r SET {", ".join(sets)}
        WHERE r.force = :force AND r.{column} = CAST(:from AS uuid) {only} {further}
        RETURNING r.{reference.key} AS row_id
    """


def _unmovable(error: IntegrityError, *, is_back: bool) -> Inseparable:
    table = getattr(getattr(error.orig, "diag", None), "table_name", None) or "records"
    if is_back:
        message = (
            f"Since the merge, records were joined in {table.replace('_', ' ')} that can't be"
            " parted, so it can't be undone in full."
        )
        return Inseparable(message, rule="undone-in-full", tables=(table,))
    message = (
        f"Both records have {table.replace('_', ' ')} that can't stand side by side at one person."
        " End or correct one of them, then merge."
    )
    return Inseparable(message, rule="one-of-a-kind", tables=(table,))
