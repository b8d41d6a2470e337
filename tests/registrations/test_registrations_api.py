"""Registrations through the API: entering, managing, reviewing and ending them."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from builders import given_detention, given_entry, given_neighbourhood
from orders_given import Orders
from registrations_given import ago, at, noon, now, today

from offenders.clock import as_if_at
from offenders.domain.registrations.held import HELD_AS_AT


def test_a_registration_says_until_when_and_why(register):
    made = register.given(
        relevant_date="2020-01-15",
        disposal="imprisonment",
        sentence_months=6,
        risk="high",
        offender_manager="OM1",
    )
    assert made["reference"].startswith("R33-")
    assert made["notification_ends_on"] == "2027-01-14"
    assert made["notification_indefinite"] is False
    assert made["because"]["section"] == "Sexual Offences Act 2003 s.82(1)"
    assert (made["offender_manager"], made["risk"]) == ("OM1", "high")
    assert made["state"] == ("registered" if date(2027, 1, 14) >= today() else "expired")
    longer = register.given(relevant_date="2020-01-15", disposal="imprisonment", sentence_months=30)
    assert (longer["notification_ends_on"], longer["notification_indefinite"]) == (None, True)
    young = register.given(
        person_id=register.person(date_of_birth="2005-01-01")["reference"],
        relevant_date="2020-01-15",
        disposal="imprisonment",
        sentence_months=6,
        sentence_days=1,
    )
    assert young["notification_ends_on"] == "2025-01-14"
    assert young["because"]["section"].endswith("s.82(2)")
    discharged = register.given(
        relevant_date=ago(10), disposal="conditional_discharge", discharge_months=12
    )
    assert discharged["because"]["months"] == 12


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"disposal": "imprisonment"}, "/sentence_months"),
        ({"disposal": "imprisonment", "sentence_months": 6.5}, "/sentence_months"),
        ({"disposal": "caution", "sentence_months": 6}, "/sentence_months"),
        ({"disposal": "conditional_discharge"}, "/discharge_months"),
        ({"disposal": "conditional_discharge", "discharge_months": 37}, "/discharge_months"),
        ({"relevant_date": "1989-12-31"}, "/relevant_date"),
        ({"relevant_date": (today() + timedelta(days=2)).isoformat()}, "/relevant_date"),
        ({"disposal": "imprisonment", "sentence_months": 6, "terms": [{"months": 6}]}, "/terms"),
        ({"owner_team": "MOSOVO", "offender_manager": "OM1"}, "/owner_team"),
        ({"lpa": "nowhere"}, "/lpa"),
        ({"risk": "standard"}, "/risk"),
        ({"person_id": str(uuid4())}, "/person_id"),
    ],
)
def test_what_can_not_be_is_refused_with_what_to_do(register, fields, pointer):
    answer = register.post(**fields)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]


def test_a_further_disposal_joins_the_registration_and_the_latest_end_holds(register):
    person = register.person()["id"]
    first = register.given(person_id=person, relevant_date="2024-05-01")
    assert first["notification_ends_on"] == "2026-04-30"
    second = register.given(
        person_id=person,
        relevant_date="2025-05-01",
        disposal="imprisonment",
        terms=[{"months": 4}, {"months": 3, "runs": "consecutive"}],
    )
    assert second["id"] == first["id"]
    assert second["notification_ends_on"] == "2035-04-30"
    assert (second["starts_on"], second["relevant_date"]) == ("2024-05-01", "2025-05-01")
    assert [each["ends_on"] for each in second["disposals"]] == ["2026-04-30", "2035-04-30"]
    third = register.done(first, "disposals", relevant_date="2025-06-01", disposal="fine")
    assert (third["notification_ends_on"], len(third["disposals"])) == ("2035-04-30", 3)
    assert register.post(person_id=person, relevant_date="2024-05-01").status_code == 409
    clash = register.post(person_id=person, risk="high", disposal="other")
    assert clash.status_code == 409
    assert clash.json["existing"] == f"/v1/registrations/{first['id']}"
    assert register.patch(first, sentence_months=30).status_code == 422
    named = third["disposals"][1]["id"]
    longer = register.patch(first, disposal_id=named, terms=[{"months": 20}, {"months": 10}])
    assert longer.json["notification_indefinite"] is True
    shorter = register.patch(first, disposal_id=named, terms=None, sentence_months=6)
    assert shorter.json["notification_ends_on"] == "2032-04-30"
    assert [each["id"] for each in shorter.json["disposals"]] == [
        each["id"] for each in third["disposals"]
    ]


def test_a_disposal_that_was_quashed_no_longer_counts(register):
    made = register.given(relevant_date="2025-05-01")
    (first,) = made["disposals"]
    path = f"disposals/{first['id']}/removals"
    assert register.act(made, path, reason="Quashed.").status_code == 409
    both = register.done(made, "disposals", relevant_date="2025-06-01", disposal="life")
    assert both["notification_indefinite"] is True
    assert register.act(made, f"disposals/{uuid4()}/removals", reason="x").status_code == 409
    path = f"disposals/{both['disposals'][1]['id']}/removals"
    assert register.act(made, path).status_code == 422
    left = register.done(made, path, reason="Quashed by the Court of Appeal.")
    assert (left["notification_indefinite"], left["notification_ends_on"]) == (False, "2027-04-30")


def test_it_never_ends_before_an_order_that_keeps_it_up(register, client, headers):
    orders = Orders(client, headers, "33")
    made = register.given(relevant_date="2020-01-15")
    assert (made["state"], made["notification_ends_on"]) == ("expired", "2022-01-14")
    orders.given(person_id=made["person_id"], type="restraining", expires_on=None)
    assert register.read(made)["state"] == "expired"
    last = (today() + timedelta(days=900)).isoformat()
    order = orders.given(person_id=made["person_id"], made_on="2022-01-10", expires_on=last)
    held = register.read(made)
    assert (held["state"], held["notification_ends_on"]) == ("registered", last)
    assert (held["because"]["held_by"], held["because"]["own_end"]) == (
        order["reference"],
        "2022-01-14",
    )
    refused = register.act(made, "closures", outcome="period_ended")
    assert refused.status_code == 409
    assert refused.json["section"] == "Sexual Offences Act 2003 s.103G, Sentencing Act 2020 s.352"
    ending = {"ending": "discharged", "ended_on": ago(1), "reason": "By the Crown Court."}
    done = orders.act(order, "discharges", **ending)
    assert done.status_code == 201, done.json
    assert register.read(made)["state"] == "expired"
    closed = register.done(made, "closures", outcome="period_ended")
    assert (closed["state"], closed["outcome"]) == ("closed", "period_ended")


def test_notifications_roll_and_say_whether_they_came_in_time(register):
    made = register.given(relevant_date=ago(400))
    assert made["notification_due_on"] == ago(398)
    assert made["notification_overdue"] is True
    early = register.act(made, "notifications", occurred_at=at(401))
    assert early.status_code == 422
    assert early.json["section"] == "Sexual Offences Act 2003 s.83(1)"
    assert early.json["errors"][0]["pointer"] == "/occurred_at"
    back = {"kind": "return_from_abroad", "returned_on": ago(4), "occurred_at": at(5)}
    assert register.act(made, "notifications", **back).status_code == 422
    first = register.done(made, "notifications", occurred_at=at(398), station="Mansfield House")
    assert first["first_notified_on"] == first["last_notified_on"] == ago(398)
    assert (first["notification_stage"], first["notification_overdue"]) == ("annual", True)
    assert register.act(made, "notifications", kind="initial").status_code == 409
    other = register.done(made, "notifications", kind="other_details", occurred_at=at(20))
    assert other["last_notified_on"] == ago(398)
    change = register.done(
        made, "notifications", kind="change", changed_on=ago(13), occurred_at=at(10)
    )
    assert (change["last_notified_on"], change["notification_overdue"]) == (ago(10), False)
    weekly = register.done(made, "notifications", occurred_at=at(9), has_no_fixed_abode=True)
    assert (weekly["notification_due_on"], weekly["notification_overdue"]) == (ago(2), True)
    assert weekly["notification_section"] == "Sexual Offences Act 2003 s.85(5)(a)"
    told = [each["details"] for each in register.history(made, kind="notification")]
    assert [each["was_in_time"] for each in told] == [True, True, False, True]
    assert told[2]["suspected_offence"] == "Sexual Offences Act 2003 s.91(1)"


def test_time_in_custody_or_hospital_is_disregarded(register):
    made = register.given(relevant_date=ago(100))
    away = register.done(made, "absences", reason="custody", **{"from": ago(100)})
    assert (away["state"], away["notification_due_on"]) == ("in_custody", None)
    assert (away["visit_due_on"], away["arms_due_on"]) == (None, None)
    twice = register.act(made, "absences", reason="hospital", **{"from": ago(5)})
    assert twice.status_code == 409
    assert register.list(state="in_custody", visit_overdue="false")[0]["id"] == made["id"]
    absence = away["absences"][0]["id"]
    assert register.act(made, f"absences/{uuid4()}/ends").status_code == 409
    back = register.done(made, f"absences/{absence}/ends", until=ago(40))
    assert (back["state"], back["notification_due_on"]) == ("registered", ago(38))
    assert back["notification_section"].endswith("s.83(6)")
    assert back["arms_due_on"] == ago(10)
    assert back["arms_overdue"] is back["notification_overdue"] is True
    assert back["visit_overdue"] is False


def test_visits_are_due_by_risk_and_only_one_at_which_the_person_was_seen_counts(register):
    made = register.given(relevant_date="2025-08-31", disposal="fine", risk="medium")
    assert made["visit_due_on"] == "2026-02-28"
    planned = (today() + timedelta(days=3)).isoformat()
    plan = register.done(made, "visits", planned_for=planned, officers=["OM1"])
    assert (plan["visit_planned_for"], plan["version"]) == (planned, made["version"])
    assert register.act(made, "visits").status_code == 422
    assert register.act(made, "visits", planned_for=planned, seen=True).status_code == 422
    for failed in (1, 2):
        tried = register.done(made, "visits", seen=False, announced=False, entry_refused=True)
        assert (tried["failed_visits"], tried["last_seen_on"]) == (failed, None)
    assert "s.96B" in register.history(made, kind="visit")[-1]["details"]["advice"]
    seen = register.done(
        made, "visits", seen=True, occurred_at=at(1), officers=["OM1", "OM2"], concerns="None."
    )
    assert (seen["failed_visits"], seen["last_seen_on"]) == (0, ago(1))
    assert register.act(made, "risk-levels", risk="very_high").status_code == 422
    up = register.done(made, "risk-levels", risk="very_high", reason="New partner with children")
    assert (up["risk"], up["risk_since"]) == ("very_high", today().isoformat())
    assert up["visit_due_on"] < seen["visit_due_on"]
    told = {"risk": "low", "reason": "Found in the file.", "occurred_at": at(1)}
    assert register.done(made, "risk-levels", **told)["risk"] == "very_high"
    assert register.history(made, kind="risk_level")[0]["details"]["to"] == "low"
    assert register.patch(made, visit_months=2).status_code == 422
    own = register.patch(made, visit_months=2, reason="Agreed by the supervisor.")
    assert own.json["visit_due_on"] > up["visit_due_on"]
    assert register.patch(made, risk="low").status_code == 422


def test_reactive_management_needs_three_years_of_low_risk_and_ends_with_it(register):
    fresh = register.given(risk="low", disposal="life", relevant_date="2015-01-01")
    body = {"management": "reactive", "authorised_by": "DI1", "reason": "Stable."}
    refused = register.act(fresh, "managements", **body)
    assert refused.status_code == 409
    assert "3 years" in refused.json["detail"]
    made = register.given(
        risk="low", disposal="life", relevant_date="2015-01-01", risk_since=ago(3 * 366)
    )
    unnamed = {"management": "reactive", "reason": "Stable."}
    assert register.act(made, "managements", **unnamed).status_code == 422
    reactive = register.done(made, "managements", **body)
    assert (reactive["management"], reactive["visit_due_on"]) == ("reactive", None)
    assert reactive["reactive_review_due_on"] == (today() + timedelta(days=365)).isoformat()
    register.done(made, "visits", seen=True, concerns="A child's bicycle in the hall.")
    assert register.read(made)["reactive_review_due_on"] == today().isoformat()
    up = register.done(made, "risk-levels", risk="medium", reason="Concerns.")
    assert (up["management"], up["reactive_review_due_on"]) == ("active", None)
    assert up["visit_due_on"] is not None


def test_travel_is_notified_seven_days_ahead_and_a_return_within_three(register):
    made = register.given(disposal="life", relevant_date="2015-01-01")
    late = register.done(
        made,
        "travel",
        departs_at=(now() + timedelta(days=3)).isoformat(),
        returns_on=(today() + timedelta(days=5)).isoformat(),
        countries=["ESP"],
    )["travel"][0]
    assert (late["is_in_time"], late["suspected_offence"][-7:]) == (False, "s.91(1)")
    excused = register.done(
        made,
        "travel",
        departs_at=(now() + timedelta(hours=13)).isoformat(),
        excuse="A funeral.",
    )["travel"][1]
    assert (excused["is_in_time"], excused["returns_on"]) == (True, None)
    backwards = register.act(made, "travel", departs_at=at(0), returns_on=ago(2))
    assert backwards.status_code == 422
    assert register.act(made, "notifications", kind="return_from_abroad").status_code == 422
    gone = register.given(disposal="life", relevant_date="2015-01-01")
    register.done(gone, "travel", occurred_at=at(30), departs_at=at(20))
    back = register.done(
        gone, "notifications", kind="return_from_abroad", returned_on=ago(5), occurred_at=at(2)
    )
    assert back["travel"][0]["returned_on"] == ago(5)
    assert register.history(gone, kind="notification")[0]["details"]["was_in_time"] is False


def test_an_indefinite_period_is_reviewed_after_fifteen_years(register):
    adult = register.person(date_of_birth="1970-01-01")["id"]
    made = register.given(person_id=adult, disposal="life", relevant_date="2005-06-01")
    ending = {"outcome": "indefinite_review"}
    apply = {"applied_on": ago(60)}
    assert register.act(made, "indefinite-reviews", **apply).status_code == 409
    register.done(made, "notifications", occurred_at="2005-06-02T12:00:00Z")
    assert register.read(made)["next_review_on"] == "2020-06-02"
    soon = register.act(made, "indefinite-reviews", applied_on="2020-06-01")
    assert (soon.status_code, soon.json["section"][-8:]) == (422, "s.91B(2)")
    register.done(made, "indefinite-reviews", **apply)
    assert register.act(made, "indefinite-reviews", **apply).status_code == 409
    assert register.act(made, "closures", **ending).status_code == 409
    remains = {"determination": "remains", "authorised_by": "SUPT1", "next_review_years": 10}
    kept = register.done(made, "indefinite-reviews", determined_on=ago(50), **remains)
    determined = today() - timedelta(days=50)
    assert kept["next_review_on"][:7] == f"{determined.year + 10}-{determined.month:02}"
    assert register.act(made, "indefinite-reviews").status_code == 422
    again = register.given(disposal="life", relevant_date="2005-06-01")
    assert again["because"]["section"] == "Sexual Offences Act 2003 s.82(1)"
    register.done(again, "notifications", occurred_at="2005-06-02T12:00:00Z")
    register.done(again, "indefinite-reviews", **apply)
    ceases = {"determination": "ceases", "authorised_by": "SUPT1"}
    over = register.done(again, "indefinite-reviews", **ceases)
    assert (over["state"], over["notification_overdue"], over["visit_overdue"]) == (
        "expired",
        False,
        False,
    )
    (told,) = register.flags(subject_id=again["id"])
    assert (told["because"]["stage"], told["because"]["due_on"]) == ("expired", today().isoformat())
    assert told["because"]["section"] == "Sexual Offences Act 2003 s.91C"
    assert register.done(again, "closures", **ending)["state"] == "closed"
    ended = register.given(disposal="fine")
    assert register.act(ended, "indefinite-reviews").status_code == 409


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"outcome": "deceased"}, 201),
        ({"outcome": "entered_in_error", "reason": "Another person."}, 201),
        ({"outcome": "court"}, 422),
        ({"outcome": "court", "court": "Court of Appeal"}, 201),
        ({"outcome": "moved", "to_force": "31"}, 422),
        ({"outcome": "moved", "to_force": "33", "accepted_by": "DI Notts"}, 422),
        ({"outcome": "moved", "to_force": "99", "accepted_by": "DI Notts"}, 422),
        ({"outcome": "moved", "to_force": "31", "accepted_by": "DI Notts"}, 201),
        ({"outcome": "period_ended"}, 409),
        ({"outcome": "indefinite_review"}, 409),
        ({"outcome": "withdrawn"}, 422),
    ],
)
def test_nothing_but_these_ends_a_registration(register, body, status):
    made = register.given()
    answer = register.act(made, "closures", **body)
    assert (answer.status_code, register.read(made)["state"]) == (
        status,
        "closed" if status == 201 else "registered",
    )
    if status == 201:
        assert register.act(made, "visits", seen=True).status_code == 409
        again = register.given(person_id=made["person_id"], relevant_date=ago(3))
        assert again["id"] != made["id"]


def test_if_match_is_asked_for_but_for_visits(register):
    made = register.given()
    for kind, body, status in (
        ("visits", {"seen": True}, 201),
        ("notifications", {}, 428),
        ("closures", {"outcome": "deceased"}, 428),
    ):
        answer = register.client.post(
            f"/v1/registrations/{made['id']}/{kind}", json=body, headers=register.sent
        )
        assert (kind, answer.status_code) == (kind, status)
    assert register.act(made, "notifications", if_match='"7"').status_code == 412


def test_the_manager_moves_by_hand_over_or_with_a_reason(register):
    made = register.given(offender_manager="OM1")
    assert register.patch(made, offender_manager="OM2").status_code == 422
    moved = register.patch(made, offender_manager="OM2", reason="Leave.")
    assert moved.json["offender_manager"] == "OM2"
    done = register.done(made, "handovers", to_team="MOSOVO", reason="OM2 has left.")
    assert (done["offender_manager"], done["owner_team"]) == (None, "MOSOVO")
    assert [each["details"]["reason"] for each in register.history(made, kind="handover")] == [
        "Leave.",
        "OM2 has left.",
    ]
    assert len(register.list(team="MOSOVO")) == 1
    assert register.list(owner="OM2") == []


def test_who_is_not_assessed_is_visited_as_if_of_very_high_risk(register, headers):
    made = register.given(risk=None, disposal="life", relevant_date="2026-01-31")
    assert (made["risk"], made["risk_since"], made["visit_due_on"]) == (None, None, "2026-02-28")
    assert register.flags("registration-visits")[0]["because"]["stage"] == "very_high"
    assert [each["id"] for each in register.list(risk="none")] == [made["id"]]
    further = {"person_id": made["person_id"], "risk": None, "disposal": "fine"}
    assert register.given(**further)["id"] == made["id"]
    register.sent = headers("supervisor")
    rated = register.done(made, "risk-levels", risk="low", reason="OSP and interview.")
    assert rated["visit_due_on"] == "2027-01-31"
    assert register.act(made, "polygraphs", result="inconclusive").status_code == 403


def test_an_arrest_is_told_to_the_manager_until_the_person_was_looked_at(register, client, headers):
    person = register.person()
    made = register.given(person_id=person["id"], offender_manager="OM7")
    given_detention(client, headers, person=person, arrested_at=at(9))
    (told,) = register.flags("managed-person-arrested")
    assert (told["owner"]["officer"], told["subject"]["id"]) == ("OM7", made["id"])
    register.done(made, "visits", seen=True)
    assert register.flags("managed-person-arrested") == []
    register.done(made, "closures", outcome="deceased")
    given_detention(client, headers, person=person)
    assert register.flags("managed-person-arrested") == []


def test_what_was_known_is_told_as_at_and_lists_come_in_pages(register):
    made = [register.given(relevant_date=ago(number)) for number in (30, 20, 10)]
    before = register.counts()["as_at"]
    register.done(made[0], "risk-levels", risk="high", reason="Concerns.")
    register.done(made[1], "closures", outcome="deceased")
    assert len(register.list(state="open")) == 2
    assert len(register.list(state="open", as_at=before)) == 3
    assert register.read(made[0], as_at=before)["risk"] == "medium"
    listed, query = [], {"limit": 2, "count": "true"}
    while True:
        page = register.client.get(
            "/v1/registrations", headers=register.sent, query_string=query
        ).json
        listed += [each["id"] for each in page["items"]]
        assert page["total"] == 3
        if page["next"] is None:
            break
        query["cursor"] = page["next"]
    assert sorted(listed) == sorted(each["id"] for each in made)


def test_orders_of_a_past_moment_are_read_once_for_all_who_are_registered():
    orders, _, _ = HELD_AS_AT.partition("ON h.person_id = r.person_id")
    assert "orders_history" in orders
    assert " r." not in orders


def test_counts_lead_to_their_rows_and_tell_how_many_are_assessed(register):
    made = [register.given(risk=each) for each in ("high", "high", "low")]
    register.done(made[0], "arms-assessments", priority="high")
    register.done(made[2], "absences", reason="custody", **{"from": ago(5)})
    for group in ("risk", "state", "lpa", "management", "owner", "team", "force"):
        counted = register.counts(group_by=group)
        assert sum(each["people"] for each in counted["counts"]) == 3
        for each in counted["counts"]:
            found = register.client.get(each["href"], headers=register.sent).json["items"]
            assert (group, len(found)) == (group, each["people"])
    headline = register.counts()["headline"]
    assert headline["registered"]["people"] == 3
    assert headline["arms_current"] == {"people": 1, "of": 2, "percent": 50.0}
    assert headline["notification_overdue"]["people"] == 3
    found = register.client.get(headline["notification_overdue"]["href"], headers=register.sent)
    assert len(found.json["items"]) == 3
    assert register.counts(risk="medium")["headline"]["arms_current"]["percent"] == "no_data"


def test_local_officers_see_that_somebody_is_registered_in_their_area_and_no_more(
    register, client, headers
):
    area = given_neighbourhood(client, "N1")
    made = register.given(
        neighbourhood="N1", local_summary="Tell OM1 if seen near a school.", risk="high"
    )
    elsewhere = register.given(lpa=None)
    local = headers("neighbourhood_officer", neighbourhoods=["N1"])
    shown = register.read(made, sent=local)
    assert (shown["risk"], shown["local_summary"]) == ("high", "Tell OM1 if seen near a school.")
    masked = {"disposal", "relevant_date", "notification_ends_on", "because", "travel"}
    assert masked <= set(shown["masked"])
    assert all(shown[each] is None for each in shown["masked"])
    assert register.get(elsewhere, sent=local).status_code == 404
    assert [each["id"] for each in register.list(sent=local)] == [made["id"]]
    whole = headers("response_officer")
    assert len(register.list(sent=whole)) == 2
    for query in ({"visit_overdue": "true"}, {"disposal": "caution"}):
        asked = client.get("/v1/registrations", headers=whole, query_string=query)
        assert asked.status_code == 403
    assert client.get("/v1/registrations/counts", headers=whole).status_code == 403
    for path in ("history",):
        refused = client.get(f"/v1/registrations/{made['id']}/{path}", headers=whole)
        assert refused.status_code == 403
    assert register.patch(made, is_withheld_locally=True).status_code == 200
    assert register.get(made, sent=local).status_code == 404
    supervisor = headers("supervisor", lpas=[area["lpa"]])
    assert register.read(made, sent=supervisor)["disposal"] == "caution"
    assert register.get(elsewhere, sent=supervisor).status_code == 404
    for role in ("iom_officer", "custody_client", "partner_agency", "auditor"):
        status = client.get("/v1/registrations", headers=headers(role)).status_code
        assert (role, status) == (role, 200 if role == "iom_officer" else 403)
    assert register.get(made, sent=headers("offender_manager", force="31")).status_code == 404


def test_a_polygraph_is_read_by_few_and_the_masking_is_told(register, headers):
    made = register.given()
    register.done(
        made, "polygraphs", result="significant_response", disclosure="Contact.", action="recall"
    )
    (own,) = register.history(made, kind="polygraph")
    assert own["details"]["disclosure"] == "Contact."
    (other,) = register.history(made, kind="polygraph", sent=headers("supervisor"))
    assert (other["details"], other["masked"]) == (None, ["details"])


def test_a_protected_address_is_not_told_by_the_area(register, client, headers):
    given_neighbourhood(client, "N1")
    person, other = register.person(), register.person(family_name="Other")
    given_entry(client, headers, person, "addresses", lines=["1 Road"], neighbourhood="N1")
    made = register.given(person_id=person["id"])
    assert register.read(made)["neighbourhood"] == "N1"
    given_entry(client, headers, other, "associations", type="victim_of", person_id=person["id"])
    shown = register.read(made)
    assert (shown["neighbourhood"], shown["masked"]) == (None, ["lpa", "neighbourhood"])


def test_the_present_is_the_clock_s(register):
    made = register.given(disposal="caution", relevant_date=ago(10))
    ends_on = date.fromisoformat(made["notification_ends_on"])
    with as_if_at(noon(ends_on)):
        assert register.read(made)["state"] == "registered"
    with as_if_at(noon(ends_on + timedelta(days=1))):
        assert register.read(made)["state"] == "expired"
        assert [each["id"] for each in register.list(state="expired")] == [made["id"]]
