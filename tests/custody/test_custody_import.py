"""Custody as an import: exactly the required checks, the same as by hand, and safe to run again."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from builders import given_person, given_want

from offenders import clock

BURGLARY = "TH68010"
START = datetime(2021, 1, 1, tzinfo=UTC)
COUNTRIES = ("GBR", "ROU", "POL", "LTU", "IRL", "GIB")
TOLD = (
    "custody_number, person_id, arrested_at, arrest_place, station, offences, arresting_officer,"
    " nationality_stated, nationality_evidenced, countries, foreign_national,"
    " nationality_unknown, pnc_checked, lpa, released_at, disposal, version"
)


def row(number, **columns):
    return {
        "source_ref": f"D{number}",
        "custody_number": f"CU/{number}",
        "arrested_at": (START + timedelta(days=5 * number)).isoformat(),
        "family_name": f"Surname{number}",
        "given_names": "Ann",
        "date_of_birth": "1990-01-01",
    } | columns


def told(problems):
    return [(each.line, each.severity, each.field) for each in problems]


@pytest.fixture
def everything(sql):
    """Give every row that a custody import may touch."""
    names = (
        "persons",
        "persons_history",
        "person_identifiers",
        "detentions",
        "detentions_history",
        "detention_wants",
        "acro_checks",
        "acro_checks_history",
        "wants",
        "wants_history",
        "want_actions",
        "flags",
        "flags_history",
        "import_sources",
        "officers",
        "teams",
    )

    def read():
        return {name: sorted(sql(f"SELECT CAST(t AS text) FROM {name} t")) for name in names}

    return read


def made_up(rnd, count):
    """Make up people and their arrests; give the people, the rows, and who has which nationality."""
    people = [
        {
            "source_ref": f"P{number}",
            "family_name": f"Surname{number}",
            "date_of_birth": "1980-05-05",
            "nationalities": rnd.sample(COUNTRIES, rnd.choice((0, 0, 1, 1, 2))),
        }
        for number in range(count // 3)
    ]
    rows = []
    for number in range(count):
        one = row(
            number,
            nationality_stated=rnd.choice((None, None, *COUNTRIES)),
            nationality_evidenced=rnd.choice((None, None, None, *COUNTRIES)),
            pnc_checked=rnd.random() < 0.8,
            arresting_officer=rnd.choice((None, "77", "78")),
            offences=rnd.choice(([], [BURGLARY])),
        )
        if rnd.random() < 0.6:
            for name in ("family_name", "given_names", "date_of_birth"):
                one.pop(name)
            one["person_source_ref"] = rnd.choice(people)["source_ref"]
        else:
            one["nationalities"] = rnd.sample(COUNTRIES, rnd.choice((0, 1)))
        rows.append(one)
    return people, rows


def required(people, rows):
    """Work out again, row by row, which checks must be opened."""
    recorded = {each["source_ref"]: each["nationalities"] for each in people}
    needed = set()
    for one in rows:
        known = recorded.get(one.get("person_source_ref"), one.get("nationalities", []))
        for country in {one["nationality_stated"], one["nationality_evidenced"], *known}:
            if country not in {None, "GBR"}:
                needed.add((one["custody_number"], country))
    return needed


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_exactly_the_required_checks_are_opened_and_again_nothing_changes(
    bring, sql, everything, seed
):
    people, rows = made_up(random.Random(seed), 120)
    bring(*people, kind="people")
    summary, _ = bring(*rows)
    assert (summary.created, summary.refused) == (120, 0)
    checks = sql("""
        SELECT d.custody_number, c.country, c.state, c.person_id = d.person_id AS same
        FROM acro_checks c JOIN detentions d ON d.force = c.force AND d.id = c.detention_id
    """)
    assert {(each.custody_number, each.country) for each in checks} == required(people, rows)
    assert len(checks) == len(required(people, rows))
    assert {(each.state, each.same) for each in checks} == {("required", True)}
    unknown = {
        each["custody_number"]
        for each in rows
        if not (each["nationality_stated"] or each["nationality_evidenced"])
        and not each.get("nationalities")
        and each.get("person_source_ref")
        not in {one["source_ref"] for one in people if one["nationalities"]}
    }
    flagged = sql("""
        SELECT d.custody_number FROM flags f
        JOIN detentions d ON d.force = f.force AND d.id = f.subject_id
        WHERE f.rule = 'nationality-unknown' AND f.state = 'open'
    """)
    assert {number for (number,) in flagged} == unknown
    before = everything()
    again, _ = bring(*rows)
    assert (again.unchanged, again.created, again.updated) == (120, 0, 0)
    assert everything() == before
    shuffled = random.Random(seed).sample(rows, len(rows))
    assert bring(*shuffled)[0].unchanged == 120
    assert everything() == before


def test_a_year_of_rows_may_name_one_person_many_times_without_a_release(bring, sql):
    bring({"source_ref": "P", "family_name": "Example"}, kind="people")
    rows = [
        {
            "source_ref": f"D{number}",
            "custody_number": f"CU/{number}",
            "arrested_at": (START + number * timedelta(hours=96)).isoformat(),
            "person_source_ref": "P",
        }
        for number in range(5)
    ]
    assert bring(*rows) == ((5, 5, 0, 0, 0, 0), [])
    same = rows[2] | {"source_ref": "X", "custody_number": "CU/X"}
    summary, (problem,) = bring(same)
    assert (summary.created, summary.refused, problem.field) == (0, 1, "arrested_at")
    assert "two-detentions-at-once" in problem.problem
    assert "PACE 1984 s.44(3)" in problem.problem
    assert len(sql("SELECT FROM detentions")) == 5


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
@pytest.mark.parametrize("is_one_file", [True, False])
def test_a_quick_re_arrest_is_taken_where_the_source_tells_of_no_release(
    bring, client, headers, sql, order, is_one_file
):
    """The earlier detention has ended by then: only the last one is shown as held."""
    now = clock.now()
    person = given_person(client, headers)
    want = given_want(client, headers, person=person)
    rows = [
        {
            "source_ref": f"D{number}",
            "custody_number": f"CU/{number}",
            "arrested_at": (now - timedelta(hours=30 - 10 * number)).isoformat(),
            "person_id": person["id"],
        }
        for number in range(3)
    ]
    sent = [rows[number] for number in order]
    brought = [bring(*sent)] if is_one_file else [bring(each) for each in sent]
    assert sum(summary.created for summary, _ in brought) == 3
    problems = [problem for _, found in brought for problem in found]
    assert {each.severity for each in problems} == {"warning"}
    assert len(problems) >= 2
    assert all("Rule: two-detentions-at-once." in each.problem for each in problems)
    shown = client.get("/v1/detentions", headers=headers("supervisor")).json["items"]
    assert [(each["custody_number"], each["held"]) for each in shown] == [
        ("CU/2", True),
        ("CU/1", False),
        ("CU/0", False),
    ]
    assert {each["released_at"] for each in shown} == {None}
    held = client.get("/v1/detentions?held=true", headers=headers("supervisor")).json["items"]
    assert held == shown[:1]
    then = shown[1]["recorded_at"].replace("+", "%2B")
    past = client.get(
        f"/v1/detentions/{shown[1]['id']}?as_at={then}", headers=headers("supervisor")
    )
    was_last = [
        number == 2
        or not (is_one_file or set(range(number, 3)) & set(order[: order.index(number)]))
        for number in (2, 1, 0)
    ]
    assert past.json["held"] is was_last[1]
    forward = [want["reference"] in str(each["wants_put_forward"]) for each in shown]
    assert forward == was_last
    # What is on record may still be corrected and ended, but never past the next arrest.
    editor = headers("supervisor") | {"If-Match": "*"}
    path = f"/v1/detentions/{shown[2]['id']}"
    assert client.patch(path, json={"pnc_checked": True}, headers=editor).status_code == 200
    late = {"released_at": (now - timedelta(hours=19)).isoformat()}
    refused = client.post(f"{path}/releases", json=late, headers=editor)
    assert (refused.status_code, refused.json["rule"]) == (409, "two-detentions-at-once")
    ended = {"released_at": (now - timedelta(hours=21)).isoformat()}
    assert client.post(f"{path}/releases", json=ended, headers=editor).status_code == 201
    # By hand another arrest waits for the release, and one long ago must bring its own.
    for hours, word in (
        (1, "Record that release first"),
        (25, "Correct the person, or the times"),
        (35, "Send released_at, not after that arrest"),
    ):
        body = {
            "person_id": person["id"],
            "custody_number": "CU/H",
            "arrested_at": (now - timedelta(hours=hours)).isoformat(),
        }
        refused = client.post("/v1/detentions", json=body, headers=headers("custody_client"))
        assert (refused.status_code, refused.json["rule"]) == (409, "two-detentions-at-once")
        assert word in refused.json["detail"], refused.json
    assert len(sql("SELECT FROM detentions")) == 3


@pytest.mark.parametrize(
    ("columns", "field", "rule"),
    [
        ({"arrested_at": "2126-01-01T00:00:00Z"}, "arrested_at", "arrest-in-the-future"),
        ({"date_of_birth": "2025-06-01"}, "arrested_at", "arrest-before-birth"),
        ({"released_at": "2020-12-31T00:00:00Z"}, "released_at", "release-before-arrest"),
        ({"released_at": "2126-01-01T00:00:00Z"}, "released_at", "release-in-the-future"),
        ({"disposal": "charged"}, "disposal", "disposal-without-release"),
        ({"arrested_at": "2025-01-02T10:00:00"}, "arrested_at", None),
        ({"arrested_at": "2025-10-26T01:30:00"}, "arrested_at", None),
        ({"arrested_at": "2026-03-29T01:30:00"}, "arrested_at", None),
        (
            {"arrested_at": "2025-10-26T01:10:00Z", "released_at": "2025-10-26T01:30:00+01:00"},
            "released_at",
            "release-before-arrest",
        ),
        ({"arrested_at": ""}, "arrested_at", None),
        ({"custody_number": ""}, "custody_number", None),
        ({"family_name": ""}, "person_source_ref", None),
        ({"person_source_ref": "nobody"}, "person_source_ref", None),
        ({"offences": "TH68010;NONE"}, "offences", None),
        ({"nationality_stated": "QQQ"}, "nationality_stated", None),
        ({"lpa": "NOWHERE"}, "lpa", None),
        ({"pnc_checked": "perhaps"}, "pnc_checked", None),
    ],
)
def test_a_bad_row_is_refused_by_name_and_leaves_nothing(
    bring, sql, everything, columns, field, rule
):
    before = everything()
    summary, problems = bring(row(1, **columns))
    assert (summary.created, summary.refused) == (0, 1)
    assert [each.field for each in problems] == [field]
    assert rule is None or rule in problems[0].problem
    assert everything() == before


def test_lists_and_countries_are_read_as_in_a_table(bring, sql):
    bring(
        row(
            1,
            offences=f"{BURGLARY}; {BURGLARY}",
            nationality_stated="rou",
            nationalities="pol;gbr",
            pnc_checked="TRUE",
            released_at="2025-01-02T12:00:00+00:00",
            disposal="Charged",
        )
    )
    (found,) = sql("SELECT * FROM detentions")
    assert found.offences == [BURGLARY, BURGLARY]
    assert (found.countries, found.pnc_checked) == (["POL", "ROU"], True)
    assert (found.disposal, found.released_at.hour) == ("charged", 12)


def test_a_changed_row_alters_what_changed_at_the_source_and_no_more(bring, sql, client, headers):
    first = row(1, station="Keyham Lane", nationality_stated="GBR")
    bring(first)
    ((detention,),) = sql("SELECT id FROM detentions")
    sent = headers("investigator") | {"If-Match": '"1"'}
    body = {"arrest_place": "Market Place", "pnc_checked": True}
    assert client.patch(f"/v1/detentions/{detention}", json=body, headers=sent).status_code == 200
    assert bring(first)[0].unchanged == 1
    summary, _ = bring(first | {"nationality_evidenced": "LVA"})
    assert summary.updated == 1
    (found,) = sql("SELECT * FROM detentions")
    assert (found.arrest_place, found.pnc_checked, found.station) == (
        "Market Place",
        True,
        "Keyham Lane",
    )
    assert (found.countries, found.version) == (["LVA"], 3)
    assert sql("SELECT country FROM acro_checks") == [("LVA",)]
    history = sql("SELECT version, recorded_to IS NULL FROM detentions_history ORDER BY 1")
    assert history == [(1, False), (2, False), (3, True)]


def test_a_row_that_turns_to_another_person_or_number_is_refused(bring, everything):
    bring(*({"source_ref": each, "family_name": each} for each in ("PA", "PB")), kind="people")
    base = row(1, person_source_ref="PA")
    for name in ("family_name", "given_names", "date_of_birth"):
        base.pop(name)
    bring(base)
    before = everything()
    for columns, field in (
        ({"person_source_ref": "PB"}, "person_source_ref"),
        ({"custody_number": "CU/9"}, "custody_number"),
    ):
        summary, problems = bring(base | columns)
        assert (summary.refused, told(problems)) == (1, [(1, "refused", field)])
        assert everything() == before


def test_one_custody_number_is_one_detention_however_it_comes(bring, client, headers, sql):
    person = given_person(client, headers)
    same = {
        "person_id": person["id"],
        "custody_number": "CU/1",
        "arrested_at": "2025-01-02T00:00:00Z",
    }
    sent = headers("custody_client")
    assert client.post("/v1/detentions", json=same, headers=sent).status_code == 201
    summary, _ = bring({"source_ref": "A", **same}, {"source_ref": "B", **same})
    assert (summary.unchanged, summary.created) == (2, 0)
    other = same | {"station": "Elsewhere"}
    summary, problems = bring({"source_ref": "C", **other})
    assert told(problems) == [(1, "refused", "custody_number")]
    new = same | {"custody_number": "CU/2", "arrested_at": "2025-03-02T00:00:00Z"}
    summary, problems = bring(
        {"source_ref": "E", **new},
        {"source_ref": "F", **new},
        {"source_ref": "G", **new, "station": "Elsewhere"},
    )
    assert (summary.created, summary.unchanged, summary.refused) == (1, 1, 1)
    assert len(sql("SELECT FROM detentions")) == 2
    assert client.post("/v1/detentions", json=new, headers=sent).status_code == 409  # not its own
    mine = headers("investigator")
    assert client.post("/v1/detentions", json=new, headers=mine).status_code == 200


def test_by_import_as_by_hand(bring, client, headers, sql):
    """Twins, one arrested through the API and one by an import, end up with the same of all."""
    entered_at = (START - timedelta(days=9)).isoformat()
    twins = []
    for _ in range(2):
        person = given_person(client, headers, nationalities=["GBR", "POL"])
        for crime in "AB":
            given_want(client, headers, person=person, crime_reference=crime, entered_at=entered_at)
        twins.append(person)
    body = {
        "custody_number": "CU/1",
        "arrested_at": START.isoformat(),
        "station": "Euston Street",
        "offences": [BURGLARY, BURGLARY],
        "arresting_officer": "77",
        "nationality_stated": "ROU",
    }
    by_hand = body | {"person_id": twins[0]["id"]}
    assert (
        client.post("/v1/detentions", json=by_hand, headers=headers("custody_client")).status_code
        == 201
    )
    bring(body | {"person_id": twins[1]["id"], "custody_number": "CU/2", "source_ref": "A"})
    unknown = given_person(client, headers)
    client.post(
        "/v1/detentions",
        json={"person_id": unknown["id"], "custody_number": "CU/3", "arrested_at": entered_at},
        headers=headers("custody_client"),
    )
    bring(row(4, arrested_at=entered_at))
    ones = {}
    for number in ("CU/1", "CU/2", "CU/3", "CU/4"):
        ((detention, *said),) = sql(
            f"SELECT id, {TOLD} FROM detentions WHERE custody_number = :n", n=number
        )
        checks = sql(
            "SELECT country, channel, state, lpa, detained_at, request_due_at FROM acro_checks WHERE detention_id = :d ORDER BY 1",
            d=detention,
        )
        wants = sql(
            "SELECT x.put, w.crime_reference, w.state, w.version FROM detention_wants x JOIN wants w ON w.id = x.want_id WHERE x.detention_id = :d ORDER BY 2",
            d=detention,
        )
        flags = sql(
            "SELECT rule, severity, owner_team, because, state FROM flags WHERE subject_id = :d",
            d=detention,
        )
        history = sql(
            f"SELECT {TOLD.split(', ', 2)[2]}, recorded_to FROM detentions_history WHERE id = :d",
            d=detention,
        )
        ones[number] = (said[2:], checks, wants, flags, history)
    assert ones["CU/1"] == ones["CU/2"]
    assert [len(each) for each in ones["CU/1"][1:]] == [2, 2, 0, 1]
    assert ones["CU/3"] == ones["CU/4"]
    assert [len(each) for each in ones["CU/3"][1:]] == [0, 0, 1, 1]


def test_a_rehearsal_writes_nothing(bring, everything):
    before = everything()
    assert bring(row(1, nationality_stated="ROU"), dry_run=True)[0].created == 1
    assert everything() == before


def test_a_nationality_that_people_bring_opens_the_check_of_the_last_arrest(bring, sql):
    person = {"source_ref": "P", "family_name": "Example", "nationalities": ["GBR"]}
    bring(person, kind="people")
    for number in (1, 100):
        one = row(number, person_source_ref="P")
        for name in ("family_name", "given_names", "date_of_birth"):
            one.pop(name)
        bring(one)
    bring(person | {"nationalities": ["GBR", "LTU"]}, kind="people")
    checks = sql("""
        SELECT d.custody_number, c.country FROM acro_checks c
        JOIN detentions d ON d.force = c.force AND d.id = c.detention_id
    """)
    assert checks == [("CU/100", "LTU")]


def test_what_a_full_extract_lacks_is_flagged_until_it_is_back(bring, sql):
    bring(row(1), row(2), complete=True)
    bring(row(1), complete=True)
    found = "SELECT d.custody_number, f.state FROM flags f JOIN detentions d ON d.id = f.subject_id WHERE f.rule = 'not-in-source'"
    assert sql(found) == [("CU/2", "open")]
    bring(row(1), row(2), complete=True)
    assert sql(found) == [("CU/2", "cleared")]


def test_a_want_that_stood_is_put_forward_and_one_entered_since_is_not(bring, client, headers, sql):
    person = given_person(client, headers)
    now = clock.now()
    for crime, days in (("before", 60), ("after", 10)):
        given_want(
            client,
            headers,
            person=person,
            crime_reference=crime,
            entered_at=(now - timedelta(days=days)).isoformat(),
        )
    arrested_at = (now - timedelta(days=30)).isoformat()
    bring(
        {
            "source_ref": "A",
            "custody_number": "CU/1",
            "person_id": person["id"],
            "arrested_at": arrested_at,
        }
    )
    put = sql("""
        SELECT w.crime_reference, x.put, w.state FROM detention_wants x
        JOIN wants w ON w.force = x.force AND w.id = x.want_id
    """)
    assert put == [("before", "put_forward", "outstanding")]
