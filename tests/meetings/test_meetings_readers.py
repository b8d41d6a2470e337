"""Who sees what of a pack, and that each of its numbers has its list."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bail_given import Bail
from builders import given_entry, given_neighbourhood
from forensics_given import Register as Hits
from iom_given import Iom
from mappa_given import Mappa
from meetings_given import ago
from orders_given import Orders, day
from registrations_given import Register

from offenders import clock
from offenders.domain.meetings.rules import SECTIONS
from offenders.domain.permissions import PERMISSIONS

LIVE = "/v1/meetings/"


@pytest.fixture
def world(meetings, client, headers):
    """Give something for every section."""
    force = meetings.force
    for risk in ("very_high", "high", "medium", "standard"):
        meetings.want(risk=risk)
        meetings.want(risk=risk, domestic_abuse=True)
    Hits(client, headers).enter(received_at=ago(1), identified_at=ago(2))
    meetings.detention(arrested_at=ago(2), nationality_stated="POL", pnc_checked=False)
    bail = Bail(client, headers, force)
    bail.given(conditions=["Report to Mansfield House on Mondays"])
    bail.given(return_at=(clock.now() + timedelta(hours=12)).isoformat())
    orders = Orders(client, headers, force)
    orders.given(made_on=day(-200))
    orders.given(type="CBO", made_on=day(-1000), expires_on=day(1))
    iom = Iom(client, headers, force)
    iom.member()
    Mappa(client, headers, force).given(level=2)
    Register(client, headers, force).given(risk="high", relevant_date=day(-30))
    return meetings


def test_each_number_has_its_list(world):
    meeting = world.held()
    who = world.by("supervisor", "offender_manager")
    sections = world.get(f"/v1/meetings/{meeting['id']}/pack", sent=who).json["sections"]
    followed = set()
    for section in sections:
        ids = [each.get("flag_id", each["id"]) for each in section["items"]]
        if not section["href"].startswith(LIVE):
            assert (section["section"], len(ids)) == (
                section["section"],
                listed(world, section, who, ids),
            )
            followed.add(section["section"])
        for group in section["groups"]:
            if not group["href"].startswith(LIVE):
                count = listed(world, group, who, ids)
                assert (section["section"], group["group"], count) == (
                    section["section"],
                    group["group"],
                    group["count"],
                )
                followed.add(section["section"])
        own = world.get(f"/v1/meetings/{meeting['id']}/pack?section={section['section']}", sent=who)
        assert own.json["sections"] == [section]
    assert followed == {
        "new_wants",
        "wants_high_risk",
        "wants_other",
        "new_hits",
        "bail_due",
        "missing_acro_checks",
        "missing_pnc_checks",
        "orders_to_check",
        "orders_expiring",
        "flags",
    }


def listed(world, numbered, who, ids):
    found = world.get(numbered["href"] + "&limit=200", sent=who).json["items"]
    assert {each["id"] for each in found} <= set(ids)
    return len(found)


def test_a_role_sees_the_sections_that_its_permissions_open(world):
    """Each role of a meeting, each section: masked where the permission is missing, and named."""
    meeting = world.held()
    for role in sorted(PERMISSIONS):
        path = f"/v1/meetings/{meeting['id']}/pack"
        if "meetings:read" not in PERMISSIONS[role]:
            continue
        pack = world.get(path, sent=world.by(role)).json
        assert [each["section"] for each in pack["sections"]] == list(SECTIONS)
        for section in pack["sections"]:
            permitted = SECTIONS[section["section"]].needs in PERMISSIONS[role]
            seen = section["items"] != [] or section["count"] in {0, "no_data"}
            assert (role, section["section"], seen) == (role, section["section"], permitted)
            assert (f"{section['section']}.items" in pack["masked"]) is not permitted
    chair = {
        each["section"]: each for each in world.pack(meeting, "meeting_chair").json["sections"]
    }
    assert [name for name in chair if chair[name]["href"] is None] == [
        "registered",
        "mappa",
        "releases_due",
    ]


def test_what_the_role_may_not_see_stays_hidden_among_changes_and_actions(world, client, headers):
    world.held()
    mappa = Mappa(client, headers, world.force)
    case = mappa.given(level=2, person_id=mappa.person(family_name="Canary")["id"])
    meeting = world.held()
    about = {"subject": {"type": "mappa_case", "id": case["id"]}}
    supervisor = world.by("supervisor")
    world.decided(meeting, action="Canary is to be met at the gate", sent=supervisor, **about)
    meeting = world.held()
    for role, sees in (("supervisor", True), ("meeting_chair", False), ("iom_manager", False)):
        for held in (meeting, {"id": meeting["previous"]["id"]}):
            pack = world.pack(held, role)
            assert (role, b"anary" in pack.data) == (role, sees)
        for form in ("csv", "xlsx", "pdf"):
            text = text_of(world.pack(meeting, role, query=f"?format={form}&purpose=x").data, form)
            assert (role, form, "canary" in text.casefold()) == (role, form, sees)
    actions = world.section(meeting, "carried_actions", "meeting_chair")
    assert actions["items"][0]["action"] is None
    assert "action" in actions["items"][0]["masked"]
    changed = world.section({"id": meeting["previous"]["id"]}, "changes", "meeting_chair")
    assert [each["count"] for each in changed["groups"] if "mappa" in each["group"]] == [None]
    assert changed["count"] is None


def text_of(made, form):
    import io

    import openpyxl
    import pypdf

    if form == "csv":
        return made.decode()
    if form == "pdf":
        return "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(made)).pages)
    book = openpyxl.load_workbook(io.BytesIO(made))
    return str([[cell.value for cell in row] for sheet in book for row in sheet])


def test_an_area_is_read_by_its_own(meetings):
    given_neighbourhood(meetings.client, "E1", lpa="N")
    given_neighbourhood(meetings.client, "E2", lpa="S", south_west=(53, -1))
    north, south = meetings.want(lpa="N"), meetings.want(lpa="S")
    of_north, whole = meetings.held(lpa="N"), meetings.held()
    assert meetings.ids(of_north, "wants_other") == [north["id"]]
    assert set(meetings.ids(whole, "wants_other")) == {north["id"], south["id"]}
    for role in ("supervisor", "duty_inspector", "meeting_chair"):
        inside, outside = meetings.by(role, lpas=["N"]), meetings.by(role, lpas=["S"])
        assert len(meetings.get("/v1/meetings", sent=inside).json["items"]) == 1
        assert meetings.get("/v1/meetings", sent=outside).json["items"] == []
        for path in ("", "/pack", "/pack?format=pdf&purpose=x"):
            meetings.get(f"/v1/meetings/{of_north['id']}{path}", sent=inside)
            meetings.get(f"/v1/meetings/{of_north['id']}{path}", sent=outside, status=404)
            meetings.get(f"/v1/meetings/{whole['id']}{path}", sent=inside, status=404)
        assert meetings.decide(of_north, sent=outside).status_code == 404
    elsewhere = meetings.headers("supervisor", force="31")
    meetings.get(f"/v1/meetings/{whole['id']}", sent=elsewhere, status=404)


def test_a_protection_begun_later_covers_the_packs_before(meetings):
    meetings.client.application.extensions["offenders"].forget()
    given_neighbourhood(meetings.client, "E1", lpa="N")
    person = meetings.person()
    given_entry(
        meetings.client,
        meetings.headers,
        person,
        "addresses",
        lines=["5 Mill Lane"],
        neighbourhood="E1",
        type="home",
    )
    want = meetings.want(person_id=person["id"])
    assert (want["lpa"], want["neighbourhood"]) == ("N", "E1")
    area, whole = meetings.held(lpa="N"), meetings.held()
    assert meetings.section(area, "wants_other", "force_manager")["items"][0]["lpa"] == "N"
    other = meetings.person()
    given_entry(
        meetings.client,
        meetings.headers,
        other,
        "associations",
        type="victim_of",
        person_id=person["id"],
    )
    hidden = meetings.section(whole, "wants_other", "force_manager")["items"][0]
    assert [hidden[each] for each in ("lpa", "neighbourhood", "owner_team")] == [
        None,
        None,
        "DUTY-33",
    ]
    assert (hidden["id"], hidden["masked"]) == (want["id"], ["lpa", "neighbourhood", "owner_team"])
    assert meetings.section(whole, "wants_other")["items"][0]["lpa"] == "N"  # by an inspector
    # The pack of the area would itself tell where: to the whole force it shows an empty place.
    told = meetings.section(area, "wants_other", "force_manager")
    assert (told["count"], told["items"][0]["id"], told["items"][0]["person"]) == (1, None, None)
    chair = meetings.section(area, "wants_other", "meeting_chair", lpas=["N"])["items"][0]
    assert (chair["id"], chair["lpa"]) == (want["id"], None)
