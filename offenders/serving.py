"""Runs the web workers and the scheduler as children, ends them in order, leaves none behind."""

from __future__ import annotations

import errno
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from offenders.ending import begin_child_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from offenders.settings import Settings

ROOT = Path(__file__).parent.parent
STOP_SECONDS = 35  # gunicorn.conf.py lets requests run on for 30
REVIVALS = 5  # within this many seconds; whoever ends more often would only end again
REVIVAL_SECONDS = 60
READY_SECONDS = 60
BACKLOG = 2048

_STOPPING = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
_HELD = _STOPPING | {signal.SIGCHLD}


class ServingError(RuntimeError):
    """The service can't start or go on; the message says what to do."""


@dataclass(frozen=True)
class Plan:
    """How to serve: how many web workers, and whether the scheduler runs along."""

    workers: int
    scheduler: bool


@dataclass
class _Child:
    """One process that is started again when it ends."""

    name: str
    command: Sequence[str]
    environment: dict[str, str]
    descriptors: tuple[int, ...]
    process: subprocess.Popen[bytes] | None = None
    began: list[float] = field(default_factory=list)

    def start(self) -> None:
        parent = os.getpid()
        self.began.append(time.monotonic())
        self.process = subprocess.Popen(  # noqa: S603 - our own programs, no shell
            self.command,
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            pass_fds=self.descriptors,
            # A terminal's Ctrl-C shall reach the parent alone, which ends the others in order.
            start_new_session=True,
            preexec_fn=lambda: _begin_child(parent),  # noqa: PLW1509 - this process has one thread
        )

    @property
    def has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def terminate(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def kill(self) -> None:
        if self.process is not None and not self.has_ended:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def revive(self) -> None:
        latest = [moment for moment in self.began if moment > time.monotonic() - REVIVAL_SECONDS]
        if len(latest) > REVIVALS:
            message = f"The {self.name} ends again and again. Its last lines above say why."
            raise ServingError(message)
        self.start()


def _begin_child(parent: int) -> None:
    begin_child_of(parent)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD)


def listen(host: str, port: int) -> socket.socket:
    """Take the port, before anything else is started."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, number)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        raise ServingError(_refusal(host, port, error)) from error
    return listener


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} of {host} is in use. Stop what uses it, or set OFFENDERS_PORT."
    if error.errno == errno.EACCES:
        return f"Port {port} is for root only. Set OFFENDERS_PORT to one above 1023."
    return f"{host} is no address of this machine. Set OFFENDERS_HOST, e.g. to 127.0.0.1."


def address(listener: socket.socket) -> str:
    """Give the address at which the service is reached from this machine."""
    host, port = _reachable(listener)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _reachable(listener: socket.socket) -> tuple[str, int]:
    host, port, *_ = listener.getsockname()
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - read only


def run(
    settings: Settings,
    plan: Plan,
    listener: socket.socket,
    holds: tuple[int, ...],
    tell: Callable[[str], None],
) -> None:
    """Run web and scheduler until a signal to stop; `holds` keep the bundled server up.

    `tell` is called with `ready` when the service answers, and with `stopping` before its end.
    """
    children = _children(settings, plan, listener, holds)
    signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        for child in children:
            child.start()
        _watch(children, listener, tell)
    finally:
        tell("stopping")
        listener.close()
        _stop(children)


def _children(
    settings: Settings, plan: Plan, listener: socket.socket, holds: tuple[int, ...]
) -> list[_Child]:
    environment = _environment(settings, listener)
    python = (sys.executable, "-m")
    web = (
        *(*python, "gunicorn", "--config", str(ROOT / "gunicorn.conf.py")),
        *(
            "--bind",
            f"fd://{listener.fileno()}",
            "--workers",
            str(plan.workers),
            "wsgi:app",
        ),
    )
    children = [_Child("web server", web, environment, (*holds, listener.fileno()))]
    if plan.scheduler:
        scheduler = (*python, "offenders.cli", "scheduler")
        children.append(_Child("scheduler", scheduler, environment, holds))
    return children


def _environment(settings: Settings, listener: socket.socket) -> dict[str, str]:
    """Hand the addresses on where no list of processes shows them; the owner's stays here."""
    metrics = settings.data_dir / "run" / f"metrics-{listener.getsockname()[1]}"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True)
    inherited = {k: v for k, v in os.environ.items() if k != "OFFENDERS_DATABASE_OWNER_URL"}
    return inherited | {
        "OFFENDERS_DATABASE_URL": settings.database_url or "",
        "OFFENDERS_DATA_DIR": str(settings.data_dir),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
    }


def _watch(
    children: Sequence[_Child], listener: socket.socket, tell: Callable[[str], None]
) -> None:
    is_ready, deadline = False, time.monotonic() + READY_SECONDS
    while True:
        for child in children:
            if child.has_ended and not is_ready:
                message = f"The {child.name} ended at once. Its last lines above say why."
                raise ServingError(message)
            if child.has_ended:
                child.revive()
        if not is_ready and _answers(listener):
            is_ready = True
            tell("ready")
        if not is_ready and time.monotonic() > deadline:
            message = f"The web server gives no answer after {READY_SECONDS} s."
            raise ServingError(message)
        caught = signal.sigtimedwait(_HELD, 1.0 if is_ready else 0.01)
        if caught is not None and caught.si_signo in _STOPPING:
            return


def _answers(listener: socket.socket) -> bool:
    connection = http.client.HTTPConnection(*_reachable(listener), timeout=2)
    try:
        connection.request("GET", "/healthz", headers={"Connection": "close"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _stop(children: Sequence[_Child]) -> None:
    """Ask all to end what they are at; a second signal, or too long a wait, ends them at once."""
    for child in children:
        child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    while not all(child.has_ended for child in children):
        caught = signal.sigtimedwait(_HELD, 0.2)
        is_urgent = caught is not None and caught.si_signo in _STOPPING
        if is_urgent or time.monotonic() > deadline:
            break
    for child in children:
        child.kill()
