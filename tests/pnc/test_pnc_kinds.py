"""Each kind of difference: what is to be done, whose it is, since when and by when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pnc_world
import pytest
from pnc_world import World

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


@pytest.fixture
def only(build, listed):
    """Build one case; give its one difference of a kind, and the world."""

    def make(case, kind):
        world = World(Always())
        case(world)
        world.row(World(Always()).person(), report_type="missing")
        build(world)
        (found,) = (each for each in listed() if each["kind"] == kind)
        return found, world

    return make


@pytest.mark.parametrize(
    ("case", "kind", "action", "whose", "clock"),
    [
        ("uncirculated", "uncirculated", "Circulate the person on PNC", "want", ("entered_at", 1)),
        ("not_on_pnc", "not_on_pnc", "Check PNC: circulate", "want", ("extract", 1)),
        ("cancelled_on_pnc", "cancelled_on_pnc", "Find out who cancelled", "want", ("extract", 1)),
        ("unmatchable", "unmatchable", "Record the PNC reference", "want", ("extract", 1)),
        (
            "cancellation_not_recorded",
            "cancellation_not_recorded",
            "Confirm that it was cancelled on PNC",
            "want",
            ("extract", 1),
        ),
        ("person_unknown", "person_unknown", "Find the crime file.", "DUTY-33", ("extract", 1)),
        ("person_possible", "person_possible", "Compare the people.", "DUTY-33", ("extract", 1)),
        ("no_want", "no_want", "If still wanted, enter", "DUTY-33", ("extract", 1)),
        ("closed_here", "closed_here", "Cancel the circulation on PNC at once", "want", ("outcome_at", 1)),
        ("cancelled_here", "cancelled_here", "Cancel the circulation on PNC;", "want", ("circulation_cancelled_at", 1)),
        ("duplicate_on_pnc", "duplicate_on_pnc", "Keep one circulation", "want", ("extract", 1)),
        ("not_marked_here", "not_marked_here", "Record the circulation here", "want", ("extract", 1)),
        ("reference_differs", "reference_differs", "Compare the two.", "want", ("extract", 1)),
        ("offence_differs", "offence_differs", "Compare with the crime file", "want", ("extract", 1)),
        ("report_type_differs", "report_type_differs", "Circulate the person as wanted", "want", ("extract", 1)),
        ("identity_differs_in_name", "identity_differs", "Make sure who is wanted", "want", ("extract", 1)),
    ],
)  # fmt: skip
def test_a_difference_says_what_to_do_and_who_must(only, look, case, kind, action, whose, clock):
    found, world = only(getattr(pnc_world, case), kind)
    assert found["action"].startswith(action)
    want = next((each for each in world.wants if found["want"]), None)
    owner = {"officer": want["owner_officer"], "team": None} if whose == "want" else None
    assert found["owner"] == (owner or {"officer": None, "team": whose})
    since, due_at = (datetime.fromisoformat(found[name]) for name in ("since", "due_at"))
    if clock[0] == "extract":
        ((last,),) = look("SELECT max(received_at) FROM pnc_extracts")
        assert last - timedelta(seconds=5) < since < last + timedelta(seconds=5)
    else:
        assert since == datetime.fromisoformat(found["want"][clock[0]])
    assert due_at == since + timedelta(days=clock[1])
    assert found["is_overdue"] is (due_at < datetime.now(UTC))


def test_every_kind_is_in_the_table_above_and_has_its_words():
    assert set(MEANINGS) == set(Kind)
    assert len(Kind) == 16
    assert len({meaning.what for meaning in MEANINGS.values()}) == 16
    assert {meaning.figure_of for meaning in MEANINGS.values()} == {
        "uncirculated-wants",
        "uncancelled-circulations",
    }


@pytest.mark.parametrize(
    ("risk", "days", "severity"),
    [
        ("very_high", 1, "alert"),
        ("high", 1, "alert"),
        ("medium", 7, "warning"),
        ("standard", 7, "warning"),
    ],
)
@pytest.mark.parametrize("kind", ["not_marked_here", "closed_here"])
def test_due_and_severity_follow_the_figure_in_force(
    build, listed, client, headers, risk, days, severity, kind
):
    world = World(Always())
    person = world.person()
    ended = {"outcome": "arrested", "outcome_at": pnc_world.ago(days=2)}
    want = world.want(person, risk=risk, **(ended if kind == "closed_here" else {}))
    world.row(person, want)
    build(world)
    if kind == "closed_here":
        days, severity = 3, "warning"
        policy = client.put(
            "/v1/forces/33/policies/uncancelled-circulations",
            json={"figure": {"all": 3}},
            headers=headers("force_admin"),
        )
        assert policy.status_code < 300
    (found,) = listed()
    assert (found["kind"], found["severity"]) == (kind, severity)
    between = datetime.fromisoformat(found["due_at"]) - datetime.fromisoformat(found["since"])
    assert between == timedelta(days=days)


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
    [("33W000123", "33W000123"), (" 33/w-000.123", "33W000123"), ("/-", None), (None, None)],
)
def test_a_reference_is_compared_without_its_marks(look, written, key):
    assert reference_key(written) == key
    ((by_sql,),) = look(
        "SELECT nullif(translate(upper(CAST(:ref AS text)), ' /-.', ''), '')", ref=written
    )
    assert by_sql == key
