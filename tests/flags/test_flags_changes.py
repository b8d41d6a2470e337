"""Flags acknowledged and suppressed: by whom, how long, and what comes after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from builders import given_person
from flags_given import acts, ahead, ids_in, in_a_week

from offenders import clock


def test_a_supervisor_acknowledges_with_the_version_they_read(change, raised, sql):
    (flag,) = raised()
    path = f"/v1/flags/{flag}/acknowledgements"
    assert change(path, {}).status_code == 428
    assert change(path, {}, version=7).status_code == 412
    answer = change(path, {"note": "Address checks tonight."}, version=1)
    assert answer.status_code == 200
    assert (answer.json["state"], answer.json["acknowledged_note"], answer.json["version"]) == (
        "acknowledged",
        "Address checks tonight.",
        2,
    )
    assert answer.headers["ETag"].startswith('"2.')
    assert change(path, {}, version=2).status_code == 409
    (act,) = acts(sql, "flags.acknowledge")
    assert (act.audit_class, [str(each) for each in act.subject_ids]) == ("alteration", [flag])
    assert "Address" not in str(act.details)


def test_a_supervisor_suppresses_with_a_reason_and_an_end(change, raised):
    (flag,) = raised()
    path = f"/v1/flags/{flag}/suppressions"
    assert change(path, {"reason": "x", "until": in_a_week()}).status_code == 428
    for body, pointer in (
        ({"until": in_a_week()}, "/reason"),
        ({"reason": " ", "until": in_a_week()}, "/reason"),
        ({"reason": "x"}, "/until"),
        ({"reason": "x", "until": "2020-01-01T00:00:00Z"}, "/until"),
        ({"reason": "x", "until": "2999-01-01T00:00:00Z"}, "/until"),
    ):
        answer = change(path, body, version=1)
        assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)
    answer = change(path, {"reason": "In prison abroad.", "until": in_a_week()}, version=1)
    assert answer.status_code == 200
    assert (answer.json["state"], answer.json["suppressed_because"]) == (
        "suppressed",
        "In prison abroad.",
    )


def test_an_alert_is_not_switched_off(change, raised):
    (flag,) = raised({"severity": "alert"})
    body = {"reason": "x", "until": in_a_week()}
    answer = change(f"/v1/flags/{flag}/suppressions", body, version=1)
    assert answer.status_code == 409
    assert "Acknowledge it" in answer.json["detail"]


@pytest.mark.parametrize("role", ["response_officer", "investigator", "chief_officer"])
def test_only_supervision_switches_flags_off(change, raised, role):
    (flag,) = raised()
    body = {"reason": "x", "until": in_a_week()}
    answer = change(f"/v1/flags/{flag}/suppressions", body, version=1, role=role)
    assert answer.status_code == 403


def test_a_suppression_ends_at_its_moment_in_every_answer(client, headers, read, change, raised):
    person = given_person(client, headers)
    (flag,) = raised({"person": person["id"]})
    end = datetime.now(UTC) + timedelta(hours=1)
    body = {"reason": "In hospital.", "until": end.isoformat()}
    suppressed = change(f"/v1/flags/{flag}/suppressions", body, version=1)
    assert suppressed.status_code == 200
    etags = set()
    for moment, state in (
        (end - timedelta(microseconds=1), "suppressed"),
        (end, "open"),
        (end + timedelta(days=1), "open"),
    ):
        with clock.as_if_at(moment):
            shown = read(f"/v1/flags/{flag}", hours=48)
            etags.add(shown.headers["ETag"])
            summary = read(f"/v1/people/{person['id']}", hours=48).json["flags"]
            listed = ids_in(read(f"/v1/flags?state={state}", hours=48))
        assert (shown.json["state"], [each["state"] for each in summary]) == (state, [state])
        assert listed == [flag]
    assert len(etags) == 2


def test_a_flag_is_suppressed_again_or_acknowledged_when_its_suppression_has_ended(
    change, raised, read
):
    (flag,) = raised()
    end = datetime.now(UTC) + timedelta(hours=1)
    body = {"reason": "x", "until": end.isoformat()}
    assert change(f"/v1/flags/{flag}/suppressions", body, version=1).status_code == 200
    assert change(f"/v1/flags/{flag}/acknowledgements", {}, version=2).status_code == 409
    with clock.as_if_at(end):
        answer = change(f"/v1/flags/{flag}/acknowledgements", {}, version=2, hours=48)
        assert (answer.status_code, answer.json["state"]) == (200, "acknowledged")
    assert read(f"/v1/flags/{flag}").json["state"] == "acknowledged"


def test_the_longest_suppression_is_the_forces_figure(client, headers, change, raised):
    flag, other = raised({}, {})
    policy = {"figure": 14, "from": "2026-01-01"}
    path = "/v1/forces/33/policies/flag-suppressions"
    assert client.put(path, json=policy, headers=headers("force_manager")).status_code == 200
    answer = change(
        f"/v1/flags/{flag}/suppressions", {"reason": "x", "until": ahead(15)}, version=1
    )
    assert (answer.status_code, answer.json["errors"][0]["detail"]) == (
        422,
        "Send a moment in the future, at most 14 days ahead.",
    )
    body = {"reason": "x", "until": ahead(13)}
    assert change(f"/v1/flags/{other}/suppressions", body, version=1).status_code == 200


@pytest.mark.parametrize(
    ("what", "body"), [("acknowledgements", {}), ("suppressions", {"reason": "x"})]
)
def test_a_repeated_change_is_answered_again_before_the_version_is_read(
    change, raised, what, body, sql
):
    (flag,) = raised()
    if what == "suppressions":
        body = body | {"until": ahead(1)}
    first, again = (
        change(f"/v1/flags/{flag}/{what}", body, version=1, Idempotency_Key="k1") for _ in range(2)
    )
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == first.json
    assert sql("SELECT version FROM flags WHERE id = :id", id=flag) == [(2,)]


def test_what_is_out_of_scope_is_not_found_whatever_is_done(change, raised, sql):
    here, elsewhere = raised({"lpa": "CN"}, {"lpa": "NW"})
    for flag, sent in (
        (elsewhere, {"lpas": ["CN"]}),
        (here, {"force": "31"}),
        (str(uuid4()), {}),
    ):
        for what, body in (
            ("acknowledgements", {}),
            ("suppressions", {"reason": "x", "until": ahead(1)}),
        ):
            answer = change(f"/v1/flags/{flag}/{what}", body, version=1, **sent)
            assert (answer.status_code, answer.json["type"]) == (
                404,
                "urn:offenders:problem:not-found",
            )
    assert sql("SELECT DISTINCT state, version FROM flags") == [("open", 1)]
