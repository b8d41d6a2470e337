"""Requiring checks: one for each detention and country, once, in sets."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

from acro_given import given_detentions, required
from sqlalchemy import text

from offenders.domain.acro.service import require_checks


def test_each_foreign_country_gets_a_check_and_the_united_kingdom_none(session):
    one, other, british = given_detentions(session, 3)
    found = require_checks(
        session,
        [
            required(one, "ROU", "ALB", "ROU"),
            required(other, "GBR", "USA"),
            required(british, "GBR"),
        ],
    )
    assert [row.country for row in found[one.id]] == ["ALB", "ROU"]
    shown = {row.country: json.loads(row[0]) for rows in found.values() for row in rows}
    assert {country: each["channel"] for country, each in shown.items()} == {
        "ALB": "non_eu",
        "ROU": "eu",
        "USA": "non_eu",
    }
    assert shown["ROU"]["state"] == "required"
    assert british.id not in found
    due = session.execute(
        text("SELECT DISTINCT request_due_at - detained_at FROM acro_checks")
    ).scalars()
    assert [each.days for each in due] == [1]


def test_requiring_again_changes_nothing_and_gives_the_same(session):
    (detention,) = given_detentions(session, 1)
    first = require_checks(session, [required(detention, "ROU")])
    session.execute(
        text("UPDATE acro_checks SET state = 'not_possible', not_possible_because = 'x'")
    )
    again = require_checks(session, [required(detention, "ROU", "POL")])
    assert [row.id for row in again[detention.id]][1] == first[detention.id][0].id
    assert [json.loads(row[0])["state"] for row in again[detention.id]] == [
        "required",
        "not_possible",
    ]
    history = session.execute(text("SELECT country FROM acro_checks_history ORDER BY 1")).scalars()
    assert list(history) == ["POL", "ROU"]


def test_the_sender_of_a_detention_has_required_its_checks(session):
    (detention,) = given_detentions(session, 1)
    require_checks(session, [required(detention, "ROU")])
    assert session.execute(text("SELECT recorded_by FROM acro_checks")).scalar_one() == "custody"


def test_a_check_follows_its_detention_where_that_is_corrected(session):
    (detention,) = given_detentions(session, 1, lpa="NORTH")
    require_checks(session, [required(detention, "ROU")])
    session.execute(text("INSERT INTO lpas VALUES ('33', 'SOUTH', 'SOUTH')"))
    moved = required(detention, "ROU")
    moved = replace(moved, lpa="SOUTH", detained_at=moved.detained_at + timedelta(hours=2))
    for _ in range(2):
        require_checks(session, [moved])
    found = session.execute(
        text("SELECT lpa, request_due_at - detained_at, version, state FROM acro_checks")
    ).one()
    assert tuple(found) == ("SOUTH", timedelta(days=1), 2, "required")
    history = text("SELECT lpa FROM acro_checks_history ORDER BY recorded_from")
    assert list(session.execute(history).scalars()) == ["NORTH", "SOUTH"]
