"""A frozen pack as different readers see it: what is masked is null, named, and still there."""

from __future__ import annotations

from types import MappingProxyType, SimpleNamespace
from uuid import uuid4

import orjson
import pytest

from offenders.domain.meetings.redacting import Reader, redact

HEAD = orjson.dumps({"id": "m", "force": "33", "tier": "lpa", "lpa": "N"}).decode()
ITEM = {
    "type": "want",
    "id": "w",
    "reference": "W33",
    "person": {"family_name": "CANARY"},
    "lpa": "N",
    "neighbourhood": "E1",
    "owner_officer": None,
    "owner_team": "DUTY-N",
    "place": "5 Mill Lane",
}


def section(
    code="new_wants", counted=1, shown=1, groups=(), hidden=MappingProxyType({}), absent=None
):
    return SimpleNamespace(
        hidden=hidden,
        absent=absent,
        section=code,
        counted=counted,
        shown=shown,
        href="/v1/wanted",
        groups=orjson.dumps(list(groups)).decode(),
    )


def item(place=1, code="new_wants", **more):
    told = {
        "section": code,
        "place": place,
        "person_id": uuid4(),
        "is_seen": True,
        "subject_id": uuid4(),
        "needs": None,
        "follows": False,
        "is_protected": False,
        "item": orjson.dumps(ITEM | more.pop("content", {})).decode(),
    }
    return SimpleNamespace(**(told | more))


def reader(*lacks, protected=False, whole=False):
    return Reader(lambda needed: needed not in lacks, protected, whole)


def only(pack):
    return pack.content["sections"][0]


def test_who_may_see_everything_gets_what_was_frozen():
    pack = redact(HEAD, [section()], [item()], reader(protected=True))
    assert only(pack)["items"] == [ITEM | {"masked": []}]
    assert (only(pack)["count"], only(pack)["more"], pack.masked) == (1, 0, [])
    assert (len(pack.people), len(pack.subjects)) == (1, 1)


def test_a_section_that_the_role_may_not_read_is_there_and_masked():
    kept = section(counted=9, groups=[{"group": "late", "count": 9, "needs": None, "href": "/x"}])
    pack = redact(HEAD, [kept], [item()], reader("wanted:read"))
    assert only(pack) == {
        "section": "new_wants",
        "count": None,
        "shown": None,
        "more": None,
        "href": None,
        "groups": [],
        "items": [],
        "masked": ["count", "shown", "more", "href", "groups", "items"],
    }
    assert pack.people == []
    assert "new_wants.items" in pack.masked


def test_a_group_that_the_role_may_not_read_takes_the_count_with_it():
    groups = [
        {"group": "mappa-meetings", "count": 1, "needs": "mappa:read", "href": "/a"},
        {"group": "bail-due", "count": 2, "needs": None, "href": "/b"},
    ]
    kept = section("flags", counted=3, shown=0, groups=groups)
    shown = only(redact(HEAD, [kept], [], reader("mappa:read")))
    assert (shown["count"], shown["more"], shown["masked"]) == (None, None, ["count", "more"])
    assert [(each["count"], each["href"]) for each in shown["groups"]] == [(None, None), (2, "/b")]
    assert "needs" not in shown["groups"][0]


@pytest.mark.parametrize(
    ("row", "who"),
    [
        (item(needs="mappa:read"), reader("mappa:read")),
        (item(is_seen=False), reader(protected=True)),  # erased since
        (item(follows=True, is_protected=True), reader(whole=True)),  # the pack tells the area
    ],
)
def test_a_row_that_the_reader_may_not_see_keeps_its_place_and_says_nothing(row, who):
    rows = [item(place=1), SimpleNamespace(**(vars(row) | {"place": 2}))]
    pack = redact(HEAD, [section(counted=2, shown=2)], rows, who)
    hidden = only(pack)["items"][1]
    assert hidden == dict.fromkeys(ITEM) | {"masked": list(ITEM)}
    assert "CANARY" not in orjson.dumps(hidden).decode()
    assert len(pack.people) == 1


@pytest.mark.parametrize(
    ("team", "follows", "whole", "protected", "expected"),
    [
        ("DUTY-N", True, False, False, (None, None, "DUTY-33", None)),
        ("CID", True, False, False, (None, None, "CID", None)),
        ("DUTY-N", True, True, True, ("N", "E1", "DUTY-N", "5 Mill Lane")),
        # One that doesn't follow the address tells nothing, but where it once stood would.
        ("DUTY-N", False, True, False, ("N", "E1", "DUTY-N", "5 Mill Lane")),
        ("DUTY-S", False, True, False, ("N", "E1", "DUTY-33", "5 Mill Lane")),
    ],
)
def test_the_area_of_a_protected_address_is_masked(team, follows, whole, protected, expected):
    row = item(follows=follows, is_protected=True, content={"owner_team": team})
    pack = redact(HEAD, [section()], [row], reader(protected=protected, whole=whole))
    shown = only(pack)["items"][0]
    told = tuple(shown[name] for name in ("lpa", "neighbourhood", "owner_team", "place"))
    assert told == expected
    assert all(shown[name] is None or name == "owner_team" for name in shown["masked"])


GROUPS = [
    {"group": name, "count": count, "needs": None, "href": "/x"}
    for name, count in (("a", 2), ("b", 1))
]


@pytest.mark.parametrize(
    ("hidden", "groups"),
    [
        ({"b": 1}, [("a", 2, [])]),
        ({"a": 1}, [("a", 1, []), ("b", 1, [])]),
        (None, [("a", None, ["count", "href"]), ("b", None, ["count", "href"])]),  # of old
    ],
)
def test_whom_the_database_hides_is_neither_shown_nor_counted(hidden, groups):
    absent = 1 if hidden is None else None
    kept = section("flags", counted=3, shown=2, groups=GROUPS, hidden=hidden, absent=absent)
    shown = only(redact(HEAD, [kept], [item(place=2, code="flags")], reader(protected=True)))
    assert len(shown["items"]) == shown["shown"] == 1
    told = [(each["group"], each["count"], each["masked"]) for each in shown["groups"]]
    assert told == groups
    is_known = hidden is not None
    assert (shown["count"], shown["more"]) == ((2, 1) if is_known else (None, None))


def test_no_data_is_not_zero():
    shown = only(redact(HEAD, [section(counted=None, shown=0)], [], reader()))
    assert (shown["count"], shown["more"], shown["items"]) == ("no_data", 0, [])


def test_what_is_beyond_the_cap_is_counted():
    shown = only(redact(HEAD, [section(counted=500, shown=1)], [item()], reader()))
    assert (shown["count"], shown["shown"], shown["more"]) == (500, 1, 499)
