"""Who is shown what: full minutes, local summaries without victims, and who is told of an arrest."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import given_detention, given_entry, given_neighbourhood
from mappa_given import NOW, ago, day, errors_of
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.access import Scope
from offenders.domain.mappa.service import Question, cases_of_person

SUMMARY = {
    "risk_to": ["former_partners"],
    "triggers": ["Drink"],
    "what_to_do_if_met": "Ask where he is going; tell OM1 the same day",
}
READERS = ("offender_manager", "mappa_coordinator")
MASKED = ("supervisor", "duty_inspector", "force_manager", "chief_officer")
STREET = ("response_officer", "neighbourhood_officer", "meeting_chair", "investigator")


def test_full_minutes_are_for_those_who_manage_and_masked_by_name_for_others(mappa):
    case = mappa.given(level=2)
    attendance = [{"agency": "police", "name": "OM1"}]
    mappa.done(case, "meetings", attendance=attendance, minutes="CANARY minutes", chair="Chair")
    mappa.done(case, "meetings", attendance=attendance)
    later = mappa.read(case)["meetings"][1]
    mappa.done(case, f"meetings/{later['id']}/minutes", minutes="CANARY too")
    again = mappa.act(case, f"meetings/{later['id']}/minutes", minutes="Other")
    assert (again.status_code, mappa.act(case, "meetings/x/minutes", minutes="M").status_code) == (
        409,
        404,
    )
    for role in READERS:
        shown = mappa.read(case, role=role)
        assert [each["minutes"] for each in shown["meetings"]] == ["CANARY minutes", "CANARY too"]
        assert shown["masked"] == []
    for role in MASKED:
        shown = mappa.read(case, role=role)
        assert "CANARY" not in str(shown)
        assert shown["masked"] == ["meetings.minutes"]
    for role in STREET:
        mappa.read(case, role=role, status=403)
        listed = mappa.get("/mappa/local-summaries", role=role)
        assert listed["items"] == []
    mappa.get("/mappa/local-summaries", role="partner_agency", status=403)


def test_minutes_not_written_in_time_are_flagged(mappa):
    case = mappa.given(level=2, started_on="2024-01-01")
    held = {"attendance": [{"agency": "police"}], "held_at": ago(20)}
    mappa.done(case, "meetings", **held)
    (flag,) = mappa.flags()
    assert [each["gap"] for each in flag["because"]["gaps"]] == [
        "minutes",
        "risk_plan",
        "local_summary",
    ]
    assert flag["because"]["unit"] == "working days"


@pytest.fixture
def victim(mappa, client, headers):
    """Give a case and the person who is recorded as its person's victim."""

    def make(case, **fields):
        other = mappa.person(family_name="Hart", given_names="Zoe", **fields)
        address = {"lines": ["12 Mill Lane", "Leicester"], "postcode": "LE1 1AA", "type": "home"}
        given_entry(client, headers, other, "addresses", **address)
        person = {"id": case["person_id"]}
        given_entry(
            client, headers, person, "associations", type="victim_of", person_id=other["id"]
        )
        return other

    return make


def test_a_local_summary_that_names_a_victim_is_refused(mappa, victim):
    case = mappa.given(level=2)
    victim(case)
    for field, value in (
        ("what_to_do_if_met", "Keep him from Zoe"),
        ("triggers", ["Drink", "Seeing Ms Hart"]),
        ("what_to_look_for", ["Being near le11aa"]),
        ("licence_conditions", ["Not to enter 12 Mill Lane"]),
        ("contact", "Hart"),
    ):
        refused = errors_of(mappa.act(case, "local-summaries", **SUMMARY | {field: value}))
        assert refused.keys() == {f"/{field}"}
        assert not {"Zoe", "Hart", "Mill"} & set(refused[f"/{field}"].split())
    for field in ("victim", "victims", "victim_name"):
        told = errors_of(mappa.act(case, "local-summaries", **SUMMARY, **{field: "Zoe Hart"}))
        assert any("no field for a victim" in each for each in told.values()), told
    assert mappa.read(case)["local_summary"] is None
    assert mappa.done(case, "local-summaries", **SUMMARY)["local_summary"]["is_shared"]


def test_neighbourhood_officers_read_the_local_summary_and_nothing_else(mappa, client, headers):
    given_neighbourhood(client, "E1", lpa="N")
    case = mappa.given(level=2, neighbourhood="E1", grounds="CANARY")
    assert (case["lpa"], case["neighbourhood"]) == ("N", "E1")
    mappa.done(case, "local-summaries", **SUMMARY)
    newer = SUMMARY | {"triggers": ["Drink", "Rent day"]}
    mappa.done(case, "local-summaries", **newer, contact="OM1")
    role = {"role": "neighbourhood_officer"}
    (shown,) = mappa.get("/mappa/local-summaries", neighbourhood="E1", **role)["items"]
    assert (shown["reference"], shown["triggers"]) == (case["reference"], ["Drink", "Rent day"])
    assert (shown["manager"], shown["contact"]) == ("OM1", "OM1")
    assert not {"category", "level", "grounds", "meetings", "risk"} & set(shown)
    assert "CANARY" not in str(shown)
    assert mappa.get("/mappa/local-summaries", neighbourhood="none", **role)["items"] == []
    mappa.done(case, "local-summaries/withdrawals", reason="Wrong area")
    assert mappa.get("/mappa/local-summaries", **role)["items"] == []
    none = mappa.act(case, "local-summaries/withdrawals", reason="Again")
    assert none.status_code == 409


def test_what_is_recorded_of_a_victim_later_holds_the_summary_back(mappa, victim, client, headers):
    case = mappa.given(level=2, started_on="2024-01-01")
    mappa.done(case, "local-summaries", **SUMMARY)
    assert mappa.get("/mappa/local-summaries", role="response_officer")["items"] != []
    other = victim(case)
    assert mappa.get("/mappa/local-summaries", role="response_officer")["items"] == []
    assert mappa.client.post(
        "/v1/jobs/mappa-meetings/runs", json={}, headers=mappa.by("force_admin")
    ).json["state"] in {"succeeded", "done"}
    (flag,) = mappa.flags()
    assert "local_summary" in {each["gap"] for each in flag["because"]["gaps"]}
    assert not mappa.read(case)["local_summary"]["is_shared"]
    mappa.done(case, "local-summaries", **SUMMARY)
    assert mappa.read(case)["local_summary"]["is_shared"]
    street = {"lines": ["9 High Street"], "type": "home"}
    given_entry(client, headers, other, "addresses", **street)
    assert mappa.get("/mappa/local-summaries", role="response_officer")["items"] == []
    told = mappa.get("/reports/mappa", role="supervisor")["local_summaries"]
    assert (told["needed"], told["published"]) == (1, 0)


def test_local_summaries_are_paged(mappa):
    for number in range(3):
        case = mappa.given(level=2, manager=f"OM{number}")
        mappa.done(case, "local-summaries", **SUMMARY)
    seen, cursor = [], {}
    for _ in range(3):
        page = mappa.get("/mappa/local-summaries", limit=1, **cursor)
        seen += [each["manager"] for each in page["items"]]
        cursor = {"cursor": page["next"]}
    assert (seen, page["next"]) == (["OM2", "OM1", "OM0"], None)
    assert mappa.get("/mappa/local-summaries", count="true")["total"] == 3


def test_supervisors_reach_the_cases_of_their_areas(mappa, client):
    given_neighbourhood(client, "E1", lpa="N")
    case = mappa.given(level=2, neighbourhood="E1", started_on="2024-01-01")
    mappa.given(manager="OM2")
    for lpas, status in ((["N"], 200), (["S"], 404), ([], 200)):
        sent = mappa.by("supervisor", lpas=lpas)
        answer = mappa.client.get(f"/v1/mappa/cases/{case['reference']}", headers=sent)
        assert (lpas, answer.status_code) == (lpas, status)
        listed = mappa.client.get("/v1/mappa/cases?lpa=N", headers=sent).json["items"]
        assert (lpas, len(listed)) == (lpas, int(status == 200))
        load = mappa.client.get("/v1/mappa/caseload", headers=sent).json["items"]
        assert (lpas, len(load)) == (lpas, {"N": 1, "S": 0}.get("".join(lpas), 2))
    other = mappa.client.get(
        f"/v1/mappa/cases/{case['id']}", headers=mappa._headers("mappa_coordinator", force="31")
    )
    assert other.status_code == 404
    moved = mappa.amended(case, neighbourhood=None, lpa=None)
    assert (moved["lpa"], moved["neighbourhood"]) == (None, None)
    (flag,) = mappa.flags()
    assert (flag["lpa"], flag["neighbourhood"]) == (None, None)


def test_an_arrest_tells_the_manager_until_a_review(mappa, client, headers):
    case = mappa.given(manager="OM5")
    given_detention(client, headers, person={"id": case["person_id"]}, arrested_at=ago(9))
    (flag,) = mappa.flags("managed-person-arrested")
    assert (flag["owner"]["officer"], flag["subject"]["id"]) == ("OM5", case["id"])
    mappa.done(case, "meetings", attendance=[{"agency": "police"}])
    assert mappa.flags("managed-person-arrested") == []
    given_detention(client, headers, person={"id": case["person_id"]})
    mappa.done(case, "exits", reason="transferred")
    assert mappa.flags("managed-person-arrested") == []


def test_actions_have_one_owner_a_due_time_and_a_result(mappa):
    case = mappa.given()
    two = {"owner_officer": "OM1", "owner_agency": "probation"}
    for fields, pointer in (
        ({"action": "Visit", "owner_officer": "OM1"}, "/due_at"),
        ({"action": "Visit", "due_at": ago(-1)}, "/actions/0/owner_officer"),
        ({"action": "Visit", "due_at": ago(-1), **two}, "/actions/0/owner_officer"),
        ({"action": "Visit", "due_at": ago(-1), "owner_agency": "scouts"}, "/owner_agency"),
    ):
        assert errors_of(mappa.act(case, "actions", **fields)).keys() == {pointer}
    done = mappa.done(case, "actions", action="Visit", due_at=ago(1), owner_agency="probation")
    (action,) = done["actions"]
    (flag,) = mappa.flags()
    assert [each["gap"] for each in flag["because"]["gaps"]] == ["action"]
    ended = mappa.done(case, f"actions/{action['id']}/completions", result="Seen at home")
    assert (ended["actions"][0]["state"], mappa.flags()) == ("done", [])
    assert mappa.act(case, f"actions/{action['id']}/completions", result="X").status_code == 409
    assert mappa.act(case, f"actions/{case['id']}/completions", result="X").status_code == 404


def test_nobody_signs_off_their_own_plan(mappa):
    case = mappa.given()
    plan = mappa.done(case, "risk-plans", risks=["Arson"])["risk_plans"][0]
    path = f"risk-plans/{plan['id']}/sign-offs"
    assert mappa.act(case, path).status_code == 409
    assert mappa.act(case, path, role="offender_manager").status_code == 403
    assert mappa.done(case, path, role="supervisor")["risk_plans"][0]["signed_off_at"]
    assert mappa.act(case, path, role="supervisor").status_code == 409


def test_a_plan_that_is_unsigned_too_long_or_due_for_review_is_flagged(mappa):
    def gaps(days):
        with clock.as_if_at(NOW + timedelta(days=days)):
            sent = mappa.by("force_admin")
            mappa.client.post("/v1/jobs/mappa-meetings/runs", json={}, headers=sent)
        return [gap["gap"] for flag in mappa.flags() for gap in flag["because"]["gaps"]]

    case = mappa.given()
    plan = mappa.done(case, "risk-plans", risks=["Arson"], review_on=day(-60))["risk_plans"][0]
    assert (gaps(27), gaps(29)) == ([], ["risk_plan"])
    mappa.done(case, f"risk-plans/{plan['id']}/sign-offs", role="supervisor")
    assert (gaps(29), gaps(59), gaps(61)) == ([], [], ["risk_plan"])
    mappa.done(case, "risk-plans", risks=["Arson"])
    assert (gaps(27), gaps(29)) == ([], ["risk_plan"])


@pytest.mark.parametrize(("is_whole", "field"), [(True, "grounds"), (False, "what_to_do_if_met")])
def test_the_persons_page_takes_the_whole_case_or_the_summary(mappa, is_whole, field):
    case = mappa.given(level=2)
    mappa.done(case, "local-summaries", **SUMMARY)
    service = mappa.client.application.extensions["offenders"]
    with transaction(service.engine, Work("33")) as session:
        question = Question({}, Scope("33"), session.info["recorded_at"], True)
        sql, values = cases_of_person(question, is_whole=is_whole)
        whole = f"SELECT o.* FROM persons p, LATERAL ({sql}) o WHERE p.force = '33' AND p.id = :p"
        row = session.execute(text(whole), values | {"p": case["person_id"]}).one()
    assert [str(each) for each in row.case_ids] == [case["id"]]
    assert field in row.cases[0]
    assert ("grounds" in row.cases[0]) is is_whole
