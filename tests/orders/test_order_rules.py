"""The law of orders as a table: what may be made when, where, for whom and for how long."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime

import pytest

from offenders.domain.orders.cases import TYPES, Case, TypeRule, Unlawful
from offenders.domain.orders.rules import (
    breach_is_in_life,
    check,
    hearing_due,
    state_on,
    statutory_review,
)
from offenders.domain.reference.codes import read_csv

_DATES = {"from_on", "to_on"}
_NUMBERS = {
    "least_age",
    "minimum",
    "maximum",
    "travel_months",
    "monitoring_months",
    "hearing_hours",
    "review_months",
}
_TRUTHS = {"open_ended", "has_interim"}


def _value(name, written):
    if name == "areas":
        return tuple(written.split(";")) if written else ()
    if name in _TRUTHS:
        return written == "true"
    if not written:
        return None
    if name in _DATES:
        return date.fromisoformat(written)
    return int(written) if name in _NUMBERS else written


RULES = [
    TypeRule(**{each.name: _value(each.name, row[each.name]) for each in fields(TypeRule)})
    for row in read_csv("order_types.csv")
]


def d(written):
    return date.fromisoformat(written)


def case(kind, day, until=None, **facts):
    facts.setdefault("force", "33")
    end = d(until) if until else None
    return Case(kind, day=d(day), expires_on=end, **facts)


CHILD, ADULT = {"born": d("2008-06-15")}, {"born": d("1990-06-15")}
CUSTODY, INTERIM = {"with_custody": True}, {"is_interim": True}
APPLIED = {"is_made": False}
CROYDON = {"force": "01", "areas": frozenset({"SN", "croydon"})}


def travel(until):
    return {"conditions": ({"category": "foreign_travel", "until": until and d(until)},)}


def tag(until):
    return {"conditions": ({"category": "electronic_monitoring", "until": until and d(until)},)}


def curfew(until):
    return {"conditions": ({"category": "curfew", "until": d(until)},)}


# fmt: off
LAWFUL = [
    ("SHPO: its first day", case("SHPO", "2015-03-08")),
    ("SHPO: five years to the day", case("SHPO", "2020-06-01", "2025-05-31")),
    ("SHPO: until further order", case("SHPO", "2020-06-01")),
    ("SHPO: interim for a month", case("SHPO", "2020-06-01", "2020-06-30", **INTERIM)),
    ("SHPO: five years from a leap day", case("SHPO", "2020-02-29", "2025-02-28")),
    ("SHPO: travel ban of five years", case("SHPO", "2020-06-01", "2030-05-31", **travel("2025-05-31"))),
    ("SHPO: a condition as long as it", case("SHPO", "2020-06-01", "2025-05-31", **curfew("2025-05-31"))),
    ("SHPO: applied for on its first day", case("SHPO", "2015-03-08", **APPLIED)),
    ("SOPO: its last day", case("SOPO", "2015-03-07")),
    ("SOPO: its first day", case("SOPO", "2004-05-01", "2009-04-30")),
    ("SRO: two years", case("SRO", "2016-03-01", "2018-02-28")),
    ("foreign travel: six months", case("foreign_travel", "2010-03-31", "2010-09-30")),
    ("foreign travel: five years from April 2010", case("foreign_travel", "2010-04-01", "2015-03-31")),
    ("notification: no length of its own", case("notification", "2012-01-01")),
    ("SCPO: five years", case("SCPO", "2016-01-01", "2020-12-31")),
    ("SCPO: on the 18th birthday", case("SCPO", "2026-06-15", "2027-01-01", **CHILD)),
    ("SCPO: tag of a year", case("SCPO", "2026-01-01", "2028-01-01", **ADULT, **tag("2026-12-31"))),
    ("CBO: adult, two years", case("CBO", "2014-10-20", "2016-10-19", **ADULT)),
    ("CBO: adult, until further order", case("CBO", "2016-01-01", **ADULT)),
    ("CBO: child, one year", case("CBO", "2024-01-01", "2024-12-31", **CHILD)),
    ("CBO: child, three years", case("CBO", "2024-01-01", "2026-12-31", **CHILD)),
    ("CBO: the 18th birthday counts as adult", case("CBO", "2026-06-15", "2030-01-01", **CHILD)),
    ("DVPN: superintendent", case("DVPN", "2016-01-01", rank="superintendent")),
    ("DVPN: chief superintendent", case("DVPN", "2016-01-01", rank="chief_superintendent")),
    ("DVPO: 14 days", case("DVPO", "2016-06-01", "2016-06-14")),
    ("DVPO: 28 days", case("DVPO", "2016-06-01", "2016-06-28")),
    ("DVPO: 28 days over a leap day", case("DVPO", "2024-02-10", "2024-03-08")),
    ("DVPO: 28 days when clocks change", case("DVPO", "2024-03-20", "2024-04-16")),
    ("DVPO: its first day", case("DVPO", "2014-03-08", "2014-04-04")),
    ("DAPN: Greater Manchester, inspector", case("DAPN", "2024-11-27", force="06", rank="inspector")),
    ("DAPO: British Transport Police", case("DAPO", "2024-11-27", force="93")),
    ("DAPO: Croydon", case("DAPO", "2024-12-01", **CROYDON)),
    ("DAPO: Cleveland in 2025", case("DAPO", "2025-06-01", force="17")),
    ("DAPO: any length", case("DAPO", "2025-06-01", "2035-06-01", force="60")),
    ("DAPO: tag of a year", case("DAPO", "2025-06-01", force="06", **tag("2026-05-31"))),
    ("SPO: its first day", case("SPO", "2020-01-20", "2022-01-19")),
    ("SPO: interim", case("SPO", "2021-01-20", "2021-02-19", **INTERIM)),
    ("STPO: five years", case("STPO", "2015-07-31", "2020-07-30")),
    ("STRO: two years", case("STRO", "2015-07-31", "2017-07-30")),
    ("KCPO: six months in the pilot", case("KCPO", "2021-07-05", "2022-01-04", force="01")),
    ("KCPO: two years on its last day", case("KCPO", "2023-03-31", "2025-03-30", force="01")),
    ("KCPO: at 12", case("KCPO", "2021-07-05", "2022-02-01", force="01", born=d("2009-07-05"))),
    ("gang: two years", case("gang_injunction", "2016-01-01", "2017-12-31", **ADULT)),
    ("gang: at 14", case("gang_injunction", "2022-06-15", "2023-06-14", **CHILD)),
    ("football: three years", case("football_banning", "2016-01-01", "2018-12-31")),
    ("football: five years", case("football_banning", "2016-01-01", "2020-12-31")),
    ("football: six years with custody", case("football_banning", "2016-01-01", "2021-12-31", **CUSTODY)),
    ("football: ten years with custody", case("football_banning", "2016-01-01", "2025-12-31", **CUSTODY)),
    ("restraining: until further order", case("restraining", "2016-01-01")),
    ("non-molestation: as ordered", case("non_molestation", "2016-01-01", "2016-07-01")),
    ("financial reporting: no length known", case("financial_reporting", "2013-01-01", "2020-01-01")),
]
UNLAWFUL = [
    ("SHPO: the day before the first", case("SHPO", "2015-03-07"), "made_on", "SI 2015/373"),
    ("SHPO: applied for too early", case("SHPO", "2015-03-07", **APPLIED), "applied_on", "s.103A"),
    ("SHPO: a day short", case("SHPO", "2020-06-01", "2025-05-30"), "expires_on", "s.103C"),
    ("SHPO: ends before it is made", case("SHPO", "2020-06-01", "2020-05-31"), "expires_on", "s.103C"),
    ("SHPO: interim without end", case("SHPO", "2020-06-01", **INTERIM), "expires_on", "s.103C"),
    ("SHPO: travel ban a day too long", case("SHPO", "2020-06-01", "2030-05-31", **travel("2025-06-01")), "conditions/0/until", "s.103C"),
    ("SHPO: travel ban without end", case("SHPO", "2020-06-01", **travel(None)), "conditions/0/until", "s.103C"),
    ("SHPO: a condition outlasts it", case("SHPO", "2020-06-01", "2025-05-31", **curfew("2025-06-01")), "conditions/0/until", "s.103C"),
    ("SOPO: the day after the last", case("SOPO", "2015-03-08"), "made_on", "s.104"),
    ("SOPO: before the Act", case("SOPO", "2004-04-30"), "made_on", "s.104"),
    ("SOPO: a day short", case("SOPO", "2010-01-01", "2014-12-30"), "expires_on", "s.107"),
    ("SRO: a day short", case("SRO", "2016-03-01", "2018-02-27"), "expires_on", "s.122A"),
    ("foreign travel: a day over six months", case("foreign_travel", "2010-03-31", "2010-10-01"), "expires_on", "s.117"),
    ("foreign travel: without end", case("foreign_travel", "2012-01-01"), "expires_on", "s.117"),
    ("foreign travel: after its repeal", case("foreign_travel", "2015-03-08", "2016-01-01"), "made_on", "s.114"),
    ("SCPO: a day over five years", case("SCPO", "2016-01-01", "2021-01-01"), "expires_on", "s.16"),
    ("SCPO: without end", case("SCPO", "2016-01-01"), "expires_on", "s.16"),
    ("SCPO: the day before 18", case("SCPO", "2026-06-14", "2027-01-01", **CHILD), "person_id", "Serious Crime Act"),
    ("SCPO: tag a day over a year", case("SCPO", "2026-01-01", "2028-01-01", **tag("2027-01-01")), "conditions/0/until", "s.16"),
    ("CBO: before the Act", case("CBO", "2014-10-19", "2016-10-19"), "made_on", "s.22"),
    ("CBO: adult, a day short", case("CBO", "2016-01-01", "2017-12-30", **ADULT), "expires_on", "s.334"),
    ("CBO: child, a day short", case("CBO", "2024-01-01", "2024-12-30", **CHILD), "expires_on", "s.334"),
    ("CBO: child, a day over", case("CBO", "2024-01-01", "2027-01-01", **CHILD), "expires_on", "s.334"),
    ("CBO: child, without end", case("CBO", "2024-01-01", **CHILD), "expires_on", "s.334"),
    ("CBO: a child of nine", case("CBO", "2018-06-14", "2019-12-31", **CHILD), "person_id", "Sentencing Code"),
    ("DVPN: inspector", case("DVPN", "2016-01-01", rank="inspector"), "authorised_rank", "s.24"),
    ("DVPN: at 17", case("DVPN", "2026-06-14", **CHILD), "person_id", "s.24"),
    ("DVPO: 13 days", case("DVPO", "2016-06-01", "2016-06-13"), "expires_on", "s.28"),
    ("DVPO: 29 days", case("DVPO", "2016-06-01", "2016-06-29"), "expires_on", "s.28"),
    ("DVPO: without end", case("DVPO", "2016-06-01"), "expires_on", "s.28"),
    ("DVPO: interim", case("DVPO", "2016-06-01", "2016-06-28", **INTERIM), "interim", "s.28"),
    ("DVPO: the day before the Act", case("DVPO", "2014-03-07", "2014-04-03"), "made_on", "s.24"),
    ("DAPN: sergeant", case("DAPN", "2024-11-27", force="06", rank="sergeant"), "authorised_rank", "s.22"),
    ("DAPO: the day before the pilot", case("DAPO", "2024-11-26", force="06"), "made_on", "s.27"),
    ("DAPO: Leicestershire", case("DAPO", "2025-06-01"), "type", "HCWS254"),
    ("DAPO: London outside the pilot", case("DAPO", "2024-12-01", force="01", areas=frozenset({"Camden"})), "type", "HCWS254"),
    ("DAPO: London, area unknown", case("DAPO", "2024-12-01", force="01"), "type", "HCWS254"),
    ("DAPO: Cleveland in 2024", case("DAPO", "2024-12-31", force="17"), "type", "HCWS254"),
    ("DAPO: tag a day over a year", case("DAPO", "2025-06-01", force="06", **tag("2026-06-01")), "conditions/0/until", "s.38"),
    ("SPO: the day before the Act", case("SPO", "2020-01-19", "2023-01-01"), "made_on", "SI 2020/26"),
    ("SPO: a day short", case("SPO", "2020-01-20", "2022-01-18"), "expires_on", "s.3"),
    ("STPO: a day short", case("STPO", "2015-07-31", "2020-07-29"), "expires_on", "s.17"),
    ("STRO: a day short", case("STRO", "2015-07-31", "2017-07-29"), "expires_on", "s.24"),
    ("KCPO: outside London", case("KCPO", "2022-01-01", "2022-12-01"), "type", "SI 2021/762"),
    ("KCPO: before the pilot", case("KCPO", "2021-07-04", "2022-07-01", force="01"), "made_on", "SI 2021/762"),
    ("KCPO: after the pilot", case("KCPO", "2023-04-01", "2024-01-01", force="01"), "made_on", "SI 2021/762"),
    ("KCPO: a day short", case("KCPO", "2021-07-05", "2022-01-03", force="01"), "expires_on", "s.23"),
    ("KCPO: a day over", case("KCPO", "2021-07-05", "2023-07-05", force="01"), "expires_on", "s.23"),
    ("KCPO: at 11", case("KCPO", "2021-07-04", "2022-02-01", force="01", born=d("2009-07-05")), "made_on", "SI 2021/762"),
    ("gang: a day over two years", case("gang_injunction", "2016-01-01", "2018-01-01"), "expires_on", "s.36"),
    ("gang: at 13", case("gang_injunction", "2022-06-14", "2023-06-14", **CHILD), "person_id", "Policing and Crime Act"),
    ("gang: a child before 2012", case("gang_injunction", "2011-12-31", "2012-06-01", born=d("1996-01-01")), "made_on", "s.34"),
    ("football: a day short", case("football_banning", "2016-01-01", "2018-12-30"), "expires_on", "s.14F"),
    ("football: a day over without custody", case("football_banning", "2016-01-01", "2021-01-01"), "expires_on", "s.14F"),
    ("football: a day short with custody", case("football_banning", "2016-01-01", "2021-12-30", **CUSTODY), "expires_on", "s.14F"),
    ("football: a day over with custody", case("football_banning", "2016-01-01", "2026-01-01", **CUSTODY), "expires_on", "s.14F"),
    ("no such order", case("ASBO", "2010-01-01"), "type", ""),
]
# fmt: on


@pytest.mark.parametrize("facts", [c for _, c in LAWFUL], ids=[w for w, _ in LAWFUL])
def test_what_the_law_allows(facts):
    assert check(RULES, facts).code == facts.type


@pytest.mark.parametrize(
    ("facts", "field", "section"), [c[1:] for c in UNLAWFUL], ids=[c[0] for c in UNLAWFUL]
)
def test_what_the_law_refuses_names_its_section(facts, field, section):
    with pytest.raises(Unlawful) as refused:
        check(RULES, facts)
    assert (refused.value.field, section in refused.value.section) == (field, True)


def test_every_type_has_its_law_and_each_length_is_tried():
    assert {each.code for each in RULES} == set(TYPES)
    tried = {facts.type for _, facts in LAWFUL} | {row[1].type for row in UNLAWFUL}
    assert tried >= set(TYPES)
    names = {row["code"] for row in read_csv("codes.csv") if row["list"] == "order_types"}
    assert names == set(TYPES)


@pytest.mark.parametrize(
    ("day", "begins", "expires", "ended", "is_in"),
    [
        ("2016-06-01", "2016-06-01", "2016-06-28", None, True),
        ("2016-05-31", "2016-06-01", "2016-06-28", None, False),
        ("2016-06-28", "2016-06-01", "2016-06-28", None, True),
        ("2016-06-29", "2016-06-01", "2016-06-28", None, False),
        ("2016-06-20", "2016-06-01", "2016-06-28", "2016-06-20", True),
        ("2016-06-21", "2016-06-01", "2016-06-28", "2016-06-20", False),
        ("2036-06-21", "2016-06-01", None, None, True),
    ],
)
def test_a_breach_lies_within_the_life_of_its_order(day, begins, expires, ended, is_in):
    ends = [each and d(each) for each in (expires, ended)]
    assert breach_is_in_life(d(day), d(begins), *ends) is is_in


@pytest.mark.parametrize(
    ("state", "begins", "expires", "today", "shown"),
    [
        ("in_force", "2016-06-01", "2016-06-28", "2016-06-28", "in_force"),
        ("in_force", "2016-06-01", "2016-06-28", "2016-06-29", "expired"),
        ("varied", "2016-06-01", "2016-06-28", "2016-06-29", "expired"),
        ("granted", "2016-06-10", None, "2016-06-09", "granted"),
        ("granted", "2016-06-10", None, "2016-06-10", "in_force"),
        ("granted", "2016-06-10", "2016-06-20", "2016-06-21", "expired"),
        ("discharged", "2016-06-01", "2016-06-28", "2016-06-29", "discharged"),
        ("applied", None, None, "2016-06-29", "applied"),
        ("in_force", "2016-06-01", None, "2046-06-29", "in_force"),
    ],
)
def test_the_state_of_a_day(state, begins, expires, today, shown):
    days = [each and d(each) for each in (begins, expires)]
    assert state_on(state, *days, d(today)) == shown


CBO_CHILD = next(each for each in RULES if (each.code, each.variant) == ("CBO", "under_18"))
KCPO = next(each for each in RULES if each.code == "KCPO")
SHPO = next(each for each in RULES if each.code == "SHPO")


@pytest.mark.parametrize(
    ("rule", "made", "expires", "reviewed", "varied", "due"),
    [
        (CBO_CHILD, "2024-01-01", "2026-06-30", None, None, "2024-12-31"),
        (CBO_CHILD, "2024-01-01", "2026-06-30", "2024-12-01", None, "2025-12-01"),
        (CBO_CHILD, "2024-01-01", "2026-06-30", None, "2024-07-01", "2025-06-30"),
        (CBO_CHILD, "2025-06-20", "2027-06-30", None, None, None),  # 18 on 15 June 2026
        (CBO_CHILD, "2024-01-01", "2024-12-31", None, None, None),
        (KCPO, "2022-01-01", "2023-12-31", None, None, "2022-12-31"),
        (KCPO, "2022-01-01", "2023-12-31", "2022-12-03", None, "2022-12-31"),
        (KCPO, "2022-01-01", "2023-12-31", "2022-12-04", None, None),
        (KCPO, "2022-01-01", "2022-12-31", None, None, None),
        (SHPO, "2022-01-01", None, None, None, None),
    ],
)
def test_reviews_that_the_law_asks_for(rule, made, expires, reviewed, varied, due):
    found = statutory_review(
        rule,
        made_on=d(made),
        expires_on=expires and d(expires),
        reviewed_on=reviewed and d(reviewed),
        varied_on=varied and d(varied),
        born=CHILD["born"],
    )
    assert found == (due and d(due))


@pytest.mark.parametrize(
    ("given", "due"),
    [
        ("2016-06-01T10:00+00:00", "2016-06-03T10:00+00:00"),
        ("2016-06-03T10:00+00:00", "2016-06-06T10:00+00:00"),  # over a Sunday
        ("2016-06-05T10:00+00:00", "2016-06-07T23:00+00:00"),  # given on a Sunday
        # Good Friday, Sunday and Easter Monday don't count; clocks go forward on the 27th.
        ("2016-03-24T10:00+00:00", "2016-03-29T09:00+00:00"),
        # Christmas Day is a Sunday, and the 26th and 27th are bank holidays.
        ("2016-12-24T10:00+00:00", "2016-12-29T10:00+00:00"),
    ],
)
def test_a_court_hears_of_a_notice_in_48_hours(given, due):
    found = hearing_due(datetime.fromisoformat(given), 48)
    assert found == datetime.fromisoformat(due)


def test_a_pilot_is_one_of_its_parts():
    whole = replace(RULES[0], areas=("33",))
    assert check([whole], case("SHPO", "2020-06-01")) is whole
