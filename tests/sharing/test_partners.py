"""Partner agencies: exactly the people shared with them now, in the fields agreed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import given_entry, given_person, given_want
from iom_given import Iom
from sharing_given import REASON, later
from sqlalchemy import text

from offenders import clock
from offenders.domain.sharing.rules import GROUPS, IDENTITY, keys_of

PROBATION = {"agency": "probation"}


@pytest.fixture
def iom(client, headers):
    return Iom(client, headers)


@pytest.fixture
def person(client, headers, iom):
    """A wanted member of IOM with all that a page may show."""
    made = given_person(
        client,
        headers,
        family_name="Sharedto",
        phones=["07700 900123"],
        addresses=[{"lines": ["1 High Street"], "postcode": "LE1 1AA", "type": "home"}],
        vehicles=[{"registration_mark": "AB51 ABC"}],
    )
    given_entry(client, headers, made, "markers", code="VI", rationale="Hit an officer.")
    given_entry(client, headers, made, "notes", text="The force's own note.")
    given_want(client, headers, person=made)
    member = iom.member(made)
    action = {
        "text": "See the council.",
        "agency": "council",
        "owner": "C1",
        "due_on": "2030-01-01",
    }
    iom.done(member, "actions", **action)
    return made | {"member": member["id"]}


def ask(sharing, path, role="partner_agency", **claims):
    return sharing.get(path, role, **(PROBATION | claims))


def test_an_agency_sees_who_is_shared_with_it_while_it_is(sharing, person, client, headers):
    unshared = given_person(client, headers, family_name="Unshared")
    sharing.agree("contact")
    paths = [f"people/{person[key]}" for key in ("id", "reference")]
    assert {ask(sharing, path).status_code for path in paths} == {404}
    share = sharing.share(person, hours=2)
    assert {ask(sharing, path).status_code for path in paths} == {200}
    listed = ask(sharing, "people?count=true").json
    assert [each["id"] for each in listed["items"]] == [person["id"]]
    assert listed["total"] == 1
    assert ask(sharing, f"people/{unshared['id']}").status_code == 404
    assert ask(sharing, paths[0], agency="housing").status_code == 404
    assert ask(sharing, paths[0], agency=None).status_code == 404
    assert ask(sharing, "people", agency="housing").json["items"] == []
    with clock.as_if_at(clock.now() + timedelta(hours=2, seconds=1)):
        assert ask(sharing, paths[0]).status_code == 404, "its time is over"
    path = f"people/{person['id']}/shares"
    states = [each["state"] for each in sharing.get(path, "supervisor").json["items"]]
    assert states == ["standing"]
    ended = sharing.post(f"{path}/{share['id']}/ends", {"reason": "Moved away."}, match=1)
    assert (ended.status_code, ended.json["state"]) == (201, "ended")
    assert ask(sharing, paths[0]).status_code == 404
    assert ask(sharing, "people").json["items"] == []


@pytest.mark.parametrize("group", sorted(GROUPS))
def test_a_group_opens_its_fields_and_the_rest_is_named_as_masked(sharing, person, group):
    sharing.agree(group)
    sharing.share(person)
    whole = sharing.get(f"people/{person['id']}").json
    answer = ask(sharing, f"people/{person['id']}")
    page = answer.json
    assert set(page) == set(whole), "no key is taken away"
    opened = keys_of(frozenset({group}))
    assert set(page["masked"]) == set(page) - opened
    assert all(page[name] is None for name in page["masked"])
    for name in (opened & set(whole)) - {"masked", "wanted", "orders", "iom_members"}:
        assert page[name] == whole[name], name
    assert IDENTITY & set(whole) == {name for name in IDENTITY if name in page}
    for item in page.get("wanted") or ():
        assert item["owner_officer"] is item["owner_team"] is None
        assert item["reason"] == "named_suspect"


def test_an_agreement_is_a_dated_row_and_the_last_one_holds(sharing, person):
    sharing.agree("contact", "markers")
    sharing.agree("markers", **{"from": clock.today().isoformat()})
    sharing.share(person)
    assert ask(sharing, f"people/{person['id']}").json["phones"] is None
    assert len(sharing.get("agreements?agency=probation", "supervisor").json["items"]) == 2
    held = sharing.get("agreements?in_force=true&count=true", "supervisor").json
    assert [each["fields"] for each in held["items"]] == [["markers"]]
    assert held["total"] == 1
    sharing.agree(
        "markers", **{"from": clock.today().isoformat(), "until": clock.today().isoformat()}
    )
    with clock.as_if_at(clock.now() + timedelta(days=1)):
        answer = sharing.get(f"people/{person['id']}", "partner_agency", hours=48, **PROBATION)
        assert answer.status_code == 404, "with its agreement a share ends, too"


def test_nobody_shares_without_an_agreement_a_reason_and_an_end(sharing, person):
    sharing.agree("contact")
    path = f"people/{person['id']}/shares"
    good = {"agency": "probation", "fields": "probation-basic", "reason": REASON, "until": later(1)}
    wrong = {
        "/fields": {"fields": "another"},
        "/agency": {"agency": "nobody"},
        "/reason": {"reason": "asked"},
        "/until": {"until": "2040-01-01T00:00:00Z"},
    }
    for field, body in wrong.items():
        answer = sharing.post(path, good | body)
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, field)
    bad = {"agency": "probation", "name": "x", "purpose": "y", "from": "2026-01-01"}
    answer = sharing.post("agreements", bad | {"fields": ["intelligence"]}, "force_manager")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/fields/0")
    assert sharing.post(path, good, "investigator").status_code == 403


def test_an_agency_looks_for_nobody(sharing, person):
    sharing.agree(*GROUPS)
    sharing.share(person)
    for asked in ("name=sharedto", "postcode=LE1 1AA", "marker=VI", "as_at=2026-01-01T00:00:00Z"):
        assert ask(sharing, f"people?{asked}").status_code == 403, asked
    for asked in ("rating=red", "lead_officer=1", "review_overdue=true"):
        assert ask(sharing, f"iom/members?{asked}").status_code == 403, asked
    for path in ("addresses", "associations", "markers", "shares", "restrictions"):
        assert ask(sharing, f"people/{person['id']}/{path}").status_code == 403
    for path in ("wanted", "mappa/cases", "registrations", "orders", "flags", "bail-records"):
        assert ask(sharing, path).status_code == 403


def test_its_own_notes_and_actions_are_all_it_sees_of_those(sharing, person, session):
    member = f"iom/members/{person['member']}"
    sharing.agree("contact")
    sharing.share(person)
    assert ask(sharing, member).status_code == 404, "this agreement doesn't open IOM"
    notes = f"people/{person['id']}/notes"
    assert ask(sharing, notes).status_code == 404
    sharing.agree("iom", "notes", name="probation-iom")
    sharing.share(person, name="probation-iom")
    assert ask(sharing, notes).json["items"] == []
    said = sharing.post(notes, {"text": "Kept his appointment."}, "partner_agency", **PROBATION)
    assert (said.status_code, said.json["agency"]) == (201, "probation"), said.json
    (own,) = ask(sharing, notes).json["items"]
    assert own["text"] == "Kept his appointment."
    assert len(sharing.get(notes).json["items"]) == 2, "the force reads both"
    covert = {"text": "x", "handling": "covert"}
    assert sharing.post(notes, covert, "partner_agency", **PROBATION).status_code == 422

    assert ask(sharing, member).json["actions"] == []
    action = {"text": "Weekly meeting.", "owner": "P1", "due_on": "2030-01-01"}
    theirs = action | {"agency": "council"}
    refused = sharing.post(f"{member}/actions", theirs, "partner_agency", **PROBATION)
    assert refused.status_code == 422
    body = action | {"agency": "probation"}
    made = sharing.post(f"{member}/actions", body, "partner_agency", **PROBATION)
    assert made.status_code == 201, made.json
    (mine,) = made.json["actions"]
    assert mine["agency"] == "probation"
    assert {"log", "risk_rationale", "facts"} <= set(made.json["masked"])
    assert made.json["person"]["family_name"] == "Sharedto"
    (listed,) = ask(sharing, "iom/members?count=true").json["items"]
    assert listed["id"] == person["member"]
    whole = sharing.get(member, "iom_manager").json
    (council,) = [each for each in whole["actions"] if each["agency"] == "council"]
    done = {"state": "done", "outcome": "Kept."}
    ends = [f"{member}/actions/{each['id']}/ends" for each in (council, mine)]
    codes = [sharing.post(e, done, "partner_agency", **PROBATION).status_code for e in ends]
    assert codes == [404, 201]
    told = session.execute(
        text("""SELECT DISTINCT action, details ->> 'agency' FROM audit_events
                WHERE force = '33' AND role = 'partner_agency' AND audit_class = 'disclosure'""")
    ).all()
    assert {tuple(each) for each in told} == {
        (action, "probation")
        for action in ("persons.list-notes", "iom.read-member", "iom.list-members")
    }


def test_it_sees_the_meetings_it_attended_without_what_was_said(sharing, iom):
    panel = [{"agency": each} for each in ("police", "probation", "housing")]
    body = {"held_at": clock.now().isoformat(), "chair": "Insp 7", "chair_agency": "police"}
    body |= {"attendance": panel, "notes": "CANARY"}
    made = iom.post("iom/meetings", **body)
    assert made.status_code == 201, made.json
    path = f"iom/meetings/{made.json['id']}"
    assert ask(sharing, path).json["attendance"] == made.json["attendance"]
    (listed,) = ask(sharing, "iom/meetings").json["items"]
    assert (listed["id"], listed["notes"]) == (made.json["id"], None)
    assert {"notes", "decisions"} <= set(listed["masked"])
    assert ask(sharing, path, agency="health").status_code == 404
    assert ask(sharing, "iom/meetings", agency="health").json["items"] == []


def test_an_agency_tells_who_came_for_it_and_for_no_other(sharing, iom):
    panel = [{"agency": each} for each in ("police", "probation")]
    body = {"held_at": clock.now().isoformat(), "chair": "Insp 7", "chair_agency": "police"}
    made = iom.post("iom/meetings", **body, attendance=panel, decides=False, notes="CANARY").json
    path = f"iom/meetings/{made['id']}/attendance"

    def told(body, agency="probation", role="partner_agency"):
        return sharing.post(path, body, role, agency=agency)

    came = told({"name": "Officer Brown"})
    assert came.status_code == 201, came.json
    assert "CANARY" not in came.text
    sent = sharing.headers("partner_agency", agency="probation") | {"Idempotency-Key": "came"}
    twice = [sharing.client.post(f"/v1/{path}", json={"name": "Late"}, headers=sent)
             for _ in range(2)]  # fmt: skip
    assert [each.status_code for each in twice] == [201, 201]
    assert twice[0].data == twice[1].data
    assert told({"agency": "police", "name": "X"}).status_code == 422
    assert told({"name": "X"}, agency="housing").status_code == 404, "they can't see it"
    assert told({"agency": "probation", "attended": False}).status_code == 201
    assert told({"agency": "police"}, role="response_officer").status_code == 403
    assert told({"agency": "housing"}, role="iom_manager").status_code == 422
    assert told({"agency": "police", "name": "Insp 7"}, role="iom_manager").status_code == 201
    whole = sharing.get(f"iom/meetings/{made['id']}", "iom_manager").json
    assert [(e["agency"], e["name"], e["attended"]) for e in whole["attendance_told"]] == [
        ("probation", "Officer Brown", True),
        ("probation", "Late", True),
        ("probation", None, False),
        ("police", "Insp 7", True),
    ]
    assert (whole["attendance"], whole["has_quorum"]) == (made["attendance"], False)
    assert (
        whole["attendance_told"]
        == ask(sharing, f"iom/meetings/{made['id']}").json["attendance_told"]
    )


def test_a_restricted_person_is_shared_no_more(sharing, person):
    sharing.agree("contact")
    sharing.share(person)
    sharing.restrict(person)
    assert ask(sharing, f"people/{person['id']}").status_code == 404
    assert ask(sharing, "people").json["items"] == []


def test_what_was_answered_is_not_repeated_once_the_share_has_ended(sharing, person, client):
    sharing.agree("iom")
    share = sharing.share(person)
    sent = sharing.headers("partner_agency", **PROBATION) | {"Idempotency-Key": "once"}
    body = {"text": "Weekly meeting.", "owner": "P1", "due_on": "2030-01-01"}
    path = f"/v1/iom/members/{person['member']}/actions"
    first = client.post(path, json=body, headers=sent)
    assert first.status_code == 201, first.json
    assert client.post(path, json=body, headers=sent).data == first.data
    ends = f"people/{person['id']}/shares/{share['id']}/ends"
    assert sharing.post(ends, {"reason": "Over."}, match=share["version"]).status_code == 201
    again = client.post(path, json=body, headers=sent)
    assert again.status_code == 404 and "Sharedto" not in again.text
