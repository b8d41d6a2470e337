"""With a canary in every protected field, no role that may not see it is shown one."""

from __future__ import annotations

import pytest
from builders import given_entry, given_neighbourhood, given_person, given_want
from mappa_given import Mappa
from orders_given import Orders, day
from registrations_given import Register

from offenders.domain.permissions import PERMISSIONS

# Which permission opens a protected field, and what stands in it.
CANARIES = {
    "addresses:read-protected": "CANARY-HOME",
    "orders:read-protected": "CANARY-VICTIM",
    "registrations:read-full": "CANARY-WITHHELD",
    "nobody: minutes and notes": "CANARY-NEVER",
}
READERS = sorted(role for role, held in PERMISSIONS.items() if "street:read" in held)


@pytest.fixture
def guarded(client, headers):
    """Somebody of a ward with a canary in each field that is protected."""
    given_neighbourhood(client, "W1")
    home = [{"lines": ["CANARY-HOME"], "neighbourhood": "W1", "type": "home"}]
    person = given_person(client, headers, addresses=home)
    victim_of = given_person(client, headers, family_name="CANARY-NEVER")
    given_entry(client, headers, victim_of, "associations", person_id=person["id"],
                type="victim_of")  # fmt: skip
    given_entry(client, headers, person, "notes", text="CANARY-NEVER", handling="covert")
    given_want(client, headers, person=person, neighbourhood="W1", risk="high")
    condition = {
        "kind": "prohibition",
        "category": "non_contact",
        "text": "Not to contact {person}.",
        "person": "CANARY-VICTIM",
        "place": "CANARY-VICTIM Road",
    }
    Orders(client, headers, "33").given(
        person_id=person["id"], type="restraining", made_on=day(-3), conditions=[condition]
    )
    mappa = Mappa(client, headers, "33")
    case = mappa.given(person_id=person["id"])
    plan = {"risks": ["CANARY-NEVER"], "owner_officer": "OM1"}
    assert mappa.act(case, "risk-plans", **plan).status_code == 201
    register = Register(client, headers, "33")
    record = register.given(person_id=person["id"])
    withheld = {"local_summary": "CANARY-WITHHELD", "is_withheld_locally": True}
    assert register.patch(record, **withheld).status_code == 200
    return person


def test_no_role_is_shown_what_it_may_not_see(client, headers, guarded):
    path = "/v1/neighbourhoods/W1/offenders"
    fed = {role: headers(role) for role in READERS if "changes:read" in PERMISSIONS[role]}
    tokens = {
        role: client.get("/v1/changes", headers=sent).json["next"] for role, sent in fed.items()
    }
    given_entry(client, headers, guarded, "markers", code="VI", rationale="CANARY-NEVER")
    answers = [(role, client.get(path, headers=headers(role))) for role in READERS]
    answers += [
        (role, client.get(f"/v1/changes?since={tokens[role]}", headers=sent))
        for role, sent in fed.items()
    ]
    for role, answer in answers:
        assert answer.status_code == 200, answer.json
        assert guarded["id"] in answer.text
        for permission, canary in CANARIES.items():
            may = permission in PERMISSIONS[role]
            assert (role, canary, canary in answer.text) == (role, canary, may)
            assert canary not in str(answer.headers)
