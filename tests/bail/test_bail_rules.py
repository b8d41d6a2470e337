"""The law of pre-charge bail, case by case, each with its section."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from bail_cases import (
    C9,
    ENDS,
    REFUSALS,
    SFO,
    STREET,
    at,
    c,
    case,
    court,
    hospital,
    prosecutor,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from offenders.domain.bail import rules
from offenders.domain.bail.cases import Case, Suspension, Unlawful
from offenders.domain.bail.law import Agency, CaseType, Kind, law_rows
from offenders.domain.bail.periods import has_lapsed, period_of
from offenders.domain.reference.codes import read_csv
from offenders.domain.working_days import end_of_london_day, london_day


@pytest.mark.parametrize(
    ("facts", "ends_on", "section"),
    [each[1:] for each in ENDS],
    ids=[each[0] for each in ENDS],
)
def test_bail_ends_on_this_day_by_this_section(facts, ends_on, section):
    period = period_of(facts)
    assert (period.ends_on.isoformat() if period.ends_on else None) == ends_on
    assert section in period.because["section"]
    assert period.because["rule"]


@pytest.mark.parametrize(
    ("facts", "asked", "field", "section"),
    [each[1:] for each in REFUSALS],
    ids=[each[0] for each in REFUSALS],
)
def test_an_extension_that_the_law_does_not_allow_is_refused(facts, asked, field, section):
    with pytest.raises(Unlawful) as refused:
        rules.extend(facts, asked, facts.arrested_at)
    assert (refused.value.field, refused.value.section) == (field, section)
    assert refused.value.detail


def test_the_table_is_long_enough():
    assert len(ENDS) + len(REFUSALS) > 130
    assert len({each[0] for each in ENDS + REFUSALS}) == len(ENDS) + len(REFUSALS)


@pytest.mark.parametrize(
    ("case_type", "agency", "arrested", "field", "section"),
    [
        ("standard", "sfo", "2024-01-10", "case_type", "s.47ZB(1)(a)"),
        ("standard", "nca", "2024-01-10", "case_type", "s.47ZB(1)(a)"),
        ("designated", "hmrc", "2024-01-10", "case_type", "s.47ZB(1)(a)"),
        ("non_standard", "police", "2024-01-10", "agency", "s.47ZB(1)(b)"),
        ("non_standard", None, "2021-01-10", "agency", "s.47ZB(1)"),
    ],
)
def test_type_and_agency_that_contradict_each_other_are_refused(
    case_type, agency, arrested, field, section
):
    facts = case(arrested, case_type=CaseType(case_type), agency=Agency(agency) if agency else None)
    with pytest.raises(Unlawful) as refused:
        rules.check_case(facts)
    assert (refused.value.field, refused.value.section) == (field, section)


@pytest.mark.parametrize(
    ("facts", "return_at", "section"),
    [
        (c(), at("2024-04-10", 23, 59), None),
        (c(), at("2024-04-11", 0), "s.47ZA(2)"),
        (c(), at("2024-02-01"), None),
        (c(), at("2024-01-10", 11), "s.47(3)(c)"),
        (c(**STREET), at("2024-04-11", 0), "s.30B"),
        (case("2023-12-30"), at("2024-03-30", 23, 59), None),
        (case("2023-12-30"), at("2024-03-31", 0), "s.47ZA(2)"),
        (case("2016-05-05"), at("2017-05-05"), None),
    ],
)
def test_the_time_appointed_lies_within_the_period(facts, return_at, section):
    try:
        rules.check_return(facts, period_of(facts), return_at, facts.arrested_at)
        found = None
    except Unlawful as refused:
        found = refused.section
    assert found == section


def test_without_a_time_the_last_day_is_theirs_to_its_end():
    facts = c()
    assert rules.regular_return(facts, period_of(facts), facts.arrested_at) == at(
        "2024-04-10", 23, 59
    )
    before = case("2016-05-05")
    assert rules.regular_return(before, period_of(before), at("2016-05-06")) == at(
        "2016-06-03", 23, 59
    )


@pytest.mark.parametrize(
    ("occurred", "return_at", "section"),
    [
        (at("2024-02-01", 10), at("2024-02-01", 10), None),
        (at("2024-02-01", 9, 59), at("2024-02-01", 10), "s.46A(1)"),
        (at("2024-04-10", 23, 59), at("2024-04-10", 23, 59), None),
        (at("2024-04-11", 0), at("2024-02-01", 10), "s.47ZA(2)"),
        (at("2024-02-01", 10), None, "s.47(3)(c)"),
    ],
)
def test_nobody_has_failed_before_the_time_or_after_the_duty(occurred, return_at, section):
    try:
        rules.check_failure(return_at, period_of(c()).ends_on, occurred)
        found = None
    except Unlawful as refused:
        found = refused.section
    assert found == section


@pytest.mark.parametrize(
    ("facts", "new", "section"),
    [
        (c(), prosecutor("2024-02-01", "2024-01-31"), "s.47ZL"),
        (c(), prosecutor("2024-01-09"), "s.47ZL"),
        (c(), prosecutor("2024-04-11"), "s.47ZL"),
        (c(), prosecutor("2025-12-01"), "s.47ZL"),
        (c(), hospital("2024-04-11"), "s.47ZM"),
        (c(suspensions=(prosecutor("2024-02-01"),)), prosecutor("2024-03-01"), "s.47ZL"),
        (
            c(suspensions=(hospital("2024-02-01", "2024-02-03"),)),
            hospital("2024-02-03"),
            "s.47ZM",
        ),
        (
            c(suspensions=(prosecutor("2024-02-01", "2024-02-03"),)),
            prosecutor("2024-02-03"),
            None,
        ),
        (c(**STREET), prosecutor("2024-02-01"), "s.37(7)(a)"),
        (case("2016-05-05"), hospital("2016-05-06"), "s.47(3)(c)"),
        (c(), prosecutor("2024-04-10"), None),
        (c(), court("2024-04-10"), "s.47ZF(1)"),
        (C9, court("2024-10-10"), None),
        (C9, court("2024-10-11"), "s.47ZJ(3)"),
        (c(**STREET), court("2024-04-10"), "s.47ZF(1)"),
    ],
)
def test_only_days_of_the_period_are_suspended(facts, new, section):
    try:
        rules.check_suspension(facts, new, date(2025, 1, 1))
        found = None
    except Unlawful as refused:
        found = refused.section
    assert found == section


DAYS = st.dates(date(2017, 4, 3), date(2035, 12, 31))
FACTS = st.builds(
    Case,
    st.datetimes(datetime(2017, 4, 4), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from(Kind),
)


@settings(max_examples=50)
@given(FACTS)
def test_a_period_begins_the_day_after_arrest_and_ends_at_a_london_midnight(facts):
    period = period_of(facts)
    assert facts.starts_on == london_day(facts.arrested_at) + timedelta(days=1)
    midnight = end_of_london_day(period.ends_on)
    assert not has_lapsed(period.ends_on, midnight - timedelta(microseconds=1))
    assert has_lapsed(period.ends_on, midnight)
    days = (period.ends_on - facts.starts_on).days + 1
    assert days == 28 if facts.regime == "B" else 89 <= days <= 92


@settings(max_examples=50)
@given(FACTS, st.integers(0, 80), st.integers(0, 40))
def test_days_with_the_prosecutor_are_given_back_exactly_but_for_the_last_seven(
    facts, begins, days
):
    first = facts.starts_on + timedelta(days=begins)
    plain = period_of(facts).ends_on
    if first > plain:
        return
    pause = Suspension("with_prosecutor", first, first + timedelta(days=days))
    moved = period_of(Case(facts.arrested_at, facts.kind, suspensions=(pause,))).ends_on
    least = pause.until_on + timedelta(days=6)
    assert moved == max(plain + timedelta(days=days), least)


@settings(max_examples=50)
@given(FACTS, st.integers(0, 60), st.integers(0, 60))
def test_whoever_is_in_hospital_on_the_last_day_loses_no_day_of_the_period(facts, before, after):
    plain = period_of(facts).ends_on
    stay = Suspension("in_hospital", plain - timedelta(days=before), plain + timedelta(days=after))
    moved = period_of(Case(facts.arrested_at, facts.kind, suspensions=(stay,))).ends_on
    first = max(stay.from_on, facts.starts_on)
    days = [facts.starts_on + timedelta(days=n) for n in range((moved - facts.starts_on).days + 1)]
    running = [day for day in days if not first <= day <= stay.until_on]
    assert len(running) == (plain - facts.starts_on).days + 1
    assert moved > stay.until_on


def test_agencies_have_six_months():
    assert SFO["agency"] == "sfo"
    facts = c(case_type=CaseType.NON_STANDARD, agency=None)
    rules.check_case(facts)
    assert period_of(facts).ends_on == date(2024, 7, 10)


def test_the_limits_are_listed_among_the_rules_as_the_law_has_them():
    listed = [row for row in read_csv("default_figures.csv") if row["rule"] == "bail-limits"]
    assert [tuple(row.values()) for row in listed] == law_rows()
    assert {row["source"] for row in listed} == {"law"}
    assert len(listed) == 35
