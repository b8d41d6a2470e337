"""Receiving wants: on which person, with which clocks, and what was decided here stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from offenders.db import Work, transaction
from offenders.domain.flags.service import settle
from offenders.domain.identifiers import LETTERS
from offenders.domain.wanted.service import due_source

ANN = {"source_ref": "A1", "family_name": "Example", "given_names": "Ann"}
WANT = {
    "source_ref": "W1",
    "person_source_ref": "A1",
    "reason": "named_suspect",
    "basis": "witness",
    "crime_reference": "33/1/26",
    "risk": "high",
    "owner_officer": "1234",
    "entered_at": "2026-01-05T10:00:00Z",
}
ENTERED = datetime(2026, 1, 5, 10, tzinfo=UTC)


def pnc(serial):
    return f"2016/{serial:07}{LETTERS[(16 * 10**7 + serial) % 23]}"


@pytest.fixture
def wanted(bring):
    """Bring in rows of wants, on a person known as A1."""
    bring("people", ANN)
    return lambda *rows, **more: bring("wanted", *rows, **more)


@pytest.fixture
def path(look):
    return lambda: f"/v1/wanted/{look('SELECT id FROM wants')[0][0]}"


def test_a_want_comes_with_its_clocks_its_log_and_its_owner_on_the_register(wanted, look):
    assert wanted(WANT).counts == (1, 0, 0, 0)
    assert look("""
        SELECT state, risk, priority, owner_officer, owner_team, entered_by, entered_at FROM wants
    """) == [("outstanding", "high", "high", "1234", None, "test", ENTERED)]
    assert look("""
        SELECT target_arrest_by, review_due_at, activity_due_at, validation_due_at FROM wants
    """) == [tuple(ENTERED + timedelta(days=days) for days in (3, 14, 14, 75))]
    assert look("SELECT kind, actor FROM want_actions") == [("entry", "test")]
    assert look("SELECT code FROM officers") == [("1234",)]
    assert look("SELECT state, recorded_to FROM wants_history") == [("outstanding", None)]
    assert look("""
        SELECT subject_type, cardinality(subject_ids) FROM audit_events ORDER BY 1
    """) == [("person", 1), ("want", 1)]


def test_a_want_that_says_little_gets_what_the_register_gives_by_default(wanted, look, fresh_force):
    row = {"source_ref": "W1", "person_source_ref": "A1", "reason": "prison_recall"}
    brought = wanted(row)
    assert (brought.counts, brought.problems) == ((1, 0, 0, 0), [])
    assert look("SELECT risk, priority, owner_team, entered_at = recorded_at FROM wants") == [
        ("standard", "standard", f"DUTY-{fresh_force}", True)
    ]
    assert look("SELECT code FROM teams") == [(f"DUTY-{fresh_force}",)]
    assert wanted(row).counts == (0, 0, 1, 0)


def test_a_want_may_describe_its_person_who_is_then_made_once(bring, look):
    row = WANT | {"person_source_ref": "", "family_name": "Inline", "date_of_birth": "1990-01-01"}
    assert bring("wanted", row).counts == (1, 0, 0, 0)
    assert bring("wanted", row).counts == (0, 0, 1, 0)
    assert bring("wanted", row | {"given_names": "Ina"}).counts == (0, 1, 0, 0)
    assert look("SELECT family_name, given_names, version FROM persons") == [("Inline", "Ina", 2)]
    assert look("SELECT count(*), max(version) FROM wants") == [(1, 1)]


def test_two_wants_that_describe_one_person_by_pnc_id_are_wants_of_one_person(bring, look):
    row = WANT | {"person_source_ref": None, "family_name": "Inline", "pnc_id": pnc(1)}
    other = row | {"source_ref": "W2", "crime_reference": "33/2/26"}
    assert bring("wanted", row, other).counts == (2, 0, 0, 0)
    assert look("SELECT count(DISTINCT person_id), count(*) FROM wants") == [(1, 2)]


def test_a_want_finds_its_person_by_id_reference_or_pnc_id(bring, look):
    bring("people", ANN | {"pnc_id": pnc(1)})
    person, reference = look("SELECT id::text, reference FROM persons")[0]
    named = [{"person_id": person}, {"person_id": reference.lower()}, {"pnc_id": pnc(1)}]
    rows = [
        WANT
        | {"source_ref": f"W{n}", "crime_reference": f"33/{n}/26", "person_source_ref": ""}
        | who
        for n, who in enumerate(named)
    ]
    assert bring("wanted", *rows).counts == (3, 0, 0, 0)
    assert look("SELECT count(DISTINCT person_id), count(*) FROM persons JOIN wants ON true") == [
        (1, 3)
    ]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"person_source_ref": "A9"}, "person_source_ref"),
        ({"person_source_ref": "", "pnc_id": pnc(9)}, "pnc_id"),
        ({"person_source_ref": "", "pnc_id": "2016/0000009Z"}, "pnc_id"),
        ({"person_source_ref": ""}, "person_source_ref"),
        ({"person_id": "P01-0000-0000"}, "person_id"),
        ({"reason": ""}, "reason"),
        ({"owner_team": "CID"}, "owner_team"),
        ({"neighbourhood": "E05009999"}, "neighbourhood"),
        ({"offence_code": "NOSUCH"}, "offence_code"),
        ({"outcome": "arrested", "outcome_at": "2026-01-05T09:59:59Z"}, "outcome_at"),
        ({"reason": "court_warrant", "outcome": "interviewed"}, "outcome_at"),
    ],
)
def test_a_row_that_can_not_be_a_want_is_refused_alone(wanted, look, more, field):
    brought = wanted(WANT | {"source_ref": "W0"} | more, WANT)
    assert brought.counts == (1, 0, 0, 1)
    assert brought.said("refused") == [(1, field)]
    assert look("SELECT count(*) FROM persons") == [(1,)]


def test_a_refused_want_makes_no_person(bring, look):
    row = WANT | {"person_source_ref": "", "family_name": "Inline", "owner_team": "CID"}
    assert bring("wanted", row).counts == (0, 0, 0, 1)
    assert look("SELECT count(*) FROM persons") == [(0,)]


def test_a_second_open_want_for_the_same_crime_is_refused_in_a_file_and_after_it(wanted, look):
    again = WANT | {"source_ref": "W2"}
    assert wanted(WANT, again).said("refused") == [(2, "crime_reference")]
    assert wanted(again).counts == (0, 0, 0, 1)
    ended = again | {"outcome": "arrested", "outcome_at": "2026-01-06T00:00:00Z"}
    assert wanted(ended).counts == (1, 0, 0, 0)


def test_a_changed_want_alters_only_what_changed_and_its_clocks(wanted, look, call, path):
    wanted(WANT)
    call("PATCH", path(), power="PACE 1984 s.24")
    assert wanted(WANT | {"risk": "medium", "crime_reference": "33/9/26"}).counts == (0, 1, 0, 0)
    assert look("""
        SELECT power, risk, priority, crime_reference, target_arrest_by - entered_at, version
        FROM wants
    """) == [
        ("PACE 1984 s.24", "medium", "standard", "33/9/26", timedelta(days=14), 3),
    ]
    assert look("""
        SELECT details -> 'changes' -> 'risk' FROM want_actions
        WHERE kind = 'amendment' AND actor = 'test'
    """) == [({"from": "high", "to": "medium"},)]


def test_risk_decided_here_wins_over_the_source(wanted, look, call, path):
    wanted(WANT)
    call("PATCH", path(), risk="very_high", risk_rationale="Made threats.")
    brought = wanted(WANT | {"risk": "standard"})
    assert brought.said("warning") == [(1, "risk")]
    assert "kept" in brought.problems[0].problem
    assert look("SELECT risk FROM wants") == [("very_high",)]
    again = wanted(WANT | {"risk": "very_high"})
    assert (again.said("warning"), again.counts) == ([], (0, 0, 1, 0))


def test_an_owner_decided_here_wins_over_the_source(wanted, look, call, path):
    wanted(WANT)
    call("POST", f"{path()}/handovers", to_team="TRACING", reason="Leave")
    brought = wanted(WANT | {"owner_officer": "9999"})
    assert brought.said("warning") == [(1, "owner_officer")]
    assert look("SELECT owner_officer, owner_team FROM wants") == [(None, "TRACING")]


def test_an_owner_that_nobody_decided_follows_the_source(wanted, look):
    wanted(WANT | {"owner_officer": None})
    wanted(WANT | {"owner_officer": None, "owner_team": "CID"})
    assert look("SELECT owner_officer, owner_team FROM wants") == [(None, "CID")]
    wanted(WANT | {"owner_officer": None, "owner_team": None})
    assert look("SELECT owner_officer, owner_team FROM wants") == [(None, "CID")]


ENDED = WANT | {"outcome": "arrested", "outcome_at": "2026-01-07T08:00:00Z"}


def test_an_outcome_at_the_source_closes_what_is_outstanding(wanted, look):
    wanted(WANT)
    assert wanted(ENDED).counts == (0, 1, 0, 0)
    assert look("SELECT state, outcome_at FROM wants") == [
        ("arrested", datetime(2026, 1, 7, 8, tzinfo=UTC))
    ]
    assert look("SELECT occurred_at FROM want_actions WHERE kind = 'outcome'") == [
        (datetime(2026, 1, 7, 8, tzinfo=UTC),)
    ]
    assert look("SELECT state, recorded_to IS NULL FROM wants_history ORDER BY version") == [
        ("outstanding", False),
        ("arrested", True),
    ]


@pytest.mark.parametrize(
    "row", [WANT | {"outcome": None, "outcome_at": None}, ENDED | {"outcome": "withdrawn"}]
)
def test_a_closed_want_is_never_opened_again_nor_ended_otherwise(wanted, look, row):
    wanted(ENDED)
    brought = wanted(row)
    assert (brought.counts, brought.said("warning")) == ((0, 0, 1, 0), [(1, "outcome")])
    assert look("SELECT state FROM wants") == [("arrested",)]


def test_an_outcome_decided_here_wins_over_the_source(wanted, look, call, path):
    wanted(WANT)
    call("POST", f"{path()}/outcomes", outcome="surrendered", reason="Came in")
    brought = wanted(ENDED)
    assert (brought.counts, brought.said("warning")) == ((0, 0, 1, 0), [(1, "outcome")])
    assert look("SELECT state FROM wants") == [("surrendered",)]


def test_closing_a_circulated_want_flags_that_pnc_may_still_show_it(wanted, look, call, path):
    wanted(WANT)
    call("POST", f"{path()}/circulations", state="circulated", pnc_reference="33W1")
    wanted(ENDED | {"outcome_at": datetime.now(UTC).isoformat()})
    assert look("SELECT rule, state FROM flags") == [("uncancelled-circulations", "open")]


def test_a_row_that_turns_to_another_person_is_refused(bring, wanted, look):
    bring("people", ANN | {"source_ref": "A2", "given_names": "Bo"})
    wanted(WANT)
    assert wanted(WANT | {"person_source_ref": "A2"}).said("refused") == [(1, "person_source_ref")]


def test_a_reason_that_does_not_allow_the_end_is_refused(wanted, look):
    wanted(WANT | {"outcome": "interviewed", "outcome_at": "2026-01-07T08:00:00Z"})
    row = WANT | {"outcome": "interviewed", "outcome_at": "2026-01-07T08:00:00Z"}
    assert wanted(row | {"reason": "court_warrant"}).counts == (0, 0, 0, 1)
    assert look("SELECT reason FROM wants") == [("named_suspect",)]


def test_a_flag_ends_with_the_want_that_the_source_closes(wanted, look, engine, fresh_force):
    wanted(WANT)
    with transaction(engine, Work(fresh_force)) as session:
        settle(session, rule="overdue-arrests", source=due_source(session, "overdue-arrests"))
    assert look("SELECT rule, state FROM flags") == [("overdue-arrests", "open")]
    wanted(ENDED)
    assert look("SELECT rule, state FROM flags") == [("overdue-arrests", "cleared")]


GONE = {"outcome": "no_longer_wanted", "outcome_at": "2026-03-01T10:00:00Z"}
ANOTHER = WANT | {"source_ref": "W2"}


@pytest.mark.parametrize("changed", [GONE, {"crime_reference": "33/9/26"}])
@pytest.mark.parametrize("is_new_first", [False, True])
def test_a_want_that_ends_or_moves_makes_room_for_the_one_in_its_place(
    wanted, look, changed, is_new_first
):
    wanted(WANT)
    rows = [WANT | changed, ANOTHER]
    brought = wanted(*(reversed(rows) if is_new_first else rows))
    assert (brought.counts, brought.problems) == ((1, 1, 0, 0), [])
    assert look("""
        SELECT count(*) FROM wants WHERE state = 'outstanding' AND crime_reference = '33/1/26'
    """) == [(1,)]


def test_two_wants_that_exchange_their_crimes_are_refused_and_stand(wanted, look):
    two = ANOTHER | {"crime_reference": "33/2/26"}
    wanted(WANT, two)
    brought = wanted(WANT | {"crime_reference": "33/2/26"}, ANOTHER)
    assert brought.counts == (0, 0, 0, 2)
    assert look("SELECT count(*) FROM wants WHERE version = 1") == [(2,)]


def test_a_want_stays_with_its_person_when_their_identifier_is_corrected(bring, look):
    bring("people", ANN | {"pnc_id": pnc(1)})
    row = WANT | {"person_source_ref": "", "pnc_id": pnc(1)}
    bring("wanted", row)
    bring("people", ANN | {"pnc_id": pnc(2)})
    brought = bring("wanted", row | GONE)
    assert (brought.counts, brought.problems) == ((0, 1, 0, 0), [])
    assert look("SELECT state FROM wants") == [("no_longer_wanted",)]
