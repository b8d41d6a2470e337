"""What is done with a membership, what is due of it, and who sees what."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

import pytest
from builders import given_detention, given_entry, given_neighbourhood
from iom_given import MEETING, PANEL, Iom
from sqlalchemy import text

from offenders import clock
from offenders.domain.access import Scope
from offenders.domain.iom.service import Question, open_memberships_of_person
from offenders.domain.working_days import start_of_london_day
from offenders.jobs import runner
from offenders.jobs.timetable import find_job


@pytest.fixture
def sweep(connection):
    """Run the job in force 33, now or so many days ahead."""

    def run(days=0):
        at = clock.now() + timedelta(days=days) if days else None
        made = runner.run(connection, find_job("iom-reviews"), at=at, forces=["33"])
        assert made.state == "succeeded", made.error
        return made.raised, made.cleared

    return run


def pointers(answer):
    return [each["pointer"] for each in answer.json["errors"]]


def ago(days):
    return (clock.now() - timedelta(days=days)).isoformat()


def on(days):
    return (clock.today() + timedelta(days=days)).isoformat()


def test_ratings_are_a_dated_history_and_set_the_next_review(iom):
    member = iom.member(rating="red")
    begun = start_of_london_day(clock.today())
    for rating, days in (("amber", 28), ("green", 56), ("blue", 91), ("red", 14)):
        version = member["version"]
        member = iom.done(member, "ratings", rating=rating, reason=f"Now {rating}.")
        due = datetime.fromisoformat(member["review_due_at"])
        assert (member["rating"], due - begun) == (rating, timedelta(days=days))
        assert member["version"] == version + 1
    assert [each["rating"] for each in member["ratings"]] == [
        "red",
        "amber",
        "green",
        "blue",
        "red",
    ]
    assert iom.act(member, "ratings", if_match='"1"', rating="red", reason="x").status_code == 412
    assert iom.act(member, "ratings", if_match=None, rating="red", reason="x").status_code == 428
    assert pointers(iom.act(member, "ratings", rating="red")) == ["/reason"]
    early = (clock.now() - timedelta(days=1)).isoformat()
    late = iom.act(member, "ratings", rating="red", reason="x", occurred_at=early)
    assert pointers(late) == ["/occurred_at"]


def test_an_overdue_review_is_flagged_until_somebody_reviews(iom, sweep):
    member = iom.member(rating="amber", lead_officer="4711")
    sweep(27)
    assert iom.flags(member) == []
    sweep(28)
    (flag,) = iom.flags(member)
    assert (flag["rule"], flag["owner"]["officer"]) == ("iom-reviews", "4711")
    assert (flag["because"]["figure"], flag["because"]["rating"]) == (28, "amber")
    with clock.as_if_at(clock.now() + timedelta(days=29)):
        overdue = iom.get("iom/members", review_overdue="true").json["items"]
        assert [each["id"] for each in overdue] == [member["id"]]
    iom.done(member, "reviews", if_match=None, decision="retain", rationale="Goes on.")
    assert iom.flags(member) == []
    assert iom.get("iom/members", review_overdue="true").json["items"] == []


def test_an_arrest_tells_the_lead_until_the_member_is_rated_anew(iom, client, headers):
    person = iom.person()
    member = iom.member(person, lead_officer="4711")
    given_detention(client, headers, person=person, arrested_at=ago(20))
    (flag,) = iom.flags(member, "managed-person-arrested")
    assert (flag["owner"]["officer"], flag["because"]["offences"]) == ("4711", [])
    iom.amend(member, lead_officer="4712", reason="Posted.")
    (flag,) = iom.flags(member, "managed-person-arrested")
    assert flag["owner"]["officer"] == "4712"
    iom.done(member, "ratings", rating="blue", reason="Arrested and in custody.")
    assert iom.flags(member) == []
    given_detention(client, headers, person=person, arrested_at=ago(10))
    assert len(iom.flags(member)) == 1
    iom.done(member, "exits", reason="long_custody", rationale="Ten years.")
    assert iom.flags(member) == []
    given_detention(client, headers, person=person)
    assert iom.flags(member) == []


def test_another_lead_needs_a_reason_and_follows_the_risk(iom):
    member = iom.member(lead_officer="1", managed_by="neighbourhood")
    silent = iom.amend(member, lead_officer="2")
    assert pointers(silent) == ["/reason"]
    moved = iom.amend(member, lead_team="NPA-EAST", reason="Posted away.").json
    assert (moved["lead_officer"], moved["lead_team"]) == (None, "NPA-EAST")
    change = [each for each in moved["log"] if each["kind"] == "amendment"][-1]["details"]
    assert (change["changes"]["lead_officer"]["from"], change["reason"]) == ("1", "Posted away.")
    grave = {"risk": "high", "risk_rationale": "Threatened a witness."}
    refused = iom.amend(member, **grave)
    assert pointers(refused) == ["/lead_agency"]
    assert "iom-leads" in refused.json["errors"][0]["detail"]
    led = iom.amend(member, **grave, lead_agency="probation", reason="Risk is high.")
    assert led.status_code == 200
    assert iom.flags(member) == []
    iom.amend(member, risk="medium", risk_rationale="Settled.")
    (flag,) = iom.flags(member)
    assert (flag["rule"], flag["because"]["lead_agency"]) == ("iom-leads", "probation")
    iom.amend(member, lead_agency="police", reason="Risk is medium.")
    assert iom.flags(member) == []
    for field in ("rating", "stage", "catch_and_convict"):
        assert iom.amend(member, **{field: "red"}).status_code == 422


def test_catch_and_convict_has_its_governance_and_its_end(iom, sweep):
    member = iom.member()
    good = {"reason": "Burgles on.", "authorised_by": "DCI 9", "until": on(60), "review_on": on(28)}
    for missing in ("authorised_by", "until"):
        body = {name: value for name, value in good.items() if name != missing}
        assert pointers(iom.act(member, "catch-and-convict", **body)) == [f"/{missing}"]
    late = iom.act(member, "catch-and-convict", **good | {"review_on": on(29)})
    assert pointers(late) == ["/review_on"]
    past = iom.act(member, "catch-and-convict", **good | {"until": on(-1)})
    assert pointers(past) == ["/until"]
    ended = iom.act(member, "catch-and-convict", state="ended", reason="Never was.")
    assert ended.status_code == 409
    member = iom.done(member, "catch-and-convict", **good)
    assert member["catch_and_convict_governance"]["authorised_by"] == "DCI 9"
    listed = iom.get("iom/members", catch_and_convict="true").json["items"]
    assert [each["id"] for each in listed] == [member["id"]]
    sweep(28)
    assert iom.flags(member, "iom-catch-and-convict") == []
    sweep(29)
    (flag,) = iom.flags(member, "iom-catch-and-convict")
    assert flag["because"]["review_on"] == good["review_on"]
    assert "DCI 9" not in str(flag)  # masked on the membership for most who read flags
    iom.done(member, "catch-and-convict", state="ended", reason="Convicted.")
    assert iom.flags(member, "iom-catch-and-convict") == []
    assert iom.get("iom/members", catch_and_convict="true").json["items"] == []


def test_the_plan_its_actions_and_what_is_done_for_the_member(iom, sweep):
    member = iom.member()
    action = {"text": "Find a flat.", "owner": "H. Example", "agency": "housing", "due_on": on(3)}
    assert pointers(iom.act(member, "actions", **action | {"agency": "zoo"})) == ["/agency"]
    (made,) = iom.done(member, "actions", if_match=None, **action)["actions"]
    assert (made["state"], made["overdue"]) == ("open", False)
    sweep(3)
    assert iom.flags(member) == []
    sweep(4)
    (flag,) = iom.flags(member)
    assert (flag["rule"], flag["because"]["actions"][0]["id"]) == ("iom-actions", made["id"])
    assert "H. Example" not in str(flag)
    done = iom.done(member, f"actions/{made['id']}/ends", outcome="Moved in.")
    assert [each["state"] for each in done["actions"]] == ["done"]
    assert iom.flags(member) == []
    again = iom.act(member, f"actions/{made['id']}/ends", outcome="Again.")
    assert again.status_code == 409
    iom.done(member, "interventions", type="thinking_skills", pathway="attitudes", outcome="Done")
    iom.done(member, "drug-tests", substance="heroin", result="negative")
    iom.done(member, "tags", type="voluntary_gps", event="consent_given")
    after = iom.done(member, "tags", type="voluntary_gps", event="fitted")
    kinds = [each["kind"] for each in after["log"]]
    assert kinds[2:] == ["action", "action_end", "intervention", "drug_test", "tag", "tag"]
    for intervention, found in (("thinking_skills", [member["id"]]), ("other", [])):
        listed = iom.get("iom/members", intervention=intervention).json["items"]
        assert [each["id"] for each in listed] == found
    pathways = [{"pathway": "drugs", "need": "high"}]
    assert iom.amend(member, pathways=pathways).json["pathways"] == pathways


def test_a_review_carries_what_each_agency_brought(iom):
    member = iom.member()
    talk = iom.post("iom/meetings", **MEETING | {"attendance": PANEL[:1], "decides": False}).json
    meeting = iom.post("iom/meetings", **MEETING).json
    said = {"decision": "step_down", "rationale": "Six months without an offence."}
    assert pointers(iom.act(member, "reviews", **said, meeting_id=talk["id"])) == ["/meeting_id"]
    brought = [{"agency": "probation", "text": "Keeps appointments."}]
    done = iom.done(member, "reviews", **said, meeting_id=meeting["id"], contributions=brought)
    entry = done["log"][-1]
    assert entry["details"]["contributions"] == brought
    assert entry["details"]["meeting_id"] == meeting["id"]
    assert (done["last_reviewed_at"], done["version"]) == (entry["occurred_at"], member["version"])


def test_a_leaver_is_gone_from_the_cohort_and_kept_in_its_past(iom, client, headers, sweep):
    person = iom.person()
    member = iom.member(person)
    before = clock.now().isoformat()
    bare = iom.act(member, "exits", reason="completed")
    assert pointers(bare) == ["/rationale"]
    gone = iom.done(
        member, "exits", reason="completed", rationale="A year without.", what_worked="Work."
    )
    assert (gone["state"], gone["exit_reason"]) == ("exited", "completed")
    assert iom.get("iom/members").json["items"] == []
    (shown,) = iom.get("iom/members", state="exited", exit_reason="completed").json["items"]
    assert shown["what_worked"] == "Work."
    then = iom.get("iom/members", as_at=before).json["items"]
    assert [(each["id"], each["state"]) for each in then] == [(member["id"], "active")]
    assert iom.read(member["id"], as_at=before)["exit_reason"] is None
    for what, body in (("ratings", {"rating": "red", "reason": "x"}), ("exits", {})):
        fields = body or {"reason": "failed", "rationale": "x"}
        assert iom.act(member, what, **fields).status_code == 409
    sweep(200)
    assert iom.flags(member) == []
    back = iom.member(person)
    assert back["id"] != member["id"]


def test_a_nomination_that_nobody_decides_is_flagged(iom, sweep):
    nomination = iom.nominate()
    sweep(27)
    assert iom.flags(nomination) == []
    sweep(29)
    (flag,) = iom.flags(nomination)
    assert (flag["rule"], flag["subject"]["type"]) == ("iom-decisions", "iom_nomination")
    path = f"iom/nominations/{nomination['id']}/handovers"
    assert pointers(iom.post(path, "*", to_officer="5", to_team="T", reason="x")) == ["/to_officer"]
    assert pointers(iom.post(path, "*", to_officer="5")) == ["/reason"]
    assert iom.post(path, "*", to_team="IOM", reason="x").status_code == 409
    moved = iom.post(path, "*", to_officer="5", reason="Knows him.").json
    assert moved["handovers"][0]["from_team"] == "IOM"
    (flag,) = iom.flags(nomination)
    assert flag["owner"]["officer"] == "5"
    with clock.as_if_at(clock.now() + timedelta(days=30)):
        iom.decide(nomination, outcome="refused")
    assert iom.post(path, "*", to_officer="6", reason="x").status_code == 409
    assert iom.flags(nomination) == []


def test_lists_and_counts_agree_whatever_they_are_filtered_and_grouped_by(iom, client, headers):
    given_neighbourhood(client, "E1", lpa="N")
    placed = {"lpa": "N", "neighbourhood": "E1"}
    first = iom.member(
        nomination=placed | {"theme": "violence", "cohort": "flex"},
        rating="green",
        further_themes=["ocg"],
        lead_agency="probation",
        risk="high",
        risk_rationale="Knife.",
    )
    second = iom.member(managed_by="neighbourhood", lead_officer="77", support_officer="78")
    third = iom.member(nomination=placed | {"theme": "ocg"})
    filters = {
        "cohort": {"flex": [first], "fixed": []},
        "theme": {"ocg": [first, third], "violence": [first], "acquisitive": [second]},
        "rating": {"green": [first], "red": [second, third]},
        "risk": {"high": [first], "none": [second, third]},
        "lead_agency": {"probation": [first], "police": [second, third]},
        "lead_officer": {"77": [second]},
        "lead_team": {"IOM": [first, third]},
        "managed_by": {"neighbourhood": [second], "iom_team": [first, third]},
        "support_officer": {"78": [second]},
        "neighbourhood": {"E1": [first, third], "none": [second]},
        "lpa": {"N": [first, third]},
        "person_id": {first["person_id"]: [first]},
        "joined_from": {on(0): [first, second, third]},
        "scheme": {"c2": []},
    }
    for name, values in filters.items():
        for value, expected in values.items():
            found = iom.get("iom/members", **{name: value}).json["items"]
            shown = {each["id"] for each in found}
            assert (name, value, shown) == (name, value, {each["id"] for each in expected})
    for group in ("theme", "rating", "lpa", "neighbourhood", "lead_agency", "managed_by", "risk"):
        counted = iom.get("iom/members/counts", group_by=group).json
        assert counted["headline"]["members"]["members"] == 3
        for each in counted["counts"]:
            link = urlsplit(each["href"])
            rows = client.get(f"{link.path}?{link.query}&count=true", headers=iom.sent).json
            assert (group, each[group], rows["total"]) == (group, each[group], each["members"])
    both = iom.get("iom/members/counts", group_by="theme", theme="violence").json["counts"]
    assert [(each["theme"], each["members"]) for each in both] == [("violence", 1)]
    pages, query = [], {"limit": 2}
    while query:
        page = iom.get("iom/members", **query).json
        pages += [each["id"] for each in page["items"]]
        query = {"limit": 2, "cursor": page["next"]} if page["next"] else None
    assert sorted(pages) == sorted(each["id"] for each in (first, second, third))


def test_the_neighbourhood_sees_the_cohort_and_not_the_case(client, headers, iom):
    person = iom.person()
    member = iom.member(person, objectives="Stop.", risk="medium", risk_rationale="Secret.")
    relative = {"relation": "sibling", "family_name": "Example", "given_names": "Kim"}
    iom.done(member, "relatives", **relative, concern="Runs with the same friends.")
    officer = Iom(client, headers, role="neighbourhood_officer", name="pc")
    (row,) = officer.get("iom/members").json["items"]
    assert (row["rating"], row["person"]["family_name"]) == ("red", "Example")
    assert (row["objectives"], row["risk_rationale"]) == (None, None)
    assert {"objectives", "risk_rationale", "log"} <= set(row["masked"])
    whole = officer.read(member["id"])
    assert (whole["log"], whole["decision"], whole["actions"]) == (None, None, None)
    assert [each["rating"] for each in whole["ratings"]] == ["red"]
    assert "Secret" not in officer.get(f"iom/members/{member['id']}").get_data(as_text=True)
    assert officer.get(f"iom/members/{member['id']}/score").status_code == 403
    assert officer.get(f"iom/members/{member['id']}/relatives").status_code == 403
    assert officer.act(member, "ratings", rating="red", reason="x").status_code == 403
    helped = officer.done(member, "interventions", type="visit")
    assert helped["log"] is None
    assert officer.get("iom/members", intervention="visit").status_code == 403
    assert len(iom.get("iom/members", intervention="visit").json["items"]) == 1
    (kept,) = iom.get(f"iom/members/{member['id']}/relatives").json["items"]
    assert (kept["given_names"], kept["purpose"]) == ("Kim", "diversion")
    found = client.get("/v1/people?name=Kim", headers=headers("investigator")).json["items"]
    assert found == []
    elsewhere = Iom(client, headers, force="31")
    assert elsewhere.get(f"iom/members/{member['id']}").status_code == 404


def test_areas_narrow_a_supervisor_and_a_chair(client, headers, iom):
    for code, lpa in (("E2", "N"), ("E3", "S")):
        given_neighbourhood(client, code, lpa=lpa)
    here = iom.member(nomination={"neighbourhood": "E2"})
    there = iom.member(nomination={"neighbourhood": "E3"})
    chair = Iom(client, headers, role="meeting_chair", lpas=["N"])
    assert [each["id"] for each in chair.get("iom/members").json["items"]] == [here["id"]]
    assert chair.get("iom/members/counts").json["headline"]["members"]["members"] == 1
    assert chair.get(f"iom/members/{there['id']}").status_code == 404
    gone = chair.act(there, "exits", reason="failed", rationale="x")
    assert gone.status_code == 404
    assert pointers(chair.post("iom/meetings", **MEETING)) == ["/lpa"]
    assert chair.post("iom/meetings", **MEETING, lpa="N").status_code == 201
    assert pointers(chair.try_nominating(iom.person())) == ["/lpa"]
    assert pointers(chair.try_nominating(iom.person(), neighbourhood="E3")) == ["/lpa"]
    nomination = chair.nominate(iom.person(), neighbourhood="E2")
    assert chair.decide(nomination)["state"] == "accepted"
    supervisor = Iom(client, headers, role="supervisor", lpas=["S"])
    report = supervisor.get("reports/iom").json
    assert report["members"] == 1
    at_home = iom.person()
    given_entry(client, headers, at_home, "addresses", lines=["1 A St"], neighbourhood="E2")
    moved = iom.member(at_home, nomination={"lpa": "S"})
    given_detention(client, headers, person=at_home)
    (flag,) = iom.flags(moved)
    placed = [(each["lpa"], each["neighbourhood"]) for each in (iom.read(moved["id"]), flag)]
    assert placed == [("S", None)] * 2
    ward = Iom(client, headers, role="meeting_chair", neighbourhoods=["E2"])
    assert ward.act(moved, "exits", reason="failed", rationale="x").status_code == 404


def test_a_persons_open_memberships_are_given_for_their_summary(iom, session):
    person = iom.person()
    member = iom.member(person)
    asked = Question({}, Scope("33"), clock.now(), sees_protected=True, sees_case=False)
    sql, values = open_memberships_of_person(asked)
    whole = f"SELECT i.* FROM persons p CROSS JOIN LATERAL ({sql}) i WHERE p.id = :id"
    (row,) = session.execute(text(whole), values | {"id": person["id"]})
    (shown,) = row.members
    assert (shown["id"], shown["objectives"]) == (member["id"], None)
    assert [str(each) for each in row.member_ids] == [member["id"]]
    elsewhere, values = open_memberships_of_person(
        Question({}, Scope("33", ("N",)), clock.now(), sees_protected=True, sees_case=True)
    )
    narrow = f"SELECT i.* FROM persons p CROSS JOIN LATERAL ({elsewhere}) i WHERE p.id = :id"
    (none,) = session.execute(text(narrow), values | {"id": person["id"]})
    assert none.members == []


def test_a_merge_takes_decision_and_membership_along(iom, session):
    member, other = iom.member(), iom.person()
    statement = "UPDATE iom_decisions SET person_id = :other WHERE person_id = :person"
    session.execute(text(statement), {"other": other["id"], "person": member["person_id"]})
    whose = session.execute(text("SELECT person_id FROM iom_members")).scalar_one()
    assert str(whose) == other["id"]


def test_a_protected_address_hides_the_area_of_a_member_who_follows_it(client, headers, iom):
    given_neighbourhood(client, "E7", lpa="N")
    person, offender = iom.person(), iom.person()
    address = {"lines": ["1 Example Road"], "type": "home", "neighbourhood": "E7"}
    given_entry(client, headers, person, "addresses", **address)
    member = iom.member(person)
    assert member["neighbourhood"] == "E7"
    given_entry(client, headers, offender, "associations", type="victim_of", person_id=person["id"])
    hidden = iom.read(member["id"])
    assert (hidden["neighbourhood"], hidden["lpa"]) == (None, None)
    assert "neighbourhood" in hidden["masked"]
    assert iom.get("iom/members", neighbourhood="E7").json["items"] == []


def test_a_membership_neither_begins_before_birth_nor_ends_before_it_was_last_dealt_with(iom):
    young = iom.person(date_of_birth="2010-05-01")
    nomination = iom.nominate(young, occurred_at=ago(41))
    refused = iom.try_deciding(nomination, joined_on="2010-04-30")
    assert pointers(refused) == ["/joined_on"]
    member = iom.read(iom.decide(nomination, occurred_at=ago(40))["member_id"])
    meeting = iom.post("iom/meetings", held_at=ago(10), **MEETING).json
    iom.done(member, "ratings", rating="amber", reason="Settled.", occurred_at=ago(30))
    iom.done(
        member,
        "reviews",
        decision="retain",
        rationale="As before.",
        occurred_at=ago(20),
        meeting_id=meeting["id"],
    )
    exits = {"reason": "reduced_risk", "rationale": "Well."}
    for days, last in ((35, "meeting"), (25, "meeting"), (11, "meeting")):
        refused = iom.act(member, "exits", occurred_at=ago(days), **exits)
        assert pointers(refused) == ["/occurred_at"]
        assert f"The last {last} was" in refused.json["errors"][0]["detail"]
    assert iom.act(member, "exits", occurred_at=ago(9), **exits).status_code == 201
