"""The clocks of a want: flagged a moment after each is due, cleared by whoever does what is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from builders import given_want
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.jobs import runner
from offenders.jobs.timetable import find_job

MICROSECOND = timedelta(microseconds=1)
DUE = {
    "overdue-arrests": "target_arrest_by",
    "wanted-reviews": "review_due_at",
    "wanted-validations": "validation_due_at",
    "wanted-without-activity": "activity_due_at",
}


@pytest.fixture
def raised_at(connection):
    """Run a job as if at a moment, in earnest or dry, and tell how many flags it raised."""

    def run(name, at, *, dry_run=True):
        made = runner.run(connection, find_job(name), at=at, dry_run=dry_run, forces=["33"])
        assert made.state == "succeeded"
        return made.raised

    return run


@pytest.fixture
def flag_of(connection):
    """Give the newest flag of a rule on a want."""

    def find(want, rule):
        with transaction(connection, Work("33")) as session:
            statement = text("""
                SELECT * FROM flags WHERE rule = :rule AND subject_id = :id ORDER BY raised_at DESC
            """)
            return session.execute(statement, {"rule": rule, "id": want["id"]}).first()

    return find


@pytest.fixture
def act(client, headers):
    """Do something to a want as a supervisor: `act(want, "attempts", place="x")`."""

    def post(want, what, **body):
        sent = headers("supervisor") | {"If-Match": read(client, headers, want).headers["ETag"]}
        answer = client.post(f"/v1/wanted/{want['id']}/{what}", json=body, headers=sent)
        assert answer.status_code in {200, 201}, answer.json
        return answer.json

    return post


def read(client, headers, want):
    return client.get(f"/v1/wanted/{want['id']}", headers=headers("supervisor"))


def days_ago(days):
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


# Product defaults of the rules catalogue, section 16: days by risk, or first and later.
@pytest.mark.parametrize(
    ("rule", "risk", "days", "severity"),
    [
        ("overdue-arrests", "very_high", 1, "alert"),
        ("overdue-arrests", "standard", 28, "warning"),
        ("wanted-reviews", "very_high", 7, "alert"),
        ("wanted-reviews", "high", 14, "warning"),
        ("wanted-validations", "very_high", 75, "warning"),
        ("wanted-validations", "standard", 75, "warning"),
        ("wanted-without-activity", "very_high", 7, "alert"),
        ("wanted-without-activity", "high", 14, "warning"),
        ("wanted-without-activity", "medium", 28, "warning"),
        ("wanted-without-activity", "standard", 28, "warning"),
    ],
)
def test_a_want_is_flagged_a_moment_after_it_is_due(
    client, headers, raised_at, flag_of, rule, risk, days, severity
):
    want = given_want(client, headers, risk=risk, owner_officer="4711")
    due = datetime.fromisoformat(want["entered_at"]) + timedelta(days=days)
    assert datetime.fromisoformat(want[DUE[rule]]) == due
    assert raised_at(rule, due) == 0
    assert raised_at(rule, due + MICROSECOND, dry_run=False) == 1
    flag = flag_of(want, rule)
    assert (flag.severity, flag.due_at, flag.owner_officer) == (severity, due, "4711")
    assert (flag.subject_type, flag.subject_reference) == ("want", want["reference"])
    assert flag.because == {
        "rule": rule,
        "what": flag.because["what"],
        "counted_from": flag.because["counted_from"],
        "due_at": flag.because["due_at"],
        "risk": risk,
        "figure": days,
        "unit": "days",
        "source": "product default",
        "citation": flag.because["citation"],
        "confidence": "L",
        "figure_from": "2014-01-01",
        "is_force_policy": False,
    }
    assert datetime.fromisoformat(flag.because["counted_from"]) == due - timedelta(days=days)


# A want is due so many days of 24 hours later, whatever the clocks in London do meanwhile.
@pytest.mark.parametrize(
    ("entered_at", "due_at"),
    [
        ("2025-03-29T12:00:00Z", "2025-04-26T12:00:00+00:00"),
        ("2025-10-25T23:30:00Z", "2025-11-22T23:30:00+00:00"),
        ("2024-02-01T00:00:00Z", "2024-02-29T00:00:00+00:00"),
    ],
)
def test_days_are_counted_as_24_hours(client, headers, entered_at, due_at):
    want = given_want(client, headers, entered_at=entered_at)
    assert want["activity_due_at"] == due_at


def test_after_the_first_validation_the_next_is_due_in_a_year(
    client, headers, act, raised_at, flag_of
):
    want = given_want(client, headers, entered_at=days_ago(80))
    assert raised_at("wanted-validations", None, dry_run=False) == 1
    validated = act(want, "validations")
    due = datetime.fromisoformat(validated["last_validated_at"]) + timedelta(days=365)
    assert datetime.fromisoformat(validated["validation_due_at"]) == due
    assert flag_of(want, "wanted-validations").state == "cleared"
    assert raised_at("wanted-validations", due) == 0
    assert raised_at("wanted-validations", due + MICROSECOND, dry_run=False) == 1
    assert flag_of(want, "wanted-validations").because["figure"] == 365


@pytest.mark.parametrize(
    ("what", "body", "ended"),
    [
        ("attempts", {"place": "1 Made-up Road", "result": "not in"}, {"wanted-without-activity"}),
        ("enquiries", {"text": "Rang his mother."}, {"wanted-without-activity"}),
        ("reviews", {"text": "Try the work address."}, {"wanted-reviews"}),
        ("validations", {}, {"wanted-validations"}),
        ("notes", {"text": "Known to run."}, set()),
        ("handovers", {"to_team": "NIGHTS", "reason": "Rest days"}, set()),
        ("circulations", {"state": "requested"}, set()),
        ("outcomes", {"outcome": "arrested"}, set(DUE)),
    ],
)
def test_a_flag_clears_with_what_takes_its_cause_away(
    client, headers, act, raised_at, flag_of, what, body, ended
):
    want = given_want(client, headers, entered_at=days_ago(80))
    for rule in DUE:
        assert raised_at(rule, None, dry_run=False) == 1
    act(want, what, **body)
    states = {rule: flag_of(want, rule).state for rule in DUE}
    assert states == {rule: "cleared" if rule in ended else "open" for rule in DUE}
    for rule in DUE:
        assert raised_at(rule, None, dry_run=False) == 0
    if what == "handovers":
        assert {flag_of(want, rule).owner_team for rule in DUE} == {"NIGHTS"}


def test_a_late_record_of_something_old_does_not_clear_what_is_due_still(
    client, headers, act, raised_at, flag_of
):
    want = given_want(client, headers, entered_at=days_ago(80))
    assert raised_at("wanted-without-activity", None, dry_run=False) == 1
    act(want, "attempts", place="x", occurred_at=days_ago(29))
    flag = flag_of(want, "wanted-without-activity")
    assert flag.state == "open"
    act(want, "attempts", place="x", occurred_at=days_ago(27))
    assert flag_of(want, "wanted-without-activity").state == "cleared"


def test_a_clock_starts_anew_and_is_flagged_once_a_period(client, headers, act, raised_at, flag_of):
    want = given_want(client, headers, entered_at=days_ago(30))
    assert [raised_at("wanted-without-activity", None, dry_run=False) for _ in range(3)] == [
        1,
        0,
        0,
    ]
    act(want, "attempts", place="x")
    again = datetime.now(UTC) + timedelta(days=29)
    assert [raised_at("wanted-without-activity", again, dry_run=False) for _ in range(2)] == [1, 0]
    assert flag_of(want, "wanted-without-activity").state == "open"


def test_the_forces_own_figure_is_what_the_flag_rests_on(client, headers, raised_at, flag_of):
    want = given_want(client, headers)
    body = {"figure": {"first": 30}, "source": "Policy 12/2026", "from": "2026-01-01"}
    path = "/v1/forces/33/policies/wanted-validations"
    assert client.put(path, json=body, headers=headers("force_manager")).status_code == 200
    due = datetime.fromisoformat(want["entered_at"]) + timedelta(days=30)
    assert raised_at("wanted-validations", due) == 0
    assert raised_at("wanted-validations", due + MICROSECOND, dry_run=False) == 1
    because = flag_of(want, "wanted-validations").because
    assert (because["figure"], because["source"], because["is_force_policy"]) == (
        30,
        "Policy 12/2026",
        True,
    )


def test_a_closed_want_has_no_clocks(client, headers, act, raised_at):
    want = given_want(client, headers, entered_at=days_ago(80))
    act(want, "outcomes", outcome="arrested")
    far = datetime.now(UTC) + timedelta(days=900)
    assert [raised_at(rule, far) for rule in DUE] == [0, 0, 0, 0]
