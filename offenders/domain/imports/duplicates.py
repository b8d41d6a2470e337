"""Finding people who may be one: a human decides, never the machine.

Twins share surname, birthday and postcode: they are put to a human like all others.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from offenders.domain.imports import person_store
from offenders.domain.imports.models import DuplicateCandidate
from offenders.domain.persons.names import normalise

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.person_changes import Newcomer
    from offenders.domain.versions import IfMatch

_SAME_NAMES = {"date_of_birth": True, "names": True}
_SAME_HOME = {"date_of_birth": True, "surname": True, "postcode": True}


class _Named(NamedTuple):
    """A person by their birthday and their names as written."""

    id: UUID
    family_name: str
    given_names: str | None
    born: date


# The same surnames come again and again: each is made comparable once.
_words = lru_cache(maxsize=20_000)(normalise)


def queue_duplicates(session: Session, newcomers: Mapping[UUID, Newcomer]) -> None:
    """Queue everyone of the same birthday with the same names, or same surname and postcode."""
    pairs = _same_birthday_and_surname(session, newcomers)
    alike = {pair for pair, is_called_alike in pairs.items() if is_called_alike}
    kin = set(pairs) - alike
    postcodes = person_store.list_postcodes(session, {each for pair in kin for each in pair})
    rows: list[tuple[UUID, UUID, dict[str, Any]]] = [
        (one, other, _SAME_NAMES) for one, other in sorted(alike)
    ]
    rows += [
        (one, other, _SAME_HOME)
        for one, other in sorted(kin)
        if postcodes.get(one, set()) & postcodes.get(other, set())
    ]
    person_store.queue_duplicates(session, rows)


def _same_birthday_and_surname(
    session: Session, newcomers: Mapping[UUID, Newcomer]
) -> dict[tuple[UUID, UUID], bool]:
    """Give pairs with a newcomer, each once, and whether all their names are the same."""
    people = _born_like(session, newcomers)
    by_word: dict[tuple[date, str], list[_Named]] = defaultdict(list)
    for each in people:
        for word in _words(each.family_name).split():
            by_word[each.born, word].append(each)
    return {
        (min(one.id, other.id), max(one.id, other.id)): _are_called_alike(one, other)
        for one in people
        if one.id in newcomers
        for word in _words(one.family_name).split()
        for other in by_word[one.born, word]
        if other.id != one.id
    }


def _are_called_alike(one: _Named, other: _Named) -> bool:
    given, other_given = one.given_names or "", other.given_names or ""
    return _words(one.family_name) == _words(other.family_name) and normalise(given) == normalise(
        other_given
    )


def _born_like(session: Session, newcomers: Mapping[UUID, Newcomer]) -> list[_Named]:
    days = {born for each in newcomers.values() if (born := each.row.get("date_of_birth"))}
    if not days:
        return []
    return [
        _Named(row.id, row.family_name, row.given_names, row.date_of_birth)
        for row in person_store.list_born_on(session, days)
    ]


def settle_duplicate(
    session: Session, candidate_id: UUID, *, same: bool, if_match: IfMatch
) -> int | None:
    """Put a pair into the state that a human decided; None where it is in it already.

    The pair stays locked until the transaction ends, so that two who decide at once can't both.
    """
    candidate = session.execute(
        select(DuplicateCandidate)
        .where(
            DuplicateCandidate.force == session.info["force"],
            DuplicateCandidate.id == candidate_id,
        )
        .with_for_update()
    ).scalar_one()
    if_match.check(candidate.version)
    state = "same" if same else "different"
    if candidate.state == state:
        return None
    candidate.state = state
    candidate.version += 1
    session.flush()
    return candidate.version
