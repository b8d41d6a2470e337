"""Detentions and checks that tests take as given."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.acro.service import Required, require_checks
from offenders.ids import new_id, new_reference

ARRESTED = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
_PERSON = text("""
    INSERT INTO persons (force, id, reference, family_name, given_names, date_of_birth, version,
                         recorded_at, updated_at)
    VALUES (:force, :person, :person_reference, 'Example', 'Ann', '1990-01-01', 1, :at, :at)
""")
_DETENTION = text("""
    INSERT INTO detentions (force, id, reference, person_id, custody_number, arrested_at,
                            countries, foreign_national, nationality_unknown, lpa, recorded_by,
                            version, recorded_at, updated_at)
    VALUES (:force, :id, :reference, :person, :number, :arrested_at, :countries, :foreign,
            :unknown, :lpa, :by, 1, :at, :at)
    RETURNING id, reference, person_id, lpa, arrested_at, custody_number
""")


def given_detentions(  # what of them a test cares for
    session, count, *, arrested_at=ARRESTED, countries=(), lpa=None, unknown=False, by="custody"
):
    """Put detentions on record, each of a person of its own."""
    force = session.info["force"]
    # A request answered over the same connection may have left another force behind.
    session.execute(text("SELECT set_config('app.force', :force, true)"), {"force": force})
    if lpa is not None:
        session.execute(
            text("INSERT INTO lpas VALUES (:force, :lpa, :lpa) ON CONFLICT DO NOTHING"),
            {"force": force, "lpa": lpa},
        )
    return [
        _given(session, arrested_at, list(countries), lpa, unknown=unknown, by=by)
        for _ in range(count)
    ]


def _given(session, arrested_at, countries, lpa, *, unknown, by):
    force = session.info["force"]
    reference = new_reference("D", force)
    values = {
        "force": force,
        "id": new_id(force),
        "reference": reference,
        "person": new_id(force),
        "person_reference": new_reference("P", force),
        "number": f"C-{reference}",
        "arrested_at": arrested_at,
        "countries": countries,
        "foreign": bool(countries),
        "unknown": unknown,
        "lpa": lpa,
        "by": by,
        "at": recorded_at(session),
    }
    session.execute(_PERSON, values)
    return session.execute(_DETENTION, values).one()


def required(detention, *countries):
    """Say which countries a detention requires to be asked."""
    return Required(
        detention.id, detention.person_id, detention.lpa, detention.arrested_at, countries
    )


def given_checks(session, *countries, **detention):
    """Put one detention on record with the checks that it requires; give them by country."""
    (made,) = given_detentions(session, 1, countries=countries, **detention)
    found = require_checks(session, [required(made, *countries)])
    return made, {row.country: json.loads(row[0]) for row in found[made.id]}


def given_check(session, country="ROU", **detention):
    """Put one check on record."""
    return given_checks(session, country, **detention)[1][country]


def act(client, headers, check, step, *roles, version=None, force="33", **body):
    """Do one step of a check, as read just before."""
    sent = headers(*(roles or ("investigator",)), force=force)
    path = f"/v1/acro-checks/{check['id']}"
    if version is None:
        version = client.get(path, headers=headers("investigator", force=force)).json["version"]
    return client.post(f"{path}/{step}", json=body, headers=sent | {"If-Match": f'"{version}"'})
