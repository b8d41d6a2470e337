"""Use cases of merges: joining two records of one person, undoing it in full, showing it."""

from __future__ import annotations

from offenders.domain.merging.joining import Joining, merge_people
from offenders.domain.merging.rules import KEEPS, Inseparable
from offenders.domain.merging.showing import show_merge
from offenders.domain.merging.undoing import reverse_merge

__all__ = [
    "KEEPS",
    "Inseparable",
    "Joining",
    "merge_people",
    "reverse_merge",
    "show_merge",
]
