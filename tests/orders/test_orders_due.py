"""The jobs of orders: what each raises, by which figure, and when it clears by itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from builders import given_detention
from orders_given import day, moment, today
from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.access import Scope
from offenders.domain.orders import service
from offenders.domain.orders.service import OrderSight, Question
from offenders.domain.working_days import start_of_london_day
from offenders.jobs import runner
from offenders.jobs.timetable import find_job

JOBS = (
    "expiring-orders",
    "unmonitored-orders",
    "unreviewed-orders",
    "order-checks",
    "unactioned-breaches",
)


@pytest.fixture
def run(connection):
    """Run a job in force 33, now or at the noon so many days from now."""

    def make(job, days=None):
        at = None
        if days is not None:
            at = start_of_london_day(today() + timedelta(days=days)) + timedelta(hours=12)
        done = runner.run(connection, find_job(job), at=at, forces=["33"])
        assert done.state == "succeeded"
        return done.raised, done.cleared

    return make


@pytest.fixture
def quiet(orders):
    """Record an order that somebody monitors."""

    def make(**fields):
        made = orders.given(**fields)
        orders.done(made, "acceptances")
        return made

    return make


def stages(orders, rule, order):
    return [
        (each["because"]["stage"], each["severity"], each["because"]["figure"])
        for each in orders.flags(rule, order)
    ]


@pytest.mark.parametrize(
    ("rule", "days_of", "told"),
    [
        (
            "unreviewed-orders",
            {"made_on": -10},
            {355: None, 356: ("all", "warning", 365)},
        ),
        (
            "order-checks",
            {"made_on": -10},
            {80: None, 81: ("all", "warning", 90)},
        ),
        (
            "order-checks",
            {"type": "DVPO", "made_on": 0, "expires_on": 27},
            {1: None, 2: ("dvpo", "alert", 1), 28: None},
        ),
        (
            "expiring-orders",
            {"made_on": -1700, "expires_on": 150},
            {
                59: None,
                60: ("first_warning", "information", 90),
                119: ("first_warning", "information", 90),
                120: ("last_warning", "warning", 30),
                150: ("last_warning", "warning", 30),
                151: None,
            },
        ),
    ],
)
def test_what_is_due_is_flagged_on_its_day_with_its_figure(orders, quiet, run, rule, days_of, told):
    fields = {name: day(at) if isinstance(at, int) else at for name, at in days_of.items()}
    made = quiet(**({"type": "CBO"} | fields))
    before: tuple | None = None
    for days, expected in told.items():
        counts = run(rule, days)
        assert stages(orders, rule, made) == ([expected] if expected else []), days
        is_new, is_over = bool(expected and not before), bool(before and not expected)
        assert counts == (is_new, is_over), days
        assert run(rule, days) == (0, 0)
        before = expected
    for each in orders.flags(rule, made, state="cleared"):
        assert each["because"]["source"] == "product default"
        assert each["cleared_because"] == "Its cause is gone."


def test_the_law_may_ask_for_a_review_earlier_than_the_force(orders, quiet, run):
    born = (today() - timedelta(days=5000)).isoformat()
    child = orders.person(date_of_birth=born)["id"]
    made = quiet(type="CBO", person_id=child, made_on=day(-300), expires_on=day(500))
    assert made["statutory_review_on"] == made["review_due_on"]
    orders.done(made, "checks", result="compliant")
    run("unreviewed-orders", 66)
    (flag,) = orders.flags("unreviewed-orders", made)
    assert flag["because"]["section"].startswith("Anti-social Behaviour")
    orders.done(made, "reviews")
    assert orders.rules(made) == set()


def test_one_act_clears_the_flag_in_its_own_transaction(orders, quiet, run):
    made = quiet(made_on=day(-400))
    assert orders.rules(made) == {"unreviewed-orders", "order-checks"}
    for query in ({"review_overdue": "true"}, {"check_overdue": "true"}):
        assert [each["id"] for each in orders.list(**query)] == [made["id"]]
    assert orders.read(made)["overdue"] == ["review", "check"]
    orders.done(made, "checks", result="compliant")
    assert orders.rules(made) == {"unreviewed-orders"}
    orders.done(made, "reviews", decision="continue")
    assert (orders.rules(made), orders.read(made)["overdue"]) == (set(), [])
    assert [run(job) for job in JOBS] == [(0, 0)] * 5


def test_a_breach_is_flagged_until_it_is_acted_on_and_then_until_it_is_reviewed(orders, quiet, run):
    made = quiet(made_on=day(-20))
    done = orders.done(made, "breaches", occurred_at=moment(0, 0))
    assert orders.rules(made) == set()
    assert run("unactioned-breaches", 1) == (1, 0)
    assert stages(orders, "unactioned-breaches", made) == [("action", "alert", 1)]
    breach = done["breaches"][0]["id"]
    assert orders.flags("unactioned-breaches", made)[0]["because"]["breaches"][0]["id"] == breach
    orders.done(made, f"breaches/{breach}/actions", action="summonsed", reason="Court in May.")
    assert orders.rules(made) == set()
    assert run("unactioned-breaches", 27) == (0, 0)
    assert run("unactioned-breaches", 29) == (1, 0)
    assert stages(orders, "unactioned-breaches", made) == [("review", "warning", 28)]


def test_a_notice_that_no_court_has_heard_of_is_flagged_until_it_is_decided(orders, quiet, run):
    person = orders.person()["id"]
    given_on = {"made_on": day(-20), "served_at": moment(-20)}
    notice = quiet(type="DVPN", person_id=person, authorised_rank="superintendent", **given_on)
    assert stages(orders, "expiring-orders", notice) == [("hearing", "alert", 48)]
    (flag,) = orders.flags("expiring-orders", notice)
    assert flag["due_at"] == notice["hearing_due_at"]
    assert flag["because"]["citation"].startswith("Crime and Security Act 2010 s.27")
    made = orders.given(
        type="DVPO", person_id=person, made_on=None, applied_on=day(-19), notice_id=notice["id"]
    )
    assert run("expiring-orders") == (0, 0)
    orders.done(made, "decisions", decision="refused", decided_on=day(-18))
    assert orders.rules(notice) == set()


def test_the_job_keeps_that_orders_began_and_expired(orders, quiet, run, connection):
    over = quiet(type="DVPO", made_on=day(-10), expires_on=day(5))
    later = quiet(made_on=day(-1), in_force_on=day(3))
    assert [each["state"] for each in (over, later)] == ["in_force", "granted"]
    before = clock.now()
    for _ in range(2):
        run("expiring-orders", 6)
    with transaction(connection, Work("33")) as session:
        kept = text("SELECT state, version FROM orders ORDER BY made_on")
        assert [tuple(row) for row in session.execute(kept)] == [("expired", 3), ("in_force", 3)]
        logged = text("SELECT count(*) FROM order_actions WHERE kind = 'expiry'")
        assert session.execute(logged).scalar() == 1
        managed = text("SELECT reference FROM managements WHERE force = '33' AND kind = 'order'")
        assert list(session.execute(managed).scalars()) == [later["reference"]]
    seen = orders.read(over, as_at=before.isoformat())
    assert (seen["state"], seen["version"]) == ("in_force", 2)


def test_figures_of_the_force_move_the_clocks_at_the_next_run(orders, quiet, run, headers):
    made = quiet(made_on=day(-40))
    answer = orders.client.put(
        "/v1/forces/33/policies/order-checks", json={"figure": 30}, headers=headers("force_admin")
    )
    assert answer.status_code == 200, answer.json
    run("expiring-orders")
    assert orders.read(made)["check_due_on"] == day(-10)
    run("order-checks")
    (flag,) = orders.flags("order-checks", made)
    assert (flag["because"]["figure"], flag["because"]["is_force_policy"]) == (30, True)


def test_an_arrest_tells_who_answers_for_the_order_until_it_is_looked_at(orders, quiet, headers):
    person = orders.person()
    made = quiet(person_id=person["id"], owner_team="MOSOVO")
    given_detention(orders.client, headers, person=person, arrested_at=moment(-9))
    (flag,) = orders.flags("managed-person-arrested", made)
    assert (flag["owner"]["team"], flag["subject"]["type"]) == ("MOSOVO", "order")
    orders.done(made, "reviews", text="The arrest was for another matter.")
    assert orders.rules(made) == set()
    orders.done(made, "discharges")
    given_detention(orders.client, headers, person=person)
    assert orders.rules(made) == set()


def test_what_was_known_then_stays_as_it_was(orders, quiet):
    made = quiet(made_on=day(-10), conditions=["Not to enter a park"])
    then = orders.client.get("/v1/orders/counts", headers=orders.sent).json["as_at"]
    orders.done(made, "breaches", occurred_at=moment(-1))
    orders.done(made, "variations", conditions=["Not to enter a school"])
    orders.done(made, "discharges")
    seen = orders.read(made, as_at=then)
    assert (seen["state"], seen["breaches"], len(seen["conditions"])) == ("in_force", [], 1)
    assert [each["id"] for each in orders.list(as_at=then, state="in_force")] == [made["id"]]
    assert orders.list(state="in_force") == []
    assert orders.list("/v1/order-breaches", as_at=then) == []
    ahead = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert orders.get(made, as_at=ahead).status_code == 422


def test_pages_hold_each_order_once(orders):
    person = orders.person()["id"]
    made = {orders.given(person_id=person, expires_on=day(1825 + n // 2))["id"] for n in range(5)}
    found, cursor = [], None
    while cursor is not None or not found:
        query = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = orders.client.get("/v1/orders", headers=orders.sent, query_string=query).json
        found += [each["id"] for each in page["items"]]
        cursor = page["next"]
    assert (len(found), set(found)) == (5, made)
    assert len(orders.list(expires_before=day(1826))) == 2


def test_the_summary_of_a_person_shows_the_orders_that_bind(orders, quiet, connection):
    person = orders.person()["id"]
    made = quiet(person_id=person)
    orders.given(person_id=person, made_on=None)
    with transaction(connection, Work("33")) as session:
        sight = OrderSight(protected_addresses=True, whole=False, protected_people=False)
        sql, values = service.orders_of_person(Question({}, Scope("33"), clock.now(), sight))
        whole = text(f"SELECT {sql} FROM persons p WHERE p.force = :force AND p.id = :person")
        (shown,) = session.execute(whole, values | {"person": person}).scalar_one()
    assert (shown["id"], shown["state"]) == (made["id"], "in_force")
    assert date.fromisoformat(shown["made_on"]) <= today()
