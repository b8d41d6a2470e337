"""Coverage: arrests, foreign nationals, requested and checked, with their rows and `no_data`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from acro_given import act, given_checks, given_detentions
from sqlalchemy import text

NUMBERS = ("arrests", "foreign_nationals", "nationality_unknown", "requested", "checked", "percent")


def day(month, number, hour=12):
    return datetime(2026, month, number, hour, tzinfo=UTC)


@pytest.fixture
def ask(client, headers):
    def get(query="from=2026-03-01&to=2026-03-31", *roles, **more):
        sent = headers(*(roles or ("investigator",)), **more)
        answer = client.get(f"/v1/acro-checks/coverage?{query}", headers=sent)
        assert answer.status_code == 200, answer.json
        return answer.json

    return get


def numbers(answer):
    return tuple(answer[name] for name in NUMBERS)


def answer_check(client, headers, check, response):
    act(client, headers, check, "requests")
    act(client, headers, check, "responses", response=response)


def test_a_detention_is_checked_when_each_of_its_checks_found_out(client, headers, session, ask):
    given_detentions(session, 4)
    given_detentions(session, 1, unknown=True)
    responses = ["trace", "no_trace", "partial", "refused", "not_available"]
    for response in responses:
        _, checks = given_checks(session, "ROU")
        answer_check(client, headers, checks["ROU"], response)
    _, both = given_checks(session, "POL", "ALB")
    answer_check(client, headers, both["POL"], "no_trace")
    _, asked = given_checks(session, "ROU")
    act(client, headers, asked["ROU"], "requests")
    _, given_up = given_checks(session, "RUS")
    act(client, headers, given_up["RUS"], "not-possible", reason="No exchange.")
    # 5 answered, 1 half, 1 asked, 1 given up: 8 foreign nationals, of whom 3 were checked.
    assert numbers(ask()) == (13, 8, 1, 6, 3, 37.5)


def test_a_period_without_arrests_has_no_data_and_one_without_foreigners_no_percent(session, ask):
    empty = ask()
    assert numbers(empty) == ("no_data",) * 6
    given_detentions(session, 2)
    assert numbers(ask()) == (2, 0, 0, 0, 0, "no_data")


def test_the_year_of_hertfordshire_comes_out_as_published(session, ask):
    # 18,702 arrests with 3,297 foreign nationals, a thousandth of each.
    given_detentions(session, 15)
    given_detentions(session, 4, countries=["ROU"])
    found = ask()
    assert (found["arrests"], found["foreign_nationals"], found["percent"]) == (19, 4, 0.0)


# The first and last moments of March 2026 in London; summer time begins on the 29th.
@pytest.mark.parametrize(
    ("moment", "arrests"),
    [
        ("2026-02-28T23:59:59.999999", "no_data"),
        ("2026-03-01T00:00:00", 1),
        ("2026-03-31T22:59:59.999999", 1),
        ("2026-03-31T23:00:00", "no_data"),
    ],
)
def test_a_period_is_whole_london_days(session, ask, moment, arrests):
    arrested_at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    given_detentions(session, 1, arrested_at=arrested_at)
    assert ask()["arrests"] == arrests


def test_by_area_every_lpa_is_told_and_one_that_sent_nothing_has_no_data(
    client, headers, session, ask
):
    _, checks = given_checks(session, "ROU", lpa="NORTH")
    answer_check(client, headers, checks["ROU"], "no_trace")
    given_checks(session, "ROU", lpa="SOUTH")
    given_detentions(session, 1)
    session.execute(text("INSERT INTO lpas VALUES ('33', 'WEST', 'WEST')"))
    groups = {
        each["lpa"]: numbers(each)
        for each in ask("from=2026-03-01&to=2026-03-31&group_by=lpa")["groups"]
    }
    assert groups["NORTH"] == (1, 1, 0, 1, 1, 100.0)
    assert groups["SOUTH"] == (1, 1, 0, 0, 0, 0.0)
    assert groups[None] == (1, 0, 0, 0, 0, "no_data")
    assert groups["WEST"] == ("no_data",) * 6


def test_by_month_and_by_country(client, headers, session, ask):
    _, checks = given_checks(session, "ROU", "ALB", arrested_at=day(2, 10))
    answer_check(client, headers, checks["ROU"], "trace")
    given_checks(session, "ROU", arrested_at=day(4, 10))
    query = "from=2026-02-05&to=2026-04-20"
    months = ask(f"{query}&group_by=month")["groups"]
    assert [(each["month"], each["arrests"], each["checked"]) for each in months] == [
        ("2026-02", 1, 0),
        ("2026-03", "no_data", "no_data"),
        ("2026-04", 1, 0),
    ]
    assert [each["href"].partition("?")[2].split("&")[:2] for each in months] == [
        ["from=2026-02-05", "to=2026-02-28"],
        ["from=2026-03-01", "to=2026-03-31"],
        ["from=2026-04-01", "to=2026-04-20"],
    ]
    countries = ask(f"{query}&group_by=country")["groups"]
    assert [(each["country"], *numbers(each)[1:]) for each in countries] == [
        ("ALB", 1, 0, 0, 0, 0.0),
        ("ROU", 2, 0, 1, 1, 50.0),
    ]
    for each in countries:
        listed = client.get(each["href"], headers=headers("investigator")).json["items"]
        assert len(listed) == each["foreign_nationals"]
        assert all(each["country"] in row["countries"] for row in listed)


def test_a_country_that_was_corrected_counts_no_longer(client, headers, session, ask):
    detention, checks = given_checks(session, "POL", "FRA")
    answer_check(client, headers, checks["FRA"], "no_trace")
    corrected = "UPDATE detentions SET countries = '{FRA}' WHERE id = :id"
    session.execute(text(corrected), {"id": detention.id})
    given_checks(session, "POL")
    assert numbers(ask()) == (2, 2, 0, 1, 1, 50.0)
    for each in ask("from=2026-03-01&to=2026-03-31&group_by=country")["groups"]:
        listed = client.get(each["href"], headers=headers("investigator")).json["items"]
        assert len(listed) == each["foreign_nationals"] == 1


def test_the_hours_from_arrest_to_request_are_told(client, headers, session, ask):
    for hours in (1, 3, 11):
        _, checks = given_checks(session, "ROU", arrested_at=day(3, 2))
        moment = day(3, 2, 12 + hours) if hours < 11 else day(3, 2, 23)
        act(client, headers, checks["ROU"], "requests", requested_at=moment.isoformat())
    assert ask()["hours_to_request"] == {"median": 3.0, "p90": 9.4}


def test_a_request_before_an_arrest_that_was_corrected_took_no_time(client, headers, session, ask):
    _, checks = given_checks(session, "ROU", arrested_at=day(3, 10))
    at = day(3, 10, 13).isoformat()
    act(client, headers, checks["ROU"], "requests", requested_at=at)
    session.execute(text("UPDATE acro_checks SET detained_at = :at"), {"at": day(3, 10, 15)})
    assert ask()["hours_to_request"] == {"median": 0.0, "p90": 0.0}


def test_a_rounded_percent_goes_half_up(client, headers, session, ask):
    for number in range(16):
        _, checks = given_checks(session, "ROU")
        if number < 1:
            answer_check(client, headers, checks["ROU"], "no_trace")
    # 6.25
    assert ask()["percent"] == 6.3


def test_an_area_claim_narrows_the_count(session, ask):
    given_checks(session, "ROU", lpa="NORTH")
    given_checks(session, "ROU", lpa="SOUTH")
    narrowed = ask("from=2026-03-01&to=2026-03-31&group_by=lpa", "supervisor", lpas=["NORTH"])
    assert narrowed["arrests"] == 1
    assert [each["lpa"] for each in narrowed["groups"]] == ["NORTH"]
    assert ask("from=2026-03-01&to=2026-03-31&lpa=SOUTH")["arrests"] == 1
    assert ask("from=2026-03-01&to=2026-03-31", force="31")["arrests"] == "no_data"


def test_an_area_that_is_not_there_or_out_of_reach_is_not_found(client, headers, session):
    given_checks(session, "ROU", lpa="NORTH")
    given_checks(session, "ROU", lpa="SOUTH")
    narrowed = headers("supervisor", lpas=["NORTH"])
    for lpa, sent, status in (
        ("NORTH", narrowed, 200),
        ("SOUTH", narrowed, 404),
        ("SOUTH", headers("investigator"), 200),
        ("EAST", headers("investigator"), 404),
        ("none", headers("investigator"), 200),
    ):
        answer = client.get(f"/v1/acro-checks/coverage?lpa={lpa}", headers=sent)
        assert (lpa, answer.status_code) == (lpa, status)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("from=2026-03-02&to=2026-03-01", "/to"),
        ("from=yesterday", "/from"),
        ("group_by=shoe", "/group_by"),
        ("from=2999-01-01", "/to"),
        ("from=2016-01-01&to=2026-03-31", "/from"),
    ],
)
def test_a_bad_period_is_named(client, headers, query, pointer):
    answer = client.get(f"/v1/acro-checks/coverage?{query}", headers=headers("investigator"))
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


def test_senders_and_officers_on_the_street_get_no_counts(client, headers):
    for role in ("custody_client", "acro_client", "response_officer"):
        assert client.get("/v1/acro-checks/coverage", headers=headers(role)).status_code == 403
