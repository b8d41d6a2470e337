"""Finding people who may be one: a human decides, never the machine.

Twins share surname, birthday and postcode: they are put to a human like all others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from offenders.domain.imports import person_store
from offenders.domain.persons.names import normalise

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.person_plan import Newcomer


class _Named(NamedTuple):
    """A person by their names made comparable."""

    id: UUID
    family: str
    given: str

    def is_called_like(self, other: _Named) -> bool:
        return (self.family, self.given) == (other.family, other.given)

    def is_of_family(self, other: _Named) -> bool:
        return bool(set(self.family.split()) & set(other.family.split()))


def queue_duplicates(session: Session, newcomers: Mapping[UUID, Newcomer]) -> None:
    """Queue everyone of the same birthday with the same names, or same surname and postcode."""
    pairs = list(_same_birthday(session, newcomers))
    alike = [pair for pair in pairs if pair[0].is_called_like(pair[1])]
    kin = [pair for pair in pairs if pair not in alike and pair[0].is_of_family(pair[1])]
    postcodes = person_store.list_postcodes(session, {each.id for pair in kin for each in pair})
    neighbours = [
        (one, other)
        for one, other in kin
        if postcodes.get(one.id, set()) & postcodes.get(other.id, set())
    ]
    rows = [
        *_queued(alike, {"date_of_birth": True, "names": True}),
        *_queued(neighbours, {"date_of_birth": True, "surname": True, "postcode": True}),
    ]
    person_store.queue_duplicates(session, rows)


def _queued(
    pairs: list[tuple[_Named, _Named]], evidence: dict[str, Any]
) -> list[tuple[UUID, UUID, dict[str, Any]]]:
    return [(*sorted((one.id, other.id)), evidence) for one, other in pairs]


def _same_birthday(
    session: Session, newcomers: Mapping[UUID, Newcomer]
) -> Iterator[tuple[_Named, _Named]]:
    """Give each newcomer with each other person of the force born on the same day, once."""
    days = {born for each in newcomers.values() if (born := each.row.get("date_of_birth"))}
    by_day: dict[Any, list[_Named]] = {}
    for row in person_store.list_born_on(session, days):
        family, given = normalise(row.family_name), normalise(row.given_names or "")
        by_day.setdefault(row.date_of_birth, []).append(_Named(row.id, family, given))
    for group in by_day.values():
        for place, one in enumerate(group):
            for other in group[place + 1 :]:
                if one.id in newcomers or other.id in newcomers:
                    yield one, other
