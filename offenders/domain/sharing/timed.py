"""What holds of a person until a moment and may be ended sooner: restrictions and shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.persons.service import require_person
from offenders.errors import Conflict, NotFound
from offenders.ids import as_uuid

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.versions import IfMatch


class Timed:
    """The entries of one table, read and ended in the same way whatever else they say.

    `shown` are the pairs of `json_build_object`, of columns of `t`, before how an entry ended.
    """

    def __init__(self, table: str, shown: str, *, what: str) -> None:
        self._ended = f"This {what} has ended. There is nothing to end."
        json = f"""
            json_build_object({shown},
                'ended_at', t.ended_at, 'ended_by', t.ended_by, 'end_reason', t.end_reason,
                'recorded_by', t.recorded_by, 'recorded_at', t.recorded_at,
                'version', t.version)::text
        """
        self._one = text(f"""
            SELECT {json}, t.version, t.id, t.person_id FROM {table} t
            WHERE t.force = :force AND t.id = :id
        """)
        self._list = text(f"""
            SELECT {json}, t.recorded_at::text, t.id::text FROM {table} t
            WHERE t.force = :force AND t.person_id = :person_id
              AND (CAST(:after_at AS timestamptz) IS NULL
                   OR (t.recorded_at, t.id)
                      < (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid)))
            ORDER BY t.recorded_at DESC, t.id DESC LIMIT :limit
        """)
        self._take = text(f"""
            SELECT id, version, ended_at, until_at FROM {table}
            WHERE force = :force AND person_id = :person_id AND id = :id FOR UPDATE
        """)
        self._end = text(f"""
            UPDATE {table} SET ended_at = :at, ended_by = :actor, end_reason = :reason,
                               version = version + 1
            WHERE force = :force AND id = :id
        """)

    def show(self, session: Session, entry_id: UUID) -> Row[Any]:
        """Give an entry as (json, version, id, person_id)."""
        values = {"force": session.info["force"], "id": entry_id, "now": clock.now()}
        return session.execute(self._one, values).one()

    def list(
        self, session: Session, *, written: str, after: Sequence[Any] | None, limit: int | None
    ) -> tuple[UUID, Sequence[Row[Any]]]:
        """Give the person, and their entries as (json, recorded_at, id), newest first."""
        person = require_person(session, written)
        values = {
            "force": session.info["force"],
            "person_id": person.id,
            "now": clock.now(),
            "after_at": after[0] if after else None,
            "after_id": after[1] if after else None,
            "limit": limit,
        }
        return person.id, session.execute(self._list, values).all()

    def take(self, session: Session, person_id: UUID, written: str) -> Row[Any]:
        """Lock an entry of a person; raise NotFound."""
        key = {"force": session.info["force"], "id": as_uuid(written)}
        found = session.execute(self._take, key | {"person_id": person_id}).one_or_none()
        if found is None:
            raise NotFound
        return found

    def end(
        self, session: Session, found: Row[Any], *, actor: str, reason: str, if_match: IfMatch
    ) -> Row[Any]:
        """End an entry that was taken; give it as it then stands."""
        if_match.check(found.version)
        if found.ended_at is not None or found.until_at <= clock.now():
            raise Conflict(self._ended, state="ended", possible=[])
        values = {"force": session.info["force"], "id": found.id, "at": recorded_at(session)}
        session.execute(self._end, values | {"actor": actor, "reason": reason})
        return self.show(session, found.id)
