"""Restricted people: for whoever is not cleared there is no such person, anywhere."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import given_entry, given_person, given_want
from sharing_given import REASON, later
from sqlalchemy import inspect, text
from sqlalchemy.exc import DataError

from offenders import clock, tables
from offenders.db import Reader, Work, as_service, begin, transaction

PATHS = (
    "people/{id}",
    "people/{reference}",
    "people/{id}/addresses",
    "people/{id}/notes",
    "wanted/{want}",
    "wanted/{want}/history",
    "wanted/{want}/safe-to-act",
)


@pytest.fixture
def witness(client, headers):
    """A person who is wanted, too, and whom everybody still sees."""
    person = given_person(client, headers, family_name="Protectorate", date_of_birth="1971-02-03")
    given_entry(client, headers, person, "addresses", lines=["1 Safe Way"], postcode="LE1 1AA")
    want = given_want(client, headers, person=person, crime_reference="C/7")
    return person | {"want": want["id"]}


def seen_by(sharing, witness, role, **claims):
    asked = [path.format(**witness) for path in PATHS]
    one_by_one = {sharing.get(path, role, **claims).status_code for path in asked}
    wants = sharing.get("wanted?count=true", role, **claims).json
    found = sharing.get("people?name=protectorate&count=true", role, **claims).json
    counted = sharing.get("wanted/counts", role, **claims).json["counts"]
    listed = [len(wants["items"]), wants["total"], len(found["items"]), found["total"]]
    return one_by_one, [*listed, sum(each["people"] for each in counted)]


NOWHERE = ({404}, [0, 0, 0, 0, 0])
EVERYWHERE = ({200}, [1, 1, 1, 1, 1])


def test_a_restricted_person_is_nowhere_but_for_those_named(sharing, witness):
    assert seen_by(sharing, witness, "investigator") == EVERYWHERE
    made = sharing.restrict(witness, "supervisor", roles=["offender_manager"], hours=2)
    assert made["state"] == "standing"
    assert seen_by(sharing, witness, "supervisor") == EVERYWHERE, "whoever made it may end it"
    assert seen_by(sharing, witness, "offender_manager") == EVERYWHERE
    for role in ("investigator", "duty_inspector", "chief_officer", "response_officer"):
        assert seen_by(sharing, witness, role) == NOWHERE, role
    with clock.as_if_at(clock.now() + timedelta(hours=2, seconds=1)):
        assert seen_by(sharing, witness, "investigator") == EVERYWHERE, "its time is over"


def test_ending_it_lets_everybody_see_at_once(sharing, witness):
    made = sharing.restrict(witness)
    path = f"people/{witness['id']}/restrictions"
    assert sharing.get(path, "duty_inspector").status_code == 404
    ended = sharing.post(f"{path}/{made['id']}/ends", {"reason": "The trial is over."}, match=1)
    assert (ended.status_code, ended.json["state"], ended.json["version"]) == (201, "ended", 2)
    assert seen_by(sharing, witness, "investigator") == EVERYWHERE
    again = sharing.post(f"{path}/{made['id']}/ends", {"reason": "Again."}, match=2)
    assert again.status_code == 409
    assert [each["state"] for each in sharing.get(path, "supervisor").json["items"]] == ["ended"]


def test_a_team_is_cleared_by_the_directory_and_two_restrictions_add_up(sharing, witness, session):
    roles = ["investigator"]
    sharing.restrict(witness, teams=["WITNESS"], roles=roles)
    assert seen_by(sharing, witness, "investigator") == EVERYWHERE
    sharing.restrict(witness, teams=["WITNESS"])
    assert seen_by(sharing, witness, "investigator") == NOWHERE, "one of the two shuts them out"
    session.execute(
        text("INSERT INTO teams (force, code, recorded_at) VALUES ('33', 'WITNESS', now())")
    )
    session.execute(
        text("INSERT INTO officers (force, code, recorded_at, team, left_on)"
             " VALUES ('33', 'dev-investigator', now(), 'WITNESS', NULL)")
    )  # fmt: skip
    assert seen_by(sharing, witness, "investigator") == EVERYWHERE
    session.execute(text("UPDATE officers SET left_on = current_date - 1"))
    assert seen_by(sharing, witness, "investigator") == NOWHERE, "who has left is cleared no more"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"reason": "secret"}, "/reason"),
        ({"until": "2020-01-01T00:00:00Z"}, "/until"),
        ({"until": "2040-01-01T00:00:00Z"}, "/until"),
        ({"roles": ["detective"]}, "/roles/0"),
    ],
)
def test_a_restriction_needs_its_reason_and_its_end(sharing, witness, body, field):
    sent = {"reason": REASON, "until": later(1)} | body
    answer = sharing.post(f"people/{witness['id']}/restrictions", sent)
    assert answer.status_code == 422
    assert answer.json["errors"][0]["pointer"] == field


def test_an_arrest_of_a_restricted_person_is_taken_and_told_in_a_receipt(sharing, witness):
    sharing.restrict(witness)
    body = {
        "person_id": witness["id"],
        "custody_number": "CU/9",
        "arrested_at": (clock.now() - timedelta(hours=1)).isoformat(),
        "close_wants": [witness["want"]],
    }
    answer = sharing.post("detentions", body, "custody_client")
    assert answer.status_code == 201, answer.json
    receipt = answer.json
    told = {name for name, value in receipt.items() if value is not None}
    assert told == {"id", "reference", "force", "version", "recorded_at", "updated_at", "masked"}
    assert set(receipt["masked"]) == set(receipt) - told
    assert "Protectorate" not in answer.text
    assert sharing.get(f"detentions/{receipt['id']}", "custody_client").status_code == 404
    assert sharing.get(f"detentions/{receipt['id']}", "supervisor").json["wants_closed"]
    by_hand = sharing.post("detentions", body | {"custody_number": "CU/10"}, "investigator")
    assert by_hand.status_code == 422
    assert by_hand.json["errors"][0]["pointer"] == "/person_id"


def test_what_was_answered_before_is_not_repeated_once_the_person_is_restricted(sharing, witness):
    sent = sharing.headers("investigator") | {"Idempotency-Key": "one"}
    body = {"person_id": witness["id"], "reason": "named_suspect", "crime_reference": "C/8"}
    first = sharing.client.post("/v1/wanted", json=body, headers=sent)
    assert first.status_code == 201
    sharing.restrict(witness)
    again = sharing.client.post("/v1/wanted", json=body, headers=sent)
    assert again.status_code == 404
    assert "Protectorate" not in again.text


def test_a_system_that_repeats_what_it_sent_is_told_a_receipt(sharing, witness):
    sent = sharing.headers("custody_client") | {"Idempotency-Key": "two"}
    at = (clock.now() - timedelta(hours=1)).isoformat()
    body = {"person_id": witness["id"], "custody_number": "CU/11", "arrested_at": at}
    first = sharing.client.post("/v1/detentions", json=body, headers=sent)
    assert "Protectorate" in first.text
    sharing.restrict(witness)
    again = sharing.client.post("/v1/detentions", json=body, headers=sent)
    assert (again.status_code, again.json["id"]) == (201, first.json["id"])
    assert "Protectorate" not in again.text and witness["id"] not in again.text
    assert "person" in again.json["masked"]


def test_a_merge_carries_the_restriction_to_the_survivor_and_hides_both(sharing, witness, client):
    other = given_person(client, sharing.make, family_name="Alsoknown")
    sharing.restrict(other)
    fields = {"other_person_id": other["id"], "other_version": 1, "reason": "Same person."}
    version = sharing.get(f"people/{witness['id']}", "supervisor").json["version"]
    merged = sharing.post(f"people/{witness['id']}/merges", fields, match=version)
    assert merged.status_code == 201, merged.json
    assert seen_by(sharing, witness, "investigator") == NOWHERE
    assert sharing.get(f"people/{other['id']}").status_code == 404, "no redirect to the survivor"
    undone = sharing.post(
        f"merges/{merged.json['id']}/reversals", {"reason": "Two people."}, match=1
    )
    assert undone.status_code == 201, undone.json
    assert sharing.get(f"people/{other['id']}").status_code == 404
    assert seen_by(sharing, witness, "investigator") == EVERYWHERE


def _naming(table):
    """Columns of a table that name a person."""
    base = tables.metadata.tables.get(table.name.removesuffix("_history"), table)
    keyed = {
        name
        for key in base.foreign_key_constraints
        if key.referred_table.name == "persons" and base.name != "persons"
        for name in key.column_keys
        if name != "force"
    }
    called = {
        each.name
        for each in table.columns
        if "person" in each.name and each.type.python_type.__name__ == "UUID"
    }
    return sorted(keyed | called | ({"id"} if base.name == "persons" else set()))


EXCEPTED = {
    "people_read": "counts whom an actor has read, for the budget",
    "emergency_accesses": "holds no name, and its reviewer may be shut out from the person",
}


def test_every_table_that_names_a_person_hides_the_restricted(owner):
    with owner.connect() as connection:
        policies = dict(
            connection.execute(
                text("""SELECT tablename, qual FROM pg_policies
                        WHERE permissive = 'RESTRICTIVE' AND cmd = 'ALL'
                          AND roles = ARRAY['offenders_app']::name[]""")
            ).all()
        )
    for table in tables.metadata.sorted_tables:
        for column in [] if table.name in EXCEPTED else _naming(table):
            told = f"Call hide_restricted(op, '{table.name}', …) in its migration: {column}."
            assert f"{column} <> ALL" in policies.get(table.name, "").replace(
                ", '00000000-0000-0000-0000-000000000000'::uuid)", ""
            ), told
    assert set(EXCEPTED) <= set(inspect(owner).get_table_names())


def test_where_it_is_not_said_who_is_hidden_nobody_is_seen(connection, session, sharing, witness):
    count = text("SELECT count(*) FROM persons WHERE force = '33'")
    assert session.execute(count).scalar_one() == 1, "the service's own work sees everybody"
    begin(session, Work("33", reader=Reader("x", ("investigator",))))
    assert session.execute(count).scalar_one() == 1
    sharing.restrict(witness)
    begin(session, Work("33", reader=Reader("x", ("investigator",))))
    assert session.execute(count).scalar_one() == 0
    with as_service(session):
        assert session.execute(count).scalar_one() == 1
    assert session.execute(count).scalar_one() == 0
    session.execute(text("SELECT set_config('app.hidden', '', true)"))
    assert session.execute(count).scalar_one() == 0, "unset means no rows"
    with transaction(connection, Work("33")) as another:
        assert another.execute(count).scalar_one() == 1


def test_work_of_the_service_that_the_database_refuses_says_why_itself(session, sharing, witness):
    """A lock not had in time is 503 and a deadlock is tried again: what hides must not cover it."""
    sharing.restrict(witness)
    begin(session, Work("33", reader=Reader("x", ("investigator",))))
    count = text("SELECT count(*) FROM persons WHERE force = '33' AND id = :id")
    count = count.bindparams(id=witness["id"])
    with session.begin_nested() as inner:
        with pytest.raises(DataError), as_service(session):
            session.execute(text("SELECT 1 / 0"))
        inner.rollback()
    assert session.execute(count).scalar_one() == 0
    # The transaction goes on where a savepoint took the fault: it hides again.
    with pytest.raises(DataError), as_service(session), session.begin_nested():
        session.execute(text("SELECT 1 / 0"))
    assert session.execute(count).scalar_one() == 0
    with pytest.raises(LookupError), as_service(session):
        raise LookupError
    assert session.execute(count).scalar_one() == 0
