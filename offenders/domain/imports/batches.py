"""What a batch of rows is received with, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from offenders.domain.audit.service import Act, record_act
from offenders.domain.imports.problems import REFUSED, WARNING, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.imports.checks import Checked, Facts
    from offenders.domain.imports.problems import Finding


@dataclass(frozen=True)
class Batch:
    """For which force and import the rows are received, who asked for it, what is known."""

    force: str
    kind: str
    import_id: UUID
    actor: str
    facts: Facts


class Summary(NamedTuple):
    """How many rows were read and what became of them; `warnings` counts rows that have one."""

    read: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    warnings: int = 0

    def plus(self, other: Summary) -> Summary:
        """Add the counts of another part."""
        return Summary(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


@dataclass
class Received:
    """What became of a batch: a count for each row, and what is to be said of some."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)

    def refuse(self, checked: Checked, findings: Iterable[Finding]) -> None:
        """Say why a row was not taken."""
        self.problems += as_problems(checked.line, checked.source_ref, REFUSED, findings)

    def warn(self, checked: Checked, findings: Iterable[Finding]) -> None:
        """Say what is doubtful in a row that was taken."""
        self.problems += as_problems(checked.line, checked.source_ref, WARNING, findings)

    def add(self, other: Received) -> None:
        """Add what became of other rows."""
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.problems += other.problems

    def summary(self) -> Summary:
        """Count rows."""
        refused = len({each.line for each in self.problems if each.severity == REFUSED})
        warned = len({each.line for each in self.problems if each.severity == WARNING})
        taken = self.created + self.updated + self.unchanged
        return Summary(taken + refused, self.created, self.updated, self.unchanged, refused, warned)


def as_problems(
    line: int, source_ref: str | None, severity: str, findings: Iterable[Finding]
) -> list[Problem]:
    """Put findings at their place in the file."""
    return [Problem(line, source_ref, severity, *finding) for finding in findings]


def merged(last: Mapping[str, Any], row: Mapping[str, Any]) -> dict[str, Any]:
    """Give the last row with what this one says; a column that was not sent stays."""
    return {key: value for key, value in {**last, **row}.items() if value is not None}


def audit_batch(
    session: Session,
    batch: Batch,
    subject_type: str,
    ids: Iterable[UUID],
    counts: Mapping[str, int],
) -> None:
    """Record the collection of these records; a batch that changed nothing collected nothing."""
    subjects = list(ids)
    if not subjects:
        return
    record_act(
        session,
        Act(
            actor=batch.actor,
            role="import",
            action="imports.received",
            audit_class="collection",
            request_id=str(batch.import_id),
            subject_type=subject_type,
            subject_ids=subjects,
            details={"kind": batch.kind, "import_id": str(batch.import_id), **counts},
        ),
    )
