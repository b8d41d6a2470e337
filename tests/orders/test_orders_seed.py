"""The demonstration's orders: Leicestershire's published size, lawful, the same each time."""

from __future__ import annotations

from datetime import timedelta

import pytest
from orders_given import Orders, today

from offenders.domain.imports.service import run_rows
from offenders.domain.working_days import start_of_london_day
from offenders.seed import PersonKey, made_up_orders


def now():
    return start_of_london_day(today()) + timedelta(hours=1)


@pytest.fixture
def orders(committing_app, headers, fresh_force):
    return Orders(committing_app.test_client(), headers, fresh_force)


def people():
    return [
        {
            "source_ref": f"P{n}",
            "family_name": f"Example{n}",
            "date_of_birth": (today() - timedelta(days=8_000 + n * 40)).isoformat(),
        }
        for n in range(300)
    ]


def test_the_year_has_the_published_figures_in_the_report(orders, engine, fresh_force):
    keys = [PersonKey.of(each) for each in people()]
    rows = list(made_up_orders("33", 7, now(), keys))
    assert rows == list(made_up_orders("33", 7, now(), keys))
    assert len(rows) == len({each["source_ref"] for each in rows}) == 82 + 80 + 71 + 12
    run_rows(engine, force=fresh_force, kind="people", rows=people(), requested_by="test")
    summary = run_rows(engine, force=fresh_force, kind="orders", rows=rows, requested_by="test")
    assert (summary.created, summary.refused) == (245, 0)
    answer = orders.client.get("/v1/reports/orders", headers=orders.sent).json["by_type"]
    names = ("applied", "granted", "refused", "breached_orders", "breach_events")
    found = {each: tuple(answer[each][name] for name in names) for each in answer}
    assert found["SHPO"] == (82, 82, 0, 12, 14)
    assert found["DVPN"] == (80, 80, 0, 0, 0)
    assert found["DVPO"] == (71, 63, 8, 14, 14)
    assert (answer["SHPO"]["in_force"], answer["DVPN"]["in_force"]) == (82, 0)
    assert [answer[each]["in_force"] for each in ("SCPO", "CBO", "financial_reporting")] == [
        8,
        3,
        1,
    ]
    assert {each["subject"]["type"] for each in orders.flags("unmonitored-orders")} == {"order"}
    assert len(orders.flags("unmonitored-orders")) == 5


def test_a_share_of_leicestershires_figures_is_as_many_times_as_many():
    keys = [PersonKey.of(each) for each in people()]
    rows = list(made_up_orders("33", 7, now(), keys, 3))
    assert len(rows) == len({each["source_ref"] for each in rows}) == 3 * (82 + 80 + 71 + 12)
    breached = [each["breaches"] for each in rows if each["type"] == "SHPO" and "breaches" in each]
    assert (len(breached), sum(map(len, breached))) == (3 * 12, 3 * 14)
    assert all(len(each) == len(set(each)) for each in breached)
    assert list(made_up_orders("33", 7, now(), keys, 0)) == []
