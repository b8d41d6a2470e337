"""A real PostgreSQL for every worker, one savepoint a test, and callers with real tokens."""

# ruff: noqa: E402 - what is imported below is most of what a worker keeps
from __future__ import annotations

import gc
import time

# Modules, routes, schemas and tests stay: nobody looks whether they do while they are made.
gc.disable()

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as drawn
from sqlalchemy import event

from offenders import db, tables
from offenders.api import create_app, limits, revoked, service
from offenders.db import Work, serving_engine, transaction
from offenders.domain.outbox import delivering
from offenders.domain.reference.codes import load_codes, read_csv
from offenders.domain.subscriptions import telling
from offenders.domain.working_days import end_of_london_day, london_day
from offenders.embedded import server as embedded_server
from offenders.embedded.home import EmbeddedUrls
from offenders.embedded.server import EmbeddedPostgres
from offenders.issuer import issue_token, load_or_make_key
from offenders.migrating import migrate, owner_engine
from offenders.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flask import Flask
    from flask.testing import FlaskClient
    from sqlalchemy import Connection, Engine
    from sqlalchemy.orm import Session

    Headers = Callable[..., dict[str, str]]

# The same examples each time, however slow the machine: a change is refused for its own faults.
# `pytest --hypothesis-profile=default` draws others.
drawn.register_profile(
    "suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
drawn.load_profile("suite")

# Likewise nobody is refused for having waited for their turn, on however slow a machine; tests of
# how long one waits say it themselves. Shorter than a transaction may lie idle.
db.POOL_WAIT_SECONDS = db.LOCK_WAIT_SECONDS = db.STATEMENT_SECONDS = 50
delivering.SECONDS_AT_ONCE = telling.SECONDS_AT_ONCE = 50
# Nor does what a worker has at hand for some seconds go in the midst of a test.
service.CACHED_SECONDS = limits.LEASE_SECONDS = revoked.READ_SECONDS = 600
revoked.SILENT_SECONDS = 700

FORCE = "33"
LONGEST_TEST_SECONDS = 60  # of those that ask for the day, on a slow machine
# Codes that no force holds, for tests that commit: each takes one, so that no test sees
# another's rows and no job goes through them unasked. It is swept and given back afterwards.
_HELD = {row["code"] for row in read_csv("forces.csv")}
_FRESH = sorted({f"{number:02d}" for number in range(1, 100)} - _HELD)

# They take longest, by seconds on two cores: begun last, one would keep a single worker busy.
_LONGEST = (
    "test_serving",
    "test_seed_national",
    "test_cli",
    "test_migrations",
    "test_openapi",
    "test_embedded",
    "test_access",
    "test_custody_whole",
    "test_custody_follow",
    "test_imports_nights",
    "test_bail_machine",
    "test_jobs_wanted",
    "test_imports_killed",
    "test_runbook",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the longest files first; `make test` has them begun in this order."""
    places = {name: place for place, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


def pytest_collection_finish() -> None:
    """Look for rubbish from now on, seldom, and not among what stays."""
    gc.freeze()
    gc.set_threshold(10_000)
    gc.enable()


def pytest_runtest_setup() -> None:
    """Begin no test in the last seconds of a day: what it calls today shall stay so."""
    now = datetime.now(UTC)
    left = (end_of_london_day(london_day(now)) - now).total_seconds()
    if left < LONGEST_TEST_SECONDS:
        time.sleep(left)


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedUrls]:
    """Start a cluster of this worker's own, migrated and with its codes."""
    server = EmbeddedPostgres(tmp_path_factory.mktemp("postgres"))
    with pytest.MonkeyPatch.context() as patch:
        # Nobody pulls the plug on this cluster: tests of that have their own. Nor does anybody
        # tidy it up at a moment of their own, which would change plans in the midst of a test.
        guarded = embedded_server.GUARDED_OPTIONS.replace("fsync=on", "fsync=off")
        patch.setattr(embedded_server, "GUARDED_OPTIONS", f"{guarded} -c autovacuum=off")
        urls = server.start()
    migrate(urls.owner, "offenders_app")
    owner = owner_engine(urls.owner)
    with owner.connect() as connection:
        load_codes(connection)
    with owner.begin() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
    owner.dispose()
    yield urls
    server.stop()


@pytest.fixture(scope="session")
def settings(database: EmbeddedUrls, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings as `offenders serve` hands them to a worker."""
    return Settings(
        database_url=database.app,
        database_owner_url=database.owner,
        data_dir=tmp_path_factory.mktemp("data"),
    )


@pytest.fixture(scope="session")
def engine(database: EmbeddedUrls) -> Iterator[Engine]:
    """Serve as the role that owns nothing."""
    made = serving_engine(database.app, pool_size=12)
    yield made
    made.dispose()


@pytest.fixture(scope="session")
def owner(database: EmbeddedUrls) -> Iterator[Engine]:
    """Migrate and own; tests use it only to break things on purpose."""
    made = owner_engine(database.owner)
    event.listen(made, "connect", _know_how_to_purge)
    yield made
    made.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """Hold one connection in a transaction that is rolled back after the test."""
    with engine.connect() as held:
        outer = held.begin()
        yield held
        outer.rollback()


@pytest.fixture
def session(connection: Connection) -> Iterator[Session]:
    """Open a writing transaction of the demonstration force."""
    with transaction(connection, Work(FORCE)) as opened:
        yield opened


@pytest.fixture(scope="session")
def _app(settings: Settings, engine: Engine) -> Flask:
    made = create_app(settings, engine)
    # The routes, schemas and statements stay: no collection need walk through them again.
    gc.collect()
    gc.freeze()
    return made


@pytest.fixture
def app(_app: Flask, connection: Connection) -> Flask:
    """Serve over the test's own connection: everything is undone afterwards."""
    service = _app.extensions["offenders"]
    service.engine = connection
    service.forget()
    limits.forget()
    return _app


@pytest.fixture
def committing_app(_app: Flask, engine: Engine) -> Flask:
    """Serve over real transactions, for races; use it with `fresh_force`."""
    service = _app.extensions["offenders"]
    service.engine = engine
    service.forget()
    limits.forget()
    return _app


@pytest.fixture
def impatient_app(
    committing_app: Flask, database: EmbeddedUrls, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """Serve over real transactions where nobody waits long for another's lock."""
    monkeypatch.setattr(db, "LOCK_WAIT_SECONDS", 0.5)
    engine = serving_engine(database.app)
    committing_app.extensions["offenders"].engine = engine
    yield committing_app
    engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Call the application as a client would."""
    return app.test_client()


@pytest.fixture(autouse=True)
def _swept(request: pytest.FixtureRequest) -> Iterator[None]:
    """Take away what a committing test has left in forces of others: audit, flags, runs."""
    commits = "engine" in request.fixturenames and "connection" not in request.fixturenames
    owner = request.getfixturevalue("owner") if commits else None
    yield
    if owner is not None:
        with owner.begin() as connection:
            connection.exec_driver_sql(_SWEEP)


@pytest.fixture
def fresh_force(owner: Engine) -> Iterator[str]:
    """Take a force that no other test uses at the same time."""
    yield from _lend(owner)


@pytest.fixture
def other_force(owner: Engine) -> Iterator[str]:
    """Take another such force."""
    yield from _lend(owner)


def _lend(owner: Engine) -> Iterator[str]:
    force = _FRESH.pop()
    yield force
    _purge(owner, force)
    _FRESH.append(force)


_LEFT = ("audit_", "flags", "job_run")
_SWEEP = ";".join(
    f"DELETE FROM {table.name}"
    for table in reversed(tables.metadata.sorted_tables)
    if table.name.startswith(_LEFT)
)
# A function keeps its plans: most tests of the whole service end with it.
_PURGE = "; ".join(
    f"DELETE FROM {table.name} WHERE {column} = gone"
    for table in reversed(tables.metadata.sorted_tables)
    for column in ("force", "force_code")
    if column in table.columns
)


def _know_how_to_purge(connection: Any, _entry: object) -> None:
    cursor = connection.cursor()
    cursor.execute(
        "CREATE FUNCTION pg_temp.purge(gone text) RETURNS void LANGUAGE plpgsql"
        f" SET plan_cache_mode = force_generic_plan AS $$ BEGIN {_PURGE}; END $$"
    )
    cursor.close()
    connection.commit()


def _purge(owner: Engine, force: str) -> None:
    with owner.begin() as connection:
        connection.exec_driver_sql("SELECT pg_temp.purge(%(force)s)", {"force": force})


@pytest.fixture(scope="session")
def purge(owner: Engine) -> Callable[[str], None]:
    """Take away everything that a force holds."""
    return lambda force: _purge(owner, force)


@pytest.fixture(scope="session")
def headers(settings: Settings) -> Headers:
    """Make the headers of a caller: `headers("investigator", force="31")`.

    Whoever has the same claims bears the same token.
    """
    key = load_or_make_key(settings.data_dir)
    claims = ("lpas", "neighbourhoods", "agency", "name", "hours")

    @lru_cache(maxsize=1000)
    def token(roles: tuple[str, ...], more: tuple[tuple[str, Any], ...]) -> str:
        now, audience = datetime.now(UTC), settings.oidc_audience
        return issue_token(key, roles=roles, audience=audience, now=now, **dict(more))

    def make(*roles: str, force: str | None = FORCE, **more: Any) -> dict[str, str]:
        named = [(name, _hashable(more.pop(name))) for name in claims if name in more]
        bearer = token(roles, (("force", force), *named))
        sent = {"Authorization": f"Bearer {bearer}", "X-Access-Reason": "testing"}
        return sent | {name.replace("_", "-"): value for name, value in more.items()}

    return make


def _hashable(claim: Any) -> Any:
    return claim if isinstance(claim, str | int | float | None) else tuple(claim)
