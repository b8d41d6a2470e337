"""An overdue task is flagged once, climbs after a while, and clears with its cause."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import given_neighbourhood
from sqlalchemy import text
from tasks_given import ahead

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.reference.directory import OFFICERS, put_entries
from offenders.jobs.timetable import find_job

HOUR = timedelta(hours=1)


@pytest.fixture
def run(connection):
    def sweep(later):
        with clock.as_if_at(clock.now() + later), transaction(connection, Work("33")) as session:
            effect = find_job("overdue-tasks").effect_in(session, "33")
        return effect.raised, effect.cleared

    return sweep


@pytest.fixture
def flags(connection):
    def read():
        asked = text("""SELECT severity, state, owner_officer, owner_team, because FROM flags
                        WHERE force = '33' AND rule = 'overdue-tasks' ORDER BY raised_at, id""")
        with transaction(connection, Work("33")) as session:
            return [row._asdict() for row in session.execute(asked)]

    return read


def test_a_flag_is_raised_once_climbs_and_clears(tasks, client, run, flags, connection):
    given_neighbourhood(client, "TN1", lpa="TL")
    with transaction(connection, Work("33")) as session:
        put_entries(session, OFFICERS, [{"code": "1234", "team": "NPT"}])
    made = tasks.given(due_at=ahead(hours=2), lpa="TL")
    queued = tasks.given(due_at=ahead(hours=2), owner_officer=None, owner_team="NPT", lpa="TL")
    assert run(HOUR) == (0, 0)
    assert run(3 * HOUR) == (2, 0)
    assert run(3 * HOUR) == (0, 0)
    assert {(each["severity"], each["owner_officer"]) for each in flags()} == {
        ("warning", "1234"),
        ("warning", None),
    }
    assert "Knock" not in str(flags())
    assert run(25 * HOUR) == (0, 0)
    assert {each["severity"] for each in flags()} == {"warning"}
    assert run(27 * HOUR) == (0, 0)
    assert [(each["severity"], each["owner_officer"]) for each in flags()] == [("alert", None)] * 2
    assert {each["owner_team"] for each in flags()} == {"NPT", "DUTY-TL"}
    assert {each["because"]["owner_officer"] for each in flags()} == {"1234", None}
    tasks.done(made, "completions", result="Arrested at home")
    tasks.done(queued, "extensions", due_at=ahead(days=9), reason="Warrant awaited")
    assert {each["state"] for each in flags()} == {"cleared"}
    assert run(27 * HOUR) == (0, 0)


def test_a_hand_over_moves_the_flag_and_a_later_due_time_is_another_flag(tasks, run, flags):
    made = tasks.given(due_at=ahead(hours=2))
    assert run(3 * HOUR) == (1, 0)
    with clock.as_if_at(clock.now() + 3 * HOUR):
        tasks.done(made, "handovers", to_officer="77", reason="Sick")
    assert [each["owner_officer"] for each in flags()] == ["77"]
    tasks.done(made, "extensions", due_at=ahead(days=1), reason="Leave")
    assert run(3 * HOUR) == (0, 0)
    assert run(25 * HOUR) == (1, 0)
    assert [each["state"] for each in flags()] == ["cleared", "open"]
