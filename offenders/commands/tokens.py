"""The command that makes development tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from offenders.domain.actors import ROLES
from offenders.parameters import ForceCode
from offenders.settings import read_settings

if TYPE_CHECKING:
    from offenders.settings import Settings


@click.command()
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
        click.echo(make_token(settings, roles, force, **more))
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def make_token(settings: Settings, roles: Any, force: str | None, **more: Any) -> str:
    """Make a development token, signed with the key of this data directory."""
    from offenders import clock
    from offenders.issuer import issue_token, load_or_make_key

    key = load_or_make_key(settings.data_dir)
    audience = settings.oidc_audience
    return issue_token(key, roles=roles, force=force, audience=audience, now=clock.now(), **more)
