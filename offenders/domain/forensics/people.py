"""Finding whom hits mean: the people whom id, PNC ID or CRO number name, and those alike."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.forensics.rules import Meant, Named, is_alike, who_is_meant
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    Stated = Mapping[str, Any]

IDENTIFIERS: Final = ("pnc_id", "cro_number")
_NAMED: Final = """
    SELECT p.id, p.reference, p.merged_into,
           array_prepend(p.family_name, ARRAY(
               SELECT n.family_name FROM person_names n
               WHERE n.force = p.force AND n.person_id = p.id)) AS family_names,
           array_remove(array_prepend(p.given_names, ARRAY(
               SELECT n.given_names FROM person_names n
               WHERE n.force = p.force AND n.person_id = p.id)), NULL) AS given_names,
           array_remove(array_prepend(p.date_of_birth, ARRAY(
               SELECT d.date_of_birth FROM person_dates_of_birth d
               WHERE d.force = p.force AND d.person_id = p.id)), NULL) AS dates_of_birth
    FROM persons p WHERE p.force = :force
"""
_BY_ID = text(f"{_NAMED} AND (p.id = ANY (:ids) OR p.reference = ANY (:references))")
_BORN_ON = text(f"""{_NAMED} AND p.merged_into IS NULL AND p.id IN (
    SELECT b.id FROM persons b
    WHERE b.force = :force AND b.date_of_birth = ANY (CAST(:days AS date[]))
    UNION ALL
    SELECT d.person_id FROM person_dates_of_birth d
    WHERE d.force = :force AND d.date_of_birth = ANY (CAST(:days AS date[])))
""")
_IDENTIFIED = text("""
    SELECT type, value, person_id FROM person_identifiers
    WHERE force = :force AND state = 'valid'
      AND ((type = 'pnc_id' AND value = ANY (:pnc_id))
           OR (type = 'cro_number' AND value = ANY (:cro_number)))
""")


def find_meant(session: Session, stated: Sequence[Stated]) -> list[Meant | None]:
    """Say of each whom it means; None where it names a person_id that is not here.

    A record that was merged means its survivor.
    """
    written = {each["person_id"] for each in stated if each.get("person_id")}
    by_identifier = _find_identified(session, stated)
    ids = {person for found in by_identifier.values() for person in found}
    named, by_reference = _find_named(session, ids, written)
    found: list[list[Named] | None] = [
        _identified(each, by_identifier, named, by_reference) for each in stated
    ]
    unnamed = [
        each for each, people in zip(stated, found, strict=True) if people == [] and _is_full(each)
    ]
    born = _find_born(session, unnamed)
    return [
        None if people is None else who_is_meant(each, people, _alike(each, people, born))
        for each, people in zip(stated, found, strict=True)
    ]


def _find_identified(
    session: Session, stated: Sequence[Stated]
) -> dict[tuple[str, str], set[UUID]]:
    sent = {kind: [each[kind] for each in stated if each.get(kind)] for kind in IDENTIFIERS}
    found: dict[tuple[str, str], set[UUID]] = defaultdict(set)
    if any(sent.values()):
        for row in session.execute(_IDENTIFIED, {"force": session.info["force"], **sent}):
            found[row.type, row.value].add(row.person_id)
    return found


def _find_named(
    session: Session, ids: Collection[UUID], written: Collection[str]
) -> tuple[dict[UUID, Named], dict[str, Named]]:
    """Give people by their id, and by what was written to name them."""
    asked = {*ids, *(found for each in written if (found := as_uuid(each)))}
    references = {as_reference(each) for each in written if as_uuid(each) is None}
    if not asked and not references:
        return {}, {}
    values = {
        "force": session.info["force"],
        "ids": sorted(asked),
        "references": sorted(references),
    }
    rows = list(session.execute(_BY_ID, values))
    survivors = {row.merged_into for row in rows if row.merged_into}
    if survivors:
        standing = {"force": values["force"], "ids": sorted(survivors), "references": []}
        rows += session.execute(_BY_ID, standing)
    standing_for = {row.id: _named(row) for row in rows if row.merged_into is None}
    named = {row.id: standing_for[row.merged_into or row.id] for row in rows}
    of_reference = {row.reference: named[row.id] for row in rows}
    by_written: dict[str, Named] = {}
    for each in written:
        found = as_uuid(each)
        person = named.get(found) if found else of_reference.get(as_reference(each))
        if person is not None:
            by_written[each] = person
    return named, by_written


def _identified(
    stated: Stated,
    by_identifier: Mapping[tuple[str, str], set[UUID]],
    named: Mapping[UUID, Named],
    by_written: Mapping[str, Named],
) -> list[Named] | None:
    people: list[Named] = []
    if written := stated.get("person_id"):
        if written not in by_written:
            return None
        people.append(by_written[written])
    for kind in IDENTIFIERS:
        if value := stated.get(kind):
            people += [named[each] for each in by_identifier.get((kind, value), ())]
    return list({each.id: each for each in people}.values())


def _is_full(stated: Stated) -> bool:
    return bool(stated.get("family_name") and stated.get("date_of_birth"))


def _find_born(session: Session, stated: Sequence[Stated]) -> dict[str, list[Named]]:
    """Give the people born on the days stated, by day."""
    days = sorted({each["date_of_birth"] for each in stated})
    born: dict[str, list[Named]] = defaultdict(list)
    if days:
        values = {"force": session.info["force"], "days": days}
        for person in map(_named, session.execute(_BORN_ON, values)):
            for day in {each.isoformat() for each in person.dates_of_birth}:
                born[day].append(person)
    return born


def _alike(stated: Stated, people: Sequence[Named], born: Mapping[str, list[Named]]) -> list[Named]:
    if people or not _is_full(stated):
        return []
    return [each for each in born.get(stated["date_of_birth"], ()) if is_alike(stated, each)]


def _named(row: Any) -> Named:
    return Named(row.id, tuple(row.family_names), tuple(row.given_names), tuple(row.dates_of_birth))
