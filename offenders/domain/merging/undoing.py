"""Reversing a merge: what it moved goes back, what came since stays, all of it or nothing."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.merging import store
from offenders.domain.merging.following import follow
from offenders.domain.merging.linking import put_links_back
from offenders.domain.merging.models import REVERSED, Merge
from offenders.domain.merging.moving import Move, follow_parents, put_back
from offenders.domain.merging.refusing import refuse_reversal_below, refuse_torn
from offenders.domain.merging.rules import FACTS, NAME, given_back
from offenders.domain.persons.adding import put_main_name
from offenders.domain.persons.models import Person
from offenders.domain.sharing import service as sharing
from offenders.errors import Conflict, NotFound
from offenders.ids import as_uuid

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.versions import IfMatch
    from offenders.domain.wanted.service import Asker


def reverse_merge(
    session: Session, *, written: str, asker: Asker, reason: str, if_match: IfMatch
) -> UUID:
    """Undo a merge in full; give its id. Raises Conflict where that can't be done exactly."""
    named = select(Merge).where(Merge.force == session.info["force"], Merge.id == as_uuid(written))
    merge = session.execute(named).scalar_one_or_none()
    if merge is None:
        raise NotFound
    people = store.lock_both(session, [merge.survivor_id, merge.merged_id])
    # Whoever waited for the people looks at the merge anew.
    session.refresh(merge, with_for_update=True)
    if_match.check(merge.version)
    if merge.state == REVERSED:
        message = "This merge has been reversed already. There is nothing to undo."
        raise Conflict(message, state=REVERSED, possible=[])
    survivor, other = people[merge.survivor_id], people[merge.merged_id]
    move = Move(merge.id, survivor.id, other.id)
    refuse_reversal_below(session, move, merge.recorded_at)
    _undo(session, merge.details, move, survivor, other, asker=asker)
    refuse_torn(session, move)
    merge.state, merge.reversed_by, merge.reversal_reason = REVERSED, asker.actor, reason
    merge.reversed_at = recorded_at(session)
    merge.version += 1
    session.flush()
    return merge.id


def _undo(  # noqa: PLR0913 - what was done, between whom, and who undoes it
    session: Session,
    details: dict[str, Any],
    move: Move,
    survivor: Person,
    other: Person,
    *,
    asker: Asker,
) -> None:
    at = recorded_at(session)
    put_back(session, move)
    follow_parents(session, move)
    put_links_back(session, move, details)
    store.let_markers_stand(session, survivor, details["markers"])
    store.drop_made(session, survivor, details["name_id"], details["birth_id"])
    now = {column: getattr(survivor, column) for column in FACTS}
    back = given_back(now, _read(details["before"]), _read(details["after"]))
    for column, value in back.items():
        setattr(survivor, column, value)
    other.merged_into = None
    was_protected, other_was_protected = details["were_protected"]
    survivor.are_addresses_protected = was_protected or store.is_victim(session, survivor)
    other.are_addresses_protected = other_was_protected or store.is_victim(session, other)
    for person in (survivor, other):
        person.version += 1
        person.updated_at = at
    session.flush()
    if set(NAME) & back.keys():
        put_main_name(session, survivor)
    sharing.follow_reversal(session, survivor.id, other.id)
    unknown = details["unknown"]
    because = "Its merge was reversed."
    follow(session, survivor, other, because=because, asker=asker, detentions=unknown)
    keep_history(session, Person.__table__, survivor.force, [survivor.id, other.id])


def _read(facts: dict[str, Any]) -> dict[str, Any]:
    """Give columns as they are in a person, from the JSON of a merge."""
    born = facts.get("date_of_birth")
    return facts | ({"date_of_birth": date.fromisoformat(born)} if born else {})
