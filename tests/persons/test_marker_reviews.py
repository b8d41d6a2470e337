"""Reviews of warning markers: due by the London day, recorded, flagged and cleared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from builders import given_entry, given_neighbourhood, given_person
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction
from offenders.jobs import runner
from offenders.jobs.timetable import find_job

RULE = "marker-reviews"
MICROSECOND = timedelta(microseconds=1)


@pytest.fixture
def run(connection):
    def sweep(at=None, *, dry_run=False):
        made = runner.run(connection, find_job(RULE), at=at, dry_run=dry_run, forces=["33"])
        assert made.state == "succeeded"
        return made.raised, made.cleared

    return sweep


@pytest.fixture
def flags(connection):
    """Give the flags of the rule on a person, newest first."""

    def listed(person):
        with transaction(connection, Work("33")) as session:
            statement = text("""
                SELECT * FROM flags WHERE rule = :rule AND subject_id = :id ORDER BY raised_at DESC
            """)
            return session.execute(statement, {"rule": RULE, "id": person["id"]}).all()

    return listed


@pytest.fixture
def post(client, headers):
    def send(person, marker, what, *, role="investigator", force="33", **body):
        path = f"/v1/people/{person['id']}/markers/{marker['id']}/{what}"
        return client.post(path, json=body, headers=headers(role, force=force))

    return send


def today(days=0):
    return str(clock.today() + timedelta(days=days))


def given_marker(client, headers, person, code="WE", *, review_on=None, **fields):
    """Give a marker from long ago, overdue unless told."""
    long_ago = str(clock.today() - timedelta(days=400))
    review_on = {"review_on": review_on} if review_on else {}
    body = {"code": code, "rationale": "Told so", "from": long_ago} | review_on | fields
    return given_entry(client, headers, person, "markers", **body)


# The day of review is in time; the flag comes with its end in London.
@pytest.mark.parametrize(
    ("review_on", "due_at"),
    [
        ("2030-01-15", datetime(2030, 1, 16, tzinfo=UTC)),
        ("2030-06-30", datetime(2030, 6, 30, 23, tzinfo=UTC)),
        ("2030-03-30", datetime(2030, 3, 31, tzinfo=UTC)),
        ("2030-03-31", datetime(2030, 3, 31, 23, tzinfo=UTC)),
        ("2030-10-26", datetime(2030, 10, 26, 23, tzinfo=UTC)),
        ("2030-10-27", datetime(2030, 10, 28, tzinfo=UTC)),
        ("2032-02-29", datetime(2032, 3, 1, tzinfo=UTC)),
    ],
)
def test_a_marker_is_due_from_the_end_of_its_day(client, headers, run, flags, review_on, due_at):
    person = given_person(client, headers)
    given_marker(client, headers, person, review_on=review_on)
    assert run(due_at - MICROSECOND) == (0, 0)
    assert run(due_at) == (1, 0)
    (flag,) = flags(person)
    assert flag.due_at == due_at
    assert datetime.fromisoformat(flag.because["due_at"]) == due_at


def test_the_flag_of_a_person_names_all_markers_that_are_due(client, headers, run, flags):
    given_neighbourhood(client, "E1", lpa="N")
    person = given_person(client, headers, addresses=[{"neighbourhood": "E1"}])
    knife = given_marker(client, headers, person, "WE", review_on="2030-02-01")
    violent = given_marker(client, headers, person, "VI", review_on="2030-01-01")
    given_marker(client, headers, person, "FI", review_on="2031-01-01")
    assert run(datetime(2030, 6, 1, tzinfo=UTC)) == (1, 0)
    (flag,) = flags(person)
    assert (flag.subject_type, flag.subject_reference) == ("person", person["reference"])
    assert (flag.lpa, flag.neighbourhood, flag.owner_team) == ("N", "E1", "DUTY-N")
    assert (flag.severity, str(flag.person_id)) == ("warning", person["id"])
    assert [(each["id"], each["code"], each["review_on"]) for each in flag.because["markers"]] == [
        (violent["id"], "VI", "2030-01-01"),
        (knife["id"], "WE", "2030-02-01"),
    ]
    assert (flag.because["figure"], flag.because["unit"], flag.because["source"]) == (
        365,
        "days",
        "product default",
    )
    assert flag.due_at == datetime(2030, 1, 2, tzinfo=UTC)
    teams = client.get("/v1/teams", headers=headers("supervisor")).json["items"]
    assert "DUTY-N" in [each["code"] for each in teams]


def test_a_marker_that_is_overdue_when_it_is_given_is_flagged_at_once(client, headers, run, flags):
    person = given_person(client, headers)
    given_marker(client, headers, person)
    assert [flag.state for flag in flags(person)] == ["open"]
    assert run() == (0, 0)


def test_a_review_clears_the_flag_and_sets_the_next_day(client, headers, post, run, flags):
    person = given_person(client, headers)
    marker = given_marker(client, headers, person)
    assert marker["is_review_overdue"] is True
    answer = post(person, marker, "reviews", rationale="Found with a knife last week.")
    assert answer.status_code == 201
    assert (answer.json["review_on"], answer.json["is_review_overdue"]) == (today(365), False)
    (review,) = answer.json["reviews"]
    assert (review["rationale"], review["review_on"]) == (
        "Found with a knife last week.",
        today(365),
    )
    assert review["recorded_by"] == "dev-investigator-33"
    (flag,) = flags(person)
    assert (flag.state, flag.cleared_because) == ("cleared", "Reviewed or removed.")
    assert run() == (0, 0)


def test_the_flag_stays_for_the_marker_that_is_left(client, headers, post, flags):
    person = given_person(client, headers)
    first, second = (given_marker(client, headers, person, code) for code in ("WE", "VI"))
    assert len(flags(person)[0].because["markers"]) == 2
    assert post(person, first, "reviews", rationale="x").status_code == 201
    (flag,) = flags(person)
    assert (flag.state, [each["code"] for each in flag.because["markers"]]) == ("open", ["VI"])
    assert post(person, second, "removals", reason="No longer so.").status_code == 201
    assert [flag.state for flag in flags(person)] == ["cleared"]


def test_a_review_of_one_person_leaves_the_flags_of_others(client, headers, post, flags):
    people = [given_person(client, headers) for _ in range(2)]
    markers = [given_marker(client, headers, each) for each in people]
    assert post(people[0], markers[0], "reviews", rationale="x").status_code == 201
    assert [flags(each)[0].state for each in people] == ["cleared", "open"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/rationale"),
        ({"rationale": " "}, "/rationale"),
        ({"rationale": "x", "review_on": today()}, "/review_on"),
        ({"rationale": "x", "review_on": today(-1)}, "/review_on"),
        ({"rationale": "x", "review_on": "soon"}, "/review_on"),
        ({"rationale": "x", "occurred_at": "2999-01-01T00:00:00Z"}, "/occurred_at"),
        ({"rationale": "x", "occurred_at": "2001-01-01T00:00:00Z"}, "/occurred_at"),
        ({"rationale": "x", "state": "removed"}, "/state"),
    ],
)
def test_a_review_that_can_not_be_is_refused(client, headers, post, body, pointer):
    person = given_person(client, headers)
    marker = given_marker(client, headers, person)
    answer = post(person, marker, "reviews", **body)
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


def test_the_next_day_may_be_named(client, headers, post):
    person = given_person(client, headers)
    marker = given_marker(client, headers, person)
    answer = post(person, marker, "reviews", rationale="x", review_on=today(1))
    assert (answer.status_code, answer.json["review_on"]) == (201, today(1))


def test_state_follows_the_order_in_which_reviews_happened(client, headers, post, flags):
    person = given_person(client, headers)
    marker = given_marker(client, headers, person)
    old = (datetime.now(UTC) - timedelta(days=370)).isoformat()
    late = post(person, marker, "reviews", rationale="On paper", occurred_at=old)
    assert (late.json["review_on"], late.json["is_review_overdue"]) == (today(-5), True)
    assert flags(person)[0].state == "open"
    assert post(person, marker, "reviews", rationale="Now").json["review_on"] == today(365)
    older = (datetime.now(UTC) - timedelta(days=380)).isoformat()
    again = post(person, marker, "reviews", rationale="On paper, too", occurred_at=older)
    assert again.json["review_on"] == today(365)
    rationales = [each["rationale"] for each in again.json["reviews"]]
    assert rationales == ["Now", "On paper", "On paper, too"]
    assert [flag.state for flag in flags(person)] == ["cleared"]


def test_as_at_shows_the_day_and_the_reviews_known_then(client, headers, post):
    person = given_person(client, headers)
    marker = given_marker(client, headers, person)
    moments = [datetime.now(UTC).isoformat()]
    for days in (10, 20):
        post(person, marker, "reviews", rationale="x", review_on=today(days))
        moments.append(datetime.now(UTC).isoformat())
    seen = []
    for moment in moments:
        path = f"/v1/people/{person['id']}/markers?as_at={moment}".replace("+", "%2B")
        (item,) = client.get(path, headers=headers("investigator")).json["items"]
        seen.append((item["review_on"], item["is_review_overdue"], len(item["reviews"])))
    assert seen == [(marker["review_on"], True, 0), (today(10), False, 1), (today(20), False, 2)]


def test_an_overdue_marker_is_shown_as_such_and_not_hidden(client, headers):
    person = given_person(client, headers)
    given_marker(client, headers, person)
    shown = client.get(f"/v1/people/{person['id']}", headers=headers("response_officer")).json
    assert [each["is_review_overdue"] for each in shown["markers"]] == [True]
    assert [each["rule"] for each in shown["flags"]] == [RULE]


@pytest.mark.parametrize(
    ("role", "force", "status"),
    [
        ("investigator", "33", 201),
        ("supervisor", "33", 201),
        ("response_officer", "33", 403),
        ("investigator", "31", 404),
    ],
)
def test_who_reviews_a_marker(client, headers, post, role, force, status):
    person = given_person(client, headers)
    marker = given_marker(client, headers, person)
    answer = post(person, marker, "reviews", role=role, force=force, rationale="x")
    assert answer.status_code == status


def test_only_an_active_marker_of_this_person_is_reviewed(client, headers, post):
    person, other = given_person(client, headers), given_person(client, headers)
    marker = given_marker(client, headers, person)
    assert post(other, marker, "reviews", rationale="x").status_code == 404
    assert post(person, {"id": "nothing"}, "reviews", rationale="x").status_code == 404
    post(person, marker, "removals", reason="x")
    answer = post(person, marker, "reviews", rationale="x")
    assert (answer.status_code, answer.json["state"]) == (409, "removed")


def test_a_review_is_audited_and_needs_no_version(client, headers, post, connection):
    person = given_person(client, headers)
    marker = given_marker(client, headers, person)
    answer = post(person, marker, "reviews", rationale="Canary")
    assert answer.status_code == 201
    with transaction(connection, Work("33")) as session:
        find = text("SELECT * FROM audit_events WHERE action = 'persons.review-marker'")
        (act,) = session.execute(find).all()
    assert (act.audit_class, [str(each) for each in act.subject_ids]) == (
        "alteration",
        [person["id"]],
    )
    assert "Canary" not in str(act)


def test_the_flag_moves_with_the_person_and_hides_where_a_victim_lives(client, headers, run, flags):
    given_neighbourhood(client, "E1", lpa="N")
    given_neighbourhood(client, "S1", lpa="S", south_west=(53.0, -1.0))
    person = given_person(client, headers, addresses=[{"neighbourhood": "E1"}])
    given_marker(client, headers, person)
    given_entry(client, headers, person, "addresses", neighbourhood="S1")
    (flag,) = flags(person)
    assert (flag.lpa, flag.neighbourhood, flag.owner_team) == ("S", "S1", "DUTY-S")
    suspect = given_person(client, headers)
    given_entry(client, headers, suspect, "associations", person_id=person["id"], type="victim_of")
    assert flags(person)[0].owner_team == "DUTY-33"
    assert run() == (0, 0)


def test_a_changed_figure_sets_the_day_of_the_next_review_only(client, headers, post):
    person = given_person(client, headers)
    marker = given_marker(client, headers, person, review_on=today(100))
    body = {"figure": 30, "from": "2026-01-01"}
    path = "/v1/forces/33/policies/marker-reviews"
    assert client.put(path, json=body, headers=headers("force_manager")).status_code == 200
    listed = client.get(f"/v1/people/{person['id']}/markers", headers=headers("investigator"))
    assert [each["review_on"] for each in listed.json["items"]] == [today(100)]
    assert post(person, marker, "reviews", rationale="x").json["review_on"] == today(30)
