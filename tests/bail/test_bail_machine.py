"""Whatever is done to a release, in any order and at any time: its promises hold."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import text

from offenders.clock import as_if_at
from offenders.db import Work, transaction
from offenders.domain.access import Scope
from offenders.domain.bail import service as bail
from offenders.domain.bail.periods import period_of
from offenders.domain.bail.records import case_of
from offenders.domain.reading import show
from offenders.domain.versions import IfMatch
from offenders.domain.working_days import end_of_london_day, london_day
from offenders.errors import Conflict, Invalid
from offenders.ids import new_id, new_reference

BEGAN = datetime(2026, 1, 5, 12, tzinfo=UTC)
PERSON = text("""
    INSERT INTO persons (force, id, reference, family_name, sex, version, recorded_at, updated_at)
    VALUES ('33', :id, :reference, 'Machine', 'not_known', 1, :at, :at)
""")
WANTS = text("""
    SELECT id, state FROM wants WHERE force = '33' AND person_id = :person
      AND reason = 'failed_to_answer_bail'
""")
# Wants for a breach that stand though all bail of whose breaches they are has ended.
STRAY = text("""
    SELECT w.id FROM wants w
    WHERE w.force = '33' AND w.person_id = :person AND w.reason = 'breach_of_bail'
      AND w.state = 'outstanding' AND NOT EXISTS (
          SELECT FROM bail_records b JOIN bail_actions a ON a.force = b.force AND a.bail_id = b.id
          WHERE b.force = '33' AND b.state IN ('on_bail', 'failed_to_answer')
            AND a.details ->> 'want_id' = CAST(w.id AS text))
""")
ROW = text("SELECT * FROM bail_records WHERE force = '33' AND person_id = :person ORDER BY id")
HISTORY = text("""
    SELECT count(*) FROM bail_records_history h
    WHERE force = '33' AND person_id = :person AND recorded_to IS NULL
""")
FLAGS = text("""
    SELECT f.subject_id, f.because ->> 'stage' AS stage FROM flags f
    WHERE f.force = '33' AND f.person_id = :person AND f.rule = 'bail-due'
      AND f.state <> 'cleared'
""")
RANKS = st.sampled_from(
    ["sergeant", "inspector", "superintendent", "assistant_chief_constable", "magistrates_court"]
)


class BailMachine(RuleBasedStateMachine):
    """Two releases of one person in one crime, a clock that only goes forward, and every act."""

    connection = None

    def __init__(self):
        super().__init__()
        self.now = BEGAN
        self.records = []
        self.outer = self.connection.begin_nested()

    def teardown(self):
        self.outer.rollback()

    @contextmanager
    def at_work(self):
        with (
            as_if_at(self.now),
            transaction(self.connection, Work("33")) as session,
        ):
            # What is recorded by the machine's clock, as it would be in its time.
            session.info["recorded_at"] = self.now
            yield session

    @initialize(
        days=st.integers(0, 60),
        regimes=st.lists(st.sampled_from([0, 365 * 5, 365 * 10]), min_size=2, max_size=2),
    )
    def given_two_releases(self, days, regimes):
        self.person = new_id("33")
        with self.at_work() as session:
            values = {"id": self.person, "reference": new_reference("P", "33"), "at": self.now}
            session.execute(PERSON, values)
        for number, back in enumerate(regimes):
            arrested = BEGAN - timedelta(days=days + number + back)
            with self.at_work() as session:
                fields = {
                    "person_id": str(self.person),
                    "arrested_at": arrested,
                    "bailed_at": arrested + timedelta(hours=5),
                    "crime_reference": "M1",
                    "conditions": [{"text": "Curfew"}],
                }
                made = bail.record_release(
                    session, actor="m", scope=Scope("33"), fields=fields, now=self.now
                )
                self.records.append(made.id)

    def act(self, which, work, **fields):
        """Do it, or have it refused with everything as it was."""
        fields = {name: value for name, value in fields.items() if value is not None}
        try:
            with self.at_work() as session:
                doing = bail.Doing(
                    "m",
                    Scope("33"),
                    str(self.records[which]),
                    fields,
                    IfMatch(any_version=True),
                    self.now,
                )
                work(session, doing)
        except (Invalid, Conflict):
            return False
        return True

    @rule(days=st.integers(0, 45), hours=st.integers(0, 23))
    def time_goes_by(self, days, hours):
        self.now += timedelta(days=days, hours=hours, minutes=1)

    @rule()
    def the_job_runs(self):
        with self.at_work() as session:
            bail.lapse_what_is_over(session)
            bail.settle_flags(session)

    @rule(
        which=st.integers(0, 1),
        rank=RANKS,
        back=st.integers(0, 40),
        longer=st.booleans(),
        appoint=st.one_of(st.none(), st.integers(-5, 60)),
    )
    def extend(self, which, rank, back, longer, appoint):
        fields = {
            "authorised_rank": rank,
            "authorised_at": self.now - timedelta(days=back),
            "representations": "None.",
            "reason": "More time.",
            "longer": longer,
        }
        if appoint is not None:
            fields["return_at"] = self.now + timedelta(days=appoint)
        self.act(which, bail.extend_bail, **fields)

    @rule(
        which=st.integers(0, 1),
        reason=st.sampled_from(["with_prosecutor", "in_hospital", "before_court"]),
        back=st.integers(0, 30),
        length=st.one_of(st.none(), st.integers(0, 20)),
    )
    def suspend(self, which, reason, back, length):
        first = london_day(self.now) - timedelta(days=back)
        until = first + timedelta(days=length) if length is not None else None
        self.act(which, bail.suspend, reason=reason, **{"from": first}, until=until)

    @rule(which=st.integers(0, 1), back=st.integers(0, 10))
    def end_suspension(self, which, back):
        with self.at_work() as session:
            row = session.execute(ROW, {"person": self.person}).all()[which]
        standing = [each["id"] for each in row.suspensions if each["until"] is None]
        until = london_day(self.now) - timedelta(days=back)
        if standing:
            self.act(which, partial(bail.end_suspension, suspension=standing[0]), until=until)

    @rule(which=st.integers(0, 1), ahead=st.integers(-3, 40))
    def appoint(self, which, ahead):
        self.act(which, bail.amend_record, return_at=self.now + timedelta(days=ahead))

    @rule(which=st.integers(0, 1), back=st.integers(0, 20))
    def fail(self, which, back):
        self.act(which, bail.fail, occurred_at=self.now - timedelta(days=back))

    @rule(which=st.integers(0, 1), back=st.integers(0, 5))
    def surrender(self, which, back):
        self.act(which, bail.surrender, occurred_at=self.now - timedelta(days=back))

    @rule(which=st.integers(0, 1), back=st.integers(0, 9), open_want=st.booleans())
    def breach(self, which, back, open_want):
        happened = self.now - timedelta(days=back)
        self.act(which, bail.breach, occurred_at=happened, open_want=open_want)

    @rule(which=st.integers(0, 1), text=st.sampled_from(["Curfew", "Residence"]))
    def vary(self, which, text):
        self.act(which, bail.vary_conditions, conditions=[{"text": text}])

    @rule(which=st.integers(0, 1))
    def review(self, which):
        self.act(which, bail.review, level="inspector")

    @precondition(lambda self: self.now > BEGAN + timedelta(days=60))
    @rule(
        which=st.integers(0, 1),
        outcome=st.sampled_from(["charged", "released_under_investigation"]),
    )
    def close(self, which, outcome):
        self.act(which, bail.close, outcome=outcome)

    @precondition(lambda self: self.records)
    @invariant()
    def promises_hold(self):
        with self.at_work() as session:
            values = {"person": self.person}
            rows = session.execute(ROW, values).all()
            wants = {row.id: row.state for row in session.execute(WANTS, values)}
            flags = {row.subject_id: row.stage for row in session.execute(FLAGS, values)}
            assert session.execute(HISTORY, values).scalar_one() == len(rows)
            assert session.execute(STRAY, values).all() == []
            question = bail.Question({}, Scope("33"), self.now, sees_protected=True)
            shown = {}
            for row in rows:
                show(session, bail.reading_of_record(question, str(row.id)))
                one = {**question.filters, "person_id": self.person}
                for state in ("on_bail", "failed_to_answer", "released_without_bail"):
                    asked = bail.Question({**one, "state": state}, Scope("33"), self.now, True)
                    shown[state] = bail.count_records(session, asked)
        for row in rows:
            self.check(row, wants, flags)
        failed = {row.want_id for row in rows if row.state == "failed_to_answer"}
        outstanding = {want for want, state in wants.items() if state == "outstanding"}
        assert failed == outstanding
        assert len(outstanding) <= 1
        assert shown["failed_to_answer"] == sum(r.state == "failed_to_answer" for r in rows)
        over = [r for r in rows if r.state == "on_bail" and self.is_over(r)]
        on_bail = [r for r in rows if r.state == "on_bail" and not self.is_over(r)]
        assert shown["on_bail"] == len(on_bail)
        released = [r for r in rows if r.state == "released_without_bail"]
        assert shown["released_without_bail"] == len(released) + len(over)

    def is_over(self, row):
        return row.ends_on is not None and self.now >= end_of_london_day(row.ends_on)

    def check(self, row, wants, flags):
        if row.state in {"on_bail", "failed_to_answer", "surrendered"}:
            assert row.ends_on == period_of(case_of(row)).ends_on
        if row.return_at is not None and row.ends_on is not None and row.state == "on_bail":
            assert row.bailed_at < row.return_at < end_of_london_day(row.ends_on)
        if row.state == "failed_to_answer":
            assert row.failed_at >= row.bailed_at
            assert not (row.ends_on and row.failed_at >= end_of_london_day(row.ends_on))
            assert wants[row.want_id] == "outstanding"
        if row.state == "released_without_bail":
            assert row.review_due_at is not None
            assert row.released_at <= self.now
        else:
            assert row.review_due_at is None
        if row.state in {"closed", "failed_to_answer"}:
            assert row.id not in flags
        given = [each["section"] for each in row.extensions]
        assert len(set(given) - {"s.47ZG", "s.47(3)(c)"}) == len(
            [each for each in given if each not in {"s.47ZG", "s.47(3)(c)"}]
        )


@pytest.fixture
def machine(connection):
    BailMachine.connection = connection
    yield BailMachine
    BailMachine.connection = None


def test_promises_hold_in_any_order(machine):

    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
