"""The class of an offence, by which the clocks of a hit go.

`data/offence_classes.csv` gives the beginnings of CJS codes of the classes that the product's
default figures name; it follows the titles of the codes and is itself a product default.
"""

from __future__ import annotations

from functools import cache

from offenders.domain.forensics.rules import OTHER_CLASS
from offenders.domain.reference.codes import read_csv


@cache
def class_of(offence_code: str | None) -> str:
    """Give the class of an offence; without an offence, or for one not listed, `other`."""
    if offence_code is None:
        return OTHER_CLASS
    stems = _stems()
    beginnings = (offence_code[:length] for length in range(len(offence_code), 0, -1))
    return next((stems[each] for each in beginnings if each in stems), OTHER_CLASS)


@cache
def _stems() -> dict[str, str]:
    return {row["stem"]: row["class"] for row in read_csv("offence_classes.csv")}
