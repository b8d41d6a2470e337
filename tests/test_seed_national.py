"""The nation made in SQL holds to every rule that the service itself keeps."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from sqlalchemy import text

from offenders import clock, seeding_national, tables
from offenders import seed as rows
from offenders.db import Work, transaction
from offenders.domain import identifiers
from offenders.domain.acro import clocks
from offenders.domain.acro.rules import State
from offenders.domain.bail.due import lapse_what_is_over, settle_flags
from offenders.domain.bail.records import settle_period
from offenders.domain.bail.rules import inspector_review_due
from offenders.domain.custody.rules import (
    Facts,
    Stay,
    broken_rules,
    foreign_countries,
    is_nationality_unknown,
)
from offenders.domain.forensics.classes import class_of
from offenders.domain.forensics.rules import DEALT_WITH
from offenders.domain.forensics.service import refresh_hits
from offenders.domain.imports.person_store import settle_areas
from offenders.domain.iom.due import refresh_members
from offenders.domain.mappa.due import refresh_cases
from offenders.domain.orders.due import follow_the_day
from offenders.domain.persons.names import tokens
from offenders.domain.registrations.records import settle_law
from offenders.domain.wanted.clocks import refresh_clocks
from offenders.domain.wanted.rules import (
    Basis,
    Circulation,
    Reason,
    Risk,
    allowed_outcomes,
    next_circulations,
    priority,
)
from offenders.ids import force_of, is_reference
from offenders.seed import Scale
from offenders.seed.national import loading, managed
from offenders.seed.national import sizes as shares_of
from offenders.seed.national.sizes import RESIDENTS, sizes

TINY = Scale(people=1290, wants=430, arrests=860)
SMALLEST = "48"
# Each force is loaded alike: a dozen, large and small, with neighbours in their regions, show all.
SOME = ("01", "06", "20", "31", "33", "34", "43", "44", SMALLEST, "50", "60", "62")
MANAGED = {  # by what a management or an event of the audit calls it: the table, and its letter
    "iom_member": ("iom_members", "C"),
    "mappa_case": ("mappa_cases", "M"),
    "registration": ("registrations", "R"),
    "order": ("orders", "R"),
}
MARKS = "installation WHERE name LIKE 'seeded%' OR name = 'demonstration'"


def load(engine, owner, seed=5):
    told = []
    seeding_national.seed_nation(engine, owner, seed=seed, report=told.append)
    return told


@pytest.fixture(scope="module")
def nation(engine, owner):
    """Load a tiny nation for this module; give what is swept away after each test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(rows.SCALES, "national", TINY)
        patch.setattr(shares_of, "RESIDENTS", {force: RESIDENTS[force] for force in SOME})
        patch.setattr(managed, "MORE", 25)  # or a force of this size would manage nobody
        patch.setattr(managed, "AMONG", 1)
        load(engine, owner)
        with owner.connect() as connection:
            swept = {
                table: connection.execute(text(f"SELECT * FROM {table}")).all()
                for table in ("audit_events", "flags", "flags_history")
            }
        yield swept
    with owner.begin() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            if "force" in table.columns:
                connection.execute(table.delete())
        connection.execute(text(f"DELETE FROM {MARKS}"))


@pytest.fixture
def read(nation, owner):
    def read_all(statement, **values):
        with owner.connect() as connection:
            return connection.execute(text(statement), values).all()

    return read_all


def state_of(read):
    """Sum up every row of what was loaded."""
    return {
        table: read(
            f"SELECT count(*), md5(string_agg(t::text, '' ORDER BY t::text)) FROM {table} t"
        )
        for table in (
            "persons_history",
            "person_names",
            "person_identifiers",
            "person_addresses",
            "person_vehicles",
            "person_markers",
            "person_name_tokens",
            "wants",
            "wants_history",
            "want_actions",
            "detentions_history",
            "detention_wants",
            "acro_checks_history",
            "forensic_hits",
            "forensic_hits_history",
            "bail_records_history",
            "bail_actions",
            "lpas",
            "neighbourhoods",
            "(SELECT force, code FROM officers)",
            "(SELECT force, person_id, rating, joined_on, review_due_at FROM iom_members)",
            "(SELECT force, person_id, category, level, meeting_due_at FROM mappa_cases)",
            "(SELECT force, person_id, risk, because, last_seen_on FROM registrations)",
            "(SELECT force, person_id, type, state, because, check_due_on FROM orders)",
        )
    }


def test_every_territorial_force_has_residents(read):
    territorial = read("SELECT code FROM forces WHERE kind = 'territorial'")
    assert len(RESIDENTS) == 43
    assert {row.code for row in territorial} == set(RESIDENTS)


def test_every_force_of_the_nation_has_its_share(read):
    people = dict(read("SELECT force, count(*) FROM persons GROUP BY 1"))
    wants = dict(read("SELECT force, count(*) FROM wants GROUP BY 1"))
    shares = sizes(TINY)
    assert set(people) == set(SOME)
    assert people == {force: scale.people for force, scale in shares.items()}
    assert wants == {force: scale.wants for force, scale in shares.items()}
    assert max(people, key=people.get) == "01"


def test_the_whole_nation_is_as_large_as_asked(monkeypatch):
    monkeypatch.setattr(shares_of, "RESIDENTS", RESIDENTS)
    whole = sizes(Scale(people=1_010_000, wants=134_000))
    assert set(whole) == set(RESIDENTS)
    assert sum(each.people for each in whole.values()) >= 1_000_000
    assert sum(each.wants for each in whole.values()) >= 120_000


def test_the_same_seed_again_changes_nothing_and_another_is_refused(nation, read, engine, owner):
    before = state_of(read)
    assert load(engine, owner)[0] == "12 of 12 forces hold people already and stay as they are."
    assert load(engine, owner, seed=6) == [
        "The nation holds made-up data of scale national, seed 5 already. Nothing was changed."
    ]
    assert state_of(read) == before


def test_a_force_broken_off_half_way_is_made_again_alike(
    nation, read, engine, owner, purge, monkeypatch
):
    before = state_of(read)
    purge(SMALLEST)
    with owner.begin() as connection:
        connection.execute(text(f"DELETE FROM installation WHERE name = 'seeded-{SMALLEST}'"))

    def fail(*_):
        raise InterruptedError

    with monkeypatch.context() as broken:
        broken.setattr(loading, "write_words", fail)
        with pytest.raises(InterruptedError):
            load(engine, owner)
    assert read("SELECT count(*) FROM persons WHERE force = :f", f=SMALLEST)[0].count == 0
    assert load(engine, owner)[0] == "11 of 12 forces hold people already and stay as they are."
    assert state_of(read) == before


def test_ids_references_and_identifiers_are_as_the_service_makes_them(read):
    for table, kind in (
        ("persons", "P"),
        ("wants", "W"),
        ("forensic_hits", "H"),
        ("bail_records", "B"),
        *MANAGED.values(),
    ):
        for row in read(f"SELECT force, id, reference FROM {table}"):
            assert (force_of(row.id), row.id.version) == (row.force, 8)
            assert is_reference(row.reference)
            assert row.reference.startswith(f"{kind}{row.force}-")
    actions = ("want_actions", "bail_actions", "registration_actions", "order_actions", "iom_log")
    for table in (*actions, "mappa_entries", "person_addresses", "person_names"):
        assert all(force_of(row.id) == row.force for row in read(f"SELECT force, id FROM {table}"))
    found = read("SELECT type, value FROM person_identifiers")
    assert {row.type for row in found} == {"pnc_id", "cro_number", "prison_number"}
    for row in found:
        assert identifiers.parse(row.type, row.value, clock.today()) == row.value


def test_people_are_found_by_the_words_that_the_service_makes_of_their_names(read):
    words = Counter(
        (row.name_id, row.token, row.part)
        for row in read("SELECT name_id, token, part FROM person_name_tokens")
    )
    names = read("""
        SELECT id, family_name, given_names FROM persons
        UNION ALL SELECT id, family_name, given_names FROM person_names
    """)
    expected = Counter(
        (name.id, each.text, each.part)
        for name in names
        for each in tokens(name.family_name, name.given_names)
    )
    assert words == expected


def test_people_and_wants_stand_where_their_addresses_say(nation, read, engine):
    for force in ("01", "33", SMALLEST):
        ids = [row.id for row in read("SELECT id FROM persons WHERE force = :f", f=force)]
        with transaction(engine, Work(force)) as session:
            assert settle_areas(session, ids, clock.today()) == []
            assert refresh_clocks(session) == 0
    strayed = read("""
        SELECT w.id FROM wants w JOIN persons p ON p.force = w.force AND p.id = w.person_id
        WHERE w.state = 'outstanding'
          AND (w.lpa, w.neighbourhood) IS DISTINCT FROM (p.lpa, p.neighbourhood)
    """)
    assert strayed == []
    made_up = read("SELECT name FROM lpas WHERE force <> '33'")
    assert all("(made up)" in row.name for row in made_up)
    assert len(read("SELECT code FROM neighbourhoods WHERE force = '33'")) == 171


@pytest.mark.parametrize("table", ["persons", "wants", "flags", "forensic_hits", "orders"])
def test_each_history_is_one_chain_that_ends_in_what_stands(nation, read, table):
    rows = {
        name: nation[name] if name in nation else read(f"SELECT * FROM {name}")
        for name in (table, f"{table}_history")
    }
    chains = {}
    for row in sorted(rows[f"{table}_history"], key=lambda row: row.recorded_from):
        chains.setdefault((row.force, row.id), []).append(row._mapping)
    standing = {(row.force, row.id): dict(row._mapping) for row in rows[table]}
    assert set(chains) == set(standing)
    assert max(len(chain) for chain in chains.values()) > 1
    for key, chain in chains.items():
        assert all(one["recorded_to"] == two["recorded_from"] for one, two in pairwise(chain))
        assert all(one["version"] <= two["version"] for one, two in pairwise(chain))
        last = dict(chain[-1])
        assert last.pop("recorded_to") is None
        assert last.pop("recorded_from") <= datetime.now(UTC)
        assert last == standing[key]


def test_every_want_goes_only_where_the_rules_let_it_go(read):
    log = {}
    for row in read("SELECT * FROM want_actions ORDER BY want_id, recorded_at"):
        log.setdefault(row.want_id, []).append(row)
    history = {}
    for row in read("SELECT * FROM wants_history ORDER BY id, recorded_from"):
        history.setdefault(row.id, []).append(row)
    seen = Counter()
    for want, versions in history.items():
        assert log[want][0].kind == "entry"
        moments = {row.recorded_from for row in versions}
        assert moments >= {entry.recorded_at for entry in log[want]}
        for row in versions:
            assert row.priority == priority(
                Risk(row.risk),
                domestic_abuse=row.domestic_abuse,
                priority_crime=row.priority_crime,
                basis=Basis(row.basis),
            )
            assert row.state in {"outstanding", *allowed_outcomes(Reason(row.reason))}
        for one, two in pairwise(versions):
            (done,) = [e for e in log[want] if e.recorded_at == two.recorded_from] or [None]
            kind = done.kind if done else "move"
            seen[kind] += 1
            assert one.state == "outstanding" or kind == "circulation_cancellation"
            if one.circulation != two.circulation:
                assert two.circulation in next_circulations(Circulation(one.circulation))
            owners = [(row.owner_officer, row.owner_team) for row in (one, two)]
            assert (owners[0] != owners[1]) == (kind == "handover")
            assert (one.risk != two.risk) == (kind == "amendment")
            assert (one.version + 1 == two.version) == (
                kind not in {"attempt", "enquiry", "review", "move"}
            )
        assert all(row.entered_at <= entry.occurred_at <= entry.recorded_at for entry in log[want])
    assert set(seen) >= {"attempt", "review", "handover", "amendment", "circulation", "outcome"}


def test_nobody_is_ever_wanted_twice_for_the_same(read):
    doubles = read("""
        SELECT a.id FROM wants_history a JOIN wants_history b
          ON a.force = b.force AND a.person_id = b.person_id AND a.reason = b.reason
         AND a.id < b.id AND a.crime_reference IS NOT DISTINCT FROM b.crime_reference
         AND a.warrant_number IS NOT DISTINCT FROM b.warrant_number
        WHERE a.state = 'outstanding' AND b.state = 'outstanding'
          AND a.recorded_from < coalesce(b.recorded_to, 'infinity')
          AND b.recorded_from < coalesce(a.recorded_to, 'infinity')
    """)
    assert doubles == []


def test_some_people_are_known_to_several_forces_by_one_pnc_id(read):
    found = read("""
        SELECT i.value, array_agg(i.force) AS forces, count(DISTINCT p.date_of_birth) AS births,
               count(DISTINCT (p.family_name, p.given_names)) AS spellings
        FROM person_identifiers i JOIN persons p ON p.force = i.force AND p.id = i.person_id
        WHERE i.type = 'pnc_id' GROUP BY 1 HAVING count(*) > 1
    """)
    assert len(found) > 5
    assert all(len(set(row.forces)) == len(row.forces) for row in found)
    assert max(row.births for row in found) == 1
    assert max(row.spellings for row in found) > 1


def test_every_hit_stands_as_its_want_and_its_steps_let_it(nation, read, engine):
    hits = read("""
        SELECT h.*, w.state AS want_state, w.outcome_at AS want_ended_at,
               h.crime_reference IS NOT DISTINCT FROM w.crime_reference
                   AND h.person_id = w.person_id AND w.basis = 'forensic' AS is_its_want
        FROM forensic_hits h JOIN wants w ON w.force = h.force AND w.id = h.want_id
    """)
    assert len(hits) == read("SELECT count(*) FROM forensic_hits")[0].count > 40
    assert {hit.state for hit in hits} == {
        "received",
        "researched",
        "allocated",
        "outcome_returned",
    }
    for hit in hits:
        assert hit.is_its_want
        assert hit.offence_class == class_of(hit.offence_code)
        assert hit.identified_at <= hit.received_at <= hit.recorded_at
        steps = (hit.researched_at, hit.allocated_at, hit.outcome_at)
        assert all(hit.recorded_at < at <= datetime.now(UTC) for at in steps if at)
        assert (hit.state == "outcome_returned") == (hit.outcome_at is not None)
        if hit.outcome_at:
            assert hit.want_state in DEALT_WITH
            assert hit.want_ended_at < hit.outcome_at
    for force in ("01", "33", SMALLEST):
        with transaction(engine, Work(force)) as session:
            assert refresh_hits(session) == 0


def test_every_release_stands_as_the_law_and_its_detention_let_it(nation, read, engine):
    records = read("""
        SELECT b.*, d.released_at AS left_at, d.disposal FROM bail_records b
        JOIN detentions d ON d.force = b.force AND d.person_id = b.person_id
         AND d.arrested_at = b.arrested_at
    """)
    ended = "SELECT count(*) FROM detentions WHERE disposal IN "
    ended += "('bailed', 'released_under_investigation')"
    assert len(records) == read(ended)[0].count > 150
    assert {row.state for row in records} == {"on_bail", "released_without_bail", "closed"}
    assert any(row.extensions for row in records)
    for row in records:
        assert row.bailed_at == row.left_at == row.recorded_at <= row.updated_at
        assert row.updated_at <= datetime.now(UTC)
        if row.disposal != "bailed":
            assert (row.ends_on, row.return_at, row.released_at) == (None, None, row.bailed_at)
        else:
            worked_out = SimpleNamespace(**row._mapping)
            settle_period(worked_out)
            assert {**worked_out.__dict__} == {**row._mapping}
        assert (row.state == "closed") == (row.outcome_at is not None)
        if row.state == "released_without_bail":
            since = row.last_inspector_review_at or row.released_at
            assert row.review_due_at == (
                (row.last_reviewed_at or row.released_at) + timedelta(days=30)
            )
            assert row.inspector_review_due_at == inspector_review_due(since, 3)
    due = 0
    for force in SOME:
        with transaction(engine, Work(force)) as session:
            assert lapse_what_is_over(session) == 0
            due += settle_flags(session).raised
    assert due
    now = {(row.force, row.id): row for row in read("SELECT * FROM bail_records")}
    last = read("SELECT * FROM bail_records_history WHERE recorded_to IS NULL")
    assert {(row.force, row.id): tuple(row)[:-2] for row in last} == {
        key: tuple(row) for key, row in now.items()
    }


def test_members_cases_registrations_and_orders_stand_as_the_rules_and_the_day_let_them(
    nation, read, engine
):
    for force in ("01", "33", SMALLEST):
        with transaction(engine, Work(force)) as session:
            assert refresh_members(session) == 0
            assert refresh_cases(session) == 0
            assert follow_the_day(session) == 0
    for table in ("iom_members", "mappa_cases", "registrations", "orders", "order_breaches"):
        strayed = read(f"""
            SELECT FROM {table} r
            FULL JOIN (SELECT * FROM {table}_history WHERE recorded_to IS NULL) h
                ON h.force = r.force AND h.id = r.id
            WHERE to_jsonb(h) - 'recorded_from' - 'recorded_to' IS DISTINCT FROM to_jsonb(r)
        """)
        assert strayed == []
    born = {row.id: row.date_of_birth for row in read("SELECT id, date_of_birth FROM persons")}
    for row in read("SELECT * FROM registrations"):
        assert row.state == "registered"
        before = SimpleNamespace(**row._mapping)
        settle_law(before, born[row.person_id])
        assert vars(before) == dict(row._mapping)


def test_whom_each_force_manages_is_known_by_the_management(read):
    living = """
        SELECT force, id, 'iom_member' AS kind FROM iom_members WHERE exited_at IS NULL
        UNION ALL SELECT force, id, 'mappa_case' FROM mappa_cases WHERE stage = 'open'
        UNION ALL SELECT force, id, 'registration' FROM registrations WHERE state = 'registered'
        UNION ALL SELECT force, id, 'order' FROM orders WHERE state IN ('in_force', 'varied')
    """
    known = {(row.force, row.id, row.kind) for row in read("SELECT * FROM managements")}
    assert known == {tuple(row) for row in read(living)}
    assert Counter(kind for _, _, kind in known).keys() == MANAGED.keys()
    assert (
        read("""
        SELECT FROM mappa_cases c WHERE category = 1 AND NOT EXISTS (
            SELECT FROM registrations r WHERE r.force = c.force AND r.person_id = c.person_id)
    """)
        == []
    )
    logs = {
        "iom_members": "iom_log l ON l.member_id",
        "mappa_cases": "mappa_entries l ON l.case_id",
        "registrations": "registration_actions l ON l.registration_id",
        "orders": "order_actions l ON l.order_id",
    }
    for table, log in logs.items():
        unlogged = f"SELECT FROM {table} r LEFT JOIN {log} = r.id WHERE l.id IS NULL"
        assert read(unlogged) == []


def test_some_of_what_is_managed_is_overdue_and_most_is_not(nation, read):
    today = {"today": clock.today()}
    for overdue, table in {
        "exited_at IS NULL AND review_due_at < :today": "iom_members",
        "meeting_due_at < :today": "mappa_cases",
        "notification_due_on < :today": "registrations",
        "visit_from_on < CAST(:today AS date) - 365": "registrations",
        "arms_from_on < CAST(:today AS date) - 365": "registrations",
        "review_due_on < :today": "orders",
        "check_due_on < :today": "orders",
        "monitoring = 'unaccepted' AND state = 'in_force'": "orders",
        "expires_on BETWEEN :today AND CAST(:today AS date) + 90": "orders",
    }.items():
        found = read(f"SELECT count(*) FILTER (WHERE {overdue}), count(*) FROM {table}", **today)
        assert 0 < found[0][0] < found[0][1] / 2, overdue


def test_what_was_collected_is_audited_in_every_force(nation, read):
    audit = nation["audit_events"]
    people = {row.id for row in read("SELECT id FROM persons")}
    wants = {row.id for row in read("SELECT id FROM wants")}
    received = [row for row in audit if row.action == "imports.received"]
    hits = {row.id for row in read("SELECT id FROM forensic_hits")}
    detentions = {row.id for row in read("SELECT id FROM detentions")}
    checks = {row.id for row in read("SELECT id FROM acro_checks")}
    bail = {row.id for row in read("SELECT id FROM bail_records")}
    others = {  # but of the force made again, whose imports have given them other ids
        kind: {row.id for row in read(f"SELECT id FROM {table} WHERE force <> '{SMALLEST}'")}
        for kind, (table, _) in MANAGED.items()
    }
    types = ("person", "want", "forensic_hit", "detention", "acro_check", "bail_record", *others)
    by_type = {kind: set() for kind in types}
    for row in received:
        if row.subject_type not in others or row.force != SMALLEST:
            by_type[row.subject_type] |= set(row.subject_ids)
    assert by_type == {
        "person": people,
        "want": wants,
        "forensic_hit": hits,
        "detention": detentions,
        "acro_check": checks,
        "bail_record": bail,
        **others,
    }
    assert {row.audit_class for row in received} == {"collection"}


def test_every_arrest_keeps_the_rules_of_custody(read):
    stays = {}
    born = {(row.force, row.id): row for row in read("SELECT * FROM persons")}
    arrests = read("SELECT * FROM detentions ORDER BY arrested_at")
    assert len(arrests) > 0.9 * TINY.arrests
    for row in arrests:
        person = born[row.force, row.person_id]
        one = Stay(row.custody_number, row.arrested_at, row.released_at, row.disposal)
        facts = Facts(clock.now(), 96, person.date_of_birth, stays.get(person.id, []))
        assert list(broken_rules(one, facts)) == []
        stays.setdefault(person.id, []).append(one)
        known = (row.nationality_stated, row.nationality_evidenced, person.nationalities)
        assert row.countries == foreign_countries(*known)
        assert row.nationality_unknown is is_nationality_unknown(*known)
        assert person.recorded_at <= row.arrested_at <= row.recorded_at < clock.now()
        assert is_reference(row.reference)
        assert force_of(row.id) == row.force
    assert 0.1 < sum(row.foreign_national for row in arrests) / len(arrests) < 0.25


def test_every_foreign_country_of_an_arrest_has_its_check_and_no_other(read):
    needed = {
        (row.id, country)
        for row in read("SELECT id, countries FROM detentions")
        for country in row.countries
    }
    checks = read("SELECT * FROM acro_checks")
    assert {(row.detention_id, row.country) for row in checks} == needed
    assert len(checks) == len(needed)
    assert {row.channel for row in checks if row.country in {"POL", "ROU"}} <= {"eu"}
    assert len({row.state for row in checks}) > 2


def test_checks_were_asked_answered_and_assessed_by_the_clocks_in_force(nation, read, engine):
    for force in ("01", "33", SMALLEST):
        with transaction(engine, Work(force)) as session:
            assert clocks.refresh_clocks(session) == 0
            figures = clocks.figures(session)
            days = timedelta(days=figures["request"]["figure"])
        for row in read("SELECT * FROM acro_checks WHERE force = :f", f=force):
            assert row.request_due_at == row.detained_at + days
            if row.requested_at:
                due = clocks.due_for_reply(figures, row.channel, row.requested_at)
                assert row.reply_due_at == due
    overdue = read(
        "SELECT count(*) FROM acro_checks WHERE state = 'requested' AND reply_due_at < now()"
    )
    missing = read(
        "SELECT count(*) FROM acro_checks WHERE state = 'required' AND request_due_at < now()"
    )
    assert 0 < overdue[0].count < TINY.arrests / 20
    assert 0 < missing[0].count < TINY.arrests / 20


def test_each_check_is_known_by_every_step_it_has_taken(read):
    now = {(row.force, row.id): row for row in read("SELECT * FROM acro_checks")}
    steps = {}
    for row in read("SELECT * FROM acro_checks_history ORDER BY recorded_from"):
        steps.setdefault((row.force, row.id), []).append(row)
    assert steps.keys() == now.keys()
    order = [State.REQUIRED, State.REQUESTED, State.RESPONDED, State.ASSESSED]
    for key, kept in steps.items():
        assert [row.state for row in kept] == order[: len(kept)]
        assert [row.version for row in kept] == list(range(1, now[key].version + 1))
        assert kept[0].recorded_from == now[key].recorded_at
        assert kept[-1].recorded_to is None
        assert kept[-1][: len(now[key])] == tuple(now[key])
        for before, after in pairwise(kept):
            assert before.recorded_to == after.recorded_from == after.updated_at
        assert kept[0].requested_at is None
        assert all(row.requested_at <= row.updated_at for row in kept[1:])
    assert {len(kept) for kept in steps.values()} == {1, 2, 3, 4}


def test_detentions_are_known_from_their_record_and_ended_from_their_release(read):
    now = {(row.force, row.id): row for row in read("SELECT * FROM detentions")}
    versions = {}
    for row in read("SELECT * FROM detentions_history ORDER BY recorded_from"):
        versions.setdefault((row.force, row.id), []).append(row)
    assert versions.keys() == now.keys()
    for key, kept in versions.items():
        assert [row.version for row in kept] == list(range(1, now[key].version + 1))
        assert kept[0].released_at is None
        assert kept[-1].recorded_to is None
        assert kept[-1][: len(now[key])] == tuple(now[key])
        for before, after in pairwise(kept):
            assert before.recorded_to == after.recorded_from


def as_known(read, moment):
    """Give what was outstanding at a moment, by reading every version."""
    return [
        row
        for row in read("SELECT * FROM wants_history WHERE state = 'outstanding'")
        if row.recorded_from <= moment and (row.recorded_to is None or row.recorded_to > moment)
    ]


def counted(found):
    crimes = {row.crime_reference for row in found} - {None}
    return len(crimes), len(found), len({row.person_id for row in found})


def moments():
    rnd, now = random.Random(3), clock.now()
    return [now - timedelta(days=365 * rnd.random()) for _ in range(4)] + [now]


def test_counts_of_any_moment_and_area_are_what_the_history_says(
    nation, read, committing_app, headers
):
    client = committing_app.test_client()
    for moment in moments():
        known = as_known(read, moment)
        assert len(known) > TINY.wants / 4
        as_at = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        for force in ("01", "20", "33"):
            chief = headers("chief_officer", force=force)
            mine = [row for row in known if row.force == force]
            for group in ("lpa", "neighbourhood", "reason"):
                answer = client.get(
                    f"/v1/wanted/counts?as_at={as_at}&group_by={group}", headers=chief
                ).json
                expected = {
                    value: counted([row for row in mine if getattr(row, group) == value])
                    for value in {getattr(row, group) for row in mine}
                }
                assert {
                    each[group]: (each["crimes"], each["wants"], each["people"])
                    for each in answer["counts"]
                } == expected
        headline = answer["headline"]
        circulated = [row for row in mine if row.circulation == "circulated"]
        assert tuple(headline["pnc_circulated"].values())[:3] == counted(circulated)


def test_national_counts_of_any_moment_are_what_the_history_says(
    nation, read, committing_app, headers
):
    client = committing_app.test_client()
    analyst = headers("national_analyst", force=None)
    for moment in moments():
        known = as_known(read, moment)
        as_at = moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        for group in ("force", "reason", "risk", "circulation"):
            answer = client.get(
                f"/v1/wanted/counts?as_at={as_at}&group_by={group}", headers=analyst
            ).json
            # People and crimes are counted in each force for itself.
            expected = Counter()
            for value, force in {(getattr(row, group), row.force) for row in known}:
                here = [r for r in known if r.force == force and getattr(r, group) == value]
                for unit, number in zip(("crimes", "wants", "people"), counted(here), strict=True):
                    expected[value, unit] += number
            found = {
                (each[group], unit): each[unit]
                for each in answer["counts"]
                for unit in ("crimes", "wants", "people")
            }
            assert {key: n for key, n in found.items() if n} == dict(+expected)
        listed = [
            row
            for row in known
            if row.reason in {"named_suspect", "failed_to_answer_bail"}
            or row.circulation == "circulated"
        ]
        assert answer["headline"]["people_in_any"] == len({r.person_id for r in listed})
    audited = read("SELECT DISTINCT force FROM audit_events WHERE action LIKE '%national-counts'")
    assert {row.force for row in audited} == {row.code for row in read("SELECT code FROM forces")}


def test_national_counts_know_every_reason_risk_and_circulation(read):
    source = read("SELECT prosrc FROM pg_proc WHERE proname = 'national_counts'")[0].prosrc
    for dimension, values in (("reason", Reason), ("risk", Risk), ("circulation", Circulation)):
        for value in values:
            assert f"'{dimension}', '{value}')" in source
            assert f"WHEN '{value}' THEN" in source
