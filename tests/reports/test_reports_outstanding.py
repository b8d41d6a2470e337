"""The report on outstanding suspects: no data apart from 0, areas, rates, owners who have left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from builders import given_entry, given_neighbourhood, given_person, given_want
from sqlalchemy import text

from offenders import clock

SECTIONS = (
    "outstanding",
    "headline",
    "rates",
    "by_reason",
    "by_risk",
    "by_circulation",
    "by_area",
    "domestic_abuse",
    "owner_left",
    "overdue",
    "age",
    "oldest",
)


def now():
    return datetime.now(UTC)


def report(client, headers, query="", role="chief_officer", **claims):
    answer = client.get(f"/v1/reports/outstanding?{query}", headers=headers(role, **claims))
    assert answer.status_code == 200, answer.json
    return answer.json


def at(moment):
    return f"as_at={quote(moment.isoformat())}"


def given_arrest(client, headers, *, after_days, ended_at, **fields):
    entered_at = (ended_at - timedelta(days=after_days)).isoformat()
    want = given_want(client, headers, entered_at=entered_at, **fields)
    body = {"outcome": "arrested", "occurred_at": ended_at.isoformat()}
    sent = headers("investigator") | {"If-Match": '"1"'}
    answer = client.post(f"/v1/wanted/{want['id']}/outcomes", json=body, headers=sent)
    assert answer.status_code == 201, answer.json
    return answer.json


def put(client, headers, path, **body):
    answer = client.put(f"/v1/{path}", json=body, headers=headers("force_admin"))
    assert answer.status_code < 300, answer.json


def test_a_force_that_has_never_loaded_wants_has_no_data(client, headers):
    found = report(client, headers, "periods=3")
    assert {name: found[name] for name in SECTIONS} == dict.fromkeys(SECTIONS, "no_data")
    assert found["first_recorded_at"] is None
    assert [each["wants"] for each in found["trend"]["items"]] == ["no_data"] * 3
    assert found["time_to_arrest"]["arrested"] == "no_data"
    assert found["time_to_arrest"]["median_days"] == "no_data"
    assert found["ended"]["outcomes"] == "no_data"


def test_a_moment_before_the_first_record_has_no_data_and_a_later_one_has_noughts(client, headers):
    before = now()
    want = given_want(client, headers, entered_at="2020-01-01T00:00:00Z")
    found = report(client, headers, at(before))
    assert {name: found[name] for name in SECTIONS} == dict.fromkeys(SECTIONS, "no_data")
    assert found["time_to_arrest"]["arrested"] == found["ended"]["outcomes"] == "no_data"
    sent = headers("investigator") | {"If-Match": '"1"'}
    body = {"outcome": "withdrawn"}
    client.post(f"/v1/wanted/{want['id']}/outcomes", json=body, headers=sent)
    found = report(client, headers)
    assert [found["outstanding"][unit] for unit in ("crimes", "wants", "people")] == [0, 0, 0]
    assert [each["wants"] for each in found["by_risk"]] == [0, 0, 0, 0]
    assert (found["age"]["median_days"], found["oldest"]) == ("no_data", [])
    assert found["first_recorded_at"] is not None


def test_a_past_report_stays_as_it_was_whatever_is_entered_since(client, headers):
    given_want(client, headers)
    put(client, headers, "populations/force/33/2015", population=1000, source="ONS")
    first = report(client, headers)
    query = f"as_at={first['as_at']}"
    given_want(client, headers, entered_at="2020-01-01T00:00:00Z", owner_officer="7")
    put(client, headers, "officers/7", left="2020-01-01")
    put(client, headers, "populations/force/33/2015", population=2000, source="ONS, revised")
    assert report(client, headers, query) == first


@pytest.mark.parametrize(
    ("lengths", "median", "ninetieth"),
    [
        ([], "no_data", "no_data"),
        ([4], 4.0, 4.0),
        ([1, 4], 2.5, 3.7),
        ([10, 1, 4], 4.0, 8.8),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 30], 5.0, 9.0),
    ],
)
def test_the_time_to_arrest_of_none_one_and_several(client, headers, lengths, median, ninetieth):
    given_want(client, headers)
    for length in lengths:
        given_arrest(client, headers, after_days=length, ended_at=now() - timedelta(minutes=5))
    found = report(client, headers, "periods=0")["time_to_arrest"]
    assert found["arrested"]["wants"] == len(lengths)
    assert (found["median_days"], found["p90_days"]) == (median, ninetieth)


def test_an_arrest_counts_on_the_london_day_on_which_it_happened(client, headers):
    # 1 July begins in London an hour before it does in UTC.
    ended_at = datetime(2026, 6, 30, 23, 0, tzinfo=UTC)
    given_arrest(client, headers, after_days=1, ended_at=ended_at)
    given_arrest(client, headers, after_days=3, ended_at=ended_at - timedelta(microseconds=1))
    for day, length in (("2026-07-01", 1.0), ("2026-06-30", 3.0)):
        found = report(client, headers, f"from={day}&to={day}")["time_to_arrest"]
        assert (found["from"], found["to"], found["median_days"]) == (day, day, length)
        rows = client.get(found["arrested"]["href"], headers=headers("chief_officer")).json
        assert len(rows["items"]) == found["arrested"]["wants"] == 1
    empty = report(client, headers, "from=2026-07-02&to=2026-07-03")["time_to_arrest"]
    assert empty["arrested"] == "no_data"
    both = report(client, headers, "from=2026-06-30&to=2026-07-01")["time_to_arrest"]
    assert both["arrested"]["wants"] == 2


def test_only_arrests_make_the_time_to_arrest(client, headers):
    want = given_want(client, headers, entered_at=(now() - timedelta(days=9)).isoformat())
    sent = headers("investigator") | {"If-Match": '"1"'}
    body = {"outcome": "surrendered"}
    client.post(f"/v1/wanted/{want['id']}/outcomes", json=body, headers=sent)
    found = report(client, headers)
    assert (found["time_to_arrest"]["arrested"]["wants"], found["time_to_arrest"]["p90_days"]) == (
        0,
        "no_data",
    )
    outcomes = {each["outcome"]: each["wants"] for each in found["ended"]["outcomes"]}
    assert (outcomes["surrendered"], outcomes["arrested"]) == (1, 0)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("as_at=2099-01-01T00:00:00Z", "/as_at"),
        ("periods=61", "/periods"),
        ("periods=-1", "/periods"),
        ("interval=day", "/interval"),
        ("from=2026-02-02&to=2026-02-01", "/to"),
        ("to=2099-01-01", "/to"),
        ("as_at=2026-03-01T00:00:00Z&to=2026-03-02", "/to"),
        ("colour=blue", "/colour"),
    ],
)
def test_a_bad_question_is_named(client, headers, query, pointer):
    answer = client.get(f"/v1/reports/outstanding?{query}", headers=headers("chief_officer"))
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


@pytest.fixture
def areas(client, headers):
    """Two LPAs with two wards each; a want in every ward and one that lies nowhere."""
    for number, (lpa, ward) in enumerate((("N", "N1"), ("N", "N2"), ("S", "S1"), ("S", "S2"))):
        given_neighbourhood(client, ward, lpa=lpa, south_west=(52 + number, -1))
        given_want(client, headers, neighbourhood=ward)
    given_want(client, headers)


SUPERVISOR_OF_N = {"role": "supervisor", "lpas": ["N"]}


@pytest.mark.parametrize(
    ("claims", "query", "wants", "area"),
    [
        ({}, "", 5, {"type": "force", "code": "33"}),
        ({}, "force=33", 5, {"type": "force", "code": "33"}),
        ({}, "lpa=N", 2, {"type": "lpa", "code": "N"}),
        ({}, "neighbourhood=N1", 1, {"type": "neighbourhood", "code": "N1"}),
        ({}, "lpa=N&neighbourhood=N1", 1, {"type": "neighbourhood", "code": "N1"}),
        ({}, "lpa=none", 1, {"type": "part", "code": None}),
        (SUPERVISOR_OF_N, "", 2, {"type": "lpa", "code": "N"}),
        (SUPERVISOR_OF_N, "lpa=N", 2, {"type": "lpa", "code": "N"}),
        (SUPERVISOR_OF_N, "neighbourhood=N2", 1, {"type": "neighbourhood", "code": "N2"}),
        ({"role": "supervisor", "neighbourhoods": ["N1"]}, "", 1, {"type": "part", "code": None}),
        (
            {"role": "supervisor", "neighbourhoods": ["N1"]},
            "lpa=N",
            1,
            {"type": "part", "code": None},
        ),
        (
            {"role": "supervisor", "lpas": ["N", "S"]},
            "",
            4,
            {"type": "part", "code": None},
        ),
    ],
)
def test_the_area_asked_and_that_of_the_token_narrow_the_report(
    client, headers, areas, claims, query, wants, area
):
    found = report(client, headers, query, **claims)
    assert (found["outstanding"]["wants"], found["area"]) == (wants, area)


@pytest.mark.parametrize(
    ("claims", "query"),
    [
        ({}, "force=31"),
        ({}, "lpa=nowhere"),
        ({}, "neighbourhood=nowhere"),
        ({}, "lpa=S&neighbourhood=N1"),
        (SUPERVISOR_OF_N, "lpa=S"),
        (SUPERVISOR_OF_N, "neighbourhood=S1"),
        ({"role": "supervisor", "neighbourhoods": ["N1"]}, "lpa=S"),
        ({"role": "supervisor", "neighbourhoods": ["N1"]}, "neighbourhood=N2"),
    ],
)
def test_an_area_out_of_scope_is_like_one_that_is_not_there(client, headers, areas, claims, query):
    claims = {"role": "chief_officer", **claims}
    sent = headers(claims.pop("role"), **claims)
    assert client.get(f"/v1/reports/outstanding?{query}", headers=sent).status_code == 404


def test_an_area_without_wants_is_listed_with_noughts(client, headers, areas):
    given_neighbourhood(client, "E1", lpa="E", south_west=(57, -1))
    found = report(client, headers)["by_area"]
    assert [(each["lpa"], each["wants"]) for each in found] == [
        ("E", 0),
        ("N", 2),
        ("S", 2),
        (None, 1),
    ]
    wards = report(client, headers, "lpa=N")["by_area"]
    assert [(each["neighbourhood"], each["wants"]) for each in wards] == [("N1", 1), ("N2", 1)]
    mine = report(client, headers, **SUPERVISOR_OF_N)["by_area"]
    assert [each["lpa"] for each in mine] == ["N"]


def test_a_rate_is_given_only_where_a_population_is_loaded(client, headers, areas):
    assert report(client, headers)["rates"] == "no_data"
    this_year = clock.today().year
    put(client, headers, "populations/force/33/2015", population=1000, source="ONS mid-2015")
    put(client, headers, f"populations/lpa/N/{this_year}", population=4000, source="ONS")
    put(client, headers, f"populations/lpa/N/{this_year + 1}", population=1, source="projected")
    put(client, headers, "populations/force/33/2016", population=9, group="visitors", source="own")
    found = report(client, headers)
    assert found["rates"] == {
        "people_per_1000": 5.0,
        "crimes_per_1000": 0.0,
        "population": 1000,
        "year": 2015,
        "group": "resident",
        "source": "ONS mid-2015",
    }
    rates = {each["lpa"]: each["rate"] for each in found["by_area"]}
    assert rates["N"]["people_per_1000"] == 0.5
    assert (rates["S"], rates[None]) == ("no_data", "no_data")
    assert report(client, headers, "lpa=N")["rates"]["population"] == 4000
    assert report(client, headers, **SUPERVISOR_OF_N)["rates"]["population"] == 4000
    part = report(client, headers, role="supervisor", neighbourhoods=["N1"])
    assert part["rates"] == "no_data"
    assert {each["lpa"]: each["rate"] for each in part["by_area"]} == {"N": "no_data"}


def test_wants_of_officers_who_have_left_are_told(client, headers):
    given_want(client, headers, owner_officer="1")
    given_want(client, headers, owner_officer="2")
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    not_yet_known = now()
    put(client, headers, "officers/1", left=yesterday)
    put(client, headers, "officers/2", left=clock.today().isoformat())
    known_then = now()
    found = report(client, headers)["owner_left"]
    assert (found["wants"], found["people"]) == (1, 1)
    rows = client.get(found["href"], headers=headers("chief_officer")).json["items"]
    assert [row["owner_officer"] for row in rows] == ["1"]
    stays = client.get("/v1/wanted?owner_left=false", headers=headers("chief_officer")).json
    assert [row["owner_officer"] for row in stays["items"]] == ["2"]
    put(client, headers, "officers/1")
    assert report(client, headers)["owner_left"]["wants"] == 0
    assert report(client, headers, at(known_then))["owner_left"]["wants"] == 1
    assert report(client, headers, at(not_yet_known))["owner_left"]["wants"] == 0


def test_a_want_that_follows_a_protected_address_tells_no_area(client, headers):
    given_neighbourhood(client, "W1", lpa="N", south_west=(52.0, -1.0))
    address = {"lines": ["1 Made Up Road"], "latitude": 52.005, "longitude": -0.995}
    person = given_person(client, headers, addresses=[address | {"type": "home"}])
    given_want(client, headers, person=person)
    other = given_person(client, headers)
    given_entry(client, headers, other, "associations", person_id=person["id"], type="victim_of")
    for role, lpa in (("supervisor", "N"), ("chief_officer", None)):
        found = report(client, headers, role=role)
        assert {each["lpa"]: each["wants"] for each in found["by_area"] if each["wants"]} == {
            lpa: 1
        }
        assert report(client, headers, "lpa=N", role=role)["outstanding"]["wants"] == (
            1 if lpa else 0
        )


def test_patrol_officers_and_clients_get_no_report(client, headers):
    for role in ("response_officer", "custody_client", "auditor", "force_admin"):
        answer = client.get("/v1/reports/outstanding", headers=headers(role))
        assert answer.status_code == 403


def test_the_report_is_audited_with_the_wants_that_it_names(client, headers, session):
    want = given_want(client, headers)
    report(client, headers)
    row = session.execute(
        text("SELECT * FROM audit_events WHERE action = 'reports.outstanding'")
    ).one()
    assert (row.audit_class, [str(each) for each in row.subject_ids]) == (
        "consultation",
        [want["id"]],
    )
