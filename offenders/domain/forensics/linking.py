"""The want behind a hit: the open one that it joins, the one that settled it, or a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from offenders.domain.forensics.rules import DEALT_WITH
from offenders.domain.wanted import service as wanted
from offenders.domain.wanted.rules import OUTSTANDING, Basis, Outcome
from offenders.domain.wanted.service import Suspicion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session


class Naming(NamedTuple):
    """That a hit names this person for this crime."""

    person_id: UUID
    crime_reference: str | None
    offence_code: str | None
    received_at: datetime
    lpa: str | None


def link_wants(session: Session, actor: str, namings: Sequence[Naming]) -> list[UUID]:
    """Give the want of each; those that need one and have none are opened together."""
    people, wants = wanted.hold_suspects(session, {each.person_id for each in namings})
    standing = _Standing(wants)
    found: list[UUID | int] = []
    opening: list[Suspicion] = []
    for naming in namings:
        want = standing.find(naming)
        if want is None:
            want = len(opening)
            opening.append(_suspicion(naming))
            standing.add(naming, want)
        found.append(want)
    opened = wanted.open_wants(session, actor=actor, suspicions=opening, people=people)
    return [opened[each] if isinstance(each, int) else each for each in found]


class _Standing:
    """The wants of people as named suspects; a number stands for one that is to be opened."""

    def __init__(self, wants: Sequence[Row[Any]]) -> None:
        self._open: dict[tuple[UUID, str | None], UUID | int] = {}
        self._settled: dict[tuple[UUID, str], UUID] = {}
        self._dead: dict[UUID, UUID] = {}
        for want in sorted(wants, key=lambda row: (row.entered_at, row.id)):
            if want.state == OUTSTANDING:
                self._open.setdefault((want.person_id, want.crime_reference), want.id)
            elif want.state == Outcome.DECEASED:
                self._dead[want.person_id] = want.id
            elif want.crime_reference is not None and want.state in DEALT_WITH:
                self._settled[want.person_id, want.crime_reference] = want.id

    def find(self, naming: Naming) -> UUID | int | None:
        """Give the open want for the crime, else the one whose end settled it; else none.

        Each crime has its own want, so that crimes with a named suspect are counted whole
        (Core business, 2014, Recommendation 24); hits without a crime share the want without
        one. Nobody dead is wanted anew.
        """
        key = (naming.person_id, naming.crime_reference)
        if key in self._open:
            return self._open[key]
        if naming.crime_reference is not None:
            settled = self._settled.get((naming.person_id, naming.crime_reference))
            if settled is not None:
                return settled
        return self._dead.get(naming.person_id)

    def add(self, naming: Naming, want: int) -> None:
        """Know a want that is to be opened."""
        self._open[naming.person_id, naming.crime_reference] = want


def _suspicion(naming: Naming) -> Suspicion:
    return Suspicion(
        naming.person_id,
        Basis.FORENSIC,
        naming.offence_code,
        naming.crime_reference,
        naming.received_at,
        naming.lpa,
    )
