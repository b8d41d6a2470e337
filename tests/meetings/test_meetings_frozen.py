"""A pack is frozen: a day of whatever changes leaves every byte of it as each reader had it."""

from __future__ import annotations

from random import Random

import pytest
from builders import given_entry, given_neighbourhood
from forensics_given import Register as Hits
from meetings_given import ago
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

READERS = ("supervisor", "meeting_chair", "iom_manager", "chief_officer")


class Day:
    """A day on which people change, are arrested, merged and given new names."""

    def __init__(self, meetings, seed):
        self.meetings, self.dice = meetings, Random(seed)
        self.wants = [
            meetings.want(risk=risk, crime_reference=f"C/{number}")
            for number, risk in enumerate(("very_high", "high", "medium", "standard") * 2)
        ]
        self.hits = Hits(meetings.client, meetings.headers)
        self.hits.enter(received_at=ago(1), identified_at=ago(2))
        self.people = [each["person"] for each in self.wants]

    def pass_(self, changes):
        acts = [
            self._risk,
            self._end,
            self._rename,
            self._mark,
            self._arrest,
            self._merge,
            self._hit,
        ]
        for act in [*acts, *self.dice.choices(acts, k=changes)]:
            act()

    def _patch(self, path, **body):
        sent = self.meetings.by("supervisor") | {"If-Match": "*"}
        return self.meetings.client.patch(f"/v1/{path}", json=body, headers=sent)

    def _risk(self):
        risk = self.dice.choice(["very_high", "high", "medium", "standard"])
        want = self.dice.choice(self.wants)
        self._patch(f"wanted/{want['id']}", risk=risk, risk_rationale="New information")

    def _end(self):
        want = self.wants.pop()
        body = {"outcome": "withdrawn", "reason": "Court"}
        self.meetings.act(f"wanted/{want['id']}/outcomes", **body)
        self.wants.append(self.meetings.want(risk="medium"))

    def _rename(self):
        person = self.dice.choice(self.people)
        self._patch(f"people/{person['id']}", family_name=f"Renamed{self.dice.random()}")

    def _mark(self):
        code = self.dice.choice(["WE", "VI", "DR", "ES"])
        path = f"/v1/people/{self.dice.choice(self.people)['id']}/markers"
        body = {"code": code, "rationale": "Seen"}
        self.meetings.client.post(path, json=body, headers=self.meetings.by("supervisor"))

    def _arrest(self):
        self.meetings.detention(arrested_at=ago(minutes=5))

    def _hit(self):
        self.hits.enter(received_at=ago(minutes=5), identified_at=ago(2))

    def _merge(self):
        if len(self.people) < 3:
            return
        other = self.people.pop(self.dice.randrange(len(self.people)))
        self.merge(self.dice.choice(self.people), other)

    def merge(self, survivor, other):
        read = self.meetings.get(f"/v1/people/{survivor['id']}").headers["ETag"]
        version = self.meetings.get(f"/v1/people/{other['id']}").json["version"]
        body = {"other_person_id": other["id"], "other_version": version, "reason": "Fingerprints"}
        sent = self.meetings.by("investigator") | {"If-Match": read}
        path = f"/v1/people/{survivor['id']}/merges"
        return self.meetings.client.post(path, json=body, headers=sent)


@pytest.mark.parametrize("seed", [1])
def test_each_reader_has_the_same_bytes_after_a_day_of_changes(meetings, seed):
    day = Day(meetings, seed)
    packs = {}

    def hold():
        made = meetings.held()
        packs.update({(made["id"], role): meetings.pack(made, role).data for role in READERS})

    hold()
    for _ in range(2):
        day.pass_(8)
        hold()
    assert len(set(packs.values())) >= 9  # no two meetings, nor those who may see more or less
    for (meeting, role), drawn in packs.items():
        assert meetings.pack({"id": meeting}, role).data == drawn


def test_a_row_follows_its_person_to_the_survivor_of_a_merge_and_its_text_stays(meetings):
    """What protects the survivor then protects the rows of packs that were drawn before."""
    client, headers = meetings.client, meetings.headers
    given_neighbourhood(client, "E1", lpa="N")
    one, survivor, victim = (meetings.person() for _ in range(3))
    home = {"lines": ["5 Mill Lane"], "neighbourhood": "E1", "type": "home"}
    given_entry(client, headers, one, "addresses", **home)
    meetings.want(person_id=one["id"])
    meeting = meetings.held()
    drawn = meetings.pack(meeting, "force_manager").data
    day = Day(meetings, 3)
    merged = day.merge(survivor, one)
    assert merged.json["moved"]["meeting_items"] == 2  # a new want, and one of the others
    assert meetings.pack(meeting, "force_manager").data == drawn
    given_entry(client, headers, victim, "associations", type="victim_of", person_id=survivor["id"])
    item = meetings.section(meeting, "wants_other", "force_manager")["items"][0]
    assert (item["person"]["id"], item["lpa"]) == (one["id"], None)


def test_the_service_may_not_rewrite_what_was_drawn(meetings, connection):
    meeting = meetings.held()
    for statement in (
        "UPDATE meeting_items SET item = '{}'",
        "UPDATE meeting_sections SET counted = 0",
        "DELETE FROM meeting_items",
        "DELETE FROM meetings",
        "UPDATE meeting_minutes SET note = ''",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), connection.begin_nested():
            connection.execute(text(statement))
    assert meetings.read(meeting)["version"] == 1
