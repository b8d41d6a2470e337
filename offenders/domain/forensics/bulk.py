"""Taking many hits in one go: chunk by chunk, each in a transaction of its own.

What is good is kept and what is bad is told, line by line; memory stays that of a chunk and of
the results. What was cut off in the middle is sent again: what stands is known by its
laboratory reference, and nothing is created twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

import structlog
from sqlalchemy.exc import DBAPIError, OperationalError

from offenders.db import Work, transaction
from offenders.domain.audit.service import Act, record_act
from offenders.domain.forensics import store
from offenders.domain.forensics.intake import CREATED, REFUSED, Told, receive_hits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection, Engine

    from offenders.domain.forensics.intake import Sender, Sent

log = structlog.get_logger()

CHUNK_ROWS: Final = 500
_STATEMENT_SECONDS: Final = 60.0
_TRIES: Final = 3
_PASSING: Final = frozenset({"40P01", "40001", "55P03"})  # deadlock, order, a lock not in time
_REFUSED_BY_DATABASE: Final = {
    "pointer": "/",
    "detail": "The row can't be brought together with what is on record. Compare the two.",
}


class Line(NamedTuple):
    """A line as it was read: a hit, or what is wrong with it."""

    number: int
    sent: Sent | None
    errors: tuple[dict[str, str], ...] = ()


class ToldLine(NamedTuple):
    """What became of a line."""

    number: int
    told: Told


@dataclass(frozen=True)
class Bulk:
    """For which force, from whom, and under which request the audit keeps it."""

    force: str
    sender: Sender
    role: str
    request_id: str


def receive_lines(
    engine: Engine | Connection, bulk: Bulk, lines: Iterable[Line]
) -> Iterator[ToldLine]:
    """Give what became of each line, in order, while they are taken."""
    taken, telling_at = 0, CHUNK_ROWS
    for chunk in _chunks(iter(lines)):
        good = [each.sent for each in chunk if each.sent is not None]
        results = _receive(engine, bulk, good)
        taken += sum(each.status == CREATED for each in results)
        if taken >= telling_at:
            _tell_planner(engine, bulk)
            telling_at = taken * 4
        told = iter(results)
        for line in chunk:
            is_bad = line.sent is None
            yield ToldLine(line.number, Told(REFUSED, errors=line.errors) if is_bad else next(told))


def _chunks(lines: Iterator[Line]) -> Iterator[list[Line]]:
    while chunk := list(islice(lines, CHUNK_ROWS)):
        yield chunk


def _receive(engine: Engine | Connection, bulk: Bulk, rows: Sequence[Sent]) -> list[Told]:
    """Take a chunk; where the database refuses a row, all but that row are taken."""
    if not rows:
        return []
    for attempt in range(1, _TRIES + 1):
        try:
            return _take(engine, bulk, rows)
        except OperationalError as error:
            code = getattr(error.orig, "pgcode", None)
            if code not in _PASSING or attempt == _TRIES:
                raise
        except DBAPIError as error:
            code = getattr(error.orig, "pgcode", None) or ""
            if not code.startswith(("22", "23")):
                raise
            break
    if len(rows) == 1:
        return [Told(REFUSED, errors=(_REFUSED_BY_DATABASE,))]
    half = len(rows) // 2
    return [*_receive(engine, bulk, rows[:half]), *_receive(engine, bulk, rows[half:])]


def _take(engine: Engine | Connection, bulk: Bulk, rows: Sequence[Sent]) -> list[Told]:
    work = Work(bulk.force, statement_seconds=_STATEMENT_SECONDS)
    with transaction(engine, work) as session:
        results = receive_hits(session, bulk.sender, rows)
        made = [each.id for each in results if each.status == CREATED and each.id]
        if made:
            act = Act(
                actor=bulk.sender.actor,
                role=bulk.role,
                action="forensics.enter",
                audit_class="collection",
                request_id=bulk.request_id,
                subject_type="forensic_hit",
                subject_ids=made,
                details={"created": len(made)},
            )
            record_act(session, act)
        return results


def _tell_planner(engine: Engine | Connection, bulk: Bulk) -> None:
    """Let the planner know a force that has grown; a busy table has its own turn later."""
    try:
        with transaction(engine, Work(bulk.force, statement_seconds=_STATEMENT_SECONDS)) as session:
            store.tell_planner(session)
    except DBAPIError as error:
        log.info("forensics.statistics-left", kind=type(error).__name__)
