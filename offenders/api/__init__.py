"""The application: extensions, blueprints, handlers; it starts only if every route is declared."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request
from flask_smorest import Api

from offenders import __version__
from offenders.api import (
    audit,
    flags,
    health,
    imports,
    jobs,
    persons,
    pnc,
    problems,
    reference,
    wanted,
)
from offenders.api.permissions import declared_operations
from offenders.api.schemas.fields import Problem
from offenders.api.service import Service
from offenders.telemetry import REQUESTS, SECONDS, configure_logs

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from werkzeug.exceptions import HTTPException

    from offenders.settings import Settings

log = structlog.get_logger()

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE"})
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_DESCRIPTION = "Who is wanted, who is managed, what is overdue and who must act."


class ProblemApi(Api):  # type: ignore[misc]  # flask-smorest ships no types
    """flask-smorest with our own problem answers."""

    ERROR_SCHEMA = Problem

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer in RFC 9457."""
        return problems.http_exception(error)


def create_app(settings: Settings, engine: Engine | None = None) -> Flask:
    """Make the application for these settings; `engine` is handed in by tests."""
    configure_logs(settings.log_format)
    app = Flask("offenders", static_folder=None)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False
    app.extensions["offenders"] = Service(settings, engine)
    app.config.update(_openapi())
    api = ProblemApi(app)
    for routes in (
        reference.routes,
        persons.routes,
        wanted.routes,
        pnc.routes,
        flags.routes,
        jobs.routes,
        imports.routes,
        audit.routes,
    ):
        api.register_blueprint(routes)
    health.install(app, api)
    problems.install(app)
    app.before_request(_begin_request)
    app.after_request(_end_request)
    app.extensions["operations"] = declared_operations(app)
    return app


def _openapi() -> dict[str, Any]:
    return {
        "API_TITLE": "Offenders",
        "API_VERSION": __version__,
        "OPENAPI_VERSION": "3.1.0",
        "API_SPEC_OPTIONS": {
            "info": {"description": _DESCRIPTION},
            "components": {
                "securitySchemes": {
                    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
                }
            },
            "security": [{"bearer": []}],
        },
    }


def _begin_request() -> None:
    sent = request.headers.get("X-Request-Id", "")
    g.request_id = sent if _REQUEST_ID.fullmatch(sent) else str(uuid4())
    g.began = time.perf_counter()


def _end_request(answer: Response) -> Response:
    answer.headers["X-Request-Id"] = g.get("request_id", "")
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers.setdefault("Cache-Control", "no-store")
    answer.headers.setdefault("Content-Security-Policy", "default-src 'none'")
    health.mark_demonstration(answer)
    _measure(answer)
    return answer


def _measure(answer: Response) -> None:
    rule = str(request.url_rule) if request.url_rule else "unknown"
    seconds = time.perf_counter() - g.get("began", time.perf_counter())
    method = request.method if request.method in _METHODS else "other"
    REQUESTS.labels(rule, method, answer.status_code).inc()
    SECONDS.labels(rule).observe(seconds)
    log.info(
        "request.answered",
        method=request.method,
        route=rule,
        status=answer.status_code,
        milliseconds=round(seconds * 1000, 1),
        request_id=g.get("request_id", ""),
    )
