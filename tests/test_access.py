"""Every route × every role: exactly what the table of roles says, and nothing undeclared."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from offenders.api.permissions import Operation, UndeclaredRoute, declared_operations
from offenders.documents import access_table
from offenders.domain.access import Scope, may, scope
from offenders.domain.actors import ROLES, Actor
from offenders.domain.permissions import PERMISSIONS

RECORD = "0192f0c1-2b3c-8021-8000-000000000000"


def actor(*roles, lpas=(), neighbourhoods=()):
    return Actor(
        "s",
        "",
        frozenset(roles),
        "33",
        frozenset(lpas),
        frozenset(neighbourhoods),
        None,
        None,
        None,
    )


def call(client, rule, method, sent):
    path = re.sub(r"<[^>]+>", RECORD, rule)
    body = {"json": {}} if method in {"POST", "PATCH", "PUT"} else {}
    return client.open(path, method=method, headers=sent, **body)


def test_every_role_of_the_contract_has_its_permissions():
    assert set(PERMISSIONS) == ROLES


def guarded(client):
    """Every route that is not public: its rule and method, and who may use it."""
    operations = client.application.extensions["operations"]
    assert len(operations) > 40
    return [
        (
            *route,
            {
                role
                for role in ROLES
                if not {operation.permission, operation.shared}.isdisjoint(PERMISSIONS[role])
            },
        )
        for route, operation in operations.items()
        if operation.scope != "public"
    ]


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_is_let_in_where_the_table_says(client, headers, role):
    sent = headers(role, force=None if role == "national_analyst" else "33")
    for rule, method, allowed in guarded(client):
        if role in allowed:
            status = call(client, rule, method, sent).status_code
            assert status != 403, f"{method} {rule}"
            assert status < 500, f"{method} {rule}"


def test_all_other_roles_together_are_shut_out(client, headers):
    """Roles add up, so what is shut to all of these at once is shut to each of them."""
    for rule, method, allowed in guarded(client):
        of_force = sorted(ROLES - allowed - {"national_analyst"})
        shut_out = [headers(*of_force)] if of_force else []
        if "national_analyst" not in allowed:
            shut_out.append(headers("national_analyst", force=None))
        for sent in shut_out:
            assert call(client, rule, method, sent).status_code == 403, f"{method} {rule}"


@pytest.mark.parametrize("role", sorted(ROLES))
def test_roles_add_up(role):
    for permission in set().union(*PERMISSIONS.values()):
        assert may(actor(role), permission) == (permission in PERMISSIONS[role])
        for other in ROLES:
            either = may(actor(role), permission) or may(actor(other), permission)
            assert may(actor(role, other), permission) == either


def test_nothing_but_what_is_public_answers_without_a_token(client):
    for (rule, method), operation in client.application.extensions["operations"].items():
        if operation.scope != "public":
            assert (rule, call(client, rule, method, {}).status_code) == (rule, 401)


_NEEDED = {"/v1/reports/supervisor-pack/records": "&measure=arrests"}


def test_a_list_of_another_force_is_not_found(client, headers):
    """Nothing in another force and no such force look the same on every list that takes it."""
    sent, found = headers(*sorted(ROLES - {"national_analyst", "partner_agency"})), set()
    for (rule, method), operation in client.application.extensions["operations"].items():
        if method != "GET" or "<" in rule or operation.scope in {"public", "reference"}:
            continue
        asked = f"{rule}?limit=1{_NEEDED.get(rule, '')}&force="
        if client.get(f"{asked}33", headers=sent).status_code == 422:
            asked = asked.replace("limit=1&", "")
        if client.get(f"{asked}33", headers=sent).status_code != 200:
            continue
        found.add(rule)
        for other in ("31", "9Z"):
            assert (rule, client.get(asked + other, headers=sent).status_code) == (rule, 404)
    assert {"/v1/tasks", "/v1/tasks/results", "/v1/wanted", "/v1/meetings", "/v1/flags"} <= found
    assert len(found) > 30


@pytest.mark.parametrize(
    "operation",
    [
        None,
        Operation("x.read", "nobody:may", "force", None),
        Operation("x.read", "wanted:read", "everywhere", None),
        Operation("x.read", "wanted:read", "force", "gossip"),
    ],
)
def test_a_route_that_declares_too_little_stops_the_start(operation):
    app = Flask("bare", static_folder=None)

    def view():
        return ""

    if operation is not None:
        view.operation = operation
    app.add_url_rule("/bare", view_func=view)
    with pytest.raises(UndeclaredRoute):
        declared_operations(app)


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (actor("supervisor"), Scope("33")),
        (actor("supervisor", lpas=["N"]), Scope("33", ("N",))),
        (actor("supervisor", neighbourhoods=["E1"]), Scope("33", (), ("E1",))),
        (actor("response_officer", lpas=["N"]), Scope("33")),
        (actor("supervisor", "response_officer", lpas=["N"]), Scope("33")),
    ],
)
def test_areas_narrow_supervisors_and_not_officers(who, expected):
    assert scope(who, "wanted:read", "33") == expected


def test_an_area_is_judged_per_permission():
    both = actor("supervisor", "response_officer", lpas=["N"])
    assert scope(both, "wanted:review", "33") == Scope("33", ("N",))


@pytest.mark.parametrize(
    ("area", "covered"),
    [(("N", None), True), (("S", "E1"), True), (("S", "E2"), False), ((None, None), False)],
)
def test_the_decision_for_one_record(area, covered):
    assert Scope("33", ("N",), ("E1",)).covers(*area) is covered


def test_no_role_may_do_everything():
    everything = set().union(*PERMISSIONS.values())
    assert all(PERMISSIONS[role] < everything for role in ROLES)
    assert not may(actor("force_admin"), "persons:read")


def test_the_table_of_roles_in_the_documentation_is_current(app):
    written = Path(__file__).parent.parent.joinpath("docs/access.md").read_text(encoding="utf-8")
    assert written == access_table(app)
