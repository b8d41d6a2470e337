"""RFC 9457 problem answers: the only place where an error becomes an answer.

A type is a stable URN, `urn:offenders:problem:<kind>`; docs/api.md lists them. Nothing of the
inside (driver text, stack, class name, value) leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import structlog
from flask import Response, g, request
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from offenders.api.issuer_keys import IssuerUnavailable
from offenders.api.tokens import InvalidToken
from offenders.errors import DomainError, LimitReached, PersonMerged

if TYPE_CHECKING:
    from flask import Flask

log = structlog.get_logger()

TYPE = "urn:offenders:problem:"

# Each kind with its status and its title.
KINDS: dict[str, tuple[int, str]] = {
    "unauthenticated": (401, "A valid token is needed"),
    "token-revoked": (401, "This token has been revoked"),
    "forbidden": (403, "Your role may not do this"),
    "not-found": (404, "Not found"),
    "method-not-allowed": (405, "This method is not offered here"),
    "not-acceptable": (406, "This form of answer is not offered"),
    "conflict": (409, "The record as it stands doesn't allow this"),
    "person-merged": (409, "This record was merged into another"),
    "idempotency-conflict": (409, "The key was used for another request"),
    "idempotency-in-progress": (409, "The first request with this key is still running"),
    "token-expired": (410, "This token is too old"),
    "gone": (410, "This was kept for its time and is gone"),
    "stale-version": (412, "The record has changed"),
    "too-large": (413, "The body is too large"),
    "unsupported-media-type": (415, "This content type is not taken here"),
    "invalid": (422, "The request is not valid"),
    "reason-needed": (422, "A reason for access is needed"),
    "version-needed": (428, "If-Match is needed"),
    "limit-reached": (429, "Too much for now"),
    "too-many-failures": (429, "Too many failed tokens"),
    "internal": (500, "Something went wrong here"),
    "unavailable": (503, "Not available just now"),
    "unsettled": (503, "This moment is not settled yet"),
}

_BY_STATUS = {
    404: "not-found",
    405: "method-not-allowed",
    406: "not-acceptable",
    413: "too-large",
    415: "unsupported-media-type",
    422: "invalid",
    429: "limit-reached",
}

# What a race may run into, by constraint; services look first and give the link.
CONSTRAINTS = {
    "uq_detentions_custody_number": "This custody number is on record with other facts.",
    "uq_wants_open": "This person is already wanted for this reason and crime reference.",
    "uq_bail_records_arrest": "This release after the same arrest is recorded already.",
    "uq_registrations_person": "This person is registered already.",
    "uq_iom_members_open": "The person is in this scheme already.",
    "uq_iom_nominations_open": "The person is nominated for this scheme already.",
    "uq_iom_decisions_final": "A panel has decided this nomination already.",
    "uq_mappa_cases_open": "This person is held under these arrangements already.",
    "uq_orders_court_reference": "This order is recorded already, by the court's reference.",
    "uq_order_breaches_moment": "This breach is recorded already.",
    "uq_order_clauses_code": "There is a clause of this code. Choose another.",
    "uq_person_markers_active": "This marker is already active for this person.",
    "uq_person_identifiers_pnc_id": "Another person of this force has this PNC ID.",
    "uq_want_actions_client_id": "This client_id was used for another record. Make a new one.",
    "uq_sightings_client_id": "This client_id was used for another record. Make a new one.",
    "uq_meetings_cut_off": "This meeting was made just now, with the same cut-off. Read it.",
    "uq_flags_open": "This flag is already open.",
    "uq_merges_standing": "This record was merged just now. Read it again.",
    "pk_idempotency_keys": "A request with this key has just been answered. Repeat it.",
}


def problem(kind: str, detail: str, **extra: Any) -> Response:
    """Make a problem answer; `extra` are further members, e.g. `errors` or `possible`."""
    status, title = KINDS[kind]
    content = {
        "type": TYPE + kind,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "request_id": g.get("request_id", ""),
        **extra,
    }
    return Response(orjson.dumps(content), status, content_type="application/problem+json")


def install(app: Flask) -> None:
    """Let every error of the application answer as a problem."""
    app.register_error_handler(DomainError, _domain_error)
    app.register_error_handler(InvalidToken, _invalid_token)
    app.register_error_handler(IssuerUnavailable, _issuer_unavailable)
    app.register_error_handler(IntegrityError, _integrity_error)
    app.register_error_handler(DBAPIError, _database_error)
    app.register_error_handler(PoolTimeout, _database_error)
    app.register_error_handler(HTTPException, http_exception)
    app.register_error_handler(Exception, _last)


def _domain_error(error: DomainError) -> Response:
    if isinstance(error, PersonMerged) and request.method in {"GET", "HEAD"}:
        return _redirect(error)
    answer = problem(_kind_of(error), error.detail, **error.extra)
    if isinstance(error, LimitReached):
        answer.headers["Retry-After"] = str(error.retry_after)
    if answer.status_code == KINDS["unsettled"][0] or error.kind == "idempotency-in-progress":
        answer.headers["Retry-After"] = "2"
    return answer


def _redirect(error: PersonMerged) -> Response:
    """Lead a reader of a merged record to the survivor: the same address with their id."""
    answer = problem(error.kind, error.detail, **error.extra)
    parts = [
        str(error.survivor) if part == error.written else part for part in request.path.split("/")
    ]
    query = request.query_string.decode("ascii", "replace")
    answer.headers["Location"] = "/".join(parts) + (f"?{query}" if query else "")
    answer.status_code = 308
    return answer


def _kind_of(error: DomainError) -> str:
    return error.kind if error.kind in KINDS else "conflict"


def _invalid_token(error: InvalidToken) -> Response:
    kind = "token-revoked" if error.kind == "revoked" else "unauthenticated"
    answer = problem(kind, error.detail)
    answer.headers["WWW-Authenticate"] = 'Bearer realm="offenders"'
    return answer


def _issuer_unavailable(_error: IssuerUnavailable) -> Response:
    return _unavailable("The token issuer can't be reached. Ask again shortly.")


def _integrity_error(error: IntegrityError) -> Response:
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None)
    detail = CONSTRAINTS.get(name or "")
    if detail is not None:
        return problem("conflict", detail)
    if name and name.startswith("fk_"):
        return problem("invalid", "The request names a code or record that doesn't exist here.")
    log.error("database.constraint", constraint=name)
    return problem("conflict", "The record as it stands doesn't allow this. Read it again.")


def _database_error(error: Exception) -> Response:
    code = getattr(getattr(error, "orig", None), "pgcode", None)
    if code is not None and code.startswith("22"):
        return problem("invalid", "A value is out of range or can't be stored. Correct it.")
    if code is not None and not code.startswith(("08", "40", "53", "55", "57", "58")):
        return _last(error)
    log.warning("database.unavailable", code=code, kind=type(error).__name__)
    return _unavailable("The database is not answering just now. Repeat the request shortly.")


def _unavailable(detail: str) -> Response:
    answer = problem("unavailable", detail)
    answer.headers["Retry-After"] = "2"
    return answer


def http_exception(error: HTTPException) -> Response:
    """Answer Flask's and webargs' own errors."""
    messages = getattr(error, "data", {}).get("messages") if hasattr(error, "data") else None
    if messages:
        errors = _field_errors(messages)
        return problem("invalid", "Correct the fields named in errors.", errors=errors)
    kind = _BY_STATUS.get(error.code or 500)
    if kind is None:
        kind = "invalid" if (error.code or 500) < 500 else "internal"  # noqa: PLR2004
    answer = problem(kind, _DETAILS.get(kind, "Check the request against the documentation."))
    for name, value in error.get_headers():
        if name == "Allow":
            answer.headers["Allow"] = value
    return answer


_DETAILS = {
    "not-found": "There is no such address. See /docs.",
    "method-not-allowed": "Use one of the methods named in Allow.",
    "too-large": "Send at most 64 KB; imports and NDJSON may have 32 MB.",
    "unsupported-media-type": "Send application/json.",
    "internal": "Quote the request id to the operators.",
}


def _field_errors(messages: Any, pointer: str = "") -> list[dict[str, str]]:
    """Turn marshmallow's nested messages into pointers."""
    if isinstance(messages, dict):
        return [
            found
            for key, value in messages.items()
            for found in _field_errors(value, _step(pointer, key))
        ]
    if isinstance(messages, list):
        return [found for value in messages for found in _field_errors(value, pointer)]
    return [{"pointer": pointer or "/", "detail": str(messages)}]


def _step(pointer: str, key: Any) -> str:
    if key in {"json", "query", "_schema"}:
        return pointer
    escaped = str(key).replace("~", "~0").replace("/", "~1")[:80]
    return f"{pointer}/{escaped}"


def _last(error: Exception) -> Response:
    """Say nothing but the request id; the log has the place, never the values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
    log.error("request.failed", kind=type(error).__name__, place=place)
    return problem("internal", _DETAILS["internal"])
