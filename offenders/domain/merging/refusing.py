"""What stands against a merge or its reversal: each refusal names its rule and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.custody.service import find_held_twice
from offenders.domain.merging.linking import find_pair
from offenders.domain.merging.moving import Move, ties
from offenders.domain.merging.rules import Inseparable
from offenders.errors import Conflict

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

_PNC_IDS = text("""
    SELECT person_id FROM person_identifiers
    WHERE force = :force AND person_id = ANY (:people) AND type = 'pnc_id' AND state = 'valid'
    GROUP BY person_id
""")
_WANTED_TWICE = text("""
    SELECT o.id, o.reference, s.id AS other_id, s.reference AS other FROM wants o
    JOIN wants s ON s.force = o.force AND s.person_id = :to AND s.state = 'outstanding'
     AND s.reason = o.reason AND s.crime_reference IS NOT DISTINCT FROM o.crime_reference
     AND s.warrant_number IS NOT DISTINCT FROM o.warrant_number
    WHERE o.force = :force AND o.person_id = :from AND o.state = 'outstanding'
    ORDER BY o.reference
""")
_SIBLINGS = text("""
    SELECT EXISTS (SELECT FROM person_associations
                   WHERE force = :force AND type = 'sibling'
                     AND ((person_id = :from AND other_person_id = :to)
                          OR (person_id = :to AND other_person_id = :from)))
""")
_NEWER = text("""
    SELECT id FROM merges
    WHERE force = :force AND state = 'standing' AND recorded_at > :at
      AND (survivor_id = ANY (:people) OR merged_id = ANY (:people))
    ORDER BY recorded_at DESC, id DESC LIMIT 1
""")


def refuse_merge(session: Session, move: Move, *, confirmed: bool) -> None:
    """Raise Conflict where what is on record of the two can't be that of one person."""
    people = {"force": session.info["force"], "from": move.from_person, "to": move.to_person}
    _refuse_decided(session, move)
    if not confirmed and session.execute(_SIBLINGS, people).scalar_one():
        message = (
            "The two are on record as siblings. If they are one person all the same, send"
            " confirmed: true."
        )
        raise Conflict(message, rule="siblings-confirmed")
    both = people | {"people": [move.from_person, move.to_person]}
    if len(session.execute(_PNC_IDS, both).all()) > 1:
        message = (
            "Both have a valid PNC ID, and two PNC IDs mean two people. Find out which is wrong"
            " and correct it at its source, then merge."
        )
        raise Conflict(message, rule="two-pnc-ids")
    _refuse_wanted_twice(session, people)
    _refuse_held_twice(session, move)


def _refuse_decided(session: Session, move: Move) -> None:
    pair = find_pair(session, move)
    if pair is not None and pair.state == "different":
        message = "It was decided that these are two people. Decide anew first, then merge."
        link = f"/v1/data-quality/duplicates/{pair.id}"
        raise Conflict(message, rule="decided-otherwise", existing=link)


def _refuse_wanted_twice(session: Session, people: dict[str, Any]) -> None:
    twice = session.execute(_WANTED_TWICE, people).all()
    if twice:
        named = ", ".join(f"{row.reference} and {row.other}" for row in twice)
        message = (
            f"Both are wanted for the same reason and crime: {named}. End one want of each pair"
            " first, for example as entered in error, then merge."
        )
        links = [f"/v1/wanted/{each}" for row in twice for each in (row.id, row.other_id)]
        raise Conflict(message, rule="one-open-want", existing=links)


def _refuse_held_twice(session: Session, move: Move) -> None:
    held = find_held_twice(session, move.from_person, move.to_person)
    if held is not None:
        numbers = " and ".join(each.custody_number for each in held)
        message = (
            f"The two were detained at once, custody numbers {numbers}: they are two people, or a"
            " time or release is wrong. Correct it first, then merge."
        )
        links = [f"/v1/detentions/{each.id}" for each in held]
        raise Conflict(message, rule="two-detentions-at-once", existing=links)


def refuse_reversal_below(session: Session, move: Move, recorded_at: Any) -> None:
    """Raise Conflict where another merge was made over this one: the newest goes first."""
    values = {
        "force": session.info["force"],
        "at": recorded_at,
        "people": [move.from_person, move.to_person],
    }
    newer: UUID | None = session.execute(_NEWER, values).scalar()
    if newer is not None:
        message = "Another merge was made over this one. Reverse that one first."
        raise Conflict(message, rule="newest-first", existing=f"/v1/merges/{newer}")


def refuse_torn(session: Session, move: Move) -> None:
    """Raise Conflict where a reversal has left a record of one person behind one of the other.

    That is so where a record that was made since the merge joined one that goes back.
    """
    values = {"force": session.info["force"], "people": [move.from_person, move.to_person]}
    for tie in ties():
        child = tie.child.table.name
        statement = _TORN.format(child=child, parent=tie.parent, column=tie.column)
        torn = session.execute(text(statement), values).scalar()
        if torn is not None:
            message = (
                f"Since the merge, {child} and {tie.parent} of the two records were joined (first:"
                f" {torn}), so it can't be undone in full. Part them first, or correct the"
                " survivor."
            )
            raise Inseparable(message, rule="undone-in-full", tables=(child, tie.parent))


_TORN: Final = """
    SELECT c.id FROM {child} c JOIN {parent} p ON p.force = c.force AND p.id = c.{column}
    WHERE c.force = :force AND c.person_id = ANY (:people) AND p.person_id = ANY (:people)
      AND p.person_id <> c.person_id LIMIT 1
"""
