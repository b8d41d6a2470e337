"""Measures imports: rows a second and peak memory, into a full database with all its indexes.

Run `make bench-imports`. The first run makes a database of about a million people under
`var/bench-imports` and takes some minutes; later ones use it again. Each figure is of a process
of its own that reads a CSV file as `offenders import` does; the force is filled anew for each run.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import random
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import orjson
from sqlalchemy import text

from bench.machine import facts, peak_megabytes
from offenders import tables
from offenders.db import serving_engine
from offenders.domain.imports import service
from offenders.domain.reference.codes import DATA, load_codes
from offenders.domain.working_days import start_of_london_day
from offenders.embedded.server import EmbeddedPostgres
from offenders.migrating import migrate, owner_engine
from offenders.seed import (
    PersonKey,
    Scale,
    Ward,
    made_up_detentions,
    made_up_people,
    made_up_wants,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Engine

Row = dict[str, Any]

FORCE, TEMPLATE = "33", "31"  # the force that is measured, and the one that others are copies of
TODAY = date(2026, 3, 1)
RESULTS = Path(__file__).parent / "results"
WARDS = DATA / "leicestershire_wards.geojson"
PERSON_COLUMNS = (
    "source_ref,family_name,given_names,date_of_birth,sex,nationalities,ethnicity_self_defined,"
    "ethnicity_observed,pnc_id,cro_number,prison_number,address_lines,postcode,latitude,longitude,"
    "aliases,vehicles,markers"
).split(",")
IDENTITY = "family_name,given_names,date_of_birth,sex,nationalities,pnc_id,cro_number".split(",")
# In the order in which their rows can be copied and deleted.
COPIED = (
    "lpas",
    "neighbourhoods",
    "persons",
    "persons_history",
    "person_names",
    "person_name_tokens",
    "person_dates_of_birth",
    "person_identifiers",
    "person_addresses",
    "person_vehicles",
    "person_markers",
    "import_sources",
)


# What autovacuum would do, and would else do during the next import.
_AS_BETWEEN_TWO_NIGHTS = text("VACUUM (ANALYZE, SKIP_LOCKED)")


class Figure(NamedTuple):
    """What one import took."""

    summary: service.Summary
    seconds: float
    cpu_seconds: float  # of the importing process alone
    megabytes: float


def people(count: int, seed: int, prefix: str, force: str = FORCE) -> Iterator[Row]:
    """Make up people as a nightly extract in CSV gives them: one address, flat lists.

    Nobody of one force has the identifiers of somebody of another.
    """
    wards = [Ward.from_feature(each) for each in orjson.loads(WARDS.read_bytes())["features"]]
    for row in made_up_people(force, Scale(people=count, wants=0), seed, TODAY, wards):
        lists = {name: row.pop(name, []) for name in ("aliases", "addresses", "vehicles")}
        homes: list[Row] = [each for each in lists["addresses"] if each["type"] == "home"]
        home: Row = homes[0] if homes else {}
        placed = {key: home[key] for key in ("postcode", "latitude", "longitude") if key in home}
        flat: Row = {
            "source_ref": prefix + row["source_ref"],
            "nationalities": ";".join(row.get("nationalities", ())),
            "address_lines": ";".join(home.get("lines", ())),
            "aliases": "; ".join(
                f"{each['family_name']}, {each.get('given_names', '')}" for each in lists["aliases"]
            ),
            "vehicles": ";".join(each["registration_mark"] for each in lists["vehicles"]),
            "markers": ";".join(each["code"] for each in row.get("markers", ())),
        }
        yield row | placed | flat


def changed(rows: Iterable[Row], share: float, seed: int) -> Iterator[Row]:
    """Change a share of rows: of ten, four moved, two of another ethnicity, and so on."""
    rnd = random.Random(seed)  # noqa: S311 - made-up data
    for number, row in enumerate(rows):
        if rnd.random() >= share:
            yield row
            continue
        yield row | _change(row, number, rnd)


def _change(row: Row, number: int, rnd: random.Random) -> Row:
    kind = number % 10
    if kind < 4:  # noqa: PLR2004 - four of ten
        street = f"{rnd.randint(1, 400)} Changed Street;Leicester"
        return {"address_lines": street, "postcode": f"LE{rnd.randint(1, 19)} 4CC"}
    if kind < 6:  # noqa: PLR2004 - two of ten
        return {"ethnicity_observed": "2" if row.get("ethnicity_observed") != "2" else "1"}
    if kind == 6:  # noqa: PLR2004 - one of ten
        return {"given_names": f"{row.get('given_names', '')} Alex"}
    if kind == 7:  # noqa: PLR2004 - one of ten
        return {"vehicles": f"ZZ{rnd.randint(10, 99)}CHG"}
    if kind == 8:  # noqa: PLR2004 - one of ten
        return {"markers": "VI;WE" if "VI" not in row["markers"] else "VI;DR"}
    return {"sex": "male" if row.get("sex") != "male" else "female"}


def wants(rows: Iterable[Row], count: int) -> list[Row]:
    """Make up wants of these people."""
    keys = [PersonKey.of(row) for row in rows]
    made = made_up_wants(FORCE, Scale(len(keys), count), 1, start_of_london_day(TODAY), keys)
    return [dict(row) for row in made]


def arrests(rows: Iterable[Row], count: int) -> list[Row]:
    """Make up a year of arrests of these people, as a custody system writes them in CSV."""
    split = [
        row | {"nationalities": row["nationalities"].split(";") if row["nationalities"] else ()}
        for row in rows
    ]
    keys = [PersonKey.of(row) for row in split]
    now = start_of_london_day(TODAY)
    made = made_up_detentions(FORCE, Scale(len(keys), 0, count), 1, now, keys, lpas=())
    return [row | {"offences": ";".join(row["offences"])} for row in made]


def arrests_of_strangers(rows: Sequence[Row], count: int) -> list[Row]:
    """Make up arrests that name their person, of people whom the force doesn't know yet."""
    who = {row["source_ref"]: {name: row.get(name, "") for name in IDENTITY} for row in rows}
    return [
        row
        | who[row["person_source_ref"]]
        | {
            "person_source_ref": "",
            "source_ref": f"N{row['source_ref']}",
            "custody_number": row["custody_number"].replace("CU/", "CN/"),
        }
        for row in arrests(rows, count)
    ]


def write(path: Path, columns: Iterable[str], rows: Iterable[Row]) -> Path:
    """Write rows as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(columns), restval="", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    return path


def _measured(url: str, kind: str, path: Path, complete: bool, answer: Any) -> None:  # noqa: FBT001
    engine = serving_engine(url)
    began, used = time.perf_counter(), time.process_time()
    summary = service.run_file(
        engine,
        force=FORCE,
        kind=kind,
        path=path,
        complete=complete,
        requested_by="bench",
        in_processes=True,
    )
    seconds = time.perf_counter() - began
    answer.put(Figure(summary, seconds, time.process_time() - used, peak_megabytes()))


def measure(url: str, kind: str, path: Path, *, complete: bool = False) -> Figure:
    """Import a file in a process of its own."""
    context = multiprocessing.get_context("spawn")
    answer = context.SimpleQueue()
    child = context.Process(target=_measured, args=(url, kind, path, complete, answer))
    child.start()
    child.join()
    if child.exitcode:
        message = f"The import of {path} ended with {child.exitcode}."
        raise SystemExit(message)
    figure: Figure = answer.get()
    return figure


def empty(owner: Engine, force: str) -> None:
    """Take away all that a force holds but its areas."""
    kept = {"lpas", "neighbourhoods", "neighbourhood_rings", "policies"}
    with owner.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            if "force" in table.columns and table.name not in kept:
                connection.execute(table.delete().where(table.c.force == force))


def fill(owner: Engine, url: str, home: Path, others: int) -> None:
    """Fill other forces with copies of one of 25,000 people, where they aren't there yet."""
    with owner.connect() as connection:
        there = set(connection.execute(text("SELECT DISTINCT force FROM persons")).scalars())
        forces = connection.execute(text("SELECT code FROM forces ORDER BY code")).scalars().all()
    engine = serving_engine(url)
    features = orjson.loads(WARDS.read_bytes())["features"]
    service.run_rows(
        engine, force=FORCE, kind="neighbourhoods", rows=features, requested_by="bench"
    )
    wanted = [code for code in forces if code not in {FORCE, TEMPLATE}][:others]
    if TEMPLATE not in there:
        service.run_rows(
            engine, force=TEMPLATE, kind="neighbourhoods", rows=features, requested_by="bench"
        )
        path = write(home / "template.csv", PERSON_COLUMNS, people(25_000, 9, "T", TEMPLATE))
        service.run_file(engine, force=TEMPLATE, kind="people", path=path, requested_by="bench")
    engine.dispose()
    missing = [code for code in wanted if code not in there]
    for code in missing:
        print("filling", code, flush=True)
        with owner.begin() as connection:
            for name in COPIED:
                columns = [c.name for c in tables.metadata.tables[name].columns]
                rest = ", ".join(f'"{each}"' for each in columns if each != "force")
                connection.execute(
                    text(
                        f"INSERT INTO {name} (force, {rest}) SELECT :code, {rest} FROM {name}"
                        " WHERE force = :template ON CONFLICT DO NOTHING"
                    ),
                    {"code": code, "template": TEMPLATE},
                )
    if missing:
        with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def run(url: str, owner: Engine, home: Path, base: int, only: str) -> list[str]:
    """Measure every case whose kind is asked for, people first; print it, and give what it was."""
    told: list[str] = []
    everyone = list(people(base + 40_000, 1, "B"))
    standing, newcomers = everyone[:base], everyone[base : base + 20_000]
    first = write(home / "base.csv", PERSON_COLUMNS, standing)
    night = list(changed(standing, 0.03, 3)) + newcomers[: base // 50]
    cases: list[tuple[str, str, Path, bool]] = [
        ("first extract", "people", first, False),
        ("unchanged", "people", first, True),
        (
            "a night: 2 % new, 3 % changed",
            "people",
            write(home / "night.csv", PERSON_COLUMNS, night),
            True,
        ),
        ("all new", "people", write(home / "new.csv", PERSON_COLUMNS, newcomers), False),
        (
            "all changed",
            "people",
            write(home / "all.csv", PERSON_COLUMNS, changed(night, 1, 4)),
            False,
        ),
    ]
    entered = wants(standing, 20_000)
    columns = service.columns("wanted")
    moved = [row | {"power": "PACE 1984 s.24", "risk_rationale": "Reviewed."} for row in entered]
    cases += [
        ("wants: all new", "wanted", write(home / "wants.csv", columns, entered), False),
        ("wants: unchanged", "wanted", home / "wants.csv", True),
        ("wants: all changed", "wanted", write(home / "moved.csv", columns, moved), False),
    ]
    year = arrests(standing, 20_000)
    columns = service.columns("custody")
    again = [row | {"station": "Another Suite"} for row in year]
    strange = arrests_of_strangers(everyone[base + 20_000 :], 20_000)
    cases += [
        ("custody: all new", "custody", write(home / "custody.csv", columns, year), False),
        ("custody: unchanged", "custody", home / "custody.csv", True),
        ("custody: all changed", "custody", write(home / "again.csv", columns, again), False),
        (
            "custody: naming their people",
            "custody",
            write(home / "strange.csv", columns, strange),
            False,
        ),
    ]
    empty(owner, FORCE)
    wanted = [each for each in cases if only in {"", each[1]} or each[0] == "first extract"]
    for name, kind, path, complete in wanted:
        with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(_AS_BETWEEN_TWO_NIGHTS)
        figure = measure(url, kind, path, complete=complete)
        told.append(_told(name, figure))
        print(told[-1], flush=True)
    return told


def _told(name: str, figure: Figure) -> str:
    rate = figure.summary.read / figure.seconds
    return (
        f"{name:32} {rate:8,.0f} rows/s {figure.seconds:7.2f} s "
        f"{figure.cpu_seconds:7.2f} s CPU {figure.megabytes:6.0f} MB  "
        + " ".join(f"{key}={value}" for key, value in figure.summary._asdict().items())
    )


def _write_down(told: Iterable[str]) -> None:
    lines = [
        "# Imports",
        "",
        "```",
        *told,
        "```",
        "",
        f"- date: {datetime.now(UTC).date()}",
        *(f"- {key.replace('_', ' ')}: {value}" for key, value in facts().items()),
        "",
        "`make bench-imports` measures: a force of 25,000 people in a database of a million, each",
        "file by a process of its own as `offenders import` does, all indexes, history, audit and",
        "words of names kept. CPU and memory are those of the importing process.",
        "",
    ]
    (RESULTS / "imports.md").write_text("\n".join(lines), encoding="utf-8")


def main() -> None:
    """Read what is asked for, and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, default=Path("var/bench-imports"))
    parser.add_argument("--forces", type=int, default=38, help="other forces, of 25,000 people")
    parser.add_argument("--people", type=int, default=25_000, help="people of the force measured")
    parser.add_argument("--only", default="", help="one kind of import, after the people")
    asked = parser.parse_args()
    asked.home.mkdir(parents=True, exist_ok=True)
    server = EmbeddedPostgres(asked.home)
    try:
        urls = server.start()
        migrate(urls.owner, "offenders_app")
        owner = owner_engine(urls.owner)
        with owner.connect() as connection:
            load_codes(connection)
            connection.commit()
        fill(owner, urls.app, asked.home, asked.forces)
        told = run(urls.app, owner, asked.home, asked.people, asked.only)
        if not asked.only:
            _write_down(told)
        owner.dispose()
    finally:
        server.stop()


if __name__ == "__main__":
    main()
