"""The calendar: references alone, as the reader may know, the same bytes for the same records."""

from __future__ import annotations

import re
from datetime import date, datetime

import pytest
from bail_given import Bail
from builders import given_neighbourhood, given_person, given_want
from icalendar import Calendar
from iom_given import Iom
from mappa_given import Mappa
from orders_given import Orders, day
from registrations_given import Register
from sqlalchemy import text
from tasks_given import Tasks

from offenders.db import Work, transaction
from offenders.domain.calendar import service
from offenders.domain.calendar.service import KINDS, MOST_ENTRIES
from offenders.domain.working_days import london_day

CANARY = "Canarybird"
WANTS = {"want-arrest", "want-review", "want-validation"}
BAIL = {"bail-return", "bail-end"}
ORDERS = {"order-expiry", "order-review", "order-check"}
REGISTERED = {"registration-visit", "registration-notification", "registration-assessment"}


class Dates:
    """One of each record about one person in one ward, and the calendar over them."""

    def __init__(self, client, headers):
        self.client, self.headers = client, headers
        given_neighbourhood(client, "N1", lpa="N")
        person = given_person(client, headers, family_name=CANARY)
        area = {"lpa": "N", "neighbourhood": "N1"}
        self.want = given_want(client, headers, person=person, owner_officer="1001", **area)
        Bail(client, headers, "33").given(person_id=person["id"], **area)
        Orders(client, headers, "33").given(
            person_id=person["id"], type="restraining", expires_on=day(200), **area
        )
        Register(client, headers, "33").given(person_id=person["id"], **area)
        Mappa(client, headers, "33").given(person_id=person["id"], level=2, **area)
        Iom(client, headers).member(person)
        self.task = Tasks(client, headers, "33").given(
            action=f"See {CANARY}", owner_officer="1001", lpa="N"
        )

    def get(self, role="supervisor", *, claims=None, sent=None, **query):
        asked = {"from": day(-8), "to": day(357)} | query
        caller = self.headers(role, **(claims or {})) | (sent or {})
        return self.client.get("/v1/calendar.ics", query_string=asked, headers=caller)

    def events(self, role="supervisor", **asked):
        answer = self.get(role, **asked)
        assert answer.status_code == 200, answer.json
        return list(Calendar.from_ical(answer.data).walk("VEVENT"))

    def kinds(self, role="supervisor", **asked):
        return {each["CATEGORIES"].cats[0] for each in self.events(role, **asked)}


@pytest.fixture
def dates(client, headers):
    return Dates(client, headers)


def test_each_role_is_shown_the_dates_that_it_may_know(dates):
    street = WANTS | BAIL | {"order-expiry", "iom-review", "task-due"}
    assert dates.kinds("response_officer") == street
    assert dates.kinds("mappa_coordinator") == street | ORDERS | REGISTERED | {"mappa-meeting"}
    assert dates.kinds("supervisor", claims={"lpas": ["S"]}) <= {"iom-review"}
    assert dates.kinds("supervisor", claims={"lpas": ["N"]}) >= WANTS | BAIL | ORDERS
    assert dates.kinds("response_officer", claims={"force": "31"}) == set()
    for kind in ("mappa-meeting", "registration-visit", "order-check"):
        assert dates.get("response_officer", kinds=kind).status_code == 403
    assert dates.get("auditor").status_code == 403


def test_nobody_is_named_and_the_text_can_be_read_back(dates):
    answer = dates.get("mappa_coordinator")
    assert answer.content_type == "text/calendar; charset=utf-8"
    body = answer.data.decode()
    unfolded = body.replace("\r\n ", "")
    assert not re.search(rf"{CANARY}|Ann|\bN1\b", unfolded)
    assert all(len(line.encode()) <= 75 for line in body.split("\r\n"))
    assert "\n" not in body.replace("\r\n", "")
    event = next(e for e in dates.events() if "want-arrest" in str(e["UID"]))
    assert str(event["SUMMARY"]) == f"Arrest due: {dates.want['reference']}"
    assert str(event["DESCRIPTION"]) == f"/v1/wanted/{dates.want['id']}"
    assert str(event["UID"]) == f"want-arrest-{dates.want['id']}@33.offenders"
    due = datetime.fromisoformat(dates.want["target_arrest_by"]).replace(microsecond=0)
    assert event["DTSTART"].dt == due and event["DTSTART"].dt.tzinfo is not None
    whole = next(e for e in dates.events() if "order-expiry" in str(e["UID"]))
    assert whole["DTSTART"].dt == date.fromisoformat(day(200))
    assert "DTSTART;VALUE=DATE:" in body


def test_an_entry_moves_under_the_same_name_with_a_higher_sequence(dates, client, headers):
    first = dates.get(kinds="want-review")
    again = dates.get(kinds="want-review", sent={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    sent = headers("supervisor") | {"If-Match": f'"{dates.want["version"]}"'}
    address = f"/v1/wanted/{dates.want['id']}"
    assert client.patch(address, json={"risk": "very_high", "risk_rationale": "x"}, headers=sent)
    moved = dates.get(kinds="want-review", sent={"If-None-Match": first.headers["ETag"]})
    assert moved.status_code == 200
    [old], [new] = (Calendar.from_ical(each.data).walk("VEVENT") for each in (first, moved))
    assert old["UID"] == new["UID"] and old["SEQUENCE"] < new["SEQUENCE"]
    assert old["DTSTAMP"].dt <= new["DTSTAMP"].dt


def test_owners_and_days_narrow_it(dates):
    assert dates.kinds(owner="1001") == WANTS | {"task-due"}
    assert dates.kinds(team="NOBODY") == set()
    assert dates.kinds(**{"from": day(200), "to": day(200)}) == {"order-expiry"}
    assert dates.kinds(**{"from": day(201), "to": day(201)}) == set()


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"from": "2026-03-02", "to": "2026-03-01"}, 422),
        ({"from": "2026-01-01", "to": "2027-01-02"}, 422),
        ({"kinds": "birthday"}, 422),
        ({"colour": "blue"}, 422),
        ({"from": "2026-01-01", "to": "2027-01-01"}, 200),
    ],
)
def test_a_question_that_can_not_be_answered_is_refused(client, headers, query, status):
    answer = client.get("/v1/calendar.ics", query_string=query, headers=headers("supervisor"))
    assert answer.status_code == status


def test_too_many_entries_are_refused_clearly(dates, monkeypatch):
    monkeypatch.setattr(service, "MOST_ENTRIES", 3)
    answer = dates.get("mappa_coordinator")
    assert answer.status_code == 422
    assert "fewer days" in answer.json["detail"]
    assert MOST_ENTRIES == 2000


def test_without_an_end_the_calendar_goes_as_far_as_its_entries_allow(dates, monkeypatch):
    every = [event["DTSTART"].dt for event in dates.events("mappa_coordinator", to=None)]
    assert b"X-WR-CALDESC" not in dates.get("mappa_coordinator", to=None).data
    monkeypatch.setattr(service, "MOST_ENTRIES", len(every) - 1)
    cut = Calendar.from_ical(dates.get("mappa_coordinator", to=None).data)
    kept = [event["DTSTART"].dt for event in cut.walk("VEVENT")]
    until = re.search(r"\d{4}-\d\d-\d\d", str(cut["X-WR-CALDESC"]))[0]
    assert 0 < len(kept) < len(every)
    assert [each for each in every if str(_day(each)) < until] == kept


def _day(moment):
    return london_day(moment) if isinstance(moment, datetime) else moment


def test_what_stands_in_a_reference_never_breaks_out_of_its_line(dates, client):
    evil = "W33\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:x;,\\"
    with transaction(client.application.extensions["offenders"].engine, Work("33")) as session:
        session.execute(text("UPDATE wants SET reference = :evil"), {"evil": evil})
    events = dates.events(kinds="want-arrest")
    [event] = events
    assert str(event["SUMMARY"]) == f"Arrest due: {evil}".replace("\r\n", "\n")


def test_every_kind_has_a_name_of_its_own_and_moments_are_utc(dates):
    assert len(KINDS) == len(set(KINDS)) == 16
    events = dates.events("mappa_coordinator")
    assert len({each["UID"] for each in events}) == len(events)
    assert {str(each["DTSTAMP"].dt.tzinfo) for each in events} == {"UTC"}
