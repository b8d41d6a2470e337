"""Grades of intelligence: 3x5x2, and 5x5x5 as it was given before 2016."""

from __future__ import annotations

import re

_3X5X2 = re.compile(r"[123][A-E][PC]")
_5X5X5 = re.compile(r"[A-E][1-5][1-5]")


def parse_grade(text: str) -> str:
    """Give the grade in capitals; a 5x5x5 grade is kept and never converted."""
    grade = text.strip().upper()
    if _3X5X2.fullmatch(grade) or _5X5X5.fullmatch(grade):
        return grade
    message = (
        "This is not a grade. Send 3x5x2: source 1 to 3, assessment A to E, handling P or C, "
        "such as 1BP; or a 5x5x5 grade as it was given, such as B21."
    )
    raise ValueError(message)
