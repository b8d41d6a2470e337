"""What a route gets to work with, and what it gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import orjson
from flask import g

from offenders.api.answering import JSON
from offenders.domain.access import Scope, scope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.api.permissions import Operation
    from offenders.domain.actors import Actor
    from offenders.domain.versions import IfMatch


@dataclass(frozen=True)
class Call:
    """What a route gets to work with, inside its transaction."""

    actor: Actor
    session: Session
    operation: Operation
    query: dict[str, Any]
    body: dict[str, Any]
    if_match: IfMatch
    now: datetime

    @property
    def scope(self) -> Scope:
        """The part of the force that this actor may reach with this operation."""
        return scope(self.actor, self.operation.permission or "", self.force)

    @property
    def force(self) -> str:
        """The force that this transaction works for."""
        force: str = self.session.info["force"]
        return force

    @property
    def request_id(self) -> str:
        """The id by which the caller, the log and the audit name this request."""
        request_id: str = g.request_id
        return request_id


@dataclass(frozen=True)
class Answer:
    """What a route gives back: ready JSON, and what of whom it shows (for the audit).

    `media_type` and `filename` are those of a file to keep; `audit_class` that of an answer which
    is told apart from the operation's others.
    """

    body: bytes
    version: int | None = None
    status: int = 200
    location: str | None = None
    subject_type: str | None = None
    subjects: Sequence[UUID] = ()
    people: Sequence[UUID] = ()
    masked: Sequence[str] = ()
    details: dict[str, Any] = field(default_factory=dict)
    audit_class: str | None = None  # where it isn't that of the operation
    kept: bytes | None = None  # what a replay gives instead of a body with a secret
    is_audited: bool = False  # by the statement that read it, which also counted the people
    is_for_device: bool = False  # stamped with the moment as of which it holds, and packed
    stamped_as: str = "as_of"
    media_type: str = JSON
    filename: str | None = None


def as_json(value: Any) -> bytes:
    """Dump what SQL has not made ready; moments in UTC with Z."""
    return orjson.dumps(value, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS, default=str)
