"""Receipts: that an officer's device held an item, or that the officer read it.

They may arrive late and twice. One that arrives after the item has dropped out still counts: the
officer did hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.domain.briefings import store
from offenders.errors import Conflict, Invalid, NotFound
from offenders.ids import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from offenders.domain.briefings.items import Doing

_ADD = text("""
    INSERT INTO briefing_receipts (force, id, briefing_id, officer, client_id, kind, edition,
                                   occurred_at, recorded_at)
    VALUES (:force, :id, :briefing, :officer, :client_id, :kind, :edition, :occurred_at, :at)
    ON CONFLICT (force, briefing_id, officer, client_id) DO NOTHING RETURNING id
""")
_SHOW = text("""
    SELECT json_build_object('id', r.id, 'briefing_id', r.briefing_id, 'kind', r.kind,
               'edition', r.edition, 'officer', r.officer, 'client_id', r.client_id,
               'occurred_at', r.occurred_at, 'recorded_at', r.recorded_at)::text,
           r.id, r.briefing_id, r.kind, r.edition, r.occurred_at
    FROM briefing_receipts r
    WHERE r.force = :force AND r.briefing_id = :briefing AND r.officer = :officer
      AND r.client_id = :client_id
""")


def add_receipt(session: Session, doing: Doing) -> tuple[Row[Any], bool]:
    """Take a receipt; give it as (json, id, briefing_id, …), and whether it is new."""
    fields = doing.fields
    item = store.find_item(session, doing.question, doing.item)
    if item is None or item.valid_from > doing.now:
        raise NotFound
    edition = fields.get("edition") or item.edition
    if edition > item.edition:
        raise Invalid.field("/edition", f"The item has {item.edition} editions.")
    occurred_at = fields.get("occurred_at") or doing.now
    _require_moment(occurred_at, item.recorded_at, doing.now)
    values = {
        "force": doing.force,
        "briefing": item.id,
        "officer": doing.actor.subject,
        "client_id": fields.get("client_id") or _own_name(doing, item.id, fields["kind"], edition),
        "kind": fields["kind"],
        "edition": edition,
    }
    more = {"id": new_id(doing.force), "occurred_at": occurred_at, "at": recorded_at(session)}
    is_new = session.execute(_ADD, values | more).scalar() is not None
    row = session.execute(_SHOW, values).one()
    if not is_new and "client_id" in fields:
        _require_same(row, fields, edition)
    return row, is_new


def _own_name(doing: Doing, item: UUID, kind: str, edition: int) -> UUID:
    """Name a receipt that the device has not named: one of each kind and edition."""
    return uuid5(item, f"{doing.actor.subject} {kind} {edition}")


def _require_moment(occurred_at: datetime, published_at: datetime, now: datetime) -> None:
    if occurred_at < published_at and occurred_at < now:
        message = "The item was not yet published then. Send when it was held or read."
        raise Invalid.field("/occurred_at", message)


def _require_same(row: Row[Any], fields: dict[str, Any], edition: int) -> None:
    """Refuse another receipt under the name of the first."""
    asked = (fields["kind"], edition, fields.get("occurred_at", row.occurred_at))
    if asked != (row.kind, row.edition, row.occurred_at):
        message = "This client_id came first with another receipt. Make a new one for each."
        raise Conflict(message)
