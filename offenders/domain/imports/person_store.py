"""SQL of receiving people: what hangs on a person, areas, and who may be the same person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.imports.store import as_json, change_records
from offenders.domain.persons.models import Person

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

# How the columns of a person are read from the JSON of a change.
_CASTS: Final = {
    "family_name": "{t}",
    "given_names": "{t}",
    "date_of_birth": "CAST({t} AS date)",
    "sex": "coalesce({t}, 'not_known')",
    "nationalities": "ARRAY(SELECT jsonb_array_elements_text(coalesce(nullif({j}, 'null'), '[]')))",
    "ethnicity_self_defined": "{t}",
    "ethnicity_observed": "{t}",
}
_CORRECT_IDENTIFIERS = text("""
    UPDATE person_identifiers i SET value = c.value, raw_value = c.raw_value, state = c.state,
           recorded_by = :by, recorded_at = :at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS c (person_id uuid, type text, value text, raw_value text, state text, before text)
    WHERE i.force = :force AND i.person_id = c.person_id AND i.type = c.type
      AND coalesce(i.value, i.raw_value) = c.before
    RETURNING i.person_id, i.type
""")
_END_ADDRESSES = text("""
    UPDATE person_addresses a
    SET to_on = CASE WHEN a.from_on > :today THEN a.from_on ELSE CAST(:today AS date) END
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS g (person_id uuid, lines text[], postcode text, type text)
    WHERE a.force = :force AND a.person_id = g.person_id AND a.to_on IS NULL
      AND a.lines = coalesce(g.lines, '{}') AND a.type = g.type
      AND a.postcode IS NOT DISTINCT FROM g.postcode
""")
_DROP_TOKENS = text("""
    DELETE FROM person_name_tokens
    WHERE force = :force AND person_id = ANY (:ids) AND name_id = person_id
""")
_NAMES = text("""
    SELECT id, family_name, given_names FROM persons WHERE force = :force AND id = ANY (:ids)
""")
# A person's area is that of their home, or of another address where they may be met now.
_SETTLE_AREAS = text("""
    UPDATE persons p SET neighbourhood = h.neighbourhood, lpa = h.lpa
    FROM unnest(CAST(:ids AS uuid[])) AS asked (id)
    LEFT JOIN LATERAL (
        SELECT a.neighbourhood, n.lpa FROM person_addresses a
        LEFT JOIN neighbourhoods n ON n.force = a.force AND n.code = a.neighbourhood
        WHERE a.force = :force AND a.person_id = asked.id AND a.type <> 'previous'
          AND (a.to_on IS NULL OR a.to_on > :today)
        ORDER BY a.type = 'home' DESC, a.from_on DESC NULLS LAST, a.recorded_at DESC, a.id DESC
        LIMIT 1) h ON true
    WHERE p.force = :force AND p.id = asked.id
      AND (p.neighbourhood, p.lpa) IS DISTINCT FROM (h.neighbourhood, h.lpa)
    RETURNING p.id
""")
# Twins share surname, birthday and postcode: they are put to a human like all others.
_QUEUE_DUPLICATES = text("""
    WITH pairs AS MATERIALIZED (
        SELECT DISTINCT least(n.id, o.id) AS person_id, greatest(n.id, o.id) AS other_person_id
        FROM persons n JOIN persons o
          ON o.force = n.force AND o.date_of_birth = n.date_of_birth AND o.id <> n.id
        WHERE n.force = :force AND n.id = ANY (:ids)),
    names AS MATERIALIZED (
        SELECT t.person_id, array_agg(t.token ORDER BY t.token) AS words,
               array_agg(t.token ORDER BY t.token) FILTER (WHERE t.part = 'family') AS family
        FROM person_name_tokens t
        WHERE t.force = :force AND t.name_id = t.person_id
          AND t.person_id IN (SELECT person_id FROM pairs UNION SELECT other_person_id FROM pairs)
        GROUP BY t.person_id),
    likely AS (
        SELECT p.*, a.words = b.words AS has_same_names
        FROM pairs p JOIN names a ON a.person_id = p.person_id
        JOIN names b ON b.person_id = p.other_person_id
        WHERE a.words = b.words OR (a.family && b.family AND EXISTS (
            SELECT 1 FROM person_addresses x JOIN person_addresses y
              ON y.force = x.force AND y.postcode = x.postcode
            WHERE x.force = :force AND x.person_id = p.person_id
              AND y.person_id = p.other_person_id)))
    INSERT INTO duplicate_candidates (force, person_id, other_person_id, evidence, state,
                                      recorded_at)
    SELECT :force, person_id, other_person_id,
           jsonb_build_object('date_of_birth', true, 'names', has_same_names,
                              'surname_and_postcode', NOT has_same_names), 'open', :at
    FROM likely ON CONFLICT DO NOTHING
""")


def change_people(session: Session, changes: Sequence[tuple[UUID, Mapping[str, Any]]]) -> None:
    """Set the columns named in each change."""
    change_records(session, "persons", _CASTS, changes)


def correct_identifiers(
    session: Session, rows: Sequence[Mapping[str, Any]], by: str
) -> set[tuple[UUID, str]]:
    """Put identifiers right that the source gave wrong; give (person, type) of those found."""
    if not rows:
        return set()
    values = {
        "rows": as_json(list(rows)),
        "force": session.info["force"],
        "by": by,
        "at": recorded_at(session),
    }
    found = session.execute(_CORRECT_IDENTIFIERS, values)
    return {(row.person_id, row.type) for row in found}


def end_addresses(session: Session, rows: Sequence[Mapping[str, Any]], today: date) -> None:
    """End, as of today, addresses that the source no longer gives."""
    if rows:
        values = {"rows": as_json(list(rows)), "force": session.info["force"], "today": today}
        session.execute(_END_ADDRESSES, values)


def drop_name_tokens(session: Session, ids: Sequence[UUID]) -> list[Any]:
    """Forget the words of these people's main names; give the names as they are now."""
    values = {"force": session.info["force"], "ids": list(ids)}
    session.execute(_DROP_TOKENS, values)
    return list(session.execute(_NAMES, values))


def settle_areas(session: Session, ids: Collection[UUID], today: date) -> list[UUID]:
    """Put people in the area of their current address; give those who moved."""
    values = {"force": session.info["force"], "ids": list(ids), "today": today}
    return list(session.execute(_SETTLE_AREAS, values).scalars())


def queue_duplicates(session: Session, ids: Collection[UUID]) -> None:
    """Put to a human those of the force who may be the same as one of these; join nobody."""
    values = {"force": session.info["force"], "ids": list(ids), "at": recorded_at(session)}
    session.execute(_QUEUE_DUPLICATES, values)


def keep_people(session: Session, ids: Sequence[UUID]) -> None:
    """Keep the history of people whose area changed by itself."""
    keep_history(session, Person.__table__, session.info["force"], ids)
