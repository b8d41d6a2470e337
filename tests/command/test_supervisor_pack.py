"""The supervisor pack: what is counted to whom, and that every count is exactly its list."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from acro_given import given_check
from bail_given import Bail
from builders import given_detention, given_entry, given_neighbourhood, given_person, given_want
from forensics_given import hit_body
from history_given import BEGAN
from orders_given import Orders, day, moment

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.command.measures import MEASURES
from offenders.domain.command.rules import PAIRS

PACK = "/v1/reports/supervisor-pack"


def ago(days):
    return (clock.now() - timedelta(days=days)).isoformat()


def pack(client, sent, **query):
    answer = client.get(PACK, headers=sent, query_string=query)
    assert answer.status_code == 200, answer.json
    return answer.json


def records(client, sent, href):
    found, cursor = [], ""
    while True:
        answer = client.get(f"{href}&limit=3{cursor}", headers=sent)
        assert answer.status_code == 200, (href, answer.json)
        found += answer.json["items"]
        if answer.json["next"] is None:
            return found
        cursor = f"&cursor={answer.json['next']}"


def counts(measures):
    return {name: each["records"] for name, each in measures.items() if each["records"]}


@pytest.fixture
def force(client, headers, connection):
    """Two areas; officer 11 of team A in N, officer 22 of no team in S; a record of each kind."""
    for number, lpa in enumerate("NS"):
        given_neighbourhood(client, f"{lpa}1", lpa=lpa, south_west=(52 + number, -1))
    put = headers("force_admin")
    client.put("/v1/officers/11", json={"team": "A"}, headers=put)
    client.put("/v1/officers/22", json={}, headers=put)
    mine = {"owner_officer": "11", "neighbourhood": "N1"}
    twice = given_person(client, headers)
    old = given_want(client, headers, person=twice, **mine, crime_reference="1", entered_at=ago(22))
    given_want(client, headers, person=twice, **mine, crime_reference="2", entered_at=ago(20))
    other = {"owner_officer": "22", "neighbourhood": "S1"}
    given_want(client, headers, reason="court_warrant", **other, entered_at=ago(50))
    gone = given_want(client, headers, **mine)
    sent = headers("investigator") | {"If-Match": '"1"'}
    client.post(f"/v1/wanted/{gone['id']}/outcomes", json={"outcome": "arrested"}, headers=sent)
    for lpa, received in (("N", 22), ("N", 20)):
        body = hit_body(lpa=lpa, received_at=ago(received), identified_at=ago(30))
        client.post("/v1/forensic-hits", json=body, headers=headers("forensic_client"))
    Bail(client, headers, "33").given(**mine, arrested_at=ago(30), bailed_at=ago(29))
    orders = Orders(client, headers, "33")
    order = orders.given(**mine)
    orders.done(order, "checks", result="compliant")
    orders.done(order, "checks", result="not_seen")
    orders.done(order, "breaches", occurred_at=moment(-1))
    given_detention(client, headers, arresting_officer="11", lpa="N", pnc_checked=True)
    given_detention(client, headers, arresting_officer="22", lpa="S")
    with transaction(connection, Work("33")) as session:
        given_check(session, lpa="N")
    task = {
        "action": "Visit 12 High Street and speak to the landlord",
        "due_at": (clock.now() + timedelta(days=1)).isoformat(),
        "owner_officer": "11",
        "lpa": "N",
    }
    answer = client.post("/v1/tasks", json=task, headers=headers("supervisor"))
    assert answer.status_code == 201, answer.json
    for rule in ("overdue-arrests", "missing-acro-checks"):
        client.post(f"/v1/jobs/{rule}/runs", json={}, headers=put)
    return old


def test_each_record_stands_with_its_officer_and_their_team_by_code(client, headers, force):
    sent = headers("chief_officer")
    found = pack(client, sent, team="A")
    (team,) = found["teams"]
    (officer,) = team["officers"]
    assert (team["team"], officer["officer"]) == ("A", "11")
    assert team["measures"]["outstanding_suspects"] | {"href": None} == {
        "records": 2,
        "people": 1,
        "href": None,
    }
    assert counts(officer["measures"]) == counts(team["measures"]) == counts(found["total"])
    wanted = {
        "outstanding_suspects": 2,
        "outstanding_wants": 2,
        "old_investigations": 2,  # a suspect of 22 days and a release of 30
        "wanted_arrested": 1,
        "arrests": 1,
        "arrests_pnc_checked": 1,
        "order_checks_done": 1,
        "order_checks_not_seen": 1,
        "breaches_unactioned": 1,
    }
    assert {name: counts(team["measures"])[name] for name in wanted} == wanted
    whole = pack(client, sent)
    assert [each["team"] for each in whole["teams"]] == ["A", "DUTY-N", "DUTY-S", None]
    assert "officers" not in whole["teams"][0]
    drilled = client.get(whole["teams"][0]["drill_down"], headers=sent).json
    assert counts(drilled["teams"][0]["measures"]) == counts(team["measures"])
    total = whole["total"]
    assert total["hits_open"]["records"] == 2
    assert total["old_investigations"]["records"] == 3  # and a hit of 22 days that names nobody
    assert total["acro_checks_overdue"]["records"] == 1
    assert whole["figures"]["old_investigation"]["figure"] == 21
    assert "4.165-4.167" in whole["figures"]["old_investigation"]["citation"]


def test_every_count_of_the_pack_is_exactly_its_list(client, headers, force):
    for role, claims in (("chief_officer", {}), ("supervisor", {"lpas": ["N"]})):
        sent = headers(role, **claims)
        whole = pack(client, sent)
        figures = [whole["total"], *(team["measures"] for team in whole["teams"])]
        figures += [
            officer["measures"]
            for team in whole["teams"]
            for each in client.get(team["drill_down"], headers=sent).json["teams"]
            for officer in each["officers"]
        ]
        seen = {}
        for measures in figures:
            assert list(measures) == list(MEASURES)
            for name, figure in measures.items():
                if figure["records"] == 0 and name in seen:
                    continue
                rows = records(client, sent, figure["href"])
                assert (name, len(rows)) == (name, figure["records"])
                seen[name] = rows
        if role == "supervisor":
            assert {row["lpa"] for rows in seen.values() for row in rows} == {"N"}
        for rows in seen.values():
            for row in rows[:1]:
                shown = client.get(row["href"], headers=sent)
                assert shown.status_code == 200, row
                assert "family_name" not in str(row)
    assert set(PAIRS) | {name for each in PAIRS.values() for name in each} <= set(MEASURES)


def test_a_team_of_many_officers_comes_in_pages_that_lose_none(client, headers, force):
    """Among owners without a team may be thousands whom the directory doesn't know."""
    sent = headers("chief_officer")
    codes = ["22", *(f"X{number}" for number in range(5))]
    for code in codes[1:]:
        given_want(client, headers, owner_officer=code)
    (whole,) = pack(client, sent, team="none")["teams"]
    assert [each["officer"] for each in whole["officers"]] == codes
    assert (whole["officer_count"], whole["more"], whole["more_href"]) == (6, 0, None)
    (team,) = pack(client, sent, team="none", limit=4)["teams"]
    assert (team["officer_count"], team["more"]) == (6, 2)
    assert team["measures"]["outstanding_wants"]["records"] == 6
    given_want(client, headers, owner_officer="X4")  # later: the pages are of one moment
    found = team["officers"]
    while team["more"]:
        (team,) = client.get(team["more_href"], headers=sent).json["teams"]
        found += team["officers"]
    assert [each["officer"] for each in found] == codes
    wants = [each["measures"]["outstanding_wants"]["records"] for each in found]
    assert wants == [1] * 6
    for asked in ("limit=0", "limit=201", "limit=x"):
        assert client.get(f"{PACK}?team=none&{asked}", headers=sent).status_code == 422


def test_a_past_pack_stays_as_it_was_and_a_policy_moves_the_age(client, headers, force):
    sent = headers("chief_officer")
    first = pack(client, sent)
    match = headers("supervisor") | {"If-Match": f'"{force["version"]}"'}
    answer = client.post(
        f"/v1/wanted/{force['id']}/outcomes", json={"outcome": "withdrawn"}, headers=match
    )
    assert answer.status_code == 201, answer.json
    assert pack(client, sent, as_at=first["as_at"]) == first
    now = pack(client, sent)["total"]
    assert now["outstanding_suspects"]["records"] == 1
    assert now["wanted_ended_otherwise"]["records"] == 1
    body = {"figure": {"old_investigation": 10}, "from": day(0), "source": "Chief's decision"}
    path = "/v1/forces/33/policies/supervisor-pack"
    assert client.put(path, json=body, headers=headers("force_admin")).status_code < 300
    found = pack(client, sent)
    assert found["figures"]["old_investigation"]["is_force_policy"]
    assert found["total"]["old_investigations"]["records"] == 4


def test_nothing_known_is_no_data_and_a_bad_question_is_named(client, headers, world):
    sent = headers("chief_officer")
    as_at = (BEGAN + timedelta(days=300)).isoformat()
    found = pack(client, sent, as_at=as_at)["total"]
    stood = world.at(BEGAN + timedelta(days=300), state="outstanding")
    assert found["outstanding_wants"]["records"] == len(stood)
    assert found["outstanding_wants"]["people"] == len({each["person_id"] for each in stood})
    assert found["hits_open"] == {"records": "no_data", "people": "no_data", "href": None}
    assert found["flags_open"]["records"] == 0
    for query, status in (
        ({"team": "nowhere"}, 404),
        ({"officer": "nobody"}, 404),
        ({"lpa": "nowhere"}, 404),
        ({"force": "31"}, 404),
        ({"from": "2026-02-02", "to": "2026-02-01"}, 422),
        ({"to": "2099-01-01"}, 422),
        ({"as_at": "2099-01-01T00:00:00Z"}, 422),
    ):
        assert client.get(PACK, headers=sent, query_string=query).status_code == status, query
    assert client.get(f"{PACK}/records", headers=sent).status_code == 422
    narrow = headers("supervisor", lpas=["N"])
    assert client.get(f"{PACK}?lpa=S", headers=narrow).status_code == 404
    href = f"{PACK}/records?measure=outstanding_wants&lpa=S"
    assert client.get(href, headers=narrow).status_code == 404


def test_a_protected_address_is_told_neither_by_area_nor_by_its_queue(client, headers):
    given_neighbourhood(client, "N1", lpa="N")
    person = given_person(client, headers)
    given_want(client, headers, person=person, neighbourhood="N1", owner_team="DUTY-N")
    suspect = given_person(client, headers)
    given_entry(client, headers, suspect, "associations", person_id=person["id"], type="victim_of")
    for role, team, rows in (("chief_officer", "DUTY-33", 0), ("supervisor", "DUTY-N", 1)):
        sent = headers(role)
        found = pack(client, sent)["total"]["outstanding_suspects"]
        assert found["records"] == 1
        (row,) = records(client, sent, found["href"])
        assert (row["team"], row["masked"] == []) == (team, rows == 1)
        href = f"{PACK}/records?measure=outstanding_suspects&lpa=N"
        assert len(client.get(href, headers=sent).json["items"]) == rows
        assert dict(parse_qsl(urlsplit(found["href"]).query))["measure"] == "outstanding_suspects"


# Each measure that a list of its own capability answers, too.
LISTS = {
    "outstanding_suspects": "wanted?reason=named_suspect",
    "outstanding_wants": "wanted?state=outstanding",
    "arrests_overdue": "wanted?overdue=arrest",
    "activity_overdue": "wanted?overdue=activity",
    "validations_overdue": "wanted?overdue=validation",
    "hits_overdue": "forensic-hits?overdue=true",
    "order_checks_overdue": "orders?check_overdue=true",
    "acro_checks_overdue": "acro-checks?overdue=true",
    "breaches_unactioned": "order-breaches?state=unactioned",
    "alerts_open": "flags?severity=alert",
    "wanted_arrested": "wanted?state=arrested&outcome_from={from}&outcome_to={to}",
    "arrests": "detentions?from={from}&to={to}",
    "arrests_pnc_checked": "detentions?from={from}&to={to}&pnc_checked=true",
    "tasks_open": "tasks?state=open",
    "tasks_overdue": "tasks?state=open&overdue=true",
}


def test_the_pack_says_what_the_list_of_each_capability_says(client, headers, force):
    sent = headers("supervisor")
    found = pack(client, sent)

    def total(path):
        href = f"/v1/{path.format(**found)}&as_at={found['as_at']}&count=true"
        answer = client.get(href, headers=sent)
        assert answer.status_code == 200, (href, answer.json)
        return answer.json["total"]

    measures = found["total"]
    counted = {name: measures[name]["records"] for name in LISTS}
    assert counted == {name: total(path) for name, path in LISTS.items()}
    assert measures["reviews_overdue"]["records"] == sum(
        total(path)
        for path in (
            "wanted?overdue=review",
            "orders?review_overdue=true",
            "bail-records?state=released_without_bail&overdue=true",
        )
    )
