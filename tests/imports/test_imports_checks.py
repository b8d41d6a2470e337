"""Checking values and rows: one written form, or what is wrong and what to send instead."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offenders.domain.imports import checks
from offenders.domain.imports.checks import Facts
from offenders.domain.imports.hit_rows import COLUMNS as HIT_COLUMNS
from offenders.domain.imports.hit_rows import check_hit
from offenders.domain.imports.neighbourhoods import check_neighbourhood, read_rings
from offenders.domain.imports.person_rows import COLUMNS as PERSON_COLUMNS
from offenders.domain.imports.person_rows import check_person
from offenders.domain.imports.problems import Problem, Refusal, closed, shown
from offenders.domain.imports.want_rows import COLUMNS as WANT_COLUMNS
from offenders.domain.imports.want_rows import check_want, check_whole

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FACTS = Facts(
    force="33",
    now=NOW,
    today=date(2026, 3, 1),
    offences={"TH68001"},
    codes={
        "countries": {"GBR", "POL"},
        "warning_markers": {"VI", "WE"},
        "ethnicity_self_defined": {"W1"},
        "ethnicity_observed": {"1"},
    },
    neighbourhoods={"N1": "L1", "N2": "L2"},
    lpas={"L1", "L2"},
)
SQUARE = [[0, 0], [1, 0], [1, 1], [0, 0]]


def test_a_moment_is_given_in_utc():
    assert checks.moment("2026-07-01T10:30:00+01:00", FACTS) == "2026-07-01T09:30:00+00:00"


@pytest.mark.parametrize(
    ("check", "given", "taken"),
    [
        (checks.name, "  Ann  ", "Ann"),
        (checks.name, "   ", None),
        (checks.name, "x" * 200, "x" * 200),
        (checks.prose, "one\ntwo\tthree", "one\ntwo\tthree"),
        (checks.past_day, "2026-03-01", "2026-03-01"),
        (checks.past_day, "1900-01-01", "1900-01-01"),
        (checks.past_day, " ", None),
        (checks.past_moment, "2026-03-01T12:00:00Z", "2026-03-01T12:00:00+00:00"),
        (checks.truth, "TRUE", True),
        (checks.truth, False, False),
        (checks.degrees(90), "52.5", 52.5),
        (checks.degrees(90), -90, -90.0),
        (checks.postcode, "le13xy", "LE1 3XY"),
        (checks.postcode, "d04 x4h3", "D04 X4H3"),
        (checks.registration_mark, "ab12 cde", "AB12CDE"),
        (checks.one_of(["male", "female"]), "Male", "male"),
        (checks.many(checks.code), "a; b;a;", ["a", "b"]),
        (checks.many(checks.code), ["a", None, " "], ["a"]),
        (checks.many(checks.code), ";", None),
        (checks.person_id, "p33 7k3m q2xd", "P33-7K3M-Q2XD"),
        (checks.neighbourhood, "N1", "N1"),
        (checks.offence, "TH68001", "TH68001"),
    ],
)
def test_a_value_is_taken_in_its_one_written_form(check, given, taken):
    assert check(given, FACTS) == taken


@pytest.mark.parametrize(
    ("check", "given"),
    [
        (checks.name, 7),
        (checks.name, "x" * 201),
        (checks.name, "x" * 20_000),
        (checks.name, "An\x00n"),
        (checks.name, "An\nn"),
        (checks.name, "An\ud800n"),
        (checks.prose, "x\x07"),
        (checks.past_day, "2026-03-02"),
        (checks.past_day, "1899-12-31"),
        (checks.past_day, "01/03/2026"),
        (checks.past_day, "2026-02-30"),
        (checks.past_day, "20260301"),
        (checks.past_day, "\uff12026-03-01"),
        (checks.past_day, 20260301),
        (checks.moment, "2026-03-01"),
        (checks.moment, "2026-03-01T09:30:00"),
        (checks.moment, "0001-01-01T00:00:00+14:00"),
        (checks.moment, "9999-12-31T23:59:59-12:00"),
        (checks.past_moment, "2026-03-01T12:00:01Z"),
        (checks.truth, "yes"),
        (checks.truth, 1),
        (checks.degrees(90), "90.1"),
        (checks.degrees(90), "nan"),
        (checks.degrees(90), "inf"),
        (checks.degrees(90), True),
        (checks.degrees(90), "north"),
        (checks.registration_mark, "AB12 CDE!"),
        (checks.one_of(["male", "female"]), "m"),
        (checks.one_of(["male"]), ["male"]),
        (checks.many(checks.code), {"a": 1}),
        (checks.many(checks.code), ["a"] * 51),
        (checks.many(checks.code), [1]),
        (checks.person_id, "P33"),
        (checks.neighbourhood, "N9"),
        (checks.lpa, "L9"),
        (checks.offence, "XX"),
        (checks.own_force, "31"),
    ],
)
def test_a_value_that_is_not_taken_says_what_to_send(check, given):
    with pytest.raises(Refusal) as refusal:
        check(given, FACTS)
    assert refusal.value.problem.endswith(".") and refusal.value.action.endswith(".")


def test_a_person_of_a_table_has_one_address_and_lists_split_by_semicolons():
    row = {
        "source_ref": "A1",
        "family_name": "Example",
        "given_names": "",
        "nationalities": "gbr; POL",
        "address_lines": "1 Made Up Street; Leicester",
        "postcode": "LE13XY",
        "latitude": "52.6",
        "longitude": "-1.1",
        "address_type": "",
        "neighbourhood": "N1",
        "aliases": "Sample, Ann; Other",
        "vehicles": "AB12 CDE; XY99ZZZ",
        "markers": "VI;WE",
    }
    assert check_person(2, row, FACTS).row == {
        "family_name": "Example",
        "given_names": None,
        "nationalities": ["GBR", "POL"],
        "addresses": [
            {
                "lines": ["1 Made Up Street", "Leicester"],
                "postcode": "LE1 3XY",
                "latitude": 52.6,
                "longitude": -1.1,
                "neighbourhood": "N1",
                "type": "home",
            }
        ],
        "aliases": [{"family_name": "Sample", "given_names": "Ann"}, {"family_name": "Other"}],
        "vehicles": [{"registration_mark": "AB12CDE"}, {"registration_mark": "XY99ZZZ"}],
        "markers": [{"code": "VI"}, {"code": "WE"}],
    }


def test_an_emptied_address_of_a_table_is_an_emptied_list():
    row = {"source_ref": "A1", "family_name": "Example", "address_lines": "", "postcode": ""}
    assert check_person(2, row, FACTS).row["addresses"] is None


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"latitude": "52.6", "postcode": "LE1 3XY"}, "latitude"),
        ({"latitude": "52.6", "longitude": "-1.1"}, "address_lines"),
        ({"addresses": [{"lines": []}]}, "addresses"),
        ({"addresses": [{"lines": ["x"], "colour": "red"}]}, "addresses"),
        ({"addresses": [{"lines": ["x"], "type": "castle"}]}, "addresses"),
        ({"addresses": [{"lines": ["x"], "from": "2026-02-02", "to": "2026-02-01"}]}, "addresses"),
        ({"addresses": [{"lines": ["x"]}], "postcode": "LE1 3XY"}, "addresses"),
        ({"addresses": "1 Made Up Street"}, "addresses"),
        ({"addresses": {"lines": ["x"]}}, "addresses"),
        ({"aliases": [{"given_names": "Ann"}]}, "aliases"),
        ({"markers": [{"code": "ZZ"}]}, "markers"),
        ({"nationalities": ["XXX"]}, "nationalities"),
        ({"colour": "red"}, "colour"),
        ({"force": "31"}, "force"),
        ({"date_of_birth": "2027-01-01"}, "date_of_birth"),
    ],
)
def test_a_person_that_is_refused_names_the_field(more, field):
    findings = check_person(2, {"source_ref": "A1", "family_name": "Example", **more}, FACTS)
    assert [finding.field for finding in findings] == [field]


def test_all_that_is_wrong_with_a_row_is_said_at_once():
    row = {"source_ref": "A1", "family_name": "x" * 201, "sex": "other", "date_of_birth": "1.1.90"}
    fields = [finding.field for finding in check_person(2, row, FACTS)]
    assert fields == ["family_name", "sex", "date_of_birth"]


def test_an_identifier_that_can_not_be_right_is_kept_as_written_with_a_warning():
    row = {"source_ref": "A1", "family_name": "Example", "pnc_id": "2016/6668355Z"}
    checked = check_person(2, row, FACTS)
    assert checked.row["pnc_id"] == "2016/6668355Z"
    assert checked.invalid == {"pnc_id"}
    assert [warning.field for warning in checked.warnings] == ["pnc_id"]


def test_an_identifier_in_any_written_form_is_one_value():
    row = {"source_ref": "A1", "family_name": "Example", "pnc_id": "16/6668355 e"}
    checked = check_person(2, row, FACTS)
    assert (checked.row["pnc_id"], checked.written["pnc_id"]) == ("2016/6668355E", "16/6668355 e")
    assert checked.warnings == ()


WANT = {"source_ref": "W1", "person_source_ref": "A1", "reason": "named_suspect"}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"reason": None}, "reason"),
        ({"person_source_ref": None}, "person_source_ref"),
        ({"owner_officer": "1", "owner_team": "T"}, "owner_team"),
        ({"lpa": "L1", "neighbourhood": "N2"}, "lpa"),
        ({"outcome": "arrested"}, "outcome_at"),
        ({"outcome_at": "2026-02-01T00:00:00+00:00"}, "outcome"),
        (
            {
                "outcome": "arrested",
                "entered_at": "2026-02-02T00:00:00+00:00",
                "outcome_at": "2026-02-01T00:00:00+00:00",
            },
            "outcome_at",
        ),
        (
            {
                "reason": "court_warrant",
                "outcome": "interviewed",
                "entered_at": "2026-02-01T00:00:00+00:00",
                "outcome_at": "2026-02-01T00:00:00+00:00",
            },
            "outcome",
        ),
    ],
)
def test_a_want_must_fit_together(more, field):
    assert [finding.field for finding in check_whole(WANT | more, NOW, FACTS)] == [field]


def test_a_want_that_ends_when_it_is_entered_fits_together():
    at = "2026-02-01T00:00:00+00:00"
    ended = WANT | {"outcome": "arrested", "outcome_at": at, "entered_at": at}
    assert check_whole(ended, NOW, FACTS) == []


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"reason": "theft"}, "reason"),
        ({"basis": "hunch"}, "basis"),
        ({"risk": "extreme"}, "risk"),
        ({"offence_code": "XX"}, "offence_code"),
        ({"lpa": "L9"}, "lpa"),
        ({"entered_at": "2026-03-02T00:00:00Z"}, "entered_at"),
        ({"domestic_abuse": "perhaps"}, "domestic_abuse"),
        ({"outcome": "vanished"}, "outcome"),
    ],
)
def test_a_want_that_is_refused_names_the_field(more, field):
    assert [finding.field for finding in check_want(2, WANT | more, FACTS)] == [field]


@settings(suppress_health_check=[HealthCheck.too_slow])  # on a busy machine
@given(
    st.dictionaries(
        st.sampled_from([*PERSON_COLUMNS, *WANT_COLUMNS, *HIT_COLUMNS, "colour"]),
        st.recursive(
            st.none() | st.booleans() | st.floats() | st.text(max_size=20),
            lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=9), inner),
            max_leaves=5,
        ),
    )
)
def test_no_row_ends_in_anything_but_its_written_form_or_findings(row):
    for check in (check_person, check_want, check_hit):
        found = check(2, {**row, "source_ref": "A1"}, FACTS)
        if isinstance(found, list):
            assert found and all(finding.problem and finding.action for finding in found)
        else:
            assert found.source_ref == "A1"


def feature(geometry, **properties):
    known = {"code": "N1", "name": "North", "district_code": "L1", "district_name": "District"}
    return {"type": "Feature", "properties": known | properties, "geometry": geometry}


def test_a_hole_is_a_ring_that_takes_its_inside_out():
    geometry = {"type": "Polygon", "coordinates": [SQUARE, SQUARE]}
    ring = "((0.0,0.0),(1.0,0.0),(1.0,1.0),(0.0,0.0))"
    assert read_rings(geometry) == [(False, ring), (True, ring)]


def test_every_part_of_a_multipolygon_has_an_outer_ring():
    geometry = {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE, SQUARE]]}
    assert [is_hole for is_hole, _ in read_rings(geometry)] == [False, False, True]


@pytest.mark.parametrize(
    "coordinates",
    [
        None,
        [],
        [[]],
        [SQUARE[:3]],
        [[[0, 0], [1, 0], [1, 1], [0, 1]]],
        [[[0, 0], [181, 0], [1, 1], [0, 0]]],
        [[[0, 0], [1, 91], [1, 1], [0, 0]]],
        [[[0, 0], [1], [1, 1], [0, 0]]],
        [[[0, 0], ["1", 0], [1, 1], [0, 0]]],
        [[[0, 0], None, [1, 1], [0, 0]]],
        [[[0, 0], [True, 0], [1, 1], [0, 0]]],
        ["ring"],
    ],
)
def test_a_boundary_that_is_none_is_refused(coordinates):
    with pytest.raises(Refusal):
        read_rings({"type": "Polygon", "coordinates": coordinates})


@pytest.mark.parametrize("geometry", [None, "here", {"type": "Point", "coordinates": [0, 0]}, {}])
def test_a_geometry_that_is_no_area_is_refused(geometry):
    findings = check_neighbourhood(1, feature(geometry), FACTS)
    assert [finding.field for finding in findings] == ["geometry"]


def test_a_feature_needs_all_its_names_and_may_say_more():
    geometry = {"type": "Polygon", "coordinates": [SQUARE]}
    assert check_neighbourhood(1, feature(geometry, colour="red"), FACTS).source_ref == "N1"
    findings = check_neighbourhood(1, feature(geometry, name=" ", district_code=None), FACTS)
    assert [finding.field for finding in findings] == ["name", "district_code"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_problem_file_is_taken_for_a_formula(start):
    cells = closed(Problem(3, f"{start}1+1", "refused", f"{start}x", "No.", "Yes."))
    assert cells == [3, f"'{start}1+1", f"'{start}x", "No.", "Yes."]


def test_what_a_sender_calls_a_record_is_shown_short_and_printable():
    assert shown("a\x00b" + "x" * 300) == "a\ufffdb" + "x" * 197
    assert shown(7) is None
