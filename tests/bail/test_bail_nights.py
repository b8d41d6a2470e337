"""Bail that ends, and times to answer it, on the nights on which the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bail_cases import ask, case

from offenders import clock
from offenders.clock import as_if_at
from offenders.db import Work, transaction
from offenders.domain.access import Scope
from offenders.domain.bail import rules
from offenders.domain.bail import service as bail_service
from offenders.domain.bail.cases import Unlawful
from offenders.domain.bail.periods import has_lapsed, period_of
from offenders.domain.reading import show

# (day of arrest, last day of bail, the first moment after it)
NIGHTS = [
    ("2026-07-24", "2026-10-24", "2026-10-24T23:00:00+00:00"),
    ("2026-07-25", "2026-10-25", "2026-10-26T00:00:00+00:00"),
    ("2025-12-28", "2026-03-28", "2026-03-29T00:00:00+00:00"),
    ("2025-12-29", "2026-03-29", "2026-03-29T23:00:00+00:00"),
]
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(("arrested", "ends_on", "over"), NIGHTS)
def test_the_last_day_has_23_or_25_hours_and_an_extension_all_of_them(arrested, ends_on, over):
    facts, over = case(arrested), datetime.fromisoformat(over)
    period = period_of(facts)
    assert period.ends_on.isoformat() == ends_on
    assert rules.regular_return(facts, period, facts.arrested_at) == over - timedelta(minutes=1)
    asked = ask("inspector", ends_on)
    for moment, is_over in ((over - SECOND, False), (over, True)):
        assert has_lapsed(period.ends_on, moment) is is_over
        request = type(asked)(asked.rank, moment, asked.representations)
        if is_over:
            with pytest.raises(Unlawful) as refused:
                rules.extend(facts, request, facts.arrested_at)
            assert refused.value.section == "s.47ZD(1)(b)"
        else:
            assert rules.extend(facts, request, facts.arrested_at).section == "s.47ZD"


@pytest.mark.parametrize(("arrested", "ends_on", "over"), NIGHTS)
def test_the_database_lapses_it_at_the_same_moment(connection, bail, arrested, ends_on, over):
    person, over = bail.person()["id"], datetime.fromisoformat(over)
    arrested_at = datetime.fromisoformat(f"{arrested}T12:00:00+00:00")
    fields = {"person_id": person, "arrested_at": arrested_at, "bailed_at": arrested_at}

    def at(moment, work):
        with as_if_at(moment), transaction(connection, Work("33")) as session:
            session.info["recorded_at"] = moment
            return work(session)

    def shown(session):
        question = bail_service.Question({}, Scope("33"), clock.now(), sees_protected=True)
        one = show(session, bail_service.reading_of_record(question, str(made)))
        counted = [
            bail_service.count_records(
                session, bail_service.Question({"state": state}, Scope("33"), clock.now(), True)
            )
            for state in ("on_bail", "released_without_bail")
        ]
        return one.body, counted

    made = at(
        arrested_at,
        lambda session: (
            bail_service.record_release(
                session, actor="t", scope=Scope("33"), fields=fields, now=arrested_at
            ).id
        ),
    )
    assert at(over - SECOND, bail_service.lapse_what_is_over) == 0
    assert at(over - SECOND, shown)[1] == [1, 0]
    early, counted = at(over, shown)
    assert counted == [0, 1]
    assert f'"ends_on" : "{ends_on}"' in early
    assert f'"released_at" : "{over.isoformat()}"' in early
    assert at(over, bail_service.lapse_what_is_over) == 1
    late, counted = at(over, shown)
    assert counted == [0, 1]
    clocks = ("released_at", "review_due_at", "inspector_review_due_at", "due_at")
    for name in clocks:
        assert _value(early, name) == _value(late, name)


def _value(body, name):
    return body.split(f'"{name}" : ')[1].split(",")[0]


OCTOBER = {"arrested_at": "2026-07-25T12:00:00Z", "bailed_at": "2026-07-25T18:00:00Z"}
MARCH = {"arrested_at": "2025-12-29T12:00:00Z", "bailed_at": "2025-12-29T18:00:00Z"}
FIRST, SECOND_TIME = "2026-10-25T01:30:00+01:00", "2026-10-25T01:30:00+00:00"


@pytest.fixture
def after_october():
    with as_if_at(max(clock.now(), datetime(2026, 11, 1, tzinfo=UTC))):
        yield


@pytest.mark.parametrize(
    ("given", "written", "kept"),
    [
        (OCTOBER, FIRST, "2026-10-25T00:30:00+00:00"),
        (OCTOBER, SECOND_TIME, "2026-10-25T01:30:00+00:00"),
        (OCTOBER, "2026-10-25T23:59:59+00:00", "2026-10-25T23:59:59+00:00"),
        (MARCH, "2026-03-29T01:30:00+00:00", "2026-03-29T01:30:00+00:00"),
        (MARCH, "2026-03-29T02:30:00+01:00", "2026-03-29T01:30:00+00:00"),
        (MARCH, "2026-03-29T23:59:00+01:00", "2026-03-29T22:59:00+00:00"),
    ],
)
@pytest.mark.usefixtures("after_october")
def test_a_time_to_answer_is_kept_to_the_minute(bail, given, written, kept):
    made = bail.given(**given, return_at=written)
    assert datetime.fromisoformat(made["return_at"]) == datetime.fromisoformat(kept)


@pytest.mark.parametrize(
    ("given", "written", "says"),
    [
        (OCTOBER, "2026-10-25T01:30:00", "with its zone"),
        (OCTOBER, "2026-10-26T00:00:00+00:00", "PACE 1984 s.47ZA(2)"),
        (MARCH, "2026-03-29T01:30:00", "with its zone"),
        (MARCH, "2026-03-29T23:30:00+00:00", "PACE 1984 s.47ZA(2)"),
    ],
)
@pytest.mark.usefixtures("after_october")
def test_a_time_that_may_be_two_or_none_or_is_too_late_is_refused(bail, given, written, says):
    answer = bail.post(**given, return_at=written)
    assert answer.status_code == 422
    (error,) = answer.json["errors"]
    assert error["pointer"] == "/return_at"
    assert says in error["detail"]


@pytest.mark.usefixtures("after_october")
def test_half_past_one_comes_twice_and_only_the_second_is_a_failure_of_the_second(bail):
    made = bail.given(**OCTOBER, return_at=SECOND_TIME)
    early = bail.act(made, "failures", occurred_at=FIRST)
    assert (early.status_code, early.json["section"]) == (422, "PACE 1984 s.46A(1)")
    failed = bail.done(made, "failures", occurred_at=SECOND_TIME)
    assert failed["failed_at"] == failed["return_at"]
    other = bail.given(**OCTOBER, return_at=FIRST)
    assert bail.done(other, "failures", occurred_at=FIRST)["state"] == "failed_to_answer"
