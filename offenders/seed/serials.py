"""Numbers that come once, and the letters that identifiers are written with."""

from __future__ import annotations

from collections import Counter
from zlib import crc32

from offenders.domain.identifiers import LETTERS

LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Serials:
    """Numbers that look random, lie in the force's own range and never come twice."""

    def __init__(self) -> None:
        self._issued: Counter[str] = Counter()

    def take(self, series: str, span: int) -> int:
        """Give a number below `span`; 7919 divides no span, so each comes once."""
        count = self._issued[series]
        if count == span:
            message = f"There are only {span} made-up numbers in {series}. Choose a smaller scale."
            raise ValueError(message)
        self._issued[series] = count + 1
        return (crc32(series.encode()) + count * 7919) % span


def check_letter(number: int) -> str:
    """Give the letter that ends a PNC ID or a CRO number."""
    return LETTERS[number % 23]
