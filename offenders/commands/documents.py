"""Commands that print what docs/ holds of the routes."""

from __future__ import annotations

import click


@click.command()
def openapi() -> None:
    """Print the specification."""
    from offenders.documents import bare_app, specification

    click.echo(specification(bare_app()), nl=False)


@click.command(name="access-table")
def access_table() -> None:
    """Print who may call what, as docs/access.md holds it."""
    from offenders.documents import access_table as table
    from offenders.documents import bare_app

    click.echo(table(bare_app()), nl=False)
