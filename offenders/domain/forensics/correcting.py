"""Correcting hits by what their source now says of them; what was decided here stands."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.forensics import store
from offenders.domain.forensics.behind import By, hand_over, on_want, take_ground
from offenders.domain.forensics.classes import class_of
from offenders.domain.forensics.intake import naming_of
from offenders.domain.forensics.linking import link_wants
from offenders.domain.forensics.models import ForensicHit
from offenders.domain.forensics.rules import DEALT_WITH, FINAL, PersonState, due_moments
from offenders.domain.history import keep_history
from offenders.domain.wanted import service as wanted
from offenders.domain.wanted.rules import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.forensics.rules import Meant

    _Hit = dict[str, Any]

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
    A hit of another crime than said before leaves its want for that of the crime, unless the
    person was dealt with on it. Nobody is wanted for a hit that has ended.
    """
    if not corrections:
        return
    force = session.info["force"]
    ids = [each.hit_id for each in corrections]
    held = session.execute(_HELD, {"force": force, "ids": ids})
    hits = {row.id: dict(row._mapping) for row in held}  # noqa: SLF001 - a row's public mapping
    before = {hit_id: dict(hit) for hit_id, hit in hits.items()}
    figures = store.figures_today(session)
    named = [each for each in corrections if _correct(hits[each.hit_id], each, figures)]
    moved = _find_moved(session, before, hits)
    linked = [hits[hit_id] for hit_id in dict.fromkeys([*(e.hit_id for e in named), *moved])]
    wants = link_wants(session, actor, [naming_of(each) for each in linked])
    for hit, want in zip(linked, wants, strict=True):
        hit["want_id"] = want
    written = orjson.dumps([{n: h[n] for n in ("id", *_CHANGED)} for h in hits.values()])
    session.execute(_CHANGE, {"force": force, "hits": written.decode(), "at": recorded_at(session)})
    keep_history(session, ForensicHit.__table__, force, ids)
    by = By(actor, clock.now())
    for hit in linked:
        if hit["allocated_at"] is not None:
            held_want = store.hold_want(session, hit["want_id"])
            hand_over(session, SimpleNamespace(**hit), by, held_want)
    for hit_id in moved:
        _leave(session, by, before[hit_id], SimpleNamespace(**hits[hit_id]))


def _correct(hit: dict[str, Any], correction: Correction, figures: Mapping[str, int]) -> bool:
    """Put in what the source says now; say whether it names the person of an open hit."""
    hit |= correction.facts
    hit["stated"] = dict(correction.stated)
    hit["offence_class"] = class_of(hit["offence_code"])
    hit |= due_moments(figures, hit["offence_class"], hit["received_at"])
    meant = correction.meant
    if meant is None or hit["person_state"] == PersonState.KNOWN or hit["state"] in FINAL:
        return False
    hit |= {
        "person_state": meant.state,
        "person_id": meant.person_id,
        "doubt": meant.doubt,
        "candidates": list(meant.candidates),
    }
    return meant.person_id is not None


def _find_moved(
    session: Session, before: Mapping[UUID, _Hit], hits: Mapping[UUID, _Hit]
) -> list[UUID]:
    """Give the hits whose want is for another crime than that which is said now."""
    changed = {
        hit_id: hit
        for hit_id, hit in hits.items()
        if before[hit_id]["want_id"] is not None
        and before[hit_id]["crime_reference"] != hit["crime_reference"]
        and hit["state"] not in FINAL
    }
    people = {hit["person_id"] for hit in changed.values()}
    _, rows = wanted.hold_suspects(session, people)
    wants = {row.id: row for row in rows if row.state not in {*DEALT_WITH, Outcome.DECEASED}}
    return [
        hit_id
        for hit_id, hit in changed.items()
        if (want := wants.get(hit["want_id"])) is not None
        and want.crime_reference != hit["crime_reference"]
    ]


def _leave(session: Session, by: By, before: _Hit, hit: Any) -> None:
    """Say in both wants that the hit has left the one for the other."""
    old, new = before["crime_reference"] or "an unknown crime", hit.crime_reference
    what = f"is of {new} by what its source says now, not of {old}"
    if not take_ground(session, hit, by, before["want_id"], what):
        text_of_old = {"text": f"Forensic hit {hit.reference} has left this want: it {what}."}
        wanted.record_note(session, on_want(hit.force, before["want_id"], by, text_of_old))
    text_of_new = {"text": f"Forensic hit {hit.reference} is behind this want now: it {what}."}
    wanted.record_note(session, on_want(hit.force, hit.want_id, by, text_of_new))
