"""Runs one job: one transaction, one turn at a time, a savepoint for each force.

A job whose work in a force falls into steps, each whole by itself and never done twice, takes
each in a transaction of its own while the first holds the turn and keeps the run.

A scheduled slot takes effect at most once. Whoever runs a job first takes its lock, then looks
whether the slot is done, and keeps the run as the last act of the transaction; the unique
index over (job, slot) refuses whatever would slip through, and with it all of its effects.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from uuid import UUID, uuid4

import structlog
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from offenders import clock
from offenders.db import NO_FORCE, Work, begin, transaction
from offenders.domain.audit.service import Act, record_act
from offenders.errors import Conflict, Invalid
from offenders.jobs.effects import Effect, Tally, kind_of, log_fault, noting_fault
from offenders.jobs.runs import Run, add_effect, add_run, find_run
from offenders.marks import marking_writes
from offenders.telemetry import JOB_RUNS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

log = structlog.get_logger()

STATEMENT_SECONDS = 60  # a sweep over a whole force; requests have 5
_LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL, appendix A

_TURN = text("SELECT pg_advisory_xact_lock(hashtext('offenders.job'), hashtext(:job))")
_NOW = text("SELECT clock_timestamp()")
_FORCES = text("SELECT code FROM forces ORDER BY code")


class JobRunning(Conflict):
    """The same job is being run just now."""

    def __init__(self) -> None:
        """Tell the caller to come back."""
        super().__init__("This job is running just now. Repeat shortly.")


Step: TypeAlias = "Callable[[Session], Effect]"


@dataclass(frozen=True)
class Job:
    """One line of the timetable; `cron` is read in Europe/London.

    `steps_in` gives what `effect_in` does in parts, each of which may fail alone.
    """

    name: str
    does: str
    cron: str
    catch_up: Literal["once", "skip"]
    effect_in: Callable[[Session, str], Effect]
    raises_flags: bool = False
    steps_in: Callable[[Session, str], Sequence[Step]] | None = None


@dataclass(frozen=True)
class _Order:
    """One run that is asked for."""

    id: UUID
    job: Job
    slot: datetime
    trigger: str
    at: datetime | None
    dry_run: bool
    requested_by: str | None
    forces: Sequence[str] | None

    @property
    def work(self) -> Work:
        """What the transaction around the forces is for: the run's own record."""
        return Work(self.forces[0] if self.forces else NO_FORCE, writes=False)

    @property
    def only_force(self) -> str | None:
        """The force that asked for the run and for which alone it ran."""
        is_own = self.trigger == "manual" and self.forces is not None and len(self.forces) == 1
        return self.forces[0] if is_own and self.forces else None


class _SlotTaken(Exception):
    """The unique index found a run of this slot that the first look had missed."""


def run(  # noqa: PLR0913 - the ways a job can be run
    engine: Engine | Connection,
    job: Job,
    *,
    slot: datetime | None = None,
    trigger: Literal["scheduled", "manual"] = "manual",
    at: datetime | None = None,
    dry_run: bool = False,
    requested_by: str | None = None,
    forces: Sequence[str] | None = None,
) -> Run:
    """Run a job and give the run; for a scheduled slot already run, the run it had.

    `at` puts a moment in the clock's place, `dry_run` takes all effects back, `forces` narrows
    the run, which otherwise goes through every force. A fault in one force doesn't stop the
    others. Raises JobRunning where the job's turn can't be had within the lock timeout, and
    Invalid for a past `at` in earnest.
    """
    _refuse_past(at, dry_run=dry_run)
    slot = slot or at or clock.now()
    order = _Order(uuid4(), job, slot, trigger, at, dry_run, requested_by, forces)
    try:
        made = _run_once(engine, order)
    except JobRunning:
        raise
    except _SlotTaken:
        return _run_of(engine, order)
    except Exception as error:  # noqa: BLE001 - a fault of any kind shall be seen among the runs
        made = _keep_failure(engine, order, error)
    if made.id == order.id:
        JOB_RUNS.labels(job.name, made.state).inc()
        log.info(
            "job.ran",
            job=job.name,
            slot=slot.isoformat(),
            state=made.state,
            raised=made.raised,
            cleared=made.cleared,
        )
    return made


def _refuse_past(at: datetime | None, *, dry_run: bool) -> None:
    """Refuse to clear what is due today because it was not yet due then."""
    if at is not None and at < clock.now() and not dry_run:
        message = "This lies in the past. Send `dry_run` true (--dry-run) with it."
        raise Invalid(message, [{"pointer": "/at", "detail": message}])


def _run_once(engine: Engine | Connection, order: _Order) -> Run:
    with transaction(engine, order.work) as session:
        _take_turn(session, order.job)
        if order.trigger == "scheduled":
            done = find_run(session, order.job.name, order.slot)
            if done is not None:
                return done
        started_at = session.execute(_NOW).scalar_one()
        forces = order.forces or [NO_FORCE, *session.execute(_FORCES).scalars()]
        rehearsal = session.begin_nested() if order.dry_run else None
        with clock.as_if_at(order.at) if order.at else nullcontext():
            tally = _go_through(engine, session, order, forces)
        if rehearsal is not None:
            rehearsal.rollback()
        made = add_run(session, _row(order, started_at, tally))
        if made is None:
            raise _SlotTaken
        _keep_effects(session, order, tally)
        return made


def _keep_effects(session: Session, order: _Order, tally: Tally) -> None:
    """Keep for each force what the run did in it, where it did anything or failed."""
    for force in sorted({*tally.effects, *tally.faults}):
        effect, error = tally.effects.get(force, Effect()), tally.faults.get(force)
        if effect.raised or effect.cleared or error:
            begin(session, Work(force, writes=False))
            add_effect(session, order.id, raised=effect.raised, cleared=effect.cleared, error=error)


def _take_turn(session: Session, job: Job) -> None:
    try:
        session.execute(_TURN, {"job": job.name})
    except OperationalError as error:
        if getattr(error.orig, "pgcode", None) == _LOCK_NOT_AVAILABLE:
            raise JobRunning from error
        raise


def _go_through(
    engine: Engine | Connection, session: Session, order: _Order, forces: Sequence[str]
) -> Tally:
    tally = Tally(forces=len(forces))
    for force in forces:
        with noting_fault(tally, order.job.name, force):
            if order.job.steps_in is not None and not order.dry_run:
                _take_steps(engine, session, order, force, tally)
                continue
            with session.begin_nested():
                begin(session, Work(force, statement_seconds=STATEMENT_SECONDS, marks=False))
                with marking_writes(session):
                    effect = order.job.effect_in(session, force)
                _audit(session, order, effect)
            tally.effects[force] = effect
    return tally


def _take_steps(
    engine: Engine | Connection, session: Session, order: _Order, force: str, tally: Tally
) -> None:
    """Take each step in a transaction of its own: no other has to wait for it, or fails with it."""
    if order.job.steps_in is None:
        return
    with session.begin_nested():
        begin(session, Work(force, writes=False))
        steps = order.job.steps_in(session, force)
    for step in steps:
        session.execute(_NOW)  # or a long row of steps would let this transaction's time run out
        with noting_fault(tally, order.job.name, force):
            with transaction(engine, Work(force, statement_seconds=STATEMENT_SECONDS)) as own:
                effect = step(own)
                _audit(own, order, effect)
            tally.effects[force] = tally.effects.get(force, Effect()) + effect


def _audit(session: Session, order: _Order, effect: Effect) -> None:
    """Record a run that changed something; one that somebody asked for, in any case."""
    if not effect.is_change and order.trigger == "scheduled":
        return
    record_act(
        session,
        Act(
            actor="service",
            role="job",
            action=f"jobs.{order.job.name}",
            audit_class="operation",
            request_id=str(order.id),
            details={
                "slot": order.slot.isoformat(),
                "raised": effect.raised,
                "cleared": effect.cleared,
                "requested_by": order.requested_by,
                **effect.details,
            },
        ),
    )


def _keep_failure(engine: Engine | Connection, order: _Order, error: Exception) -> Run:
    """Keep a failed run in a transaction of its own, so that it is seen and not run again."""
    log_fault("job.failed", error, job=order.job.name)
    with transaction(engine, order.work) as session:
        started_at = session.execute(_NOW).scalar_one()
        made = add_run(session, _row(order, started_at, Tally(whole_fault=kind_of(error))))
    return made or _run_of(engine, order)


def _run_of(engine: Engine | Connection, order: _Order) -> Run:
    with transaction(engine, order.work) as session:
        found = find_run(session, order.job.name, order.slot)
        if found is None:
            raise JobRunning
        return found


def _row(order: _Order, started_at: datetime, tally: Tally) -> dict[str, Any]:
    return {
        "id": order.id,
        "job": order.job.name,
        "slot": order.slot,
        "trigger": order.trigger,
        "state": tally.state,
        "is_dry_run": order.dry_run,
        "started_at": started_at,
        "raised": tally.raised,
        "cleared": tally.cleared,
        "error": tally.error,
        "requested_by": order.requested_by,
        "only_force": order.only_force,
        "failed_whole": tally.whole_fault is not None,
    }
