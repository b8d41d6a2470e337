"""Finding the recorded words, and the people born near a date, that a search may mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.domain.persons.asking import forms_to_probe, meetings, sure_words
from offenders.domain.persons.births import EXACT, evidence_of, near_dates
from offenders.domain.persons.moves import holders_as_at, owner_as_at
from offenders.domain.persons.name_words import find_words
from offenders.domain.persons.spelling import RECORDED_INITIAL

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.persons.asking import Asking, Meeting
    from offenders.domain.persons.births import BirthEvidence

_TOKENS = """
    ARRAY(SELECT t.token FROM person_name_tokens t
          WHERE t.force = :force AND t.person_id = {person}) AS words
"""
# Names that merges have moved since are looked for at who has them now.
_TOKENS_AS_AT = """
    ARRAY(SELECT t.token FROM person_name_tokens t
          WHERE t.force = :force AND t.person_id IN ({holders})) AS words
"""
_FURTHER = """
    UNION ALL
    SELECT {whose}, d.date_of_birth, d.precision, 'further', {words}
    FROM person_dates_of_birth d
    WHERE d.force = :force AND d.date_of_birth = ANY (CAST(:days AS date[])) {known}
"""
_BORN_NEAR = text(f"""
    SELECT p.id, p.date_of_birth AS day, p.date_of_birth_precision AS precision,
           'main' AS place, {_TOKENS.format(person="p.id")}
    FROM persons p WHERE p.force = :force AND p.date_of_birth = ANY (CAST(:days AS date[]))
    {_FURTHER.format(whose="d.person_id", words=_TOKENS.format(person="d.person_id"), known="")}
""")
_HELD_SINCE = _TOKENS_AS_AT.format(holders=holders_as_at(owner_as_at("d")))
_BORN_NEAR_AS_AT = text(f"""
    SELECT p.id, p.date_of_birth AS day, p.date_of_birth_precision AS precision,
           'main' AS place, {_TOKENS_AS_AT.format(holders=holders_as_at("p.id"))}
    FROM persons_history p
    WHERE p.force = :force AND p.date_of_birth = ANY (CAST(:days AS date[]))
      AND p.recorded_from <= :as_at AND (p.recorded_to IS NULL OR p.recorded_to > :as_at)
    {
    _FURTHER.format(whose=owner_as_at("d"), words=_HELD_SINCE, known="AND d.recorded_at <= :as_at")
}
""")


@dataclass(frozen=True)
class Born:
    """What a recorded date of birth says, whether it is the main one, and the person's words."""

    evidence: BirthEvidence
    place: str
    day: date
    words: list[str]

    def reason(self) -> dict[str, Any]:
        """Say how the date of birth matched; one that isn't the asked one is shown."""
        reason = {"field": "date_of_birth", "how": self.evidence.how, "in": self.place}
        return reason if self.evidence == EXACT else reason | {"recorded": self.day.isoformat()}


def meet_words(session: Session, asking: Asking) -> list[Meeting]:
    """Give the recorded words of the force that may be meant, but for those only begun.

    A recorded initial says something beside another word only.
    """
    words = {*find_words(session, forms_to_probe(asking)), *sure_words(asking)}
    met = [each for word in sorted(words) for each in meetings(asking, word)]
    is_alone = asking.required == 1
    return [
        each
        for each in met
        if not _is_begun(each) and not (is_alone and each.likeness == RECORDED_INITIAL)
    ]


def _is_begun(met: Meeting) -> bool:
    return met.word != met.asked and met.word.startswith(met.asked)


def meet_words_of(asking: Asking, people: Iterable[Born]) -> list[Meeting]:
    """Give the words of these people that may be meant."""
    words = {word for born in people for word in born.words}
    return [met for word in sorted(words) for met in meetings(asking, word, born_alike=True)]


def find_born_near(session: Session, asked: date, as_at: datetime | None) -> dict[UUID, Born]:
    """Give the people whose date of birth is the asked one or a usual slip of it."""
    values = {"force": session.info["force"], "days": near_dates(asked), "as_at": as_at}
    found: dict[UUID, Born] = {}
    for row in session.execute(_BORN_NEAR if as_at is None else _BORN_NEAR_AS_AT, values):
        evidence = evidence_of(asked, row.day, row.precision)
        if evidence is None:
            continue
        known = found.get(row.id)
        # The main date of birth comes first in the answer, so it stays where both say as much.
        if known is None or evidence.cost < known.evidence.cost:
            found[row.id] = Born(evidence, row.place, row.day, row.words)
    return found
