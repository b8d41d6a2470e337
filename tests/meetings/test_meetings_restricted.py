"""Who is restricted later is masked in packs drawn before, to all but those who may still read."""

from __future__ import annotations

from meetings_given import ahead


def restrict(meetings, person, **fields):
    body = {"reason": "A witness under protection since today", "until": ahead(24)} | fields
    path = f"/v1/people/{person['id']}/restrictions"
    sent = meetings.by("chief_officer", name="Restrictor")
    answer = meetings.client.post(path, json=body, headers=sent)
    assert answer.status_code == 201, answer.json


def test_a_person_restricted_since_is_masked_in_the_packs_before(meetings):
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
    assert (high["count"], high["shown"], len(high["items"])) == (2, 2, 2)
    hidden = next(each for each in high["items"] if each["id"] is None)
    shown = next(each for each in high["items"] if each["id"] is not None)
    assert hidden == dict.fromkeys(shown) | {"masked": [name for name in shown if name != "masked"]}
    for form in ("csv", "xlsx", "pdf"):
        made = meetings.pack(meeting, "supervisor", query=f"?format={form}&purpose=x").data
        assert want["reference"].encode() not in made
    assert meetings.ids(meetings.held(), "wants_high_risk") == [other["id"]]
