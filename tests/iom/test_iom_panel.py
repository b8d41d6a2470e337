"""Meetings with their quorum, nominations by any agency, decisions and what they make."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from iom_given import MEETING, PANEL, Iom
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from offenders import clock
from offenders.domain.iom.rules import missing_agencies
from offenders.domain.iom.schemes import NotAllowed, age_on, all_schemes, check_move


def pointers(answer):
    return [each["pointer"] for each in answer.json["errors"]]


def test_a_nomination_becomes_a_membership_by_the_panels_decision(iom, session):
    person = iom.person()
    nomination = iom.nominate(person, cohort="fixed", agency="probation")
    assert (nomination["state"], nomination["agency"]) == ("pending", "probation")
    assert nomination["owner_team"] == "IOM"
    again = iom.try_nominating(person)
    assert again.status_code == 409
    assert again.json["existing"].endswith(nomination["id"])
    decided = iom.decide(
        nomination, rating="amber", lead_officer="4711", managed_by="neighbourhood"
    )
    assert decided["state"] == "accepted"
    assert decided["decisions"][0]["rationale"] == "Prolific."
    member = iom.read(decided["member_id"])
    assert (member["cohort"], member["theme"], member["rating"]) == (
        "fixed",
        "acquisitive",
        "amber",
    )
    assert (member["lead_officer"], member["lead_team"]) == ("4711", None)
    assert member["decision"]["nomination_id"] == nomination["id"]
    assert [each["rating"] for each in member["ratings"]] == ["amber"]
    assert iom.read(member["reference"])["id"] == member["id"]
    conflict = iom.try_nominating(person)
    assert conflict.status_code == 409
    assert conflict.json["reference"] == member["reference"]
    other = iom.try_nominating(person, scheme="c2")
    assert other.status_code == 201
    kept = session.execute(text("SELECT kind, owner_officer, risk FROM managements")).one()
    assert tuple(kept) == ("iom_member", "4711", "amber")


def test_a_refusal_and_a_deferral_need_their_reasons_and_make_nobody_a_member(iom):
    nomination = iom.nominate()
    until = (clock.today() + timedelta(days=30)).isoformat()
    for wrong in ({}, {"deferred_until": "2001-01-01"}):
        refused = iom.try_deciding(nomination, outcome="deferred", **wrong)
        assert pointers(refused) == ["/deferred_until"]
    deferred = iom.decide(nomination, outcome="deferred", deferred_until=until)
    assert (deferred["state"], deferred["member_id"]) == ("deferred", None)
    assert deferred["decide_by"] > nomination["decide_by"]
    bare = iom.try_deciding(nomination, outcome="refused", rationale="")
    assert pointers(bare) == ["/rationale"]
    alone = iom.try_deciding(nomination, outcome="refused", panel=PANEL[:1])
    assert pointers(alone) == ["/panel"]
    refused = iom.decide(nomination, outcome="refused")
    assert [each["outcome"] for each in refused["decisions"]] == ["deferred", "refused"]
    assert iom.try_deciding(nomination).status_code == 409
    listed = iom.get("iom/nominations", state="refused", count="true").json
    assert [each["id"] for each in listed["items"]] == [nomination["id"]]
    assert listed["total"] == 1


def test_a_decision_is_made_by_who_has_read_the_nomination_as_it_stands(iom):
    nomination = iom.nominate()
    assert iom.try_deciding(nomination, if_match=None).status_code == 428
    assert iom.try_deciding(nomination, if_match='"2"').status_code == 412
    assert iom.try_deciding(nomination, if_match='"1"').status_code == 201


@pytest.mark.parametrize(
    ("attended", "missing"),
    [
        (["police", "probation", "housing"], []),
        (["police", "probation", "housing", "health"], []),
        (["police", "probation"], ["housing"]),
        (["probation", "housing"], ["police"]),
        ([], ["police", "probation", "housing"]),
    ],
)
def test_the_quorum(attended, missing):
    assert missing_agencies(attended) == missing


def test_a_meeting_decides_only_with_its_quorum_and_chair(iom):
    small = iom.post("iom/meetings", **MEETING | {"attendance": PANEL[:2]})
    assert small.status_code == 422
    assert "housing" in small.json["errors"][0]["detail"]
    assert "iom-quorum" in small.json["errors"][0]["detail"]
    assert "4.117" in small.json["errors"][0]["detail"]
    chair = iom.post("iom/meetings", **MEETING | {"chair_agency": "council"})
    assert pointers(chair) == ["/chair_agency"]
    unknown = iom.post("iom/meetings", **MEETING | {"attendance": [*PANEL, {"agency": "zoo"}]})
    assert pointers(unknown) == ["/attendance/3/agency"]
    talk = iom.post("iom/meetings", **MEETING | {"attendance": PANEL[:2], "decides": False})
    assert (talk.status_code, talk.json["missing"]) == (201, ["housing"])
    meeting = iom.post("iom/meetings", **MEETING)
    assert (meeting.status_code, meeting.json["has_quorum"]) == (201, True)
    nomination = iom.nominate()
    powerless = iom.try_deciding(nomination, panel=[], meeting_id=talk.json["id"])
    assert pointers(powerless) == ["/meeting_id"]
    decided = iom.decide(nomination, panel=[], meeting_id=meeting.json["reference"])
    assert len(decided["decisions"][0]["panel"]) == len(PANEL)
    listed = iom.get("iom/meetings", decides="true").json["items"]
    assert [each["decisions"] for each in listed] == [1]
    then = iom.get("iom/meetings", as_at=meeting.json["recorded_at"], count="true").json
    assert ([each["decisions"] for each in then["items"]], then["total"]) == ([0, 0], 2)
    (first,) = iom.get("iom/meetings", limit=1).json["items"]
    following = iom.get("iom/meetings", limit=1).json["next"]
    (second,) = iom.get("iom/meetings", limit=1, cursor=following).json["items"]
    assert {first["id"], second["id"]} == {talk.json["id"], meeting.json["id"]}
    assert iom.get(f"iom/meetings/{meeting.json['id']}").json["chair"] == "Insp 7"


def test_the_database_refuses_what_the_service_would(iom, session):
    nomination = iom.nominate()
    member = iom.member()
    meeting = iom.post("iom/meetings", **MEETING).json
    for statement in (
        "UPDATE iom_members SET decision_id = gen_random_uuid() WHERE id = :member",
        (
            "UPDATE iom_members SET person_id = (SELECT person_id FROM iom_nominations"
            " WHERE id = :nomination) WHERE id = :member"
        ),
        "UPDATE iom_members SET lead_officer = NULL, lead_team = NULL WHERE id = :member",
        "UPDATE iom_members SET catch_and_convict = true WHERE id = :member",
        (
            "INSERT INTO iom_meetings SELECT force, gen_random_uuid(), 'M33-0000-0000', held_at, lpa,"
            " neighbourhood, chair, chair_agency, attendance, ARRAY['police'], true, notes,"
            " recorded_by, recorded_at FROM iom_meetings WHERE id = :meeting"
        ),
        (
            "INSERT INTO iom_decisions (force, id, nomination_id, person_id, scheme, outcome,"
            " rationale, decided_at, recorded_by, recorded_at) SELECT force, gen_random_uuid(),"
            " nomination_id, person_id, scheme, 'refused', 'Again.', decided_at, 'x', recorded_at"
            " FROM iom_decisions WHERE nomination_id IS NOT NULL"
        ),
    ):
        values = {
            "member": member["id"],
            "nomination": nomination["id"],
            "meeting": meeting["id"],
        }
        with pytest.raises(IntegrityError), session.begin_nested():
            session.execute(text(statement), values)


def test_who_may_nominate_decide_and_see(client, headers, iom):
    nomination = iom.nominate()
    officer = Iom(client, headers, role="neighbourhood_officer", name="pc")
    own = officer.nominate(theme="asb")
    assert [each["id"] for each in officer.get("iom/nominations").json["items"]] == [own["id"]]
    assert officer.get(f"iom/nominations/{nomination['id']}").status_code == 404
    assert officer.try_deciding(own).status_code == 403
    partner = Iom(client, headers, role="partner_agency", name="housing", agency="housing")
    person = {"id": iom.person()["reference"]}
    nameless = Iom(client, headers, role="partner_agency", name="nobody")
    assert nameless.try_nominating(person, agency="housing").status_code == 403
    assert pointers(partner.try_nominating(person, agency="police")) == ["/agency"]
    answer = partner.try_nominating(person, theme="asb")
    assert (answer.status_code, answer.json["agency"]) == (201, "housing")
    assert (answer.json["person"], answer.json["masked"]) == (None, ["person"])
    assert partner.get("iom/members").json["items"] == [], "nobody is shared with it"
    for held in (person, {"id": iom.member()["person_id"]}):
        again = partner.try_nominating(held)
        assert (again.status_code, {"existing", "reference"} & set(again.json)) == (409, set())


def arrested(days):
    return (clock.now() - timedelta(days=days)).isoformat()


def born(years, days=0):
    today = clock.today()
    return (date(today.year - years, today.month, min(today.day, 28)) + timedelta(days)).isoformat()


def test_the_diversion_scheme_takes_first_arrests_of_those_aged_18_to_24(iom, client, headers):
    ages = [(born(17), 422), (born(18, -3), 201), (born(24), 201), (born(25, -3), 422)]
    for date_of_birth, status in ages:
        person = iom.person(date_of_birth=date_of_birth)
        answer = iom.try_nominating(
            person, scheme="diversion_18_24", arrested_at=arrested(0), theme="violence"
        )
        assert (date_of_birth, answer.status_code) == (date_of_birth, status)
    person = iom.person(date_of_birth=born(20))
    sent = headers("custody_client")
    body = {"person_id": person["id"], "custody_number": "D/1", "arrested_at": arrested(3)}
    assert client.post("/v1/detentions", json=body, headers=sent).status_code == 201
    second = iom.try_nominating(person, scheme="diversion_18_24", arrested_at=arrested(1))
    assert (second.status_code, pointers(second)) == (422, ["/person_id"])
    first = iom.nominate(person, scheme="diversion_18_24", arrested_at=body["arrested_at"])
    wrong = iom.try_deciding(first, facts={"disposal": "simple_caution"})
    assert pointers(wrong) == ["/facts/disposal"]
    decided = iom.decide(first, facts={"disposal": "conditional_caution"})
    assert iom.read(decided["member_id"])["stage"] == "engaged"


def test_the_c2_scheme_needs_its_judge_and_goes_by_its_stages(iom):
    nomination = iom.nominate(scheme="c2")
    assert pointers(iom.try_deciding(nomination)) == ["/facts/judge"]
    facts = {"judge": "HHJ Example", "court": "Leicester", "selected_on": "2026-11-02"}
    member = iom.read(iom.decide(nomination, facts=facts)["member_id"])
    assert member["stage"] == "selected"
    skipped = iom.act(member, "stages", stage="completed", reason="Done.")
    assert (skipped.status_code, skipped.json["possible"]) == (409, ["bail", "returned_to_court"])
    iom.done(member, "stages", stage="bail", reason="Bailed.")
    breach = {"breach": True, "reason": "Broke curfew.", "stage": "deferred_sentence"}
    broken = iom.act(member, "stages", **breach)
    assert broken.json["possible"] == ["failed", "returned_to_court"]
    denied = iom.act(member, "stages", stage="deferred_sentence", reason="Deferred.")
    assert pointers(denied) == ["/facts/offences_admitted"]
    false = {"stage": "deferred_sentence", "reason": "Deferred."}
    for said in (False, "no", "false"):
        answer = iom.act(member, "stages", **false, facts={"offences_admitted": said})
        assert (said, pointers(answer)) == (said, ["/facts/offences_admitted"])
    admitted = {"offences_admitted": "all, on 3 November"}
    moved = iom.done(
        member, "stages", stage="deferred_sentence", reason="Deferred.", facts=admitted
    )
    assert moved["facts"] == facts | admitted
    ended = iom.done(
        member, "stages", stage="completed", reason="Kept.", facts={"community_order_on": "today"}
    )
    assert [each["details"]["to"] for each in ended["log"] if each["kind"] == "stage"] == [
        "bail",
        "deferred_sentence",
        "completed",
    ]


@pytest.mark.parametrize(
    ("birth", "day", "age"),
    [
        ((2008, 11, 21), (2026, 11, 20), 17),
        ((2008, 11, 21), (2026, 11, 21), 18),
        ((2001, 11, 22), (2026, 11, 21), 24),
        ((2004, 2, 29), (2022, 2, 28), 17),
        ((2004, 2, 29), (2022, 3, 1), 18),
    ],
)
def test_ages(birth, day, age):
    assert age_on(date(*birth), date(*day)) == age


def test_every_stage_of_every_scheme_can_be_reached():
    for scheme in all_schemes().values():
        reached, todo = set(), [scheme.first] if scheme.first else []
        while todo:
            stage = todo.pop()
            reached.add(stage)
            todo += [each for each in scheme.stages[stage].next if each not in reached]
        assert reached == set(scheme.stages)
    with pytest.raises(NotAllowed, match="no stages"):
        check_move(all_schemes()["iom"], None, "bail", {}, is_breach=False)
