"""What tests of registrations share: people registered through the API, and acts on them."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from builders import given_person

from offenders.domain.working_days import LONDON, london_day


def now():
    """Give the present moment, whatever is put in the clock's place."""
    return datetime.now(UTC)


def today():
    """Give the present day likewise."""
    return london_day(now())


def noon(day):
    """Give a moment of a day that is the same day in London and in UTC, all year."""
    return datetime.combine(day, time(12), LONDON)


def ago(days):
    """Give the date so many days ago."""
    return (today() - timedelta(days=days)).isoformat()


def at(days, hours=0):
    """Give a moment so many days ago by London's calendar, whatever its clocks did since."""
    return (now().astimezone(LONDON) - timedelta(days=days, hours=hours)).isoformat()


class Register:
    """Registers people as an offender manager and acts on them with the ETag as read."""

    def __init__(self, client, headers, force):
        self.client, self.force = client, force
        self.headers = headers
        self.sent = headers("offender_manager", force=force, hours=24 * 365 * 3)

    def person(self, **fields):
        return given_person(self.client, self.headers, force=self.force, **fields)

    def post(self, **fields):
        """Register somebody; give the whole answer."""
        if "person_id" not in fields:
            fields["person_id"] = self.person()["id"]
        body = {"relevant_date": ago(10), "disposal": "caution", "risk": "medium"} | fields
        return self.client.post("/v1/registrations", json=body, headers=self.sent)

    def given(self, **fields):
        answer = self.post(**fields)
        assert answer.status_code == 201, answer.json
        return answer.json

    def get(self, record, *, sent=None, **query):
        return self.client.get(
            f"/v1/registrations/{record['id']}", headers=sent or self.sent, query_string=query
        )

    def read(self, record, **more):
        answer = self.get(record, **more)
        assert answer.status_code == 200, answer.json
        return answer.json

    def act(self, record, act, /, *, if_match=None, **body):
        """Do something to a registration; give the whole answer."""
        match = if_match or f'"{self.read(record)["version"]}"'
        return self.client.post(
            f"/v1/registrations/{record['id']}/{act}",
            json=body,
            headers=self.sent | {"If-Match": match},
        )

    def done(self, record, act, /, **body):
        answer = self.act(record, act, **body)
        assert answer.status_code == 201, answer.json
        return answer.json

    def patch(self, record, **body):
        sent = self.sent | {"If-Match": f'"{self.read(record)["version"]}"'}
        return self.client.patch(f"/v1/registrations/{record['id']}", json=body, headers=sent)

    def list(self, *, sent=None, **query):
        answer = self.client.get("/v1/registrations", headers=sent or self.sent, query_string=query)
        assert answer.status_code == 200, answer.json
        return answer.json["items"]

    def history(self, record, *, sent=None, **query):
        answer = self.client.get(
            f"/v1/registrations/{record['id']}/history",
            headers=sent or self.sent,
            query_string=query,
        )
        assert answer.status_code == 200, answer.json
        return answer.json["items"]

    def counts(self, **query):
        answer = self.client.get("/v1/registrations/counts", headers=self.sent, query_string=query)
        assert answer.status_code == 200, answer.json
        return answer.json

    def flags(self, rule=None, **query):
        asked = {"subject_type": "registration", **query} | ({"rule": rule} if rule else {})
        return self.client.get("/v1/flags", headers=self.sent, query_string=asked).json["items"]
