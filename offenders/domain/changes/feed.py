"""Pulling changes: compare what is shown now with what was told last, and tell the difference.

Nothing that writes need know of it. Whatever changes a card, an edit, a merge, a policy, the
clock, is found by making the cards anew and comparing their digests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import text

from offenders.domain.briefings.offenders import present_values
from offenders.domain.changes.telling import (
    REMOVED,
    Position,
    TokenExpired,
    Told,
    key_of,
    page_of,
    statement,
    tell,
)
from offenders.domain.working_days import end_of_london_day, london_day, start_of_london_day
from offenders.statements import ask

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.changes.views import View

TOKEN_DAYS: Final = 30
PATIENCE: Final = timedelta(seconds=25)
_TRIES: Final = 3  # a ward list that is read at the same moment may leave something to compare
_USED: Final = timedelta(days=1)  # how exactly it is known when a view was used last


@dataclass(frozen=True)
class Pulled:
    """What a device is told, from where on next, and whether there is more."""

    told: Sequence[Told]
    next: Position
    more: bool


_FIND = text("""
    SELECT generation, seq, used_at, hidden, compared_from, holds_after, holds_until,
           compared_from < clock_timestamp() - CAST(:trusted AS interval) AS is_old,
           EXISTS (SELECT FROM force_writes m
                   CROSS JOIN LATERAL (SELECT CAST(CAST(m.xid AS text) AS xid8) AS id) t
                   WHERE m.of_force = v.force
                     AND m.xid >= CAST(CAST(pg_snapshot_xmin(s.taken) AS text) AS bigint)
                     AND (NOT pg_visible_in_snapshot(t.id, s.taken)
                          OR t.id = pg_current_xact_id_if_assigned())) AS is_written,
           EXISTS (SELECT FROM change_entries e WHERE e.force = v.force AND e.view_id = v.id
                   AND e.is_unsettled) AS is_unsettled,
           clock_timestamp() AS present
    FROM change_views v
    CROSS JOIN LATERAL (SELECT CAST(v.snapshot AS pg_snapshot) AS taken) s
    WHERE v.force = :force AND v.id = :view
""")
# A large force is longer in comparing than an ordinary statement may take, or another wait for it.
_PATIENCE = text("""
    SELECT set_config('statement_timeout', :most, true), set_config('lock_timeout', :most, true),
           set_config('jit', 'off', true)
""")
# Whoever notes what a ward list shows refers to the view meanwhile, and need not wait.
_LOCK = text("SELECT 1 FROM change_views WHERE force = :force AND id = :view FOR NO KEY UPDATE")
_MAKE = text("""
    INSERT INTO change_views (force, id, base, generation, is_whole_force, lpas, neighbourhoods,
                              seq, used_at)
    VALUES (:force, :view, :base, :generation, :is_whole_force, :area_lpas, :area_neighbourhoods,
            0, clock_timestamp())
    ON CONFLICT DO NOTHING
""")
_USE = text("""
    UPDATE change_views SET used_at = clock_timestamp() WHERE force = :force AND id = :view
""")
_WARDS = "SELECT array_agg(x.code) AS wards FROM ({wards}) x"


def pull(
    session: Session, view: View, since: Position | None, *, limit: int, now: datetime
) -> Pulled:
    """Give what has changed since a position, or the position for now; raises TokenExpired.

    Everything that was committed before this began is told, once compared, or was before.
    """
    if since is not None and since.issued_at + timedelta(days=TOKEN_DAYS) < now:
        raise TokenExpired
    found = _find_or_make(session, view)
    generation = view.generation_of(found.generation)
    if since is not None and (since.generation != generation or since.seq > found.seq):
        raise TokenExpired
    wards = session.execute(text(_WARDS.format(wards=view.wards)), view.area_values).scalar()
    moment = present_values(now) | {"wards": wards or []}
    seq = _compare(session, view, found, moment)
    if found.used_at + _USED < found.present:
        session.execute(_USE, key_of(view))
    if since is None:
        return Pulled([], Position(view.id, generation, seq, seq, now), more=False)
    told, is_more = page_of(tell(session, view, since, limit, moment), limit)
    last = told[-1].seq if told else since.seq
    # Who has not come to the end may lack a removal from long ago: their token grows no younger.
    issued_at = since.issued_at if is_more else now
    reached = replace(since, seq=last, removed=max(last, since.removed), issued_at=issued_at)
    return Pulled(told, reached, is_more)


def pull_removals(
    session: Session, view: View, since: Position, *, limit: int, now: datetime
) -> Pulled:
    """Give whom a device must drop, ahead of all else that `pull` has just found to tell.

    Nobody is told twice of a removal, and what else there is follows from where the device was.
    """
    asked = {"removed": max(since.seq, since.removed), "limit": limit}
    values = key_of(view) | view.viewer_values | present_values(now) | asked
    rows = session.execute(REMOVED, values)
    found = [Told(r.seq, str(r.id), None, None, None, None, r.is_secret) for r in rows]
    told, _ = page_of(found, limit)
    return Pulled(told, replace(since, removed=told[-1].seq) if told else since, more=True)


def _find_or_make(session: Session, view: View) -> Row[Any]:
    found = session.execute(_FIND, key_of(view)).one_or_none()
    if found is None:
        new = key_of(view) | view.area_values | {"base": view.base, "generation": uuid4()}
        session.execute(_MAKE, new)
        found = session.execute(_FIND, key_of(view)).one()
    return found


def _compare(session: Session, view: View, found: Row[Any], moment: dict[str, Any]) -> int:
    """Bring the log up to what is shown now; give the last number.

    Nothing is compared where no writer of the force has committed since the snapshot of the last
    time, and time alone has changed nothing. One pull of a view compares at a time. Whoever had to
    wait for one that began after they came takes its result: it has seen all they could know of.
    """
    if not (_has_aged(found, view, moment["now"]) or found.is_written):
        return int(found.seq)
    session.execute(_PATIENCE, {"most": f"{PATIENCE.seconds}s"})
    session.execute(_LOCK, key_of(view))
    for _ in range(_TRIES):
        known = session.execute(_FIND, key_of(view)).one()
        is_behind = known.is_written and known.compared_from < found.present
        if not (_has_aged(known, view, moment["now"]) or is_behind):
            return int(known.seq)
        _compare_once(session, view, known, moment)
    return int(session.execute(_FIND, key_of(view)).one().seq)


def _has_aged(known: Row[Any], view: View, now: datetime) -> bool:
    """Tell whether what was compared may no longer hold, though nobody wrote."""
    if known.compared_from is None or known.is_old or known.is_unsettled:
        return True
    if known.hidden != view.hidden:
        return True
    return not known.holds_after < now < known.holds_until


_COMPARE: Final = """
    WITH shown AS MATERIALIZED (
        SELECT c.id, hashtextextended(CAST(c.item AS text), 0) AS digest, c.turned_at,
               c.turns_at
        FROM ({cards}) c),
    told AS (
        SELECT e.subject_id, e.digest, e.is_unsettled FROM change_entries e
        WHERE e.force = :force AND e.view_id = :view),
    differing AS MATERIALIZED (
        SELECT coalesce(s.id, t.subject_id) AS subject_id, s.digest, t.is_unsettled,
               CAST(:seq AS bigint) + row_number() OVER (ORDER BY coalesce(s.id, t.subject_id))
                   AS seq
        FROM shown s FULL JOIN told t ON t.subject_id = s.id
        WHERE t.subject_id IS NULL OR t.is_unsettled OR t.digest IS DISTINCT FROM s.digest),
    again AS (
        UPDATE change_entries e
        SET digest = d.digest, seq = d.seq, is_unsettled = false, changed_at = clock_timestamp()
        FROM differing d
        WHERE e.force = :force AND e.view_id = :view AND e.subject_id = d.subject_id
          AND e.is_unsettled = d.is_unsettled),
    first AS (
        INSERT INTO change_entries (force, view_id, subject_id, seq, digest, changed_at)
        SELECT CAST(:force AS text), CAST(:view AS uuid), d.subject_id, d.seq, d.digest,
               clock_timestamp()
        FROM differing d WHERE d.is_unsettled IS NULL
        ON CONFLICT (force, view_id, subject_id) DO UPDATE SET is_unsettled = true)
    UPDATE change_views v
    SET seq = v.seq + (SELECT count(*) FROM differing), snapshot = pg_current_snapshot()::text,
        hidden = :hidden, compared_from = :compared_from,
        holds_after = greatest(CAST(:day_begins AS timestamptz),
                               (SELECT max(s.turned_at) FROM shown s)),
        holds_until = least(CAST(:day_ends AS timestamptz),
                            (SELECT min(s.turns_at) + interval '1 microsecond' FROM shown s))
    WHERE v.force = :force AND v.id = :view
    RETURNING v.seq
"""


def _compare_once(session: Session, view: View, known: Row[Any], moment: dict[str, Any]) -> None:
    cards, values = view.cards()
    day = london_day(moment["now"])
    own = {
        "seq": known.seq,
        "hidden": view.hidden,
        "compared_from": known.present,
        "day_begins": start_of_london_day(day),
        "day_ends": end_of_london_day(day),
    }
    ask(
        session,
        statement(_COMPARE.replace("{cards}", cards)),
        values | moment | own | key_of(view),
    )
