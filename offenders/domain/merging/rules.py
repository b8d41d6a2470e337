"""What the survivor of a merge takes over from the other record, and what a reversal gives back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from offenders.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping

THIS, OTHER = "this", "other"


class Inseparable(Conflict):
    """Records of the two stand in the way, of these tables: not everybody may know which."""

    def __init__(self, detail: str, *, rule: str, tables: tuple[str, ...]) -> None:
        """Name the first table, and keep all of them for who decides what is told."""
        super().__init__(detail, rule=rule, records=tables[0])
        self.tables = tables

    def untold(self) -> Conflict:
        """Give the refusal for somebody who may not read these records."""
        message = (
            "Records of the two stand against this, and you may not read all of them. Ask"
            " somebody who manages people in your force to do it, or to end or correct them first."
        )
        return Conflict(message, rule=self.extra["rule"])


KEEPS: Final = (THIS, OTHER)

NAME: Final = ("family_name", "given_names")
BIRTH: Final = ("date_of_birth", "date_of_birth_precision")
# What the survivor takes where it says nothing itself, and what says nothing.
_FILLED: Final = {
    "sex": "not_known",
    "ethnicity_self_defined": None,
    "ethnicity_observed": None,
    "photo_reference": None,
    "ocg_role": None,
}
_JOINED: Final = ("nationalities", "languages", "phones")
FACTS: Final = (*NAME, *BIRTH, *_FILLED, *_JOINED)


def taken_over(
    survivor: Mapping[str, Any], other: Mapping[str, Any], *, name_of: str, birth_of: str
) -> dict[str, Any]:
    """Give the columns of the survivor that change by a merge, as they are then."""
    after: dict[str, Any] = {}
    if name_of == OTHER:
        after |= {column: other[column] for column in NAME}
    if other["date_of_birth"] and (birth_of == OTHER or not survivor["date_of_birth"]):
        after |= {column: other[column] for column in BIRTH}
    for column, nothing in _FILLED.items():
        if survivor[column] == nothing:
            after[column] = other[column]
    for column in _JOINED:
        after[column] = list(dict.fromkeys([*survivor[column], *other[column]]))
    return {column: value for column, value in after.items() if value != survivor[column]}


def given_back(
    now: Mapping[str, Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """Give the columns of the survivor that change by a reversal; what was amended since stays.

    `before` and `after` are what the merge changed. What was added to a list since stays in it.
    """
    back: dict[str, Any] = {}
    for column, was in before.items():
        if column in _JOINED:
            added = set(after[column]) - set(was)
            back[column] = [each for each in now[column] if each not in added]
        elif now[column] == after[column]:
            back[column] = was
    for group in (NAME, BIRTH):
        if not all(now[column] == after.get(column, now[column]) for column in group):
            back = {column: value for column, value in back.items() if column not in group}
    return {column: value for column, value in back.items() if value != now[column]}
