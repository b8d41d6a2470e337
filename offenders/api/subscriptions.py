"""Routes of subscriptions: who is told of what happens, by signed webhooks with ids alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from flask import current_app, g

from offenders.api.calls import Answer, Call
from offenders.api.operations import Routes, route
from offenders.api.pages import make_page, read_page
from offenders.api.permissions import Operation
from offenders.api.schemas import subscriptions as schemas
from offenders.api.schemas.fields import ItemPage
from offenders.domain.subscriptions import service
from offenders.domain.subscriptions.service import OVERSEE, Doing
from offenders.errors import Invalid
from offenders.outgoing.subscribers import AddressRefused, load_key, look_at, written_secret

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.subscriptions.models import Subscription

routes = Routes("subscriptions", __name__, url_prefix="/v1", description="Signed webhooks")

_WRITE = "subscriptions:write"
_CREATED: Final = 201


def _look_at_address(body: dict[str, Any]) -> None:
    """Look at the receiver before anything is written, while no transaction is open."""
    if "url" not in body:
        return
    try:
        look_at(body["url"], current_app.extensions["offenders"].settings.outbox_networks)
    except AddressRefused as error:
        raise Invalid.field("/url", str(error)) from error


def _doing(call: Call, subscription: str = "") -> Doing:
    """Say who does what; the token's own roles and areas count, not what is opened for a time."""
    return Doing(g.actor, subscription, call.body, call.if_match, call.now)


def _shown(call: Call, subscription: UUID | str, *, status: int = 200) -> Answer:
    row = service.get_subscription(call.session, call.actor, str(subscription))
    return Answer(
        row[0].encode(),
        version=row.version,
        status=status,
        location=f"/v1/subscriptions/{row.id}" if status == _CREATED else None,
        subject_type="subscription",
        subjects=[row.id],
    )


def _with_secret(call: Call, subscription: Subscription) -> Answer:
    """Show a secret that was just made, once: a replay of this answer doesn't."""
    answer = _shown(call, subscription.id, status=_CREATED)
    key = load_key(current_app.extensions["offenders"].settings)
    named = (subscription.force, subscription.id, subscription.secret_number)
    secret = written_secret(key, *named)
    return replace(
        answer,
        body=answer.body[:-1] + f',"secret":"{secret}"}}'.encode(),
        kept=answer.body[:-1] + b',"secret":null}',
    )


@route(
    routes,
    "GET",
    "/subscriptions",
    Operation("subscriptions.list", _WRITE, "force", "operation"),
    query=schemas.SubscriptionQuery,
    answer=ItemPage,
)
def list_subscriptions(call: Call) -> Answer:
    """List one's own subscriptions, the newest first."""
    return _listed(call, sees_all=False)


@route(
    routes,
    "GET",
    "/subscriptions/all",
    Operation("subscriptions.list-all", OVERSEE, "force", "operation"),
    query=schemas.SubscriptionQuery,
    answer=ItemPage,
)
def list_all(call: Call) -> Answer:
    """List the subscriptions of the force, for those who oversee them."""
    return _listed(call, sees_all=True)


def _listed(call: Call, *, sees_all: bool) -> Answer:
    page = read_page(call.query)
    asked: dict[str, Any] = {
        "owner": call.actor.subject,
        "sees_all": sees_all,
        "state": call.query.get("state"),
    }
    rows = service.list_subscriptions(call.session, **asked, after=page.after, limit=page.limit + 1)
    total = service.count_subscriptions(call.session, **asked) if page.with_total else None
    return Answer(
        make_page(rows, page, key=lambda row: [row.recorded_at, str(row.id)], total=total),
        subject_type="subscription",
        subjects=[row.id for row in rows[: page.limit]],
    )


@route(
    routes,
    "POST",
    "/subscriptions",
    Operation("subscriptions.begin", _WRITE, "force", "disclosure"),
    body=schemas.SubscriptionBody,
    answer=schemas.SubscriptionAnswer,
    status=_CREATED,
    before=_look_at_address,
)
def begin(call: Call) -> Answer:
    """Subscribe to what happens from here on, as far as the caller may read it.

    Messages hold ids and types alone and are signed after Standard Webhooks.
    """
    return _with_secret(call, service.begin_subscription(call.session, _doing(call)))


@route(
    routes,
    "GET",
    "/subscriptions/<subscription>",
    Operation("subscriptions.read", _WRITE, "force", "operation"),
    answer=schemas.SubscriptionAnswer,
)
def read_subscription(call: Call, subscription: str) -> Answer:
    """Give one's own subscription, and how its receiver fares."""
    return _shown(call, subscription)


@route(
    routes,
    "PATCH",
    "/subscriptions/<subscription>",
    Operation("subscriptions.amend", _WRITE, "force", "disclosure"),
    body=schemas.SubscriptionPatch,
    answer=schemas.SubscriptionAnswer,
    if_match=True,
    before=_look_at_address,
)
def amend(call: Call, subscription: str) -> Answer:
    """Change address or events; from here on it is told what the caller may read now."""
    return _shown(call, service.amend(call.session, _doing(call, subscription)).id)


@route(
    routes,
    "POST",
    "/subscriptions/<subscription>/secrets",
    Operation("subscriptions.change-secret", _WRITE, "force", "operation"),
    body=schemas.SubscriptionOrderBody,
    answer=schemas.SubscriptionAnswer,
    status=_CREATED,
    if_match=True,
)
def change_secret(call: Call, subscription: str) -> Answer:
    """Make another secret; the one before signs beside it for 24 hours."""
    return _with_secret(call, service.change_secret(call.session, _doing(call, subscription)))


class _Act(NamedTuple):
    kind: str
    verb: str
    permission: str
    says: str
    work: Callable[[Session, Doing], Subscription]
    body: type[schemas.SubscriptionOrderBody | schemas.SubscriptionEndBody] = (
        schemas.SubscriptionOrderBody
    )


_ACTS: Final = (
    _Act(
        "pauses",
        "subscriptions.pause",
        _WRITE,
        "Tell nothing until it is resumed; nothing that happens meanwhile is lost.",
        service.pause,
    ),
    _Act(
        "resumptions",
        "subscriptions.resume",
        _WRITE,
        "Go on from where it stopped, and send again what could not be delivered.",
        service.resume,
    ),
    _Act(
        "ends",
        "subscriptions.end",
        _WRITE,
        "End it for good; what waits to be sent is not sent.",
        service.end,
        schemas.SubscriptionEndBody,
    ),
    _Act(
        "revocations",
        "subscriptions.revoke",
        OVERSEE,
        "End somebody's subscription, for those who oversee them.",
        service.end,
        schemas.SubscriptionEndBody,
    ),
)


def _declare(act: _Act) -> None:
    def view(call: Call, subscription: str) -> Answer:
        done = act.work(call.session, _doing(call, subscription))
        return _shown(call, done.id, status=_CREATED)

    view.__name__, view.__doc__ = act.verb.replace(".", "_"), act.says
    route(
        routes,
        "POST",
        f"/subscriptions/<subscription>/{act.kind}",
        Operation(act.verb, act.permission, "force", "operation"),
        body=act.body,
        answer=schemas.SubscriptionAnswer,
        status=_CREATED,
        if_match=True,
    )(view)


for _each in _ACTS:
    _declare(_each)
