"""Rules of forensic hits: their states, what may follow, whom a hit means, and their clocks."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from offenders.domain.persons.names import normalise
from offenders.domain.wanted.rules import OUTSTANDING
from offenders.domain.wanted.rules import Outcome as WantOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from uuid import UUID

NO_DATA: Final = "no_data"


class Type(StrEnum):
    """What the laboratory found."""

    DNA = "dna"
    FINGERPRINT = "fingerprint"
    PALM = "palm"
    FOOTWEAR = "footwear"
    BALLISTICS = "ballistics"
    OTHER = "other"


class PersonState(StrEnum):
    """Whether it is known whom the hit names."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    DOUBTFUL = "doubtful"


class Doubt(StrEnum):
    """Why a human must say who is meant."""

    SEVERAL_PEOPLE = "several_people"
    UNLIKE = "unlike"
    NAME_ONLY = "name_only"
    FOUND_LATER = "found_later"


class Own(StrEnum):
    """How far the hit itself has got; from its want it takes the rest."""

    RECEIVED = "received"
    RESEARCHED = "researched"
    ALLOCATED = "allocated"
    OUTCOME_RETURNED = "outcome_returned"
    ELIMINATED = "eliminated"


class Outcome(StrEnum):
    """What became of the person.

    `arrested` and `interviewed` end the want, the rest the hit, a death both. The list is general
    knowledge (rules catalogue, section 9, confidence M).
    """

    ARRESTED = "arrested"
    INTERVIEWED = "interviewed"
    CHARGED = "charged"
    OTHER_DISPOSAL = "other_disposal"
    NO_FURTHER_ACTION = "no_further_action"
    DECEASED = "deceased"
    IN_CUSTODY_ELSEWHERE = "in_custody_elsewhere"
    NOT_TRACED = "not_traced"
    REFERRED = "referred_to_other_force"


class Elimination(StrEnum):
    """Why the hit names nobody to be dealt with."""

    LEGITIMATE_ACCESS = "legitimate_access"
    ERROR = "error"


class Stage(StrEnum):
    """A step with a clock of its own, in the order of their figures."""

    RESEARCH = "research"
    ALLOCATION = "allocation"
    ARREST = "arrest"


OPEN: Final = (Own.RECEIVED, Own.RESEARCHED, Own.ALLOCATED)
FINAL: Final = (Own.OUTCOME_RETURNED, Own.ELIMINATED)
STATES: Final = (*map(str, OPEN), *map(str, WantOutcome), *map(str, FINAL))
ENDS_WANT: Final = frozenset({Outcome.ARRESTED, Outcome.INTERVIEWED})
# Ends of a want by which the person was dealt with for the crime: a further hit opens no other.
DEALT_WITH: Final = (
    WantOutcome.ARRESTED,
    WantOutcome.SURRENDERED,
    WantOutcome.INTERVIEWED,
    WantOutcome.CHARGED_ELSEWHERE,
)
_NEEDS_DEALING: Final = frozenset(
    {Outcome.CHARGED, Outcome.OTHER_DISPOSAL, Outcome.NO_FURTHER_ACTION}
)

# Whose figures are `serious_…`: the product's default for forensic hits, rules catalogue 16.
SERIOUS_CLASSES: Final = ("homicide", "sexual", "robbery", "burglary_dwelling")
OTHER_CLASS: Final = "other"
CLASSES: Final = (*SERIOUS_CLASSES, OTHER_CLASS)


def state_of(own: str, want_state: str | None) -> str:
    """Give the state of a hit: its own, or the end of its want until the outcome is returned."""
    if own in FINAL or want_state in {None, OUTSTANDING}:
        return own
    return str(want_state)


def is_before_allocation(state: str) -> bool:
    """Say whether nobody has been made responsible yet, nor has the person been dealt with."""
    return state in {Own.RECEIVED, Own.RESEARCHED}


def possible_outcomes(state: str, want_state: str | None) -> frozenset[Outcome]:
    """Give the outcomes that may be recorded of a hit in this state."""
    if is_before_allocation(state) or state in FINAL:
        return frozenset()
    found = set(Outcome) - ENDS_WANT - _NEEDS_DEALING
    if want_state == OUTSTANDING:
        found |= ENDS_WANT
    if state in DEALT_WITH:
        found |= _NEEDS_DEALING
    return frozenset(found)


def ends_want(outcome: Outcome) -> bool:
    """Say whether an outcome of a hit is also that of its open want."""
    return outcome in ENDS_WANT or outcome == Outcome.DECEASED


def may_be_eliminated(own: str) -> bool:
    """Say whether a hit can still be eliminated; an error may come to light after its outcome."""
    return own != Own.ELIMINATED


def after_research(own: str) -> str:
    """Give the state after research, which may also follow an urgent allocation."""
    return Own.RESEARCHED if own == Own.RECEIVED else own


def may_be_researched(own: str) -> bool:
    """Say whether linked offences may still be researched."""
    return own not in FINAL


def may_be_allocated(state: str) -> bool:
    """Say whether the hit may get another owner: while the person is to be found."""
    return state in OPEN


def figure_key(offence_class: str, stage: Stage) -> str:
    """Name the figure of a stage, e.g. `serious_arrest`."""
    return f"{'serious' if offence_class in SERIOUS_CLASSES else 'other'}_{stage}"


def due_moments(
    figures: Mapping[str, int], offence_class: str, received_at: datetime
) -> dict[str, datetime]:
    """Give the due moment of each stage; a day is 24 hours from receipt."""
    return {
        f"{stage}_due_at": received_at + timedelta(days=figures[figure_key(offence_class, stage)])
        for stage in Stage
    }


class Named(NamedTuple):
    """A person here as they may be compared: every family name and date of birth on record."""

    id: UUID
    family_names: tuple[str, ...]
    given_names: tuple[str, ...]
    dates_of_birth: tuple[date, ...]


class Meant(NamedTuple):
    """Whom a hit means, as far as can be said without guessing."""

    state: PersonState
    person_id: UUID | None = None
    doubt: Doubt | None = None
    candidates: tuple[UUID, ...] = ()


def who_is_meant(
    stated: Mapping[str, Any], identified: Sequence[Named], alike: Sequence[Named]
) -> Meant:
    """Decide by identifiers alone; they must name one person whom name or birth date don't deny.

    `identified` are the people whom id, PNC ID and CRO number name, `alike` those of the same
    name and date of birth. A name never decides.
    """
    people = {each.id: each for each in identified}
    if len(people) > 1:
        ids = tuple(sorted(people))
        return Meant(PersonState.DOUBTFUL, None, Doubt.SEVERAL_PEOPLE, ids)
    for person_id, person in people.items():
        if stated.get("person_id") is None and is_unlike(stated, person):
            return Meant(PersonState.DOUBTFUL, None, Doubt.UNLIKE, (person_id,))
        return Meant(PersonState.KNOWN, person_id)
    if alike:
        ids = tuple(sorted({each.id for each in alike}))
        return Meant(PersonState.DOUBTFUL, None, Doubt.NAME_ONLY, ids)
    return Meant(PersonState.UNKNOWN)


def is_unlike(stated: Mapping[str, Any], person: Named) -> bool:
    """Say whether all that is stated of name and birth date, if anything is, speaks against."""
    agrees = []
    if family := words(stated.get("family_name")):
        agrees.append(any(family & words(each) for each in person.family_names))
    if (born := stated.get("date_of_birth")) and person.dates_of_birth:
        agrees.append(born in {day.isoformat() for day in person.dates_of_birth})
    return bool(agrees) and not any(agrees)


def is_alike(stated: Mapping[str, Any], person: Named) -> bool:
    """Say whether a family and a given name are shared, where a given name is stated."""
    family, given = words(stated.get("family_name")), words(stated.get("given_names"))
    if not any(family & words(each) for each in person.family_names):
        return False
    known = {word for each in person.given_names for word in words(each)}
    return not given or not known or bool(given & known)


def words(name: str | None) -> set[str]:
    """Give the words of a name as they are compared."""
    return set(normalise(name or "").split())


def days_of(value: float | None) -> float | str:
    """Give days to one decimal, rounded half up; no value is no data, never 0."""
    if value is None:
        return NO_DATA
    return float(Decimal(value).quantize(Decimal("0.1"), ROUND_HALF_UP))
