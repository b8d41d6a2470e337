"""The audit as an auditor reads it, and the audit of that reading."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote
from uuid import uuid4

import pytest
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.audit.service import Act, record_act, seal

EVENTS = "/v1/audit/events"
SUBJECT = uuid4()


def record(session, actor, action, *, subject=None):
    act = Act(actor, "investigator", action, "consultation", "r-1", "want", [subject or uuid4()])
    record_act(session, act)


@pytest.fixture
def written(connection):
    """Record three acts of two actors."""
    with transaction(connection, Work("33")) as session:
        record(session, "actor-1", "wanted.read", subject=SUBJECT)
        record(session, "actor-1", "wanted.list")
        record(session, "actor-2", "wanted.read")


@pytest.fixture
def read(client, headers):
    def get(path, role="auditor", **more):
        return client.get(path, headers=headers(role, **more))

    return get


def actions(answer):
    assert answer.status_code == 200, answer.json
    return [(each["actor"], each["action"]) for each in answer.json["items"]]


@pytest.mark.usefixtures("written")
def test_events_are_listed_the_newest_first_with_all_that_is_kept(read):
    answer = read(EVENTS)
    assert actions(answer) == [
        ("actor-2", "wanted.read"),
        ("actor-1", "wanted.list"),
        ("actor-1", "wanted.read"),
    ]
    oldest = answer.json["items"][-1]
    assert oldest["subject_ids"] == [str(SUBJECT)]
    assert set(oldest) == {
        "id",
        "at",
        "actor",
        "role",
        "force",
        "action",
        "class",
        "subject_type",
        "subject_ids",
        "masked",
        "reason",
        "request_id",
        "details",
    }


@pytest.mark.usefixtures("written")
def test_events_are_filtered(read):
    def moment(seconds):
        return quote((datetime.now(UTC) + timedelta(seconds=seconds)).isoformat())

    assert len(actions(read(f"{EVENTS}?actor=actor-1"))) == 2
    assert actions(read(f"{EVENTS}?action=wanted.list")) == [("actor-1", "wanted.list")]
    assert actions(read(f"{EVENTS}?subject={SUBJECT}")) == [("actor-1", "wanted.read")]
    both = f"{EVENTS}?actor=actor-1&action=wanted.read&subject={SUBJECT}"
    assert len(actions(read(both))) == 1
    assert len(actions(read(f"{EVENTS}?actor=actor-2&from={moment(-60)}&to={moment(60)}"))) == 1
    assert actions(read(f"{EVENTS}?actor=actor-2&from={moment(60)}")) == []
    assert actions(read(f"{EVENTS}?actor=actor-2&to={moment(-60)}")) == []


def test_dates_are_whole_days_of_london_and_both_are_included(read, connection):
    with transaction(connection, Work("33")) as session:
        for at in ("2027-06-30T22:59:59Z", "2027-06-30T23:00:00Z", "2027-07-01T22:59:59.999999Z",
                   "2027-07-01T23:00:00Z"):  # fmt: skip
            session.execute(
                text("""
                    INSERT INTO audit_events (force, id, at, actor, role, action, audit_class,
                                              request_id)
                    VALUES ('33', gen_random_uuid(), CAST(:at AS timestamptz), 'a', 'r', :at,
                            'denial', 'r')
                """),
                {"at": at},
            )
    found = actions(read(f"{EVENTS}?actor=a&from=2027-07-01&to=2027-07-01"))
    assert [action for _, action in found] == [
        "2027-07-01T22:59:59.999999Z",
        "2027-06-30T23:00:00Z",
    ]


@pytest.mark.usefixtures("written")
def test_the_reading_of_the_audit_is_itself_audited(read):
    shown = [each["id"] for each in read(f"{EVENTS}?actor=actor-1").json["items"]]
    (act,) = read(f"{EVENTS}?action=audit.list").json["items"]
    assert act["class"] == "consultation"
    assert act["role"] == "auditor"
    assert act["subject_type"] == "audit_event"
    assert act["subject_ids"] == shown
    assert act["details"] == {"asked": ["actor"]}


@pytest.mark.usefixtures("written")
def test_pages_hold_each_event_once_while_reading_writes_more(read):
    first = read(f"{EVENTS}?limit=2&count=true").json
    assert first["total"] == 3
    second = read(f"{EVENTS}?limit=2&cursor={first['next']}").json
    found = [(each["actor"], each["action"]) for each in first["items"] + second["items"]]
    assert found == [
        ("actor-2", "wanted.read"),
        ("actor-1", "wanted.list"),
        ("actor-1", "wanted.read"),
    ]
    assert second["next"] is None


def test_the_audit_of_another_force_is_not_seen(read, connection):
    with transaction(connection, Work("31")) as session:
        record(session, "actor-31", "wanted.read")
    assert actions(read(f"{EVENTS}?actor=actor-31")) == []
    assert actions(read(f"{EVENTS}?actor=actor-31", force="31")) == [("actor-31", "wanted.read")]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("subject=W33-AAAA-BBBB", "/subject"),
        ("from=yesterday", "/from"),
        ("to=2027-02-30", "/to"),
        ("limit=500", "/limit"),
        ("person=x", "/person"),
    ],
)
def test_a_bad_filter_is_named(read, query, pointer):
    answer = read(f"{EVENTS}?{query}")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, pointer)


@pytest.mark.parametrize("path", [EVENTS, "/v1/audit/checkpoints"])
@pytest.mark.parametrize(
    "role", ["investigator", "chief_officer", "force_admin", "national_analyst"]
)
def test_only_auditors_read_the_audit(read, path, role):
    assert read(path, role).status_code == 403


def test_checkpoints_are_listed_the_newest_first_without_their_digests(read, connection):
    with transaction(connection, Work("33")) as session:
        for _ in range(3):
            record(session, "actor-1", "wanted.read")
            assert seal(session, "33") == 1
    first = read("/v1/audit/checkpoints?limit=2&count=true").json
    assert [each["sequence"] for each in first["items"]] == [3, 2]
    assert first["total"] == 3
    assert first["items"][0]["previous_hash"] == first["items"][1]["hash"]
    assert len(first["items"][0]["hash"]) == 64
    second = read(f"/v1/audit/checkpoints?limit=2&cursor={first['next']}").json
    assert [each["sequence"] for each in second["items"]] == [1]
    assert second["items"][0]["previous_hash"] == "0" * 64
    assert "digests" not in second["items"][0]
    (act,) = read(f"{EVENTS}?action=audit.checkpoints&limit=1").json["items"]
    assert act["class"] == "consultation"
