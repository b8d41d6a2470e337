"""Figures of the score and of evaluation as they are, with their fractions and their sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from offenders.domain.reference.policies import FIGURES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from sqlalchemy.orm import Session

SCORE: Final = "iom-score"
HARM: Final = "iom-harm"
EVALUATION: Final = "iom-evaluation"
_FIGURES = text(FIGURES)


def exact_figures(
    session: Session, rules: Sequence[str], on: date
) -> tuple[dict[str, dict[str, Decimal]], list[dict[str, Any]]]:
    """Give the figures of rules on a day by what they apply to, and each with its source."""
    values = {"force": session.info["force"], "rules": list(rules), "on": on}
    found: dict[str, dict[str, Decimal]] = {rule: {} for rule in rules}
    explained = []
    for row in session.execute(_FIGURES, values):
        found[row.rule][row.applies_to] = row.figure
        explained.append(
            {
                "rule": row.rule,
                "applies_to": row.applies_to,
                "figure": float(row.figure),
                "unit": row.unit,
                "source": row.source,
                "citation": row.citation,
                "confidence": row.confidence,
                "figure_from": row.from_on,
                "is_force_policy": row.is_own,
            }
        )
    return found, explained
