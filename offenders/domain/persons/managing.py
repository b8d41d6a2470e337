"""People under management: which scheme, case, registration or order, and who answers for it.

A row stands as long as the management does. Each capability that manages people writes its rows
here with its own, in the same transaction, so that an arrest finds whom to tell in one look-up.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, Literal

import orjson
from sqlalchemy import text

from offenders.db import recorded_at
from offenders.statements import Statement, ask_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

Kind = Literal["iom_member", "mappa_case", "registration", "order"]
# Of a person `p`, over all managements; what manages them is not told by it.
HIGHEST_RISK = """(
    SELECT m.risk FROM managements m
    WHERE m.force = p.force AND m.person_id = p.id AND m.risk IS NOT NULL
    ORDER BY array_position(
        CAST(ARRAY['very_high', 'high', 'medium', 'standard', 'low'] AS text[]), m.risk) LIMIT 1)
"""


@dataclass(frozen=True)
class Managed:
    """A person's management; one owner, officer or team, and the risk as that scheme says it."""

    id: UUID  # of the membership, case, registration or order
    kind: Kind
    reference: str
    person_id: UUID
    owner_officer: str | None
    owner_team: str | None
    lpa: str | None
    neighbourhood: str | None
    risk: str | None = None


_MANAGE = text("""
    INSERT INTO managements (force, id, kind, reference, person_id, owner_officer, owner_team,
                             lpa, neighbourhood, risk, recorded_at)
    SELECT :force, m.id, m.kind, m.reference, m.person_id, m.owner_officer, m.owner_team,
           m.lpa, m.neighbourhood, m.risk, :at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS m (
        id uuid, kind text, reference text, person_id uuid, owner_officer text, owner_team text,
        lpa text, neighbourhood text, risk text)
    ON CONFLICT (force, id) DO UPDATE
    SET person_id = excluded.person_id, owner_officer = excluded.owner_officer,
        owner_team = excluded.owner_team, lpa = excluded.lpa,
        neighbourhood = excluded.neighbourhood, risk = excluded.risk
""")
_END = text("DELETE FROM managements WHERE force = :force AND id = ANY (CAST(:ids AS uuid[]))")
# A record without an area of its own stands where its person lives.
_RECORDS: Final = {
    "iom_member": "iom_members",
    "mappa_case": "mappa_cases",
    "registration": "registrations",
    "order": "orders",
}
_AT_HOME = " OR ".join(
    f"""m.kind = '{kind}' AND EXISTS (
        SELECT FROM {table} r
        WHERE r.force = m.force AND r.id = m.id AND r.lpa IS NULL AND r.neighbourhood IS NULL)"""
    for kind, table in _RECORDS.items()
)
_FOLLOW = f"""
    UPDATE managements m SET lpa = p.lpa, neighbourhood = p.neighbourhood
    FROM persons p
    WHERE m.force = :force AND p.force = :force AND p.id = m.person_id
      AND (m.lpa, m.neighbourhood) IS DISTINCT FROM (p.lpa, p.neighbourhood)
      AND ({_AT_HOME})
"""
_FOLLOW_ALL = text(_FOLLOW)
_FOLLOW_PEOPLE = Statement(f"{_FOLLOW} AND m.person_id = ANY (:people)")
_FIND = text("""
    SELECT id FROM managements
    WHERE force = :force AND person_id = ANY (CAST(:people AS uuid[]))
""")


def manage(session: Session, managed: Sequence[Managed]) -> None:
    """Record managements as they now stand, new or changed."""
    if managed:
        values = {
            "force": session.info["force"],
            "rows": orjson.dumps([asdict(each) for each in managed]).decode(),
            "at": recorded_at(session),
        }
        session.execute(_MANAGE, values)


def end_management(session: Session, ids: Sequence[UUID]) -> None:
    """Say that these managements have ended."""
    if ids:
        session.execute(_END, {"force": session.info["force"], "ids": [each.hex for each in ids]})


def follow_homes(session: Session, people: Sequence[UUID]) -> None:
    """Put the managements of these people where they live now."""
    values = {"force": session.info["force"], "people": list(people)}
    ask_all(session, _FOLLOW_PEOPLE, values)


def follow_all_homes(session: Session) -> None:
    """Do so for everybody: who moved in the moment in which a management began was missed."""
    session.execute(_FOLLOW_ALL, {"force": session.info["force"]})


def find_managements(session: Session, people: Sequence[UUID]) -> list[UUID]:
    """Give the managements of these people."""
    values = {"force": session.info["force"], "people": [each.hex for each in people]}
    return list(session.execute(_FIND, values).scalars())
