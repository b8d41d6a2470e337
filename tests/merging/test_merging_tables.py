"""Every table that names a person is moved by a merge, or said why not."""

from __future__ import annotations

import re
from pathlib import Path

from sqlalchemy import ARRAY, Uuid, text

import offenders
from offenders import tables
from offenders.domain.imports import (
    bail_plan,
    custody_plan,
    hits,
    iom,
    mappa_plan,
    order_plan,
    registrations,
    want_plan,
)
from offenders.domain.merging.linking import SOURCES
from offenders.domain.merging.moving import NOT_MOVED, WITHOUT_KEY, find_references

LIVE = [each for each in tables.metadata.sorted_tables if not each.name.endswith("_history")]
MOVED = {each.name: each for each in find_references(tables.metadata)}
# A look-up of a person by what somebody wrote: an id or a reference.
NAMED_IN = re.compile(r"FROM persons\b(?!_)[^;]*\breference = (:reference|ANY)", re.DOTALL)


def _names_a_person(table):
    """Give the columns that name a person by key or by their name."""
    keyed = {
        name
        for key in table.foreign_key_constraints
        if key.referred_table.name == "persons"
        for name in key.column_keys
        if name != "force"
    }
    called = {
        column.name
        for column in table.columns
        if "person" in column.name and isinstance(column.type, (Uuid, ARRAY))
    }
    return keyed | called


def test_a_column_that_names_a_person_is_moved_or_excepted():
    for table in LIVE:
        for column in _names_a_person(table):
            known = (table.name, column) in MOVED or (table.name, column) in NOT_MOVED
            assert known, f"Say in merging/moving.py what becomes of {table.name}.{column}."


def test_a_table_that_is_moved_can_be(connection):
    asked = text("SELECT has_column_privilege('offenders_app', :table, :column, 'UPDATE')")
    for key, reference in MOVED.items():
        table = reference.table
        assert isinstance(table.columns[reference.key].type, Uuid), f"{key}: rows need an id."
        for column in {key[1], "version", "updated_at"} & set(table.columns.keys()):
            may = connection.execute(asked, {"table": table.name, "column": column}).scalar_one()
            assert may, f"Grant UPDATE ({column}) ON {table.name} to offenders_app."


def test_what_looks_a_person_up_knows_of_merged_records():
    """A statement that finds the person whom a caller names must see that they were merged."""
    for path in sorted(Path(offenders.__file__).parent.rglob("domain/**/*.py")):
        for statement in path.read_text().split('"""')[1::2]:
            if NAMED_IN.search(statement):
                assert "merged_into" in statement, f"{path.name}: {statement}"


def test_exceptions_are_of_columns_that_there_are():
    for table, column in {*NOT_MOVED, *WITHOUT_KEY}:
        assert column in tables.metadata.tables[table].columns


def test_every_kind_of_row_that_describes_people_is_moved():
    described = {
        bail_plan.PERSONS_OF_BAIL,
        custody_plan.PERSONS_OF_DETENTIONS,
        hits.PERSONS_OF_HITS,
        iom.PERSONS_OF_IOM,
        mappa_plan.PERSONS_OF_MAPPA,
        order_plan.PERSONS_OF_ORDERS,
        registrations.PERSONS_OF_REGISTRATIONS,
        want_plan.PERSONS_OF_WANTS,
    }
    assert set(SOURCES) == {"people", *described}
