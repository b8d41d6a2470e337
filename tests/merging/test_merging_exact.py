"""A merge and its reversal leave every table as it was, whatever hangs on the two people."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from builders import given_detention, given_entry, given_person, given_want
from merging.test_merging_api import merge, reverse
from sqlalchemy import text

from offenders import clock, tables
from offenders.db import Work, transaction
from offenders.domain.merging.moving import references
from offenders.domain.persons.managing import Managed, manage
from offenders.ids import new_id

CODES = ("VI", "WE", "DR", "ES")
# Logs and counters that say what was done, not how things stand.
LOGS = {
    "audit_events",
    "audit_checkpoints",
    "merges",
    "person_moves",
    "people_read",
    "idempotency_keys",
    "duplicate_decisions",
}
VOLATILE = {"version", "updated_at"}

# A flag that ended with a merge and is raised again is another one for the same cause.
_FLAG = """
    SELECT jsonb_build_object('rule', f.rule, 'subject', f.subject_id, 'person', f.person_id,
                              'lpa', f.lpa, 'because', f.because)
    FROM flags f WHERE f.force = r.force AND f.id = r.id AND f.state <> 'cleared'
"""


def snapshot(connection):
    """Give every row of the force as it stands, by table."""
    found = {}
    for table in tables.metadata.sorted_tables:
        if table.name.endswith("_history") or table.name in LOGS or "force" not in table.columns:
            continue
        kept = [f"'{c.name}', r.{c.name}" for c in table.columns if c.name not in VOLATILE]
        halves = [kept[at : at + 40] for at in range(0, len(kept), 40)]
        built = " || ".join(f"jsonb_build_object({', '.join(half)})" for half in halves)
        with transaction(connection, Work("33")) as session:
            if table.name == "flags":
                built = _FLAG
            rows = session.execute(text(f"SELECT ({built})::text FROM {table.name} r"))
            found[table.name] = sorted(filter(None, rows.scalars()))
    return found


class World:
    """Two records, strangers beside them, and what a throw of dice hangs on them."""

    def __init__(self, client, headers, connection, seed):
        self.client, self.headers, self.connection = client, headers, connection
        self.dice = random.Random(seed)
        self.two = [self.person(), self.person()]
        self.strangers = [self.person(), self.person()]

    def person(self):
        names = ("Kowalski", "O'Neill", "Al-Masri", "Smith-Jones")
        fields = {
            "family_name": self.dice.choice(names),
            "given_names": self.dice.choice(("Jan", "Ian", None)),
            "date_of_birth": self.dice.choice(("1990-01-01", "1991-02-03", None)),
            "nationalities": self.dice.choice(([], [], ["FRA"])),
            "sex": self.dice.choice(("male", "not_known")),
            "phones": self.dice.sample(["07700900001", "07700900002"], self.dice.randint(0, 2)),
            "languages": self.dice.sample(["pl", "ar"], self.dice.randint(0, 2)),
        }
        return given_person(self.client, self.headers, **fields)

    def hang(self, person, number):
        """Hang a random set of things on a person."""
        kinds = [
            self.names,
            self.homes,
            self.markers,
            self.notes,
            self.friends,
            self.want,
            self.detention,
            self.bail,
            self.hit,
            self.rows,
        ]
        for kind in self.dice.sample(kinds, self.dice.randint(3, len(kinds))):
            kind(person, number)

    def entry(self, person, kind, **fields):
        given_entry(self.client, self.headers, person, kind, **fields)

    def names(self, person, number):
        self.entry(person, "aliases", type="alias", family_name=f"Other{number}")
        self.entry(person, "dates-of-birth", date_of_birth="1989-12-31")
        self.entry(person, "identifiers", type="prison_number", value=f"A123{number}BC")

    def homes(self, person, number):
        self.entry(
            person, "addresses", lines=[f"{number} High Street"], type="home", postcode="LE1 1AA"
        )
        self.entry(person, "vehicles", registration_mark=f"AB1{number}CDE")

    def markers(self, person, _number):
        for code in self.dice.sample(CODES, self.dice.randint(1, 3)):
            self.entry(person, "markers", code=code, rationale="Known.")

    def notes(self, person, _number):
        self.entry(person, "notes", text="Seen.", handling="normal")

    def friends(self, person, number):
        stranger = self.dice.choice(self.strangers)
        other = self.dice.choice([stranger, self.two[1 - number]])
        type_ = self.dice.choice(("co_offender", "partner", "victim_of"))
        self.entry(person, "associations", person_id=other["id"], type=type_)
        self.entry(stranger, "associations", person_id=person["id"], type="household")

    def want(self, person, number):
        given_want(self.client, self.headers, person=person, crime_reference=f"33/{number}/26")
        given_want(
            self.client,
            self.headers,
            person=person,
            reason="court_warrant",
            warrant_number=f"R{number}",
        )

    def detention(self, person, number):
        for days in (10, 20):
            arrested = clock.now() - timedelta(days=days + number)
            given_detention(
                self.client,
                self.headers,
                person=person,
                arrested_at=arrested.isoformat(),
                released_at=(arrested + timedelta(hours=3)).isoformat(),
            )

    def bail(self, person, number):
        body = {
            "person_id": person["id"],
            "arrested_at": (clock.now() - timedelta(days=3 + number)).isoformat(),
            "bailed_at": (clock.now() - timedelta(days=2 + number)).isoformat(),
            "crime_reference": f"33/9{number}/26",
        }
        sent = self.headers("supervisor")
        answer = self.client.post("/v1/bail-records", json=body, headers=sent)
        assert answer.status_code == 201, answer.json

    def hit(self, person, number):
        body = {
            "type": "dna",
            "laboratory_reference": f"L/{number}",
            "person_id": person["id"],
            "crime_reference": f"33/8{number}/26",
        }
        sent = self.headers("investigator")
        answer = self.client.post("/v1/forensic-hits", json=body, headers=sent)
        assert answer.status_code == 201, answer.json

    def rows(self, person, number):
        """Rows that other systems and later capabilities write."""
        one, other = sorted([person["id"], self.dice.choice(self.strangers)["id"]])
        values = {
            "id": person["id"],
            "ref": f"S{number}",
            "one": one,
            "other": other,
            "key": new_id("33"),
        }
        with transaction(self.connection, Work("33")) as session:
            managed = new_id("33")
            manage(
                session,
                [Managed(managed, "iom_member", "M1", person["id"], "PC1", None, None, None)],
            )
            for statement in (
                """INSERT INTO import_sources (force, kind, source_ref, subject_id, row,
                       received_at) VALUES ('33', 'people', :ref, :id, '{}', now())""",
                """INSERT INTO duplicate_candidates (force, person_id, other_person_id, evidence,
                       recorded_at) VALUES ('33', :one, :other, '{}', now())
                   ON CONFLICT DO NOTHING""",
                """INSERT INTO pnc_circulations (force, id, source_ref, person_id,
                       first_received_at, received_at, seen_at, import_id)
                   VALUES ('33', :key, :ref, :id, now(), now(), now(), :key)""",
            ):
                session.execute(text(statement), values)

    def left(self):
        """Give the columns that still name the merged record, with how many rows."""
        found = {}
        with transaction(self.connection, Work("33")) as session:
            for each in references():
                statement = f"SELECT count(*) FROM {each.table.name} WHERE {each.column} = :id"
                statement += " AND state <> 'cleared'" * (each.table.name == "flags")
                values = {"id": self.two[1]["id"]}
                if count := session.execute(text(statement), values).scalar_one():
                    found[each.name] = count
        return found


def merged_nationalities(world):
    """Tell whether a merge makes one of the two of a nationality: each gets its required check."""
    return len({tuple(each["nationalities"]) for each in world.two}) > 1


@pytest.mark.parametrize("seed", range(6))
def test_a_reversed_merge_leaves_everything_as_it_was(client, headers, connection, seed):
    world = World(client, headers, connection, seed)
    for number, person in enumerate(world.two):
        world.hang(person, number)
    before = snapshot(connection)
    keeps = {
        name: world.dice.choice(("this", "other"))
        for name in ("keep_name_of", "keep_date_of_birth_of")
    }
    merged = merge(client, headers, *world.two, **keeps)
    assert merged.status_code == 201, merged.json
    assert not set(world.left()) - {
        ("person_associations", "person_id"),
        ("person_associations", "other_person_id"),
    }
    assert snapshot(connection) != before
    undone = reverse(client, headers, merged.json)
    assert undone.status_code == 201, undone.json
    after = snapshot(connection)
    made = {"acro_checks"} if merged_nationalities(world) else set()
    for table, rows in before.items():
        if table in made:
            assert set(rows) <= set(after[table]), table
        else:
            assert after[table] == rows, table
