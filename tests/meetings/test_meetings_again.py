"""Packs drawn more than once for one meeting: nothing is told or carried over twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from builders import given_neighbourhood
from meetings_given import Meetings, ago

from offenders import clock, db
from offenders.db import Work, transaction
from offenders.domain.access import Scope
from offenders.domain.meetings.service import NewMeeting, Tier, convene


def carried(meetings, meeting):
    items = meetings.section(meeting, "carried_actions")["items"]
    return [(each["id"], each["carried_over"]) for each in items]


def previous(meeting):
    return (meeting["previous"] or {}).get("id")


def changed(meetings, meeting):
    return [each["id"] for each in meetings.section(meeting, "changes")["items"]]


def test_a_pack_drawn_anew_says_what_the_first_said_and_carries_nothing_twice(meetings):
    """As where one is drawn at 07:00 by itself, and the chair draws another at 08:00."""
    first = meetings.drawn()
    task = meetings.decided(first)
    want = meetings.want()
    early = meetings.drawn()
    late = meetings.want()
    anew = meetings.drawn(chair="INSP1")
    assert previous(early) == previous(anew) == first["id"]
    assert changed(meetings, early) == [want["id"]]
    assert set(changed(meetings, anew)) == {want["id"], late["id"]}
    assert carried(meetings, early) == carried(meetings, anew) == [(task["id"], 1)]
    assert meetings.get(f"/v1/tasks/{task['id']}").json["carried_over"] == 1
    # Of an earlier moment, drawn later still: it has been carried all the same.
    before = datetime.fromisoformat(early["cut_off"]) - timedelta(microseconds=1)
    assert carried(meetings, meetings.drawn(cut_off=before.isoformat())) == [(task["id"], 0)]
    assert meetings.get(f"/v1/tasks/{task['id']}").json["carried_over"] == 1
    # Another rhythm is another meeting.
    meetings.drawn(kind="monthly")
    assert meetings.get(f"/v1/tasks/{task['id']}").json["carried_over"] == 2


def test_a_task_is_carried_by_the_meeting_that_decided_it_and_shown_by_others(meetings):
    """A decision of the force's meeting about an area is no less theirs, and counts once a day."""
    given_neighbourhood(meetings.client, "E1", lpa="N")
    force, area = meetings.held(), meetings.held(lpa="N")
    about = {"subject": {"type": "want", "id": meetings.want(lpa="N")["id"]}}
    theirs, own = meetings.decided(force, **about), meetings.decided(area, **about)
    assert (theirs["lpa"], own["lpa"]) == ("N", "N")
    for day in (1, 2):
        assert dict(carried(meetings, meetings.held())) == {theirs["id"]: day}
        in_area = dict(carried(meetings, meetings.held(lpa="N")))
        assert in_area == {theirs["id"]: day, own["id"]: day}
    counts = [
        meetings.get(f"/v1/tasks/{each['id']}").json["carried_over"] for each in (theirs, own)
    ]
    assert counts == [2, 2]


@pytest.mark.parametrize("way", ["minute", "decision", "attendance"])
def test_what_is_recorded_of_a_meeting_makes_it_the_last_one(meetings, way):
    meetings.want()
    last = meetings.drawn()
    if way == "minute":
        meetings.act(f"meetings/{last['id']}/minutes", note="All gone through")
    elif way == "decision":
        meetings.decided(last)
    else:
        path, sent = f"/v1/meetings/{last['id']}", meetings.sent | {"If-Match": "*"}
        body = {"attendance": [{"officer": "INSP1"}]}
        assert meetings.client.patch(path, json=body, headers=sent).status_code == 200
    following = meetings.drawn()
    assert previous(following) == last["id"]
    assert changed(meetings, following) == []
    assert len(carried(meetings, following)) == (way == "decision")


@pytest.mark.parametrize(
    ("kind", "hours", "is_apart"),
    [
        ("daily", 11.9, False),
        ("daily", 12.1, True),
        ("fortnightly", 24 * 6.9, False),
        ("fortnightly", 24 * 7.1, True),
        ("monthly", 24 * 14.9, False),
        ("monthly", 24 * 15.1, True),
    ],
)
def test_packs_apart_are_of_two_meetings_though_nobody_recorded_anything(
    meetings, kind, hours, is_apart
):
    early = meetings.drawn(kind=kind, cut_off=ago(hours))
    following = meetings.drawn(kind=kind)
    assert previous(following) == (early["id"] if is_apart else None)


def test_packs_drawn_at_once_for_one_meeting_carry_a_task_once(
    committing_app, headers, fresh_force
):
    clerks = [Meetings(committing_app.test_client(), headers, fresh_force) for _ in range(3)]
    task = clerks[0].decided(clerks[0].drawn())
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda clerk: clerk.post(), clerks))
    # Each waits for the others to settle: two that are drawn as at one moment are one meeting.
    assert {201} <= {answer.status_code for answer in answers} <= {201, 409}
    for clerk, answer in zip(clerks, answers, strict=True):
        if answer.status_code == 201:
            assert carried(clerk, answer.json) == [(task["id"], 1)]
    assert clerks[0].get(f"/v1/tasks/{task['id']}").json["carried_over"] == 1


def test_who_clashes_without_a_cut_off_is_told_which_meeting_it_is(
    committing_app, engine, headers, fresh_force, monkeypatch
):
    """Both are drawn as at the last settled moment while somebody else is still writing."""
    monkeypatch.setattr(db, "SETTLE_WAIT_SECONDS", 0.1)
    clerks = [Meetings(committing_app.test_client(), headers, fresh_force) for _ in range(2)]
    clerks[0].want()
    with transaction(engine, Work(fresh_force)), ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda clerk: clerk.post(), clerks))
    made, clash = sorted(answers, key=lambda answer: answer.status_code)
    assert (made.status_code, clash.status_code) == (201, 409)
    assert clash.json["href"] == f"/v1/meetings/{made.json['id']}"


def test_who_can_not_wait_for_the_first_is_told_where_it_will_be(
    impatient_app, engine, headers, fresh_force
):
    """The first one's pack takes long to draw; whoever asks for the same one needn't try again."""
    clerk = Meetings(impatient_app.test_client(), headers, fresh_force)
    clerk.want()
    at = clock.now()
    first = NewMeeting(Tier.FORCE, held_at=at, cut_off=at)
    with transaction(engine, Work(fresh_force)) as session:
        convene(session, Scope(fresh_force), "first", first)
        clash = clerk.post(held_at=at.isoformat())
    assert clash.status_code == 409
    assert clash.json["href"] == "/v1/meetings?kind=daily&tier=force&limit=1"
    (found,) = clerk.get(clash.json["href"]).json["items"]
    assert datetime.fromisoformat(found["cut_off"]) == at
