"""Every table that names a person is moved by a merge, or said why not."""

from __future__ import annotations

import pytest
from sqlalchemy import ARRAY, Uuid, text

from offenders import tables
from offenders.domain.imports import bail_plan, custody_plan, hits, want_plan
from offenders.domain.merging.linking import SOURCES
from offenders.domain.merging.moving import NOT_MOVED, WITHOUT_KEY, find_references

LIVE = [each for each in tables.metadata.sorted_tables if not each.name.endswith("_history")]
MOVED = {each.key: each for each in find_references(tables.metadata)}


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


@pytest.mark.parametrize("table", LIVE, ids=lambda each: each.name)
def test_a_column_that_names_a_person_is_moved_or_excepted(table):
    for column in _names_a_person(table):
        known = (table.name, column) in MOVED or (table.name, column) in NOT_MOVED
        assert known, f"Say in merging/moving.py what becomes of {table.name}.{column}."


@pytest.mark.parametrize("key", sorted(MOVED), ids=".".join)
def test_a_table_that_is_moved_can_be(key, connection):
    table = MOVED[key].table
    primary = [column.name for column in table.primary_key.columns]
    assert primary == ["force", "id"], "Rows without an id need a way of their own."
    assert isinstance(table.columns["id"].type, Uuid)
    asked = text("SELECT has_column_privilege('offenders_app', :table, :column, 'UPDATE')")
    for column in {key[1], "version", "updated_at"} & set(table.columns.keys()):
        may = connection.execute(asked, {"table": table.name, "column": column}).scalar_one()
        assert may, f"Grant UPDATE ({column}) ON {table.name} to offenders_app."


def test_exceptions_are_of_columns_that_there_are():
    for table, column in {*NOT_MOVED, *WITHOUT_KEY}:
        assert column in tables.metadata.tables[table].columns


def test_every_kind_of_row_that_describes_people_is_moved():
    described = {
        bail_plan.PERSONS_OF_BAIL,
        custody_plan.PERSONS_OF_DETENTIONS,
        hits.PERSONS_OF_HITS,
        want_plan.PERSONS_OF_WANTS,
    }
    assert set(SOURCES) == {"people", *described}
