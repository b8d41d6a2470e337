"""Agreements with agencies: what each may see of people shared with it, as dated rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.reference import service as reference
from offenders.errors import Invalid
from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

_ADD = text("""
    INSERT INTO agreements (force, id, agency, name, fields, purpose, citation, from_on, until_on,
                            recorded_by, recorded_at)
    VALUES (:force, :id, :agency, :name, :fields, :purpose, :citation, :from_on, :until_on,
            :actor, :at)
""")
# Of several rows of one name the one that began last holds; of one day the one recorded last.
IN_FORCE: Final = """
    SELECT DISTINCT ON (agency, name) a.* FROM agreements a
    WHERE a.force = :force AND a.from_on <= CAST(:today AS date)
    ORDER BY a.agency, a.name, a.from_on DESC, a.recorded_at DESC, a.id DESC
"""
_JSON: Final = """
    json_build_object('id', a.id, 'force', a.force, 'agency', a.agency, 'name', a.name,
        'fields', a.fields, 'purpose', a.purpose, 'citation', a.citation, 'from', a.from_on,
        'until', a.until_on, 'recorded_by', a.recorded_by, 'recorded_at', a.recorded_at)::text
"""


def add_agreement(session: Session, *, actor: str, fields: Mapping[str, Any]) -> Row[Any]:
    """Record what an agency may see from a day on; give (json, id)."""
    reference.require_entry(session, "agencies", fields["agency"], "/agency")
    until = fields.get("until")
    if until is not None and until < fields["from_on"]:
        raise Invalid.field("/until", "Send a day not before `from`.")
    force = session.info["force"]
    values = {
        "force": force,
        "id": new_id(force),
        "agency": fields["agency"],
        "name": fields["name"],
        "fields": sorted(set(fields["fields"])),
        "purpose": fields["purpose"],
        "citation": fields.get("citation"),
        "from_on": fields["from_on"],
        "until_on": until,
        "actor": actor,
        "at": recorded_at(session),
    }
    session.execute(_ADD, values)
    one = text(f"SELECT {_JSON}, a.id FROM agreements a WHERE a.force = :force AND a.id = :id")
    return session.execute(one, {"force": force, "id": values["id"]}).one()


def list_agreements(
    session: Session, filters: Mapping[str, Any], *, after: Sequence[Any] | None, limit: int
) -> list[Row[Any]]:
    """Give agreements as (json, agency, name, from, id); with `in_force` those of today alone."""
    source = f"({IN_FORCE})" if filters.get("in_force") else "agreements"
    parts = ["a.force = :force"]
    parts += [f"a.{name} = :{name}" for name in ("agency", "name") if filters.get(name)]
    if filters.get("in_force"):
        parts.append("(a.until_on IS NULL OR a.until_on >= CAST(:today AS date))")
    values = {"force": session.info["force"], "today": clock.today(), "limit": limit, **filters}
    if after is not None:
        parts.append("(a.agency, a.name, a.from_on, a.id) > (:k0, :k1, CAST(:k2 AS date),"
                     " CAST(:k3 AS uuid))")  # fmt: skip
        values |= {f"k{number}": key for number, key in enumerate(after)}
    sql = f"""
        SELECT {_JSON}, a.agency, a.name, a.from_on::text, a.id::text FROM {source} a
        WHERE {" AND ".join(parts)} ORDER BY a.agency, a.name, a.from_on, a.id LIMIT :limit
    """
    return list(session.execute(text(sql), values))


def has_agreement(session: Session, agency: str, name: str) -> bool:
    """Tell whether an agreement of this name is in force today."""
    sql = f"""
        SELECT 1 FROM ({IN_FORCE}) a WHERE a.agency = :agency AND a.name = :name
         AND (a.until_on IS NULL OR a.until_on >= CAST(:today AS date))
    """
    values = {"force": session.info["force"], "today": clock.today()}
    return session.execute(text(sql), values | {"agency": agency, "name": name}).first() is not None
