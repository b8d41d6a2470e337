"""Payloads of imports."""

from __future__ import annotations

from marshmallow import Schema, fields

from offenders.api.schemas.fields import Moment, PageQuery, Text, Truth, one_of
from offenders.domain.imports.service import KINDS, STATES


class UploadQuery(Schema):
    """What the file is and what shall be done with it; the file itself is the body."""

    kind = one_of(KINDS, required=True)
    dry_run = Truth(
        load_default=False, metadata={"description": "Only plan: say what would happen."}
    )
    complete = Truth(
        load_default=False, metadata={"description": "The full extract: flag what it lacks."}
    )
    file_name = Text(200)


class ImportsQuery(PageQuery):
    """Imports, newest first."""

    kind = one_of(KINDS)
    state = one_of(STATES)


class ProblemsQuery(PageQuery):
    """What is wrong with rows of an import."""

    severity = one_of(["refused", "warning"])


class ImportAnswer(Schema):
    """An import and how far it is."""

    id = fields.UUID()
    force = fields.String()
    kind = one_of(KINDS)
    state = one_of(STATES)
    dry_run = fields.Boolean()
    complete = fields.Boolean()
    file_name = fields.String(allow_none=True)
    summary = fields.Dict(
        metadata={"description": "read, created, updated, unchanged, refused, warnings"}
    )
    error = fields.String(allow_none=True)
    requested_by = fields.String()
    recorded_at = Moment()
    started_at = Moment(allow_none=True)
    ended_at = Moment(allow_none=True)
