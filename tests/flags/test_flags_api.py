"""Flags as callers read and change them, and what the rules would flag at another moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from uuid import uuid4

import pytest
from builders import given_person, given_want
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.flags import service

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


@pytest.mark.parametrize("group_by", ["rule", "severity", "lpa", "neighbourhood", "state"])
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
        assert len(items) > 1
        assert all(each["masked"] == masked for each in items)


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
    counts = {each["rule"]: each["flags"] for each in answer.json["counts"]}
    assert counts | {"overdue-arrests": 1, "wanted-reviews": 1} == counts
    first = next(each for each in answer.json["items"] if each["rule"] == "overdue-arrests")
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
        ({"at": "2014-01-01T00:00:00Z"}, 200),
        ({"at": "soon"}, 422),
        ({"at": "2027-01-01T00:00:00Z", "force": "33"}, 200),
        ({"at": "2027-01-01T00:00:00Z", "force": "31"}, 404),
        ({"at": "2027-01-01T00:00:00Z", "rule": "x"}, 422),
    ],
)
def test_a_preview_is_of_ones_own_force_from_2014_on(client, headers, body, status):
    assert preview(client, headers, body).status_code == status
