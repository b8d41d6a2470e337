"""Routes of jobs: the timetable, what has run, and running one by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from flask import current_app

from offenders import clock
from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import jobs as schemas
from offenders.api.schemas.fields import PageQuery
from offenders.errors import NotFound
from offenders.jobs import runner, runs
from offenders.jobs.timetable import JOBS, TIMEZONE, find_job, next_slot

if TYPE_CHECKING:
    from offenders.jobs.runner import Job

routes = Routes("jobs", __name__, url_prefix="/v1", description="Jobs and their runs")


def _job(name: str) -> Job:
    job = find_job(name)
    if job is None:
        message = "There is no such job. GET /v1/jobs lists them."
        raise NotFound(message)
    return job


@route(
    routes,
    "GET",
    "/jobs",
    Operation("jobs.list", "jobs:read", "force", None),
    answer=schemas.JobList,
)
def list_jobs(call: Call) -> Answer:
    """List the timetable, with each job's next slot and last run."""
    last = runs.last_runs(call.session, [job.name for job in JOBS])
    items = [
        {
            "name": job.name,
            "does": job.does,
            "cron": job.cron,
            "timezone": TIMEZONE,
            "next_slot": next_slot(job, clock.now()),
            "last_run": last[job.name],
        }
        for job in JOBS
    ]
    return Answer(as_json({"items": items, "next": None}))


@route(
    routes,
    "GET",
    "/jobs/<name>/runs",
    Operation("jobs.runs", "jobs:read", "force", None),
    query=PageQuery,
    answer=schemas.RunPage,
)
def list_runs(call: Call, name: str) -> Answer:
    """List the runs of a job in your own force, the newest first."""
    job = _job(name)
    page = read_page(call.query)
    rows = runs.list_runs(call.session, job.name, page.after, page.limit + 1)
    total = runs.count_runs(call.session, job.name) if page.with_total else None
    return Answer(make_page(rows, page, key=lambda row: [row.started_at, str(row.id)], total=total))


@route(
    routes,
    "POST",
    "/jobs/<name>/runs",
    Operation("jobs.run", "jobs:run", "force", "operation"),
    body=schemas.RunBody,
    answer=schemas.RunAnswer,
    status=201,
)
def run_job(call: Call, name: str) -> Answer:
    """Run a job in your own force, in a slot of its own; `at` puts a moment in the clock's place.

    The run has a transaction of its own, on another connection than this request.
    """
    job = _job(name)
    dry_run: bool = call.body.get("dry_run", False)
    made = runner.run(
        current_app.extensions["offenders"].engine,
        job,
        trigger="manual",
        at=call.body.get("at"),
        dry_run=dry_run,
        requested_by=call.actor.subject,
        forces=[call.force],
    )
    details = {"job": job.name, "run": str(made.id), "dry_run": dry_run}
    return Answer(as_json(asdict(made)), status=201, details=details)
