"""The scorecard of search: who is found among the first ten, how fast, and at what cost.

`make scorecard` runs it over every force in the database. It exits with 1 below the marks.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import orjson

from bench.asking import ask_all
from bench.machine import facts
from bench.queries import make_queries
from bench.report import Score, as_data, as_page
from bench.service import started
from bench.targets import forces_with_people, read_targets
from offenders import clock
from offenders.bundled import database
from offenders.issuer import issue_token, load_or_make_key
from offenders.migrating import owner_engine
from offenders.preparing import prepare
from offenders.settings import read_settings

if TYPE_CHECKING:
    from bench.asking import Reply
    from bench.queries import Query
    from offenders.settings import Settings

CLIENTS = 8
FIRST = 10  # the target must be among so many
WARMING = 200  # requests before the measured ones
QUERIES_OF_A_READER = 200  # a reader may see 20,000 people a day, and each query shows ten
LEAST_PEOPLE = 1_000  # a force with fewer people is no test
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Marks:
    """What search has to reach: recall in per cent, latencies in milliseconds."""

    recall: float = 95.0
    median: float = 50.0
    p99: float = 150.0


def main() -> int:
    """Run the scorecard and write it down."""
    wanted = _arguments()
    settings = read_settings()
    with database(settings) as connected:
        prepare(connected)
        queries, people = _read(connected, wanted.queries, wanted.seed)
        if not queries:
            sys.stderr.write("No force has people enough. Run: offenders seed --scale national\n")
            return 2
        requests = _requests(settings, queries)
        with started(connected) as running:
            ask_all(running.address, requests[:WARMING], CLIENTS)
            before = running.taken()
            replies = ask_all(running.address, requests, CLIENTS)
            taken = running.taken().since(before)
    score = _score(queries, replies, taken.service + taken.database, people)
    machine = facts()
    score.conditions = {
        "date": clock.today().isoformat(),
        "machine": f"{machine['cores']} × {machine['processor']}",
        "clients": CLIENTS,
        "load_average": round(os.getloadavg()[0], 1),
        "seed": wanted.seed,
    }
    page = as_page(score, Marks())
    if not wanted.dry_run:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "scorecard.md").write_text(page, encoding="utf-8")
        (RESULTS / "scorecard.json").write_bytes(
            orjson.dumps(as_data(score), option=orjson.OPT_INDENT_2)
        )
    if wanted.missed:
        _list_missed(queries, replies, wanted.missed)
    sys.stdout.write(page)
    return 0 if score.passes(Marks()) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scorecard", description=__doc__)
    parser.add_argument("--queries", type=int, default=6_000, help="over all forces together")
    parser.add_argument("--seed", default="1", help="same seed and people, same queries")
    parser.add_argument("--missed", type=int, default=0, help="list so many of the missed ones")
    parser.add_argument("--dry-run", action="store_true", help="write no results")
    return parser.parse_args()


def _read(settings: Settings, count: int, seed: str) -> tuple[list[Query], int]:
    """Make the queries of every force in turn; give them mixed, and how many people there are."""
    engine = owner_engine(settings.owner_url or "")
    of_forces, people = [], 0
    with engine.connect() as connection:
        forces = forces_with_people(connection, LEAST_PEOPLE)
        for force in forces:
            targets = read_targets(connection, force)
            people += len(targets)
            share = -(-count // len(forces))
            of_forces.append(list(make_queries(targets, share, f"{seed} {force}")))
    engine.dispose()
    return [query for turn in zip(*of_forces, strict=True) for query in turn], people


def _requests(settings: Settings, queries: list[Query]) -> list[bytes]:
    key = load_or_make_key(settings.data_dir)
    tokens: dict[tuple[str, int], str] = {}
    asked: dict[str, int] = {}
    requests = []
    for query in queries:
        force = query.target.force
        reader = asked.get(force, 0) // QUERIES_OF_A_READER
        asked[force] = asked.get(force, 0) + 1
        if (force, reader) not in tokens:
            tokens[force, reader] = issue_token(
                key,
                roles=["investigator"],
                force=force,
                audience=settings.oidc_audience,
                now=clock.now(),
                name=f"scorecard-{reader}-{clock.now():%H%M%S}",
                hours=2,
            )
        requests.append(_request(query, tokens[force, reader]))
    return requests


def _request(query: Query, token: str) -> bytes:
    criteria = {"name": query.name, "limit": str(FIRST)}
    if query.born:
        criteria["date_of_birth"] = query.born.isoformat()
    return (
        f"GET /v1/people?{urlencode(criteria)} HTTP/1.1\r\nHost: scorecard\r\n"
        f"Authorization: Bearer {token}\r\nX-Access-Reason: scorecard\r\n\r\n"
    ).encode()


def is_found(query: Query, reply: Reply) -> bool:
    """Tell whether the target is on the page."""
    if reply.status != 200:  # noqa: PLR2004 - OK
        message = f"The service answered {reply.status}: {reply.body[:300]!r}"
        raise RuntimeError(message)
    return query.target.id in [item["id"] for item in orjson.loads(reply.body)["items"]]


def _score(queries: list[Query], replies: list[Reply], spent: float, people: int) -> Score:
    score = Score(people=people, forces=len({query.target.force for query in queries}))
    score.processor_milliseconds = spent * 1000 / len(queries)
    for query, reply in zip(queries, replies, strict=True):
        score.add(query, reply.seconds, found=is_found(query, reply))
    return score


def _list_missed(queries: list[Query], replies: list[Reply], most: int) -> None:
    missed = [
        query
        for query, reply in zip(queries, replies, strict=True)
        if not query.is_ambiguous and not is_found(query, reply)
    ]
    for query in missed[:most]:
        target = query.target
        sys.stdout.write(
            f"{query.kind}: {query.name!r} {query.born} -> {target.names} {target.born}"
            f" +{query.others}\n"
        )


if __name__ == "__main__":
    sys.exit(main())
