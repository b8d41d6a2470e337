"""What the law of bail decides by: a case with its extensions and the days that don't count."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from offenders.domain.bail.law import REGIMES, Agency, CaseType, Kind, Rank, Regime, Track
from offenders.domain.working_days import london_day

ONE_DAY: Final = timedelta(days=1)


class State(StrEnum):
    """Where a bail record stands."""

    ON_BAIL = "on_bail"
    FAILED_TO_ANSWER = "failed_to_answer"
    SURRENDERED = "surrendered"
    RELEASED_WITHOUT_BAIL = "released_without_bail"
    CLOSED = "closed"


class Paused(StrEnum):
    """What suspends the running of the period, or holds its end up."""

    WITH_PROSECUTOR = "with_prosecutor"
    IN_HOSPITAL = "in_hospital"
    BEFORE_COURT = "before_court"


class Outcome(StrEnum):
    """How a record is closed."""

    CHARGED = "charged"
    OUT_OF_COURT_DISPOSAL = "out_of_court_disposal"
    NO_FURTHER_ACTION = "no_further_action"
    RELEASED_UNDER_INVESTIGATION = "released_under_investigation"
    DECEASED = "deceased"
    ENTERED_IN_ERROR = "entered_in_error"
    NOT_STATED = "not_stated"  # closed by the source system, which doesn't say how


class Unlawful(ValueError):
    """What the law doesn't allow: the field, what to do, and the section."""

    def __init__(self, field: str, detail: str, section: str) -> None:
        """Keep the field without its slash, e.g. `authorised_rank`."""
        super().__init__(detail)
        self.field, self.detail, self.section = field, detail, section


@dataclass(frozen=True, slots=True)
class Suspension:
    """Days on which the period doesn't run.

    With the prosecutor `until` is the day of the request for more information, on which it runs
    again; in hospital it is the last day as an in-patient; before the court, which holds the end
    up until an application made in time is determined, the day of the decision.
    """

    reason: Paused
    from_on: date
    until_on: date | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """An extension that was given; `applied_at` is when a court was asked for it."""

    section: str
    rank: Rank
    authorised_at: datetime
    longer: bool = False
    applied_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """The facts by which the law decides."""

    arrested_at: datetime
    kind: Kind = Kind.STATION
    case_type: CaseType = CaseType.STANDARD
    agency: Agency | None = Agency.POLICE
    extensions: tuple[Extension, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    starts_on: date = field(init=False)  # the bail start date: the day after arrest
    regime: Regime = field(init=False)
    source: str = field(init=False)  # what says that this regime holds

    def __post_init__(self) -> None:
        """Work out the law of the day of arrest."""
        arrested_on = london_day(self.arrested_at)
        regime, source = regime_of(arrested_on)
        object.__setattr__(self, "starts_on", arrested_on + ONE_DAY)
        object.__setattr__(self, "regime", regime)
        object.__setattr__(self, "source", source)

    @property
    def track(self) -> Track:
        """The chain of limits."""
        if self.kind == Kind.STREET:
            return Track.STREET
        if self.regime == Regime.B:
            return Track.OTHER_AGENCY if self.agency == Agency.SFO else Track.STANDARD
        is_other = self.case_type == CaseType.NON_STANDARD
        return Track.OTHER_AGENCY if is_other else Track.STANDARD


@dataclass(frozen=True, slots=True)
class Period:
    """Until when bail may last; no end while it is suspended, nor by the law of regime A."""

    ends_on: date | None
    because: dict[str, Any] = field(default_factory=dict)
    suspended: Suspension | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """An extension that is asked for; `representations` False says that none were invited."""

    rank: Rank
    authorised_at: datetime
    representations: str | bool | None
    longer: bool = False
    applied_at: datetime | None = None


def regime_of(arrested_on: date) -> tuple[Regime, str]:
    """Give the law of a day of arrest, and what says so."""
    return next((regime, source) for begins, regime, source in REGIMES if arrested_on >= begins)
