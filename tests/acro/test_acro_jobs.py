"""Flags of missing checks and overdue replies: raised on time, renewed, and ended by themselves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from acro_given import act, given_check, given_checks, given_detentions, required
from sqlalchemy import text

from offenders import clock
from offenders.domain.acro.service import require_checks
from offenders.jobs import acro

MISSING, REPLIES = "missing-acro-checks", "overdue-acro-replies"
SWEEPS = {MISSING: acro.flag_missing, REPLIES: acro.flag_replies}


def at(written):
    return datetime.fromisoformat(written).replace(tzinfo=UTC)


def sweep(session, rule, moment):
    """Run a job as if at a moment; give how many flags it raised and cleared."""
    with clock.as_if_at(at(moment)):
        effect = SWEEPS[rule](session, "33")
    return effect.raised, effect.cleared


def flags(session, rule):
    statement = text("SELECT * FROM flags WHERE rule = :rule ORDER BY raised_at, subject_reference")
    return session.execute(statement, {"rule": rule}).all()


@pytest.fixture
def policy(client, headers):
    def put(rule, **figures):
        path = f"/v1/forces/33/policies/{rule}"
        answer = client.put(path, json={"figure": figures}, headers=headers("force_admin"))
        assert answer.status_code == 200, answer.json

    return put


def test_a_check_not_requested_is_flagged_right_after_a_day_from_arrest(session):
    detention, checks = given_checks(session, "ROU", lpa="NORTH")
    assert sweep(session, MISSING, "2026-03-03T09:00:00") == (0, 0)
    assert sweep(session, MISSING, "2026-03-03T09:00:00.000001") == (1, 0)
    assert sweep(session, MISSING, "2026-03-04T09:00:00") == (0, 0)
    [flag] = flags(session, MISSING)
    assert (flag.subject_type, str(flag.subject_id)) == ("acro_check", checks["ROU"]["id"])
    assert (flag.person_id, flag.lpa) == (detention.person_id, "NORTH")
    assert (flag.severity, flag.owner_team) == ("alert", "DUTY-NORTH")
    assert flag.due_at == at("2026-03-03T09:00:00")
    assert (flag.because["figure"], flag.because["source"]) == (1, "product default")
    assert flag.because["country"] == "ROU"
    teams = session.execute(text("SELECT code FROM teams WHERE code LIKE 'DUTY-%'")).scalars()
    assert "DUTY-NORTH" in list(teams)


def test_a_british_detention_is_never_flagged(session):
    (detention,) = given_detentions(session, 1)
    assert require_checks(session, [required(detention, "GBR")]) == {}
    assert sweep(session, MISSING, "2026-09-01T09:00:00") == (0, 0)


def test_a_request_clears_the_flag_in_its_own_transaction(client, headers, session):
    check = given_check(session)
    sweep(session, MISSING, "2026-03-04T09:00:00")
    act(client, headers, check, "requests")
    [flag] = flags(session, MISSING)
    assert (flag.state, flag.cleared_because) == ("cleared", "It was dealt with.")
    assert sweep(session, MISSING, "2026-03-05T09:00:00") == (0, 0)


def test_giving_a_check_up_clears_the_flag(client, headers, session):
    check = given_check(session)
    sweep(session, MISSING, "2026-03-04T09:00:00")
    act(client, headers, check, "not-possible", reason="Nationality was corrected.")
    assert [flag.state for flag in flags(session, MISSING)] == ["cleared"]


def test_a_request_that_could_not_be_delivered_is_as_if_nobody_had_asked(client, headers, session):
    check = given_check(session)
    act(client, headers, check, "requests")
    session.execute(
        text("UPDATE outbox_messages SET state = 'dead', next_try_at = NULL, fault = 'http-400'")
    )
    assert sweep(session, MISSING, "2026-03-03T00:00:00") == (1, 0)
    [flag] = flags(session, MISSING)
    assert flag.because["what"] == "The request could not be delivered. Send it again."
    assert flag.because["fault"] == "http-400"
    session.execute(text("UPDATE outbox_messages SET state = 'delivered', delivered_at = now()"))
    assert sweep(session, MISSING, "2026-03-05T09:00:00") == (0, 1)


# Country, requested at, the last moment in time (UTC).
@pytest.mark.parametrize(
    ("country", "requested_at", "last"),
    [
        # Over Good Friday and Easter Monday, into summer time.
        ("ROU", "2026-03-16T09:00:00Z", "2026-04-15T23:00:00"),
        ("ALB", "2026-03-16T09:00:00Z", "2026-05-21T23:00:00"),
        # A Saturday.
        ("POL", "2026-03-07T09:00:00Z", "2026-04-07T23:00:00"),
    ],
)
def test_a_reply_is_flagged_right_after_its_last_day(
    client, headers, session, country, requested_at, last
):
    check = given_check(session, country)
    act(client, headers, check, "requests", requested_at=requested_at)
    # It was recorded late, so its flag stood at once; at the last moment in time there is none.
    assert sweep(session, REPLIES, last) == (0, 1)
    assert sweep(session, REPLIES, f"{last}.000001") == (1, 0)
    [flag] = [each for each in flags(session, REPLIES) if each.state == "open"]
    assert (flag.due_at, flag.severity) == (at(last), "warning")
    answered = act(client, headers, check, "responses", response="no_trace")
    assert answered.status_code == 201
    assert {each.state for each in flags(session, REPLIES)} == {"cleared"}


def test_chasing_moves_the_flag_a_week_on_and_it_stays_until_the_answer(client, headers, session):
    check = given_check(session)
    act(client, headers, check, "requests", requested_at="2026-03-16T09:00:00Z")
    sweep(session, REPLIES, "2026-04-20T09:00:00")
    act(client, headers, check, "chases")
    session.execute(text("UPDATE acro_checks SET chased_at = '2026-04-20T10:00:00Z'"))
    assert sweep(session, REPLIES, "2026-04-27T10:00:00") == (0, 0)
    [flag] = flags(session, REPLIES)
    assert (flag.state, flag.severity) == ("open", "information")
    assert flag.due_at == at("2026-04-27T10:00:00")
    assert flag.because["chases"] == 1
    sweep(session, REPLIES, "2026-04-27T10:00:00.000001")
    assert [each.severity for each in flags(session, REPLIES)] == ["warning"]


@pytest.mark.parametrize(("response", "raised"), [("trace", 1), ("partial", 1), ("no_trace", 0)])
def test_a_trace_not_assessed_is_flagged_until_it_is(client, headers, session, response, raised):
    check = given_check(session)
    act(client, headers, check, "requests", requested_at="2026-03-02T10:00:00Z")
    moment = "2026-03-10T10:00:00Z"
    act(client, headers, check, "responses", response=response, responded_at=moment)
    # It was recorded late, so its flag stands at once.
    assert [each.state for each in flags(session, REPLIES)] == ["open" if raised else "cleared"]
    assert sweep(session, REPLIES, "2026-03-11T10:00:00") == (0, raised)
    assert sweep(session, REPLIES, "2026-03-11T10:00:00.000001") == (raised, 0)
    if raised:
        assert flags(session, REPLIES)[0].severity == "alert"
        act(client, headers, check, "assessments", rationale="Nothing of note.")
        assert {each.state for each in flags(session, REPLIES)} == {"cleared"}


def test_a_changed_policy_moves_the_clocks_that_the_next_sweep_judges_by(
    client, headers, session, policy
):
    _, checks = given_checks(session, "ROU", "ALB")
    eu, other = checks["ROU"], checks["ALB"]
    late = given_check(session)
    for check in (eu, other):
        act(client, headers, check, "requests", requested_at="2026-03-16T09:00:00Z")
    policy(REPLIES, eu=10, other=30)
    policy(MISSING, all=3)
    acro.flag_replies(session, "33")
    acro.flag_missing(session, "33")
    rows = session.execute(
        text("SELECT id, coalesce(reply_due_at, request_due_at) AS due_at FROM acro_checks")
    )
    assert {str(row.id): row.due_at for row in rows} == {
        eu["id"]: at("2026-03-30T23:00:00"),
        other["id"]: at("2026-04-15T23:00:00"),
        late["id"]: at("2026-03-05T09:00:00"),
    }
    history = text("SELECT count(*) FROM acro_checks_history WHERE id = :id")
    assert session.execute(history, {"id": late["id"]}).scalar_one() == 2


def test_a_second_run_changes_nothing(session):
    for _ in range(5):
        given_check(session)
    assert sweep(session, MISSING, "2026-03-09T09:00:00") == (5, 0)
    before = session.execute(text("SELECT count(*) FROM flags_history")).scalar_one()
    assert sweep(session, MISSING, "2026-03-09T10:00:00") == (0, 0)
    assert session.execute(text("SELECT count(*) FROM flags_history")).scalar_one() == before


def test_the_rules_and_their_jobs_are_told(client, headers):
    rules = client.get("/v1/rules", headers=headers("investigator")).json["items"]
    found = {
        (each["code"], each["applies_to"]): (each["figure"], each["unit"], each["confidence"])
        for each in rules
        if each["code"] in {MISSING, REPLIES} and each["to"] is None
    }
    assert found == {
        (MISSING, "all"): (1, "days", "L"),
        (REPLIES, "eu"): (20, "working days", "M"),
        (REPLIES, "other"): (66, "days", "L"),
        (REPLIES, "chase"): (7, "days", "L"),
        (REPLIES, "assessment"): (1, "days", "L"),
    }
    jobs = client.get("/v1/jobs", headers=headers("force_admin")).json["items"]
    assert {MISSING, REPLIES} <= {each["name"] for each in jobs}
