"""Where it is recorded that what a task asks for was done, and what is sent there."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from offenders.domain.tasks.rules import Source
from offenders.errors import Conflict

if TYPE_CHECKING:
    from offenders.domain.tasks.models import Task


@dataclass(frozen=True)
class Place:
    """An address with `{subject}`, `{source}` or `{task}`, and a body that it takes."""

    address: str
    body: dict[str, Any] = field(default_factory=dict)
    method: str = "POST"


PLACES: Final = {
    Source.ORDER_CHECK: Place("/v1/orders/{subject}/checks", {"result": "compliant"}),
    Source.ORDER_REVIEW: Place("/v1/orders/{subject}/reviews", {"decision": "continue"}),
    Source.BREACH_ACTION: Place(
        "/v1/orders/{subject}/breaches/{source}/actions", {"action": "arrested"}
    ),
    Source.BREACH_REVIEW: Place(
        "/v1/orders/{subject}/breaches/{source}/reviews", {"learning": "what it teaches"}
    ),
    Source.REGISTRATION_VISIT: Place("/v1/registrations/{subject}/visits", {"seen": True}),
    Source.REGISTRATION_REVIEW: Place(
        "/v1/registrations/{subject}/managements", {"management": "active"}
    ),
    Source.ARMS_ASSESSMENT: Place(
        "/v1/registrations/{subject}/arms-assessments", {"priority": "medium"}
    ),
    Source.WANT_REVIEW: Place("/v1/wanted/{subject}/reviews", {"decision": "what to do next"}),
    Source.IOM_REVIEW: Place(
        "/v1/iom/members/{subject}/reviews", {"decision": "remain", "rationale": "why"}
    ),
    Source.IOM_ACTION: Place(
        "/v1/iom/members/{subject}/actions/{source}/ends", {"outcome": "what came of it"}
    ),
    Source.MAPPA_ACTION: Place(
        "/v1/mappa/cases/{subject}/actions/{source}/completions", {"result": "what came of it"}
    ),
    Source.PNC_DIFFERENCE: Place("/v1/pnc-differences", method="GET"),
}
OWN: Final = Place("/v1/tasks/{task}/completions", {"result": "what came of it"})


def recorded_elsewhere(task: Task) -> Conflict:
    """Say where what this task asks for is recorded: its method, href and an example body."""
    place = PLACES[Source(task.source_type)]
    href = place.address.format(subject=task.subject_id, source=task.source_id)
    message = f"This task ends when {place.method} {href} records what was done."
    told = {"method": place.method, "href": href, "body": place.body}
    return Conflict(message, state=task.state, possible=[], **told)


def address_sql() -> str:
    """Give the address where it is recorded that a task `t` was done, as SQL."""
    cases = " ".join(f"WHEN '{source}' THEN {_sql(each)}" for source, each in PLACES.items())
    return f"CASE t.source_type {cases} ELSE {_sql(OWN)} END"


def _sql(place: Place) -> str:
    written = f"'{place.address}'"
    for name, column in (("subject", "subject_id"), ("source", "source_id"), ("task", "id")):
        written = written.replace(f"{{{name}}}", f"' || t.{column} || '")
    return written
