"""Use cases of subscriptions: to begin, change, pause, resume and end them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offenders.db import recorded_at
from offenders.domain.access import may
from offenders.domain.outbox.service import revive_for, withdraw_for
from offenders.domain.subscriptions import store
from offenders.domain.subscriptions.due import settle_failing
from offenders.domain.subscriptions.events import EVENTS, PERMISSION_OF
from offenders.domain.subscriptions.models import STATES, Subscription
from offenders.domain.subscriptions.rules import OLD_SECRET_SIGNS, OWNER_PAUSED, RENEWAL
from offenders.errors import Conflict, Invalid, NotFound
from offenders.ids import as_uuid, new_id

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor
    from offenders.domain.versions import IfMatch

__all__ = [
    "EVENTS",
    "OVERSEE",
    "STATES",
    "Doing",
    "amend",
    "begin_subscription",
    "change_secret",
    "count_subscriptions",
    "end",
    "find_endpoint",
    "get_subscription",
    "list_subscriptions",
    "pause",
    "renew",
    "resume",
    "settle_failing",
]

OVERSEE: Final = "subscriptions:oversee"
MOST_OF_ONE: Final = 20  # live subscriptions of one subject; more is a fault in a client
list_subscriptions = store.list_subscriptions
count_subscriptions = store.count_subscriptions
find_endpoint = store.find_endpoint


@dataclass(frozen=True)
class Doing:
    """Who does what to which subscription, and when."""

    actor: Actor
    subscription: str
    fields: dict[str, Any]
    if_match: IfMatch
    now: datetime


def begin_subscription(session: Session, doing: Doing) -> Subscription:
    """Subscribe the caller, as what they may read, to what is recorded from here on."""
    _require_days(session)
    owner = doing.actor.subject
    live = [
        store.count_subscriptions(session, owner=owner, sees_all=False, state=state)
        for state in ("active", "paused")
    ]
    if sum(live) >= MOST_OF_ONE:
        message = f"You have {MOST_OF_ONE} subscriptions already. End one you don't need."
        raise Conflict(message)
    at = recorded_at(session)
    subscription = Subscription(
        force=session.info["force"],
        id=new_id(session.info["force"]),
        url=doing.fields["url"],
        description=doing.fields.get("description"),
        events=_events(doing),
        state="active",
        told_until=at,
        told_key="",
        secret_number=1,
        version=1,
        recorded_at=at,
        updated_at=at,
        **_authority(doing),
    )
    session.add(subscription)
    session.flush()
    store.put_live(session, subscription.id, is_live=True)
    return subscription


def amend(session: Session, doing: Doing) -> Subscription:
    """Change address, events or description; what the caller may read counts anew."""
    subscription = _take(session, doing, must_own=True)
    for name in ("url", "description"):
        if name in doing.fields:
            setattr(subscription, name, doing.fields[name])
    if "events" in doing.fields:
        subscription.events = _events(doing)
    if "url" in doing.fields:
        _forget_failures(subscription)
    return _authorised(session, doing, subscription)


def change_secret(session: Session, doing: Doing) -> Subscription:
    """Give it another secret; the one before signs beside it for a day."""
    subscription = _take(session, doing, must_own=True)
    subscription.secret_number += 1
    subscription.old_secret_until = recorded_at(session) + OLD_SECRET_SIGNS
    return _authorised(session, doing, subscription)


def renew(session: Session, doing: Doing) -> Subscription:
    """Let it go on, as what the caller may read now."""
    return _authorised(session, doing, _take(session, doing, must_own=True))


def pause(session: Session, doing: Doing) -> Subscription:
    """Tell nothing until it is resumed; nothing that happens meanwhile is lost."""
    subscription = _take(session, doing)
    if subscription.state == "paused":
        message = "It is paused already."
        raise Conflict(message, state="paused", possible=["resumption", "end"])
    subscription.state, subscription.because = "paused", OWNER_PAUSED
    return _bumped(session, subscription)


def resume(session: Session, doing: Doing) -> Subscription:
    """Go on telling from where it stopped, and send again what could not be delivered."""
    subscription = _take(session, doing, must_own=True)
    if subscription.state != "paused":
        message = "It is not paused."
        raise Conflict(message, state=subscription.state, possible=["pause", "end"])
    subscription.state, subscription.because = "active", None
    _forget_failures(subscription)
    revive_for(session, subscription.id)
    return _authorised(session, doing, subscription)


def end(session: Session, doing: Doing) -> Subscription:
    """End it for good; what waits to be sent is not sent."""
    subscription = _take(session, doing)
    end_at_once(session, subscription, doing.fields["reason"])
    return _bumped(session, subscription)


def end_at_once(session: Session, subscription: Subscription, because: str) -> None:
    """End a subscription in this transaction."""
    subscription.state, subscription.because = "ended", because
    subscription.ended_at = recorded_at(session)
    withdraw_for(session, subscription.id)
    store.put_live(session, subscription.id, is_live=False)


def get_subscription(session: Session, actor: Actor, written: str) -> Row[Any]:
    """Give one as (json, id, version, secret_number); raise NotFound."""
    row = store.show_subscription(
        session, as_uuid(written), owner=actor.subject, sees_all=may(actor, OVERSEE)
    )
    if row is None:
        raise NotFound
    return row


def _take(session: Session, doing: Doing, *, must_own: bool = False) -> Subscription:
    """Lock one that the caller owns or, where anybody may do it, oversees."""
    row = get_subscription(session, doing.actor, doing.subscription)
    key = (session.info["force"], row.id)
    subscription = session.get_one(Subscription, key, with_for_update=True)
    if must_own and subscription.owner != doing.actor.subject:
        raise NotFound
    doing.if_match.check(subscription.version)
    if subscription.state == "ended":
        message = "This subscription has ended. Subscribe anew."
        raise Conflict(message, state="ended", possible=[])
    return subscription


def _events(doing: Doing) -> list[str]:
    """Give the events asked for; refuse those that the caller may never read."""
    asked = sorted(set(doing.fields["events"]))
    unseen = [each for each in asked if not may(doing.actor, PERMISSION_OF[each])]
    if unseen:
        message = f"Your role doesn't read what {', '.join(unseen)} tells of."
        raise Invalid.field("/events", message)
    return asked


def _authority(doing: Doing) -> dict[str, Any]:
    """Give as whom the subscriber is told: the roles and areas of the token at hand."""
    actor = doing.actor
    return {
        "owner": actor.subject,
        "roles": sorted(actor.roles),
        "lpas": sorted(actor.lpas),
        "neighbourhoods": sorted(actor.neighbourhoods),
        "agency": actor.agency,
        "token_id": actor.token_id,
        "authorised_at": doing.now,
    }


def _require_days(session: Session) -> None:
    """Refuse what would end before anything is told."""
    if store.days_told(session) < 1:
        message = "Your force lets subscriptions last no day at all, so there are none."
        raise Conflict(message, rule=RENEWAL)


def _authorised(session: Session, doing: Doing, subscription: Subscription) -> Subscription:
    _require_days(session)
    for name, value in _authority(doing).items():
        setattr(subscription, name, value)
    return _bumped(session, subscription)


def _forget_failures(subscription: Subscription) -> None:
    subscription.failing_since = subscription.retry_at = subscription.fault = None


def _bumped(session: Session, subscription: Subscription) -> Subscription:
    subscription.version += 1
    subscription.updated_at = recorded_at(session)
    session.flush()
    return subscription
