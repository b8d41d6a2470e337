"""Bail through the API: what is taken, what is refused and by which section."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from bail_cases import at
from bail_given import NOW, ago
from builders import given_entry, given_neighbourhood
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.working_days import end_of_period_of_months, london_day

ENDS = end_of_period_of_months(london_day(NOW - timedelta(days=10)) + timedelta(days=1), 3)


def refused(answer, pointer, section=None, status=422):
    """Check a refusal: its field, and the section where the law refuses."""
    assert answer.status_code == status, answer.json
    (error,) = answer.json["errors"]
    assert error["pointer"] == pointer
    if section:
        assert f"PACE 1984 {section}" in error["detail"]
        assert answer.json["section"] == f"PACE 1984 {section}"
    return True


def test_a_release_says_its_regime_its_last_day_and_the_rule(bail):
    made = bail.given(conditions=["Live at 1 High Street", {"type": "curfew", "text": "22-06"}])
    assert (made["state"], made["regime"], made["ends_on"]) == ("on_bail", "C", ENDS.isoformat())
    assert made["because"]["section"] == "PACE 1984 s.47ZB(1)(b)"
    assert made["because"]["rule"] == "3 months beginning with the day after arrest"
    assert london_day(datetime.fromisoformat(made["return_at"])) == ENDS
    assert [each["type"] for each in made["conditions"]] == ["other", "curfew"]
    assert (made["case_type"], made["agency"], made["kind"]) == ("standard", "police", "station")
    assert made["owner_team"] == "DUTY-33"
    assert made["reference"].startswith("B33-")
    for written in (made["id"], made["reference"]):
        answer = bail.client.get(f"/v1/bail-records/{written}", headers=bail.sent)
        assert answer.json == made
        assert answer.headers["ETag"].startswith('"1.')


@pytest.mark.parametrize(
    ("arrested", "fields", "regime", "ends_on"),
    [
        ("2017-04-02T12:00:00Z", {}, "A", None),
        ("2017-04-03T12:00:00Z", {}, "B", "2017-05-01"),
        ("2022-10-27T22:59:00Z", {}, "B", "2022-11-24"),
        ("2022-10-27T23:00:00Z", {}, "C", "2023-01-28"),
        ("2022-11-29T12:00:00Z", {}, "C", "2023-02-28"),
        ("2024-01-10T12:00:00Z", {"agency": "sfo"}, "C", "2024-07-10"),
        ("2024-01-10T12:00:00Z", {"case_type": "non_standard"}, "C", "2024-07-10"),
        ("2024-01-10T12:00:00Z", {"case_type": "designated"}, "C", "2024-04-10"),
        ("2021-03-01T12:00:00Z", {"agency": "sfo"}, "B", "2021-06-01"),
    ],
)
def test_old_arrests_stay_under_their_law(bail, arrested, fields, regime, ends_on):
    made = bail.given(arrested_at=arrested, bailed_at=arrested, **fields)
    assert (made["regime"], made["ends_on"]) == (regime, ends_on)
    lapsed = regime != "A"
    assert made["state"] == ("released_without_bail" if lapsed else "on_bail")
    assert made["has_lapsed"] is lapsed


@pytest.mark.parametrize(
    ("fields", "pointer", "section"),
    [
        ({"arrested_at": (NOW + timedelta(days=1)).isoformat()}, "/arrested_at", None),
        ({"bailed_at": ago(11)}, "/bailed_at", None),
        ({"return_at": ago(9.5)}, "/return_at", "s.47(3)(c)"),
        ({"return_at": (NOW + timedelta(days=95)).isoformat()}, "/return_at", "s.47ZA(2)"),
        ({"case_type": "standard", "agency": "fca"}, "/case_type", "s.47ZB(1)(a)"),
        ({"case_type": "non_standard", "agency": "police"}, "/agency", "s.47ZB(1)(b)"),
        ({"authorised_rank": "constable"}, "/authorised_rank", "s.36(3)"),
        ({"offence_code": "XX99999"}, "/offence_code", None),
        ({"person_id": "P33-7K3M-Q2XD"}, "/person_id", None),
        ({"release": "without_bail", "conditions": ["x"]}, "/conditions", None),
        ({"conditions": [{"type": "curfew"}]}, "/conditions/0/text", None),
        ({"lpa": "NOWHERE"}, "/lpa", None),
    ],
)
def test_a_release_that_can_not_be_is_refused(bail, fields, pointer, section):
    assert refused(bail.post(**fields), pointer, section)
    assert bail.list() == []


def test_bail_granted_after_its_period_or_before_birth_is_refused(bail):
    answer = bail.post(arrested_at=ago(200), bailed_at=ago(50))
    assert refused(answer, "/bailed_at", "s.47ZB")
    child = bail.person(date_of_birth=london_day(NOW).isoformat())
    assert refused(bail.post(person_id=child["id"]), "/arrested_at")


def test_in_regime_b_bail_needs_an_inspector(bail):
    old = {"arrested_at": "2021-03-01T12:00:00Z", "bailed_at": "2021-03-01T20:00:00Z"}
    assert refused(bail.post(**old, authorised_rank="sergeant"), "/authorised_rank", "s.50A(b)")
    assert bail.given(**old, authorised_rank="inspector")["regime"] == "B"


def test_the_same_release_twice_is_a_conflict_with_a_link(bail):
    made = bail.given()
    answer = bail.post(person_id=made["person_id"], arrested_at=made["arrested_at"])
    assert answer.status_code == 409
    assert answer.json["existing"] == f"/v1/bail-records/{made['id']}"
    bail.done(made, "closures", outcome="entered_in_error")
    bail.given(person_id=made["person_id"], arrested_at=made["arrested_at"])


def extension(**fields):
    body = {
        "authorised_rank": "inspector",
        "authorised_at": ago(0),
        "representations": "None were made.",
        "reason": "Phone download awaited.",
    }
    return body | fields


def test_extensions_go_up_in_rank_and_move_the_time_to_answer(bail):
    made = bail.given()
    six = bail.done(made, "extensions", **extension())
    start = london_day(NOW - timedelta(days=10)) + timedelta(days=1)
    assert six["ends_on"] == end_of_period_of_months(start, 6).isoformat()
    assert six["because"]["section"] == "PACE 1984 s.47ZD"
    assert london_day(datetime.fromisoformat(six["return_at"])).isoformat() == six["ends_on"]
    low = bail.act(made, "extensions", **extension())
    assert refused(low, "/authorised_rank", "s.47ZDA")
    nine = bail.done(made, "extensions", **extension(authorised_rank="superintendent"))
    assert [each["section"] for each in nine["extensions"]] == ["s.47ZD", "s.47ZDA"]
    assert [each["ends_on"] for each in nine["extensions"]] == [six["ends_on"], nine["ends_on"]]
    assert (nine["version"], nine["state"]) == (3, "on_bail")
    kinds = bail.client.get(f"/v1/bail-records/{made['id']}/history", headers=bail.sent).json
    assert [each["kind"] for each in kinds["items"]].count("extension") == 2


@pytest.mark.parametrize(
    ("fields", "pointer", "section"),
    [
        ({"authorised_rank": "sergeant"}, "/authorised_rank", "s.47ZD"),
        ({"authorised_rank": "magistrates_court"}, "/authorised_rank", "s.47ZF(1)"),
        ({"representations": False}, "/representations", "s.47ZD(3)-(4)"),
        ({"representations": None}, "/representations", None),
        ({"representations": 7}, "/representations", None),
        ({"authorised_at": ago(9.5)}, "/authorised_at", "s.47ZD"),
        ({"authorised_at": (NOW + timedelta(days=1)).isoformat()}, "/authorised_at", None),
        ({"return_at": (NOW + timedelta(days=200)).isoformat()}, "/return_at", "s.47ZA(2)"),
        ({"return_at": ago(1)}, "/return_at", None),
    ],
)
def test_an_unlawful_extension_is_refused_with_the_section(bail, fields, pointer, section):
    made = bail.given()
    assert refused(bail.act(made, "extensions", **extension(**fields)), pointer, section)
    assert bail.read(made) == made


def test_representations_must_be_spoken_of(bail):
    body = extension()
    del body["representations"]
    answer = bail.act(bail.given(), "extensions", **body)
    assert refused(answer, "/representations", "s.47ZD(3)-(4)")


def test_after_a_lapse_only_what_was_authorised_in_time_counts(bail):
    made = bail.given(arrested_at=ago(120), bailed_at=ago(119))
    assert (made["state"], made["has_lapsed"]) == ("released_without_bail", True)
    late = bail.act(made, "extensions", **extension())
    assert refused(late, "/authorised_at", "s.47ZD(1)(b)")
    back = bail.done(made, "extensions", **extension(authorised_at=ago(60)))
    assert (back["state"], back["has_lapsed"], back["released_at"]) == ("on_bail", False, None)
    assert bail.read(made)["ends_on"] == back["ends_on"]


def test_a_designated_case_goes_on_to_an_assistant_chief_constable(bail):
    made = bail.given()
    bail.done(made, "extensions", **extension())
    bail.done(made, "extensions", **extension(authorised_rank="superintendent"))
    asked = extension(authorised_rank="assistant_chief_constable")
    assert refused(bail.act(made, "extensions", **asked), "/authorised_rank", "s.47ZE(2)")
    answer = bail.client.patch(
        f"/v1/bail-records/{made['id']}",
        json={"case_type": "designated"},
        headers=bail.sent | {"If-Match": '"3"'},
    )
    assert answer.status_code == 200, answer.json
    year = bail.done(made, "extensions", **asked)
    assert year["because"]["section"] == "PACE 1984 s.47ZE"


def test_a_failure_opens_the_want_and_the_surrender_closes_it(bail):
    made = bail.given(return_at=ago(1), offence_code="TH68001")
    before = bail.headline()
    assert [each["overdue"] for each in bail.list(overdue="true")] == [["return"]]
    failed = bail.done(made, "failures", reason="Did not come.", risk="high")
    assert failed["state"] == "failed_to_answer"
    want = bail.want(failed)
    assert (want["reason"], want["crime_reference"]) == ("failed_to_answer_bail", "C1")
    assert (want["offence_code"], want["risk"]) == ("TH68001", "high")
    assert want["power"] == "PACE 1984 s.46A(1)"
    assert bail.headline()["people"] == before["people"] + 1
    assert len(bail.list(state="failed_to_answer")) == bail.headline()["people"]
    back = bail.done(made, "surrenders")
    assert (back["state"], bail.want(back)["state"]) == ("surrendered", "surrendered")
    assert bail.headline() | {"href": ""} == before | {"href": ""}
    kinds = bail.client.get(f"/v1/bail-records/{made['id']}/history", headers=bail.sent).json
    assert {each["kind"] for each in kinds["items"]} >= {"entry", "failure", "surrender"}


@pytest.mark.parametrize(
    ("made_with", "sent", "section"),
    [
        ({"return_at": (NOW + timedelta(days=2)).isoformat()}, {}, "s.46A(1)"),
        ({}, {}, "s.46A(1)"),
        ({"return_at": ago(1)}, {"occurred_at": ago(2)}, "s.46A(1)"),
        (
            {"arrested_at": ago(120), "bailed_at": ago(119), "return_at": ago(60)},
            {},
            "s.47ZA(2)",
        ),
    ],
)
def test_a_failure_before_the_time_or_after_the_period_is_refused(bail, made_with, sent, section):
    made = bail.given(**made_with)
    assert refused(bail.act(made, "failures", **sent), "/occurred_at", section)
    assert bail.read(made)["want_id"] is None


def test_a_failure_within_the_period_can_be_recorded_after_it(bail):
    made = bail.given(arrested_at=ago(120), bailed_at=ago(119), return_at=ago(60))
    failed = bail.done(made, "failures", occurred_at=ago(59))
    assert (failed["state"], failed["has_lapsed"]) == ("failed_to_answer", False)


def test_a_failure_joins_the_want_that_stands_and_the_last_answer_closes_it(bail):
    person = bail.person()
    one = bail.given(person_id=person["id"], return_at=ago(1))
    two = bail.given(person_id=person["id"], return_at=ago(1), arrested_at=ago(12))
    first = bail.done(one, "failures")
    second = bail.done(two, "failures")
    assert first["want_id"] == second["want_id"]
    assert bail.headline()["people"] == 1
    bail.done(one, "surrenders")
    assert bail.want(first)["state"] == "outstanding"
    bail.done(two, "closures", outcome="no_further_action")
    assert bail.want(first)["state"] == "no_longer_wanted"
    assert bail.headline()["people"] == 0


def test_an_answer_is_dated_after_the_failure_not_after_the_want_it_joined(bail):
    person = bail.person()["id"]
    want = {"person_id": person, "reason": "failed_to_answer_bail", "crime_reference": "C1"}
    assert bail.client.post("/v1/wanted", json=want, headers=bail.sent).status_code == 201
    made = bail.given(person_id=person, return_at=ago(3))
    bail.done(made, "failures", occurred_at=ago(2))
    for kind, body in (("surrenders", {}), ("closures", {"outcome": "charged"})):
        assert refused(bail.act(made, kind, occurred_at=ago(2.5), **body), "/occurred_at")
    back = bail.done(made, "surrenders", occurred_at=ago(1))
    assert back["answered_at"][:19] == ago(1)[:19]
    assert bail.want(back)["state"] == "surrendered"


def test_a_want_closed_in_the_register_is_seen_in_the_bail_record(bail):
    failed = bail.done(bail.given(return_at=ago(1)), "failures")
    path = f"/v1/wanted/{failed['want_id']}"
    for outcome, state in (("arrested", "surrendered"),):
        etag = bail.client.get(path, headers=bail.sent).headers["ETag"]
        body = {"outcome": outcome, "custody_number": "N/1"}
        sent = bail.sent | {"If-Match": etag}
        assert bail.client.post(f"{path}/outcomes", json=body, headers=sent).status_code == 201
        shown = bail.read(failed)
        assert (shown["state"], bail.list(state="failed_to_answer")) == (state, [])
        assert shown["answered_at"] is not None
    assert bail.done(failed, "closures", outcome="charged")["state"] == "closed"


def test_withdrawn_wants_leave_a_failure_to_be_decided(bail):
    failed = bail.done(bail.given(return_at=ago(1)), "failures")
    path = f"/v1/wanted/{failed['want_id']}"
    sent = bail.sent | {"If-Match": '"1"'}
    body = {"outcome": "no_longer_wanted"}
    assert bail.client.post(f"{path}/outcomes", json=body, headers=sent).status_code == 201
    assert bail.read(failed)["state"] == "no_longer_wanted"
    assert len(bail.list(state="no_longer_wanted")) == 1
    sent = bail.sent | {"If-Match": "*"}
    path = f"/v1/bail-records/{failed['id']}"
    other = bail.client.patch(path, json={"offence_code": "TH68001"}, headers=sent).json
    assert (other["state"], other["answered_at"]) == ("no_longer_wanted", None)
    assert bail.act(failed, "failures").json["state"] == "no_longer_wanted"
    later = {"return_at": (NOW + timedelta(days=5)).isoformat()}
    assert bail.client.patch(path, json=later, headers=sent).json["state"] == "on_bail"


def test_who_surrendered_can_be_bailed_again(bail):
    made = bail.given(return_at=ago(1))
    bail.done(made, "surrenders", occurred_at=ago(0.5))
    new = (NOW + timedelta(days=5)).isoformat()
    answer = bail.client.patch(
        f"/v1/bail-records/{made['id']}",
        json={"return_at": new},
        headers=bail.sent | {"If-Match": '"2"'},
    )
    assert answer.status_code == 200, answer.json
    assert (answer.json["state"], answer.json["ends_on"]) == ("on_bail", ENDS.isoformat())


def test_conditions_are_varied_with_dates_and_breaches_name_them(bail):
    made = bail.given(conditions=["Live at 1 High Street", "Not to contact Ann"])
    varied = bail.done(
        made,
        "conditions",
        conditions=["Not to contact Ann", {"type": "curfew", "text": "22:00 to 06:00"}],
        occurred_at=ago(2),
        victim_views="Content with the curfew.",
    )
    held = [(each["text"], each["until"] is None) for each in varied["conditions"]]
    assert held == [
        ("Live at 1 High Street", False),
        ("Not to contact Ann", True),
        ("22:00 to 06:00", True),
    ]
    curfew, home = varied["conditions"][2]["id"], varied["conditions"][0]["id"]
    early = bail.act(made, "breaches", condition_id=curfew, occurred_at=ago(3))
    assert refused(early, "/condition_id")
    assert refused(bail.act(made, "breaches", condition_id=home), "/condition_id")
    breached = bail.done(made, "breaches", condition_id=curfew, details="Out at 23:10.")
    assert (breached["state"], breached["want_id"]) == ("on_bail", None)
    bail.done(made, "breaches", condition_id=curfew, open_want=True)
    wants = bail.client.get("/v1/wanted?reason=breach_of_bail", headers=bail.sent).json["items"]
    assert [each["power"] for each in wants] == ["PACE 1984 s.46A(1A)"]
    assert bail.done(made, "conditions", conditions=[])["conditions"][2]["until"] is not None
    assert refused(bail.act(made, "breaches"), "/occurred_at")


@pytest.mark.parametrize(
    ("kind", "body", "state"),
    [
        ("surrenders", {"how": "arrested"}, "arrested"),
        ("closures", {"outcome": "charged"}, "no_longer_wanted"),
    ],
)
def test_a_want_for_a_breach_ends_with_the_bail_behind_it(bail, kind, body, state):
    person = bail.person()["id"]
    one, two = (bail.given(person_id=person, arrested_at=ago(n), conditions=["x"]) for n in (9, 10))
    for each in (one, two):
        bail.done(each, "breaches", open_want=True)

    def wants():
        path = f"/v1/wanted?state=all&reason=breach_of_bail&person_id={person}"
        return [e["state"] for e in bail.client.get(path, headers=bail.sent).json["items"]]

    bail.done(one, kind, **body)
    assert wants() == ["outstanding"]
    bail.done(two, kind, **body)
    assert wants() == [state]


def test_nobody_breaches_bail_that_has_ended(bail):
    made = bail.given(arrested_at=ago(120), bailed_at=ago(119), conditions=["Curfew"])
    assert bail.read(made)["are_conditions_enforceable"] is False
    assert refused(bail.act(made, "breaches"), "/occurred_at")
    assert bail.act(made, "conditions", conditions=["x"]).status_code == 409
    bail.done(made, "breaches", occurred_at=ago(100))


def test_days_with_the_prosecutor_are_given_back(bail):
    made = bail.given()
    first = london_day(NOW - timedelta(days=8))
    away = bail.done(made, "suspensions", reason="with_prosecutor", **{"from": str(first)})
    assert (away["ends_on"], away["return_at"]) == (None, None)
    assert away["suspended_for"] == "with_prosecutor"
    assert away["because"]["section"] == "PACE 1984 s.47ZL"
    again = bail.act(made, "suspensions", reason="with_prosecutor")
    assert refused(again, "/from", "s.47ZL")
    until = first + timedelta(days=5)
    ends = f"suspensions/{away['suspensions'][0]['id']}/ends"
    back = bail.done(made, ends, until=str(until))
    assert back["ends_on"] == (ENDS + timedelta(days=5)).isoformat()
    assert back["suspended_for"] is None
    assert bail.act(made, ends).status_code == 409
    assert bail.act(made, "suspensions/x/ends").status_code == 409


def test_who_is_in_hospital_on_the_last_day_is_not_released_by_it(bail):
    made = bail.given(arrested_at=ago(120), bailed_at=ago(119))
    day = datetime.fromisoformat(f"{made['ends_on']}T00:00:00").date()
    stay = {"from": str(day - timedelta(days=1))}
    ill = bail.done(made, "suspensions", reason="in_hospital", **stay)
    assert (ill["state"], ill["ends_on"], ill["suspended_for"]) == ("on_bail", None, "in_hospital")
    assert bail.list(state="released_without_bail") == []


def test_release_without_bail_has_reviews_and_no_limit(bail):
    made = bail.given(release="without_bail")
    assert (made["state"], made["ends_on"], made["return_at"]) == (
        "released_without_bail",
        None,
        None,
    )
    assert made["has_lapsed"] is False
    due = datetime.fromisoformat(made["review_due_at"]) - datetime.fromisoformat(made["bailed_at"])
    assert due == timedelta(days=30)
    assert bail.act(made, "extensions", **extension()).status_code == 409
    assert bail.act(made, "failures").json["possible"]
    reviewed = bail.done(made, "reviews", level="inspector", decision="Go on.")
    assert reviewed["version"] == made["version"]
    assert reviewed["review_due_at"] > made["review_due_at"]
    assert reviewed["last_inspector_review_at"] == reviewed["last_reviewed_at"]


def test_closing_ends_the_record_and_under_investigation_releases(bail):
    made = bail.given()
    freed = bail.done(made, "closures", outcome="released_under_investigation")
    assert (freed["state"], freed["ends_on"], freed["outcome"]) == (
        "released_without_bail",
        None,
        None,
    )
    ended = bail.done(made, "closures", outcome="charged", reason="Charged with theft.")
    assert (ended["state"], ended["outcome"]) == ("closed", "charged")
    answer = bail.act(made, "closures", outcome="charged")
    assert (answer.status_code, answer.json["possible"]) == (409, [])


def test_ownership_moves_only_by_a_hand_over(bail):
    made = bail.given(owner_officer="1234")
    answer = bail.client.patch(
        f"/v1/bail-records/{made['id']}",
        json={"owner_officer": "5"},
        headers=bail.sent | {"If-Match": "*"},
    )
    assert answer.status_code == 422
    assert "handovers" in answer.json["errors"][-1]["detail"]
    moved = bail.done(made, "handovers", to_team="BAIL", reason="Bail desk.")
    assert (moved["owner_officer"], moved["owner_team"]) == (None, "BAIL")
    assert bail.act(made, "handovers", to_team="BAIL", reason="x").status_code == 409


def test_versions_are_asked_for_and_a_repeated_post_has_one_effect(bail):
    made = bail.given(return_at=ago(1))
    path = f"/v1/bail-records/{made['id']}/failures"
    assert bail.client.post(path, json={}, headers=bail.sent).status_code == 428
    assert bail.act(made, "failures", if_match='"7"').status_code == 412
    sent = bail.sent | {"If-Match": '"1"', "Idempotency-Key": "one"}
    first = bail.client.post(path, json={}, headers=sent)
    again = bail.client.post(path, json={}, headers=sent)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json == again.json


def test_what_was_known_then_is_answered_for_then(bail):
    made = bail.given(return_at=ago(1))
    then = bail.read(made)["recorded_at"]
    failed = bail.done(made, "failures")
    assert bail.read(made, as_at=then)["state"] == "on_bail"
    assert bail.list(state="failed_to_answer", as_at=then) == []
    assert bail.read(made, as_at=failed["updated_at"])["state"] == "failed_to_answer"
    bail.done(made, "surrenders")
    assert bail.read(made, as_at=failed["updated_at"])["state"] == "failed_to_answer"


def test_lists_are_by_what_is_due_and_page_without_loss(bail):
    days = [5, 1, 3, 2, 4]
    made = {
        day: bail.given(return_at=(NOW + timedelta(days=day)).isoformat(), crime_reference=str(day))
        for day in days
    }
    bail.done(made[4], "closures", outcome="charged")
    got, cursor = [], None
    while True:
        query = {"limit": 2, "count": "true"} | ({"cursor": cursor} if cursor else {})
        answer = bail.client.get("/v1/bail-records", headers=bail.sent, query_string=query).json
        assert answer["total"] == 5
        got += [each["crime_reference"] for each in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            break
    assert got == ["1", "2", "3", "5", "4"]
    upto = (london_day(NOW) + timedelta(days=2)).isoformat()
    assert [e["crime_reference"] for e in bail.list(due_to=upto)] == ["1", "2"]
    assert [e["crime_reference"] for e in bail.list(due_from=upto, state="on_bail")] == [
        "2",
        "3",
        "5",
    ]
    assert len(bail.list(overdue="false")) == 5


def test_an_area_reaches_its_own_bail_only(bail, client, headers):
    given_neighbourhood(client, "N1", lpa="N")
    given_neighbourhood(client, "S1", lpa="S", south_west=(53.0, -1.0))
    made = bail.given(neighbourhood="N1")
    assert (made["lpa"], made["neighbourhood"]) == ("N", "N1")
    for lpa, status in (("N", 200), ("S", 404)):
        reader = headers("supervisor", lpas=[lpa])
        path = f"/v1/bail-records/{made['id']}"
        assert client.get(path, headers=reader).status_code == status
        sent = reader | {"If-Match": "*"}
        body = {"crime_reference": lpa}
        assert client.patch(path, json=body, headers=sent).status_code == status
    assert client.get(f"/v1/bail-records/{made['id']}", headers=headers("investigator", force="31")).status_code == 404  # fmt: skip
    answer = client.get("/v1/bail-records", headers=headers("custody_client"))
    assert answer.status_code == 403


def test_without_an_area_a_record_stands_where_its_person_lives(bail, client, headers):
    given_neighbourhood(client, "N1", lpa="N")
    home = {"lines": ["1 Street"], "postcode": "LE1 1AA", "neighbourhood": "N1", "type": "home"}
    person = bail.person(addresses=[home])
    made = bail.given(person_id=person["id"])
    assert (made["lpa"], made["neighbourhood"]) == ("N", "N1")
    assert [each["id"] for each in bail.list(lpa="N")] == [made["id"]]
    assert bail.list(neighbourhood="none") == []
    assert at("2024-01-01") < NOW


def test_an_application_to_the_court_holds_the_end_up_until_it_is_determined(bail):
    made = bail.given(arrested_at=ago(300), bailed_at=ago(299))
    bail.done(made, "extensions", **extension(authorised_at=ago(250)))
    nine = extension(authorised_rank="superintendent", authorised_at=ago(150))
    day = datetime.fromisoformat(
        f"{bail.done(made, 'extensions', **nine)['ends_on']}T12:00:00+00:00"
    )
    assert bail.read(made)["state"] == "released_without_bail"
    waiting = bail.done(made, "suspensions", reason="before_court", **{"from": str(day.date())})
    assert (waiting["state"], waiting["ends_on"]) == ("on_bail", None)
    assert waiting["because"]["section"] == "PACE 1984 s.47ZJ(3)"
    asked = extension(authorised_rank="magistrates_court", applied_at=day.isoformat())
    del asked["representations"]
    year = bail.done(made, "extensions", **asked)
    assert year["because"]["section"] == "PACE 1984 s.47ZF(4)(a)"
    assert year["suspensions"][0]["until"] == str(london_day(NOW))
    assert (year["state"], year["suspended_for"]) == ("on_bail", None)


def test_facts_on_which_an_extension_rests_stay(bail):
    made = bail.given(case_type="non_standard")
    bail.done(made, "extensions", **extension(authorised_rank="superintendent"))
    for fields in (
        {"case_type": "standard"},
        {"agency": "sfo"},
        {"arrested_at": ago(20)},
        {"bailed_at": ago(9.5)},
    ):
        answer = bail.client.patch(
            f"/v1/bail-records/{made['id']}",
            json=fields,
            headers=bail.sent | {"If-Match": '"2"'},
        )
        assert (fields, answer.status_code) == (fields, 409)
    assert bail.read(made)["version"] == 2


def test_a_wrong_moment_of_arrest_is_put_right_with_its_law(bail):
    made = bail.given(arrested_at=ago(120), bailed_at=ago(119))
    answer = bail.client.patch(
        f"/v1/bail-records/{made['id']}",
        json={"arrested_at": ago(20), "bailed_at": ago(19)},
        headers=bail.sent | {"If-Match": '"1"'},
    )
    assert answer.status_code == 200, answer.json
    assert (answer.json["state"], answer.json["has_lapsed"]) == ("on_bail", False)
    early = {"arrested_at": ago(10)}
    again = bail.client.patch(
        f"/v1/bail-records/{made['id']}", json=early, headers=bail.sent | {"If-Match": '"2"'}
    )
    assert again.status_code == 422


def test_a_wrong_moment_of_release_is_put_right_with_its_law_and_reviews(bail):
    def amend(made, **fields):
        sent = bail.sent | {"If-Match": "*"}
        return bail.client.patch(f"/v1/bail-records/{made['id']}", json=fields, headers=sent)

    lapsed = bail.given(arrested_at=ago(120), bailed_at=ago(119))
    assert refused(amend(lapsed, bailed_at=ago(1)), "/bailed_at", "s.47ZB")
    free = bail.given(release="without_bail")
    due = free["review_due_at"]
    later = amend(free, bailed_at=ago(5)).json
    assert later["released_at"] == later["bailed_at"]
    moved = datetime.fromisoformat(later["review_due_at"]) - datetime.fromisoformat(due)
    assert moved == timedelta(days=4)
    old = amend(free, arrested_at="2021-03-01T12:00:00Z").json
    assert (old["state"], old["regime"]) == ("released_without_bail", "B")
    assert (old["ends_on"], old["because"]["section"]) == (None, free["because"]["section"])


def test_saying_the_same_again_changes_nothing(bail):
    made = bail.given(return_at=(NOW + timedelta(days=3)).isoformat())
    body = {"return_at": made["return_at"], "crime_reference": "C1", "case_type": "standard"}
    for sent in ({}, body):
        answer = bail.client.patch(
            f"/v1/bail-records/{made['id']}",
            json=sent,
            headers=bail.sent | {"If-Match": '"1"'},
        )
        assert (answer.status_code, answer.json) == (200, made)


def test_whose_addresses_are_protected_is_on_bail_nowhere_to_be_seen(bail, client, headers):
    given_neighbourhood(client, "N1", lpa="N")
    home = {"lines": ["1 Street"], "postcode": "LE1 1AA", "neighbourhood": "N1", "type": "home"}
    hunted = bail.person(addresses=[home])
    hunter = bail.person(family_name="Hunter")
    given_entry(client, headers, hunter, "associations", type="victim_of", person_id=hunted["id"])
    made = bail.given(person_id=hunted["id"])
    assert (made["lpa"], made["owner_team"]) == ("N", "DUTY-N")
    reader = headers("response_officer")
    shown = client.get(f"/v1/bail-records/{made['id']}", headers=reader).json
    assert (shown["lpa"], shown["neighbourhood"], shown["owner_team"]) == (None, None, "DUTY-33")
    assert shown["masked"] == ["lpa", "neighbourhood"]
    for query, count in (("lpa=N", 0), ("lpa=none", 1), ("team=DUTY-N", 0)):
        items = client.get(f"/v1/bail-records?{query}", headers=reader).json["items"]
        assert (query, len(items)) == (query, count)


def test_every_act_is_audited_with_record_person_and_want(bail, connection):
    failed = bail.done(bail.given(return_at=ago(1)), "failures")
    with transaction(connection, Work("33")) as session:
        events = session.execute(
            text("""SELECT action, audit_class, subject_ids FROM audit_events
                    WHERE action LIKE 'bail.%' ORDER BY at, id""")
        ).all()
    assert [(each.action, each.audit_class) for each in events] == [
        ("bail.record", "collection"),
        ("bail.read", "consultation"),
        ("bail.fail", "alteration"),
    ]
    named = {str(each) for each in events[-1].subject_ids}
    assert named == {failed["id"], failed["person_id"], failed["want_id"]}
