"""`make bench-sweeps`: sweeps over a million arrests beside the raw INSERT … SELECT of their rows.

A sweep is run as the scheduler runs it, with every effect: flags and their history, queues, audit
and run. The floor puts the same due rows of the same forces into a table of the shape and with
the indexes of `flags`, by one bare statement a force, in one transaction too.
"""

from __future__ import annotations

import logging
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import structlog
from sqlalchemy import create_engine, text

from bench import machine
from bench.sources import SWEEPS, Sources, rules_of
from offenders import clock
from offenders.bundled import database
from offenders.db import Work, begin, driver_url, serving_engine, transaction
from offenders.jobs import runner
from offenders.jobs.timetable import find_job
from offenders.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Engine
    from sqlalchemy.orm import Session

    from offenders.domain.flags.service import DueSource

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
MOST = 2.0  # times the floor
FEWEST_ARRESTS = 1_000_000
OF_ARRESTS = (
    "missing-acro-checks",
    "overdue-acro-replies",
    "missing-pnc-checks",
    "bail-due",
    "overdue-forensic-hits",
)

_NAMES = """subject_type, subject_id, subject_reference, person_id, lpa, neighbourhood,
    owner_officer, owner_team, severity, because, due_at"""
_FLOOR = """
    INSERT INTO bench_flags (force, id, rule, raised_at, {names})
    SELECT CAST(:floor_force AS text), gen_random_uuid(), :floor_rule,
           CAST(:floor_at AS timestamptz), {names}
    FROM ({due}) d
    ON CONFLICT (force, rule, subject_id) WHERE state <> 'cleared' DO NOTHING
"""


@dataclass(frozen=True)
class Taken:
    """What one run wrote and how long it took."""

    rows: int
    seconds: float


@dataclass(frozen=True)
class Round:
    """One sweep and its floor, each when nothing is flagged yet and when everything is."""

    sweep: tuple[Taken, Taken]
    floor: tuple[Taken, Taken]

    def ratio(self, run: int) -> float:
        """Give how many times the floor's time the sweep took."""
        return self.sweep[run].seconds / self.floor[run].seconds


@dataclass(frozen=True)
class Place:
    """The database as the service reaches it, and as its owner does."""

    engine: Engine
    owner: Engine
    forces: Sequence[str]


@click.command()
@click.option("--data-dir", default=lambda: os.environ.get("OFFENDERS_DATA_DIR", "var/bench"))
@click.option("--rounds", default=7)
@click.option("--only", default="", help="One sweep.")
@click.option("--managed", is_flag=True, help="Of people under management, not of arrests.")
def main(*, data_dir: str, rounds: int, only: str, managed: bool) -> None:
    """Measure, print the table, write it into bench/results, exit 1 above twice the floor."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for name in [name for name in os.environ if name.startswith("OFFENDERS_")]:
        del os.environ[name]
    os.environ["OFFENDERS_DATA_DIR"] = str((ROOT / data_dir).resolve())
    seed = [sys.executable, "-m", "offenders.cli", "seed", "--scale", "national"]
    subprocess.run(seed, check=True)
    with database(read_settings()) as settings:
        arrests, found = _measure_all(
            settings.database_url or "", settings.owner_url or "", rounds, _asked(only, managed)
        )
    if not only:
        _write("sweeps-managed.md" if managed else "sweeps.md", found, arrests, rounds)
    above = [name for name, each in found.items() if max(_ratios(each)) > MOST]
    if above:
        click.echo(f"More than {MOST:g} times the floor: {', '.join(above)}.", err=True)
        sys.exit(1)


def _asked(only: str, managed: bool) -> list[str]:  # noqa: FBT001 - ours
    if only:
        return [name for name in SWEEPS if name == only]
    return [name for name in SWEEPS if (name in OF_ARRESTS) != managed]


def _measure_all(
    url: str, owner_url: str, rounds: int, names: Sequence[str]
) -> tuple[int, dict[str, list[Round]]]:
    """Give how many arrests there are, and the rounds of each sweep that finds anything."""
    owner = create_engine(driver_url(owner_url), isolation_level="AUTOCOMMIT")
    with owner.connect() as connection:
        arrests = int(connection.execute(text("SELECT count(*) FROM detentions")).scalar_one())
        forces = list(connection.execute(text("SELECT code FROM forces ORDER BY 1")).scalars())
    if arrests < FEWEST_ARRESTS:
        message = "This database was made without a year of arrests. Delete it, and seed it anew."
        raise click.ClickException(message)
    place = Place(serving_engine(url), owner, forces)
    found: dict[str, list[Round]] = {}
    click.echo(_HEAD)
    with _floor_table(place):
        for name in names:
            made = [_round(place, name, 0)]
            if not made[0].floor[0].rows:
                click.echo(f"{name:26} finds nothing in the national seed")
                continue
            # What that round read first of all is read from memory from now on.
            made = [_round(place, name, number) for number in range(rounds)]
            found[name] = made
            click.echo(_line(name, made))
    place.engine.dispose()
    owner.dispose()
    return arrests, found


@contextmanager
def _floor_table(place: Place) -> Iterator[None]:
    _as_owner(
        place,
        "DROP TABLE IF EXISTS bench_flags",
        "CREATE TABLE bench_flags (LIKE flags INCLUDING ALL)",
        "GRANT SELECT, INSERT ON bench_flags TO offenders_app",
    )
    try:
        for name in SWEEPS:
            _forget(place, name)
        _as_owner(
            place,
            "INSERT INTO bench_flags SELECT * FROM flags",
            "VACUUM (ANALYZE) flags, flags_history, bench_flags",
        )
        yield
    finally:
        for name in SWEEPS:
            _forget(place, name)
        _as_owner(place, "DROP TABLE bench_flags")


def _round(place: Place, name: str, number: int) -> Round:
    """Measure sweep and floor, twice each, beginning with either in turn, all at one moment."""
    with clock.as_if_at(clock.now()):
        return _round_now(place, name, number)


def _round_now(place: Place, name: str, number: int) -> Round:
    _forget(place, name)
    _as_owner(place, "VACUUM flags, flags_history, bench_flags")
    measured: dict[str, tuple[Taken, Taken]] = {}
    ways: list[tuple[str, Callable[[Place, str], Taken]]] = [("sweep", _sweep), ("floor", _floor)]
    for way, measure in ways[:: -1 if number % 2 else 1]:
        measured[way] = (measure(place, name), measure(place, name))
    made = Round(measured["sweep"], measured["floor"])
    rows = [taken.rows for taken in (*made.sweep, *made.floor)]
    if rows != [rows[0], 0, rows[0], 0]:
        message = f"{name}: sweep and floor differ in their rows: {rows}."
        raise click.ClickException(message)
    return made


def _sweep(place: Place, name: str) -> Taken:
    job = find_job(name)
    if job is None:
        message = f"There is no job {name}."
        raise click.ClickException(message)
    began = time.perf_counter()
    run = runner.run(place.engine, job, slot=datetime.now(UTC), trigger="scheduled")
    seconds = time.perf_counter() - began
    if run.error:
        message = f"{name} failed: {run.error}"
        raise click.ClickException(message)
    return Taken(run.raised + run.cleared, seconds)


def _floor(place: Place, name: str) -> Taken:
    sources: dict[str, Sources] = {}
    for force in place.forces:
        with transaction(place.engine, Work(force)) as session:
            sources[force] = SWEEPS[name](session)
    rows, began = 0, time.perf_counter()
    with transaction(place.engine, Work(place.forces[0])) as session:
        for force, found in sources.items():
            with session.begin_nested():
                begin(session, Work(force, statement_seconds=runner.STATEMENT_SECONDS))
                rows += sum(_put(session, force, rule, each) for rule, each in found.items())
    return Taken(rows, time.perf_counter() - began)


def _put(session: Session, force: str, rule: str, source: DueSource) -> int:
    values = {"floor_force": force, "floor_rule": rule, "floor_at": session.info["recorded_at"]}
    statement = text(_FLOOR.format(names=_NAMES, due=source.sql))
    done: Any = session.execute(statement, source.values | values)
    return int(done.rowcount)


def _forget(place: Place, name: str) -> None:
    """Take away what this sweep and its floor have left."""
    with place.owner.connect() as connection:
        for table in ("flags_history", "flags", "bench_flags"):
            statement = text(f"DELETE FROM {table} WHERE rule = ANY (:rules)")
            connection.execute(statement, {"rules": rules_of(name)})


def _as_owner(place: Place, *statements: str) -> None:
    with place.owner.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))


def _ratios(rounds: Sequence[Round]) -> tuple[float, float]:
    """Give the medians of the rounds' own ratios: of first runs and of second ones."""
    first, second = (statistics.median(each.ratio(run) for each in rounds) for run in (0, 1))
    return first, second


_HEAD = (
    f"{'':26}{'':>9}{'all to be raised':>27}{'nothing to be done':>29}\n"
    f"{'sweep':26}{'flags':>9}{'sweep s':>11}{'floor s':>9}{'ratio':>7}"
    f"{'sweep s':>13}{'floor s':>9}{'ratio':>7}"
)


def _line(name: str, rounds: Sequence[Round]) -> str:
    def median(way: str, run: int) -> float:
        taken: list[Taken] = [getattr(each, way)[run] for each in rounds]
        return statistics.median(each.seconds for each in taken)

    first, second = _ratios(rounds)
    return (
        f"{name:26}{rounds[0].sweep[0].rows:9,}{median('sweep', 0):11.3f}{median('floor', 0):9.3f}"
        f"{first:7.2f}{median('sweep', 1):13.3f}{median('floor', 1):9.3f}{second:7.2f}"
    )


def _write(file: str, found: dict[str, list[Round]], arrests: int, rounds: int) -> None:
    facts: dict[str, Any] = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "arrests": f"{arrests:,}",
        "rounds": rounds,
        "load average": round(os.getloadavg()[0], 1),
        **machine.facts(),
    }
    table = "\n".join([_HEAD, *(_line(name, each) for name, each in found.items())])
    told = "\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in facts.items())
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / file).write_text(f"# Sweeps\n\n```\n{table}\n```\n\n{told}\n\n{_HOW}")


_HOW = f"""\
`make bench-sweeps` measures jobs over arrests, `make bench-sweeps-managed` those over people under
management, on the national seed. A sweep goes over every force in one
transaction, as the scheduler runs it: clocks, flags and their history, queues, audit and the run.
The floor puts the rows that the rule finds due into a table of the shape and with the indexes of
`flags`, by `INSERT … SELECT … ON CONFLICT DO NOTHING`: one statement a rule and one savepoint a
force, one transaction, no history; `iom-reviews` goes over five rules. A sweep prepares its
statements once on its connection, for all forces; the floor's are sent whole for each. Both run
when nothing is flagged yet, and again. Seconds are medians, a ratio the median of each round's own;
it fails above {MOST:g}.
"""


if __name__ == "__main__":
    main()
