"""The summary of a person: all that is open on them in each capability, as each role may see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from builders import given_detention, given_person

from offenders.domain.permissions import PERMISSIONS

PARTS = {
    "custody": "custody:read",
    "bail_records": "bail:read",
    "acro_checks": "acro:read",
    "forensic_hits": "forensics:read",
}
READERS = sorted(role for role, may in PERMISSIONS.items() if "persons:read" in may)


@pytest.fixture
def person(client, headers):
    """Give somebody who is held, on bail for another crime, to be checked and named by a hit."""
    person = given_person(client, headers, nationalities=["LTU"])
    given_detention(client, headers, person=person)
    arrested_at = datetime.now(UTC) - timedelta(days=9)
    body = {
        "person_id": person["id"],
        "arrested_at": arrested_at.isoformat(),
        "bailed_at": (arrested_at + timedelta(hours=9)).isoformat(),
        "case_type": "standard",
        "crime_reference": "33/1/26",
    }
    made = client.post("/v1/bail-records", json=body, headers=headers("investigator"))
    assert made.status_code == 201, made.json
    hit = {
        "type": "dna",
        "laboratory_reference": "LAB/1",
        "crime_reference": "33/2/26",
        "person_id": person["id"],
        "identified_at": arrested_at.isoformat(),
        "received_at": arrested_at.isoformat(),
    }
    made = client.post("/v1/forensic-hits", json=hit, headers=headers("investigator"))
    assert made.status_code == 201, made.json
    return person


@pytest.mark.parametrize("role", READERS)
def test_each_part_is_shown_to_those_who_may_read_it(client, headers, person, role):
    shown = client.get(f"/v1/people/{person['id']}", headers=headers(role)).json
    for part, permission in PARTS.items():
        number = len(shown[part]) if shown[part] is not None else None
        assert (part, number) == (part, 1 if permission in PERMISSIONS[role] else None)


def test_what_has_ended_leaves_the_summary(client, headers, person):
    sent = headers("investigator")
    path = f"/v1/people/{person['id']}"
    shown = client.get(path, headers=sent).json
    (held,) = shown["custody"]
    assert client.get(path, headers=headers("investigator", force="31")).status_code == 404
    body = {"released_at": datetime.now(UTC).isoformat(), "disposal": "no_further_action"}
    match = sent | {"If-Match": '"1"'}
    ended = client.post(f"/v1/detentions/{held['id']}/releases", json=body, headers=match)
    assert ended.status_code in {200, 201}, ended.json
    (check,) = shown["acro_checks"]
    gone = {"reason": "The country can't be asked."}
    assert client.post(
        f"/v1/acro-checks/{check['id']}/not-possible", json=gone, headers=match
    ).status_code in {200, 201}
    (hit,) = shown["forensic_hits"]
    assert hit["overdue"]
    shown = client.get(path, headers=sent).json
    assert (shown["custody"], shown["acro_checks"]) == ([], [])
    (bail,) = shown["bail_records"]
    assert (bail["state"], bail["are_conditions_enforceable"]) == ("on_bail", True)
