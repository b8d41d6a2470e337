"""What no column of its own names: words of names, pairs of duplicates, candidates, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.forensics.models import ForensicHit
from offenders.domain.history import keep_history

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.merging.moving import Move

# A main name keeps the id of its record, so that a search of the past still knows whose it was.
_WORDS = text("""
    WITH moved AS (
        UPDATE person_name_tokens SET person_id = :to
        WHERE force = :force AND person_id = :from RETURNING name_id)
    INSERT INTO person_moves (force, row_id, column_name, recorded_at, table_name, merge_id,
                              from_person, to_person)
    SELECT DISTINCT :force, m.name_id, 'person_id', CAST(:at AS timestamptz), 'person_name_tokens',
           CAST(:merge_id AS uuid), CAST(:from AS uuid), CAST(:to AS uuid)
    FROM moved m
    WHERE NOT EXISTS (SELECT FROM person_names n WHERE n.force = :force AND n.id = m.name_id)
""")
_WORDS_BACK = text("""
    WITH moved AS (
        UPDATE person_name_tokens SET person_id = :to
        WHERE force = :force AND person_id = :from AND name_id IN (
            SELECT v.row_id FROM person_moves v
            WHERE v.force = :force AND v.merge_id = :merge_id AND v.to_person = :from
              AND v.table_name IN ('person_names', 'person_name_tokens'))
        RETURNING name_id)
    INSERT INTO person_moves (force, row_id, column_name, recorded_at, table_name, merge_id,
                              from_person, to_person)
    SELECT DISTINCT :force, m.name_id, 'person_id', CAST(:at AS timestamptz), 'person_name_tokens',
           CAST(:merge_id AS uuid), CAST(:from AS uuid), CAST(:to AS uuid)
    FROM moved m
    WHERE NOT EXISTS (SELECT FROM person_names n WHERE n.force = :force AND n.id = m.name_id)
""")
# A pair that stands already for the survivor, or is the two themselves, stays as it was.
_PAIRS = text("""
    WITH own AS (
        SELECT d.id, CASE d.person_id WHEN :from THEN d.other_person_id ELSE d.person_id END
               AS other
        FROM duplicate_candidates d
        WHERE d.force = :force AND (d.person_id = :from OR d.other_person_id = :from)
          AND (CAST(:ids AS uuid[]) IS NULL OR d.id = ANY (CAST(:ids AS uuid[]))))
    UPDATE duplicate_candidates d
    SET person_id = least(CAST(:to AS uuid), o.other),
        other_person_id = greatest(CAST(:to AS uuid), o.other)
    FROM own o
    WHERE d.force = :force AND d.id = o.id AND o.other <> CAST(:to AS uuid)
      AND NOT EXISTS (
          SELECT FROM duplicate_candidates e
          WHERE e.force = :force AND e.person_id = least(CAST(:to AS uuid), o.other)
            AND e.other_person_id = greatest(CAST(:to AS uuid), o.other))
    RETURNING d.id::text
""")
_PAIR = text("""
    SELECT id, state, version FROM duplicate_candidates
    WHERE force = :force AND person_id = least(CAST(:from AS uuid), CAST(:to AS uuid))
      AND other_person_id = greatest(CAST(:from AS uuid), CAST(:to AS uuid)) FOR UPDATE
""")
_SET_PAIR = text("""
    UPDATE duplicate_candidates SET state = :state, version = version + 1
    WHERE force = :force AND id = CAST(:id AS uuid)
""")
_DOUBTFUL = text("""
    SELECT id, candidates FROM forensic_hits
    WHERE force = :force AND state IN ('received', 'researched', 'allocated')
      AND person_state = 'doubtful' AND CAST(:from AS uuid) = ANY (candidates)
    ORDER BY id FOR UPDATE
""")
_CANDIDATES = text("""
    UPDATE forensic_hits SET candidates = CAST(:after AS uuid[]), version = version + 1,
           updated_at = :at
    WHERE force = :force AND id = CAST(:id AS uuid) AND candidates = CAST(:before AS uuid[])
    RETURNING id
""")
# The kinds of import whose rows describe people: by these, a row received later finds them.
SOURCES: Final = (
    "people",
    "wanted-person",
    "custody-person",
    "bail-person",
    "forensic-hits-person",
    "registrations-person",
    "orders-person",
    "iom-person",
    "mappa-person",
)
_SOURCES = text("""
    UPDATE import_sources SET subject_id = :to
    WHERE force = :force AND kind = ANY (:kinds) AND subject_id = :from
    RETURNING kind, source_ref
""")
_SOURCES_BACK = text("""
    UPDATE import_sources s SET subject_id = :to
    FROM unnest(CAST(:kinds AS text[]), CAST(:refs AS text[])) AS k (kind, source_ref)
    WHERE s.force = :force AND s.kind = k.kind AND s.source_ref = k.source_ref
      AND s.subject_id = :from
""")


def _values(session: Session, move: Move, **more: Any) -> dict[str, Any]:
    return {
        "force": session.info["force"],
        "at": recorded_at(session),
        "merge_id": move.merge_id,
        "from": move.from_person,
        "to": move.to_person,
        **more,
    }


def move_links(session: Session, move: Move) -> dict[str, Any]:
    """Move them to the survivor; give what it takes to undo it, as JSON."""
    session.execute(_WORDS, _values(session, move))
    pairs = list(session.execute(_PAIRS, _values(session, move, ids=None)).scalars())
    sources = session.execute(_SOURCES, _values(session, move, kinds=list(SOURCES)))
    return {
        "pairs": pairs,
        "sources": [[row.kind, row.source_ref] for row in sources],
        "candidates": _move_candidates(session, move),
        "pair": _settle_pair(session, move),
    }


def _move_candidates(session: Session, move: Move) -> list[dict[str, Any]]:
    moved = []
    for hit in session.execute(_DOUBTFUL, _values(session, move)).all():
        put = [move.to_person if each == move.from_person else each for each in hit.candidates]
        after = list(dict.fromkeys(put))
        before = [str(each) for each in hit.candidates]
        moved.append({"id": str(hit.id), "before": before, "after": [str(e) for e in after]})
    _put_candidates(session, moved)
    return moved


def _put_candidates(session: Session, hits: list[dict[str, Any]]) -> None:
    force, at = session.info["force"], recorded_at(session)
    changed: list[UUID] = []
    for hit in hits:
        changed += session.execute(_CANDIDATES, {"force": force, "at": at, **hit}).scalars()
    if changed:
        keep_history(session, ForensicHit.__table__, force, changed)


def _settle_pair(session: Session, move: Move) -> dict[str, Any] | None:
    """Say of a pair that was put to a human that it is one person."""
    pair = session.execute(_PAIR, _values(session, move)).one_or_none()
    if pair is None:
        return None
    if pair.state != "same":
        session.execute(_SET_PAIR, _values(session, move, id=pair.id, state="same"))
    return {"id": str(pair.id), "state": pair.state}


def find_pair(session: Session, move: Move) -> Any:
    """Give the pair (id, state, version) of the two, locked, where one was put to a human."""
    return session.execute(_PAIR, _values(session, move)).one_or_none()


def put_links_back(session: Session, move: Move, done: dict[str, Any]) -> None:
    """Undo `move_links`, which had given `done`; what was settled anew since stays."""
    session.execute(_WORDS_BACK, _values(session, move))
    session.execute(_PAIRS, _values(session, move, ids=done["pairs"]))
    kinds, refs = [kind for kind, _ in done["sources"]], [ref for _, ref in done["sources"]]
    session.execute(_SOURCES_BACK, _values(session, move, kinds=kinds, refs=refs))
    turned = [
        {"id": each["id"], "before": each["after"], "after": each["before"]}
        for each in done["candidates"]
    ]
    _put_candidates(session, turned)
    pair = find_pair(session, move)
    if pair is not None and done["pair"] is not None and pair.state == "same":
        values = _values(session, move, id=pair.id, state=done["pair"]["state"])
        session.execute(_SET_PAIR, values)
