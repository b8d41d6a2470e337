"""Meetings from outside: their packs are frozen, their decisions are tasks, nothing is lost."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from builders import given_entry, given_neighbourhood
from forensics_given import Register as Hits
from iom_given import Iom
from meetings_given import ago, ahead

from offenders import clock

INSIDE, OUTSIDE = {"hours": 23, "minutes": 59}, {"hours": 24, "minutes": 1}


def test_what_happened_in_the_last_24_hours_is_in_to_the_minute(meetings, client, headers):
    """F130: 23 h 59 min before the cut-off is in, 24 h 01 min is not unless still high risk."""
    hits = Hits(client, headers)
    told = {}
    for name, when in (("in", ago(**INSIDE)), ("out", ago(**OUTSIDE))):
        entered = {"entered_at": when, "risk": "standard", "crime_reference": f"C-{name}"}
        told[name] = {
            "new_wants": meetings.want(**entered)["id"],
            "high": meetings.want(**(entered | {"risk": "very_high"}))["id"],
            "new_hits": hits.enter(received_at=when, identified_at=when)["id"],
            "arrests": meetings.detention(arrested_at=when)["id"],
        }
        ended = meetings.want(entered_at=ago(hours=50))
        path = f"wanted/{ended['id']}/outcomes"
        meetings.act(path, outcome="withdrawn", occurred_at=when, reason="Court")
        told[name]["ended_wants"] = ended["id"]
        freed = meetings.detention(arrested_at=ago(hours=30))
        meetings.act(f"detentions/{freed['id']}/releases", "custody_client", released_at=when)
        told[name]["custody_releases"] = freed["id"]
    meeting = meetings.held()
    pack = {each["section"]: each for each in meetings.pack(meeting).json["sections"]}
    for section in ("new_wants", "new_hits", "arrests", "ended_wants", "custody_releases"):
        ids = {item["id"] for item in pack[section]["items"]}
        assert (section, told["in"][section] in ids) == (section, True)
        assert (section, told["out"][section] in ids) == (section, False)
    high = [item["id"] for item in pack["wants_high_risk"]["items"]]
    assert high == [told["out"]["high"], told["in"]["high"]]
    # A hit without a want of its own to be given is not forgotten, either.
    assert [each["id"] for each in pack["hits_to_allocate"]["items"]] == [told["out"]["new_hits"]]


def test_what_was_both_entered_and_ended_since_the_last_pack_is_not_lost(meetings):
    """As in the hour that the clocks put back, or days ago and recorded late."""
    meetings.held()
    want = meetings.want(entered_at=ago(hours=60))
    told = {"outcome": "withdrawn", "occurred_at": ago(hours=50), "reason": "Court"}
    meetings.act(f"wanted/{want['id']}/outcomes", **told)
    second = meetings.held()
    assert want["id"] in meetings.ids(second, "new_wants")
    assert want["id"] in meetings.ids(second, "ended_wants")
    assert meetings.ids(meetings.held(), "ended_wants") == []


def test_a_member_who_moved_away_still_is_one(meetings, client, headers):
    """What has left the area has ended here, and says how it stands elsewhere."""
    for number, lpa in enumerate(("N", "S")):
        given_neighbourhood(client, f"{lpa}1", lpa=lpa, south_west=(52.0 + number, -1.0))
    iom = Iom(client, headers, meetings.force)
    member = iom.member(nomination={"lpa": "N", "neighbourhood": "N1"})
    meetings.held(lpa="N")
    placed = {"lpa": "S", "neighbourhood": "S1"}
    sent = iom.sent | {"If-Match": "*"}
    answer = client.patch(f"/v1/iom/members/{member['id']}", json=placed, headers=sent)
    assert answer.status_code == 200, answer.json
    section = meetings.section(meetings.held(lpa="N"), "changes", "iom_manager")
    (moved,) = [each for each in section["items"] if each["id"] == member["id"]]
    assert (moved["change"], moved["before"], moved["after"]) == ("ended", "red", "red")


def test_what_is_recorded_after_the_cut_off_is_in_the_next_pack(meetings, client, headers):
    """F026; and what is recorded late, of days ago, is in no earlier pack: so it is in this."""
    ended, freed = meetings.want(entered_at=ago(90)), meetings.detention(arrested_at=ago(40))
    first = meetings.held()
    late = Hits(client, headers).enter(received_at=ago(hours=60), identified_at=ago(hours=70))
    want = meetings.want(entered_at=ago(hours=60))
    told = {"outcome": "withdrawn", "occurred_at": ago(50), "reason": "Court"}
    meetings.act(f"wanted/{ended['id']}/outcomes", **told)
    release = {"released_at": ago(30)}
    meetings.act(f"detentions/{freed['id']}/releases", "custody_client", **release)
    assert meetings.ids(first, "new_hits") == []
    second = meetings.held()
    assert meetings.ids(second, "new_hits") == [late["id"]]
    assert meetings.ids(second, "hits_to_allocate") == []
    new = meetings.section(second, "new_wants")
    groups = {each["group"]: each["count"] for each in new["groups"]}
    assert (groups, [each["id"] for each in new["items"]]) == ({"recorded_late": 1}, [want["id"]])
    assert meetings.ids(second, "ended_wants") == [ended["id"]]
    assert meetings.ids(second, "custody_releases") == [freed["id"]]
    assert meetings.read(second)["previous"]["id"] == first["id"]
    third = meetings.held()
    for section in ("new_hits", "new_wants", "ended_wants", "custody_releases"):
        assert (section, meetings.ids(third, section)) == (section, [])


def test_a_pack_is_the_same_after_a_day_of_changes_and_the_next_says_what_changed(meetings):
    low, high = meetings.want(risk="standard"), meetings.want(risk="high")
    gone = meetings.want(risk="medium")
    first = meetings.held(chair="INSP1")
    drawn = meetings.pack(first)
    done, left = meetings.decided(first), meetings.decided(first, subject=subject("want", high))
    # A day passes.
    patched = meetings.client.patch(
        f"/v1/wanted/{low['id']}",
        json={"risk": "very_high", "risk_rationale": "Threats to kill"},
        headers=meetings.by("supervisor") | {"If-Match": "*"},
    )
    assert patched.status_code == 200, patched.json
    meetings.act(f"wanted/{gone['id']}/outcomes", outcome="withdrawn", reason="Court")
    new = meetings.want(risk="medium")
    given_entry(
        meetings.client,
        meetings.headers,
        high["person"],
        "markers",
        code="WE",
        rationale="Seen with a knife",
    )
    renamed = meetings.client.patch(
        f"/v1/people/{high['person']['id']}",
        json={"family_name": "Changed"},
        headers=meetings.by("investigator") | {"If-Match": "*"},
    )
    assert renamed.status_code == 200, renamed.json
    meetings.act(f"tasks/{done['id']}/completions", result="Arrested at 05:10", arrests=1)

    again = meetings.pack(first)
    assert again.data == drawn.data
    assert again.headers["ETag"] == drawn.headers["ETag"]
    tag = {"If-None-Match": drawn.headers["ETag"]}
    same = meetings.client.get(f"/v1/meetings/{first['id']}/pack", headers=meetings.sent | tag)
    assert (same.status_code, same.data) == (304, b"")

    second = meetings.held()
    changes = meetings.section(second, "changes")
    assert {
        (each["type"], each["reference"], each["change"], each["before"], each["after"])
        for each in changes["items"]
    } == {
        ("want", low["reference"], "changed", "standard", "very_high"),
        ("want", gone["reference"], "ended", "medium", "withdrawn"),
        ("want", new["reference"], "new", None, "medium"),
    }
    carried = meetings.section(second, "carried_actions")["items"]
    assert [(each["id"], each["carried_over"]) for each in carried] == [(left["id"], 1)]
    results = meetings.section(second, "results")["items"]
    assert [(each["id"], each["result"], each["arrests"]) for each in results] == [
        (done["id"], "Arrested at 05:10", 1)
    ]
    third = meetings.held()
    carried = meetings.section(third, "carried_actions")["items"]
    assert [(each["id"], each["carried_over"]) for each in carried] == [(left["id"], 2)]
    assert meetings.section(third, "results")["count"] == 0
    assert meetings.section(third, "changes")["count"] == 0
    assert meetings.pack(first).data == drawn.data


def subject(kind, record):
    return {"type": kind, "id": record["id"]}


def test_the_first_meeting_has_nothing_to_compare_with(meetings):
    meetings.want()
    meeting = meetings.held()
    assert meetings.section(meeting, "changes")["count"] == "no_data"
    # The register has wants, and none of them ended; of MAPPA it knows nothing at all.
    assert meetings.section(meeting, "ended_wants")["count"] == 0
    assert meetings.section(meeting, "mappa")["count"] == "no_data"


def test_decisions_make_tasks_that_are_shown_with_the_meeting(meetings):
    given_neighbourhood(meetings.client, "E1", lpa="N")
    want = meetings.want(lpa="N")
    meeting = meetings.held(lpa="N")
    about = subject("want", want)
    made = meetings.decided(meeting, subject=about, rationale="Seen there on Sunday")
    assert (made["meeting_id"], made["lpa"], made["subject"]["id"]) == (
        meeting["id"],
        "N",
        want["id"],
    )
    assert made["source"] == {"type": "decision", "id": meeting["id"]}
    assert meetings.decided(meeting, action="Brief the night shift on the estate")["lpa"] == "N"
    shown = meetings.read(meeting)
    assert made["reference"] in {each["reference"] for each in shown["decisions"]}
    assert len(shown["decisions"]) == 2
    noted = meetings.act(
        f"meetings/{meeting['id']}/minutes", section="new_wants", note="All gone through"
    )
    assert [(each["section"], each["note"]) for each in noted["minutes"]] == [
        ("new_wants", "All gone through")
    ]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"owner_officer": None}, "/owner_officer"),
        ({"owner_team": "CID"}, "/owner_team"),
        ({"due_at": None}, "/due_at"),
        ({"due_at": "2020-01-01T10:00:00Z"}, "/due_at"),
        ({"action": None}, "/action"),
        ({"action": "Monitor the situation"}, "/action"),
        (
            {"subject": {"type": "want", "id": "00000000-0000-8000-8000-000000000000"}},
            "/subject/id",
        ),
    ],
)
def test_a_decision_that_nobody_could_act_on_is_refused(meetings, fields, pointer):
    answer = meetings.decide(meetings.held(), **fields)
    assert answer.status_code == 422
    assert [each["pointer"] for each in answer.json["errors"]] == [pointer]
    assert meetings.client.get("/v1/tasks", headers=meetings.sent).json["items"] == []


def test_a_meeting_in_the_future_or_of_nowhere_is_refused(meetings):
    given_neighbourhood(meetings.client, "E1", lpa="N")
    given_neighbourhood(meetings.client, "E2", lpa="S", south_west=(53, -1))
    of_north = meetings.by("meeting_chair", lpas=["N"])
    for fields, pointer, sent in (
        ({"held_at": ahead(1)}, "/held_at", None),
        ({"cut_off": ahead(1)}, "/cut_off", None),
        ({"held_at": ago(2), "cut_off": ago(1)}, "/cut_off", None),
        ({"lpa": "NOWHERE"}, "/lpa", None),
        ({"tier": "lpa"}, "/lpa", None),
        ({"tier": "force", "lpa": "N"}, "/lpa", None),
        ({"kind": "yearly"}, "/kind", None),
        ({"lpa": "S"}, "/lpa", of_north),
        ({}, "/tier", of_north),
    ):
        answer = meetings.post(sent, **fields)
        assert (fields, answer.status_code) == (fields, 422)
        assert [each["pointer"] for each in answer.json["errors"]] == [pointer]
    assert meetings.post(of_north, lpa="N").status_code == 201


def test_the_same_meeting_is_made_once_and_a_past_one_knows_only_what_was_known(meetings):
    want = meetings.want()
    between = clock.now()
    later = meetings.want()
    told = {"cut_off": between.isoformat(), "held_at": clock.now().isoformat()}
    made = meetings.held(**told)
    again = meetings.post(**told)
    assert (again.status_code, again.json["href"]) == (409, f"/v1/meetings/{made['id']}")
    assert meetings.ids(made, "wants_other") == [want["id"]]
    fortnight = meetings.held(**told, kind="fortnightly")
    since, cut_off = (datetime.fromisoformat(fortnight[name]) for name in ("since", "cut_off"))
    assert cut_off - since == timedelta(days=14)
    assert set(meetings.ids(meetings.held(), "wants_other")) == {want["id"], later["id"]}
    listed = meetings.get("/v1/meetings?kind=daily&count=true").json
    assert (len(listed["items"]), listed["total"]) == (2, 2)


def test_who_was_there_is_said_afterwards_and_the_pack_stays(meetings):
    meetings.want()
    meeting = meetings.held()
    pack, path = meetings.pack(meeting).data, f"/v1/meetings/{meeting['id']}"
    body = {
        "chair": "INSP1",
        "attendance": [
            {"officer": "PC1"},
            {"officer": "J", "agency": "probation", "present": False},
        ],
    }
    assert meetings.client.patch(path, json=body, headers=meetings.sent).status_code == 428
    sent = meetings.sent | {"If-Match": '"1"'}
    assert meetings.client.patch(path, json=body, headers=sent).status_code == 200
    assert meetings.client.patch(path, json=body, headers=sent).status_code == 412
    shown = meetings.read(meeting)
    assert (shown["chair"], shown["version"], len(shown["attendance"])) == ("INSP1", 2, 2)
    assert shown["attendance"][0] == {"officer": "PC1", "agency": "police", "present": True}
    assert meetings.pack(meeting).data == pack
