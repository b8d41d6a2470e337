"""Loading the demonstration: wards, people, wants, owners, what was done and what PNC holds."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.briefings.seeding import add_made_up_items
from offenders.domain.imports.seeding import add_made_up_activity
from offenders.domain.imports.seeding_hits import add_made_up_progress
from offenders.domain.imports.seeding_mappa import add_made_up_meetings
from offenders.domain.imports.seeding_tasks import add_made_up_tasks
from offenders.domain.imports.service import run_rows
from offenders.domain.meetings.service import hold_first_meetings
from offenders.domain.pnc.service import last_extract
from offenders.domain.reference.codes import DATA
from offenders.domain.sharing.seeding import add_made_up_shares
from offenders.domain.working_days import start_of_london_day
from offenders.ids import new_id
from offenders.jobs.tasks import follow_all
from offenders.seed import (
    SCALES,
    PersonKey,
    Ward,
    made_up_activity,
    made_up_bail,
    made_up_briefings,
    made_up_checks,
    made_up_circulations,
    made_up_detentions,
    made_up_hits,
    made_up_mappa,
    made_up_members,
    made_up_officers,
    made_up_orders,
    made_up_people,
    made_up_registrations,
    made_up_tasks,
    made_up_teams,
    made_up_wants,
)
from offenders.seed.circulations import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sqlalchemy import Engine

REQUESTED_BY = "demonstration"
PNC = "pnc-wanted"
KNOWN_OF_PERSON = ("source_ref", *IDENTITY, "nationalities")
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
    known: dict[str, dict[str, Any]] = {}
    people = _noting(made_up_people(force, SCALES[scale], seed, today, wards), known)
    _run(engine, force, "people", people, report)
    keys = [PersonKey.of(person) for person in known.values()]
    wants = list(made_up_wants(force, SCALES[scale], seed, now, keys))
    _run(engine, force, "wanted", wants, report)
    _run(engine, force, "teams", made_up_teams(), report)
    _run(engine, force, "officers", made_up_officers(force, seed, today, wants), report)
    lpas = _lpas(engine, force)
    arrests = list(made_up_detentions(force, SCALES[scale], seed, now, keys, lpas=lpas))
    _run(engine, force, "custody", arrests, report)
    nationalities = {who.source_ref: who.nationalities for who in keys}
    checks = made_up_checks(force, seed, now, arrests, nationalities)
    _run(engine, force, "acro-checks", checks, report)
    bail = made_up_bail(force, SCALES[scale], seed, now, people=keys, wants=wants)
    _run(engine, force, "bail", bail, report)
    members = made_up_members(force, SCALES[scale], seed, now, keys, arrests=arrests)
    _run(engine, force, "iom", members, report)
    _run(engine, force, "orders", made_up_orders(force, seed, now, keys), report)
    activity = list(made_up_activity(force, seed, now, wants))
    with transaction(engine, Work(force, statement_seconds=60)) as session:
        done = add_made_up_activity(session, activity)
        has_extract = last_extract(session) is not None
    report(f"activity: {done} entries")
    if not has_extract:  # another would end what somebody has sent since
        rows = made_up_circulations(force, seed, wants, activity, known)
        _run(engine, force, PNC, rows, report)
    year = made_up_hits(force, SCALES[scale], seed, now, keys)
    _run(engine, force, "wanted", year.wants, report)
    _run(engine, force, "forensic-hits", year.hits, report)
    with transaction(engine, Work(force, statement_seconds=60)) as session:
        done = add_made_up_progress(session, year.deeds, REQUESTED_BY)
    report(f"progress of hits: {done}")
    registered = made_up_registrations(force, SCALES[scale], seed, today, keys)
    _run(engine, force, "registrations", registered, report)
    managed = made_up_mappa(force, SCALES[scale], seed, now, keys)
    _run(engine, force, "mappa", managed.cases, report)
    with transaction(engine, Work(force, statement_seconds=60)) as session:
        done = add_made_up_meetings(session, managed.deeds, REQUESTED_BY)
    report(f"cases met about: {done}")
    tasks = made_up_tasks(force, seed, now, wants)
    _add_daily_work(engine, force, made_up_briefings(force, seed, wants), tasks, report)


def _add_daily_work(
    engine: Engine,
    force: str,
    items: Iterable[dict[str, Any]],
    tasks: Iterable[dict[str, Any]],
    report: Callable[[str], None],
) -> None:
    """Brief the force, ask for what is to be done, and hold the first daily meetings; once."""
    lpas = _lpas(engine, force)
    with transaction(engine, Work(force, statement_seconds=60)) as session:
        report(f"shares with agencies: {add_made_up_shares(session, REQUESTED_BY)}")
        report(f"briefing items: {add_made_up_items(session, items, REQUESTED_BY)}")
        asked = add_made_up_tasks(session, tasks, REQUESTED_BY)
        followed = follow_all(session, force).details
        report(f"tasks: {asked} asked for, {followed['made']} fallen due")
        report(f"meetings: {hold_first_meetings(session, REQUESTED_BY, lpas[:1])}")


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


def _noting(
    rows: Iterable[dict[str, Any]], known: dict[str, dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Keep of each person what wants and PNC need to know."""
    for row in rows:
        known[row["source_ref"]] = {name: row[name] for name in KNOWN_OF_PERSON if name in row}
        yield row


def _run(
    engine: Engine,
    force: str,
    kind: str,
    rows: Iterable[dict[str, Any]],
    report: Callable[[str], None],
) -> None:
    summary = run_rows(
        engine,
        force=force,
        kind=kind,
        rows=rows,
        complete=kind == PNC,  # or nothing could be told to be missing there
        requested_by=REQUESTED_BY,
    )
    report(f"{kind}: {summary.created} created, {summary.unchanged} unchanged")
