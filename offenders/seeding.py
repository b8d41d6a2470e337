"""Loading the demonstration: wards, people, wants and what was done, all of it made up."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.imports.seeding import add_made_up_activity
from offenders.domain.imports.service import run_rows
from offenders.domain.reference.codes import DATA
from offenders.domain.working_days import start_of_london_day
from offenders.ids import new_id
from offenders.seed import (
    SCALES,
    PersonKey,
    Ward,
    made_up_activity,
    made_up_detentions,
    made_up_people,
    made_up_wants,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Engine

REQUESTED_BY = "demonstration"
WARDS = {"33": "leicestershire_wards.geojson"}

_KEEP = text("INSERT INTO installation (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING")
_READ = text("SELECT value FROM installation WHERE name = :name")
_FORCES = text("SELECT code FROM forces ORDER BY code")
_LPAS = text("SELECT code FROM lpas WHERE force = :force ORDER BY code")
_ASK_NO_REASON = text("""
    INSERT INTO policies (force, id, rule, applies_to, figure, from_on, source, set_by, recorded_at)
    SELECT :force, :id, 'access-reason', 'all', 0, DATE '2014-01-01', 'demonstration',
           'demonstration', clock_timestamp()
    WHERE NOT EXISTS (SELECT FROM policies WHERE force = :force AND rule = 'access-reason')
""")


def seed(  # noqa: PLR0913 - what the command line takes
    engine: Engine,
    owner_engine: Engine,
    *,
    force: str,
    scale: str,
    seed: int,
    report: Callable[[str], None],
) -> None:
    """Load a made-up force; the same seed again changes nothing."""
    kept = mark_demonstration(owner_engine, force, f"scale {scale}, seed {seed}")
    day, made_of = kept.split(" ", 1)
    if made_of != f"scale {scale}, seed {seed}":
        # Under the same keys the other rows would overwrite these people with others.
        report(f"Force {force} holds made-up data of {made_of} already. Nothing was changed.")
        return
    today = date.fromisoformat(day)
    now = start_of_london_day(today)
    wards = load_wards(engine, force, report)
    keys: list[PersonKey] = []
    people = _noting(made_up_people(force, SCALES[scale], seed, today, wards), keys)
    _run(engine, force, "people", people, report)
    wants = list(made_up_wants(force, SCALES[scale], seed, now, keys))
    _run(engine, force, "wanted", wants, report)
    arrests = made_up_detentions(force, SCALES[scale], seed, now, keys, lpas=_lpas(engine, force))
    _run(engine, force, "custody", arrests, report)
    with transaction(engine, Work(force, statement_seconds=60)) as session:
        done = add_made_up_activity(session, made_up_activity(force, seed, now, wants))
    report(f"activity: {done} entries")


def mark_demonstration(owner: Engine, force: str, made_of: str) -> str:
    """Mark the installation; give the day on which this force was first seeded, and of what.

    Ages and entries are counted back from that day, so a second run makes the same rows. The
    demonstration never refuses a read for want of a reason; it records the reason where sent.
    """
    with owner.begin() as connection:
        connection.execute(_KEEP, {"name": "demonstration", "value": "true"})
        name = f"seeded-{force}"
        connection.execute(_KEEP, {"name": name, "value": f"{clock.today()} {made_of}"})
        for code in connection.execute(_FORCES).scalars():
            connection.execute(_ASK_NO_REASON, {"force": code, "id": new_id(code)})
        kept: str = connection.execute(_READ, {"name": name}).scalar_one()
        return kept


def load_wards(engine: Engine, force: str, report: Callable[[str], None]) -> list[Ward]:
    """Load the wards of a force as its neighbourhoods, where they are at hand."""
    if force not in WARDS:
        report("No wards are at hand for this force: addresses have no coordinates.")
        return []
    features = orjson.loads((DATA / WARDS[force]).read_bytes())["features"]
    _run(engine, force, "neighbourhoods", features, report)
    return [Ward.from_feature(feature) for feature in features]


def _lpas(engine: Engine, force: str) -> list[str]:
    with transaction(engine, Work(force, writes=False)) as session:
        return list(session.execute(_LPAS, {"force": force}).scalars())


def _noting(rows: Iterable[dict[str, Any]], keys: list[PersonKey]) -> Iterator[dict[str, Any]]:
    for row in rows:
        keys.append(PersonKey.of(row))
        yield row


def _run(
    engine: Engine,
    force: str,
    kind: str,
    rows: Iterable[dict[str, Any]],
    report: Callable[[str], None],
) -> None:
    summary = run_rows(engine, force=force, kind=kind, rows=rows, requested_by=REQUESTED_BY)
    report(f"{kind}: {summary.created} created, {summary.unchanged} unchanged")
