"""SQL of subscriptions: whom to tell, who was revoked, lists, single ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.reference.policies import figure_in_force
from offenders.domain.subscriptions.models import Subscription
from offenders.domain.subscriptions.rules import DAYS_AT_MOST, RENEWAL
from offenders.domain.working_days import london_day

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_FORCES = text("SELECT DISTINCT force_code FROM live_subscriptions ORDER BY 1")
_LIVE = text("""
    INSERT INTO live_subscriptions (subscription_id, force_code) VALUES (:id, :force)
    ON CONFLICT DO NOTHING
""")
_NOT_LIVE = text("DELETE FROM live_subscriptions WHERE subscription_id = :id")
_OPEN = text("""
    SELECT id FROM subscriptions
    WHERE force = :force AND state = 'active' AND coalesce(retry_at <= :at, true) ORDER BY id
""")
# Whoever's token was revoked, whose service has ended, or who has not said again as whom they are
# told for as long as the force lets that last, is told nothing more.
_STOPPED = text("""
    SELECT CASE
        WHEN EXISTS (SELECT FROM revocations r WHERE r.force = s.force AND r.until > :now
                     AND (r.subject = s.owner AND r.revoked_at >= s.authorised_at
                          OR r.token_id = s.token_id)) THEN 'revoked'
        WHEN EXISTS (SELECT FROM officers o WHERE o.force = s.force AND o.code = s.owner
                     AND o.left_on < :today) THEN 'owner_left'
        WHEN s.authorised_at <= :now - make_interval(days => CAST(:days AS int))
            THEN 'not_renewed' END
    FROM subscriptions s WHERE s.force = :force AND s.id = :id
""")
_ENDPOINT = text("""
    SELECT url, secret_number, coalesce(old_secret_until > :now, false) AS has_old
    FROM subscriptions WHERE force = :force AND id = :id AND state = 'active'
""")
_DELIVERED = text("""
    UPDATE subscriptions s
    SET failing_since = NULL, retry_at = NULL, fault = NULL, last_delivered_at = :at
    FROM (SELECT force, id, failing_since FROM subscriptions
          WHERE force = :force AND id = :id FOR UPDATE) o
    WHERE s.force = o.force AND s.id = o.id
    RETURNING o.failing_since
""")
_JSON = """
    json_build_object('id', s.id, 'force', s.force, 'url', s.url, 'description', s.description,
        'events', s.events, 'state', s.state, 'because', s.because, 'owner', s.owner,
        'roles', s.roles, 'lpas', s.lpas, 'neighbourhoods', s.neighbourhoods,
        'told_until', s.told_until, 'last_delivered_at', s.last_delivered_at,
        'failing_since', s.failing_since, 'retry_at', s.retry_at, 'fault', s.fault,
        'waiting', (SELECT count(*) FROM outbox_messages m
                    WHERE m.force = s.force AND m.recipient = s.id
                      AND m.state IN ('waiting', 'sending')),
        'old_secret_until', s.old_secret_until,
        'expires_at', CASE WHEN s.state <> 'ended'
            THEN s.authorised_at + make_interval(days => CAST(:days AS int)) END,
        'ended_at', s.ended_at,
        'recorded_at', s.recorded_at, 'updated_at', s.updated_at, 'version', s.version)::text
"""
_MINE = "s.force = :force AND (:sees_all OR s.owner = :owner)"


def list_live_forces(session: Session) -> list[str]:
    """Give the forces with a subscription that has not ended."""
    return list(session.execute(_FORCES).scalars())


def put_live(session: Session, subscription: UUID, *, is_live: bool) -> None:
    """Say where the teller can see it whether a subscription is live."""
    statement = _LIVE if is_live else _NOT_LIVE
    session.execute(statement, {"id": subscription, "force": session.info["force"]})


def list_active(session: Session) -> list[Subscription]:
    """Give the subscriptions of the force that are to be told."""
    mine = (Subscription.force == session.info["force"], Subscription.state == "active")
    return list(session.execute(select(Subscription).where(*mine)).scalars())


def list_open(session: Session) -> list[UUID]:
    """Give those whose receiver may be tried now."""
    values = {"force": session.info["force"], "at": recorded_at(session)}
    return list(session.execute(_OPEN, values).scalars())


def find_stop(session: Session, subscription: UUID, now: datetime) -> str | None:
    """Give why a subscriber may be told nothing more; None where they may."""
    values = {
        "force": session.info["force"],
        "id": subscription,
        "now": now,
        "today": london_day(now),
        "days": days_told(session),
    }
    found: str | None = session.execute(_STOPPED, values).scalar_one_or_none()
    return found


def find_endpoint(session: Session, subscription: UUID, now: datetime) -> Row[Any] | None:
    """Give (url, secret_number, has_old) of an active subscription."""
    values = {"force": session.info["force"], "id": subscription, "now": now}
    return session.execute(_ENDPOINT, values).one_or_none()


def mark_delivered(session: Session, subscription: UUID) -> bool:
    """Note that the receiver took something; give whether it had failed before."""
    values = {
        "force": session.info["force"],
        "id": subscription,
        "at": recorded_at(session),
    }
    return session.execute(_DELIVERED, values).scalar_one_or_none() is not None


def list_subscriptions(  # noqa: PLR0913 - whose, which, and where to go on
    session: Session,
    *,
    owner: str,
    sees_all: bool,
    state: str | None,
    after: Sequence[Any] | None,
    limit: int,
) -> list[Row[Any]]:
    """Give subscriptions, the newest first, as (json, recorded_at, id)."""
    condition = _MINE
    values: dict[str, Any] = {
        "force": session.info["force"],
        "owner": owner,
        "sees_all": sees_all,
        "limit": limit,
        "days": days_told(session),
    }
    if state is not None:
        condition += " AND s.state = :state"
        values["state"] = state
    if after is not None:
        condition += " AND (s.recorded_at, s.id) < (CAST(:at AS timestamptz), CAST(:id AS uuid))"
        values |= {"at": after[0], "id": after[1]}
    statement = text(f"""
        SELECT {_JSON}, s.recorded_at::text, s.id FROM subscriptions s WHERE {condition}
        ORDER BY s.recorded_at DESC, s.id DESC LIMIT :limit
    """)
    return list(session.execute(statement, values))


def count_subscriptions(session: Session, *, owner: str, sees_all: bool, state: str | None) -> int:
    """Count the rows of all pages."""
    statement = text(f"""
        SELECT count(*) FROM subscriptions s
        WHERE {_MINE} AND (CAST(:state AS text) IS NULL OR s.state = :state)
    """)
    values = {
        "force": session.info["force"],
        "owner": owner,
        "sees_all": sees_all,
        "state": state,
    }
    return int(session.execute(statement, values).scalar_one())


def show_subscription(
    session: Session, subscription: UUID | None, *, owner: str, sees_all: bool
) -> Row[Any] | None:
    """Give one as (json, id, version, secret_number); never a secret."""
    statement = text(f"""
        SELECT {_JSON}, s.id, s.version, s.secret_number FROM subscriptions s
        WHERE {_MINE} AND s.id = :id
    """)
    values = {
        "force": session.info["force"],
        "id": subscription,
        "owner": owner,
        "sees_all": sees_all,
        "days": days_told(session),
    }
    return session.execute(statement, values).one_or_none()


def days_told(session: Session) -> int:
    """Give for how many days a subscription is told before it must be renewed."""
    figure = figure_in_force(session, session.info["force"], RENEWAL, clock.today())
    return DAYS_AT_MOST if figure is None else int(figure)
