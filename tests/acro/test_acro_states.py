"""Any order of steps: the check moves only as the rules allow, and its past says how."""

from __future__ import annotations

from types import SimpleNamespace

from acro_given import given_check
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from offenders import clock
from offenders.domain.access import Scope, Sight
from offenders.domain.acro import service
from offenders.domain.acro.rules import Response, State, Step, possible_steps
from offenders.domain.acro.service import Doing
from offenders.domain.versions import IfMatch
from offenders.errors import Conflict, Invalid

DO = {
    Step.REQUEST: (service.request_check, {}),
    Step.CHASE: (service.chase_check, {}),
    Step.ASSESS: (service.assess_check, {"rationale": "x"}),
    Step.GIVE_UP: (service.give_up_check, {"reason": "x"}),
}
STEPS = st.one_of(
    st.sampled_from([(step, None) for step in DO]),
    st.tuples(st.just(Step.RESPOND), st.sampled_from(Response)),
)
SIGHT = Sight(
    protected_addresses=True,
    restricted_notes=True,
    covert_notes=True,
    public_protection_flags=True,
    subject="hypothesis",
)


def doing(check, fields):
    return Doing(
        actor="hypothesis",
        scope=Scope("33"),
        written=check["id"],
        fields=dict(fields),
        if_match=IfMatch(any_version=True),
        sight=SIGHT,
        now=clock.now(),
    )


def do(session, check, step, response):
    if step == Step.RESPOND:
        return service.respond_to_check(session, doing(check, {"response": response}))
    work, fields = DO[step]
    return work(session, doing(check, fields))


def expected(model, step, response):
    """Give the state and answer after a step that is possible."""
    after = {
        Step.REQUEST: (State.REQUESTED, None),
        Step.CHASE: (State.REQUESTED, None),
        Step.RESPOND: (State.RESPONDED, response),
        Step.ASSESS: (State.ASSESSED, model.response),
        Step.GIVE_UP: (State.NOT_POSSIBLE, model.response),
    }
    return after[step]


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(STEPS, min_size=1, max_size=8))
def test_no_order_of_steps_leads_where_the_rules_forbid(session, steps):
    with session.begin_nested() as attempt:
        check = given_check(session)
        model = SimpleNamespace(state=State.REQUIRED, response=None, version=1, requests=0)
        for step, response in steps:
            may = step in possible_steps(model.state, model.response)
            try:
                made = do(session, check, step, response)
            except (Conflict, Invalid):
                assert not may
                continue
            assert may
            model.state, model.response = expected(model, step, response)
            model.version += 1
            model.requests += step in {Step.REQUEST, Step.CHASE}
            assert (made.state, made.version) == (model.state, model.version)
            assert made.response == model.response
        told = session.execute(
            text("""
                SELECT (SELECT count(*) FROM acro_checks_history WHERE id = :id),
                       (SELECT count(*) FROM acro_checks_history
                        WHERE id = :id AND recorded_to IS NULL),
                       (SELECT count(*) FROM outbox_messages WHERE subject_id = :id)
            """),
            {"id": check["id"]},
        ).one()
        assert tuple(told) == (model.version, 1, model.requests)
        attempt.rollback()
    session.expunge_all()
