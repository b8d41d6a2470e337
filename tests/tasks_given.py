"""What tests of tasks share: tasks made through the API, and acts on them."""

from __future__ import annotations

from datetime import timedelta

from builders import given_person

from offenders import clock


def ahead(**span):
    """Give a moment so far ahead; a day unless told."""
    return (clock.now() + timedelta(**(span or {"days": 1}))).isoformat()


class Tasks:
    """Makes tasks as a supervisor and acts on them with the ETag as read."""

    def __init__(self, client, headers, force):
        self.client, self.force, self.headers = client, force, headers
        self.sent = self.caller("supervisor")

    def caller(self, *roles, **more):
        return self.headers(*roles, force=self.force, **more)

    def person(self, **fields):
        return given_person(self.client, self.headers, force=self.force, **fields)

    def post(self, *, sent=None, **fields):
        """Make a task; give the whole answer."""
        body = {"action": "Knock at his mother's address", "owner_officer": "1234"} | fields
        body.setdefault("due_at", ahead())
        body = {name: value for name, value in body.items() if value is not None}
        return self.client.post("/v1/tasks", json=body, headers=sent or self.sent)

    def given(self, **fields):
        answer = self.post(**fields)
        assert answer.status_code == 201, answer.json
        return answer.json

    def get(self, task, *, sent=None, **query):
        address = f"/v1/tasks/{task['id']}"
        return self.client.get(address, headers=sent or self.sent, query_string=query)

    def read(self, task, **query):
        answer = self.get(task, **query)
        assert answer.status_code == 200, answer.json
        return answer.json

    def list(self, *, sent=None, **query):
        answer = self.client.get("/v1/tasks", headers=sent or self.sent, query_string=query)
        assert answer.status_code == 200, answer.json
        return answer.json["items"]

    def act(self, task, kind, *, sent=None, if_match=None, **body):
        """Do something to a task; give the whole answer."""
        match = if_match or f'"{self.read(task)["version"]}"'
        return self.client.post(
            f"/v1/tasks/{task['id']}/{kind}",
            json=body,
            headers=(sent or self.sent) | {"If-Match": match},
        )

    def done(self, task, kind, **body):
        answer = self.act(task, kind, **body)
        assert answer.status_code == 201, answer.json
        return answer.json
