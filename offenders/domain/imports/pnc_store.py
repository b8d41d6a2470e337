"""SQL of receiving PNC's circulations: what stands, what was seen again, what is gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.imports.staging import copy_into, copy_to_stage
from offenders.domain.pnc.matching import REFERENCE_KEY
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

_KEY: Final = REFERENCE_KEY.format(column="c.pnc_reference")
_GONE = text("""
    SELECT id FROM pnc_circulations WHERE force = :force AND id = ANY (:ids)
      AND gone_at IS NOT NULL
""")
_SEEN_REFERENCES = text(f"""
    SELECT {_KEY} AS reference_key, c.source_ref FROM pnc_circulations c
    WHERE c.force = :force AND c.import_id = :import_id AND c.gone_at IS NULL
      AND {_KEY} = ANY (:keys)
""")
_STAMP = text("""
    UPDATE pnc_circulations SET seen_at = :at, import_id = :import_id
    WHERE force = :force AND id = ANY (:ids)
""")
# A reference that has come under another key of the sender's is the same circulation.
_SUPERSEDE = text(f"""
    UPDATE pnc_circulations c SET gone_at = :at
    WHERE c.force = :force AND c.gone_at IS NULL AND c.import_id <> :import_id
      AND {_KEY} = ANY (:keys)
    RETURNING c.id
""")
_LACKED = text("""
    UPDATE pnc_circulations c SET gone_at = :at
    WHERE c.force = :force AND c.gone_at IS NULL
      AND NOT EXISTS (SELECT FROM stage_seen s WHERE s.source_ref = c.source_ref)
    RETURNING c.id
""")
# Its moment is that of its first batch: what was done here while it was read came after it.
_ADD_EXTRACT = text("""
    INSERT INTO pnc_extracts (force, id, received_at, circulations)
    SELECT :force, :id, coalesce(min(c.seen_at) FILTER (WHERE c.is_of_last), :at), count(*)
    FROM (SELECT c.seen_at, c.import_id = first_value(c.import_id)
                                          OVER (ORDER BY c.seen_at DESC) AS is_of_last
          FROM pnc_circulations c WHERE c.force = :force AND c.gone_at IS NULL) c
    RETURNING circulations
""")
_UPSERT: Final = """ON CONFLICT (force, id) DO UPDATE SET {columns},
    first_received_at = CASE WHEN pnc_circulations.gone_at IS NULL
                             THEN pnc_circulations.first_received_at
                             ELSE excluded.first_received_at END,
    gone_at = NULL
"""
_FIXED: Final = frozenset({"force", "id", "first_received_at"})


def list_gone(session: Session, ids: Collection[UUID]) -> set[UUID]:
    """Give which of these circulations PNC no longer holds."""
    values = {"force": session.info["force"], "ids": list(ids)}
    return set(session.execute(_GONE, values).scalars())


def list_seen_references(
    session: Session, import_id: UUID, keys: Collection[str]
) -> dict[str, str]:
    """Give the source_ref under which this file has named each reference before."""
    values = {"force": session.info["force"], "import_id": import_id, "keys": list(keys)}
    return {row.reference_key: row.source_ref for row in session.execute(_SEEN_REFERENCES, values)}


def put_circulations(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write circulations as they were received; one that was gone begins anew."""
    if not rows:
        return
    columns = tuple(rows[0])
    changes = ", ".join(f"{each} = excluded.{each}" for each in columns if each not in _FIXED)
    copy_into(
        session,
        "pnc_circulations",
        columns,
        [tuple(row[column] for column in columns) for row in rows],
        further=_UPSERT.format(columns=changes),
    )


def stamp(session: Session, import_id: UUID, ids: Sequence[UUID]) -> None:
    """Say that PNC holds these still."""
    values = {"force": session.info["force"], "import_id": import_id, "ids": list(ids)}
    session.execute(_STAMP, values | {"at": recorded_at(session)})


def supersede(session: Session, import_id: UUID, keys: Collection[str]) -> list[UUID]:
    """End circulations whose reference this file names under another source_ref."""
    values = {"force": session.info["force"], "import_id": import_id, "keys": list(keys)}
    found = session.execute(_SUPERSEDE, values | {"at": recorded_at(session)}).scalars()
    return list(found)


def end_lacked(session: Session, seen: Collection[str]) -> list[UUID]:
    """End circulations that a full extract lacks."""
    session.execute(text("CREATE TEMPORARY TABLE stage_seen (source_ref text) ON COMMIT DROP"))
    if seen:
        copy_to_stage(session, "stage_seen (source_ref)", ((ref,) for ref in seen))
    values = {"force": session.info["force"], "at": recorded_at(session)}
    gone = list(session.execute(_LACKED, values).scalars())
    session.execute(text("DROP TABLE stage_seen"))
    return gone


def add_extract(session: Session) -> tuple[UUID, int]:
    """Keep that a full extract was received; give its id and how many circulations it holds."""
    force = session.info["force"]
    extract = new_id(force)
    values = {"force": force, "id": extract, "at": recorded_at(session)}
    return extract, session.execute(_ADD_EXTRACT, values).scalar_one()
