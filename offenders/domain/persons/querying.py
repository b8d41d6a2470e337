"""What a search is asked, the statement it becomes, and what it finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.access import Sight
    from offenders.domain.persons.asking import Asking
    from offenders.domain.persons.remembering import Born


@dataclass(frozen=True)
class Search:
    """What is searched for, by whom, and if so as at which past moment."""

    filters: dict[str, Any]
    sight: Sight
    today: date
    as_at: datetime | None = None


class Found(NamedTuple):
    """A person as found: JSON, rank (0 the best) and id."""

    json: str
    rank: int
    id: UUID


@dataclass
class Query:
    """The parts of the statement as the criteria add them, and what explains its answer."""

    session: Session
    source: str
    conditions: list[str]
    reasons: list[str]
    values: dict[str, Any]
    rank: str = "0"
    asking: Asking | None = None
    named: str = ""
    born: dict[UUID, Born] | None = None

    def because(self, field: str, how: str = "'exact'", place: str | None = None) -> None:
        """Say why a row matched."""
        where = f", 'in', {place}" if place else ""
        self.reasons.append(f"json_build_object('field', '{field}', 'how', {how}{where})")
