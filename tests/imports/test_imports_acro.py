"""Importing foreign-conviction checks: each row brings one required check up to date, once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from acro_given import given_checks, given_detentions
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction
from offenders.jobs import acro

STATES = "SELECT country, state, response FROM acro_checks ORDER BY country"


@pytest.fixture
def detention(engine, fresh_force):
    """Put a detention on record that requires checks of Romania and Albania."""
    with transaction(engine, Work(fresh_force)) as session:
        return given_checks(session, "ROU", "ALB")[0]


@pytest.fixture
def row(detention):
    def make(ref="1", country="ROU", **more):
        return {
            "source_ref": ref,
            "custody_number": detention.custody_number,
            "country": country,
        } | more

    return make


REQUESTED = {"state": "requested", "requested_at": "2026-03-02T10:00:00Z"}
ANSWERED = REQUESTED | {
    "state": "responded",
    "responded_at": "2026-03-05T10:00:00Z",
    "response": "no_trace",
}


def test_each_row_brings_its_check_up_to_date_and_running_again_changes_nothing(bring, row, look):
    rows = [row("1", **REQUESTED), row("2", "alb", **ANSWERED)]
    assert bring("acro-checks", *rows).counts == (0, 2, 0, 0)
    assert look(STATES) == [("ALB", "responded", "no_trace"), ("ROU", "requested", None)]
    before = look("SELECT * FROM acro_checks_history ORDER BY id, recorded_from")
    assert bring("acro-checks", *rows).counts == (0, 0, 2, 0)
    assert look("SELECT * FROM acro_checks_history ORDER BY id, recorded_from") == before
    # Twenty working days, and 66 days.
    assert look("SELECT reply_due_at FROM acro_checks ORDER BY country") == [
        (datetime(2026, 5, 7, 23, tzinfo=UTC),),
        (datetime(2026, 3, 30, 23, tzinfo=UTC),),
    ]
    assert look("SELECT count(*) FROM outbox_messages") == [(0,)]


def test_a_row_that_says_more_moves_the_check_on(bring, row, look):
    bring("acro-checks", row(state="required"))
    assert look(STATES)[1] == ("ROU", "required", None)
    assert bring("acro-checks", row(**REQUESTED)).counts == (0, 1, 0, 0)
    assert bring("acro-checks", row(**ANSWERED)).counts == (0, 1, 0, 0)
    assessed = ANSWERED | {"state": "assessed", "response": "trace"}
    assert bring("acro-checks", row(**assessed)).counts == (0, 1, 0, 0)
    assert look(STATES)[1] == ("ROU", "assessed", "trace")
    states = look(
        "SELECT state FROM acro_checks_history WHERE country = 'ROU' ORDER BY recorded_from"
    )
    assert [state for (state,) in states] == ["required", "requested", "responded", "assessed"]


def test_without_a_state_the_moments_say_it(bring, row, look):
    answered = {name: value for name, value in ANSWERED.items() if name != "state"}
    asked = {"requested_at": REQUESTED["requested_at"]}
    bring("acro-checks", row("1", **asked), row("2", "ALB", **answered))
    assert [state for _, state, _ in look(STATES)] == ["responded", "requested"]


def test_no_trace_has_nothing_to_assess(bring, row, look):
    bring("acro-checks", row(**ANSWERED | {"state": "assessed"}))
    assert look(STATES)[1] == ("ROU", "responded", "no_trace")


def test_what_is_not_possible_is_taken_with_its_reason(bring, row, look):
    bring("acro-checks", row("1", state="not_possible", reason="No exchange."))
    bring("acro-checks", row("2", "ALB", state="not_possible"))
    assert look("SELECT not_possible_because FROM acro_checks ORDER BY country") == [
        ("Not possible, as the source says.",),
        ("No exchange.",),
    ]


def test_what_the_source_gives_up_is_not_sent(bring, row, look, call):
    [(check,)] = look("SELECT id FROM acro_checks WHERE country = 'ROU'")
    call("POST", f"/v1/acro-checks/{check}/requests", urgency="routine")
    assert bring("acro-checks", row("1", state="not_possible")).counts == (0, 1, 0, 0)
    assert look("SELECT state, body FROM outbox_messages") == [("withdrawn", None)]


def test_a_check_that_has_got_further_here_stays_with_a_warning(bring, row, look, call):
    bring("acro-checks", row(**REQUESTED))
    [(check,)] = look("SELECT id FROM acro_checks WHERE country = 'ROU'")
    call("POST", f"/v1/acro-checks/{check}/responses", response="trace")
    brought = bring("acro-checks", row(**REQUESTED, summary="Sent again."))
    assert brought.counts == (0, 0, 1, 0)
    assert brought.said("warning") == [(1, "state")]
    brought = bring("acro-checks", row(**ANSWERED))
    assert (brought.counts, brought.said("warning")) == ((0, 0, 1, 0), [(1, "response")])
    assert look(STATES)[1] == ("ROU", "responded", "trace")


def test_a_source_corrects_its_own_answer(bring, row, look):
    for response in ("no_trace", "trace"):
        brought = bring("acro-checks", row(**ANSWERED | {"response": response}))
        assert brought.counts == (0, 1, 0, 0)
    assert look(STATES)[1] == ("ROU", "responded", "trace")


def test_what_is_only_required_was_not_requested(bring, row, look):
    bring("acro-checks", row(**REQUESTED | {"state": "required"}))
    assert look("SELECT DISTINCT requested_at FROM acro_checks") == [(None,)]


# What a row says beside number and country, and the field that is refused.
BAD = [
    ({"custody_number": "C-none"}, "custody_number"),
    ({"custody_number": ""}, "custody_number"),
    ({"country": "POL", **REQUESTED}, "country"),
    ({"country": "Romania"}, "country"),
    ({"country": ""}, "country"),
    ({"state": "asked"}, "state"),
    ({"state": "requested"}, "requested_at"),
    ({"requested_at": "2026-03-02T08:59:59Z"}, "requested_at"),
    ({"requested_at": "2999-03-02T08:59:59Z"}, "requested_at"),
    ({"requested_at": "2026-03-02"}, "requested_at"),
    ({**ANSWERED, "requested_at": None}, "requested_at"),
    ({**ANSWERED, "responded_at": None}, "responded_at"),
    ({**ANSWERED, "response": None}, "response"),
    ({**ANSWERED, "response": "maybe"}, "response"),
    ({**ANSWERED, "responded_at": "2026-03-02T09:59:59Z"}, "responded_at"),
    ({**REQUESTED, "response": "trace"}, "response"),
    ({"colour": "blue"}, "colour"),
    ({**REQUESTED, "person_id": "P33-7K3M-Q2XD"}, "person_id"),
    ({**REQUESTED, "person_source_ref": "nobody"}, "person_source_ref"),
]


def test_each_bad_row_is_refused_alone_and_named(bring, row, look):
    good = row("good", "ALB", **REQUESTED)
    bad = [row(str(number)) | more for number, (more, _) in enumerate(BAD)]
    brought = bring("acro-checks", *bad, good)
    assert brought.counts == (0, 1, 0, len(BAD))
    fields = [(line, field) for line, (_, field) in enumerate(BAD, start=1)]
    assert brought.said("refused") == fields
    assert look(STATES) == [("ALB", "requested", None), ("ROU", "required", None)]


def test_a_reply_without_a_request_names_the_rule(bring, row):
    brought = bring("acro-checks", row(**ANSWERED | {"requested_at": None}))
    [problem] = brought.problems
    assert "reply-after-request" in problem.problem


def test_the_same_check_twice_in_a_file_is_refused(bring, row, look):
    brought = bring("acro-checks", row("1", **REQUESTED), row("2", **ANSWERED))
    assert brought.counts == (0, 1, 0, 1)
    assert brought.said("refused") == [(2, "country")]
    assert look(STATES)[1] == ("ROU", "requested", None)


def test_the_person_may_be_named_as_well(bring, row, detention):
    assert bring("acro-checks", row(person_id=str(detention.person_id), **REQUESTED)).counts == (
        0,
        1,
        0,
        0,
    )


def test_a_rehearsal_changes_nothing(bring, row, look):
    assert bring("acro-checks", row(**REQUESTED), dry_run=True).counts == (0, 1, 0, 0)
    assert look(STATES)[1] == ("ROU", "required", None)


def test_flags_end_with_the_import_that_takes_their_cause_away(
    bring, row, look, engine, fresh_force
):
    with (
        transaction(engine, Work(fresh_force)) as session,
        clock.as_if_at(datetime(2026, 3, 4, tzinfo=UTC)),
    ):
        assert acro.flag_missing(session, fresh_force).raised == 2
    bring("acro-checks", row(**ANSWERED))
    assert look("SELECT state, count(*) FROM flags GROUP BY 1 ORDER BY 1") == [
        ("cleared", 1),
        ("open", 1),
    ]


def test_a_batch_of_many_is_received_in_sets(bring, look, engine, fresh_force):
    with transaction(engine, Work(fresh_force)) as session:
        [british] = given_detentions(session, 1)
        given = [given_checks(session, "ROU")[0].custody_number for _ in range(60)]
    rows = [
        {"source_ref": number, "custody_number": number, "country": "ROU", **ANSWERED}
        for number in [*given, british.custody_number]
    ]
    brought = bring("acro-checks", *rows)
    assert brought.counts == (0, 60, 0, 1)
    assert look("SELECT count(*) FROM acro_checks WHERE state = 'responded'") == [(60,)]
    audited = text("""
        SELECT cardinality(subject_ids) FROM audit_events WHERE action = 'imports.received'
    """)
    with transaction(engine, Work(fresh_force)) as session:
        assert list(session.execute(audited).scalars()) == [60]
