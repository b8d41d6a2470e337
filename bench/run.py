"""`make bench`: five questions over HTTP beside their floor, in one run on the national seed."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bench import chart, floor, machine
from bench.load import drive
from bench.questions import Asker, forget_wants
from offenders.bundled import joined
from offenders.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.questions import Question

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
@click.option("--port", default=8790)
def main(*, data_dir: str, scale: str, rounds: int, seconds: int, port: int) -> None:
    """Measure, print the table, write bench/results/, exit 1 below the marks."""
    home = (ROOT / data_dir).resolve()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OFFENDERS_")}
    environment |= {"OFFENDERS_DATA_DIR": str(home)}
    _offenders(environment, "seed", "--scale", scale)
    with _service(environment, port), joined(home) as urls:
        os.environ |= environment
        settings = replace(read_settings(), database_url=urls.app, database_owner_url=urls.owner)
        forget_wants(urls.owner)
        found: dict[str, list[Round]] = {}
        click.echo(_HEAD)
        for question in Asker(settings).questions():
            found[question.name] = [
                _measure(question, urls.app, home, port, seconds) for _ in range(rounds)
            ]
            click.echo(_line(question.name, found[question.name]))
        forget_wants(urls.owner)
    _write(found, scale)
    below = [name for name, mark in MARKS.items() if _percent(found[name]) < mark]
    if below:
        click.echo(f"Below the mark: {', '.join(below)}.", err=True)
        sys.exit(1)


def _offenders(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "-m", "offenders.cli", *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


@contextlib.contextmanager
def _service(environment: dict[str, str], port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "offenders.cli", "serve", "--no-scheduler"]
    process = subprocess.Popen(
        [*command, "--port", str(port)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        for line in process.stdout or ():
            if "Ctrl-C" in line:
                break
        yield
    finally:
        process.terminate()
        process.communicate()


def _measure(question: Question, url: str, home: Path, port: int, seconds: int) -> Round:
    address = ("127.0.0.1", port)
    drive(address, question.requests(), clients=CLIENTS, seconds=1)
    rate = floor.run(url, question.transactions, clients=CLIENTS, seconds=seconds)
    before = machine.taken(home)
    load = drive(address, question.requests(), clients=CLIENTS, seconds=seconds)
    cpu = machine.taken(home).since(before)
    answers = len(load.latencies)
    return Round(
        floor=rate,
        rate=load.rate,
        p50=load.percentile(0.5),
        p99=load.percentile(0.99),
        service_ms=cpu.service * 1000 / answers,
        database_ms=cpu.database * 1000 / answers,
        errors=sum(n for status, n in load.statuses.items() if status not in {200, 201}),
    )


def _median(rounds: list[Round], name: str) -> float:
    return float(statistics.median(getattr(each, name) for each in rounds))


def _percent(rounds: list[Round]) -> float:
    return statistics.median(each.rate / each.floor for each in rounds) * 100


_HEAD = (
    f"{'question':13}{'floor/s':>9}{'HTTP/s':>9}{'p50 ms':>8}{'p99 ms':>8}"
    f"{'CPU ms service + database':>28}{'% of floor':>12}{'errors':>8}"
)


def _line(name: str, rounds: list[Round]) -> str:
    median = {each: _median(rounds, each) for each in Round.__dataclass_fields__}
    cpu = f"{median['service_ms']:.2f} + {median['database_ms']:.2f}"
    return (
        f"{name:13}{median['floor']:9.0f}{median['rate']:9.0f}{median['p50']:8.1f}"
        f"{median['p99']:8.1f}{cpu:>28}{_percent(rounds):12.0f}{median['errors']:8.0f}"
    )


def _write(found: dict[str, list[Round]], scale: str) -> None:
    RESULTS.mkdir(parents=True, exist_ok=True)
    at = datetime.now(UTC).strftime("%Y-%m-%d")
    facts: dict[str, Any] = {"date": at, "scale": scale, "clients": CLIENTS, **machine.facts()}
    table = "\n".join([_HEAD, *(_line(name, rounds) for name, rounds in found.items())])
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
