"""Schemes as data: who may be nominated, what selection needs, which stage follows which; pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_DATA: Final = Path(__file__).parent.parent.parent / "data" / "iom_schemes.json"


@dataclass(frozen=True)
class Stage:
    """One stage: what may follow, what must be known to reach it, what alone follows a breach."""

    next: tuple[str, ...]
    needs: Mapping[str, str]
    after_breach: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Scheme:
    """One scheme as the data file describes it."""

    code: str
    name: str
    source: str
    selection: Mapping[str, str]
    stages: Mapping[str, Stage]
    first: str | None = None
    eligibility: Mapping[str, Any] = field(default_factory=dict)
    disposals: tuple[str, ...] = ()


class NotAllowed(Exception):
    """What a scheme doesn't allow: the field, why, and the stages that are possible."""

    def __init__(self, field_name: str, detail: str, possible: tuple[str, ...] = ()) -> None:
        """Keep them."""
        super().__init__(detail)
        self.field, self.detail, self.possible = field_name, detail, possible


@cache
def all_schemes() -> dict[str, Scheme]:
    """Read the data file."""
    read: dict[str, dict[str, Any]] = orjson.loads(_DATA.read_bytes())
    return {code: _scheme(code, said) for code, said in read.items()}


def _scheme(code: str, said: dict[str, Any]) -> Scheme:
    stages = {
        name: Stage(
            tuple(each["next"]),
            each["needs"],
            tuple(each["after_breach"]) if "after_breach" in each else None,
        )
        for name, each in said["stages"].items()
    }
    return Scheme(
        code,
        said["name"],
        said["source"],
        said["selection"],
        stages,
        said.get("first"),
        said.get("eligibility", {}),
        tuple(said.get("disposals", ())),
    )


def check_eligible(
    scheme: Scheme, *, born: date | None, arrested_on: date | None, earlier_arrests: int
) -> None:
    """Raise NotAllowed where the person may not be nominated for the scheme."""
    wanted = scheme.eligibility
    if not wanted:
        return
    if arrested_on is None:
        raise NotAllowed("arrested_at", f"Send when the person was arrested ({scheme.source}).")
    if born is None:
        raise NotAllowed("person_id", "Record the person's date of birth first: age decides.")
    age = age_on(born, arrested_on)
    least, greatest = wanted["least_age"], wanted["greatest_age"]
    if not least <= age <= greatest:
        detail = f"Aged {age} at arrest; the scheme is for {least} to {greatest} ({scheme.source})."
        raise NotAllowed("person_id", detail)
    if wanted.get("first_arrest") and earlier_arrests:
        detail = f"Arrested before; the scheme is for a first arrest ({scheme.source})."
        raise NotAllowed("person_id", detail)


def age_on(born: date, day: date) -> int:
    """Give the age in whole years; who is born on 29 February is a year older on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def check_selection(scheme: Scheme, facts: Mapping[str, Any]) -> None:
    """Raise NotAllowed where what selection needs is not told."""
    for name, what in scheme.selection.items():
        if not _is_told(facts.get(name)):
            raise NotAllowed(f"facts/{name}", f"{what} ({scheme.source})")
    if scheme.disposals and facts.get("disposal") not in scheme.disposals:
        detail = f"The scheme takes {', '.join(scheme.disposals)} ({scheme.source})."
        raise NotAllowed("facts/disposal", detail)


def check_move(
    scheme: Scheme, stage: str | None, to: str, facts: Mapping[str, Any], *, is_breach: bool
) -> None:
    """Raise NotAllowed where a stage may not follow, or what it needs is not known."""
    if stage is None:
        raise NotAllowed("stage", f"The scheme {scheme.code} has no stages.")
    here = scheme.stages[stage]
    possible = here.after_breach if is_breach and here.after_breach is not None else here.next
    if to not in possible:
        after = " after a breach" if is_breach else ""
        listed = ", ".join(possible) or "nothing"
        detail = f"After {stage}{after} may follow: {listed} ({scheme.source})."
        raise NotAllowed("stage", detail, possible)
    for name, what in scheme.stages[to].needs.items():
        if not _is_told(facts.get(name)):
            raise NotAllowed(f"facts/{name}", f"{what} ({scheme.source})")


def _is_told(fact: Any) -> bool:
    """Say whether a fact is there and isn't a no."""
    return bool(fact) and str(fact).strip().lower() not in {"false", "no", "none"}
