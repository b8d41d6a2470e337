"""Flags as callers read and change them, and what the rules would flag at another moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
from builders import given_entry, given_person, given_want
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.flags import service
from offenders.jobs.timetable import JOBS

RULE = "overdue-arrests"


@pytest.fixture
def sql(connection):
    """Run a statement in a transaction of its own, between requests."""

    def execute(statement, **values):
        with transaction(connection, Work("33")) as session:
            result = session.execute(text(statement), values)
            return result.all() if result.returns_rows else []

    return execute


@pytest.fixture
def raised(connection, source, subject, sql):
    """Raise a flag of each of these subjects: `raised({"lpa": "CN"}, rule=...)`."""

    def make(*facts, rule=RULE):
        subjects = [subject(**each) for each in facts or [{}]]
        with transaction(connection, Work("33")) as session:
            service.raise_due(session, rule=rule, source=source(*subjects))
        find = "SELECT id FROM flags WHERE subject_id = :id AND rule = :rule"
        return [str(sql(find, id=each.id, rule=rule)[0].id) for each in subjects]

    return make


@pytest.fixture
def clear(connection, source):
    """Let the cause of every flag be gone."""

    def settle():
        with transaction(connection, Work("33")) as session:
            for rule in (RULE, "wanted-reviews"):
                service.settle(session, rule=rule, source=source())

    return settle


@pytest.fixture
def read(client, headers):
    def get(path, *, role="investigator", **more):
        return client.get(path, headers=headers(role, **more))

    return get


@pytest.fixture
def change(client, headers):
    def post(path, body, *, version=None, role="supervisor", **more):
        sent = headers(role, **more)
        if version is not None:
            sent["If-Match"] = f'"{version}"'
        return client.post(path, json=body, headers=sent)

    return post


def ids_in(answer):
    assert answer.status_code == 200, answer.json
    return [each["id"] for each in answer.json["items"]]


def acts(sql, action):
    return sql("SELECT * FROM audit_events WHERE action = :action ORDER BY at", action=action)


def in_a_week():
    return (datetime.now(UTC) + timedelta(days=7)).isoformat()


def test_a_flag_is_read_with_its_version_and_audited(read, raised, sql):
    person = str(uuid4())
    (flag,) = raised({"person": person, "lpa": "CN"})
    answer = read(f"/v1/flags/{flag}")
    assert answer.status_code == 200
    assert answer.headers["ETag"].startswith('"1.')
    assert answer.json["person"] == person
    assert answer.json["owner"] == {"officer": None, "team": "CENTRAL-DUTY"}
    (act,) = acts(sql, "flags.read")
    assert (act.audit_class, act.subject_type) == ("consultation", "flag")
    assert {str(each) for each in act.subject_ids} == {flag, person}
    same = read(f"/v1/flags/{flag}", If_None_Match=answer.headers["ETag"])
    assert same.status_code == 304


@pytest.mark.parametrize(
    "written", ["nonsense", "0192f0c1-2b3c-8021-8000-000000000000", "W33-AAAA-BBBB"]
)
def test_a_flag_that_is_not_there_is_not_found(read, written):
    assert read(f"/v1/flags/{written}").status_code == 404


def test_the_flag_of_another_force_is_not_found(read, raised):
    (flag,) = raised()
    assert read(f"/v1/flags/{flag}", force="31").status_code == 404


def test_the_list_shows_what_is_not_cleared_unless_told(read, raised, sql):
    open_one, acknowledged, suppressed, cleared = raised({}, {}, {}, {})
    for flag, changes in (
        (acknowledged, "state = 'acknowledged', acknowledged_at = now()"),
        (
            suppressed,
            (
                "state = 'suppressed', suppressed_at = now(), suppressed_because = 'x',"
                " suppressed_until = now() + interval '1 day'"
            ),
        ),
        (cleared, "state = 'cleared', cleared_at = now()"),
    ):
        sql(f"UPDATE flags SET {changes} WHERE id = :id", id=flag)
    assert set(ids_in(read("/v1/flags"))) == {open_one, acknowledged, suppressed}
    assert ids_in(read("/v1/flags?state=open")) == [open_one]
    assert ids_in(read("/v1/flags?state=acknowledged")) == [acknowledged]
    assert ids_in(read("/v1/flags?state=suppressed")) == [suppressed]
    assert ids_in(read("/v1/flags?state=cleared")) == [cleared]
    sql("UPDATE flags SET suppressed_until = now() - interval '1 s' WHERE id = :id", id=suppressed)
    assert set(ids_in(read("/v1/flags?state=open"))) == {open_one, suppressed}
    assert ids_in(read("/v1/flags?state=suppressed")) == []


def test_the_list_is_filtered(read, raised):
    here, there = raised(
        {"lpa": "CN", "neighbourhood": "N1", "severity": "alert", "due_at": "2027-01-01T00:00:00Z"},
        {"lpa": None, "due_at": "2027-02-01T00:00:00Z", "reference": "W33-7K3M-Q2XD"},
    )
    (review,) = raised({"lpa": "NW"}, rule="wanted-reviews")
    assert set(ids_in(read("/v1/flags?rule=overdue-arrests"))) == {here, there}
    assert ids_in(read("/v1/flags?severity=alert")) == [here]
    assert ids_in(read("/v1/flags?lpa=CN")) == [here]
    assert ids_in(read("/v1/flags?neighbourhood=N1")) == [here]
    assert ids_in(read("/v1/flags?lpa=none")) == [there]
    assert ids_in(read("/v1/flags?due_before=2027-01-15T00:00:00Z")) == [here]
    assert ids_in(read("/v1/flags?subject_id=w33 7k3m q2xd")) == [there]
    subject = read(f"/v1/flags/{here}").json["subject"]["id"]
    assert ids_in(read(f"/v1/flags?subject_id={subject}")) == [here]
    assert set(ids_in(read("/v1/flags?subject_type=want"))) == {here, there, review}
    assert ids_in(read("/v1/flags?subject_type=order")) == []
    assert set(ids_in(read("/v1/flags?force=33"))) == {here, there, review}
    assert ids_in(read("/v1/flags?force=31")) == []


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("state=closed", "/state"),
        ("severity=grave", "/severity"),
        ("due_before=tomorrow", "/due_before"),
        ("as_at=2999-01-01T00:00:00Z", "/as_at"),
        ("colour=blue", "/colour"),
    ],
)
def test_a_bad_filter_is_named(read, query, pointer):
    answer = read(f"/v1/flags?{query}")
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == pointer


def test_pages_hold_each_flag_once(read, raised):
    flags = raised({}, {}, {}, {}, {})
    first = read("/v1/flags?limit=2&count=true")
    assert first.json["total"] == 5
    (late,) = raised({}, rule="wanted-reviews")
    second = read(f"/v1/flags?limit=2&cursor={first.json['next']}")
    third = read(f"/v1/flags?limit=2&cursor={second.json['next']}")
    seen = ids_in(first) + ids_in(second) + ids_in(third)
    assert sorted(seen) == sorted(flags)
    assert late not in seen
    assert third.json["next"] is None


def test_an_area_narrows_a_supervisor_but_not_an_investigator(read, change, raised):
    here, there, nowhere = raised({"lpa": "CN"}, {"lpa": "NW"}, {"lpa": None})
    of_cn = {"role": "supervisor", "lpas": ["CN"]}
    assert ids_in(read("/v1/flags", **of_cn)) == [here]
    assert read(f"/v1/flags/{there}", **of_cn).status_code == 404
    counts = read("/v1/flags/counts?group_by=lpa", **of_cn).json["counts"]
    assert [(each["lpa"], each["flags"]) for each in counts] == [("CN", 1)]
    refused = change(f"/v1/flags/{there}/acknowledgements", {}, version=1, lpas=["CN"])
    assert refused.status_code == 404
    assert set(ids_in(read("/v1/flags", lpas=["CN"]))) == {here, there, nowhere}


def test_a_supervisor_acknowledges_with_the_version_they_read(change, raised, sql):
    (flag,) = raised()
    path = f"/v1/flags/{flag}/acknowledgements"
    assert change(path, {}).status_code == 428
    assert change(path, {}, version=7).status_code == 412
    answer = change(path, {"note": "Address checks tonight."}, version=1)
    assert answer.status_code == 200
    assert (answer.json["state"], answer.json["acknowledged_note"], answer.json["version"]) == (
        "acknowledged",
        "Address checks tonight.",
        2,
    )
    assert answer.headers["ETag"].startswith('"2.')
    assert change(path, {}, version=2).status_code == 409
    (act,) = acts(sql, "flags.acknowledge")
    assert (act.audit_class, [str(each) for each in act.subject_ids]) == ("alteration", [flag])
    assert "Address" not in str(act.details)


def test_a_supervisor_suppresses_with_a_reason_and_an_end(change, raised):
    (flag,) = raised()
    path = f"/v1/flags/{flag}/suppressions"
    assert change(path, {"reason": "x", "until": in_a_week()}).status_code == 428
    for body, pointer in (
        ({"until": in_a_week()}, "/reason"),
        ({"reason": " ", "until": in_a_week()}, "/reason"),
        ({"reason": "x"}, "/until"),
        ({"reason": "x", "until": "2020-01-01T00:00:00Z"}, "/until"),
        ({"reason": "x", "until": "2999-01-01T00:00:00Z"}, "/until"),
    ):
        answer = change(path, body, version=1)
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)
    answer = change(path, {"reason": "In prison abroad.", "until": in_a_week()}, version=1)
    assert answer.status_code == 200
    assert (answer.json["state"], answer.json["suppressed_because"]) == (
        "suppressed",
        "In prison abroad.",
    )


def test_an_alert_is_not_switched_off(change, raised):
    (flag,) = raised({"severity": "alert"})
    body = {"reason": "x", "until": in_a_week()}
    answer = change(f"/v1/flags/{flag}/suppressions", body, version=1)
    assert answer.status_code == 409
    assert "Acknowledge it" in answer.json["detail"]


@pytest.mark.parametrize("role", ["response_officer", "investigator", "chief_officer"])
def test_only_supervision_changes_flags(change, raised, role):
    (flag,) = raised()
    answer = change(f"/v1/flags/{flag}/acknowledgements", {}, version=1, role=role)
    assert answer.status_code == 403


@pytest.mark.parametrize("role", ["national_analyst", "auditor", "custody_client"])
def test_some_roles_read_no_flags(read, role):
    assert read("/v1/flags", role=role).status_code == 403
    assert read("/v1/flags/counts", role=role).status_code == 403


@pytest.mark.parametrize("group_by", ["force", "rule", "severity", "lpa", "neighbourhood", "state"])
def test_each_count_links_to_exactly_its_rows(read, raised, sql, group_by):
    raised({"lpa": "CN", "neighbourhood": "N1"}, {"lpa": "CN"}, {"lpa": None, "severity": "alert"})
    raised({"lpa": "NW"}, rule="wanted-reviews")
    for table in ("flags", "flags_history"):
        sql(f"UPDATE {table} SET state = 'acknowledged' WHERE lpa = 'NW'")
    answer = read(f"/v1/flags/counts?group_by={group_by}")
    counts = answer.json["counts"]
    assert sum(each["flags"] for each in counts) == 4
    for each in counts:
        rows = read(each["href"]).json["items"]
        assert len(rows) == each["flags"]
        assert {row[group_by] for row in rows} == {each[group_by]}
    assert all("as_at=" in each["href"] for each in counts)


def test_a_group_without_a_value_says_none(read, raised):
    raised({"lpa": None})
    (count,) = read("/v1/flags/counts?group_by=lpa").json["counts"]
    assert (count["lpa"], count["flags"]) == (None, 1)
    assert "lpa=none" in count["href"]


def test_counts_without_groups_give_one_number(read, raised):
    raised({}, {})
    answer = read("/v1/flags/counts")
    (count,) = answer.json["counts"]
    assert count["flags"] == 2
    assert len(ids_in(read(count["href"]))) == 2


def test_a_count_of_a_past_moment_stays_what_it_was(read, change, raised, clear):
    flag, _other = raised({"lpa": "CN"}, {"lpa": "CN"})
    before = read("/v1/flags/counts?group_by=lpa").json
    raised({}, rule="wanted-reviews")
    assert change(f"/v1/flags/{flag}/acknowledgements", {}, version=1).status_code == 200
    clear()
    after = read(f"/v1/flags/counts?group_by=lpa&as_at={before['as_at']}").json
    assert after == before
    assert len(ids_in(read(after["counts"][0]["href"]))) == 2
    then = read(f"/v1/flags/{flag}?as_at={before['as_at']}").json
    assert (then["state"], then["lpa"], then["version"]) == ("open", "CN", 1)
    assert read("/v1/flags/counts").json["counts"][0]["flags"] == 0


def test_a_flag_is_not_found_at_a_moment_before_it_was_raised(read, raised):
    (flag,) = raised()
    assert read(f"/v1/flags/{flag}?as_at=2026-01-01T00:00:00Z").status_code == 404
    assert ids_in(read("/v1/flags?as_at=2026-01-01T00:00:00Z")) == []


def test_counts_take_filters_and_carry_them_into_their_links(read, raised):
    raised({"lpa": "CN", "severity": "alert"}, {"lpa": "CN"}, {"lpa": "NW"}, {"lpa": None})
    raised({"lpa": "CN", "neighbourhood": "N1"}, rule="wanted-reviews")
    for asked, counted in (
        ("rule=overdue-arrests&lpa=CN", 2),
        ("severity=alert", 1),
        ("neighbourhood=N1", 1),
        ("lpa=none", 1),
        ("force=33&rule=overdue-arrests", 4),
        ("force=31", 0),
    ):
        (count,) = read(f"/v1/flags/counts?{asked}").json["counts"]
        assert (asked, count["flags"]) == (asked, counted)
        carried = dict(parse_qsl(urlsplit(count["href"]).query))
        assert {**carried, "as_at": ""} == {**dict(parse_qsl(asked)), "as_at": ""}
        assert len(ids_in(read(count["href"]))) == counted
    grouped = read("/v1/flags/counts?group_by=lpa&rule=overdue-arrests").json["counts"]
    assert [(each["lpa"], each["flags"]) for each in grouped] == [("CN", 2), ("NW", 1), (None, 1)]
    assert [len(ids_in(read(each["href"]))) for each in grouped] == [2, 1, 1]


def test_a_flag_does_not_tell_where_a_protected_person_lives(client, headers, read, raised, sql):
    person = given_person(client, headers)
    for table in ("persons", "persons_history"):
        sql(f"UPDATE {table} SET are_addresses_protected = true WHERE id = :id", id=person["id"])
    hidden, shown = raised(
        {"person": person["id"], "lpa": "CN", "neighbourhood": "N1"},
        {"person": str(uuid4()), "lpa": "CN", "neighbourhood": "N1"},
    )
    officer = {"role": "response_officer"}
    flag = read(f"/v1/flags/{hidden}", **officer).json
    assert (flag["lpa"], flag["neighbourhood"]) == (None, None)
    assert flag["masked"] == ["lpa", "neighbourhood"]
    assert read(f"/v1/flags/{shown}", **officer).json["masked"] == []
    assert set(ids_in(read("/v1/flags", **officer))) == {hidden, shown}
    masked = [sorted(act.masked) for act in acts(sql, "flags.read") + acts(sql, "flags.list")]
    assert masked == [["lpa", "neighbourhood"], [], ["lpa", "neighbourhood"]]
    for area in ("lpa=CN", "neighbourhood=N1"):
        assert ids_in(read(f"/v1/flags?{area}", **officer)) == [shown]
    for group in ("lpa", "neighbourhood"):
        counts = read(f"/v1/flags/counts?group_by={group}", **officer).json["counts"]
        assert [each["flags"] for each in counts if each[group] is None] == [1]
        assert [len(ids_in(read(each["href"], **officer))) for each in counts] == [1, 1]
    whole = read(f"/v1/flags/{hidden}").json
    assert (whole["lpa"], whole["neighbourhood"], whole["masked"]) == ("CN", "N1", [])
    assert set(ids_in(read("/v1/flags?lpa=CN"))) == {hidden, shown}


def test_a_preview_does_not_tell_it_either(client, headers, sql):
    want = given_want(client, headers, risk="standard")
    protect = "UPDATE persons SET are_addresses_protected = true WHERE id = :id"
    sql(protect, id=want["person_id"])
    for role, masked in (("response_officer", ["lpa", "neighbourhood"]), ("investigator", [])):
        items = preview(client, headers, {"at": ahead(29)}, role=role).json["items"]
        assert [each["masked"] for each in items] == [masked, masked, masked]


# Preview


def preview(client, headers, body, role="supervisor", **more):
    return client.post("/v1/rules/preview", json=body, headers=headers(role, **more))


def ahead(days):
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()


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
    (event,) = raised({}, rule="uncancelled-circulations")
    answer = preview(client, headers, {"at": ahead(29)})
    assert sorted((each["rule"], each["id"]) for each in answer.json["items"] if each["id"]) == [
        ("uncancelled-circulations", event)
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
        ({"at": ahead(-1 / 24)}, 422),
        ({"at": ahead(0)}, 200),
        ({"at": "8999-12-31T00:00:00Z"}, 200),
        ({"at": "soon"}, 422),
        ({"at": "2027-01-01T00:00:00Z", "force": "33"}, 200),
        ({"at": "2027-01-01T00:00:00Z", "force": "31"}, 404),
        ({"at": "2027-01-01T00:00:00Z", "rule": "x"}, 422),
    ],
)
def test_a_preview_is_of_ones_own_force_and_of_the_future(client, headers, body, status):
    assert preview(client, headers, body).status_code == status


def test_a_past_preview_says_where_to_look(client, headers):
    answer = preview(client, headers, {"at": ahead(-1)})
    assert answer.json["errors"][0]["pointer"] == "/at"
    assert "as_at" in answer.json["errors"][0]["detail"]


DUE_BY_JOB = {
    "overdue-arrests": 28,
    "wanted-reviews": 28,
    "wanted-validations": 75,
    "wanted-without-activity": 28,
    "marker-reviews": 366,
}


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


def run_all(client, headers):
    for job in DUE_BY_JOB:
        path = f"/v1/jobs/{job}/runs"
        assert client.post(path, json={}, headers=headers("force_admin")).status_code == 201


def test_a_preview_follows_the_figures_of_that_day(client, headers):
    given_want(client, headers, risk="standard")
    first_day = str(clock.today() + timedelta(days=10))
    body = {"figure": {"standard": 5}, "from": first_day}
    path = "/v1/forces/33/policies/wanted-without-activity"
    assert client.put(path, json=body, headers=headers("force_manager")).status_code == 200
    for days, rules in ((8, []), (12, ["wanted-without-activity"])):
        counts = preview(client, headers, {"at": ahead(days)}).json["counts"]
        assert [each["rule"] for each in counts] == rules


def test_a_preview_of_a_force_without_an_end_of_rows_says_so(client, headers, monkeypatch):
    monkeypatch.setattr("offenders.api.flags.PREVIEW_LIMIT", 2)
    given_want(client, headers, risk="standard")
    answer = preview(client, headers, {"at": ahead(29)}).json
    assert (len(answer["items"]), answer["is_complete"]) == (2, False)
    assert sum(each["flags"] for each in answer["counts"]) == 3


# Counts by several things at once, and the life of a suppression


def test_counts_are_grouped_by_several_things_and_each_links_to_its_rows(read, raised):
    raised({"lpa": "CN", "neighbourhood": "N1"}, {"lpa": "CN"}, {"lpa": None, "severity": "alert"})
    raised({"lpa": "CN", "severity": "alert"}, {"lpa": "NW"}, rule="wanted-reviews")
    counts = read("/v1/flags/counts?group_by=lpa,rule,severity").json["counts"]
    assert [(each["lpa"], each["rule"], each["severity"], each["flags"]) for each in counts] == [
        ("CN", "overdue-arrests", "warning", 2),
        ("CN", "wanted-reviews", "alert", 1),
        ("NW", "wanted-reviews", "warning", 1),
        (None, "overdue-arrests", "alert", 1),
    ]
    for each in counts:
        rows = read(each["href"]).json["items"]
        assert len(rows) == each["flags"]
        assert {(row["lpa"], row["rule"], row["severity"]) for row in rows} == {
            (each["lpa"], each["rule"], each["severity"])
        }


@pytest.mark.parametrize(
    "asked",
    ["group_by=", "group_by=colour", "group_by=lpa,lpa", "group_by=lpa,", "group_by=lpa rule"],
)
def test_counts_by_what_is_unknown_or_named_twice_are_refused(read, asked):
    answer = read(f"/v1/flags/counts?{asked}")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, "/group_by")


def test_counts_take_state_and_subject_as_filters(read, raised, change):
    flag, _other = raised({}, {})
    assert change(f"/v1/flags/{flag}/acknowledgements", {}, version=1).status_code == 200
    for asked, flags in (("state=acknowledged", 1), ("state=open", 1), ("subject_type=order", 0)):
        (count,) = read(f"/v1/flags/counts?{asked}").json["counts"]
        assert (asked, count["flags"]) == (asked, flags)
        assert asked in count["href"]
        assert len(ids_in(read(count["href"]))) == flags


def test_the_counts_of_an_area_are_those_of_its_supervisor(read, raised):
    raised({"lpa": "CN", "neighbourhood": "N1"}, {"lpa": "CN"}, {"lpa": "NW"}, {"lpa": None})
    for areas, flags in (({"lpas": ["CN"]}, 2), ({"neighbourhoods": ["N1"]}, 1), ({}, 4)):
        sent = {"role": "supervisor", **areas}
        (count,) = read("/v1/flags/counts?group_by=force", **sent).json["counts"]
        assert (count["force"], count["flags"]) == ("33", flags)
        assert len(ids_in(read(count["href"], **sent))) == flags


def test_a_suppression_ends_at_its_moment_in_every_answer(client, headers, read, change, raised):
    person = given_person(client, headers)
    (flag,) = raised({"person": person["id"]})
    end = datetime.now(UTC) + timedelta(hours=1)
    body = {"reason": "In hospital.", "until": end.isoformat()}
    suppressed = change(f"/v1/flags/{flag}/suppressions", body, version=1)
    assert suppressed.status_code == 200
    etags = set()
    for moment, state in (
        (end - timedelta(microseconds=1), "suppressed"),
        (end, "open"),
        (end + timedelta(days=1), "open"),
    ):
        with clock.as_if_at(moment):
            shown = read(f"/v1/flags/{flag}", hours=48)
            etags.add(shown.headers["ETag"])
            summary = read(f"/v1/people/{person['id']}", hours=48).json["flags"]
            listed = ids_in(read(f"/v1/flags?state={state}", hours=48))
        assert (shown.json["state"], [each["state"] for each in summary]) == (state, [state])
        assert listed == [flag]
    assert len(etags) == 2


def test_a_count_of_a_moment_in_a_suppression_keeps_its_state(read, sql, raised):
    (flag,) = raised()
    for table in ("flags", "flags_history"):
        sql(
            f"""UPDATE {table} SET state = 'suppressed', suppressed_at = raised_at,
                suppressed_because = 'x', suppressed_until = raised_at + interval '1 ms'
                WHERE id = :id""",
            id=flag,
        )
    (raised_at,) = sql("SELECT raised_at FROM flags WHERE id = :id", id=flag)[0]
    for moment, state in (
        (raised_at, "suppressed"),
        (raised_at + timedelta(milliseconds=1), "open"),
    ):
        at = moment.isoformat().replace("+00:00", "Z")
        (count,) = read(f"/v1/flags/counts?group_by=state&as_at={at}").json["counts"]
        assert (count["state"], count["flags"]) == (state, 1)
        assert ids_in(read(count["href"])) == [flag]
        assert read(f"/v1/flags/{flag}?as_at={at}").json["state"] == state


def test_a_flag_is_suppressed_again_or_acknowledged_when_its_suppression_has_ended(
    change, raised, read
):
    (flag,) = raised()
    end = datetime.now(UTC) + timedelta(hours=1)
    body = {"reason": "x", "until": end.isoformat()}
    assert change(f"/v1/flags/{flag}/suppressions", body, version=1).status_code == 200
    assert change(f"/v1/flags/{flag}/acknowledgements", {}, version=2).status_code == 409
    with clock.as_if_at(end):
        answer = change(f"/v1/flags/{flag}/acknowledgements", {}, version=2, hours=48)
        assert (answer.status_code, answer.json["state"]) == (200, "acknowledged")
    assert read(f"/v1/flags/{flag}").json["state"] == "acknowledged"


def test_the_longest_suppression_is_the_forces_figure(client, headers, change, raised):
    flag, other = raised({}, {})
    policy = {"figure": 14, "from": "2026-01-01"}
    path = "/v1/forces/33/policies/flag-suppressions"
    assert client.put(path, json=policy, headers=headers("force_manager")).status_code == 200
    answer = change(
        f"/v1/flags/{flag}/suppressions", {"reason": "x", "until": ahead(15)}, version=1
    )
    assert (answer.status_code, answer.json["errors"][0]["detail"]) == (
        422,
        "Send a moment in the future, at most 14 days ahead.",
    )
    body = {"reason": "x", "until": ahead(13)}
    assert change(f"/v1/flags/{other}/suppressions", body, version=1).status_code == 200


@pytest.mark.parametrize(
    ("what", "body"), [("acknowledgements", {}), ("suppressions", {"reason": "x"})]
)
def test_a_repeated_change_is_answered_again_before_the_version_is_read(
    change, raised, what, body, sql
):
    (flag,) = raised()
    if what == "suppressions":
        body = body | {"until": ahead(1)}
    first, again = (
        change(f"/v1/flags/{flag}/{what}", body, version=1, Idempotency_Key="k1") for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    assert sql("SELECT version FROM flags WHERE id = :id", id=flag) == [(2,)]


def test_what_is_out_of_scope_is_not_found_whatever_is_done(change, raised, sql):
    here, elsewhere = raised({"lpa": "CN"}, {"lpa": "NW"})
    for flag, sent in (
        (elsewhere, {"lpas": ["CN"]}),
        (here, {"force": "31"}),
        (str(uuid4()), {}),
    ):
        for what, body in (
            ("acknowledgements", {}),
            ("suppressions", {"reason": "x", "until": ahead(1)}),
        ):
            answer = change(f"/v1/flags/{flag}/{what}", body, version=1, **sent)
            assert (answer.status_code, answer.json["type"]) == (
                404,
                "urn:offenders:problem:not-found",
            )
    assert sql("SELECT DISTINCT state, version FROM flags") == [("open", 1)]
