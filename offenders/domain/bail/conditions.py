"""Conditions of bail: what they say, from when and until when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterable

TYPES: Final = (
    "residence",
    "curfew",
    "non_contact",
    "exclusion",
    "reporting",
    "surrender_passport",
    "other",
)
_NO_FORCE: Final = "00"  # a condition is only ever looked for within its record


def imposed(given: Iterable[dict[str, Any]], at: datetime) -> list[dict[str, Any]]:
    """Give these conditions as they are kept, each from this moment on."""
    return [
        {
            "id": str(new_id(_NO_FORCE)),
            "type": each.get("type") or "other",
            "text": each["text"],
            "from": at.isoformat(),
            "until": None,
        }
        for each in given
    ]


def varied(
    kept: list[dict[str, Any]], given: Iterable[dict[str, Any]], at: datetime
) -> list[dict[str, Any]]:
    """Give what is kept once these and no others hold: what goes on keeps its beginning."""
    wanted = {(each.get("type") or "other", each["text"]): each for each in given}
    result, going_on = [], set()
    for each in kept:
        key = (each["type"], each["text"])
        if each["until"] is None and key in wanted:
            going_on.add(key)
            result.append(each)
        elif each["until"] is None:
            result.append({**each, "until": at.isoformat()})
        else:
            result.append(each)
    new = [each for key, each in wanted.items() if key not in going_on]
    return result + imposed(new, at)


def in_force(kept: list[dict[str, Any]], at: datetime) -> list[dict[str, Any]]:
    """Give the conditions that held at a moment."""
    return [
        each
        for each in kept
        if datetime.fromisoformat(each["from"]) <= at
        and (each["until"] is None or datetime.fromisoformat(each["until"]) > at)
    ]
