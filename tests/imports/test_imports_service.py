"""Running an import: files, plans, interruptions, full extracts and what was uploaded."""

from __future__ import annotations

import csv
import gc
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.imports import running, service, statistics, store
from offenders.domain.imports.service import ImportRefused, Upload, queue_import, run_file

PEOPLE = "source_ref,family_name,pnc_id\nA1,Example,\nA2,Sample,2016/6668355Z\nA3,,\n=A4,x,\n"


PEOPLE_OF = "source_ref,family_name\nA1,{}\n"


@pytest.fixture
def run(engine, fresh_force, tmp_path):
    """Write a file and import it."""

    def run_it(content, name="people.csv", kind="people", **more):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return run_file(
            engine, force=fresh_force, kind=kind, path=path, requested_by="test", **more
        )

    return run_it


def written(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_file_is_counted_and_its_problems_written_beside_it(run, tmp_path, look):
    summary = run(PEOPLE + "A5,Café,,too many\n")
    assert summary == (5, 3, 0, 0, 2, 1)
    refused = written(tmp_path / "people.csv.refused.csv")
    assert [(row["line"], row["source_ref"], row["field"]) for row in refused] == [
        ("4", "A3", "family_name"),
        ("6", "", ""),
    ]
    assert all(row["problem"] and row["action"] for row in refused)
    warned = written(tmp_path / "people.csv.warnings.csv")
    assert [(row["line"], row["field"]) for row in warned] == [("3", "pnc_id")]
    assert look("SELECT state, kind, file_name, summary ->> 'read' FROM imports") == [
        ("finished", "people", "people.csv", "5")
    ]


def test_problem_files_of_an_earlier_run_are_taken_away(run, tmp_path):
    run(PEOPLE)
    run("source_ref,family_name\nA3,Mended\n")
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]


def test_a_source_ref_that_looks_like_a_formula_is_written_closed(run, tmp_path):
    run("source_ref,family_name\n=1+1,\n")
    assert written(tmp_path / "people.csv.refused.csv")[0]["source_ref"] == "'=1+1"


def test_a_file_that_can_not_be_read_writes_nothing(run, tmp_path, look):
    with pytest.raises(ImportRefused):
        run("source_ref,colour\nA1,red\n")
    with pytest.raises(ImportRefused) as refusal:
        run(PEOPLE, kind="phones")
    assert refusal.value.detail.startswith("Imports of phones are not offered.")
    assert look("SELECT count(*) FROM imports") == [(0,)]
    assert [path.name for path in tmp_path.iterdir()] == ["people.csv"]


def test_progress_adds_up_to_the_size_of_the_file(run):
    told = []
    content = "source_ref,family_name\n" + "".join(f"A{n},Name{n}\n" for n in range(250))
    run(content, progress=lambda step, size: told.append((step, size)))
    assert sum(step for step, _ in told) == len(content)
    assert {size for _, size in told} == {len(content)}
    assert len(told) == 3


def test_a_plan_counts_as_the_import_will_and_leaves_nothing(run, look, monkeypatch):
    monkeypatch.setattr(running, "BATCH_ROWS", 2)
    rows = "".join(f"B{n},Name,\n" for n in range(5))
    planned = run(PEOPLE + rows, dry_run=True)
    for table in ("persons", "imports", "import_sources", "audit_events", "persons_history"):
        assert look(f"SELECT count(*) FROM {table}") == [(0,)]
    assert planned == run(PEOPLE + rows)


class Stopped(Exception):
    """Stands for the end of the process."""


def test_an_import_that_was_killed_goes_on_when_run_again(
    engine, fresh_force, bring, look, monkeypatch
):
    monkeypatch.setattr(running, "BATCH_ROWS", 2)
    rows = [{"source_ref": f"A{n}", "family_name": f"Name{n}"} for n in range(6)]

    def ended_early():
        yield from rows[:5]
        raise Stopped

    with pytest.raises(Stopped):
        service.run_rows(
            engine, force=fresh_force, kind="people", rows=ended_early(), requested_by="test"
        )
    assert look("SELECT count(*) FROM persons") == [(4,)]
    assert bring("people", *rows).counts == (2, 0, 4, 0)


def test_a_row_that_only_the_database_refuses_stops_no_other(bring, look, owner):
    with owner.begin() as connection:
        connection.execute(text("ALTER TABLE persons ADD CHECK (family_name <> 'Refused')"))
    try:
        rows = [{"source_ref": f"A{n}", "family_name": f"Name{n}"} for n in range(9)]
        brought = bring("people", *rows, {"source_ref": "A9", "family_name": "Refused"})
        planned = bring("people", {"source_ref": "B", "family_name": "Refused"}, dry_run=True)
    finally:
        with owner.begin() as connection:
            connection.execute(
                text("ALTER TABLE persons DROP CONSTRAINT persons_family_name_check")
            )
    assert (brought.counts, planned.counts) == ((9, 0, 0, 1), (0, 0, 0, 1))
    assert brought.said("refused") == [(10, "")]
    assert look("SELECT count(*) FROM persons") == [(9,)]


def test_two_imports_of_the_same_rows_at_once_make_each_person_once(bring, look):
    rows = [{"source_ref": f"A{n}", "family_name": f"Name{n}"} for n in range(200)]
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(bring, "people", *rows) for _ in range(2)]
        counts = sorted(run.result().counts for run in runs)
    assert counts == [(0, 0, 200, 0), (200, 0, 0, 0)]
    assert look("SELECT count(*) FROM persons") == [(200,)]


def test_a_full_extract_flags_what_it_lacks_and_closes_nothing(run, look):
    first = "source_ref,family_name\nA1,Example\nA2,Sample\nA3,Other\n"
    run(first, complete=True)
    assert look("SELECT count(*) FROM flags") == [(0,)]
    summary = run("source_ref,family_name\nA1,Example\nA3,\n", complete=True)
    assert summary.refused == 1
    missing = """
        SELECT f.rule, f.severity, p.family_name, f.state FROM flags f
        JOIN persons p ON p.id = f.subject_id ORDER BY f.state, p.family_name
    """
    assert look(missing) == [("not-in-source", "warning", "Sample", "open")]
    run(first, complete=True)
    assert look(missing) == [("not-in-source", "warning", "Sample", "cleared")]


def test_a_full_extract_of_people_says_nothing_of_wants(run, bring, look):
    run("source_ref,family_name\nA1,Example\n")
    want = "source_ref,person_source_ref,reason,crime_reference\nW1,A1,named_suspect,1\n"
    run(want + "W2,A1,named_suspect,2\n", kind="wanted")
    run(want, kind="wanted", complete=True)
    run("source_ref,family_name\nA1,Example\n", complete=True)
    assert look("""
        SELECT f.subject_type, w.crime_reference, f.state
        FROM flags f JOIN wants w ON w.id = f.subject_id
    """) == [("want", "2", "open")]
    assert look("SELECT count(*) FROM wants WHERE state = 'outstanding'") == [(2,)]


def test_a_full_extract_with_rows_that_have_no_key_flags_nothing(run, tmp_path, look):
    run("source_ref,family_name\nA1,Example\nA2,Sample\n")
    run("source_ref,family_name\nA1,Example\n,Unknown\n", complete=True)
    assert look("SELECT count(*) FROM flags") == [(0,)]
    warned = written(tmp_path / "people.csv.warnings.csv")
    assert warned[0]["problem"].startswith("1 rows could not be told apart")


def test_a_full_extract_without_rows_flags_nothing(run, tmp_path, look):
    run("source_ref,family_name\n", complete=True)
    assert not (tmp_path / "people.csv.warnings.csv").exists()
    run("source_ref,family_name\nA1,Example\nA2,Sample\n")
    run("source_ref,family_name\n", complete=True)
    assert look("SELECT count(*) FROM flags") == [(0,)]
    warned = written(tmp_path / "people.csv.warnings.csv")
    assert warned[-1]["problem"].startswith("The file has no rows")


@pytest.fixture
def queued(engine, fresh_force, look):
    """Queue an upload; give its id."""

    def queue(content, **more):
        upload = Upload("people", content.encode(), "text/csv", "people.csv", False, False)
        with transaction(engine, Work(fresh_force)) as session:
            return queue_import(session, upload=upload, requested_by="test").id

    return queue


def test_an_upload_is_run_once_and_its_content_not_kept(queued, engine, look):
    queued(PEOPLE)
    assert service.run_queued(engine) == 1
    assert service.run_queued(engine) == 0
    assert look("SELECT state, content, summary ->> 'created' FROM imports") == [
        ("finished", None, "3")
    ]
    assert look("SELECT line, severity FROM import_problems ORDER BY line") == [
        (3, "warning"),
        (4, "refused"),
    ]


def test_an_upload_that_was_stopped_is_begun_again(queued, engine, look):
    queued(PEOPLE)
    look("UPDATE imports SET state = 'running', version = 2, started_at = now()")
    assert service.run_queued(engine) == 1
    assert look("SELECT state FROM imports") == [("finished",)]


def test_an_upload_that_somebody_is_running_is_left_to_them(queued, engine, look):
    import_id = queued(PEOPLE)
    with engine.connect() as other:
        assert service.queue_store.try_keep(other, import_id)
        assert service.run_queued(engine) == 0
        service.queue_store.let_go(other, import_id)
    assert service.run_queued(engine) == 1


def test_an_upload_that_stops_its_process_each_time_is_given_up(queued, engine, look):
    queued(PEOPLE)
    look("UPDATE imports SET state = 'running', version = 6")
    service.run_queued(engine)
    state, error, people = look("SELECT state, error, (SELECT count(*) FROM persons) FROM imports")[
        0
    ]
    assert (state, people) == ("failed", 0)
    assert error.startswith("The import stopped 5 times")


def test_the_planner_knows_a_new_force_once_its_import_has_ended(
    run, engine, fresh_force, monkeypatch
):
    monkeypatch.setattr(statistics, "MANY_ROWS", 100)
    run("source_ref,family_name\n" + "".join(f"B{n},Example\n" for n in range(200)))
    with transaction(engine, Work(fresh_force, writes=False)) as session:
        assert not store.is_unknown_to_planner(session, "people")


def test_a_file_is_read_one_batch_ahead_and_no_further(engine, fresh_force, monkeypatch):
    monkeypatch.setattr(running, "BATCH_ROWS", 10)
    taken = []

    def rows():
        for number in range(45):
            taken.append(number)
            yield {"source_ref": f"A{number}", "family_name": "Name"}

    noted = []

    class Noting:
        def add(self, _problems):
            noted.append(len(taken))

    service.run_rows(
        engine, force=fresh_force, kind="people", rows=rows(), requested_by="test", sink=Noting()
    )
    assert noted == [20, 30, 40, 45, 45]


def test_what_is_held_of_a_file_does_not_grow_with_it(engine, fresh_force, monkeypatch):
    monkeypatch.setattr(running, "BATCH_ROWS", 100)
    held = []

    def rows():
        # Refused for their birthday: of such a row nothing is kept but that it was there.
        for number in range(1_200):
            ref = f"{number:06}".rjust(200, "R")
            yield {"source_ref": ref, "family_name": "Name", "date_of_birth": "soon"}

    class Weighing:
        def add(self, _problems):
            if len(held) in {3, 10}:
                gc.collect()
            held.append(tracemalloc.get_traced_memory()[0])

    tracemalloc.start()
    try:
        summary = service.run_rows(
            engine,
            force=fresh_force,
            kind="people",
            rows=rows(),
            requested_by="test",
            sink=Weighing(),
        )
    finally:
        tracemalloc.stop()
    assert summary.refused == 1_200
    # The keys of the seven batches between alone would be 170,000 bytes.
    assert held[10] - held[3] < 60_000


def test_a_batch_is_bounded_in_bytes_as_well_as_in_rows(run, monkeypatch):
    monkeypatch.setattr(running, "BATCH_BYTES", 1_000)
    sizes = []
    check = running._Reader.check
    monkeypatch.setattr(
        running._Reader, "check", lambda self, lines: sizes.append(len(lines)) or check(self, lines)
    )
    rows = "".join(f"A{n},{'x' * 190},\n" for n in range(12))
    assert run("source_ref,family_name,pnc_id\n" + rows).created == 12
    assert sizes == [5, 6, 1]


def test_a_key_that_stood_in_an_earlier_batch_is_refused_with_its_first_line(bring, monkeypatch):
    monkeypatch.setattr(running, "BATCH_ROWS", 2)
    rows = [{"source_ref": ref, "family_name": "Name"} for ref in ("A1", "A2", "A3", "A1")]
    bad = [
        {"source_ref": "A2", "family_name": "Name", "date_of_birth": "soon"},
        {"source_ref": "A9", "family_name": "Name", "date_of_birth": "soon"},
        {"source_ref": "A9", "family_name": "Name"},
        {"source_ref": "a\0b", "family_name": "Name"},
        {"source_ref": "a" * 5_000, "family_name": "Name"},
    ]
    brought = bring("people", *rows, *bad)
    assert brought.counts == (3, 0, 0, 6)
    said = [(each.line, each.problem) for each in brought.problems]
    assert said[:4] == [
        (4, "This source_ref stands already in line 1."),
        (5, "This source_ref stands already in line 2."),
        (6, "This is not a date from the year 1900 on."),
        (7, "This source_ref stands already in line 6."),
    ]


def test_an_old_file_that_comes_again_after_a_newer_one_is_told_and_taken(run, tmp_path, look):
    older, newer = PEOPLE_OF.format("Older"), PEOPLE_OF.format("Newer")
    warned = tmp_path / "people.csv.warnings.csv"
    run(older)
    run(older)
    run(newer)
    assert not warned.exists()
    assert run(older, dry_run=True).updated == 1
    assert warned.exists()
    assert run(older).updated == 1
    (warning,) = written(warned)
    assert warning["line"] == "0"
    assert "and 1 others since" in warning["problem"]
    assert look("SELECT family_name FROM persons") == [("Older",)]
    assert run(newer).updated == 1
    assert look("SELECT family_name FROM persons") == [("Newer",)]
    # Each of them is the last of its kind when it comes again at once.
    assert run(newer).unchanged == 1
    assert not warned.exists()


def test_a_row_received_before_there_were_digests_is_unchanged_and_gets_one(bring, look):
    rows = [{"source_ref": f"A{n}", "family_name": "Name"} for n in range(3)]
    bring("people", *rows)
    look("UPDATE import_sources SET digest = NULL")
    assert bring("people", *rows).counts == (0, 0, 3, 0)
    assert look("SELECT count(digest) FROM import_sources") == [(3,)]


def test_a_geojson_file_is_read_as_features(run, look):
    content = b"""{"type": "FeatureCollection", "features": [{"type": "Feature",
        "properties": {"code": "N1", "name": "N", "district_code": "D", "district_name": "D"},
        "geometry": {"type": "Polygon", "coordinates": [[[0,50],[1,50],[1,51],[0,50]]]}}, 7]}"""
    assert run(content, "wards.geojson", "neighbourhoods") == (2, 1, 0, 0, 1, 0)


@pytest.mark.parametrize(
    "content", [b"{", b'{"type": "Feature"}', b'{"features": {}}', b"code,name\nN1,N\n"]
)
def test_what_is_no_feature_collection_is_refused(run, content):
    with pytest.raises(ImportRefused):
        run(content, "wards.geojson", "neighbourhoods")


def test_columns_of_each_kind_are_told():
    assert service.columns("people")[:3] == ["source_ref", "person_id", "force"]
    assert "outcome_at" in service.columns("wanted")
    assert service.columns("neighbourhoods") == ["code", "name", "district_code", "district_name"]
