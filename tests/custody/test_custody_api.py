"""Detentions through the API: what an arrest sets off, what is refused and by which rule."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import given_detention, given_entry, given_neighbourhood, given_person, given_want

from offenders import clock

BURGLARY = "TH68010"


@pytest.fixture
def arrest(client, headers):
    """Record a detention; give the answer."""

    def post(person, *, role="custody_client", force="33", hours=1, **fields):
        body = {
            "person_id": person["id"],
            "custody_number": "CU/1",
            "arrested_at": (clock.now() - timedelta(hours=hours)).isoformat(),
            **fields,
        }
        return client.post("/v1/detentions", json=body, headers=headers(role, force=force))

    return post


@pytest.fixture
def read(client, headers):
    def get(path, role="custody_client", **more):
        return client.get(path, headers=headers(role, **more))

    return get


@pytest.fixture
def change(client, headers):
    def send(detention, *, path="", version=None, role="custody_client", **body):
        sent = headers(role) | {"If-Match": f'"{version or detention["version"]}"'}
        address = f"/v1/detentions/{detention['id']}{path}"
        return client.open(address, method="POST" if path else "PATCH", json=body, headers=sent)

    return send


def flags_of(read, subject, rule, state="open", force="33"):
    found = read(
        f"/v1/flags?rule={rule}&subject_id={subject}&state={state}", "investigator", force=force
    )
    return found.json["items"]


def rules_of(answer):
    return [each["rule"] for each in answer.json["errors"]]


def ago(**spans):
    return (clock.now() - timedelta(**spans)).isoformat()


def test_an_arrest_is_recorded_with_all_it_says(client, headers, arrest):
    given_neighbourhood(client, "N1", lpa="CN")
    person = given_person(client, headers)
    answer = arrest(
        person,
        arrest_place="Market Place",
        station="Keyham Lane",
        offences=[BURGLARY, BURGLARY],
        arresting_officer="1234",
        nationality_stated="gbr",
        pnc_checked=True,
        lpa="CN",
    )
    assert answer.status_code == 201, answer.json
    found = answer.json
    assert answer.headers["Location"] == f"/v1/detentions/{found['id']}"
    assert answer.headers["ETag"].startswith('"1.')
    assert found["reference"].startswith("D33-")
    assert found["person"]["family_name"] == person["family_name"]
    said = {
        "custody_number": "CU/1",
        "arrest_place": "Market Place",
        "station": "Keyham Lane",
        "offences": [BURGLARY, BURGLARY],
        "arresting_officer": "1234",
        "nationality_stated": "GBR",
        "nationality_evidenced": None,
        "countries": [],
        "foreign_national": False,
        "nationality_unknown": False,
        "pnc_checked": True,
        "lpa": "CN",
        "released_at": None,
        "disposal": None,
        "wants_closed": [],
        "wants_put_forward": [],
        "wanted_elsewhere": [],
        "acro_checks": [],
        "version": 1,
    }
    assert {name: found[name] for name in said} == said
    officers = client.get("/v1/officers", headers=headers("supervisor")).json["items"]
    assert "1234" in [each["code"] for each in officers]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"arrested_at": "2026-01-01T10:00:00"}, "/arrested_at"),  # without a zone
        ({"arrested_at": "2025-10-26T01:30:00"}, "/arrested_at"),  # which of the two?
        ({"arrested_at": "2026-03-29T01:30:00"}, "/arrested_at"),  # it never came
        ({"released_at": "2025-10-26T01:30:00"}, "/released_at"),
        ({"arrested_at": "2026-01-01"}, "/arrested_at"),
        ({"arrested_at": None}, "/arrested_at"),
        ({"custody_number": ""}, "/custody_number"),
        ({"offences": [BURGLARY, "XX00000"]}, "/offences/1"),
        ({"offences": "TH68010"}, "/offences"),
        ({"offences": [BURGLARY] * 51}, "/offences"),
        ({"nationality_stated": "QQQ"}, "/nationality_stated"),
        ({"nationality_evidenced": "Romania"}, "/nationality_evidenced"),
        ({"lpa": "NOWHERE"}, "/lpa"),
        ({"person_id": "P33-0000-0000"}, "/person_id"),
        ({"person_id": "nobody"}, "/person_id"),
        ({"close_wants": ["W33-0000-0000"]}, "/close_wants/0"),
        ({"disposal": "vanished"}, "/disposal"),
        ({"pnc_checked": 1}, "/pnc_checked"),
        ({"colour": "blue"}, "/colour"),
    ],
)
def test_what_can_not_be_read_is_named(client, headers, arrest, fields, pointer):
    answer = arrest(given_person(client, headers), **fields)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({"arrested_at": "2126-01-01T10:00:00Z"}, ["arrest-in-the-future"]),
        ({"arrested_at": "1989-12-31T23:59:59Z"}, ["arrest-before-birth"]),
        ({"released_at": "2020-01-01T10:00:00Z"}, ["release-before-arrest"]),
        ({"released_at": "2126-01-01T10:00:00Z"}, ["release-in-the-future"]),
        ({"disposal": "charged"}, ["disposal-without-release"]),
        (
            {
                "arrested_at": "2025-10-26T01:10:00+00:00",
                "released_at": "2025-10-26T01:30:00+01:00",
            },
            ["release-before-arrest"],
        ),
    ],
)
def test_a_rule_that_is_broken_is_named(client, headers, arrest, sql, fields, rules):
    answer = arrest(given_person(client, headers), **fields)
    assert answer.status_code == 422
    assert rules_of(answer) == rules
    assert sql("SELECT FROM detentions") == []


def test_the_night_the_clocks_go_back_an_hour_comes_twice(client, headers, arrest):
    answer = arrest(
        given_person(client, headers),
        arrested_at="2025-10-26T01:30:00+01:00",
        released_at="2025-10-26T01:10:00+00:00",
    )
    assert answer.status_code == 201
    assert answer.json["arrested_at"] == "2025-10-26T00:30:00+00:00"
    assert answer.json["released_at"] == "2025-10-26T01:10:00+00:00"


def test_both_half_past_ones_of_the_night_in_october_are_moments_of_their_own(
    client, headers, arrest
):
    person = given_person(client, headers)
    first = arrest(
        person, arrested_at="2025-10-26T01:30:00+01:00", released_at="2025-10-26T01:30:00+00:00"
    )
    second = arrest(person, arrested_at="2025-10-26T01:30:00+00:00", custody_number="CU/2")
    assert (first.status_code, second.status_code) == (201, 201), second.json
    assert first.json["released_at"] == second.json["arrested_at"] == "2025-10-26T01:30:00+00:00"
    twice = arrest(
        person,
        arrested_at="2025-10-26T01:45:00+01:00",
        released_at="2025-10-26T01:00:00+00:00",
        custody_number="CU/3",
    )
    assert (twice.status_code, twice.json["rule"]) == (409, "two-detentions-at-once")
    # In March there is no half past one by the wall; written with either zone it is a moment.
    for number, zone, utc in ((4, "+00:00", "01:30"), (5, "+01:00", "00:30")):
        made = arrest(
            given_person(client, headers),
            arrested_at=f"2026-03-29T01:30:00{zone}",
            custody_number=f"CU/{number}",
        )
        assert made.json["arrested_at"] == f"2026-03-29T{utc}:00+00:00"


def test_an_arrest_before_the_earliest_known_birth_is_refused(client, headers, arrest):
    person = given_person(client, headers, date_of_birth="2000-01-01")
    given_entry(client, headers, person, "dates-of-birth", date_of_birth="1995-01-01")
    assert arrest(person, arrested_at="1995-01-01T00:00:00Z").status_code == 201
    early = arrest(person, arrested_at="1994-12-31T23:00:00Z", custody_number="CU/2")
    assert rules_of(early) == ["arrest-before-birth"]


def test_nobody_is_detained_twice_at_once(client, headers, arrest, change):
    person = given_person(client, headers)
    first = arrest(person, hours=5).json
    second = arrest(person, custody_number="CU/2")
    assert second.status_code == 409
    assert second.json["rule"] == "two-detentions-at-once"
    assert second.json["existing"] == f"/v1/detentions/{first['id']}"
    assert "PACE 1984 s.44(3)" in second.json["detail"]
    other = arrest(given_person(client, headers), custody_number="CU/3")
    assert other.status_code == 201
    released = change(first, path="/releases", released_at=ago(hours=2), disposal="bailed")
    assert (released.status_code, released.json["disposal"]) == (201, "bailed")
    assert arrest(person, custody_number="CU/2").status_code == 201


def test_what_another_sender_recorded_is_refused_without_a_link(client, headers, arrest):
    person = given_person(client, headers)
    arrest(person, hours=5, role="investigator")
    second = arrest(person, custody_number="CU/2")
    assert (second.status_code, "existing" in second.json) == (409, False)


def test_the_same_custody_number_with_the_same_facts_is_there_already(
    client, headers, arrest, change, sql
):
    person = given_person(client, headers)
    facts = {"arrested_at": ago(hours=2), "offences": [BURGLARY], "nationality_stated": "ROU"}
    first = arrest(person, **facts)
    again = arrest(person, **facts)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["id"] == first.json["id"]
    changed = change(first.json, pnc_checked=True).json
    late = arrest(person, **facts)
    assert (late.status_code, late.json["version"]) == (200, changed["version"])
    assert arrest(person, **facts, pnc_checked=True).status_code == 200
    for other in ({"station": "Elsewhere"}, {"offences": []}, {"arrested_at": ago(hours=3)}):
        refused = arrest(person, **(facts | other))
        assert refused.status_code == 409
        assert refused.json["rule"] == "one-record-per-custody-number"
    stranger = arrest(given_person(client, headers), **facts)
    assert stranger.status_code == 409
    assert len(sql("SELECT FROM detentions")) == 1
    assert len(sql("SELECT FROM acro_checks")) == 1


def test_wants_are_closed_where_the_custody_system_says_so_and_else_put_forward(
    client, headers, arrest, read
):
    person = given_person(client, headers)
    fields = {"person": person, "entered_at": ago(days=3)}
    wants = [given_want(client, headers, crime_reference=each, **fields) for each in "ABC"]
    stranger = given_want(client, headers, entered_at=ago(days=3))
    names = [wants[0]["id"], wants[1]["reference"].lower()]
    refused = arrest(person, close_wants=[*names, stranger["id"]])
    assert [each["pointer"] for each in refused.json["errors"]] == ["/close_wants/2"]
    found = arrest(person, close_wants=names).json
    assert [each["id"] for each in found["wants_closed"]] == [each["id"] for each in wants[:2]]
    assert [each["id"] for each in found["wants_put_forward"]] == [wants[2]["id"]]
    assert read(f"/v1/wanted/{wants[2]['id']}", "investigator").json["state"] == "outstanding"
    assert read(f"/v1/wanted/{stranger['id']}", "investigator").json["state"] == "outstanding"
    closed = read(f"/v1/wanted/{wants[0]['id']}", "investigator").json
    assert (closed["state"], closed["custody_number"]) == ("arrested", "CU/1")
    assert closed["outcome_at"] == found["arrested_at"]


def test_what_was_put_forward_is_closed_later_by_the_custody_officer(
    client, headers, arrest, change, read
):
    person = given_person(client, headers)
    want = given_want(client, headers, person=person, entered_at=ago(days=3))
    found = arrest(person).json
    assert [each["id"] for each in found["wants_put_forward"]] == [want["id"]]
    answer = change(found, close_wants=[want["id"]])
    assert answer.status_code == 200
    assert (answer.json["version"], answer.json["wants_put_forward"]) == (2, [])
    assert [each["state"] for each in answer.json["wants_closed"]] == ["arrested"]
    assert change(answer.json, close_wants=[want["id"]]).json["version"] == 2


def test_a_want_entered_while_the_person_is_held_is_put_forward_and_a_later_one_is_not(
    client, headers, arrest, change
):
    person = given_person(client, headers)
    during = given_want(client, headers, person=person, entered_at=ago(hours=1))
    fields = {"crime_reference": "B", "entered_at": ago(minutes=1)}
    later = given_want(client, headers, person=person, **fields)
    answer = arrest(person, hours=2, released_at=ago(minutes=30), close_wants=[during["id"]])
    assert answer.json["wants_put_forward"] == []
    assert [each["id"] for each in answer.json["wants_closed"]] == [during["id"]]
    refused = change(answer.json, close_wants=[during["id"], later["id"]])
    assert [each["pointer"] for each in refused.json["errors"]] == ["/close_wants/1"]
    long_ago = arrest(
        given_person(client, headers), custody_number="CU/2", arrested_at=ago(days=40)
    )
    assert long_ago.json["wants_put_forward"] == []


def test_a_want_closed_otherwise_is_not_closed_again(client, headers, arrest):
    person = given_person(client, headers)
    sent = headers("investigator") | {"If-Match": '"1"'}
    wants = {}
    for outcome in ("arrested", "withdrawn"):
        want = given_want(client, headers, person=person, crime_reference=outcome)
        wants[outcome] = want["id"]
        path = f"/v1/wanted/{want['id']}/outcomes"
        assert client.post(path, json={"outcome": outcome}, headers=sent).status_code == 201
    refused = arrest(person, close_wants=[wants["withdrawn"]])
    assert (refused.status_code, refused.json["rule"]) == (409, "one-outcome-per-want")
    found = arrest(person, close_wants=[wants["arrested"]]).json
    assert [each["id"] for each in found["wants_closed"]] == [wants["arrested"]]


@pytest.mark.parametrize(
    ("recorded", "stated", "evidenced", "countries"),
    [
        ([], "ROU", None, ["ROU"]),
        (["POL"], "ROU", "MDA", ["MDA", "POL", "ROU"]),
        (["GBR"], None, "ROU", ["ROU"]),
        (["GBR"], None, None, []),
        ([], "GBR", None, []),
    ],
)
def test_each_country_outside_the_united_kingdom_gets_its_check(
    client, headers, arrest, recorded, stated, evidenced, countries
):
    person = given_person(client, headers, nationalities=recorded)
    found = arrest(person, nationality_stated=stated, nationality_evidenced=evidenced).json
    assert found["countries"] == countries
    assert found["foreign_national"] is bool(countries)
    checks = [(each["country"], each["state"]) for each in found["acro_checks"]]
    assert checks == [(country, "required") for country in countries]


def test_unknown_nationality_is_flagged_until_one_is_known(client, headers, arrest, change, read):
    found = arrest(given_person(client, headers)).json
    assert (found["nationality_unknown"], found["foreign_national"]) == (True, False)
    (flag,) = flags_of(read, found["id"], "nationality-unknown")
    assert (flag["subject"]["type"], flag["owner"]["team"]) == ("detention", "DUTY-33")
    known = change(found, nationality_evidenced="ROU").json
    assert (known["nationality_unknown"], known["foreign_national"]) == (False, True)
    assert [each["country"] for each in known["acro_checks"]] == ["ROU"]
    assert flags_of(read, found["id"], "nationality-unknown") == []
    (cleared,) = flags_of(read, found["id"], "nationality-unknown", "cleared")
    assert cleared["id"] == flag["id"]
    again = change(known, nationality_evidenced=None).json
    assert again["nationality_unknown"] is True
    assert [each["country"] for each in again["acro_checks"]] == ["ROU"]
    assert len(flags_of(read, found["id"], "nationality-unknown")) == 1


def test_a_nationality_recorded_later_for_the_person_counts(client, headers, arrest, read):
    person = given_person(client, headers)
    found = arrest(person).json
    sent = headers("investigator") | {"If-Match": '"1"'}
    answer = client.patch(
        f"/v1/people/{person['id']}", json={"nationalities": ["GBR", "LTU"]}, headers=sent
    )
    assert answer.status_code == 200, answer.json
    now = read(f"/v1/detentions/{found['id']}").json
    assert (now["countries"], now["nationality_unknown"]) == (["LTU"], False)
    assert [each["country"] for each in now["acro_checks"]] == ["LTU"]
    assert flags_of(read, found["id"], "nationality-unknown") == []


def test_a_release_is_recorded_once_and_not_before_the_arrest(client, headers, change):
    found = given_detention(client, headers)
    early = change(found, path="/releases", released_at=ago(hours=2))
    assert rules_of(early) == ["release-before-arrest"]
    assert change(found, path="/releases", version=7).status_code == 412
    done = change(found, path="/releases", disposal="no_further_action")
    assert (done.status_code, done.json["version"]) == (201, 2)
    again = change(done.json, path="/releases")
    assert (again.status_code, again.json["rule"]) == (409, "released-once")


def test_a_change_needs_the_version_and_something_to_change(client, headers, change):
    found = given_detention(client, headers)
    path = f"/v1/detentions/{found['id']}"
    sent = headers("custody_client")
    assert client.patch(path, json={"pnc_checked": True}, headers=sent).status_code == 428
    assert change(found, version=3, pnc_checked=True).status_code == 412
    assert change(found).status_code == 422
    assert change(found, custody_number="CU/9").status_code == 422
    assert change(found, person_id=found["person_id"]).status_code == 422
    assert rules_of(change(found, arrested_at="2126-01-01T00:00:00Z")) == ["arrest-in-the-future"]
    assert change(found, arrested_at=found["arrested_at"]).json["version"] == 1
    assert change(found, station="Euston Street").json["station"] == "Euston Street"


def test_the_list_is_filtered_and_paged(client, headers, read):
    given_neighbourhood(client, "N1", lpa="CN")
    person = given_person(client, headers, nationalities=["GBR"])
    facts = [
        {"person": person, "arrested_at": "2025-06-30T22:59:59Z", "pnc_checked": True},
        {"person": person, "arrested_at": "2025-07-10T10:00:00Z", "lpa": "CN"},
        {"arrested_at": "2025-07-31T22:59:59Z", "nationality_stated": "ROU"},
        {"arrested_at": "2025-07-31T23:00:00Z"},
    ]
    one, two, three, four = (given_detention(client, headers, **each)["id"] for each in facts)

    def ids(query):
        return [each["id"] for each in read(f"/v1/detentions?{query}").json["items"]]

    assert ids("") == [four, three, two, one]
    assert ids("from=2025-07-01&to=2025-07-31") == [three, two]
    assert ids(f"person_id={person['reference']}") == [two, one]
    assert ids(f"person_id={person['id']}&pnc_checked=true") == [one]
    assert ids("foreign_national=true") == [three]
    assert ids("foreign_national=false&nationality_unknown=false") == [two, one]
    assert ids("nationality_unknown=true") == [four]
    assert ids("pnc_checked=false") == [four, three, two]
    assert ids("lpa=CN") == [two]
    assert ids("lpa=none") == [four, three, one]
    first = read("/v1/detentions?limit=3&count=true").json
    assert ([each["id"] for each in first["items"]], first["total"]) == ([four, three, two], 4)
    assert ids(f"limit=3&cursor={first['next']}") == [one]
    assert ids("force=33&lpa=CN") == [two]
    for query in ("colour=blue", "from=2025-07-02&to=2025-07-01", "neighbourhood=N1"):
        assert read(f"/v1/detentions?{query}").status_code == 422


def test_a_past_moment_gives_what_was_known_then(client, headers, arrest, change, read, sql):
    person = given_person(client, headers)
    want = given_want(client, headers, person=person, entered_at=ago(days=3))
    found = arrest(person).json
    ((moment,),) = sql("SELECT clock_timestamp()")
    changed = change(found, nationality_stated="ROU", close_wants=[want["id"]]).json
    assert changed["wants_closed"]
    then = read(f"/v1/detentions?as_at={moment.isoformat().replace('+', '%2B')}").json["items"]
    # Both were written in the test's one transaction, whose moment is that of its beginning.
    assert [each["id"] for each in then] == [found["id"]]
    assert read("/v1/detentions?as_at=2020-01-01T00:00:00Z").json["items"] == []
    assert read(f"/v1/detentions/{found['id']}?as_at=2020-01-01T00:00:00Z").status_code == 404


def test_who_may_read_and_who_may_write(client, headers, arrest, read):
    person = given_person(client, headers)
    found = arrest(person, role="investigator").json
    readers = {
        "investigator",
        "supervisor",
        "duty_inspector",
        "iom_officer",
        "iom_manager",
        "offender_manager",
        "mappa_coordinator",
        "force_manager",
        "chief_officer",
        "meeting_chair",
    }
    writers = {"investigator", "supervisor", "duty_inspector", "custody_client"}
    others = {
        "response_officer",
        "neighbourhood_officer",
        "forensic_client",
        "court_client",
        "partner_agency",
        "force_admin",
        "auditor",
    }
    for role in readers | writers | others:
        status = read("/v1/detentions", role).status_code
        assert (role, status) == (role, 200 if role in readers | writers else 403)
        status = arrest({"id": "nobody"}, role=role).status_code
        assert (role, status) == (role, 422 if role in writers else 403)
    assert read(f"/v1/detentions/{found['id']}", "supervisor").status_code == 200
    assert read(f"/v1/detentions/{found['id']}", "investigator", force="31").status_code == 404


def test_a_client_sees_what_it_sent_and_no_other(client, headers, arrest, change, read):
    mine = arrest(given_person(client, headers)).json
    other = arrest(given_person(client, headers), role="investigator", custody_number="CU/2").json
    assert [each["id"] for each in read("/v1/detentions").json["items"]] == [mine["id"]]
    assert read(f"/v1/detentions/{mine['id']}").status_code == 200
    assert read(f"/v1/detentions/{other['reference']}").status_code == 404
    assert change(other, pnc_checked=True).status_code == 404
    assert change(other, path="/releases").status_code == 404
    seen = [each["id"] for each in read("/v1/detentions", "investigator").json["items"]]
    assert set(seen) == {mine["id"], other["id"]}


def test_an_area_narrows_a_supervisor(client, headers, read):
    given_neighbourhood(client, "N1", lpa="CN")
    here = given_detention(client, headers, lpa="CN")
    there = given_detention(client, headers)
    mine = {"role": "supervisor", "lpas": ["CN"]}
    assert [each["id"] for each in read("/v1/detentions", **mine).json["items"]] == [here["id"]]
    assert read(f"/v1/detentions/{there['id']}", **mine).status_code == 404
    person = given_person(client, headers)
    body = {"person_id": person["id"], "custody_number": "X", "arrested_at": ago(hours=1)}
    refused = client.post("/v1/detentions", json=body, headers=headers("supervisor", lpas=["CN"]))
    assert [each["pointer"] for each in refused.json["errors"]] == ["/lpa"]
    body |= {"lpa": "CN", "close_wants": [given_want(client, headers, person=person)["id"]]}
    refused = client.post("/v1/detentions", json=body, headers=headers("supervisor", lpas=["CN"]))
    assert [each["pointer"] for each in refused.json["errors"]] == ["/close_wants/0"]


def test_each_use_is_audited_with_whom_it_touched(client, headers, arrest, change, read, sql):
    person = given_person(client, headers)
    want = given_want(client, headers, person=person)
    found = arrest(person, close_wants=[want["id"]]).json
    change(found, pnc_checked=True)
    read("/v1/detentions")
    acts = sql("""
        SELECT action, audit_class, subject_ids FROM audit_events
        WHERE action LIKE 'custody.%' ORDER BY at
    """)
    assert [(act.action, act.audit_class) for act in acts] == [
        ("custody.record", "collection"),
        ("custody.amend", "alteration"),
        ("custody.list", "consultation"),
    ]
    for act in acts:
        assert {str(each) for each in act.subject_ids} == {
            found["id"],
            person["id"],
            want["id"],
        }


def test_a_stateless_person_has_no_country_to_ask_and_is_not_unknown(client, headers, arrest):
    person = given_person(client, headers)
    found = arrest(person, nationality_stated="xxa").json
    said = ("stateless", "foreign_national", "nationality_unknown", "countries", "acro_checks")
    assert [found[name] for name in said] == [True, False, False, [], []]
    flags = client.get("/v1/flags?rule=nationality-unknown", headers=headers("supervisor")).json
    assert flags["items"] == []
    path, sent = f"/v1/detentions/{found['id']}", headers("supervisor") | {"If-Match": "*"}
    for column, value, expected in (
        ("nationality_evidenced", "GBR", [False, False, False, [], 0]),
        ("nationality_evidenced", "ROU", [False, True, False, ["ROU"], 1]),
        ("nationality_evidenced", "XXX", [True, False, False, [], 1]),
        ("nationality_stated", "XXX", [False, False, True, [], 1]),
    ):
        found = client.patch(path, json={column: value}, headers=sent).json
        assert [*(found[name] for name in said[:4]), len(found["acro_checks"])] == expected
    named = given_person(client, headers, nationalities=["XXA"])
    assert arrest(named, custody_number="CU/2").json["stateless"] is True


def test_a_want_that_ended_otherwise_is_put_forward_no_longer(client, headers, arrest):
    person = given_person(client, headers)
    wants = [given_want(client, headers, person=person, crime_reference=each) for each in "AB"]
    made = arrest(person).json
    assert len(made["wants_put_forward"]) == 2
    sent = headers("investigator") | {"If-Match": "*"}
    outcome = {"outcome": "no_longer_wanted", "reason": "Withdrawn."}
    ended = client.post(f"/v1/wanted/{wants[0]['id']}/outcomes", json=outcome, headers=sent)
    assert ended.status_code == 201
    path = f"/v1/detentions/{made['id']}"
    shown = client.get(path, headers=headers("supervisor")).json
    assert [each["id"] for each in shown["wants_put_forward"]] == [wants[1]["id"]]
    assert shown["wants_closed"] == []
    then = made["recorded_at"].replace("+", "%2B")
    past = client.get(f"{path}?as_at={then}", headers=headers("supervisor")).json
    assert [each["id"] for each in past["wants_put_forward"]] == [each["id"] for each in wants]
