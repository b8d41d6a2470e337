"""ETag and If-Match from the row's version, never from a hash of the JSON alone."""

from __future__ import annotations

import re
from hashlib import sha256

from flask import request

from offenders.domain.versions import IfMatch
from offenders.errors import DomainError

_TAG = re.compile(r'"(\d{1,9})(?:\.[0-9a-f]+)?"')


class VersionNeeded(DomainError):
    """A change without If-Match."""

    kind = "version-needed"

    def __init__(self) -> None:
        """Tell the caller which header to send."""
        super().__init__("Send If-Match with the ETag of the record you read.")


def read_if_match(*, needed: bool) -> IfMatch:
    """Read If-Match; the view part of an ETag is not compared. Optional unless `needed`."""
    text = request.headers.get("If-Match")
    if text is None:
        if needed:
            raise VersionNeeded
        return IfMatch(any_version=True)
    if text.strip() == "*":
        return IfMatch(any_version=True)
    return IfMatch(frozenset(int(number) for number in _TAG.findall(text)))


def etag(version: int | None, body: bytes, *, is_weak: bool = False) -> str:
    """Make `"<version>.<view>"`; the view part changes with anything shown.

    It is weak where the answer also says what it doesn't cover, as the moment of a device's answer.
    """
    # The fastest of hashlib where the processor knows it, as most do.
    view = sha256(body, usedforsecurity=False).hexdigest()[:16]
    strong = f'"{version}.{view}"' if version is not None else f'"{view}"'
    return f"W/{strong}" if is_weak else strong


def is_unchanged(tag: str) -> bool:
    """Tell whether the caller holds exactly this answer already (If-None-Match)."""
    return is_among(tag, request.headers.get("If-None-Match", ""))


def is_among(tag: str, sent: str) -> bool:
    """Tell whether an If-None-Match names this ETag."""
    return sent.strip() == "*" or tag.removeprefix("W/") in {
        each.strip().removeprefix("W/") for each in sent.split(",")
    }
