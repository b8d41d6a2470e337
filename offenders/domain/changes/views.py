"""Views: readers with the same area and the same sight are told the same, from one log."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from sqlalchemy import text

from offenders.domain.access import Scope, reader_of
from offenders.domain.briefings.cards import OF_FORCE, OF_WARDS, card_rows
from offenders.domain.briefings.seeing import OWN_VIEW, TURNED, street_sight, unnamed, viewer_values

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from offenders.domain.actors import Actor
    from offenders.domain.briefings.seeing import StreetSight

_OF_AREA = """
    SELECT a.code FROM neighbourhoods a
    WHERE a.force = :force AND (CAST(:is_whole_force AS boolean)
          OR a.lpa = ANY (CAST(:area_lpas AS text[]))
          OR a.code = ANY (CAST(:area_neighbourhoods AS text[])))
"""


@dataclass(frozen=True)
class View:
    """Whose cards a reader's devices hold, and as what they are shown.

    Of the same `base` are the views of those who may also read of people restricted from others;
    `hidden` are those who are hidden from this one just now. `viewer` reads, and has seen the same
    since `epoch`; none where they never saw otherwise than their base.
    """

    id: UUID
    base: UUID
    hidden: str
    seen: StreetSight
    area: Scope
    viewer: str = ""
    epoch: UUID | None = None

    def generation_of(self, kept: UUID) -> UUID:
        """Give the generation of what this reader's devices hold, from that of the view."""
        if self.epoch is None:
            return kept
        return UUID(bytes=sha256(kept.bytes + self.epoch.bytes).digest()[:16])

    @property
    def viewer_values(self) -> dict[str, Any]:
        """Bind who reads."""
        return {"viewer": self.viewer}

    def cards(self, people: str | None = None) -> tuple[str, dict[str, Any]]:
        """Give SQL of the cards that the view shows, of everybody or of those `people` alone.

        It takes `:wards`, all that are in the area, and the moment.
        """
        whole = OF_FORCE if self.area.is_whole_force else OF_WARDS
        rows, values = card_rows(self.seen, people or whole)
        return f"SELECT c.* FROM ({rows}) c WHERE c.wards && CAST(:wards AS text[])", values

    @property
    def wards(self) -> str:
        """Give SQL of the codes of all wards in the area, with the values of `area_values`."""
        return _OF_AREA

    @property
    def area_values(self) -> dict[str, Any]:
        """Bind what `wards` takes."""
        return {
            "force": self.area.force,
            "is_whole_force": self.area.is_whole_force,
            "area_lpas": list(self.area.lpas),
            "area_neighbourhoods": list(self.area.neighbourhoods),
        }


_OWN_VIEW = text(f"""
    WITH own AS MATERIALIZED ({OWN_VIEW}), turned AS ({TURNED})
    SELECT o.id, o.hidden, coalesce((SELECT t.epoch FROM turned t), (
               SELECT r.epoch FROM change_readers r
               WHERE r.force = :force AND r.reader = CAST(:viewer AS text)
                 AND r.base = CAST(:view AS uuid))) AS epoch
    FROM own o
""")


def view_of(session: Session, actor: Actor, force: str) -> View:
    """Give the view of a reader: theirs alone as far as they may read of restricted people.

    As of the moment for which the transaction hides people: what is hidden must fit the view.
    """
    now: datetime = session.info["hidden_as_at"]
    base = base_of(actor, force)
    asked = viewer_values(reader_of(actor)) | {"force": force, "view": base.id, "now": now}
    row = session.execute(_OWN_VIEW, asked).one()
    viewer = actor.subject
    return replace(base, id=row.id, hidden=row.hidden, viewer=viewer, epoch=row.epoch)


def base_of(actor: Actor, force: str) -> View:
    """Give the view as of nobody restricted. The areas of a token narrow it, whatever the role."""
    return _view_of(unnamed(actor), force)


@lru_cache(maxsize=2000)
def _view_of(actor: Actor, force: str) -> View:
    """Make the id of all that decides what is shown: the very SQL, its values, and the area."""
    area = Scope(force, tuple(sorted(actor.lpas)), tuple(sorted(actor.neighbourhoods)))
    seen = street_sight(actor, force)
    sql, values = card_rows(seen, "")
    content = orjson.dumps([sql, values, area.values], option=orjson.OPT_SORT_KEYS)
    base = UUID(bytes=sha256(content).digest()[:16])
    return View(base, base, "{}", seen, area)
