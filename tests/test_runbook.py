"""The commands of docs/runbook.md, run as they are printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2

from offenders.bundled import joined
from offenders.issuer import load_or_make_key

PROJECT = Path(__file__).resolve().parents[1]
RUNBOOK = (PROJECT / "docs/runbook.md").read_text(encoding="utf-8")


def shell(heading, data, backup):
    """Run what stands in the section's shell block."""
    section = RUNBOOK.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    commands = re.findall(r"```sh\n(.*?)```", section, re.DOTALL)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(
        ["bash", "-euc", "".join(commands)],
        cwd=PROJECT,
        env={**os.environ, "PATH": path, "DATA": str(data), "BACKUP": str(backup)},
        check=True,
        timeout=300,
    )


def ask(url, statement):
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else None


def test_a_backup_brings_back_what_was_there(tmp_path):
    data, backup = tmp_path / "var", tmp_path / "backup"
    backup.mkdir()
    load_or_make_key(data)
    with joined(data) as urls:
        ask(urls.owner, "CREATE TABLE kept AS SELECT 'before' AS state")
        shell("Back up", data, backup)
        ask(urls.owner, "UPDATE kept SET state = 'after'")
    shell("Restore", data, backup)
    with joined(data) as urls:
        assert ask(urls.owner, "SELECT state FROM kept") == [("before",)]


def test_a_removed_key_is_made_anew(tmp_path):
    first = load_or_make_key(tmp_path).private_numbers()
    shell("Rotate keys", tmp_path, tmp_path)
    assert load_or_make_key(tmp_path).private_numbers() != first
