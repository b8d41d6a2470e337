"""`make bench`: five questions over HTTP beside their floor, in one run on the national seed."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench import chart, floor, machine
from bench.asking import ask, percentile
from bench.questions import Asker, forget_wants
from bench.service import started
from offenders.bundled import database
from offenders.settings import read_settings

if TYPE_CHECKING:
    from bench.questions import Question
    from bench.service import Running

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "bench" / "results"
# Per cent of the floor that must at least be reached.
MARKS = {"person": 27, "wanted list": 60, "create want": 25}
CLIENTS = 8


@dataclass(frozen=True)
class Round:
    """One stretch of HTTP beside one of the floor."""

    floor: float
    rate: float
    p50: float
    p99: float
    service_ms: float
    database_ms: float
    errors: int


@click.command()
@click.option("--data-dir", default="var/bench", help="Where the benchmark keeps its database.")
@click.option("--scale", default="national", help="The seed to measure on.")
@click.option("--rounds", default=3)
@click.option("--seconds", default=4, help="Length of one stretch.")
def main(*, data_dir: str, scale: str, rounds: int, seconds: int) -> None:
    """Measure, print the table, write bench/results/, exit 1 below the marks."""
    for name in [name for name in os.environ if name.startswith("OFFENDERS_")]:
        del os.environ[name]
    os.environ["OFFENDERS_DATA_DIR"] = str((ROOT / data_dir).resolve())
    subprocess.run([sys.executable, "-m", "offenders.cli", "seed", "--scale", scale], check=True)
    with database(read_settings()) as settings, started(settings) as running:
        owner = settings.owner_url or ""
        forget_wants(owner)
        found: dict[str, list[Round]] = {}
        click.echo(_HEAD)
        for question in Asker(settings).questions():
            found[question.name] = [
                measure(question, settings.database_url or "", running, seconds)
                for _ in range(rounds)
            ]
            click.echo(line(question.name, found[question.name]))
        forget_wants(owner)
    _write(found, scale)
    below = [name for name, mark in MARKS.items() if _percent(found[name]) < mark]
    if below:
        click.echo(f"Below the mark: {', '.join(below)}.", err=True)
        sys.exit(1)


def measure(question: Question, url: str, running: Running, seconds: int) -> Round:
    """Measure one stretch of a question beside its floor."""
    _drive(question, running, 1)
    rate = floor.run(url, question.transactions, clients=CLIENTS, seconds=seconds)
    before, began = running.taken(), time.perf_counter()
    latencies, errors = _drive(question, running, seconds)
    elapsed = time.perf_counter() - began
    taken = running.taken().since(before)
    return Round(
        floor=rate,
        rate=len(latencies) / elapsed,
        p50=percentile(latencies, 0.5),
        p99=percentile(latencies, 0.99),
        service_ms=taken.service * 1000 / len(latencies),
        database_ms=taken.database * 1000 / len(latencies),
        errors=errors,
    )


def _drive(question: Question, running: Running, seconds: int) -> tuple[list[float], int]:
    """Give the seconds of each answer, and how many were errors."""
    latencies, errors = [], 0
    replies = ask(running.address, question.requests(), clients=CLIENTS, seconds=seconds)
    for _, reply in replies:
        latencies.append(reply.seconds)
        errors += reply.status not in {200, 201}
    return latencies, errors


def median(rounds: list[Round], name: str) -> float:
    """Give the median of one figure over the rounds."""
    return float(statistics.median(getattr(each, name) for each in rounds))


def _percent(rounds: list[Round]) -> float:
    return statistics.median(each.rate / each.floor for each in rounds) * 100


_HEAD = (
    f"{'question':13}{'floor/s':>9}{'HTTP/s':>9}{'p50 ms':>8}{'p99 ms':>8}"
    f"{'CPU ms service + database':>28}{'% of floor':>12}{'errors':>8}"
)


def head() -> str:
    """Give the head of the table."""
    return _HEAD


def line(name: str, rounds: list[Round]) -> str:
    """Give the row of a question."""
    middle = {each: median(rounds, each) for each in Round.__dataclass_fields__}
    cpu = f"{middle['service_ms']:.2f} + {middle['database_ms']:.2f}"
    return (
        f"{name:13}{middle['floor']:9.0f}{middle['rate']:9.0f}{middle['p50']:8.1f}"
        f"{middle['p99']:8.1f}{cpu:>28}{_percent(rounds):12.0f}{middle['errors']:8.0f}"
    )


def _write(found: dict[str, list[Round]], scale: str) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    at = datetime.now(UTC).strftime("%Y-%m-%d")
    facts: dict[str, Any] = {"date": at, "scale": scale, "clients": CLIENTS, **machine.facts()}
    table = "\n".join([_HEAD, *(line(name, rounds) for name, rounds in found.items())])
    told = "\n".join(f"- {name.replace('_', ' ')}: {value}" for name, value in facts.items())
    (RESULTS / "bench.md").write_text(
        f"# Benchmark\n\n![chart](bench.svg)\n\n```\n{table}\n```\n\n{told}\n\n{_HOW}"
    )
    content = {
        "machine": facts,
        "questions": {
            name: {"percent_of_floor": _percent(rounds), "rounds": [vars(r) for r in rounds]}
            for name, rounds in found.items()
        },
    }
    (RESULTS / "bench.json").write_text(json.dumps(content, indent=1) + "\n")
    percents = {name: _percent(rounds) for name, rounds in found.items()}
    (RESULTS / "bench.svg").write_text(chart.bars(percents, MARKS))


_HOW = """\
`make bench` measures. Clients, service and database share the cores. Every request bears a
token, is scoped and audited; the floor is the very SQL of the same requests, audit row included,
prepared through pgbench in one message a transaction, over as many connections. Stretches of the
two alternate; figures are medians of the rounds, the ratio the median of each round's own ratio.
"""


if __name__ == "__main__":
    main()
