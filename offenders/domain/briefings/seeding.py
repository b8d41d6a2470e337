"""Publishing made-up items and taking made-up receipts, once."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.actors import Actor
from offenders.domain.briefings.counting import pairs_of
from offenders.domain.briefings.items import Doing, publish_item
from offenders.domain.versions import IfMatch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_HAS_ITEMS = text("SELECT EXISTS (SELECT FROM briefings WHERE force = :force)")
_STANDING = text("""
    SELECT s.source_ref, w.id, w.lpa FROM import_sources s
    JOIN wants w ON w.force = s.force AND w.id = s.subject_id AND w.state = 'outstanding'
    WHERE s.force = :force AND s.kind = 'wanted' AND s.source_ref = ANY (:refs)
""")
# Of ten officers two hold it only and four have read it; who, is the same in every seed.
_RECEIVE = text(f"""
    INSERT INTO briefing_receipts (force, id, briefing_id, officer, client_id, kind, edition,
                                   occurred_at, recorded_at)
    SELECT :force, gen_random_uuid(), a.briefing_id, a.officer, gen_random_uuid(),
           CASE WHEN d.drawn < 4 THEN 'read' ELSE 'held' END, 1, :at, :at
    FROM ({pairs_of("true")}) a
    JOIN briefings b ON b.force = :force AND b.id = a.briefing_id
    CROSS JOIN LATERAL (
        SELECT (hashtext(b.title || b.priority || a.officer)::bigint & 2147483647) % 10 AS drawn) d
    WHERE d.drawn < 6
""")


def add_made_up_items(session: Session, items: Iterable[dict[str, Any]], by: str) -> int:
    """Publish items and take receipts of officers; give how many items, 0 where there are any."""
    force = session.info["force"]
    if session.execute(_HAS_ITEMS, {"force": force}).scalar_one():
        return 0
    rows = list(items)
    refs = [row["want"] for row in rows if "want" in row]
    found = session.execute(_STANDING, {"force": force, "refs": refs})
    standing = {row.source_ref: row for row in found}
    done = 0
    for row in rows:
        want = standing.get(row.get("want", ""))
        if "want" in row and want is None:
            continue
        publish_item(session, _doing(force, row, want, by))
        done += 1
    session.execute(_RECEIVE, {"force": force, "at": recorded_at(session)})
    return done


def _doing(force: str, row: dict[str, Any], want: Row[Any] | None, by: str) -> Doing:
    now = clock.now()
    fields = {
        "title": row["title"],
        "text": row["text"],
        "priority": row["priority"],
        "marking": "official",
        "handling": "normal",
        "grade": row.get("grade"),
        "about": {"type": "want", "id": want.id} if want is not None else None,
        "audience": {
            "teams": row["teams"],
            "lpas": [want.lpa] if want is not None and want.lpa else [],
        },
        "valid_until": now + timedelta(days=row["days"]),
    }
    actor = Actor(
        subject=by,
        name="",
        roles=frozenset({"duty_inspector"}),
        force=force,
        lpas=frozenset(),
        neighbourhoods=frozenset(),
        agency=None,
        token_id=None,
        issued_at=None,
    )
    return Doing(actor, force, "", fields, IfMatch(any_version=True), now)
