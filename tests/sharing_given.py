"""Restrictions, agreements, shares and emergency access, made through the API."""

from __future__ import annotations

from datetime import timedelta

from offenders import clock

REASON = "A sentence that says why this is needed."


class Sharing:
    """One force's calls."""

    def __init__(self, client, headers, force="33"):
        self.client, self.make, self.force = client, headers, force

    def headers(self, role, *, subject=None, **claims):
        name = subject or role
        return self.make(role, force=self.force, name=name, **claims)

    def get(self, path, role="investigator", **claims):
        return self.client.get(f"/v1/{path}", headers=self.headers(role, **claims))

    def post(self, path, body, role="supervisor", *, match=None, **claims):
        sent = self.headers(role, **claims)
        if match is not None:
            sent["If-Match"] = f'"{match}"'
        return self.client.post(f"/v1/{path}", json=body, headers=sent)

    def restrict(self, person, role="supervisor", *, hours=24, **body):
        sent = {"reason": REASON, "until": later(hours), **body}
        answer = self.post(f"people/{person['id']}/restrictions", sent, role)
        assert answer.status_code == 201, answer.json
        return answer.json

    def agree(self, *groups, agency="probation", name="probation-basic", **body):
        sent = {
            "agency": agency,
            "name": name,
            "fields": list(groups),
            "purpose": "Supervision in the community.",
            "from": "2020-01-01",
            **body,
        }
        answer = self.post("agreements", sent, "force_manager")
        assert answer.status_code == 201, answer.json
        return answer.json

    def share(self, person, *, agency="probation", name="probation-basic", hours=24, **body):
        sent = {"agency": agency, "fields": name, "reason": REASON, "until": later(hours), **body}
        answer = self.post(f"people/{person['id']}/shares", sent)
        assert answer.status_code == 201, answer.json
        return answer.json

    def take(self, role="response_officer", *, expected=201, **body):
        claims = {key: body.pop(key) for key in ("lpas", "neighbourhoods") if key in body}
        answer = self.post("emergency-access", {"reason": REASON, **body}, role, **claims)
        assert answer.status_code == expected, answer.json
        return answer.json


def later(hours):
    return (clock.now() + timedelta(hours=hours)).isoformat()
