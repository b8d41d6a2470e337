"""The command line, as docs/api.md lists it; each command imports what it needs when it runs."""

from __future__ import annotations

import gc
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from offenders import __version__
from offenders.domain.actors import ROLES
from offenders.parameters import ForceCode, Time
from offenders.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Engine

    from offenders.settings import Settings

DEMONSTRATION_FORCE = "33"
DEMONSTRATION_ROLE = "supervisor"
VERIFY_SECONDS = 3600.0  # a chain of years is read in one go
OBJECTS_A_COLLECTION = 10_000  # at the usual 700 a fifth of a start went into collections
COMMAND_LINE = "command-line"  # stands in records for whoever runs a command
KINDS = (
    "people",
    "wanted",
    "forensic-hits",
    "custody",
    "bail",
    "orders",
    "iom",
    "mappa",
    "registrations",
    "acro-checks",
    "pnc-wanted",
    "neighbourhoods",
    "officers",
    "teams",
    "populations",
)


def say(text: str) -> None:
    """Tell a person what goes on; standard output is for results only."""
    click.echo(text, err=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="offenders")
def offenders() -> None:
    """Who is wanted, who is managed, what is overdue and who must act."""


@offenders.command()
@click.option("--host", help="Address to listen on.  [OFFENDERS_HOST, 127.0.0.1]")
@click.option("--port", type=click.IntRange(1, 65535), help="Port.  [OFFENDERS_PORT, 8000]")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True)
@click.option("--no-scheduler", is_flag=True, help="Leave the jobs to another process.")
@click.option(
    "--demo",
    is_flag=True,
    help="Load the demonstration force if the database is empty.",
)
@click.option("--with-parent", is_flag=True, help="Stop when the process that started this ends.")
def serve(
    *,
    host: str | None,
    port: int | None,
    workers: int,
    no_scheduler: bool,
    demo: bool,
    with_parent: bool,
) -> None:
    """Run all in one: database if embedded, migrations, web and scheduler."""
    from offenders import serving
    from offenders.bundled import lasting_database

    # A script starts what it puts into the background with SIGINT ignored; we stop on it anyway.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if with_parent:
        serving.end_with_parent()
    settings = read_settings()
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    if demo:
        _refuse_with_issuer(settings, "Made-up data")
    listener = serving.listen(settings.host, settings.port)
    say("Starting the database.")
    with lasting_database(settings) as (connected, holds):
        _prepare(connected, demo=demo)
        plan = serving.Plan(workers=workers, scheduler=not no_scheduler)
        place = serving.address(listener)
        say("Starting the web workers and the scheduler." if plan.scheduler else "Starting web.")
        serving.run(
            connected, plan, listener, holds, lambda state: _tell(settings, place, state, demo)
        )


def _prepare(settings: Settings, *, demo: bool) -> None:
    from offenders.preparing import prepare

    prepare(settings)
    if demo:
        _seed(settings, DEMONSTRATION_FORCE, "force", 1, only_if_empty=True)


def _tell(settings: Settings, place: str, state: str, demo: bool) -> None:  # noqa: FBT001 - ours
    if state == "stopping":
        say("Stopping.")
        return
    click.echo(f"\nReady.\n  service        {place}\n  documentation  {place}/docs")
    if demo:
        token = _token(settings, [DEMONSTRATION_ROLE], DEMONSTRATION_FORCE)
        click.echo(
            f"\n  Token of a {DEMONSTRATION_ROLE} of force {DEMONSTRATION_FORCE}:\n\n{token}\n"
        )
        click.echo("  others   .venv/bin/offenders token --role investigator --force 33")
        click.echo("           .venv/bin/offenders token --help   lists the roles")
    click.echo("  Ctrl-C stops everything.\n")


@offenders.command()
def migrate() -> None:
    """Bring the database to the current version, with all codes, rules and default policies."""
    from offenders.bundled import database
    from offenders.preparing import prepare

    with database(read_settings()) as settings:
        prepare(settings)
    say("The database is at the current version.")


@offenders.command()
def scheduler() -> None:
    """Run only the scheduler; any number may run, one leads."""
    from threading import Event

    from offenders.bundled import database
    from offenders.domain.imports.service import run_queued
    from offenders.domain.outbox.delivering import deliver_due
    from offenders.domain.subscriptions.telling import deliver_to_subscribers, tell_due
    from offenders.jobs.scheduler import run
    from offenders.outgoing.subscribers import SubscriberTransport
    from offenders.outgoing.transports import make_transport
    from offenders.preparing import open_current

    stop = Event()
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, lambda *_: stop.set())
    with database(read_settings()) as settings:
        engine = open_current(settings)
        send = make_transport(settings)
        tell = SubscriberTransport(engine, settings)
        run(
            engine,
            settings,
            stop,
            also=[
                lambda: run_queued(engine),
                lambda: deliver_due(engine, send),
                lambda: tell_due(engine),
                lambda: deliver_to_subscribers(engine, tell),
            ],
        )


@offenders.command()
@click.option("--force", type=ForceCode(), default=DEMONSTRATION_FORCE, show_default=True)
@click.option(
    "--scale",
    type=click.Choice(["small", "force", "national"]),
    default="force",
    show_default=True,
    help="national: all 43 forces with a year of history, whatever --force says.",
)
@click.option(
    "--seed",
    "number",
    type=int,
    default=1,
    show_default=True,
    help="Same N, same data.",
)
def seed(*, force: str, scale: str, number: int) -> None:
    """Load made-up, reproducible demonstration data."""
    from offenders.bundled import database
    from offenders.preparing import prepare

    settings = read_settings()
    _refuse_with_issuer(settings, "Made-up data")
    with database(settings) as connected:
        prepare(connected)
        _seed(connected, force, scale, number)


def _seed(
    settings: Settings, force: str, scale: str, number: int, *, only_if_empty: bool = False
) -> None:
    from offenders.db import serving_engine
    from offenders.migrating import owner_engine
    from offenders.preparing import mark_seeded, wants_seed
    from offenders.telemetry import configure_logs

    configure_logs(settings.log_format)
    engine = serving_engine(settings.database_url or "")
    owner = owner_engine(settings.owner_url or "")
    try:
        if only_if_empty and not wants_seed(owner):
            return
        from offenders.seeding import seed as make_up
        from offenders.seeding_national import seed_nation

        if scale == "national":
            seed_nation(engine, owner, seed=number, report=say)
        else:
            make_up(engine, owner, force=force, scale=scale, seed=number, report=say)
        mark_seeded(owner, scale if scale == "national" else force)
    finally:
        engine.dispose()
        owner.dispose()


def _refuse_with_issuer(settings: Settings, what: str) -> None:
    if settings.oidc_issuer is not None:
        message = f"{what}: refused, for OFFENDERS_OIDC_ISSUER says that this is a real service."
        raise click.ClickException(message)


@offenders.command()
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    type=click.Choice(sorted(ROLES)),
    metavar="ROLE",
    help="May be repeated. One of: " + ", ".join(sorted(ROLES)) + ".",
)
@click.option("--force", type=ForceCode(), help="Needed by all but national_analyst.")
@click.option("--lpa", "lpas", multiple=True, help="Narrow to this area; may be repeated.")
@click.option("--neighbourhood", "neighbourhoods", multiple=True, help="May be repeated.")
@click.option("--agency", help="The partner agency of a partner_agency.")
@click.option("--name", help="Whom the token is for.")
@click.option("--hours", type=float, default=12.0, show_default=True, help="0: expired at once.")
def token(*, roles: tuple[str, ...], force: str | None, **more: Any) -> None:
    """Print a development token; refused when an issuer is configured."""
    settings = read_settings()
    if settings.oidc_issuer is not None:
        message = "Get tokens from the issuer named in OFFENDERS_OIDC_ISSUER; none are made here."
        raise click.ClickException(message)
    try:
        click.echo(_token(settings, roles, force, **more))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _token(settings: Settings, roles: Any, force: str | None, **more: Any) -> str:
    from offenders import clock
    from offenders.issuer import issue_token, load_or_make_key

    key = load_or_make_key(settings.data_dir)
    audience = settings.oidc_audience
    return issue_token(key, roles=roles, force=force, audience=audience, now=clock.now(), **more)


@offenders.command(name="import")
@click.argument("kind", type=click.Choice(KINDS), metavar="KIND")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", type=ForceCode(), default=DEMONSTRATION_FORCE, show_default=True)
@click.option("--dry-run", is_flag=True, help="Check and count, but change nothing.")
@click.option("--complete", is_flag=True, help="The file is the full extract.")
@click.option("--columns", is_flag=True, help="Print the columns of KIND.")
def import_file(*, kind: str, file: Path | None, columns: bool, **more: Any) -> None:
    """Import FILE of KIND; safe to run again."""
    if columns:
        from offenders.domain.imports.service import columns as columns_of

        click.echo("\n".join(columns_of(kind)))
        return
    if file is None:
        message = "Name the FILE to import, or ask for --columns."
        raise click.UsageError(message)
    if not file.is_file():
        message = f"There is no file {file}."
        raise click.UsageError(message)
    summary = _with_engine(lambda engine: _import(engine, kind, file, **more))
    for name in ("read", "created", "updated", "unchanged", "refused", "warnings"):
        click.echo(f"{name}: {getattr(summary, name)}")
    for ending in (".refused.csv", ".warnings.csv"):
        if (told := file.with_name(file.name + ending)).exists():
            click.echo(f"What to do is in {told}", err=True)
    if summary.refused:
        sys.exit(1)


def _import(engine: Engine, kind: str, file: Path, **more: Any) -> Any:
    from offenders.domain.imports.service import run_file

    size, is_shown = file.stat().st_size, sys.stderr.isatty()
    with click.progressbar(length=size, file=sys.stderr, label=kind, hidden=not is_shown) as bar:
        return run_file(
            engine,
            kind=kind,
            path=file,
            requested_by=COMMAND_LINE,
            progress=lambda bytes_read, _size: bar.update(bytes_read),
            **more,
        )


def _with_engine(work: Callable[[Engine], Any]) -> Any:
    """Do the work on a database that is at this version."""
    from offenders.bundled import database
    from offenders.preparing import open_current
    from offenders.telemetry import configure_logs

    with database(read_settings()) as settings:
        configure_logs(settings.log_format)
        engine = open_current(settings)
        try:
            return work(engine)
        finally:
            engine.dispose()


@offenders.group()
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
    done = _with_engine(
        lambda engine: run(engine, job, at=at, dry_run=dry_run, requested_by=COMMAND_LINE)
    )
    click.echo(f"state: {done.state}\nraised: {done.raised}\ncleared: {done.cleared}")
    if done.state != "succeeded":
        say(f"error: {done.error}")
        sys.exit(1)


@offenders.group()
def audit() -> None:
    """Check the audit."""


@audit.command()
def verify() -> None:
    """Check the audit chain of every force; exit 1 and say where on a break."""
    breaks = _with_engine(_verify)
    for each in breaks:
        event = f", event {each.event_id}" if each.event_id else ""
        click.echo(f"{each.force}: broken at checkpoint {each.sequence}{event}: {each.problem}")
    if breaks:
        sys.exit(1)
    click.echo("The audit chain is unbroken.")


def _verify(engine: Engine) -> list[Any]:
    from sqlalchemy import text

    from offenders.db import NO_FORCE, Work, transaction
    from offenders.domain.audit import service

    with transaction(engine, Work(NO_FORCE, writes=False)) as session:
        forces = session.execute(text("SELECT code FROM forces ORDER BY code")).scalars().all()
    found = []
    for force in (NO_FORCE, *forces):
        work = Work(force, writes=False, statement_seconds=VERIFY_SECONDS)
        with transaction(engine, work) as session:
            events, breaks = service.verify(session, force)
        found += breaks
        if events:
            click.echo(f"{force}: {events} events sealed")
    return found


@offenders.command()
def openapi() -> None:
    """Print the specification."""
    from offenders.documents import bare_app, specification

    click.echo(specification(bare_app()), nl=False)


@offenders.command(name="access-table")
def access_table() -> None:
    """Print who may call what, as docs/access.md holds it."""
    from offenders.documents import access_table as table
    from offenders.documents import bare_app

    click.echo(table(bare_app()), nl=False)


def main() -> NoReturn:
    """Run the command line; whatever goes wrong, the user gets one line and an exit status."""
    gc.set_threshold(OBJECTS_A_COLLECTION)
    # As an exception, so that what was started is also stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        status = offenders(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        status = 130
    except BrokenPipeError:
        sys.stdout = None  # or its last flush would fail again
        status = 1
    except Exception as error:  # noqa: BLE001 - the last handler: no traceback reaches the user
        from offenders.faults import explain

        say(f"offenders: {explain(error)}")
        status = 1
    sys.exit(status or 0)


if __name__ == "__main__":
    main()
