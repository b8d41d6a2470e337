"""Measures the sweeps of the timetable: each beside one raw INSERT … SELECT of what it finds due.

Run `make bench-sweeps`. It looks at the installation that the environment names, which should hold
the national seed. Every figure is a sum over all forces; each run is undone before the next, so
nothing of it stays. `raw` inserts what the rule finds due and keeps no history; `first` raises it
all, with history; `again` finds everything raised already.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

from sqlalchemy import text

from offenders.bundled import database
from offenders.db import Work, transaction
from offenders.domain.flags import store as flags
from offenders.jobs.timetable import JOBS
from offenders.preparing import open_current
from offenders.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from offenders.jobs.runner import Job

SECONDS = 600.0  # for one statement
_FACTS = """
    subject_type, subject_id, subject_reference, person_id, lpa, neighbourhood, owner_officer,
    owner_team, severity, because, due_at
"""
_RAW = """
    INSERT INTO flags (force, id, rule, raised_at, {facts})
    SELECT :bench_force, gen_random_uuid(), :bench_rule, clock_timestamp(), subject_type,
           CAST(subject_id AS uuid), CAST(subject_reference AS text), CAST(person_id AS uuid),
           CAST(lpa AS text), CAST(neighbourhood AS text), CAST(owner_officer AS text),
           CAST(owner_team AS text), CAST(severity AS text), CAST(because AS jsonb),
           CAST(due_at AS timestamptz)
    FROM ({source}) due ON CONFLICT DO NOTHING
"""


_CLEAR = text("""
    UPDATE flags SET state = 'cleared', cleared_at = clock_timestamp() WHERE state <> 'cleared'
""")


class Sweep(NamedTuple):
    """What a sweep took over all forces, in seconds, and how many flags it raised."""

    flags: int = 0
    raw: float = 0.0
    first: float = 0.0
    again: float = 0.0

    def plus(self, other: Sweep) -> Sweep:
        """Add that of another force."""
        return Sweep(
            self.flags + other.flags,
            self.raw + other.raw,
            self.first + other.first,
            self.again + other.again,
        )


@contextmanager
def undone(engine: Engine, force: str) -> Iterator[Session]:
    """Open a transaction of a force without open flags, which leaves nothing behind."""
    with transaction(engine, Work(force, statement_seconds=SECONDS)) as session:
        attempt = session.begin_nested()
        session.execute(_CLEAR)
        yield session
        attempt.rollback()


@contextmanager
def noted() -> Iterator[list[tuple[str, str, dict[str, Any]]]]:
    """Note the sources that sweeps hand to the flags."""
    found: list[tuple[str, str, dict[str, Any]]] = []
    settle = flags.settle

    def note(session: Session, rule: str, sql: str, *rest: Any, **more: Any) -> Any:
        found.append((rule, sql, rest[0]))
        return settle(session, rule, sql, *rest, **more)

    with patch.object(flags, "settle", note):
        yield found


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Give how many seconds it took, and what it gave."""
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def sweep_force(engine: Engine, job: Job, force: str) -> Sweep:
    """Measure one sweep in one force."""
    with undone(engine, force) as session, noted() as sources:
        first, effect = timed(lambda: job.effect_in(session, force))
        again, _ = timed(lambda: job.effect_in(session, force))
    raw = 0.0
    with undone(engine, force) as session:
        for rule, sql, values in sources[: len(sources) // 2]:
            began = time.perf_counter()
            insert(session, force, rule, sql, values)
            raw += time.perf_counter() - began
    return Sweep(effect.raised, raw, first, again)


def insert(session: Session, force: str, rule: str, sql: str, values: dict[str, Any]) -> None:
    """Insert what a rule finds due, and nothing more."""
    statement = text(_RAW.format(facts=_FACTS, source=sql))
    session.execute(statement, values | {"bench_force": force, "bench_rule": rule})


def main() -> None:
    """Measure every sweep and print it."""
    with database(read_settings()) as settings:
        engine = open_current(settings)
        with transaction(engine, Work("00", writes=False)) as session:
            forces = list(session.execute(text("SELECT code FROM forces ORDER BY code")).scalars())
        print(f"{'sweep':28} {'flags':>9} {'raw s':>8} {'first s':>8} {'again s':>8}  first/raw")
        for job in JOBS:
            if job.raises_flags:
                total = Sweep()
                for force in forces:
                    total = total.plus(sweep_force(engine, job, force))
                ratio = f"{total.first / total.raw:9.2f}" if total.raw else ""
                print(
                    f"{job.name:28} {total.flags:9,} {total.raw:8.2f} {total.first:8.2f}"
                    f" {total.again:8.2f}  {ratio}",
                    flush=True,
                )
        engine.dispose()


if __name__ == "__main__":
    main()
