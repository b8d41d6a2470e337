"""The specification: it is what is served, and whatever it allows is answered without a fault."""

from __future__ import annotations

import json
from pathlib import Path

import schemathesis
from builders import given_want
from hypothesis import HealthCheck, Phase, given, settings


def test_the_committed_specification_is_the_served_one(client):
    path = Path(__file__).parent.parent / "docs" / "openapi.json"
    assert json.loads(path.read_text(encoding="utf-8")) == client.get("/openapi.json").json


def test_every_operation_has_a_summary_its_permission_and_its_answers(client):
    paths = client.get("/openapi.json").json["paths"]
    for path, operations in paths.items():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            where = f"{method} {path}"
            assert (where, bool(operation.get("summary"))) == (where, True)
            assert (where, "x-permission" in operation) == (where, True)
            assert (where, {"401", "403"} <= set(operation["responses"])) == (where, True)


def test_operations_have_names_of_their_own(client):
    paths = client.get("/openapi.json").json["paths"]
    names = [
        operation["operationId"]
        for operations in paths.values()
        for method, operation in operations.items()
        if method != "parameters"
    ]
    assert len(names) == len(set(names))


def send_anything(operation, want, sent):
    """Send a few of all the requests that the specification allows for one operation."""

    @settings(
        max_examples=2,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case):
        case.headers = {**dict(case.headers or {}), **sent}
        if "want" in (case.path_parameters or {}):
            case.path_parameters["want"] = want["id"]
            case.headers["If-Match"] = '"1"'
        answer = case.call()
        assert answer.status_code < 500, f"{case.method} {case.path}: {answer.status_code}"

    send()


# A slow test, on purpose: it sends what no person would think of to every operation.
def test_whatever_the_specification_allows_is_answered(app, client, headers):
    want = given_want(client, headers)
    sent = headers("investigator", "supervisor", "force_admin", "auditor")
    specification = schemathesis.openapi.from_wsgi("/openapi.json", app)
    for found in specification.get_all_operations():
        send_anything(found.ok(), want, sent)
