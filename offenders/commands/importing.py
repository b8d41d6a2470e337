"""The command that imports a file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from offenders.commands.shared import COMMAND_LINE, DEMONSTRATION_FORCE, with_engine
from offenders.parameters import ForceCode

if TYPE_CHECKING:
    from sqlalchemy import Engine

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


@click.command(name="import")
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
    summary = with_engine(lambda engine: _import(engine, kind, file, **more))
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
            in_processes=True,
            progress=lambda bytes_read, _size: bar.update(bytes_read),
            **more,
        )
