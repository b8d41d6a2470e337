"""Only stays near those of a file are read for its rows: it is judged as by all of them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from lanes_given import bring, on_record

from offenders.domain.custody import store
from offenders.domain.imports import custody_plan

START = datetime(2025, 3, 28, tzinfo=UTC)  # the clocks go forward two days later
PEOPLE = [{"source_ref": f"P{number}", "family_name": f"Known{number}"} for number in range(3)]


def nights(seed):
    """Give files of rows about a few people's stays, near each other and far apart, some again."""
    rnd = random.Random(seed)
    files, rows = [], []
    for number in range(60):
        arrested_at = START + timedelta(hours=rnd.choice([0, 2_000, 9_000]) + rnd.randrange(200))
        released_at = arrested_at + timedelta(hours=rnd.choice([1, 2, 5, 20, 96, 97, 300]))
        rows.append(
            {
                "source_ref": f"D{number}",
                "custody_number": f"CU/{number}",
                "person_source_ref": f"P{rnd.randrange(3)}",
                "arrested_at": arrested_at.isoformat(),
                "released_at": rnd.choice(["", released_at.isoformat()]),
            }
        )
    for first in range(0, 60, 12):
        changed = [
            row | {"released_at": row["arrested_at"]} for row in rnd.sample(rows[: first + 1], 1)
        ]
        files.append(rows[first : first + 12] + changed * (first > 0))
    return files


def near(stay, spans, hours):
    since, until = spans[stay.person_id]
    ended = stay.released_at or stay.arrested_at + timedelta(hours=hours)
    return stay.arrested_at < until and ended > since


@pytest.mark.parametrize("seed", range(3))
def test_rows_are_judged_as_by_every_stay(engine, fresh_force, other_force, monkeypatch, seed):
    left_out = []

    def all_stays(session, spans, hours):
        stays = store.list_stays(session, spans.keys())
        left_out.extend(stay for stay in stays if not near(stay, spans, hours))
        return stays

    bring(engine, fresh_force, PEOPLE, "people")
    by_near = [bring(engine, fresh_force, rows) for rows in nights(seed)]
    monkeypatch.setattr(custody_plan.custody, "list_stays_near", all_stays)
    bring(engine, other_force, PEOPLE, "people")
    by_all = [bring(engine, other_force, rows) for rows in nights(seed)]
    assert by_near == by_all
    assert on_record(engine, fresh_force) == on_record(engine, other_force)
    assert left_out
    assert {severity for _, found in by_near for _, severity, *_ in found} == {"refused", "warning"}
