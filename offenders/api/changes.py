"""The change feed: everything that changed in the reader's area since a token."""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING
from uuid import UUID

from flask import current_app, g

from offenders.api.calls import Answer, Call, as_json
from offenders.api.operations import Routes, route
from offenders.api.permissions import Operation
from offenders.api.schemas import street as schemas
from offenders.domain.changes import service
from offenders.domain.changes.service import Position, TokenExpired
from offenders.domain.sharing import service as sharing
from offenders.errors import Invalid

if TYPE_CHECKING:
    from offenders.domain.changes.service import Told

routes = Routes("changes", __name__, url_prefix="/v1", description="Changes for devices")

_FORM = struct.Struct(">16s16sQQ")  # view, generation, number, microsecond of issue
_EPOCH, _MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_DIGEST = 16  # bytes
_PERSON = b"changes1"
_FOREIGN = (
    "This token was altered, or given for another area, force or role. Take a new token without"
    " `since`, pull your wards anew and drop who is in none of them."
)


@route(
    routes,
    "GET",
    "/changes",
    Operation("changes.pull", "changes:read", "area", "consultation", asks_reason=True),
    query=schemas.ChangesQuery,
    answer=schemas.ChangesAnswer,
)
def pull_changes(call: Call) -> Answer:
    """Give what changed in the reader's wards since a token, in order, with removals.

    Without `since` the token for now and nothing else: take it, then pull your wards. Each person
    comes once, as they are now, where their card differs from what may have been held; who is no
    longer shown comes as `remove`. Send `next` as `since`; a lost answer is asked for again with
    the same token, which never misses anything. Tokens last 30 days, or until an emergency access
    of the reader's ends, then 410; one that was altered or is of another area, force, role or
    clearance is 422. The areas of the caller's token narrow this for every role; the ward lists of
    that area show exactly what is told here.
    """
    # As the token says: what is opened for a time only is no part of what a device keeps.
    view = service.view_of(call.session, g.actor, call.force, call.now)
    written = call.query.get("since")
    since = _open(written) if written is not None else None
    if since is not None and since.view != view.id:
        raise Invalid.field("/since", _FOREIGN)
    if since is not None and sharing.has_closed(
        call.session, call.actor.subject, since.issued_at, call.now
    ):
        raise TokenExpired  # what was open may be held still, and the feed never told of it
    pulled = service.pull(call.session, view, since, limit=call.query["limit"], now=call.now)
    items = b",".join(map(_item, pulled.told))
    more = b"true" if pulled.more else b"false"
    shown = [each for each in pulled.told if each.card is not None]
    return Answer(
        b'{"items":[%b],"next":%b,"more":%b}' % (items, as_json(_seal(pulled.next)), more),
        subject_type="person",
        subjects=list(dict.fromkeys(UUID(i) for each in shown for i in each.subjects or ())),
        people=[UUID(each.person_id) for each in shown],
        masked=sorted({name for each in shown for name in each.masked or ()}),
        details={"removed": len(pulled.told) - len(shown)},
        is_for_device=True,
    )


def _item(told: Told) -> bytes:
    op = "upsert" if told.card is not None else "remove"
    head = f'{{"seq":{told.seq},"op":"{op}","type":"offender","id":"{told.person_id}"'
    version = "null" if told.version is None else told.version
    return f'{head},"version":{version},"data":{told.card or "null"}}}'.encode()


def _seal(position: Position) -> str:
    issued = (position.issued_at - _EPOCH) // _MICROSECOND
    content = _FORM.pack(position.view.bytes, position.generation.bytes, position.seq, issued)
    return _write(_digest(content) + content)


def _open(written: str) -> Position:
    """Read a token; raise Invalid where it wasn't made here."""
    refused = Invalid.field("/since", _FOREIGN)
    try:
        raw = base64.b64decode(written + "=" * (-len(written) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise refused from error
    content = raw[_DIGEST:]
    # The last character has bits to spare: of the ways to write a token, one is right.
    if len(content) != _FORM.size or _write(raw) != written:
        raise refused
    if not hmac.compare_digest(raw[:_DIGEST], _digest(content)):
        raise refused
    view, generation, seq, issued = _FORM.unpack(content)
    return Position(UUID(bytes=view), UUID(bytes=generation), seq, _EPOCH + issued * _MICROSECOND)


def _write(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def _digest(content: bytes) -> bytes:
    secret = current_app.extensions["offenders"].secret()
    return blake2b(content, key=secret, digest_size=_DIGEST, person=_PERSON).digest()
