"""Hits as tests take them as given, through the API."""

from __future__ import annotations

from itertools import count

import orjson

_serials = count(1)


def hit_body(**fields):
    """Give the body of a hit with a laboratory reference of its own."""
    return {
        "type": "dna",
        "laboratory_reference": f"LAB/{next(_serials):06}",
        "crime_reference": f"33/{next(_serials)}/26",
        "offence_code": "TH68036",
        "identified_at": "2026-03-01T09:00:00Z",
        "received_at": "2026-03-02T09:00:00Z",
        **fields,
    }


class Register:
    """The API of hits, as one caller of one force uses it."""

    def __init__(self, client, headers, force="33", role="investigator", **more):
        self.client, self.sent = client, headers(role, force=force, **more)

    def post(self, **fields):
        body = {k: v for k, v in hit_body(**fields).items() if v is not None}
        return self.client.post("/v1/forensic-hits", json=body, headers=self.sent)

    def enter(self, **fields):
        answer = self.post(**fields)
        assert answer.status_code == 201, answer.json
        return answer.json

    def send(self, *bodies):
        content = b"\n".join(b if isinstance(b, bytes) else orjson.dumps(b) for b in bodies)
        sent = self.sent | {"Content-Type": "application/x-ndjson"}
        return self.client.post("/v1/forensic-hits", data=content, headers=sent)

    def do(self, hit, what, **body):
        sent = self.sent | {"If-Match": body.pop("if_match", "*")}
        path = f"/v1/forensic-hits/{hit['id']}/{what}"
        return self.client.post(path, json=body, headers=sent)

    def done(self, hit, what, **body):
        answer = self.do(hit, what, **body)
        assert answer.status_code == 201, answer.json
        return answer.json

    def read(self, hit):
        return self.get(f"/v1/forensic-hits/{hit['id']}")

    def get(self, path):
        answer = self.client.get(path, headers=self.sent)
        assert answer.status_code == 200, answer.json
        return answer.json

    def want_of(self, hit):
        return self.get(f"/v1/wanted/{self.read(hit)['want_id']}")

    def end_want(self, want_id, outcome, **fields):
        answer = self.client.post(
            f"/v1/wanted/{want_id}/outcomes",
            json={"outcome": outcome, **fields},
            headers=self.sent | {"If-Match": "*"},
        )
        assert answer.status_code == 201, answer.json
