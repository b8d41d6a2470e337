"""Routes of revoked tokens."""

from __future__ import annotations

from offenders.api import revoked
from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import revocations as schemas

routes = Routes("revocations", __name__, url_prefix="/v1", description="Revoked tokens")


@route(
    routes,
    "POST",
    "/revocations",
    Operation("tokens.revoke", "tokens:revoke", "force", "operation"),
    body=schemas.RevocationBody,
    answer=schemas.RevocationAnswer,
    status=201,
)
def revoke(call: Call) -> Answer:
    """Stop a token, or all that a subject has been issued until now, within 60 seconds.

    Whoever signs in again gets a token that counts; whether they may is for the issuer.
    """
    revocation, shown = revoked.add_revocation(
        call.session, revoked_by=call.actor.subject, fields=call.body
    )
    return Answer(shown.encode(), status=201, subject_type="revocation", subjects=[revocation])


@route(
    routes,
    "GET",
    "/revocations",
    Operation("tokens.revocations", "tokens:read-revocations", "force", "operation"),
    query=schemas.RevocationQuery,
    answer=schemas.RevocationPage,
)
def list_revocations(call: Call) -> Answer:
    """List what has been revoked in the force, the newest first."""
    page = read_page(call.query)
    rows = revoked.list_revocations(call.session, call.query, page.after, page.limit + 1)
    total = revoked.count_revocations(call.session, call.query) if page.with_total else None
    return Answer(
        make_page(rows, page, key=lambda row: [row.revoked_at, str(row.id)], total=total),
        subject_type="revocation",
        subjects=[row.id for row in rows[: page.limit]],
    )
