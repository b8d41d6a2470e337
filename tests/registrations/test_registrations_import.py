"""Importing registrations: the same law as by hand; running again changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from registrations_given import Register, ago, today
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.imports.service import run_rows
from offenders.jobs import runner
from offenders.jobs.timetable import find_job

ROW = {
    "source_ref": "V1",
    "family_name": "Example",
    "given_names": "Ann",
    "date_of_birth": "1970-01-01",
    "relevant_date": "2020-01-15",
    "disposal": "imprisonment",
    "sentence_months": "18",
    "risk": "high",
    "offender_manager": "OM1",
}


def row(**fields):
    return {name: value for name, value in (ROW | fields).items() if value is not None}


@pytest.fixture
def desk(committing_app, headers, fresh_force):
    return Register(committing_app.test_client(), headers, fresh_force)


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
            kind="registrations",
            rows=rows,
            requested_by="test",
            sink=Sink(),
            **more,
        )
        return tuple(summary[1:5]), [(each.severity, each.field) for each in problems]

    return bring_in


@pytest.fixture
def look(engine, fresh_force):
    def run(statement):
        with transaction(engine, Work(fresh_force)) as session:
            return [tuple(each) for each in session.execute(text(statement))]

    return run


EVERYTHING = """
    SELECT 'registration', to_jsonb(r)::text FROM registrations r
    UNION ALL SELECT 'history', to_jsonb(r)::text FROM registrations_history r
    UNION ALL SELECT 'action', to_jsonb(r)::text FROM registration_actions r
    UNION ALL SELECT 'management', to_jsonb(r)::text FROM managements r
    UNION ALL SELECT 'person', to_jsonb(r)::text FROM persons r ORDER BY 1, 2
"""


def test_rows_are_registered_by_the_law_and_again_nothing_changes(bring, desk, look):
    rows = [
        row(),
        row(source_ref="V2", family_name="Other", sentence_months=30),
        row(
            source_ref="V3",
            family_name="Third",
            disposal="conditional_discharge",
            sentence_months=None,
            discharge_months=12,
            relevant_date=ago(20),
            offender_manager=None,
        ),
        row(
            source_ref="V4",
            family_name="Fourth",
            in_custody_since=ago(100),
            last_notified_on=ago(200),
            last_seen_on=ago(150),
            last_arms_on=ago(160),
        ),
    ]
    assert bring(*rows) == ((4, 0, 0, 0), [])
    listed = {each["person"]["family_name"]: each for each in desk.list()}
    assert listed["Example"]["notification_ends_on"] == "2030-01-14"
    assert listed["Example"]["offender_manager"] == "OM1"
    assert listed["Other"]["notification_indefinite"] is True
    assert listed["Third"]["owner_team"].startswith("DUTY-")
    assert (listed["Fourth"]["state"], listed["Fourth"]["last_seen_on"]) == (
        "in_custody",
        ago(150),
    )
    assert len(look("SELECT 1 FROM managements WHERE kind = 'registration'")) == 4
    before = look(EVERYTHING)
    assert bring(*rows) == ((0, 0, 4, 0), [])
    assert look(EVERYTHING) == before
    assert desk.history(listed["Example"])[0]["kind"] == "entry"


def test_the_length_of_a_discharge_may_come_as_that_of_the_sentence(bring, desk):
    told = row(disposal="conditional_discharge", sentence_months="24", relevant_date=ago(30))
    summary, problems = bring(told)
    assert (summary[0], problems) == (1, [])
    (made,) = desk.list()
    (disposal,) = made["disposals"]
    assert (disposal["disposal"], disposal["discharge_months"]) == ("conditional_discharge", 24)


def test_rows_of_one_person_make_one_registration_with_the_latest_end(bring, desk):
    who = {"pnc_id": "2002/0073319Z"}
    rows = [
        row(**who),
        row(source_ref="V2", relevant_date="2021-03-01", sentence_months=6, **who),
        row(source_ref="V3", relevant_date="2022-03-01", sentence_months=48, risk="low", **who),
    ]
    assert bring(*rows) == ((3, 0, 0, 0), [("warning", "risk")])
    (made,) = desk.list()
    assert made["notification_indefinite"] is True
    assert [each["source_ref"] for each in made["disposals"]] == ["V1", "V2", "V3"]
    assert bring(row(source_ref="V3", relevant_date="2022-03-01", sentence_months=12, **who)) == (
        (0, 1, 0, 0),
        [],
    )
    (made,) = desk.list()
    assert (made["notification_ends_on"], made["version"]) == ("2032-02-29", 2)


def test_what_was_set_here_stands_and_what_changed_at_the_source_is_taken(bring, desk):
    bring(row())
    (made,) = desk.list()
    desk.done(made, "risk-levels", risk="very_high", reason="Concerns.")
    desk.done(made, "visits", seen=True)
    found = bring(row(risk="medium", last_seen_on=ago(5), offender_manager="OM2"))
    assert found == ((0, 1, 0, 0), [("warning", "risk")])
    (now,) = desk.list()
    assert (now["risk"], now["offender_manager"]) == ("very_high", "OM2")
    assert now["last_seen_on"] == today().isoformat()
    inside = row(risk="medium", last_seen_on=ago(5), offender_manager="OM2")
    assert bring(inside | {"in_custody_since": ago(3)})[0] == (0, 1, 0, 0)
    assert desk.list()[0]["state"] == "in_custody"
    assert bring(inside | {"in_custody_since": ""})[0] == (0, 1, 0, 0)
    assert desk.list()[0]["state"] == "registered"
    desk.done(made, "closures", outcome="deceased")
    assert bring(inside | {"risk": "low"}) == ((0, 0, 1, 0), [("warning", "source_ref")])


def test_a_risk_raised_at_the_source_ends_reactive_management(bring, desk):
    low = {"risk": "low", "risk_since": ago(3 * 366)}
    bring(row(**low))
    (made,) = desk.list()
    body = {"management": "reactive", "authorised_by": "DI1", "reason": "Stable."}
    desk.done(made, "managements", **body)
    assert bring(row(risk="high", risk_since=ago(1)))[0] == (0, 1, 0, 0)
    (now,) = desk.list()
    assert (now["risk"], now["management"], now["reactive_review_due_on"]) == (
        "high",
        "active",
        None,
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"sentence_months": None}, "sentence_months"),
        ({"sentence_months": "6.5"}, "sentence_months"),
        ({"disposal": "caution"}, "sentence_months"),
        ({"disposal": "prison"}, "disposal"),
        ({"relevant_date": (today() + timedelta(days=2)).isoformat()}, "relevant_date"),
        ({"relevant_date": None}, "relevant_date"),
        ({"relevant_date": "1969-01-01"}, "relevant_date"),
        ({"last_notified_on": "2020-01-14"}, "last_notified_on"),
        ({"first_notified_on": "2021-01-14", "last_notified_on": "2020-01-16"}, "last_notified_on"),
        ({"owner_team": "MOSOVO"}, "owner_team"),
        ({"family_name": None, "given_names": None, "date_of_birth": None}, "person_source_ref"),
        ({"person_source_ref": "nobody"}, "person_source_ref"),
    ],
)
def test_what_can_not_be_is_refused_with_its_field(bring, desk, fields, field):
    assert bring(row(**fields)) == ((0, 0, 0, 1), [("refused", field)])
    assert desk.list() == []


def test_a_period_that_is_over_is_warned_of_and_the_jobs_and_the_extract_flag(
    bring, desk, engine, fresh_force
):
    over = row(disposal="caution", sentence_months=None)
    assert bring(over, row(source_ref="V2", family_name="B")) == (
        (2, 0, 0, 0),
        [("warning", "relevant_date")],
    )
    for rule, raised in (
        ("registration-visits", 1),
        ("registration-notifications", 2),
        ("arms-assessments", 1),
    ):
        made = runner.run(engine, find_job(rule), forces=[fresh_force])
        assert (rule, made.state, made.raised) == (rule, "succeeded", raised)
    assert len(desk.list(visit_overdue="true")) == 1
    assert bring(over, complete=True)[0] == (0, 0, 1, 0)
    assert len(desk.flags("not-in-source")) == 1
