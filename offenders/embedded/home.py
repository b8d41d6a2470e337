"""The data directory of the bundled PostgreSQL: its places, its passwords, who may look."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offenders.embedded.privileges import Account

SUPERUSER, OWNER, APP = "postgres", "offenders_owner", "offenders_app"
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_BYTES = 107  # unix(7): sun_path is 108 bytes with its closing zero


class EmbeddedPostgresError(RuntimeError):
    """The bundled PostgreSQL can't be used; the message says what to do."""


@dataclass(frozen=True)
class EmbeddedUrls:
    """The addresses of the two roles; they hold passwords, so repr() leaves them out."""

    owner: str = field(repr=False)
    app: str = field(repr=False)


def cluster_dir(home: Path) -> Path:
    """Give where PostgreSQL keeps its files."""
    return home / "postgres"


def log_file(home: Path) -> Path:
    """Give where the server writes its log."""
    return cluster_dir(home) / "server.log"


def socket_dir(home: Path) -> Path:
    """Give where the socket lies: a path short and plain enough for libpq and the server."""
    inside = home / "socket"
    is_short = len(os.fsencode(inside / SOCKET_NAME)) <= SOCKET_PATH_BYTES
    # libpq and the server read commas, quotes and spaces in this path as syntax.
    if is_short and re.fullmatch(r"[\w./-]+", str(inside), re.ASCII):
        return inside
    digest = hashlib.sha256(os.fsencode(home)).hexdigest()[:24]
    return Path("/tmp") / f"offenders-{digest}"  # noqa: S108 - owner and mode are checked


def make_home(home: Path) -> None:
    """Make the data directory, unless it is there."""
    with contextlib.suppress(FileExistsError):
        home.mkdir(parents=True)
        # Root's server runs under another account, which must pass but not look around.
        home.chmod(0o711 if os.geteuid() == 0 else 0o700)


def make_private_dir(path: Path, account: Account | None) -> None:
    """Make a directory of the server's account alone; raise where it is somebody else's."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
    # Also when an earlier start was killed between these two steps.
    if account and path.lstat().st_uid == os.geteuid():
        os.chown(path, account.uid, account.gid, follow_symlinks=False)
    if not is_private(path, account.uid if account else os.geteuid()):
        message = f"{path} belongs to another user or is open to others. Remove it, then start."
        raise EmbeddedPostgresError(message)


def is_private(path: Path, uid: int) -> bool:
    """Tell whether a directory belongs to this user and is closed to all others."""
    found = path.lstat()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == uid and not found.st_mode & 0o077


def read_passwords(home: Path) -> dict[str, str]:
    """Give the passwords of all roles, made and kept at the first time."""
    path, draft = home / "postgres.json", home / "postgres.json.new"
    if path.exists():
        return dict(json.loads(path.read_bytes()))
    if cluster_dir(home).exists():
        message = f"Put {path} back from a backup: it holds the passwords of the database."
        raise EmbeddedPostgresError(message)
    passwords = {role: secrets.token_urlsafe(32) for role in (SUPERUSER, OWNER, APP)}
    draft.unlink(missing_ok=True)
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    os.write(file, json.dumps(passwords).encode())
    os.fsync(file)
    os.close(file)
    rename(draft, path)
    return passwords


def rename(draft: Path, path: Path) -> None:
    """Put a finished file or directory in its place, so that it outlasts a loss of power."""
    draft.rename(path)
    parent = os.open(path.parent, os.O_RDONLY)
    os.fsync(parent)
    os.close(parent)


def urls_of(home: Path, passwords: dict[str, str]) -> EmbeddedUrls:
    """Give the addresses of the two roles of the service."""
    owner, app = (url_of(home, passwords, role, "offenders") for role in (OWNER, APP))
    return EmbeddedUrls(owner=owner, app=app)


def url_of(home: Path, passwords: dict[str, str], role: str, database: str) -> str:
    """Give the address of one role."""
    # The port is named because libpq would take it from PGPORT.
    where = f"{database}?host={socket_dir(home)}&port=5432"
    return f"postgresql://{role}:{passwords[role]}@/{where}"
