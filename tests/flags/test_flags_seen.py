"""Who is told by a flag that somebody is in MAPPA or registered, and who may acknowledge it."""

from __future__ import annotations

import pytest
from builders import given_person
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.flags.service import DueSource, raise_due
from offenders.domain.permissions import PERMISSIONS

DUE = """
    SELECT kind AS subject_type, gen_random_uuid() AS subject_id, NULL AS subject_reference,
           CAST(:person AS uuid) AS person_id, NULL AS lpa, NULL AS neighbourhood,
           NULL AS owner_officer, 'T' AS owner_team, 'warning' AS severity,
           CAST('{}' AS jsonb) AS because, CAST(NULL AS timestamptz) AS due_at
    FROM unnest(CAST(:kinds AS text[])) kind
"""
KINDS = ["iom_member", "mappa_case", "registration", "order"]
SEEING = "flags:read-public-protection"
READERS = sorted(role for role, may in PERMISSIONS.items() if "flags:read" in may)


@pytest.fixture
def flagged(client, headers):
    """Flag one person under four managements; give the flag's id by type of subject."""
    person = given_person(client, headers)
    source = DueSource(DUE, {"person": person["id"], "kinds": KINDS})
    with transaction(client.application.extensions["offenders"].engine, Work("33")) as session:
        raise_due(session, rule="test-rule", source=source)
        made = session.execute(text("SELECT subject_type, id FROM flags WHERE rule = 'test-rule'"))
        made = {row.subject_type: str(row.id) for row in made}
    return person, made


@pytest.mark.parametrize("role", READERS)
def test_flags_of_public_protection_are_for_those_who_work_in_it(client, headers, flagged, role):
    person, made = flagged
    expected = set(made) if SEEING in PERMISSIONS[role] else {"iom_member", "order"}
    sent = headers(role)
    listed = client.get("/v1/flags?rule=test-rule&count=true", headers=sent).json
    assert {each["subject"]["type"] for each in listed["items"]} == expected
    assert listed["total"] == len(expected)
    (counted,) = client.get("/v1/flags/counts?rule=test-rule", headers=sent).json["counts"]
    assert counted["flags"] == len(expected)
    for kind, flag in made.items():
        status = client.get(f"/v1/flags/{flag}", headers=sent).status_code
        assert status == (200 if kind in expected else 404)
    if "persons:read" in PERMISSIONS[role]:
        shown = client.get(f"/v1/people/{person['id']}", headers=sent).json["flags"]
        assert {each["subject"]["type"] for each in shown} == expected


@pytest.mark.parametrize(
    ("role", "kind", "version", "status"),
    [
        ("offender_manager", "registration", 1, 200),
        ("offender_manager", "registration", 2, 412),
        ("investigator", "order", 1, 200),
        ("investigator", "mappa_case", 1, 404),
        ("investigator", "mappa_case", 2, 404),
        ("neighbourhood_officer", "order", 1, 403),
    ],
)
def test_who_answers_acknowledges_what_they_see(
    client, headers, flagged, role, kind, version, status
):
    _, made = flagged
    path = f"/v1/flags/{made[kind]}/acknowledgements"
    sent = headers(role) | {"If-Match": f'"{version}"'}
    assert client.post(path, json={"note": "Seen."}, headers=sent).status_code == status
