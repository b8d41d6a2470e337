"""Subscribers are told what they may read: ids alone, signed, each event once in the outbox."""

from __future__ import annotations

from datetime import timedelta

import pytest
from briefings_given import Briefings
from builders import given_person, given_want
from sharing_given import Sharing
from sqlalchemy import text
from standardwebhooks import WebhookVerificationError
from tasks_given import Tasks

from offenders import clock
from offenders.db import Work, transaction
from offenders.domain.flags.service import DueSource, clear_all, raise_due
from offenders.domain.tasks.overdue import settle_flags
from offenders.ids import new_id

DUE = """
    SELECT CAST(:kind AS text) AS subject_type, CAST(:subject AS uuid) AS subject_id,
           NULL AS subject_reference, NULL::uuid AS person_id, NULL AS lpa, NULL AS neighbourhood,
           'OM1' AS owner_officer, NULL AS owner_team, 'warning' AS severity,
           '{}'::jsonb AS because, NULL::timestamptz AS due_at
"""
WANTS = ("want.opened", "want.changed", "want.ended")


def act(client, headers, want, kind, **body):
    read = client.get(f"/v1/wanted/{want['id']}", headers=headers("supervisor")).json
    sent = headers("supervisor") | {"If-Match": f'"{read["version"]}"'}
    answer = client.post(f"/v1/wanted/{want['id']}/{kind}", json=body, headers=sent)
    assert answer.status_code == 201, answer.json


def test_a_subscriber_is_told_of_wants_by_ids_alone(hooks, receive, client, headers):
    given_want(client, headers)  # before it subscribed
    receiver = receive()
    made = hooks.given(receiver, *WANTS)
    assert made["secret"].startswith("whsec_") and receiver.server.looked == 1
    person = given_person(client, headers, family_name="Canary", given_names="Yellow")
    want = given_want(client, headers, person=person, lpa=None)
    assert hooks.step() == (1, 1)
    [event] = receiver.told(made["secret"])
    assert (event["type"], event["force"]) == ("want.opened", "33")
    assert event["subject"] == {"type": "want", "id": want["id"], "reference": want["reference"]}
    assert set(event) == {"id", "type", "force", "at", "subject", "data"}
    assert set(event["data"]) == {"event_id", "occurred_at", "recorded_at"}
    assert "canary" not in str(event).lower() and person["id"] not in str(event)
    act(client, headers, want, "reviews", text="Looked at.")
    act(client, headers, want, "outcomes", outcome="arrested", reason="Found.")
    hooks.step()
    assert {each["type"] for each in receiver.told(made["secret"])} == {
        "want.changed",
        "want.ended",
    }
    assert hooks.step() == (0, 0)
    assert hooks.read(made)["last_delivered_at"] is not None


def test_the_secret_is_shown_once_and_kept_nowhere(hooks, receive):
    receiver = receive()
    made = hooks.given(receiver, *WANTS, Idempotency_Key="k1")
    again = hooks.post(receiver, *WANTS, Idempotency_Key="k1")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (again.json["id"], again.json["secret"]) == (made["id"], None)
    assert "secret" not in hooks.read(made)
    held = ("subscriptions", "idempotency_keys", "outbox_messages", "audit_events")
    secret = made["secret"].removeprefix("whsec_")
    for table in held:
        rows = "".join(row[0] for row in hooks.sql(f"SELECT t::text FROM {table} t"))
        assert rows or table == "outbox_messages"
        assert secret not in rows and secret.encode().hex() not in rows


def test_both_secrets_sign_while_a_receiver_changes_over(hooks, receive, client, headers):
    receiver = receive()
    made = hooks.given(receiver, *WANTS)
    changed = hooks.act(made, "secrets").json
    assert changed["secret"] != made["secret"]
    given_want(client, headers)
    hooks.step()
    kept = list(receiver.server.got)
    assert len(receiver.told(changed["secret"])) == 1
    receiver.server.got = kept
    assert len(receiver.told(made["secret"])) == 1
    # A day later the old one is over.
    with transaction(hooks.engine, Work("33")) as session:
        session.execute(text("UPDATE subscriptions SET old_secret_until = clock_timestamp()"))
    given_want(client, headers)
    hooks.step()
    kept = list(receiver.server.got)
    assert len(receiver.told(changed["secret"])) == 1
    receiver.server.got = kept
    with pytest.raises(WebhookVerificationError):
        receiver.told(made["secret"])


@pytest.mark.parametrize(
    ("claims", "told"),
    [
        ({"role": "supervisor"}, ["N", "S"]),
        ({"role": "supervisor", "lpas": ["N"]}, ["N"]),
        ({"role": "supervisor", "neighbourhoods": ["S1"]}, ["S"]),
        ({"role": "investigator", "lpas": ["N"]}, ["N", "S"]),
    ],
)
def test_it_is_told_of_its_area_as_it_would_read(hooks, receive, client, headers, claims, told):
    Briefings(client, headers)  # with its two areas
    receiver = receive()
    made = hooks.given(receiver, "want.opened", **claims)
    wants = {
        lpa: given_want(client, headers, lpa=lpa, neighbourhood=f"{lpa}1")["id"] for lpa in "NS"
    }
    given_want(client, headers, force="31")
    hooks.step()
    found = [event["subject"]["id"] for event in receiver.told(made["secret"])]
    assert sorted(found) == sorted(wants[lpa] for lpa in told)


def test_flags_of_mappa_are_told_to_those_who_may_know(hooks, receive):
    told, untold = receive(), receive()
    knows = hooks.given(told, "flag.raised", "flag.cleared", role="supervisor")
    other = hooks.given(untold, "flag.raised", "flag.cleared", role="investigator")
    subjects = {each: new_id("33") for each in ("want", "mappa_case")}
    with transaction(hooks.engine, Work("33")) as session:
        for kind, subject in subjects.items():
            values = {"kind": kind, "subject": subject}
            raise_due(session, rule="overdue-arrests", source=DueSource(DUE, values))
    hooks.step()
    assert len(told.told(knows["secret"])) == 2
    [event] = untold.told(other["secret"])
    assert (event["type"], event["subject"]["type"]) == ("flag.raised", "flag")
    assert "overdue" not in str(event)
    with transaction(hooks.engine, Work("33")) as session:
        clear_all(
            session,
            subject_ids=list(subjects.values()),
            rules=["overdue-arrests"],
            because="Gone.",
        )
    hooks.step()
    [cleared] = untold.told(other["secret"])
    assert (cleared["type"], cleared["subject"]) == ("flag.cleared", event["subject"])
    assert [each["type"] for each in told.told(knows["secret"])] == ["flag.cleared"] * 2


def test_a_briefing_is_told_of_without_its_words(hooks, receive, client, headers):
    briefings = Briefings(client, headers)
    receiver = receive()
    made = hooks.given(receiver, "briefing.published", "briefing.withdrawn")
    item = briefings.given(title="Canary", text="Canary")
    briefings.act(item, "withdrawals", because="resolved", reason="Canary")
    briefings.given(title="covert", handling="covert", handling_conditions="Not to be told.")
    hooks.step()
    events = receiver.told(made["secret"])
    assert sorted(each["type"] for each in events) == [
        "briefing.published",
        "briefing.published",
        "briefing.withdrawn",
    ]
    assert item["reference"] in {each["subject"]["reference"] for each in events}
    assert "Canary" not in str(events)


def test_a_pack_is_told_of_once_it_is_drawn(hooks, receive, client, headers):
    Briefings(client, headers)
    receiver, south = receive(), receive()
    made = hooks.given(receiver, "pack.drawn", lpas=["N"])
    away = hooks.given(south, "pack.drawn", lpas=["S"])
    meeting = client.post("/v1/meetings", json={"lpa": "N"}, headers=headers("meeting_chair"))
    assert meeting.status_code == 201, meeting.json
    hooks.step()
    [event] = receiver.told(made["secret"])
    assert (event["type"], event["subject"]["id"]) == ("pack.drawn", meeting.json["id"])
    assert south.told(away["secret"]) == []


def test_tasks_are_told_of_to_who_may_see_them(hooks, receive, client, headers):
    Briefings(client, headers)
    tasks, receiver, south = Tasks(client, headers, "33"), receive(), receive()
    made = hooks.given(receiver, "task.assigned", "task.overdue", "task.done")
    away = hooks.given(south, "task.assigned", lpas=["S"])
    task = tasks.given(lpa="N", action="See Canary")
    tasks.done(task, "handovers", to_officer="5678", reason="On leave.")
    tasks.done(task, "completions", result="Seen.")
    late = tasks.given(lpa="N")
    later = clock.now() + timedelta(days=3)
    with clock.as_if_at(later), transaction(hooks.engine, Work("33")) as session:
        settle_flags(session)
    hooks.step()
    events = receiver.told(made["secret"])
    found = sorted((each["type"], each["subject"]["reference"]) for each in events)
    assert found == sorted(
        [
            ("task.assigned", task["reference"]),
            ("task.assigned", task["reference"]),
            ("task.done", task["reference"]),
            ("task.assigned", late["reference"]),
            ("task.overdue", late["reference"]),
        ]
    )
    assert "Canary" not in str(events)
    assert south.told(away["secret"]) == []


@pytest.mark.parametrize(
    ("events", "role", "status"),
    [
        (["want.opened"], "force_manager", 201),
        (["gossip"], "supervisor", 422),
        ([], "supervisor", 422),
        (["want.opened"], "response_officer", 403),
        (["want.opened"], "auditor", 403),
    ],
)
def test_nobody_subscribes_to_what_they_may_not_read(hooks, receive, events, role, status):
    assert hooks.post(receive(), *events, role=role).status_code == status


def test_nobody_is_told_of_people_restricted_from_them(hooks, receive, client, headers):
    sharing, briefings = Sharing(client, headers), Briefings(client, headers)
    shut_out, cleared = receive(), receive()
    made = hooks.given(shut_out, *WANTS, "briefing.published", name="Out")
    known = hooks.given(cleared, *WANTS, "briefing.published", name="In")
    want = given_want(client, headers)
    sharing.restrict({"id": want["person"]["id"]}, officers=[known["owner"]])
    item = briefings.given(
        sent=briefings.by("supervisor", name="In"), about={"type": "want", "id": want["id"]}
    )
    hooks.step()
    assert shut_out.told(made["secret"]) == []
    told = {each["subject"]["id"] for each in cleared.told(known["secret"])}
    assert {want["id"], item["id"]} <= told
    # Nor are they given the item, nor its place in a count of items.
    for sent in (briefings.officer(), briefings.by("supervisor", name="Out")):
        page = briefings.ask(sent=sent, count="true")
        assert (page["items"], page["total"]) == ([], 0)
        briefings.ask(f"/{item['id']}", sent=sent, status=404)
