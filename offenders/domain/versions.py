"""Optimistic locking: a change is only made by a caller who read the record as it stands."""

from __future__ import annotations

from dataclasses import dataclass

from offenders.errors import StaleVersion


@dataclass(frozen=True)
class IfMatch:
    """The versions that the caller has read; `any_version` where none was asked for."""

    versions: frozenset[int] = frozenset()
    any_version: bool = False

    def check(self, version: int) -> None:
        """Raise StaleVersion unless the record still has a version the caller read."""
        if not self.any_version and version not in self.versions:
            raise StaleVersion
