"""Filters of lists as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from offenders.ids import as_reference, as_uuid

if TYPE_CHECKING:
    from collections.abc import Mapping

# Who stands for the person that is named.
_STANDING = "SELECT coalesce(q.merged_into, q.id) FROM persons q WHERE q.force = :force AND"
_STANDING_THEN = """
    SELECT coalesce(q.merged_into, q.id) FROM persons_history q
    WHERE q.force = :force AND q.recorded_from <= :as_at
      AND (q.recorded_to IS NULL OR q.recorded_to > :as_at) AND
"""
_REFERRED = "SELECT i.id FROM persons i WHERE i.force = :force AND i.reference ="


def equalities(
    filters: Mapping[str, Any], columns: Mapping[str, str]
) -> tuple[list[str], dict[str, Any]]:
    """Give the conditions and values of the filters that are set, each over its column.

    `none` asks for rows without a value.
    """
    parts, values = [], {}
    for name, column in columns.items():
        value = filters.get(name)
        if value == "none":
            parts.append(f"{column} IS NULL")
        elif value is not None:
            parts.append(f"{column} = :f_{name}")
            values[f"f_{name}"] = value
    return parts, values


def named_by(
    column: str, table: str, written: UUID | str, *, as_at: bool = False
) -> tuple[str, dict[str, Any]]:
    """Give the condition that a column names the row of a table that an id or reference means.

    One that means nobody of `:force` finds no row; a merged record means its survivor, if it was
    merged by then where the question is of the moment `:as_at`.
    """
    name = f"f_{column.rpartition('.')[2]}"
    found = written if isinstance(written, UUID) else as_uuid(written)
    if table == "persons":
        key = f":{name}" if found is not None else f"({_REFERRED} :{name})"
        survivor = f"{_STANDING_THEN if as_at else _STANDING} q.id = {key}"
        return f"{column} = ({survivor})", {name: found or as_reference(str(written))}
    if found is not None:
        return f"{column} = :{name}", {name: found}
    row = f"SELECT q.id FROM {table} q WHERE q.force = :force AND q.reference = :{name}"
    return f"{column} = ({row})", {name: as_reference(str(written))}
