"""Wants of other forces: only force, reference and a contact cross, by the narrow functions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text

from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

ELSEWHERE: Final = "wanted-elsewhere"

_FIND: Final = text("""
    SELECT place, force, reference, contact
    FROM wanted_elsewhere(:force, CAST(:pnc_ids AS text[]), CAST(:untils AS timestamptz[]),
                          :actor, :role, :request_id)
""")
# In one order of force and reference, so that two forces never wait for each other in a ring.
_RAISE: Final = text("""
    SELECT raise_flag_in(t.in_force, t.flag_id, :rule, :severity, t.reference, t.because, :actor,
                         :role, :request_id)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
         AS t (in_force text, flag_id uuid, reference text, because jsonb)
    ORDER BY t.in_force, t.reference
""")
_END: Final = text("""
    SELECT end_wanted_elsewhere(:force, CAST(:references AS text[]), :actor, 'wanted', :because)
""")
_END_DETAINED: Final = text("""
    SELECT end_detained_elsewhere(:force, CAST(:forces AS text[]), CAST(:wants AS text[]),
                                  CAST(:detentions AS text[]), :because, :actor, 'custody')
""")
NOBODY_WANTS: Final = "No force wants the person any longer."


@dataclass(frozen=True)
class Asker:
    """Who asks or tells another force, by which role and in which request: for its audit."""

    actor: str
    role: str
    request_id: str


def find_elsewhere(
    session: Session, asked: Sequence[tuple[str, datetime]], asker: Asker
) -> list[Row[Any]]:
    """Give other forces' open wants of valid PNC IDs, each entered by its moment.

    As (place, force, reference, contact); `place` counts `asked` from 1.
    """
    if not asked:
        return []
    values = {
        "force": session.info["force"],
        "pnc_ids": [pnc_id for pnc_id, _ in asked],
        "untils": [until for _, until in asked],
        **told_by(asker),
    }
    session.flush()
    return list(session.execute(_FIND, values))


def tell_elsewhere(
    session: Session, told: Sequence[tuple[str, str, Mapping[str, Any]]], asker: Asker
) -> None:
    """Flag wants of other forces, each given as its force, its reference and what is said."""
    if not told:
        return
    rows = [
        {"in_force": force, "flag_id": new_id(force), "reference": reference, "because": because}
        for force, reference, because in told
    ]
    values = {
        "rows": orjson.dumps(rows).decode(),
        "rule": ELSEWHERE,
        "severity": "alert",
        **told_by(asker),
    }
    session.execute(_RAISE, values)


def end_elsewhere(session: Session, references: Sequence[str], because: str = NOBODY_WANTS) -> None:
    """Take wants that have ended out of the flags that other forces have of them.

    `because` is what a flag says that has no want left.
    """
    force = session.info["force"]
    values = {
        "force": force,
        "references": list(references),
        "actor": f"force {force}",
        "because": because,
    }
    session.execute(_END, values)


def end_detained(session: Session, told: Sequence[tuple[str, str, str]], because: str) -> None:
    """End what other forces were told of detentions here: each is a force, its want, our detention.

    A flag that tells of a later detention since stays.
    """
    if not told:
        return
    forces, wants, detentions = (list(each) for each in zip(*told, strict=True))
    force = session.info["force"]
    values = {
        "force": force,
        "forces": forces,
        "wants": wants,
        "detentions": detentions,
        "because": because,
        "actor": f"force {force}",
    }
    session.execute(_END_DETAINED, values)


def told_by(asker: Asker) -> dict[str, str]:
    """Give who asks or tells as the narrow functions take it."""
    return {"actor": asker.actor, "role": asker.role, "request_id": asker.request_id}
