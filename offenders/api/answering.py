"""What every answer bears and leaves behind, whichever way it was made."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING
from uuid import uuid4

import structlog

from offenders.telemetry import REQUESTS, SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

JSON = "application/json; charset=utf-8"

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_COMMON = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
    ("Content-Security-Policy", "default-src 'none'"),
)

log = structlog.get_logger()


def request_id_of(sent: str) -> str:
    """Take the caller's X-Request-Id if it is a plain word, or make one."""
    return sent if _REQUEST_ID.fullmatch(sent) else str(uuid4())


def common_headers(request_id: str, *, is_demonstration: bool) -> Iterator[tuple[str, str]]:
    """Give the headers of every answer; people of a demonstration are made up, and it says so."""
    yield "X-Request-Id", request_id
    yield from _COMMON
    if is_demonstration:
        yield "X-Demonstration-Data", "made up"


def note_answer(method: str, rule: str, status: int, began: float, request_id: str) -> None:
    """Count and log an answer; the log never shows the query."""
    seconds = time.perf_counter() - began
    REQUESTS.labels(rule, method, status).inc()
    SECONDS.labels(rule).observe(seconds)
    log.info(
        "request.answered",
        method=method,
        route=rule,
        status=status,
        milliseconds=round(seconds * 1000, 1),
        request_id=request_id,
    )
