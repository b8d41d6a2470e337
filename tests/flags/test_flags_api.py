"""Flags as callers read them: one, many, filtered, at a past moment, and by whom."""

from __future__ import annotations

from uuid import uuid4

import pytest
from builders import given_person
from flags_given import acts, ids_in


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


@pytest.mark.parametrize("role", ["national_analyst", "auditor", "custody_client"])
def test_some_roles_read_no_flags(read, role):
    assert read("/v1/flags", role=role).status_code == 403
    assert read("/v1/flags/counts", role=role).status_code == 403


def test_a_group_without_a_value_says_none(read, raised):
    raised({"lpa": None})
    (count,) = read("/v1/flags/counts?group_by=lpa").json["counts"]
    assert (count["lpa"], count["flags"]) == (None, 1)
    assert "lpa=none" in count["href"]


def test_a_flag_is_not_found_at_a_moment_before_it_was_raised(read, raised):
    (flag,) = raised()
    assert read(f"/v1/flags/{flag}?as_at=2026-01-01T00:00:00Z").status_code == 404
    assert ids_in(read("/v1/flags?as_at=2026-01-01T00:00:00Z")) == []


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
