"""From the arrest to the check: what a detention requires, and the rows behind each count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from acro_given import act
from builders import given_person
from sqlalchemy import text


def arrest(client, headers, number, *, name="custody", **fields):
    person = given_person(client, headers, **fields.pop("person", {}))
    body = {
        "person_id": person["id"],
        "custody_number": number,
        "arrested_at": (datetime.now(UTC) - timedelta(hours=3)).isoformat(),
        "station": "Leicester",
        "nationality_stated": "GBR",
    }
    answer = client.post(
        "/v1/detentions", json=body | fields, headers=headers("custody_client", name=name)
    )
    assert answer.status_code == 201, answer.json
    return answer.json


def test_an_arrest_requires_its_checks_and_the_custody_system_asks_at_once(client, headers):
    person = {"nationalities": ["POL", "GBR"]}
    made = arrest(client, headers, "C1", nationality_stated="ROU", person=person)
    assert [each["country"] for each in made["acro_checks"]] == ["POL", "ROU"]
    assert {each["state"] for each in made["acro_checks"]} == {"required"}
    check = made["acro_checks"][0]
    sender = headers("custody_client", name="custody")
    path = f"/v1/acro-checks/{check['id']}"
    assert client.get(path, headers=sender).status_code == 200
    other = headers("custody_client", name="another")
    assert client.get(path, headers=other).status_code == 404
    asked = client.post(f"{path}/requests", json={}, headers=sender | {"If-Match": '"1"'})
    assert asked.status_code == 201, asked.json
    assert asked.json["message"]["state"] == "waiting"


def test_a_british_arrest_requires_none(client, headers):
    assert arrest(client, headers, "C1")["acro_checks"] == []


def test_the_same_arrest_sent_twice_asks_once(client, headers, connection):
    body = {"nationality_stated": "ROU", "person": {"nationalities": ["ROU"]}}
    made = arrest(client, headers, "C1", **body)
    again = client.post(
        "/v1/detentions",
        json={
            "person_id": made["person_id"],
            "custody_number": "C1",
            "arrested_at": made["arrested_at"],
            "station": "Leicester",
            "nationality_stated": "ROU",
        },
        headers=headers("custody_client", name="custody"),
    )
    assert (again.status_code, again.json["id"]) == (200, made["id"])
    assert connection.execute(text("SELECT count(*) FROM acro_checks")).scalar_one() == 1


def test_each_line_of_the_coverage_gives_its_rows(client, headers):
    for number, country in enumerate(["ROU", "ROU", "ALB", "GBR"]):
        made = arrest(client, headers, f"C{number}", nationality_stated=country)
        for check in made["acro_checks"][: number % 2]:
            act(client, headers, check, "requests")
            act(client, headers, check, "responses", response="no_trace")
    reader = headers("chief_officer")
    for group_by in ("lpa", "month", "country"):
        path = f"/v1/acro-checks/coverage?group_by={group_by}"
        found = client.get(path, headers=reader).json
        assert (found["arrests"], found["foreign_nationals"], found["checked"]) == (4, 3, 1)
        assert found["percent"] == 33.3
        for line in [found, *found["groups"]]:
            rows = client.get(line["href"], headers=reader)
            assert rows.status_code == 200, rows.json
            expected = line["foreign_nationals"]
            assert len(rows.json["items"]) == (0 if expected == "no_data" else expected)


def automatically(client, headers):
    path = "/v1/forces/33/policies/automatic-acro-requests"
    answer = client.put(path, json={"figure": 1}, headers=headers("force_admin"))
    assert answer.status_code == 200, answer.json


def test_where_the_force_says_so_an_arrest_asks_by_itself_and_once(client, headers, connection):
    automatically(client, headers)
    made = arrest(client, headers, "C1", nationality_stated="ROU")
    [check] = made["acro_checks"]
    assert check["state"] == "requested"
    changed = client.patch(
        f"/v1/detentions/{made['id']}",
        json={"nationality_evidenced": "ALB"},
        headers=headers("custody_client", name="custody", **{"If-Match": "*"}),
    )
    assert [each["state"] for each in changed.json["acro_checks"]] == ["requested", "requested"]
    found = connection.execute(
        text("""
            SELECT type, body::json -> 'data' ->> 'country', recorded_by FROM outbox_messages
            ORDER BY 2
        """)
    )
    sender = connection.execute(text("SELECT recorded_by FROM detentions")).scalar_one()
    assert [tuple(row) for row in found] == [
        ("acro.request", "ALB", sender),
        ("acro.request", "ROU", sender),
    ]
    audited = connection.execute(
        text("SELECT audit_class, details FROM audit_events WHERE action = 'acro.request'")
    )
    assert [tuple(row) for row in audited] == [("disclosure", {"automatic": True})] * 2
    history = "SELECT state FROM acro_checks_history WHERE country = 'ROU' ORDER BY recorded_from"
    assert list(connection.execute(text(history)).scalars()) == ["required", "requested"]


def test_past_arrests_are_never_asked_about_by_themselves(client, headers, connection):
    automatically(client, headers)
    past = (datetime.now(UTC) - timedelta(hours=25)).isoformat()
    made = arrest(client, headers, "C1", nationality_stated="ROU", arrested_at=past)
    assert [each["state"] for each in made["acro_checks"]] == ["required"]
    assert connection.execute(text("SELECT count(*) FROM outbox_messages")).scalar_one() == 0
