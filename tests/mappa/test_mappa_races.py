"""For real, committed: two entries of one person at once, and reads that go ahead of Flask."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from mappa_given import Mappa, day


@pytest.fixture
def desk(committing_app, headers, fresh_force):
    return Mappa(committing_app.test_client(), headers, fresh_force)


def test_of_two_entries_at_once_one_stands(desk, committing_app):
    person = desk.person()["id"]
    body = {"person_id": person, "category": 1, "level": 1, "manager": "OM1"}

    def enter(_number):
        client = committing_app.test_client()
        return client.post("/v1/mappa/cases", json=body, headers=desk.sent).status_code

    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(pool.map(enter, range(4)))
    assert statuses == [201, 409, 409, 409]
    assert len(desk.list()) == 1


def test_reads_ahead_of_flask_answer_every_filter(desk):
    case = desk.given(level=2, started_on=day(200), lead_agency="probation")
    summary = {"risk_to": ["public"], "what_to_do_if_met": "Call OM1"}
    desk.done(case, "local-summaries", **summary)
    desk.done(case, "meetings", attendance=[{"agency": "police"}], minutes="Said")
    whole = desk.read(case)
    assert whole["meetings"][0]["minutes"] == "Said"
    assert desk.get(f"/mappa/cases/{case['reference'].lower()}") == whole
    assert desk.read(case, as_at=whole["updated_at"])["version"] == whole["version"]
    masked = desk.read(case, role="supervisor")
    assert (masked["masked"], masked["meetings"][0]["minutes"]) == (["meetings.minutes"], None)
    found = (
        {"category": 1, "level": 2, "state": "community", "lead_agency": "probation"},
        {"manager": "OM1", "person_id": case["person_id"], "risk": "high", "kind": "mappa"},
        {"meeting_overdue": "false", "unconfirmed": "false", "stage": "all", "lpa": "none"},
        {"on": day(100), "category": 1, "level": 2},
        {"event": "managed", "from": day(190), "to": day(180), "event_level": 2},
        {"event": "started", "from": day(201), "to": day(199)},
        {"event": "met", "from": day(1), "to": day(-1), "event_level": 2},
        {"as_at": whole["updated_at"], "level": 2},
    )
    for query in found:
        assert (query, [each["id"] for each in desk.list(**query)]) == (query, [case["id"]])
    for query in (
        {"category": 2},
        {"team": "DUTY-33"},
        {"meeting_overdue": "true"},
        {"on": day(201)},
        {"event": "returned_to_custody", "from": day(300), "to": day(0)},
        {"event": "ended", "from": day(300), "to": day(0)},
        {"event": "managed", "from": day(300), "to": day(250)},
    ):
        assert (query, desk.list(**query)) == (query, [])
    (shown,) = desk.get("/mappa/local-summaries", role="response_officer")["items"]
    assert shown["what_to_do_if_met"] == "Call OM1"
    desk.get("/mappa/cases", role="response_officer", status=403)
