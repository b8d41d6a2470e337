"""Counts of flags, and that each links to exactly its rows."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from flags_given import ids_in


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


def test_counts_take_filters_and_carry_them_into_their_links(read, raised):
    raised({"lpa": "CN", "severity": "alert"}, {"lpa": "CN"}, {"lpa": "NW"}, {"lpa": None})
    raised({"lpa": "CN", "neighbourhood": "N1"}, rule="wanted-reviews")
    for asked, counted in (
        ("rule=overdue-arrests&lpa=CN", 2),
        ("severity=alert", 1),
        ("neighbourhood=N1", 1),
        ("lpa=none", 1),
        ("force=33&rule=overdue-arrests", 4),
    ):
        (count,) = read(f"/v1/flags/counts?{asked}").json["counts"]
        assert (asked, count["flags"]) == (asked, counted)
        carried = dict(parse_qsl(urlsplit(count["href"]).query))
        assert {**carried, "as_at": ""} == {**dict(parse_qsl(asked)), "as_at": ""}
        assert len(ids_in(read(count["href"]))) == counted
    grouped = read("/v1/flags/counts?group_by=lpa&rule=overdue-arrests").json["counts"]
    assert [(each["lpa"], each["flags"]) for each in grouped] == [("CN", 2), ("NW", 1), (None, 1)]
    assert [len(ids_in(read(each["href"]))) for each in grouped] == [2, 1, 1]


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
