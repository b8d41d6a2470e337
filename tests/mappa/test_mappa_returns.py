"""Caseload, annual return and report: every number links to exactly its rows."""

from __future__ import annotations

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from mappa_given import ago, day, errors_of

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.persons.managing import Managed, manage
from offenders.ids import new_id

TODAY = clock.today()
YEAR = TODAY.year if date(TODAY.year, 3, 31) < TODAY else TODAY.year - 1


def followed(mappa, href):
    """Give the references that a link lists."""
    parts = urlsplit(href)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    items = mappa.get(parts.path.removeprefix("/v1"), **query)["items"]
    return {each["reference"] for each in items}


@pytest.fixture
def registered(mappa):
    """Register a person with a manager, as the register of sexual offenders does."""

    def make(person, manager):
        managed = Managed(
            id=new_id("33"),
            kind="registration",
            reference="R33-0000-0000",
            person_id=UUID(person),
            owner_officer=manager,
            owner_team=None,
            lpa=None,
            neighbourhood=None,
        )
        engine = mappa.client.application.extensions["offenders"].engine
        with transaction(engine, Work("33")) as session:
            manage(session, [managed])

    return make


def test_caseload_counts_people_once_and_leaves_custody_out(mappa, registered):
    both = mappa.given(manager="OM1", risk="very_high")
    registered(both["person_id"], "OM1")
    registered(mappa.person()["id"], "OM1")
    mappa.given(manager="OM1", state="custody")
    mappa.given(manager="OM2", risk=None)
    held = mappa.given(manager="OM3", state="custody")
    registered(held["person_id"], "OM3")
    shown = mappa.get("/mappa/caseload", role="chief_officer")
    counts = {
        each["manager"]: (each["community"], each["custody"], each["limit"])
        for each in shown["items"]
    }
    assert counts == {"OM1": (2, 1, 50), "OM2": (1, 0, 50), "OM3": (0, 1, 50)}
    assert (shown["managers"], shown["average_community"], shown["limit"]) == (3, 1.0, 50)
    first = shown["items"][0]
    assert (first["registrations"], first["cases"]["count"], first["by_risk"]["very_high"]) == (
        2,
        2,
        1,
    )
    assert len(followed(mappa, first["cases"]["href"])) == 2
    (own,) = mappa.get("/mappa/caseload", manager="OM2")["items"]
    assert own["community"] == 1
    mappa.get("/mappa/caseload", role="response_officer", status=403)


def test_who_answers_for_too_many_is_flagged_until_they_do_not(mappa):
    cases = [mappa.given(manager="OM1") for _ in range(3)]
    mappa.given(manager="OM2", state="custody")
    sent = mappa.by("force_admin")
    policy = f"/v1/forces/{mappa.force}/policies/caseload"

    def run(limit):
        body = {"figure": {"community": limit}, "from": day(0), "source": "Force policy"}
        assert mappa.client.put(policy, json=body, headers=sent).status_code < 300
        answer = mappa.client.post("/v1/jobs/caseload/runs", json={}, headers=sent)
        return answer.json["raised"], answer.json["cleared"]

    assert run(3) == (0, 0)
    assert run(2) == (1, 0)
    assert run(2) == (0, 0)
    (flag,) = mappa.flags("caseload")
    assert (flag["subject"]["type"], flag["subject"]["reference"]) == ("officer", "OM1")
    assert (flag["because"]["community"], flag["because"]["limit"]) == (3, 2)
    assert flag["owner"]["team"] == "DUTY-33"
    mappa.amended(cases[0], state="custody")
    assert run(2) == (0, 1)


def test_who_is_registered_is_no_potentially_dangerous_person(mappa, registered):
    grounded = {"category": None, "grounds": "Threats", "authorised_by": "S1"}
    held = mappa.given(kind="potentially_dangerous", **grounded)
    abuser = mappa.given(kind="serial_domestic_abuser", **grounded)
    for each in (held, abuser):
        registered(each["person_id"], "OM1")
    run = {"json": {}, "headers": mappa.by("force_admin")}
    assert mappa.client.post("/v1/jobs/mappa-meetings/runs", **run).json["raised"] == 1
    (flag,) = mappa.flags()
    assert (flag["subject"]["id"], flag["because"]["gaps"][0]["gap"]) == (held["id"], "eligible")
    again = mappa.post(person_id=mappa.person()["id"], kind="potentially_dangerous", **grounded)
    assert again.status_code == 201
    refused = mappa.post(person_id=abuser["person_id"], kind="potentially_dangerous", **grounded)
    assert (refused.status_code, "registered" in refused.json["detail"]) == (409, True)
    case = mappa.given(person_id=held["person_id"])
    assert mappa.flags() == []
    ends = mappa.act(case, "exits", reason="notification_ended")
    assert (ends.status_code, "registration" in ends.json["detail"]) == (409, True)


def cell(answer, category, level):
    (found,) = [
        each
        for each in answer["categories"]["cells"]
        if (each["category"], each["level"]) == (category, level)
    ]
    return found["cases"]


def test_the_annual_return_has_two_time_bases_and_links(mappa):
    last = date(YEAR, 3, 31)
    before = {"started_on": (last - timedelta(days=100)).isoformat()}
    noon = "T12:00:00Z"
    standing = mappa.given(level=2, **before)
    mappa.given(level=1, started_on=last.isoformat())
    mappa.given(level=1, started_on=(last + timedelta(days=1)).isoformat())
    moved = mappa.given(level=1, **before)
    up = {"level": 3, "criteria": ["high_public_interest"], "reason": "Threat"}
    mappa.done(moved, "levels", **up, occurred_at=last.isoformat() + noon)
    left = mappa.given(level=2, **before)
    end = (last - timedelta(days=1)).isoformat() + noon
    mappa.done(left, "exits", reason="deceased", occurred_at=end)
    gone = mappa.given(level=2, started_on=f"{YEAR - 1}-03-01")
    midnight = f"{YEAR - 1}-03-31T23:00:00Z"  # the year begins, in London
    mappa.done(gone, "exits", reason="deceased", occurred_at=midnight)
    wrong = mappa.given(level=2, **before)
    mappa.done(wrong, "exits", reason="entered_in_error")
    mappa.given(
        kind="potentially_dangerous", category=None, grounds="Threats", authorised_by="S1", **before
    )
    recalled = {"state": "custody", "state_reason": "breach_of_licence"}
    mappa.amended(standing, **recalled, state_since=end)
    unsaid = mappa.act(standing, "further-offences", offence_code="TH68036", occurred_at=end)
    assert errors_of(unsaid).keys() == {"/case_review"}
    offence = {"offence_code": "TH68036", "case_review": True, "occurred_at": end}
    mappa.done(standing, "further-offences", **offence)
    answer = mappa.get("/mappa/annual-return", year=YEAR, role="force_manager")
    assert (answer["from"], answer["snapshot_on"]) == (f"{YEAR - 1}-04-01", f"{YEAR}-03-31")
    assert answer["categories"]["total"] == 3
    assert [cell(answer, 1, level) for level in (1, 2, 3)] == [1, 1, 1]
    found = {
        (name, each["level"]): each["cases"]
        for name, row in answer["period"].items()
        for each in row
    }
    assert found == {
        ("managed", 2): 2,
        ("managed", 3): 1,
        ("entered", None): 4,
        ("left", None): 2,
        **{("returned_to_custody", level): int(level == 2) for level in (1, 2, 3)},
        **{("serious_further_offences", level): int(level == 2) for level in (1, 2, 3)},
        **{("serious_case_reviews", level): int(level == 2) for level in (1, 2, 3)},
    }
    linked = [
        *answer["categories"]["cells"],
        *(e for row in answer["period"].values() for e in row),
    ]
    assert [len(followed(mappa, each["href"])) for each in linked] == [
        each["cases"] for each in linked
    ]
    assert followed(mappa, answer["categories"]["href"]) >= {moved["reference"]}
    assert {each["value"] for each in answer["elsewhere"].values()} == {"no_data"}
    assert mappa.get("/mappa/annual-return")["year"] == YEAR
    assert mappa.get("/mappa/annual-return", year=YEAR - 5)["categories"] == "no_data"
    for year in (2001, YEAR + 1):
        sent = mappa.client.get(f"/v1/mappa/annual-return?year={year}", headers=mappa.sent)
        assert errors_of(sent).keys() == {"/year"}


def test_the_report_tells_meetings_in_time_attendance_and_what_stands(mappa):
    assert mappa.get("/reports/mappa", role="supervisor")["standing"] == "no_data"
    case = mappa.given(level=2, started_on=day(200), lead_agency="probation")
    other = mappa.given(category=2, level=1, started_on=day(20))
    late = [{"agency": "police", "name": "OM1"}, {"agency": "health", "attended": False}]
    mappa.done(case, "meetings", held_at=ago(10), attendance=late, minutes="Said")
    mappa.done(case, "meetings", held_at=ago(5), attendance=[*late, {"agency": "probation"}])
    mappa.done(other, "meetings", held_at=ago(1), attendance=[{"agency": "police"}])
    done = mappa.done(case, "actions", action="A", due_at=ago(2), owner_officer="OM1")
    mappa.done(case, f"actions/{done['actions'][0]['id']}/completions", result="Done")
    answer = mappa.get("/reports/mappa", role="supervisor")
    assert answer["standing"]["cases"] == 2
    for each in (*answer["standing"]["counts"], answer["standing"]["unconfirmed"]):
        assert len(followed(mappa, each["href"])) == each["cases"] == 1
    assert answer["standing"]["meeting_overdue"]["cases"] == 0
    assert [(each["type"], each["held"], each["in_time"]) for each in answer["meetings"]] == [
        ("level_meeting", 2, 1),
        ("review", 1, 1),
    ]
    attendance = {
        (each["agency"], each["category"]): (each["attended"], each["expected"], each["percent"])
        for each in answer["attendance"]
    }
    assert attendance == {
        ("health", 1): (0, 2, 0.0),
        ("police", 1): (2, 2, 100.0),
        ("police", 2): (1, 1, 100.0),
        ("probation", 1): (1, 2, 50.0),
    }
    assert (answer["actions"]["done"], answer["actions"]["in_time"]) == (1, 0)
    assert answer["local_summaries"] == {"needed": 1, "published": 0, "percent": 0.0}
    then = mappa.get("/reports/mappa", role="supervisor", as_at=case["recorded_at"])
    assert then["standing"]["cases"] == 1
    backwards = mappa.client.get(
        "/v1/reports/mappa?from=2026-01-02&to=2026-01-01", headers=mappa.sent
    )
    assert errors_of(backwards).keys() == {"/to"}


@pytest.mark.parametrize(
    "query",
    [
        {"event": "met"},
        {"from": "2026-01-01"},
        {"event": "met", "from": "2026-01-02", "to": "2026-01-01"},
        {"on": "2026-01-01", "as_at": "2026-01-01T00:00:00Z"},
    ],
)
def test_an_event_needs_its_period(mappa, query):
    assert "detail" in mappa.get("/mappa/cases", status=422, **query)
