"""Receipts and the figure of held against read, by team."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from briefings_given import errors_of, moment

from offenders import clock

ZERO = {"audience": 2, "held": 0, "read": 0, "held_not_read": 0, "not_reached": 2}


@pytest.fixture
def item(briefings):
    return briefings.with_directory().given(audience={"lpas": ["N"]})


def counted(row):
    return {name: row[name]["count"] for name in ZERO}


def test_a_receipt_sent_twice_is_kept_once(briefings, item):
    said = {"client_id": str(uuid4()), "occurred_at": moment(0)}
    first, again = (briefings.receipt(item, "held", **said) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json == again.json
    other = briefings.receipt(item, "read", **said)
    assert other.status_code == 409
    # Without a name of its own the first of its kind stays.
    assert [briefings.receipt(item).status_code for _ in range(2)] == [201, 200]
    shown = briefings.ask(f"/{item['id']}", sent=briefings.officer())
    assert shown["held_at"] <= shown["read_at"]


def test_a_receipt_may_come_after_the_item_has_dropped_out(briefings, item):
    read_at = moment(0)
    briefings.act(item, "withdrawals", because="superseded", reason="Another one says it.")
    briefings.ask(f"/{item['id']}", sent=briefings.officer(), status=404)
    with clock.as_if_at(clock.now() + timedelta(days=3)):
        assert briefings.receipt(item, occurred_at=read_at).status_code == 201


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"kind": "glanced"}, ["/kind"]),
        ({"client_id": "device-7"}, ["/client_id"]),
        ({"edition": 2}, ["/edition"]),
        ({"edition": 0}, ["/edition"]),
        ({"occurred_at": moment(1)}, ["/occurred_at"]),
        ({"occurred_at": moment(-1)}, ["/occurred_at"]),
    ],
)
def test_a_receipt_that_can_not_be_is_refused(briefings, item, fields, pointers):
    fields = {"kind": "read"} | fields
    assert errors_of(briefings.receipt(item, fields.pop("kind"), **fields)) == pointers


def test_held_is_told_apart_from_read_and_each_count_has_its_rows(briefings, item):
    counts = briefings.ask(f"/{item['id']}/receipts/counts")
    assert counted(counts) == ZERO
    briefings.receipt(item, "held")
    briefings.receipt(item, "read", sent=briefings.officer("1002"))
    briefings.receipt(item, "read", sent=briefings.officer("2001"))  # it was not for them
    counts = briefings.ask(f"/{item['id']}/receipts/counts")
    expected = {"audience": 2, "held": 2, "read": 1, "held_not_read": 1, "not_reached": 0}
    assert counted(counts) == expected
    assert [(each["team"], counted(each)) for each in counts["teams"]] == [("N-NPT", expected)]
    assert counts["percent_read"] == 50
    for row in (counts, *counts["teams"]):
        for name, number in counted(row).items():
            href = row[name]["href"].removeprefix("/v1/briefings")
            listed = briefings.ask(href)["items"]
            assert (name, len(listed)) == (name, number)
    held = briefings.ask(f"/{item['id']}/receipts", state="held_not_read")["items"]
    assert [each["officer"] for each in held] == ["dev-1001"]
    # Another wording has been read by nobody, and is unread again.
    assert briefings.titles(sent=briefings.officer("1002"), unread="true") == []
    briefings.act(item, "", method="PATCH", text="He carries a knife.")
    assert counted(briefings.ask(f"/{item['id']}/receipts/counts")) == ZERO
    assert briefings.titles(sent=briefings.officer("1002"), unread="true") == ["Look out"]
    assert briefings.receipt(item, edition=1, client_id=str(uuid4())).status_code == 201
    assert counted(briefings.ask(f"/{item['id']}/receipts/counts")) == ZERO


def test_readers_whom_the_directory_does_not_know_are_counted_apart(briefings, item):
    """Or 0 % of a team would look unread that its officers read under names not yet confirmed."""
    everybody = briefings.given(title="all")
    for number in ("7001", "7002"):
        briefings.receipt(item, sent=briefings.officer(number))
    briefings.receipt(everybody, "held", sent=briefings.officer("7001"))
    counts = briefings.ask(f"/{item['id']}/receipts/counts")
    assert counted(counts) == ZERO
    reading = briefings.ask("/reading")
    for row, number, who in (
        (counts, 2, {"dev-7001", "dev-7002"}),
        (reading, 3, {"dev-7001", "dev-7002"}),
    ):
        told = row["readers_not_in_directory"]
        listed = briefings.ask(told["href"].removeprefix("/v1/briefings"))["items"]
        assert (told["count"], len(listed)) == (number, number)
        assert {each["officer"] for each in listed} == who
    north = briefings.by("supervisor", lpas=["N"])
    nobody = {"count": None, "href": None}
    told = briefings.ask("/reading", sent=north)
    assert told["readers_not_in_directory"] == nobody
    assert briefings.ask("/reading", team="N-NPT")["readers_not_in_directory"] == nobody
    listed = briefings.ask("/reading/entries", sent=north, state="not_in_directory")
    assert listed["items"] == []
    # Once the directory knows them, they count in their team.
    admin = briefings.by("force_admin")
    body = {"team": "N-NPT"}
    assert briefings.client.put("/v1/officers/dev-7001", json=body, headers=admin).status_code < 300
    counts = briefings.ask(f"/{item['id']}/receipts/counts")
    assert (counts["read"]["count"], counts["readers_not_in_directory"]["count"]) == (1, 1)


def test_teams_are_counted_over_a_period(briefings, item):
    everybody = briefings.given(title="all")
    for each in (item, everybody):
        briefings.receipt(each, sent=briefings.officer("1001"))
    briefings.receipt(everybody, "held", sent=briefings.officer("2001"))
    reading = briefings.ask("/reading")
    rows = {each["team"]: counted(each) for each in reading["teams"]}
    assert rows == {
        "N-NPT": {"audience": 4, "held": 2, "read": 2, "held_not_read": 0, "not_reached": 2},
        "S-NPT": {"audience": 1, "held": 1, "read": 0, "held_not_read": 1, "not_reached": 0},
        None: {"audience": 1, "held": 0, "read": 0, "held_not_read": 0, "not_reached": 1},
    }
    assert (reading["data"], reading["officers"]) == ("complete", 4)
    for row in (reading, *reading["teams"]):
        for name, number in counted(row).items():
            href = row[name]["href"].removeprefix("/v1/briefings")
            assert len(briefings.ask(href)["items"]) == number
    first = briefings.ask("/reading/entries", limit=1, count="true")
    assert first["total"] == 6
    last = briefings.ask("/reading/entries", limit=200, cursor=first["next"])
    assert len(last["items"]) == 5
    # A supervisor counts the teams of their area; a period without items has no data.
    north = briefings.by("supervisor", lpas=["N"])
    assert [each["team"] for each in briefings.ask("/reading", sent=north)["teams"]] == ["N-NPT"]
    old = briefings.ask("/reading", **{"from": "2020-01-01", "to": "2020-01-07"})
    assert (old["data"], old["teams"], old["percent_read"]) == ("no_data", [], None)
    for days in ({"from": "2020-01-07", "to": "2020-01-01"}, {"from": "2020-01-01"}):
        briefings.ask("/reading", status=422, **days)
    briefings.ask("/reading", sent=briefings.officer(), status=403)


def test_reading_counts_no_item_that_the_reader_may_not_know(briefings):
    briefings.with_directory()
    plain = briefings.given()
    covert = briefings.given(handling="covert", handling_conditions="Do not disclose.")
    for role, known in (
        ("supervisor", {plain["id"], covert["id"]}),
        ("iom_manager", {plain["id"]}),
    ):
        sent = briefings.by(role, name="Counting")
        counted = briefings.ask("/reading", sent=sent)
        rows = briefings.ask("/reading/entries", sent=sent)["items"]
        assert {each["briefing_id"] for each in rows} == known
        assert counted["audience"]["count"] == len(rows)
