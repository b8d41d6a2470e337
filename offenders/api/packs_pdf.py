"""A pack as pages to print: A4 across, a table for each section, the watermark on every page."""

from __future__ import annotations

import io
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from offenders.api.packs import MARKING, Mark, as_text, counted, grouped, label, rows_of, title
from offenders.domain.reference.codes import DATA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Names of many languages: the fonts that come with PDF readers know none but Western letters.
_PLAIN, _BOLD = "DejaVuCondensed", "DejaVuCondensed-Bold"
_FILES: Final = {_PLAIN: "DejaVuSansCondensed.ttf", _BOLD: "DejaVuSansCondensed-Bold.ttf"}
_SIZE: Final = 7.5
_LEADING: Final = 9.5
_MARGIN: Final = 28
_WIDTH, _HEIGHT = landscape(A4)
_HEADS: Final = ("No.", "Reference", "Person", "Owner", "Details")
_COLUMNS: Final = (24, 78, 190, 70, _WIDTH - 2 * _MARGIN - 362)
_GAP: Final = 6
_MOST_LINES: Final = 40  # of one row; longer goes on below


@cache
def _load_fonts() -> None:
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(DATA / "fonts" / file)))


@lru_cache(maxsize=20_000)
def _width(word: str) -> float:
    """Measure a word; most come again and again."""
    measured: float = pdfmetrics.stringWidth(word, _PLAIN, _SIZE)
    return measured


def _wrap(text: str, room: float) -> list[str]:
    """Break text into lines; a word that no line holds is broken itself."""
    lines, line, used = [], "", 0.0
    for word in text.split():
        rest = word
        while _width(rest) > room:
            fits = next(n for n in range(len(rest) - 1, 0, -1) if _width(rest[:n]) <= room)
            lines += [line, rest[:fits]] if line else [rest[:fits]]
            line, used, rest = "", 0.0, rest[fits:]
        needed = _width(rest) + (_width(" ") if line else 0)
        if line and used + needed > room:
            lines.append(line)
            line, used = rest, _width(rest)
        else:
            line, used = f"{line} {rest}" if line else rest, used + needed
    return [*lines, line] if line else lines


class _Pages:
    """Pages that are filled from the top, each with its watermark and number."""

    def __init__(self, out: io.BytesIO, heading: str, mark: Mark) -> None:
        _load_fonts()
        self._canvas = Canvas(out, pagesize=(_WIDTH, _HEIGHT), pageCompression=1)
        self._canvas.setTitle(heading)
        self._canvas.setAuthor(mark.reader)
        self._heading, self._mark = heading, mark.text
        self._page = 0
        self._y = 0.0
        self._table: str | None = None
        self._turn()

    def _turn(self) -> None:
        if self._page:
            self._canvas.showPage()
        self._page += 1
        canvas = self._canvas
        canvas.saveState()
        canvas.setFillGray(0.88)
        canvas.setFont(_BOLD, 46)
        canvas.translate(_WIDTH / 2, _HEIGHT / 2)
        canvas.rotate(28)
        canvas.drawCentredString(0, 0, MARKING)
        canvas.restoreState()
        canvas.setFont(_PLAIN, _SIZE)
        canvas.drawString(_MARGIN, _HEIGHT - 18, self._mark)
        canvas.drawString(_MARGIN, 14, self._mark)
        canvas.drawRightString(_WIDTH - _MARGIN, _HEIGHT - 18, self._heading)
        canvas.drawRightString(_WIDTH - _MARGIN, 14, f"Page {self._page}")
        self._y = _HEIGHT - 34
        if self._table is not None:
            self._heads(f"{self._table} (continued)")

    def _need(self, height: float) -> None:
        if self._y - height < _MARGIN:
            self._turn()

    def begin(self, name: str, said: str, *, has_rows: bool) -> None:
        """Begin a section."""
        self._table = None
        lines = _wrap(said, _WIDTH - 2 * _MARGIN)
        self._need((len(lines) + 4) * _LEADING)
        self._y -= _LEADING
        self._canvas.setFont(_BOLD, 10)
        self._canvas.drawString(_MARGIN, self._y, name)
        self._y -= _LEADING + 2
        self._canvas.setFont(_PLAIN, _SIZE)
        for line in lines:
            self._canvas.drawString(_MARGIN, self._y, line)
            self._y -= _LEADING
        if has_rows:
            self._heads()
            self._table = name

    def _heads(self, name: str | None = None) -> None:
        self._canvas.setFont(_BOLD, _SIZE)
        if name is not None:
            self._canvas.drawString(_MARGIN, self._y, name)
            self._y -= _LEADING
        self._cells([[head] for head in _HEADS])
        self._canvas.setFont(_PLAIN, _SIZE)
        self._canvas.line(_MARGIN, self._y + 6, _WIDTH - _MARGIN, self._y + 6)

    def row(self, cells: Sequence[str]) -> None:
        """Add a row; what is longer than a page goes on in the next."""
        wrapped = [_wrap(cell, width - _GAP) for cell, width in zip(cells, _COLUMNS, strict=True)]
        for start in range(0, max(map(len, wrapped)), _MOST_LINES):
            part = [lines[start : start + _MOST_LINES] for lines in wrapped]
            self._need(max(map(len, part)) * _LEADING)
            self._cells(part)

    def _cells(self, cells: Sequence[Sequence[str]]) -> None:
        x = float(_MARGIN)
        for lines, width in zip(cells, _COLUMNS, strict=True):
            for number, line in enumerate(lines):
                self._canvas.drawString(x, self._y - number * _LEADING, line)
            x += width
        self._y -= max(map(len, cells)) * _LEADING + 2

    def close(self) -> None:
        """Finish the last page."""
        self._canvas.showPage()
        self._canvas.save()


def as_pdf(content: Mapping[str, Any], mark: Mark) -> bytes:
    """Make the pages."""
    out = io.BytesIO()
    pages = _Pages(out, _heading(content["meeting"]), mark)
    for section in content["sections"]:
        rows = list(rows_of(section))
        said = ". ".join(filter(None, (f"In all: {counted(section)}", grouped(section))))
        if section["masked"]:
            said += f". Masked: {', '.join(map(label, section['masked']))}"
        pages.begin(title(section), said, has_rows=bool(rows))
        for row in rows:
            masked = f" [masked: {row.masked}]" if row.masked else ""
            pages.row((str(row.number), row.reference, row.who, row.owner, row.details + masked))
    pages.close()
    return out.getvalue()


def _heading(meeting: Mapping[str, Any]) -> str:
    area = meeting["lpa"] or f"force {meeting['force']}"
    drawn = f"as at {as_text(meeting['cut_off'])}"
    return f"{meeting['reference']} · {meeting['kind']} meeting, {area} · {drawn}"
