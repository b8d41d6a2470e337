"""Commands that run the service, whole or in part, and that bring its database up."""

from __future__ import annotations

import signal
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

import click

from offenders.commands.seeding import load
from offenders.commands.shared import DEMONSTRATION_FORCE, refuse_with_issuer, say
from offenders.commands.tokens import make_token
from offenders.settings import read_settings

if TYPE_CHECKING:
    from offenders.settings import Settings

DEMONSTRATION_ROLE = "supervisor"


@click.command()
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
    from offenders.ending import end_with_parent

    # A script starts what it puts into the background with SIGINT ignored; we stop on it anyway.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if with_parent:
        end_with_parent()
    settings = read_settings()
    settings = replace(settings, host=host or settings.host, port=port or settings.port)
    if demo:
        refuse_with_issuer(settings, "Made-up data")
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
        load(settings, DEMONSTRATION_FORCE, "force", 1, only_if_empty=True)


def _tell(settings: Settings, place: str, state: str, demo: bool) -> None:  # noqa: FBT001 - ours
    if state == "stopping":
        say("Stopping.")
        return
    click.echo(f"\nReady.\n  service        {place}\n  documentation  {place}/docs")
    if demo:
        token = make_token(settings, [DEMONSTRATION_ROLE], DEMONSTRATION_FORCE)
        click.echo(
            f"\n  Token of a {DEMONSTRATION_ROLE} of force {DEMONSTRATION_FORCE}:\n\n{token}\n"
        )
        click.echo("  others   .venv/bin/offenders token --role investigator --force 33")
        click.echo("           .venv/bin/offenders token --help   lists the roles")
    click.echo("  Ctrl-C stops everything.\n")


@click.command()
def migrate() -> None:
    """Bring the database to the current version, with all codes, rules and default policies."""
    from offenders.bundled import database
    from offenders.preparing import prepare

    with database(read_settings()) as settings:
        prepare(settings)
    say("The database is at the current version.")


@click.command()
def scheduler() -> None:
    """Run only the scheduler; any number may run, one leads."""
    # First of all: an exception raised by a signal in the midst of an import may be lost there.
    stop = Event()
    for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(each, lambda *_: stop.set())

    from offenders.bundled import database
    from offenders.domain.imports.service import run_queued
    from offenders.domain.outbox.delivering import deliver_due
    from offenders.domain.subscriptions.telling import deliver_to_subscribers, tell_due
    from offenders.jobs.scheduler import run
    from offenders.opening import open_current
    from offenders.outgoing.subscribers import SubscriberTransport
    from offenders.outgoing.transports import make_transport

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
