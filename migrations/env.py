"""Runs migrations on the connection it is handed, one transaction each, one runner at a time."""

from __future__ import annotations

from alembic import context
from sqlalchemy import text

from offenders import tables

ONE_RUNNER = 7_201_001  # any fixed key: two migrating processes must not interleave


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Leave alembic's own table out of comparisons."""
    return not (kind == "table" and name == "alembic_version")


def migrate() -> None:
    """Bring the given connection's database to the version asked for."""
    connection = context.config.attributes["connection"]
    connection.execute(text("SET lock_timeout = '2s'"))
    connection.execute(text("SET statement_timeout = '60s'"))
    connection.execute(text(f"SELECT pg_advisory_lock({ONE_RUNNER})"))
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=tables.metadata,
        transaction_per_migration=True,
        include_name=include_name,
        compare_server_default=False,
    )
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text(f"SELECT pg_advisory_unlock({ONE_RUNNER})"))
        connection.commit()


migrate()
