"""What a row makes or changes of a person: worked out from rows and what stands, without tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.imports.person_rows import IDENTIFIERS
from offenders.domain.imports.problems import Finding
from offenders.domain.persons.names import normalise, tokens
from offenders.domain.persons.rules import FORMER

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from offenders.domain.imports.checks import Checked

SCALARS: Final = (
    "family_name",
    "given_names",
    "date_of_birth",
    "sex",
    "nationalities",
    "ethnicity_self_defined",
    "ethnicity_observed",
)
NAME_AND_BIRTH: Final = frozenset({"family_name", "given_names", "date_of_birth"})
PNC_ID: Final = "pnc_id"
LISTS: Final = ("aliases", "addresses", "vehicles", "markers")
_EMPTY: Final[tuple[Any, ...]] = (None, [], "not_known")


@dataclass
class Newcomer:
    """A person to make."""

    id: UUID
    row: dict[str, Any]
    written: dict[str, str]
    invalid: set[str]

    @property
    def pnc_ids(self) -> list[str]:
        """Give the valid PNC ID, if there is one."""
        own = self.row.get("pnc_id")
        return [own] if own and "pnc_id" not in self.invalid else []

    def fill(self, checked: Checked) -> bool:
        """Take from another source what is still empty; tell whether anything was."""
        fills = {
            key: value
            for key, value in checked.row.items()
            if value not in _EMPTY and self.row.get(key) in _EMPTY
        }
        self.row |= fills
        self.written |= {key: value for key, value in checked.written.items() if key in fills}
        self.invalid |= checked.invalid & set(fills)
        return bool(fills)


@dataclass
class Change:
    """What changes of a person: columns, identifiers (type, value, as written, what it was)."""

    columns: dict[str, Any] = field(default_factory=dict)
    identifiers: list[tuple[str, str | None, str, str | None]] = field(default_factory=list)
    added: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    ended_addresses: list[dict[str, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Tell whether anything changes."""
        return bool(self.columns or self.identifiers or self.added or self.ended_addresses)

    @property
    def pnc_ids(self) -> list[str]:
        """Give the valid PNC IDs that are added."""
        return [value for kind, value, *_ in self.identifiers if kind == PNC_ID and value]

    @property
    def names_pnc_id(self) -> bool:
        """Tell whether a PNC ID is added, corrected or found invalid."""
        return any(kind == PNC_ID for kind, *_ in self.identifiers)

    @property
    def corrects_pnc_id(self) -> bool:
        """Tell whether a PNC ID that stood here stands no longer."""
        return any(kind == PNC_ID and before for kind, _, _, before in self.identifiers)

    def absorb(self, later: Change) -> None:
        """Add what a later row changes of the same person."""
        self.columns |= later.columns
        self.identifiers += later.identifiers
        self.ended_addresses += later.ended_addresses
        for name, entries in later.added.items():
            self.added.setdefault(name, []).extend(entries)


def sound(checked: Checked, kind: str) -> str:
    """Give the valid identifier of a kind; empty where the row has none."""
    value = checked.row.get(kind)
    return value if value and kind not in checked.invalid else ""


def is_alike(row: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Tell whether two accounts can be of one person: same birthday, and a name in common."""
    born, known_born = row.get("date_of_birth"), known.get("date_of_birth")
    if born and known_born and born != str(known_born):
        return False
    if not row.get("family_name"):
        return True
    words = {each.text for each in tokens(row["family_name"], row.get("given_names"))}
    known_words = {each.text for each in tokens(known["family_name"], known.get("given_names"))}
    return bool(words & known_words)


def pnc_ids_of(standing: Mapping[str, Any]) -> list[str]:
    """Give the valid PNC IDs of somebody who stands here."""
    known = (each.split(" ", 1) for each in standing["identifiers"])
    return [value for kind, value in known if kind == "pnc_id"]


def filling(checked: Checked, standing: Mapping[str, Any], planned: Change) -> Change:
    """Give what a row can add to someone without altering anything."""
    change = Change()
    for column in SCALARS:
        is_open = standing[column] in _EMPTY and column not in planned.columns
        if is_open and checked.row.get(column) not in _EMPTY:
            change.columns[column] = checked.row[column]
    for name in LISTS:
        if checked.row.get(name) and not standing[name] and name not in planned.added:
            change.added[name] = list(checked.row[name])
    known = {each.split(" ", 1)[0] for each in standing["identifiers"]}
    known |= {kind for kind, *_ in planned.identifiers}
    for kind in IDENTIFIERS:
        if checked.row.get(kind) and kind not in known:
            change.identifiers.append(_identifier(checked, kind, None))
    return change


def _identifier(
    checked: Checked, kind: str, before: str | None
) -> tuple[str, str | None, str, str | None]:
    value = None if kind in checked.invalid else checked.row[kind]
    return kind, value, checked.written[kind], before


def differences(
    checked: Checked, last: Mapping[str, Any], row: Mapping[str, Any]
) -> tuple[Change, list[Finding]]:
    """Give what changed at the source, and what is kept although the source dropped it."""
    change, kept = Change(), []
    for column in SCALARS:
        if row.get(column) != last.get(column):
            change.columns[column] = row.get(column)
    for kind in IDENTIFIERS:
        if row.get(kind) == last.get(kind):
            continue
        if row.get(kind):
            change.identifiers.append(_identifier(checked, kind, last.get(kind)))
        else:
            kept.append(_still_here(kind))
    for name in LISTS:
        before, after = last.get(name) or [], row.get(name) or []
        if added := [each for each in after if each not in before]:
            change.added.setdefault(name, []).extend(added)
        gone = [each for each in before if each not in after]
        if name == "addresses":
            change.ended_addresses += gone
        elif name == "markers" and {m["code"] for m in gone} - {m["code"] for m in after}:
            kept.append(_still_here(name))
    return change, kept


def leave_identity(change: Change) -> list[Finding]:
    """Leave out who the person is, where that may be somebody else; say so if it was given."""
    given = NAME_AND_BIRTH & set(change.columns)
    if not given and not change.identifiers:
        return []
    change.identifiers.clear()
    for column in given:
        del change.columns[column]
    problem = "The row was joined by an identifier to a person whom another row names otherwise."
    action = "Compare the two: names, date of birth and identifiers were left as they are here."
    return [Finding("pnc_id", problem, action)]


def keep_former_name(change: Change, standing: Mapping[str, Any]) -> None:
    """Leave out what stands here so already; let a changed name stay as a former one.

    One that is only written otherwise, as in capitals, is no other name.
    """
    change.columns = {
        column: value
        for column, value in change.columns.items()
        if (value or None) != _as_sent(column, standing[column])
    }
    former = {name: standing[name] for name in ("family_name", "given_names")}
    if _words(former) != _words(former | change.columns):
        change.added.setdefault("aliases", []).append({"type": FORMER, **former})


def _words(name: Mapping[str, Any]) -> tuple[str, str]:
    return normalise(name["family_name"]), normalise(name["given_names"] or "")


def _as_sent(column: str, standing: Any) -> Any:
    if column == "date_of_birth":
        return standing and standing.isoformat()
    return None if standing in _EMPTY else standing


def _still_here(field_name: str) -> Finding:
    problem = "The source no longer gives this; it was kept here."
    return Finding(field_name, problem, "Take it away here, with a reason, if it is wrong.")
