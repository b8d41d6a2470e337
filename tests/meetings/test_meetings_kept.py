"""How long packs are kept, and that one area's fault costs no other its pack."""

from __future__ import annotations

import pytest
from builders import given_neighbourhood
from meetings_given import Meetings, set_figure
from sqlalchemy import text

from offenders.domain.meetings import service, store
from offenders.jobs import runner
from offenders.jobs.timetable import find_job

FORMS = ("json", "csv", "xlsx", "pdf")


def tidied(engine, force):
    made = runner.run(engine, find_job("housekeeping"), forces=[force])
    assert made.state == "succeeded"


def aged(owner, meeting, days):
    """Make a pack so many days old, as only its owner could."""
    sql = text(
        "UPDATE meetings SET recorded_at = now() - make_interval(days => :days),"
        " cut_off = least(cut_off, now() - make_interval(days => :days)),"
        " since = now() - make_interval(days => :days + 1) WHERE id = :id"
    )
    with owner.begin() as connection:
        connection.execute(sql, {"id": meeting["id"], "days": days})


@pytest.fixture
def committed(committing_app, headers, fresh_force):
    """Give the API of meetings of a force of the test's own."""
    return Meetings(committing_app.test_client(), headers, fresh_force)


def test_a_pack_goes_after_its_time_and_the_meeting_stays(committed, engine, owner):
    set_figure(committed, kept_days=40)
    committed.want()
    kept, old, held = (committed.drawn() for _ in range(3))
    task = committed.decided(old)
    path, sent = f"/v1/meetings/{held['id']}", committed.sent | {"If-Match": "*"}
    hold = committed.client.patch(path, json={"pack_hold": "IOPC 2026/1"}, headers=sent)
    assert (hold.status_code, hold.json["pack_hold"]) == (200, "IOPC 2026/1")
    for meeting, days in ((kept, 39), (old, 41), (held, 400)):
        aged(owner, meeting, days)
    for _ in range(2):
        tidied(engine, committed.force)
    for form in FORMS:
        address = f"/v1/meetings/{old['id']}/pack?format={form}&purpose=meeting"
        gone = committed.get(address, status=410)
        assert gone.json["type"] == "urn:offenders:problem:gone"
        assert (gone.json["rule"], gone.json["href"]) == (
            "meeting-packs",
            f"/v1/meetings/{old['id']}",
        )
    shown = committed.read(old)
    assert shown["pack_dropped_at"] == gone.json["dropped_at"]
    assert [each["id"] for each in shown["decisions"]] == [task["id"]]
    assert {committed.pack(each).status_code for each in (kept, held)} == {200}
    # Once the hold is taken away, it goes the next time; what has gone can't be held any more.
    committed.client.patch(path, json={"pack_hold": None}, headers=sent)
    tidied(engine, committed.force)
    committed.get(f"{path}/pack", status=410)
    assert committed.client.patch(path, json={"pack_hold": "x"}, headers=sent).status_code == 409
    # What changed is told from the registers: no pack is needed to say it.
    assert committed.section(committed.drawn(), "changes")["count"] == 1


def test_a_pack_that_goes_while_it_is_read_is_gone_rather_than_empty(
    committed, engine, owner, monkeypatch
):
    set_figure(committed, kept_days=40)
    committed.want()
    old = committed.drawn()
    aged(owner, old, 41)
    read = store.read_sections

    def read_as_it_goes(session, *asked):
        found = read(session, *asked)
        tidied(engine, committed.force)
        return found

    monkeypatch.setattr(store, "read_sections", read_as_it_goes)
    committed.get(f"/v1/meetings/{old['id']}/pack", status=410)


def test_packs_are_kept_for_ever_unless_the_force_says_otherwise(committed, engine, owner):
    meeting = committed.drawn()
    aged(owner, meeting, 10_000)
    tidied(engine, committed.force)
    committed.pack(meeting)


def test_no_policy_lets_a_pack_of_this_month_go(committed, engine, owner):
    set_figure(committed, kept_days=1)
    young, old = committed.drawn(), committed.drawn()
    aged(owner, young, 27)
    aged(owner, old, 29)
    tidied(engine, committed.force)
    committed.pack(young)
    committed.get(f"/v1/meetings/{old['id']}/pack", status=410)


def test_packs_kept_for_longer_than_the_calendar_goes_back_stay_and_all_else_is_still_tidied(
    committed, engine, owner
):
    set_figure(committed, kept_days=1_000_000)  # the highest figure there is
    old = committed.drawn()
    aged(owner, old, 4000)
    tidied(engine, committed.force)
    committed.pack(old)


def test_an_area_whose_pack_fails_costs_the_others_nothing(committed, engine, monkeypatch):
    for number, lpa in enumerate(("N", "S", "T")):
        given_neighbourhood(
            committed.client,
            f"{lpa}1",
            lpa=lpa,
            force=committed.force,
            south_west=(52.0 + number, -1.0),
        )
    set_figure(committed, drawn_daily=1, drawn_hour=0)
    convene, job = service.make_daily_meeting, find_job("daily-meetings")

    def fails_in_s(session, new):
        convene(session, new)
        if new.lpa == "S":
            session.execute(text("SELECT 1 / 0"))

    monkeypatch.setattr(service, "make_daily_meeting", fails_in_s)
    rehearsed = runner.run(engine, job, dry_run=True, forces=[committed.force])
    assert (rehearsed.state, committed.get("/v1/meetings").json["items"]) == ("failed", [])
    made = runner.run(engine, job, forces=[committed.force])
    assert (made.state, made.error) == ("partly_failed", f"{committed.force}: DataError 22012")
    drawn = committed.get("/v1/meetings").json["items"]
    assert {each["lpa"] for each in drawn} == {None, "N", "T"}
    # Each was there for all to see before the next was begun.
    assert len({each["drawn_at"] for each in drawn}) == 3
    monkeypatch.undo()
    made = runner.run(engine, job, forces=[committed.force])
    assert made.state == "succeeded"
    assert {each["lpa"] for each in committed.get("/v1/meetings").json["items"]} == {
        None,
        "N",
        "S",
        "T",
    }
