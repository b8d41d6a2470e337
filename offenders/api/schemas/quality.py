"""Payloads of data quality."""

from __future__ import annotations

from marshmallow import Schema, fields

from offenders.api.schemas.fields import Moment, PageQuery, Text, code, one_of, prose
from offenders.domain.quality.service import DECISIONS


class DoubtsQuery(Schema):
    """Of which area; `none` asks for what lies in none."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()


class DoubtRowsQuery(PageQuery, DoubtsQuery):
    """Rows of one kind."""


class DuplicatesQuery(DoubtRowsQuery):
    """Pairs of people who may be one."""

    state = one_of(["open", *DECISIONS, "all"], load_default="open")


class DecisionBody(Schema):
    """What a human has decided on a pair, and why."""

    decision = one_of(DECISIONS, required=True)
    reason = prose(required=True)


class DoubtsAnswer(Schema):
    """Every kind of doubt with its rows by area, what to do about it and who."""

    force = fields.String()
    kinds = fields.List(fields.Dict())


class DuplicateAnswer(Schema):
    """A pair of people with the evidence and every decision."""

    id = fields.UUID()
    kind = fields.String()
    state = one_of(["open", *DECISIONS])
    evidence = fields.Dict()
    people = fields.List(fields.Dict())
    decisions = fields.List(fields.Dict())
    lpa = fields.String(allow_none=True)
    neighbourhood = fields.String(allow_none=True)
    href = fields.String()
    recorded_at = Moment()
    version = fields.Integer()
