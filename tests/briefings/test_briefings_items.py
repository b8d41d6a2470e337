"""Items: for whom, until when, about whom, and who is given them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from briefings_given import errors_of, moment
from builders import given_person, given_want
from mappa_given import Mappa
from orders_given import Orders, day
from sqlalchemy import text

from offenders import clock
from offenders.domain.briefings.rules import is_reworded, needs_conditions

NORTH, WARD = {"lpas": ["N"]}, {"neighbourhoods": ["N1"]}


@pytest.mark.parametrize(
    ("handling", "grade", "needed"),
    [
        ("normal", None, False),
        ("normal", "1BP", False),
        ("normal", "1BC", True),
        ("restricted", "2CP", False),
        ("covert", None, True),
        ("covert", "1AP", True),
    ],
)
def test_covert_material_and_grade_c_need_conditions(handling, grade, needed):
    assert needs_conditions(handling, grade) is needed


def test_another_wording_is_another_edition_and_another_end_is_not():
    assert is_reworded({"text"}) and is_reworded({"valid_until", "handling_conditions"})
    assert not is_reworded({"valid_until", "priority", "lpas"})


def test_an_item_is_published_amended_and_withdrawn(briefings):
    item = briefings.given(audience=WARD, priority="urgent", grade="1bp")
    assert (item["state"], item["edition"], item["grade"]) == ("current", 1, "1BP")
    assert item["audience"] == {
        "force": False,
        "lpas": [],
        "neighbourhoods": ["N1"],
        "teams": [],
        "roles": [],
    }
    officer = briefings.officer()
    assert briefings.ask(f"/{item['reference']}", sent=officer)["text"] == "What to know."
    longer = briefings.act(item, "", method="PATCH", valid_until=moment(48)).json
    worded = briefings.act(longer, "", method="PATCH", text="More is known.").json
    assert [longer["edition"], worded["edition"], worded["version"]] == [1, 2, 3]
    assert briefings.act(item, "", method="PATCH", text="x").status_code == 412
    gone = briefings.act(worded, "withdrawals", because="resolved", reason="Found.")
    assert (gone.status_code, gone.json["state"]) == (201, "withdrawn")
    # It drops out at once for those who only read; who writes still sees what was said.
    assert briefings.titles(sent=officer) == []
    briefings.ask(f"/{item['id']}", sent=officer, status=404)
    assert briefings.ask(f"/{item['id']}")["withdrawn_because"] == "resolved"
    assert briefings.titles(state="withdrawn") == ["Look out"]
    again = briefings.act(gone.json, "withdrawals", because="resolved", reason="Found.")
    assert again.status_code == 409
    versions = briefings.ask(f"/{item['id']}/history")["items"]
    assert [each["kind"] for each in versions] == [
        "publication",
        "amendment",
        "amendment",
        "withdrawal",
    ]
    assert [each["content"]["text"] for each in versions][1:3] == [
        "What to know.",
        "More is known.",
    ]


@pytest.mark.parametrize(
    ("fields", "pointers"),
    [
        ({"valid_until": None}, ["/valid_until"]),
        ({"valid_until": moment(-1)}, ["/valid_until"]),
        ({"valid_until": moment(24 * 28 + 1)}, ["/valid_until"]),
        ({"valid_from": moment(5), "valid_until": moment(4)}, ["/valid_until"]),
        ({"grade": "9Z"}, ["/grade"]),
        ({"grade": "1BC"}, ["/handling_conditions"]),
        ({"handling": "covert"}, ["/handling_conditions"]),
        ({"audience": {"lpas": ["NOWHERE"]}}, ["/audience/lpas"]),
        ({"audience": {"teams": ["NOBODY"]}}, ["/audience/teams"]),
        ({"audience": {"roles": ["king"]}}, ["/audience/roles"]),
        ({"marking": "secret"}, ["/marking"]),
        ({"about": {"type": "person", "id": "P33-AAAA-AAAA"}}, ["/about/id"]),
        ({"about": {"type": "want", "id": "W33-AAAA-AAAA"}}, ["/about/id"]),
        ({"about": {"type": "ghost", "id": "W33-AAAA-AAAA"}}, ["/about/type"]),
        ({"title": "", "text": "\x07"}, ["/text", "/title"]),
    ],
)
def test_what_no_item_may_be_is_refused(briefings, fields, pointers):
    assert sorted(errors_of(briefings.post(**fields))) == pointers


@pytest.mark.parametrize(
    ("hours", "state", "shown", "patched"),
    [
        (0, "scheduled", [], 200),
        (2, "current", ["Look out"], 200),
        (4, "expired", [], 409),
    ],
)
def test_an_item_begins_and_ends_by_itself(briefings, hours, state, shown, patched):
    item = briefings.given(valid_from=moment(1), valid_until=moment(3))
    officer = briefings.officer()
    with clock.as_if_at(clock.now() + timedelta(hours=hours)):
        assert briefings.titles(sent=officer) == shown
        assert [each["state"] for each in briefings.ask(state="all")["items"]] == [state]
        assert briefings.act(item, "", method="PATCH", title="Look").status_code == patched


def test_officers_are_given_what_is_for_their_place_and_supervisors_what_is_for_their_area(
    briefings,
):
    briefings.with_directory()
    for title, audience in (
        ("all", {}),
        ("north", NORTH),
        ("ward", WARD),
        ("team", {"teams": ["N-NPT"]}),
        ("south", {"lpas": ["S"]}),
        ("patrol", {"roles": ["response_officer"]}),
    ):
        briefings.given(title=title, audience=audience)
    officer, detective = briefings.officer(), briefings.by("iom_officer")
    every = {"all", "north", "ward", "team", "south", "patrol"}
    assert set(briefings.titles(sent=officer)) == every
    assert set(briefings.titles(sent=briefings.by("force_manager"))) == every - {"patrol"}
    assert set(briefings.titles(sent=detective)) == every
    for query, found in (
        ({"lpa": "N"}, every - {"south"}),
        ({"neighbourhood": "N1"}, {"all", "north", "ward", "patrol"}),
        ({"team": "N-NPT"}, every - {"south"}),
        ({"lpa": "S"}, {"all", "south", "patrol"}),
    ):
        assert set(briefings.titles(sent=officer, **query)) == found
    north = briefings.by("supervisor", lpas=["N"])
    assert set(briefings.titles(sent=north)) == every - {"south"}
    ward = briefings.by("supervisor", neighbourhoods=["N1"])
    assert set(briefings.titles(sent=ward)) == {"all", "north", "ward", "patrol"}
    # Nobody tells beyond their area, and nobody in another force is told anything.
    assert errors_of(briefings.post(sent=north)) == ["/audience"]
    assert errors_of(briefings.post(sent=north, audience={"lpas": ["N", "S"]})) == ["/audience"]
    assert briefings.post(sent=north, audience=WARD).status_code == 201
    assert briefings.titles(sent=briefings._headers("response_officer", force="31")) == []


def test_the_most_urgent_come_first_and_pages_hold_each_once(briefings):
    for number, priority in enumerate(["normal", "urgent", "high", "normal", "urgent"]):
        briefings.given(title=f"{priority}-{number}", priority=priority)
    asked, found = {"limit": 2}, []
    while True:
        page = briefings.ask(sent=briefings.officer(), count="true", **asked)
        found += [each["title"] for each in page["items"]]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    assert found == ["urgent-4", "urgent-1", "high-2", "normal-3", "normal-0"]
    assert page["total"] == 5


def test_handling_is_kept_from_patrol_and_asked_of_authors(briefings):
    covert = {"handling": "covert", "handling_conditions": "Not to be told to the subject."}
    briefings.given(title="covert", **covert)
    briefings.given(title="restricted", handling="restricted")
    assert briefings.titles(sent=briefings.officer()) == []
    assert briefings.titles(sent=briefings.by("investigator")) == ["restricted"]
    assert briefings.titles() == ["restricted", "covert"]
    assert briefings.post(sent=briefings.by("investigator"), **covert).status_code == 403
    for state in ("all", "withdrawn"):
        briefings.ask(sent=briefings.officer(), state=state, status=403)


def test_an_item_about_a_want_ends_with_the_want(briefings, client, headers):
    want = given_want(client, headers, lpa="N", neighbourhood="N1")
    item = briefings.given(about={"type": "want", "id": want["reference"]}, audience=NORTH)
    officer = briefings.officer()
    shown = briefings.ask(f"/{item['id']}", sent=officer)
    assert shown["about"] == {"type": "want", "id": want["id"], "reference": want["reference"]}
    assert shown["person"]["id"] == want["person"]["id"]
    # A supervisor of another area, for whom it is, too, is told the words and not the person.
    both = briefings.given(
        title="both", about={"type": "want", "id": want["id"]}, audience={"lpas": ["N", "S"]}
    )
    south = briefings.by("supervisor", lpas=["S"])
    masked = briefings.ask(f"/{both['id']}", sent=south)
    assert (masked["about"], masked["person"]) == (None, None)
    assert masked["masked"] == ["about", "person"]
    assert want["person"]["family_name"] not in str(masked)
    # Once the person is arrested nobody is told to look out for them.
    sent = headers("supervisor") | {"If-Match": f'"{want["version"]}"'}
    body = {"outcome": "arrested", "reason": "Seen by patrol."}
    client.post(f"/v1/wanted/{want['id']}/outcomes", json=body, headers=sent)
    assert briefings.titles(sent=officer) == []
    assert {each["state"] for each in briefings.ask(state="all")["items"]} == {"subject_ended"}
    ended = briefings.post(about={"type": "want", "id": want["id"]})
    assert errors_of(ended) == ["/about/id"]


def test_who_may_not_know_of_mappa_is_not_given_the_item(briefings, client, headers):
    mappa = Mappa(client, headers, "33")
    person = given_person(client, headers)
    case = mappa.given(person_id=person["id"])
    about = {"type": "mappa_case", "id": case["id"]}
    # An author who can't read the case can't name it, as if there were none.
    assert errors_of(briefings.post(sent=briefings.by("investigator"), about=about)) == [
        "/about/id"
    ]
    item = briefings.given(title="level 3", about=about)
    briefings.ask(f"/{item['id']}", sent=briefings.by("mappa_coordinator"))
    for role in ("response_officer", "iom_officer", "investigator"):
        assert briefings.titles(sent=briefings.by(role)) == []
        briefings.ask(f"/{item['id']}", sent=briefings.by(role), status=404)
    assert briefings.receipt(item).status_code == 404


def test_orders_registrations_and_people_can_be_what_it_is_about(briefings, client, headers):
    orders = Orders(client, headers, "33")
    order = orders.given(neighbourhood="N1")
    item = briefings.given(about={"type": "order", "id": order["id"]})
    person = briefings.given(about={"type": "person", "id": order["person_id"]})
    assert person["about"]["id"] == order["person_id"]
    orders.done(order, "discharges", ending="discharged", ended_on=day(0), reason="x")
    assert briefings.ask(f"/{item['id']}")["state"] == "subject_ended"
    assert briefings.ask(f"/{person['id']}")["state"] == "current"


def test_the_past_of_an_item_is_never_changed_by_the_serving_role(session):
    for table in ("briefing_versions", "briefing_receipts"):
        may = "SELECT has_table_privilege('offenders_app', :table, 'UPDATE, DELETE')"
        assert session.execute(text(may), {"table": table}).scalar_one() is False


def test_what_an_item_said_while_it_was_covert_stays_with_those_who_read_covert(briefings):
    covert = {"handling": "covert", "handling_conditions": "Do not disclose."}
    item = briefings.given(text="A source says so.", **covert)
    changed = {"text": "He is about.", "handling": "normal", "handling_conditions": None}
    answer = briefings.act(item, "", method="PATCH", **changed)
    assert answer.status_code == 200, answer.json

    def told(sent=None):
        versions = briefings.ask(f"/{item['id']}/history", sent=sent)["items"]
        return [each["content"]["text"] for each in versions]

    assert told() == ["A source says so.", "He is about."]
    assert told(briefings.by("investigator", name="Other")) == ["He is about."]
