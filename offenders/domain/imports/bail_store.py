"""SQL of receiving bail: records that stand, and the rows that are copied in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import select, text

from offenders.domain.bail.models import BailRecord
from offenders.domain.imports.staging import copy_into

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_BIRTHS = text("""
    SELECT id, date_of_birth FROM persons WHERE force = :force AND id = ANY (:people)
""")
_ARRESTS = text("""
    SELECT id, person_id, arrested_at, crime_reference, offence_code FROM bail_records
    WHERE force = :force AND person_id = ANY (:people)
      AND outcome IS DISTINCT FROM 'entered_in_error'
""")
_STANDING_WANTS = text("""
    SELECT id, person_id, crime_reference FROM wants
    WHERE force = :force AND person_id = ANY (:people) AND reason = 'failed_to_answer_bail'
      AND warrant_number IS NULL AND state = 'outstanding'
""")
_COLUMNS: Final = tuple(column.name for column in BailRecord.__table__.columns)
_JSON: Final = ("because", "conditions", "extensions", "suspensions")
_ACTION_COLUMNS: Final = (
    "force",
    "id",
    "bail_id",
    "kind",
    "occurred_at",
    "recorded_at",
    "actor",
    "details",
)


def lock_records(session: Session, force: str, ids: Collection[UUID]) -> dict[UUID, BailRecord]:
    """Give records as they stand, so that nobody alters them before this transaction ends."""
    if not ids:
        return {}
    statement = (
        select(BailRecord)
        .where(BailRecord.force == force, BailRecord.id.in_(sorted(ids)))
        .order_by(BailRecord.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {record.id: record for record in session.execute(statement).scalars()}


def births(session: Session, force: str, people: Collection[UUID]) -> dict[UUID, date | None]:
    """Give the dates of birth of people."""
    rows = session.execute(_BIRTHS, {"force": force, "people": list(people)})
    return {row.id: row.date_of_birth for row in rows}


def list_arrests(session: Session, force: str, people: Collection[UUID]) -> list[Row[Any]]:
    """Give what tells the records of people apart."""
    return list(session.execute(_ARRESTS, {"force": force, "people": list(people)}))


def list_standing_wants(session: Session, force: str, people: Collection[UUID]) -> list[Row[Any]]:
    """Give the outstanding wants of people for a failure to answer bail."""
    return list(session.execute(_STANDING_WANTS, {"force": force, "people": list(people)}))


def add_records(session: Session, records: Sequence[Mapping[str, Any]]) -> None:
    """Copy records in."""
    columns = [column for column in _COLUMNS if any(column in record for record in records)]
    rows = [
        tuple(
            _as_json(record[column]) if column in _JSON else record.get(column)
            for column in columns
        )
        for record in records
    ]
    copy_into(session, "bail_records", columns, rows)


def _as_json(value: Any) -> str:
    return orjson.dumps(value, default=str).decode() if value else ("[]" if value == [] else "{}")


def add_actions(session: Session, actions: Sequence[tuple[Any, ...]]) -> None:
    """Write entries of the log of bail."""
    copy_into(session, "bail_actions", _ACTION_COLUMNS, actions)
