"""How gunicorn serves: worker type, limits, timeouts, and one engine for each worker."""

from __future__ import annotations

import gc
import json
import os
import signal
import time
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import gunicorn.http.wsgi
from gunicorn import util
from gunicorn.http.errors import ParseException
from prometheus_client import multiprocess

if TYPE_CHECKING:
    import socket

wsgi_app = "wsgi:app"
worker_class = "gthread"
workers = 2
threads = 8
preload_app = True

timeout = 30
graceful_timeout = 30
keepalive = 75

limit_request_line = 4094
limit_request_fields = 64
limit_request_field_size = 8190

# The service itself logs every request; its lines never show a query string.
accesslog = None
loglevel = "warning"
control_socket_disable = True

# No header of a caller is believed: scheme and script name come from no proxy.
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

gunicorn.http.wsgi.SERVER = "offenders"

# At the usual 700 a quarter of a start went into searching what is imported for rubbish.
gc.set_threshold(10_000)

DRAIN_BYTES = 64 * 1024 * 1024  # twice the largest upload
DRAIN_SECONDS = 5
CHUNK_BYTES = 64 * 1024


def hold_back_sigterm() -> None:
    """Keep SIGTERM pending while a process forks."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def take_sigterm() -> None:
    """Let SIGTERM through again, one that came meanwhile included."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def end_on_sigterm() -> None:
    """Let a new worker be stopped from its first moment.

    Until gunicorn sets the worker's handlers it has its master's, which only note the signal in a
    queue that nobody reads there: the worker would be waited for until the graceful timeout.
    """
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    take_sigterm()


os.register_at_fork(
    before=hold_back_sigterm, after_in_parent=take_sigterm, after_in_child=end_on_sigterm
)


def post_fork(server: Any, worker: Any) -> None:
    """Give the worker connections of its own."""
    server.app.callable.extensions["offenders"].engine.dispose(close=False)


def post_request(worker: Any, req: Any, environ: dict[str, Any], resp: Any) -> None:
    """Take an unread body off the wire: closing over it would cut our answer off."""
    if not environ.keys() & {"CONTENT_LENGTH", "HTTP_TRANSFER_ENCODING"}:
        return
    connection, deadline = environ["gunicorn.socket"], time.monotonic() + DRAIN_SECONDS
    left = DRAIN_BYTES
    connection.settimeout(DRAIN_SECONDS)
    try:
        while left > 0 and time.monotonic() < deadline:
            taken = len(environ["wsgi.input"].read(CHUNK_BYTES))
            left = left - taken if taken else 0
    except (OSError, ParseException):
        return
    finally:
        connection.setblocking(True)


def child_exit(server: Any, worker: Any) -> None:
    """Let the metrics of a worker that has ended be forgotten where they should be."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)


def write_problem(connection: socket.socket, status: int, title: str, _detail: str) -> None:
    """Answer what isn't HTTP as a problem too, without showing any of it again."""
    kind, detail = (
        "invalid",
        "The service can't read this as HTTP. Check method, path and headers.",
    )
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        kind, detail = (
            "internal",
            "Repeat the request; if it fails again, tell the operators.",
        )
    content = {
        "type": f"urn:offenders:problem:{kind}",
        "title": title,
        "status": status,
        "detail": detail,
    }
    body = json.dumps(content).encode()
    head = (
        f"HTTP/1.1 {status} {title}\r\nConnection: close\r\n"
        f"Content-Type: application/problem+json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    util.write_nonblock(connection, head.encode() + body)


util.write_error = write_problem
