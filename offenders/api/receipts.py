"""What a system that sends records is told of people who are restricted from it: a receipt."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import orjson

from offenders import clock
from offenders.db import hidden_from
from offenders.domain.access import reader_of

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from offenders.api.calls import Answer
    from offenders.domain.actors import Actor

KEPT = frozenset({"id", "reference", "force", "version", "recorded_at", "updated_at", "masked"})


def as_receipt(session: Session, actor: Actor, given: Answer) -> Answer:
    """Mask all but the keys of the record where a person in the answer is restricted.

    Every key stays, and `masked` names what was taken away.
    """
    if not given.people:
        return given
    hidden = hidden_from(session, reader_of(actor), clock.now())
    if hidden.isdisjoint(given.people):
        return given
    content: dict[str, Any] = orjson.loads(given.body)
    masked = sorted(content.keys() - KEPT)
    receipt = {name: value if name in KEPT else None for name, value in content.items()}
    body = orjson.dumps(receipt | {"masked": masked})
    return replace(given, body=body, masked=masked, people=())
