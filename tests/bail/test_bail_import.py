"""Importing bail: the same law and the same effects as by hand; running again changes nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from bail_given import NOW, Bail, ago
from sqlalchemy import text

from offenders.clock import as_if_at
from offenders.db import Work, transaction
from offenders.domain.bail.service import lapse_what_is_over
from offenders.domain.imports.service import run_file, run_rows

ROW = {
    "source_ref": "B1",
    "family_name": "Example",
    "given_names": "Ann",
    "date_of_birth": "1990-01-01",
    "arrested_at": ago(10),
    "bailed_at": ago(9),
    "crime_reference": "C1",
}


def row(**fields):
    return {name: value for name, value in (ROW | fields).items() if value is not None}


@pytest.fixture
def desk(committing_app, headers, fresh_force):
    return Bail(committing_app.test_client(), headers, fresh_force)


@pytest.fixture
def bring(engine, fresh_force):
    def bring_in(*rows, **more):
        problems = []

        class Sink:
            def add(self, found):
                problems.extend(found)

        summary = run_rows(
            engine,
            force=fresh_force,
            kind="bail",
            rows=rows,
            requested_by="test",
            sink=Sink(),
            **more,
        )
        bring_in.problems = [each.problem for each in problems]
        return tuple(summary[1:5]), [(each.severity, each.field) for each in problems]

    return bring_in


@pytest.fixture
def look(engine, fresh_force):
    def run(statement):
        with transaction(engine, Work(fresh_force)) as session:
            return [tuple(each) for each in session.execute(text(statement))]

    return run


EVERYTHING = """
    SELECT 'record', to_jsonb(b)::text FROM bail_records b
    UNION ALL SELECT 'history', to_jsonb(b)::text FROM bail_records_history b
    UNION ALL SELECT 'action', to_jsonb(b)::text FROM bail_actions b
    UNION ALL SELECT 'want', to_jsonb(b)::text FROM wants b
    UNION ALL SELECT 'want history', to_jsonb(b)::text FROM wants_history b
    UNION ALL SELECT 'source', (to_jsonb(b) - 'digest')::text FROM import_sources b
    UNION ALL SELECT 'person', to_jsonb(b)::text FROM persons b ORDER BY 1, 2
"""
STATES = [
    row(source_ref="on", crime_reference="1", conditions="Live at home;Curfew"),
    row(source_ref="failed", crime_reference="2", return_at=ago(2), state="failed_to_answer"),
    row(source_ref="came", crime_reference="3", return_at=ago(2), state="surrendered"),
    row(source_ref="free", crime_reference="4", state="released_without_bail"),
    row(source_ref="done", crime_reference="5", state="closed", outcome="charged"),
    row(source_ref="over", crime_reference="6", arrested_at=ago(120), bailed_at=ago(119)),
    row(
        source_ref="longer",
        crime_reference="7",
        arrested_at=ago(120),
        bailed_at=ago(119),
        extensions=f"inspector {ago(60)}",
    ),
    row(source_ref="sfo", crime_reference="8", agency="sfo"),
    row(source_ref="old", crime_reference="9", arrested_at="2017-04-02T12:00:00Z")
    | {"bailed_at": "2017-04-02T20:00:00Z"},
]


def test_every_state_arrives_with_its_law_and_effects(desk, bring):
    counts, said = bring(*STATES)
    assert (counts, said) == ((9, 0, 0, 0), [("warning", "state")])
    shown = {each["crime_reference"]: each for each in desk.list()}
    assert {key: each["state"] for key, each in shown.items()} == {
        "1": "on_bail",
        "2": "failed_to_answer",
        "3": "surrendered",
        "4": "released_without_bail",
        "5": "closed",
        "6": "released_without_bail",
        "7": "on_bail",
        "8": "on_bail",
        "9": "on_bail",
    }
    assert [each["text"] for each in shown["1"]["conditions"]] == ["Live at home", "Curfew"]
    assert shown["7"]["because"]["section"] == "PACE 1984 s.47ZD"
    assert (shown["8"]["case_type"], shown["9"]["regime"]) == ("non_standard", "A")
    assert (shown["6"]["has_lapsed"], shown["4"]["has_lapsed"]) == (True, False)
    want = desk.want(shown["2"])
    assert (want["state"], want["reason"], want["owner_team"]) == (
        "outstanding",
        "failed_to_answer_bail",
        f"DUTY-{desk.force}",
    )
    assert desk.headline()["people"] == len(desk.list(state="failed_to_answer")) == 1


def test_an_import_makes_what_a_person_would_have_made(desk, bring):
    person = desk.person()
    made = desk.given(person_id=person["id"], return_at=ago(2), crime_reference="hand")
    by_hand = desk.done(made, "failures", occurred_at=ago(1))
    fields = {"return_at": ago(2), "crime_reference": "row", "person_id": person["id"]}
    failed = row(**fields, state="failed_to_answer", state_at=ago(1), family_name=None)
    failed = {k: v for k, v in failed.items() if k not in {"given_names", "date_of_birth"}}
    assert bring(failed)[0] == (1, 0, 0, 0)
    (imported,) = desk.list(crime_reference="row")
    differs = {name for name in by_hand if by_hand[name] != imported[name] and name not in OWN}
    assert differs == set()
    one, two = desk.want(by_hand), desk.want(imported)
    own = OWN | {"target_arrest_by", "review_due_at", "validation_due_at", "activity_due_at"}
    assert {name for name in one if one[name] != two[name] and name not in own} == set()
    assert one["target_arrest_by"][:16] == two["target_arrest_by"][:16]


OWN = {"id", "reference", "crime_reference", "want_id", "recorded_at", "updated_at", "version"}


def test_a_second_run_changes_nothing(bring, look):
    bring(*STATES)
    before = look(EVERYTHING)
    assert bring(*STATES)[0] == (0, 0, 9, 0)
    assert look(EVERYTHING) == before
    other_form = [{**each, "agency": each.get("agency", "")} for each in STATES]
    assert bring(*other_form)[0] == (0, 0, 9, 0)
    assert look(EVERYTHING) == before


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"arrested_at": None}, "arrested_at"),
        ({"bailed_at": ago(11)}, "bailed_at"),
        ({"arrested_at": (NOW + timedelta(days=1)).isoformat()}, "arrested_at"),
        ({"date_of_birth": NOW.date().isoformat()}, "arrested_at"),
        ({"return_at": (NOW + timedelta(days=99)).isoformat()}, "return_at"),
        ({"state": "failed_to_answer"}, "state"),
        ({"state": "failed_to_answer", "return_at": ago(2), "state_at": ago(3)}, "state_at"),
        ({"state": "asleep"}, "state"),
        ({"case_type": "standard", "agency": "nca"}, "case_type"),
        ({"extensions": f"sergeant {ago(1)}"}, "extensions"),
        ({"extensions": "inspector"}, "extensions"),
        ({"return_at": "2026-10-25T01:30:00"}, "return_at"),
        ({"person_id": "P33-0000-0000", "family_name": None}, "person_id"),
        ({"offence_code": "XX"}, "offence_code"),
        ({"family_name": None, "given_names": None, "date_of_birth": None}, "person_source_ref"),
        ({"owner_officer": "1", "owner_team": "2"}, "owner_team"),
    ],
)
def test_a_row_that_can_not_be_is_refused_and_nothing_kept(bring, look, fields, field):
    counts, said = bring(row(**fields))
    assert (counts, said) == ((0, 0, 0, 1), [("refused", field)])
    assert look(EVERYTHING) == []


@pytest.mark.parametrize(
    ("fields", "section"),
    [
        ({"extensions": f"sergeant {ago(1)}"}, "PACE 1984 s.47ZD"),
        ({"extensions": f"inspector {ago(1)};inspector {ago(0.5)}"}, "PACE 1984 s.47ZDA"),
        ({"arrested_at": ago(130), "bailed_at": ago(129), "extensions": f"inspector {ago(1)}"},
         "PACE 1984 s.47ZD(1)(b)"),
    ],
)  # fmt: skip
def test_an_extension_too_late_or_by_too_low_a_rank_names_the_section(desk, bring, fields, section):
    counts, said = bring(row(source_ref="B1"), row(source_ref="B2", **fields))
    assert (counts, said) == ((1, 0, 0, 1), [("refused", "extensions")])
    assert bring.problems == [f"The law doesn't allow this: {section}."]
    assert len(desk.list()) == 1


def test_the_same_release_under_two_keys_is_refused(bring):
    pnc = {"pnc_id": "79/163001B"}
    counts, said = bring(row(**pnc), row(source_ref="B2", **pnc))
    assert (counts, said) == ((1, 0, 0, 1), [("refused", "arrested_at")])


def test_what_changed_at_the_source_is_followed(desk, bring):
    bring(row(return_at=ago(3)))
    counts, _ = bring(row(return_at=ago(3), state="failed_to_answer"))
    assert counts == (0, 1, 0, 0)
    (failed,) = desk.list()
    assert (failed["state"], desk.headline()["people"]) == ("failed_to_answer", 1)
    counts, _ = bring(row(return_at=ago(3), state="surrendered", state_at=ago(1)))
    assert counts == (0, 1, 0, 0)
    (back,) = desk.list()
    assert (back["state"], desk.want(failed)["state"]) == ("surrendered", "surrendered")
    bring(row(return_at=ago(3), state="surrendered", state_at=ago(1), crime_reference="C2"))
    assert desk.list()[0]["crime_reference"] == "C2"
    bring(row(return_at=ago(3), conditions="Curfew", crime_reference="C2"))
    assert desk.list()[0]["conditions"][0]["text"] == "Curfew"


def test_a_want_for_a_breach_ends_with_what_the_source_closes(desk, bring, look):
    bring(row(conditions="x"))
    (record,) = desk.list()
    desk.done(record, "breaches", open_want=True)
    bring(row(conditions="x", state="closed", outcome="charged"))
    assert look("SELECT state FROM wants") == [("no_longer_wanted",)]


def test_a_source_that_tells_late_of_an_extension_brings_the_want_of_a_breach_back(
    desk, bring, look, engine
):
    bring(row(conditions="x"))
    (record,) = desk.list()
    desk.done(record, "breaches", open_want=True)
    with as_if_at(NOW + timedelta(days=100)):
        with transaction(engine, Work(desk.force)) as session:
            assert lapse_what_is_over(session) == 1
        assert look("SELECT state FROM wants") == [("no_longer_wanted",)]
        assert bring(row(conditions="x", extensions=f"inspector {ago(1)}"))[0] == (0, 1, 0, 0)
        assert [each["state"] for each in desk.list()] == ["on_bail"]
    found = look("SELECT state, power FROM wants ORDER BY state")
    power = "PACE 1984 s.46A(1A)"
    assert found == [("no_longer_wanted", power), ("outstanding", power)]


@pytest.mark.parametrize("before", [3, 1])
def test_an_answer_before_its_want_was_entered_stops_no_import(desk, bring, before):
    person = desk.person()["id"]
    fields = {"person_id": person, "reason": "failed_to_answer_bail", "crime_reference": "C1"}
    if before == 1:
        assert desk.client.post("/v1/wanted", json=fields, headers=desk.sent).status_code == 201
    failed = {"source_ref": "B1", "person_id": person, "crime_reference": "C1"}
    failed |= {"arrested_at": ago(10), "bailed_at": ago(9), "return_at": ago(2)}
    bring(failed | {"state": "failed_to_answer"})
    assert bring(failed | {"state": "surrendered", "state_at": ago(before)}) == ((0, 1, 0, 0), [])
    (record,) = desk.list()
    assert (record["state"], record["answered_at"][:19]) == ("surrendered", ago(before)[:19])
    want = desk.want(record)
    assert (want["state"], want["outcome_at"]) == ("surrendered", want["entered_at"])


def test_what_was_decided_here_stands(desk, bring):
    bring(row(return_at=ago(3)))
    (record,) = desk.list()
    desk.done(record, "closures", outcome="no_further_action")
    counts, said = bring(row(return_at=ago(3), state="surrendered", state_at=ago(1)))
    assert (counts, said) == ((0, 0, 1, 0), [("warning", "state")])
    assert desk.list()[0]["outcome"] == "no_further_action"


def test_two_failures_of_one_crime_share_a_want(desk, bring):
    person = desk.person()
    named = {"family_name": None, "given_names": None, "date_of_birth": None}
    failed = {"person_id": person["id"], "return_at": ago(2), "state": "failed_to_answer"}
    bring(
        row(**named, **failed),
        row(**named, **failed, source_ref="B2", arrested_at=ago(12)),
    )
    one, two = desk.list()
    assert one["want_id"] == two["want_id"]
    assert desk.headline()["people"] == 1


def test_a_full_extract_flags_what_it_lacks(desk, bring, engine, tmp_path):
    bring(row(), row(source_ref="B2", crime_reference="C2"))

    path = tmp_path / "bail.ndjson"

    path.write_text(json.dumps(row()) + "\n")
    run_file(engine, force=desk.force, kind="bail", path=path, complete=True, requested_by="test")
    (flag,) = desk.flags(rule="not-in-source")
    assert flag["subject"]["type"] == "bail_record"
    (record,) = desk.list(crime_reference="C2")
    desk.done(record, "closures", outcome="charged")
    assert desk.flags(rule="not-in-source") == []


def test_every_filter_is_served_ahead_of_flask_too(desk, bring):
    bring(*STATES)
    first = desk.list(crime_reference="1")[0]
    person, spoken = first["person_id"], first["person"]["reference"]
    for query, count in (
        ({"state": "on_bail"}, 4),
        ({"state": "all"}, 9),
        ({"regime": "A"}, 1),
        ({"case_type": "non_standard"}, 1),
        ({"agency": "sfo"}, 1),
        ({"person_id": person}, 1),
        ({"person_id": spoken}, 1),
        ({"person_id": spoken.lower().replace("-", " ")}, 1),
        ({"person_id": spoken, "as_at": datetime.now(UTC).isoformat()}, 1),
        ({"person_id": f"P{desk.force}-0000-0000"}, 0),
        ({"owner": "nobody"}, 0),
        ({"team": f"DUTY-{desk.force}"}, 9),
        ({"lpa": "none", "neighbourhood": "none"}, 9),
        ({"due_from": ago(100), "due_to": (NOW + timedelta(days=400)).isoformat()}, 5),
        ({"overdue": "true", "regime": "A"}, 1),
        ({"overdue": "false", "state": "on_bail"}, 3),
        ({"as_at": ago(1)}, 0),
    ):
        assert (query, len(desk.list(**query))) == (query, count)
    bad = desk.client.get("/v1/bail-records?person_id=Smith", headers=desk.sent)
    assert (bad.status_code, bad.json["errors"][0]["pointer"]) == (422, "/person_id")


def test_a_csv_file_is_read_with_its_lists_and_refusals(desk, engine, tmp_path):
    path = tmp_path / "bail.csv"
    columns = "source_ref,family_name,arrested_at,bailed_at,conditions,extensions,state"
    path.write_text(
        f"{columns}\n"
        f'B1,Example,{ago(10)},{ago(9)},"Live at 1, High Street;Curfew",inspector {ago(1)},\n'
        f"B2,Other,{ago(10)},{ago(11)},,,\n"
    )
    summary = run_file(engine, force=desk.force, kind="bail", path=path, requested_by="test")
    assert (summary.created, summary.refused) == (1, 1)
    (made,) = desk.list()
    assert [each["text"] for each in made["conditions"]] == ["Live at 1, High Street", "Curfew"]
    assert [each["section"] for each in made["extensions"]] == ["s.47ZD"]
    refused = (tmp_path / "bail.csv.refused.csv").read_text()
    assert "3,B2,bailed_at,The release lies before the arrest." in refused
