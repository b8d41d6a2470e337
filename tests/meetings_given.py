"""What tests of meetings share: meetings made through the API, and their packs."""

from __future__ import annotations

from datetime import timedelta

from builders import given_person

from offenders import clock


def ago(hours=0, minutes=0):
    """Give a moment so long before now."""
    return (clock.now() - timedelta(hours=hours, minutes=minutes)).isoformat()


def ahead(hours):
    """Give a moment so many hours after now."""
    return (clock.now() + timedelta(hours=hours)).isoformat()


class Meetings:
    """Holds meetings as a duty inspector and reads their packs as anyone."""

    def __init__(self, client, headers, force="33"):
        self.client, self.force, self.headers = client, force, headers
        self.sent = self.by("duty_inspector")

    def by(self, *roles, **more):
        return self.headers(*roles, force=self.force, hours=24 * 365, **more)

    def person(self, **fields):
        return given_person(self.client, self.headers, force=self.force, **fields)

    def post(self, sent=None, **fields):
        return self.client.post("/v1/meetings", json=fields, headers=sent or self.sent)

    def held(self, **fields):
        """Hold a meeting: draw its pack, and say who was there."""
        return self.drawn(**{"attendance": [{"officer": "INSP1"}]} | fields)

    def drawn(self, **fields):
        """Draw a pack, of which nothing else is recorded."""
        answer = self.post(**fields)
        assert answer.status_code == 201, answer.json
        return answer.json

    def get(self, path, status=200, sent=None):
        answer = self.client.get(path, headers=sent or self.sent)
        assert answer.status_code == status, answer.json
        return answer

    def read(self, meeting, **more):
        return self.get(f"/v1/meetings/{meeting['id']}", **more).json

    def pack(self, meeting, *roles, query="", **claims):
        sent = self.by(*roles, **claims) if roles else None
        return self.get(f"/v1/meetings/{meeting['id']}/pack{query}", sent=sent)

    def section(self, meeting, name, *roles, **claims):
        sections = self.pack(meeting, *roles, **claims).json["sections"]
        return next(each for each in sections if each["section"] == name)

    def ids(self, meeting, name):
        return [each["id"] for each in self.section(meeting, name)["items"]]

    def decide(self, meeting, sent=None, **fields):
        body = {
            "action": "Knock at 5 Mill Lane before dawn",
            "owner_officer": "PC1",
            "due_at": ahead(12),
        } | fields
        body = {name: value for name, value in body.items() if value is not None}
        path = f"/v1/meetings/{meeting['id']}/decisions"
        return self.client.post(path, json=body, headers=sent or self.sent)

    def decided(self, meeting, **fields):
        answer = self.decide(meeting, **fields)
        assert answer.status_code == 201, answer.json
        return answer.json

    def want(self, sent=None, **fields):
        if "person_id" not in fields:
            fields["person_id"] = self.person()["id"]
        body = {"reason": "named_suspect"} | fields
        answer = self.client.post("/v1/wanted", json=body, headers=sent or self.by("investigator"))
        assert answer.status_code == 201, answer.json
        return answer.json

    def detention(self, **fields):
        if "person_id" not in fields:
            fields["person_id"] = self.person()["id"]
        body = {"custody_number": f"CU/{fields['person_id'][-12:]}"} | fields
        sent = self.by("custody_client")
        answer = self.client.post("/v1/detentions", json=body, headers=sent)
        assert answer.status_code == 201, answer.json
        return answer.json

    def act(self, path, *roles, if_match="*", **body):
        sent = self.by(*(roles or ("supervisor",))) | {"If-Match": if_match}
        answer = self.client.post(f"/v1/{path}", json=body, headers=sent)
        assert answer.status_code == 201, answer.json
        return answer.json


def set_figure(meetings, **figures):
    """Set figures of the policy of packs."""
    answer = meetings.client.put(
        f"/v1/forces/{meetings.force}/policies/meeting-packs",
        json={"figure": figures, "from": "2026-01-01", "source": "Chief Constable"},
        headers=meetings.by("force_admin"),
    )
    assert answer.status_code in {200, 201}, answer.json
