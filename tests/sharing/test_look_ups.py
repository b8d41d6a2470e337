"""What an auditor finds: own name, surname, household, out of area, out of hours, much reading."""

from __future__ import annotations

import pytest
from builders import given_neighbourhood, given_person
from sqlalchemy import text

from offenders import clock
from offenders.domain.sharing.lookups import digests_of

HOME = {"lines": ["1 High Street"], "postcode": "LE1 1AA", "type": "home"}


@pytest.fixture
def people(client, headers):
    """A namesake, somebody of the same surname, a housemate, and a stranger."""
    return {
        name: given_person(client, headers, family_name=family, given_names=given, **more)["id"]
        for name, family, given, more in (
            ("namesake", "Cardew", "Jane", {"addresses": [HOME]}),
            ("cousin", "Cardew", "Wilfred", {}),
            ("housemate", "Dunmore", "Ivy", {"addresses": [HOME]}),
            ("stranger", "Ashwell", "Jane", {}),
        )
    }


def read(sharing, people, *, name="Jane Cardew", **claims):
    for each in people:
        sent = sharing.make("investigator", force="33", name=name, **claims)
        assert sharing.client.get(f"/v1/people/{each}", headers=sent).status_code == 200


def found(sharing, pattern, query="", role="auditor"):
    answer = sharing.get(f"audit/look-ups?pattern={pattern}{query}", role)
    assert answer.status_code == 200, answer.json
    return answer.json["items"]


def test_own_name_surname_and_household_are_found_with_their_events(sharing, people, session):
    read(sharing, people.values())
    read(sharing, people.values(), name="Otto Ashwell")
    of_jane = {"own_name": ["namesake"], "same_surname": ["cousin", "namesake"]}
    of_jane["same_address"] = ["housemate", "namesake"]
    for pattern, expected in of_jane.items():
        items = [each for each in found(sharing, pattern) if each["actor"] == "dev-jane-cardew"]
        shown = sorted(person for each in items for person in each["people"])
        assert shown == sorted(people[name] for name in expected), pattern
    (own,) = found(sharing, "own_name")
    assert (own["action"], own["role"], own["reason"]) == (
        "persons.read",
        "investigator",
        "testing",
    )
    (of_otto,) = [each for each in found(sharing, "same_surname") if "otto" in each["actor"]]
    assert of_otto["people"] == [people["stranger"]]
    events = sharing.get(f"audit/events?subject={people['namesake']}", "auditor").json["items"]
    assert own["event_id"] in {each["id"] for each in events}
    kept = session.execute(text("SELECT family::text || given::text FROM readers")).scalars()
    assert "cardew" not in "".join(kept).lower()
    assert digests_of("Jane Cardew", b"a") != digests_of("Jane Cardew", b"b"), "keyed"


def test_a_look_up_of_a_restricted_person_is_found_too_by_its_ids(sharing, people):
    read(sharing, [people["namesake"]])
    sharing.restrict({"id": people["namesake"]})
    (own,) = found(sharing, "own_name")
    assert own["people"] == [people["namesake"]]
    assert "Cardew" not in str(own).replace("dev-jane-cardew", "")


def test_out_of_area_is_told_of_whoever_has_areas(sharing, client, headers):
    given_neighbourhood(client, "E1", lpa="N")
    given_neighbourhood(client, "E2", lpa="S", south_west=(53.0, -1.0))
    here, there = (
        given_person(
            client,
            headers,
            addresses=[{"lines": ["1 Way"], "type": "home", "latitude": lat, "longitude": -0.995}],
        )["id"]
        for lat in (52.005, 53.005)
    )
    read(sharing, [here, there], lpas=["N"])
    read(sharing, [here, there], name="Whole Force")
    assert [each["people"] for each in found(sharing, "out_of_area")] == [[there]]


def test_out_of_hours_by_the_force_s_figures(sharing, people, session):
    read(sharing, [people["cousin"]])  # so that the reader is known
    nights = {"05:59": True, "06:00": False, "21:59": False, "22:00": True}
    for number, moment in enumerate(nights):
        session.execute(
            text("""INSERT INTO audit_events (force, id, at, actor, role, action, audit_class,
                                              request_id, subject_ids)
                    VALUES ('33', gen_random_uuid(),
                            ('2026-07-01 ' || :moment)::timestamp AT TIME ZONE 'Europe/London',
                            'dev-jane-cardew', 'investigator', :action, 'consultation', 'r',
                            ARRAY[CAST(:person AS uuid)])"""),
            {"moment": moment, "action": f"persons.{number}", "person": people["stranger"]},
        )
    items = found(sharing, "outside_hours", "&from=2026-07-01&to=2026-07-01&count=true")
    assert [each["action"] for each in items] == ["persons.3", "persons.0"]
    paged = sharing.get(
        "audit/look-ups?pattern=outside_hours&from=2026-07-01&to=2026-07-01&limit=1", "auditor"
    ).json
    assert [each["action"] for each in paged["items"]] == ["persons.3"]
    assert paged["next"] is not None


def test_much_reading_is_told_by_day(sharing, people, client, headers, session):
    admin = headers("force_manager")
    body = {"figure": {"volume": 3}}
    policy = client.put("/v1/forces/33/policies/look-ups", json=body, headers=admin)
    assert policy.status_code == 200, policy.json
    session.execute(text("DELETE FROM people_read"))
    read(sharing, list(people.values())[:2])
    assert found(sharing, "volume") == []
    read(sharing, people.values())
    (day,) = found(sharing, "volume", "&count=true")
    assert (day["actor"], day["people"], day["day"]) == (
        "dev-jane-cardew",
        4,
        clock.today().isoformat(),
    )
    assert len(sharing.client.get(day["href"], headers=headers("auditor")).json["items"]) == 6


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "/pattern"),
        ("?pattern=gossip", "/pattern"),
        ("?pattern=volume&from=2026-01-01&to=2026-03-01", "/from"),
        ("?pattern=volume&from=2026-03-01&to=2026-01-01", "/from"),
    ],
)
def test_a_question_names_its_pattern_and_a_month_at_most(sharing, query, field):
    answer = sharing.get(f"audit/look-ups{query}", "auditor")
    assert (answer.status_code, answer.json["errors"][0]["pointer"]) == (422, field)


def test_only_auditors_ask_and_their_asking_is_audited(sharing, people, session):
    for role in ("chief_officer", "force_admin", "supervisor"):
        assert sharing.get("audit/look-ups?pattern=volume", role).status_code == 403
    found(sharing, "volume")
    asked = text("SELECT details ->> 'pattern' FROM audit_events WHERE action = 'audit.look-ups'"
                 " AND audit_class = 'consultation'")  # fmt: skip
    assert session.execute(asked).scalars().all() == ["volume"]
