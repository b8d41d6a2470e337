"""Each kind of difference: what is to be done, whose it is, since when and by when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pnc_world
import pytest
from pnc_world import World

from offenders.domain.pnc.matching import REFERENCE_KEY
from offenders.domain.pnc.rules import (
    MEANINGS,
    Kind,
    ReportType,
    means_wanted,
    read_report_type,
    reference_key,
)


class Always:
    """A chance that always takes the first, so that each case is one known world."""

    @staticmethod
    def choice(values):
        return values[0]


TABLE = [  # the case, its kind, what to do, whose it is, since when it is (the file's if not named)
    ("uncirculated", "uncirculated", "Circulate the person on PNC", "want", "entered_at"),
    ("not_on_pnc", "not_on_pnc", "Check PNC: circulate", "want", None),
    ("cancelled_on_pnc", "cancelled_on_pnc", "Find out who cancelled", "want", None),
    ("unmatchable", "unmatchable", "Record the person's PNC ID", "want", None),
    ("cancellation_not_recorded", "cancellation_not_recorded", "Confirm that it was", "want", None),
    ("person_unknown", "person_unknown", "Find the crime file.", "DUTY-33", None),
    ("person_possible", "person_possible", "Compare the people.", "DUTY-33", None),
    ("no_want", "no_want", "If still wanted, enter", "DUTY-33", None),
    ("closed_here", "closed_here", "Cancel the circulation on PNC at once", "want", "outcome_at"),
    (
        "cancelled_here",
        "cancelled_here",
        "Cancel the circulation on PNC;",
        "want",
        "circulation_cancelled_at",
    ),
    ("duplicate_on_pnc", "duplicate_on_pnc", "Keep one circulation", "want", None),
    ("not_marked_here", "not_marked_here", "Record the circulation here", "want", None),
    ("reference_differs", "reference_differs", "Compare the two.", "want", None),
    ("offence_differs", "offence_differs", "Compare with the crime file", "want", None),
    ("report_type_differs", "report_type_differs", "Circulate the person as", "want", None),
    ("identity_differs_in_name", "identity_differs", "Make sure who is wanted", "want", None),
]


def test_a_difference_says_what_to_do_and_who_must(build, listed, look):
    world = World(Always())
    for case, *_ in TABLE:
        world.add(getattr(pnc_world, case))
    build(world)
    owners = {each["owner_officer"] for each in world.wants}
    ((last,),) = look("SELECT max(received_at) FROM pnc_extracts")
    items = {each["kind"]: each for each in listed(limit=200)}
    assert len(items) == len(TABLE)
    for _case, kind, action, whose, since_what in TABLE:
        found = items[kind]
        assert (kind, found["action"][: len(action)]) == (kind, action)
        officer, team = found["owner"]["officer"], found["owner"]["team"]
        assert (kind, officer in owners, team) == (
            kind,
            whose == "want",
            None if officer else whose,
        )
        since, due_at = (datetime.fromisoformat(found[name]) for name in ("since", "due_at"))
        if since_what is None:
            assert (kind, abs(since - last) < timedelta(seconds=20)) == (kind, True)
        else:
            assert (kind, since) == (kind, datetime.fromisoformat(found["want"][since_what]))
        assert (kind, due_at - since) == (kind, timedelta(days=1))
        assert (kind, found["is_overdue"]) == (kind, due_at < datetime.now(UTC))


def test_every_kind_is_in_the_table_above_and_has_its_words():
    assert set(MEANINGS) == set(Kind) == {kind for _case, kind, *_ in TABLE}
    assert len(Kind) == 16
    assert len({meaning.what for meaning in MEANINGS.values()}) == 16
    assert {meaning.figure_of for meaning in MEANINGS.values()} == {
        "uncirculated-wants",
        "uncancelled-circulations",
    }


def test_due_and_severity_follow_the_figure_in_force(build, listed, client, headers):
    of_risk = {"very_high": (1, "alert"), "high": (1, "alert"), "medium": (7, "warning")}
    of_risk["standard"] = (9, "warning")
    for rule, figure in (
        ("uncirculated-wants", {"standard": 9}),
        ("uncancelled-circulations", {"all": 3}),
    ):
        path, sent = f"/v1/forces/33/policies/{rule}", headers("force_admin")
        assert client.put(path, json={"figure": figure}, headers=sent).status_code < 300
    world = World(Always())
    for risk in of_risk:
        marked, ended = world.person(), world.person()
        world.row(marked, world.want(marked, risk=risk))
        outcome = {"outcome": "arrested", "outcome_at": pnc_world.ago(days=2)}
        world.row(ended, world.want(ended, risk=risk, **outcome))
    build(world)
    items = listed(limit=200)
    assert len(items) == 8
    for found in items:
        days, severity = of_risk[found["want"]["risk"]]
        if found["kind"] == "closed_here":
            days, severity = 3, "warning"
        between = datetime.fromisoformat(found["due_at"]) - datetime.fromisoformat(found["since"])
        assert (between, found["severity"]) == (timedelta(days=days), severity)


def test_a_difference_shows_both_sides(build, listed):
    world = World(Always())
    person, ref = world.person(), pnc_world.reference()
    want = world.want(person, "circulated", "33W7", risk="high")
    row = world.row(person, want, pnc_reference=ref, report_type="RECALL", cro_number="1/16A")
    build(world)
    (found,) = listed()
    assert found["kind"] == "reference_differs"
    assert found["person"]["family_name"] == person["family_name"]
    assert (found["person"]["is_child"], found["compare_with"]) == (False, [])
    assert (found["want"]["pnc_reference"], found["want"]["risk"]) == ("33W7", "high")
    assert found["want"]["crime_reference"] == want["crime_reference"]
    shown = {name: found["pnc"][name] for name in ("pnc_reference", "report_type", "pnc_id")}
    assert shown == {"pnc_reference": ref, "report_type": "recall", "pnc_id": person["pnc_id"]}
    assert (found["pnc"]["cro_number"], found["pnc"]["invalid"]) == ("1/16A", ["cro_number"])
    assert found["pnc"]["source_ref"] == row["source_ref"]


def test_who_may_be_meant_is_shown_beside(build, listed):
    world = World(Always())
    pnc_world.identity_differs_of_two_people(world)
    pnc_world.person_possible(world)
    build(world)
    found = {each["kind"]: each for each in listed()}
    one, other, possible = (each["family_name"] for each in world.people)
    assert found["identity_differs"]["person"]["family_name"] == one
    assert [each["family_name"] for each in found["identity_differs"]["compare_with"]] == [other]
    assert found["person_possible"]["person"] is None
    assert [each["family_name"] for each in found["person_possible"]["compare_with"]] == [possible]


@pytest.mark.parametrize(
    ("written", "read", "is_wanted"),
    [
        ("WANTED", "wanted", True),
        ("Locate/Trace", "locate_trace", False),
        ("failed to appear", "failed_to_appear", True),
        (" recall ", "recall", True),
        ("MISSING", "missing", False),
        ("suspected", "suspected", False),
        ("deserter", "deserter", True),
        ("wanted person", None, True),
        ("", None, True),
    ],
)
def test_a_report_is_read_in_any_marks_and_what_is_not_known_is_taken_as_wanted(
    written, read, is_wanted
):
    assert read_report_type(written) == (ReportType(read) if read else None)
    assert means_wanted(read_report_type(written)) is is_wanted


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("33W000123", "33W000123"),
        (" 33/w-000.123", "33W000123"),
        ("33\u00a0W\u2013000_1:23", "33W000123"),
        ("/-", None),
        (None, None),
    ],
)
def test_a_reference_is_compared_without_its_marks(look, written, key):
    assert reference_key(written) == key
    by_sql = REFERENCE_KEY.format(column="CAST(:written AS text)")
    assert look(f"SELECT {by_sql}", written=written) == [(key,)]
