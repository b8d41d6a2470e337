"""Members of IOM as tests take them as given, through the API."""

from __future__ import annotations

from builders import given_person

PANEL = [{"agency": "police"}, {"agency": "probation"}, {"agency": "housing"}]
MEETING = {"chair": "Insp 7", "chair_agency": "police", "attendance": PANEL}


class Iom:
    """The API of IOM, as one caller of one force uses it."""

    def __init__(self, client, headers, force="33", role="iom_manager", **more):
        self.client, self.force = client, force
        self._headers = headers
        self.sent = headers(role, force=force, hours=24 * 365, **more)

    def get(self, path, **query):
        return self.client.get(f"/v1/{path}", query_string=query, headers=self.sent)

    def post(self, path, if_match=None, **body):
        sent = self.sent | ({"If-Match": if_match} if if_match else {})
        return self.client.post(f"/v1/{path}", json=body, headers=sent)

    def person(self, **fields):
        return given_person(self.client, self._headers, force=self.force, **fields)

    def try_nominating(self, person=None, **fields):
        body = {"theme": "acquisitive", "reason": "Burgles again and again."} | fields
        person = person or self.person()
        return self.post("iom/nominations", person_id=person["id"], **body)

    def nominate(self, person=None, **fields):
        answer = self.try_nominating(person, **fields)
        assert answer.status_code == 201, answer.json
        return answer.json

    def try_deciding(self, nomination, if_match="*", **fields):
        body = {"outcome": "accepted", "rationale": "Prolific.", "panel": PANEL} | fields
        return self.post(f"iom/nominations/{nomination['id']}/decisions", if_match, **body)

    def decide(self, nomination, **fields):
        answer = self.try_deciding(nomination, **fields)
        assert answer.status_code == 201, answer.json
        return answer.json

    def member(self, person=None, nomination=None, **fields):
        nomination = self.nominate(person, **(nomination or {}))
        decided = self.decide(nomination, **fields)
        return self.read(decided["member_id"])

    def read(self, member_id, **query):
        answer = self.get(f"iom/members/{member_id}", **query)
        assert answer.status_code == 200, answer.json
        return answer.json

    def act(self, member, what, if_match="*", **body):
        return self.post(f"iom/members/{member['id']}/{what}", if_match, **body)

    def done(self, member, what, **body):
        answer = self.act(member, what, **body)
        assert answer.status_code == 201, answer.json
        return answer.json

    def amend(self, member, if_match="*", **body):
        path = f"/v1/iom/members/{member['id']}"
        return self.client.patch(path, json=body, headers=self.sent | {"If-Match": if_match})

    def flags(self, member, rule=None):
        answer = self.client.get(
            "/v1/flags?limit=200", headers=self._headers("supervisor", force=self.force)
        )
        return [
            each
            for each in answer.json["items"]
            if each["subject"]["id"] == member["id"] and rule in {None, each["rule"]}
        ]
