"""Merging: all that hangs on one record goes to the other, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.merging import store
from offenders.domain.merging.following import follow
from offenders.domain.merging.linking import move_links
from offenders.domain.merging.models import Merge
from offenders.domain.merging.moving import Move, move_rows
from offenders.domain.merging.refusing import refuse_merge
from offenders.domain.merging.rules import BIRTH, FACTS, NAME, THIS, taken_over
from offenders.domain.persons.adding import Entry, add_alias, add_date_of_birth, put_main_name
from offenders.domain.persons.models import Person
from offenders.domain.persons.rules import ALIAS
from offenders.domain.persons.store import find_key, has_date_of_birth
from offenders.domain.quality.models import DuplicateDecision
from offenders.domain.sharing import service as sharing
from offenders.errors import Invalid, NotFound, PersonMerged, StaleVersion
from offenders.ids import new_id

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.domain.versions import IfMatch
    from offenders.domain.wanted.service import Asker

_ENDED: Final = "Merged: the survivor has this marker already."


@dataclass(frozen=True)
class Joining:
    """Who joins which two records and why; each as read at which version."""

    asker: Asker
    survivor: str
    other: str
    other_version: int
    reason: str
    if_match: IfMatch
    keep_name_of: str = THIS
    keep_date_of_birth_of: str = THIS
    confirmed: bool = False


def merge_people(session: Session, joining: Joining) -> UUID:
    """Merge the other record into the survivor; give the id of the merge.

    Raises NotFound, Invalid, StaleVersion, PersonMerged where one is merged already, and Conflict
    naming the rule where what is on record can't be that of one person.
    """
    survivor, other = _take(session, joining)
    force, at = session.info["force"], recorded_at(session)
    move = Move(new_id(force), other.id, survivor.id)
    refuse_merge(session, move, confirmed=joining.confirmed)
    details: dict[str, Any] = {
        "were_protected": [survivor.are_addresses_protected, other.are_addresses_protected],
        "unknown": store.list_nationality_unknown(session, move.from_person, move.to_person),
    }
    markers = {"force": force, "from": other.id, "to": survivor.id, "at": at}
    markers |= {"by": joining.asker.actor, "reason": _ENDED}
    details["markers"] = store.end_markers(session, markers)
    details["moved"] = move_rows(session, move)
    details |= move_links(session, move)
    _decide_pair(session, joining, details["pair"])
    details |= _join(session, joining, survivor, other)
    sharing.follow_merge(session, survivor.id)
    follow(session, survivor, other, because="Merged into another record.", asker=joining.asker)
    keep_history(session, Person.__table__, force, [survivor.id, other.id])
    session.add(
        Merge(
            force=force,
            id=move.merge_id,
            survivor_id=survivor.id,
            merged_id=other.id,
            reason=joining.reason,
            details=details,
            recorded_by=joining.asker.actor,
            recorded_at=at,
            version=1,
        )
    )
    session.flush()
    return move.merge_id


def _take(session: Session, joining: Joining) -> tuple[Person, Person]:
    """Give both locked, as they were read; whoever waited sees what the first merge left."""
    one, two = (find_key(session, each) for each in (joining.survivor, joining.other))
    if one is None:
        raise NotFound
    if two is None:
        message = "There is no such other person here. Check other_person_id."
        raise NotFound(message)
    if one.id == two.id:
        raise Invalid.field("/other_person_id", "Name another record than this one.")
    people = store.lock_both(session, [one.id, two.id])
    for person in people.values():
        PersonMerged.check(person.id, person.merged_into)
    survivor, other = people[one.id], people[two.id]
    joining.if_match.check(survivor.version)
    if other.version != joining.other_version:
        raise StaleVersion
    return survivor, other


def _decide_pair(session: Session, joining: Joining, pair: dict[str, Any] | None) -> None:
    """Record with a pair that was put to a human what the merge decides of it."""
    if pair is not None and pair["state"] != "same":
        force = session.info["force"]
        session.add(
            DuplicateDecision(
                force=force,
                id=new_id(force),
                candidate_id=UUID(pair["id"]),
                decision="same",
                reason=joining.reason,
                decided_by=joining.asker.actor,
                recorded_at=recorded_at(session),
            )
        )


def _facts(person: Person) -> dict[str, Any]:
    return {column: getattr(person, column) for column in FACTS}


def _join(session: Session, joining: Joining, survivor: Person, other: Person) -> dict[str, Any]:
    """Let the survivor take over what the other says, and the other point to the survivor."""
    at = recorded_at(session)
    before, said = _facts(survivor), _facts(other)
    after = taken_over(
        before, said, name_of=joining.keep_name_of, birth_of=joining.keep_date_of_birth_of
    )
    for column, value in after.items():
        setattr(survivor, column, value)
    protected = survivor.are_addresses_protected or other.are_addresses_protected
    for person in (survivor, other):
        person.are_addresses_protected = protected
        person.version += 1
        person.updated_at = at
    other.merged_into = survivor.id
    session.flush()
    if set(NAME) & after.keys():
        put_main_name(session, survivor)
    made = _keep_what_is_lost(session, joining.asker.actor, survivor, [before, said])
    return {
        "before": {column: _plain(before[column]) for column in after},
        "after": {column: _plain(value) for column, value in after.items()},
        **made,
    }


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, (str, list)) else str(value)


def _keep_what_is_lost(
    session: Session, actor: str, survivor: Person, known: list[dict[str, Any]]
) -> dict[str, str | None]:
    """Keep a name and a date of birth that were a main one as an alias and a further one."""
    made: dict[str, str | None] = {"name_id": None, "birth_id": None}
    for facts in known:
        name = {column: facts[column] for column in NAME}
        if not store.has_name(session, survivor, name):
            entry = Entry({"type": ALIAS, **name}, actor, new_id(survivor.force))
            add_alias(session, survivor, entry)
            made["name_id"] = str(entry.id)
        born, precision = (facts[column] for column in BIRTH)
        if born is not None and not has_date_of_birth(session, survivor, born):
            further = {"date_of_birth": born, "precision": precision}
            entry = Entry(further, actor, new_id(survivor.force))
            add_date_of_birth(session, survivor, entry)
            made["birth_id"] = str(entry.id)
    return made
