"""Receiving PNC's list: what is refused or doubted, what running again does, what is gone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest
from pnc_world import Kept, ago, pnc_id

from offenders.domain.imports.kinds import kind_of
from offenders.domain.imports.running import Order, run_lines
from offenders.ids import new_id

ANN = {
    "source_ref": "R1",
    "family_name": "Example",
    "given_names": "Ann",
    "date_of_birth": "1990-01-01",
    "pnc_reference": "33W000001",
    "offence_code": "TH68036",
    "circulated_at": "2026-03-01T09:00:00Z",
    "report_type": "wanted",
}
BEN = ANN | {"source_ref": "R2", "family_name": "Instance", "pnc_reference": "33W000002"}


@pytest.fixture
def kept(look):
    """Give what is kept of a circulation."""

    def read(ref="R1"):
        statement = "SELECT * FROM pnc_circulations WHERE source_ref = :ref"
        return look(statement, ref=ref)[0]

    return read


def said(problems, severity):
    return [(each.line, each.field) for each in problems if each.severity == severity]


def test_a_row_is_kept_as_pnc_told_it_and_makes_neither_person_nor_want(pnc, kept, look):
    before = look("SELECT (SELECT count(*) FROM persons), (SELECT count(*) FROM wants)")
    identified = ANN | {"pnc_id": pnc_id(), "cro_number": "065656/91H", "sex": "female"}
    summary, problems = pnc(identified)
    assert (tuple(summary), problems) == ((1, 1, 0, 0, 0, 0), [])
    row = kept()
    assert (row.family_name, row.family_key, row.given_key) == ("Example", "EXAMPLE", "ANN")
    assert (row.pnc_id, row.pnc_id_raw) == (identified["pnc_id"], None)
    assert (row.cro_number, row.offence_code, row.report_type) == (
        "065656/91H",
        "TH68036",
        "wanted",
    )
    assert row.circulated_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert row.first_received_at == row.received_at == row.seen_at
    assert (row.gone_at, row.is_wanted, row.person_id) == (None, True, None)
    assert look("SELECT (SELECT count(*) FROM persons), (SELECT count(*) FROM wants)") == before
    assert look("""
        SELECT action, audit_class, subject_ids, details ->> 'created' FROM audit_events
        WHERE subject_type = 'pnc_circulation'
    """) == [("imports.received", "collection", [row.id], "1")]


def test_a_csv_file_is_read_by_its_columns(connection, bring, kept):
    content = (
        "source_ref,pnc_reference,pnc_id,family_name,given_names,offence_code,circulated_at,report_type\r\n"
        'R1,33W000001,16/1000X,"O\'Neil-Smith",Zoë Ann,TH68036,2026-03-01T10:00:00+01:00,LOCATE/TRACE\r\n'
        "R2,33W000002,,,,,,\r\n"
    )
    kind = kind_of("pnc-wanted")
    lines = kind.read(BytesIO(content.encode()))
    order = Order("33", kind, "test", new_id("33"), complete=True)
    problems = Kept()
    assert tuple(run_lines(connection, order, lines, problems)) == (2, 2, 0, 0, 0, 1)
    assert said(problems, "warning") == [(2, "pnc_id")]
    row = kept()
    assert (row.family_key, row.given_key, row.pnc_id_raw) == ("ONEILSMITH", "ZOE", "16/1000X")
    assert (row.report_type, row.is_wanted) == ("locate_trace", False)
    assert row.circulated_at == datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert kept("R2").is_wanted


def test_a_row_that_can_not_be_taken_is_refused_alone(pnc, kept, look):
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    refused = [
        {"circulated_at": tomorrow},
        {"circulated_at": "yesterday"},
        {"circulated_at": "2026-03-01"},
        {"date_of_birth": "2190-01-01"},
        {"sex": "M"},
        {"person_id": "33-nobody"},
        {"person_id": "P33-ZZZZ-ZZZZ"},
        {"person_source_ref": "nobody"},
        {"pnc_reference": "x" * 61},
        {"pnc_reference": None, "family_name": None},
        {"reason": "named_suspect"},
    ]
    bad = [
        ANN | {"source_ref": f"B{number}", "pnc_reference": f"33B{number}"} | change
        for number, change in enumerate(refused)
    ]
    summary, problems = pnc(*bad, BEN, complete=False)
    assert tuple(summary) == (12, 1, 0, 0, 11, 0)
    fields = [(line, next(iter(change))) for line, change in enumerate(refused, start=1)]
    assert said(problems, "refused") == fields
    assert kept("R2").gone_at is None
    assert look("SELECT count(*) FROM pnc_circulations") == [(1,)]


def test_a_doubtful_value_is_kept_as_sent_with_a_warning(pnc, kept):
    doubtful = {
        "pnc_id": "2016/0000001A",
        "cro_number": "1/16A",
        "offence_code": "5.1.1.1",
        "report_type": "wanted person",
    }
    rows = [
        ANN | {"source_ref": field, "pnc_reference": field, field: value}
        for field, value in doubtful.items()
    ]
    for counts in ((4, 4, 0, 0, 0, 4), (4, 0, 0, 4, 0, 4)):
        summary, problems = pnc(*rows)
        assert tuple(summary) == counts
        assert said(problems, "warning") == list(enumerate(doubtful, start=1))
    for field, value in doubtful.items():
        row = kept(field)
        assert (getattr(row, field), getattr(row, f"{field}_raw")) == (None, value)
        assert row.is_wanted


def test_a_reference_stands_once_in_a_file_also_over_batches(pnc, monkeypatch):
    monkeypatch.setattr("offenders.domain.imports.running.BATCH_ROWS", 1)
    double = BEN | {"pnc_reference": "33w-000 001"}
    summary, problems = pnc(ANN, double, double | {"source_ref": "R1"})
    assert tuple(summary) == (3, 1, 0, 0, 2, 0)
    assert said(problems, "refused") == [(2, "pnc_reference"), (3, "source_ref")]


def test_a_complete_file_without_rows_ends_nothing(pnc, kept, look):
    pnc(ANN)
    summary, problems = pnc()
    assert (tuple(summary), said(problems, "warning")) == ((0, 0, 0, 0, 0, 0), [(0, "")])
    assert kept().gone_at is None
    assert look("SELECT count(*) FROM pnc_extracts WHERE force = '33'") == [(1,)]


def test_a_complete_file_says_that_refused_rows_leave_a_gap(pnc):
    _, problems = pnc(ANN, BEN | {"circulated_at": "soon"})
    assert said(problems, "warning") == [(0, "")]
    assert "1 rows were refused" in problems[-1].problem


def test_running_again_changes_nothing_but_when_it_was_last_seen(pnc, kept, look):
    rows = (ANN | {"pnc_id": pnc_id()}, BEN)
    assert pnc(*rows)[0].created == 2
    first, flags = kept(), look("SELECT * FROM flags ORDER BY id")
    audited = look("SELECT count(*) FROM audit_events WHERE audit_class <> 'operation'")
    assert tuple(pnc(*rows)[0]) == (2, 0, 0, 2, 0, 0)
    again = kept()
    assert again.seen_at > first.seen_at
    stamp = {"seen_at": first.seen_at, "import_id": first.import_id}
    assert again._asdict() | stamp == first._asdict()
    assert look("SELECT * FROM flags ORDER BY id") == flags
    assert look("SELECT count(*) FROM audit_events WHERE audit_class <> 'operation'") == audited


def test_an_upload_that_was_stopped_and_begun_again_takes_its_rows_once(pnc):
    upload = new_id("33")
    pnc(ANN, complete=False, import_id=upload)
    assert tuple(pnc(ANN, BEN, import_id=upload)[0]) == (2, 1, 0, 1, 0, 0)


def test_a_changed_row_changes_only_what_it_says(pnc, kept):
    pnc(ANN)
    first = kept()
    changed = {"source_ref": "R1", "offence_code": "OF61102", "given_names": ""}
    assert tuple(pnc(changed)[0]) == (1, 0, 1, 0, 0, 0)
    row = kept()
    assert (row.offence_code, row.given_names, row.family_name) == ("OF61102", None, "Example")
    assert row.first_received_at == first.first_received_at < row.received_at


def test_what_a_full_file_lacks_is_gone_and_what_a_part_lacks_is_not(pnc, kept, look):
    pnc(ANN, BEN)
    pnc(ANN, complete=False)
    assert kept("R2").gone_at is None
    pnc(ANN)
    gone = kept("R2")
    assert gone.gone_at > kept().first_received_at
    assert look("""
        SELECT subject_ids, audit_class FROM audit_events WHERE action = 'pnc.circulations-gone'
    """) == [([gone.id], "alteration")]
    assert tuple(pnc(ANN, BEN)[0]) == (2, 0, 1, 1, 0, 0)
    back = kept("R2")
    assert (back.gone_at, back.id) == (None, gone.id)
    assert back.first_received_at > gone.gone_at


def test_a_file_whose_rows_can_not_be_told_apart_ends_nothing(pnc, kept, look):
    pnc(ANN, BEN)
    _, problems = pnc(ANN, BEN | {"source_ref": None})
    assert "nothing was taken as cancelled" in problems[-1].problem
    assert kept("R2").gone_at is None
    assert look("SELECT count(*) FROM pnc_extracts") == [(1,)]


def test_a_reference_under_another_key_is_the_same_circulation(pnc, listed):
    pnc(ANN)
    pnc(ANN | {"source_ref": "R9"}, complete=False)
    assert [each["pnc"]["source_ref"] for each in listed()] == ["R9"]


def test_two_circulations_may_change_their_references(pnc, listed, monkeypatch):
    monkeypatch.setattr("offenders.domain.imports.running.BATCH_ROWS", 1)
    pnc(ANN, BEN)
    one, two = ANN["pnc_reference"], BEN["pnc_reference"]
    assert pnc(ANN | {"pnc_reference": two}, BEN | {"pnc_reference": one})[0].refused == 0
    found = {each["pnc"]["source_ref"]: each["pnc"]["pnc_reference"] for each in listed()}
    assert found == {"R1": two, "R2": one}


def test_a_rehearsal_leaves_nothing(pnc, look):
    assert pnc(ANN, dry_run=True)[0].created == 1
    assert look("SELECT count(*) FROM pnc_circulations") == [(0,)]
    assert look("SELECT count(*) FROM pnc_extracts") == [(0,)]
    assert look("SELECT count(*) FROM flags WHERE rule = 'pnc-difference'") == [(0,)]


def test_the_sender_may_name_the_person(bring, pnc, listed, look):
    bring("people", {"source_ref": "A1", "family_name": "Other", "given_names": "Ann"})
    ((person,),) = look("SELECT subject_id FROM import_sources WHERE source_ref = 'A1'")
    named = {"family_name": "Other", "date_of_birth": None}
    pnc(ANN | named | {"person_source_ref": "A1"}, BEN | named | {"person_id": str(person)})
    assert [(each["kind"], each["person"]["id"]) for each in listed()] == [
        ("no_want", str(person))
    ] * 2


def test_absence_says_nothing_until_a_full_file_came(bring, pnc, listed, client, headers, look):
    bring("people", {"source_ref": "A1", "family_name": "Other", "pnc_id": pnc_id()})
    want = {"source_ref": "W1", "person_source_ref": "A1", "reason": "named_suspect"}
    bring("wanted", want | {"risk": "high", "entered_at": ago(days=9)})
    look(
        "UPDATE wants SET circulation = 'circulated', circulated_at = :at WHERE force = '33'",
        at=ago(days=8),
    )
    pnc(ANN, complete=False)
    assert [each["kind"] for each in listed()] == ["person_unknown"]
    caller = headers("supervisor")
    assert (
        client.get("/v1/pnc-differences", headers=caller).json["full_extract_received_at"] is None
    )
    pnc(ANN)
    assert {each["kind"] for each in listed()} == {"not_on_pnc", "person_unknown"}
    assert client.get("/v1/pnc-differences", headers=caller).json["full_extract_received_at"]
