"""Hits as they are sent: one as JSON, or many as NDJSON, each line judged by itself."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import current_app, g
from marshmallow import RAISE, ValidationError
from werkzeug.exceptions import RequestEntityTooLarge

from offenders.api.bodies import BODY_LIMIT, check_content
from offenders.api.calls import Answer, as_json
from offenders.api.schemas.forensics import HitBody
from offenders.domain.forensics import service
from offenders.domain.forensics.service import FACTS, STATED, Bulk, Line, Sent
from offenders.errors import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from offenders.api.calls import Call
    from offenders.domain.forensics.bulk import ToldLine
    from offenders.domain.forensics.service import Sender

    Errors = tuple[dict[str, str], ...]

NDJSON: Final = ("application/x-ndjson", "application/ndjson", "application/jsonl")
MOST_LINES: Final = 20_000  # of one request, which takes some seconds
_MULTI_STATUS: Final = 207
_COUNTED: Final = {
    service.CREATED: "created",
    service.KNOWN: "known",
    service.CONFLICT: "conflicts",
    service.REFUSED: "refused",
}


def as_sent(body: Mapping[str, Any], force: str) -> tuple[Sent, Errors]:
    """Give a hit as the domain takes it, and what is wrong with its force."""
    stated = {name: body.get(name) for name in STATED}
    born = stated["date_of_birth"]
    stated["date_of_birth"] = born.isoformat() if born is not None else None
    sent = Sent({name: body.get(name) for name in FACTS}, stated)
    if body.get("force", force) == force:
        return sent, ()
    return sent, ({"pointer": "/force", "detail": "Send hits of your own force only."},)


def answer_lines(call: Call, sender: Sender) -> Answer:
    """Take NDJSON; say of each line what became of it."""
    if g.body.count(b"\n") > MOST_LINES:
        raise RequestEntityTooLarge
    service_of_app = current_app.extensions["offenders"]
    bulk = Bulk(call.force, sender, call.actor.role_text, call.request_id)
    items, counts = [], dict.fromkeys(_COUNTED.values(), 0)
    for told in service.receive_lines(service_of_app.engine, bulk, _read(g.body, call.force)):
        counts[_COUNTED[told.told.status]] += 1
        items.append(_item(told))
    content = {"read": len(items), **counts, "items": items}
    return Answer(as_json(content), status=_MULTI_STATUS, details={"read": len(items), **counts})


def _item(line: ToldLine) -> dict[str, Any]:
    told = line.told
    return {
        "line": line.number,
        "status": told.status,
        "id": told.id,
        "reference": told.reference,
        "errors": told.errors,
        **({"detail": told.detail} if told.detail else {}),
    }


def _read(content: bytes, force: str) -> Iterator[Line]:
    """Read line after line; blank ones are passed over, and a bad one stops no other."""
    schema = HitBody(unknown=RAISE)
    for number, raw in enumerate(BytesIO(content), start=1):
        if not raw.strip():
            continue
        try:
            sent, errors = as_sent(schema.load(_object(raw)), force)
        except ValidationError as error:
            yield Line(number, None, tuple(_flat(error.messages)))
        except Invalid as error:
            yield Line(number, None, tuple(error.extra.get("errors") or _whole(error.detail)))
        else:
            yield Line(number, None if errors else sent, errors)


def _object(raw: bytes) -> dict[str, Any]:
    if len(raw) > BODY_LIMIT:
        message = "The line is too long. Send at most 64 KB on a line."
        raise Invalid(message)
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        message = "The line is not JSON in UTF-8. Send one JSON object on each line."
        raise Invalid(message) from error
    if not isinstance(value, dict):
        message = "Send one JSON object on each line."
        raise Invalid(message)
    check_content(value)
    return value


def _flat(messages: Any) -> Iterator[dict[str, str]]:
    for name, said in messages.items():
        for each in said if isinstance(said, list) else [said]:
            yield {"pointer": f"/{str(name)[:80]}", "detail": str(each)}


def _whole(detail: str) -> list[dict[str, str]]:
    return [{"pointer": "/", "detail": detail}]
