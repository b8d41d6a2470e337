"""SQL of forensic hits: what stands, what is written, and the hit that is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson
from sqlalchemy import select, text

from offenders import clock
from offenders.domain.forensics.models import ForensicHit
from offenders.domain.reference.policies import figures_in_force
from offenders.errors import NotFound
from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.access import Scope

RULE: Final = "overdue-forensic-hits"
_COLUMNS: Final = tuple(column.name for column in ForensicHit.__table__.columns)

# Two intakes of one force run one after the other: the second finds what the first has made.
_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('forensic_hits'), hashtext(:force))")
_STANDING = text("""
    SELECT * FROM forensic_hits WHERE force = :force AND laboratory_reference = ANY (:references)
""")
_BY_ID = text("SELECT * FROM forensic_hits WHERE force = :force AND id = ANY (:ids)")
_ADD = text(f"""
    INSERT INTO forensic_hits ({", ".join(_COLUMNS)})
    SELECT {", ".join(_COLUMNS)}
    FROM jsonb_populate_recordset(CAST(NULL AS forensic_hits), CAST(:hits AS jsonb))
""")
_REGISTER_TEAMS = text("""
    INSERT INTO teams (force, code, recorded_at)
    SELECT :force, code, :at FROM unnest(CAST(:codes AS text[])) code
    ON CONFLICT DO NOTHING
""")
_CODES = text("""
    SELECT 'offence' AS kind, code, NULL AS lpa FROM offences WHERE code = ANY (:offences)
    UNION ALL
    SELECT 'lpa', code, NULL FROM lpas WHERE force = :force AND code = ANY (:lpas)
    UNION ALL
    SELECT 'neighbourhood', code, lpa FROM neighbourhoods
    WHERE force = :force AND code = ANY (:neighbourhoods)
""")
_FIND_ID = text("""
    SELECT id FROM forensic_hits WHERE force = :force AND (id = :id OR reference = :reference)
""")
_HOLD_WANT = text("""
    SELECT id, state, basis, entered_at, owner_officer, owner_team FROM wants
    WHERE force = :force AND id = :id FOR UPDATE
""")
_OTHERS_BEHIND = text("""
    SELECT count(*) FROM forensic_hits
    WHERE force = :force AND want_id = :want_id AND id <> :id AND state <> 'eliminated'
""")

_EXPECTED = text("EXPLAIN (FORMAT JSON) SELECT FROM wants WHERE force = :force")
_THERE = text("SELECT count(*) FROM wants WHERE force = :force")
_REFRESH = text("SELECT refresh_hit_statistics()")


class Codes(NamedTuple):
    """The codes of a batch that exist."""

    offences: frozenset[str]
    lpas: frozenset[str]
    neighbourhoods: Mapping[str, str | None]

    def errors(self, facts: Mapping[str, Any]) -> list[dict[str, str]]:
        """Say which codes of a hit are not known."""
        found = []
        offence, lpa, place = (facts.get(n) for n in ("offence_code", "lpa", "neighbourhood"))
        if offence and offence not in self.offences:
            detail = "This is no CJS offence code. GET /v1/offences?q= finds it."
            found.append({"pointer": "/offence_code", "detail": detail})
        if lpa and lpa not in self.lpas:
            detail = "This force has no such LPA. GET /v1/forces/…/lpas."
            found.append({"pointer": "/lpa", "detail": detail})
        if place and place not in self.neighbourhoods:
            detail = "This force has no such neighbourhood. GET /v1/neighbourhoods lists them."
            found.append({"pointer": "/neighbourhood", "detail": detail})
        elif place and lpa and self.neighbourhoods[place] != lpa:
            detail = "The neighbourhood lies in another LPA. Leave `lpa` out."
            found.append({"pointer": "/lpa", "detail": detail})
        return found


def lock_intake(session: Session) -> None:
    """Let this transaction be the only one that brings hits and wants together in the force."""
    session.execute(_LOCK, {"force": session.info["force"]})


def figures_today(session: Session) -> dict[str, int]:
    """Give the days of each stage in force today, by class, e.g. `serious_arrest`."""
    return figures_in_force(session, session.info["force"], RULE, clock.today())


def find_codes(session: Session, facts: Iterable[Mapping[str, Any]]) -> Codes:
    """Give which of the codes that a batch names exist."""
    sent = list(facts)
    asked = {
        f"{name.removesuffix('_code')}s": sorted({each[name] for each in sent if each.get(name)})
        for name in ("offence_code", "lpa", "neighbourhood")
    }
    if not any(asked.values()):
        return Codes(frozenset(), frozenset(), {})
    rows = list(session.execute(_CODES, {"force": session.info["force"], **asked}))
    return Codes(
        frozenset(row.code for row in rows if row.kind == "offence"),
        frozenset(row.code for row in rows if row.kind == "lpa"),
        {row.code: row.lpa for row in rows if row.kind == "neighbourhood"},
    )


def find_standing(session: Session, references: Iterable[str]) -> dict[str, Row[Any]]:
    """Give the hits that have these laboratory references."""
    values = {"force": session.info["force"], "references": sorted(set(references))}
    return {row.laboratory_reference: row for row in session.execute(_STANDING, values)}


def find_hits(session: Session, ids: Iterable[UUID]) -> dict[UUID, Row[Any]]:
    """Give hits by their id."""
    values = {"force": session.info["force"], "ids": sorted(ids)}
    return {row.id: row for row in session.execute(_BY_ID, values)}


def add_hits(session: Session, hits: Sequence[Mapping[str, Any]]) -> None:
    """Write new hits, and put the teams that own them on the register."""
    at = hits[0]["recorded_at"]
    teams = {"force": session.info["force"], "at": at}
    session.execute(_REGISTER_TEAMS, teams | {"codes": sorted({h["owner_team"] for h in hits})})
    written = orjson.dumps([{"candidates": [], **each} for each in hits]).decode()
    session.execute(_ADD, {"hits": written})


def find_hit_id(session: Session, force: str, written: str) -> UUID | None:
    """Read an id or a spoken reference."""
    values = {"force": force, "id": as_uuid(written), "reference": as_reference(written)}
    found: UUID | None = session.execute(_FIND_ID, values).scalar()
    return found


def get_hit(session: Session, scope: Scope, written: str) -> ForensicHit:
    """Give the hit for a change, locked until the transaction ends; raise NotFound."""
    hit_id = find_hit_id(session, scope.force, written)
    hit = session.execute(
        select(ForensicHit)
        .where(ForensicHit.force == scope.force, ForensicHit.id == hit_id)
        .with_for_update()
    ).scalar_one_or_none()
    if hit is None or not scope.covers(hit.lpa, hit.neighbourhood):
        raise NotFound
    return hit


def hold_want(session: Session, want_id: UUID | None) -> Row[Any] | None:
    """Give the want of a hit, so that nobody alters it before this transaction ends."""
    if want_id is None:
        return None
    values = {"force": session.info["force"], "id": want_id}
    return session.execute(_HOLD_WANT, values).one_or_none()


def count_others_behind(session: Session, want_id: UUID, hit_id: UUID) -> int:
    """Count the hits behind a want, but for one, that are not eliminated."""
    values = {"force": session.info["force"], "want_id": want_id, "id": hit_id}
    return int(session.execute(_OTHERS_BEHIND, values).scalar_one())


def tell_planner(session: Session) -> None:
    """Refresh the planner's statistics where it expects less than half of the force's wants.

    A key is checked by going through the whole of a table that was small when it was planned.
    """
    values = {"force": session.info["force"]}
    plan = session.execute(_EXPECTED, values).scalar_one()
    if plan[0]["Plan"]["Plan Rows"] * 2 < session.execute(_THERE, values).scalar_one():
        session.execute(_REFRESH)
