"""The address that returns exactly the rows of a figure, and the units of every figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy import Row

UNITS: Final = ("crimes", "wants", "people")


class Links:
    """Makes the address that returns exactly the rows of a figure."""

    def __init__(self, asked: Mapping[str, str], as_at: datetime) -> None:
        self._asked = asked
        self._base = {**asked, "state": "outstanding", "as_at": written(as_at)}

    def to(self, **more: Any) -> str | None:
        """Give the address; None where nothing can be both what was asked for and this."""
        if any(self._asked.get(name, str(value)) != str(value) for name, value in more.items()):
            return None
        given = {
            name: written(value) if hasattr(value, "astimezone") else value
            for name, value in {**self._base, **more}.items()
        }
        return f"/v1/wanted?{urlencode({k: v for k, v in given.items() if v is not None})}"


def written(moment: datetime) -> str:
    """Write a moment as addresses and answers have it."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def units(row: Row[Any] | None) -> dict[str, int]:
    """Give the three counts of a row; no row is nothing counted."""
    return {unit: getattr(row, unit) if row else 0 for unit in UNITS}
