"""A pack as a workbook: a sheet of counts, then a sheet for each section."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import xlsxwriter

from offenders.api.packs import (
    NO_DATA,
    Mark,
    counted,
    grouped,
    harmless,
    label,
    rows_of,
    title,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Nothing is guessed from what a cell says: text stays text.
_OPTIONS: Final = {
    "constant_memory": True,
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
_LONGEST_NAME: Final = 31  # of a sheet
_LONGEST_CELL: Final = 32_767
_WIDTHS: Final = (6, 16, 40, 16)


class _Book:
    """A workbook that bears its watermark on every sheet and page."""

    def __init__(self, out: io.BytesIO, mark: Mark) -> None:
        self._book = xlsxwriter.Workbook(out, _OPTIONS)
        self._mark = mark.text
        self._bold = self._book.add_format({"bold": True})

    def add(self, name: str, rows: Iterable[Iterable[str]]) -> None:
        sheet = self._book.add_worksheet(name[:_LONGEST_NAME])
        sheet.set_landscape()
        sheet.set_paper(9)  # A4
        sheet.fit_to_pages(1, 0)
        mark = self._mark.replace("&", "&&")[:200]
        sheet.set_header(f"&L{mark}")
        sheet.set_footer(f"&L{mark}&RPage &P of &N")
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        sheet.write_string(0, 0, harmless(self._mark))
        for number, row in enumerate(rows, start=1):
            made = self._bold if number == 1 else None
            for column, cell in enumerate(row):
                sheet.write_string(number, column, harmless(cell)[:_LONGEST_CELL], made)
        sheet.freeze_panes(2, 0)

    def close(self) -> None:
        self._book.close()


def as_xlsx(content: Mapping[str, Any], mark: Mark) -> bytes:
    """Make the workbook."""
    out = io.BytesIO()
    book = _Book(out, mark)
    book.add("Summary", _summary(content))
    for section in content["sections"]:
        book.add(section["section"].replace("_", " "), _rows(section))
    book.close()
    return out.getvalue()


def _summary(content: Mapping[str, Any]) -> Iterable[list[str]]:
    yield ["", "Section", "Title", "Count", "Groups"]
    for number, section in enumerate(content["sections"], start=1):
        name = section["section"]
        yield [str(number), name, title(section), counted(section), grouped(section)]


def _rows(section: Mapping[str, Any]) -> Iterable[list[str]]:
    rows = list(rows_of(section))
    facts = list(dict.fromkeys(name for row in rows for name in row.facts))
    heads = ["No.", "Reference", "Person", "Owner", *(label(name) for name in facts), "Masked"]
    yield heads
    for row in rows:
        told = [row.facts.get(name, "") for name in facts]
        yield [str(row.number), row.reference, row.who, row.owner, *told, row.masked]
    if not rows or section["more"]:
        said = counted(section)
        yield ["", "", NO_DATA if said == NO_DATA else f"In all: {said}"]
