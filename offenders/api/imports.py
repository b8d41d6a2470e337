"""Routes of imports: plan or start one by uploading a file, and follow it."""

from __future__ import annotations

from flask import g, request
from werkzeug.exceptions import UnsupportedMediaType

from offenders.api.bodies import UPLOAD_LIMIT
from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import imports as schemas
from offenders.api.schemas.fields import ItemPage
from offenders.domain.imports import service
from offenders.domain.imports.service import Upload
from offenders.errors import Invalid

routes = Routes("imports", __name__, url_prefix="/v1", description="Imports")

_PERMISSION = "imports:write"
_CONTENT_TYPES = frozenset(
    {
        "text/csv",
        "application/csv",
        "application/x-ndjson",
        "application/ndjson",
        "application/geo+json",
        "application/json",
        "application/octet-stream",
    }
)


@route(
    routes,
    "POST",
    "/imports",
    Operation("imports.start", _PERMISSION, "force", "collection"),
    query=schemas.UploadQuery,
    answer=schemas.ImportAnswer,
    status=202,
    body_limit=UPLOAD_LIMIT,
    raw_body="text/csv",
)
def start_import(call: Call) -> Answer:
    """Upload a file (CSV, NDJSON or GeoJSON); it is run at once in the background."""
    content, content_type, file_name = _read_file()
    upload = Upload(
        kind=call.query["kind"],
        content=content,
        content_type=content_type,
        file_name=call.query.get("file_name") or file_name,
        dry_run=call.query["dry_run"],
        complete=call.query["complete"],
    )
    row = service.queue_import(call.session, upload=upload, requested_by=call.actor.subject)
    return Answer(
        row[0].encode(),
        status=202,
        location=f"/v1/imports/{row.id}",
        details={"import": str(row.id), "kind": upload.kind, "dry_run": upload.dry_run},
    )


def _read_file() -> tuple[bytes, str, str | None]:
    """Take the file out of the body: the body itself, or the part `file` of a form."""
    if request.mimetype == "multipart/form-data":
        part = request.files.get("file")
        if part is None:
            raise Invalid.field("/file", "Send the file as the part named `file`.")
        return part.read(), part.mimetype or "application/octet-stream", part.filename
    if request.mimetype not in _CONTENT_TYPES:
        raise UnsupportedMediaType
    return g.body, request.mimetype, None


@route(
    routes,
    "GET",
    "/imports",
    Operation("imports.list", _PERMISSION, "force", None),
    query=schemas.ImportsQuery,
    answer=ItemPage,
)
def list_imports(call: Call) -> Answer:
    """List imports, the newest first."""
    page = read_page(call.query)
    rows = service.list_imports(
        call.session,
        kind=call.query.get("kind"),
        state=call.query.get("state"),
        after=page.after,
        limit=page.limit + 1,
    )
    return Answer(make_page(rows, page, key=lambda row: [row.recorded_at, str(row.id)]))


@route(
    routes,
    "GET",
    "/imports/<import_id>",
    Operation("imports.read", _PERMISSION, "force", None),
    answer=schemas.ImportAnswer,
)
def get_import(call: Call, import_id: str) -> Answer:
    """Tell how far an import is: its state and its counts."""
    return Answer(service.get_import(call.session, import_id)[0].encode())


@route(
    routes,
    "GET",
    "/imports/<import_id>/problems",
    Operation("imports.problems", _PERMISSION, "force", None),
    query=schemas.ProblemsQuery,
    answer=ItemPage,
)
def list_problems(call: Call, import_id: str) -> Answer:
    """List refused and doubtful rows: line, field, what is wrong and what to do."""
    page = read_page(call.query)
    rows = service.list_problems(
        call.session,
        written=import_id,
        severity=call.query.get("severity"),
        after=page.after,
        limit=page.limit + 1,
    )
    return Answer(make_page(rows, page, key=lambda row: [row.line, str(row.id)]))
