"""Correcting hits by what their source now says of them; what was decided here stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.forensics import store
from offenders.domain.forensics.classes import class_of
from offenders.domain.forensics.intake import naming_of
from offenders.domain.forensics.linking import link_wants
from offenders.domain.forensics.models import ForensicHit
from offenders.domain.forensics.rules import FINAL, PersonState, due_moments
from offenders.domain.history import keep_history

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.forensics.rules import Meant

_CHANGED: Final = (
    "type",
    "laboratory_reference",
    "crime_reference",
    "offence_code",
    "offence_class",
    "identified_at",
    "received_at",
    "lpa",
    "neighbourhood",
    "person_state",
    "person_id",
    "doubt",
    "candidates",
    "stated",
    "want_id",
    "research_due_at",
    "allocation_due_at",
    "arrest_due_at",
)
_HELD = text("""
    SELECT * FROM forensic_hits WHERE force = :force AND id = ANY (:ids) ORDER BY id FOR UPDATE
""")
_CHANGE = text(f"""
    UPDATE forensic_hits h
    SET {", ".join(f"{name} = c.{name}" for name in _CHANGED)},
        version = h.version + 1, updated_at = :at
    FROM jsonb_populate_recordset(CAST(NULL AS forensic_hits), CAST(:hits AS jsonb)) c
    WHERE h.force = :force AND h.id = c.id
""")


class Correction(NamedTuple):
    """What a hit's source says otherwise: facts, and of the person what is stated now.

    `meant` is whom that names; None where the person is said as before.
    """

    hit_id: UUID
    facts: Mapping[str, Any]
    stated: Mapping[str, Any]
    meant: Meant | None


def correct_hits(session: Session, actor: str, corrections: Sequence[Correction]) -> None:
    """Write corrections in one go; whom a correction names gets the hit and its want.

    The person of a hit that has one is never changed: that a human does, or an elimination.
    Nobody is wanted for a hit that has ended.
    """
    if not corrections:
        return
    force = session.info["force"]
    ids = [each.hit_id for each in corrections]
    held = session.execute(_HELD, {"force": force, "ids": ids})
    hits = {row.id: dict(row._mapping) for row in held}  # noqa: SLF001 - a row's public mapping
    figures = store.figures_today(session)
    linked = []
    for each in corrections:
        hit = hits[each.hit_id]
        hit |= each.facts
        hit["stated"] = dict(each.stated)
        hit["offence_class"] = class_of(hit["offence_code"])
        hit |= due_moments(figures, hit["offence_class"], hit["received_at"])
        meant = each.meant
        is_decided = hit["person_state"] == PersonState.KNOWN or hit["state"] in FINAL
        if meant is None or is_decided:
            continue
        hit |= {
            "person_state": meant.state,
            "person_id": meant.person_id,
            "doubt": meant.doubt,
            "candidates": list(meant.candidates),
        }
        if meant.person_id is not None:
            linked.append(hit)
    wants = link_wants(session, actor, [naming_of(each) for each in linked])
    for hit, want in zip(linked, wants, strict=True):
        hit["want_id"] = want
    written = orjson.dumps([{n: h[n] for n in ("id", *_CHANGED)} for h in hits.values()])
    session.execute(_CHANGE, {"force": force, "hits": written.decode(), "at": recorded_at(session)})
    keep_history(session, ForensicHit.__table__, force, ids)
