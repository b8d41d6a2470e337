"""What tests take as given, made through the API wherever it can be."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import text

from offenders import clock
from offenders.db import Work, transaction


def given_person(client, headers, *, force="33", **fields):
    """Record a person; a made-up one unless told."""
    body = {"family_name": "Example", "given_names": "Ann", "date_of_birth": "1990-01-01"} | fields
    answer = client.post("/v1/people", json=body, headers=headers("investigator", force=force))
    assert answer.status_code == 201, answer.json
    return answer.json


def given_entry(client, headers, person, kind, *, force="33", **fields):
    """Add an alias, address, marker or the like to a person."""
    answer = client.post(
        f"/v1/people/{person['id']}/{kind}",
        json=fields,
        headers=headers("supervisor", force=force),
    )
    assert answer.status_code == 201, answer.json
    return answer.json


def given_want(client, headers, *, person=None, force="33", **fields):
    """Enter a want through the API; on a new person unless one is given."""
    person = person or given_person(client, headers, force=force)
    body = {"person_id": person["id"], "reason": "named_suspect", **fields}
    answer = client.post("/v1/wanted", json=body, headers=headers("investigator", force=force))
    assert answer.status_code == 201, answer.json
    return answer.json


def given_detention(client, headers, *, person=None, force="33", role="custody_client", **fields):
    """Record a detention through the API; of a new person unless one is given."""
    person = person or given_person(client, headers, force=force)
    body = {
        "person_id": person["id"],
        "custody_number": f"CU/{uuid4().hex[:12]}",
        "arrested_at": (clock.now() - timedelta(hours=1)).isoformat(),
        **fields,
    }
    answer = client.post("/v1/detentions", json=body, headers=headers(role, force=force))
    assert answer.status_code == 201, answer.json
    return answer.json


def given_neighbourhood(client, code, *, lpa="N", south_west=(52.0, -1.0), force="33"):
    """Insert a square neighbourhood, 0.01 degrees wide, with its LPA."""
    latitude, longitude = south_west
    corners = [(0, 0), (0, 0.01), (0.01, 0.01), (0.01, 0)]
    ring = ",".join(f"({longitude + east},{latitude + north})" for north, east in corners)
    values = {"force": force, "code": code, "lpa": lpa, "ring": f"({ring})"}
    with transaction(client.application.extensions["offenders"].engine, Work(force)) as session:
        for statement in (
            "INSERT INTO lpas VALUES (:force, :lpa, :lpa) ON CONFLICT DO NOTHING",
            "INSERT INTO neighbourhoods (force, code, name, lpa) VALUES (:force, :code, :code, :lpa)",
            """INSERT INTO neighbourhood_rings (force, id, neighbourhood, is_hole, ring)
               VALUES (:force, gen_random_uuid(), :code, false, CAST(:ring AS polygon))""",
        ):
            session.execute(text(statement), values)
    return {"code": code, "lpa": lpa}
