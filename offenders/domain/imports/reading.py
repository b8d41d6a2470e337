"""Reading a file of rows, CSV or NDJSON by its content; a bad line stops no other."""

from __future__ import annotations

import csv
from collections import deque
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

import orjson

from offenders.domain.imports.problems import Finding, ImportRefused, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

RECORD_LIMIT = 256 * 1024  # bytes of one row
RECORD_LINES = 100  # lines that a quoted cell may reach over
KEY = "source_ref"

_BOM = b"\xef\xbb\xbf"
_SNIFFED = 64 * 1024  # bytes
_FOREIGN = {
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
    b"PK\x03\x04": "a spreadsheet or zip file",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"\x1f\x8b": "a compressed file",
    b"%PDF": "a PDF",
}
_SAVE = "Save it as CSV in UTF-8 (in Excel: CSV UTF-8), or as NDJSON, and send that."


class Line(NamedTuple):
    """One row as it stands in the file, or why it can't be read; `end` is how far we have read."""

    number: int
    row: dict[str, Any]
    finding: Finding | None
    end: int


class _Physical(NamedTuple):
    number: int
    raw: bytes
    end: int


def is_json(stream: BinaryIO) -> bool:
    """Tell by its content whether a file holds JSON objects; refuse what holds no rows at all."""
    head = stream.read(_SNIFFED)
    stream.seek(0)
    for mark, name in _FOREIGN.items():
        if head.startswith(mark):
            message = f"The file is {name}. {_SAVE}"
            raise ImportRefused(message)
    text = head.removeprefix(_BOM).lstrip()
    if not text:
        message = f"The file is empty. Send a first line with the columns, of them {KEY}, and rows."
        raise ImportRefused(message)
    if text.startswith(b"["):
        message = "The file is one JSON array. Send NDJSON: one JSON object on each line."
        raise ImportRefused(message)
    return text.startswith(b"{")


def read_rows(
    stream: BinaryIO, columns: Sequence[str], prose: frozenset[str] = frozenset()
) -> Iterator[Line]:
    """Give the rows; the header is checked at once, before the first row is asked for.

    `prose` are the columns of a CSV whose cells may hold line breaks.
    """
    if is_json(stream):
        return _json_rows(_Lines(stream))
    lines = _Lines(stream)
    return _csv_rows(lines, _header(lines, columns), prose)


class _Lines:
    """The lines of a file with their numbers; some can be put back. Blank ones are left out."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._number, self._end = stream, 0, 0
        self._back: deque[_Physical] = deque()

    def take(self, *, also_blank: bool = False) -> _Physical | None:
        """Give the next line; one beyond the limit comes cut, but longer than the limit."""
        while (line := self._back.popleft() if self._back else self._read()) is not None:
            if also_blank or not line.raw.isspace():
                return line
        return None

    def _read(self) -> _Physical | None:
        raw = self._stream.readline(RECORD_LIMIT + 1)
        if not raw:
            return None
        self._number += 1
        self._end += len(raw) + self._skip_rest(raw)
        # Files joined into one have a mark in the middle.
        raw = raw.removeprefix(_BOM)
        return _Physical(self._number, raw or b"\n", self._end)

    def put_back(self, lines: Sequence[_Physical]) -> None:
        """Let these be taken again."""
        self._back.extendleft(reversed(lines))

    def _skip_rest(self, raw: bytes) -> int:
        skipped = 0
        while len(raw) > RECORD_LIMIT and not raw.endswith(b"\n"):
            raw = self._stream.readline(RECORD_LIMIT + 1)
            skipped += len(raw)
        return skipped


def _json_rows(lines: _Lines) -> Iterator[Line]:
    while (line := lines.take()) is not None:
        finding, row = None, {}
        try:
            row = _json_object(line.raw)
        except _Unreadable as unreadable:
            finding = unreadable.finding
        yield Line(line.number, row, finding, line.end)


class _Unreadable(ValueError):
    """A record that can't be read."""

    def __init__(self, problem: str, action: str) -> None:
        super().__init__(problem)
        self.finding = Finding("", problem, action)


def _json_object(raw: bytes) -> dict[str, Any]:
    _refuse_too_long(len(raw))
    _as_text(raw)
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        problem = "This line is not JSON."
        raise _Unreadable(problem, "Send one JSON object on each line.") from error
    if not isinstance(row, dict):
        problem = "This line is not a JSON object."
        raise _Unreadable(problem, "Send one JSON object on each line.")
    return row


def _refuse_too_long(size: int) -> None:
    if size > RECORD_LIMIT:
        problem = f"This row has more than {RECORD_LIMIT // 1024} KB."
        raise _Unreadable(problem, "Shorten it, and look for a quotation mark that isn't closed.")


def _as_text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        problem = "This line is not UTF-8."
        raise _Unreadable(problem, "Save the whole file as UTF-8 and send it again.") from error


def _header(lines: _Lines, columns: Sequence[str]) -> list[str]:
    first = lines.take()
    try:
        # `is_json` has found something that isn't space.
        names = [name.strip() for name in _cells([first] if first else [])]
    except _Unreadable as unreadable:
        problem, action = unreadable.finding[1:]
        message = f"The first line must name the columns, and can't be read: {problem} {action}"
        raise ImportRefused(message) from unreadable
    _check_header(names, columns)
    return names


def _check_header(names: Sequence[str], columns: Sequence[str]) -> None:
    known = f"The columns are {', '.join(columns)}."
    if KEY not in names:
        # Without it the first line may be a row, whose values are not ours to repeat.
        message = (
            f"The first line must name the columns, separated by commas, and {KEY} is missing."
        )
        raise ImportRefused(f"{message} {known}")
    unknown = [shown(name) or "(no name)" for name in names if name not in columns]
    if unknown:
        message = f"Unknown columns: {', '.join(unknown[:10])}. Leave them out. {known}"
        raise ImportRefused(message)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        message = f"These columns stand twice: {', '.join(twice)}. Name each column once."
        raise ImportRefused(message)


def _csv_rows(lines: _Lines, header: list[str], prose: frozenset[str]) -> Iterator[Line]:
    plain = [place for place, name in enumerate(header) if name not in prose]
    while (first := lines.take()) is not None:
        record = _whole_record(first, lines)
        finding, row = None, {}
        try:
            cells = _cells(record)
            _check_cells(cells, len(header), plain if len(record) > 1 else ())
            row = dict(zip(header, cells, strict=True))
        except _Unreadable as unreadable:
            # A quotation mark left open may have drawn in good rows: read on after the first line.
            finding = unreadable.finding
            lines.put_back(record[1:])
        yield Line(first.number, row, finding, (record[-1] if not finding else first).end)


def _whole_record(first: _Physical, lines: _Lines) -> list[_Physical]:
    """Join the lines of a row in which a quoted cell holds line breaks."""
    record, quotes, size = [first], first.raw.count(b'"'), len(first.raw)
    while quotes % 2 and len(record) < RECORD_LINES and size <= RECORD_LIMIT:
        following = lines.take(also_blank=True)
        if following is None:
            break
        record.append(following)
        quotes += following.raw.count(b'"')
        size += len(following.raw)
    return record


def _cells(record: Sequence[_Physical]) -> list[str]:
    raw = b"".join(line.raw for line in record)
    _refuse_too_long(len(raw))
    text = _as_text(raw)
    try:
        return next(csv.reader([text], strict=True))
    except (csv.Error, StopIteration) as error:
        problem = "This line is not CSV: a quotation mark or line end stands in the wrong place."
        action = (
            'Put a cell with quotation marks in quotation marks and double them: "so ""here""".'
        )
        raise _Unreadable(problem, action) from error


def _check_cells(cells: Sequence[str], expected: int, plain: Sequence[int]) -> None:
    if len(cells) != expected:
        problem = f"This line has {len(cells)} cells, the first line names {expected} columns."
        raise _Unreadable(problem, "Put a cell that holds a comma in quotation marks.")
    if any("\n" in cells[place] for place in plain):
        problem = "A cell that can't hold a line break goes on in the next line."
        raise _Unreadable(problem, "Close the quotation mark, or take the line break out.")
