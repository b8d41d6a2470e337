"""Orders through the API: from the application to the discharge."""

from __future__ import annotations

import pytest
from orders_given import day, moment
from sqlalchemy import text

from offenders import clock
from offenders.domain.access import Scope
from offenders.domain.orders.service import OrderSight, Question, reading_of_orders


def refused(answer, pointer, says="", status=422):
    """Check a refusal: its field, and what it says."""
    assert answer.status_code == status, answer.json
    (error,) = answer.json["errors"]
    assert (error["pointer"], says in error["detail"]) == (pointer, True), error
    return True


def test_an_order_goes_from_the_application_to_its_discharge(orders):
    made = orders.given(type="SHPO", made_on=None, applied_on=day(-60), monitored_by=None)
    assert (made["state"], made["monitoring"], made["enforceable"]) == (
        "applied",
        "unaccepted",
        False,
    )
    assert made["reference"].startswith("R33-")
    assert orders.rules(made) == set()
    granted = orders.done(
        made,
        "decisions",
        decision="granted",
        decided_on=day(-30),
        conditions=["Not to use any device that reaches the internet without telling the police"],
    )
    assert (granted["state"], granted["made_on"], granted["expires_on"]) == (
        "in_force",
        day(-30),
        None,
    )
    assert granted["because"]["citation"].startswith("Sexual Offences Act 2003 s.103A")
    assert granted["enforceable"]
    assert granted["review_due_on"] == day(335)
    assert orders.rules(granted) == {"unmonitored-orders"}
    (flag,) = orders.flags("unmonitored-orders", granted)
    assert flag["subject"]["type"] == "order"
    assert (flag["because"]["figure"], flag["because"]["source"]) == (7, "product default")
    accepted = orders.done(granted, "acceptances", accepted_by="33", accepted_on=day(-20))
    assert (accepted["monitoring"], accepted["accepted_by"]) == ("accepted", "33")
    assert orders.rules(granted) == set()
    varied = orders.done(
        granted, "variations", varied_on=day(-5), conditions=["Not to enter any playground"]
    )
    assert (varied["state"], varied["varied_on"]) == ("varied", day(-5))
    assert [each["holds"] for each in varied["conditions"]] == [False, True]
    reviewed = orders.done(granted, "reviews", reviewed_on=day(-1), decision="continue")
    assert (reviewed["review_due_on"], reviewed["version"]) == (day(364), varied["version"])
    ended = orders.done(granted, "discharges", ended_on=day(0), reason="The court discharged it.")
    assert (ended["state"], ended["ended_on"], ended["enforceable"]) == (
        "discharged",
        day(0),
        False,
    )
    answer = orders.act(granted, "variations", expires_on=day(2000))
    assert (answer.status_code, answer.json["state"]) == (409, "discharged")
    kinds = orders.list(f"/v1/orders/{made['id']}/history")
    assert [each["kind"] for each in kinds].count("acceptance") == 1
    assert {each["kind"] for each in kinds} == {
        "entry",
        "decision",
        "acceptance",
        "variation",
        "review",
        "discharge",
    }


def test_what_the_law_refuses_is_422_with_its_section(orders):
    grown = orders.person()["id"]
    child = orders.person(date_of_birth=day(-6000))["id"]
    for fields, pointer, section in (
        ({"type": "DVPO", "expires_on": day(18)}, "/expires_on", "s.28"),
        ({"type": "DVPO", "expires_on": day(2)}, "/expires_on", "s.28"),
        ({"type": "SHPO", "expires_on": day(300)}, "/expires_on", "s.103C"),
        ({"type": "SOPO"}, "/made_on", "s.104"),
        ({"type": "DAPO", "expires_on": day(300)}, "/type", "HCWS254"),
        (
            {"type": "KCPO", "made_on": "2022-01-01", "expires_on": "2023-01-01"},
            "/type",
            "2021/762",
        ),
        ({"type": "DVPN", "authorised_rank": "inspector"}, "/authorised_rank", "s.24"),
        ({"type": "DVPN", "person_id": child}, "/person_id", "s.24"),
        ({"type": "ASBO"}, "/type", ""),
        ({"made_on": day(1)}, "/made_on", "future"),
        ({"made_on": None, "state": "in_force"}, "/made_on", ""),
        ({"made_on": day(-3), "state": "applied"}, "/made_on", ""),
        ({"made_on": day(-3), "applied_on": day(-2)}, "/applied_on", ""),
        ({"made_on": day(-3), "in_force_on": day(-4)}, "/in_force_on", ""),
        ({"expires_on": day(2000), "in_force_on": day(2001)}, "/in_force_on", "last day"),
        ({"type": "DVPN", "made_on": None}, "/made_on", "notice"),
        ({"conditions": [{"kind": "prohibition"}]}, "/conditions/0/text", ""),
        ({"conditions": [{"clause": "NONE"}]}, "/conditions/0/clause", ""),
        ({"notice_id": "R33-7K3M-Q2XD"}, "/notice_id", ""),
        ({"person_id": "P33-7K3M-Q2XD"}, "/person_id", ""),
        ({"lpa": "NOWHERE"}, "/lpa", ""),
        ({"accepted_by": "EMSOU"}, "/accepted_by", ""),
        ({"owner_officer": "1", "owner_team": "T"}, "/owner_team", ""),
    ):
        answer = orders.post(**({"person_id": grown} | fields))
        assert refused(answer, pointer, section), fields
    assert orders.list() == []
    answer = orders.post(type="DVPO", person_id=grown, made_on=day(-5), expires_on=day(22))
    assert answer.status_code == 201, answer.json
    assert answer.json["because"]["length_citation"] == "Crime and Security Act 2010 s.28"


def test_an_order_expires_by_itself_at_the_end_of_its_last_day(orders):
    over = orders.given(type="DVPO", made_on=day(-28), expires_on=day(-1))
    last = orders.given(type="DVPO", made_on=day(-27), expires_on=day(0))
    later = orders.given(type="SHPO", made_on=day(-1), in_force_on=day(3))
    assert (over["state"], last["state"], later["state"]) == ("expired", "in_force", "granted")
    assert [each["id"] for each in orders.list(state="in_force")] == [last["id"]]
    assert [each["id"] for each in orders.list(enforceable="true")] == [last["id"]]
    assert [each["id"] for each in orders.list(state="expired")] == [over["id"]]
    assert {each["id"] for each in orders.list(enforceable="false")} == {over["id"], later["id"]}
    assert orders.rules(over) == set()
    answer = orders.act(over, "variations", expires_on=day(-1))
    assert (answer.status_code, answer.json["state"]) == (409, "expired")


def test_nobody_accepts_in_anothers_name(orders):
    made = orders.given(monitored_by="EMSOU")
    manager = orders.caller("offender_manager", name="Manager")
    for body in ({}, {"accepted_by": "EMSOU"}, {"accepted_by": "33"}):
        assert refused(
            orders.act(made, "acceptances", sent=manager, **body), "/accepted_by", "EMSOU"
        )
    assert refused(orders.patch(made, monitored_by=None), "/reason")
    moved = orders.patch(made, monitored_by=None, reason="The region hands it back.")
    assert moved.json["monitored_by"] is None
    for name in ("EMSOU", "31", "MOSOVO", "4321"):
        answer = orders.act(made, "acceptances", sent=manager, accepted_by=name)
        assert refused(answer, "/accepted_by", "another's name")
    answer = orders.act(made, "acceptances", sent=manager, accepted_on=day(-11))
    assert refused(answer, "/accepted_on")
    street = orders.act(made, "acceptances", sent=orders.caller("response_officer"))
    assert street.status_code == 403
    accepted = orders.done(made, "acceptances", sent=manager)
    assert accepted["accepted_by"] == accepted["monitored_by"]
    again = orders.act(made, "acceptances", sent=manager)
    assert again.status_code == 409
    assert orders.rules(made) == set()
    orders.patch(made, monitored_by="EMSOU", reason="The region takes it on.")
    assert orders.rules(made) == {"unmonitored-orders"}


def test_an_officer_accepts_for_the_team_they_are_in(orders, client, headers):
    made = orders.given(monitored_by="MOSOVO")
    manager = orders.caller("offender_manager")
    subject = orders.done(orders.given(), "acceptances", sent=manager)["accepted_by"]
    answer = client.put(
        f"/v1/officers/{subject}", json={"team": "MOSOVO"}, headers=headers("force_admin")
    )
    assert answer.status_code < 300, answer.json
    accepted = orders.done(made, "acceptances", sent=manager, accepted_by="MOSOVO")
    assert (accepted["accepted_by"], accepted["monitoring"]) == ("MOSOVO", "accepted")


def test_breaches_have_an_action_and_a_management_review(orders):
    made = orders.given(
        made_on=day(-60), expires_on=day(2000), conditions=["Not to enter a school"]
    )
    orders.done(made, "acceptances")
    broken = made["conditions"][0]["id"]
    for at in (moment(-61), moment(0, 23)):
        answer = orders.act(made, "breaches", occurred_at=moment(-61))
        assert refused(answer, "/occurred_at", "bound from"), at
    answer = orders.act(made, "breaches", condition_id="none")
    assert refused(answer, "/condition_id")
    first = orders.done(
        made, "breaches", occurred_at=moment(-30), condition_id=broken, details="Seen in a school."
    )
    (breach,) = first["breaches"]
    assert (breach["state"], breach["offence_code"]) == ("unactioned", "SE20012")
    (flag,) = orders.flags("unactioned-breaches", made)
    assert (flag["severity"], flag["because"]["stage"]) == ("alert", "action")
    twice = orders.act(made, "breaches", occurred_at=moment(-30), condition_id=broken)
    assert twice.status_code == 409
    path = f"breaches/{breach['id']}"
    early = orders.act(made, f"{path}/reviews", learning="None yet.")
    assert (early.status_code, early.json["possible"]) == (409, ["actions"])
    answer = orders.act(made, f"{path}/actions", action="charged", occurred_at=moment(-31))
    assert refused(answer, "/action_at")
    orders.done(made, f"{path}/actions", action="charged", occurred_at=moment(-29, 9))
    (flag,) = orders.flags("unactioned-breaches", made)
    assert (flag["severity"], flag["because"]["stage"]) == ("warning", "review")
    assert orders.act(made, f"{path}/reviews").status_code == 422
    done = orders.done(made, f"{path}/reviews", learning="Check the school runs.")
    assert (done["breaches"][0]["state"], done["version"]) == ("reviewed", first["version"])
    assert orders.rules(made) == set()
    assert orders.act(made, f"{path}/reviews", learning="Again.").status_code == 409
    missing = orders.act(made, f"breaches/{made['id']}/reviews", learning="None.")
    assert missing.status_code == 404
    late = orders.done(made, "breaches", occurred_at=moment(-2))["breaches"][1]["id"]
    once = orders.done(
        made, f"breaches/{late}/reviews", learning="Tell the school.", action="warned"
    )
    assert [each["state"] for each in once["breaches"]] == ["reviewed", "reviewed"]
    assert len(orders.list("/v1/order-breaches", order=made["reference"])) == 2
    assert len(orders.list("/v1/order-breaches", state="reviewed", action="charged")) == 1
    assert len(orders.list(breached_from=day(-31), breached_to=day(0))) == 1
    assert orders.list(breached_from=day(-20), breached_to=day(-10)) == []
    wrong = orders.act(made, "discharges", ending="entered_in_error")
    assert wrong.status_code == 409
    early = orders.act(made, "discharges", ended_on=day(-3))
    assert refused(early, "/ended_on", "A breach is recorded")


def test_days_that_were_wrong_can_be_corrected_also_after_the_end(orders):
    made = orders.given(type="DVPO", made_on=day(-20), expires_on=day(-1))
    orders.done(made, "breaches", occurred_at=moment(-3))
    assert orders.patch(made, expires_on=day(5)).json["state"] == "in_force"
    assert refused(orders.patch(made, expires_on=day(-5)), "/expires_on", "A breach is recorded")
    varied = orders.done(made, "variations", expires_on=day(3))
    assert (varied["state"], varied["expires_on"]) == ("varied", day(3))
    assert orders.patch(made, expires_on=day(-1)).json["state"] == "expired"
    assert orders.patch(made, expires_on=day(4)).json["state"] == "varied"


def test_a_breach_opens_a_want_and_a_check_a_breach(orders, client):
    made = orders.given(made_on=day(-60))
    done = orders.done(
        made, "breaches", occurred_at=moment(-1), crime_reference="C7", open_want=True, risk="high"
    )
    (breach,) = done["breaches"]
    assert (breach["state"], breach["action"]) == ("actioned", "wanted")
    want = client.get(f"/v1/wanted/{breach['want_id']}", headers=orders.sent).json
    assert (want["reason"], want["state"], want["risk"]) == (
        "breach_of_order",
        "outstanding",
        "high",
    )
    assert (want["power"], want["offence_code"]) == ("PACE 1984 s.24", "SE20012")
    again = orders.done(
        made, "breaches", occurred_at=moment(-2), crime_reference="C7", open_want=True
    )
    assert {each["want_id"] for each in again["breaches"]} == {want["id"]}
    for result, due, breaches in (
        ("not_seen", day(30), 2),
        ("compliant", day(90), 2),
        ("non_compliant", day(90), 3),
    ):
        checked = orders.done(made, "checks", result=result)
        assert (checked["check_due_on"], len(checked["breaches"])) == (due, breaches)


def test_a_notice_holds_until_the_court_has_decided(orders):
    person = orders.person()["id"]
    notice = orders.given(
        type="DVPN",
        person_id=person,
        made_on=day(-3),
        served_at=moment(-3),
        authorised_rank="superintendent",
    )
    assert notice["hearing_due_at"] > notice["served_at"]
    applied = orders.given(
        type="DVPO", person_id=person, made_on=None, applied_on=day(-2), notice_id=notice["id"]
    )
    assert orders.read(notice)["state"] == "in_force"
    orders.done(applied, "decisions", decision="granted", decided_on=day(-1), expires_on=day(26))
    ended = orders.read(notice)
    assert (ended["state"], ended["ending"], ended["ended_on"]) == (
        "discharged",
        "superseded",
        day(-1),
    )
    assert orders.rules(notice) == set()


def test_refused_and_withdrawn_applications_end(orders):
    for decision in ("refused", "withdrawn"):
        made = orders.given(made_on=None, applied_on=day(-9))
        answer = orders.act(made, "decisions", decision=decision, made_on=day(-1))
        assert refused(answer, "/made_on")
        ended = orders.done(made, "decisions", decision=decision, decided_on=day(-1))
        assert (ended["state"], ended["decided_on"]) == (decision, day(-1))
        assert orders.act(made, "decisions", decision="granted").status_code == 409
    assert len(orders.list(refused_from=day(-1), refused_to=day(-1))) == 1


def test_the_library_of_clauses(orders, client):
    body = {
        "code": "PHONES",
        "type": "scpo",
        "category": "devices",
        "text": "Not to hold more than one mobile phone",
    }
    made = client.post("/v1/order-clauses", json=body, headers=orders.sent)
    assert (made.status_code, made.json["type"]) == (201, "SCPO")
    assert client.post("/v1/order-clauses", json=body, headers=orders.sent).status_code == 409
    order = orders.given(conditions=[{"clause": "PHONES", "until": day(3000)}])
    (condition,) = order["conditions"]
    assert (condition["category"], condition["text"]) == ("devices", body["text"])
    orders.given(made_on=None, state="refused", conditions=[{"clause": made.json["id"]}])
    (clause,) = orders.list("/v1/order-clauses", type="SCPO", kind="prohibition")
    assert (clause["granted"], clause["refused"]) == (1, 1)


def test_who_sees_what(orders):
    made = orders.given(
        made_on=day(-5),
        instruction="Arrest for breach.",
        conditions=[
            {
                "category": "non_contact",
                "text": "Not to contact Jane Roe, or enter the home of Roe",
                "place": "12 High Street, home of Jane Roe",
                "person": "Jane Roe",
            },
            {"text": "To tell the police of any bank account", "enforceable": False},
        ],
    )
    whole = orders.read(made)["conditions"]
    assert whole[0]["text"] == "Not to contact Jane Roe, or enter the home of Jane Roe"
    assert (whole[0]["person"], len(whole)) == ("Jane Roe", 2)
    for role in ("response_officer", "neighbourhood_officer"):
        sent = orders.caller(role)
        seen = orders.get(made, sent=sent)
        (condition,) = seen.json["conditions"]
        assert condition["text"].startswith("Not to contact a protected person")
        assert "Roe" not in seen.text
        assert (condition["person"], condition["place"]) == (None, None)
        assert set(seen.json) & {"breaches", "court", "monitoring", "because"} == set()
        assert {"breaches", "court", "conditions.person"} <= set(seen.json["masked"])
        assert seen.json["instruction"] == "Arrest for breach."
        assert seen.json["power_of_arrest"] == "PACE 1984 s.24"
        assert (
            orders.get(made, sent=sent | {"If-None-Match": seen.headers["ETag"]}).status_code == 304
        )
    chief = orders.get(made, sent=orders.caller("chief_officer"))
    assert ("Roe" in chief.text, len(chief.json["conditions"])) == (False, 2)
    assert chief.json["court"] == "Leicester Crown Court"
    street = orders.caller("response_officer")
    applied = orders.given(made_on=None)
    assert orders.get(applied, sent=street).status_code == 404
    assert [each["id"] for each in orders.list(sent=street)] == [made["id"]]
    for path in (
        f"/v1/orders/{made['id']}/history",
        "/v1/orders?monitored_by=EMSOU",
        "/v1/orders?breached_from=2016-01-01",
        "/v1/order-breaches",
        "/v1/reports/orders",
    ):
        assert orders.client.get(path, headers=street).status_code == 403
    court = orders.caller("court_client")
    assert orders.get(made, sent=court).status_code == 404
    body = {"person_id": made["person_id"], "type": "CBO", "made_on": day(-1)}
    taken = orders.client.post("/v1/orders", json=body | {"accepted_by": "33"}, headers=court)
    assert taken.status_code == 403
    own = orders.client.post("/v1/orders", json=body, headers=court)
    assert (own.status_code, orders.get(own.json, sent=court).status_code) == (201, 200)
    assert [each["id"] for each in orders.list(sent=court)] == [own.json["id"]]


def test_other_forces_and_areas_see_nothing(orders, client, headers):
    made = orders.given()
    for sent in (headers("supervisor", force="31"), headers("supervisor", lpas=["X"])):
        assert orders.get(made, sent=sent).status_code == 404
        answer = client.post(
            f"/v1/orders/{made['id']}/reviews", json={}, headers=sent | {"If-Match": '"1"'}
        )
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"expires_on": day(30)}, "/expires_on"),
        ({"made_on": day(-4), "in_force_on": day(-6)}, "/in_force_on"),
        ({"conditions": []}, "/conditions"),
        ({"state": "expired"}, "/state"),
        ({"owner_team": "MOSOVO"}, "/reason"),
        ({"lpa": "NOWHERE"}, "/lpa"),
    ],
)
def test_an_amendment_that_can_not_be_is_refused(orders, fields, pointer):
    made = orders.given()
    assert orders.patch(made, **fields).status_code == 422
    assert pointer in str(orders.patch(made, **fields).json["errors"])
    assert orders.read(made) == made


def test_an_amendment_moves_days_owner_and_flags(orders):
    made = orders.given(court_reference="T20167001")
    moved = orders.patch(
        made, made_on=day(-9), owner_team="MOSOVO", reason="Sexual offences are theirs."
    ).json
    assert (moved["made_on"], moved["owner_team"], moved["version"]) == (day(-9), "MOSOVO", 2)
    (flag,) = orders.flags("unmonitored-orders", made)
    assert flag["owner"]["team"] == "MOSOVO"
    double = orders.post(person_id=made["person_id"], court_reference="T20167001")
    assert (double.status_code, double.json["existing"]) == (409, f"/v1/orders/{made['id']}")
    assert orders.act(made, "discharges", if_match='"1"').status_code == 412
    orders.done(made, "discharges", ending="entered_in_error", reason="Another person's.")
    assert orders.given(person_id=made["person_id"], court_reference="T20167001")
    assert orders.rules(made) == set()


def test_what_a_condition_says_can_be_corrected_and_a_travel_ban_renewed(orders):
    made = orders.given(
        made_on="2018-01-10",
        conditions=[
            {"text": "Not to travel abroad", "category": "foreign_travel", "until": "2023-01-09"}
        ],
    )
    ban = {"text": "Not to travel abroad", "category": "foreign_travel"}
    renewal = {"varied_on": "2023-01-05", "conditions": [ban | {"until": "2028-01-04"}]}
    longer = renewal | {"conditions": [ban | {"until": "2028-01-05"}]}
    assert refused(orders.act(made, "variations", **longer), "/conditions/1/until", "s.103C")
    varied = orders.done(made, "variations", **renewal)
    assert [(each["from"], each["until"]) for each in varied["conditions"]] == [
        ("2018-01-10", "2023-01-04"),
        ("2023-01-05", "2028-01-04"),
    ]
    new = orders.given(made_on=day(0), conditions=["Not to enter the pork", "Not to drink"])
    told = [{"text": "Not to enter the park"}, {"text": "Not to drink", "enforceable": False}]
    right = orders.done(new, "conditions", conditions=told)
    found = {each["text"]: (each["holds"], each["enforceable"]) for each in right["conditions"]}
    assert found == {
        "Not to enter the pork": (False, True),
        "Not to enter the park": (True, True),
        "Not to drink": (True, False),
    }


def test_days_that_contradict_each_other_are_refused_with_a_field(orders):
    notice = {"type": "DVPN", "made_on": day(-1), "authorised_rank": "superintendent"}
    assert refused(orders.post(**notice, served_at=moment(-5)), "/served_at", "made")
    served = orders.given(**notice, served_at=moment(-1))
    assert served["hearing_due_at"] is not None
    unserved = orders.patch(served, served_at=None)
    assert (unserved.status_code, unserved.json["hearing_due_at"]) == (200, None)
    later = orders.given(in_force_on=day(-5))
    assert orders.patch(later, in_force_on=None).json["in_force_on"] == day(-10)


def test_the_court_may_have_ended_what_has_lapsed_since(orders):
    lapsed = orders.given(type="DVPO", made_on=day(-60), expires_on=day(-33))
    assert orders.act(lapsed, "discharges", ended_on=day(-32)).status_code == 409
    ended = orders.done(lapsed, "discharges", ended_on=day(-40))
    assert (ended["state"], ended["ended_on"]) == ("discharged", day(-40))


def test_whom_a_condition_protects_is_looked_up_by_key(session):
    """A join would read every person of the force for each order that is shown."""
    seen = OrderSight(protected_addresses=True, whole=True, protected_people=True)
    reading = reading_of_orders(Question({}, Scope("33"), clock.now(), seen), None, 50)
    for switch in ("enable_seqscan", "enable_nestloop"):
        session.execute(text(f"SET LOCAL {switch} = off"))
    lines = list(session.execute(text(f"EXPLAIN {reading.sql}"), reading.values).scalars())
    named = [line.split(":")[0].strip() for line in lines if "'person_id'" in line]
    assert named
    assert set(named) <= {"Index Cond", "Recheck Cond", "Filter"}
