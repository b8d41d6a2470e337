"""The columns of bail, and the record that a row describes; pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.bail import rules
from offenders.domain.bail.cases import Extension, Outcome, Request, State, Unlawful
from offenders.domain.bail.conditions import imposed
from offenders.domain.bail.entering import clear_of_bail
from offenders.domain.bail.law import Agency, CaseType, Kind, Rank
from offenders.domain.bail.records import case_of, lapse_if_over, release, settle_period
from offenders.domain.imports.checks import (
    Checked,
    Columns,
    Facts,
    check_values,
    code,
    lpa,
    many,
    moment,
    name,
    neighbourhood,
    offence,
    one_of,
    past_moment,
    person_id,
    text,
)
from offenders.domain.imports.person_rows import IDENTITY, with_identifiers
from offenders.domain.imports.problems import Finding, Refusal
from offenders.domain.imports.want_rows import WHO

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

IN_SOURCE: Final = "As recorded by the source system."


def extension(value: Any, facts: Facts) -> str | None:
    """Take a rank and the moment of its authorisation, e.g. `inspector 2026-03-01T09:30:00Z`."""
    rank, _, authorised_at = str(value).strip().partition(" ")
    if not rank:
        return None
    rank = one_of(Rank)(rank, facts)
    at = past_moment(authorised_at, facts)
    if at is None:
        raise Refusal(
            problem="An extension has no moment.",
            action="Send rank and moment, e.g. inspector 2026-03-01T09:30:00Z.",
        )
    return f"{rank} {at}"


COLUMNS: Final[Columns] = {
    "source_ref": name,
    "person_source_ref": name,
    "person_id": person_id,
    **IDENTITY,
    "arrested_at": past_moment,
    "bailed_at": past_moment,
    "case_type": one_of(CaseType),
    "agency": one_of(Agency),
    "kind": one_of(Kind),
    "offence_code": offence,
    "crime_reference": code,
    "conditions": many(text(1000)),
    "return_at": moment,
    "extensions": many(extension),
    "state": one_of(State),
    "state_at": past_moment,
    "outcome": one_of(Outcome),
    "lpa": lpa,
    "neighbourhood": neighbourhood,
    "owner_officer": code,
    "owner_team": code,
}


def check_bail(line: int, row: Mapping[str, Any], facts: Facts) -> Checked | list[Finding]:
    """Check the values of a row; give it in its one written form, or what is wrong."""
    values, findings = check_values(row, COLUMNS, facts)
    return findings or with_identifiers(line, values, facts)


def check_whole(row: Mapping[str, Any], facts: Facts) -> list[Finding]:
    """Check that a row has what a record needs and fits together."""
    return [*_missing(row), *_ownership(row), *_area(row, facts)]


def _missing(row: Mapping[str, Any]) -> Iterator[Finding]:
    for column in ("arrested_at", "bailed_at"):
        if not row.get(column):
            yield Finding(column, f"The row has no {column}.", f"Send {column} with its zone.")
    if not any(row.get(each) for each in WHO):
        action = "Send person_source_ref, person_id, pnc_id or family_name."
        yield Finding("person_source_ref", "The row names nobody.", action)


def _ownership(row: Mapping[str, Any]) -> Iterator[Finding]:
    if row.get("owner_officer") and row.get("owner_team"):
        action = "Send owner_officer or owner_team, not both."
        yield Finding("owner_team", "The record has two owners.", action)


def _area(row: Mapping[str, Any], facts: Facts) -> Iterator[Finding]:
    area, place = row.get("lpa"), row.get("neighbourhood")
    if area and place and facts.neighbourhoods.get(place) not in {None, area}:
        action = "Leave `lpa` out: it follows from the neighbourhood."
        yield Finding("lpa", "The neighbourhood lies in another local policing area.", action)


class Described:
    """The record that a row describes, with the columns that the law and the state give it."""

    def __init__(self, row: Mapping[str, Any], facts: Facts) -> None:
        """Work it out; raise Refusal where the law or the row itself doesn't allow it."""
        self.kind = row.get("kind") or str(Kind.STATION)
        agency = row.get("agency")
        other = agency not in {None, "police"}
        default = CaseType.NON_STANDARD if other else CaseType.STANDARD
        self.case_type = row.get("case_type") or str(default)
        unnamed = None if self.case_type == CaseType.NON_STANDARD else "police"
        self.agency = agency or unnamed
        self.arrested_at = datetime.fromisoformat(row["arrested_at"])
        self.bailed_at = datetime.fromisoformat(row["bailed_at"])
        self.offence_code = row.get("offence_code")
        self.crime_reference = row.get("crime_reference")
        self.lpa, self.neighbourhood = row.get("lpa"), row.get("neighbourhood")
        if self.neighbourhood is not None:
            self.lpa = facts.neighbourhoods.get(self.neighbourhood, self.lpa)
        self.return_at = datetime.fromisoformat(row["return_at"]) if row.get("return_at") else None
        self.return_follows = self.return_at is None
        given = [{"text": each} for each in row.get("conditions") or ()]
        self.conditions = imposed(given, self.bailed_at)
        self.state: str = State.ON_BAIL
        self.regime, self.ends_on, self.suspended_for = "", None, None
        self.because: dict[str, Any] = {}
        self.extensions: list[dict[str, Any]] = []
        self.suspensions: list[dict[str, Any]] = []
        self.failed_at: datetime | None = None
        self.answered_at: datetime | None = None
        self.released_at: datetime | None = None
        self.has_lapsed = False
        self.outcome: str | None = None
        self.outcome_at: datetime | None = None
        self.outcome_reason: str | None = None
        try:
            self._apply_law(row)
            self._apply_state(row, facts)
        except Unlawful as unlawful:
            problem = f"The law doesn't allow this: PACE 1984 {unlawful.section}."
            raise Refusal(
                problem=problem, action=unlawful.detail, field=_column(unlawful.field)
            ) from unlawful

    def _apply_law(self, row: Mapping[str, Any]) -> None:
        if self.bailed_at < self.arrested_at:
            raise _before("bailed_at", "The release lies before the arrest.")
        named, follows = self.return_at, self.return_follows
        self.return_at, self.return_follows = None, True
        period = settle_period(self)
        if row.get("state") != State.RELEASED_WITHOUT_BAIL:
            rules.check_release(period, self.bailed_at)
        for each in row.get("extensions") or ():
            rank, authorised_at = each.split(" ")
            request = Request(Rank(rank), datetime.fromisoformat(authorised_at), IN_SOURCE)
            self._extend(rules.extend(case_of(self), request, self.bailed_at))
        if not follows:
            self.return_at, self.return_follows = named, False
            settle_period(self)

    def _extend(self, given: Extension) -> None:
        kept: dict[str, Any] = {
            "section": given.section,
            "authorised_rank": str(given.rank),
            "authorised_at": given.authorised_at.isoformat(),
            "longer": False,
            "applied_at": None,
            "representations": IN_SOURCE,
            "reason": IN_SOURCE,
        }
        self.extensions = [*self.extensions, kept]
        settle_period(self)
        kept["ends_on"] = self.ends_on.isoformat() if self.ends_on else None

    def _apply_state(self, row: Mapping[str, Any], facts: Facts) -> None:
        state = row.get("state") or State.ON_BAIL
        at = datetime.fromisoformat(row["state_at"]) if row.get("state_at") else None
        if at is not None and at < self.bailed_at:
            raise _before("state_at", "This lies before the release.")
        if state == State.RELEASED_WITHOUT_BAIL:
            clear_of_bail(self)
            self.conditions = []
            release(self, at or self.bailed_at, lapsed=False)
        elif state == State.FAILED_TO_ANSWER:
            at = at or self.return_at
            if at is None or at > facts.now:
                raise Unlawful("state", "The time to answer bail has not come.", "s.46A(1)")
            rules.check_failure(self.return_at, self.ends_on, at)
            self.state, self.failed_at = State.FAILED_TO_ANSWER, at
        elif state == State.SURRENDERED:
            self.state, self.answered_at = State.SURRENDERED, at or facts.now
        elif state == State.CLOSED:
            self.state = State.CLOSED
            self.outcome = row.get("outcome") or Outcome.NOT_STATED
            self.outcome_at, self.outcome_reason = at or facts.now, IN_SOURCE
        else:
            lapse_if_over(self, facts.now)


def _before(field: str, problem: str) -> Refusal:
    return Refusal(problem=problem, action="Send the moment at which it happened.", field=field)


def _column(field: str) -> str:
    """Give the column in which a row says what the law refuses."""
    if field == "occurred_at":
        return "state_at"
    return "extensions" if field in {"authorised_rank", "authorised_at", "applied_at"} else field
