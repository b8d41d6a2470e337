"""The table of bail cases: facts, and the last day or the refusal that the law gives."""

from __future__ import annotations

from datetime import UTC, date, datetime

from offenders.domain.bail.cases import Case, Extension, Paused, Request, Suspension
from offenders.domain.bail.law import Agency, CaseType, Kind, Rank
from offenders.domain.bail.rules import extend
from offenders.domain.working_days import LONDON


def at(written, hour=12, minute=0):
    """Give a moment of a London day."""
    day = date.fromisoformat(written)
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON).astimezone(UTC)


def case(arrested, *, hour=12, minute=0, **facts):
    """Give the facts of an arrest on a London day."""
    return Case(at(arrested, hour, minute), **facts)


def pause(reason, first, last=None):
    """Give days that don't count."""
    return Suspension(reason, date.fromisoformat(first), date.fromisoformat(last) if last else None)


def prosecutor(first, last=None):
    return pause(Paused.WITH_PROSECUTOR, first, last)


def hospital(first, last=None):
    return pause(Paused.IN_HOSPITAL, first, last)


def court(first, last=None):
    return pause(Paused.BEFORE_COURT, first, last)


def ask(rank, day, *, hour=12, minute=0, said="None were made.", longer=False, applied=None):
    """Ask for an extension."""
    asked = at(applied) if applied else None
    return Request(Rank(rank), at(day, hour, minute), said, longer, asked)


def extended(facts, *requests):
    """Give the case with these extensions, each of which the law must allow."""
    for request in requests:
        given = extend(facts, request, facts.arrested_at)
        assert isinstance(given, Extension)
        facts = Case(
            facts.arrested_at,
            facts.kind,
            facts.case_type,
            facts.agency,
            (*facts.extensions, given),
            facts.suspensions,
        )
    return facts


SFO = {"case_type": CaseType.NON_STANDARD, "agency": Agency.SFO}
FCA = {"case_type": CaseType.NON_STANDARD, "agency": Agency.FCA}
HMRC = {"case_type": CaseType.NON_STANDARD, "agency": Agency.HMRC}
NCA = {"case_type": CaseType.NON_STANDARD, "agency": Agency.NCA}
DESIGNATED = {"case_type": CaseType.DESIGNATED}
STREET = {"kind": Kind.STREET}
INSPECTOR, SUPER, ACC = "inspector", "superintendent", "assistant_chief_constable"
COURT = "magistrates_court"
OWN = "agency_decision_maker"


def c(**facts):
    return case("2024-01-10", **facts)


def b(**facts):
    return case("2021-03-01", **facts)


def with_pauses(facts, *pauses):
    return Case(
        facts.arrested_at,
        facts.kind,
        facts.case_type,
        facts.agency,
        facts.extensions,
        tuple(pauses),
    )


# fmt: off
# (what it shows, the case, the last day, the section)
ENDS = [
    # Regimes at their boundaries
    ("A: the day before B", case("2017-04-02"), None, "s.47(3)(c)"),
    ("A: last minute of the day before B", case("2017-04-02", hour=23, minute=59), None, "s.47(3)"),
    ("A: long before", case("2010-06-15"), None, "s.47(3)(c)"),
    ("B: its first day", case("2017-04-03"), "2017-05-01", "s.47ZB(1)(b)"),
    ("B: first minute of its first day", case("2017-04-03", hour=0), "2017-05-01", "s.47ZB(1)(b)"),
    ("B: its last day", case("2022-10-27"), "2022-11-24", "s.47ZB(1)(b)"),
    ("B: its last minute", case("2022-10-27", hour=23, minute=59), "2022-11-24", "s.47ZB(1)(b)"),
    ("C: its first day", case("2022-10-28"), "2023-01-28", "s.47ZB(1)(b)"),
    ("C: first minute of its first day", case("2022-10-28", hour=0), "2023-01-28", "s.47ZB(1)(b)"),
    # Kinds of case
    ("C: standard", c(), "2024-04-10", "s.47ZB(1)(b)"),
    ("C: SFO", c(**SFO), "2024-07-10", "s.47ZB(1)(a)"),
    ("C: FCA", c(**FCA), "2024-07-10", "s.47ZB(1)(a)"),
    ("C: HMRC", c(**HMRC), "2024-07-10", "s.47ZB(1)(a)"),
    ("C: NCA", c(**NCA), "2024-07-10", "s.47ZB(1)(a)"),
    ("C: designated begins as standard", c(**DESIGNATED), "2024-04-10", "s.47ZB(1)(b)"),
    ("C: street", c(**STREET), "2024-04-10", "s.30B"),
    ("B: standard", b(), "2021-03-29", "s.47ZB(1)(b)"),
    ("B: SFO", b(**SFO), "2021-06-01", "s.47ZB(1)(a)"),
    ("B: FCA is as any other", b(**FCA), "2021-03-29", "s.47ZB(1)(b)"),
    ("B: HMRC is as any other", b(**HMRC), "2021-03-29", "s.47ZB(1)(b)"),
    ("B: designated begins as standard", b(**DESIGNATED), "2021-03-29", "s.47ZB(1)(b)"),
    ("B: street", b(**STREET), "2021-03-29", "s.30B"),
    # Month ends and leap days; the period begins with the day after arrest
    ("start on the 1st", case("2023-02-28"), "2023-05-31", "s.47ZB(1)(b)"),
    ("start on the 30th, into February", case("2022-11-29"), "2023-02-28", "s.47ZB(1)(b)"),
    ("start on the 30th, into a leap February", case("2023-11-29"), "2024-02-29", "s.47ZB(1)(b)"),
    ("start on 29 Nov, into a leap February", case("2023-11-28"), "2024-02-28", "s.47ZB(1)(b)"),
    ("start on 29 Nov, into February", case("2022-11-28"), "2023-02-28", "s.47ZB(1)(b)"),
    ("start on 28 Nov, into February", case("2022-11-27"), "2023-02-27", "s.47ZB(1)(b)"),
    ("start on the 31st, into April", case("2023-01-30"), "2023-04-30", "s.47ZB(1)(b)"),
    ("start on the 31st, into a month of 31", case("2023-05-30"), "2023-08-30", "s.47ZB(1)(b)"),
    ("start on the leap day", case("2024-02-28"), "2024-05-28", "s.47ZB(1)(b)"),
    ("arrest on the leap day", case("2024-02-29"), "2024-05-31", "s.47ZB(1)(b)"),
    ("over the new year", case("2023-12-31"), "2024-03-31", "s.47ZB(1)(b)"),
    ("six months from 31 August", case("2023-08-30", **SFO), "2024-02-29", "s.47ZB(1)(a)"),
    ("28 days over a leap day", case("2020-02-10"), "2020-03-09", "s.47ZB(1)(b)"),
    ("28 days over no leap day", case("2021-02-10"), "2021-03-10", "s.47ZB(1)(b)"),
    # Days are London's, also on the nights on which the clocks change
    ("23:30 UTC in June is the next day", Case(datetime(2023, 6, 9, 23, 30, tzinfo=UTC)), "2023-09-10", "s.47ZB(1)(b)"),
    ("22:30 UTC in June is the same day", Case(datetime(2023, 6, 9, 22, 30, tzinfo=UTC)), "2023-09-09", "s.47ZB(1)(b)"),
    ("23:30 UTC in January is the same day", Case(datetime(2024, 1, 9, 23, 30, tzinfo=UTC)), "2024-04-09", "s.47ZB(1)(b)"),
    ("the night on which clocks go forward", Case(datetime(2024, 3, 31, 1, 30, tzinfo=UTC)), "2024-06-30", "s.47ZB(1)(b)"),
    ("the hour before clocks go forward", Case(datetime(2024, 3, 30, 23, 59, tzinfo=UTC)), "2024-06-30", "s.47ZB(1)(b)"),
    ("the first of two hours as clocks go back", Case(datetime(2023, 10, 29, 0, 30, tzinfo=UTC)), "2024-01-29", "s.47ZB(1)(b)"),
    ("the second of two hours as clocks go back", Case(datetime(2023, 10, 29, 1, 30, tzinfo=UTC)), "2024-01-29", "s.47ZB(1)(b)"),
    ("23:30 UTC before clocks go back is the next day", Case(datetime(2023, 10, 28, 23, 30, tzinfo=UTC)), "2024-01-29", "s.47ZB(1)(b)"),
    ("ends on the day on which clocks go forward", case("2023-12-30"), "2024-03-30", "s.47ZB"),
    # Extensions of regime C
    ("C: inspector", extended(c(), ask(INSPECTOR, "2024-04-01")), "2024-07-10", "s.47ZD"),
    ("C: chief inspector", extended(c(), ask("chief_inspector", "2024-04-01")), "2024-07-10", "s.47ZD"),
    ("C: a higher rank gets no more", extended(c(), ask("chief_constable", "2024-04-01")), "2024-07-10", "s.47ZD"),
    ("C: superintendent", extended(c(), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01")), "2024-10-10", "s.47ZDA"),
    ("C: designated, ACC", extended(c(**DESIGNATED), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01"), ask(ACC, "2024-10-01")), "2025-01-10", "s.47ZE"),
    ("C: designated, commander", extended(c(**DESIGNATED), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01"), ask("commander", "2024-10-01")), "2025-01-10", "s.47ZE"),
    ("C: court", extended(c(), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01"), ask(COURT, "2024-10-01")), "2025-01-10", "s.47ZF(4)(a)"),
    ("C: court, longer", extended(c(), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01"), ask(COURT, "2024-10-01", longer=True)), "2025-07-10", "s.47ZF(6)(a)"),
    ("C: designated, court", extended(c(**DESIGNATED), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01"), ask(ACC, "2024-10-01"), ask(COURT, "2025-01-02")), "2025-07-10", "s.47ZF(4)(b)"),
    ("C: designated, court, longer", extended(c(**DESIGNATED), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01"), ask(ACC, "2024-10-01"), ask(COURT, "2025-01-02", longer=True)), "2026-01-10", "s.47ZF(6)(b)"),
    ("C: court again", extended(c(), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01"), ask(COURT, "2024-10-01"), ask(COURT, "2025-01-02")), "2025-04-10", "s.47ZG"),
    ("C: court again and again, longer", extended(c(), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01"), ask(COURT, "2024-10-01"), ask(COURT, "2025-01-02"), ask(COURT, "2025-04-02", longer=True)), "2025-10-10", "s.47ZG"),
    ("C: SFO, its own decision-maker", extended(c(**SFO), ask(OWN, "2024-07-01")), "2025-01-10", "s.47ZDB"),
    ("C: NCA, superintendent's rank", extended(c(**NCA), ask(SUPER, "2024-07-01")), "2025-01-10", "s.47ZDB"),
    ("C: SFO, court", extended(c(**SFO), ask(OWN, "2024-07-01"), ask(COURT, "2025-01-02")), "2025-07-10", "s.47ZF(4)(b)"),
    ("C: SFO, court, longer", extended(c(**SFO), ask(OWN, "2024-07-01"), ask(COURT, "2025-01-02", longer=True)), "2026-01-10", "s.47ZF(6)(b)"),
    ("C: SFO, court again", extended(c(**SFO), ask(OWN, "2024-07-01"), ask(COURT, "2025-01-02"), ask(COURT, "2025-07-02")), "2025-10-10", "s.47ZG"),
    ("C: six months into February", extended(case("2023-08-30"), ask(INSPECTOR, "2023-11-01")), "2024-02-29", "s.47ZD"),
    ("C: nine months into February", extended(case("2022-11-28"), ask(INSPECTOR, "2023-01-10"), ask(SUPER, "2023-05-10")), "2023-08-28", "s.47ZDA"),
    ("C: a year over the leap day", extended(case("2024-02-28", **SFO), ask(OWN, "2024-08-01")), "2025-02-28", "s.47ZDB"),
    ("C: the last minute counts", extended(c(), ask(INSPECTOR, "2024-04-10", hour=23, minute=59)), "2024-07-10", "s.47ZD"),
    ("C: court asked in time, answering late", extended(c(), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01"), ask(COURT, "2024-10-20", applied="2024-10-10")), "2025-01-10", "s.47ZF(4)(a)"),
    # Extensions of regime B
    ("B: superintendent", extended(b(), ask(SUPER, "2021-03-20")), "2021-06-01", "s.47ZD"),
    ("B: designated, ACC", extended(b(**DESIGNATED), ask(SUPER, "2021-03-20"), ask(ACC, "2021-05-20")), "2021-09-01", "s.47ZE"),
    ("B: court", extended(b(), ask(SUPER, "2021-03-20"), ask(COURT, "2021-05-20")), "2021-09-01", "s.47ZF(4)(a)"),
    ("B: court, longer", extended(b(), ask(SUPER, "2021-03-20"), ask(COURT, "2021-05-20", longer=True)), "2021-12-01", "s.47ZF(6)(a)"),
    ("B: designated, court", extended(b(**DESIGNATED), ask(SUPER, "2021-03-20"), ask(ACC, "2021-05-20"), ask(COURT, "2021-08-20")), "2021-12-01", "s.47ZF(4)(b)"),
    ("B: designated, court, longer", extended(b(**DESIGNATED), ask(SUPER, "2021-03-20"), ask(ACC, "2021-05-20"), ask(COURT, "2021-08-20", longer=True)), "2022-03-01", "s.47ZF(6)(b)"),
    ("B: SFO goes to court at once", extended(b(**SFO), ask(COURT, "2021-05-20")), "2021-09-01", "s.47ZF(4)(a)"),
    ("B: SFO designated", extended(b(case_type=CaseType.DESIGNATED, agency=Agency.SFO), ask(OWN, "2021-05-20")), "2021-09-01", "s.47ZE"),
    ("B: court again", extended(b(), ask(SUPER, "2021-03-20"), ask(COURT, "2021-05-20"), ask(COURT, "2021-08-20")), "2021-12-01", "s.47ZG"),
    ("B: arrested under B, extended under C", extended(case("2022-10-20"), ask(SUPER, "2022-11-10")), "2023-01-20", "s.47ZD"),
    ("A: bailed again, still without limit", extended(case("2016-05-05"), ask("sergeant", "2016-06-01")), None, "s.47(3)"),
    # With the prosecutor: the days until the request don't count
    ("prosecutor: ten days", with_pauses(c(), prosecutor("2024-02-01", "2024-02-11")), "2024-04-20", "s.47ZL"),
    ("prosecutor: returned the same day", with_pauses(c(), prosecutor("2024-02-01", "2024-02-01")), "2024-04-10", "s.47ZL"),
    ("prosecutor: twice", with_pauses(c(), prosecutor("2024-02-01", "2024-02-11"), prosecutor("2024-03-01", "2024-03-06")), "2024-04-25", "s.47ZL"),
    ("prosecutor: from the day of arrest", with_pauses(c(), prosecutor("2024-01-10", "2024-01-21")), "2024-04-20", "s.47ZL"),
    ("prosecutor: over the leap day", with_pauses(c(), prosecutor("2024-02-28", "2024-03-02")), "2024-04-13", "s.47ZL"),
    ("prosecutor: over the change of clocks", with_pauses(c(), prosecutor("2024-03-30", "2024-04-02")), "2024-04-13", "s.47ZL"),
    ("prosecutor: sent on the last day, seven days are left", with_pauses(c(), prosecutor("2024-04-10", "2024-05-01")), "2024-05-07", "s.47ZL"),
    ("prosecutor: six days left become seven", with_pauses(c(), prosecutor("2024-04-05", "2024-05-01")), "2024-05-07", "s.47ZL"),
    ("prosecutor: seven days left stay seven", with_pauses(c(), prosecutor("2024-04-04", "2024-05-01")), "2024-05-07", "s.47ZL"),
    ("prosecutor: eight days left stay eight", with_pauses(c(), prosecutor("2024-04-03", "2024-05-01")), "2024-05-08", "s.47ZL"),
    ("prosecutor: still there", with_pauses(c(), prosecutor("2024-02-01")), None, "s.47ZL"),
    ("prosecutor: before an extension, both count", with_pauses(extended(c(), ask(INSPECTOR, "2024-04-01")), prosecutor("2024-02-01", "2024-02-11")), "2024-07-20", "s.47ZD"),
    ("prosecutor: after an extension", with_pauses(extended(c(), ask(INSPECTOR, "2024-04-01")), prosecutor("2024-05-01", "2024-05-11")), "2024-07-20", "s.47ZL"),
    ("prosecutor: under B", with_pauses(b(), prosecutor("2021-03-10", "2021-03-20")), "2021-04-08", "s.47ZL"),
    ("prosecutor: SFO", with_pauses(c(**SFO), prosecutor("2024-02-01", "2024-02-11")), "2024-07-20", "s.47ZL"),
    # Before the court: an application made in time holds the end up
    ("court: not yet decided", with_pauses(extended(c(), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01")), court("2024-10-10")), None, "s.47ZJ(3)"),
    ("court: refused after the end", with_pauses(extended(c(), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01")), court("2024-10-08", "2024-10-15")), "2024-10-15", "s.47ZJ(3)"),
    ("court: refused before the end", with_pauses(extended(c(), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01")), court("2024-10-01", "2024-10-05")), "2024-10-10", "s.47ZJ(3)"),
    ("court: granted after the end", with_pauses(extended(c(), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01"), ask(COURT, "2024-10-15", applied="2024-10-08")), court("2024-10-08", "2024-10-15")), "2025-01-10", "s.47ZF(4)(a)"),
    # In hospital on the day on which it would end
    ("hospital: over the last day", with_pauses(c(), hospital("2024-04-08", "2024-04-14")), "2024-04-17", "s.47ZM"),
    ("hospital: admitted on the last day", with_pauses(c(), hospital("2024-04-10", "2024-04-10")), "2024-04-11", "s.47ZM"),
    ("hospital: home before the last day changes nothing", with_pauses(c(), hospital("2024-03-01", "2024-04-09")), "2024-04-10", "s.47ZB(1)(b)"),
    ("hospital: earlier stays count with that of the last day", with_pauses(c(), hospital("2024-02-01", "2024-02-10"), hospital("2024-04-09", "2024-04-11")), "2024-04-23", "s.47ZM"),
    ("hospital: back in hospital while days are left", with_pauses(c(), hospital("2024-04-06", "2024-04-12"), hospital("2024-04-14", "2024-04-15")), "2024-04-19", "s.47ZM"),
    ("hospital: still there", with_pauses(c(), hospital("2024-04-09")), None, "s.47ZM"),
    ("hospital: under B", with_pauses(b(), hospital("2021-03-28", "2021-04-02")), "2021-04-04", "s.47ZM"),
    ("hospital: street bail", with_pauses(c(**STREET), hospital("2024-04-10", "2024-04-12")), "2024-04-13", "s.30B"),
    ("hospital: after an extension the new end counts", with_pauses(extended(c(), ask(INSPECTOR, "2024-04-01")), hospital("2024-04-08", "2024-04-14")), "2024-07-10", "s.47ZD"),
    ("prosecutor and hospital", with_pauses(c(), prosecutor("2024-02-01", "2024-02-11"), hospital("2024-04-19", "2024-04-21")), "2024-04-23", "s.47ZM"),
]

C6 = extended(c(), ask(INSPECTOR, "2024-04-01"))
C9 = extended(C6, ask(SUPER, "2024-07-01"))
C12 = extended(C9, ask(COURT, "2024-10-01"))
D9 = extended(c(**DESIGNATED), ask(INSPECTOR, "2024-04-01"), ask(SUPER, "2024-07-01"))
D12 = extended(D9, ask(ACC, "2024-10-01"))
S12 = extended(c(**SFO), ask(OWN, "2024-07-01"))
B3 = extended(b(), ask(SUPER, "2021-03-20"))

# (what it shows, the case, what is asked, the field refused, the section)
REFUSALS = [
    ("C: sergeant is too low", c(), ask("sergeant", "2024-04-01"), "authorised_rank", "s.47ZD"),
    ("C: constable is too low", c(), ask("constable", "2024-04-01"), "authorised_rank", "s.47ZD"),
    ("C: second by an inspector", C6, ask(INSPECTOR, "2024-07-01"), "authorised_rank", "s.47ZDA"),
    ("C: second by a chief inspector", C6, ask("chief_inspector", "2024-07-01"), "authorised_rank", "s.47ZDA"),
    ("C: no third by the police", C9, ask("chief_constable", "2024-10-01"), "authorised_rank", "s.47ZE(2)"),
    ("C: designated, third by a chief superintendent", D9, ask("chief_superintendent", "2024-10-01"), "authorised_rank", "s.47ZE"),
    ("C: designated, no fourth by the police", D12, ask("chief_constable", "2025-01-02"), "authorised_rank", "s.47ZF(4)(b)"),
    ("C: after a court only a court", C12, ask("chief_constable", "2025-01-02"), "authorised_rank", "s.47ZG"),
    ("C: no court before the police", c(), ask(COURT, "2024-04-01"), "authorised_rank", "s.47ZF(1)"),
    ("C: no court after the first extension", C6, ask(COURT, "2024-07-01"), "authorised_rank", "s.47ZF(1)"),
    ("C: an agency has no say in a police case", c(), ask(OWN, "2024-04-01"), "authorised_rank", "s.47ZD"),
    ("C: SFO by an inspector", c(**SFO), ask(INSPECTOR, "2024-07-01"), "authorised_rank", "s.47ZDB"),
    ("C: SFO not twice by itself", S12, ask(OWN, "2025-01-02"), "authorised_rank", "s.47ZF(4)(b)"),
    ("C: SFO no court first", c(**SFO), ask(COURT, "2024-07-01"), "authorised_rank", "s.47ZF(1)"),
    ("C: first minute after the period", c(), ask(INSPECTOR, "2024-04-11", hour=0), "authorised_at", "s.47ZD(1)(b)"),
    ("C: second a day late", C6, ask(SUPER, "2024-07-11"), "authorised_at", "s.47ZDA(1)(b)"),
    ("C: designated, third late", D9, ask(ACC, "2024-10-11"), "authorised_at", "s.47ZE(8)"),
    ("C: SFO late", c(**SFO), ask(OWN, "2024-07-11"), "authorised_at", "s.47ZDB(1)(b)"),
    ("C: court asked late", C9, ask(COURT, "2024-10-20", applied="2024-10-11"), "applied_at", "s.47ZF(2)"),
    ("C: court answering late, asked never", C9, ask(COURT, "2024-10-11"), "applied_at", "s.47ZF(2)"),
    ("C: court asked late again", C12, ask(COURT, "2025-01-11"), "applied_at", "s.47ZG(2)"),
    ("C: court asked after it decided", C9, ask(COURT, "2024-10-01", applied="2024-10-02"), "applied_at", "s.47ZF(4)(a)"),
    ("C: before the release", c(), ask(INSPECTOR, "2024-01-09"), "authorised_at", "s.47ZD"),
    ("C: before the last extension", C6, ask(SUPER, "2024-03-31"), "authorised_at", "s.47ZDA"),
    ("C: nobody was asked", c(), ask(INSPECTOR, "2024-04-01", said=None), "representations", "s.47ZD(3)-(4)"),
    ("C: representations were not invited", c(), ask(INSPECTOR, "2024-04-01", said=False), "representations", "s.47ZD(3)-(4)"),
    ("C: second, nobody was asked", C6, ask(SUPER, "2024-07-01", said=None), "representations", "s.47ZDA(3)-(4)"),
    ("C: SFO, nobody was asked", c(**SFO), ask(OWN, "2024-07-01", said=""), "representations", "s.47ZDB(3)-(4)"),
    ("C: designated, nobody was asked", D9, ask(ACC, "2024-10-01", said=None), "representations", "s.47ZE(5)-(6)"),
    ("C: street bail ends", c(**STREET), ask(SUPER, "2024-04-01"), "authorised_at", "s.30B"),
    ("C: late though with the prosecutor before", with_pauses(c(), prosecutor("2024-02-01", "2024-02-11")), ask(INSPECTOR, "2024-04-21"), "authorised_at", "s.47ZD(1)(b)"),
    ("C: late in London, not in UTC", case("2024-03-10"), Request(Rank.INSPECTOR, datetime(2024, 6, 10, 23, 30, tzinfo=UTC), "None."), "authorised_at", "s.47ZD(1)(b)"),
    ("B: inspector is too low", b(), ask(INSPECTOR, "2021-03-20"), "authorised_rank", "s.47ZD"),
    ("B: chief inspector is too low", b(), ask("chief_inspector", "2021-03-20"), "authorised_rank", "s.47ZD"),
    ("B: day 29", b(), ask(SUPER, "2021-03-30"), "authorised_at", "s.47ZD(1)(b)"),
    ("B: not twice by a superintendent", B3, ask(SUPER, "2021-05-20"), "authorised_rank", "s.47ZE(2)"),
    ("B: no court before the police", b(), ask(COURT, "2021-03-20"), "authorised_rank", "s.47ZF(1)"),
    ("B: court asked late", B3, ask(COURT, "2021-06-02"), "applied_at", "s.47ZF(2)"),
    ("B: nobody was asked", b(), ask(SUPER, "2021-03-20", said=None), "representations", "s.47ZD(3)-(4)"),
    ("B: SFO not designated", b(**SFO), ask(OWN, "2021-05-20"), "authorised_rank", "s.47ZE(2)"),
    ("B: street bail ends", b(**STREET), ask(SUPER, "2021-03-20"), "authorised_at", "s.30B"),
    ("A: bailed again by a constable", case("2016-05-05"), ask("constable", "2016-06-01"), "authorised_rank", "s.36(3)"),
]
# fmt: on
