"""Receiving rows again that met another transaction, and all but those the database refuses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import structlog
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError

from offenders.domain.imports.batches import Received, as_problems
from offenders.domain.imports.problems import REFUSED, Finding, ImportRefused, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = structlog.get_logger()

_TRIES: Final = 5  # of a batch that met another transaction; each looks at everything anew
_PASSING: Final = frozenset({"40P01", "40001", "55P03"})  # deadlock, order, a lock not in time
_KEY_TAKEN: Final = "23505"
_TRIES_FOR_KEY: Final = 2  # another may just have taken it; twice, it is in the batch itself
_REFUSED_BY_DATABASE: Final = Finding(
    "",
    "The row can't be brought together with what is on record.",
    "Look for another record of the same person or want, and correct one of them.",
)


class _Placed(Protocol):
    """A row by its line in the file and its key."""

    @property
    def line(self) -> int: ...

    @property
    def source_ref(self) -> str: ...


_Row = TypeVar("_Row", bound=_Placed)


def receive_or_split(
    receive: Callable[[Sequence[_Row]], Received], rows: Sequence[_Row]
) -> Received:
    """Receive rows; where the database refuses one, all but that one are received."""
    try:
        return receive_in_time(partial(receive, rows))
    except (IntegrityError, DataError) as error:
        code = getattr(error.orig, "pgcode", None)
        log.warning("import.batch-split", rows=len(rows), code=code)
    if len(rows) == 1:
        return refused(rows[0], [_REFUSED_BY_DATABASE])
    half = len(rows) // 2
    received = receive_or_split(receive, rows[:half])
    received.add(receive_or_split(receive, rows[half:]))
    return received


def receive_in_time(receive: Callable[[], Received]) -> Received:
    """Receive; where that meets another transaction, try again."""
    for attempt in range(1, _TRIES + 1):
        try:
            return receive()
        except (OperationalError, IntegrityError) as error:
            _raise_unless_passing(error, attempt)
    message = "Others keep altering the same records. Run the import again: it goes on."
    raise ImportRefused(message)


def refused(told: _Placed, findings: Sequence[Finding]) -> Received:
    """Say why a row was not taken."""
    problems = as_problems(told.line, shown(told.source_ref), REFUSED, findings)
    return Received(problems=problems)


def _raise_unless_passing(error: DBAPIError, attempt: int) -> None:
    code = getattr(error.orig, "pgcode", None)
    is_taken = code == _KEY_TAKEN and attempt < _TRIES_FOR_KEY
    if code not in _PASSING and not is_taken:
        raise error
    log.warning("import.batch-repeated", code=code)
