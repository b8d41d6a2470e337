"""A pack as its reader may see it: what is masked is null, and named. Pure.

A pack is frozen, its readers are not: whatever protects a person today protects them in every
pack drawn before, too. Keys are never taken away. Of people restricted from the reader there is
neither a row nor a number.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import orjson

from offenders.domain.meetings.rules import SECTIONS, Tier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from uuid import UUID

    from sqlalchemy import Row

NO_DATA: Final = "no_data"
_AREAS: Final = ("lpa", "neighbourhood", "place")  # the last is that of a task
_QUEUE: Final = "DUTY-"
_UNKNOWN_KEYS: Final = ("type", "id", "reference", "person")


@dataclass(frozen=True)
class Reader:
    """What a reader may see, and whether their scope is the whole force."""

    may: Callable[[str], bool]
    sees_protected: bool
    is_whole_force: bool


@dataclass(frozen=True)
class Pack:
    """A pack as one reader sees it, and of whom it shows what; all formats are made from it."""

    content: dict[str, Any]
    subjects: list[UUID] = field(default_factory=list)
    people: list[UUID] = field(default_factory=list)

    @property
    def masked(self) -> list[str]:
        """Name what is masked anywhere, for the audit."""
        masked: list[str] = self.content["masked"]
        return masked

    @property
    def rows(self) -> int:
        """Count the rows of all sections."""
        return sum(len(each["items"]) for each in self.content["sections"])


def redact(
    head: str, sections: Sequence[Row[Any]], items: Iterable[Row[Any]], reader: Reader
) -> Pack:
    """Make the pack of a meeting, given as JSON text, for its reader."""
    meeting = orjson.loads(head)
    rows: dict[str, dict[int, Row[Any]]] = {}
    for row in items:
        rows.setdefault(row.section, {})[row.place] = row
    kept = {each.section: each for each in sections}
    pack = Pack({"meeting": meeting, "sections": [], "masked": []})
    for code in (code for code in SECTIONS if code in kept):
        if reader.may(SECTIONS[code].needs):
            made = _section(pack, kept[code], rows.get(code, {}), reader)
        else:
            made = _masked_section(code)
        pack.content["sections"].append(made)
    pack.content["masked"] = list(_masks(pack.content["sections"]))
    return pack


def _masks(sections: Iterable[dict[str, Any]]) -> Iterable[str]:
    for section in sections:
        code = section["section"]
        yield from (f"{code}.{name}" for name in section["masked"])
        names = {name for item in section["items"] for name in item["masked"]}
        yield from (f"{code}.items.{name}" for name in sorted(names))


def _masked_section(code: str) -> dict[str, Any]:
    return {
        "section": code,
        "count": None,
        "shown": None,
        "more": None,
        "href": None,
        "groups": [],
        "items": [],
        "masked": ["count", "shown", "more", "href", "groups", "items"],
    }


def _section(
    pack: Pack, kept: Row[Any], rows: dict[int, Row[Any]], reader: Reader
) -> dict[str, Any]:
    missing = kept.shown - sum(place <= kept.shown for place in rows)
    groups = _groups(kept, reader)
    hides = any(each["masked"] for each in groups)
    hidden = kept.absent if kept.hidden is None else sum(kept.hidden.values())
    counted, shown = (kept.counted or 0) - hidden, kept.shown - missing
    count = NO_DATA if kept.counted is None else counted
    return {
        "section": kept.section,
        "count": None if hides else count,
        "shown": shown,
        "more": None if hides else counted - shown,
        "href": kept.href,
        "groups": groups,
        "items": _items(pack, kept.shown, rows, reader),
        "masked": ["count", "more"] if hides else [],
    }


def _groups(kept: Row[Any], reader: Reader) -> list[dict[str, Any]]:
    """Give the groups without whom the reader may not see; one that has no other is none.

    Which groups lose by it is not known of old packs: all are masked then.
    """
    groups = orjson.loads(kept.groups)
    if kept.hidden is None:
        return [_group(each, each["count"], reader, is_known=not kept.absent) for each in groups]
    left = [(each, each["count"] - kept.hidden.get(each["group"] or "", 0)) for each in groups]
    return [_group(each, count, reader) for each, count in left if count]


def _group(
    kept: dict[str, Any], count: int, reader: Reader, *, is_known: bool = True
) -> dict[str, Any]:
    is_seen = is_known and (kept["needs"] is None or reader.may(kept["needs"]))
    return {
        "group": kept["group"],
        "count": count if is_seen else None,
        "href": kept["href"] if is_seen else None,
        "masked": [] if is_seen else ["count", "href"],
    }


def _items(
    pack: Pack, shown: int, rows: dict[int, Row[Any]], reader: Reader
) -> list[dict[str, Any]]:
    """Give the rows of the section; one that the reader's role may not see is masked whole."""
    keys: Sequence[str] = _UNKNOWN_KEYS
    if rows:
        keys = tuple(orjson.loads(rows[min(rows)].item))
    made = []
    for place in range(1, shown + 1):
        row = rows.get(place)
        if row is None:
            continue
        if not _is_seen(row, pack.content["meeting"]["tier"], reader):
            made.append(dict.fromkeys(keys) | {"masked": list(keys)})
            continue
        made.append(_item(row, pack.content["meeting"]["force"], reader))
        pack.subjects.append(row.subject_id)
        if row.person_id is not None:
            pack.people.append(row.person_id)
    return made


def _hides_area(row: Row[Any], reader: Reader) -> bool:
    return row.is_protected and not reader.sees_protected


def _is_seen(row: Row[Any], tier: str, reader: Reader) -> bool:
    """Tell whether a row may be shown at all.

    Whoever reads the whole force would learn where a protected person lives from the pack of an
    area; to readers of that area alone a list shows the row without it.
    """
    if row.needs is not None and not reader.may(row.needs):
        return False
    if row.person_id is not None and not row.is_seen:
        return False
    tells = row.follows and tier == Tier.LPA and reader.is_whole_force
    return not (tells and _hides_area(row, reader))


def _item(row: Row[Any], force: str, reader: Reader) -> dict[str, Any]:
    item: dict[str, Any] = orjson.loads(row.item)
    masked: list[str] = []
    if _hides_area(row, reader):
        if row.follows:
            masked = [name for name in _AREAS if name in item]
            item |= dict.fromkeys(masked)
        team = item.get("owner_team") or ""
        if team.startswith(_QUEUE) and (row.follows or team != f"{_QUEUE}{item.get('lpa')}"):
            item["owner_team"] = _QUEUE + force
            masked.append("owner_team")
    return item | {"masked": masked}
