"""An import that is killed for real leaves whole batches, and run again ends where it would have."""

from __future__ import annotations

import csv
import signal
import time

import pytest
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.imports.service import run_file

BATCH, ROWS, HELD = 20, 100, 50
# In smaller batches.
CHANGED = f"""
from offenders.domain.imports import running
running.BATCH_ROWS = {BATCH}
"""
STATE = """
    SELECT s.source_ref, p.family_name, p.given_names, p.version,
           (SELECT count(*) FROM person_name_tokens t WHERE t.person_id = p.id),
           (SELECT count(*) FROM person_names n WHERE n.person_id = p.id),
           (SELECT count(*) FROM persons_history h WHERE h.id = p.id),
           (SELECT count(*) FROM flags f WHERE f.subject_id = p.id AND f.state = 'open')
    FROM import_sources s JOIN persons p ON p.id = s.subject_id ORDER BY 1
"""


def write(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("source_ref", "family_name", "given_names"), *rows])
    return path


@pytest.fixture
def before(tmp_path):
    """Write what the force holds already: one that the extract changes, one that it lacks."""
    rows = [(f"A{HELD:03}", "Standing", "Ann"), ("B000", "Missing", "")]
    return write(tmp_path / "before.csv", rows)


@pytest.fixture
def extract(tmp_path):
    rows = [(f"A{number:03}", f"Family{number}", "Ann") for number in range(ROWS)]
    return write(tmp_path / "people.csv", rows)


@pytest.fixture
def begin(command, extract):
    """Start the import of the file."""
    return lambda force: command(CHANGED, "people", str(extract), "--force", force, "--complete")


def wait_until(is_so, patience=50):
    deadline = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_an_import_killed_between_batches_and_run_again_ends_where_it_would_have(
    engine, fresh_force, other_force, before, extract, begin, look
):
    def bring(force, path, **more):
        return run_file(engine, force=force, kind="people", path=path, requested_by="test", **more)

    bring(other_force, before)
    bring(other_force, extract, complete=True)
    bring(fresh_force, before)
    with transaction(engine, Work(fresh_force)) as officer:
        # Somebody who is at work on this person holds the third batch up.
        officer.execute(text("SELECT FROM persons WHERE family_name = 'Standing' FOR UPDATE"))
        process = begin(fresh_force)
        wait_until(lambda: look("SELECT count(*) FROM persons") >= [(2 + 2 * BATCH,)])
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        process.communicate()
    assert look("SELECT count(*) FROM persons") == [(2 + 2 * BATCH,)]
    assert look("SELECT count(*) FROM flags") == [(0,)]
    process = begin(fresh_force)
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    assert f"created: {ROWS - 2 * BATCH - 1}\nupdated: 1\nunchanged: {2 * BATCH}\n" in printed
    with transaction(engine, Work(other_force)) as session:
        uninterrupted = [tuple(row) for row in session.execute(text(STATE))]
    assert look(STATE) == uninterrupted
    assert len(uninterrupted) == ROWS + 1
