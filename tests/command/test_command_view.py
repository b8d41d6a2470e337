"""The view of the force: against a plain recount, and each figure against its own list."""

from __future__ import annotations

from datetime import timedelta
from random import Random
from urllib.parse import quote

import pytest
from acro_given import given_check
from builders import given_neighbourhood, given_want
from forensics_given import hit_body
from history_given import BEGAN, CLOCKS, DAYS, LPAS

from offenders.db import Work, transaction
from offenders.domain.reports.rules import trend_moments

OVERDUE = dict(zip(("arrest", "review", "validation", "activity"), CLOCKS, strict=True))
UNITS = ("crimes", "wants", "people")


def view(client, headers, query="", role="chief_officer", **claims):
    answer = client.get(f"/v1/reports/command?{query}", headers=headers(role, **claims))
    assert answer.status_code == 200, answer.json
    return answer.json


def units(wants):
    crimes = {each["crime_reference"] for each in wants} - {None}
    return (len(crimes), len(wants), len({each["person_id"] for each in wants}))


def shown(figure):
    return tuple(figure[unit] for unit in UNITS)


def rows_of(client, sent, href):
    found, cursor = [], ""
    while True:
        answer = client.get(f"{href}&limit=200{cursor}", headers=sent)
        assert answer.status_code == 200, (href, answer.json)
        found += answer.json["items"]
        if answer.json["next"] is None:
            return found
        cursor = f"&cursor={answer.json['next']}"


def at(moment):
    return quote(moment.isoformat())


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("query", "column", "of"),
    [
        ("", "lpa", {}),
        ("group_by=neighbourhood", "neighbourhood", {}),
        ("lpa=N", "neighbourhood", {"lpa": "N"}),
    ],
)
def test_every_area_and_the_whole_are_as_a_plain_recount(
    client, headers, world, query, column, of, seed
):
    moment = BEGAN + timedelta(days=Random(seed).uniform(60, DAYS), microseconds=seed)
    found = view(client, headers, f"{query}&as_at={at(moment)}")
    stood = world.at(moment, state="outstanding", **of)
    weeks = trend_moments(moment, "week", 8)

    def check(row, wanted):
        mine = [each for each in stood if wanted(each)]
        ever = [each for each in world.versions if wanted(each) and each["recorded_from"] <= moment]
        if not ever:
            assert (row["outstanding"], row["overdue"]) == ("no_data", "no_data")
            return
        assert shown(row["outstanding"]) == units(mine)
        for name, clock in OVERDUE.items():
            late = [each for each in mine if each[clock] < moment]
            assert shown(row["overdue"][name]) == units(late), name
        oldest = min(mine, key=lambda each: (each["entered_at"], each["id"]), default=None)
        assert (row["oldest"]["want"] or {}).get("id") == (str(oldest["id"]) if oldest else None)
        first = min(each["recorded_from"] for each in ever)
        for week, told in zip(weeks, row["trend"], strict=True):
            then = [each for each in world.at(week, state="outstanding", **of) if wanted(each)]
            assert shown(told) == (("no_data",) * 3 if first > week else units(then))

    def is_of(**wanted):
        return lambda each: all(each[name] == value for name, value in wanted.items())

    check(found["total"], is_of(**of))
    places = sorted({each[column] for each in stood} - {None})
    assert {row[column] for row in found["areas"]} >= set(places)
    for row in found["areas"]:
        check(row, is_of(**of, **{column: row[column]}))
    summed = sum(row["outstanding"]["wants"] for row in found["areas"] if row[column])
    nowhere = sum(row["outstanding"]["wants"] for row in found["areas"] if row[column] is None)
    assert summed + nowhere == found["total"]["outstanding"]["wants"]


def test_each_figure_leads_to_exactly_its_rows_and_each_area_further_down(client, headers, world):
    moment, sent = BEGAN + timedelta(days=200), headers("chief_officer")
    found = view(client, headers, f"weeks=1&as_at={at(moment)}")
    for row in (found["total"], *found["areas"]):
        for figure in (row["outstanding"], *row["overdue"].values(), *row["trend"]):
            rows = rows_of(client, sent, figure["href"])
            assert (len(rows), len({each["person"]["id"] for each in rows})) == (
                figure["wants"],
                figure["people"],
            )
        oldest = row["oldest"]["want"]
        if oldest is not None:
            assert client.get(oldest["href"], headers=sent).json["reference"] == oldest["reference"]
    north = next(row for row in found["areas"] if row["lpa"] == "N")
    below = client.get(north["drill_down"], headers=sent).json
    assert below["total"]["outstanding"]["wants"] == north["outstanding"]["wants"]
    assert {row["neighbourhood"] for row in below["areas"]} >= set(LPAS["N"])
    ward = client.get(below["areas"][0]["drill_down"], headers=sent).json
    assert ward["outstanding"]["wants"] == below["areas"][0]["outstanding"]["wants"]


def test_flags_hits_and_checks_stand_in_their_area_and_a_silent_area_has_no_data(
    client, headers, connection
):
    for number, lpa in enumerate(("N", "S", "W")):
        given_neighbourhood(client, f"{lpa}1", lpa=lpa, south_west=(52 + number, -1))
    given_want(client, headers, neighbourhood="N1", entered_at="2020-01-01T00:00:00Z")
    gone = given_want(client, headers, neighbourhood="S1")
    sent = headers("investigator") | {"If-Match": '"1"'}
    client.post(f"/v1/wanted/{gone['id']}/outcomes", json={"outcome": "withdrawn"}, headers=sent)
    hit = client.post(
        "/v1/forensic-hits", json=hit_body(lpa="S"), headers=headers("forensic_client")
    ).json
    with transaction(connection, Work("33")) as session:
        check = given_check(session, lpa="N")
    client.post("/v1/jobs/overdue-arrests/runs", json={}, headers=headers("force_admin"))
    sent = headers("chief_officer")
    found = view(client, headers)
    rows = {row["lpa"]: row for row in found["areas"]}
    assert [row["lpa"] for row in found["areas"]][:3] == ["N", "S", "W"]
    assert shown(rows["S"]["outstanding"])[1:] == (0, 0)
    assert (rows["W"]["outstanding"], rows["W"]["oldest"]["want"]) == ("no_data", "no_data")
    assert rows["S"]["oldest"]["hit"]["reference"] == hit["reference"]
    assert rows["N"]["oldest"]["acro_check"]["reference"] == check["reference"]
    assert found["total"]["oldest"]["hit"]["id"] == hit["id"]
    for row in (found["total"], rows["N"]):
        for figure in (row["flags"], *row["flags"]["by_rule"], *row["flags"]["by_severity"]):
            assert len(rows_of(client, sent, figure["href"])) == figure["flags"]
    assert rows["N"]["flags"]["flags"] > 0
    assert {each["rule"] for each in rows["N"]["flags"]["by_rule"]} >= {"overdue-arrests"}
    assert rows["W"]["flags"]["flags"] == 0


def test_a_force_without_wants_has_no_data_and_nobody_sees_beyond_their_area(client, headers):
    found = view(client, headers, "weeks=2")
    assert (found["total"]["outstanding"], found["total"]["overdue"]) == ("no_data", "no_data")
    assert [each["wants"] for each in found["total"]["trend"]] == ["no_data"] * 2
    for number, lpa in enumerate(("N", "S")):
        given_neighbourhood(client, f"{lpa}1", lpa=lpa, south_west=(52 + number, -1))
        given_want(client, headers, neighbourhood=f"{lpa}1")
    given_want(client, headers)
    nowhere = view(client, headers, "lpa=none")
    assert (nowhere["total"]["outstanding"]["wants"], nowhere["areas"][0]["neighbourhood"]) == (
        1,
        None,
    )
    mine = view(client, headers, role="supervisor", lpas=["N"])
    assert ([row["lpa"] for row in mine["areas"]], mine["total"]["outstanding"]["wants"]) == (
        ["N"],
        1,
    )
    sent = headers("supervisor", lpas=["N"])
    for query in ("lpa=S", "lpa=nowhere", "force=31"):
        assert client.get(f"/v1/reports/command?{query}", headers=sent).status_code == 404
    for query in ("weeks=61", "group_by=team", "as_at=2099-01-01T00:00:00Z"):
        assert client.get(f"/v1/reports/command?{query}", headers=sent).status_code == 422
