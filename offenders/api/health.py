"""What machines and newcomers ask first: health, readiness, metrics, specification, docs."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import flask_swagger_ui
import orjson
from flask import Flask, Response, current_app, send_from_directory
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    generate_latest,
    multiprocess,
)
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from offenders.api.permissions import Operation
from offenders.db import NO_FORCE, Work, transaction
from offenders.opening import newest_version

if TYPE_CHECKING:
    from collections.abc import Callable

    from flask_smorest import Api
    from sqlalchemy.orm import Session

SCHEDULER_LAG_SECONDS = 300  # the jobs of every minute; five missed is a fault
_ASSETS = Path(flask_swagger_ui.__file__).parent / "dist"

_ROLE_FAULTS = text("""
    SELECT (SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind = 'r'
              AND c.relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user))
           AS owned,
           (SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user)
           AS bypasses
""")
_LAST_RUN = text("""
    SELECT extract(epoch FROM clock_timestamp() - max(ended_at)) FROM job_runs
    WHERE trigger = 'scheduled'
""")
_PAGE = """<!doctype html>
<html lang="en-GB"><head><meta charset="utf-8"><title>{title}</title>
<link rel="stylesheet" href="/docs/swagger-ui.css"></head>
<body><div id="swagger-ui"></div>
<script src="/docs/swagger-ui-bundle.js"></script><script src="/docs/start.js"></script>
</body></html>
"""
_START = "SwaggerUIBundle({url: '/openapi.json', dom_id: '#swagger-ui', deepLinking: true});\n"
_DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'"
)


def install(app: Flask, api: Api) -> None:
    """Add the public routes."""
    specification = orjson.dumps(api.spec.to_dict())
    _add(app, "/healthz", "health.read", _healthz)
    _add(app, "/readyz", "health.ready", _readyz)
    _add(app, "/metrics", "health.metrics", _metrics)
    _add(
        app,
        "/openapi.json",
        "health.openapi",
        lambda: Response(specification, content_type="application/json"),
    )
    _add(app, "/docs", "health.docs", _docs)
    _add(app, "/docs/<path:name>", "health.docs-assets", _docs_asset)


def _add(app: Flask, rule: str, name: str, view: Callable[..., Any]) -> None:
    def public(**path: str) -> Any:
        return view(**path)

    public.operation = Operation(name, None, "public", None)  # type: ignore[attr-defined]
    app.add_url_rule(rule, endpoint=name, view_func=public, methods=["GET"])


def _healthz() -> Response:
    return Response(b'{"status":"ok"}', content_type="application/json")


def _readyz() -> Response:
    faults = _faults()
    content = {"status": "not ready" if faults else "ready", "faults": faults}
    answer = Response(orjson.dumps(content), 503 if faults else 200)
    answer.content_type = "application/json"
    if faults:
        answer.headers["Retry-After"] = "5"
    return answer


def _faults() -> list[str]:
    engine = current_app.extensions["offenders"].engine
    try:
        with transaction(engine, Work(NO_FORCE, writes=False, statement_seconds=2)) as session:
            return _database_faults(session)
    except SQLAlchemyError:
        return ["The database does not answer."]


def _database_faults(session: Session) -> list[str]:
    faults = []
    version = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    if version != newest_version():
        faults.append("Migrations are missing: run `offenders migrate`.")
    role = session.execute(_ROLE_FAULTS).one()
    if role.owned or role.bypasses:
        faults.append("The serving role owns tables or bypasses row-level security.")
    lag = session.execute(_LAST_RUN).scalar()
    if lag is None or lag > SCHEDULER_LAG_SECONDS:
        faults.append(
            "The scheduler has run nothing for five minutes: start `offenders scheduler`."
        )
    return faults


def _metrics() -> Response:
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):  # read by the library in the same way
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _docs() -> Response:
    answer = Response(_PAGE.format(title=escape("Offenders API")), content_type="text/html")
    answer.headers["Content-Security-Policy"] = _DOCS_POLICY
    return answer


def _docs_asset(name: str) -> Response:
    if name == "start.js":
        return Response(_START, content_type="text/javascript")
    answer = send_from_directory(_ASSETS, name)
    answer.headers["Cache-Control"] = "max-age=86400"
    return answer
