"""Who answers for a managed person is told of an arrest, once, until they have looked at it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from builders import given_detention, given_person

from offenders.db import Work, transaction
from offenders.domain.flags.managed import act_on_arrest
from offenders.domain.persons.managing import Managed, end_management, manage
from offenders.ids import new_id

RULE = "managed-person-arrested"


@pytest.fixture
def recording(client):
    """Do something as a capability does, in one transaction of force 33."""

    def run(work, *given):
        with transaction(client.application.extensions["offenders"].engine, Work("33")) as session:
            work(session, *given)

    return run


@pytest.fixture
def managed(client, headers, recording):
    """Give a person under so many managements, each with an owner of its own."""

    def make(*kinds):
        person = given_person(client, headers)
        managements = [
            Managed(
                id=new_id("33"),
                kind=kind,
                reference=f"M33-{number}",
                person_id=UUID(person["id"]),
                owner_officer=f"OM{number}",
                owner_team=None,
                lpa=None,
                neighbourhood=None,
            )
            for number, kind in enumerate(kinds)
        ]
        recording(manage, managements)
        return person, managements

    return make


@pytest.fixture
def flags(client, headers):
    """Ask for the flags of the rule, as a supervisor of the force."""

    def ask(**filters):
        answer = client.get(
            "/v1/flags", query_string={"rule": RULE} | filters, headers=headers("supervisor")
        )
        assert answer.status_code == 200, answer.json
        return answer.json["items"]

    return ask


def days_ago(days):
    return (datetime.now(UTC) - timedelta(days=days)).isoformat()


def test_each_who_answers_is_told_and_of_the_newest_arrest_only(client, headers, managed, flags):
    person, managements = managed("iom_member", "mappa_case", "registration", "order")
    given_detention(client, headers, person=person, arrested_at=days_ago(9))
    first = flags()
    assert {(each["subject"]["type"], each["owner"]["officer"]) for each in first} == {
        (each.kind, each.owner_officer) for each in managements
    }
    second = given_detention(client, headers, person=person, arrested_at=days_ago(2))
    assert [each["because"]["detention"] for each in flags()] == [second["reference"]] * 4
    assert len(flags(state="cleared")) == 4


def test_nobody_is_told_of_others_or_of_what_is_long_past(client, headers, managed, flags):
    person, _ = managed("registration")
    given_detention(client, headers, person=given_person(client, headers, family_name="Other"))
    given_detention(client, headers, person=person, arrested_at=days_ago(29))
    assert flags() == []
    given_detention(client, headers, person=person, arrested_at=days_ago(20))
    assert len(flags()) == 1


def test_looking_at_the_person_clears_it_and_what_ended_is_told_nothing(
    client, headers, managed, flags, recording
):
    person, (case,) = managed("mappa_case")
    given_detention(client, headers, person=person, arrested_at=days_ago(9))
    recording(act_on_arrest, [case.id], "A meeting was held.")
    assert flags() == []
    assert [each["cleared_because"] for each in flags(state="cleared")] == ["A meeting was held."]
    recording(end_management, [case.id])
    given_detention(client, headers, person=person, arrested_at=days_ago(1))
    assert flags() == []
