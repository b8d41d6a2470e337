"""What tests of imports share: rows brought in and tables looked at, for real, in a fresh force."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.imports.service import Summary, run_rows

if TYPE_CHECKING:
    from offenders.domain.imports.problems import Problem


PROJECT = Path(__file__).resolve().parents[2]


class Kept(list):
    """A sink that keeps the problems it is given."""

    def add(self, problems):
        self.extend(problems)


class Brought(NamedTuple):
    """What became of rows that were brought in."""

    summary: Summary
    problems: list[Problem]

    @property
    def counts(self):
        """Give created, updated, unchanged, refused; the rows read are always their sum."""
        assert self.summary.read == sum(self.summary[1:5])
        return tuple(self.summary[1:5])

    def said(self, severity):
        """Give (line, field) of what was said."""
        return [(each.line, each.field) for each in self.problems if each.severity == severity]


@pytest.fixture
def bring(engine, fresh_force):
    def bring_in(kind, *rows, **more):
        kept = Kept()
        summary = run_rows(
            engine, force=fresh_force, kind=kind, rows=rows, requested_by="test", sink=kept, **more
        )
        return Brought(summary, kept)

    return bring_in


@pytest.fixture
def command(database):
    """Start `offenders import` as a process of its own; `changed` alters it before."""

    def start(changed, *arguments):
        environment = {k: v for k, v in os.environ.items() if not k.startswith("OFFENDERS_")}
        code = f"{changed}\nfrom offenders.cli import main\nmain()"
        return subprocess.Popen(
            [sys.executable, "-c", code, "import", *arguments],
            cwd=PROJECT,
            env=environment | {"OFFENDERS_DATABASE_URL": database.app},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


@pytest.fixture
def look(engine, fresh_force):
    def look_up(statement, **values):
        with transaction(engine, Work(fresh_force)) as session:
            found = session.execute(text(statement), values)
            return [tuple(row) for row in found] if found.returns_rows else None

    return look_up


@pytest.fixture
def call(committing_app, headers, fresh_force):
    """Call the API in the fresh force as a supervisor, with the ETag of the record."""
    client = committing_app.test_client()
    caller = headers("supervisor", force=fresh_force)

    def send(method, path, if_match=None, **body):
        match = {"If-Match": if_match or client.get(path, headers=caller).headers.get("ETag", "*")}
        answer = client.open(path, method=method, headers=caller | match, json=body or None)
        assert answer.status_code < 300, answer.json
        return answer.json

    return send
