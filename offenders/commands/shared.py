"""What several commands need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from offenders.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Engine

    from offenders.settings import Settings

DEMONSTRATION_FORCE = "33"
COMMAND_LINE = "command-line"  # stands in records for whoever runs a command


def say(text: str) -> None:
    """Tell a person what goes on; standard output is for results only."""
    click.echo(text, err=True)


def refuse_with_issuer(settings: Settings, what: str) -> None:
    """Raise where a configured issuer says that this is a real service."""
    if settings.oidc_issuer is not None:
        message = f"{what}: refused, for OFFENDERS_OIDC_ISSUER says that this is a real service."
        raise click.ClickException(message)


def with_engine(work: Callable[[Engine], Any]) -> Any:
    """Do the work on a database that is at this version."""
    from offenders.bundled import database
    from offenders.opening import open_current
    from offenders.telemetry import configure_logs

    with database(read_settings()) as settings:
        configure_logs(settings.log_format)
        engine = open_current(settings)
        try:
            return work(engine)
        finally:
            engine.dispose()
