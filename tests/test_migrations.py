"""The migrations, and what the database itself refuses whatever the code does."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

from offenders import tables
from offenders.bundled import joined
from offenders.db import Work, serving_engine, transaction
from offenders.domain.imports import registers
from offenders.domain.imports.kinds import KINDS
from offenders.domain.imports.service import run_rows
from offenders.migrating import config, migrate, owner_engine
from offenders.opening import MigrationRefused, current_version, newest_version, open_current
from offenders.preparing import mark_seeded, prepare, wants_seed
from offenders.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

    from offenders.embedded.home import EmbeddedUrls

FORCE_TABLES = sorted(set(tables.metadata.tables) - tables.WITHOUT_FORCE)


@contextmanager
def empty_database(database: EmbeddedUrls, name: str) -> Iterator[str]:
    """Give the owner's address of a further database in the same cluster."""
    server = make_url(database.owner).set(drivername="postgresql")
    superuser = superusers(database)
    with closing(psycopg2.connect(superuser)) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"CREATE DATABASE {name} OWNER offenders_owner")
    inside = make_url(superuser).set(database=name).render_as_string(hide_password=False)
    with closing(psycopg2.connect(inside)) as connection:
        connection.autocommit = True
        connection.cursor().execute("ALTER SCHEMA public OWNER TO offenders_owner")
    yield server.set(database=name).render_as_string(hide_password=False)
    with closing(psycopg2.connect(superuser)) as connection:
        connection.autocommit = True
        connection.cursor().execute(f"DROP DATABASE {name} WITH (FORCE)")


def superusers(database: EmbeddedUrls) -> str:
    url = make_url(database.owner)
    home = Path(url.query["host"]).parent
    password = json.loads((home / "postgres.json").read_text())["postgres"]
    found = url.set(username="postgres", password=password, database="postgres")
    return found.render_as_string(hide_password=False)


def serving_url(database: EmbeddedUrls, name: str) -> str:
    return make_url(database.app).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="module")
def catalogue(owner: Engine):
    return inspect(owner)


def test_there_is_one_head():
    assert len(ScriptDirectory.from_config(config()).get_heads()) == 1


def test_up_down_and_up_again_end_at_the_same_tables(database):
    with empty_database(database, "updown") as url:
        migrate(url, "offenders_app")
        engine = owner_engine(url)
        with engine.connect() as connection:
            first = inspect(connection).get_table_names()
            command.downgrade(config(connection), "base")
            assert inspect(connection).get_table_names() == ["alembic_version"]
            connection.commit()
            command.upgrade(config(connection), "head")
            assert sorted(inspect(connection).get_table_names()) == sorted(first)
            assert current_version(connection) == newest_version()
        engine.dispose()


NO_POLYGON = "ignore:Did not recognize type 'polygon'"  # it is reflected without its type


@pytest.mark.filterwarnings(NO_POLYGON)
@pytest.mark.filterwarnings("ignore:Expression #")  # alembic can't compare an operator class
def test_models_and_tables_are_equal(owner):
    with owner.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        found = compare_metadata(context, tables.metadata)
    assert [each for each in found if "alembic_version" not in str(each)] == []


def test_the_newest_version_is_the_head_of_all_migrations():
    assert newest_version() == ScriptDirectory.from_config(config()).get_current_head()


def test_migrating_twice_changes_nothing(database, owner):
    migrate(database.owner, "offenders_app")
    with owner.connect() as connection:
        assert current_version(connection) == newest_version()


@pytest.mark.parametrize("table", FORCE_TABLES)
def test_force_comes_first_in_every_key(catalogue, table):
    assert catalogue.get_pk_constraint(table)["constrained_columns"][0] == "force"
    for unique in catalogue.get_unique_constraints(table):
        assert unique["column_names"][0] == "force"
    for index in catalogue.get_indexes(table):
        assert not index["unique"] or index["column_names"][0] == "force"
    for foreign in catalogue.get_foreign_keys(table):
        assert (foreign["constrained_columns"][0], foreign["referred_columns"][0]) == (
            "force",
            "force",
        )


def test_exclusion_constraints_name_the_force(owner):
    with owner.connect() as connection:
        found = connection.execute(
            text("""
            SELECT conname FROM pg_constraint c
            WHERE contype = 'x' AND NOT EXISTS (
                SELECT FROM pg_attribute a WHERE a.attrelid = c.conrelid
                AND a.attnum = ANY (c.conkey) AND a.attname = 'force')
            """)
        )
        assert found.scalars().all() == []


@pytest.mark.filterwarnings(NO_POLYGON)
def test_every_table_is_with_force_or_on_the_list(catalogue):
    without = {
        table
        for table in catalogue.get_table_names()
        if "force" not in {column["name"] for column in catalogue.get_columns(table)}
    }
    assert without == tables.WITHOUT_FORCE


def test_row_level_security_is_on_and_forced_for_every_table_with_a_force(owner):
    with owner.connect() as connection:
        rows = connection.execute(
            text("""
            SELECT relname, relrowsecurity AND relforcerowsecurity AND EXISTS (
                SELECT FROM pg_policies p WHERE p.tablename = relname
                AND p.roles = ARRAY['offenders_app']::name[] AND p.cmd = 'ALL'
                AND p.qual = '(force = NULLIF(current_setting(''app.force''::text, true), ''''::text))'
                AND p.with_check = p.qual)
            FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
            """)
        )
        guarded = {name for name, is_guarded in rows if is_guarded}
    assert guarded == set(FORCE_TABLES)


def test_the_serving_role_owns_nothing_and_bypasses_nothing(owner):
    with owner.connect() as connection:
        owned = text("SELECT count(*) FROM pg_class WHERE relowner = 'offenders_app'::regrole")
        role = text("""
            SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb
            FROM pg_roles WHERE rolname = 'offenders_app'
        """)
        assert connection.execute(owned).scalar_one() == 0
        assert tuple(connection.execute(role).one()) == (False, False, False, False)


def test_the_serving_role_can_only_add_to_the_audit(owner):
    with owner.connect() as connection:
        rows = connection.execute(
            text("""
            SELECT table_name, array_agg(privilege_type::text ORDER BY privilege_type)
            FROM information_schema.role_table_grants
            WHERE grantee = 'offenders_app' AND table_name LIKE 'audit%' GROUP BY 1 ORDER BY 1
            """)
        )
        assert [tuple(row) for row in rows] == [
            ("audit_checkpoints", ["INSERT", "SELECT"]),
            ("audit_events", ["INSERT", "SELECT"]),
        ]


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_events SET actor = 'x'", "DELETE FROM audit_events"]
)
def test_the_audit_refuses_a_change(database, statement):
    with closing(psycopg2.connect(database.app)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT set_config('app.force', '33', true)")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)


INSERT = "INSERT INTO teams (force, code, recorded_at) VALUES (%s, %s, now())"


def test_without_a_force_no_row_is_seen(database, fresh_force):
    with closing(psycopg2.connect(database.app)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT set_config('app.force', %s, true)", [fresh_force])
        cursor.execute(INSERT, [fresh_force, "T1"])
        cursor.execute("SELECT count(*) FROM teams")
        assert cursor.fetchone() == (1,)
        for unset in ("", "00"):
            cursor.execute("SELECT set_config('app.force', %s, true)", [unset])
            cursor.execute("SELECT count(*) FROM teams")
            assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("force", ["", "31"])
def test_without_its_force_no_row_is_taken(database, force):
    with closing(psycopg2.connect(database.app)) as connection:
        cursor = connection.cursor()
        if force:
            cursor.execute("SELECT set_config('app.force', %s, true)", [force])
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(INSERT, ["33", "T2"])


def test_one_address_that_may_make_roles_is_enough(tmp_path):
    """As on a managed server: no superuser, and the serving role is not there yet."""
    with joined(tmp_path / "var") as urls:
        superuser = superusers(urls)
        with closing(psycopg2.connect(superuser)) as connection:
            connection.autocommit = True
            connection.cursor().execute("DROP ROLE offenders_app")
            connection.cursor().execute("CREATE ROLE lone LOGIN CREATEROLE PASSWORD 'lone'")
            connection.cursor().execute("CREATE DATABASE lone OWNER lone")
        url = make_url(urls.owner).set(username="lone", password="lone", database="lone")
        settings = Settings(database_url=url.render_as_string(hide_password=False))
        with pytest.raises(MigrationRefused, match="Run: offenders migrate"):
            open_current(settings)
        prepare(settings)
        engine = open_current(settings)
        with transaction(engine, Work("33")) as session:
            assert session.execute(text("SELECT current_user")).scalar_one() == "offenders_app"
            assert session.execute(text("SELECT count(*) FROM forces")).scalar_one() == 51
        engine.dispose()


def test_a_superusers_address_alone_still_serves_as_that_role(database):
    with empty_database(database, "super") as url:
        inside = make_url(superusers(database)).set(database=make_url(url).database)
        settings = Settings(database_url=inside.render_as_string(hide_password=False))
        prepare(settings)
        engine = serving_engine(settings.database_url or "")
        with engine.connect() as connection:
            connection.execute(text("SELECT set_config('app.force', '33', true)"))
            with pytest.raises(Exception, match="permission denied"):
                connection.execute(text("DELETE FROM audit_events"))
        engine.dispose()


def test_a_database_that_is_behind_is_refused(database):
    refused = pytest.raises(MigrationRefused, match="Run: offenders migrate")
    with empty_database(database, "behind") as url, refused:
        open_current(Settings(database_url=url, database_owner_url=url))


def test_codes_are_loaded_once_and_again_when_they_differ(database):
    with empty_database(database, "codes") as url:
        settings = Settings(database_url=database.app, database_owner_url=url)
        prepare(settings)
        engine = owner_engine(url)
        with engine.begin() as connection:
            connection.execute(text("UPDATE offences SET title = 'x' WHERE code = 'TH68001'"))
        prepare(settings)
        title = text("SELECT title FROM offences WHERE code = 'TH68001'")
        with engine.begin() as connection:
            assert connection.execute(title).scalar_one() == "x"
            connection.execute(text("UPDATE installation SET value = '' WHERE name = 'codes'"))
        prepare(settings)
        with engine.connect() as connection:
            assert connection.execute(title).scalar_one() != "x"
        engine.dispose()


def test_only_an_empty_database_or_an_unfinished_demonstration_is_seeded(database):
    person = {"source_ref": "P1", "family_name": "Example", "given_names": "Sam", "sex": "male"}
    with empty_database(database, "seeded") as url:
        settings = Settings(database_url=database.app, database_owner_url=url)
        prepare(settings)
        owner, serving = owner_engine(url), serving_engine(serving_url(database, "seeded"))
        assert wants_seed(owner)
        run_rows(serving, force="33", kind="people", rows=[person], requested_by="test")
        assert not wants_seed(owner)
        with owner.begin() as connection:
            connection.execute(text("INSERT INTO installation VALUES ('demonstration', 'true')"))
        assert wants_seed(owner)
        mark_seeded(owner, "33")
        assert not wants_seed(owner)
        owner.dispose()
        serving.dispose()


def test_the_installations_secret_outlives_a_reload_of_the_codes(database, owner):
    secret = text("SELECT value FROM installation WHERE name = 'secret'")
    with owner.connect() as connection:
        before = connection.execute(secret).scalar_one()
    prepare(Settings(database_url=database.app, database_owner_url=database.owner))
    with owner.connect() as connection:
        assert connection.execute(secret).scalar_one() == before


def test_the_planner_is_told_of_every_kind_that_is_imported_in_bulk(owner):
    small = registers.COLUMNS
    bulk = [kind for kind in KINDS if kind not in small]
    with owner.connect() as connection:
        named = text("SELECT pg_get_functiondef('refresh_statistics(text)'::regprocedure)")
        known = connection.execute(named).scalar_one()
        assert [kind for kind in bulk if f"WHEN '{kind}' THEN" not in known] == []
        for kind in bulk:
            connection.execute(text("SELECT refresh_statistics(:kind)"), {"kind": kind})
