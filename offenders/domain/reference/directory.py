"""The directory of a force's officers and teams: who serves, in which team, and who has left.

Codes stand on the register from their first use as an owner; the force confirms them here, one
by one or by an import. Officers are collar numbers: their names are not held.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson
from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.reference.models import Officer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlalchemy import Row
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Register:
    """One of the two registers: its table, the type of each column, its last day, its JSON."""

    table: str
    columns: Mapping[str, str]
    end: str
    json: str
    owner: str


OFFICERS: Final = Register(
    "officers",
    {"rank": "text", "team": "text", "from_on": "date", "left_on": "date"},
    "left_on",
    "'rank', r.rank, 'team', r.team, 'from', r.from_on, 'left', r.left_on",
    "owner",
)
TEAMS: Final = Register(
    "teams",
    {"name": "text", "lpa": "text", "from_on": "date", "closed_on": "date"},
    "closed_on",
    "'name', r.name, 'lpa', r.lpa, 'from', r.from_on, 'closed', r.closed_on",
    "team",
)
REGISTERS: Final = {each.table: each for each in (OFFICERS, TEAMS)}

_REGISTER_TEAMS = text("""
    INSERT INTO teams (force, code, recorded_at)
    SELECT :force, code, :at FROM unnest(CAST(:codes AS text[])) code ON CONFLICT DO NOTHING
""")


def put_entries(
    session: Session, register: Register, rows: Sequence[Mapping[str, Any]]
) -> dict[str, bool]:
    """Put officers or teams as the force names them; give for each changed code whether new.

    A row has `code` and any of the register's columns; what it leaves out is emptied. A row that
    changes nothing leaves the version as it is. A team that an officer is in is registered.
    """
    force, at = session.info["force"], recorded_at(session)
    if register is OFFICERS:
        teams = sorted({row["team"] for row in rows if row.get("team")})
        session.execute(_REGISTER_TEAMS, {"force": force, "codes": teams, "at": at})
    names = ", ".join(register.columns)
    typed = ", ".join(f"{name} {kind}" for name, kind in register.columns.items())
    taken = ", ".join(f"{name} = excluded.{name}" for name in register.columns)
    mine = ", ".join(f"r.{name}" for name in register.columns)
    theirs = ", ".join(f"excluded.{name}" for name in register.columns)
    statement = f"""
        INSERT INTO {register.table} AS r (force, code, recorded_at, is_confirmed, {names})
        SELECT :force, code, :at, true, {names}
        FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g (code text, {typed})
        ON CONFLICT (force, code) DO UPDATE
        SET {taken}, is_confirmed = true, version = r.version + 1
        WHERE NOT r.is_confirmed OR ({mine}) IS DISTINCT FROM ({theirs})
        RETURNING r.code, r.version = 1 AS is_new
    """
    values = {"force": force, "at": at, "rows": orjson.dumps(list(rows), default=str).decode()}
    changed = {row.code: row.is_new for row in session.execute(text(statement), values)}
    if register is OFFICERS and changed:
        keep_history(session, Officer.__table__, force, list(changed), key="code")
    return changed


# A code in an address: as it is where that is safe, else every byte of it percent-encoded.
_CODE_IN_ADDRESS = """CASE WHEN r.code ~ '^[A-Za-z0-9._~-]+$' THEN r.code
    ELSE regexp_replace(encode(convert_to(r.code, 'UTF8'), 'hex'), '(..)', '%\\1', 'g') END"""


def _json(register: Register) -> str:
    return f"""json_build_object('force', r.force, 'code', r.code, {register.json},
        'is_confirmed', r.is_confirmed,
        'is_active', coalesce(r.{register.end} >= :today, true),
        'wanted_href', '/v1/wanted?{register.owner}=' || {_CODE_IN_ADDRESS},
        'recorded_at', r.recorded_at, 'version', r.version)::text"""


def list_entries(  # noqa: PLR0913 - the filters of the list
    session: Session,
    register: Register,
    *,
    filters: Mapping[str, Any],
    today: date,
    after: str,
    limit: int,
) -> list[Row[Any]]:
    """Give officers or teams by code, as (json, code)."""
    parts = ["r.force = :force", "r.code > :after"]
    parts += [
        f"r.{name} = :{name}"
        for name in ("team", "lpa", "is_confirmed")
        if filters.get(name) is not None
    ]
    if filters.get("is_active") is not None:
        parts.append(f"coalesce(r.{register.end} >= :today, true) = :is_active")
    statement = f"""
        SELECT {_json(register)}, r.code FROM {register.table} r
        WHERE {" AND ".join(parts)} ORDER BY r.code LIMIT :limit
    """
    values = {
        **filters,
        "force": session.info["force"],
        "today": today,
        "after": after,
        "limit": limit,
    }
    return list(session.execute(text(statement), values))


def find_entry(
    session: Session, register: Register, code: str, today: date, *, keep: bool = False
) -> Row[Any] | None:
    """Give one officer or team as (json, version); with `keep` for a change, as read till then."""
    statement = f"""
        SELECT {_json(register)}, r.version FROM {register.table} r
        WHERE r.force = :force AND r.code = :code {"FOR UPDATE" if keep else ""}
    """
    values = {"force": session.info["force"], "code": code, "today": today}
    return session.execute(text(statement), values).one_or_none()
