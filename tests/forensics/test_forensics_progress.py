"""What became of the hits of a period, against a plain recount over what the API lists."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from statistics import median

import pytest
from builders import given_neighbourhood, given_person
from forensics_given import Register, hit_body

from offenders.domain.forensics.rules import STATES

BEGAN = datetime(2026, 1, 1, 0, 30, tzinfo=UTC)
MARCH = "/v1/forensic-hits/progress?from=2026-03-01&to=2026-03-31"  # the month of `hit_body`


@pytest.fixture
def month(client, headers, register):
    """Identifications around a month, dealt with in every way."""
    rnd = Random(70)
    for code, lpa in (("E1", "N"), ("E2", "S"), ("E3", "Q")):
        given_neighbourhood(client, code, lpa=lpa)
    people = [given_person(client, headers)["id"] for _ in range(14)]
    bodies = []
    for number in range(35):
        received = BEGAN + timedelta(hours=rnd.randrange(24 * 60))
        body = hit_body(
            type=rnd.choice(["dna", "fingerprint"]),
            person_id=rnd.choice(people) if number % 9 else None,
            offence_code=rnd.choice(["TH68036", "TH68010"]),
            neighbourhood=rnd.choice(["E1", "E2", None]),
            identified_at=(received - timedelta(hours=5)).isoformat() if number % 7 else None,
            received_at=received.isoformat(),
        )
        bodies.append({name: value for name, value in body.items() if value is not None})
    sent = register.send(*bodies).json["items"]
    assert {each["status"] for each in sent} == {201}
    for hit in sent:
        _deal(rnd, register, register.read(hit))
    return register.get("/v1/forensic-hits?limit=200")["items"]


def _deal(rnd, register, hit):
    way = rnd.randrange(7)
    if way == 1:
        register.done(hit, "research")
    if way >= 2 and hit["state"] == "received":
        register.done(hit, "allocations", owner_team=f"T{hit['reference']}")
    if way >= 3 and hit["want"] is not None and hit["want"]["state"] == "outstanding":
        at = datetime.fromisoformat(hit["received_at"]) + timedelta(days=rnd.randrange(60, 90))
        ends = rnd.choice(["arrested", "arrested", "arrested", "interviewed", "deceased"])
        register.end_want(hit["want"]["id"], ends, occurred_at=at.isoformat())
    if way == 5:
        register.do(hit, "outcomes", outcome="charged")
    if way == 6:
        register.done(hit, "eliminations", reason="legitimate_access")


def _recounted(hits):
    days = sorted(
        (
            datetime.fromisoformat(hit["want"]["outcome_at"])
            - datetime.fromisoformat(hit["identified_at"])
        )
        / timedelta(days=1)
        for hit in hits
        if hit["want"]
        and hit["want"]["state"] == "arrested"
        and hit["state"] != "eliminated"
        and hit["identified_at"]
        and hit["want"]["outcome_at"] >= hit["identified_at"]
    )
    return Counter(hit["state"] for hit in hits), days


def _p90(days):
    place = 0.9 * (len(days) - 1)
    low = int(place)
    return days[low] + (place - low) * (days[min(low + 1, len(days) - 1)] - days[low])


def _assert_line(register, line, hits):
    states, days = _recounted(hits)
    assert line["received"] == len(hits)
    assert {state: each["hits"] for state, each in line["by_state"].items()} == {
        state: states.get(state, 0) for state in STATES
    }
    assert sum(each["hits"] for each in line["by_state"].values()) == line["received"]
    empty = [state for state, each in line["by_state"].items() if each["hits"] == 0]
    for state, each in line["by_state"].items():
        if state in empty[1:]:
            continue
        listed = register.get(f"{each['href']}&limit=200")["items"]
        expected = {hit["id"] for hit in hits if hit["state"] == state}
        assert {hit["id"] for hit in listed} == expected
        assert len(listed) == each["hits"]
    if days:
        assert line["days_to_arrest"] == {
            "median": pytest.approx(median(days), abs=0.06),
            "p90": pytest.approx(_p90(days), abs=0.06),
            "hits": len(days),
        }
    else:
        assert line["days_to_arrest"] == {"median": "no_data", "p90": "no_data", "hits": 0}


PERIODS = {
    ("2026-01-01", "2026-01-31"): "2026-02-01",
    ("2026-02-03", "2026-02-03"): "2026-02-04",
    ("2026-05-01", "2026-05-31"): "2026-06-01",
}


def test_every_hit_of_a_period_is_in_exactly_one_line_and_so_in_every_group(register, month):
    path = "/v1/forensic-hits/progress?from={}&to={}"
    for (since, to), before in PERIODS.items():
        hits = [hit for hit in month if since <= hit["received_at"] < before]
        _assert_line(register, register.get(path.format(since, to)), hits)
    whole = path.format("2026-01-01", "2026-12-31")
    for group_by in ("lpa", "type", "offence_class", "neighbourhood"):
        found = register.get(f"{whole}&group_by={group_by}")
        assert found["received"] == len(month)
        shown = {line[group_by]: line for line in found["groups"]}
        for group in {hit[group_by] for hit in month}:
            hits = [hit for hit in month if hit[group_by] == group]
            _assert_line(register, shown.pop(group), hits)
        left = {"Q": "no_data"} if group_by == "lpa" else {}
        assert {group: line["received"] for group, line in shown.items()} == left
    states, days = _recounted(month)
    assert len(states) >= 7
    assert len(days) >= 4


def test_missing_is_not_zero(register):
    found = register.get("/v1/forensic-hits/progress?from=2026-01-01&to=2026-01-31")
    assert found["received"] == "no_data"
    assert found["by_state"]["received"] == {"hits": "no_data", "href": None}
    register.enter(received_at="2026-03-02T09:00:00Z")
    before = register.get("/v1/forensic-hits/progress?from=2026-02-01&to=2026-03-01")
    after = register.get("/v1/forensic-hits/progress?from=2026-04-01&to=2026-04-30")
    assert (before["received"], after["received"]) == ("no_data", 0)
    assert after["by_state"]["received"]["hits"] == 0
    assert after["days_to_arrest"]["median"] == "no_data"
    palms = register.get("/v1/forensic-hits/progress?from=2026-01-01&type=palm")
    assert palms["received"] == 0


def test_a_london_day_counts_also_in_summer_time(register):
    register.enter(received_at="2026-06-30T22:59:00Z", identified_at=None)
    register.enter(received_at="2026-06-30T23:30:00Z", identified_at=None)
    june = register.get("/v1/forensic-hits/progress?from=2026-06-01&to=2026-06-30")
    july = register.get("/v1/forensic-hits/progress?from=2026-07-01&to=2026-07-31")
    assert (june["received"], july["received"]) == (1, 1)


def test_the_answer_about_a_moment_stays(register, client, headers):
    person = given_person(client, headers)
    hit = register.enter(person_id=person["id"])
    first = register.get(MARCH)
    register.end_want(hit["want_id"], "arrested")
    register.enter()
    again = register.get(f"{MARCH}&as_at={first['as_at']}")
    assert again == first
    now = register.get(MARCH)
    assert (now["received"], now["by_state"]["arrested"]["hits"]) == (2, 1)
    then = register.get(first["by_state"]["received"]["href"])["items"]
    assert [each["state"] for each in then] == ["received"]


@pytest.mark.parametrize(
    "query", ["from=2026-02-01&to=2026-01-01", "group_by=shoe", "as_at=2999-01-01T00:00:00Z"]
)
def test_what_cannot_be_asked_is_refused(register, query):
    answer = register.client.get(f"/v1/forensic-hits/progress?{query}", headers=register.sent)
    assert answer.status_code == 422


def test_a_supervisor_counts_their_area_alone(client, headers, register):
    given_neighbourhood(client, "E1", lpa="N")
    given_neighbourhood(client, "E2", lpa="S")
    for place in ("E1", "E1", "E2", None):
        register.enter(neighbourhood=place)
    near = Register(client, headers, role="supervisor", lpas=["N"])
    found = near.get(f"{MARCH}&group_by=lpa")
    assert found["received"] == 2
    assert [line["lpa"] for line in found["groups"]] == ["N"]
