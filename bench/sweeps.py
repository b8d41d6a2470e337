"""Measures sweeps over the national seed against the raw INSERT … SELECT of the same flags.

Run `python -m bench.sweeps --home DIR` on a database that `offenders seed --scale national` has
filled. Each figure is the best of several runs over all forces, each run undone in the end. The
raw statement writes the same flags and their first history, and nothing is asked before.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from offenders.db import Work, begin, recorded_at, serving_engine, transaction
from offenders.domain.custody import service as custody
from offenders.domain.flags import service as flags
from offenders.embedded import EmbeddedPostgres

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from offenders.domain.flags.service import DueSource

RULE: Final = "missing-pnc-checks"
_RAW: Final = """
    WITH raised AS (
        INSERT INTO flags (force, id, rule, severity, subject_type, subject_id, subject_reference,
                           person_id, lpa, owner_officer, owner_team, because, due_at, raised_at)
        SELECT :force, gen_random_uuid(), :rule, severity, subject_type, subject_id,
               subject_reference, person_id, lpa, owner_officer, owner_team, because, due_at, :at
        FROM ({source}) due RETURNING *)
    INSERT INTO flags_history SELECT raised.*, :at, NULL FROM raised
"""
_SHARE: Final = text("""
    UPDATE detentions SET pnc_checked = false
    WHERE force = :force AND abs(hashtext(reference)) % 1000 < :thousandths
""")


class _Undo(Exception):
    """Takes back all that a run has done."""


def sweep(session: Session, source: DueSource) -> int:
    """Run the sweep as the job does."""
    return flags.settle(session, rule=RULE, source=source).raised


def raw(session: Session, source: DueSource) -> int:
    """Write the same flags at once."""
    values = source.values | {"rule": RULE, "at": recorded_at(session)}
    done = session.execute(text(_RAW.format(source=source.sql)), values)
    return int(getattr(done, "rowcount", 0))


def measure(
    engine: Engine,
    forces: Sequence[str],
    work: Callable[[Session, DueSource], int],
    thousandths: int,
) -> tuple[float, int]:
    """Give the seconds of all forces together, and how many flags were written."""
    seconds, raised = 0.0, 0
    try:
        with transaction(engine, Work(forces[0], statement_seconds=600)) as session:
            for force in forces:
                begin(session, Work(force, statement_seconds=600))
                if thousandths:
                    values = {"force": force, "thousandths": thousandths}
                    session.execute(_SHARE, values)
                began = time.perf_counter()
                raised += work(session, custody.unchecked_source(session))
                seconds += time.perf_counter() - began
            raise _Undo  # noqa: TRY301 - it only ends the run
    except _Undo:
        return seconds, raised


def main() -> None:
    """Read where the database is, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=3)
    asked = parser.parse_args()
    server = EmbeddedPostgres(asked.home)
    try:
        urls = server.start()
        engine = serving_engine(urls.app)
        with transaction(engine, Work("00", writes=False)) as session:
            found = session.execute(text("SELECT code FROM forces WHERE kind = 'territorial'"))
            forces = sorted(found.scalars())
        for name, thousandths in (("as seeded", 0), ("a tenth unchecked", 100)):
            for kind, work in (("sweep", sweep), ("raw", raw)):
                runs = [measure(engine, forces, work, thousandths) for _ in range(asked.runs)]
                seconds, raised = min(runs)
                print(f"{name:20} {kind:6} {seconds:8.3f} s {raised:9,} flags", flush=True)
        engine.dispose()
    finally:
        server.stop()


if __name__ == "__main__":
    main()
