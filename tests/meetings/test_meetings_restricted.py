"""Who is restricted is in no pack and no number of one, but for those who may still read them."""

from __future__ import annotations

from meetings_given import ahead
from orders_given import Orders, day


def restrict(meetings, person, **fields):
    body = {"reason": "A witness under protection since today", "until": ahead(24)} | fields
    path = f"/v1/people/{person['id']}/restrictions"
    sent = meetings.by("chief_officer", name="Restrictor")
    answer = meetings.client.post(path, json=body, headers=sent)
    assert answer.status_code == 201, answer.json


def test_a_person_restricted_since_is_nowhere_in_the_packs_before(meetings):
    want, other = meetings.want(risk="high"), meetings.want(risk="high")
    meeting = meetings.held()
    before = {role: meetings.pack(meeting, role).data for role in ("supervisor", "iom_manager")}
    restrict(meetings, want["person"], roles=["iom_manager"])
    assert meetings.pack(meeting, "iom_manager").data == before["iom_manager"]
    pack = meetings.pack(meeting, "supervisor")
    assert want["reference"].encode() not in pack.data
    assert want["person"]["id"].encode() not in pack.data
    assert other["reference"].encode() in pack.data
    high = meetings.section(meeting, "wants_high_risk", "supervisor")
    assert (high["count"], high["shown"], high["more"]) == (1, 1, 0)
    assert [each["id"] for each in high["items"]] == [other["id"]]
    for form in ("csv", "xlsx", "pdf"):
        made = meetings.pack(meeting, "supervisor", query=f"?format={form}&purpose=x").data
        assert want["reference"].encode() not in made


def listed(meetings, numbered, sent):
    found = meetings.get(f"{numbered['href']}&limit=200&count=true", sent=sent).json
    assert found["total"] == len(found["items"])
    return found["total"]


def test_a_pack_convened_by_who_is_shut_out_is_whole_for_who_is_not(meetings, client, headers):
    """Each number agrees with its list, for the one and for the other."""
    person = meetings.person(family_name="Canary")
    want, other = meetings.want(person_id=person["id"], risk="high"), meetings.want(risk="high")
    subject = {"type": "want", "id": want["id"]}
    body = {"action": "Knock at the Canary door before dawn", "owner_team": "T1",
            "due_at": ahead(12), "subject": subject}  # fmt: skip
    task = client.post("/v1/tasks", json=body, headers=meetings.by("supervisor")).json
    meetings.held()
    Orders(client, headers, meetings.force).given(person_id=person["id"], made_on=day(-200))
    restrict(meetings, person, roles=["iom_manager"])
    meeting = meetings.held()  # by an inspector, who is shut out
    cleared, shut = meetings.by("iom_manager"), meetings.sent
    path = f"/v1/meetings/{meeting['id']}/pack"
    whole = {each["section"]: each for each in meetings.get(path, sent=cleared).json["sections"]}
    less = {each["section"]: each for each in meetings.get(path, sent=shut).json["sections"]}
    assert {each["id"] for each in whole["wants_high_risk"]["items"]} == {want["id"], other["id"]}
    assert [each["id"] for each in less["wants_high_risk"]["items"]] == [other["id"]]
    assert task["id"] in {each["id"] for each in whole["carried_actions"]["items"]}
    for query in ("", "?format=csv&purpose=x", "?section=carried_actions"):
        told = meetings.get(path + query, sent=shut).data.decode().casefold()
        for word in ("canary", want["reference"], person["id"], task["reference"]):
            assert word.casefold() not in told
    followed = 0
    for sections, sent in ((whole, cleared), (less, shut)):
        for section in sections.values():
            if section["count"] in {None, "no_data"}:
                continue
            assert section["count"] == section["shown"] + section["more"]
            for each in [section, *section["groups"]]:
                if not each["href"].startswith("/v1/meetings/"):
                    assert listed(meetings, each, sent) == each["count"], (section, each)
                    followed += 1
    assert followed > 8
    again = client.get(f"/v1/tasks/{task['id']}", headers=cleared).json
    assert again["carried_over"] == 1
