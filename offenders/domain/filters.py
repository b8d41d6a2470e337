"""Filters of lists as SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


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
