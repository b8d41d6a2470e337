"""Rules of foreign-conviction checks: channel, states, and when request and reply are due.

Requests to the member states of the European Union go by the Trade and Cooperation Agreement,
Part Three Title IX, since ECRIS ended for the United Kingdom on 31 December 2020; all others by
Interpol or a channel of their own (rules catalogue, section 10).
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from offenders.domain.working_days import add_working_days, end_of_london_day, london_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

MISSING: Final = "missing-acro-checks"
REPLIES: Final = "overdue-acro-replies"
AUTOMATIC: Final = "automatic-acro-requests"
HOME: Final = "GBR"
WORKING_DAYS: Final = "working days"
CHASE: Final = "chase"
ASSESSMENT: Final = "assessment"
REQUEST_AFTER_ARREST: Final = "request-after-arrest"
REPLY_AFTER_REQUEST: Final = "reply-after-request"

# The member states of the European Union, ISO 3166-1 alpha-3.
EU: Final = frozenset(
    [
        "AUT",
        "BEL",
        "BGR",
        "CYP",
        "CZE",
        "DEU",
        "DNK",
        "ESP",
        "EST",
        "FIN",
        "FRA",
        "GRC",
        "HRV",
        "HUN",
        "IRL",
        "ITA",
        "LTU",
        "LUX",
        "LVA",
        "MLT",
        "NLD",
        "POL",
        "PRT",
        "ROU",
        "SVK",
        "SVN",
        "SWE",
    ]
)


class Channel(StrEnum):
    """By which way a country is asked."""

    EU = "eu"
    NON_EU = "non_eu"


class State(StrEnum):
    """How far a check has got."""

    REQUIRED = "required"
    REQUESTED = "requested"
    RESPONDED = "responded"
    ASSESSED = "assessed"
    NOT_POSSIBLE = "not_possible"


class Response(StrEnum):
    """What the other country has answered."""

    TRACE = "trace"
    NO_TRACE = "no_trace"
    PARTIAL = "partial"
    REFUSED = "refused"
    NOT_AVAILABLE = "not_available"


class Step(StrEnum):
    """What is done with a check."""

    REQUEST = "request"
    CHASE = "chase"
    RESPOND = "respond"
    ASSESS = "assess"
    GIVE_UP = "give_up"


FIGURE_OF: Final[Mapping[str, str]] = {Channel.EU: "eu", Channel.NON_EU: "other"}
# A check is made by one of these; what was refused or is not available has found out nothing.
CHECKED: Final = frozenset({Response.TRACE, Response.NO_TRACE, Response.PARTIAL})
TO_ASSESS: Final = frozenset({Response.TRACE, Response.PARTIAL})
_OPEN_ANSWERS: Final = frozenset({Response.PARTIAL, Response.REFUSED, Response.NOT_AVAILABLE})

_STEPS: Final[Mapping[State, frozenset[Step]]] = {
    State.REQUIRED: frozenset({Step.REQUEST, Step.GIVE_UP}),
    State.REQUESTED: frozenset({Step.CHASE, Step.RESPOND, Step.GIVE_UP}),
    State.ASSESSED: frozenset(),
    State.NOT_POSSIBLE: frozenset({Step.REQUEST}),
}


def channel_of(country: str) -> Channel:
    """Give the channel by which a country, ISO 3166-1 alpha-3, is asked."""
    return Channel.EU if country in EU else Channel.NON_EU


def possible_steps(state: State, response: Response | None) -> frozenset[Step]:
    """Say what may be done with a check as it stands.

    What found out nothing, or not all, may be asked and answered again; a trace must be assessed.
    """
    if state != State.RESPONDED:
        return _STEPS[state]
    steps = {Step.ASSESS} if response in TO_ASSESS else set()
    if response in _OPEN_ANSWERS:
        steps |= {Step.REQUEST, Step.RESPOND}
    if response in {Response.REFUSED, Response.NOT_AVAILABLE}:
        steps.add(Step.GIVE_UP)
    return frozenset(steps)


def reply_due_at(requested_at: datetime, figure: int, unit: str) -> datetime:
    """Give the end of the last day for a reply, Europe/London.

    The day of the request never counts. Working days are those of England: neither weekend nor
    bank holiday; the other country's holidays are not known here.
    """
    day = london_day(requested_at)
    last = add_working_days(day, figure) if unit == WORKING_DAYS else day + timedelta(days=figure)
    return end_of_london_day(last)
