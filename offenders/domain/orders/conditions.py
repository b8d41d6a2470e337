"""Conditions of an order: what they forbid or ask, where, of whom, when, until when.

A condition that protects somebody names them in `person`, or in `person_id` where they are on
record; in its text and place `{person}` stands for the name, so that it can be left out for
whoever may not see it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from offenders.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterable

KINDS: Final = ("prohibition", "requirement")
CATEGORIES: Final = (
    "non_contact",
    "association",
    "exclusion",
    "residence",
    "curfew",
    "reporting",
    "notification",
    "foreign_travel",
    "electronic_monitoring",
    "internet",
    "devices",
    "employment",
    "finance",
    "venues",
    "vehicles",
    "weapons",
    "other",
)
PLACEHOLDER: Final = "{person}"
_FIELDS: Final = ("kind", "category", "text", "place", "person", "person_id", "time", "clause_id")
_NO_FORCE: Final = "00"  # a condition is only ever looked for within its order


def imposed(given: Iterable[dict[str, Any]], on: date) -> list[dict[str, Any]]:
    """Give these conditions as they are kept, each from this day on."""
    return [_kept(each, on) for each in given]


def _kept(given: dict[str, Any], on: date) -> dict[str, Any]:
    name = given.get("person")
    hidden = name or given.get("known_as")
    until = given.get("until")
    return {
        "id": str(new_id(_NO_FORCE)),
        "kind": given.get("kind") or "prohibition",
        "category": given.get("category") or "other",
        "text": without_name(given["text"], hidden),
        "place": without_name(given.get("place"), hidden),
        "person": name,
        "person_id": given.get("person_id"),
        "time": given.get("time"),
        "clause_id": given.get("clause_id"),
        "enforceable": given.get("enforceable", True),
        "from": on.isoformat(),
        "until": until.isoformat() if isinstance(until, date) else until,
    }


def without_name(written: str | None, name: str | None) -> str | None:
    """Put the placeholder where the protected person's name stands, whole or in its parts."""
    if not written or not name:
        return written
    whole = r"\s+".join(re.escape(part) for part in name.split())
    written = re.sub(rf"(?i)\b{whole}\b", PLACEHOLDER, written)
    parts = [re.escape(part) for part in name.split() if len(part) > 2]  # noqa: PLR2004 - no initials
    return re.sub(rf"\b(?:{'|'.join(parts)})\b", PLACEHOLDER, written) if parts else written


def varied(
    kept: list[dict[str, Any]], given: Iterable[dict[str, Any]], on: date
) -> list[dict[str, Any]]:
    """Give what is kept once these and no others hold: what goes on keeps its beginning.

    What is made to last longer than it did begins anew; what ends before it began never held.
    """
    told = list(given)
    begun = imposed(told, on)
    new = {_key(each): each for each in begun}
    said = {_key(each): one for one, each in zip(told, begun, strict=True)}
    result, going_on = [], set()
    for each in kept:
        stands = each["until"] is None or each["until"] >= on.isoformat()
        key = _key(each)
        if stands and key in new and not _is_renewed(each, new[key]):
            going_on.add(key)
            enforceable = said[key].get("enforceable", each["enforceable"])
            result.append({**each, "until": new[key]["until"], "enforceable": enforceable})
        elif stands:
            result.append({**each, "until": _day_before(on)})
        else:
            result.append(each)
    return result + [each for key, each in new.items() if key not in going_on]


def _is_renewed(old: dict[str, Any], new: dict[str, Any]) -> bool:
    is_longer = old["until"] is not None and (new["until"] is None or new["until"] > old["until"])
    return is_longer and old["from"] < new["from"]


def _key(condition: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(condition.get(name) for name in _FIELDS)


def _day_before(on: date) -> str:
    return date.fromordinal(on.toordinal() - 1).isoformat()


def limits(kept: Iterable[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    """Give what the law looks at in conditions: the category, the first and the last day."""
    return tuple(
        {
            "category": each["category"],
            "from": date.fromisoformat(each["from"]),
            "until": date.fromisoformat(each["until"]) if each["until"] else None,
        }
        for each in kept
    )


def held_on(kept: Iterable[dict[str, Any]], day: date) -> list[dict[str, Any]]:
    """Give the conditions that held on a day."""
    written = day.isoformat()
    return [
        each
        for each in kept
        if each["from"] <= written and (each["until"] is None or each["until"] >= written)
    ]
