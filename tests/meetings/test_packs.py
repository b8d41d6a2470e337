"""Packs as files: read back as their readers would, with all that could do harm made harmless."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime

import openpyxl
import pypdf
import pytest

from offenders.api import packs
from offenders.api.packs_pdf import as_pdf
from offenders.api.packs_xlsx import as_xlsx

MARK = packs.Mark("CH&1", datetime(2026, 7, 1, 7, 5, tzinfo=UTC), "morning meeting")
PERSON = {
    "id": "0",
    "reference": "P33-AAAA-BBBB",
    "force": "33",
    "family_name": "Żółć-Şahin Țînțăreanu",
    "given_names": "Ján",
    "date_of_birth": "2012-02-03",
    "sex": "male",
    "is_child": True,
    "markers": [{"code": "WE", "name": "Weapons"}],
}
FORMULAS = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "x;=HYPERLINK(1)",
    'x,"=1+1',
    "a\n@b",
    " \u00a0=1",
    "\uff1d1+1",
]


def item(number=1, **more):
    return {
        "type": "want",
        "id": f"id-{number}",
        "reference": f"W33-{number:04}",
        "person": PERSON,
        "risk": "high",
        "overdue": ["arrest", "review"],
        "domestic_abuse": True,
        "entered_at": "2026-07-01T06:30:00+00:00",
        "last_action": {"kind": "attempt", "occurred_at": "2026-01-01T10:00:00Z"},
        "owner_officer": "PC1",
        "owner_team": None,
        "lpa": None,
        "masked": ["lpa"],
    } | more


def section(name="wants_other", items=(), **more):
    return {
        "section": name,
        "count": len(items),
        "shown": len(items),
        "more": 0,
        "href": "/v1/wanted",
        "groups": [{"group": "high", "count": 1, "href": "", "masked": []}],
        "items": list(items),
        "masked": [],
    } | more


def content(*sections):
    meeting = {
        "reference": "G33-1111-2222",
        "kind": "daily",
        "lpa": None,
        "force": "33",
        "cut_off": "2026-07-01T06:00:00Z",
    }
    return {"meeting": meeting, "sections": list(sections), "masked": []}


def read_csv(made):
    return list(csv.DictReader(io.StringIO(made.decode("utf-8-sig"), newline="")))


def sheets(made):
    book = openpyxl.load_workbook(io.BytesIO(made))
    return {sheet.title: [[c.value for c in row] for row in sheet.iter_rows()] for sheet in book}


def text_of(made):
    pages = pypdf.PdfReader(io.BytesIO(made)).pages
    return [page.extract_text() for page in pages]


MASKED = section(
    "mappa",
    count=None,
    shown=None,
    more=None,
    groups=[],
    masked=["count", "shown", "more", "href", "groups", "items"],
)
WHOLE = content(
    section(items=[item()]),
    section("new_hits", count="no_data", groups=[]),
    section("flags", items=[item(2, person=None)], count=300, more=299),
    MASKED,
)


def test_a_clerk_reads_the_table():
    rows = read_csv(packs.as_csv(WHOLE, MARK))
    assert list(rows[0]) == list(packs.CSV_COLUMNS)
    assert [(row["section"], row["number"]) for row in rows] == [
        ("wants_other", ""),
        ("wants_other", "1"),
        ("new_hits", ""),
        ("flags", ""),
        ("flags", "1"),
        ("mappa", ""),
    ]
    assert rows[0]["details"] == "count: 1; high: 1"
    assert rows[2]["details"] == "count: no data"
    assert rows[3]["details"] == "count: 300, 299 more are not listed; high: 1"
    assert rows[5]["details"] == "count: (masked)"
    row = rows[1]
    assert (row["person_family_name"], row["person_is_child"]) == ("Żółć-Şahin Țînțăreanu", "yes")
    assert row["person_markers"] == "Weapons"
    # Summer in London is an hour ahead, winter is not.
    assert "entered at: 2026-07-01 07:30" in row["details"]
    assert "last action: attempt, 2026-01-01 10:00" in row["details"]
    assert "overdue: arrest, review" in row["details"]
    assert "lpa: (masked)" in row["details"]
    assert row["masked"] == "lpa"
    marks = {(each["marking"], each["read_by"], each["purpose"]) for each in rows}
    assert marks == {("OFFICIAL-SENSITIVE", "CH&1", "morning meeting")}


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_a_formula(formula):
    told = content(section(items=[item(reference=formula, risk=formula, owner_officer=formula)]))
    cells = [cell for row in read_csv(packs.as_csv(told, MARK)) for cell in row.values()]
    cells += [str(c) for rows in sheets(as_xlsx(told, MARK)).values() for r in rows for c in r if c]
    assert any("1" in cell or "2" in cell for cell in cells)
    for cell in cells:
        parts = [part for by in ";,|\t\r\n" for part in cell.split(by)]
        assert not any(part.lstrip(' "\u00a0')[:1] in set("=+@-\uff1d") for part in parts), cell
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(told, MARK)))
    assert all(cell.data_type in {"s", "n"} for sheet in book for row in sheet for cell in row)
    assert not any(
        cell.data_type == "n" and cell.value for sheet in book for r in sheet for cell in r
    )


def test_every_sheet_bears_the_watermark():
    made = sheets(as_xlsx(WHOLE, MARK))
    assert list(made) == ["Summary", "wants other", "new hits", "flags", "mappa"]
    assert all(
        "OFFICIAL-SENSITIVE · read by CH&1 at 2026-07-01 08:05" in rows[0][0]
        for rows in made.values()
    )
    assert made["Summary"][2][3] == "1"
    heads, row = made["wants other"][1], made["wants other"][2]
    told = dict(zip(heads, row, strict=True))
    assert told["Person"].startswith("ŻÓŁĆ-ŞAHIN ȚÎNȚĂREANU, Ján · born 2012-02-03 · CHILD")
    assert told["lpa"] == "(masked)"
    assert made["new hits"][2][2] == "no data"
    assert made["flags"][3][2] == "In all: 300, 299 more are not listed"
    book = openpyxl.load_workbook(io.BytesIO(as_xlsx(WHOLE, MARK)))
    assert all("OFFICIAL-SENSITIVE" in sheet.oddHeader.left.text for sheet in book)


def test_every_page_bears_the_watermark_and_its_number():
    many = content(section(items=[item(n) for n in range(200)]), MASKED)
    pages = text_of(as_pdf(many, MARK))
    assert len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert "OFFICIAL-SENSITIVE · read by CH&1 at 2026-07-01 08:05 · morning meeting" in page
        assert f"Page {number}" in page
    assert "G33-1111-2222 · daily meeting, force 33 · as at 2026-07-01 07:00" in pages[0]
    whole = "\n".join(pages)
    assert "ŻÓŁĆ-ŞAHIN ȚÎNȚĂREANU" in whole.replace("\n", " ")
    assert all(f"W33-{n:04}" in whole for n in range(200))
    assert "(continued)" in pages[1]
    assert "MAPPA cases of note" in whole
    assert "Masked: count, shown, more" in whole.replace("\n", " ")


def test_a_word_longer_than_its_column_and_a_row_longer_than_a_page_are_printed_whole():
    long = "x" * 500 + "END"
    story = " ".join(f"word{n}" for n in range(4000))
    pages = text_of(as_pdf(content(section(items=[item(reference=long, risk=story)])), MARK))
    whole = "".join(pages).replace("\n", "")
    assert "END" in whole
    assert all(f"word{n}" in whole for n in (0, 1999, 3999))
