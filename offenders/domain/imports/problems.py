"""What is wrong with a row and what to do about it, and where that is written down."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from offenders.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self, TextIO

REFUSED, WARNING = "refused", "warning"
COLUMNS = ("line", "source_ref", "field", "problem", "action")
_SHOWN = 200  # characters of a source_ref or field that are written down
# What a spreadsheet takes for the beginning of a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_ENDINGS = {REFUSED: ".refused.csv", WARNING: ".warnings.csv"}


class ImportRefused(DomainError):
    """The file as a whole can't be read, or can't be imported just now; nothing was written."""

    kind = "invalid"


class Finding(NamedTuple):
    """What is wrong with one field, and what to do; it never repeats the value."""

    field: str
    problem: str
    action: str


class Problem(NamedTuple):
    """A finding at its place in the file."""

    line: int
    source_ref: str | None
    severity: str
    field: str
    problem: str
    action: str


class Sink(Protocol):
    """Where the problems of an import go."""

    def add(self, problems: Sequence[Problem]) -> None:
        """Write these down."""


class Refusal(ValueError):
    """A value, or a row, that can't be taken, and what to do."""

    def __init__(self, *, problem: str, action: str, field: str = "") -> None:
        """Keep what is wrong; the field may be known only further out."""
        super().__init__(problem)
        self.problem, self.action, self.field = problem, action, field

    def finding(self, field: str = "") -> Finding:
        """Give it as a finding."""
        return Finding(self.field or field, self.problem, self.action)


class ProblemFiles:
    """Writes `FILE.refused.csv` and `FILE.warnings.csv`; a file without rows isn't made."""

    def __init__(self, path: Path) -> None:
        """Take away what an earlier run left."""
        self._paths = {
            severity: path.with_name(path.name + ending) for severity, ending in _ENDINGS.items()
        }
        self._files: dict[str, TextIO] = {}
        for each in self._paths.values():
            each.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        """Open nothing yet."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Close what was opened."""
        for file in self._files.values():
            file.close()

    def add(self, problems: Sequence[Problem]) -> None:
        """Write these down, each under its severity."""
        for severity in (REFUSED, WARNING):
            rows = [closed(each) for each in problems if each.severity == severity]
            if rows:
                csv.writer(self._file(severity)).writerows(rows)

    def _file(self, severity: str) -> TextIO:
        if severity not in self._files:
            file = self._paths[severity].open("w", newline="", encoding="utf-8")
            csv.writer(file).writerow(COLUMNS)
            self._files[severity] = file
        return self._files[severity]


class Nowhere:
    """Keeps nothing: for rows of our own making, whose counts say enough."""

    def add(self, problems: Sequence[Problem]) -> None:
        """Let them go."""


def closed(problem: Problem) -> list[Any]:
    """Give the cells of a problem, none of which a spreadsheet takes for a formula."""
    cells = (problem.source_ref or "", problem.field, problem.problem, problem.action)
    return [problem.line, *(_as_text(cell) for cell in cells)]


def _as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def shown(text: object) -> str | None:
    """Give what the sender calls a record or field, cut and without control characters."""
    if not isinstance(text, str):
        return None
    return "".join(each if each.isprintable() else "\ufffd" for each in text[:_SHOWN]) or None
