"""The words of the orders register: types, states, and what the law decides an order by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

TYPES: Final = (
    "SHPO",
    "SOPO",
    "SRO",
    "SCPO",
    "CBO",
    "DVPN",
    "DVPO",
    "DAPN",
    "DAPO",
    "SPO",
    "STPO",
    "STRO",
    "KCPO",
    "gang_injunction",
    "football_banning",
    "restraining",
    "non_molestation",
    "foreign_travel",
    "notification",
    "financial_reporting",
)
NOTICES: Final = ("DVPN", "DAPN")  # given by the police, without a court
RANKS: Final = (
    "constable",
    "sergeant",
    "inspector",
    "chief_inspector",
    "superintendent",
    "chief_superintendent",
    "commander",
    "assistant_chief_constable",
    "deputy_chief_constable",
    "chief_constable",
)


class State(StrEnum):
    """Where an order stands; it follows the court."""

    APPLIED = "applied"
    GRANTED = "granted"  # made, and binding from a later day
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    IN_FORCE = "in_force"
    VARIED = "varied"
    EXPIRED = "expired"
    DISCHARGED = "discharged"
    ENTERED_IN_ERROR = "entered_in_error"


# By which a constable may arrest for a breach; those of the other types are offences.
POWERS: Final = {
    "DVPN": "Crime and Security Act 2010 s.25(1)(b)",
    "DVPO": "Crime and Security Act 2010 s.28(9)",
    "DAPN": "Domestic Abuse Act 2021 s.26",
    "gang_injunction": "Policing and Crime Act 2009 s.43",
}
ANY_OFFENCE: Final = "PACE 1984 s.24"
LIVE: Final = (State.IN_FORCE, State.VARIED)
MADE: Final = (State.GRANTED, *LIVE)  # kept of an order that binds until its last day


class Monitoring(StrEnum):
    """Whether somebody has taken on to monitor it."""

    UNACCEPTED = "unaccepted"
    ACCEPTED = "accepted"


class CheckResult(StrEnum):
    """What a compliance check found."""

    COMPLIANT = "compliant"
    NON_COMPLIANT = "non_compliant"
    NOT_SEEN = "not_seen"


class Action(StrEnum):
    """What was done about a breach."""

    ARRESTED = "arrested"
    CHARGED = "charged"
    SUMMONSED = "summonsed"
    RECALLED = "recalled"
    WANTED = "wanted"
    WARNED = "warned"
    NO_FURTHER_ACTION = "no_further_action"
    OTHER = "other"


class Ending(StrEnum):
    """Why an order ended before its last day."""

    DISCHARGED = "discharged"
    APPEAL_ALLOWED = "appeal_allowed"
    SUPERSEDED = "superseded"
    DECEASED = "deceased"
    ENTERED_IN_ERROR = "entered_in_error"


class Unlawful(ValueError):
    """What the law doesn't allow: the field, what to do, and the section."""

    def __init__(self, field: str, detail: str, section: str) -> None:
        """Keep the field without its slash, e.g. `expires_on`."""
        super().__init__(detail)
        self.field, self.detail, self.section = field, detail, section


@dataclass(frozen=True, slots=True)
class TypeRule:
    """What the law says of a type for orders made from a day until another.

    `areas` are codes of forces, or `force:area`; empty everywhere. Lengths count in `unit` from
    `made_on` inclusively.
    """

    code: str
    variant: str
    from_on: date
    to_on: date | None
    areas: tuple[str, ...]
    least_age: int | None
    least_rank: str | None
    minimum: int | None
    maximum: int | None
    unit: str
    open_ended: bool
    has_interim: bool
    travel_months: int | None
    monitoring_months: int | None
    hearing_hours: int | None
    review: str | None
    review_months: int | None
    review_citation: str | None
    breach_offence_code: str | None
    citation: str
    length_citation: str
    area_citation: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Case:
    """The facts by which the law decides whether such an order may be.

    `day` is that on which it was made or, not yet made, applied for. `areas` are the code and
    the name of the area for which it is recorded. A person without a date of birth counts as an
    adult.
    """

    type: str
    force: str
    day: date
    born: date | None = None
    areas: frozenset[str] = frozenset()
    is_made: bool = True
    expires_on: date | None = None
    is_interim: bool = False
    with_custody: bool = False
    rank: str | None = None
    # of each condition: its category, its first day and, where it has one of its own, its last
    conditions: tuple[Mapping[str, object], ...] = ()
