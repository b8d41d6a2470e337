"""PNC checks not made in time: when the flag comes, whose it is, and when it goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from builders import given_detention, given_neighbourhood

JOB = "missing-pnc-checks"
ARRESTED = datetime(2026, 3, 28, 22, 0, tzinfo=UTC)  # the night the clocks go forward
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("after", "raised"), [(DAY - SECOND, 0), (DAY, 0), (DAY + SECOND, 1), (30 * DAY, 1)]
)
def test_a_check_is_missing_once_its_day_of_hours_is_over(client, headers, sweep, after, raised):
    given_detention(client, headers, arrested_at=ARRESTED.isoformat())
    given_detention(client, headers, arrested_at=ARRESTED.isoformat(), pnc_checked=True)
    assert sweep(JOB, at=ARRESTED + after, dry_run=True) == (raised, 0)


def test_the_flag_explains_itself_and_clears_when_the_check_is_on_record(
    client, headers, sweep, sql
):
    given_neighbourhood(client, "N1", lpa="CN")
    found = given_detention(client, headers, arrested_at=ARRESTED.isoformat(), lpa="CN")
    assert sweep(JOB) == (1, 0)
    assert sweep(JOB) == (0, 0)
    sent = headers("investigator")
    (flag,) = client.get(f"/v1/flags?rule={JOB}", headers=sent).json["items"]
    assert flag["subject"] == {
        "type": "detention",
        "id": found["id"],
        "reference": found["reference"],
    }
    assert (flag["severity"], flag["owner"]["team"], flag["lpa"]) == ("alert", "DUTY-CN", "CN")
    assert flag["because"]["figure"] == 1
    assert flag["because"]["source"] == "product default"
    assert datetime.fromisoformat(flag["due_at"]) == ARRESTED + DAY
    change = headers("custody_client") | {"If-Match": '"1"'}
    path = f"/v1/detentions/{found['id']}"
    assert client.patch(path, json={"pnc_checked": True}, headers=change).status_code == 200
    assert sql("SELECT state FROM flags WHERE rule = :rule", rule=JOB) == [("cleared",)]
    assert sweep(JOB) == (0, 0)


def test_the_forces_own_figure_acts_at_the_next_run(client, headers, sweep):
    found = given_detention(client, headers, arrested_at=ARRESTED.isoformat())
    body = {"figure": {"all": 3}, "from": "2026-01-01"}
    path = f"/v1/forces/33/policies/{JOB}"
    answer = client.put(path, json=body, headers=headers("force_manager"))
    assert answer.status_code < 300, answer.json
    assert sweep(JOB, at=ARRESTED + 2 * DAY, dry_run=True) == (0, 0)
    assert sweep(JOB, at=ARRESTED + 3 * DAY + SECOND, dry_run=True) == (1, 0)
    assert found["pnc_checked"] is False


def test_the_flag_follows_its_detention_to_another_area(client, headers, sweep):
    given_neighbourhood(client, "N1", lpa="CN")
    found = given_detention(client, headers, arrested_at=ARRESTED.isoformat())
    sweep(JOB)
    change = headers("custody_client") | {"If-Match": '"1"'}
    client.patch(f"/v1/detentions/{found['id']}", json={"lpa": "CN"}, headers=change)
    (flag,) = client.get(f"/v1/flags?rule={JOB}", headers=headers("investigator")).json["items"]
    assert (flag["lpa"], flag["owner"]["team"]) == ("CN", "DUTY-CN")
    assert sweep(JOB) == (0, 0)
