"""Opening many wants at once, for capabilities whose own records open or join a want."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.history import begin_history
from offenders.domain.wanted.clocks import due_expressions, due_values, figures_today
from offenders.domain.wanted.detained import tell_holders
from offenders.domain.wanted.elsewhere import Asker
from offenders.domain.wanted.models import Want
from offenders.domain.wanted.opening import duty_team
from offenders.domain.wanted.rules import OUTSTANDING, Basis, Circulation, Reason, Risk, priority
from offenders.errors import PersonMerged
from offenders.ids import new_id, new_reference

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_DUE: Final = due_expressions()
_COLUMNS: Final = tuple(column.name for column in Want.__table__.columns if column.name not in _DUE)
# Who enters a want by hand holds the person, too: two that open at once wait for each other.
_PEOPLE = text("""
    SELECT id, lpa, neighbourhood, merged_into FROM persons
    WHERE force = :force AND id = ANY (:people) ORDER BY id FOR NO KEY UPDATE
""")
_WANTS = text("""
    SELECT id, person_id, state, basis, crime_reference, entered_at FROM wants
    WHERE force = :force AND person_id = ANY (:people) AND reason = :reason
    ORDER BY id FOR UPDATE
""")
_OPEN = text(f"""
    INSERT INTO wants ({", ".join([*_COLUMNS, *_DUE])})
    SELECT {", ".join(f"w.{name}" for name in _COLUMNS)}, {", ".join(_DUE.values())}
    FROM jsonb_populate_recordset(CAST(NULL AS wants), CAST(:wants AS jsonb)) w
""")
_LOG = text("""
    INSERT INTO want_actions (force, id, want_id, kind, occurred_at, recorded_at, actor, details)
    SELECT :force, a.id, a.want_id, 'entry', :at, :at, :actor, '{"version": 1}'
    FROM unnest(CAST(:ids AS uuid[]), CAST(:wants AS uuid[])) a (id, want_id)
""")
_REGISTER_TEAMS = text("""
    INSERT INTO teams (force, code, recorded_at)
    SELECT :force, code, :at FROM unnest(CAST(:codes AS text[])) code
    ON CONFLICT DO NOTHING
""")


class Suspicion(NamedTuple):
    """A named suspect to be wanted: who, for what, on which ground, since when."""

    person_id: UUID
    basis: Basis
    offence_code: str | None
    crime_reference: str | None
    entered_at: datetime
    lpa: str | None = None


def hold_suspects(
    session: Session, people: Collection[UUID]
) -> tuple[dict[UUID, Row[Any]], list[Row[Any]]]:
    """Give people (lpa, neighbourhood) and their wants as named suspects, open and ended.

    Both stay as read until the transaction ends.
    """
    if not people:
        return {}, []
    values: dict[str, Any] = {"force": session.info["force"], "people": sorted(people)}
    found = {row.id: row for row in session.execute(_PEOPLE, values)}
    for row in found.values():
        PersonMerged.check(row.id, row.merged_into)
    reason = {"reason": str(Reason.NAMED_SUSPECT)}
    return found, list(session.execute(_WANTS, values | reason))


def open_wants(
    session: Session,
    *,
    actor: str,
    suspicions: Sequence[Suspicion],
    people: Mapping[UUID, Row[Any]],
) -> list[UUID]:
    """Open a want for each, in this order; `people` are held by `hold_suspects`.

    A want lies where its person lives, and moves with them; where that is not known, in the LPA
    that is given. It belongs to the duty queue of its area.
    """
    if not suspicions:
        return []
    force, at = session.info["force"], recorded_at(session)
    wants = [_row(force, at, actor, each, people[each.person_id]) for each in suspicions]
    teams = {"force": force, "at": at, "codes": sorted({each["owner_team"] for each in wants})}
    session.execute(_REGISTER_TEAMS, teams)
    written = orjson.dumps(wants, default=str).decode()
    session.execute(_OPEN, {"wants": written} | due_values(figures_today(session)))
    ids: list[UUID] = [each["id"] for each in wants]
    log = {"force": force, "at": at, "actor": actor, "wants": ids}
    session.execute(_LOG, log | {"ids": [new_id(force) for _ in ids]})
    begin_history(session, Want.__table__, force, ids)
    tell_holders(session, ids, Asker(actor, "wanted", ""))
    return ids


def _row(
    force: str, at: datetime, actor: str, suspicion: Suspicion, home: Row[Any]
) -> dict[str, Any]:
    follows = home.lpa is not None or suspicion.lpa is None
    lpa = home.lpa if follows else suspicion.lpa
    return {
        "force": force,
        "id": new_id(force),
        "reference": new_reference("W", force),
        "person_id": suspicion.person_id,
        "state": OUTSTANDING,
        "reason": Reason.NAMED_SUSPECT,
        "basis": suspicion.basis,
        "offence_code": suspicion.offence_code,
        "crime_reference": suspicion.crime_reference,
        "risk": Risk.STANDARD,
        "domestic_abuse": False,
        "priority_crime": False,
        "priority": priority(
            Risk.STANDARD, domestic_abuse=False, priority_crime=False, basis=suspicion.basis
        ),
        "lpa": lpa,
        "neighbourhood": home.neighbourhood if follows else None,
        "follows_address": follows,
        "owner_team": duty_team(force, lpa),
        "circulation": Circulation.NOT_CIRCULATED,
        "entered_at": suspicion.entered_at,
        "entered_by": actor,
        "version": 1,
        "recorded_at": at,
        "updated_at": at,
    }
