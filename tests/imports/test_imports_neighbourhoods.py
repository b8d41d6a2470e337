"""Receiving neighbourhoods: boundaries with holes, in which addresses and wants find their place."""

from __future__ import annotations

import pytest


def square(west, south, size):
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(code, *polygons, district="D1", **properties):
    known = {"code": code, "name": code, "district_code": district, "district_name": district}
    geometry = {"type": "MultiPolygon", "coordinates": [list(rings) for rings in polygons]}
    return {"type": "Feature", "properties": known | properties, "geometry": geometry}


RING = feature("RING", [square(0, 50, 3), square(1, 51, 1)])
HOLE = feature("HOLE", [square(1, 51, 1)], district="D2")


def person(ref, longitude, latitude, **more):
    address = {"lines": ["1 Made Up Street"], "longitude": longitude, "latitude": latitude} | more
    return {"source_ref": ref, "family_name": ref, "addresses": [address]}


@pytest.fixture
def areas(look):
    return lambda table="persons", order="family_name": look(
        f"SELECT neighbourhood, lpa FROM {table} ORDER BY {order}"
    )


def test_a_feature_becomes_a_neighbourhood_and_its_district_an_lpa(bring, look):
    assert bring("neighbourhoods", RING, HOLE).counts == (2, 0, 0, 0)
    assert look("SELECT code, lpa FROM neighbourhoods ORDER BY code") == [
        ("HOLE", "D2"),
        ("RING", "D1"),
    ]
    assert look("SELECT count(*) FILTER (WHERE is_hole), count(*) FROM neighbourhood_rings") == [
        (1, 3)
    ]
    assert look("SELECT geometry FROM neighbourhoods WHERE code = 'HOLE'") == [(HOLE["geometry"],)]


def test_running_again_changes_nothing_and_a_new_boundary_takes_the_old_ones_place(bring, look):
    bring("neighbourhoods", RING, HOLE)
    assert bring("neighbourhoods", RING, HOLE).counts == (0, 0, 2, 0)
    moved = feature("HOLE", [square(9, 51, 1)], district="D2", name="Moved")
    assert bring("neighbourhoods", RING, moved).counts == (0, 1, 1, 0)
    assert look("""
        SELECT n.name, r.ring::text LIKE '((9,51)%' FROM neighbourhood_rings r
        JOIN neighbourhoods n ON n.code = r.neighbourhood WHERE n.code = 'HOLE'
    """) == [("Moved", True)]


def test_bad_features_are_refused_alone(bring):
    bad = feature("BAD", [square(0, 50, 1)[:4]])
    assert bring("neighbourhoods", bad, RING, feature("", [square(0, 50, 1)])).said("refused") == [
        (1, "geometry"),
        (3, "code"),
    ]


def test_an_address_finds_its_neighbourhood_and_a_hole_takes_its_inside_out(bring, areas):
    bring("neighbourhoods", RING)
    rows = [person("A", 0.5, 50.5), person("B", 1.5, 51.5), person("C", 80, 50)]
    bring("people", *rows)
    assert areas() == [("RING", "D1"), (None, None), (None, None)]
    bring("neighbourhoods", HOLE)
    assert areas() == [("RING", "D1"), ("HOLE", "D2"), (None, None)]


def test_a_want_without_area_is_where_its_person_lives_and_moves_along(bring, areas, look):
    bring("neighbourhoods", RING, HOLE)
    bring("people", person("A", 0.5, 50.5))
    want = {"person_source_ref": "A", "reason": "named_suspect"}
    bring(
        "wanted",
        want | {"source_ref": "W1", "crime_reference": "1"},
        want | {"source_ref": "W2", "crime_reference": "2", "neighbourhood": "RING"},
    )
    assert areas("wants", "crime_reference") == [("RING", "D1"), ("RING", "D1")]
    bring("people", person("A", 1.5, 51.5))
    assert areas() == [("HOLE", "D2")]
    assert areas("wants", "crime_reference") == [("HOLE", "D2"), ("RING", "D1")]
    assert look("SELECT count(*) FROM wants_history") == [(3,)]


def test_a_want_is_owned_by_the_duty_queue_of_its_area(bring, look):
    bring("neighbourhoods", HOLE)
    bring("people", person("A", 1.5, 51.5))
    bring("wanted", {"source_ref": "W", "person_source_ref": "A", "reason": "prison_recall"})
    assert look("SELECT owner_team FROM wants") == [("DUTY-D2",)]


def test_the_current_address_is_the_newest_home_that_has_begun_and_not_ended(bring, areas):
    bring("neighbourhoods", RING, HOLE)
    ring, hole = {"longitude": 0.5, "latitude": 50.5}, {"longitude": 1.5, "latitude": 51.5}
    home = {"lines": ["x"], "type": "home"}
    rows = [
        [home | ring | {"from": "2020-01-01"}, home | hole | {"from": "2021-01-01"}],
        [home | ring | {"from": "2020-01-01"}, home | hole | {"from": "2999-01-01"}],
        [home | ring, home | hole | {"from": "2020-01-01", "to": "2020-02-02"}],
        [home | hole | {"from": "2020-01-01"}, home | ring | {"type": "work"}],
        [home | hole | {"type": "previous"}],
        [home | hole, home | ring],
    ]
    people = [
        {"source_ref": f"A{n}", "family_name": f"A{n}", "addresses": addresses}
        for n, addresses in enumerate(rows)
    ]
    bring("people", *people)
    found = [neighbourhood for neighbourhood, _ in areas()]
    assert found == ["HOLE", "RING", "RING", "HOLE", None, "HOLE"]
    # The same by the rule that reads the tables.
    changed = [row | {"addresses": [*row["addresses"], home | {"type": "other"}]} for row in people]
    bring("people", *changed)
    assert [neighbourhood for neighbourhood, _ in areas()][:4] == found[:4]
