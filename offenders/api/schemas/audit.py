"""Payloads of the audit."""

from __future__ import annotations

from marshmallow import Schema, fields

from offenders.api.schemas.fields import PageQuery, Text, code, one_of
from offenders.api.schemas.wanted import DayOrMoment
from offenders.domain.sharing.service import PATTERNS


class EventQuery(PageQuery):
    """Filters of audit events."""

    actor = Text(200, shortest=1, metadata={"description": "Subject of the actor's token."})
    subject = fields.UUID(
        error_messages={"invalid_uuid": "Send the id of the record, not its reference."}
    )
    action = code(metadata={"description": "e.g. wanted.read"})
    from_ = DayOrMoment(data_key="from", metadata={"description": "A moment or a whole day."})
    to = DayOrMoment(ends=True, metadata={"description": "A moment or a whole day."})


class LookUpQuery(PageQuery):
    """Which pattern, between which moments; the last week unless told."""

    pattern = one_of(PATTERNS, required=True)
    from_ = DayOrMoment(data_key="from", metadata={"description": "A moment or a whole day."})
    to = DayOrMoment(ends=True, metadata={"description": "A moment or a whole day."})


class LookUp(Schema):
    """A read that fits the pattern; of `volume`, a reader's day."""

    pattern = fields.String()
    event_id = fields.UUID()
    at = fields.String()
    actor = fields.String()
    role = fields.String()
    action = fields.String()
    reason = fields.String(allow_none=True)
    request_id = fields.String()
    people = fields.Raw(metadata={"description": "Their ids; of `volume`, how many."})
    day = fields.String()
    href = fields.String()


class LookUpPage(Schema):
    """A page of look-ups."""

    items = fields.List(fields.Nested(LookUp))
    next = fields.String(allow_none=True)
    total = fields.Integer()


class EventAnswer(Schema):
    """One act on the data."""

    id = fields.String()
    at = fields.String()
    actor = fields.String()
    role = fields.String()
    force = fields.String()
    action = fields.String()
    class_ = fields.String(data_key="class", attribute="class")
    subject_type = fields.String(allow_none=True)
    subject_ids = fields.List(fields.String())
    masked = fields.List(fields.String())
    reason = fields.String(allow_none=True)
    request_id = fields.String()
    details = fields.Dict()


class EventPage(Schema):
    """A page of audit events."""

    items = fields.List(fields.Nested(EventAnswer))
    next = fields.String(allow_none=True)
    total = fields.Integer()


class CheckpointAnswer(Schema):
    """A seal over a stretch of the audit; keep its hash somewhere else."""

    force = fields.String()
    sequence = fields.Integer()
    sealed_from = fields.String()
    sealed_to = fields.String()
    events = fields.Integer()
    previous_hash = fields.String()
    hash = fields.String()
    sealed_at = fields.String()


class CheckpointPage(Schema):
    """A page of checkpoints."""

    items = fields.List(fields.Nested(CheckpointAnswer))
    next = fields.String(allow_none=True)
    total = fields.Integer()
