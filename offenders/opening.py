"""Opening a database that is at this version; whoever only works on one needs no migrations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from offenders.db import serving_engine

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from offenders.settings import Settings

ROOT = Path(__file__).parent.parent


class MigrationRefused(RuntimeError):
    """The database could not be brought to the current version; the message says what to do."""


def open_current(settings: Settings) -> Engine:
    """Make the serving engine of a database that is at this version, or raise MigrationRefused."""
    engine = serving_engine(settings.database_url or "")
    try:
        with engine.connect() as connection:
            is_current = current_version(connection) == newest_version()
    except OperationalError:
        raise
    except DBAPIError:
        # The serving role isn't there yet, or not granted to this login.
        is_current = False
    if not is_current:
        engine.dispose()
        message = "The database is not at this version. Run: offenders migrate"
        raise MigrationRefused(message)
    return engine


def current_version(connection: Connection) -> str | None:
    """Tell the version this database has."""
    if connection.execute(text("SELECT to_regclass('alembic_version')")).scalar() is None:
        return None
    version: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar()
    return version


def newest_version() -> str:
    """Tell the version this code needs: files of migrations bear theirs in front."""
    newest = max((ROOT / "migrations" / "versions").glob("[0-9]*.py"))
    return newest.name.partition("_")[0]
