"""The three lists that HMIC asked for, at any moment, counted as crimes, wants and people."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from builders import given_person, given_want

from offenders.db import Work, transaction


def now():
    return datetime.now(UTC).isoformat()


def counts(client, headers, query="", role="chief_officer"):
    return client.get(f"/v1/wanted/counts{query}", headers=headers(role)).json


def close(client, headers, want, outcome="arrested", version=1):
    sent = headers("investigator") | {"If-Match": f'"{version}"'}
    answer = client.post(
        f"/v1/wanted/{want['id']}/outcomes", json={"outcome": outcome}, headers=sent
    )
    assert answer.status_code == 201


def test_crimes_wants_and_people_are_counted_apart(client, headers):
    one, two = given_person(client, headers), given_person(client, headers)
    given_want(client, headers, person=one, crime_reference="A")
    given_want(client, headers, person=one, crime_reference="B")
    given_want(client, headers, person=two, crime_reference="B")
    given_want(client, headers, person=two, reason="failed_to_answer_bail", crime_reference="C")
    found = counts(client, headers)
    assert [(each["crimes"], each["wants"], each["people"]) for each in found["counts"]] == [
        (3, 4, 2)
    ]
    headline = found["headline"]
    assert (headline["named_suspects"]["crimes"], headline["named_suspects"]["people"]) == (2, 2)
    assert headline["failed_to_answer_bail"]["people"] == 1
    assert headline["pnc_circulated"]["people"] == 0
    assert headline["people_in_any"] == 2


def test_nobody_wanted_is_nought_and_not_an_error(client, headers):
    found = counts(client, headers)
    assert [each["wants"] for each in found["counts"]] == [0]
    assert found["headline"]["people_in_any"] == 0


def test_every_count_links_to_exactly_its_rows(client, headers):
    for number, risk in enumerate(["high", "high", "standard"]):
        given_want(client, headers, risk=risk, crime_reference=f"A{number}")
    found = counts(client, headers, "?group_by=risk")
    groups = {each["risk"]: each for each in found["counts"]}
    assert {risk: each["wants"] for risk, each in groups.items()} == {"high": 2, "standard": 1}
    given_want(client, headers, risk="high", crime_reference="later")
    for each in groups.values():
        rows = client.get(each["href"], headers=headers("chief_officer")).json["items"]
        assert len(rows) == each["wants"]
    rows = client.get(found["headline"]["named_suspects"]["href"], headers=headers("chief_officer"))
    assert len(rows.json["items"]) == 3


def test_a_group_without_a_value_links_to_none(client, headers):
    given_want(client, headers)
    found = counts(client, headers, "?group_by=neighbourhood")["counts"]
    assert [each["neighbourhood"] for each in found] == [None]
    assert "neighbourhood=none" in found[0]["href"]
    rows = client.get(found[0]["href"], headers=headers("chief_officer")).json["items"]
    assert len(rows) == 1


def test_a_past_moment_gives_the_same_answer_whatever_came_after(client, headers):
    want = given_want(client, headers, crime_reference="A")
    before = now()
    first = counts(client, headers, f"?as_at={before.replace('+', '%2B')}")
    assert first["headline"]["named_suspects"]["people"] == 1
    given_want(client, headers, crime_reference="B", entered_at="2020-01-01T00:00:00Z")
    close(client, headers, want)
    assert counts(client, headers, f"?as_at={before.replace('+', '%2B')}") == first
    assert counts(client, headers)["headline"]["named_suspects"]["crimes"] == 1
    listed = client.get(
        f"/v1/wanted?as_at={before.replace('+', '%2B')}", headers=headers("chief_officer")
    ).json["items"]
    assert [(each["crime_reference"], each["state"]) for each in listed] == [("A", "outstanding")]


def test_the_answer_now_can_be_asked_again_by_its_own_as_at(client, headers):
    given_want(client, headers)
    found = counts(client, headers)
    given_want(client, headers)
    assert counts(client, headers, f"?as_at={found['as_at']}") == found


def test_a_future_moment_is_refused(client, headers):
    answer = client.get(
        "/v1/wanted/counts?as_at=2099-01-01T00:00:00Z", headers=headers("chief_officer")
    )
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == "/as_at"


def test_a_moment_is_not_answered_while_a_writer_from_before_it_is_at_work(
    committing_app, engine, headers, fresh_force
):
    client = committing_app.test_client()
    chief = headers("chief_officer", force=fresh_force)
    with transaction(engine, Work(fresh_force)):
        asked = now().replace("+", "%2B")
        began = time.monotonic()
        answer = client.get(f"/v1/wanted/counts?as_at={asked}", headers=chief)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "2"
        assert answer.json["type"] == "urn:offenders:problem:unsettled"
        assert time.monotonic() - began > 1.5
    assert client.get(f"/v1/wanted/counts?as_at={asked}", headers=chief).status_code == 200


def test_a_writer_begun_after_the_moment_does_not_hold_it_up(
    committing_app, engine, headers, fresh_force
):
    client = committing_app.test_client()
    asked = now().replace("+", "%2B")
    with transaction(engine, Work(fresh_force)):
        answer = client.get(
            f"/v1/wanted/counts?as_at={asked}", headers=headers("chief_officer", force=fresh_force)
        )
    assert answer.status_code == 200


def test_the_national_analyst_gets_counts_of_all_forces_and_no_rows(
    committing_app, headers, fresh_force
):
    client = committing_app.test_client()
    own = {"force": fresh_force}
    person = given_person(client, headers, **own)
    given_want(client, headers, person=person, **own)
    analyst = headers("national_analyst", force=None)
    found = client.get("/v1/wanted/counts?group_by=force", headers=analyst).json
    mine = [each for each in found["counts"] if each["force"] == fresh_force]
    assert [(each["wants"], each["people"], each["href"]) for each in mine] == [(1, 1, None)]
    assert client.get("/v1/wanted", headers=analyst).status_code == 403
    assert client.get("/v1/wanted/counts?group_by=lpa", headers=analyst).status_code == 422
