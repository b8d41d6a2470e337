"""Evaluation: its statistics by hand, its matching, its refusals, and the report on the cohort."""

from __future__ import annotations

from datetime import date, timedelta
from math import exp, log, sqrt
from uuid import UUID, uuid4

import pytest
from builders import given_detention
from iom_given import Iom
from sqlalchemy import text

from offenders import clock
from offenders.domain.iom.estimating import Count, Limits, change, difference, rates, wilson
from offenders.domain.iom.matching import Life, Windows, match, overlap, windows_of
from offenders.domain.iom.reporting import month_ends

FEW = Limits(people=2, offences=1)


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        # scipy 1.17.1, binomtest(k, n).proportion_ci(method="wilson")
        (0, 20, 0.0, 0.161125),
        (1, 20, 0.008881, 0.236131),
        (10, 20, 0.299298, 0.700702),
        (147, 155, 0.901468, 0.973618),
        (16, 383, 0.025875, 0.066776),
    ],
)
def test_wilsons_interval(successes, trials, low, high):
    assert wilson(successes, trials) == pytest.approx((low, high), abs=1e-6)


def test_a_rate_and_its_interval_by_hand():
    counts = [Count(100, 1, 2), Count(300, 3, 6), Count(100, 2, 0)]
    found = rates(counts, FEW)
    # 6 offences in 500 days: 12 in 1,000; residuals -0.2, -0.6, 0.8 of a total of 6.
    error = sqrt(3 / 2 * (0.2**2 + 0.6**2 + 0.8**2)) / 6
    rate = found["offences_per_1000_free_days"]
    assert rate["estimate"] == 12
    assert rate["low"] == pytest.approx(12 * exp(-1.959964 * error), rel=1e-3)
    assert rate["high"] == pytest.approx(12 * exp(1.959964 * error), rel=1e-3)
    assert found["harm_per_1000_free_days"]["estimate"] == 16
    assert (found["binary"]["estimate"], found["offences_per_offender"]) == (1, 2)


def test_changes_and_their_difference_by_hand():
    before = [Count(100, 4, 0), Count(100, 2, 0)]
    after = [Count(100, 1, 0), Count(100, 2, 0)]
    halved = change(before, after, FEW)["ratio"]
    assert halved["estimate"] == 0.5
    moves = [(1 - 1.5) / 3 - (4 - 3) / 6, (2 - 1.5) / 3 - (2 - 3) / 6]
    error = sqrt(2 * sum(each**2 for each in moves))
    assert halved["high"] == pytest.approx(exp(log(0.5) + 1.959964 * error), rel=1e-3)
    alike = difference((before, after), (before, after), FEW)["ratio"]
    assert alike == {"estimate": 1, "low": 1, "high": 1}
    steady = difference((before, after), (before, before), FEW)["ratio"]
    assert steady["estimate"] == 0.5


@pytest.mark.parametrize(
    ("counts", "refusal"),
    [
        ([], "0 people"),
        ([Count(9, 5, 0)], "1 people"),
        ([Count(9, 0, 0), Count(9, 0, 0)], "Fewer offences"),
        ([Count(0, 1, 0), Count(0, 1, 0)], "at liberty"),
        ([Count(9, 1, 0), Count(9, 0, 0)], None),
    ],
)
def test_too_small_numbers_give_no_rate_and_say_why(counts, refusal):
    found = rates(counts, FEW)
    assert (found["offences_per_1000_free_days"] is None) == (refusal is not None)
    if refusal is not None:
        assert refusal in found["refused"]
        assert change(counts, counts, FEW)["ratio"] is None


@pytest.mark.parametrize(
    ("exited", "before", "during", "after"),
    [
        (None, (400, 500), (500, 1000), None),
        (800, (400, 500), (500, 800), (800, 900)),
        (900, (400, 500), (500, 900), (900, 1000)),
        (901, (400, 500), (500, 901), None),
        (500, (400, 500), None, (500, 600)),
    ],
)
def test_windows_are_whole_or_not_there(exited, before, during, after):
    found = windows_of(500, exited, days=100, known_from=400, today=1000)
    assert found == Windows(before, during, after)
    assert windows_of(500, exited, days=100, known_from=401, today=1000).before is None


@pytest.mark.parametrize(
    ("spans", "days"),
    [
        ([], 0),
        ([(0, 5)], 0),
        ([(5, 15)], 5),
        ([(12, 14), (13, 16)], 4),
        ([(12, 13), (12, 13)], 1),
        ([(19, 30)], 1),
        ([(0, 90)], 10),
    ],
)
def test_each_day_in_custody_is_taken_out_once(spans, days):
    assert overlap((10, 20), spans) == days
    life = Life(uuid4(), "male", 0, [10, 19, 20], [1, 2, 4], spans)
    assert life.count((10, 20)) == Count(10 - days, 2, 3)


def life(number, born, days, sex="male"):
    return Life(UUID(int=number), sex, born, days, [0.0] * len(days))


def test_the_match_is_of_the_same_sex_age_and_offences_and_nobody_is_taken_twice():
    windows = windows_of(500, None, days=100, known_from=0, today=600)
    first, second = life(1, 1000, [410, 420]), life(2, 1000, [410])
    pool = [
        life(11, 1000, [410, 420], sex="female"),
        life(12, 1000 - 2000, [410, 420]),
        life(13, 1000, [410, 420, 430, 440]),
        life(14, 1100, [410, 420]),
        life(15, 1010, [410, 420]),
        life(16, None, [410, 420]),
        life(17, 1000, [399, 500]),
    ]
    members = [(second, windows), (first, windows)]
    found = match(members, pool, years=5, prior=1)
    assert {key.int: value.person_id.int for key, value in found.items()} == {1: 15, 2: 17}
    exact = match(members, pool, years=5, prior=0)
    assert {key.int: value.person_id.int for key, value in exact.items()} == {1: 15}
    assert match([(first, Windows(None, None, None))], pool, years=5, prior=9) == {}


def ago(days):
    return (clock.now() - timedelta(days=days)).isoformat()


def test_a_persons_offences_before_and_after_are_reported(iom, client, headers, session):
    person, other = iom.person(), iom.person(given_names="Bea")
    for who, days in ((person, (700, 650, 600, 500, 60)), (other, (1000, 690, 610, 590, 510, 50))):
        for number in days:
            given_detention(
                client, headers, person=who, arrested_at=ago(number), offences=["TH68023"]
            )
    nomination = iom.nominate(person, occurred_at=ago(410))
    decided = iom.decide(nomination, occurred_at=ago(400), rating="red")
    member = iom.read(decided["member_id"])
    iom.done(member, "ratings", rating="blue", reason="Prison.", occurred_at=ago(390))
    iom.done(member, "ratings", rating="amber", reason="Out.", occurred_at=ago(380))
    iom.done(member, "exits", reason="reduced_risk", rationale="Well.", occurred_at=ago(366))
    found = iom.get("iom/evaluation", people="true").json
    (shown,) = found["people"]
    counted = {name: shown[name]["offences"] for name in ("before", "during", "after")}
    assert counted == {"before": 4, "during": 0, "after": 1}
    assert shown["before"]["harm_days"] == 4 * 365
    assert shown["during"]["free_days"] == pytest.approx(24, abs=1.2)
    assert (shown["is_complete"], shown["is_matched"]) == (True, True)
    refused = found["windows"]["before"]["members"]["refused"]
    assert "at least 20" in refused
    assert "least_people" in refused
    assert found["after_against_before"]["difference"]["ratio"] is None
    assert "regression to the mean" in found["warning"]
    assert found["figures"][0]["rule"] == "iom-evaluation"
    longer = iom.get("iom/evaluation", people="true", window_days=400).json
    assert longer["windows"]["after"]["incomplete"] == 1
    chief = Iom(client, headers, role="chief_officer").get("iom/evaluation", people="true").json
    assert (chief["people"], chief["masked"], chief["members"]) == (None, ["people"], 1)
    nobody = iom.get("iom/evaluation", cohort="fixed").json
    assert nobody["members"] == 0


def test_figures_are_given_where_the_numbers_allow(iom, client, headers):
    admin = headers("force_admin")
    body = {"figure": {"least_people": 2, "least_offences": 2}}
    client.put("/v1/forces/33/policies/iom-evaluation", json=body, headers=admin)
    given_detention(client, headers, arrested_at=ago(900))
    for number in range(2):
        person, other = iom.person(given_names=f"M{number}"), iom.person(given_names=f"C{number}")
        lives = ((person, (700, 650, 600, 500, 300)), (other, (690, 610, 590, 510, 300, 200)))
        for who, days in lives:
            for day in days:
                arrested = {"arrested_at": ago(day + number), "released_at": ago(day + number)}
                given_detention(client, headers, person=who, offences=["TH68010"], **arrested)
        decided = iom.decide(iom.nominate(person, occurred_at=ago(410)), occurred_at=ago(400))
        member = iom.read(decided["member_id"])
        iom.done(member, "exits", reason="completed", rationale="x", occurred_at=ago(366))
    found = iom.get("iom/evaluation").json
    before, after = found["windows"]["before"], found["windows"]["after"]
    assert (before["members"]["offences"], before["comparison"]["offences"]) == (8, 8)
    rate = before["members"]["offences_per_1000_free_days"]
    assert rate["estimate"] == pytest.approx(8 / 730 * 1000, rel=1e-3)
    assert (after["members"]["binary"]["estimate"], after["comparison"]["offences"]) == (1, 4)
    against = found["after_against_before"]
    assert against["members"]["ratio"]["estimate"] == pytest.approx(0.25, rel=1e-3)
    assert against["comparison"]["ratio"]["estimate"] == pytest.approx(0.5, rel=1e-3)
    assert (against["pairs"], against["difference"]["ratio"]["estimate"]) == (2, 0.5)
    assert found["during_against_before"]["members"]["refused"].startswith("Fewer offences")


def test_the_report_gives_the_cohort_over_time_and_its_mix(iom, session):
    empty = iom.get("reports/iom").json
    assert (empty["members"], empty["mix"]) == ("no_data", "no_data")
    first = iom.member(managed_by="neighbourhood", rating="red", further_themes=["ocg"])
    second = iom.member(nomination={"theme": "violence"}, risk="low", risk_rationale="x")
    session.execute(
        text("UPDATE iom_members SET joined_on = joined_on - 400 WHERE id = :id"),
        {"id": first["id"]},
    )
    session.execute(
        text("UPDATE iom_members SET joined_on = joined_on - 40 WHERE id = :id"),
        {"id": second["id"]},
    )
    iom.decide(iom.nominate(theme="asb"), outcome="refused")
    report = iom.get("reports/iom").json
    last = report["over_time"][-1]
    assert (report["members"], last["members"], last["year_before"], last["change"]) == (2, 2, 1, 1)
    assert report["over_time"][0]["year_before"] == "no_data"
    assert report["mix"]["by_theme"] == {"acquisitive": 1, "ocg": 1, "violence": 1}
    assert report["mix"]["by_rating"] == {"red": 2}
    assert (report["led_by_neighbourhood"], report["neighbourhood_without_support"]) == (1, 1)
    assert {"theme": "asb", "state": "refused", "nominations": 1} in report["nominations"]
    iom.done(first, "exits", reason="completed", rationale="x", what_worked="Work.")
    after = iom.get("reports/iom").json
    assert (after["members"], after["exits"][0]["reason"]) == (1, "completed")
    past = iom.get("reports/iom", to=(clock.today() - timedelta(days=10)).isoformat()).json
    assert past["members"] == 2
    turned = iom.get("reports/iom", **{"from": "2026-03-02", "to": "2026-03-01"})
    assert turned.status_code == 422
    long = iom.get("reports/iom", **{"from": "2015-01-01"})
    assert (long.status_code, long.json["errors"][0]["pointer"]) == (422, "/from")


def test_the_days_of_the_report():
    for year, last in ((2027, 28), (2028, 29)):
        days = month_ends(date(year, 1, 15), date(year, 3, 9))
        assert [(day.month, day.day) for day in days] == [(1, 15), (1, 31), (2, last), (3, 9)]


def test_somebody_with_two_memberships_is_one_person_and_few_are_told_without_counts(
    iom, client, headers
):
    person = iom.person()
    given_detention(client, headers, arrested_at=ago(950))
    for days in (700, 100):
        given_detention(client, headers, person=person, arrested_at=ago(days), offences=["TH68010"])
    for joined, left in ((500, 450), (420, 400)):
        nomination = iom.nominate(person, occurred_at=ago(joined + 1))
        decided = iom.decide(nomination, occurred_at=ago(joined))
        member = iom.read(decided["member_id"])
        iom.done(member, "exits", reason="completed", rationale="x", occurred_at=ago(left))
    found = iom.get("iom/evaluation", people="true").json
    assert (found["members"], found["memberships"], len(found["people"])) == (1, 2, 1)
    (shown,) = found["people"]
    assert (shown["memberships"], shown["before"]["offences"], shown["after"]["offences"]) == (
        2,
        1,
        1,
    )
    assert shown["during"]["free_days"] == pytest.approx(100, abs=1.5)
    before = found["windows"]["before"]["members"]
    assert before["people"] == 1
    hidden = ("offences", "offenders", "harm_days", "free_days", "binary")
    assert {name: before[name] for name in hidden} == dict.fromkeys(hidden)
