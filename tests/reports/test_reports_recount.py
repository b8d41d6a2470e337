"""The report against a plain recount of a year of made-up history, for any moment and area."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from random import Random
from statistics import median
from urllib.parse import quote

import pytest
from history_given import BEGAN, CLOCKS, DAYS, LPAS, OFFICERS, REASONS, RISKS

from offenders.db import Work, transaction
from offenders.domain.access import Scope
from offenders.domain.reports.rules import age_bands, trend_moments
from offenders.domain.reports.service import Asked, report_outstanding
from offenders.domain.wanted.service import Question
from offenders.domain.working_days import day_bounds

PAIRS = 100
OVERDUE = dict(zip(("arrest", "review", "validation", "activity"), CLOCKS, strict=True))
AREAS = [
    {},
    *({"lpa": lpa} for lpa in LPAS),
    *({"neighbourhood": place} for places in LPAS.values() for place in places),
    {"lpa": "N", "risk": "high"},
    {"reason": "named_suspect"},
    {"owner": "1002"},
    {"domestic_abuse": True},
]


def units(wants):
    crimes = {each["crime_reference"] for each in wants} - {None}
    return (len(crimes), len(wants), len({each["person_id"] for each in wants}))


def shown(figure):
    return (figure["crimes"], figure["wants"], figure["people"])


def percentile(values, share):
    """PostgreSQL's percentile_cont, written out."""
    values = sorted(values)
    place = share * (len(values) - 1)
    low = values[int(place)]
    high = values[min(int(place) + 1, len(values) - 1)]
    return low + (high - low) * (place - int(place))


def days(delta):
    return delta.total_seconds() / 86400


def plainly(filters):
    return {"owner_officer" if name == "owner" else name: value for name, value in filters.items()}


def random_pairs(world, seed):
    """Give moments: the very ones at which a version begins or a clock runs out, and others."""
    rnd = Random(seed)
    for number in range(PAIRS):
        moment = BEGAN + timedelta(seconds=rnd.randrange(20 * 86400, DAYS * 86400))
        if number % 3 == 0:
            moment = rnd.choice(world.versions)["recorded_from"]
        elif number % 3 == 1:
            runs_out = rnd.choice(world.versions)[rnd.choice(CLOCKS)]
            moment = min(max(runs_out, BEGAN + timedelta(days=20)), BEGAN + timedelta(days=DAYS))
        yield moment, rnd.choice(AREAS), rnd.choice(["week", "month"])


@pytest.fixture
def ask(world, connection):
    def report(as_at, filters, interval="month", periods=6, since=date(2025, 9, 1)):
        with transaction(connection, Work("33")) as session:
            question = Question(
                {**filters, "state": "outstanding"}, Scope("33"), as_at, True, as_at
            )
            asked = Asked({}, interval, periods, since, max(since, as_at.date()))
            return report_outstanding(session, question, asked)

    return report


def test_any_moment_and_area_is_counted_as_by_hand(world, ask):
    for as_at, filters, interval in random_pairs(world, 11):
        found = ask(as_at, filters, interval)
        stood = world.at(as_at, state="outstanding", **plainly(filters))
        check_stock(found, stood, as_at)
        check_groups(found, stood, filters, as_at)
        check_trend(found["trend"]["items"], world, as_at, filters, interval)


def check_stock(found, stood, as_at):
    assert shown(found["outstanding"]) == units(stood)
    ages = [days(as_at - each["entered_at"]) for each in stood]
    if ages:
        assert found["age"]["median_days"] == pytest.approx(median(ages), abs=0.0501)
    else:
        assert found["age"]["median_days"] == "no_data"
    oldest = sorted(stood, key=lambda each: (each["entered_at"], each["id"].int))[:10]
    assert [each["id"] for each in found["oldest"]] == [str(each["id"]) for each in oldest]


def check_groups(found, stood, filters, as_at):
    for name, values in (("reason", REASONS), ("risk", RISKS)):
        groups = {each[name]: shown(each) for each in found[f"by_{name}"]}
        for value in values:
            assert groups[value] == units([each for each in stood if each[name] == value])
    circulated = [each for each in stood if each["circulation"] == "circulated"]
    assert shown(found["headline"]["pnc_circulated"]) == units(circulated)
    lists = ("named_suspect", "failed_to_answer_bail")
    listed = [each for each in stood if each["reason"] in lists or each in circulated]
    assert found["headline"]["people_in_any"] == units(listed)[2]
    for name, clock in OVERDUE.items():
        late = [each for each in stood if each[clock] < as_at]
        assert shown(found["overdue"][name]) == units(late)
    late = [each for each in stood if any(each[clock] < as_at for clock in CLOCKS)]
    assert shown(found["overdue"]["any"]) == units(late)
    assert shown(found["domestic_abuse"]) == units([e for e in stood if e["domestic_abuse"]])
    column = "neighbourhood" if "lpa" in filters else "lpa"
    if "neighbourhood" not in filters:
        areas = {each[column]: shown(each) for each in found["by_area"]}
        for value in {each[column] for each in stood} | set(LPAS if column == "lpa" else ()):
            assert areas[value] == units([each for each in stood if each[column] == value])
        assert sum(each[1] for each in areas.values()) == len(stood)
    for band, (_, _, since, before) in zip(found["age"]["bands"], age_bands(as_at), strict=True):
        inside = [
            each
            for each in stood
            if (since is None or each["entered_at"] >= since)
            and (before is None or each["entered_at"] < before)
        ]
        assert shown(band) == units(inside)


def check_trend(items, world, as_at, filters, interval):
    first = min(each["recorded_from"] for each in world.versions)
    moments = trend_moments(as_at, interval, 6)
    assert len(items) == len(moments)
    before, were = None, set()
    for item, moment in zip(items, moments, strict=True):
        if moment < first:
            assert (item["wants"], item["change"], item["href"]) == ("no_data", "no_data", None)
            continue
        stood = world.at(moment, state="outstanding", **plainly(filters))
        counts, are = units(stood), {each["id"] for each in stood}
        assert shown(item) == counts
        if before is None:
            assert (item["change"], item["new"], item["gone"]) == ("no_data",) * 3
        else:
            change = tuple(a - b for a, b in zip(counts, before, strict=True))
            assert shown(item["change"]) == change
            assert (item["new"], item["gone"]) == (len(are - were), len(were - are))
            assert before[1] + item["new"] - item["gone"] == item["wants"]
        before, were = counts, are


def test_the_time_to_arrest_of_any_period_is_that_of_a_recount(world, ask):
    for as_at, filters, _ in list(random_pairs(world, 23))[:40]:
        since = as_at.date() - timedelta(days=60)
        found = ask(as_at, filters, periods=0, since=since)
        begin, end = day_bounds(since, as_at.date())
        ended = [
            each
            for each in world.at(as_at, **plainly(filters))
            if each["outcome_at"] is not None and begin <= each["outcome_at"] < end
        ]
        by_outcome = Counter(each["state"] for each in ended)
        for each in found["ended"]["outcomes"]:
            assert each["wants"] == by_outcome[each["outcome"]]
        taken = [each for each in ended if each["state"] == "arrested"]
        lengths = [days(each["outcome_at"] - each["entered_at"]) for each in taken]
        arrests = found["time_to_arrest"]
        assert shown(arrests["arrested"]) == units(taken)
        for name, share in (("median_days", 0.5), ("p90_days", 0.9)):
            if lengths:
                assert arrests[name] == pytest.approx(percentile(lengths, share), abs=0.0501)
            else:
                assert arrests[name] == "no_data"


def test_the_report_says_what_the_counts_say_at_the_same_moment(world, client, headers):
    chief = headers("chief_officer")
    for as_at, filters, _ in list(random_pairs(world, 5))[:12]:
        area = {k: v for k, v in filters.items() if k in {"lpa", "neighbourhood"}}
        query = f"as_at={quote(as_at.isoformat())}" + "".join(f"&{k}={v}" for k, v in area.items())
        report = client.get(f"/v1/reports/outstanding?{query}&periods=0", headers=chief).json
        counts = client.get(f"/v1/wanted/counts?{query}", headers=chief).json
        assert shown(report["outstanding"]) == shown(counts["counts"][0])
        for name in ("named_suspects", "failed_to_answer_bail", "pnc_circulated"):
            assert shown(report["headline"][name]) == shown(counts["headline"][name])
        assert report["headline"]["people_in_any"] == counts["headline"]["people_in_any"]
        assert report["as_at"] == counts["as_at"]


def figures_with_links(part):
    if isinstance(part, dict):
        if "href" in part and "wants" in part:
            yield part
        for each in part.values():
            yield from figures_with_links(each)
    elif isinstance(part, list):
        for each in part:
            yield from figures_with_links(each)


@pytest.mark.parametrize("query", ["", "&lpa=S&risk=high", "&owner=1001&interval=week&periods=3"])
def test_every_figure_links_to_exactly_its_rows(world, client, headers, query):
    chief = headers("chief_officer")
    found = client.get(
        f"/v1/reports/outstanding?as_at=2026-04-20T10:00:00.000001Z{query}", headers=chief
    ).json
    figures = [each for each in figures_with_links(found) if each["href"]]
    assert len(figures) > 20
    assert sum(each["wants"] > 0 for each in figures) > 10
    for each in figures:
        rows = client.get(f"{each['href']}&limit=200", headers=chief).json["items"]
        listed = [
            {"crime_reference": row["crime_reference"], "person_id": row["person_id"]}
            for row in rows
        ]
        assert (each["href"], shown(each)) == (each["href"], units(listed))


def test_only_what_no_list_gives_has_no_link(world, client, headers):
    found = client.get(
        "/v1/reports/outstanding?as_at=2026-04-20T10:00:00Z", headers=headers("chief_officer")
    ).json
    without = [each for each in figures_with_links(found) if not each["href"]]
    trend = [each for each in found["trend"]["items"] if each["wants"] == "no_data"]
    assert without == [found["overdue"]["any"], *trend]


def test_a_filter_and_a_figure_that_exclude_each_other_have_no_link(world, client, headers):
    found = client.get(
        "/v1/reports/outstanding?as_at=2026-04-20T10:00:00Z&reason=prison_recall",
        headers=headers("chief_officer"),
    ).json
    named = found["headline"]["named_suspects"]
    assert (named["wants"], named["href"]) == (0, None)
    groups = {each["reason"]: each for each in found["by_reason"]}
    assert groups["prison_recall"]["wants"] == found["outstanding"]["wants"] > 0
    assert groups["court_warrant"]["href"] is None


def test_the_oldest_are_links_that_the_reader_may_open(world, client, headers):
    chief = headers("chief_officer")
    query = "as_at=2026-04-20T10:00:00Z&periods=0"
    oldest = client.get(f"/v1/reports/outstanding?{query}", headers=chief).json["oldest"]
    assert len(oldest) == 10
    for each in oldest:
        opened = client.get(each["href"], headers=chief)
        assert (opened.status_code, opened.json["reference"]) == (200, each["reference"])
        assert opened.json["state"] == "outstanding"
    assert all(each["owner_officer"] in OFFICERS for each in oldest)
