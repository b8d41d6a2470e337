"""The database edge: engine, table base, and the one way a transaction is opened.

Every transaction first says which force it works for and whom it hides from its reader
(row-level security), then takes a shared advisory lock whose key is its own moment of
beginning, and last reads the database's clock. So `recorded_at` is never before the lock was
there to be seen, and `settle` can tell whether every writer begun before a moment has ended.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import psycopg2
import psycopg2.extras
from sqlalchemy import MetaData, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session

from offenders import clock
from offenders.arrays import register_arrays
from offenders.errors import Unsettled
from offenders.marks import LEAVE_MARK
from offenders.statements import Statement, ask

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy import Connection, Engine
    from sqlalchemy.engine.interfaces import DBAPIConnection
    from sqlalchemy.pool import ConnectionPoolEntry

psycopg2.extras.register_uuid()  # type: ignore[no-untyped-call]  # its stubs leave it bare
register_arrays()

APP_ROLE = "offenders_app"
NO_FORCE = "00"  # stands for no force: no row but of the audit has it
POOL_WAIT_SECONDS = 2  # longer outlasts most clients; the answer is then 503 with Retry-After
LOCK_WAIT_SECONDS = 2  # likewise
STATEMENT_SECONDS = 5.0
SETTLE_WAIT_SECONDS = 2
IDLE_SECONDS = 1.0

_READER, _WRITER = 1, 2

_BEGIN = """
    SELECT set_config('app.force', CAST(:begin_force AS text), true),
           set_config('app.hidden', CASE WHEN CAST(:begin_reader AS text) IS NULL THEN '{}'
               ELSE hidden_from(CAST(:begin_force AS text), CAST(:begin_reader AS text),
                   CAST(:begin_roles AS text[]), CAST(:begin_at AS timestamptz)) END, true),
           set_config('statement_timeout', :begin_timeout, true),
           pg_advisory_xact_lock_shared(
               (CAST(:begin_kind AS bigint) << 60)
               | (CAST(CAST(:begin_force AS text) AS bigint) << 52)
               | CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)
               - CAST(:begin_epoch AS bigint)),
           clock_timestamp() AS recorded_at,
           CASE WHEN CAST(:begin_is_narrowed AS boolean)
                THEN opened_to(CAST(:begin_force AS text), CAST(:begin_reader AS text),
                    CAST(:begin_at AS timestamptz)) END AS opened
"""
BEGIN = Statement(_BEGIN)
BEGIN_WRITING = Statement(f"WITH marked AS ({LEAVE_MARK}) {_BEGIN}")

_HIDDEN_FROM = text("""
    SELECT CAST(hidden_from(:force, :reader, CAST(:roles AS text[]), :at) AS uuid[])
""")
_SHOW_ALL = text("""
    WITH before AS MATERIALIZED (SELECT current_setting('app.hidden') AS hidden)
    SELECT b.hidden FROM before b WHERE set_config('app.hidden', '{}', true) = '{}'
""")
_HIDE = text("SELECT set_config('app.hidden', :hidden, true)")
_CLOCK = text("SELECT clock_timestamp()")

# A bigint advisory lock shows its high half as classid and its low half as objid. Ours holds,
# from the top: reader or writer, the force in eight bits, microseconds since 2020 in 52.
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_EPOCH_MICROSECONDS = int(_EPOCH.timestamp()) * 1_000_000
_OLDEST_OPEN = text("""
    SELECT min(key & ((1::bigint << 52) - 1))
    FROM (SELECT (classid::bigint << 32) | objid::bigint AS key FROM pg_locks
          WHERE locktype = 'advisory' AND objsubid = 1 AND pid <> pg_backend_pid()
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) held
    WHERE key >> 60 = ANY (:kinds)
      AND (:every_force OR (key >> 52) & 255 = CAST(:force AS bigint))
""")


class Base(DeclarativeBase):
    """The tables of the service; constraint names follow one convention."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


@dataclass(frozen=True)
class Reader:
    """Who reads in a transaction; `is_narrowed` where areas narrow what they reach."""

    subject: str
    roles: tuple[str, ...]
    is_narrowed: bool = False


@dataclass(frozen=True)
class Work:
    """What a transaction is for: its force, whether it writes, how long a statement may take.

    People restricted from `reader` are hidden in it; without one, as in jobs, nobody is. Who
    seldom finds anything to write leaves no mark at once, but with `marking_writes`.
    """

    force: str
    writes: bool = True
    statement_seconds: float = field(default_factory=lambda: STATEMENT_SECONDS)
    reader: Reader | None = None
    marks: bool = True


def driver_url(url: str) -> Any:
    """Name the driver: SQLAlchemy 2.1 would read a bare postgresql:// as psycopg 3."""
    return make_url(url).set(drivername="postgresql+psycopg2")


def serving_engine(url: str, *, pool_size: int = 8) -> Engine:
    """Make the engine that serves: every connection takes the role that owns nothing."""
    engine = create_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=4,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_use_lifo=True,  # the one used last has its plans and its catalogue at hand
        connect_args={
            "connect_timeout": 3,
            "application_name": "offenders",
            # Prepared statements ask by keys and filters: planning each anew costs more than it
            # saves.
            "options": f"-c lock_timeout={int(LOCK_WAIT_SECONDS * 1000)}"
            " -c idle_in_transaction_session_timeout=60000"
            " -c timezone=UTC -c default_transaction_isolation=read\\ committed"
            " -c plan_cache_mode=force_generic_plan",
            "keepalives_idle": 5,
            "keepalives_interval": 2,
            "keepalives_count": 3,
        },
    )
    event.listen(engine, "connect", _take_role)
    event.listen(engine, "checkout", _ask_if_alive)
    event.listen(engine, "checkin", _note_use)
    return engine


def _note_use(_connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    entry.info["used"] = time.monotonic()


def _ask_if_alive(connection: Any, entry: ConnectionPoolEntry, _proxy: Any) -> None:
    """Ask a connection that lay idle whether it still stands; one just used needs no question."""
    if time.monotonic() - entry.info.get("used", 0) < IDLE_SECONDS:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        connection.rollback()
    except psycopg2.Error as error:
        raise DisconnectionError from error


def _take_role(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET ROLE {APP_ROLE}")
    cursor.close()
    connection.commit()


@contextmanager
def transaction(bind: Engine | Connection, work: Work) -> Iterator[Session]:
    """Open the one transaction of a request or job; leaving it cleanly commits.

    `session.info["recorded_at"]` is the database's moment of this transaction, UTC.
    """
    with _session(bind) as session, session.begin():
        begin(session, work)
        yield session


def _session(bind: Engine | Connection) -> Session:
    """On a connection that is already in a transaction, work in a savepoint of it."""
    return Session(
        bind, expire_on_commit=False, autoflush=False, join_transaction_mode="create_savepoint"
    )


def begin(session: Session, work: Work) -> None:
    """Set force, time limit and moment; jobs call it again for each force in turn."""
    statement = BEGIN_WRITING if work.writes and work.marks else BEGIN
    values = begin_values(work)
    row = ask(session, statement, values)
    session.info["hidden_as_at"] = values["begin_at"]
    session.info["recorded_at"] = row.recorded_at
    session.info["force"] = work.force
    session.info["opened"] = row.opened or []


def hidden_from(session: Session, reader: Reader, at: datetime) -> frozenset[UUID]:
    """Give the people of the session's force who are restricted from a reader at a moment."""
    values = {
        "force": session.info["force"],
        "reader": reader.subject,
        "roles": list(reader.roles),
        "at": at,
    }
    found: list[UUID] = session.execute(_HIDDEN_FROM, values).scalar_one()
    return frozenset(found)


@contextmanager
def as_service(session: Session) -> Iterator[None]:
    """Hide nobody for what the service itself must find; show nothing of it to the reader.

    A transaction that the database has ended shows nobody anything: its own error is what counts.
    """
    hidden = session.execute(_SHOW_ALL).scalar_one()
    try:
        yield
    except BaseException:
        with suppress(SQLAlchemyError):
            session.execute(_HIDE, {"hidden": hidden})
        raise
    session.execute(_HIDE, {"hidden": hidden})


def begin_values(work: Work) -> dict[str, Any]:
    """Bind what BEGIN takes."""
    return {
        "begin_force": work.force,
        "begin_epoch": _EPOCH_MICROSECONDS,
        "begin_timeout": str(int(work.statement_seconds * 1000)),
        "begin_kind": _WRITER if work.writes else _READER,
        "begin_reader": work.reader.subject if work.reader else None,
        "begin_roles": list(work.reader.roles) if work.reader else [],
        "begin_is_narrowed": bool(work.reader and work.reader.is_narrowed),
        "begin_at": clock.now(),
    }


def recorded_at(session: Session) -> datetime:
    """Give the moment at which this transaction records, by the database's clock."""
    moment: datetime = session.info["recorded_at"]
    return moment


def settled_until(session: Session, *, everyone: bool = False) -> datetime:
    """Give the latest moment before which every writing transaction of the force has ended.

    `everyone` counts every transaction of every force: those that only read write the audit,
    and the narrow functions write it in other forces. Without a force all forces count. The
    clock is read before the locks are: whoever takes a lock between the two records after it.
    """
    force = session.info["force"]
    values = {
        "kinds": [_WRITER, _READER] if everyone else [_WRITER],
        "force": force,
        "every_force": everyone or force == NO_FORCE,
    }
    asked_at: datetime = session.execute(_CLOCK).scalar_one()
    microseconds = session.execute(_OLDEST_OPEN, values).scalar()
    if microseconds is None:
        return asked_at
    oldest = _EPOCH + timedelta(microseconds=int(microseconds))
    return min(asked_at, oldest - timedelta(microseconds=1))


def settle(session: Session, as_at: datetime) -> None:
    """Wait until `as_at` is past for every writer; raise Unsettled after two seconds."""
    if _wait_until_settled(session, as_at) < as_at:
        message = "A long entry that began before this moment is still running. Ask again shortly."
        raise Unsettled(message)


def settled_now(session: Session) -> datetime:
    """Give the present moment once its writers have ended, or the last one that is settled."""
    present: datetime = session.execute(_CLOCK).scalar_one()
    return min(present, _wait_until_settled(session, present))


def _wait_until_settled(session: Session, moment: datetime) -> datetime:
    deadline = time.monotonic() + SETTLE_WAIT_SECONDS
    settled = settled_until(session)
    while settled < moment and time.monotonic() < deadline:
        time.sleep(0.02)
        settled = settled_until(session)
    return settled
