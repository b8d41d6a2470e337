"""What tests of orders share: orders recorded through the API, and acts on them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from builders import given_person

from offenders import clock
from offenders.domain.working_days import LONDON, london_day


def today():
    """Give the present day, whatever moment is put in the clock's place."""
    return london_day(datetime.now(UTC))


def day(days):
    """Give the day so many days from today."""
    return (today() + timedelta(days=days)).isoformat()


def moment(days, hour=12):
    """Give an hour of the day so many days from today."""
    then = datetime.combine(today() + timedelta(days=days), datetime.min.time(), LONDON)
    return min(then.replace(hour=hour), clock.now()).isoformat()


class Orders:
    """Records orders as an investigator and acts on them with the ETag as read."""

    def __init__(self, client, headers, force):
        self.client, self.force, self.headers = client, force, headers
        self.sent = self.caller("supervisor", "offender_manager")

    def caller(self, *roles, **more):
        return self.headers(*roles, force=self.force, hours=24 * 365, **more)

    def person(self, **fields):
        return given_person(self.client, self.headers, force=self.force, **fields)

    def post(self, **fields):
        """Record an order; give the whole answer."""
        if "person_id" not in fields:
            fields["person_id"] = self.person()["id"]
        body = {"type": "SHPO", "made_on": day(-10), "court": "Leicester Crown Court"} | fields
        return self.client.post("/v1/orders", json=body, headers=self.sent)

    def given(self, **fields):
        answer = self.post(**fields)
        assert answer.status_code == 201, answer.json
        return answer.json

    def get(self, order, *, sent=None, **query):
        return self.client.get(
            f"/v1/orders/{order['id']}", headers=sent or self.sent, query_string=query
        )

    def read(self, order, **query):
        answer = self.get(order, **query)
        assert answer.status_code == 200, answer.json
        return answer.json

    def act(self, order, kind, *, sent=None, if_match=None, **body):
        """Do something to an order; give the whole answer."""
        match = if_match or f'"{self.read(order)["version"]}"'
        return self.client.post(
            f"/v1/orders/{order['id']}/{kind}",
            json=body,
            headers=(sent or self.sent) | {"If-Match": match},
        )

    def done(self, order, kind, **body):
        answer = self.act(order, kind, **body)
        assert answer.status_code == 201, answer.json
        return answer.json

    def patch(self, order, **body):
        match = f'"{self.read(order)["version"]}"'
        return self.client.patch(
            f"/v1/orders/{order['id']}", json=body, headers=self.sent | {"If-Match": match}
        )

    def list(self, path="/v1/orders", *, sent=None, **query):
        answer = self.client.get(path, headers=sent or self.sent, query_string=query)
        assert answer.status_code == 200, answer.json
        return answer.json["items"]

    def flags(self, rule=None, order=None, **query):
        asked = query | ({"rule": rule} if rule else {})
        if order:
            asked["subject_id"] = order["id"]
        return self.list("/v1/flags", **asked)

    def rules(self, order):
        """Name the rules that have a flag open on an order."""
        return {each["rule"] for each in self.flags(order=order)}
