"""The command that loads made-up data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from offenders.commands.shared import DEMONSTRATION_FORCE, refuse_with_issuer, say
from offenders.parameters import ForceCode
from offenders.settings import read_settings

if TYPE_CHECKING:
    from offenders.settings import Settings


@click.command()
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
    refuse_with_issuer(settings, "Made-up data")
    with database(settings) as connected:
        prepare(connected)
        load(connected, force, scale, number)


def load(
    settings: Settings, force: str, scale: str, number: int, *, only_if_empty: bool = False
) -> None:
    """Load made-up data into a database that is at this version."""
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
