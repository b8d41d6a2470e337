"""Payloads of revoked tokens."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from offenders.api.schemas.fields import Moment, PageQuery, prose

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")


class ClaimText(fields.String):
    """The text of a claim to the letter: nothing is taken off or changed."""

    def __init__(self, longest: int, **kwargs: Any) -> None:
        """Bound the length."""
        length = validate.Length(1, longest, error="Send {min} to {max} characters.")
        super().__init__(validate=length, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if _UNSTORABLE.search(text):
            message = "Send the claim as the token has it."
            raise ValidationError(message)
        return text


class RevocationQuery(PageQuery):
    """Filters of the list."""

    sub = ClaimText(200)
    jti = ClaimText(1000)


class RevocationBody(Schema):
    """Which tokens end: one by its `jti`, or all that a `sub` has been issued until now."""

    sub = ClaimText(200, metadata={"description": "Subject, as its tokens name it."})
    jti = ClaimText(1000, metadata={"description": "Id of one token."})
    reason = prose(required=True)
    until = Moment(
        metadata={
            "description": "When the last of these tokens has expired by itself: at most 3650 "
            "days ahead, 365 unless told. From then on it no longer holds."
        }
    )

    @validates_schema
    def require_one(self, data: dict[str, Any], **_kwargs: Any) -> None:
        """Take a subject or a token, not both."""
        if ("sub" in data) == ("jti" in data):
            message = "Send one of sub and jti."
            raise ValidationError({"sub": [message]})


class RevocationAnswer(Schema):
    """A revocation; it stops tokens of its own force only."""

    id = fields.String()
    sub = fields.String(allow_none=True)
    jti = fields.String(allow_none=True)
    reason = fields.String()
    until = fields.String()
    is_live = fields.Boolean()
    revoked_at = fields.String()
    revoked_by = fields.String()
    force = fields.String()


class RevocationPage(Schema):
    """A page of revocations."""

    items = fields.List(fields.Nested(RevocationAnswer))
    next = fields.String(allow_none=True)
    total = fields.Integer()
