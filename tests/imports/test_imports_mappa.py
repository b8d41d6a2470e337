"""Receiving MAPPA cases: set down whole, told what they lack, and changed only where they changed."""

from __future__ import annotations

import pytest
from mappa_given import ago

from offenders.db import Work, transaction
from offenders.domain.mappa.service import settle_cases

ROW = {
    "source_ref": "M1",
    "family_name": "Example",
    "given_names": "Ann",
    "date_of_birth": "1980-01-01",
    "category": "1",
    "level": "1",
    "state": "community",
    "lead_agency": "police",
    "manager": "OM1",
    "started_on": "2024-05-01",
}
CASE = """
    SELECT c.stage, c.kind, c.category, c.level, c.state, c.owner_officer, c.owner_team,
           c.unconfirmed
    FROM mappa_cases c ORDER BY c.recorded_at, c.started_on, c.id
"""


def row(number, **fields):
    """Give a row of another person, for each number one."""
    names = {"source_ref": f"M{number}", "given_names": f"Ann{number}"}
    return {k: v for k, v in {**ROW, **names, **fields}.items() if v is not None}


@pytest.fixture
def cases(bring):
    return lambda *rows, **more: bring("mappa", *rows, **more)


def test_a_case_comes_with_level_history_log_management_and_audit(cases, look):
    assert cases(ROW).counts == (1, 0, 0, 0)
    assert look(CASE) == [("open", "mappa", 1, 1, "community", "OM1", None, [])]
    assert look("""
        SELECT l.level, l.until_at, c.meeting_due_at - l.from_at = interval '365 days'
        FROM mappa_levels l JOIN mappa_cases c ON c.id = l.case_id
    """) == [(1, None, True)]
    assert look("SELECT stage, recorded_to FROM mappa_cases_history") == [("open", None)]
    assert look("SELECT kind FROM mappa_entries") == [("entry",)]
    assert look("SELECT kind, owner_officer FROM managements") == [("mappa_case", "OM1")]
    assert look("""
        SELECT subject_type, cardinality(subject_ids) FROM audit_events ORDER BY 1
    """) == [("mappa_case", 1), ("person", 1)]


EVERYTHING = """
    SELECT to_jsonb(c)::text FROM mappa_cases c
    UNION ALL SELECT to_jsonb(c)::text FROM mappa_cases_history c
    UNION ALL SELECT to_jsonb(c)::text FROM mappa_levels c
    UNION ALL SELECT to_jsonb(c)::text FROM mappa_entries c
    UNION ALL SELECT to_jsonb(c)::text FROM managements c
    UNION ALL SELECT (to_jsonb(c) - 'digest')::text FROM import_sources c ORDER BY 1
"""


def test_running_again_changes_nothing_and_what_is_lacking_is_said(cases, look):
    rows = [
        row(1),
        row(2, category=2, level=2),
        row(3, category=3, level="3", risk="very_high"),
        row(4, manager=None),
        row(5, kind="potentially_dangerous", category=None, grounds="Threats", authorised_by="S1"),
        row(6, date_of_birth="2015-01-01"),
        row(7, exit_reason="deceased", ended_at="2025-01-01T10:00:00Z"),
    ]
    first = cases(*rows)
    assert first.counts == (7, 0, 0, 0)
    assert sorted(first.said("warning")) == [
        (2, "disposal"),
        (2, "risk"),
        (3, "criteria"),
        (3, "grounds"),
        (6, "agencies"),
    ]
    assert look("SELECT count(*) FROM managements") == [(6,)]
    assert (
        look("SELECT owner_team FROM mappa_cases WHERE owner_officer IS NULL")[0][0][:5] == "DUTY-"
    )
    everything = look(EVERYTHING)
    again = cases(*rows)
    assert again.counts == (0, 0, 7, 0)
    assert look(EVERYTHING) == everything


@pytest.mark.parametrize(
    ("fields", "refused"),
    [
        ({"category": None}, "category"),
        ({"level": None}, "level"),
        ({"level": "4"}, "level"),
        ({"lead_agency": "scouts"}, "lead_agency"),
        ({"category": "3"}, "level"),
        ({"category": "4", "started_on": "2022-06-27"}, "category"),
        ({"category": "2", "disposal": "imprisonment", "sentence_months": "11"}, "sentence_months"),
        ({"level": "2", "risk": "medium"}, "level"),
        ({"kind": "potentially_dangerous"}, "category"),
        ({"started_on": "2100-01-01"}, "started_on"),
        ({"exit_reason": "sentence_ended", "ended_at": "2025-01-01T10:00:00Z"}, "exit_reason"),
        ({"exit_reason": "deceased", "ended_at": "2024-01-01T10:00:00Z"}, "ended_at"),
        ({"ended_at": "2025-01-01T10:00:00Z"}, "exit_reason"),
        (
            {
                "exit_reason": "deceased",
                "ended_at": "2025-01-01T10:00:00Z",
                "last_meeting_at": "2025-01-02T10:00:00Z",
            },
            "ended_at",
        ),
    ],
)
def test_what_no_rule_allows_is_refused(cases, look, fields, refused):
    brought = cases(row(1, **fields))
    assert (brought.counts, brought.said("refused")) == ((0, 0, 0, 1), [(1, refused)])
    assert look("SELECT count(*) FROM mappa_cases") == [(0,)]


def test_a_person_is_held_once_and_eligibility_ends_being_potentially_dangerous(cases, look):
    dangerous = {"kind": "potentially_dangerous", "category": None, "grounds": "Threats"}
    cases(row(1, **dangerous, authorised_by="S1", pnc_id="1981/0000034U"))
    again = row(2, pnc_id="1981/0000034U", family_name=None)
    assert cases(again, {**again, "source_ref": "M3"}).counts == (1, 0, 0, 1)
    assert [each[:2] for each in look(CASE)] == [
        ("closed", "potentially_dangerous"),
        ("open", "mappa"),
    ]
    assert cases(row(4, **dangerous, pnc_id="1981/0000034U", family_name=None)).said("refused") == [
        (1, "kind")
    ]
    assert look("SELECT count(*) FROM managements") == [(1,)]


def test_only_what_changed_at_the_source_is_changed_and_what_was_set_here_wins(cases, look):
    cases(row(1), row(2))
    look("UPDATE mappa_cases SET owner_officer = 'OM9', state = 'custody'")
    changed = cases(row(1, manager="OM2", level="2", risk="high"), row(2, state="custody"))
    assert changed.counts == (0, 1, 1, 0)
    assert changed.said("warning") == [(1, "manager")]
    assert look(
        "SELECT owner_officer, level, state, version FROM mappa_cases ORDER BY version"
    ) == [
        ("OM9", 1, "custody", 1),
        ("OM9", 2, "custody", 2),
    ]
    levels = "SELECT level, until_at IS NULL FROM mappa_levels ORDER BY level, 2"
    assert look(levels) == [(1, False), (1, True), (2, True)]
    ended = cases(row(2, exit_reason="deceased", state="custody"))
    assert ended.counts == (0, 1, 0, 0)
    assert look("SELECT stage, exit_reason FROM mappa_cases ORDER BY stage") == [
        ("closed", "deceased"),
        ("open", None),
    ]
    assert look("SELECT count(*) FROM managements") == [(1,)]
    late = cases(row(2, state="custody", exit_reason="deceased", level="2", risk="high"))
    assert (late.counts, late.said("warning")) == ((0, 0, 1, 0), [(1, "exit_reason")])


def test_a_full_extract_tells_what_it_lacks(cases, look):
    cases(row(1), row(2))
    cases(row(1), complete=True)
    flag = "SELECT subject_type, state FROM flags WHERE rule = 'not-in-source'"
    assert look(flag) == [("mappa_case", "open")]
    cases(row(1), row(2), complete=True)
    assert look(flag) == [("mappa_case", "cleared")]


def test_what_changes_at_the_source_takes_management_log_history_and_flags_along(
    cases, look, engine, fresh_force
):
    cases(row(1, manager=None), row(2, level="2", risk="high", started_on="2024-01-01"))
    with transaction(engine, Work(fresh_force)) as session:
        settle_cases(session)
    flags = """
        SELECT because ->> 'what', owner_officer FROM flags
        WHERE state <> 'cleared' ORDER BY owner_officer NULLS FIRST
    """
    assert [each[1] for each in look(flags)] == [None, "OM1"]
    named = row(1, manager="OM5", agencies="probation;housing", last_meeting_at=ago(20))
    assert cases(named, row(2, level="2", risk="high", manager="OM6")).counts == (0, 2, 0, 0)
    (flag,) = look(flags)
    assert flag[1] == "OM6"
    assert look("SELECT owner_officer, owner_team FROM managements ORDER BY 1") == [
        ("OM5", None),
        ("OM6", None),
    ]
    assert look("""
        SELECT agencies, last_meeting_at + interval '365 days' = meeting_due_at
        FROM mappa_cases WHERE level = 1
    """) == [(["housing", "police", "probation"], True)]
    assert look("SELECT kind, count(*) FROM mappa_entries GROUP BY 1 ORDER BY 1") == [
        ("amendment", 2),
        ("entry", 2),
    ]
    assert look("""
        SELECT count(*) FROM mappa_levels l JOIN mappa_cases c ON c.id = l.case_id
        WHERE l.from_at = c.level_since
          AND c.level_since AT TIME ZONE 'Europe/London' = DATE '2024-05-01'
    """) == [(2,)]
    assert look("SELECT count(*) FROM mappa_cases_history WHERE recorded_to IS NULL") == [(2,)]
