"""The whole machine over the API, against a model that keeps its own books."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from iom_given import Iom
from sqlalchemy import text

from offenders import clock
from offenders.domain.iom.rules import Rating

PLACES = st.integers(0, 9)
BROKEN = text("""
    SELECT m.id FROM iom_members m
    LEFT JOIN iom_members_history h
           ON h.force = m.force AND h.id = m.id AND h.recorded_to IS NULL
    LEFT JOIN managements g ON g.force = m.force AND g.id = m.id
    WHERE h.version IS DISTINCT FROM m.version OR h.rating IS DISTINCT FROM m.rating
       OR (g.id IS NULL) = (m.exited_at IS NULL)
       OR (g.id IS NOT NULL AND (g.risk, g.owner_officer, g.owner_team)
           IS DISTINCT FROM (m.rating, m.lead_officer, m.lead_team))
""")


class Machine(RuleBasedStateMachine):
    """Nominates, decides, rates, reviews, hands over, convicts and ends in any order."""

    client = headers = session = None

    def __init__(self):
        super().__init__()
        self.iom = Iom(self.client, self.headers)
        self.people = [self.iom.person() for _ in range(2)]
        self.pending, self.members, self.left = {}, {}, {}
        # What the machines before have left stands as it is.
        self.others = {each["id"] for each in self.listed()}
        self.counted = self.counts()

    def listed(self):
        return self.iom.get("iom/members", state="all", limit=200).json["items"]

    def counts(self):
        headline = self.iom.get("iom/members/counts").json["headline"]
        return headline["members"]["members"], headline["catch_and_convict"]["members"]

    def some(self, place):
        ids = sorted(self.members)
        return {"id": ids[place % len(ids)]} if ids else None

    @rule(place=st.integers(0, 1))
    def nominate(self, place):
        person = self.people[place]
        answer = self.iom.try_nominating(person)
        taken = {*self.pending.values(), *(each["person"] for each in self.members.values())}
        assert (answer.status_code == 409) == (person["id"] in taken)
        if answer.status_code == 201:
            self.pending[answer.json["id"]] = person["id"]

    @rule(outcome=st.sampled_from(["accepted", "refused", "deferred"]))
    def decide(self, outcome):
        if not self.pending:
            return
        nomination = next(iter(self.pending))
        until = {"deferred_until": clock.today().isoformat()} if outcome == "deferred" else {}
        decided = self.iom.decide({"id": nomination}, outcome=outcome, **until)
        if outcome == "deferred":
            return
        person = self.pending.pop(nomination)
        assert self.iom.try_deciding({"id": nomination}).status_code == 409
        if outcome == "accepted":
            new = {"person": person, "rating": "red", "convict": False, "lead": None}
            self.members[decided["member_id"]] = new

    @rule(place=PLACES, rating=st.sampled_from([str(each) for each in Rating]))
    def rate(self, place, rating):
        if member := self.some(place):
            self.iom.done(member, "ratings", rating=rating, reason="So it is.")
            self.members[member["id"]]["rating"] = rating

    @rule(place=PLACES)
    def review(self, place):
        if member := self.some(place):
            self.iom.done(member, "reviews", decision="retain", rationale="Goes on.")

    @rule(place=PLACES, lead=st.sampled_from(["1", "2"]))
    def hand_over(self, place, lead):
        if member := self.some(place):
            answer = self.iom.amend(member, lead_officer=lead, reason="Moved.")
            assert answer.status_code == 200
            self.members[member["id"]]["lead"] = lead

    @rule(place=PLACES, begin=st.booleans())
    def convict(self, place, begin):
        if not (member := self.some(place)):
            return
        until = (clock.today() + timedelta(days=9)).isoformat()
        body = {"authorised_by": "DCI", "until": until} if begin else {"state": "ended"}
        answer = self.iom.act(member, "catch-and-convict", reason="x", **body)
        book = self.members[member["id"]]
        assert (answer.status_code == 409) == (not begin and not book["convict"])
        book["convict"] = begin

    @rule(place=PLACES)
    def exit(self, place):
        if member := self.some(place):
            self.iom.done(member, "exits", reason="completed", rationale="Well.")
            self.left[member["id"]] = self.members.pop(member["id"])
            assert self.iom.act(member, "ratings", rating="red", reason="x").status_code == 409

    @invariant()
    def the_list_is_as_the_books_say(self):
        shown = [each for each in self.listed() if each["id"] not in self.others]
        assert {each["id"] for each in shown} == {*self.members, *self.left}
        for each in shown:
            book = self.members.get(each["id"])
            assert (each["state"] == "active") == (book is not None)
            if book is not None:
                found = (each["rating"], each["catch_and_convict"], each["lead_officer"])
                assert found == (book["rating"], book["convict"], book["lead"])
        convicts = sum(each["convict"] for each in self.members.values())
        members, before = self.counts(), self.counted
        assert members == (before[0] + len(self.members), before[1] + convicts)
        assert self.session.execute(BROKEN).all() == []


def test_whatever_is_done_the_books_agree(client, headers, session, monkeypatch):
    monkeypatch.setattr(Machine, "client", client)
    monkeypatch.setattr(Machine, "headers", staticmethod(headers))
    monkeypatch.setattr(Machine, "session", session)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=6,
            stateful_step_count=16,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
