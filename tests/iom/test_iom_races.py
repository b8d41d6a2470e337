"""Two members of a panel who decide at once: one decision, one membership."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from iom_given import PANEL, Iom


@pytest.fixture
def desk(committing_app, headers, fresh_force):
    return Iom(committing_app.test_client(), headers, fresh_force)


def race(work, each):
    """Do the same with each at once; give the statuses in order."""
    with ThreadPoolExecutor(len(each)) as pool:
        return sorted(answer.status_code for answer in pool.map(work, each))


def test_of_six_decisions_at_once_one_stands(committing_app, desk):
    nomination = desk.nominate()
    sent = desk.sent | {"If-Match": '"1"'}
    path = f"/v1/iom/nominations/{nomination['id']}/decisions"

    def decide(outcome):
        body = {"outcome": outcome, "rationale": "So we say.", "panel": PANEL}
        return committing_app.test_client().post(path, json=body, headers=sent)

    statuses = race(decide, ["accepted", "refused"] * 3)
    assert statuses[0] == 201
    assert set(statuses[1:]) <= {409, 412}
    decided = desk.get(f"iom/nominations/{nomination['id']}").json
    (decision,) = decided["decisions"]
    assert decided["state"] == decision["outcome"]
    members = desk.get("iom/members").json["items"]
    assert len(members) == (decision["outcome"] == "accepted")


def test_six_nominations_of_one_person_at_once_make_one(committing_app, desk):
    person = desk.person()
    body = {"person_id": person["id"], "theme": "asb", "reason": "Again."}

    def nominate(_number):
        client = committing_app.test_client()
        return client.post("/v1/iom/nominations", json=body, headers=desk.sent)

    assert race(nominate, range(6)) == [201] + [409] * 5
