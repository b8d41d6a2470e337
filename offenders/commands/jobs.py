"""Commands that show the timetable and run a job by hand."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from offenders.commands.shared import COMMAND_LINE, say, with_engine
from offenders.parameters import Time

if TYPE_CHECKING:
    from datetime import datetime


@click.group()
def jobs() -> None:
    """Show the timetable, or run a job by hand."""


@jobs.command(name="list")
def list_jobs() -> None:
    """Print the timetable; times are Europe/London."""
    from offenders.jobs.timetable import JOBS

    width = max(len(job.name) for job in JOBS)
    times = max(len(job.cron) for job in JOBS)
    for job in JOBS:
        click.echo(f"{job.name:{width}}  {job.cron:{times}}  {job.does}")


@jobs.command(name="run")
@click.argument("name")
@click.option("--at", type=Time(), help="As if at TIME; without a zone, Europe/London.")
@click.option("--dry-run", is_flag=True, help="Count what would be flagged, but change nothing.")
def run_job(*, name: str, at: datetime | None, dry_run: bool) -> None:
    """Run the job NAME once, now or as if at TIME."""
    from offenders.jobs.runner import run
    from offenders.jobs.timetable import find_job

    job = find_job(name)
    if job is None:
        message = f"There is no job {name}. `offenders jobs list` names them all."
        raise click.UsageError(message)
    done = with_engine(
        lambda engine: run(engine, job, at=at, dry_run=dry_run, requested_by=COMMAND_LINE)
    )
    click.echo(f"state: {done.state}\nraised: {done.raised}\ncleared: {done.cleared}")
    if done.state != "succeeded":
        say(f"error: {done.error}")
        sys.exit(1)
