"""The service under measurement: one that runs already, or one started for the while."""

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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from offenders.settings import Settings

READY_SECONDS = 120


class NotReadyError(RuntimeError):
    """The service did not come up; the message says what to look at."""


@dataclass(frozen=True)
class Running:
    """Where the service answers, and the processes whose time is measured."""

    address: tuple[str, int]
    processes: list[int]


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
        yield Running(address, [process.pid, *_postmaster(settings)])
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _postmaster(settings: Settings) -> list[int]:
    """Give the bundled server; one that is somebody else's isn't measured."""
    file = settings.data_dir / "postgres" / "postmaster.pid"
    if not settings.is_embedded or not file.exists():
        return []
    return [int(file.read_text(encoding="utf-8").split()[0])]


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
