"""Puts what went wrong into one line that says what to do next."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError, OperationalError

from offenders.embedded.home import EmbeddedPostgresError
from offenders.errors import DomainError
from offenders.issuer import KeyUnusable
from offenders.opening import MigrationRefused
from offenders.serving import ServingError
from offenders.settings import SettingsError

_OURS = (
    DomainError,
    EmbeddedPostgresError,
    KeyUnusable,
    MigrationRefused,
    ServingError,
    SettingsError,
)


def explain(error: Exception) -> str:
    """Put an error into words; the text of others may quote data, so only ours is shown."""
    if isinstance(error, _OURS):
        return str(error)
    if isinstance(error, OperationalError):
        return "The database does not answer. Check OFFENDERS_DATABASE_URL and that it is running."
    if isinstance(error, DBAPIError):
        return "The database refused this. Run `offenders migrate`, then try again."
    if isinstance(error, OSError):
        return f"{error.strerror}: {error.filename}" if error.filename else str(error)
    return f"This failed unexpectedly ({type(error).__name__}). Tell the operators what you ran."
