"""Officers, teams and populations: how they are named, kept, listed and brought in."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from builders import given_neighbourhood, given_want
from sqlalchemy import text

from offenders import clock
from offenders.domain.imports.service import run_rows


def put(client, headers, path, role="force_admin", **body):
    return client.put(f"/v1/{path}", json=body, headers=headers(role))


def get(client, headers, path, role="supervisor"):
    return client.get(f"/v1/{path}", headers=headers(role))


def codes(client, headers, path):
    return [each["code"] for each in get(client, headers, path).json["items"]]


def test_an_owner_is_on_the_register_unconfirmed_until_the_force_names_them(client, headers):
    given_want(client, headers, owner_officer="4821")
    found = get(client, headers, "officers/4821").json
    assert (found["is_confirmed"], found["is_active"], found["version"]) == (False, True, 1)
    answer = put(client, headers, "officers/4821", team="CID-N", rank="constable")
    assert (answer.status_code, answer.json["is_confirmed"]) == (200, True)
    assert answer.json["team"] == "CID-N"
    assert codes(client, headers, "officers?is_confirmed=false") == []
    assert get(client, headers, "teams/CID-N").json["is_confirmed"] is False


def test_an_officer_links_to_the_wants_they_own(client, headers):
    want = given_want(client, headers, owner_officer="A&B 1")
    href = get(client, headers, "officers/A&B 1").json["wanted_href"]
    listed = client.get(href, headers=headers("supervisor")).json["items"]
    assert [each["id"] for each in listed] == [want["id"]]


@pytest.mark.parametrize(("days", "is_active"), [(-1, False), (0, True), (1, True)])
def test_an_officer_serves_until_the_end_of_the_last_day(client, headers, days, is_active):
    left = (clock.today() + timedelta(days=days)).isoformat()
    assert put(client, headers, "officers/1", left=left).json["is_active"] is is_active
    word = "true" if is_active else "false"
    assert codes(client, headers, f"officers?is_active={word}") == ["1"]


def test_a_new_entry_is_created_and_an_equal_one_changes_nothing(client, headers):
    first = put(client, headers, "teams/T1", name="Response")
    again = put(client, headers, "teams/T1", name="Response")
    assert (first.status_code, first.headers["Location"]) == (201, "/v1/teams/T1")
    assert (again.status_code, again.json["version"]) == (200, first.json["version"])
    sent = headers("force_admin") | {"If-Match": '"7"'}
    assert client.put("/v1/teams/T1", json={"name": "x"}, headers=sent).status_code == 412


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("officers/1", {"from": "2026-02-02", "left": "2026-02-01"}, 422),
        ("officers/1", {"from": "2026-02-01", "left": "2026-02-01"}, 201),
        ("officers/1", {"name": "Ann Example"}, 422),
        ("teams/1", {"lpa": "nowhere"}, 422),
        ("teams/1", {"closed": "yesterday"}, 422),
        ("populations/force/33/2015", {"population": 0, "source": "ONS"}, 422),
        ("populations/force/33/2015", {"population": 1}, 422),
        ("populations/force/33/15", {"population": 1, "source": "ONS"}, 422),
        ("populations/force/31/2015", {"population": 1, "source": "ONS"}, 404),
        ("populations/lpa/nowhere/2015", {"population": 1, "source": "ONS"}, 404),
        ("populations/ward/N/2015", {"population": 1, "source": "ONS"}, 404),
        ("populations/force/33/2015", {"population": 1, "source": "ONS"}, 200),
    ],
)
def test_what_is_put_is_checked(client, headers, path, body, status):
    assert put(client, headers, path, **body).status_code == status


def test_only_the_force_admin_names_officers_teams_and_populations(client, headers):
    for path in ("officers/1", "teams/1", "populations/force/33/2015"):
        assert put(client, headers, path, role="chief_officer").status_code == 403


def test_populations_are_listed_with_year_and_source_and_a_correction_takes_their_place(
    client, headers, app
):
    given_neighbourhood(client, "W1", lpa="N")
    for path, people in (("lpa/N/2014", 10), ("lpa/N/2015", 20), ("neighbourhood/W1/2015", 5)):
        put(client, headers, f"populations/{path}", population=people, source="ONS")
    put(client, headers, "populations/lpa/N/2015", population=21, source="ONS, revised")
    found = get(client, headers, "populations?area_type=lpa&limit=1").json
    following = get(client, headers, f"populations?area_type=lpa&limit=1&cursor={found['next']}")
    listed = [*found["items"], *following.json["items"]]
    assert [(each["year"], each["population"], each["source"]) for each in listed] == [
        (2014, 10, "ONS"),
        (2015, 21, "ONS, revised"),
    ]
    assert {each["group"] for each in listed} == {"resident"}


def test_the_force_system_brings_officers_teams_and_populations(
    committing_app, engine, headers, fresh_force
):
    def bring(kind, *rows):
        done = run_rows(engine, force=fresh_force, kind=kind, rows=rows, requested_by="test")
        return done.created, done.updated, done.unchanged, done.refused

    ann = {"source_ref": "HR1", "code": "1001", "team": "T1", "from": "2020-01-01"}
    ben = {"source_ref": "HR2", "code": "1002", "left": "2019-01-01", "from": "2020-01-01"}
    whole = {"source_ref": "P1", "area_type": "force", "area": fresh_force, "year": "2015"}
    assert bring("teams", {"source_ref": "T1", "code": "T1", "name": "CID"}) == (1, 0, 0, 0)
    assert bring("officers", ann, ben, {"source_ref": "HR3"}) == (1, 0, 0, 2)
    assert bring("officers", ann) == (0, 0, 1, 0)
    assert bring("officers", {**ann, "left": "2021-01-01"}) == (0, 1, 0, 0)
    without_team = {"source_ref": "HR1", "code": "1001", "rank": "sergeant"}
    assert bring("officers", without_team) == (0, 1, 0, 0)
    assert bring("officers", without_team) == (0, 0, 1, 0)
    assert bring("populations", whole | {"population": "1000", "source": "ONS"}) == (1, 0, 0, 0)
    assert bring("populations", whole | {"population": "many", "source": "ONS"}) == (0, 0, 0, 1)
    nowhere = whole | {"population": 1, "source": "ONS", "area_type": "lpa", "source_ref": "P2"}
    assert bring("populations", nowhere) == (0, 0, 0, 1)
    client, admin = committing_app.test_client(), headers("force_admin", force=fresh_force)
    found = client.get("/v1/officers?is_active=false", headers=admin).json["items"]
    assert [(each["code"], each["rank"], each["team"], each["left"]) for each in found] == [
        ("1001", "sergeant", "T1", "2021-01-01")
    ]
    found = client.get("/v1/populations", headers=admin).json["items"]
    assert [(each["population"], each["group"]) for each in found] == [(1000, "resident")]


def test_of_two_who_change_an_entry_at_once_one_has_read_it_too_early(
    committing_app, owner, headers, fresh_force
):
    sent = headers("force_admin", force=fresh_force)
    path = "/v1/officers/4821"
    committing_app.test_client().put(path, json={"rank": "constable"}, headers=sent)

    def change(rank):
        caller = committing_app.test_client()
        sent_too = sent | {"If-Match": '"1"'}
        return caller.put(path, json={"rank": rank}, headers=sent_too).status_code

    with ThreadPoolExecutor(2) as pool:
        with owner.begin() as connection:
            connection.execute(
                text("SELECT FROM officers WHERE force = :f FOR UPDATE"), {"f": fresh_force}
            )
            made = [pool.submit(change, rank) for rank in ("sergeant", "inspector")]
            wait(made, timeout=0.5)
        assert sorted(each.result() for each in made) == [200, 412]
