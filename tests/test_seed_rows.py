"""The made-up rows are reproducible, plausible, lawful, and can't be taken for real ones."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import offenders
from offenders.domain.custody.rules import Facts, Stay, broken_rules
from offenders.domain.identifiers import CroNumber, PncId, PrisonNumber
from offenders.domain.registrations.law import period_of
from offenders.domain.registrations.records import sentence_of
from offenders.seed import (
    SCALES,
    PersonKey,
    Scale,
    Ward,
    made_up_activity,
    made_up_bail,
    made_up_circulations,
    made_up_detentions,
    made_up_hits,
    made_up_mappa,
    made_up_members,
    made_up_officers,
    made_up_people,
    made_up_registrations,
    made_up_teams,
    made_up_wants,
)

if TYPE_CHECKING:
    from collections.abc import Callable

Row = dict[str, Any]
DATA = Path(offenders.__file__).parent / "data"
TODAY = date(2026, 3, 1)
NOW = datetime(2026, 3, 1, 10, 30, tzinfo=UTC)
ETHNICITIES = {
    *("W1", "W2", "W3", "W9", "M1", "M2", "M3", "M9", "A1", "A2", "A3", "A4", "A9"),
    *("B1", "B2", "B9", "O2", "O9", "NS"),
}
OF_COURT_OR_PRISON = {"court_warrant", "prison_recall", "unlawfully_at_large"}


def codes(name: str) -> set[str]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        return {row["code"] for row in csv.DictReader(lines)}


def is_inside(ring: list[tuple[float, float]], x: float, y: float) -> bool:
    crossings = 0
    for (x1, y1), (x2, y2) in pairwise(ring):
        if min(y1, y2) <= y < max(y1, y2):
            crossings += x1 + (x2 - x1) * (y - y1) / (y2 - y1) > x
    return crossings % 2 == 1


def age_of(row: Row) -> float:
    return (TODAY - date.fromisoformat(row["date_of_birth"])).days / 365.25


@pytest.fixture(scope="module")
def wards() -> list[Ward]:
    text = (DATA / "leicestershire_wards.geojson").read_text(encoding="utf-8")
    return [Ward.from_feature(feature) for feature in json.loads(text)["features"]]


@pytest.fixture(scope="module")
def people(wards: list[Ward]) -> list[Row]:
    return list(made_up_people("33", SCALES["small"], 7, TODAY, wards))


@pytest.fixture(scope="module")
def wants(people: list[Row]) -> list[Row]:
    keys = [PersonKey.of(row) for row in people]
    return list(made_up_wants("33", Scale(people=2_000, wants=1_600), 7, NOW, keys))


@pytest.fixture(scope="module")
def activity(wants: list[Row]) -> list[Row]:
    return list(made_up_activity("33", 7, NOW, wants))


def test_the_same_seed_gives_the_same_rows(
    wards: list[Ward], people: list[Row], wants: list[Row], activity: list[Row]
) -> None:
    again = list(made_up_people("33", SCALES["small"], 7, TODAY, wards))
    keys = [PersonKey.of(row) for row in again]
    assert again == people
    assert list(made_up_wants("33", Scale(people=2_000, wants=1_600), 7, NOW, keys)) == wants
    assert list(made_up_activity("33", 7, NOW, wants)) == activity
    known = {row["source_ref"]: row for row in people}
    held = [list(made_up_circulations("33", 7, wants, activity, known)) for _ in range(2)]
    assert held[0] == held[1]
    assert len({row["pnc_reference"] for row in held[0]}) == len(held[0])
    staff = [list(made_up_officers("33", 7, TODAY, wants)) for _ in range(2)]
    assert staff[0] == staff[1]


def test_every_team_that_owns_a_want_has_a_name(wants: list[Row]) -> None:
    owners = {row["owner_team"] for row in wants if "owner_team" in row}
    assert owners == {row["code"] for row in made_up_teams()}


def test_another_seed_or_force_gives_other_rows(wards: list[Ward], people: list[Row]) -> None:
    scale = SCALES["small"]
    assert next(made_up_people("33", scale, 8, TODAY, wards)) != people[0]
    assert next(made_up_people("31", scale, 7, TODAY, [])) != people[0]


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_rows_do_not_depend_on_the_hash_seed_of_the_interpreter(hash_seed: str) -> None:
    script = (
        "import hashlib, json; from datetime import *; from offenders.seed import *\n"
        "scale = Scale(300, 200)\n"
        "people = list(made_up_people('20', scale, 3, date(2026, 3, 1), []))\n"
        "keys = [PersonKey.of(row) for row in people]\n"
        "now = datetime(2026, 3, 1, 10, 30, tzinfo=timezone.utc)\n"
        "wants = list(made_up_wants('20', scale, 3, now, keys))\n"
        "rows = [people, wants, list(made_up_activity('20', 3, now, wants))]\n"
        "print(hashlib.sha256(json.dumps(rows).encode()).hexdigest())"
    )
    printed = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        cwd=DATA.parents[1],
        capture_output=True,
        check=True,
        text=True,
    )
    scale = Scale(300, 200)
    people = list(made_up_people("20", scale, 3, TODAY, []))
    wants = list(made_up_wants("20", scale, 3, NOW, [PersonKey.of(row) for row in people]))
    rows = [people, wants, list(made_up_activity("20", 3, NOW, wants))]
    assert printed.stdout.strip() == hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def test_the_counts_are_exactly_the_scale(people: list[Row], wants: list[Row]) -> None:
    keys = [PersonKey.of(row) for row in people]
    small = list(made_up_wants("33", SCALES["small"], 7, NOW, keys))
    assert (len(people), len(small), len(wants)) == (2_000, 150, 1_600)
    assert (SCALES["force"].people, SCALES["force"].wants) == (40_000, 1_600)
    assert len({row["source_ref"] for row in people}) == 2_000
    assert len({row["source_ref"] for row in wants}) == 1_600


def test_a_row_holds_only_import_columns(people: list[Row], wants: list[Row]) -> None:
    assert {key for row in people for key in row} == {
        "source_ref",
        "family_name",
        "given_names",
        "date_of_birth",
        "sex",
        "nationalities",
        "ethnicity_self_defined",
        "ethnicity_observed",
        "pnc_id",
        "cro_number",
        "prison_number",
        "aliases",
        "addresses",
        "vehicles",
        "markers",
    }
    assert {key for row in wants for key in row} == {
        "source_ref",
        "person_source_ref",
        "reason",
        "basis",
        "offence_code",
        "crime_reference",
        "power",
        "risk",
        "risk_rationale",
        "domestic_abuse",
        "priority_crime",
        "owner_officer",
        "owner_team",
        "entered_at",
        "outcome",
        "outcome_at",
        "warrant_number",
        "court",
        "warrant_category",
    }


def test_every_identifier_is_canonical_valid_and_unique(people: list[Row]) -> None:
    parsers: dict[str, Callable[[str], str]] = {
        "pnc_id": lambda text: PncId.parse(text, TODAY).value,
        "cro_number": lambda text: CroNumber.parse(text).value,
        "prison_number": lambda text: PrisonNumber.parse(text).value,
    }
    for column, parse in parsers.items():
        found = [row[column] for row in people if column in row]
        assert len(found) > 100
        assert [parse(value) for value in found] == found
        assert len(set(found)) == len(found)


def test_forces_never_share_an_identifier(people: list[Row]) -> None:
    others = list(made_up_people("31", SCALES["small"], 7, TODAY, []))
    for column in ("pnc_id", "cro_number", "prison_number"):
        ours = {row[column] for row in people if column in row}
        assert not ours & {row[column] for row in others if column in row}


def test_every_address_lies_in_the_ward_it_names(wards: list[Ward], people: list[Row]) -> None:
    rings = {ward.code: list(ward.ring) for ward in wards}
    addresses = [address for row in people for address in row.get("addresses", [])]
    assert len(addresses) > 2_000
    assert {address["neighbourhood"] for address in addresses} == set(rings)
    for address in addresses:
        ring = rings[address["neighbourhood"]]
        assert is_inside(ring, address["longitude"], address["latitude"])


def test_another_force_has_addresses_without_coordinates() -> None:
    rows = list(made_up_people("20", Scale(people=200, wants=0), 7, TODAY, []))
    addresses = [address for row in rows for address in row.get("addresses", [])]
    assert {key for address in addresses for key in address} == {
        "lines",
        "postcode",
        "type",
        "from",
    }
    assert {address["lines"][-1] for address in addresses} == {"Birmingham"}


def test_a_postcode_has_the_form_of_one_but_never_a_real_inward_part(people: list[Row]) -> None:
    form = re.compile(r"[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][CIKMOV]{2}")
    for row in people:
        for address in row.get("addresses", []):
            assert form.fullmatch(address["postcode"])


def test_a_registration_mark_has_the_form_of_one_but_never_a_real_ending(
    people: list[Row],
) -> None:
    marks = [car["registration_mark"] for row in people for car in row.get("vehicles", [])]
    assert len(marks) > 300
    assert all(re.fullmatch(r"[A-Z]{2}[0-9]{2}Q[A-HJ-PR-Z]{2}", mark) for mark in marks)


def test_ages_and_sexes_are_those_of_known_offenders(people: list[Row]) -> None:
    ages = [age_of(row) for row in people if "date_of_birth" in row]
    bands = Counter(
        "child" if age < 18 else "young" if age < 35 else "old" if age >= 70 else "middle"
        for age in ages
    )
    sexes = Counter(row["sex"] for row in people)
    assert min(ages) >= 10
    assert max(ages) <= 89
    assert 0.04 < bands["child"] / len(ages) < 0.10
    assert 0.45 < bands["young"] / len(ages) < 0.57
    assert bands["old"] >= 5
    assert 0 < len(people) - len(ages) < 40
    assert 0.78 < sexes["male"] / len(people) < 0.86
    assert set(sexes) <= {"male", "female", "not_known", "not_specified"}


def test_nationalities_and_ethnicities_are_known_codes(people: list[Row]) -> None:
    nationalities = [row.get("nationalities", []) for row in people]
    foreign = sum(bool(each) and each != ["GBR"] for each in nationalities)
    assert {code for each in nationalities for code in each} <= codes("countries.csv")
    assert 0.12 < foreign / len(people) < 0.19
    assert 0 < sum(not each for each in nationalities) < 100
    assert {row["ethnicity_observed"] for row in people} <= set("0123456")
    assert {row["ethnicity_self_defined"] for row in people} <= ETHNICITIES


def test_there_are_twins_siblings_and_households(people: list[Row]) -> None:
    together = defaultdict(list)
    for row in people:
        for address in row.get("addresses", [])[:1]:
            together[tuple(address["lines"]), row["family_name"]].append(row)
    homes = [rows for rows in together.values() if len(rows) > 1]
    births = [Counter(row.get("date_of_birth") for row in rows) for rows in homes]
    twins = [birth for birth in births for day, count in birth.items() if day and count == 2]
    assert len(homes) > 100
    assert len(twins) >= 5


def test_an_alias_differs_from_the_main_name_or_its_date(people: list[Row]) -> None:
    aliases = [(row, alias) for row in people for alias in row.get("aliases", [])]
    assert len(aliases) > 400
    assert {alias["type"] for _, alias in aliases} == {"alias", "former"}
    for row, alias in aliases:
        main = (row["family_name"], row["given_names"])
        assert (alias["family_name"], alias["given_names"]) != main or "date_of_birth" in alias
        assert alias["family_name"]
        assert alias["given_names"]


def test_a_person_has_each_marker_once_with_its_rationale(people: list[Row]) -> None:
    for row in people:
        found = [marker["code"] for marker in row.get("markers", [])]
        assert len(set(found)) == len(found)
        assert all(marker["rationale"] for marker in row.get("markers", []))


def test_every_day_lies_between_birth_and_today(people: list[Row]) -> None:
    for row in people:
        born = row.get("date_of_birth", "1900-01-01")
        assert all(born <= a["from"] <= "2026-03-01" for a in row.get("addresses", []))


def test_every_offence_code_exists(wants: list[Row]) -> None:
    assert {row["offence_code"] for row in wants} <= codes("offences.csv")


def test_every_want_is_for_a_person_who_exists(people: list[Row], wants: list[Row]) -> None:
    by_person = Counter(row["person_source_ref"] for row in wants)
    assert set(by_person) <= {row["source_ref"] for row in people}
    assert {1, 2, 3} <= set(by_person.values())


def test_nobody_is_wanted_for_what_was_done_before_the_age_of_ten(
    people: list[Row], wants: list[Row]
) -> None:
    born = {row["source_ref"]: row["date_of_birth"] for row in people if "date_of_birth" in row}
    known = [row for row in wants if row["person_source_ref"] in born]
    for row in known:
        entered_on = datetime.fromisoformat(row["entered_at"]).date()
        assert (entered_on - date.fromisoformat(born[row["person_source_ref"]])).days >= 3652


def test_moments_are_in_order(wants: list[Row]) -> None:
    for row in wants:
        entered_at = datetime.fromisoformat(row["entered_at"])
        outcome_at = datetime.fromisoformat(row.get("outcome_at") or row["entered_at"])
        assert entered_at <= outcome_at <= NOW
        assert ("outcome" in row) == ("outcome_at" in row)


def test_every_outcome_is_open_to_the_reason(wants: list[Row]) -> None:
    closed = [row for row in wants if "outcome" in row]
    assert 0.2 < len(closed) / len(wants) < 0.32
    for row in closed:
        if row["reason"] in OF_COURT_OR_PRISON:
            assert row["outcome"] in {"arrested", "surrendered", "withdrawn", "deceased"}
        if row["outcome"] == "interviewed":
            assert row["reason"] == "named_suspect"


def test_a_crime_may_have_two_suspects_and_a_warrant_has_no_crime(wants: list[Row]) -> None:
    suspects = defaultdict(set)
    for row in wants:
        assert ("crime_reference" in row) == (row["reason"] not in OF_COURT_OR_PRISON)
        assert ("warrant_number" in row) == (row["reason"] == "court_warrant")
        suspects[row.get("crime_reference")].add(row["person_source_ref"])
    del suspects[None]
    assert {len(people) for people in suspects.values()} == {1, 2}


def test_two_suspects_of_a_crime_are_entered_together(wants: list[Row]) -> None:
    of_crime = defaultdict(set)
    for row in wants:
        of_crime[row.get("crime_reference")].add((row["entered_at"], row["offence_code"]))
    del of_crime[None]
    assert {len(facts) for facts in of_crime.values()} == {1}


def test_no_two_wants_say_the_same(wants: list[Row]) -> None:
    said = Counter(
        (row["person_source_ref"], row["reason"], row.get("crime_reference")) for row in wants
    )
    assert set(said.values()) == {1}


def test_every_want_has_one_owner(wants: list[Row]) -> None:
    assert all(("owner_officer" in row) != ("owner_team" in row) for row in wants)


def test_the_mix_is_that_of_a_force(wants: list[Row]) -> None:
    def share(column: str, value: object) -> float:
        return [row[column] for row in wants].count(value) / len(wants)

    assert share("reason", "named_suspect") == pytest.approx(0.65, abs=0.05)
    assert share("reason", "failed_to_answer_bail") == pytest.approx(0.12, abs=0.03)
    assert share("reason", "court_warrant") == pytest.approx(0.14, abs=0.03)
    assert share("domestic_abuse", value=True) == pytest.approx(0.25, abs=0.04)
    assert share("risk", "very_high") == pytest.approx(0.04, abs=0.02)
    assert share("risk", "high") == pytest.approx(0.16, abs=0.04)
    assert share("risk", "medium") == pytest.approx(0.40, abs=0.05)
    assert share("risk", "standard") == pytest.approx(0.40, abs=0.05)


def test_activity_falls_within_the_life_of_its_want(wants: list[Row], activity: list[Row]) -> None:
    lives = {row["source_ref"]: row for row in wants}
    for entry in activity:
        want = lives[entry["want_source_ref"]]
        at = datetime.fromisoformat(entry["occurred_at"])
        assert datetime.fromisoformat(want["entered_at"]) <= at
        assert at <= datetime.fromisoformat(want.get("outcome_at", NOW.isoformat()))
    kinds = {"attempt", "enquiry", "review", "validation", "circulation"}
    assert {entry["kind"] for entry in activity} == kinds
    share = len({entry["want_source_ref"] for entry in activity}) / len(wants)
    assert share == pytest.approx(0.6, abs=0.05)


def test_two_in_five_outstanding_named_suspects_are_circulated(
    wants: list[Row], activity: list[Row]
) -> None:
    named = {
        row["source_ref"]
        for row in wants
        if row["reason"] == "named_suspect" and "outcome" not in row
    }
    circulated = [e["want_source_ref"] for e in activity if e["kind"] == "circulation"]
    assert len(set(circulated)) == len(circulated)
    assert len(named & set(circulated)) / len(named) == pytest.approx(0.4, abs=0.06)


def test_a_body_that_is_no_territorial_force_is_refused() -> None:
    with pytest.raises(ValueError, match="93 is not one of the 43 territorial forces"):
        made_up_people("93", SCALES["small"], 1, TODAY, [])


def test_every_territorial_force_has_rows() -> None:
    with (DATA / "forces.csv").open(encoding="utf-8", newline="") as lines:
        forces = [row["code"] for row in csv.DictReader(lines) if row["kind"] == "territorial"]
    assert len(forces) == 43
    for force in forces:
        assert next(made_up_people(force, Scale(people=1, wants=0), 1, TODAY, []))


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="with its zone"):
        made_up_wants("33", SCALES["small"], 1, datetime(2026, 3, 1), [])  # noqa: DTZ001


def test_bail_is_a_year_of_releases_and_the_bail_behind_each_failure(
    people: list[Row], wants: list[Row]
) -> None:
    keys = [PersonKey.of(row) for row in people]
    scale = SCALES["small"]
    rows = list(made_up_bail("33", scale, 7, NOW, people=keys, wants=wants))
    assert rows == list(made_up_bail("33", scale, 7, NOW, people=keys, wants=wants))
    failed = {
        (want["person_source_ref"], want["crime_reference"])
        for want in wants
        if want["reason"] == "failed_to_answer_bail" and not want.get("outcome")
    }
    assert failed == {
        (row["person_source_ref"], row["crime_reference"])
        for row in rows
        if row.get("state") == "failed_to_answer"
    }
    year = [
        row for row in rows if "/1" in row["crime_reference"] and len(row["crime_reference"]) == 12
    ]
    arrests = 18_702 * scale.people / 40_000
    assert len(year) == round(round(arrests) * 0.25) + round(round(arrests) * 0.15)
    assert all(row["arrested_at"] < row["bailed_at"] for row in rows)
    assert len({row["source_ref"] for row in rows}) == len(rows)
    born = {row["source_ref"]: row.get("date_of_birth") for row in people}
    for row in year:
        written = born[row["person_source_ref"]]
        assert written is None or int(row["arrested_at"][:4]) - int(written[:4]) >= 10


def test_a_force_manages_as_many_as_leicestershire_published() -> None:
    start = date(1950, 1, 1).toordinal()
    people = [PersonKey(f"PN{n}", date.fromordinal(start + 3 * n), ()) for n in range(6_000)]
    made = made_up_mappa("33", SCALES["force"], 1, NOW, people)
    assert made == made_up_mappa("33", SCALES["force"], 1, NOW, people)
    assert 1_250 <= len(made.cases) <= 1_300
    assert len({row["person_source_ref"] for row in made.cases}) == len(made.cases)
    levels = Counter(row["level"] for row in made.cases)
    assert levels[1] > 1_150
    assert levels[2] > levels[3] > 0
    assert len(made.deeds) == levels[2] + levels[3]
    held = [each["held_at"] for deed in made.deeds for each in deed["meetings"]]
    assert max(held) < NOW
    assert {row.get("category") for row in made.cases} == {1, 2, 3, 4, None}
    assert all(row["started_on"] < NOW.date().isoformat() for row in made.cases)
    managers = Counter(row["manager"] for row in made.cases if row["state"] == "community")
    assert 30 < sum(managers.values()) / len(managers) < 50 < max(managers.values())


def test_hits_come_at_some_seventy_a_month_and_nothing_lies_in_the_future() -> None:
    people = [PersonKey(f"PN{number}", date(1980, 1, 1), (), "Made", "Up") for number in range(900)]
    year = made_up_hits("33", SCALES["force"], 1, NOW, people)
    assert year == made_up_hits("33", SCALES["force"], 1, NOW, people)
    assert len(year.hits) == 840
    months = Counter(row["received_at"][:7] for row in year.hits)
    assert all(40 <= count <= 100 for month, count in months.items() if month != "2026-03")
    assert len({row["laboratory_reference"] for row in year.hits}) == 840
    moments = [
        value
        for row in (*year.hits, *year.wants, *year.deeds)
        for name, value in row.items()
        if name.endswith("_at")
    ]
    assert max(moments) < NOW.isoformat()
    hits, offences = {row["source_ref"]: row for row in year.hits}, codes("offences.csv")
    for row in year.hits:
        assert row["identified_at"] <= row["received_at"]
        assert row["offence_code"] in offences
    for want in year.wants:
        hit = hits[want["source_ref"].removesuffix("-W")]
        assert want["crime_reference"] == hit["crime_reference"]
        assert want["entered_at"] == hit["received_at"] <= want["outcome_at"]
    for deed in year.deeds:
        received = hits[deed["source_ref"]]["received_at"]
        assert all(value >= received for name, value in deed.items() if name.endswith("_at"))
        assert ("outcome" in deed) == ("outcome_at" in deed)
    named = [row for row in year.hits if "person_source_ref" in row]
    assert 0.85 < len(named) / 840 < 0.95


def test_a_year_of_arrests_is_repeatable_lawful_and_as_foreign_as_a_real_one():
    scale = SCALES["small"]
    keys = [PersonKey.of(row) for row in made_up_people("33", scale, 7, TODAY, [])]

    def made() -> list[Row]:
        return list(made_up_detentions("33", scale, 7, NOW, keys, lpas=["B", "A"]))

    arrests = made()
    assert arrests == made()
    assert len(arrests) == scale.arrests
    assert SCALES["force"].arrests == 18_702
    assert len({row["custody_number"] for row in arrests}) == scale.arrests
    by_ref = {each.source_ref: each for each in keys}
    foreign = [
        row for row in arrests if set(by_ref[row["person_source_ref"]].nationalities) - {"GBR"}
    ]
    assert 0.14 < len(foreign) / len(arrests) < 0.21
    stays = defaultdict(list)
    offences = codes("offences.csv")
    for row in arrests:
        arrested_at = datetime.fromisoformat(row["arrested_at"])
        released = row.get("released_at")
        released_at = datetime.fromisoformat(released) if released else None
        born = by_ref[row["person_source_ref"]].born
        one = Stay(row["custody_number"], arrested_at, released_at, row.get("disposal"))
        facts = Facts(NOW, 96, born, stays[row["person_source_ref"]])
        assert list(broken_rules(one, facts)) == []
        stays[row["person_source_ref"]].append(one)
        assert born is None or (arrested_at.date() - born).days >= 3652
        assert (NOW - arrested_at).days < 365
        assert set(row["offences"]) <= offences
        assert row["lpa"] in {"A", "B"}


def test_as_many_are_registered_as_one_unit_manages_and_their_periods_still_run() -> None:
    people = [PersonKey(f"PN{number}", date(1975, 1, 1)) for number in range(4_000)]
    scale = Scale(people=40_000, wants=0)
    rows = list(made_up_registrations("33", scale, 7, TODAY, people))
    assert rows == list(made_up_registrations("33", scale, 7, TODAY, people))
    registered = {row["person_source_ref"] for row in rows}
    assert len(registered) == 1_150 < len(rows) == len({row["source_ref"] for row in rows})
    risks = Counter(row["risk"] for row in rows)
    assert risks["low"] > risks["medium"] > risks["high"] > risks["very_high"] > 0
    until: dict[str, date] = defaultdict(lambda: date.min)
    for row in rows:
        ends_on = period_of(sentence_of(row, date(1975, 1, 1))).ends_on or date.max
        until[row["person_source_ref"]] = max(ends_on, until[row["person_source_ref"]])
        days = [row.get(name) for name in ("first_notified_on", "last_notified_on", "last_seen_on")]
        told = [row["relevant_date"], *filter(None, days)]
        assert min(told) == row["relevant_date"]
        assert max(told) <= TODAY.isoformat()
    assert min(until.values()) >= TODAY


def test_the_cohort_has_leicestershires_published_figures() -> None:
    scale = Scale(people=40_000, wants=0, arrests=4_000)
    people = [PersonKey(f"NM{number:06}", date(1990, 1, 1)) for number in range(1, 2_000)]
    people.append(PersonKey("NM888888", date(1990, 1, 1)))
    child = PersonKey("NM999999", date(2010, 1, 1))
    arrested = {"arrested_at": "2025-06-01T12:00:00+00:00"}
    arrests = [
        {"person_source_ref": who.source_ref} | arrested for who in [*people[:-1], *[child] * 9]
    ]
    late = {"person_source_ref": "NM888888", "arrested_at": "2026-02-01T12:00:00+00:00"}
    arrests += [late] * 9
    rows = list(made_up_members("33", scale, 7, NOW, [*people, child], arrests=arrests))
    assert rows == list(made_up_members("33", scale, 7, NOW, [*people, child], arrests=arrests))
    cohort = [row for row in rows if "exit_reason" not in row]
    assert len(cohort) == 383
    assert sum(row["catch_and_convict"] == "true" for row in cohort) == 16
    assert sum(row["managed_by"] == "neighbourhood" for row in cohort) == 105
    assert sum(row["theme"] == "ocg" for row in cohort) == 5
    chosen = {row["person_source_ref"] for row in rows}
    assert len(chosen - {"NM888888", "NM999999"}) == len(rows)
    assert all((row["risk"] == "high") == (row["lead_agency"] == "probation") for row in rows)
    assert all(row["exited_on"] >= row["joined_on"] for row in rows if "exited_on" in row)
