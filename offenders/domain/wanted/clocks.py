"""The clocks of a want, from the figures in force: target to arrest, review, validation, activity.

The figures are those in force at the moment of asking, so a changed policy acts at the next
sweep on every outstanding want (forces.md F013).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import text

from offenders import clock
from offenders.db import recorded_at
from offenders.domain.history import keep_history
from offenders.domain.reference.policies import figures_of_rules
from offenders.domain.wanted.models import Want
from offenders.domain.wanted.rules import due_at

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from offenders.domain.wanted.rules import Risk

ARREST, REVIEW = "overdue-arrests", "wanted-reviews"
VALIDATION, ACTIVITY = "wanted-validations", "wanted-without-activity"
CANCELLATION = "uncancelled-circulations"
FIGURED = (ARREST, REVIEW, ACTIVITY, VALIDATION)

# rule: (column of its due moment, what the clock runs from, severity by risk)
CLOCKS = {
    ARREST: ("target_arrest_by", "w.entered_at"),
    REVIEW: ("review_due_at", "coalesce(w.last_reviewed_at, w.entered_at)"),
    ACTIVITY: ("activity_due_at", "coalesce(w.last_activity_at, w.entered_at)"),
}
_VALIDATION_DUE = """
    CASE WHEN w.last_validated_at IS NULL
         THEN w.entered_at + make_interval(hours => 24 * CAST(:validation_first AS int))
         ELSE w.last_validated_at + make_interval(hours => 24 * CAST(:validation_later AS int))
    END
"""


@dataclass(frozen=True)
class Figures:
    """Days of each clock: three by risk, validation first and later."""

    arrest: dict[str, int]
    review: dict[str, int]
    activity: dict[str, int]
    validation: dict[str, int]

    @classmethod
    def of(cls, found: dict[str, dict[str, int]]) -> Figures:
        """Take them from the figures by rule."""
        return cls(found[ARREST], found[REVIEW], found[ACTIVITY], found[VALIDATION])


def figures_today(session: Session) -> Figures:
    """Read the figures in force today for the session's force."""
    return Figures.of(figures_of_rules(session, session.info["force"], FIGURED, clock.today()))


def due_moments(figures: Figures, risk: Risk, entered_at: datetime) -> dict[str, datetime]:
    """Give every due moment of a want that has only been entered."""
    return {
        "target_arrest_by": due_at(entered_at, figures.arrest[risk]),
        "review_due_at": due_at(entered_at, figures.review[risk]),
        "activity_due_at": due_at(entered_at, figures.activity[risk]),
        "validation_due_at": due_at(entered_at, figures.validation["first"]),
    }


def set_clocks(session: Session, want: Want) -> None:
    """Work out every due moment of one want anew."""
    figures = figures_today(session)
    want.target_arrest_by = due_at(want.entered_at, figures.arrest[want.risk])
    want.review_due_at = due_at(want.last_reviewed_at or want.entered_at, figures.review[want.risk])
    want.activity_due_at = due_at(
        want.last_activity_at or want.entered_at, figures.activity[want.risk]
    )
    if want.last_validated_at is None:
        want.validation_due_at = due_at(want.entered_at, figures.validation["first"])
    else:
        want.validation_due_at = due_at(want.last_validated_at, figures.validation["later"])


def due_expressions() -> dict[str, str]:
    """Give the SQL of each due column over `w`; its values are `due_values`."""
    by_risk = {
        column: f"{start} + make_interval(hours => 24 * CAST("
        f"CAST(:{column} AS jsonb) ->> w.risk AS int))"
        for column, start in CLOCKS.values()
    }
    return by_risk | {"validation_due_at": _VALIDATION_DUE}


def due_values(figures: Figures) -> dict[str, Any]:
    """Give the bound values of `due_expressions`."""
    return {
        "target_arrest_by": orjson.dumps(figures.arrest).decode(),
        "review_due_at": orjson.dumps(figures.review).decode(),
        "activity_due_at": orjson.dumps(figures.activity).decode(),
        "validation_first": figures.validation["first"],
        "validation_later": figures.validation["later"],
    }


def refresh_clocks(session: Session) -> int:
    """Bring the due moments of the force's outstanding wants to the figures in force."""
    expressions = due_expressions()
    changes = ", ".join(f"{column} = {value}" for column, value in expressions.items())
    differs = " OR ".join(f"w.{column} <> {value}" for column, value in expressions.items())
    statement = f"""
        UPDATE wants w SET {changes}, updated_at = :at
        WHERE w.force = :force AND w.state = 'outstanding' AND ({differs})
        RETURNING w.id
    """
    force = session.info["force"]
    values = due_values(figures_today(session)) | {"force": force, "at": recorded_at(session)}
    changed: Sequence[UUID] = list(session.execute(text(statement), values).scalars())
    if changed:
        keep_history(session, Want.__table__, force, changed)
    return len(changed)
