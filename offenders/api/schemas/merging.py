"""Payloads of merges and their reversals."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from offenders.api.schemas.fields import Moment, Truth, code, one_of, prose
from offenders.domain.merging.service import KEEPS


class MergeBody(Schema):
    """Which other record is joined to this one, as read at which version, and why."""

    other_person_id = code(required=True, metadata={"description": "An id or a reference."})
    other_version = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(1, error="Send the version of the other record that you read."),
        metadata={"description": "The `version` of the other record that you read."},
    )
    reason = prose(required=True)
    keep_name_of = one_of(
        KEEPS, load_default="this", metadata={"description": "Whose name is the main one then."}
    )
    keep_date_of_birth_of = one_of(
        KEEPS,
        load_default="this",
        metadata={"description": "Whose date of birth is the main one then."},
    )
    confirmed = Truth(
        load_default=False,
        metadata={"description": "That those on record as siblings are one person all the same."},
    )


class ReversalBody(Schema):
    """Why a merge is undone."""

    reason = prose(required=True)


class MergeAnswer(Schema):
    """A merge: who stands for whom, why, how many rows of each kind were moved, its reversal."""

    id = fields.UUID()
    state = one_of(["standing", "reversed"])
    reason = fields.String()
    survivor = fields.Dict()
    merged = fields.Dict()
    moved = fields.Dict(keys=fields.String(), values=fields.Integer())
    recorded_by = fields.String()
    recorded_at = Moment()
    reversed_by = fields.String(allow_none=True)
    reversed_at = Moment(allow_none=True)
    reversal_reason = fields.String(allow_none=True)
    href = fields.String()
    version = fields.Integer()
