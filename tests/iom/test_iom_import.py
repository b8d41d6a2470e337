"""Importing memberships: a decision behind each that names its source; again changes nothing."""

from __future__ import annotations

import pytest
from builders import given_detention, given_neighbourhood
from iom_given import Iom
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.imports.service import run_rows

ROW = {
    "source_ref": "I1",
    "family_name": "Example",
    "given_names": "Ann",
    "date_of_birth": "1990-01-01",
    "cohort": "Fixed",
    "theme": "acquisitive",
    "rating": "red",
    "lead_agency": "Police",
    "lead_officer": "4711",
    "joined_on": "2025-06-01",
    "catch_and_convict": "false",
}


def row(**fields):
    return {name: value for name, value in (ROW | fields).items() if value is not None}


@pytest.fixture
def desk(committing_app, headers, fresh_force):
    return Iom(committing_app.test_client(), headers, fresh_force)


@pytest.fixture
def bring(engine, fresh_force):
    def bring_in(*rows, **more):
        problems = []

        class Sink:
            def add(self, found):
                problems.extend(found)

        summary = run_rows(
            engine,
            force=fresh_force,
            kind="iom",
            rows=rows,
            requested_by="test",
            sink=Sink(),
            **more,
        )
        return tuple(summary[1:5]), sorted((each.severity, each.field) for each in problems)

    return bring_in


@pytest.fixture
def look(engine, fresh_force):
    def run(statement):
        with transaction(engine, Work(fresh_force)) as session:
            return [tuple(found) for found in session.execute(text(statement))]

    return run


def test_a_row_makes_a_member_whose_decision_names_its_source(bring, desk, look):
    rows = [row(), row(source_ref="I2", given_names="Bea", catch_and_convict="true", rating="blue")]
    assert bring(*rows) == ((2, 0, 0, 0), [])
    first, second = sorted(
        desk.get("iom/members").json["items"], key=lambda each: each["person"]["given_names"]
    )
    assert (first["cohort"], first["lead_officer"], first["joined_on"]) == (
        "fixed",
        "4711",
        "2025-06-01",
    )
    assert first["review_overdue"] is True
    assert second["catch_and_convict_governance"]["authorised_by"] == "recorded from import"
    decision = desk.read(first["id"])["decision"]
    assert (decision["outcome"], decision["nomination_id"]) == ("recorded_from_import", None)
    assert decision["source"].startswith("Import ")
    assert decision["source"].endswith("source_ref I1")
    history = "SELECT * FROM iom_members_history ORDER BY id, recorded_from"
    before = look(history)
    assert bring(*rows) == ((0, 0, 2, 0), [])
    assert look(history) == before
    assert look("SELECT kind, owner_officer FROM managements") == [("iom_member", "4711")] * 2
    assert look("SELECT count(*) FROM iom_decisions") == [(2,)]


def test_only_what_changed_at_the_source_is_changed_and_what_was_set_here_wins(bring, desk):
    bring(row())
    (member,) = desk.get("iom/members").json["items"]
    desk.done(member, "ratings", rating="amber", reason="Settled.")
    assert bring(row(theme="violence", rating="green")) == ((0, 1, 0, 0), [("warning", "rating")])
    (changed,) = desk.get("iom/members").json["items"]
    assert (changed["theme"], changed["rating"]) == ("violence", "amber")
    assert bring(row(theme="violence", rating="green", risk="medium")) == ((0, 1, 0, 0), [])
    assert desk.read(member["id"])["risk"] == "medium"


def test_flags_go_along_with_the_lead_that_the_source_names(bring, desk, headers):
    bring(row())
    (member,) = desk.get("iom/members").json["items"]
    person = {"id": member["person_id"]}
    given_detention(desk.client, headers, force=desk.force, person=person)
    (flag,) = desk.flags(member, "managed-person-arrested")
    assert flag["owner"]["officer"] == "4711"
    bring(row(lead_officer="4712"))
    (flag,) = desk.flags(member, "managed-person-arrested")
    assert (flag["owner"]["officer"], flag["state"]) == ("4712", "open")


def test_an_exit_at_the_source_ends_the_membership(bring, desk, look):
    bring(row())
    ended = row(exited_on="2026-02-28", exit_reason="reduced_risk")
    assert bring(ended) == ((0, 1, 0, 0), [])
    assert desk.get("iom/members").json["items"] == []
    (member,) = desk.get("iom/members", state="exited").json["items"]
    assert (member["exit_reason"], member["exited_at"][:10]) == ("reduced_risk", "2026-02-28")
    exited = {"state": "exited", "exited_from": "2026-02-28", "exited_to": "2026-02-28"}
    assert [each["id"] for each in desk.get("iom/members", **exited).json["items"]] == [
        member["id"]
    ]
    report = desk.get("reports/iom", **{"from": "2026-02-01", "to": "2026-02-28"}).json
    assert (report["members"], [each["members"] for each in report["exits"]]) == (0, [1])
    assert look("SELECT count(*) FROM managements") == [(0,)]
    other = row(source_ref="I9", family_name=None, given_names=None, date_of_birth=None)
    again = other | {"person_id": member["person_id"], "joined_on": "2026-05-01"}
    assert bring(again) == ((1, 0, 0, 0), [])


# (what the row says otherwise, the field that is refused)
REFUSED = [
    ({"cohort": "gold"}, "cohort"),
    ({"cohort": None}, "cohort"),
    ({"theme": None}, "theme"),
    ({"rating": "purple"}, "rating"),
    ({"lead_agency": "zoo"}, "lead_agency"),
    ({"joined_on": "2099-01-01"}, "joined_on"),
    ({"joined_on": None}, "joined_on"),
    ({"lead_team": "IOM"}, "lead_team"),
    ({"exited_on": "2026-01-01"}, "exit_reason"),
    ({"exited_on": "2025-01-01", "exit_reason": "failed"}, "exited_on"),
    ({"last_reviewed_on": "2025-01-01"}, "last_reviewed_on"),
    ({"neighbourhood": "E9"}, "neighbourhood"),
    ({"family_name": None, "given_names": None}, "person_source_ref"),
]


def test_a_row_that_can_not_stand_is_refused_with_its_field(bring, look):
    rows = [row(source_ref=f"R{n}", **fields) for n, (fields, _) in enumerate(REFUSED)]
    counts, problems = bring(*rows)
    assert counts == (0, 0, 0, len(REFUSED))
    assert problems == sorted(("refused", field) for _, field in REFUSED)
    assert look("SELECT count(*) FROM persons") == [(0,)]


def test_a_second_open_membership_of_one_scheme_is_refused(bring, desk):
    bring(row())
    (member,) = desk.get("iom/members").json["items"]
    other = row(source_ref="I2", family_name=None, given_names=None, date_of_birth=None)
    other |= {"person_id": member["person_id"]}
    assert bring(other) == ((0, 0, 0, 1), [("refused", "scheme")])
    assert bring(other | {"scheme": "c2"}) == ((1, 0, 0, 0), [])
    twins = [row(source_ref=ref, pnc_id="2001/0000021M") for ref in ("T1", "T2")]
    assert bring(*twins) == ((1, 0, 0, 1), [("refused", "scheme")])


def test_who_is_missing_from_the_full_extract_is_flagged_and_kept(bring, desk):
    bring(row(), row(source_ref="I2", given_names="Bea"))
    bring(row(), complete=True)
    missing = [each for each in desk.get("iom/members").json["items"] if desk.flags(each)]
    assert [each["person"]["given_names"] for each in missing] == ["Bea"]
    assert desk.flags(missing[0])[0]["rule"] == "not-in-source"


def test_what_is_missing_stands_in_its_own_area_and_never_half_in_that_of_the_home(bring, desk):
    given_neighbourhood(desk.client, "N1", lpa="N", force=desk.force)
    given_neighbourhood(desk.client, "S1", lpa="S", force=desk.force, south_west=(53.0, -1.0))
    who = {"family_name": None, "given_names": None, "date_of_birth": None}
    people = [desk.person(addresses=[{"neighbourhood": "S1"}]) for _ in range(2)]
    bring(
        row(person_id=people[0]["id"], lpa="N", **who),
        row(source_ref="I2", person_id=people[1]["id"], **who),
    )
    bring(row(source_ref="I3", given_names="Cy"), complete=True)
    flags = [each for m in desk.get("iom/members").json["items"] for each in desk.flags(m)]
    gone = {each["person"]: each for each in flags if each["rule"] == "not-in-source"}
    areas = [(gone[each["id"]]["lpa"], gone[each["id"]]["neighbourhood"]) for each in people]
    assert areas == [("N", None), ("S", "S1")]


def test_a_row_neither_joins_before_birth_nor_leaves_before_the_last_review(bring, desk):
    early = row(joined_on="1970-01-01", date_of_birth="1980-01-01")
    assert bring(early) == ((0, 0, 0, 1), [("refused", "joined_on")])
    bring(row())
    (member,) = desk.get("iom/members").json["items"]
    who = {"family_name": None, "given_names": None, "date_of_birth": None}
    known = row(source_ref="I7", scheme="c2", person_id=member["person_id"], **who)
    assert bring(known | {"joined_on": "1901-01-01"}) == ((0, 0, 0, 1), [("refused", "joined_on")])
    desk.done(member, "reviews", decision="retain", rationale="Still active.")
    ended = row(exited_on="2026-02-28", exit_reason="reduced_risk")
    assert bring(ended) == ((0, 0, 0, 1), [("refused", "exited_on")])
    assert len(desk.get("iom/members").json["items"]) == 1
