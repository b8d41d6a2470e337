"""Bringing a database to the current version: roles, migrations, row-level security, codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from offenders.db import APP_ROLE, driver_url
from offenders.opening import ROOT, MigrationRefused

if TYPE_CHECKING:
    from collections.abc import Iterable

    from alembic.operations import Operations
    from sqlalchemy import Connection, Engine


# From PostgreSQL 16 on, a member may not always take the role; 15 knows members only.
_MAY_TAKE = text("""
    SELECT pg_has_role(:login, :role, CASE
        WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END)
""")


def owner_engine(url: str) -> Engine:
    """Make the engine that migrates and owns."""
    return create_engine(driver_url(url), connect_args={"connect_timeout": 5})


def config(connection: Connection | None = None) -> Config:
    """Give alembic's configuration, with the connection it shall use."""
    settings = Config(str(ROOT / "alembic.ini"))
    settings.attributes["connection"] = connection
    return settings


def migrate(url: str, serving_login: str | None = None) -> None:
    """Make the serving role and run what is missing; `serving_login` may take that role."""
    engine = owner_engine(url)
    try:
        with engine.connect() as connection:
            _require_version(connection)
            _make_role(connection, serving_login)
            command.upgrade(config(connection), "head")
    finally:
        engine.dispose()


def _require_version(connection: Connection) -> None:
    number = connection.execute(text("SHOW server_version_num")).scalar_one()
    if int(number) < 150000:  # noqa: PLR2004 - PostgreSQL's own number for 15.0
        message = "PostgreSQL 15 or newer is needed. Point OFFENDERS_DATABASE_URL at such a server."
        raise MigrationRefused(message)


def _make_role(connection: Connection, serving_login: str | None) -> None:
    exists = connection.execute(
        text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": APP_ROLE}
    ).scalar()
    try:
        if not exists:
            connection.execute(text(f"CREATE ROLE {APP_ROLE} NOLOGIN"))
        _let_in(connection, serving_login)
        connection.commit()
    except DBAPIError as error:
        connection.rollback()
        message = (
            f"The migrating role may not make or grant the role {APP_ROLE}. As a superuser run:"
            f" CREATE ROLE {APP_ROLE} NOLOGIN; GRANT {APP_ROLE} TO <the roles of both URLs>;"
        )
        raise MigrationRefused(message) from error


def _let_in(connection: Connection, serving_login: str | None) -> None:
    """Let the login that serves take the serving role, where it may not yet."""
    login = serving_login or connection.execute(text("SELECT current_user")).scalar_one()
    may = connection.execute(_MAY_TAKE, {"login": login, "role": APP_ROLE}).scalar()
    if not may:
        quoted = connection.dialect.identifier_preparer.quote(login)
        connection.execute(text(f"GRANT {APP_ROLE} TO {quoted}"))


def protect(op: Operations, tables: Iterable[str], grants: str) -> None:
    """Put row-level security by force on tables and grant the serving role what it needs.

    The policy is the force alone: unset means no rows (security.md, section 4). The owner's
    policy lets the narrow functions that may cross forces do so; the owner never serves.
    """
    for table in tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        own = "force = nullif(current_setting('app.force', true), '')"
        op.execute(
            f"CREATE POLICY {table}_own_force ON {table} TO {APP_ROLE}"
            f" USING ({own}) WITH CHECK ({own})"
        )
        op.execute(
            f"CREATE POLICY {table}_owner ON {table} TO CURRENT_USER USING (true) WITH CHECK (true)"
        )
        op.execute(f"GRANT {grants} ON {table} TO {APP_ROLE}")


def hide_restricted(op: Operations, table: str, columns: Iterable[str]) -> None:
    """Hide the rows of a table that name, by any of these columns, a person hidden from the reader.

    Whom a transaction hides is said as it begins (`db.BEGIN`); where it isn't said, no row that
    names a person is seen. The operator may be moved before others, so indexes stay in use, and
    the setting is read once in a statement.
    """
    # The inner cast is of the statement, once; the outer says that this is an array, not rows.
    once = "SELECT CAST(nullif(current_setting('app.hidden', true), '') AS uuid[])"
    hidden = f"CAST(({once}) AS uuid[])"
    nobody = "'00000000-0000-0000-0000-000000000000'::uuid"
    optional = set(
        op.get_bind()
        .execute(
            text("""
                SELECT attname::text FROM pg_attribute
                WHERE attrelid = CAST(:table AS regclass) AND NOT attnotnull
            """),
            {"table": table},
        )
        .scalars()
    )
    named = (f"coalesce({each}, {nobody})" if each in optional else each for each in columns)
    condition = " AND ".join(f"{each} <> ALL ({hidden})" for each in named)
    op.execute(
        f"CREATE POLICY {table}_restricted ON {table} AS RESTRICTIVE TO {APP_ROLE}"
        f" USING ({condition})"
    )
