"""Rules of pre-charge bail: who may bail, extend, suspend and record a failure, and when; pure.

What the law forbids is raised as `Unlawful` with the section.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from offenders.domain.bail.cases import ONE_DAY, Extension, Paused, Suspension, Unlawful
from offenders.domain.bail.law import (
    PRACTICE_DAYS_A,
    START,
    STEPS,
    Agency,
    CaseType,
    Kind,
    Rank,
    Regime,
    Step,
)
from offenders.domain.bail.periods import end_of, has_lapsed, period_of, section_of
from offenders.domain.working_days import (
    end_of_period_of_months,
    london_day,
)

if TYPE_CHECKING:
    from offenders.domain.bail.cases import Case, Period, Request

ONE_MINUTE: Final = timedelta(minutes=1)
# The subsections on representations and on time, where they are not those of most steps.
_HEARD: Final = {"s.47ZE": "(5)-(6)"}
_IN_TIME: Final = {"s.47ZE": "(8)"}


def check_case(case: Case) -> None:
    """Raise Unlawful where type and agency contradict each other."""
    if case.regime == Regime.A:
        return
    if case.case_type == CaseType.DESIGNATED and case.kind == Kind.STREET:
        raise Unlawful("case_type", "Bail on the street has no designated case.", "s.30B")
    if case.regime == Regime.B:
        if case.case_type == CaseType.NON_STANDARD and case.agency is None:
            message = "Name the agency: before 28 October 2022 only the SFO had its own limit."
            raise Unlawful("agency", message, "s.47ZB(1)")
        return
    is_police = case.agency == Agency.POLICE
    if case.case_type == CaseType.NON_STANDARD and is_police:
        message = "A case of the police is standard. Name the SFO, FCA, HMRC or NCA as the agency."
        raise Unlawful("agency", message, "s.47ZB(1)(b)")
    if case.case_type != CaseType.NON_STANDARD and not is_police and case.agency is not None:
        message = f"A case of {case.agency.upper()} is non-standard. Send `non_standard`."
        raise Unlawful("case_type", message, "s.47ZB(1)(a)")


def regular_return(case: Case, period: Period, bailed_at: datetime) -> datetime | None:
    """Give the moment to answer bail where nobody has named one: the end of the last day.

    None while the period is suspended. In regime A the 28th day after release, by the national
    principles of practice.
    """
    if case.regime == Regime.A:
        return last_minute(london_day(bailed_at) + timedelta(days=PRACTICE_DAYS_A))
    return last_minute(period.ends_on) if period.ends_on is not None else None


def last_minute(day: date) -> datetime:
    """Give the last minute of a legal day, in UTC."""
    return end_of(day) - ONE_MINUTE


def check_return(case: Case, period: Period, return_at: datetime, bailed_at: datetime) -> None:
    """Raise Unlawful for a moment to answer bail before release or after the period."""
    if return_at <= bailed_at:
        raise Unlawful("return_at", "This lies before the release on bail.", "s.47(3)(c)")
    if period.ends_on is not None and return_at >= end_of(period.ends_on):
        message = f"Bail ends on {period.ends_on}. Appoint a time on that day or before it."
        section = "s.30B" if case.kind == Kind.STREET else "s.47ZA(2)"
        raise Unlawful("return_at", message, section)


def check_release(period: Period, bailed_at: datetime) -> None:
    """Raise Unlawful for a release on bail after the period has ended."""
    if period.ends_on is not None and bailed_at >= end_of(period.ends_on):
        message = f"The bail period of this arrest ended on {period.ends_on}: release without bail."
        raise Unlawful("bailed_at", message, "s.47ZB")


def extend(case: Case, request: Request, bailed_at: datetime) -> Extension:
    """Give the extension that the law allows next; raise Unlawful with the section."""
    if case.regime == Regime.A:
        if is_below(request.rank, Rank.SERGEANT):
            message = "Bail is granted anew by a custody officer: at least a sergeant."
            raise Unlawful("authorised_rank", message, "s.36(3)")
        return Extension("s.47(3)(c)", request.rank, request.authorised_at)
    if case.kind == Kind.STREET:
        message = "Bail on the street can't be extended: the person must attend at a station."
        raise Unlawful("authorised_at", message, "s.30B")
    step = _next_step(case, request)
    _check_rank(case, step, request.rank)
    _check_time(case, step, request, bailed_at)
    if step.rank != Rank.MAGISTRATES_COURT and request.representations in {None, False, ""}:
        message = (
            "The person or their legal representative must be told before the decision, and their"
            " representations considered. Say what they were, or that none were made."
        )
        raise Unlawful(
            "representations", message, step.section + _HEARD.get(step.section, "(3)-(4)")
        )
    return Extension(
        step.section, request.rank, request.authorised_at, request.longer, request.applied_at
    )


def check_suspension(case: Case, new: Suspension, today: date) -> None:
    """Raise Unlawful for days that can't be taken out of the period."""
    section = section_of(case, new.reason)
    if case.regime == Regime.A:
        message = "Before 3 April 2017 there was no period that could be suspended."
        raise Unlawful("reason", message, "s.47(3)(c)")
    if case.kind == Kind.STREET and new.reason == Paused.WITH_PROSECUTOR:
        message = "Bail on the street is not for a decision of the prosecutor."
        raise Unlawful("reason", message, "s.37(7)(a)")
    if new.reason == Paused.BEFORE_COURT and not _next_steps(case, of_court=True):
        message = "A court may be asked only after the police or the agency have extended bail."
        raise Unlawful("reason", message, "s.47ZF(1)")
    if new.from_on > today or (new.until_on is not None and new.until_on > today):
        raise Unlawful("from", "This lies in the future. Send days that have come.", section)
    if new.until_on is not None and new.until_on < new.from_on:
        raise Unlawful("until", "It ends before it begins.", section)
    if new.from_on < case.starts_on - ONE_DAY:
        raise Unlawful("from", "This lies before the arrest.", section)
    others = [each for each in case.suspensions if each.reason == new.reason]
    if any(_overlap(each, new) for each in others):
        message = "These days are suspended already. End or correct the other entry."
        raise Unlawful("from", message, section)
    ends_on = period_of(case).ends_on
    if ends_on is not None and new.from_on > ends_on:
        message = f"The period ended on {ends_on}: nothing of it is left to be suspended."
        raise Unlawful("from", message, section)


def end_suspension(case: Case, number: int, until_on: date, today: date) -> Case:
    """Give the case with the suspension at this place ended; raise Unlawful."""
    others = tuple(each for place, each in enumerate(case.suspensions) if place != number)
    ended = replace(case.suspensions[number], until_on=until_on)
    check_suspension(replace(case, suspensions=others), ended, today)
    suspensions = (*case.suspensions[:number], ended, *case.suspensions[number + 1 :])
    return replace(case, suspensions=suspensions)


def check_failure(return_at: datetime | None, ends_on: date | None, occurred_at: datetime) -> None:
    """Raise Unlawful for a failure before the time appointed, or after the duty has lapsed."""
    if return_at is None:
        message = "No time to answer bail is appointed. Set return_at first."
        raise Unlawful("occurred_at", message, "s.47(3)(c)")
    if occurred_at < return_at:
        message = "The time appointed to answer bail has not come. Record it after `return_at`."
        raise Unlawful("occurred_at", message, "s.46A(1)")
    if has_lapsed(ends_on, occurred_at):
        message = (
            f"Bail ended on {ends_on}, and with it the duty to attend. If the person failed to"
            " attend before, send the moment of the failure as occurred_at."
        )
        raise Unlawful("occurred_at", message, "s.47ZA(2)")


def _overlap(one: Suspension, other: Suspension) -> bool:
    """Say whether two overlap; but for hospital, the last day is one on which it runs."""
    shared = timedelta(0) if one.reason == Paused.IN_HOSPITAL else ONE_DAY
    ends = [(each.until_on or date.max) - shared for each in (one, other)]
    return one.from_on <= ends[1] and other.from_on <= ends[0]


def _next_step(case: Case, request: Request) -> Step:
    """Give the step that comes next for whoever authorises."""
    of_court, others = _next_steps(case, of_court=True), _next_steps(case, of_court=False)
    if request.rank == Rank.MAGISTRATES_COURT:
        if not of_court:
            message = "A court may extend only after the police or the agency have done so."
            raise Unlawful("authorised_rank", message, "s.47ZF(1)")
        return of_court[0]
    allowed = [
        each for each in others if not each.designated_only or case.case_type == CaseType.DESIGNATED
    ]
    if allowed:
        return allowed[0]
    if others:
        message = (
            "Only a case designated as exceptionally complex may be extended further without a"
            " court. Set case_type to designated, or apply to a magistrates' court."
        )
        raise Unlawful("authorised_rank", message, f"{others[0].section}(2)")
    message = "Only a magistrates' court may extend it further."
    section = of_court[0].section if of_court else "s.47ZF"
    raise Unlawful("authorised_rank", message, section)


def _next_steps(case: Case, *, of_court: bool) -> list[Step]:
    """Give the steps that follow the last extension, of a court or of others."""
    last = case.extensions[-1].section if case.extensions else START
    return [
        each
        for each in STEPS.get((case.regime, case.track), ())
        if last in each.after and (each.rank == Rank.MAGISTRATES_COURT) == of_court
    ]


def _check_rank(case: Case, step: Step, rank: Rank) -> None:
    """Raise Unlawful where whoever authorises ranks too low.

    For another agency's own decision-maker an officer of the rank of superintendent stands.
    """
    is_agency = step.rank == Rank.AGENCY_DECISION_MAKER
    if rank == Rank.AGENCY_DECISION_MAKER:
        is_other = case.agency not in {Agency.POLICE, None}
        is_enough = is_agency or (is_other and step.designated_only)
    else:
        is_enough = not is_below(rank, Rank.SUPERINTENDENT if is_agency else step.rank)
    if not is_enough:
        needed = step.rank.replace("_", " ")
        article = "an" if needed[0] in "aeiou" else "a"
        more = "" if is_agency else " or above"
        message = f"This extension needs the authority of {article} {needed}{more}."
        raise Unlawful("authorised_rank", message, step.section)


def is_below(rank: Rank, least: Rank) -> bool:
    """Say whether a police rank is lower than another; a commander counts as an ACC."""
    return _place(rank) < _place(least)


def _place(rank: Rank) -> int:
    if rank == Rank.COMMANDER:
        rank = Rank.ASSISTANT_CHIEF_CONSTABLE
    return list(Rank).index(rank)


def _check_time(case: Case, step: Step, request: Request, bailed_at: datetime) -> None:
    """Raise Unlawful for an authorisation too early or too late; a court may take its time."""
    if request.authorised_at < bailed_at:
        raise Unlawful("authorised_at", "This lies before the release on bail.", step.section)
    if case.extensions and request.authorised_at < case.extensions[-1].authorised_at:
        raise Unlawful("authorised_at", "This lies before the last extension.", step.section)
    ends_on = period_of(case).ends_on
    is_court = step.rank == Rank.MAGISTRATES_COURT
    asked_at = (request.applied_at or request.authorised_at) if is_court else request.authorised_at
    if asked_at > request.authorised_at:
        raise Unlawful("applied_at", "The court was asked after it had decided.", step.section)
    if has_lapsed(ends_on, asked_at):
        what = "The court must be asked" if is_court else "It must be authorised"
        message = f"The period ended on {ends_on}. {what} before it ends."
        timely = "(2)" if is_court else _IN_TIME.get(step.section, "(1)(b)")
        section = step.section.partition("(")[0] + timely
        raise Unlawful("applied_at" if is_court else "authorised_at", message, section)


def review_due(since: datetime, days: int) -> datetime:
    """Give when somebody without bail is to be reviewed next: days of 24 hours."""
    return since + timedelta(days=days)


def inspector_review_due(since: datetime, months: int) -> datetime:
    """Give when an inspector is to review: the end of so many months beginning the day after."""
    starts_on = london_day(since) + ONE_DAY
    return end_of(end_of_period_of_months(starts_on, months))
