"""What tests of MAPPA share: cases made through the API, and acts on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from builders import given_person

NOW = datetime.now(UTC)


def ago(days, hours=0):
    """Give a moment so many days before the tests began."""
    return (NOW - timedelta(days=days, hours=hours)).isoformat()


def day(days):
    """Give the day so many days ago, at noon in UTC."""
    return (NOW - timedelta(days=days)).date().isoformat()


class Mappa:
    """Enters cases as a co-ordinator and acts on them with the ETag as read."""

    def __init__(self, client, headers, force):
        self.client, self.force, self._headers = client, force, headers
        self.sent = self.by("mappa_coordinator", name="Co-ordinator")

    def by(self, role, **more):
        return self._headers(role, force=self.force, hours=24 * 365, **more)

    def person(self, **fields):
        return given_person(self.client, self._headers, force=self.force, **fields)

    def post(self, **fields):
        """Enter a case; give the whole answer."""
        if "person_id" not in fields:
            fields["person_id"] = self.person()["id"]
        body = {"category": 1, "level": 1, "manager": "OM1", "risk": "high"} | fields
        body = {name: value for name, value in body.items() if value is not None}
        return self.client.post("/v1/mappa/cases", json=body, headers=self.sent)

    def given(self, **fields):
        answer = self.post(**fields)
        assert answer.status_code == 201, answer.json
        return answer.json

    def get(self, path, *, role=None, status=200, **query):
        sent = self.sent if role is None else self.by(role)
        answer = self.client.get(f"/v1{path}", headers=sent, query_string=query)
        assert answer.status_code == status, answer.json
        return answer.json

    def read(self, case, **more):
        return self.get(f"/mappa/cases/{case['id']}", **more)

    def act(self, case, kind, *, role=None, if_match=None, method="POST", **body):
        """Do something to a case; give the whole answer."""
        match = if_match or f'"{self.read(case)["version"]}"'
        path = f"/v1/mappa/cases/{case['id']}" + (f"/{kind}" if kind else "")
        sent = self.sent if role is None else self.by(role)
        return self.client.open(path, method=method, json=body, headers=sent | {"If-Match": match})

    def done(self, case, kind, **body):
        answer = self.act(case, kind, **body)
        assert answer.status_code == 201, answer.json
        return answer.json

    def amended(self, case, **body):
        answer = self.act(case, "", method="PATCH", **body)
        assert answer.status_code == 200, answer.json
        return answer.json

    def list(self, **query):
        return self.get("/mappa/cases", **query)["items"]

    def flags(self, rule="mappa-meetings", **query):
        return self.get("/flags", role="supervisor", rule=rule, **query)["items"]


def errors_of(answer, status=422):
    """Give the fields that an answer refuses, each with what it says."""
    assert answer.status_code == status, answer.json
    return {each["pointer"]: each["detail"] for each in answer.json["errors"]}
