"""A year of made-up history, written straight into the tables, and kept to be recounted."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from sqlalchemy import text

from offenders.domain.working_days import london_day, start_of_london_day
from offenders.ids import new_id, new_reference

BEGAN = datetime(2025, 6, 2, 9, 30, tzinfo=UTC)
DAYS = 365
LPAS = {"N": ("N1", "N2"), "S": ("S1", "S2", "S3")}
OFFICERS = ("1001", "1002", "1003")
REASONS = ("named_suspect", "failed_to_answer_bail", "court_warrant", "prison_recall")
RISKS = ("very_high", "high", "medium", "standard")
CLOCKS = ("target_arrest_by", "review_due_at", "validation_due_at", "activity_due_at")


@dataclass
class World:
    """A force with a year of history: every version of every want, each from when until when."""

    force: str
    versions: list[dict[str, Any]] = field(default_factory=list)
    people: list[UUID] = field(default_factory=list)
    populations: dict[tuple[str, str], int] = field(default_factory=dict)

    def at(self, moment, **wanted):
        """Give the versions that stood at a moment, plainly."""
        return [
            each
            for each in self.versions
            if each["recorded_from"] <= moment
            and (each["recorded_to"] is None or moment < each["recorded_to"])
            and all(each[name] == value for name, value in wanted.items())
        ]


def _changed(rnd, want, at):
    """Give the next version of an outstanding want, some time later."""
    change = rnd.choice(["risk", "area", "owner", "circulate", "review", "close", "close"])
    new = want | {"version": want["version"] + 1, "updated_at": at}
    if change == "risk":
        new["risk"] = rnd.choice(RISKS)
    elif change == "area":
        new["lpa"] = rnd.choice(list(LPAS))
        new["neighbourhood"] = rnd.choice(LPAS[new["lpa"]])
    elif change == "owner":
        new["owner_officer"] = rnd.choice(OFFICERS)
    elif change == "circulate":
        new["circulation"] = "circulated"
    elif change == "review":
        new["review_due_at"] = at + timedelta(days=28)
        new["activity_due_at"] = at + timedelta(days=rnd.choice([7, 28]))
    else:
        new["state"] = rnd.choice(["arrested", "arrested", "surrendered", "withdrawn"])
        new["outcome_at"] = at - timedelta(minutes=rnd.randrange(1, 600))
        new["outcome_at"] = max(new["outcome_at"], new["entered_at"])
    return new


def _entered(rnd, world, number):
    at = BEGAN + timedelta(seconds=rnd.randrange(DAYS * 86400))
    entered_at = at - timedelta(minutes=rnd.choice([0, 5, 1440, 40000]))
    lpa = rnd.choice([*LPAS, None])
    return {
        "force": world.force,
        "id": new_id(world.force),
        "reference": new_reference("W", world.force),
        "person_id": rnd.choice(world.people),
        "state": "outstanding",
        "reason": rnd.choice(REASONS),
        "basis": rnd.choice(["forensic", "other"]),
        "crime_reference": rnd.choice([None, f"C{number // 2}", f"C{number}"]),
        "risk": rnd.choice(RISKS),
        "priority": "standard",
        "priority_crime": False,
        "domestic_abuse": rnd.random() < 0.2,
        "follows_address": False,
        # A person has one open want for one reason, crime and warrant.
        "warrant_number": str(number),
        "lpa": lpa,
        "neighbourhood": lpa and rnd.choice([None, *LPAS[lpa]]),
        "owner_officer": rnd.choice(OFFICERS),
        "circulation": "not_circulated",
        "entered_at": entered_at,
        "entered_by": "test",
        **{clock: entered_at + timedelta(days=rnd.choice([1, 7, 75])) for clock in CLOCKS},
        "outcome_at": None,
        "version": 1,
        "recorded_at": at,
        "updated_at": at,
    }


def _later(rnd, at):
    """Give a moment up to two months later; every fourth is the very end of a London week."""
    later = at + timedelta(seconds=rnd.randrange(3600, 86400 * 60))
    if rnd.random() < 0.25:
        day = london_day(later)
        return start_of_london_day(day + timedelta(days=7 - day.weekday()))
    return later


def make_world(session, force, wants=160, people=70, seed=7):
    """Write a year of history straight into the tables; the same seed makes the same."""
    rnd, world = Random(seed), World(force)
    world.people = [new_id(force) for _ in range(people)]
    _areas_and_people(session, world)
    last, history = [], world.versions
    for number in range(wants):
        want = _entered(rnd, world, number)
        at = want["recorded_at"]
        while True:
            following = _later(rnd, at)
            ends = want["state"] != "outstanding" or following > BEGAN + timedelta(days=DAYS)
            history.append(want | {"recorded_from": at, "recorded_to": None if ends else following})
            if ends:
                break
            want, at = _changed(rnd, want, following), following
        last.append(want)
    _insert(session, "wants", last)
    _insert(session, "wants_history", history)
    return world


def _areas_and_people(session, world):
    for lpa, places in LPAS.items():
        values = {"force": world.force, "code": lpa, "name": f"LPA {lpa}"}
        session.execute(text("INSERT INTO lpas VALUES (:force, :code, :name)"), values)
        for place in places:
            session.execute(
                text("INSERT INTO neighbourhoods (force, code, name, lpa) VALUES (:f, :c, :c, :l)"),
                {"f": world.force, "c": place, "l": lpa},
            )
    people = [
        {
            "force": world.force,
            "id": each,
            "reference": new_reference("P", world.force),
            "family_name": "Example",
            "version": 1,
            "recorded_at": BEGAN,
            "updated_at": BEGAN,
            "date_of_birth_precision": "exact",
            "sex": "male",
            "are_addresses_protected": False,
            "nationalities": [],
            "languages": [],
            "phones": [],
        }
        for each in world.people
    ]
    _insert(session, "persons", people)
    began = {"recorded_from": BEGAN - timedelta(days=1)}
    _insert(session, "persons_history", [each | began for each in people])


def _insert(session, table, rows):
    named = ", ".join(f":{each}" for each in rows[0])
    statement = f"INSERT INTO {table} ({', '.join(rows[0])}) VALUES ({named})"
    session.execute(text(statement), rows)
