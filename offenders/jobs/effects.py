"""What a run of a job has come to: its effects and faults by force."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterator

log = structlog.get_logger()


@dataclass(frozen=True)
class Effect:
    """What a job did in one force; `details` are further counts for the audit."""

    raised: int = 0
    cleared: int = 0
    details: dict[str, int] = field(default_factory=dict)

    def __add__(self, other: Effect) -> Effect:
        """Give what both did together."""
        details = dict(Counter(self.details) + Counter(other.details))
        return Effect(self.raised + other.raised, self.cleared + other.cleared, details)

    @property
    def is_change(self) -> bool:
        """True where there is something to audit."""
        return bool(self.raised or self.cleared or any(self.details.values()))


@dataclass
class Tally:
    """What a run has come to over the forces: effects and faults by force."""

    forces: int = 0
    effects: dict[str, Effect] = field(default_factory=dict)
    faults: dict[str, str] = field(default_factory=dict)
    whole_fault: str | None = None

    @property
    def raised(self) -> int:
        """Flags raised, over all forces."""
        return sum(effect.raised for effect in self.effects.values())

    @property
    def cleared(self) -> int:
        """Flags cleared, over all forces."""
        return sum(effect.cleared for effect in self.effects.values())

    @property
    def error(self) -> str | None:
        """What went wrong, by force; None where nothing did."""
        return self.whole_fault or "; ".join(self.faults.values()) or None

    @property
    def state(self) -> str:
        """How the run ended."""
        if self.whole_fault:
            return "failed"
        if not self.faults:
            return "succeeded"
        is_whole = len(self.faults) == self.forces and not self.effects
        return "failed" if is_whole else "partly_failed"


@contextmanager
def noting_fault(tally: Tally, job: str, force: str) -> Iterator[None]:
    """Keep a fault with its force, and go on; a lost connection ends the run."""
    try:
        yield
    except Exception as error:
        if isinstance(error, DBAPIError) and error.connection_invalidated:
            raise
        tally.faults[force] = f"{force}: {kind_of(error)}"
        log_fault("job.force_failed", error, job=job, force=force)


def kind_of(error: Exception) -> str:
    """Name the kind of a fault, never its text, which may hold values."""
    code = getattr(getattr(error, "orig", None), "pgcode", None)
    return f"{type(error).__name__} {code}" if code else type(error).__name__


def log_fault(event: str, error: Exception, **where: str) -> None:
    """Log kind and place of a fault; a whole stack may hold values."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
    log.error(event, kind=kind_of(error), place=place, **where)
