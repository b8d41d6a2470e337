"""Reading files of rows: whatever the bytes, each row is read or refused alone."""

from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offenders.domain.imports import reading
from offenders.domain.imports.problems import ImportRefused
from offenders.domain.imports.reading import read_rows

COLUMNS = ("source_ref", "family_name", "notes")


def read(content):
    if isinstance(content, str):
        content = content.encode()
    return list(read_rows(BytesIO(content), COLUMNS, frozenset({"notes"})))


def rows(content):
    return [line.row for line in read(content) if not line.finding]


def refused(content):
    return [line.number for line in read(content) if line.finding]


def test_a_table_is_read_by_its_header_in_any_order():
    found = read("family_name,source_ref\nExample,A1\nBrown,A2\n")
    assert [(line.number, line.row) for line in found] == [
        (2, {"family_name": "Example", "source_ref": "A1"}),
        (3, {"family_name": "Brown", "source_ref": "A2"}),
    ]


def test_byte_order_mark_windows_line_ends_and_blank_lines_do_no_harm():
    content = b"\xef\xbb\xbfsource_ref,family_name\r\n\r\nA1,Example\r\n  \r\nA2,Brown"
    assert [row["source_ref"] for row in rows(content)] == ["A1", "A2"]
    assert read(content)[1].number == 5


def test_a_quoted_cell_holds_commas_quotes_and_where_allowed_line_breaks():
    found = rows('source_ref,notes\nA1,"one, ""two""\n\nthree"\nA2,four\n')
    assert [row["notes"] for row in found] == ['one, "two"\n\nthree', "four"]


def test_ndjson_is_known_by_its_content():
    content = '\n{"source_ref": "A1", "notes": ["x"]}\n{"source_ref": "A2"}\n'
    assert [(line.number, line.row["source_ref"]) for line in read(content)] == [
        (2, "A1"),
        (3, "A2"),
    ]


@pytest.mark.parametrize(
    "bad",
    [
        "A2,one,two,three",
        "A2",
        'A2,"never closed',
        'A2,"closed"too soon,x',
        'A2,"a name over\ntwo lines",x',
        b"A2,Caf\xe9,x",
        "A2," + "x" * reading.RECORD_LIMIT + ",x",
        "A2,a\rb,x",
    ],
)
def test_a_bad_line_of_a_table_is_refused_and_the_others_are_read(bad):
    before, after = b"source_ref,family_name,notes\nA1,Example,x\n", b"\nA3,Brown,x\nA4,Grey,x\n"
    content = before + (bad if isinstance(bad, bytes) else bad.encode()) + after
    assert 3 in refused(content)
    assert [row["source_ref"] for row in rows(content)] == ["A1", "A3", "A4"]


@pytest.mark.parametrize(
    "bad",
    [
        b"{",
        b"[1]",
        b'"text"',
        b'{"source_ref": NaN}',
        b'{"family_name": "Caf\xe9"}',
        b'{"family_name": "\\ud800"}',
        b"[" * 5000,
        b'{"notes": "' + b"x" * reading.RECORD_LIMIT + b'"}',
    ],
)
def test_a_bad_line_of_ndjson_is_refused_and_the_others_are_read(bad):
    content = b'{"source_ref": "A1"}\n' + bad + b'\n{"source_ref": "A3"}\n'
    assert refused(content) == [2]
    assert [row["source_ref"] for row in rows(content)] == ["A1", "A3"]


def test_a_quotation_mark_left_open_swallows_no_later_row():
    good = "".join(f"A{number},Name,x\n" for number in range(3, 300))
    found = rows(f'source_ref,family_name,notes\nA1,"open,x\nA2,Name,"open\n{good}')
    assert len(found) == 297


def test_a_refused_line_says_what_to_do_and_repeats_no_value():
    finding = read("source_ref,family_name\nA1,Secret,Name\n")[0].finding
    assert finding.problem == "This line has 3 cells, the first line names 2 columns."
    assert finding.action == "Put a cell that holds a comma in quotation marks."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf \n\n", "The file is empty."),
        ("source_ref\nÄ".encode("utf-16"), "The file is UTF-16."),
        (b"PK\x03\x04rest", "The file is a spreadsheet or zip file."),
        (b'[{"source_ref": "A1"}]', "The file is one JSON array."),
        (b"Example,Ann,1990-01-01\n", "source_ref is missing"),
        (b"source_ref,colour,family_name\n", "Unknown columns: colour."),
        (b"source_ref,,family_name\n", "Unknown columns: (no name)."),
        (b"source_ref,notes,source_ref\n", "These columns stand twice: source_ref."),
        (b"source_ref,n\xf6tes\n", "This line is not UTF-8."),
        (b'"source_ref\n', "can't be read"),
        (b"\x00\x01\x02", "source_ref is missing"),
    ],
)
def test_a_file_that_can_not_be_read_is_refused_as_a_whole(content, said):
    with pytest.raises(ImportRefused) as refusal:
        read(content)
    assert said in refusal.value.detail


def test_a_file_without_header_is_refused_without_repeating_its_first_row():
    with pytest.raises(ImportRefused) as refusal:
        read("Example,Ann,1990-01-01\n")
    assert "Example" not in refusal.value.detail


@given(st.lists(st.binary(max_size=60), max_size=12))
def test_whatever_follows_a_header_each_line_is_read_or_refused_once(parts):
    content = b"source_ref,family_name,notes\n" + b"\n".join(parts)
    found = read(content)
    numbers = [line.number for line in found]
    assert numbers == sorted(set(numbers))
    assert all(set(line.row) == set(COLUMNS) for line in found if not line.finding)


@given(st.binary(max_size=300))
def test_no_bytes_end_in_anything_but_rows_or_a_refusal(content):
    try:
        found = read(content)
    except ImportRefused:
        return
    assert all(line.finding or isinstance(line.row, dict) for line in found)


@given(st.lists(st.dictionaries(st.sampled_from(COLUMNS), st.text(max_size=30)), min_size=1))
def test_what_is_written_as_ndjson_is_read_back(written):
    import orjson

    content = b"\n".join(orjson.dumps(row) for row in written)
    assert rows(content) == written


@given(st.lists(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=1), min_size=1))
def test_what_is_written_as_a_table_is_read_back(names):
    import csv
    from io import StringIO

    file = StringIO()
    csv.writer(file).writerows([["source_ref", "notes"], *(["A", name] for name in names)])
    assert [row["notes"] for row in rows(file.getvalue())] == names


def test_a_file_joined_from_two_keeps_the_keys_of_the_second():
    content = "source_ref,family_name\nA1,Example\n\ufeffA2,Sample\n"
    rows = read_rows(BytesIO(content.encode()), ("source_ref", "family_name"))
    assert [line.row["source_ref"] for line in rows] == ["A1", "A2"]
