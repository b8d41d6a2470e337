"""Whatever happens in three days, a device that pulls now and then holds what a full pull shows."""

from __future__ import annotations

import os
import random
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from builders import given_neighbourhood, given_person
from devices_given import Device
from iom_given import PANEL, Iom
from mappa_given import Mappa
from orders_given import Orders
from registrations_given import Register

from offenders.clock import as_if_at

STEPS = int(os.environ.get("CHANGES_STEPS", "50"))
# Of the first ten these two name, without a care, somebody who is hidden.
SEEDS = range(4, 4 + int(os.environ.get("CHANGES_SEEDS", "2")))
WARDS = {"W1": "N", "W2": "N", "W3": "S"}
LONG = 24 * 365
SUMMARY = {"risk_to": ["public"], "what_to_do_if_met": "Do not approach alone."}


class Refused(Exception):
    """The token is no good any more: the device begins anew."""


class Careful(Device):
    """Begins anew where it is told to; knows whom its bearer was ever shown."""

    has_begun_whole = False

    def __init__(self, client, sent, wards):
        super().__init__(client, sent, wards)
        self.ever, self.begun_anew = set(), 0

    def ask(self, since=None, **query):
        asked = query | ({"since": since} if since else {})
        answer = self.client.get("/v1/changes", query_string=asked, headers=self.sent)
        if since and answer.status_code in {410, 422}:
            raise Refused
        assert answer.status_code == 200, answer.json
        for each in answer.json["items"]:
            if each["op"] == "upsert":
                self.ever.add(each["id"])
            elif each["id"] not in self.ever:
                path = f"/v1/people/{each['id']}"
                found = self.client.get(path, headers=self.sent).status_code
                assert found != 404, "removed, though never shown and hidden from them"
                self.ever.add(each["id"])
        return answer.json

    def ward(self, code):
        found = super().ward(code)
        self.ever.update(card["id"] for card in found)
        return found

    def pull(self, limit=200, pages=None):
        try:
            return super().pull(limit, pages)
        except Refused:
            self.begun_anew += 1
            self.begin()
            self.pull_wards()
            return super().pull(limit)

    def pull_wards(self):
        self.has_begun_whole = True
        for ward in self.wards:
            self.pull_ward(ward)


class World:
    """A force, its people and their officers; every edit goes through the API, or is refused."""

    def __init__(self, client, headers, force, seed):
        self.client, self.force = client, force
        self.headers = partial(headers, force=force)
        self.recorded = partial(given_person, client, headers, force=force)
        self.rnd = random.Random(seed)
        self.tally = Counter()
        self.now = datetime.now(UTC)
        for at, (code, lpa) in enumerate(WARDS.items()):
            given_neighbourhood(client, code, lpa=lpa, south_west=(52.0 + at, -1.0), force=force)
        self.orders = Orders(client, headers, force)
        self.register = Register(client, headers, force)
        self.iom, self.mappa = Iom(client, headers, force), Mappa(client, headers, force)
        self.people = [self.person(each) for each in range(7)]
        self.made = {kind: [] for kind in ("wants", "orders", "registrations", "members", "cases")}
        self.markers, self.merges = [], []
        self.devices = [
            self.device("neighbourhood_officer"),
            self.device("response_officer", lpas=["N"]),
            self.device("supervisor", lpas=["N"]),
            self.device("mappa_coordinator"),
            self.device("investigator", neighbourhoods=["W3", "W1"]),
            self.device("neighbourhood_officer", name="Cleared"),
        ]
        self.restrictions = []

    def person(self, number):
        ward = self.rnd.choice([*WARDS, None])
        home = [{"lines": [f"{number} High Street"], "neighbourhood": ward, "type": "home"}]
        return self.recorded(
            family_name=f"Person{number}",
            addresses=home if ward else [],
            date_of_birth=self.rnd.choice(["1980-01-01", None, "2012-01-01"]),
        )

    def device(self, role, *, lpas=(), neighbourhoods=(), name=None):
        claims = {"lpas": list(lpas), "neighbourhoods": list(neighbourhoods)}
        sent = self.headers(role, hours=LONG, name=name or f"Bearer {role}", **claims)
        is_whole = not lpas and not neighbourhoods
        wards = [c for c, lpa in WARDS.items() if is_whole or lpa in lpas or c in neighbourhoods]
        return Careful(self.client, sent, wards)

    def post(self, path, role="supervisor", **body):
        """Do something; what the rules refuse is no edit."""
        sent = self.headers(role, hours=LONG, If_Match="*")
        answer = self.client.post(f"/v1/{path}", json=body, headers=sent)
        assert answer.status_code in {200, 201, 409, 422, 404, 308}, answer.json
        self.tally[path.split("/")[-1], answer.status_code] += 1
        return answer.json if answer.status_code in {200, 201} else None

    def someone(self):
        return self.rnd.choice(self.people)["id"]

    def one_of(self, kind):
        return self.rnd.choice(self.made[kind]) if self.made[kind] else None

    def kept(self, kind, made):
        if made:
            self.made[kind].append(made)

    # Edits, each named after what an officer would call it.

    def open_want(self):
        body = {
            "person_id": self.someone(),
            "reason": self.rnd.choice(["named_suspect", "court_warrant", "prison_recall"]),
            "crime_reference": f"C/{self.rnd.random()}",
            "risk": self.rnd.choice(["very_high", "high", "medium", "standard"]),
            "neighbourhood": self.rnd.choice([*WARDS, None, None]),
            "power": self.rnd.choice(["PACE 1984 s.24", None]),
        }
        given = {name: value for name, value in body.items() if value is not None}
        self.kept("wants", self.post("wanted", **given))

    def close_want(self):
        if want := self.one_of("wants"):
            self.post(f"wanted/{want['id']}/outcomes", outcome="arrested")

    def move_want(self):
        if want := self.one_of("wants"):
            sent = self.headers("supervisor", hours=LONG, If_Match="*")
            body = {"neighbourhood": self.rnd.choice([*WARDS]), "risk": "medium"}
            self.client.patch(f"/v1/wanted/{want['id']}", json=body, headers=sent)

    def work_on_want(self):
        if want := self.one_of("wants"):
            if self.rnd.random() < 0.5:
                self.post(f"wanted/{want['id']}/attempts", place="Home", result="not_in")
            else:
                confirmed = dict.fromkeys(("person", "offence", "power", "markers"), True)
                self.post(f"wanted/{want['id']}/validations", **confirmed)

    def move_house(self):
        ward = self.rnd.choice([*WARDS])
        self.post(
            f"people/{self.someone()}/addresses", lines=["2"], neighbourhood=ward, type="home"
        )

    def protect(self):
        one, other = self.rnd.sample(self.people, 2)
        self.post(f"people/{one['id']}/associations", person_id=other["id"], type="victim_of")

    def mark(self):
        person = self.someone()
        code = self.rnd.choice(["VI", "FI", "DR"])
        made = self.post(f"people/{person}/markers", code=code, rationale="Seen.")
        if made:
            self.markers.append((person, made["id"]))

    def unmark(self):
        if self.markers:
            person, marker = self.markers.pop(self.rnd.randrange(len(self.markers)))
            self.post(f"people/{person}/markers/{marker}/removals", reason="No longer.")

    def make_order(self):
        today = self.now.date()
        days = self.rnd.choice([0, 1, 2, 7])
        body = {"made_on": (today - timedelta(days=20)).isoformat()}
        body["expires_on"] = (today + timedelta(days=days)).isoformat()
        body["conditions"] = [{"kind": "prohibition", "category": "curfew", "text": "Home at 9."}]
        answer = self.orders.post(person_id=self.someone(), type="DVPO", **body)
        self.kept("orders", answer.json if answer.status_code == 201 else None)

    def end_order(self):
        if order := self.one_of("orders"):
            self.post(f"orders/{order['id']}/discharges", reason="Court.", ending="discharged")

    def enrol(self):
        answer = self.register.post(person_id=self.someone())
        self.kept("registrations", answer.json if answer.status_code == 201 else None)

    def unenrol(self):
        if record := self.one_of("registrations"):
            body = {"outcome": "entered_in_error", "reason": "Wrong."}
            self.post(f"registrations/{record['id']}/closures", "offender_manager", **body)

    def join_iom(self):
        nominated = self.iom.try_nominating({"id": self.someone()})
        if nominated.status_code == 201:
            decided = self.iom.try_deciding(nominated.json, panel=PANEL)
            if decided.status_code == 201:
                self.kept("members", {"id": decided.json["member_id"]})

    def leave_iom(self):
        if member := self.one_of("members"):
            body = {"reason": "completed", "rationale": "Done.", "what_worked": "Work."}
            self.post(f"iom/members/{member['id']}/exits", "iom_manager", **body)

    def enter_mappa(self):
        answer = self.mappa.post(person_id=self.someone())
        self.kept("cases", answer.json if answer.status_code == 201 else None)

    def tell_locally(self):
        if case := self.one_of("cases"):
            self.post(f"mappa/cases/{case['id']}/local-summaries", "mappa_coordinator", **SUMMARY)

    def leave_mappa(self):
        if case := self.one_of("cases"):
            self.post(f"mappa/cases/{case['id']}/exits", "mappa_coordinator", reason="deceased")

    def merge(self):
        one, other = self.rnd.sample(self.people, 2)
        body = {"other_person_id": other["id"], "reason": "The same.", "other_version": 1}
        shown = self.client.get(
            f"/v1/people/{other['id']}", headers=self.headers("supervisor", hours=LONG)
        )
        body["other_version"] = shown.json.get("version", 1)
        made = self.post(f"people/{one['id']}/merges", **body)
        if made:
            self.merges.append(made["id"])

    def reverse(self):
        if self.merges:
            self.post(f"merges/{self.merges.pop()}/reversals", reason="Twins.")

    def restrict(self):
        """From all but whoever does it and, more often than not, one officer by name."""
        person = self.someone()
        body = {
            "reason": "A witness whose life is in danger.",
            "until": (self.now + timedelta(hours=self.rnd.choice([2, 9, 40]))).isoformat(),
            "officers": self.rnd.choice([["dev-cleared"], ["dev-cleared"], []]),
            "roles": self.rnd.choice([["investigator"], []]),
        }
        made = self.post(f"people/{person}/restrictions", **body)
        if made:
            self.restrictions.append((person, made["id"]))

    def lift(self):
        if self.restrictions:
            at = self.rnd.randrange(len(self.restrictions))
            person, made = self.restrictions.pop(at)
            self.post(f"people/{person}/restrictions/{made}/ends", reason="The trial is over.")

    def see_in_emergency(self):
        role = "neighbourhood_officer"
        sent = self.headers(role, hours=LONG, name="Cleared")
        body = {"person_id": self.someone(), "reason": "He was seen with a knife.", "minutes": 5}
        answer = self.client.post("/v1/emergency-access", json=body, headers=sent)
        assert answer.status_code in {201, 409}, answer.json

    def nothing_but_time(self):
        self.now += timedelta(hours=self.rnd.choice([1, 5, 12]))

    def edit(self):
        edits = [self.open_want] * 3 + [self.close_want, self.move_want, self.work_on_want]
        edits += [self.move_house, self.protect, self.mark, self.unmark, self.make_order]
        edits += [self.end_order, self.enrol, self.unenrol, self.join_iom, self.leave_iom]
        edits += [self.enter_mappa, self.tell_locally, self.tell_locally, self.leave_mappa]
        edits += [self.merge, self.reverse, self.nothing_but_time]
        edits += [self.restrict] * 3 + [self.lift, self.lift, self.see_in_emergency]
        self.rnd.choice(edits)()

    # What devices do, at random moments.

    def use_a_device(self):
        device = self.rnd.choice(self.devices)
        chance = self.rnd.random()
        if device.token is None:
            device.begin()
        elif chance < 0.25:
            device.pull_ward(self.rnd.choice(device.wards))
        elif chance < 0.4:
            with suppress(Refused):
                device.ask(device.token, limit=2)  # and the answer is lost
        elif chance < 0.6:
            device.pull(limit=self.rnd.choice([1, 2]), pages=1)
        elif device.has_begun_whole:
            device.pull(limit=3)
            assert device.held == device.whole()
        else:
            device.pull_wards()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_device_ends_with_exactly_what_a_full_pull_shows(committing_client, headers, force, seed):
    world = World(committing_client, headers, force, seed)
    for _ in range(STEPS):
        with as_if_at(world.now):
            world.edit()
            if world.rnd.random() < 0.6:
                world.use_a_device()
        world.now += timedelta(hours=72 / STEPS)
    done = sum(n for (_, status), n in world.tally.items() if status in {200, 201})
    assert done > STEPS / 4, world.tally
    with as_if_at(world.now):
        for device in world.devices:
            if device.token is None or not device.has_begun_whole:
                device.begin()
                device.pull_wards()
            assert device.pull(limit=2).held == device.whole()
        assert any(device.held for device in world.devices)
