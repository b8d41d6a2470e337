"""A command receives lanes in processes of its own: they leave what threads leave, and end with it."""

from __future__ import annotations

import csv
import os
import random
import signal
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from lanes_given import PEOPLE, bring, faulty, known, on_record
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.imports import lanes, running
from offenders.domain.imports.service import run_file

BATCH, ROWS = 20, 180
# In smaller batches.
CHANGED = f"""
from offenders.domain.imports import lanes, running
lanes.FEWEST_ROWS, running.BATCH_ROWS = 2, {BATCH}
"""
PEOPLE_ROWS = [{"source_ref": f"P{n}", "family_name": f"Known{n}"} for n in range(PEOPLE)]


@pytest.fixture
def year(tmp_path):
    """Write a year of custody, with rows that are refused and rows that warn."""
    rnd = random.Random(4)
    rows = faulty([known(number, rnd) for number in range(ROWS)])
    path = tmp_path / "custody.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def begin(command, year):
    """Start the import of the file."""
    return lambda force: command(CHANGED, "custody", str(year), "--force", force)


@pytest.fixture
def by_threads(engine, other_force, year, monkeypatch):
    """Give what receiving in threads leaves, and what it says of rows."""
    monkeypatch.setattr(lanes, "FEWEST_ROWS", 2)
    monkeypatch.setattr(running, "BATCH_ROWS", BATCH)
    bring(engine, other_force, PEOPLE_ROWS, "people")
    run_file(engine, force=other_force, kind="custody", path=year, requested_by="test")
    return on_record(engine, other_force), told(year)


def told(year):
    endings = (".refused.csv", ".warnings.csv")
    return [year.with_name(year.name + ending).read_text(encoding="utf-8") for ending in endings]


def children(process):
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    return [int(each) for each in listed.split()]


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2][1] != "Z"
    except OSError:
        return False


def wait_until(is_so, patience=60):
    deadline = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def half_received(engine, fresh_force, begin, look, year):
    """Give, for as long as an officer keeps one lane waiting, a command whose other has ended."""
    bring(engine, fresh_force, PEOPLE_ROWS, "people")
    with year.open(encoding="utf-8") as file:
        first = next(csv.DictReader(file))["person_source_ref"].replace("P", "Known")

    @contextmanager
    def keeping():
        held = text("SELECT FROM persons WHERE family_name = :name FOR UPDATE")
        with transaction(engine, Work(fresh_force)) as officer:
            officer.execute(held, {"name": first})
            process = begin(fresh_force)
            wait_until(lambda: look("SELECT count(*) FROM detentions") > [(0,)])
            yield process

    return keeping


def end(process):
    printed, complaint = process.communicate(timeout=120)
    return process.returncode, printed, complaint


def test_processes_leave_what_threads_leave(engine, fresh_force, by_threads, begin, year):
    bring(engine, fresh_force, PEOPLE_ROWS, "people")
    status, printed, _ = end(begin(fresh_force))
    assert status == 1  # some rows are refused
    assert f"read: {ROWS}\n" in printed
    assert (on_record(engine, fresh_force), told(year)) == by_threads
    assert "created: 0\nupdated: 0\n" in end(begin(fresh_force))[1]


def test_they_end_with_a_command_that_is_killed_and_the_next_goes_on(
    engine, fresh_force, by_threads, half_received, begin
):
    with half_received() as process:
        of_lanes = children(process)
        assert len(of_lanes) == lanes.LANES
        process.kill()
        assert end(process)[0] == -signal.SIGKILL
        wait_until(lambda: not any(is_alive(pid) for pid in of_lanes))
    end(begin(fresh_force))
    assert on_record(engine, fresh_force) == by_threads[0]


def test_one_that_is_killed_ends_the_command_with_advice_and_the_next_goes_on(
    engine, fresh_force, by_threads, half_received, begin
):
    with half_received() as process:
        of_lanes = children(process)
        os.kill(of_lanes[0], signal.SIGKILL)
        status, _, complaint = end(process)
        assert (status, "Run the import again: it goes on." in complaint) == (1, True)
        wait_until(lambda: not any(is_alive(pid) for pid in of_lanes))
    end(begin(fresh_force))
    assert on_record(engine, fresh_force) == by_threads[0]


HELD = """
    SELECT count(*) FROM pg_locks
    WHERE locktype = 'advisory' AND objsubid = 2 AND granted
      AND (classid, objid) = (SELECT CAST(CAST(hashtext('imports') AS bigint) & 4294967295 AS oid),
                                     CAST(CAST(hashtext(:force) AS bigint) & 4294967295 AS oid))
"""


def test_one_that_is_stopped_twice_lets_others_in_when_its_lanes_have_ended(
    fresh_force, half_received, look
):
    with half_received() as process:
        of_lanes = children(process)
        for _ in range(2):
            process.send_signal(signal.SIGTERM)
            time.sleep(0.5)  # it waits for its lanes by now, and at the second no longer
        assert look(HELD, force=fresh_force) == [(1,)]
        assert all(is_alive(pid) for pid in of_lanes)
    status, _, complaint = end(process)
    assert (status, complaint) == (128 + signal.SIGTERM, "")
    assert not any(is_alive(pid) for pid in of_lanes)
