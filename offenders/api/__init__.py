"""The application: extensions, blueprints, handlers; it starts only if every route is declared."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, g, request
from flask_smorest import Api

from offenders import __version__
from offenders.api import (
    acro,
    audit,
    bail,
    briefings,
    calendar,
    changes,
    command,
    custody,
    data_quality,
    directory,
    emergency_access,
    flags,
    forensics,
    health,
    imports,
    iom,
    jobs,
    mappa,
    meetings,
    merging,
    orders,
    outbox,
    persons,
    pnc,
    problems,
    reference,
    registrations,
    reports,
    revocations,
    sharing,
    street,
    subscriptions,
    tasks,
    wanted,
)
from offenders.api.answering import common_headers, note_answer, request_id_of
from offenders.api.permissions import declared_operations
from offenders.api.readings import READ_ROUTES
from offenders.api.schemas.fields import Problem
from offenders.api.service import Service
from offenders.api.short_cut import ShortCut
from offenders.telemetry import configure_logs

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from werkzeug.exceptions import HTTPException

    from offenders.settings import Settings

_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "DELETE"})
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
        directory.routes,
        persons.routes,
        merging.routes,
        sharing.routes,
        emergency_access.routes,
        wanted.routes,
        street.routes,
        changes.routes,
        custody.routes,
        bail.routes,
        reports.routes,
        command.routes,
        data_quality.routes,
        pnc.routes,
        acro.routes,
        forensics.routes,
        registrations.routes,
        iom.routes,
        mappa.routes,
        orders.routes,
        meetings.routes,
        tasks.routes,
        briefings.routes,
        subscriptions.routes,
        calendar.routes,
        flags.routes,
        jobs.routes,
        imports.routes,
        outbox.routes,
        audit.routes,
        revocations.routes,
    ):
        api.register_blueprint(routes)
    health.install(app, api)
    problems.install(app)
    app.before_request(_begin_request)
    app.after_request(_end_request)
    app.extensions["operations"] = declared_operations(app)
    app.wsgi_app = ShortCut(app, READ_ROUTES)  # type: ignore[assignment]
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
    g.request_id = request_id_of(request.headers.get("X-Request-Id", ""))
    g.began = time.perf_counter()


def _end_request(answer: Response) -> Response:
    request_id = g.get("request_id", "")
    is_demonstration = current_app.extensions["offenders"].is_demonstration()
    for name, value in common_headers(request_id, is_demonstration=is_demonstration):
        answer.headers.setdefault(name, value)
    rule = str(request.url_rule) if request.url_rule else "unknown"
    method = request.method if request.method in _METHODS else "other"
    began = g.get("began", time.perf_counter())
    note_answer(method, rule, answer.status_code, began, request_id)
    return answer
