"""The service under measurement, started for the while."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING

from bench.machine import seconds_of
from offenders.embedded.server import running_urls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from offenders.settings import Settings

READY_SECONDS = 120


class NotReadyError(RuntimeError):
    """The service did not come up; the message says what to look at."""


@dataclass(frozen=True)
class Taken:
    """Processor time so far, in seconds."""

    service: float
    database: float  # none where it isn't the bundled server

    def since(self, before: Taken) -> Taken:
        """Give what was taken between the two."""
        return Taken(self.service - before.service, self.database - before.database)


@dataclass(frozen=True)
class Running:
    """Where the service answers, and the processes whose time is measured."""

    address: tuple[str, int]
    process: int
    postmaster: int | None

    def taken(self) -> Taken:
        """Give the processor time of the service and its database."""
        of_database = seconds_of(self.postmaster) if self.postmaster else 0.0
        return Taken(seconds_of(self.process), of_database)


@contextlib.contextmanager
def started(settings: Settings) -> Iterator[Running]:
    """Serve on a free port with two workers until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = ("127.0.0.1", free.getsockname()[1])
    command = [sys.executable, "-m", "offenders.cli", "serve", "--no-scheduler", "--with-parent"]
    process = subprocess.Popen(
        [*command, "--port", str(address[1])],
        env=os.environ | {"OFFENDERS_LOG_FORMAT": "json"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(process, address)
        yield Running(address, process.pid, _postmaster(settings))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _postmaster(settings: Settings) -> int | None:
    """Give the bundled server; one that is somebody else's isn't measured."""
    bundled = running_urls(settings.data_dir)
    if bundled is None or bundled.owner != settings.owner_url:
        return None
    file = settings.data_dir / "postgres" / "postmaster.pid"
    return int(file.read_text(encoding="utf-8").split()[0])


def _wait(process: subprocess.Popen[bytes], address: tuple[str, int]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError, HTTPException):
            connection = HTTPConnection(*address, timeout=5)
            connection.request("GET", "/healthz")
            if connection.getresponse().status == HTTPStatus.OK:
                return
        time.sleep(0.2)
    message = "The service does not start. Run `offenders serve` to see why."
    raise NotReadyError(message)
