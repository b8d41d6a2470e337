"""The command that checks the audit."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from offenders.commands.shared import with_engine

if TYPE_CHECKING:
    from sqlalchemy import Engine

VERIFY_SECONDS = 3600.0  # a chain of years is read in one go


@click.group()
def audit() -> None:
    """Check the audit."""


@audit.command()
def verify() -> None:
    """Check the audit chain of every force; exit 1 and say where on a break."""
    breaks = with_engine(_verify)
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
