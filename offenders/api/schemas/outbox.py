"""Payloads of messages to the outside."""

from __future__ import annotations

from marshmallow import Schema, fields

from offenders.api.schemas.fields import Moment, PageQuery, code, one_of
from offenders.domain.outbox.service import STATES


class MessageQuery(PageQuery):
    """Filters of the list."""

    state = one_of(STATES)
    type = code(metadata={"description": "E.g. acro.request."})
    subject_id = fields.UUID(error_messages={"invalid_uuid": "Send the subject's id."})
    recipient = fields.UUID(error_messages={"invalid_uuid": "Send the subscription's id."})


class ResendBody(Schema):
    """An order to send a message again; nothing needs to be said."""


class MessageAnswer(Schema):
    """One message and how far it is; what it says is not shown."""

    id = fields.UUID(metadata={"description": "The receiver knows the message by it."})
    type = fields.String()
    recipient = fields.UUID(
        allow_none=True, metadata={"description": "The subscription it is for, if it is for one."}
    )
    subject = fields.Dict()
    force = fields.String()
    state = one_of(STATES)
    tries = fields.Integer()
    next_try_at = Moment(allow_none=True)
    delivered_at = Moment(allow_none=True)
    duplicates = fields.Integer(
        metadata={"description": "Deliveries that the receiver may have had before."}
    )
    fault = fields.String(allow_none=True)
    can_be_sent_again = fields.Boolean()
    recorded_by = fields.String()
    recorded_at = Moment()
    version = fields.Integer()
    log = fields.List(fields.Dict(), metadata={"description": "Each try; only of one message."})
