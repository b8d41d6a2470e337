"""What tests of bail share: releases made through the API, and acts on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from builders import given_person

NOW = datetime.now(UTC)


def ago(days, hours=0):
    """Give a moment so many days before the tests began."""
    return (NOW - timedelta(days=days, hours=hours)).isoformat()


class Bail:
    """Records releases as an investigator and acts on them with the ETag as read."""

    def __init__(self, client, headers, force):
        self.client, self.force = client, force
        self._headers = headers
        self.sent = headers("supervisor", force=force, hours=24 * 365)

    def person(self, **fields):
        return given_person(self.client, self._headers, force=self.force, **fields)

    def post(self, **fields):
        """Record a release; give the whole answer."""
        if "person_id" not in fields:
            fields["person_id"] = self.person()["id"]
        body = {"arrested_at": ago(10), "bailed_at": ago(9), "crime_reference": "C1"} | fields
        return self.client.post("/v1/bail-records", json=body, headers=self.sent)

    def given(self, **fields):
        answer = self.post(**fields)
        assert answer.status_code == 201, answer.json
        return answer.json

    def read(self, record, **query):
        answer = self.client.get(
            f"/v1/bail-records/{record['id']}", headers=self.sent, query_string=query
        )
        assert answer.status_code == 200, answer.json
        return answer.json

    def act(self, record, kind, *, if_match=None, **body):
        """Do something to a record; give the whole answer."""
        match = if_match or f'"{self.read(record)["version"]}"'
        return self.client.post(
            f"/v1/bail-records/{record['id']}/{kind}",
            json=body,
            headers=self.sent | {"If-Match": match},
        )

    def done(self, record, kind, **body):
        answer = self.act(record, kind, **body)
        assert answer.status_code == 201, answer.json
        return answer.json

    def list(self, **query):
        answer = self.client.get("/v1/bail-records", headers=self.sent, query_string=query)
        assert answer.status_code == 200, answer.json
        return answer.json["items"]

    def want(self, record):
        answer = self.client.get(f"/v1/wanted/{record['want_id']}", headers=self.sent)
        assert answer.status_code == 200, answer.json
        return answer.json

    def headline(self, **query):
        answer = self.client.get("/v1/wanted/counts", headers=self.sent, query_string=query)
        return answer.json["headline"]["failed_to_answer_bail"]

    def flags(self, **query):
        asked = {"rule": "bail-due", **query}
        return self.client.get("/v1/flags", headers=self.sent, query_string=asked).json["items"]
