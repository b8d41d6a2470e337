"""Names that people take for one: short forms, and spellings that no rule of sound joins.

`data/name_forms.csv` holds them. Its source `nicknames` is names.csv of
github.com/carltonnorthern/nicknames (Apache License 2.0, commit 21d7505), cut to given names common
in England and Wales; `own` marks what is added here as a product default, to be confirmed by use.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

from offenders.domain.reference.codes import read_csv

Relation = Literal["spelling", "short_form"]


def forms_of(word: str) -> dict[str, Relation]:
    """Give the other forms of a word, each with how it is one."""
    return _table().get(word, {})


def relation_of(word: str, other: str) -> Relation | None:
    """Tell how two words are forms of one name, if they are."""
    return forms_of(word).get(other)


@cache
def _table() -> dict[str, dict[str, Relation]]:
    rows = list(read_csv("name_forms.csv"))
    table: dict[str, dict[str, Relation]] = {}
    for row in rows:
        if row["relation"] == "short_form":
            _join(table, row["name"], row["form"], "short_form")
    for spellings in _groups(rows):
        for one in spellings:
            for other in spellings - {one}:
                _join(table, one, other, "spelling")
    return table


def _groups(rows: list[dict[str, str]]) -> list[set[str]]:
    """Give the spellings of each name; every one of them stands for every other."""
    groups: dict[str, set[str]] = {}
    for row in rows:
        if row["relation"] == "spelling":
            groups.setdefault(row["name"], {row["name"]}).add(row["form"])
    return list(groups.values())


def _join(table: dict[str, dict[str, Relation]], one: str, other: str, how: Relation) -> None:
    table.setdefault(one, {})[other] = how
    table.setdefault(other, {})[one] = how
