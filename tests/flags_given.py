"""What tests of flags share: reading answers and audit, moments ahead, and the preview."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

RULE = "overdue-arrests"


def ids_in(answer):
    assert answer.status_code == 200, answer.json
    return [each["id"] for each in answer.json["items"]]


def acts(sql, action):
    return sql("SELECT * FROM audit_events WHERE action = :action ORDER BY at", action=action)


def in_a_week():
    return (datetime.now(UTC) + timedelta(days=7)).isoformat()


def preview(client, headers, body, role="supervisor", **more):
    return client.post("/v1/rules/preview", json=body, headers=headers(role, **more))


def ahead(days):
    return (datetime.now(UTC) + timedelta(days=days)).isoformat()
