"""What an item may be about, as SQL: whether it still stands, and whether a reader may see it.

Who holds no permission for the kind of subject, or may not know that somebody is in MAPPA or
registered in that place, is not given the item at all: its words would tell. Who may see such
records in general, but not of that area, gets the words that were meant for their area and not
the person.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.access import may, scope
from offenders.domain.briefings.rules import PUBLIC_PROTECTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from offenders.domain.actors import Actor


@dataclass(frozen=True)
class Kind:
    """A kind of record: its table, who may read it, and when it still stands, over `r`."""

    table: str
    permission: str
    stands: str
    recorded_by: str = "recorded_by"


KINDS: Final[Mapping[str, Kind]] = {
    "want": Kind("wants", "wanted:read", "r.state = 'outstanding'", "entered_by"),
    "bail_record": Kind("bail_records", "bail:read", "r.outcome IS NULL"),
    "iom_member": Kind("iom_members", "iom:read", "r.exited_at IS NULL"),
    "order": Kind(
        "orders",
        "orders:read",
        """r.state IN ('granted', 'in_force', 'varied')
           AND r.in_force_on <= CAST(:today AS date)
           AND coalesce(r.expires_on >= CAST(:today AS date), true)""",
    ),
    "registration": Kind("registrations", "registrations:read", "r.state = 'registered'"),
    "mappa_case": Kind("mappa_cases", "mappa:read", "r.ended_at IS NULL"),
}


def subject_sql(actor: Actor, force: str) -> tuple[str, dict[str, Any]]:
    """Give the lateral `k` (reference, stands, is_near) over items `b` and people `p`, and values.

    `k` has no row where the reader may not see the subject at all, `is_near` is false where they
    may not see it of that area. It takes `:today`.
    """
    parts, values = [_PERSON], dict[str, Any]()
    for name, kind in KINDS.items():
        if not may(actor, kind.permission):
            continue
        own = scope(actor, kind.permission, force)
        bound = f"s_{name}"
        values |= own.values_as(bound)
        is_near = own.condition("x", bound)
        only = "true"
        if name in PUBLIC_PROTECTION:
            only, is_near = is_near, "true"
        if name == "registration" and not may(actor, "registrations:read-full"):
            only = f"{only} AND NOT x.is_withheld"
        parts.append(_of_kind(name, kind, is_near, only))
    return f"LEFT JOIN LATERAL ({' UNION ALL '.join(parts)}) k ON true", values


_PERSON: Final = """
    SELECT p.reference, p.merged_into IS NULL AS stands, true AS is_near
    WHERE b.subject_type = 'person' AND p.id IS NOT NULL
"""


def _of_kind(name: str, kind: Kind, is_near: str, only: str) -> str:
    withheld = "r.is_withheld_locally" if name == "registration" else "false"
    return f"""
        SELECT x.reference, x.stands, {is_near} AS is_near
        FROM (SELECT r.force, r.reference, r.person_id, {kind.stands} AS stands,
                     {withheld} AS is_withheld, r.{kind.recorded_by} AS recorded_by,
                     CASE WHEN r.lpa IS NULL AND r.neighbourhood IS NULL
                          THEN p.lpa ELSE r.lpa END AS lpa,
                     CASE WHEN r.lpa IS NULL AND r.neighbourhood IS NULL
                          THEN p.neighbourhood ELSE r.neighbourhood END AS neighbourhood
              FROM {kind.table} r
              WHERE b.subject_type = '{name}' AND r.force = b.force AND r.id = b.subject_id) x
        WHERE {only}"""
