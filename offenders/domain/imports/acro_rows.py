"""The columns of foreign-conviction checks, and what must be right within one row; pure."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.acro.service import REPLY_AFTER_REQUEST, Response, State
from offenders.domain.imports.checks import (
    Checked,
    Columns,
    Facts,
    check_values,
    code,
    listed,
    name,
    one_of,
    past_moment,
    person_id,
    prose,
)
from offenders.domain.imports.person_rows import IDENTITY
from offenders.domain.imports.problems import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

COLUMNS: Final[Columns] = {
    "source_ref": name,
    "person_source_ref": name,
    "person_id": person_id,
    **IDENTITY,
    "custody_number": code,
    "country": listed("countries", where="GET /v1/countries"),
    "state": one_of(State),
    "requested_at": past_moment,
    "responded_at": past_moment,
    "response": one_of(Response),
    "summary": prose,
    "reason": prose,
}
_ANSWERED: Final = frozenset({State.RESPONDED, State.ASSESSED})


def check_row(line: int, row: Mapping[str, Any], facts: Facts) -> Checked | list[Finding]:
    """Check the values of a row of checks; give it in its one written form, or what is wrong."""
    values, findings = check_values(row, COLUMNS, facts)
    return findings or Checked(line, values["source_ref"], values)


def state_of(row: Mapping[str, Any]) -> State:
    """Give how far a row says the check is; without `state`, as its moments say."""
    if row.get("state"):
        return State(row["state"])
    if row.get("response"):
        return State.RESPONDED
    return State.REQUESTED if row.get("requested_at") else State.REQUIRED


def check_whole(row: Mapping[str, Any]) -> list[Finding]:
    """Check that what a row says fits together."""
    return [*_needed(row), *_order(row)]


def _needed(row: Mapping[str, Any]) -> Iterator[Finding]:
    for column in ("custody_number", "country"):
        if not row.get(column):
            yield Finding(column, f"The row has no {column}.", f"Send {column}.")
    state = state_of(row)
    needs = {
        "requested_at": state in {State.REQUESTED, *_ANSWERED},
        "response": state in _ANSWERED,
        "responded_at": state in _ANSWERED,
    }
    for column, is_needed in needs.items():
        if is_needed and not row.get(column):
            problem = f"A check that is {state} needs {column}."
            action = f"Send {column}, or the state that the check has without it."
            if column == "requested_at" and state in _ANSWERED:
                problem = "Rule reply-after-request: a reply needs the request that it answers."
            yield Finding(column, problem, action)
    if row.get("response") and state not in _ANSWERED:
        action = "Send the state responded or assessed, or leave `response` out."
        yield Finding("response", f"A check that is {state} has no answer.", action)


def _order(row: Mapping[str, Any]) -> Iterator[Finding]:
    requested, responded = row.get("requested_at"), row.get("responded_at")
    if requested and responded and moment(responded) < moment(requested):
        action = "Send responded_at not before requested_at."
        yield Finding(
            "responded_at",
            f"The reply lies before the request. Rule: {REPLY_AFTER_REQUEST}.",
            action,
        )


def moment(written: str) -> datetime:
    """Read a moment as it was checked."""
    return datetime.fromisoformat(written)
