"""What is refused and why, referrals, levels, states, hand-overs, exits, and the past."""

from __future__ import annotations

import time

import pytest
from mappa_given import NOW, ago, day, errors_of

DANGEROUS = {"kind": "potentially_dangerous", "category": None, "level": None}
GROUNDED = DANGEROUS | {"grounds": "Threats to kill", "authorised_by": "S1"}
MEETING = {"attendance": [{"agency": "police", "name": "OM1"}]}


def test_what_is_refused_names_field_and_rule(mappa):
    person = mappa.person()["id"]
    table = [
        ({"manager": None}, "/manager", "named police lead"),
        ({"level": None}, "/level", "level"),
        ({"level": 2, "risk": None}, "/risk", "MAPPA Guidance 7.4"),
        ({"level": 2, "risk": "medium"}, "/level", "MAPPA Guidance 7.4"),
        ({"level": 3}, "/criteria", "MAPPA Guidance 7.5"),
        ({"level": 2, "criteria": ["stepped_down"]}, "/criteria", "MAPPA Guidance 7.4"),
        ({"category": 3}, "/level", "CJA 2003 s.325(2)(b)"),
        ({"category": 4, "started_on": "2022-06-27"}, "/category", "2022-06-28"),
        (
            {"category": 2, "disposal": "imprisonment", "sentence_months": 11},
            "/sentence_months",
            "12",
        ),
        (DANGEROUS, "/grounds", "not eligible"),
        ({"lead_agency": "scouts"}, "/agencies", "probation"),
        ({"person_id": "M33-0000-0000"}, "/person_id", "person"),
        ({"lpa": "nowhere"}, "/lpa", "LPA"),
        ({"started_on": "1989-12-31"}, "/started_on", "born"),
        ({"category": 5}, "/category", "1, 2, 3, 4"),
        ({"offence_code": "nothing"}, "/offence_code", "offence"),
    ]
    for fields, pointer, says in table:
        answer = mappa.post(**{"person_id": person} | fields)
        said = errors_of(answer)
        assert (fields, says in said.get(pointer, "")) == (fields, True), said
    child = mappa.person(date_of_birth=day(16 * 365), family_name="Young")["id"]
    assert "youth_justice" in errors_of(mappa.post(person_id=child))["/agencies"]
    assert mappa.given(person_id=child, agencies=["youth_justice"])["agencies"] == [
        "police",
        "youth_justice",
    ]


def test_what_a_category_lacks_is_kept_and_listed(mappa):
    case = mappa.given(category=2)
    assert case["unconfirmed"] == ["disposal"]
    assert [each["id"] for each in mappa.list(unconfirmed="true")] == [case["id"]]
    done = mappa.amended(case, disposal="imprisonment", sentence_months=18)
    assert done["unconfirmed"] == []
    short = mappa.act(case, "", method="PATCH", sentence_months=6)
    assert errors_of(short).keys() == {"/sentence_months"}


def test_a_person_is_held_once_and_the_dangerous_are_those_not_eligible(mappa):
    person = mappa.person()["id"]
    held = mappa.given(person_id=person, **GROUNDED)
    assert (held["category"], held["level"]) == (None, 1)
    double = mappa.post(person_id=person, **GROUNDED)
    assert (double.status_code, double.json["existing"]) == (409, f"/v1/mappa/cases/{held['id']}")
    case = mappa.given(person_id=person)
    ended = mappa.read(held)
    assert (ended["stage"], ended["exit_reason"]) == ("closed", "became_mappa_eligible")
    assert mappa.post(person_id=person, **GROUNDED).status_code == 409
    abuser = mappa.given(person_id=person, **GROUNDED | {"kind": "serial_domestic_abuser"})
    assert {each["id"] for each in mappa.list()} == {case["id"], abuser["id"]}
    assert [each["id"] for each in mappa.list(kind="mappa", person_id=person)] == [case["id"]]
    counted = mappa.get("/mappa/cases", stage="all", count="true", limit=1)
    assert (counted["total"], len(counted["items"])) == (3, 1)
    rest = mappa.get("/mappa/cases", stage="all", count="true", limit=1, cursor=counted["next"])
    assert rest["items"][0]["id"] != counted["items"][0]["id"]


def refer(mappa, role="neighbourhood_officer", **fields):
    body = {"person_id": mappa.person()["id"], "reason": "Escalating violence"} | fields
    return mappa.client.post("/v1/mappa/referrals", json=body, headers=mappa.by(role))


def test_a_referral_is_decided_with_a_reason(mappa):
    made = refer(mappa, level=2, category=3).json
    assert (made["stage"], set(made)) == ("referred", {"id", "reference", "stage"})
    assert mappa.list() == []
    assert [each["stage"] for each in mappa.list(stage="referred")] == ["referred"]
    assert mappa.act(made, "meetings", **MEETING).status_code == 409
    accept = {"decision": "accepted", "reason": "Criteria met", "manager": "OM2"}
    late = mappa.act(made, "decisions", role="offender_manager", **accept)
    assert late.status_code == 403
    assert errors_of(mappa.act(made, "decisions", **accept)).keys() == {"/risk"}
    odd = mappa.act(made, "decisions", **accept, agencies=["zoo"])
    assert errors_of(odd).keys() == {"/agencies"}
    odd = mappa.act(made, "decisions", **accept, offence_code="ZZ99999")
    assert errors_of(odd).keys() == {"/offence_code"}
    case = mappa.done(made, "decisions", **accept, risk="high", grounds="Arson in 2020")
    assert (case["stage"], case["manager"], case["level"]) == ("open", "OM2", 2)
    assert (case["owner_team"], case["unconfirmed"]) == (None, [])
    early = refer(mappa, occurred_at=ago(9)).json
    accepted = mappa.done(
        early, "decisions", **accept, category=1, level=1, occurred_at=f"{day(5)}T12:00:00Z"
    )
    assert accepted["started_on"] == day(5)
    other = refer(mappa, "investigator").json
    refused = mappa.done(other, "decisions", decision="refused", reason="Not needed")
    assert (refused["stage"], refused["decision_reason"]) == ("refused", "Not needed")
    again = mappa.act(other, "decisions", decision="refused", reason="Not needed")
    assert (again.status_code, again.json["possible"]) == (409, [])
    kinds = [each["kind"] for each in mappa.get(f"/mappa/cases/{case['id']}/history")["items"]]
    assert kinds == ["referral", "decision"]
    held = refer(mappa, person_id=case["person_id"], reason="Seen with a knife")
    assert (held.status_code, held.json) == (201, {**made, "stage": "referred"})
    again = refer(mappa, person_id=case["person_id"], kind="potentially_dangerous")
    assert again.json == held.json
    after = mappa.read(case)
    assert (after["stage"], after["referral_reason"]) == ("open", case["referral_reason"])
    log = mappa.get(f"/mappa/cases/{case['id']}/history")["items"]
    assert [each["kind"] for each in log] == ["referral", "decision", "referral", "referral"]
    assert log[2]["details"]["reason"] == "Seen with a knife"
    nameless = {"person_id": mappa.person()["id"]}
    sent = mappa.by("investigator")
    assert errors_of(mappa.client.post("/v1/mappa/referrals", json=nameless, headers=sent)) == {
        "/reason": "Missing data for required field."
    }


def test_levels_are_dated_and_judged(mappa):
    case = mappa.given(started_on=day(400))
    assert errors_of(mappa.act(case, "levels", level=3, reason="Threat")).keys() == {"/criteria"}
    up = {"level": 3, "criteria": ["significant_resources"], "occurred_at": ago(100)}
    mappa.done(case, "levels", reason="Imminent threat", **up)
    early = mappa.act(case, "levels", level=2, reason="Less", occurred_at=ago(101))
    assert errors_of(early).keys() == {"/occurred_at"}
    down = {"level": 2, "risk": "medium", "criteria": ["stepped_down"], "occurred_at": ago(30)}
    done = mappa.done(case, "levels", reason="Threat has passed", **down)
    assert [(each["level"], each["until"] is None) for each in done["levels"]] == [
        (1, False),
        (3, False),
        (2, True),
    ]
    assert done["levels"][1]["from"] == done["levels"][0]["until"]
    same = mappa.act(case, "levels", level=2, risk="high", reason="Again")
    assert same.status_code == 409
    moved = mappa.done(
        case, "levels", level=2, category=2, risk="high", disposal="hospital_order", reason="Order"
    )
    assert moved["category"] == 2
    then = mappa.done(case, "meetings", **MEETING, held_at=ago(50))["meetings"][0]
    assert (then["type"], then["level"]) == ("level_meeting", 3)
    terror = {"level": 2, "category": 4, "risk": "high", "reason": "Terrorism"}
    assert mappa.act(case, "levels", **terror).status_code == 201
    stale = mappa.act(case, "levels", level=1, reason="Low", if_match='"1"')
    assert stale.status_code == 412


def test_the_meeting_clock_runs_from_level_and_last_meeting_and_follows_the_figure(mappa):
    case = mappa.given(level=3, criteria=["senior_representation"], started_on=day(60))
    assert case["is_meeting_overdue"]
    table = [
        ({"held_at": ago(70)}, 422),
        ({"held_at": ago(50)}, 201),
        ({"type": "review", "held_at": ago(2)}, 201),
    ]
    for fields, status in table:
        answer = mappa.act(case, "meetings", **MEETING, **fields)
        assert (fields, answer.status_code) == (fields, status), answer.json
    met = mappa.read(case)
    assert [each["type"] for each in met["meetings"]] == ["level_meeting", "review"]
    assert met["last_meeting_at"][:10] == day(50)
    sent = mappa.by("force_admin")
    figure = {"figure": {"level_3": 4}, "from": day(0), "source": "Force policy"}
    put = mappa.client.put(
        f"/v1/forces/{mappa.force}/policies/mappa-meetings", json=figure, headers=sent
    )
    assert put.status_code in {200, 201}, put.json
    run = mappa.client.post("/v1/jobs/mappa-meetings/runs", json={}, headers=sent)
    assert run.status_code == 201, run.json
    assert mappa.read(case)["is_meeting_overdue"]
    (flag,) = mappa.flags()
    assert (flag["because"]["figure"], flag["because"]["is_force_policy"]) == (4, True)
    low = mappa.given(manager="OM2")
    formal = mappa.act(low, "meetings", **MEETING, type="level_meeting")
    assert (formal.status_code, formal.json["possible"]) == (409, ["review"])
    silent = mappa.act(low, "meetings", attendance=[{"agency": "probation"}])
    assert "police attendee" in errors_of(silent)["/attendance"]


def test_a_lead_is_handed_over_with_a_reason_and_flags_go_along(mappa):
    case = mappa.given(level=2, started_on=day(200))
    bare = mappa.act(case, "", method="PATCH", manager="OM2")
    assert errors_of(bare).keys() == {"/reason"}
    done = mappa.amended(case, manager="OM2", reason="Moved to the city team", attendee="OM7")
    assert (done["manager"], done["attendee"]) == ("OM2", "OM7")
    assert [each["owner"]["officer"] for each in mappa.flags()] == ["OM2"]
    for fields in ({"level": 1}, {"category": 2}, {"owner_team": "T"}, {"state_since": ago(1)}):
        assert mappa.act(case, "", method="PATCH", **fields).status_code == 422
    items = mappa.get(f"/mappa/cases/{case['id']}/history")["items"]
    (handover,) = [each for each in items if each["kind"] == "handover"]
    assert (handover["details"]["from_officer"], handover["details"]["to_officer"]) == (
        "OM1",
        "OM2",
    )


@pytest.mark.parametrize(
    ("category", "reason", "allowed"),
    [(1, "risk_reduced", False), (1, "notification_ended", True), (1, "sentence_ended", False)],
)
def test_management_ends_only_as_the_category_can(mappa, category, reason, allowed):
    case = mappa.given(category=category)
    answer = mappa.act(case, "exits", reason=reason)
    assert answer.status_code == (201 if allowed else 409)
    if not allowed:
        assert "notification_ended" in answer.json["possible"]
        return
    assert mappa.act(case, "", method="PATCH", risk="low").status_code == 409
    assert mappa.post(person_id=case["person_id"]).status_code == 201


def test_a_case_ends_no_earlier_than_its_last_meeting(mappa):
    case = mappa.given(level=2, started_on=day(90))
    mappa.done(case, "meetings", **MEETING, held_at=ago(20))
    refused = mappa.act(case, "exits", reason="deceased", occurred_at=ago(21))
    assert list(errors_of(refused)) == ["/occurred_at"]
    assert mappa.act(case, "exits", reason="deceased", occurred_at=ago(19)).status_code == 201


def test_the_past_is_answered_as_it_was_known(mappa):
    case = mappa.given(level=2)
    asked = {"owner_officer": "OM1", "due_at": ago(-3), "action": "Visit"}
    mappa.done(case, "actions", **asked)
    mappa.done(case, "meetings", **MEETING)
    mappa.done(case, "risk-plans", risks=["Arson"])
    time.sleep(0.02)
    before = mappa.read(case)
    seen = mappa.read(case, role="supervisor")
    then = mappa.client.get("/v1/wanted/counts", headers=mappa.by("supervisor")).json["as_at"]
    mappa.amended(case, state="custody", state_reason="breach_of_licence")
    action = before["actions"][0]["id"]
    earlier = {"occurred_at": before["recorded_at"]}
    mappa.done(case, f"actions/{action}/completions", result="Seen at home", **earlier)
    mappa.done(case, f"risk-plans/{before['risk_plans'][0]['id']}/sign-offs", role="supervisor")
    minuted = f"meetings/{before['meetings'][0]['id']}/minutes"
    mappa.done(case, minuted, minutes="All was said.")
    mappa.done(case, "levels", level=1, reason="Settled")
    assert mappa.read(case, as_at=then) == before
    mappa.get(f"/mappa/cases/{case['id']}/history", as_at="2020-01-01T00:00:00Z", status=404)
    assert mappa.read(case, as_at=then, role="supervisor") == seen
    assert mappa.read(case, role="supervisor")["masked"] == ["meetings.minutes"]
    assert [each["level"] for each in mappa.list(as_at=then, level=2, state="community")] == [2]
    assert mappa.list(level=2) == []
    now = mappa.read(case)
    assert (now["actions"][0]["state"], now["actions"][0]["result"]) == ("done", "Seen at home")
    assert (now["state"], now["level"], len(now["meetings"])) == ("custody", 1, 1)
    assert NOW.isoformat()[:10] <= now["state_since"][:10]
