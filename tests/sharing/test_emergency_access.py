"""Emergency access: at once, for a reason and a time, and looked at by a second person."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import given_neighbourhood, given_person, given_want
from registrations_given import Register
from sharing_given import REASON
from sqlalchemy import text

from offenders import clock
from offenders.jobs.sharing import flag_unreviewed

PERSON = {"person_id": "{id}"}


@pytest.fixture
def restricted(client, headers, sharing):
    person = given_person(client, headers, family_name="Protectorate")
    sharing.restrict(person)
    return person


def minutes_later(minutes):
    return clock.as_if_at(clock.now() + timedelta(minutes=minutes))


def flags(sharing, rule):
    answer = sharing.get(f"flags?rule={rule}", "duty_inspector")
    return [(each["subject"]["type"], each["subject"]["id"]) for each in answer.json["items"]]


def test_it_opens_a_restricted_person_at_once_and_closes_by_itself(sharing, restricted):
    path = f"people/{restricted['id']}"
    assert sharing.get(path, "response_officer").status_code == 404
    taken = sharing.take(person_id=restricted["reference"], minutes=30)
    assert (taken["person_id"], taken["state"]) == (restricted["id"], "open")
    assert "Protectorate" not in str(taken)
    assert sharing.get(path, "response_officer").status_code == 200
    assert sharing.get(path, "investigator").status_code == 404, "it is the taker's alone"
    assert sharing.get(f"{path}/shares", "response_officer").status_code == 403, "no role grows"
    with minutes_later(31):
        assert sharing.get(path, "response_officer").status_code == 404
    ended = sharing.post(
        f"emergency-access/{taken['id']}/ends", None, "response_officer", match=taken["version"]
    )
    assert (ended.status_code, ended.json["state"]) == (201, "ended")
    assert sharing.get(path, "response_officer").status_code == 404


def test_it_widens_an_area_in_every_list_and_for_what_is_done(sharing, client, headers):
    given_neighbourhood(client, "E1", lpa="N")
    given_neighbourhood(client, "E2", lpa="S", south_west=(53.0, -1.0))
    person = given_person(client, headers)
    wants = {
        lpa: given_want(client, headers, person=person, lpa=lpa, crime_reference=lpa)["id"]
        for lpa in "NS"
    }
    north = {"lpas": ["N"]}

    def seen():
        listed = sharing.get("wanted?count=true", "supervisor", **north).json
        areas = sorted(each["lpa"] for each in listed["items"])
        page = sharing.get(f"people/{person['id']}", "supervisor", **north).json
        counted = sharing.get("wanted/counts", "supervisor", **north).json["counts"]
        body = {"occurred_at": clock.now().isoformat(), "text": "Looked at."}
        reviewed = sharing.post(f"wanted/{wants['S']}/reviews", body, "supervisor", **north)
        return (
            areas,
            listed["total"],
            len(page["wanted"]),
            counted[0]["wants"],
            reviewed.status_code,
        )

    assert seen() == (["N"], 1, 1, 1, 404)
    taken = sharing.take("supervisor", lpa="S", **north)
    *listed, reviewed = seen()
    assert listed == [["N", "S"], 2, 2, 2]
    assert reviewed == 201
    with minutes_later(61):
        assert seen()[:4] == (["N"], 1, 1, 1)
    sharing.post(f"emergency-access/{taken['id']}/ends", None, "supervisor", match=1)
    assert seen()[:4] == (["N"], 1, 1, 1)
    sharing.take("supervisor", person_id=person["id"], **north)
    assert seen()[:4] == (["N", "S"], 2, 2, 2), "one person is opened wherever their records are"


def test_an_officer_is_told_who_is_registered_beyond_their_area(sharing, client, headers):
    for at, (code, lpa) in enumerate((("W1", "N"), ("W2", "S"))):
        given_neighbourhood(client, code, lpa=lpa, south_west=(52.0 + at, -1.0))
    home = {"lines": ["1"], "neighbourhood": "W2", "type": "home"}
    person = given_person(client, headers, addresses=[home])
    record = Register(client, headers, "33").given(person_id=person["id"])
    north, role = {"lpas": ["N"]}, "neighbourhood_officer"

    def seen():
        one = sharing.get(f"registrations/{record['id']}", role, **north).status_code
        listed = sharing.get("registrations?count=true", role, **north).json
        page = sharing.get(f"people/{person['id']}", role, **north).json
        ward = sharing.get("neighbourhoods/W2/offenders", role, **north).json["items"]
        return one, listed["total"], str(page).count(record["id"]), len(ward)

    assert seen() == (404, 0, 0, 0)
    for opened in ({"lpa": "S"}, {"person_id": person["id"]}):
        taken = sharing.take(role, **opened, **north)
        assert seen() == (200, 1, 1, 1), opened
        sharing.post(f"emergency-access/{taken['id']}/ends", None, role, match=1, **north)
        assert seen() == (404, 0, 0, 0)


def test_a_force_that_allows_no_minute_gives_none(sharing, restricted, session):
    session.execute(
        text("""INSERT INTO policies (force, id, rule, applies_to, figure, from_on, source, set_by,
                                      recorded_at)
                VALUES ('33', gen_random_uuid(), 'emergency-access', 'all', 0, '2020-01-01', 't',
                        't', now())""")
    )
    for asked in ({}, {"minutes": 5}):
        body = {"reason": REASON, "person_id": restricted["id"]} | asked
        answer = sharing.post("emergency-access", body, "response_officer")
        assert (answer.status_code, answer.json["rule"]) == (409, "emergency-access"), asked


def test_an_opened_person_is_looked_for_in_every_list_and_count(sharing, client, headers):
    person = given_person(client, headers)
    sharing.take("supervisor", person_id=person["id"], lpas=["N"])
    asked = 0
    for (rule, method), operation in client.application.extensions["operations"].items():
        if method == "GET" and "<" not in rule and operation.scope == "area":
            for query in ("", f"?as_at={clock.now().isoformat()}".replace("+", "%2B")):
                answer = sharing.get(
                    f"{rule.removeprefix('/v1/')}{query}", "supervisor", lpas=["N"]
                )
                assert answer.status_code in {200, 403, 404, 422}, (rule, answer.json)
                asked += answer.status_code == 200
    assert asked > 25


def test_a_second_person_reviews_it_and_that_clears_its_flag(sharing, restricted, session):
    taken = sharing.take("supervisor", person_id=restricted["id"], minutes=5)
    own = ("emergency_access", taken["id"])
    assert flags(sharing, "emergency-access") == [own]
    assert flags(sharing, "emergency-access-reviews") == []
    with minutes_later(24 * 60 + 1):
        flag_unreviewed(session, "33")
        path = "emergency-access?review_overdue=true&count=true"
        late = sharing.get(path, "auditor", hours=48).json
        assert [each["id"] for each in late["items"]] == [taken["id"]]
        assert late["total"] == 1
    assert flags(sharing, "emergency-access-reviews") == [own]
    body = {"outcome": "justified", "note": "She was in danger."}
    path = f"emergency-access/{taken['id']}/reviews"
    assert sharing.post(path, body, "response_officer").status_code == 403
    refused = sharing.post(path, body, "supervisor")
    assert (refused.status_code, refused.json["rule"]) == (409, "second-person")
    done = sharing.post(path, body, "duty_inspector")
    assert (done.status_code, done.json["outcome"]) == (201, "justified")
    assert flags(sharing, "emergency-access") == flags(sharing, "emergency-access-reviews") == []
    assert sharing.post(path, body, "auditor").status_code == 409
    audited = session.execute(
        text("SELECT action FROM audit_events WHERE :id = ANY (subject_ids) ORDER BY at"),
        {"id": taken["id"]},
    )
    assert list(audited.scalars()) == ["emergency.take", "emergency.review"]


def test_others_are_seen_by_reviewers_alone(sharing, restricted):
    taken = sharing.take(person_id=restricted["id"])
    path = f"emergency-access/{taken['reference']}"
    assert sharing.get(path, "response_officer").status_code == 200
    assert sharing.get(path, "investigator").status_code == 404
    assert sharing.get("emergency-access", "investigator").json["items"] == []
    ends = sharing.post(f"{path}/ends", None, "investigator", match=1)
    assert ends.status_code == 404
    assert sharing.get(path, "duty_inspector").status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "", **PERSON}, "/reason"),
        ({"reason": "urgent", **PERSON}, "/reason"),
        ({"reason": None, **PERSON}, "/reason"),
        ({}, "/person_id"),
        ({"lpa": "N", **PERSON}, "/person_id"),
        ({"lpa": "nowhere"}, "/lpa"),
        ({"person_id": "P33-0000-0000"}, "/person_id"),
        ({"minutes": 61, **PERSON}, "/minutes"),
        ({"minutes": 0, **PERSON}, "/minutes"),
    ],
)
def test_it_cant_be_taken_without_a_reason_a_subject_and_an_end(sharing, restricted, body, field):
    sent = {key: str(value).format(**restricted) if key == "person_id" else value
            for key, value in body.items()}  # fmt: skip
    answer = sharing.post("emergency-access", {"reason": REASON} | sent, "response_officer")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == field
    assert sharing.get("emergency-access", "auditor").json["items"] == []


def test_flags_about_readers_are_for_those_who_review_them(sharing, restricted):
    taken = sharing.take(person_id=restricted["id"])
    assert flags(sharing, "emergency-access") == [("emergency_access", taken["id"])]
    for role in ("response_officer", "meeting_chair", "force_admin"):
        found = sharing.get("flags?count=true", role, subject="Somebody").json
        assert taken["reference"] not in str(found)
        assert "dev-response_officer" not in str(found)
        counted = sharing.get("flags/counts?group_by=rule", role, subject="Somebody")
        assert "emergency-access" not in str(counted.json)


def test_it_does_not_end_the_restriction(sharing, client, headers):
    person = given_person(client, headers)
    made = sharing.restrict(person)
    path = f"people/{person['id']}/restrictions/{made['id']}/ends"
    asked, other = (path, {"reason": "I want in."}, "chief_officer"), {"match": made["version"]}
    assert sharing.post(*asked, **other).status_code == 404
    sharing.take("chief_officer", person_id=person["id"])
    refused = sharing.post(*asked, **other)
    assert (refused.status_code, refused.json["rule"]) == (409, "emergency-access")
    assert sharing.get(f"people/{person['id']}").status_code == 404, "it stands for all others"
    assert sharing.post(path, {"reason": "Over."}, **other).status_code == 201
