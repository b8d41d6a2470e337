"""A merge as it is shown: whom it joined, why, how much it moved, and if so its reversal."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import text

from offenders.errors import NotFound
from offenders.ids import as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

_SHOW = text("""
    SELECT json_build_object(
               'id', m.id, 'state', m.state, 'reason', m.reason,
               'survivor', json_build_object('id', s.id, 'reference', s.reference,
                                             'href', '/v1/people/' || s.id),
               'merged', json_build_object('id', o.id, 'reference', o.reference,
                                           'href', '/v1/people/' || o.id),
               'moved', (m.details -> 'moved') - CAST(:unseen AS text[]),
               'recorded_by', m.recorded_by, 'recorded_at', m.recorded_at,
               'reversed_by', m.reversed_by, 'reversed_at', m.reversed_at,
               'reversal_reason', m.reversal_reason,
               'href', '/v1/merges/' || m.id, 'version', m.version)::text AS json,
           m.id, m.version, ARRAY[m.survivor_id, m.merged_id] AS people
    FROM merges m
    JOIN persons s ON s.force = m.force AND s.id = m.survivor_id
    JOIN persons o ON o.force = m.force AND o.id = m.merged_id
    WHERE m.force = :force AND m.id = :id
""")


class Shown(NamedTuple):
    """A merge as JSON, its version and the two people."""

    json: str
    id: UUID
    version: int
    people: list[UUID]


def show_merge(session: Session, written: str, unseen: Sequence[str]) -> Shown:
    """Give one merge; raise NotFound. What was moved of the tables `unseen` is not told."""
    values = {
        "force": session.info["force"],
        "id": as_uuid(written),
        "unseen": list(unseen),
    }
    row = session.execute(_SHOW, values).one_or_none()
    if row is None:
        raise NotFound
    return Shown(*row)
