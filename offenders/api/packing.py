"""Answers for devices on bad signal: packed with gzip where the caller takes it."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

ENCODING = "Accept-Encoding"
VARY = ("Vary", ENCODING)

LEAST_BYTES = 1000  # less is sent as it is: it fits one packet
_LEVEL = 5  # of 9; more takes twice the time for some per cent
_GZIP = re.compile(
    r"(?:^|,)\s*(?:gzip|\*)\s*(?:;\s*q=(?P<q>[01](?:\.\d{0,3})?))?\s*(?=,|$)", re.IGNORECASE
)


def takes_gzip(accepted: str) -> bool:
    """Tell whether an Accept-Encoding names gzip; `q=0` refuses it."""
    found = _GZIP.search(accepted)
    return found is not None and float(found["q"] or 1) > 0


def pack(body: bytes, accepted: str) -> tuple[bytes, list[tuple[str, str]]]:
    """Give the body as it is sent, and the headers that go with it."""
    headers = [VARY]
    if len(body) < LEAST_BYTES or not takes_gzip(accepted):
        return body, headers
    return gzip.compress(body, _LEVEL, mtime=0), [*headers, ("Content-Encoding", "gzip")]


def written(moment: datetime) -> str:
    """Write a moment in UTC."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def stamp(body: bytes, as_of: str, name: str = "as_of") -> bytes:
    """Add to a JSON object the moment as of which it holds; no ETag covers that."""
    return body[:-1] + f',"{name}":"{as_of}"}}'.encode()
