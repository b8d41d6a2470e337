"""Figures of deadline rules: the force's own where it has set one, else the default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from offenders.db import recorded_at
from offenders.errors import Conflict, Invalid, NotFound
from offenders.ids import new_id
from offenders.statements import Statement, ask_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from sqlalchemy.orm import Session

EVERYTHING = "all"  # the key of a figure that doesn't depend on risk, level or the like

FIGURES = """
    SELECT DISTINCT ON (rule, applies_to) rule, applies_to, figure, unit, source, citation,
           confidence, severity, is_own, from_on, to_on
    FROM (
        SELECT d.rule, d.applies_to, d.figure, d.unit, d.source, d.citation, d.confidence,
               d.severity, false AS is_own, d.from_on, d.to_on, NULL::timestamptz AS recorded_at
        FROM default_figures d
        UNION ALL
        SELECT p.rule, p.applies_to, p.figure, d.unit, p.source, NULL, 'H',
               d.severity, true, p.from_on, p.to_on, p.recorded_at
        FROM policies p JOIN LATERAL (
            SELECT unit, severity FROM default_figures d
            WHERE d.rule = p.rule AND d.applies_to = p.applies_to
            ORDER BY d.from_on DESC LIMIT 1) d ON true
        WHERE p.force = :force) figures
    WHERE rule = ANY (:rules)
      AND from_on <= :on AND (to_on IS NULL OR to_on >= :on)
    ORDER BY rule, applies_to, is_own DESC, from_on DESC, recorded_at DESC
"""
_FIGURES = Statement(FIGURES)


def figure_sql(rule: str, applies_to: str, *, as_at: bool = False) -> str:
    """Give one figure on the day `:today` as a scalar subquery, of `:force`.

    With `as_at` as it was known at that moment.
    """
    asked = f"rule = '{rule}' AND applies_to = '{applies_to}' AND from_on <= CAST(:today AS date)"
    asked += " AND (to_on IS NULL OR to_on >= CAST(:today AS date))"
    known = "AND recorded_at <= :as_at" if as_at else ""
    return f"""(
        SELECT figure FROM (
            SELECT figure, false AS is_own, from_on, NULL::timestamptz AS recorded_at
            FROM default_figures WHERE {asked}
            UNION ALL
            SELECT figure, true, from_on, recorded_at
            FROM policies WHERE force = :force AND {asked} {known}) f
        ORDER BY is_own DESC, from_on DESC, recorded_at DESC LIMIT 1)"""


_KEYS = text("""
    SELECT applies_to, bool_or(source = 'law') AS is_law FROM default_figures
    WHERE rule = :rule GROUP BY applies_to
""")
_ADD = text("""
    INSERT INTO policies (force, id, rule, applies_to, figure, from_on, to_on, source, set_by,
                          recorded_at)
    VALUES (:force, :id, :rule, :applies_to, :figure, :from_on, :to_on, :source, :set_by, :at)
""")


def figures_in_force(session: Session, force: str, rule: str, on: date) -> dict[str, int]:
    """Give the figures of a rule on a day, by what they apply to (e.g. risk)."""
    return figures_of_rules(session, force, [rule], on)[rule]


def figures_of_rules(
    session: Session, force: str, rules: Sequence[str], on: date
) -> dict[str, dict[str, int]]:
    """Give the figures of several rules on a day, in one query."""
    rows = ask_all(session, _FIGURES, {"force": force, "rules": list(rules), "on": on})
    return by_rule(rules, [(row.rule, row.applies_to, row.figure) for row in rows])


def by_rule(
    rules: Sequence[str], rows: Sequence[tuple[str, str, Any]] | None
) -> dict[str, dict[str, int]]:
    """Sort (rule, what it applies to, figure) by rule."""
    found: dict[str, dict[str, int]] = {rule: {} for rule in rules}
    for rule, applies_to, figure in rows or ():
        found[rule][applies_to] = int(figure)
    return found


def explained_figures(
    session: Session, force: str, rule: str, on: date
) -> dict[str, dict[str, Any]]:
    """Give each figure of a rule on a day with all that a flag says of it.

    By what it applies to: figure, unit, source, citation, confidence, since when, whether it is
    the force's own, and the severity that follows from it.
    """
    return explained_figures_of_rules(session, force, [rule], on)[rule]


def explained_figures_of_rules(
    session: Session, force: str, rules: Sequence[str], on: date
) -> dict[str, dict[str, dict[str, Any]]]:
    """Give the figures of several rules with all that flags say of them, in one query."""
    found: dict[str, dict[str, dict[str, Any]]] = {rule: {} for rule in rules}
    for row in ask_all(session, _FIGURES, {"force": force, "rules": list(rules), "on": on}):
        found[row.rule][row.applies_to] = {
            "figure": int(row.figure),
            "unit": row.unit,
            "source": row.source,
            "citation": row.citation,
            "confidence": row.confidence,
            "figure_from": row.from_on,
            "is_force_policy": row.is_own,
            "severity": row.severity,
        }
    return found


def figure_in_force(session: Session, force: str, rule: str, on: date) -> int | None:
    """Give the one figure of a rule that doesn't depend on anything."""
    return figures_in_force(session, force, rule, on).get(EVERYTHING)


def set_figures(  # noqa: PLR0913 - the parts of one policy decision
    session: Session,
    *,
    rule: str,
    figures: dict[str, Any],
    from_on: date,
    to_on: date | None,
    source: str,
    set_by: str,
) -> None:
    """Put a force's own dated figures; keys are those that the rule has."""
    force = session.info["force"]
    known = {row.applies_to: row.is_law for row in session.execute(_KEYS, {"rule": rule})}
    if not known:
        raise NotFound("There is no such rule. GET /v1/rules lists them.")
    for key, figure in figures.items():
        if key not in known:
            raise Invalid.field(f"/figure/{key}", f"This rule knows {', '.join(sorted(known))}.")
        if known[key]:
            message = "This figure is set by law; a force can't put its own in its place."
            raise Conflict(message)
        session.execute(
            _ADD,
            {
                "force": force,
                "id": new_id(force),
                "rule": rule,
                "applies_to": key,
                "figure": figure,
                "from_on": from_on,
                "to_on": to_on,
                "source": source,
                "set_by": set_by,
                "at": recorded_at(session),
            },
        )
