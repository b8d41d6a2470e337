"""SQL of merging: the two people locked, markers that both have, names and births made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from offenders.domain.persons.models import Person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

_HAS_NAME = text("""
    SELECT EXISTS (SELECT FROM person_names
                   WHERE force = :force AND person_id = :id AND family_name = :family_name
                     AND given_names IS NOT DISTINCT FROM CAST(:given_names AS text))
""")
# One active marker of a code stands for both; the other ends by the merge.
_END_MARKERS = text("""
    UPDATE person_markers m SET removed_at = :at, removed_by = :by, removal_reason = :reason,
           version = m.version + 1
    FROM person_markers s
    WHERE m.force = :force AND m.person_id = :from AND m.removed_at IS NULL
      AND s.force = :force AND s.person_id = :to AND s.code = m.code AND s.removed_at IS NULL
    RETURNING m.id, s.id AS twin
""")
# Where the one that stood for both has been removed since, both are: for that reason.
_LET_STAND = text("""
    UPDATE person_markers m
    SET removed_at = CASE WHEN t.stands THEN NULL ELSE t.removed_at END,
        removed_by = CASE WHEN t.stands THEN NULL ELSE t.removed_by END,
        removal_reason = CASE WHEN t.stands THEN NULL ELSE t.removal_reason END,
        version = m.version + 1
    FROM (SELECT g.id, s.removed_at, s.removed_by, s.removal_reason,
                 EXISTS (SELECT FROM person_markers a
                         WHERE a.force = :force AND a.person_id = :survivor AND a.code = s.code
                           AND a.removed_at IS NULL) AS stands
          FROM unnest(CAST(:ids AS uuid[]), CAST(:twins AS uuid[])) AS g (id, twin)
          JOIN person_markers s ON s.force = :force AND s.id = g.twin) t
    WHERE m.force = :force AND m.id = t.id
""")
_DROP_NAME = text("DELETE FROM person_names WHERE force = :force AND id = :id")
_DROP_WORDS = text("""
    DELETE FROM person_name_tokens
    WHERE force = :force AND person_id = :person_id AND name_id = :id
""")
_DROP_BIRTH = text("DELETE FROM person_dates_of_birth WHERE force = :force AND id = :id")
_IS_VICTIM = text("""
    SELECT EXISTS (SELECT FROM person_associations
                   WHERE force = :force AND other_person_id = :id AND type = 'victim_of')
""")
_FLAGGED = text("""
    SELECT DISTINCT rule FROM flags
    WHERE force = :force AND subject_id = :id AND state <> 'cleared'
""")

# The lock of `imports/store.py`: a batch that has looked up whom its rows mean writes it first.
_WAIT_FOR_BATCH = text("SELECT pg_advisory_xact_lock(hashtext('imports'), hashtext(:force))")
_WITHOUT_PNC_ID = text("""
    SELECT p.id FROM unnest(CAST(:people AS uuid[])) AS p (id)
    WHERE NOT EXISTS (SELECT FROM person_identifiers i
                      WHERE i.force = :force AND i.person_id = p.id AND i.type = 'pnc_id'
                        AND i.state = 'valid')
""")
_UNKNOWN = text("""
    SELECT id::text FROM detentions
    WHERE force = :force AND person_id = ANY (:people) AND nationality_unknown ORDER BY id
""")


def lock_both(session: Session, ids: Sequence[UUID]) -> dict[UUID, Person]:
    """Lock people in the order of their ids, against all who would hang something on them.

    No batch of an import is under way then that took the one for the other.
    """
    session.execute(_WAIT_FOR_BATCH, {"force": session.info["force"]})
    locked = (
        select(Person)
        .where(Person.force == session.info["force"], Person.id.in_(ids))
        .order_by(Person.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return {person.id: person for person in session.execute(locked).scalars()}


def has_name(session: Session, person: Person, name: dict[str, Any]) -> bool:
    """Tell whether this is the person's main name, an alias or a former name."""
    values = {"force": person.force, "id": person.id, **name}
    is_main = all(getattr(person, column) == value for column, value in name.items())
    return is_main or bool(session.execute(_HAS_NAME, values).scalar_one())


def end_markers(session: Session, values: dict[str, Any]) -> list[list[str]]:
    """End the markers that the survivor has, too; give each with the one that stands for both."""
    return [[str(row.id), str(row.twin)] for row in session.execute(_END_MARKERS, values)]


def let_markers_stand(session: Session, survivor: Person, ended: list[list[str]]) -> None:
    """Let the markers that a merge ended stand again, or be removed as those standing for them."""
    if ended:
        ids, twins = zip(*ended, strict=True)
        session.execute(
            _LET_STAND,
            {
                "force": survivor.force,
                "survivor": survivor.id,
                "ids": list(ids),
                "twins": list(twins),
            },
        )


def drop_made(session: Session, person: Person, name: str | None, birth: str | None) -> None:
    """Take away the name and the date of birth that a merge had made."""
    if name is not None:
        values = {"force": person.force, "id": name, "person_id": person.id}
        session.execute(_DROP_WORDS, values)
        session.execute(_DROP_NAME, values)
    if birth is not None:
        session.execute(_DROP_BIRTH, {"force": person.force, "id": birth})


def is_victim(session: Session, person: Person) -> bool:
    """Tell whether somebody's victim is this person, whose addresses are protected for it."""
    values = {"force": person.force, "id": person.id}
    return bool(session.execute(_IS_VICTIM, values).scalar_one())


def list_flagged(session: Session, person: Person) -> list[str]:
    """Give the rules by which the person themselves is flagged."""
    return list(session.execute(_FLAGGED, {"force": person.force, "id": person.id}).scalars())


def list_nationality_unknown(session: Session, *people: UUID) -> list[str]:
    """Give the detentions of these people that know of no nationality: a merge may tell them."""
    values = {"force": session.info["force"], "people": list(people)}
    return list(session.execute(_UNKNOWN, values).scalars())


def list_without_pnc_id(session: Session, people: Sequence[UUID]) -> list[UUID]:
    """Give those of these people by whom no other force can know that they are meant."""
    values = {"force": session.info["force"], "people": list(people)}
    return list(session.execute(_WITHOUT_PNC_ID, values).scalars())
