"""What tests of the PNC share: files brought in and differences looked at, all undone after."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from offenders.db import Work, transaction
from offenders.domain.imports.kinds import kind_of
from offenders.domain.imports.reading import Line
from offenders.domain.imports.running import Order, run_lines
from offenders.ids import new_id

class Kept(list):
    """A sink that keeps the problems it is given."""

    def add(self, problems):
        self.extend(problems)


@pytest.fixture
def bring(connection):
    """Bring rows of a kind into force 33; give the summary and the problems."""

    def bring_in(kind, *rows, complete=False, dry_run=False, force="33", import_id=None):
        order = Order(
            force, kind_of(kind), "test", import_id or new_id(force), dry_run, complete
        )
        kept = Kept()
        lines = (Line(number, dict(row), None, 0) for number, row in enumerate(rows, start=1))
        summary = run_lines(connection, order, lines, kept)
        assert summary.read == sum(summary[1:5])
        return summary, kept

    return bring_in


@pytest.fixture
def pnc(bring):
    """Bring in PNC's list, the whole of it unless told."""

    def bring_in(*rows, complete=True, **more):
        return bring("pnc-wanted", *rows, complete=complete, **more)

    return bring_in


@pytest.fixture
def look(connection):
    """Ask the database in a force; a change is kept until the test ends."""

    def look_up(statement, force="33", **values):
        with transaction(connection, Work(force)) as session:
            found = session.execute(text(statement), values)
            return found.all() if found.returns_rows else None

    return look_up


@pytest.fixture
def listed(client, headers):
    """List differences as a caller sees them; every one unless filtered."""

    def ask(role="supervisor", *, force="33", lpas=(), **query):
        sent = headers(role, force=force, lpas=lpas)
        answer = client.get("/v1/pnc-differences", query_string=query, headers=sent)
        assert answer.status_code == 200, answer.json
        return answer.json["items"]

    return ask
