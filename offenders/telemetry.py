"""Structured logs without personal data, and the counters that /metrics shows."""

from __future__ import annotations

import logging
import sys
from typing import Any

import orjson
import structlog
from prometheus_client import Counter, Histogram

REQUESTS = Counter(
    "offenders_requests_total", "Requests answered.", ["operation", "method", "status"]
)
SECONDS = Histogram("offenders_request_seconds", "Seconds to an answer.", ["operation"])
JOB_RUNS = Counter("offenders_job_runs_total", "Runs of jobs.", ["job", "state"])
OUTBOX_TRIES = Counter(
    "offenders_outbox_tries_total", "Tries to send a message out.", ["type", "outcome"]
)


def _as_json(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=repr).decode()


def configure_logs(log_format: str) -> None:
    """Write one event a line to stderr: JSON for machines, `console` for people."""
    renderer = (
        structlog.processors.JSONRenderer(serializer=_as_json)
        if log_format == "json"
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
