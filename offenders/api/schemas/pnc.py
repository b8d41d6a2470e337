"""Payloads of the differences between PNC and the wanted register."""

from __future__ import annotations

from marshmallow import Schema, fields

from offenders.api.schemas.fields import IdOrReference, Moment, PageQuery, Text, Truth, code, one_of
from offenders.api.schemas.flags import SEVERITIES, FlagOwner
from offenders.domain.pnc.service import GROUPS, Kind


class DifferenceFilters(Schema):
    """Filters of list and counts; `none` asks for differences without an area."""

    force = Text(2)
    lpa = code()
    neighbourhood = code()
    kind = one_of(Kind)
    severity = one_of(SEVERITIES)
    owner = code(metadata={"description": "The officer who must act."})
    team = code(metadata={"description": "The team that must act."})
    person_id = IdOrReference()
    want = code(metadata={"description": "Id or reference of the want."})
    due_before = Moment()
    overdue = Truth()


class DifferencesQuery(DifferenceFilters, PageQuery):
    """Filters of the list."""


class DifferenceCountsQuery(DifferenceFilters):
    """How differences are counted."""

    group_by = one_of(GROUPS, metadata={"description": "By kind unless told."})


class ComparedPerson(Schema):
    """A person as known here."""

    id = fields.UUID()
    reference = fields.String()
    family_name = fields.String()
    given_names = fields.String(allow_none=True)
    date_of_birth = fields.Date(allow_none=True)
    is_child = fields.Boolean()


class DifferenceAnswer(Schema):
    """One difference: what it is, what to do, whose it is, and both sides of it."""

    id = fields.UUID(metadata={"description": "Of kind, want and circulation; stays while it is."})
    kind = one_of(Kind)
    what = fields.String()
    action = fields.String()
    severity = one_of(SEVERITIES)
    owner = fields.Nested(FlagOwner)
    since = Moment()
    due_at = Moment()
    is_overdue = fields.Boolean()
    force = fields.String()
    lpa = fields.String(allow_none=True)
    neighbourhood = fields.String(allow_none=True)
    masked = fields.List(fields.String())
    person = fields.Nested(ComparedPerson, allow_none=True)
    compare_with = fields.List(
        fields.Nested(ComparedPerson),
        metadata={"description": "Who else may be meant: never taken as certain."},
    )
    want = fields.Dict(allow_none=True)
    pnc = fields.Dict(
        allow_none=True, metadata={"description": "The circulation as PNC last told it."}
    )


class DifferencePage(Schema):
    """A page of differences."""

    items = fields.List(fields.Nested(DifferenceAnswer))
    next = fields.String(allow_none=True)
    total = fields.Integer()
    full_extract_received_at = Moment(
        allow_none=True,
        metadata={"description": "Null: none ever was, so absence from PNC can't be told."},
    )


class DifferenceCountsAnswer(Schema):
    """Counts of differences, each with the link that returns exactly its rows."""

    full_extract_received_at = Moment(allow_none=True)
    counts = fields.List(fields.Dict())
