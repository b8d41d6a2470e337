"""Sharing the bundled PostgreSQL: whoever uses it joins, and the last to leave ends it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from offenders.embedded.home import EmbeddedPostgresError, EmbeddedUrls
from offenders.embedded.server import EmbeddedPostgres, running_urls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from offenders.settings import Settings

END_SECONDS = 60  # a fast shutdown writes one checkpoint; shared_buffers are 256 MB
LOOK_SECONDS = 1.0  # how soon a server that has died is started again


@contextlib.contextmanager
def database(settings: Settings) -> Iterator[Settings]:
    """Give the settings with both addresses, the bundled server running where none is set."""
    if settings.owner_url is not None:
        yield _with_both(settings)
    else:
        with joined(settings.data_dir) as urls:
            yield replace(settings, database_url=urls.app, database_owner_url=urls.owner)


@contextlib.contextmanager
def lasting_database(settings: Settings) -> Iterator[tuple[Settings, tuple[int, ...]]]:
    """Do the same for a service with children; they hold the descriptors given, see `kept`."""
    if settings.owner_url is not None:
        yield _with_both(settings), ()
    else:
        with kept(settings.data_dir) as (urls, holds):
            both = replace(settings, database_url=urls.app, database_owner_url=urls.owner)
            yield both, (holds,)


def _with_both(settings: Settings) -> Settings:
    """Let one address given alone stand for both roles."""
    serving = settings.database_url or settings.database_owner_url
    return replace(settings, database_url=serving, database_owner_url=settings.owner_url)


@contextlib.contextmanager
def joined(data_dir: Path) -> Iterator[EmbeddedUrls]:
    """Use the bundled server for the length of the block."""
    server = EmbeddedPostgres(data_dir)
    server.start()
    users = os.open(data_dir / "postgres.users", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(users, fcntl.LOCK_SH)
        # Between the two lines above the last user may have ended the server.
        yield server.start()
    finally:
        _leave(users, data_dir)


def _leave(users: int, data_dir: Path) -> None:
    """End the server unless others use it, whoever of them started it."""
    try:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _end(data_dir)
    finally:
        os.close(users)


def _end(data_dir: Path) -> None:
    if running_urls(data_dir) is None:
        return
    file = data_dir / "postgres" / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, IndexError):
        pid = int(file.read_text(encoding="utf-8").split()[0])
        # The number may have gone to another process: only the postmaster works in this directory.
        if not file.parent.samefile(f"/proc/{pid}/cwd"):
            return
        os.kill(pid, signal.SIGINT)
        _wait_for_the_end(file)


def _wait_for_the_end(file: Path) -> None:
    deadline = time.monotonic() + END_SECONDS
    while file.exists() and time.monotonic() < deadline:
        time.sleep(0.02)


@contextlib.contextmanager
def kept(data_dir: Path) -> Iterator[tuple[EmbeddedUrls, int]]:
    """Let a process of its own keep the server up while anyone holds the descriptor given.

    The keeper reads a pipe that ends when the last holder has ended, in order or by kill -9; so
    the server outlives the web workers and the scheduler and never stays behind alone.
    """
    ends, holds = os.pipe()
    reads, answers = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        _keep(data_dir, ends, answers)
    os.close(ends)
    os.close(answers)
    try:
        yield _read_urls(reads), holds
    finally:
        os.close(holds)
        _, status = os.waitpid(keeper, 0)
        if os.WIFSIGNALED(status):
            # It could not end the server any more: join, and leave as the last.
            with joined(data_dir):
                pass


def _keep(data_dir: Path, ends: int, answers: int) -> None:
    """Be the keeper: never returns."""
    os.setsid()
    _close_all_but(ends, answers)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # A handler, not SIG_IGN, which the server's programs would inherit.
        signal.signal(each, lambda *_: None)
    status = 1
    try:
        with joined(data_dir) as urls:
            _answer(answers, {"owner": urls.owner, "app": urls.app})
            while not select.select([ends], [], [], LOOK_SECONDS)[0]:
                _keep_up(data_dir)
        status = 0
    except EmbeddedPostgresError as error:
        _answer(answers, {"error": str(error)})
    finally:
        os._exit(status)


def _close_all_but(*kept_open: int) -> None:
    """Close what the fork has copied: the pipe's other end, and the port if it is open yet."""
    for entry in list(Path("/proc/self/fd").iterdir()):
        number = int(entry.name)
        if number > 2 and number not in kept_open:  # noqa: PLR2004 - standard streams stay
            with contextlib.suppress(OSError):
                os.close(number)


def _keep_up(data_dir: Path) -> None:
    # What goes wrong here shows in readiness; the next look tries again.
    with contextlib.suppress(EmbeddedPostgresError):
        if running_urls(data_dir) is None:
            EmbeddedPostgres(data_dir).start()


def _answer(answers: int, content: dict[str, str]) -> None:
    with contextlib.suppress(OSError):
        os.write(answers, json.dumps(content).encode())
        os.close(answers)


def _read_urls(reads: int) -> EmbeddedUrls:
    with os.fdopen(reads, "rb") as file:
        content = json.loads(file.read() or b"{}")
    if "owner" in content:
        return EmbeddedUrls(owner=content["owner"], app=content["app"])
    raise EmbeddedPostgresError(content.get("error", "PostgreSQL's keeper was ended. Start again."))
