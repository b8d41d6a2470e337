"""What tests of briefings share: a force with two areas, its officers, and items for them."""

from __future__ import annotations

from datetime import timedelta

from builders import given_neighbourhood

from offenders import clock

TEAMS = {"N-NPT": "N", "S-NPT": "S"}
# By the subject of their tokens, as officers sign in with their collar numbers.
OFFICERS = {"dev-1001": "N-NPT", "dev-1002": "N-NPT", "dev-2001": "S-NPT", "dev-9001": None}


def moment(hours):
    """Give the moment so many hours from now."""
    return (clock.now() + timedelta(hours=hours)).isoformat()


class Briefings:
    """Publishes as an inspector and reads as officers do."""

    def __init__(self, client, headers, force="33"):
        self.client, self.force, self._headers = client, force, headers
        self.sent = self.by("duty_inspector", name="Insp")
        given_neighbourhood(client, "N1", lpa="N", force=force)
        given_neighbourhood(client, "S1", lpa="S", south_west=(52.1, -1.1), force=force)

    def by(self, *roles, **more):
        return self._headers(*roles, force=self.force, hours=24 * 365, **more)

    def officer(self, number="1001", role="response_officer", **more):
        return self.by(role, name=number, **more)

    def with_directory(self):
        """Name the teams and officers of the force."""
        sent = self.by("force_admin")
        for team, lpa in TEAMS.items():
            body = {"name": team, "lpa": lpa}
            assert self.client.put(f"/v1/teams/{team}", json=body, headers=sent).status_code == 201
        for officer, team in OFFICERS.items():
            address, body = f"/v1/officers/{officer}", {"team": team}
            assert self.client.put(address, json=body, headers=sent).status_code == 201
        return self

    def post(self, *, sent=None, **fields):
        """Publish an item; give the whole answer."""
        body = {"title": "Look out", "text": "What to know.", "valid_until": moment(24)} | fields
        return self.client.post("/v1/briefings", json=body, headers=sent or self.sent)

    def given(self, **fields):
        answer = self.post(**fields)
        assert answer.status_code == 201, answer.json
        return answer.json

    def ask(self, path="", *, sent=None, status=200, **query):
        answer = self.client.get(
            f"/v1/briefings{path}", headers=sent or self.sent, query_string=query or None
        )
        assert answer.status_code == status, answer.json
        return answer.json

    def titles(self, **asked):
        return [each["title"] for each in self.ask(**asked)["items"]]

    def act(self, item, kind, *, sent=None, version=None, method="POST", **body):
        sent = (sent or self.sent) | {"If-Match": f'"{version or item["version"]}"'}
        path = f"/v1/briefings/{item['id']}" + (f"/{kind}" if kind else "")
        return self.client.open(path, method=method, json=body, headers=sent)

    def receipt(self, item, kind="read", *, sent=None, **body):
        return self.client.post(
            f"/v1/briefings/{item['id']}/receipts",
            json={"kind": kind, **body},
            headers=sent or self.officer(),
        )


def errors_of(answer, status=422):
    """Give the fields that an answer refuses."""
    assert answer.status_code == status, answer.json
    return [each["pointer"] for each in answer.json["errors"]]
