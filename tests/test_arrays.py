"""Lists of values reach PostgreSQL as they are."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

# PostgreSQL takes no text with a zero, and UTF-8 has no halves of pairs.
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=6)
hostile = st.sampled_from(
    ['"', "\\", '\\"', "'", "{", "}", ",", "NULL", "null", "", " ", "%", "%s"]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.none() | texts | hostile, max_size=5))
def test_texts_come_back_as_they_were(engine, values):
    with engine.connect() as connection:
        found = connection.execute(text("SELECT CAST(:values AS text[])"), {"values": values})
        assert found.scalar_one() == values


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("uuid", [uuid4(), UUID(int=0)]),
        ("uuid", [None, uuid4()]),
        ("int", [1, None, 3]),
        ("boolean", [True, False]),
        ("text", []),
    ],
)
def test_other_lists_come_back_as_they_were(engine, kind, values):
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT CAST(:v AS {kind}[])"), {"v": values})
        assert found.scalar_one() == values


def test_a_list_of_texts_may_name_ids(engine):
    one = uuid4()
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT CAST(:one AS uuid) = ANY (:ids)"), {"one": one, "ids": [str(one)]}
        )
        assert found.scalar_one() is True
