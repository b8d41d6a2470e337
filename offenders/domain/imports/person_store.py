"""SQL of receiving people: what hangs on a person, areas, and who may be the same person."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.imports.staging import copy_into
from offenders.domain.imports.store import areas_of, as_json, change_records
from offenders.domain.persons.models import Person

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date
    from uuid import UUID

    from sqlalchemy import Row
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
    UPDATE person_addresses a SET to_on = greatest(a.from_on, CAST(:yesterday AS date))
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
# As persons.store reads the current address of one person.
_CURRENT_NEIGHBOURHOODS = text("""
    SELECT DISTINCT ON (person_id) person_id, neighbourhood FROM person_addresses
    WHERE force = :force AND person_id = ANY (:ids) AND type <> 'previous'
      AND (from_on IS NULL OR from_on <= :today) AND (to_on IS NULL OR to_on >= :today)
    ORDER BY person_id, type = 'home' DESC,
             coalesce(from_on, (recorded_at AT TIME ZONE 'Europe/London')::date) DESC,
             recorded_at DESC, id DESC
""")
_LPAS = text("SELECT code, lpa FROM neighbourhoods WHERE force = :force")
_MOVE = text("""
    UPDATE persons SET neighbourhood = :neighbourhood, lpa = :lpa
    WHERE force = :force AND id = ANY (:ids)
""")
_BORN_ON = text("""
    SELECT id, family_name, given_names, date_of_birth FROM persons
    WHERE force = :force AND date_of_birth = ANY (CAST(:days AS date[])) AND merged_into IS NULL
""")
_POSTCODES = text("""
    SELECT person_id, postcode FROM person_addresses
    WHERE force = :force AND person_id = ANY (:ids) AND postcode IS NOT NULL
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
    """End addresses that the source no longer gives: yesterday was the last day of each."""
    if rows:
        values = {
            "rows": as_json(list(rows)),
            "force": session.info["force"],
            "yesterday": today - timedelta(days=1),
        }
        session.execute(_END_ADDRESSES, values)


def drop_name_tokens(session: Session, ids: Sequence[UUID]) -> list[Any]:
    """Forget the words of these people's main names; give the names as they are now."""
    values = {"force": session.info["force"], "ids": list(ids)}
    session.execute(_DROP_TOKENS, values)
    return list(session.execute(_NAMES, values).all())


def settle_areas(session: Session, ids: Collection[UUID], today: date) -> list[UUID]:
    """Put people in the area of their current address; give those who moved.

    People are moved area by area, so that no plan of the database, made before it knew of a
    large import, can go through the force once for each person.
    """
    if not ids:
        return []
    force = session.info["force"]
    values = {"force": force, "ids": list(ids), "today": today}
    current = {
        row.person_id: row.neighbourhood
        for row in session.execute(_CURRENT_NEIGHBOURHOODS, values).all()
    }
    lpas = {row.code: row.lpa for row in session.execute(_LPAS, {"force": force})}
    moving: dict[tuple[str | None, str | None], list[UUID]] = defaultdict(list)
    for person, standing in areas_of(session, force, ids).items():
        place = current.get(person)
        area = (lpas.get(place) if place else None, place)
        if area != standing:
            moving[area].append(person)
    for (lpa, neighbourhood), people in moving.items():
        area_values = {"force": force, "ids": people, "lpa": lpa, "neighbourhood": neighbourhood}
        session.execute(_MOVE, area_values)
    return [person for people in moving.values() for person in people]


def list_born_on(session: Session, days: Collection[str]) -> list[Row[Any]]:
    """Give the people of the force born on one of these days."""
    values = {"force": session.info["force"], "days": list(days)}
    return list(session.execute(_BORN_ON, values).all())


def list_postcodes(session: Session, ids: Collection[UUID]) -> dict[UUID, set[str]]:
    """Give every postcode at which these people are known."""
    found: dict[UUID, set[str]] = {}
    values = {"force": session.info["force"], "ids": list(ids)}
    for row in session.execute(_POSTCODES, values):
        found.setdefault(row.person_id, set()).add(row.postcode)
    return found


def queue_duplicates(
    session: Session, pairs: Sequence[tuple[UUID, UUID, Mapping[str, Any]]]
) -> None:
    """Put pairs to a human, with the evidence; one already put stays as it is."""
    force, at = session.info["force"], recorded_at(session)
    copy_into(
        session,
        "duplicate_candidates",
        ("force", "person_id", "other_person_id", "evidence", "state", "recorded_at"),
        [(force, one, other, evidence, "open", at) for one, other, evidence in pairs],
        further="ON CONFLICT DO NOTHING",
    )


def keep_people(session: Session, ids: Sequence[UUID]) -> None:
    """Keep the history of people whose area changed by itself."""
    keep_history(session, Person.__table__, session.info["force"], ids)
