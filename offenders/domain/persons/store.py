"""SQL of people: one person to be changed, and one person as a reader may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import or_, select, text

from offenders import clock
from offenders.domain.persons.kinds import KINDS
from offenders.domain.persons.models import Person
from offenders.domain.persons.shown import IDENTITY_JSON
from offenders.domain.reading import Reading
from offenders.errors import NotFound, PersonMerged
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.access import Sight

_NAMED_BY = "force = :force AND (id = :id OR reference = :reference)"
_KEY = text(f"""
    SELECT id, force, neighbourhood, lpa, merged_into FROM persons WHERE {_NAMED_BY}
""")
# A merge waits for whoever is about to hang something on the person.
_KEPT_KEY = text(f"""
    SELECT id, force, neighbourhood, lpa, merged_into FROM persons
    WHERE {_NAMED_BY} FOR KEY SHARE
""")
_STOOD = text("""
    SELECT 1 FROM persons_history
    WHERE force = :force AND id = :id AND merged_into IS NULL AND recorded_from <= :as_at
      AND (recorded_to IS NULL OR recorded_to > :as_at)
""")
_PNC_ID_HOLDER = text("""
    SELECT person_id FROM person_identifiers
    WHERE force = :force AND type = 'pnc_id' AND state = 'valid' AND value = :value
""")
_FURTHER_BIRTH = text("""
    SELECT 1 FROM person_dates_of_birth
    WHERE force = :force AND person_id = :person_id AND date_of_birth = :day LIMIT 1
""")
_ADD_TOKENS = text("""
    INSERT INTO person_name_tokens (force, token, person_id, name_id, part)
    SELECT :force, t.token, :person_id, :name_id, t.part
    FROM unnest(CAST(:tokens AS text[]), CAST(:parts AS text[])) t (token, part)
""")
_DROP_TOKENS = text("""
    DELETE FROM person_name_tokens
    WHERE force = :force AND person_id = :person_id AND name_id = :name_id
""")
# A home comes before any other address at which the person may be met.
_CURRENT_NEIGHBOURHOOD = text("""
    SELECT neighbourhood FROM person_addresses
    WHERE force = :force AND person_id = :person_id AND type <> 'previous'
      AND (from_on IS NULL OR from_on <= :today) AND (to_on IS NULL OR to_on >= :today)
    ORDER BY type = 'home' DESC,
             coalesce(from_on, (recorded_at AT TIME ZONE 'Europe/London')::date) DESC,
             recorded_at DESC, id DESC
    LIMIT 1
""")

_SURVIVORS = text("""
    SELECT id::text AS written, merged_into FROM persons
    WHERE force = :force AND id = ANY (CAST(:ids AS uuid[])) AND merged_into IS NOT NULL
    UNION ALL
    SELECT reference, merged_into FROM persons
    WHERE force = :force AND reference = ANY (:references) AND merged_into IS NOT NULL
""")


class PersonKey(NamedTuple):
    """Which person is meant, and where their current address lies."""

    id: UUID
    force: str
    neighbourhood: str | None
    lpa: str | None


def find_key(
    session: Session, written: str, *, keep: bool = False, as_at: datetime | None = None
) -> PersonKey | None:
    """Read an id or a spoken reference; raise PersonMerged for a record that was merged.

    With `keep` nobody merges the person before this transaction ends. A record that still stood
    `as_at` a past moment is given for questions about that moment.
    """
    values = {
        "force": session.info["force"],
        "id": as_uuid(written),
        "reference": as_reference(written),
    }
    row = session.execute(_KEPT_KEY if keep else _KEY, values).one_or_none()
    if row is None:
        return None
    if row.merged_into is not None and not (as_at and _stood(session, row.id, as_at)):
        raise PersonMerged(written, row.merged_into)
    return PersonKey(row.id, row.force, row.neighbourhood, row.lpa)


def _stood(session: Session, person_id: UUID, as_at: datetime) -> bool:
    values = {"force": session.info["force"], "id": person_id, "as_at": as_at}
    return session.execute(_STOOD, values).first() is not None


def find_survivors(session: Session, written: Collection[str]) -> dict[str, UUID]:
    """Give who stands for each of these ids and references whose record was merged."""
    named: dict[str, list[str]] = {}
    for each in written:
        named.setdefault(str(as_uuid(each) or as_reference(each)), []).append(each)
    if not named:
        return {}
    values = {
        "force": session.info["force"],
        "ids": [each for each in named if as_uuid(each)],
        "references": [each for each in named if as_uuid(each) is None],
    }
    return {
        each: row.merged_into
        for row in session.execute(_SURVIVORS, values)
        for each in named[row.written]
    }


def get_person(session: Session, written: str) -> Person:
    """Give the person for a change, locked until the transaction ends."""
    force = session.info["force"]
    named = or_(Person.id == as_uuid(written), Person.reference == as_reference(written))
    # Others may meanwhile refer to this person; FOR UPDATE would make them wait.
    locked = select(Person).where(Person.force == force, named).with_for_update(key_share=True)
    person = session.execute(locked).scalar_one_or_none()
    if person is None:
        raise NotFound
    PersonMerged.check(written, person.merged_into)
    return person


def lock_people(session: Session, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """Lock several people, always in the order of their ids, so that nobody waits in a ring."""
    locked = (
        select(Person)
        .where(Person.force == session.info["force"], Person.id.in_(ids))
        .order_by(Person.id)
        .with_for_update(key_share=True)
    )
    found = {person.id: person for person in session.execute(locked).scalars()}
    for person in found.values():
        PersonMerged.check(person.id, person.merged_into)
    return found


def find_pnc_id_holder(session: Session, value: str) -> UUID | None:
    """Give the person of this force who has a valid PNC ID."""
    values = {"force": session.info["force"], "value": value}
    found: UUID | None = session.execute(_PNC_ID_HOLDER, values).scalar()
    return found


def has_date_of_birth(session: Session, person: Person, day: date) -> bool:
    """Tell whether the person is on record with this date of birth, as main or further one."""
    values = {"force": person.force, "person_id": person.id, "day": day}
    return person.date_of_birth == day or session.execute(_FURTHER_BIRTH, values).scalar() == 1


def put_tokens(
    session: Session, person: Person, name_id: UUID, tokens: Sequence[tuple[str, str]]
) -> None:
    """Let a name be found by these words, each with its part, and by no others."""
    name = {"force": person.force, "person_id": person.id, "name_id": name_id}
    words = {"tokens": [word for word, _ in tokens], "parts": [part for _, part in tokens]}
    session.execute(_DROP_TOKENS, name)
    session.execute(_ADD_TOKENS, name | words)


def find_current_neighbourhood(session: Session, person: Person, today: date) -> str | None:
    """Give the neighbourhood of the person's current address."""
    values = {"force": person.force, "person_id": person.id, "today": today}
    found: str | None = session.execute(_CURRENT_NEIGHBOURHOOD, values).scalar()
    return found


def _listed(kind: str) -> str:
    """Give every entry of a kind that the reader may see, newest first, as a JSON array."""
    known = KINDS[kind]
    return f"""(
        SELECT coalesce(json_agg({known.json} ORDER BY r.recorded_at DESC, r.id DESC), '[]')
        {known.source()} AND r.person_id = p.id)"""


def _newest(kind: str) -> str:
    """Give the valid identifier of a kind that was recorded last."""
    return f"""(
        SELECT i.value FROM person_identifiers i
        WHERE i.force = p.force AND i.person_id = p.id AND i.type = '{kind}'
          AND i.state = 'valid' ORDER BY i.recorded_at DESC, i.id DESC LIMIT 1)"""


_HIDDEN = "(p.are_addresses_protected AND NOT :sees_protected)"
_VICTIMS = """
    FROM person_associations v
    WHERE v.force = p.force AND v.person_id = p.id AND v.type = 'victim_of'
"""
_MASKED = f"""
    array_remove(ARRAY[
        CASE WHEN {_HIDDEN} THEN 'addresses' END,
        CASE WHEN {_HIDDEN} THEN 'lpa' END,
        CASE WHEN {_HIDDEN} THEN 'neighbourhood' END,
        CASE WHEN NOT :sees_protected AND EXISTS (SELECT 1 {_VICTIMS})
             THEN 'associations.victim_of' END], NULL)
"""
_SUMMARY = f"""
    json_build_object({IDENTITY_JSON},
        'date_of_birth_precision', p.date_of_birth_precision, 'nationalities', p.nationalities,
        'languages', p.languages, 'phones', p.phones,
        'ethnicity_self_defined', p.ethnicity_self_defined,
        'ethnicity_observed', p.ethnicity_observed, 'photo_reference', p.photo_reference,
        'ocg_role', p.ocg_role,
        'lpa', CASE WHEN NOT {_HIDDEN} THEN p.lpa END,
        'neighbourhood', CASE WHEN NOT {_HIDDEN} THEN p.neighbourhood END,
        'are_addresses_protected', p.are_addresses_protected,
        'pnc_id', {_newest("pnc_id")}, 'cro_number', {_newest("cro_number")},
        'prison_number', {_newest("prison_number")},
        'identifiers', {_listed("identifiers")}, 'aliases', {_listed("aliases")},
        'dates_of_birth', {_listed("dates-of-birth")}, 'addresses', {_listed("addresses")},
        'vehicles', {_listed("vehicles")}, 'markers', (
            SELECT coalesce(json_agg(json_build_object(
                'id', r.id, 'code', r.code, 'name', c.name,
                'verified', coalesce(c.verified, false), 'since', r.from_on,
                'review_on', r.review_on,
                'is_review_overdue', r.review_on < CAST(:today AS date)) ORDER BY r.code), '[]')
            FROM person_markers r
            LEFT JOIN code_entries c ON c.list = 'warning_markers' AND c.code = r.code
            WHERE r.force = p.force AND r.person_id = p.id AND r.removed_at IS NULL),
        'associations', {_listed("associations")},
        'notes', (SELECT count(*) {KINDS["notes"].source()} AND r.person_id = p.id),
        'recorded_at', p.recorded_at,
        'updated_at', p.updated_at, 'version', p.version"""


def reading_of_person(
    written: str, sight: Sight, force: str, *, wants: str, parts: Mapping[str, str | None]
) -> Reading:
    """Give the read of one person with all that is open on them, as a row of api's Reading.

    `wants` selects (wants, want_ids) of an outer `p`; each part is a JSON array by its name, or
    None where the reader's role sees nothing of it: it is null then, and not an empty array.
    """
    shown = "".join(f", '{name}', {part or 'NULL'}" for name, part in parts.items())
    sql = f"""
        SELECT ({_SUMMARY}, 'masked', to_json({_MASKED}), 'wanted', o.wants{shown}))::text AS body,
               p.version, p.id || n.others AS subjects, p.id || n.others AS people,
               {_MASKED} AS masked,
               CASE WHEN cardinality(o.want_ids) > 0
                    THEN jsonb_build_object('wants', o.want_ids) ELSE '{{}}' END AS details,
               CAST(NULL AS text) AS after
        FROM persons p
        CROSS JOIN LATERAL ({wants}) o
        CROSS JOIN LATERAL (
            SELECT ARRAY(SELECT v.other_person_id FROM person_associations v
                         WHERE v.force = p.force AND v.person_id = p.id
                           AND (v.type <> 'victim_of' OR :sees_protected)) AS others) n
        WHERE p.force = :force AND {_named(written)} AND p.merged_into IS NULL
    """
    named = {"id": as_uuid(written), "reference": as_reference(written), "today": clock.today()}
    return Reading(sql, "person", _sight_values(force, sight) | named)


def _named(written: str) -> str:
    """Look up by the one key that was written; either would cost the index of both."""
    return "p.id = :id" if as_uuid(written) is not None else "p.reference = :reference"


def sight_values(session: Session, sight: Sight) -> dict[str, Any]:
    """Bind what a reader may see, at the present moment unless `as_at` is put over it."""
    return _sight_values(session.info["force"], sight)


def _sight_values(force: str, sight: Sight) -> dict[str, Any]:
    return {
        "force": force,
        "sees_protected": sight.protected_addresses,
        "handlings": sight.handlings,
        "reader": sight.subject,
        "today": clock.today(),
        "as_at": None,
        "state": "active",
    }
