"""What the rules would flag at a future moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import builders
import pytest
from builders import given_entry
from flags_given import acts, ahead, preview

from offenders import clock
from offenders.jobs.timetable import JOBS

DUE_BY_JOB = {
    "overdue-arrests": 28,
    "wanted-reviews": 28,
    "wanted-validations": 75,
    "wanted-without-activity": 28,
    "marker-reviews": 366,
}


def given_want(client, headers, **fields):
    """A want on PNC already, so that only its own clocks run."""
    want = builders.given_want(client, headers, **fields)
    body = {"state": "circulated", "pnc_reference": "33/1"}
    sent = headers("supervisor", If_Match='"1"')
    answer = client.post(f"/v1/wanted/{want['id']}/circulations", json=body, headers=sent)
    assert answer.status_code == 201, answer.json
    return want


def run_all(client, headers):
    for job in DUE_BY_JOB:
        path = f"/v1/jobs/{job}/runs"
        assert client.post(path, json={}, headers=headers("force_admin")).status_code == 201


def test_a_preview_does_not_tell_it_either(client, headers, sql):
    want = given_want(client, headers, risk="standard")
    protect = "UPDATE persons SET are_addresses_protected = true WHERE id = :id"
    sql(protect, id=want["person_id"])
    for role, masked in (("response_officer", ["lpa", "neighbourhood"]), ("investigator", [])):
        items = preview(client, headers, {"at": ahead(29)}, role=role).json["items"]
        assert [each["masked"] for each in items] == [masked, masked, masked]


def test_a_preview_shows_what_would_be_open_then_and_keeps_nothing(client, headers, sql):
    want = given_want(client, headers, risk="standard")
    assert preview(client, headers, {"at": ahead(1)}).json["items"] == []
    answer = preview(client, headers, {"at": ahead(29)})
    assert answer.status_code == 200
    assert answer.json["counts"] == [
        {"rule": "overdue-arrests", "flags": 1},
        {"rule": "wanted-reviews", "flags": 1},
        {"rule": "wanted-without-activity", "flags": 1},
    ]
    first = answer.json["items"][0]
    assert first["subject"] == {"type": "want", "id": want["id"], "reference": want["reference"]}
    assert (first["id"], first["raised_at"], first["state"]) == (None, None, "open")
    assert first["because"]["figure"] == 28
    assert answer.json["is_complete"] is True
    assert sql("SELECT id FROM flags") == []
    (act,) = acts(sql, "rules.preview")[-1:]
    assert act.audit_class == "consultation"


def test_a_preview_keeps_the_flags_that_are_open_already(client, headers, raised):
    want = given_want(client, headers, risk="standard")
    (event,) = raised({}, rule="wanted-elsewhere")
    answer = preview(client, headers, {"at": ahead(29)})
    assert sorted((each["rule"], each["id"]) for each in answer.json["items"] if each["id"]) == [
        ("wanted-elsewhere", event)
    ]
    assert len(answer.json["items"]) == 4
    assert want["id"] in {each["subject"]["id"] for each in answer.json["items"]}


def test_a_preview_is_narrowed_to_the_area_of_the_reader(client, headers):
    given_want(client, headers, risk="standard")
    answer = preview(client, headers, {"at": ahead(29)}, lpas=["CN"])
    assert (answer.json["counts"], answer.json["items"]) == ([], [])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"at": "2013-12-31T23:59:59Z"}, 422),
        ({"at": "2014-01-01T00:00:00Z"}, 422),
        ({"at": -1 / 24}, 422),
        ({"at": 0}, 200),
        ({"at": "8999-12-31T00:00:00Z"}, 200),
        ({"at": "soon"}, 422),
        ({"at": "8000-01-01T00:00:00Z", "force": "33"}, 200),
        ({"at": "8000-01-01T00:00:00Z", "force": "31"}, 404),
        ({"at": "8000-01-01T00:00:00Z", "rule": "x"}, 422),
    ],
)
def test_a_preview_is_of_ones_own_force_and_of_the_future(client, headers, body, status):
    if isinstance(body.get("at"), int | float):  # in days from the moment at which it is sent
        body = body | {"at": ahead(body["at"])}
    assert preview(client, headers, body).status_code == status


def test_a_past_preview_says_where_to_look(client, headers):
    answer = preview(client, headers, {"at": ahead(-1)})
    assert answer.json["errors"][0]["pointer"] == "/at"
    assert "as_at" in answer.json["errors"][0]["detail"]


def test_a_preview_asks_every_rule_of_the_timetable(client, headers, sql):
    assert {job.name for job in JOBS if job.raises_flags} >= set(DUE_BY_JOB)
    want = given_want(client, headers, risk="standard")
    given_entry(client, headers, {"id": want["person_id"]}, "markers", code="WE", rationale="x")
    tables = ("flags", "flags_history", "wants_history", "job_runs", "teams")
    before = [sql(f"SELECT count(*) FROM {table}")[0][0] for table in tables]
    for rule, days in DUE_BY_JOB.items():
        for around, flags in ((days - 0.01, 0), (days + 1.01, 1)):
            answer = preview(client, headers, {"at": ahead(around)})
            counts = {each["rule"]: each["flags"] for each in answer.json["counts"]}
            if rule != "marker-reviews":
                assert (rule, counts.get(rule, 0)) == (rule, flags)
        assert {each["rule"] for each in answer.json["items"]} == counts.keys()
    assert counts == dict.fromkeys(sorted(DUE_BY_JOB), 1)
    assert [sql(f"SELECT count(*) FROM {table}")[0][0] for table in tables] == before
    assert sql("SELECT updated_at FROM wants")[0][0] < datetime.now(UTC)


def test_a_preview_opens_what_is_suppressed_until_then(client, headers, change, sql):
    given_want(client, headers, entered_at=ahead(-29), risk="standard")
    run_all(client, headers)
    ids = [row.id for row in sql("SELECT id FROM flags WHERE severity = 'warning'")]
    assert len(ids) == 3
    for flag in ids:
        body = {"reason": "x", "until": ahead(7)}
        assert change(f"/v1/flags/{flag}/suppressions", body, version=1).status_code == 200
    for days, state in ((6.9, "suppressed"), (7.1, "open")):
        items = preview(client, headers, {"at": ahead(days)}).json["items"]
        assert [each["state"] for each in items] == [state] * 3
        assert {each["id"] for each in items} == {str(each) for each in ids}


def test_a_preview_follows_the_figures_of_that_day(client, headers):
    given_want(client, headers, risk="standard")
    first_day = str(clock.today() + timedelta(days=10))
    body = {"figure": {"standard": 5}, "from": first_day}
    path = "/v1/forces/33/policies/wanted-without-activity"
    assert client.put(path, json=body, headers=headers("force_manager")).status_code == 200
    for days, rules in ((8, []), (12, ["wanted-without-activity"])):
        counts = preview(client, headers, {"at": ahead(days)}).json["counts"]
        assert [each["rule"] for each in counts] == rules


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ("overdue-arrests", "standard"),
        ("wanted-reviews", "standard"),
        ("wanted-validations", "first"),
        ("wanted-without-activity", "standard"),
    ],
)
def test_a_preview_by_other_figures_leaves_the_register_unlocked(client, headers, sql, rule, key):
    want = given_want(client, headers, risk="standard")
    body = {"figure": {key: 5}, "from": str(clock.today() + timedelta(days=10))}
    path = f"/v1/forces/33/policies/{rule}"
    assert client.put(path, json=body, headers=headers("force_manager")).status_code == 200
    locked_by = "SELECT xmax::text FROM wants"
    before = sql(locked_by)
    found = preview(client, headers, {"at": ahead(12)}).json["items"]
    assert sql(locked_by) == before
    due_at = datetime.fromisoformat(want["entered_at"]) + timedelta(days=5)
    assert [(each["rule"], each["because"]["figure"]) for each in found] == [(rule, 5)]
    assert datetime.fromisoformat(found[0]["due_at"]) == due_at
    assert datetime.fromisoformat(found[0]["because"]["due_at"]) == due_at


def test_a_preview_of_a_force_without_an_end_of_rows_says_so(client, headers, monkeypatch):
    monkeypatch.setattr("offenders.api.flags.PREVIEW_LIMIT", 2)
    given_want(client, headers, risk="standard")
    answer = preview(client, headers, {"at": ahead(29)}).json
    assert (len(answer["items"]), answer["is_complete"]) == (2, False)
    assert sum(each["flags"] for each in answer["counts"]) == 3
