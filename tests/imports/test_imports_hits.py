"""Receiving forensic hits: whom they mean, what they open, and that running again changes nothing."""

from __future__ import annotations

import orjson
import pytest
from forensics_given import Register

from offenders.domain.imports.service import run_file

ANN = {
    "source_ref": "A1",
    "family_name": "Example",
    "given_names": "Ann",
    "date_of_birth": "1990-01-01",
    "pnc_id": "1981/0000034U",
}
HIT = {
    "source_ref": "F1",
    "type": "dna",
    "laboratory_reference": "LAB/1",
    "crime_reference": "33/1/26",
    "offence_code": "TH68036",
    "identified_at": "2026-03-01T09:00:00Z",
    "received_at": "2026-03-02T09:00:00Z",
    "pnc_id": "81/34U",
}
STATES = "SELECT laboratory_reference, person_state, doubt FROM forensic_hits ORDER BY 1"


@pytest.fixture
def hits(bring):
    """Bring in rows of hits, on a person known as A1."""
    bring("people", ANN)
    return lambda *rows, **more: bring("forensic-hits", *rows, **more)


def hit(number, **fields):
    row = {**HIT, "source_ref": f"F{number}", "laboratory_reference": f"LAB/{number}"}
    return {k: v for k, v in {**row, **fields}.items() if v is not None}


def test_a_hit_comes_with_its_want_its_history_and_its_audit(hits, look):
    assert hits(HIT).counts == (1, 0, 0, 0)
    assert look("""
        SELECT h.type, h.state, h.offence_class, w.basis, w.crime_reference, w.entered_at = h.received_at
        FROM forensic_hits h JOIN wants w ON w.force = h.force AND w.id = h.want_id
    """) == [("dna", "received", "burglary_dwelling", "forensic", "33/1/26", True)]
    assert look("SELECT state, recorded_to FROM forensic_hits_history") == [("received", None)]
    assert look("""
        SELECT subject_type, cardinality(subject_ids) FROM audit_events ORDER BY 1
    """) == [("forensic_hit", 1), ("person", 1)]


def test_running_again_changes_nothing(hits, look):
    rows = [
        HIT,
        hit(2, pnc_id=None, family_name="New", given_names="Bea", date_of_birth="1980-02-02"),
        hit(3, pnc_id=None, person_source_ref="A1"),
        hit(4, pnc_id=None),
        hit(5, pnc_id="2002/0073319S", family_name="Wrong"),
    ]
    first = hits(*rows)
    assert (first.counts, first.said("warning")) == ((5, 0, 0, 0), [(5, "pnc_id")])
    tables = ("persons", "wants", "want_actions", "forensic_hits", "forensic_hits_history",
              "audit_events", "import_sources", "flags")  # fmt: skip
    counted = "SELECT " + ", ".join(f"(SELECT count(*) FROM {each})" for each in tables)
    before = look(counted), look("SELECT * FROM forensic_hits ORDER BY id")
    again = hits(*rows)
    assert (again.counts, again.said("warning")) == ((0, 0, 5, 0), [(5, "pnc_id")])
    assert (look(counted), look("SELECT * FROM forensic_hits ORDER BY id")) == before


def test_whom_rows_mean(hits, look):
    described = {"pnc_id": None, "family_name": "New", "given_names": "Bea"}
    born = {"date_of_birth": "1980-02-02"}
    rows = [
        hit(1),
        hit(2, pnc_id=None, person_source_ref="A1"),
        hit(3, **described, **born),
        hit(4, **described, **born),
        hit(5, **described),
        hit(6, pnc_id=None),
        hit(7, family_name="Other", date_of_birth="1970-01-01"),
        hit(8, **{**ANN, "source_ref": "F8", "pnc_id": None}),
        hit(9, pnc_id="2002/0073319Z", family_name="Third"),
        hit(10, pnc_id="02/73319Z", family_name="Third"),
    ]
    assert hits(*rows).counts == (10, 0, 0, 0)
    found = {ref: (state, doubt) for ref, state, doubt in look(STATES)}
    assert found == {
        "LAB/1": ("known", None),
        "LAB/2": ("known", None),
        "LAB/3": ("known", None),
        "LAB/4": ("doubtful", "name_only"),
        "LAB/5": ("known", None),
        "LAB/6": ("unknown", None),
        "LAB/7": ("doubtful", "unlike"),
        "LAB/8": ("doubtful", "name_only"),
        "LAB/9": ("known", None),
        "LAB/10": ("known", None),
    }
    assert look("SELECT count(*) FROM persons") == [(4,)]
    assert look("SELECT count(*) FROM wants") == [(4,)]


def test_a_changed_row_alters_only_what_changed(hits, look):
    hits(HIT)
    assert hits({**HIT, "offence_code": "TH68010", "type": "palm"}).counts == (0, 1, 0, 0)
    assert look("SELECT type, offence_class, version, crime_reference FROM forensic_hits") == [
        ("palm", "other", 2, "33/1/26")
    ]
    assert look("SELECT CAST(arrest_due_at AS text) FROM forensic_hits") == [
        ("2026-03-16 09:00:00+00",)
    ]
    assert look("SELECT count(*) FROM wants") == [(1,)]
    refused = hits({**HIT, "received_at": "2026-02-01T00:00:00Z"})
    assert refused.said("refused") == [(1, "received_at")]


def test_a_source_that_now_names_the_person_opens_the_want(hits, look):
    hits(hit(1, pnc_id=None))
    assert look("SELECT count(*) FROM wants") == [(0,)]
    assert hits(HIT).counts == (0, 1, 0, 0)
    assert look(STATES) == [("LAB/1", "known", None)]
    assert look("SELECT count(*) FROM wants") == [(1,)]


def test_a_want_that_comes_late_goes_to_whom_the_hit_was_allocated(hits, look, call, fresh_force):
    hits(hit(1, pnc_id=None), hit(2, pnc_id=None, crime_reference="33/2/26"))
    ids = [each for (each,) in look("SELECT id FROM forensic_hits ORDER BY laboratory_reference")]
    path = f"/v1/forensic-hits/{ids[0]}/allocations"
    call("POST", path, if_match="*", owner_officer="4711")
    assert hits(hit(1), hit(2, crime_reference="33/2/26")).counts == (0, 2, 0, 0)
    assert look("SELECT crime_reference, owner_officer, owner_team FROM wants ORDER BY 1") == [
        ("33/1/26", "4711", None),
        ("33/2/26", None, f"DUTY-{fresh_force}"),
    ]
    assert look("""
        SELECT a.kind, a.details ->> 'to_officer' FROM want_actions a
        WHERE a.kind <> 'entry'
    """) == [("handover", "4711")]


WANTS_OF_CRIMES = """
    SELECT w.crime_reference, w.basis, w.state, w.owner_officer, count(h.id)
    FROM wants w LEFT JOIN forensic_hits h ON h.force = w.force AND h.want_id = w.id
    GROUP BY w.force, w.id ORDER BY 1
"""
NOTES = """
    SELECT w.crime_reference, a.kind, a.details ->> 'text' FROM want_actions a
    JOIN wants w ON w.force = a.force AND w.id = a.want_id
    WHERE a.kind IN ('note', 'outcome') ORDER BY w.crime_reference, a.kind
"""


def test_a_hit_of_another_crime_than_said_before_changes_its_want(hits, look, call):
    hits(hit(1), hit(2))
    ((first,),) = look("SELECT id FROM forensic_hits WHERE laboratory_reference = 'LAB/1'")
    call("POST", f"/v1/forensic-hits/{first}/allocations", if_match="*", owner_officer="4711")
    assert hits(hit(1, crime_reference="33/2/26")).counts == (0, 1, 0, 0)
    assert look(WANTS_OF_CRIMES) == [
        ("33/1/26", "forensic", "outstanding", "4711", 1),
        ("33/2/26", "forensic", "outstanding", "4711", 1),
    ]
    assert [each[:2] for each in look(NOTES)] == [("33/1/26", "note"), ("33/2/26", "note")]
    assert "33/2/26" in look(NOTES)[0][2]
    assert hits(hit(2, crime_reference="33/2/26")).counts == (0, 1, 0, 0)
    assert look(WANTS_OF_CRIMES) == [
        ("33/1/26", "forensic", "no_longer_wanted", "4711", 0),
        ("33/2/26", "forensic", "outstanding", "4711", 2),
    ]
    ((reason,),) = look("SELECT outcome_reason FROM wants WHERE state = 'no_longer_wanted'")
    assert "is of 33/2/26 by what its source says now, not of 33/1/26" in reason
    assert look("SELECT count(*) FROM forensic_hits_history WHERE recorded_to IS NULL") == [(2,)]
    assert hits(hit(2, crime_reference="33/2/26")).counts == (0, 0, 1, 0)


def test_a_want_with_other_grounds_is_confirmed_first_when_its_hit_is_of_another_crime(
    hits, look, call
):
    ((ann,),) = look("SELECT CAST(id AS text) FROM persons")
    call(
        "POST",
        "/v1/wanted",
        person_id=ann,
        reason="named_suspect",
        basis="witness",
        crime_reference="33/1/26",
    )
    hits(hit(1))
    assert hits(hit(1, crime_reference="33/2/26")).counts == (0, 1, 0, 0)
    assert look("SELECT crime_reference, state, doubted_at IS NULL FROM wants ORDER BY 1") == [
        ("33/1/26", "outstanding", False),
        ("33/2/26", "outstanding", True),
    ]


@pytest.mark.parametrize(
    ("end", "wants"),
    [
        ("arrested", [("33/1/26", "arrested")]),
        ("deceased", [("33/1/26", "deceased")]),
        ("withdrawn", [("33/1/26", "withdrawn"), ("33/2/26", "outstanding")]),
    ],
)
def test_who_was_dealt_with_on_a_hit_is_not_wanted_anew_for_its_right_crime(
    hits, look, call, end, wants
):
    hits(hit(1))
    ((want,),) = look("SELECT CAST(id AS text) FROM wants")
    call("POST", f"/v1/wanted/{want}/outcomes", if_match="*", outcome=end)
    assert hits(hit(1, crime_reference="33/2/26")).counts == (0, 1, 0, 0)
    assert look("SELECT crime_reference, state FROM wants ORDER BY 1") == wants


def test_nobody_is_wanted_for_a_hit_that_was_eliminated(hits, look, call):
    hits(hit(1, pnc_id=None))
    ((made,),) = look("SELECT id FROM forensic_hits")
    call("POST", f"/v1/forensic-hits/{made}/eliminations", if_match="*", reason="error")
    assert hits(HIT).counts == (0, 1, 0, 0)
    assert look("SELECT state, person_state, want_id FROM forensic_hits") == [
        ("eliminated", "unknown", None)
    ]
    assert look("SELECT id FROM wants") == []


def test_a_row_that_names_another_person_than_before_is_refused(hits, bring, look):
    bring("people", {**ANN, "source_ref": "B1", "pnc_id": None, "family_name": "Other"})
    hits(hit(1, pnc_id=None, person_source_ref="A1"))
    refused = hits(hit(1, pnc_id=None, person_source_ref="B1"))
    assert refused.said("refused") == [(1, "person_id")]


@pytest.mark.parametrize(
    ("fields", "column"),
    [
        ({"type": None}, "type"),
        ({"laboratory_reference": None}, "laboratory_reference"),
        ({"type": "tea"}, "type"),
        ({"offence_code": "XX"}, "offence_code"),
        ({"received_at": "2026-02-01T09:00:00Z"}, "received_at"),
        ({"identified_at": "2999-02-01T09:00:00Z"}, "identified_at"),
        ({"person_source_ref": "nobody"}, "person_source_ref"),
        ({"person_id": "P33-0000-0000"}, "person_id"),
        ({"lpa": "NOWHERE"}, "lpa"),
    ],
)
def test_a_bad_row_is_refused_alone(hits, fields, column):
    brought = hits(hit(2), hit(1, **fields), hit(3))
    assert brought.counts == (2, 0, 0, 1)
    assert brought.said("refused") == [(2, column)]


def test_a_hit_that_stands_already_is_linked_or_refused(hits, look):
    hits(HIT)
    assert hits({**HIT, "source_ref": "OTHER"}).counts == (0, 0, 1, 0)
    brought = hits({**HIT, "source_ref": "THIRD", "type": "palm"})
    assert brought.said("refused") == [(1, "type")]
    assert look("SELECT count(*) FROM forensic_hits") == [(1,)]


def test_a_hit_is_one_whichever_way_it_comes_and_how_often(
    hits, look, committing_app, headers, fresh_force
):
    register = Register(committing_app.test_client(), headers, force=fresh_force)
    sent = {name: value for name, value in HIT.items() if name != "source_ref"}
    assert hits(HIT, {**HIT, "source_ref": "TWIN"}).counts == (1, 0, 1, 0)
    said = hits({**HIT, "source_ref": "OTHER", "crime_reference": "33/2/26"})
    assert said.said("refused") == [(1, "crime_reference")]
    by_hand = register.post(**sent)
    assert by_hand.status_code == 200
    told = register.send(sent, {**sent, "type": "palm"}, {**sent, "pnc_id": "79/163001B"}, sent)
    assert [each["status"] for each in told.json["items"]] == [200, 409, 409, 200]
    assert [each["errors"][0]["pointer"] for each in told.json["items"][1:3]] == [
        "/type",
        "/pnc_id",
    ]
    by_hand = {**sent, "laboratory_reference": "LAB/2"}
    assert register.post(**by_hand).status_code == 201
    assert hits({**HIT, "source_ref": "F2", "laboratory_reference": "LAB/2"}).counts == (0, 0, 1, 0)
    nobody = register.send({**by_hand, "person_id": "P33-0000-0000"}, sent)
    assert [each["status"] for each in nobody.json["items"]] == [422, 200]
    assert nobody.json["items"][0]["errors"][0]["pointer"] == "/person_id"
    assert look("SELECT laboratory_reference, version FROM forensic_hits ORDER BY 1") == [
        ("LAB/1", 1),
        ("LAB/2", 1),
    ]
    assert look("SELECT count(*) FROM wants") == [(1,)]


def test_a_full_extract_flags_open_hits_that_it_lacks(hits, look, engine, fresh_force, tmp_path):
    hits(HIT, hit(2))
    file = tmp_path / "hits.ndjson"
    found = []
    for rows in ([HIT], [HIT, hit(2)]):
        file.write_bytes(b"\n".join(map(orjson.dumps, rows)))
        run_file(
            engine,
            force=fresh_force,
            kind="forensic-hits",
            path=file,
            complete=True,
            requested_by="test",
        )
        found += look("SELECT subject_type, state FROM flags WHERE rule = 'not-in-source'")
    assert found == [("forensic_hit", "open"), ("forensic_hit", "cleared")]


def test_many_rows_over_several_batches_hang_on_one_want_for_each_crime(hits, look, monkeypatch):
    monkeypatch.setattr("offenders.domain.imports.running.BATCH_ROWS", 7)
    rows = [hit(number, crime_reference=f"33/{number % 3}/26") for number in range(20)]
    assert hits(*rows).counts == (20, 0, 0, 0)
    assert look("SELECT crime_reference FROM wants ORDER BY 1") == [
        (f"33/{number}/26",) for number in range(3)
    ]
    assert hits(*rows).counts == (0, 0, 20, 0)


def test_a_rehearsal_leaves_nothing(hits, look):
    assert hits(HIT, dry_run=True).counts == (1, 0, 0, 0)
    assert look("SELECT count(*) FROM forensic_hits") == [(0,)]
