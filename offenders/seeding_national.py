"""Loading the whole nation: forty-three forces made in SQL, each whole or not at all."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from queue import Empty, Queue
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.db import NO_FORCE, Work, transaction
from offenders.seed import SCALES
from offenders.seed.national.areas import made_up_places
from offenders.seed.national.draws import Draws
from offenders.seed.national.lists import load_lists
from offenders.seed.national.loading import Force, Loaded, load_force
from offenders.seed.national.plan import Plan
from offenders.seed.national.sizes import sizes
from offenders.seed.national.travellers import travellers
from offenders.seeding import WARDS, load_wards, mark_demonstration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Engine

CONNECTIONS = 2
STATEMENT_SECONDS = 900
SCALE = "national"
_LOCK = text("SELECT pg_try_advisory_lock(hashtext('seed'), hashtext('national'))")
_NAMES = text("SELECT code, name FROM forces")
_IS_HELD = text("""
    SELECT EXISTS (SELECT FROM installation WHERE name = 'seeded-' || :force)
        OR EXISTS (SELECT FROM persons WHERE force = :force)
""")
_ADD_LPAS = text("""
    INSERT INTO lpas (force, code, name)
    SELECT :force, code, name
    FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[])) a (code, name)
    ON CONFLICT DO NOTHING
""")
_ADD_NEIGHBOURHOODS = text("""
    INSERT INTO neighbourhoods (force, code, name, lpa)
    SELECT :force, code, name, lpa
    FROM unnest(CAST(:codes AS text[]), CAST(:names AS text[]), CAST(:lpas AS text[]))
         a (code, name, lpa)
    ON CONFLICT DO NOTHING
""")


@dataclass
class _Nation:
    """What the connections share while they load one force after another."""

    forces: Queue[Force]
    names: Mapping[str, str]
    report: Callable[[str], None]
    loaded: Loaded = field(default_factory=Loaded)
    drivers: list[Any] = field(default_factory=list)

    def end(self) -> None:
        """Let no further force begin, and break off the statements that are running."""
        while not self.forces.empty():
            self.forces.get_nowait()
        for driver in self.drivers:
            driver.cancel()


def seed_nation(
    engine: Engine, owner: Engine, *, seed: int, report: Callable[[str], None]
) -> Loaded:
    """Load every territorial force that holds nobody yet; the same seed again changes nothing."""
    began = time.monotonic()
    made_of = f"scale {SCALE}, seed {seed}"
    with _alone(owner) as is_alone:
        if not is_alone:
            report("Another process is loading the nation. Wait until it has ended.")
            return Loaded()
        kept = mark_demonstration(owner, SCALE, made_of)
        day, kept_of = kept.split(" ", 1)
        if kept_of != made_of:
            report(f"The nation holds made-up data of {kept_of} already. Nothing was changed.")
            return Loaded()
        nation = _prepare(engine, owner, date.fromisoformat(day), seed, report)
        if not nation.forces.empty():
            _clear_remains(owner)
            _load_all(owner, nation)
            _tidy(owner, nation)
    seconds = time.monotonic() - began
    for table, rows in nation.loaded.rows.items():
        if rows:
            report(f"{table}: {rows:,}")
    report(f"The nation is loaded ({seconds:.0f} s).")
    return nation.loaded


@contextmanager
def _alone(owner: Engine) -> Iterator[bool]:
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as keeper:
        try:
            yield bool(keeper.execute(_LOCK).scalar_one())
        finally:
            keeper.execute(text("SELECT pg_advisory_unlock_all()"))


def _prepare(
    engine: Engine, owner: Engine, today: date, seed: int, report: Callable[[str], None]
) -> _Nation:
    """Share the nation out, and put down the areas of the forces that are to be loaded."""
    shares, draws, before = sizes(SCALES[SCALE]), Draws(seed), 0
    known = travellers(seed, shares)
    nation = _Nation(Queue(), {}, report)
    with owner.connect() as connection:
        nation.names = {row.code: row.name for row in connection.execute(_NAMES)}
        held = {f for f in shares if connection.execute(_IS_HELD, {"force": f}).scalar_one()}
    if held:
        report(f"{len(held)} of {len(shares)} forces hold people already and stay as they are.")
    made_of = f"{today} scale {SCALE}, seed {seed}"
    for force, scale in shares.items():
        plan = Plan(force, scale, today, draws, before, len(known[force]))
        before += plan.scatter_over
        if force in held:
            continue
        wards = load_wards(engine, force, report) if force in WARDS else []
        nation.forces.put(Force(plan, wards, known[force], seed, made_of))
    with owner.begin() as connection:
        for made in list(nation.forces.queue):
            if not made.wards:
                _add_places(connection, made.plan)
    return nation


def _add_places(connection: Connection, plan: Plan) -> None:
    places = made_up_places(plan.force, plan.scale.people)
    lpas = {place.lpa: place.lpa_name for place in places}
    values = {"force": plan.force, "codes": list(lpas), "names": list(lpas.values())}
    connection.execute(_ADD_LPAS, values)
    values = {
        "force": plan.force,
        "codes": [place.code for place in places],
        "names": [place.name for place in places],
        "lpas": [place.lpa for place in places],
    }
    connection.execute(_ADD_NEIGHBOURHOODS, values)


def _clear_remains(owner: Engine) -> None:
    """Take away the dead rows of a load that was broken off.

    Tables full of nothing else count as empty to the planner, which then checks each foreign key
    by whichever index comes first.
    """
    _vacuum(owner, ["detentions", "detentions_history", "acro_checks", "acro_checks_history"])


def _load_all(owner: Engine, nation: _Nation) -> None:
    count = min(CONNECTIONS, nation.forces.qsize())
    with ThreadPoolExecutor(count) as pool:
        loading = [pool.submit(_load_some, owner, nation) for _ in range(count)]
        try:
            for each in loading:
                each.result()
        except BaseException:
            nation.end()
            raise


def _load_some(owner: Engine, nation: _Nation) -> None:
    """Load one force after another on one connection, the largest first."""
    with owner.connect() as connection:
        nation.drivers.append(connection.connection.dbapi_connection)
        connection.execute(text("SELECT set_config('temp_buffers', '128MB', false)"))
        connection.commit()
        work = Work(NO_FORCE, statement_seconds=STATEMENT_SECONDS)
        with transaction(connection, work) as session:
            load_lists(session)
        while True:
            try:
                force = nation.forces.get_nowait()
            except Empty:
                return
            began, plan = time.monotonic(), force.plan
            work = Work(plan.force, statement_seconds=STATEMENT_SECONDS)
            with transaction(connection, work) as session:
                load_force(session, force, nation.loaded)
            nation.report(
                f"{plan.force} {nation.names[plan.force]}: {plan.scale.people:,} people,"
                f" {plan.scale.wants:,} wants ({time.monotonic() - began:.1f} s)"
            )


def _tidy(owner: Engine, nation: _Nation) -> None:
    """Let the planner know what there is, and let counts be read from the indexes alone."""
    tables = [table for table in nation.loaded.rows if not table.startswith("made_")]
    shares = [tables[first::CONNECTIONS] for first in range(CONNECTIONS)]
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(partial(_vacuum, owner), shares))


def _vacuum(owner: Engine, tables: Sequence[str]) -> None:
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"VACUUM (ANALYZE) {', '.join(tables)}"))
