"""The whole machine over the API, against a model that keeps its own books."""

from __future__ import annotations

from urllib.parse import urlsplit

from builders import given_person
from forensics_given import Register, hit_body
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

ENDS = ("arrested", "interviewed", "withdrawn", "surrendered")
OUTCOMES = ("arrested", "interviewed", "charged", "not_traced", "deceased")
DEALT = {"arrested", "surrendered", "interviewed", "charged_elsewhere"}
CRIMES = ("33/a/26", "33/b/26")


class Machine(RuleBasedStateMachine):
    """Enters, researches, allocates, ends and eliminates in any order."""

    client = headers = None

    def __init__(self):
        super().__init__()
        self.register = Register(self.client, self.headers)
        self.people = [given_person(self.client, self.headers)["id"] for _ in range(2)]
        self.hits, self.wants = {}, {}

    def state(self, hit):
        own, want = hit["own"], self.wants.get(hit["want"], "outstanding")
        is_done = own in {"outcome_returned", "eliminated"} or want == "outstanding"
        return own if is_done else want

    def some(self, place):
        ids = sorted(self.hits)
        return (ids[place % len(ids)]) if ids else None

    @rule(person=st.integers(0, 1), crime=st.sampled_from(CRIMES), twice=st.booleans())
    def enter(self, person, crime, twice):
        body = hit_body(person_id=self.people[person], crime_reference=crime)
        made = self.register.enter(**body)
        if twice:
            assert self.register.post(**body).status_code == 200
        of_person = [hit for hit in self.hits.values() if hit["person"] == person]
        of_crime = [hit["want"] for hit in of_person if hit["want_crime"] == crime]
        exact = [want for want in of_crime if self.wants[want] == "outstanding"]
        settled = [want for want in of_crime if self.wants[want] in DEALT]
        dead = [hit["want"] for hit in of_person if self.wants[hit["want"]] == "deceased"]
        expected = exact or settled or dead or [None]
        if expected[0] is None:
            assert made["want_id"] not in self.wants
            self.wants[made["want_id"]] = "outstanding"
            want_crime = crime
        else:
            assert made["want_id"] in expected
            want_crime = next(
                hit["want_crime"] for hit in self.hits.values() if hit["want"] == made["want_id"]
            )
        self.hits[made["id"]] = {
            "own": "received",
            "want": made["want_id"],
            "person": person,
            "want_crime": want_crime,
        }

    @rule(place=st.integers(0, 9))
    def research(self, place):
        if (hit_id := self.some(place)) is None:
            return
        hit = self.hits[hit_id]
        status = self.register.do({"id": hit_id}, "research").status_code
        if hit["own"] in {"outcome_returned", "eliminated"}:
            assert status == 409
            return
        assert status == 201
        hit["own"] = "researched" if hit["own"] == "received" else hit["own"]

    @rule(place=st.integers(0, 9))
    def allocate(self, place):
        if (hit_id := self.some(place)) is None:
            return
        hit = self.hits[hit_id]
        is_open = self.state(hit) in {"received", "researched"}
        team = {"owner_team": "T1"}
        answer = self.register.do({"id": hit_id}, "allocations", **team)
        assert (answer.status_code == 201) == is_open, answer.json
        hit["own"] = "allocated" if is_open else hit["own"]

    @rule(place=st.integers(0, 9), outcome=st.sampled_from(OUTCOMES))
    def outcome(self, place, outcome):
        if (hit_id := self.some(place)) is None:
            return
        hit = self.hits[hit_id]
        state = self.state(hit)
        answer = self.register.do({"id": hit_id}, "outcomes", outcome=outcome)
        if state in {"received", "researched"}:
            assert answer.status_code == 422
            return
        ends = outcome in {"arrested", "interviewed"}
        is_open = self.wants[hit["want"]] == "outstanding"
        needs = outcome == "charged"
        allowed = state not in {"outcome_returned", "eliminated"} and (
            is_open if ends else (state in DEALT or not needs)
        )
        assert answer.status_code == (201 if allowed else 409), answer.json
        if allowed and ends:
            self.wants[hit["want"]] = outcome
        elif allowed:
            hit["own"] = "outcome_returned"
            if outcome == "deceased" and is_open:
                self.wants[hit["want"]] = "deceased"

    @rule(place=st.integers(0, 9))
    def eliminate(self, place):
        if (hit_id := self.some(place)) is None:
            return
        hit = self.hits[hit_id]
        answer = self.register.do({"id": hit_id}, "eliminations", reason="error")
        assert (answer.status_code == 201) == (hit["own"] != "eliminated")
        hit["own"] = "eliminated"
        behind = [each for each in self.hits.values() if each["want"] == hit["want"]]
        is_last = all(each["own"] == "eliminated" for each in behind)
        if is_last and self.wants[hit["want"]] == "outstanding":
            self.wants[hit["want"]] = "no_longer_wanted"

    @rule(place=st.integers(0, 9), end=st.sampled_from(ENDS))
    def end_want(self, place, end):
        if (hit_id := self.some(place)) is None:
            return
        want = self.hits[hit_id]["want"]
        if self.wants[want] == "outstanding":
            self.register.end_want(want, end)
            self.wants[want] = end

    @invariant()
    def every_hit_is_in_its_line(self):
        listed = {
            each["id"]: each["state"]
            for person in self.people
            for each in self.register.get(f"/v1/forensic-hits?limit=200&person_id={person}")[
                "items"
            ]
        }
        assert listed == {hit_id: self.state(hit) for hit_id, hit in self.hits.items()}

    def teardown(self):
        progress = self.register.get("/v1/forensic-hits/progress")
        if progress["received"] == "no_data":
            return
        lines = progress["by_state"].values()
        assert sum(line["hits"] for line in lines) == progress["received"]
        assert all(urlsplit(line["href"]).path == "/v1/forensic-hits" for line in lines)


def test_every_hit_is_where_the_books_say(client, headers, monkeypatch):
    monkeypatch.setattr(Machine, "client", client)
    monkeypatch.setattr(Machine, "headers", staticmethod(headers))
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=5,
            stateful_step_count=16,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
