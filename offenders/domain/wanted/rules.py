"""Rules of the wanted register: how a want may end, who comes first, and is it safe to act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Literal

from offenders.domain.working_days import LONDON

if TYPE_CHECKING:
    from collections.abc import Mapping

OUTSTANDING: Final = "outstanding"

Act = Literal["yes", "confirm_first", "no"]
Priority = Literal["high", "standard"]


class Reason(StrEnum):
    """Why the person is wanted."""

    NAMED_SUSPECT = "named_suspect"
    FAILED_TO_ANSWER_BAIL = "failed_to_answer_bail"
    COURT_WARRANT = "court_warrant"
    BREACH_OF_ORDER = "breach_of_order"
    BREACH_OF_BAIL = "breach_of_bail"
    PRISON_RECALL = "prison_recall"
    UNLAWFULLY_AT_LARGE = "unlawfully_at_large"


class Basis(StrEnum):
    """What names the person."""

    FORENSIC = "forensic"
    WITNESS = "witness"
    CCTV = "cctv"
    INTELLIGENCE = "intelligence"
    ADMISSION = "admission"
    OTHER = "other"


class Risk(StrEnum):
    """The risk the person poses while at large, gravest first."""

    VERY_HIGH = "very_high"
    HIGH = "high"
    MEDIUM = "medium"
    STANDARD = "standard"


class Outcome(StrEnum):
    """How a want ends; each is also the state of the closed want."""

    ARRESTED = "arrested"
    SURRENDERED = "surrendered"
    INTERVIEWED = "interviewed"
    NO_LONGER_WANTED = "no_longer_wanted"
    CHARGED_ELSEWHERE = "charged_elsewhere"
    WITHDRAWN = "withdrawn"
    DECEASED = "deceased"
    ENTERED_IN_ERROR = "entered_in_error"


class Circulation(StrEnum):
    """Where the want stands on PNC."""

    NOT_CIRCULATED = "not_circulated"
    REQUESTED = "requested"
    CIRCULATED = "circulated"
    CANCELLED = "cancelled"


# Sorted ascending, the gravest comes first.
RISK_ORDER: Final[Mapping[Risk, int]] = {risk: place for place, risk in enumerate(Risk, start=1)}

# An interview settles only a suspicion. A warrant, a recall and an escape end with the person,
# by withdrawal of the court or prison, or as a record keyed by mistake.
_EVERY_OUTCOME: Final = frozenset(Outcome)
_WITHOUT_INTERVIEW: Final = _EVERY_OUTCOME - {Outcome.INTERVIEWED}
_OF_COURT_OR_PRISON: Final = frozenset(
    {
        Outcome.ARRESTED,
        Outcome.SURRENDERED,
        Outcome.WITHDRAWN,
        Outcome.DECEASED,
        Outcome.ENTERED_IN_ERROR,
    },
)
_OUTCOMES: Final[Mapping[Reason, frozenset[Outcome]]] = {
    Reason.NAMED_SUSPECT: _EVERY_OUTCOME,
    Reason.FAILED_TO_ANSWER_BAIL: _WITHOUT_INTERVIEW,
    Reason.COURT_WARRANT: _OF_COURT_OR_PRISON,
    Reason.BREACH_OF_ORDER: _WITHOUT_INTERVIEW,
    Reason.BREACH_OF_BAIL: _WITHOUT_INTERVIEW,
    Reason.PRISON_RECALL: _OF_COURT_OR_PRISON,
    Reason.UNLAWFULLY_AT_LARGE: _OF_COURT_OR_PRISON,
}
_CIRCULATIONS: Final[Mapping[Circulation, frozenset[Circulation]]] = {
    Circulation.NOT_CIRCULATED: frozenset({Circulation.REQUESTED, Circulation.CIRCULATED}),
    Circulation.REQUESTED: frozenset({Circulation.CIRCULATED, Circulation.CANCELLED}),
    Circulation.CIRCULATED: frozenset({Circulation.CANCELLED}),
    Circulation.CANCELLED: frozenset({Circulation.REQUESTED, Circulation.CIRCULATED}),
}


@dataclass(frozen=True, slots=True)
class ActFacts:
    """What is known of a want at the moment an officer asks."""

    state: str
    reason: Reason
    power: str | None
    warrant_number: str | None
    validation_due_at: datetime
    last_validated_at: datetime | None
    has_date_of_birth: bool
    has_valid_identifier: bool
    circulation: Circulation
    markers: tuple[str, ...]
    now: datetime
    doubted_at: datetime | None = None
    power_ended: str | None = None  # why, where whatever gave the power has ended


@dataclass(frozen=True, slots=True)
class ActReason:
    """One reason in a code and in plain words."""

    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class SafeToAct:
    """Whether an officer may act on a want, and why; doubts stand before grounds."""

    act: Act
    reasons: tuple[ActReason, ...]


def allowed_outcomes(reason: Reason) -> frozenset[Outcome]:
    """Give the ends that are open to a want for this reason."""
    return _OUTCOMES[reason]


def next_circulations(current: Circulation) -> frozenset[Circulation]:
    """Give what a circulation may become; `cancelled` only by a circulation cancellation."""
    return _CIRCULATIONS[current]


def priority(
    risk: Risk, *, domestic_abuse: bool, priority_crime: bool, basis: Basis | None
) -> Priority:
    """Give the priority of a want.

    High risk, priority crimes and forensic evidence are rules of the forces that manage
    suspects well: HMIC, Core business, 2014, paragraphs 4.129 and 4.131 (N013). High risk and
    domestic abuse are what the daily management meeting takes up: PEEL effectiveness 2016,
    Leicestershire (F003, F004).
    """
    is_grave = risk in {Risk.VERY_HIGH, Risk.HIGH}
    if is_grave or domestic_abuse or priority_crime or basis == Basis.FORENSIC:
        return "high"
    return "standard"


def due_at(start: datetime, days: int) -> datetime:
    """Give the moment so many days of 24 hours after `start`."""
    return start + timedelta(days=days)


def is_overdue(due: datetime, now: datetime) -> bool:
    """Say whether the moment due has passed; at that very moment it hasn't."""
    return now > due


def safe_to_act(facts: ActFacts) -> SafeToAct:
    """Say whether the want can be acted on as it stands, must be confirmed first, or is over."""
    if facts.state != OUTSTANDING:
        return SafeToAct("no", (_closed(facts), *_circulation(facts), *_markers(facts)))
    checks = (_validation(facts), _power(facts), _identity(facts))
    doubts = (*_doubt(facts), *(reason for is_sound, reason in checks if not is_sound))
    grounds = tuple(reason for is_sound, reason in checks if is_sound)
    reasons = (*doubts, *_markers(facts), *grounds, *_circulation(facts))
    return SafeToAct("confirm_first" if doubts else "yes", reasons)


def _closed(facts: ActFacts) -> ActReason:
    ended = facts.state.replace("_", " ")
    return ActReason("not_outstanding", f"No longer wanted here: the want was closed as {ended}.")


def _validation(facts: ActFacts) -> tuple[bool, ActReason]:
    last, due = facts.last_validated_at, _day(facts.validation_due_at)
    done = (
        f"The owner last confirmed it on {_day(last)}" if last else "Not yet confirmed by the owner"
    )
    if is_overdue(facts.validation_due_at, facts.now):
        detail = f"{done}; confirmation was due by {due}. Ask the owner before acting."
        return False, ActReason("validation_overdue", detail)
    return True, ActReason("validation", f"{done}; confirmation is due by {due}.")


def _doubt(facts: ActFacts) -> tuple[ActReason, ...]:
    """Give the doubt that the owner has not yet cleared by validating the want."""
    doubted, last = facts.doubted_at, facts.last_validated_at
    if doubted is None or (last is not None and last > doubted):
        return ()
    detail = f"A ground of this want was taken away on {_day(doubted)}. Ask the owner first."
    return (ActReason("ground_gone", detail),)


def _power(facts: ActFacts) -> tuple[bool, ActReason]:
    if facts.reason == Reason.COURT_WARRANT:
        return _warrant(facts.warrant_number)
    if facts.power_ended:
        return False, ActReason("power_ended", facts.power_ended)
    power = (facts.power or "").strip()
    if not power:
        detail = "No power of arrest is recorded. Ask the owner which power applies."
        return False, ActReason("power_missing", detail)
    return True, ActReason("power", f"Power of arrest: {power}.")


def _warrant(number: str | None) -> tuple[bool, ActReason]:
    number = (number or "").strip()
    if not number:
        detail = "No warrant number is recorded. Ask the court or the owner if it is in force."
        return False, ActReason("warrant_missing", detail)
    return True, ActReason("warrant", f"Court warrant {number}.")


def _identity(facts: ActFacts) -> tuple[bool, ActReason]:
    known = (
        "a date of birth" if facts.has_date_of_birth else "",
        "a checked identifier" if facts.has_valid_identifier else "",
    )
    rests_on = " and ".join(filter(None, known))
    if not rests_on:
        detail = "Identity rests on the name alone. Make sure this is the person wanted."
        return False, ActReason("name_only", detail)
    return True, ActReason("identity", f"Identity rests on the name and {rests_on}.")


def _markers(facts: ActFacts) -> tuple[ActReason, ...]:
    if not facts.markers:
        return ()
    return (ActReason("markers", f"Warning markers: {', '.join(facts.markers)}."),)


def _circulation(facts: ActFacts) -> tuple[ActReason, ...]:
    is_on_pnc = facts.circulation == Circulation.CIRCULATED
    if facts.state == OUTSTANDING:
        detail = "Circulated on PNC." if is_on_pnc else "Not circulated on PNC."
        return (ActReason("circulation", detail),)
    if is_on_pnc:
        detail = "PNC may still show it: the circulation has not been cancelled."
        return (ActReason("circulation_not_cancelled", detail),)
    return ()


def _day(moment: datetime) -> str:
    day = moment.astimezone(LONDON)
    return f"{day.day} {day:%B %Y}"
