"""Payloads of subscriptions."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from offenders.api.schemas.fields import Moment, PageQuery, Text, code, one_of, prose
from offenders.domain.subscriptions.service import EVENTS, STATES
from offenders.outgoing.addresses import read_target


class WebhookUrl(Text):
    """An https:// address without user, password or fragment."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        url = super()._deserialize(value, attr, data, **kwargs)
        try:
            read_target(url)
        except ValueError as error:
            message = f"This address can't be used: {error}."
            raise ValidationError(message) from error
        return url


def _url(**kwargs: Any) -> WebhookUrl:
    return WebhookUrl(1000, shortest=1, **kwargs)


def _events(**kwargs: Any) -> fields.List[Any]:
    length = validate.Length(1, len(EVENTS), error="Send {min} to {max} events.")
    return fields.List(one_of(EVENTS), validate=length, **kwargs)


class SubscriptionBody(Schema):
    """Where to tell what."""

    url = _url(required=True, metadata={"description": "Public, https; redirects are refused."})
    events = _events(required=True)
    description = Text(200, allow_none=True)


class SubscriptionPatch(Schema):
    """What may change of a subscription."""

    url = _url()
    events = _events()
    description = Text(200, allow_none=True)


class SubscriptionEndBody(Schema):
    """Why a subscription ends."""

    reason = prose(required=True)


class SubscriptionOrderBody(Schema):
    """An order of which nothing needs to be said."""


class SubscriptionQuery(PageQuery):
    """Filters of the list."""

    state = one_of(STATES)


class SubscriptionAnswer(Schema):
    """One subscription; its secret is shown only where it has just been made."""

    id = fields.UUID()
    force = fields.String()
    url = fields.String()
    description = fields.String(allow_none=True)
    events = fields.List(one_of(EVENTS))
    state = one_of(STATES)
    because = fields.String(
        allow_none=True, metadata={"description": "Why it is paused or has ended."}
    )
    owner = code()
    roles = fields.List(fields.String(), metadata={"description": "As whom it is told."})
    lpas = fields.List(fields.String())
    neighbourhoods = fields.List(fields.String())
    told_until = Moment()
    last_delivered_at = Moment(allow_none=True)
    failing_since = Moment(allow_none=True)
    retry_at = Moment(allow_none=True)
    fault = fields.String(allow_none=True)
    waiting = fields.Integer(metadata={"description": "Messages that are still to be sent."})
    old_secret_until = Moment(
        allow_none=True, metadata={"description": "Until then the secret before signs, too."}
    )
    expires_at = Moment(
        allow_none=True,
        metadata={"description": "It ends then unless it is renewed: POST …/renewals."},
    )
    ended_at = Moment(allow_none=True)
    secret = fields.String(
        allow_none=True,
        metadata={"description": "Shown once, whsec_ and base 64; null in a replay."},
    )
    recorded_at = Moment()
    updated_at = Moment()
    version = fields.Integer()
