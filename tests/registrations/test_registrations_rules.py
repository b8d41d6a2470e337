"""The law of notification as tables, at the days on which answers change."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from offenders.domain.reference.codes import read_csv
from offenders.domain.registrations import clocks
from offenders.domain.registrations.clocks import Absence, Notifying, Why
from offenders.domain.registrations.law import (
    Disposal,
    Length,
    Period,
    Runs,
    Sentence,
    Term,
    Unlawful,
    aggregate,
    check_sentence,
    is_under_18,
    period_of,
)
from offenders.domain.registrations.listed import law_rows
from offenders.domain.registrations.periods import Held, spell_start, whole_period

ADULT, YOUNG = date(1980, 1, 1), date(2005, 1, 1)
S82 = "Sexual Offences Act 2003 s.82(1)"


def day(written):
    return date.fromisoformat(written)


def term(months, days=0, runs=Runs.CONSECUTIVE, overlap=0):
    return Term(Length(months, days), runs, Length(overlap))


def sentence(disposal, on="2020-01-15", born=ADULT, *, months=None, days=0, **more):
    terms = () if months is None else (term(months, days),)
    return Sentence(Disposal(disposal), day(on), born, more.pop("terms", terms), **more)


@pytest.mark.parametrize(
    ("disposal", "months", "adult", "young"),
    [
        ("life", None, None, None),
        ("hospital_with_restriction", None, None, None),
        ("imprisonment", (240, 0), None, None),
        ("imprisonment", (30, 1), None, None),
        ("imprisonment", (30, 0), None, None),
        ("imprisonment", (29, 29), "2030-01-14", "2025-01-14"),
        ("imprisonment", (29, 0), "2030-01-14", "2025-01-14"),
        ("imprisonment", (7, 0), "2030-01-14", "2025-01-14"),
        ("imprisonment", (6, 1), "2030-01-14", "2025-01-14"),
        ("imprisonment", (6, 0), "2027-01-14", "2023-07-14"),
        ("imprisonment", (5, 30), "2027-01-14", "2023-07-14"),
        ("imprisonment", (0, 1), "2027-01-14", "2023-07-14"),
        ("hospital_without_restriction", None, "2027-01-14", "2023-07-14"),
        ("caution", None, "2022-01-14", "2021-01-14"),
        ("community_order", None, "2025-01-14", "2022-07-14"),
        ("fine", None, "2025-01-14", "2022-07-14"),
        ("other", None, "2025-01-14", "2022-07-14"),
    ],
)
def test_the_period_of_each_disposal_for_adults_and_half_of_it_under_18(
    disposal, months, adult, young
):
    given = {} if months is None else {"months": months[0], "days": months[1]}
    for born, ends_on in ((ADULT, adult), (YOUNG, young)):
        period = period_of(sentence(disposal, born=born, **given))
        found = period.ends_on.isoformat() if period.ends_on else None
        assert (found, period.is_indefinite) == (ends_on, ends_on is None)
        is_half = born == YOUNG and ends_on is not None
        assert period.because["section"] == S82 + ", s.82(2)" * is_half
        assert period.because["confidence"] == "H"


@pytest.mark.parametrize(
    ("on", "disposed_on", "months", "ends_on"),
    [
        ("2020-01-15", None, 12, "2021-01-14"),
        ("2020-01-15", "2020-02-20", 12, "2021-02-19"),
        ("2020-01-31", None, 1, "2020-02-29"),
        ("2021-01-31", None, 1, "2021-02-28"),
        ("2020-01-15", None, 36, "2023-01-14"),
    ],
)
def test_a_conditional_discharge_lasts_as_long_as_itself_also_for_the_young(
    on, disposed_on, months, ends_on
):
    for born in (ADULT, YOUNG):
        given = sentence(
            "conditional_discharge",
            on,
            born,
            discharge_months=months,
            disposed_on=day(disposed_on) if disposed_on else None,
        )
        assert period_of(given).ends_on == day(ends_on)
        assert period_of(given).because["section"] == S82


@pytest.mark.parametrize(
    ("disposal", "on", "born", "ends_on"),
    [
        # The day before the corresponding day; where there is none, the month's last.
        ("caution", "2024-02-29", ADULT, "2026-02-28"),
        ("fine", "2024-02-29", ADULT, "2029-02-28"),
        ("caution", "2022-02-28", ADULT, "2024-02-27"),
        ("caution", "2022-03-01", ADULT, "2024-02-29"),
        ("other", "2021-08-31", YOUNG, "2024-02-29"),
        ("other", "2020-08-31", YOUNG, "2023-02-28"),
        ("caution", "2020-01-01", ADULT, "2021-12-31"),
        ("caution", "2020-12-31", ADULT, "2022-12-30"),
        # The age on the relevant date decides: on the eighteenth birthday nothing is halved.
        ("caution", "2022-12-31", YOUNG, "2023-12-30"),
        ("caution", "2023-01-01", YOUNG, "2024-12-31"),
    ],
)
def test_leap_days_month_ends_and_birthdays(disposal, on, born, ends_on):
    assert period_of(sentence(disposal, on, born)).ends_on == day(ends_on)


@pytest.mark.parametrize(
    ("on", "is_young"), [("2022-02-27", True), ("2022-02-28", True), ("2022-03-01", False)]
)
def test_who_was_born_on_a_leap_day_is_18_on_the_first_of_march(on, is_young):
    assert is_under_18(date(2004, 2, 29), day(on)) is is_young


@pytest.mark.parametrize(
    ("terms", "length", "ends_on"),
    [
        ((term(18), term(12)), (30, 0), None),
        ((term(18), term(11)), (29, 0), "2030-01-14"),
        ((term(3), term(3)), (6, 0), "2027-01-14"),
        ((term(3), term(3, 1)), (6, 1), "2030-01-14"),
        ((term(10), term(10), term(10)), (30, 0), None),
        ((term(18), term(12, runs=Runs.CONCURRENT)), (18, 0), "2030-01-14"),
        ((term(12), term(30, runs=Runs.CONCURRENT)), (30, 0), None),
        ((term(4), term(6, runs=Runs.CONCURRENT)), (6, 0), "2027-01-14"),
        ((term(20), term(14, runs=Runs.PARTLY_CONCURRENT, overlap=4)), (30, 0), None),
        ((term(20), term(14, runs=Runs.PARTLY_CONCURRENT, overlap=5)), (29, 0), "2030-01-14"),
        ((term(4), term(4, runs=Runs.PARTLY_CONCURRENT, overlap=2)), (6, 0), "2027-01-14"),
    ],
)
def test_consecutive_terms_are_added_and_concurrent_ones_are_not(terms, length, ends_on):
    assert aggregate(terms, date(2020, 1, 15)) == Length(*length)
    period = period_of(sentence("imprisonment", terms=terms))
    assert period.ends_on == (day(ends_on) if ends_on else None)
    assert period.because["section"] == S82 + ", s.82(3)-(4)"
    assert period.because["confidence"] == "M"


def test_weeks_are_compared_with_months_by_the_calendar():
    # From 15 January 2020 six months are 182 days, from 15 January 2021 181.
    assert period_of(sentence("imprisonment", months=0, days=182)).because["months"] == 84
    later = sentence("imprisonment", "2021-01-15", months=0, days=182)
    assert period_of(later).because["months"] == 120


@pytest.mark.parametrize(
    ("given", "confidence", "says"),
    [
        (sentence("caution", "2004-05-01"), "H", None),
        (sentence("caution", "2004-04-30"), "M", "transitional"),
        (sentence("caution", "1997-08-31"), "L", "transitional"),
        (sentence("caution", born=None), "L", "age"),
        (sentence("life", born=None), "H", None),
    ],
)
def test_what_is_not_certain_says_so(given, confidence, says):
    because = period_of(given).because
    assert because["confidence"] == confidence
    assert says is None or because[says]


@pytest.mark.parametrize(
    ("given", "field", "section"),
    [
        (sentence("imprisonment"), "sentence_months", "s.82(1)"),
        (sentence("imprisonment", months=0), "sentence_months", "s.82(1)"),
        (sentence("caution", months=6), "sentence_months", "s.82(1)"),
        (
            sentence("imprisonment", terms=(term(1200, 37_200),) * 50),
            "sentence_months",
            "s.82(1)",
        ),
        (sentence("conditional_discharge"), "discharge_months", "s.82(1)"),
        (sentence("fine", discharge_months=12), "discharge_months", "s.82(1)"),
        (sentence("fine", disposed_on=date(2020, 1, 14)), "disposed_on", "s.82(6)"),
        (sentence("fine", born=date(2020, 1, 16)), "relevant_date", "s.82(6)"),
        (
            sentence("imprisonment", terms=(term(4), term(4, runs=Runs.PARTLY_CONCURRENT))),
            "terms/1",
            "s.82(4)(b)",
        ),
        (
            sentence(
                "imprisonment",
                terms=(term(4), term(4, runs=Runs.PARTLY_CONCURRENT, overlap=4)),
            ),
            "terms/1",
            "s.82(4)(b)",
        ),
        (
            sentence("imprisonment", terms=(term(4), term(4, overlap=2))),
            "terms/1",
            "s.82(4)(b)",
        ),
    ],
)
def test_what_does_not_go_together_is_refused_by_the_section(given, field, section):
    with pytest.raises(Unlawful) as refused:
        check_sentence(given)
    assert (refused.value.field, refused.value.section) == (field, section)


def ending(written):
    because = {"section": S82}
    if written is None:
        return Period(None, is_indefinite=True, because=because)
    return Period(day(written), is_indefinite=False, because=because)


@pytest.mark.parametrize(
    ("ends", "held", "expected", "is_held"),
    [
        (["2025-01-14"], [], ("2025-01-14", False), False),
        (["2025-01-14", "2024-06-01"], [], ("2025-01-14", False), False),
        (["2025-01-14", None], [], (None, True), False),
        (["2025-01-14"], ["2026-01-01"], ("2026-01-01", False), True),
        (["2025-01-14"], ["2025-01-14"], ("2025-01-14", False), False),
        (["2025-01-14"], ["2024-01-01"], ("2025-01-14", False), False),
        (["2025-01-14"], ["2024-01-01", None], (None, False), True),
        ([None], [None], (None, True), False),
    ],
)
def test_the_latest_end_over_all_and_never_before_that_of_an_order(ends, held, expected, is_held):
    orders = [Held("O33-1", "shpo", day(each) if each else None) for each in held]
    period = whole_period([ending(each) for each in ends], orders)
    found = period.ends_on.isoformat() if period.ends_on else None
    assert (found, period.is_indefinite) == expected
    assert ("held_section" in period.because) is is_held


def away(since, until=None, why=Why.CUSTODY):
    return Absence(why, day(since), day(until) if until else None)


@pytest.mark.parametrize(
    ("relevant", "absences", "due_on", "section"),
    [
        ("2026-03-10", [], "2026-03-12", "s.83(1)"),
        ("2026-02-27", [], "2026-03-01", "s.83(1)"),
        ("2024-02-28", [], "2024-03-01", "s.83(1)"),
        ("2026-03-10", [away("2026-03-10", "2026-09-01")], "2026-09-03", "s.83(1), s.83(6)"),
        ("2026-03-10", [away("2026-03-11", "2026-09-01")], "2026-09-02", "s.83(1), s.83(6)"),
        ("2026-03-10", [away("2026-03-12", "2026-09-01")], "2026-09-01", "s.83(1), s.83(6)"),
        ("2026-03-10", [away("2026-03-13", "2026-09-01")], "2026-03-12", "s.83(1)"),
        ("2026-03-10", [away("2026-03-10")], None, "s.83(1), s.83(6)"),
        (
            "2026-03-10",
            [away("2026-03-10", "2026-04-01"), away("2026-04-02", "2026-05-01", Why.HOSPITAL)],
            "2026-05-02",
            "s.83(1), s.83(6)",
        ),
        ("2026-03-10", [away("2026-03-10", "2026-03-12", Why.ABROAD)], "2026-03-14", None),
        ("2001-01-01", [], "2004-05-03", "s.83(1)"),
    ],
)
def test_the_first_notification_within_three_days_at_liberty(relevant, absences, due_on, section):
    due = clocks.notification_due(Notifying(day(relevant), None, absences=tuple(absences)))
    assert (due.stage, due.due_on) == ("initial", day(due_on) if due_on else None)
    assert section is None or due.section == f"Sexual Offences Act 2003 {section}"


@pytest.mark.parametrize(
    ("last_on", "is_roofless", "absences", "stage", "due_on"),
    [
        ("2025-03-10", False, [], "annual", "2026-03-10"),
        ("2024-02-29", False, [], "annual", "2025-02-28"),
        ("2023-02-28", False, [], "annual", "2024-02-28"),
        ("2026-03-10", True, [], "weekly", "2026-03-17"),
        ("2012-08-13", True, [], "weekly", "2012-08-20"),
        ("2012-08-12", True, [], "annual", "2013-08-12"),
        ("2025-03-10", False, [away("2026-03-10", "2026-04-01")], "annual", "2026-04-03"),
        ("2025-03-10", False, [away("2026-03-11", "2026-04-01")], "annual", "2026-03-10"),
        ("2025-03-10", False, [away("2025-12-01", "2026-03-10")], "annual", "2026-03-10"),
        ("2025-03-10", False, [away("2025-12-01")], "annual", None),
        ("2026-03-10", True, [away("2026-03-12", "2026-03-20")], "weekly", "2026-03-22"),
        (
            "2025-03-10",
            False,
            [away("2026-03-01", "2026-04-01"), away("2026-04-02", "2026-05-01")],
            "annual",
            "2026-05-03",
        ),
    ],
)
def test_a_year_or_a_week_after_the_last_and_not_while_away(
    last_on, is_roofless, absences, stage, due_on
):
    told = Notifying(date(2000, 1, 1), day(last_on), is_roofless, tuple(absences))
    due = clocks.notification_due(told)
    assert (due.stage, due.due_on) == (stage, day(due_on) if due_on else None)
    assert due.section.startswith("Sexual Offences Act 2003 s.85(")


@pytest.mark.parametrize(("notified", "is_refused"), [("2026-03-09", True), ("2026-03-10", False)])
def test_nobody_notifies_before_the_conviction(notified, is_refused):
    if not is_refused:
        clocks.check_notification(day(notified), date(2026, 3, 10))
        return
    with pytest.raises(Unlawful, match="2026-03-10") as refused:
        clocks.check_notification(day(notified), date(2026, 3, 10))
    assert refused.value.section == "Sexual Offences Act 2003 s.83(1)"


@pytest.mark.parametrize(
    ("changed", "notified", "in_time"),
    [
        ("2026-03-10", "2026-03-12", True),
        ("2026-03-10", "2026-03-13", False),
        ("2026-02-27", "2026-03-01", True),
    ],
)
def test_a_change_within_three_days_beginning_with_it(changed, notified, in_time):
    assert clocks.is_in_time(day(notified), clocks.change_due(day(changed))) is in_time


def moment(written):
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("notified", "departs", "returns", "is_excused", "was_needed", "in_time"),
    [
        ("2026-03-03T23:59", "2026-03-10T06:00", None, False, True, True),
        ("2026-03-04T00:00", "2026-03-10T06:00", None, False, True, False),
        ("2026-03-09T18:00", "2026-03-10T06:00", None, True, True, True),
        ("2026-03-09T18:01", "2026-03-10T06:00", None, True, True, False),
        ("2026-03-09T18:01", "2026-03-10T06:00", "2026-03-11", True, True, False),
        # Until 12 August 2012: not for less than three days, and 24 hours.
        ("2012-08-12T10:00", "2012-08-12T11:00", "2012-08-14", False, False, True),
        ("2012-08-12T10:00", "2012-08-12T11:00", "2012-08-15", False, True, False),
        ("2012-08-11T11:00", "2012-08-12T11:00", "2012-09-15", True, True, True),
        ("2012-08-11T11:01", "2012-08-12T11:00", "2012-09-15", True, True, False),
        ("2012-08-13T10:00", "2012-08-13T11:00", "2012-08-14", False, True, False),
    ],
)
def test_notice_of_travel_seven_days_or_twelve_hours_ahead(
    notified, departs, returns, is_excused, was_needed, in_time
):
    found = clocks.travel_notice(
        moment(notified),
        moment(departs),
        day(returns) if returns else None,
        is_excused=is_excused,
    )
    assert (found["was_needed"], found["is_in_time"]) == (was_needed, in_time)
    assert "s.86" in found["section"]


@pytest.mark.parametrize(
    ("first", "is_young", "on"),
    [
        ("2005-06-15", False, "2020-06-15"),
        ("2005-06-15", True, "2013-06-15"),
        ("2004-02-29", False, "2019-03-01"),
        ("1997-09-01", False, "2012-09-01"),
        ("2003-01-01", True, "2012-07-30"),
        (None, False, None),
    ],
)
def test_a_review_of_indefinite_notification_after_15_years_or_8(first, is_young, on):
    found = clocks.review_from(day(first) if first else None, was_under_18=is_young)
    assert found == (day(on) if on else None)


@pytest.mark.parametrize(("years", "on"), [(8, "2031-05-01"), (15, "2038-05-01")])
def test_the_next_review(years, on):
    assert clocks.next_review_from(date(2023, 5, 1), years) == day(on)


@pytest.mark.parametrize(
    ("seen", "absences", "on"),
    [
        (None, [], "2025-01-01"),
        ("2025-06-01", [], "2025-06-01"),
        ("2025-06-01", [away("2025-07-01")], None),
        ("2025-06-01", [away("2025-07-01", "2025-12-01")], "2025-12-01"),
        ("2025-06-01", [away("2025-07-01", "2025-12-01", Why.ABROAD)], "2025-06-01"),
        ("2025-06-01", [away("2025-02-01", "2025-03-01")], "2025-06-01"),
    ],
)
def test_visits_are_counted_from_the_last_seen_or_the_release(seen, absences, on):
    found = clocks.visit_from(date(2025, 1, 1), day(seen) if seen else None, absences)
    assert found == (day(on) if on else None)


@pytest.mark.parametrize(
    ("notified", "assessed", "absences", "expected"),
    [
        (None, None, [], ("first", "2025-01-01")),
        ("2025-01-03", None, [], ("first", "2025-01-03")),
        ("2025-01-03", None, [away("2025-02-01", "2025-05-01")], ("first", "2025-05-01")),
        ("2025-01-03", None, [away("2025-02-01")], ("first", None)),
        ("2025-01-03", "2025-02-01", [], ("later", "2025-02-01")),
        ("2025-01-03", "2025-02-01", [away("2025-03-01")], ("later", None)),
    ],
)
def test_which_assessment_is_next(notified, assessed, absences, expected):
    stage, since = clocks.arms_from(
        date(2025, 1, 1),
        day(notified) if notified else None,
        day(assessed) if assessed else None,
        absences,
    )
    assert (stage, since and since.isoformat()) == expected


@pytest.mark.parametrize(
    ("risk", "since", "may_be"),
    [
        ("low", "2023-03-10", True),
        ("low", "2023-03-11", False),
        ("low", None, False),
        ("medium", "2010-01-01", False),
    ],
)
def test_reactive_management_needs_three_years_of_low_risk(risk, since, may_be):
    low_since = day(since) if since else None
    assert clocks.may_be_reactive(risk, low_since, date(2026, 3, 10)) is may_be


@pytest.mark.parametrize(
    ("spells", "start"),
    [
        ([("2020-01-15", "2022-01-14")], "2020-01-15"),
        ([("2020-01-15", "2022-01-14"), ("2022-01-14", "2024-01-13")], "2020-01-15"),
        ([("2020-01-15", "2022-01-14"), ("2022-01-15", "2024-01-14")], "2022-01-15"),
        ([("2022-01-15", "2024-01-14"), ("2020-01-15", None)], "2020-01-15"),
        (
            [("2001-01-01", "2003-01-01"), ("2010-01-01", "2020-01-01"), ("2012-01-01", None)],
            "2010-01-01",
        ),
    ],
)
def test_a_spell_begins_with_the_first_disposal_after_which_there_is_no_gap(spells, start):
    assert spell_start([(day(on), ending(until)) for on, until in spells]) == day(start)


def test_what_the_law_sets_is_listed_among_the_rules():
    listed = [
        row for row in read_csv("default_figures.csv") if row["rule"] == "notification-periods"
    ]
    assert [tuple(row.values()) for row in listed] == law_rows()
