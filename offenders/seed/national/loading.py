"""Making one force of the nation, in one transaction."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.forensics.service import RULE as OVERDUE_HITS
from offenders.domain.imports.staging import copy_to_stage
from offenders.domain.reference.policies import figure_in_force, figures_in_force
from offenders.domain.wanted.clocks import CANCELLATION
from offenders.domain.wanted.service import due_values, figures_today
from offenders.ids import new_id
from offenders.seed.national.areas import streets
from offenders.seed.national.bail import bail_statements, bail_values
from offenders.seed.national.checks import check_statements, check_values
from offenders.seed.national.custody import custody_statements, stage_arrests
from offenders.seed.national.hits import hit_statements
from offenders.seed.national.log import want_statements
from offenders.seed.national.managed import TABLES, receive_managed
from offenders.seed.national.people import stage_people
from offenders.seed.national.plan import MADE_BY, Plan
from offenders.seed.national.records import person_statements
from offenders.seed.national.search import write_words
from offenders.seed.national.wants import stage_wants

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from offenders.seed.homes import Ward
    from offenders.seed.national.travellers import Known

BATCH = 1000  # people or wants that one event of the audit names

_KEEP = text("INSERT INTO installation (name, value) VALUES (:name, :value)")
_SETTINGS = text("""
    SELECT set_config('timezone', 'UTC', true), set_config('work_mem', '128MB', true),
           set_config('jit', 'off', true), set_config('max_parallel_workers_per_gather', '0', true)
""")
_LPAS = text("SELECT code, lpa FROM neighbourhoods WHERE force = :force")
_STAGES = (
    text("""
        CREATE TEMPORARY TABLE stage_streets (
            slot int, neighbourhood text, lpa text, name text, town text, postcode text,
            longitude float8, latitude float8, east float8, north float8) ON COMMIT DROP
    """),
    text("""
        CREATE TEMPORARY TABLE stage_known (n bigint, traveller bigint, is_spelt_otherwise boolean)
        ON COMMIT DROP
    """),
)
_STAGED = ("stage_streets", "stage_known")


@dataclass(frozen=True)
class Force:
    """A force to be made: its plan, its real wards if any, and whom others know, too."""

    plan: Plan
    wards: Sequence[Ward]
    known: Sequence[Known]
    seed: int
    made_of: str


@dataclass
class Loaded:
    """What was loaded: rows and seconds by table, summed over forces."""

    rows: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, table: str, rows: int, seconds: float) -> None:
        """Add what one statement has done."""
        self.rows[table] = self.rows.get(table, 0) + rows
        self.seconds[table] = self.seconds.get(table, 0.0) + seconds


_COLLECTED: Final = (
    ("people", "person", "made_people"),
    ("wanted", "want", "made_wants"),
    ("forensic-hits", "forensic_hit", "made_hits"),
)
_COLLECTED_IN_CUSTODY: Final = (
    ("custody", "detention", "made_arrests"),
    ("acro-checks", "acro_check", "made_checks"),
    ("bail", "bail_record", "made_bail"),
)


def load_force(session: Session, force: Force, loaded: Loaded) -> None:
    """Make people, their words, wants with their year, and the audit of it; mark it as done."""
    plan = force.plan
    session.execute(_SETTINGS)
    values = plan.values | _staged(session, force) | due_values(figures_today(session))
    for name, rule in (("marker_days", "marker-reviews"), ("cancellation_days", CANCELLATION)):
        values[name] = figure_in_force(session, plan.force, rule, plan.today) or 0

    days = figures_in_force(session, plan.force, OVERDUE_HITS, plan.today)
    values["hit_days"] = orjson.dumps(days).decode()
    if plan.scale.arrests:
        values |= check_values(session, plan) | bail_values(session, plan)

    def run(table: str, statement: str) -> None:
        began = time.monotonic()
        done: Any = session.execute(text(statement), values)
        rows = int(done.rowcount)
        if table.startswith("made_"):
            session.execute(text(f"ANALYZE {table}"))
            rows = 0
        loaded.add(table, rows, time.monotonic() - began)

    run("made_people", stage_people(plan))
    for table, statement in person_statements(plan):
        run(table, statement)
    began = time.monotonic()
    words = write_words(session, plan.force)
    loaded.add("person_name_tokens", words, time.monotonic() - began)
    run("made_wants", stage_wants(plan))
    for table, statement in (*want_statements(plan), *hit_statements(plan)):
        run(table, statement)
    collected: tuple[tuple[str, str, str], ...] = _COLLECTED
    if plan.scale.arrests:
        collected += _COLLECTED_IN_CUSTODY
        run("made_arrests", stage_arrests(plan))
        for table, statement in (
            *custody_statements(plan),
            *check_statements(plan),
            *bail_statements(plan),
        ):
            run(table, statement)
    for kind, subject, made in collected:
        _audit(session, plan, kind, subject, made)
    _manage(session, force, loaded)
    kept = {"name": f"seeded-{plan.force}", "value": force.made_of}
    session.execute(_KEEP, kept)


def _manage(session: Session, force: Force, loaded: Loaded) -> None:
    """Receive whom the force manages; what the service's own imports write is its own affair."""
    began = time.monotonic()
    for kind, made in receive_managed(session, force.plan, force.seed):
        first, *others = TABLES[kind]
        loaded.add(first, made, time.monotonic() - began)
        for table in others:
            loaded.add(table, 0, 0)
        began = time.monotonic()


def _staged(session: Session, force: Force) -> dict[str, object]:
    """Stage streets and travellers; give the count of streets."""
    plan = force.plan
    lpas = {row.code: row.lpa for row in session.execute(_LPAS, {"force": plan.force})}
    laid = streets(plan.force, force.seed, plan.scale.people, lpas, force.wards)
    known = [
        (n, each.traveller, each.is_spelt_otherwise) for n, each in enumerate(force.known, start=1)
    ]
    staged: tuple[Sequence[Sequence[Any]], ...] = (laid, known)
    for table, statement, rows in zip(_STAGED, _STAGES, staged, strict=True):
        session.execute(statement)
        if rows:
            copy_to_stage(session, table, rows)
        session.execute(text(f"ANALYZE {table}"))
    return {"streets": len(laid)}


def _audit(session: Session, plan: Plan, kind: str, subject: str, made: str) -> None:
    """Record the collection of these records, as an import of them would in batches."""
    load_id = new_id(plan.force)
    milliseconds = int(recorded_at(session).timestamp() * 1000)
    number = "(m.n - 1) / :batch"
    statement = text(f"""
        INSERT INTO audit_events (force, id, actor, role, action, audit_class, subject_type,
                                  subject_ids, request_id, details)
        SELECT :force, {plan.draws.uuid(plan.force, str(milliseconds), number, kind)}, :by,
               'import', 'imports.received', 'collection', :subject, array_agg(m.id ORDER BY m.n),
               :load_id, jsonb_build_object('kind', CAST(:kind AS text), 'import_id',
                   CAST(:load_id AS text), 'created', count(*), 'changed', 0)
        FROM {made} m GROUP BY {number}
    """)
    values = {
        "force": plan.force,
        "batch": BATCH,
        "by": MADE_BY,
        "subject": subject,
        "kind": kind,
        "load_id": str(load_id),
    }
    session.execute(statement, values)
