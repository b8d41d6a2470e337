"""A week of nightly extracts, edited on both sides, ends where a plain account of it ends."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from random import Random

import pytest

from offenders.db import Work, transaction
from offenders.domain.identifiers import LETTERS
from offenders.domain.imports import person_store, running
from offenders.domain.imports.service import run_file
from offenders.tables import metadata

PEOPLE = (
    "source_ref",
    "family_name",
    "given_names",
    "sex",
    "date_of_birth",
    "ethnicity_observed",
    "pnc_id",
    "address_lines",
)
WANTS = (
    "source_ref",
    "person_source_ref",
    "reason",
    "crime_reference",
    "power",
    "risk",
    "owner_officer",
    "entered_at",
    "outcome",
    "outcome_at",
)
SCALARS = ("family_name", "given_names", "sex", "ethnicity_observed")
BAD = {"people": {"date_of_birth": "soon"}, "wanted": {"reason": "because"}}
ENDED = {"outcome": "no_longer_wanted", "outcome_at": "2024-03-01T10:00:00Z"}
# What may differ although nothing did: that it was run, and by whom.
OF_THE_RUN = {"audit_events", "audit_checkpoints", "imports", "import_problems"}


@dataclass
class Person:
    """What is known here of a person, and the row last taken from the source."""

    last: dict
    known: dict = field(default_factory=dict)
    former: list = field(default_factory=list)
    homes: list = field(default_factory=list)
    pnc_ids: set = field(default_factory=set)
    version: int = 1


@dataclass
class Want:
    """The same of a want; `owner` and `risk` may have been decided here."""

    last: dict
    known: dict = field(default_factory=dict)


class Account:
    """What should be here after each extract and each edit, in the plainest words."""

    def __init__(self):
        self.people, self.wants = {}, {}
        self.flagged = {"people": set(), "wanted": set()}

    def take_people(self, rows):
        for row in rows:
            if not row["is_bad"]:
                self._take_person(row["values"])
        self._flag("people", rows, set(self.people))

    def take_wants(self, rows):
        for row in rows:
            if not row["is_bad"]:
                self._take_want(row["values"])
        outstanding = {
            ref for ref, each in self.wants.items() if each.known["state"] == "outstanding"
        }
        self._flag("wanted", rows, outstanding)

    def _flag(self, kind, rows, live):
        self.flagged[kind] = live - {row["values"]["source_ref"] for row in rows}

    def _take_person(self, row):
        person = self.people.get(row["source_ref"])
        if person is None:
            known = {name: row[name] or None for name in SCALARS}
            made = Person(row, known, homes=[row["address_lines"]] if row["address_lines"] else [])
            made.pnc_ids = {row["pnc_id"]} - {""}
            self.people[row["source_ref"]] = made
            return
        last, person.last = person.last, row
        altered = {name: row[name] or None for name in SCALARS if row[name] != last[name]}
        new = {name: value for name, value in altered.items() if value != person.known[name]}
        if {"family_name", "given_names"} & set(new):
            person.former.append((person.known["family_name"], person.known["given_names"]))
        person.known |= new
        moved = row["address_lines"] != last["address_lines"]
        if moved:
            person.homes = [each for each in person.homes if each != last["address_lines"]]
            person.homes += [row["address_lines"]] if row["address_lines"] else []
        identified = row["pnc_id"] != last["pnc_id"] and row["pnc_id"] != ""
        if identified:
            person.pnc_ids = (person.pnc_ids - {last["pnc_id"]}) | {row["pnc_id"]}
        person.version += bool(new or moved or identified)

    def _take_want(self, row):
        want = self.wants.get(row["source_ref"])
        if want is None:
            known = {
                "person": row["person_source_ref"],
                "power": row["power"] or None,
                "risk": row["risk"] or "standard",
                "owner": row["owner_officer"] or None,
                "state": row["outcome"] or "outstanding",
            }
            self.wants[row["source_ref"]] = Want(row, known)
            return
        last, want.last = want.last, row
        known = want.known
        if row["power"] != last["power"]:
            known["power"] = row["power"] or None
        risk, before = row["risk"] or "standard", last["risk"] or "standard"
        if risk != before and known["risk"] == before:
            known["risk"] = risk
        owner, before = row["owner_officer"], last["owner_officer"]
        if owner not in {before, ""} and known["owner"] == (before or None):
            known["owner"] = owner
        if row["outcome"] and known["state"] == "outstanding":
            known["state"] = row["outcome"]


def pnc(serial):
    return f"2016/{serial:07}{LETTERS[(16 * 10**7 + serial) % 23]}"


class Source:
    """A source system that is edited by day and sends everything it holds by night."""

    def __init__(self, rnd):
        self._rnd, self._serial = rnd, 0
        self._rows = {"people": {}, "wanted": {}}
        self._away = {"people": {}, "wanted": {}}

    def _next(self):
        self._serial += 1
        return self._serial

    def person(self):
        number = self._next()
        return {
            "source_ref": f"P{number:04}",
            "family_name": f"Family{number}",
            "given_names": self._rnd.choice(["Ann", "Bo", ""]),
            "sex": self._rnd.choice(["male", "female"]),
            "date_of_birth": "1990-01-01",
            "ethnicity_observed": self._rnd.choice(["1", "2"]),
            "pnc_id": pnc(number) if self._rnd.random() < 0.5 else "",
            "address_lines": f"{number} Source Street",
        }

    def want(self):
        number = self._next()
        return dict.fromkeys(WANTS, "") | {
            "source_ref": f"W{number:04}",
            "person_source_ref": self._rnd.choice(sorted(self._rows["people"])),
            "reason": "named_suspect",
            "crime_reference": f"C{number}",
            "risk": self._rnd.choice(["", "high"]),
            "owner_officer": self._rnd.choice(["", "1001"]),
            "entered_at": "2024-01-01T10:00:00Z",
        }

    def changed_person(self, row):
        number = self._next()
        change = [
            {"given_names": f"Given{number}"},
            {"family_name": f"Changed{number}"},
            {"sex": self._rnd.choice(["male", "female"])},
            {"ethnicity_observed": self._rnd.choice(["1", "2", "3"])},
            {"pnc_id": self._rnd.choice([pnc(number), ""])},
            {"address_lines": self._rnd.choice([f"{number} Source Street", ""])},
        ]
        return row | self._rnd.choice(change)

    def changed_want(self, row):
        number = self._next()
        change = [
            {"power": f"Power {number}"},
            {"risk": self._rnd.choice(["very_high", "medium", ""])},
            {"owner_officer": self._rnd.choice(["1001", "1002", "1003"])},
            ENDED,
        ]
        return row | self._rnd.choice(change)

    def work(self, kind, count):
        """Add, change, lose and bring back some."""
        make = {"people": self.person, "wanted": self.want}[kind]
        change = {"people": self.changed_person, "wanted": self.changed_want}[kind]
        rows, away, rnd = self._rows[kind], self._away[kind], self._rnd
        for ref in [each for each in sorted(away) if rnd.random() < 0.4]:
            rows[ref] = away.pop(ref)
        for ref in sorted(rows):
            if rnd.random() < 0.25:
                rows[ref] = change(rows[ref])
            if rnd.random() < 0.1 and kind == "wanted":
                away[ref] = rows.pop(ref)
        for ref in [each for each in sorted(rows) if kind == "people" and rnd.random() < 0.1]:
            away[ref] = rows.pop(ref)
        for _ in range(count):
            row = make()
            rows[row["source_ref"]] = row

    def extract(self, kind):
        """Give what is sent tonight: a few rows can't be read, though the record is there."""
        order = sorted(self._rows[kind])
        self._rnd.shuffle(order)
        return [
            {"values": self._rows[kind][ref], "is_bad": self._rnd.random() < 0.05} for ref in order
        ]


class Here:
    """What is done here by day, and what is found here."""

    def __init__(self, call, look, rnd):
        self._call, self._look, self._rnd, self._serial = call, look, rnd, 0

    def _ids(self, kind):
        return dict(
            self._look("SELECT source_ref, subject_id FROM import_sources WHERE kind = :k", k=kind)
        )

    def work(self, account):
        """Rename some, add addresses, judge, hand over and close wants."""
        people, wants = self._ids("people"), self._ids("wanted")
        for ref in self._rnd.sample(sorted(people), 2):
            self._serial += 1
            self._edit_person(f"/v1/people/{people[ref]}", account.people[ref])
        live = [r for r in sorted(wants) if account.wants[r].known["state"] == "outstanding"]
        for ref in self._rnd.sample(live, min(3, len(live))):
            self._serial += 1
            if self._edit_want(f"/v1/wanted/{wants[ref]}", account.wants[ref].known) == "closed":
                account.flagged["wanted"].discard(ref)

    def _edit_person(self, path, person):
        if self._rnd.random() < 0.5:
            name = f"Mended{self._serial}"
            self._call("PATCH", path, family_name=name)
            person.former.append((person.known["family_name"], person.known["given_names"]))
            person.known["family_name"] = name
            person.version += 1
        else:
            street = f"{self._serial} Local Road"
            tag = f'"{person.version}"'
            self._call("POST", f"{path}/addresses", tag, lines=[street], type="other")
            person.homes.append(street)

    def _edit_want(self, path, known):
        kind = self._rnd.choice(["risk", "owner", "closed"])
        if kind == "risk":
            known["risk"] = "low" if known["risk"] == "very_high" else "very_high"
            known["risk"] = "medium" if known["risk"] == "low" else known["risk"]
            self._call("PATCH", path, risk=known["risk"], risk_rationale="As judged here.")
        elif kind == "owner":
            known["owner"] = f"77{self._serial}"
            self._call("POST", f"{path}/handovers", to_officer=known["owner"], reason="Leave")
        else:
            known["state"] = "interviewed"
            self._call("POST", f"{path}/outcomes", outcome="interviewed", reason="Seen")
        return kind

    def people(self):
        return {
            row[0]: row[1:]
            for row in self._look("""
                SELECT s.source_ref, p.family_name, p.given_names, p.sex, p.ethnicity_observed,
                    p.version,
                    ARRAY(SELECT a.lines[1] FROM person_addresses a
                          WHERE a.person_id = p.id AND a.to_on IS NULL ORDER BY 1),
                    ARRAY(SELECT i.value FROM person_identifiers i
                          WHERE i.person_id = p.id ORDER BY 1),
                    ARRAY(SELECT n.family_name || '/' || coalesce(n.given_names, '')
                          FROM person_names n WHERE n.person_id = p.id ORDER BY 1)
                FROM import_sources s JOIN persons p ON p.id = s.subject_id
                WHERE s.kind = 'people'
            """)
        }

    def wants(self):
        return {
            row[0]: row[1:]
            for row in self._look("""
                SELECT s.source_ref, p.source_ref, w.power, w.risk, w.owner_officer, w.state
                FROM import_sources s JOIN wants w ON w.id = s.subject_id
                JOIN import_sources p ON p.kind = 'people' AND p.subject_id = w.person_id
                WHERE s.kind = 'wanted'
            """)
        }

    def flagged(self, kind):
        found = self._look(
            """
            SELECT s.source_ref FROM flags f JOIN import_sources s ON s.subject_id = f.subject_id
            WHERE f.rule = 'not-in-source' AND f.state <> 'cleared' AND s.kind = :kind
            """,
            kind=kind,
        )
        return {ref for (ref,) in found}


def as_found(account):
    people = {
        ref: (
            *(each.known[name] for name in SCALARS),
            each.version,
            sorted(each.homes),
            sorted(each.pnc_ids),
            sorted(f"{family}/{given or ''}" for family, given in each.former),
        )
        for ref, each in account.people.items()
    }
    wants = {ref: tuple(each.known.values()) for ref, each in account.wants.items()}
    return people, wants


@pytest.fixture
def night(engine, fresh_force, tmp_path, monkeypatch):
    """Import a full extract of a kind from a file, in batches of a dozen."""
    monkeypatch.setattr(running, "BATCH_ROWS", 12)

    def run(kind, rows):
        path = tmp_path / f"{kind}.csv"
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, PEOPLE if kind == "people" else WANTS)
            writer.writeheader()
            for row in rows:
                writer.writerow(row["values"] | (BAD[kind] if row["is_bad"] else {}))
        return run_file(
            engine, force=fresh_force, kind=kind, path=path, complete=True, requested_by="night"
        )

    return run


@pytest.fixture
def everything(look):
    """Give all rows of the force but those that only tell of the run."""

    tables = [
        table.name
        for table in metadata.sorted_tables
        if "force" in table.columns and table.name not in OF_THE_RUN
    ]
    statement = " UNION ALL ".join(
        f"SELECT '{name}', CAST(t AS text) FROM {name} t" for name in tables
    )
    return lambda: look(f"{statement} ORDER BY 1, 2")


@pytest.mark.parametrize("seed", [1, 2])
def test_a_week_of_nights_ends_as_a_plain_account_of_it(
    night, call, look, everything, engine, fresh_force, seed
):
    rnd = Random(seed)
    source, account, here = Source(rnd), Account(), Here(call, look, rnd)
    for day in range(7):
        source.work("people", 18 if day == 0 else 3)
        source.work("wanted", 12 if day == 0 else 2)
        people, wants = source.extract("people"), source.extract("wanted")
        known = set(account.people) | {
            row["values"]["source_ref"] for row in people if not row["is_bad"]
        }
        # A want on somebody whom the source never sent is refused.
        for row in wants:
            row["is_bad"] |= row["values"]["person_source_ref"] not in known
        night("people", people)
        night("wanted", wants)
        account.take_people(people)
        account.take_wants(wants)
        before = everything()
        assert here.people() == as_found(account)[0]
        assert here.wants() == as_found(account)[1]
        assert {kind: here.flagged(kind) for kind in account.flagged} == account.flagged
        again = night("people", people), night("wanted", wants)
        assert [(each.created, each.updated) for each in again] == [(0, 0), (0, 0)]
        assert everything() == before
        here.work(account)
        assert here.people() == as_found(account)[0]
        assert here.wants() == as_found(account)[1]
        assert here.flagged("wanted") == account.flagged["wanted"]
    assert account.flagged["people"]
    with transaction(engine, Work(fresh_force)) as session:
        everybody = [person for (person,) in look("SELECT id FROM persons")]
        assert person_store.settle_areas(session, everybody, running.clock.today()) == []
