"""Receiving people: made once, changed only where the source changed, joined by identifiers alone."""

from __future__ import annotations

import pytest

from offenders.domain.identifiers import LETTERS

ANN = {
    "source_ref": "A1",
    "family_name": "Example",
    "given_names": "Ann",
    "date_of_birth": "1990-01-01",
    "sex": "female",
    "nationalities": ["GBR"],
}
HOME = {"lines": ["1 Made Up Street", "Leicester"], "postcode": "LE1 3CI"}


def pnc(serial, year=2016):
    return f"{year}/{serial:07}{LETTERS[(year % 100 * 10**7 + serial) % 23]}"


def cro(serial, year=16):
    return f"{serial:06}/{year}{LETTERS[(year * 10**6 + serial) % 23]}"


@pytest.fixture
def people(look):
    return lambda columns="family_name, given_names": look(
        f"SELECT {columns} FROM persons ORDER BY family_name, given_names"
    )


def test_a_person_comes_with_all_that_hangs_on_them(bring, look):
    row = ANN | {
        "pnc_id": pnc(6668355),
        "cro_number": cro(999),
        "addresses": [HOME, HOME | {"type": "previous", "from": "2010-01-01", "to": "2012-01-01"}],
        "aliases": [{"family_name": "Sample", "date_of_birth": "1991-02-03"}],
        "vehicles": [{"registration_mark": "ab12 cde", "colour": "Blue"}],
        "markers": [{"code": "VI", "rationale": "Struck an officer."}, {"code": "WE"}],
    }
    assert bring("people", row).counts == (1, 0, 0, 0)
    assert look("SELECT family_name, sex, nationalities, version FROM persons") == [
        ("Example", "female", ["GBR"], 1)
    ]
    assert look("SELECT type, state, source FROM person_identifiers ORDER BY type") == [
        ("cro_number", "valid", "import"),
        ("pnc_id", "valid", "import"),
    ]
    assert look("SELECT type, to_on::text FROM person_addresses ORDER BY type") == [
        ("home", None),
        ("previous", "2012-01-01"),
    ]
    assert look("SELECT family_name, type FROM person_names") == [("Sample", "alias")]
    assert look("SELECT date_of_birth::text FROM person_dates_of_birth") == [("1991-02-03",)]
    assert look("SELECT registration_mark, colour FROM person_vehicles") == [("AB12CDE", "Blue")]
    assert look("SELECT code, review_on - from_on FROM person_markers ORDER BY 1") == [
        ("VI", 365),
        ("WE", 365),
    ]
    assert look("SELECT DISTINCT token FROM person_name_tokens ORDER BY 1") == [
        ("ANN",),
        ("EXAMPLE",),
        ("SAMPLE",),
    ]


def test_running_again_changes_nothing(bring, look):
    rows = [ANN, ANN | {"source_ref": "A2", "given_names": "Bo", "addresses": [HOME]}]
    assert bring("people", *rows).counts == (2, 0, 0, 0)
    before = look("SELECT * FROM persons ORDER BY id"), look("SELECT count(*) FROM audit_events")
    assert bring("people", *rows).counts == (0, 0, 2, 0)
    assert before == (
        look("SELECT * FROM persons ORDER BY id"),
        look("SELECT count(*) FROM audit_events"),
    )


def test_a_changed_row_alters_only_what_changed_at_the_source(bring, look, call):
    bring("people", ANN)
    (person,) = look("SELECT id FROM persons")[0]
    call("PATCH", f"/v1/people/{person}", family_name="Mended", sex="not_known")
    assert bring("people", ANN | {"given_names": "Anna"}).counts == (0, 1, 0, 0)
    assert look("SELECT family_name, given_names, sex, version FROM persons") == [
        ("Mended", "Anna", "not_known", 3)
    ]
    assert look("SELECT token FROM person_name_tokens WHERE name_id = person_id ORDER BY 1") == [
        ("ANNA",),
        ("MENDED",),
    ]


def test_a_name_that_changes_stays_on_record_as_a_former_one(bring, look):
    bring("people", ANN)
    bring("people", ANN | {"family_name": "Married"})
    assert look("SELECT type, family_name, given_names FROM person_names") == [
        ("former", "Example", "Ann")
    ]
    found = look("SELECT DISTINCT token FROM person_name_tokens ORDER BY 1")
    assert found == [("ANN",), ("EXAMPLE",), ("MARRIED",)]


def test_a_row_equal_to_the_last_is_unchanged_whatever_was_edited_here(bring, look, call):
    bring("people", ANN)
    (person,) = look("SELECT id FROM persons")[0]
    call("PATCH", f"/v1/people/{person}", given_names="Anna")
    assert bring("people", ANN).counts == (0, 0, 1, 0)
    assert look("SELECT given_names FROM persons") == [("Anna",)]


def test_every_change_keeps_its_history(bring, look):
    bring("people", ANN)
    bring("people", ANN | {"given_names": "Anna"})
    assert look("""
        SELECT given_names, version, recorded_to IS NULL FROM persons_history
        ORDER BY recorded_from
    """) == [("Ann", 1, False), ("Anna", 2, True)]


def test_a_column_that_is_not_sent_stays_and_one_sent_empty_is_emptied(bring, people):
    bring("people", ANN)
    assert bring("people", {"source_ref": "A1", "sex": "male"}).counts == (0, 1, 0, 0)
    assert people("given_names, sex") == [("Ann", "male")]
    assert bring("people", {"source_ref": "A1", "given_names": ""}).counts == (0, 1, 0, 0)
    assert people("given_names, sex") == [(None, "male")]


def test_bad_rows_are_refused_alone_with_their_line_and_what_to_do(bring, people):
    brought = bring(
        "people",
        ANN,
        ANN | {"source_ref": "A2", "date_of_birth": "yesterday"},
        {"family_name": "Nameless"},
        ANN | {"source_ref": "A4", "family_name": ""},
        ANN | {"source_ref": "A1"},
        ANN | {"source_ref": "A6", "given_names": "Bo"},
    )
    assert brought.counts == (2, 0, 0, 4)
    assert brought.said("refused") == [
        (2, "date_of_birth"),
        (3, "source_ref"),
        (4, "family_name"),
        (5, "source_ref"),
    ]
    assert brought.problems[3].problem == "This source_ref stands already in line 1."
    assert people() == [("Example", "Ann"), ("Example", "Bo")]


def test_an_invalid_identifier_is_kept_marked_warned_of_and_never_matched(bring, look):
    wrong = "2016/6668355Z"
    rows = [ANN | {"pnc_id": wrong}, ANN | {"source_ref": "A2", "pnc_id": wrong}]
    brought = bring("people", *rows)
    assert (brought.counts, brought.summary.warnings) == ((2, 0, 0, 0), 2)
    assert brought.said("warning") == [(1, "pnc_id"), (2, "pnc_id")]
    assert look("SELECT value, raw_value, state FROM person_identifiers") == [
        (None, wrong, "invalid"),
        (None, wrong, "invalid"),
    ]
    again = bring("people", *rows)
    assert (again.counts, again.summary.warnings) == ((0, 0, 2, 0), 2)


def test_a_corrected_identifier_takes_the_place_of_the_wrong_one(bring, look):
    bring("people", ANN | {"pnc_id": "2016/6668355Z"})
    bring("people", ANN | {"pnc_id": pnc(6668355)})
    assert look("SELECT value, state FROM person_identifiers") == [(pnc(6668355), "valid")]


def test_a_row_with_a_known_pnc_id_is_that_person_and_fills_only_what_is_empty(bring, look):
    bring("people", ANN | {"pnc_id": pnc(1)})
    other = {
        "source_ref": "B1",
        "family_name": "Example",
        "given_names": "Anna",
        "pnc_id": pnc(1),
        "prison_number": "Z0001AA",
        "ethnicity_observed": "1",
        "addresses": [HOME],
    }
    assert bring("people", other).counts == (0, 1, 0, 0)
    assert look("SELECT given_names, ethnicity_observed FROM persons") == [("Ann", "1")]
    assert look("SELECT type FROM person_identifiers ORDER BY 1") == [
        ("pnc_id",),
        ("prison_number",),
    ]
    assert look("SELECT postcode FROM person_addresses") == [("LE1 3CI",)]
    assert bring("people", other).counts == (0, 0, 1, 0)


def test_two_rows_of_one_file_with_one_pnc_id_are_one_person(bring, people):
    rows = [
        ANN | {"pnc_id": pnc(1), "given_names": ""},
        ANN | {"source_ref": "A2", "pnc_id": pnc(1)},
    ]
    assert bring("people", *rows).counts == (1, 1, 0, 0)
    assert people() == [("Example", "Ann")]


def test_an_identifier_of_somebody_unlike_is_joined_with_a_warning(bring, people):
    bring("people", ANN | {"pnc_id": pnc(1)})
    other = ANN | {"source_ref": "B1", "pnc_id": pnc(1), "date_of_birth": "1955-05-05"}
    brought = bring("people", other)
    assert brought.said("warning") == [(1, "pnc_id")]
    assert people("given_names, date_of_birth::text") == [("Ann", "1990-01-01")]


@pytest.mark.parametrize(
    "row",
    [
        {"pnc_id": pnc(1), "cro_number": cro(2)},
        {"pnc_id": pnc(3), "cro_number": cro(1)},
        {"person_id": "00000000-0000-8000-8000-000000000000"},
    ],
)
def test_a_row_that_names_two_people_or_nobody_is_refused(bring, people, row):
    bring("people", ANN | {"pnc_id": pnc(1), "cro_number": cro(1)})
    bring("people", ANN | {"source_ref": "A2", "pnc_id": pnc(2), "cro_number": cro(2)})
    assert bring("people", ANN | {"source_ref": "B1"} | row).counts == (0, 0, 0, 1)
    assert len(people()) == 2


def test_two_new_people_with_one_cro_number_but_two_pnc_ids_are_not_joined(bring, people):
    rows = [
        ANN | {"pnc_id": pnc(1), "cro_number": cro(1)},
        ANN | {"source_ref": "A2", "pnc_id": pnc(2), "cro_number": cro(1)},
    ]
    assert bring("people", *rows).counts == (1, 0, 0, 1)
    assert len(people()) == 1


def test_a_pnc_id_that_stands_at_another_person_is_refused(bring, look):
    bring("people", ANN | {"pnc_id": pnc(1)}, ANN | {"source_ref": "A2", "pnc_id": pnc(2)})
    brought = bring("people", ANN | {"pnc_id": pnc(2)})
    assert brought.said("refused") == [(1, "pnc_id")]
    assert look("SELECT count(*) FROM person_identifiers WHERE value = :v", v=pnc(1)) == [(1,)]


def test_two_people_who_swap_their_pnc_ids_stop_no_other_row(bring, look):
    rows = [ANN | {"pnc_id": pnc(1)}, ANN | {"source_ref": "A2", "pnc_id": pnc(2)}]
    bring("people", *rows)
    swapped = [rows[0] | {"pnc_id": pnc(2)}, rows[1] | {"pnc_id": pnc(1)}]
    new = ANN | {"source_ref": "A3", "given_names": "Bo"}
    assert bring("people", *swapped, new).counts == (1, 0, 0, 2)


def test_two_known_people_given_one_new_pnc_id_are_refused_alone(bring, look):
    rows = [ANN, ANN | {"source_ref": "A2"}, ANN | {"source_ref": "A3"}]
    bring("people", *rows)
    changed = [row | {"pnc_id": pnc(7)} for row in rows[:2]] + [rows[2] | {"sex": "male"}]
    assert bring("people", *changed).counts == (0, 2, 0, 1)
    assert look("SELECT count(*) FROM person_identifiers") == [(1,)]


def test_likely_duplicates_go_to_a_human_and_are_never_joined(bring, look):
    twin = ANN | {"given_names": "Bea"}
    rows = [
        ANN | {"source_ref": "A1"},
        ANN | {"source_ref": "A2", "family_name": "EXAMPLE", "given_names": "ann"},
        ANN | {"source_ref": "A3", "date_of_birth": "1990-01-02"},
        twin | {"source_ref": "A4", "addresses": [HOME]},
        twin | {"source_ref": "A5", "given_names": "Cara", "addresses": [HOME]},
    ]
    assert bring("people", *rows).counts == (5, 0, 0, 0)
    queued = """
        SELECT a.source_ref, b.source_ref, d.evidence, d.state FROM duplicate_candidates d
        JOIN import_sources a ON a.subject_id IN (d.person_id, d.other_person_id)
        JOIN import_sources b ON b.subject_id IN (d.person_id, d.other_person_id)
        WHERE a.source_ref < b.source_ref ORDER BY 1
    """
    assert look(queued) == [
        ("A1", "A2", {"date_of_birth": True, "names": True}, "open"),
        ("A4", "A5", {"date_of_birth": True, "surname": True, "postcode": True}, "open"),
    ]
    bring("people", ANN | {"source_ref": "B1"})
    assert look("SELECT count(*) FROM duplicate_candidates") == [(4,)]


def test_an_address_that_the_source_drops_is_ended_and_the_next_one_added(bring, look):
    bring("people", ANN | {"addresses": [HOME]})
    bring("people", ANN | {"addresses": [{"lines": ["2 Other Road"]}]})
    assert look("SELECT lines[1], to_on IS NULL FROM person_addresses ORDER BY 1") == [
        ("1 Made Up Street", False),
        ("2 Other Road", True),
    ]


def test_a_marker_that_the_source_drops_is_kept_and_warned_of(bring, look):
    bring("people", ANN | {"markers": [{"code": "VI"}]})
    brought = bring("people", ANN | {"markers": []})
    assert brought.said("warning") == [(1, "markers")]
    assert look("SELECT code FROM person_markers WHERE removed_at IS NULL") == [("VI",)]


def test_hostile_text_is_kept_as_it_is(bring, look):
    name = '\'; DROP TABLE persons; -- \\N {"a\\"} %s :x'
    row = ANN | {
        "family_name": name,
        "nationalities": [],
        "addresses": [{"lines": ['a"b\\', "{}"]}],
    }
    assert bring("people", row).counts == (1, 0, 0, 0)
    assert look("SELECT family_name FROM persons") == [(name,)]
    assert look("SELECT lines FROM person_addresses") == [(['a"b\\', "{}"],)]


def test_the_audit_names_who_was_collected_by_whom_and_how_many(bring, look):
    bring("people", ANN, ANN | {"source_ref": "A2", "given_names": "Bo"})
    assert look("""
        SELECT actor, action, audit_class, subject_type, cardinality(subject_ids),
               details ->> 'created'
        FROM audit_events
    """) == [("test", "imports.received", "collection", "person", 2, "2")]


def test_a_row_joined_by_an_identifier_never_makes_one_person_of_two(bring, look):
    ann = {"source_ref": "A1", "family_name": "Example", "given_names": "Ann", "pnc_id": pnc(1)}
    bo = ann | {
        "source_ref": "A2",
        "family_name": "Instance",
        "given_names": "Bo",
        "date_of_birth": "1980-01-01",
    }
    brought = bring("people", ann, bo)
    assert brought.said("warning") == [(2, "pnc_id")]
    known = "SELECT family_name, given_names, date_of_birth FROM persons"
    assert look(known) == [("Example", "Ann", None)]
    changes = ({"given_names": "Bobby"}, {"date_of_birth": "1980-01-02"}, {"pnc_id": pnc(2)})
    for change in changes:
        brought = bring("people", bo | change)
        assert (brought.counts, brought.said("warning")) == ((0, 0, 1, 0), [(1, "pnc_id")])
        bo |= change
    assert look(known) == [("Example", "Ann", None)]
    assert look("SELECT value FROM person_identifiers") == [(pnc(1),)]
    assert bring("people", ann | {"given_names": "Anne"}).counts == (0, 1, 0, 0)
    assert look(known) == [("Example", "Anne", None)]


def test_a_name_written_in_capitals_is_no_former_name(bring, look):
    row = {"source_ref": "A1", "family_name": "O'Neill", "given_names": "Zoë"}
    bring("people", row)
    brought = bring("people", row | {"family_name": "O\u2019NEILL", "given_names": "ZOË"})
    assert brought.counts == (0, 1, 0, 0)
    assert look("SELECT given_names, version FROM persons") == [("ZOË", 2)]
    assert look("SELECT count(*) FROM person_names") == [(0,)]
