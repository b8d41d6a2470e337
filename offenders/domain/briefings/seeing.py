"""What a reader may see of the people of a ward: which reasons, where, and which fields."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from offenders.domain import access
from offenders.domain.orders.service import OrderSight

if TYPE_CHECKING:
    from offenders.db import Reader
    from offenders.domain.access import Scope
    from offenders.domain.actors import Actor

PERMISSION = "street:read"

# The view of a reader's devices, made of `:view`, that of nobody restricted: it is shared by those
# who may read of the same restricted people. `hidden` are those who are hidden from them.
OWN_VIEW: Final = """
    SELECT c.hidden,
           CASE WHEN c.cleared = '{}' THEN CAST(:view AS uuid)
                ELSE CAST(encode(substr(sha256(uuid_send(CAST(:view AS uuid)) || (
                         SELECT string_agg(uuid_send(x), '' ORDER BY x) FROM unnest(c.cleared) x
                     )), 1, 16), 'hex') AS uuid) END AS id
    FROM (SELECT current_setting('app.hidden') AS hidden,
                 ARRAY(SELECT unnest(CAST(hidden_from(:force, '', '{}', :now) AS uuid[]))
                       EXCEPT SELECT unnest(CAST(hidden_from(
                           :force, :viewer, CAST(:viewer_roles AS text[]), :now) AS uuid[]))
                       ORDER BY 1) AS cleared) c
"""
# That a reader sees otherwise than when they last read: what was told before of that view no longer
# says what their devices hold. `own` is their view, `:view` that of nobody restricted.
TURNED: Final = """
    INSERT INTO change_readers AS t (force, reader, base, view_id, epoch, turned_at)
    SELECT CAST(:force AS text), CAST(:viewer AS text), CAST(:view AS uuid), o.id,
           gen_random_uuid(), clock_timestamp()
    FROM own o
    LEFT JOIN change_readers r ON r.force = :force AND r.reader = CAST(:viewer AS text)
                              AND r.base = CAST(:view AS uuid)
    WHERE o.id <> coalesce(r.view_id, CAST(:view AS uuid))
    ON CONFLICT (force, reader, base) DO UPDATE
    SET view_id = excluded.view_id, epoch = excluded.epoch, turned_at = excluded.turned_at
    WHERE t.view_id <> excluded.view_id
    RETURNING epoch
"""


def viewer_values(reader: Reader) -> dict[str, Any]:
    """Bind whose view OWN_VIEW is."""
    return {"viewer": reader.subject, "viewer_roles": list(reader.roles)}


@dataclass(frozen=True)
class StreetSight:
    """All that decides what is shown to a reader; None where a kind of reason is not theirs.

    Two readers with the same sight are shown the same, whoever they are.
    """

    force: str
    wards: Scope
    wanted: Scope | None
    iom: Scope | None
    orders: Scope | None
    registrations: Scope | None
    mappa: Scope | None
    order_sight: OrderSight
    protected_addresses: bool
    registrations_in_full: bool
    mappa_cases: bool


def unnamed(actor: Actor) -> Actor:
    """Give the actor without what tells them from others who may see the same."""
    return replace(actor, subject="", name="", agency=None, token_id=None, issued_at=None)


def street_sight(actor: Actor, force: str) -> StreetSight:
    """Give what the actor may see; raises Forbidden for whom no ward is open."""
    return _street_sight(unnamed(actor), force)


@lru_cache(maxsize=2000)
def _street_sight(actor: Actor, force: str) -> StreetSight:
    def reach(permission: str) -> Scope | None:
        return access.scope(actor, permission, force) if access.may(actor, permission) else None

    protected = access.sight(actor).protected_addresses
    cases = reach("mappa:read")
    return StreetSight(
        force=force,
        wards=access.scope(actor, PERMISSION, force),
        wanted=reach("wanted:read"),
        iom=reach("iom:read"),
        orders=reach("orders:read"),
        registrations=reach("registrations:read"),
        mappa=cases or reach("mappa:summaries"),
        order_sight=OrderSight(
            protected,
            access.may(actor, "orders:read-whole"),
            access.may(actor, "orders:read-protected"),
        ),
        protected_addresses=protected,
        registrations_in_full=access.may(actor, "registrations:read-full"),
        mappa_cases=cases is not None,
    )
