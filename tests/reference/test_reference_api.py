"""Codes, areas and rules as callers read them."""

from __future__ import annotations


def test_forces_are_listed_by_code(client, headers):
    answer = client.get("/v1/forces?limit=2", headers=headers("response_officer"))
    assert [each["code"] for each in answer.json["items"]] == ["01", "03"]
    assert answer.json["next"] is not None


def test_an_unknown_parameter_is_refused(client, headers):
    answer = client.get("/v1/forces?colour=blue", headers=headers("response_officer"))
    assert answer.status_code == 422
    assert answer.json["errors"] == [{"pointer": "/colour", "detail": "Unknown field."}]
