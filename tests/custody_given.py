"""A person known to two forces, and what tests of custody ask of both."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from offenders import clock, tables

PNC_ID = "1981/0000034U"


class World:
    """Two forces and what is asked of them."""

    def __init__(self, app, headers, here, there, forces):
        self.app, self.here, self.there = app, here, there
        self._headers, self._forces = headers, forces
        self.person, self.wants = forces[here]
        (self.want_there,) = forces[there][1]
        self.arrested_at = (clock.now() - timedelta(minutes=5)).isoformat()

    def arrest(self, *, client=None, number="CU/1", **fields):
        body = {
            "person_id": self.person["id"],
            "custody_number": number,
            "arrested_at": self.arrested_at,
            "nationality_stated": "ROU",
            "arresting_officer": "77",
            "close_wants": [self.wants[0]["id"]],
            **fields,
        }
        client = client or self.app.test_client()
        sent = self._headers("custody_client", force=self.here)
        return client.post("/v1/detentions", json=body, headers=sent)

    def send(self, method, path, role="investigator", *, force=None, version=None, **body):
        sent = self._headers(role, force=force or self.here)
        if version is not None:
            sent["If-Match"] = f'"{version}"'
        more = {"json": body} if body or method != "GET" else {}
        return self.app.test_client().open(path, method=method, headers=sent, **more)

    def flags(self, force, state="open"):
        path = f"/v1/flags?rule=wanted-elsewhere&state={state}"
        return self.send("GET", path, force=force).json["items"]

    def end_there(self):
        path = f"/v1/wanted/{self.want_there['id']}/outcomes"
        answer = self.send("POST", path, force=self.there, version=1, outcome="arrested")
        assert answer.status_code == 201, answer.json


def rows(owner, forces):
    """Give how many rows of these forces each table holds."""
    with owner.connect() as connection:
        found = connection.exec_driver_sql(_COUNTS, {"forces": list(forces)})
        return dict(found.all())


_COUNTS = " UNION ALL ".join(
    f"SELECT '{name}', count(*) FROM {name} WHERE force = ANY (%(forces)s)"
    for name, table in tables.metadata.tables.items()
    if "force" in table.columns and name != "read_budgets"
)


def break_at(monkeypatch, module, step, *, kills):
    """Break a step right after its work, by a fault or by the end of its connection.

    Gives the list in which the step is noted each time it is reached.
    """
    real = getattr(module, step)
    seen = []

    def breaks(session, *given, **more):
        made = real(session, *given, **more)
        seen.append(step)
        if not kills:
            message = "a fault put in by the test"
            raise RuntimeError(message)
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
        return made

    monkeypatch.setattr(module, step, breaks)
    return seen
